//! Gold's part of DICTIONARY.md: what holds in all of gold, then every table column by column.

use std::fmt::Write as _;

use crate::gold::lineage::{Lineage, shortened};
use crate::gold::measures::{self, Checked};
use crate::gold::model::{Additivity, Column, Table};
use crate::gold::queries::{Entry, Queries};
use crate::gold::rules::Rules;

/// How many sources of a column the dictionary names.
const SOURCES: usize = 6;

/// What a dimension's key is.
pub(super) const KEY: &str = "Surrogate key; −1 is Unknown.";

/// The last column of every dimension, and what it says.
pub(super) const INFERRED: &str = "isInferred";
pub(super) const INFERRED_MEANING: &str = "Known from a reference only: the entity has no such record (yet).";

const HEAD: &str = "\
## Gold

A star schema for Power BI: flat columns, surrogate keys that never change. Money and hours are decimal(19,4), and a
measure is never null: what is absent counts as 0. \"Adds up by\" says how the values of many rows become one, \"format\"
is the format string for Power BI.

### Rows that nobody entered

Every dimension that facts refer to, `dimdate` too, has the row −1, \"Unknown\": a fact's key is −1 where its record refers
to nothing, and never null. What a record refers to and its entity does not list (deleted long ago, or hidden from the API member) is an
inferred row: `isInferred` is true, the columns hold what the newest reference carries, and it becomes a full row, under
the same key, once the entity has it. A dimension without an entity of its own is made from references alone; there
`isInferred` is false.
";

const CHECKS: &str = "
### Checks and reports

Every run that builds gold ends with checks, a row each in `meta.etl_check`. A broken error fails the run (exit status 4),
a warning is told.

| check | severity | what holds; of checks of your own (`own/…`), what offends |
|---|---|---|
| `rows/<silver table>` | error | the live rows of bronze and silver and the rows of the fact are as many |
| `key/<gold table>` | error | the key is unique |
| `reference/<fact>/<column>` | error | every key is in its dimension |
| `sum/<fact>/<measure>` | error | the sum is that of silver's live rows, to the last decimal |
| `fits/<fact>` | error | no amount of the source is beyond decimal(19,4) and counts as 0 |
| `status/fact_timeentry` | error | every entry has one effectiveBillingStatus, and the hours by status are all hours |
";

/// What the section is made from.
pub(super) struct Parts<'a> {
    /// The tables.
    pub(super) tables: &'a [&'a Table<'a>],
    /// The classification of agreements.
    pub(super) rules: &'a Rules,
    /// The template of effectiveBillingStatus; empty where no table has one.
    pub(super) statuses: &'a str,
    /// Checks and reports of one's own.
    pub(super) queries: &'a Queries,
    /// Measures.
    pub(super) measures: &'a Checked,
    /// Where columns come from.
    pub(super) lineage: &'a Lineage,
}

/// The section.
pub(super) fn dictionary(parts: &Parts<'_>) -> String {
    let mut out = String::from(HEAD);
    out.push_str(&classes(parts.rules));
    out.push_str(&statuses(parts.statuses));
    out.push_str(CHECKS);
    for check in &parts.queries.checks {
        let severity = if check.error { "error" } else { "warning" };
        let _ = writeln!(out, "| `own/{}` | {severity} | {} |", check.name, cell(&check.description));
    }
    if !parts.queries.reports.is_empty() {
        out.push_str("\n| report | what it shows |\n|---|---|\n");
    }
    for Entry { name, description, .. } in &parts.queries.reports {
        let _ = writeln!(out, "| `connectwise-etl report {name}` | {} |", cell(description));
    }
    out.push_str(&measures::dictionary(parts.measures));
    let mut sorted: Vec<&&Table<'_>> = parts.tables.iter().collect();
    sorted.sort_by_key(|table| table.name().to_owned());
    for one in sorted {
        out.push_str(&table(one, parts.lineage));
    }
    out
}

