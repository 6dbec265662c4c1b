//! Casts arrays to the types of a schema, whatever types a table returned them in.
//!
//! Invariant: a cast must never change a value. Columns are found by name; what is missing is null; a field that is not
//! wanted is left out; texts may come as any of Arrow's text types. An array that already has the type is not touched.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, LargeListArray, ListArray, MapArray, StructArray, new_null_array};
use arrow_buffer::NullBuffer;
use arrow_cast::{CastOptions, can_cast_types, cast_with_options};
use arrow_schema::{DataType, FieldRef};
use arrow_select::nullif::nullif;

use crate::error::Error;

/// Casts an array to the wanted type; `name` is for the error.
pub(crate) fn cast_array(array: &ArrayRef, wanted: &DataType, name: &str) -> Result<ArrayRef, Error> {
    let found = array.data_type();
    if found == wanted {
        return Ok(Arc::clone(array));
    }
    match (found, wanted) {
        (DataType::Null, _) => Ok(new_null_array(wanted, array.len())),
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let array = array.as_struct();
            let columns = fields.iter().map(|field| {
                let name = format!("{name}/{}", field.name());
                match array.column_by_name(field.name()) {
                    Some(column) => cast_array(column, field.data_type(), &name),
                    None => Ok(new_null_array(field.data_type(), array.len())),
                }
            });
            let columns = columns.collect::<Result<_, _>>()?;
            let nulls = array.nulls().cloned();
            Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, array.len())?))
        }
        (DataType::List(_), DataType::List(item)) => {
            let array: &ListArray = array.as_list();
            let items = cast_array(array.values(), item.data_type(), name)?;
            let nulls = array.nulls().cloned();
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), array.offsets().clone(), items, nulls)?))
        }
        (DataType::LargeList(field), DataType::List(_)) => {
            // First to 32-bit offsets with the same items, then the items.
            let array: &LargeListArray = array.as_list();
            let narrow = cast(array, &DataType::List(Arc::clone(field)), name)?;
            cast_array(&narrow, wanted, name)
        }
        (DataType::Map(_, _), DataType::Map(entries, sorted)) => map(array.as_map(), entries, *sorted, name),
        _ => cast(array, wanted, name),
    }
}

fn map(array: &MapArray, entries: &FieldRef, sorted: bool, name: &str) -> Result<ArrayRef, Error> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(unreadable(array, entries.data_type(), name));
    };
    // Keys and values are matched by their place: their names differ from writer to writer.
    let columns = [array.keys(), array.values()].into_iter().zip(fields.iter());
    let columns = columns.map(|(column, field)| cast_array(column, field.data_type(), name));
    let pairs = StructArray::try_new(fields.clone(), columns.collect::<Result<_, _>>()?, None)?;
    let nulls = array.nulls().cloned();
    Ok(Arc::new(MapArray::try_new(Arc::clone(entries), array.offsets().clone(), pairs, nulls, sorted)?))
}

fn cast(array: &dyn Array, wanted: &DataType, name: &str) -> Result<ArrayRef, Error> {
    if !can_cast_types(array.data_type(), wanted) {
        return Err(unreadable(array, wanted, name));
    }
    // A value that can't be converted is an error, not a null.
    Ok(cast_with_options(array, wanted, &CastOptions { safe: false, ..CastOptions::default() })?)
}

#[cold]
fn unreadable(array: &dyn Array, wanted: &DataType, name: &str) -> Error {
    Error::Type { column: name.to_owned(), found: array.data_type().clone(), expected: wanted.to_string() }
}

/// Casts the value at a path below an array: null where anything above it is null. Returns `None` where the path leads
/// nowhere, as it may in an older table.
pub(crate) fn project(
    array: &ArrayRef,
    path: &[&str],
    wanted: &DataType,
    name: &str,
) -> Result<Option<ArrayRef>, Error> {
    let mut current = array;
    let mut above: Option<NullBuffer> = None;
    for step in path {
        let Some(parent) = current.as_struct_opt() else {
            return Err(Error::Type {
                column: name.to_owned(),
                found: current.data_type().clone(),
                expected: format!("a struct with the field {step}"),
            });
        };
        let Some(child) = parent.column_by_name(step) else { return Ok(None) };
        above = NullBuffer::union(above.as_ref(), parent.nulls());
        current = child;
    }
    let leaf = cast_array(current, wanted, name)?;
    under(leaf, above.as_ref()).map(Some)
}

/// Adds the nulls of the array's parent. Mostly they are there already.
fn under(array: ArrayRef, above: Option<&NullBuffer>) -> Result<ArrayRef, Error> {
    let Some(above) = above.filter(|above| above.null_count() > 0) else { return Ok(array) };
    if array.nulls().is_some_and(|nulls| nulls.contains(above)) {
        return Ok(array);
    }
    Ok(nullif(&array, &BooleanArray::new(!above.inner(), None))?)
}
