//! Measures against gold's columns: their SQL as it will run, and the names in their DAX.

use std::collections::BTreeSet;

use crate::gold::check::{self, Catalog, Kind};
use crate::gold::measures::dax::{self, Found, Name};
use crate::gold::measures::model::{How, KEYS, Key, Measure, Measures, Rows};
use crate::gold::measures::names;
use crate::gold::model::Sql;
use crate::gold::words::Code;
use crate::report::Problems;

/// Measures whose templates are SQL, with what each computed one is computed from.
pub(crate) struct Checked {
    pub(super) measures: Measures,
    /// By measure, the names of others.
    pub(super) uses: Vec<BTreeSet<String>>,
}

/// The relation that stands for all measures in an `of`.
const ALL: &str = "measures";

/// What an expression must not hold: aggregates, and what needs more than one row.
const NOT_OF_ONE_ROW: [&str; 8] = ["SELECT", "SUM", "COUNT", "AVG", "MIN", "MAX", "OVER", "FILTER"];

/// Checks them; the catalog knows gold's tables.
pub(crate) fn check(measures: Measures, catalog: &Catalog, problems: &mut Problems) -> Checked {
    // What is wrong with rows is told once, and not of every sum over them.
    let sound: Vec<&Rows> = measures.rows.iter().filter(|rows| check_rows(rows, catalog, problems)).collect();
    let mut all = Catalog::default();
    all.add("gold", ALL, measures.measures.iter().map(|measure| (measure.name.text.as_str(), Kind::Decimal)));
    let mut uses = Vec::new();
    let mut in_dax = Vec::new();
    for measure in &measures.measures {
        uses.push(match &measure.how {
            How::Sum { rows, sum, filter, .. } => {
                if let Some(rows) = sound.iter().find(|other| other.name == rows.text) {
                    check_sum(rows, sum, filter.as_ref(), catalog, problems);
                }
                BTreeSet::new()
            }
            How::Computed(of) => computed_of(of, &all, problems),
            How::Period { measure, .. } => BTreeSet::from([measure.text.clone()]),
        });
        in_dax.push(check_dax(measure, &measures, catalog, problems));
    }
    names::circles(&measures.measures, &uses, |measure| measure.how.at().problem(""), problems);
    let wrong = |measure: &Measure| measure.dax.at.problem("").why("so its DAX says");
    names::circles(&measures.measures, &in_dax, wrong, problems);
    Checked { measures, uses }
}

/// Whether rows have the day and the keys that they are said to have.
fn check_rows(rows: &Rows, catalog: &Catalog, problems: &mut Problems) -> bool {
    let before = problems.len();
    let columns = check::query(catalog, rows.at(), &format!("SELECT * FROM {}", rows.from()), problems);
    if columns.is_empty() || problems.len() > before {
        return problems.len() == before;
    }
    let keys = rows.by.iter().filter_map(|name| KEYS.iter().find(|key| key.name == name));
    let keys = keys.map(|key| (key.column, &rows.by_at));
    for (name, at) in rows.date.iter().map(|date| (date.text.as_str(), &date.at)).chain(keys) {
        let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        match columns.iter().find(|column| column.name == name).map(|column| column.value.kind) {
            Some(Kind::Int | Kind::Unknown) => {}
            Some(kind) => problems.push(
                at.problem(format!("`{name}` is {}, not a whole number", kind.label()))
                    .fix("name a key: of a day the key of dimdate (yyyymmdd), of a dimension its surrogate key"),
            ),
            None => problems.push(
                at.problem(format!("the rows `{}` have no column `{name}`", rows.name))
                    .fix(names::nearest(name, &known)),
            ),
        }
    }
    for Key { column, dimension, label, .. } in KEYS.iter().filter(|key| rows.by.iter().any(|name| name == key.name)) {
        check::query(catalog, &rows.by_at, &format!("SELECT {column}, {label} FROM gold.{dimension}"), problems);
    }
    problems.len() == before
}

fn check_sum(rows: &Rows, sum: &Sql, filter: Option<&Sql>, catalog: &Catalog, problems: &mut Problems) {
    if !is_of_one_row(sum, problems) || !filter.is_none_or(|sql| is_of_one_row(sql, problems)) {
        return;
    }
    let columns =
        check::query(catalog, &sum.at, &format!("SELECT {} AS value FROM {}", sum.text, rows.from()), problems);
    is_exact(columns.first().map(|column| column.value.kind), sum, problems);
    if let Some(filter) = filter {
        let sql = format!("SELECT 1 AS one FROM {} WHERE {}", rows.from(), filter.text);
        check::query(catalog, &filter.at, &sql, problems);
    }
}