/// The rules of agreements, in the order in which they are tried.
fn classes(rules: &Rules) -> String {
    let mut out = String::from(
        "\n### Classification of agreements\n\nBy the name of the agreement's type, in NFC, trimmed, without a `:` at its end, in \
         any case; a pattern matches anywhere in the name, and the first rule that matches counts \
         (`schema/agreement-rules.yaml`).\n\n| pattern | agreementTypeNormalized | billingBehavior | can be invoiced \
         |\n|---|---|---|---|\n",
    );
    for rule in &rules.rules {
        let invoiceable = if rule.invoiceable { "yes" } else { "no" };
        let patterns = literal(&rule.patterns.join(", "));
        let _ = writeln!(out, "| {patterns} | {} | {} | {invoiceable} |", rule.normalized, rule.behavior);
    }
    let _ = writeln!(
        out,
        "| anything else, or no agreement | {} | {} | yes |",
        rules.otherwise_type, rules.otherwise_behavior
    );
    out
}

/// The order of effectiveBillingStatus, as its template has it.
fn statuses(template: &str) -> String {
    let mut rows = String::new();
    for line in template.lines().map(str::trim) {
        let when = line.strip_prefix("WHEN ").and_then(|rest| rest.split_once(" THEN "));
        let (condition, status) = match (when, line.strip_prefix("ELSE ")) {
            (Some((condition, status)), _) => (format!("`{condition}`"), status),
            (None, Some(status)) => ("none of these".to_owned(), status),
            (None, None) => continue,
        };
        let _ = writeln!(rows, "| {} | {} |", status.trim_matches('\''), cell(&condition));
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n### effectiveBillingStatus\n\nExactly one for every row, the first that fits.\n\n| status | where \
         |\n|---|---|\n{rows}"
    )
}

/// The section of a table.
fn table(table: &Table<'_>, lineage: &Lineage) -> String {
    let (description, file) = match table {
        Table::Dimension(dimension) => (
            format!("{} Key: `{}`; natural key: `{}`.", dimension.description, dimension.key, dimension.natural_key),
            &dimension.file,
        ),
        Table::Fact(fact) => (
            format!(
                "{} Grain: {}. Key: `{}`.{}",
                fact.description,
                fact.grain.trim_end_matches('.').to_lowercase(),
                fact.key,
                if fact.source.is_empty() { String::new() } else { format!(" Source: silver `{}`.", fact.source) }
            ),
            &fact.file,
        ),
    };
    let from = |column: &str| shortened(&lineage.sources(table.name(), column), SOURCES);
    let mut out = format!(
        "\n### gold.{}\n\n{}\nDefined in `{file}`.\n\n| column | type | adds up by | format | from silver | meaning |\n|---|---|---|---|---|---|\n",
        table.name(),
        cell(&description)
    );
    if let Table::Dimension(dimension) = table {
        let _ = writeln!(out, "| {} | bigint | | | {} | {KEY} |", dimension.key, from(&dimension.key));
    }
    for column in table.columns() {
        let link = column.dimension.as_ref().map(|name| format!(" → `{name}`")).unwrap_or_default();
        let _ = writeln!(
            out,
            "| {} | {}{link} | {} | {} | {} |",
            column.name,
            column.data_type.label(),
            shown(column),
            from(&column.name),
            cell(&meaning(column))
        );
    }
    if matches!(table, Table::Dimension(_)) {
        let _ = writeln!(out, "| {INFERRED} | boolean | | | | {INFERRED_MEANING} |");
    }
    out
}

/// What a column means, with what its YAML says beside the description.
pub(super) fn meaning(column: &Column) -> String {
    let mut text = column.description.trim_end().to_owned();
    if let Some(field) = &column.custom_field {
        let _ = write!(text, " ({})", field.label());
    }
    text
}

/// How a column adds up and is shown: cells of the dictionary.
fn shown(column: &Column) -> String {
    let additivity = column.additivity.map_or("", Additivity::name);
    let format = column.format.as_ref().map(|format| format!("`{format}`")).unwrap_or_default();
    format!("{additivity} | {}", cell(&format))
}

/// Text on one line, fit for a Markdown table.
/// A text of the user's in a table's cell, with nothing in it that Markdown reads as its own.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if r"\`*_{}[]<>#|~&$".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
