//! Date functions: instants and days.

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Datelike as _};
use connectwise_runtime::timestamp::parse_micros;
use datafusion::common::{DataFusionError, Result};
use std::sync::Arc;

pub(super) fn instant(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = cast(&arguments[0], &DataType::Utf8)?;
    let instants: TimestampMicrosecondArray =
        texts.as_string::<i32>().iter().map(|text| micros(text?.trim())).collect();
    Ok(Arc::new(instants.with_timezone("UTC")))
}

/// Parses a text, in the forms that Spark reads too, to microseconds since 1970.
fn micros(text: &str) -> Option<i64> {
    let time = text.get(10..)?;
    let offset = time.find(['+', '-']).map(|at| &time[at..]);
    let plain = !time.contains(['t', 'z']) && offset.is_none_or(|offset| offset.len() == "+00:00".len());
    parse_micros(text).filter(|_| plain)
}

/// Converts instants to days since 1970 in a time zone; none outside the years 1 to 9999, which other readers refuse.
fn local_days(function: &str, arguments: &[ArrayRef]) -> Result<Vec<Option<i32>>> {
    let instants = cast(&arguments[0], &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
    let zones = cast(&arguments[1], &DataType::Utf8)?;
    let (instants, zones) = (instants.as_primitive::<TimestampMicrosecondType>(), zones.as_string::<i32>());
    let mut known: Option<(&str, chrono_tz::Tz)> = None;
    let mut days = Vec::with_capacity(instants.len());
    for row in 0..instants.len() {
        if instants.is_null(row) || zones.is_null(row) {
            days.push(None);
            continue;
        }
        let name = zones.value(row);
        let zone = match known {
            Some((other, zone)) if other == name => zone,
            _ => {
                let zone: chrono_tz::Tz = name
                    .parse()
                    .map_err(|_| DataFusionError::Execution(format!("{function}: {name} is not a time zone")))?;
                known = Some((name, zone));
                zone
            }
        };
        let day = DateTime::from_timestamp_micros(instants.value(row))
            .map(|instant| instant.with_timezone(&zone).date_naive())
            .filter(|day| (1..=9999).contains(&day.year()))
            .map(|date| date.num_days_from_ce() - DAYS_TO_1970);
        days.push(day);
    }
    Ok(days)
}

/// Days from 0000-12-31 to 1970-01-01.
const DAYS_TO_1970: i32 = 719_163;

pub(super) fn date_key(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let keys: Int64Array = local_days("date_key", arguments)?
        .into_iter()
        .map(|day| {
            let date = chrono::NaiveDate::from_num_days_from_ce_opt(day? + DAYS_TO_1970)?;
            Some(i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day()))
        })
        .collect();
    Ok(Arc::new(keys))
}

pub(super) fn local_date(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    Ok(Arc::new(local_days("local_date", arguments)?.into_iter().collect::<Date32Array>()))
}

pub(super) fn date_add_days(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let (dates, days) = (cast(&arguments[0], &DataType::Date32)?, cast(&arguments[1], &DataType::Int64)?);
    let dates: Date32Array = dates
        .as_primitive::<Date32Type>()
        .iter()
        .zip(days.as_primitive::<Int64Type>().iter())
        .map(|(date, days)| date?.checked_add(i32::try_from(days?).ok()?))
        .collect();
    Ok(Arc::new(dates))
}

pub(super) fn days_between(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let (from, to) = (cast(&arguments[0], &DataType::Date32)?, cast(&arguments[1], &DataType::Date32)?);
    let days: Int64Array = from
        .as_primitive::<Date32Type>()
        .iter()
        .zip(to.as_primitive::<Date32Type>().iter())
        .map(|(from, to)| Some(i64::from(to?) - i64::from(from?)))
        .collect();
    Ok(Arc::new(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_the_forms_that_both_dialects_know() {
        for (text, seconds) in [
            ("2026-01-02", 1_767_312_000),
            (" 2026-01-02T03:04:05Z", 1_767_323_045),
            ("2026-01-02 03:04", 1_767_323_040),
            ("2026-01-02T03:04:05.5+01:00", 1_767_319_445),
        ] {
            assert_eq!(micros(text.trim()).map(|micros| micros / 1_000_000), Some(seconds), "{text}");
        }
        for text in ["", "2026-02-30", "02.01.2026", "03:04:05", "2026-01-02T03:04:05z", "2026-01-02T03:04:05+01", "é"]
        {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn days_follow_the_time_zone() {
        let instants: ArrayRef = Arc::new(
            arrow::array::TimestampMicrosecondArray::from(vec![Some(1_735_689_599_999_999), None]).with_timezone("UTC"),
        );
        let zone = |name: &str| -> ArrayRef { Arc::new(arrow::array::StringArray::from(vec![name, name])) };
        let key = |name| date_key(&[Arc::clone(&instants), zone(name)]).unwrap();
        assert_eq!(key("Atlantic/Reykjavik").as_primitive::<Int64Type>().value(0), 20_241_231);
        assert_eq!(key("Europe/Copenhagen").as_primitive::<Int64Type>().value(0), 20_250_101);
        assert!(key("UTC").is_null(1));
        assert!(date_key(&[instants, zone("Mars")]).is_err());
    }
}