/// The measures that an expression is computed from.
fn computed_of(of: &Sql, all: &Catalog, problems: &mut Problems) -> BTreeSet<String> {
    if !is_of_one_row(of, problems) {
        return BTreeSet::new();
    }
    if Code::of(&of.text).divides_by_what_may_be_zero() {
        let wrong = of.at.problem("it divides by what may be 0");
        problems.push(wrong.why("that would stop the whole report").fix("write `… / NULLIF(…, 0)`"));
    }
    let mut found = Problems::new();
    let columns = check::query(all, &of.at, &format!("SELECT {} AS value FROM gold.{ALL}", of.text), &mut found);
    for mut problem in found.iter().cloned() {
        // Of columns, this relation has measures alone.
        problem.what = problem.what.replace("column", "measure");
        problems.push(problem);
    }
    is_exact(columns.first().map(|column| column.value.kind), of, problems);
    let prefix = format!("gold.{ALL}.");
    let origins = columns.into_iter().flat_map(|column| column.value.origins);
    let uses: BTreeSet<String> = origins.filter_map(|origin| origin.strip_prefix(&prefix).map(str::to_owned)).collect();
    if uses.is_empty() && found.is_empty() {
        problems
            .push(of.at.problem("it names no measure").fix("write measures between double quotes: \"Actual Hours\""));
    }
    uses
}

fn is_of_one_row(sql: &Sql, problems: &mut Problems) -> bool {
    let code = Code::of(&sql.text);
    let Some(word) = NOT_OF_ONE_ROW.into_iter().find(|word| code.has_bare_word(word)) else { return true };
    let wrong = sql.at.problem(format!("`{word}` can't stand here"));
    problems.push(
        wrong
            .why("the sum is made of it afterwards, or was made before")
            .fix("write an expression over one row's values"),
    );
    false
}

fn is_exact(kind: Option<Kind>, sql: &Sql, problems: &mut Problems) {
    let Some(kind) = kind else { return };
    let what = match kind {
        Kind::Int | Kind::Decimal | Kind::Unknown => return,
        Kind::Double => "this is a floating-point number, whose sums are not exact".to_owned(),
        other => format!("this is {}, not a number", other.label()),
    };
    problems.push(sql.at.problem(what).fix("write an expression that gives a whole number or a decimal"));
}

/// The measures that the DAX names; columns, tables and measures that are not there are problems.
fn check_dax(measure: &Measure, all: &Measures, catalog: &Catalog, problems: &mut Problems) -> BTreeSet<String> {
    let Sql { text, at } = &measure.dax;
    let mut uses = BTreeSet::new();
    let found = match dax::names(text) {
        Ok(found) => found,
        Err((place, what)) => {
            problems.push(at.problem(format!("the DAX {what}, {place}")).fix("correct the formula"));
            return uses;
        }
    };
    let measures: Vec<&str> = all.measures.iter().map(|measure| measure.name.text.as_str()).collect();
    for Found { place, name, .. } in found {
        let (what, fix) = match &name {
            Name::Variable(_) => continue,
            Name::Measure(name) if measures.contains(&name.as_str()) => {
                uses.insert(name.clone());
                continue;
            }
            Name::Measure(name) => {
                (format!("names a measure [{name}] that is not there"), names::nearest(name, &measures))
            }
            Name::Table(table) | Name::Column(table, _) if catalog.may_be(&format!("gold.{table}")) => continue,
            Name::Table(table) | Name::Column(table, _) => {
                let columns = catalog.get(&format!("gold.{table}"));
                match (columns, &name) {
                    (None, _) => {
                        let tables: Vec<&str> =
                            catalog.names().filter_map(|table| table.strip_prefix("gold.")).collect();
                        (format!("names a table {table} that gold does not have"), names::nearest(table, &tables))
                    }
                    (Some(columns), Name::Column(_, column)) if !columns.iter().any(|known| known.name == *column) => {
                        let known: Vec<&str> = columns.iter().map(|known| known.name.as_str()).collect();
                        (format!("names a column {table}[{column}] that is not there"), names::nearest(column, &known))
                    }
                    (Some(_), _) => continue,
                }
            }
        };
        problems.push(at.problem(format!("the DAX {what}, {place}")).fix(fix));
    }
    uses
}
