//! A gold table's statement, its schema, and the business date that both are of.

use crate::context::RunId;
use crate::error::{Error, Result};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use connectwise_generated::gold::{GoldTable, GoldType, TIME_ZONE};
use std::sync::Arc;

/// The table's Arrow schema: the key can't be null, all else can.
pub fn schema(table: &GoldTable) -> SchemaRef {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| {
            let data_type = match column.data_type {
                GoldType::Bigint => DataType::Int64,
                GoldType::Text => DataType::Utf8,
                GoldType::Boolean => DataType::Boolean,
                GoldType::Date => DataType::Date32,
                GoldType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                GoldType::Decimal => DataType::Decimal128(19, 4),
            };
            Field::new(column.name, data_type, column.name != table.key)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// The statement with the run's business date: the day of its start in the reporting time zone.
///
/// # Errors
/// [`Error::Usage`] when the reporting time zone is not known.
pub fn statement(table: &GoldTable, run: &RunId) -> Result<String> {
    Ok(table.sql.replace("${businessDate}", &business_date(run)?))
}

/// The day of the run's start in the reporting time zone.
///
/// # Errors
/// [`Error::Usage`] when the reporting time zone is not known.
pub(crate) fn business_date(run: &RunId) -> Result<String> {
    let zone: chrono_tz::Tz = TIME_ZONE
        .parse()
        .map_err(|_| Error::Usage(format!("{TIME_ZONE} in schema/dimensions/dimdate.yaml is not a time zone")))?;
    Ok(run.started().with_timezone(&zone).format("%Y-%m-%d").to_string())
}
