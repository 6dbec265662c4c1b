//! Reading `schema/dimensions/*.yaml` and `schema/facts/*.yaml`.
//!
//! A file of which a column, a part or a key can't be read gives no table: half of one would be the cause of problems
//! that are none.

use crate::gold::custom_fields;
use crate::gold::model::{Additivity, Column, Dimension, Fact, Sql, Type, With, WrittenOnce};
use crate::gold::rules::unquotable;
use crate::gold::settings;
use crate::lower::naming::closest;
use crate::report::{At, Problem, Problems};
use crate::yaml::{self, Keys, Node, Value};

/// Reads a dimension's file.
pub(crate) fn dimension(file: &str, text: &str, problems: &mut Problems) -> Option<Dimension> {
    let root = yaml::parse(file, text, problems)?;
    let mut keys = Keys::of(file, "", &root, problems)?;
    let table = table_name(&mut keys, file, problems);
    let description = keys.text("description", problems);
    let key = keys.text("key", problems);
    let natural_key = keys.text("naturalKey", problems);
    let mut with = Vec::new();
    let parts = keys.list("with", problems);
    for (index, node) in parts.iter().enumerate() {
        with.extend(with_part(file, index, node, problems));
    }
    let from = keys.optional_text("from", problems).map(|text| sql(&keys, "from", text));
    let values = keys.texts("values", problems);
    for (index, value) in values.iter().enumerate() {
        if let Some(odd) = value.chars().find(|c| unquotable(*c)) {
            problems.push(
                keys.problem("values", format!("the value `{value}` holds {odd:?}"))
                    .why("it is written into SQL, which the two dialects escape differently")
                    .fix("select such a value under `from` instead"),
            );
        }
        if values[..index].contains(value) {
            problems.push(
                keys.problem("values", format!("the value `{value}` is there twice"))
                    .why("each is the natural key of one row")
                    .fix("remove one"),
            );
        }
    }
    let statement = keys.optional_text("statement", problems).map(|text| sql(&keys, "statement", text));
    let columns_of = keys.optional_text("columnsOf", problems).map(|text| sql(&keys, "columnsOf", text));
    let settings = pairs(&mut keys, "settings", problems);
    settings::check(&settings, problems);
    let settings = settings.into_iter().map(|(name, value)| (name, value.text)).collect();
    let mut columns = Vec::new();
    let nodes = keys.list("columns", problems);
    for (index, node) in nodes.iter().enumerate() {
        columns.extend(column(file, index, node, false, statement.is_none(), problems));
    }
    let mut whole = columns.len() == nodes.len() && with.len() == parts.len();
    if columns_of.is_some() && (!nodes.is_empty() || statement.is_none()) {
        problems.push(
            keys.problem(
                "columnsOf",
                "the columns of another dimension stand for a statement's, in the place of `columns`",
            )
            .fix("write `statement` and no `columns`, or remove `columnsOf`"),
        );
        whole = false;
    }
    if let Some(natural) = &natural_key
        && columns_of.is_none()
        && !columns.iter().any(|column| column.name == *natural)
    {
        // It may be one that can't be read.
        if whole {
            problems.push(no_natural_key(&keys.at("naturalKey"), natural, &columns));
        }
        whole = false;
    }
    unique(&columns, problems);
    let at = keys.at("table");
    keys.finish(problems);
    whole.then_some(())?;
    Some(Dimension {
        file: file.to_owned(),
        at,
        table: table?,
        description: description?,
        key: key?,
        natural_key: natural_key?,
        with,
        from,
        values,
        columns,
        columns_of,
        statement,
        settings,
    })
}

fn no_natural_key(at: &At, natural: &str, columns: &[Column]) -> Problem {
    let near = closest(natural, columns.iter().map(|column| column.name.as_str()));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    at.problem(format!("`{natural}` is no column of this dimension")).fix(format!("{near}Name one of the columns"))
}

