//! The columns of a bronze table: the record, `_unknown`, and the four `etl…` columns.

use crate::context::RunId;
use crate::lake::cast_to_schema;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use connectwise_runtime::{Stamp, bronze_schema, etl, stamped_schema};

pub use connectwise_runtime::etl::{DELETED_AT, ENTITY, RUN_ID, TIMESTAMP};
/// The type of instants: microseconds, UTC.
pub(crate) use connectwise_runtime::schema::timestamp_type as instant_type;

/// The bronze table's schema: the record, `_unknown`, and the four `etl…` columns.
pub fn schema(table: &connectwise_runtime::Table) -> SchemaRef {
    stamped_schema(&bronze_schema(table), &etl::BRONZE)
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
    let stamp = Stamp { began: run.started_micros(), of: entity, run: run.as_str() };
    cast_to_schema(&connectwise_runtime::stamp(batch, &etl::BRONZE, stamp, None)?, schema)
}
