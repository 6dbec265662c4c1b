//! Columns that hold one custom field of the record: which one, how it is joined, and how its text becomes a type.
//!
//! A record has at most one value a column: of the fields that fit, the first by id, then by its place in the list,
//! that has a value. A value that is none of the column's type is null, never an error.

use crate::gold::functions::{instant, local_date, quoted, trimmed, whole};
use crate::gold::model::{By, Column, CustomField, Dialect, Dimension, Fact, Type};
use crate::ir::Ir;
use crate::report::{Problem, Problems};
use crate::yaml::{Keys, Value};

/// Reads `customField` of a column.
pub(crate) fn read(keys: &mut Keys<'_>, problems: &mut Problems) -> Option<CustomField> {
    const KEY: &str = "customField";
    let node = keys.get(KEY)?;
    let at = keys.at(KEY);
    let mut own = Keys::of(&at.file, at.pointer.clone(), node, problems)?;
    let id = match own.get("id").map(|node| &node.value) {
        None => None,
        Some(Value::Int(id)) if *id > 0 => Some(By::Id(*id)),
        Some(_) => {
            problems.push(own.problem("id", "`id` is no whole number from 1 up").fix("write the custom field's id"));
            None
        }
    };
    let caption = own.optional_text("caption", problems).map(|caption| By::Caption(caption.trim().to_owned()));
    let named = (own.get("id").is_some(), own.get("caption").is_some());
    if named.0 == named.1 {
        problems.push(
            own.problem("id", "a custom field has one of `id` and `caption`")
                .why("the id stays when someone renames the field; a caption may belong to several")
                .fix("write `{id: 12}` or `{caption: …}`"),
        );
    }
    own.finish(problems);
    Some(CustomField { by: id.or(caption)?, at })
}

/// The records that a table's rows are made from: the silver table, its name in expressions, and where in the FROM
/// clause further joins belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Records<'a> {
    pub(crate) table: &'a str,
    pub(crate) alias: &'a str,
    pub(crate) end: usize,
}

/// What a FROM clause begins with, where that is `silver.<table> AS <alias>`.
pub(crate) fn records(from: &str) -> Option<Records<'_>> {
    let word = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let begin = from.len() - from.trim_start().len();
    let rest = from[begin..].strip_prefix("silver.")?;
    let table = &rest[..word(rest)];
    let rest = rest[table.len()..].trim_start();
    let rest = rest.get(..3).filter(|keyword| keyword.eq_ignore_ascii_case("AS ")).map(|_| rest[3..].trim_start())?;
    let alias = &rest[..word(rest)];
    let end = from.len() - rest.len() + alias.len();
    (!table.is_empty() && !alias.is_empty()).then_some(Records { table, alias, end })
}

/// The child table that holds the custom fields of a silver table's records.
fn child(table: &str) -> String {
    format!("{table}_customfields")
}

fn alias(column: &Column) -> String {
    format!("field_{}", column.name)
}

/// The joins that the columns need; `key` is the records' key.
pub(crate) fn joins(columns: &[Column], of: Records<'_>, key: &str, dialect: Dialect) -> Vec<String> {
    let mut lines = Vec::new();
    for (column, field) in columns.iter().filter_map(|column| Some((column, column.custom_field.as_ref()?))) {
        let wanted = match &field.by {
            By::Id(id) => format!("id = {id}"),
            By::Caption(caption) => format!("{} = {}", trimmed("caption", dialect), quoted(caption, dialect)),
        };
        let alias = alias(column);
        lines.extend([
            "LEFT JOIN (".to_owned(),
            "  SELECT".to_owned(),
            "    parentId,".to_owned(),
            "    value,".to_owned(),
            "    ROW_NUMBER() OVER (PARTITION BY parentId ORDER BY id NULLS LAST, listIndex) AS place".to_owned(),
            "  FROM (".to_owned(),
            format!("    SELECT parentId, id, listIndex, {} AS value", trimmed("value", dialect)),
            format!("    FROM silver.{}", child(of.table)),
            format!("    WHERE {wanted}"),
            "  ) AS field".to_owned(),
            "  WHERE value <> ''".to_owned(),
            format!(") AS {alias} ON {alias}.parentId = {}.{key} AND {alias}.place = 1", of.alias),
        ]);
    }
    lines
}

/// The expression of such a column. Money is not yet a decimal: what every column of its type goes through makes it one.
pub(crate) fn expression(column: &Column, dialect: Dialect) -> String {
    let text = format!("{}.value", alias(column));
    match column.data_type {
        Type::Text | Type::Decimal | Type::Measure => text,
        Type::Boolean => format!("CASE LOWER({text}) WHEN 'true' THEN true WHEN 'false' THEN false END"),
        Type::Bigint => whole(&text, dialect),
        Type::Timestamp => instant(&text, dialect),
        Type::Date => local_date(&instant(&text, dialect), "UTC", dialect),
    }
}

/// Whether the custom fields that columns name can be found at all.
pub(crate) fn check(ir: &Ir, dimensions: &[Dimension], facts: &[Fact], problems: &mut Problems) {
    for dimension in dimensions {
        let of = match (&dimension.statement, &dimension.from) {
            (None, Some(from)) => records(&from.text).map(|records| records.table),
            _ => None,
        };
        of_table(ir, &dimension.columns, of, &dimension.natural_key, problems);
    }
    for fact in facts {
        let of = fact.from.is_none().then_some(fact.source.as_str());
        of_table(ir, &fact.columns, of, &fact.key, problems);
    }
}

fn of_table(ir: &Ir, columns: &[Column], of: Option<&str>, key: &str, problems: &mut Problems) {
    for (column, field) in columns.iter().filter_map(|column| Some((column, column.custom_field.as_ref()?))) {
        if let Some(problem) = unfit(ir, column, field, of, key) {
            problems.push(problem);
        }
    }
}

fn unfit(ir: &Ir, column: &Column, field: &CustomField, of: Option<&str>, key: &str) -> Option<Problem> {
    let name = &column.name;
    if column.dimension.is_some() || name == key {
        return Some(
            field.at.problem(format!("`{name}` is a key, and a key is no custom field")).fix("use `expr` for the key"),
        );
    }
    let Some(table) = of else {
        return Some(
            field
                .at
                .problem(format!("`{name}` is a custom field, but the rows here are no records of one silver table"))
                .why("a custom field is found by the record that it belongs to")
                .fix("begin `from` with `silver.<table> AS <alias>`, or take the column out"),
        );
    };
    let has_fields = |entity: &&crate::ir::Entity| entity.children.iter().any(|other| other.table == child(table));
    // A table that does not exist at all is told of elsewhere.
    let entity = ir.entities.iter().find(|entity| entity.table == table)?;
    if Some(entity).filter(has_fields).is_some() {
        return None;
    }
    Some(
        field
            .at
            .problem(format!("the records of silver.{table} have no custom fields"))
            .fix("take the column out, or name a table whose entity has `customFields`"),
    )
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn the_records_are_what_from_begins_with() {
        let found = |from: &'static str| records(from).map(|found| (found.table, found.alias, &from[found.end..]));
        assert_eq!(found("silver.cw_a AS a"), Some(("cw_a", "a", "")));
        assert_eq!(found("  silver.cw_a as  b_1\nLEFT JOIN x ON y"), Some(("cw_a", "b_1", "\nLEFT JOIN x ON y")));
        for other in ["silver.cw_a", "gold.dima AS a", "(SELECT 1) AS a", "silver.cw_a LEFT JOIN b", "silver. AS a", ""]
        {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