/// Gives the dimensions that have the columns of another one those columns. One that can't have them is left out.
pub(crate) fn share_columns(
    dimensions: Vec<Dimension>,
    unread: &mut Vec<String>,
    problems: &mut Problems,
) -> Vec<Dimension> {
    let others = dimensions.clone();
    let shared = dimensions.into_iter().map(|mut dimension| {
        let Some(of) = &dimension.columns_of else { return Ok(dimension) };
        let own = others.iter().filter(|other| other.columns_of.is_none());
        let Some(other) = own.clone().find(|other| other.table == of.text) else {
            // What can't be read was told.
            if !unread.contains(&of.text) {
                let near = closest(&of.text, own.map(|other| other.table.as_str()));
                let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let what = format!("`{}` is no dimension with columns of its own", of.text);
                problems.push(of.at.problem(what).fix(format!("{near}Name a dimension")));
            }
            return Err(dimension.table);
        };
        dimension.columns.clone_from(&other.columns);
        if dimension.columns.iter().any(|column| column.name == dimension.natural_key) {
            return Ok(dimension);
        }
        problems.push(no_natural_key(&dimension.at, &dimension.natural_key, &dimension.columns));
        Err(dimension.table)
    });
    let (whole, left): (Vec<_>, Vec<_>) = shared.collect::<Vec<_>>().into_iter().partition(Result::is_ok);
    unread.extend(left.into_iter().filter_map(Result::err));
    whole.into_iter().filter_map(Result::ok).collect()
}

