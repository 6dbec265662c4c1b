//! `connectwise-etl report measures`: the measures of `schema/measures.yaml`, as tables and as JSON.

use super::output::{Output, grouped};
use super::query::{Format, print};
use super::table::table;
use crate::error::{Error, Result};
use crate::gold::{Measured, RowKey};
use arrow::array::{Array as _, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use std::sync::Arc;

/// Prints a table a folder with a row a key; of totals, one table with a row a measure.
pub(super) fn tables(measured: &Measured, by: Option<&str>, output: &mut Output) -> Result<()> {
    let value = |column: &Option<Decimal128Array>, row: usize, format: &str| {
        let column = column.as_ref().filter(|column| column.is_valid(row));
        column.map(|column| formatted(column.value(row), format)).unwrap_or_default()
    };
    let Some(by) = by else {
        let rows: Vec<Vec<String>> = measured
            .columns
            .iter()
            .map(|(measure, column)| {
                vec![measure.folder.to_owned(), measure.name.to_owned(), value(column, 0, measure.format)]
            })
            .collect();
        return output.line(table(&["folder", "measure", "value"], &rows, &[2]));
    };
    let mut folders: Vec<&str> = Vec::new();
    for (measure, _) in &measured.columns {
        if !folders.contains(&measure.folder) {
            folders.push(measure.folder);
        }
    }
    for folder in folders {
        let columns: Vec<_> = measured.columns.iter().filter(|(measure, _)| measure.folder == folder).collect();
        let header: Vec<&str> = [by].into_iter().chain(columns.iter().map(|(measure, _)| measure.name)).collect();
        let cells = |row: usize| columns.iter().map(move |(measure, column)| value(column, row, measure.format));
        // Of a month, nothing is news; of a company, it is not.
        let has_value = |row: usize| {
            columns.iter().filter_map(|(_, column)| column.as_ref()).any(|c| c.is_valid(row) && c.value(row) != 0)
        };
        let rows = measured.rows.iter().enumerate();
        let rows = rows.filter(|(row, key)| matches!(key, RowKey::Month(_)) || has_value(*row));
        let rows: Vec<Vec<String>> =
            rows.map(|(row, key)| [name(key)].into_iter().chain(cells(row)).collect()).collect();
        output.line(folder)?;
        output.line(table(&header, &rows, &(1..header.len()).collect::<Vec<_>>()))?;
    }
    Ok(())
}

fn name(key: &RowKey) -> String {
    match key {
        RowKey::All => String::new(),
        RowKey::Month(month) => month.to_string(),
        RowKey::Key(_, name) => name.clone(),
    }
}

/// Prints an array of objects: measure, value, and of a key its number (of a month its text) and its name.
pub(super) fn json(measured: &Measured, output: &mut Output) -> Result<()> {
    let mut batches = Vec::new();
    for (measure, values) in &measured.columns {
        let Some(values) = values else { continue };
        let keys = &measured.rows;
        let numbers = keys.iter().filter_map(|key| if let RowKey::Key(key, _) = key { Some(*key) } else { None });
        let numbers = Int64Array::from_iter_values(numbers);
        let names = StringArray::from_iter_values(keys.iter().map(name));
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("measure", Arc::new(StringArray::from(vec![measure.name; keys.len()]))),
            ("value", Arc::new(values.clone())),
        ];
        if !keys.contains(&RowKey::All) {
            let keys: ArrayRef = if numbers.len() == keys.len() { Arc::new(numbers) } else { Arc::new(names.clone()) };
            columns.extend([("key", keys), ("name", Arc::new(names) as ArrayRef)]);
        }
        batches.push(
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
                .map_err(Error::query)?,
        );
    }
    print(&batches, Format::Json, None, output)
}

