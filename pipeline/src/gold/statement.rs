//! Statement and schema of a gold table, and the business date of a run.

use crate::context::RunId;
use crate::error::{Error, Result};
use arrow::datatypes::{Field, Schema, SchemaRef};
use chrono::NaiveDate;
use connectwise_generated::gold::{GoldTable, TIME_ZONE};
use std::sync::Arc;

/// Returns the table's Arrow schema: the key can't be null, all else can.
pub fn schema(table: &GoldTable) -> SchemaRef {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| Field::new(column.name, column.data_type.data_type(), column.name != table.key))
        .collect();
    Arc::new(Schema::new(fields))
}

/// Returns the statement with the run's business date: the day of its start in the reporting time zone.
///
/// # Errors
/// [`Error::Usage`] when the reporting time zone is not known.
pub fn statement(table: &GoldTable, run: &RunId) -> Result<String> {
    for_run(table.sql, run)
}

/// Returns SQL with the run's business date in the place of its placeholder.
pub(super) fn for_run(sql: &str, run: &RunId) -> Result<String> {
    Ok(sql.replace("${businessDate}", &business_date(run)?))
}

/// Returns the business date: the day of the run's start in the reporting time zone.
///
/// # Errors
/// [`Error::Usage`] when the reporting time zone is not known.
pub(crate) fn business_date(run: &RunId) -> Result<String> {
    business_day(run).map(|day| day.to_string())
}

/// Returns the business date of a run: the day of its start, where the business is.
///
/// # Errors
/// [`Error::Usage`] where the YAML names no time zone.
pub fn business_day(run: &RunId) -> Result<NaiveDate> {
    let zone: chrono_tz::Tz = TIME_ZONE
        .parse()
        .map_err(|_| Error::Usage(format!("{TIME_ZONE} in schema/dimensions/dimdate.yaml is not a time zone")))?;
    Ok(run.started().with_timezone(&zone).date_naive())
}