/// Reads a fact's file.
pub(crate) fn fact(file: &str, text: &str, problems: &mut Problems) -> Option<Fact> {
    let root = yaml::parse(file, text, problems)?;
    let mut keys = Keys::of(file, "", &root, problems)?;
    let table = table_name(&mut keys, file, problems);
    let description = keys.text("description", problems);
    let grain = keys.text("grain", problems);
    let key = keys.text("key", problems);
    let from = keys.optional_text("from", problems).map(|text| sql(&keys, "from", text));
    let (source, alias) = if from.is_some() {
        (Some(String::new()), Some(String::new()))
    } else {
        (keys.text("source", problems), keys.text("alias", problems))
    };
    let joins = keys.optional_text("joins", problems).unwrap_or_default();
    let joins = sql(&keys, "joins", joins);
    let reconcile = pairs(&mut keys, "reconcile", problems);
    let once = keys.optional_text("writtenOnce", problems);
    let part = keys.optional_text("part", problems);
    let periods = keys.optional_text("periods", problems).map(|text| sql(&keys, "periods", text));
    let mut columns = Vec::new();
    let nodes = keys.list("columns", problems);
    for (index, node) in nodes.iter().enumerate() {
        columns.extend(column(file, index, node, true, true, problems));
    }
    let whole = columns.len() == nodes.len();
    let there = [once.is_some(), part.is_some(), periods.is_some()];
    if there.contains(&true) && (there.contains(&false) || from.is_none()) {
        problems.push(
            keys.problem("writtenOnce", "a table that is written once has `writtenOnce`, `part`, `periods` and `from`")
                .why("the rows of a period that is over are written, and stay as they are")
                .fix("write all four"),
        );
    }
    for (key, name, data_type, holds) in
        [("writtenOnce", &once, Type::Bigint, "the period"), ("part", &part, Type::Text, "what part of it a row is of")]
    {
        let fitting = || columns.iter().filter(|column| column.data_type == data_type).map(|column| &*column.name);
        if let Some(name) = name.as_ref().filter(|name| whole && !fitting().any(|fitting| fitting == **name)) {
            let near = closest(name, fitting()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            problems.push(
                keys.problem(key, format!("`{name}` is no {} column of this fact", data_type.label()))
                    .fix(format!("{near}Name the column that holds {holds}")),
            );
        }
    }
    if let Some(key) = key.as_ref().filter(|_| whole)
        && !columns.iter().any(|column| column.name == *key)
    {
        let near = closest(key, columns.iter().map(|column| column.name.as_str()));
        let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        problems.push(
            keys.problem("key", format!("`{key}` is no column of this fact"))
                .fix(format!("{near}Name one of the columns")),
        );
    }
    for (measure, place) in reconcile.iter().filter(|_| whole) {
        if !columns.iter().any(|column| column.name == *measure) {
            let near = closest(measure, columns.iter().map(|column| column.name.as_str()));
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            problems.push(
                place
                    .at
                    .problem(format!("`{measure}` is no column of this fact"))
                    .fix(format!("{near}Write `goldColumn: silverColumn`")),
            );
        }
    }
    if from.is_some() && !reconcile.is_empty() {
        problems.push(
            keys.problem("reconcile", "there is no `source` to reconcile with")
                .why("the sums are compared with those of a silver table's live rows")
                .fix("remove `reconcile`, or write `source`, `alias` and `joins` in place of `from`"),
        );
    }
    unique(&columns, problems);
    let at = keys.at("table");
    let source_at = keys.at("source");
    keys.finish(problems);
    whole.then_some(())?;
    Some(Fact {
        file: file.to_owned(),
        at,
        table: table?,
        description: description?,
        grain: grain?,
        key: key?,
        source: source?,
        source_at,
        alias: alias?,
        from,
        joins,
        columns,
        reconcile,
        written_once: once.zip(part).zip(periods).map(|((column, part), periods)| WrittenOnce {
            column,
            part,
            periods,
        }),
    })
}

/// The table's name, which the file's name has to say too.
fn table_name(keys: &mut Keys<'_>, file: &str, problems: &mut Problems) -> Option<String> {
    let table = keys.text("table", problems)?;
    let stem = stem(file);
    if stem != table {
        problems.push(
            keys.problem("table", format!("the file is named {stem}, its table `{table}`"))
                .why("one file a table, found by its name")
                .fix(format!("rename the file to {table}.yaml")),
        );
    }
    Some(table)
}

/// The name of a file without its folder and ending: that of its table.
pub(crate) fn stem(file: &str) -> &str {
    file.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml")).unwrap_or(file)
}

fn with_part(file: &str, index: usize, node: &Node, problems: &mut Problems) -> Option<With> {
    let mut keys = Keys::of(file, format!("/with/{index}"), node, problems)?;
    let name = keys.text("name", problems);
    let sql = keys.text("sql", problems).map(|text| sql(&keys, "sql", text));
    keys.finish(problems);
    Some(With { name: name?, sql: sql? })
}

fn column(
    file: &str,
    index: usize,
    node: &Node,
    in_fact: bool,
    needs_expression: bool,
    problems: &mut Problems,
) -> Option<Column> {
    let mut keys = Keys::of(file, format!("/columns/{index}"), node, problems)?;
    let name = keys.text("name", problems);
    let dimension = if in_fact { keys.optional_text("dimension", problems) } else { None };
    let carries = if in_fact { pairs(&mut keys, "carries", problems) } else { Vec::new() };
    let infers = if in_fact { flag(&mut keys, "infers", true, problems) } else { false };
    let data_type = if dimension.is_some() { Some(Type::Bigint) } else { column_type(&mut keys, problems) };
    let derive = keys.optional_text("derive", problems);
    let expression = keys.optional_text("expr", problems);
    let unknown = if in_fact { None } else { keys.optional_text("unknown", problems) };
    let unknown = unknown.map(|text| sql(&keys, "unknown", text));
    let inferred = if in_fact { None } else { keys.optional_text("inferred", problems) };
    let inferred = inferred.map(|text| sql(&keys, "inferred", text));
    let custom_field = custom_fields::read(&mut keys, problems);
    let description = keys.text("description", problems);
    let format = keys.optional_text("format", problems);
    let additivity = additivity(&mut keys, data_type, in_fact, problems);
    let field = keys.get("customField").is_some();
    if field && (derive.is_some() || expression.is_some()) {
        problems.push(
            keys.problem("customField", "a column has one of `expr`, `derive` and `customField`")
                .fix("keep one of them"),
        );
    } else if needs_expression && !field && derive.is_some() == expression.is_some() {
        problems.push(
            keys.problem("expr", "a column has one of `expr` and `derive`, or a `customField`")
                .why("`expr` is over the table's source, `derive` over other columns of this table")
                .fix("keep one of them"),
        );
    }
    if let Some(name) = &name
        && !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        problems.push(
            keys.problem("name", format!("`{name}` can't be a column's name"))
                .why("Spark and the SQL endpoint take letters, digits and `_`")
                .fix("rename it"),
        );
    }
    let expression_at = keys.at(if derive.is_some() { "derive" } else { "expr" });
    let at = keys.at("name");
    keys.finish(problems);
    Some(Column {
        name: name?,
        at,
        data_type: data_type?,
        derived: derive.is_some(),
        custom_field,
        expression: Sql { text: derive.or(expression).unwrap_or_default(), at: expression_at },
        unknown,
        inferred,
        description: description?,
        format,
        additivity,
        dimension,
        carries,
        infers,
    })
}

