//! Statistics of a data file for the log: its rows, and the bounds and nulls of its first columns.
//!
//! Source: the Delta protocol, "Per-file Statistics". Instants are in milliseconds there, so that the upper bound of one
//! is rounded up.

use chrono::{DateTime, NaiveDate, TimeDelta};
use parquet::basic::LogicalType;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;
use serde_json::{Map, Value, json};

/// Columns of which the log has statistics: the protocol's default.
const COLUMNS: usize = 32;
const MICROS_A_MILLI: i64 = 1_000;

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
            let day = |days| NaiveDate::default().checked_add_signed(TimeDelta::try_days(days)?);
            Some((json!(day(low)?.to_string()), json!(day(high)?.to_string())))
        }
        Some(LogicalType::Timestamp(kind)) if kind.unit == parquet::basic::TimeUnit::MICROS => {
            let instant = |millis| DateTime::from_timestamp_millis(millis);
            let text = |at: DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            let up = high.checked_add(MICROS_A_MILLI - 1)?.div_euclid(MICROS_A_MILLI);
            Some((json!(text(instant(low.div_euclid(MICROS_A_MILLI))?)), json!(text(instant(up)?))))
        }
        _ => None,
    }
}
