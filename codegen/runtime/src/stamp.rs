//! Stamps rows with the columns that the pipeline adds to every table.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::etl::EtlType;
use crate::schema::{TIME_ZONE, timestamp_type};

/// Stamp: what the pipeline's columns say of the rows that a run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// When the run began, in microseconds since 1970.
    pub began: i64,
    /// What the rows are of: the entity in bronze, the source in silver.
    pub of: &'a str,
    /// The run.
    pub run: &'a str,
}

impl EtlType {
    /// Returns the Arrow type.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Timestamp => timestamp_type(),
        }
    }
}

/// Returns the schema with the pipeline's columns at its end.
#[must_use]
pub fn stamped_schema(schema: &Schema, columns: &[(&str, EtlType); 4]) -> SchemaRef {
    let own = columns.iter().map(|(name, kind)| Arc::new(Field::new(*name, kind.data_type(), true)));
    Arc::new(Schema::new(schema.fields().iter().cloned().chain(own).collect::<Vec<_>>()))
}

/// Adds the pipeline's columns to a batch. `deleted` says since when the source lacks each record; without it, the
/// source has them all.
///
/// # Errors
/// [`ArrowError`] when `deleted` has another type or length than the column.
pub fn stamp(
    batch: &RecordBatch,
    columns: &[(&str, EtlType); 4],
    stamp: Stamp<'_>,
    deleted: Option<ArrayRef>,
) -> Result<RecordBatch, ArrowError> {
    let rows = batch.num_rows();
    let text = |text: &str| Arc::new(StringArray::from(vec![text; rows])) as ArrayRef;
    let began = TimestampMicrosecondArray::from(vec![stamp.began; rows]).with_timezone(TIME_ZONE);
    let mut arrays = batch.columns().to_vec();
    arrays.extend([Arc::new(began) as ArrayRef, text(stamp.of), text(stamp.run)]);
    arrays.push(deleted.unwrap_or_else(|| new_null_array(&timestamp_type(), rows)));
    RecordBatch::try_new(stamped_schema(&batch.schema(), columns), arrays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etl::{BRONZE, SILVER};
    use arrow_array::{Int64Array, cast::AsArray as _, types::TimestampMicrosecondType};

    fn batch() -> RecordBatch {
        RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap()
    }

    const STAMP: Stamp<'_> = Stamp { began: 5, of: "Thing", run: "run-1" };

    #[test]
    fn the_columns_of_a_layer_say_when_of_what_by_which_run_and_since_when_deleted() {
        for columns in [&BRONZE, &SILVER] {
            let rows = stamp(&batch(), columns, STAMP, None).unwrap();
            assert_eq!(rows.schema(), stamped_schema(&batch().schema(), columns));
            let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            assert_eq!(rows.schema().fields().iter().skip(1).map(|field| field.name()).collect::<Vec<_>>(), names);
            assert_eq!(rows.column(1).as_primitive::<TimestampMicrosecondType>().values(), &[5, 5]);
            assert_eq!(rows.column(2).as_string::<i32>().value(1), "Thing");
            assert_eq!(rows.column(3).as_string::<i32>().value(0), "run-1");
            assert_eq!(rows.column(4).null_count(), 2);
        }
    }

    #[test]
    fn what_is_deleted_has_a_value_a_row() {
        let deleted = TimestampMicrosecondArray::from(vec![Some(7), None]).with_timezone(TIME_ZONE);
        let rows = stamp(&batch(), &SILVER, STAMP, Some(Arc::new(deleted))).unwrap();
        assert_eq!(rows.column(4).null_count(), 1);
        let short = new_null_array(&timestamp_type(), 1);
        assert!(stamp(&batch(), &SILVER, STAMP, Some(short)).is_err());
    }
}