/// Formats ten-thousandths by a format string: thousands, decimals, text around the number, and `%` for hundredths.
fn formatted(value: i128, format: &str) -> String {
    let (mut before, mut pattern, mut after) = (String::new(), String::new(), String::new());
    let (mut is_quoted, mut is_percent) = (false, false);
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        let literal = match letter {
            '"' => {
                is_quoted = !is_quoted;
                continue;
            }
            ';' if !is_quoted => break,
            '#' | '0' | ',' | '.' if !is_quoted => {
                pattern.push(letter);
                continue;
            }
            '\\' if !is_quoted => letters.next().unwrap_or(letter),
            _ => letter,
        };
        is_percent |= letter == '%' && !is_quoted;
        if pattern.is_empty() { before.push(literal) } else { after.push(literal) }
    }
    let (whole, decimals) = pattern.split_once('.').unwrap_or((&pattern, ""));
    let needed = decimals.trim_end_matches('#').len();
    let shown = u32::try_from(decimals.len().min(8)).unwrap_or(0);
    // In hundred-millionths, so that no format has more decimals.
    let exact = value * if is_percent { 1_000_000 } else { 10_000 };
    let unit = 10_i128.pow(8 - shown);
    let rounded = (exact.abs() + unit / 2) / unit;
    let ones = rounded / 10_i128.pow(shown);
    let mut fraction = match shown {
        0 => String::new(),
        _ => format!("{:0width$}", rounded % 10_i128.pow(shown), width = shown as usize),
    };
    while fraction.len() > needed && fraction.ends_with('0') {
        fraction.pop();
    }
    let sign = if value < 0 && rounded > 0 { "-" } else { "" };
    let ones = match u64::try_from(ones) {
        Ok(ones) if whole.contains(',') => grouped(ones),
        _ => ones.to_string(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{before}{ones}{point}{fraction}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use connectwise_generated::measures::MEASURES;
    use std::sync::Mutex;

    /// What is written for a measure of three rows, and for one that lacks their key.
    fn written(rows: Vec<RowKey>, show: impl Fn(&Measured, &mut Output) -> Result<()>) -> String {
        #[derive(Clone, Default)]
        struct Kept(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Kept {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let values = Decimal128Array::from(vec![Some(12_345_000), None, Some(0)][..rows.len()].to_vec());
        let values = values.with_precision_and_scale(38, 4).unwrap();
        let measured = Measured { rows, columns: vec![(&MEASURES[0], Some(values)), (&MEASURES[1], None)] };
        let kept = Kept::default();
        show(&measured, &mut Output::to(Box::new(kept.clone()), Box::new(std::io::sink()))).unwrap();
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    fn keys() -> Vec<RowKey> {
        ["Ás", "Örk", "Þör"].iter().zip(7..).map(|(name, key)| RowKey::Key(key, (*name).to_owned())).collect()
    }

    #[test]
    fn json_has_exact_numbers_and_leaves_out_what_lacks_the_key() {
        let parsed = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
        let name = MEASURES[0].name;
        let value = |value: Option<f64>, key: i64, of: &str| serde_json::json!({ "measure": name, "value": value, "key": key, "name": of });
        let wanted = [value(Some(1234.5), 7, "Ás"), value(None, 8, "Örk"), value(Some(0.0), 9, "Þör")];
        assert_eq!(parsed(written(keys(), json)), serde_json::json!(wanted));
        let total = written(vec![RowKey::All], json);
        assert_eq!(total.trim(), format!("[{{\"measure\":\"{name}\",\"value\":1234.5000}}]"));
        let month = parsed(written(vec![RowKey::Month("2026-01".parse().unwrap())], json));
        assert_eq!((&month[0]["key"], &month[0]["name"]), (&"2026-01".into(), &"2026-01".into()));
    }

    #[test]
    fn tables_leave_out_keys_without_values_and_blank_what_lacks_the_key() {
        let shown = written(keys(), |measured, output| tables(measured, Some("company"), output));
        assert!(shown.contains("company") && shown.contains("Ás") && shown.contains("1,234.50"), "{shown}");
        assert!(!shown.contains("Örk") && !shown.contains("Þör"), "{shown}");
        assert!(shown.contains(MEASURES[1].name) && shown.starts_with(MEASURES[0].folder), "{shown}");
        let total = written(vec![RowKey::All], |measured, output| tables(measured, None, output));
        assert!(total.contains("1,234.50") && total.lines().count() == 6, "{total}");
    }

    #[test]
    fn numbers_are_shown_by_their_format() {
        for (value, format, wanted) in [
            (12_345_678_950, "#,##0.00", "1,234,567.90"),
            (12_345_678_950, "#,##0", "1,234,568"),
            (12_345_678_950, "0.0", "1234567.9"),
            (-12_345_000, "#,##0", "-1,235"),
            (-4_999, "#,##0", "0"),
            (0, "#,##0.00", "0.00"),
            (87_450, "#,##0.0\"%\"", "8.7%"),
            (87_500, "#,##0.0\"%\"", "8.8%"),
            (4_567, "0.0%", "45.7%"),
            (15_000, "0.##", "1.5"),
            (10_000, "0.##", "1"),
            (15_000, "\"kr. \"#,##0.0;(#,##0)", "kr. 1.5"),
            (-15_000, "0.000000", "-1.500000"),
        ] {
            assert_eq!(formatted(value, format), wanted, "{value} {format}");
        }
    }
}
