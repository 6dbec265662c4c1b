//! Parents: fills in the parent's id in the records of a list that is read once for each parent.
//!
//! Invariant: what the API sent must stay. Only a column that the generator added to the shape is filled in, and only
//! where it has no value yet.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};

use crate::error::Error;
use crate::shape::Table;

/// Adds the parent's id to the bronze batch of one parent's list. A table without a parent, or one whose records name
/// theirs, is returned as it is.
///
/// # Errors
/// The column is missing, or is no whole number.
pub fn with_parent(table: &Table, bronze: RecordBatch, id: i64) -> Result<RecordBatch, Error> {
    let Some(parent) = table.parent.filter(|parent| !parent.in_record) else { return Ok(bronze) };
    let missing = || Error::MissingColumn { column: parent.path.join("/") };
    let [name] = parent.path else { return Err(missing()) };
    let index = bronze.schema_ref().index_of(name).map_err(|_| missing())?;
    let column = bronze.column(index);
    let Some(found) = column.as_primitive_opt::<Int64Type>() else {
        let (column, found) = ((*name).to_owned(), column.data_type().clone());
        return Err(Error::Type { column, found, expected: "a whole number".to_owned() });
    };
    let filled: Int64Array =
        (0..found.len()).map(|row| Some(if found.is_valid(row) { found.value(row) } else { id })).collect();
    let schema = bronze.schema();
    let (_, mut columns, _) = bronze.into_parts();
    if let Some(column) = columns.get_mut(index) {
        *column = Arc::new(filled) as ArrayRef;
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}
