//! The columns of a bronze table: the record, `_unknown`, and the four `etl…` columns.

use crate::context::RunId;
use crate::lake::cast_to_schema;
use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use connectwise_runtime::bronze_schema;
use std::sync::Arc;

/// When a row was fetched.
pub const TIMESTAMP: &str = "etlTimestamp";
/// The entity's name.
pub const ENTITY: &str = "etlEntity";
/// The run that fetched it.
pub const RUN_ID: &str = "etlRunId";
/// Since when the source lacks the record; null while it has it.
pub const DELETED_AT: &str = "etlDeletedAt";

/// A type for instants: microseconds, UTC.
pub(crate) fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The bronze table's schema: the record, `_unknown`, and the four `etl…` columns.
pub fn schema(table: &connectwise_runtime::Table) -> SchemaRef {
    let mut fields: Vec<Field> = bronze_schema(table).fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.extend([
        Field::new(TIMESTAMP, instant_type(), true),
        Field::new(ENTITY, DataType::Utf8, true),
        Field::new(RUN_ID, DataType::Utf8, true),
        Field::new(DELETED_AT, instant_type(), true),
    ]);
    Arc::new(Schema::new(fields))
}

/// Adds the `etl…` columns of a live row to fetched rows, and casts them to the schema.
///
/// # Errors
/// The engine's, when a column can't be cast.
pub(super) fn stamp(
    batch: &RecordBatch,
    schema: &SchemaRef,
    run: &RunId,
    entity: &str,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let rows = batch.num_rows();
    let mut columns: Vec<(Arc<Field>, ArrayRef)> =
        batch.schema().fields().iter().cloned().zip(batch.columns().iter().cloned()).collect();
    let fetched = TimestampMicrosecondArray::from(vec![run.started_micros(); rows]).with_timezone("UTC");
    let field = |name: &str, data_type| Arc::new(Field::new(name, data_type, true));
    columns.push((field(TIMESTAMP, instant_type()), Arc::new(fetched)));
    columns.push((field(ENTITY, DataType::Utf8), Arc::new(StringArray::from(vec![entity; rows]))));
    columns.push((field(RUN_ID, DataType::Utf8), Arc::new(StringArray::from(vec![run.as_str(); rows]))));
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    cast_to_schema(&RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?, schema)
}
