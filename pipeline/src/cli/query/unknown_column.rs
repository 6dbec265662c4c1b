//! Message for a column that a query names and that is not there.

use super::super::table::wrapped;
use crate::printable::one_line;
use datafusion::common::utils::datafusion_strsim::levenshtein;
use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;

/// Maximum number of columns that are shown.
const SHOWN: usize = 10;
/// Minimum length of a name that counts as a part of another one.
const SHORTEST_PART: usize = 3;

/// Names the column, those of similar names or else the first ones, and the command that lists each table's. Returns
/// `None` for any other error.
pub(super) fn unknown_column(error: &DataFusionError, tables: &[(String, String)], place: &str) -> Option<String> {
    let DataFusionError::SchemaError(error, _) = error.find_root() else { return None };
    let SchemaError::FieldNotFound { field, valid_fields } = error.as_ref() else { return None };
    let known = of_its_table(field, valid_fields);
    if known.is_empty() {
        return None;
    }
    let near = near(&field.name, &known);
    let first: Vec<&Column> = known.iter().copied().take(SHOWN).collect();
    let (said, shown) = match near.is_empty() {
        false => ("like it: ".to_owned(), near),
        true if first.len() < known.len() => (format!("the first {SHOWN} of {}: ", known.len()), first),
        true => ("there are: ".to_owned(), first),
    };
    let mut tables_of = known.iter().map(|column| column.relation.as_ref().map(|table| table.table()));
    let of_one = tables_of.next().is_none_or(|first| tables_of.all(|table| table == first));
    let shown: Vec<String> = shown.iter().map(|column| name_of(column, !of_one)).collect();
    let mut text = format!("there is no column {}\n", name_of(field, true));
    text.push_str(&wrapped(&format!("  {said}"), &shown.join(", ")));
    for (layer, table) in tables {
        text.push_str(&format!("\n  → connectwise-etl query \"DESCRIBE {layer}.{table}\"{place}"));
    }
    Some(text)
}

/// The columns of the table that a column is looked for in; all of them where it names no table that is there.
fn of_its_table<'c>(field: &Column, valid: &'c [Column]) -> Vec<&'c Column> {
    let named = field.relation.as_ref().map(|table| table.table());
    let table_of = |column: &Column| column.relation.as_ref().map(|table| table.table().to_owned());
    let own: Vec<&Column> = valid.iter().filter(|column| table_of(column).as_deref() == named).collect();
    if named.is_none() || own.is_empty() { valid.iter().collect() } else { own }
}

/// The columns that can have been meant, the nearest first.
fn near<'c>(name: &str, known: &[&'c Column]) -> Vec<&'c Column> {
    let wanted = name.to_lowercase();
    let mut near: Vec<(usize, &Column)> = known
        .iter()
        .filter_map(|column| {
            let other = column.name.to_lowercase();
            let (least, most) = (wanted.chars().count(), other.chars().count());
            let (least, most) = (least.min(most), least.max(most));
            let steps = levenshtein(&wanted, &other);
            let is_part = least >= SHORTEST_PART && (other.contains(&wanted) || wanted.contains(&other));
            (steps <= 1 + most / 4 || is_part).then_some((steps, *column))
        })
        .collect();
    near.sort_by_key(|(steps, _)| *steps);
    near.into_iter().take(SHOWN).map(|(_, column)| column).collect()
}

/// A column's name as a query writes it, with its table's where that is needed.
fn name_of(column: &Column, with_table: bool) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == '_';
    let name = one_line(&column.name);
    let name = if name.chars().all(is_plain) { name.into_owned() } else { format!("\"{name}\"") };
    match column.relation.as_ref().filter(|_| with_table) {
        Some(table) => format!("{}.{name}", one_line(table.table())),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::table::WIDTH;
    use super::*;
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::datasource::MemTable;
    use datafusion::prelude::{SessionConfig, SessionContext};
    use std::sync::Arc;

    /// What is said of a query over `hours` (many columns) and `company` (few).
    async fn told(sql: &str) -> Option<String> {
        let mut config = SessionConfig::new();
        // As in a lakehouse: names keep their case.
        config.options_mut().sql_parser.enable_ident_normalization = false;
        let context = SessionContext::new_with_config(config);
        let wide: Vec<String> = (0..50).map(|number| format!("someQuiteLongName{number}")).collect();
        let wide = ["actualHours", "hoursBilled", "companyId"].into_iter().chain(wide.iter().map(String::as_str));
        for (table, columns) in
            [("hours", wide.collect::<Vec<_>>()), ("company", vec!["companyId", "companyName", "ord með bili"])]
        {
            let fields: Vec<Field> = columns.into_iter().map(|name| Field::new(name, DataType::Int64, true)).collect();
            let table_of = MemTable::try_new(Arc::new(Schema::new(fields)), vec![vec![]]).unwrap();
            context.register_table(table, Arc::new(table_of)).unwrap();
        }
        let error = context.sql(sql).await.err()?;
        unknown_column(&error, &[("gold".to_owned(), "hours".to_owned())], " --lakehouse x")
    }

    #[tokio::test]
    async fn it_is_named_with_those_of_similar_names_and_the_command_that_lists_all() {
        assert_eq!(
            told("SELECT actualHour FROM hours").await.unwrap(),
            "there is no column actualHour\n  like it: actualHours\n  → connectwise-etl query \"DESCRIBE gold.hours\" \
             --lakehouse x"
        );
        for (sql, like) in [
            ("SELECT companyid FROM hours", "  like it: companyId"),
            ("SELECT hours FROM hours AS h WHERE hours > 1", "  like it: actualHours, hoursBilled"),
            ("SELECT actualHours FROM hours ORDER BY billedHours", "  the first 10 of "),
            ("SELECT c.name FROM company AS c", "  like it: companyName"),
            (
                "SELECT c.companyNam FROM company AS c JOIN hours AS h ON h.companyId = c.companyId",
                "  like it: companyName",
            ),
            (
                "SELECT companyIt FROM company AS c JOIN hours AS h ON h.companyId = c.companyId",
                "  like it: c.companyId, h.companyId",
            ),
            ("SELECT x.companyName FROM company", "  like it: companyName"),
            ("SELECT zzz FROM company", "  there are: companyId, companyName, \"ord með bili\""),
        ] {
            let text = told(sql).await.unwrap();
            assert!(text.lines().nth(1).unwrap().starts_with(like), "{sql}: {text}");
        }
    }

    #[tokio::test]
    async fn of_many_columns_the_first_are_shown_and_no_line_is_wider_than_the_screen() {
        let text = told("SELECT \"z\u{1b}[2J\" FROM hours").await.unwrap();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.starts_with("there is no column \"z\\u001b[2J\" the first 10 of 53: actualHours, "), "{text}");
        assert!(words.contains("someQuiteLongName6 →") && !text.contains("someQuiteLongName7"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }

    #[tokio::test]
    async fn other_errors_are_left_as_they_are() {
        for sql in ["SELECT nothing", "SELECT 1 FROM no_table", "SELECT no_function(companyId) FROM company", "SELEC 1"]
        {
            assert_eq!(told(sql).await, None, "{sql}");
        }
    }
}
