//! Statistics of a data file for the log: its rows, and the bounds and nulls of its first columns.
//!
//! Source: the Delta protocol, "Per-file Statistics". Instants are in milliseconds there, so that the upper bound of one
//! is rounded up.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta};
use parquet::basic::LogicalType;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;
use serde_json::{Map, Value, json};

/// Columns of which the log has statistics: the protocol's default.
const COLUMNS: usize = 32;
const MICROS_A_MILLI: i64 = 1_000;
/// Years that a text of four digits can name.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

/// Builds the statistics of a file: exact for its rows and nulls, and no bounds where a type has none in the log.
pub(super) fn statistics(file: &ParquetMetaData) -> Value {
    let described = file.file_metadata().schema_descr();
    let (mut least, mut greatest, mut nulls) = (Map::new(), Map::new(), Map::new());
    for (place, column) in described.columns().iter().enumerate() {
        let name = match column.path().parts() {
            [name] if described.get_column_root_idx(place) < COLUMNS => name,
            _ => continue,
        };
        let chunks = || file.row_groups().iter().map(|group| group.column(place));
        let known: Option<Vec<&Statistics>> = chunks().map(ColumnChunkMetaData::statistics).collect();
        let Some(known) = known else { continue };
        if let Some(sum) = known.iter().map(|group| group.null_count_opt()).sum::<Option<u64>>() {
            nulls.insert(name.clone(), json!(sum));
        }
        let filled: Vec<&Statistics> =
            chunks().zip(known).filter(|(chunk, group)| !is_all_null(chunk, group)).map(|(_, group)| group).collect();
        if let Some((low, high)) = bounds(column, &filled) {
            least.insert(name.clone(), low);
            greatest.insert(name.clone(), high);
        }
    }
    let rows = file.file_metadata().num_rows();
    json!({ "numRecords": rows, "minValues": least, "maxValues": greatest, "nullCount": nulls })
}

fn is_all_null(chunk: &ColumnChunkMetaData, group: &Statistics) -> bool {
    group.null_count_opt() == u64::try_from(chunk.num_values()).ok()
}

/// Bounds of a column over its row groups; `None` where one of them has none, or none that is exact.
fn bounds(column: &ColumnDescriptor, groups: &[&Statistics]) -> Option<(Value, Value)> {
    match groups.first()? {
        Statistics::Int32(_) => {
            let ends = groups.iter().map(|group| match group {
                Statistics::Int32(group) => Some((i64::from(*group.min_opt()?), i64::from(*group.max_opt()?))),
                _ => None,
            });
            whole_numbers(column, ends)
        }
        Statistics::Int64(_) => {
            let ends = groups.iter().map(|group| match group {
                Statistics::Int64(group) => Some((*group.min_opt()?, *group.max_opt()?)),
                _ => None,
            });
            whole_numbers(column, ends)
        }
        Statistics::ByteArray(_) if column.logical_type_ref() == Some(&LogicalType::String) => {
            let mut ends = Vec::new();
            for group in groups {
                let Statistics::ByteArray(group) = group else { return None };
                if !group.min_is_exact() || !group.max_is_exact() {
                    return None;
                }
                ends.push((group.min_opt()?.as_utf8().ok()?, group.max_opt()?.as_utf8().ok()?));
            }
            let low = ends.iter().map(|(low, _)| *low).min()?;
            let high = ends.iter().map(|(_, high)| *high).max()?;
            Some((json!(low), json!(high)))
        }
        _ => None,
    }
}

fn whole_numbers(column: &ColumnDescriptor, ends: impl Iterator<Item = Option<(i64, i64)>>) -> Option<(Value, Value)> {
    let ends = ends.collect::<Option<Vec<(i64, i64)>>>()?;
    let low = ends.iter().map(|(low, _)| *low).min()?;
    let high = ends.iter().map(|(_, high)| *high).max()?;
    match column.logical_type_ref() {
        None | Some(LogicalType::Integer(_)) => Some((json!(low), json!(high))),
        Some(LogicalType::Date) => {
            let day = |days| {
                let day = NaiveDate::default().checked_add_signed(TimeDelta::try_days(days)?)?;
                YEARS.contains(&day.year()).then(|| json!(day.to_string()))
            };
            Some((day(low)?, day(high)?))
        }
        Some(LogicalType::Timestamp(kind)) if kind.unit == parquet::basic::TimeUnit::MICROS => {
            let instant = |millis| {
                let at = DateTime::from_timestamp_millis(millis)?;
                YEARS.contains(&at.year()).then(|| json!(at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()))
            };
            let up = high.checked_add(MICROS_A_MILLI - 1)?.div_euclid(MICROS_A_MILLI);
            Some((instant(low.div_euclid(MICROS_A_MILLI))?, instant(up)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{
        ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    };
    use parquet::arrow::ArrowWriter;
    use std::sync::Arc;

    /// The statistics of a file with a row group for each of these columns' parts.
    fn of(groups: Vec<Vec<(&str, ArrayRef)>>) -> Value {
        let batches: Vec<RecordBatch> = groups
            .into_iter()
            .map(|columns| {
                RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
                    .unwrap()
            })
            .collect();
        let mut writer = ArrowWriter::try_new(Vec::new(), batches[0].schema(), None).unwrap();
        for batch in &batches {
            writer.write(batch).unwrap();
            writer.flush().unwrap();
        }
        statistics(&writer.close().unwrap())
    }

    fn whole(values: &[Option<i64>]) -> ArrayRef {
        Arc::new(Int64Array::from(values.to_vec()))
    }

    #[test]
    fn bounds_and_nulls_are_those_of_all_row_groups() {
        let text = |values: &[Option<&str>]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
        let found = of(vec![
            vec![("id", whole(&[Some(7), None])), ("text", text(&[None, None])), ("none", whole(&[None, None]))],
            vec![("id", whole(&[Some(-2)])), ("text", text(&[Some("b")])), ("none", whole(&[None]))],
            vec![("id", whole(&[None])), ("text", text(&[Some("a")])), ("none", whole(&[None]))],
        ]);
        let expected = json!({
            "numRecords": 4,
            "minValues": { "id": -2, "text": "a" },
            "maxValues": { "id": 7, "text": "b" },
            "nullCount": { "id": 2, "text": 2, "none": 4 },
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_not_exact_or_has_no_text_of_four_digits_has_no_bounds() {
        const LAST: i64 = 253_402_300_799_999_000;
        let long = "x".repeat(100);
        let instants =
            |values: Vec<i64>| Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC")) as ArrayRef;
        let found = of(vec![vec![
            ("long", Arc::new(StringArray::from(vec![long.as_str(), "a"]))),
            ("float", Arc::new(Float64Array::from(vec![f64::NAN, 1.0]))),
            ("last", instants(vec![0, LAST])),
            ("later", instants(vec![0, LAST + 1])),
            ("early", instants(vec![-62_135_596_800_000_001, 0])),
            ("day", Arc::new(Date32Array::from(vec![-1, 2_932_896]))),
            ("farDay", Arc::new(Date32Array::from(vec![0, 2_932_897]))),
        ]]);
        assert_eq!(found["minValues"], json!({ "last": "1970-01-01T00:00:00.000Z", "day": "1969-12-31" }));
        assert_eq!(found["maxValues"], json!({ "last": "9999-12-31T23:59:59.999Z", "day": "9999-12-31" }));
        assert_eq!(found["nullCount"]["later"], 0);
    }
}