fn column_type(keys: &mut Keys<'_>, problems: &mut Problems) -> Option<Type> {
    let text = keys.text("type", problems)?;
    let names = Type::ALL.map(|(name, _)| name);
    let found = Type::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, found)| found);
    if found.is_none() {
        let near = closest(&text, names).map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
        problems.push(
            keys.problem("type", format!("`{text}` is no column type"))
                .fix(format!("{near}Known are {}", names.join(", "))),
        );
    }
    found
}

/// How a column adds up: numbers alone do, and a measure of a fact has to say it.
fn additivity(
    keys: &mut Keys<'_>,
    data_type: Option<Type>,
    in_fact: bool,
    problems: &mut Problems,
) -> Option<Additivity> {
    let names = Additivity::ALL.map(|(name, _)| name).join(", ");
    let Some(text) = keys.optional_text("additivity", problems) else {
        if in_fact && data_type == Some(Type::Measure) && keys.get("additivity").is_none() {
            problems.push(
                keys.problem("additivity", "a measure without `additivity`")
                    .why("hours add up, hourly rates do not, and a report has to know which is which")
                    .fix(format!("add `additivity:` with one of {names}")),
            );
        }
        return None;
    };
    let found = Additivity::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, found)| found);
    if found.is_none() {
        problems.push(
            keys.problem("additivity", format!("`{text}` is no additivity")).fix(format!("write one of {names}")),
        );
    } else if data_type.is_some_and(|data_type| !data_type.is_number()) {
        problems.push(keys.problem("additivity", "what is no number does not add up").fix("take it out"));
    }
    found
}

fn flag(keys: &mut Keys<'_>, key: &'static str, otherwise: bool, problems: &mut Problems) -> bool {
    match keys.get(key).map(|node| &node.value) {
        None => otherwise,
        Some(Value::Bool(value)) => *value,
        Some(_) => {
            problems.push(keys.problem(key, format!("`{key}` is true or false")).fix("write true or false"));
            otherwise
        }
    }
}

/// The SQL of a key.
fn sql(keys: &Keys<'_>, key: &str, text: String) -> Sql {
    Sql { text, at: keys.at(key) }
}

/// A mapping of texts (or numbers) in the file's order, each with its place; empty where the key is left out.
fn pairs(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Vec<(String, Sql)> {
    let Some(node) = keys.get(key) else { return Vec::new() };
    let Value::Map(entries) = &node.value else {
        problems.push(keys.problem(key, format!("`{key}` is a mapping")).fix("write `name: value` lines"));
        return Vec::new();
    };
    let text = |node: &Node| match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    let mut found = Vec::new();
    for (name, value) in entries {
        let mut at = keys.at(key);
        (at.line, at.column) = (value.line, value.column);
        match (text(name), text(value)) {
            (Some(name), Some(text)) => {
                at.pointer = format!("{}/{name}", at.pointer);
                found.push((name, Sql { text, at }));
            }
            _ => problems.push(
                at.problem(format!("`{key}` holds something that is no text")).fix("write `name: value` lines of text"),
            ),
        }
    }
    found
}

fn unique(columns: &[Column], problems: &mut Problems) {
    for (index, column) in columns.iter().enumerate() {
        let again = columns[..index].iter().any(|other| other.name.eq_ignore_ascii_case(&column.name));
        if again {
            problems.push(
                column
                    .at
                    .problem(format!("the column `{}` is there twice", column.name))
                    .why("names are compared without regard to case")
                    .fix("rename or remove one"),
            );
        }
    }
}
