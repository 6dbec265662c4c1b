//! Flattening of bronze batches to silver batches: columns are moved, not rows.
//!
//! Invariant: a silver row must be a function of its bronze row alone. Bronze columns are found by name, so further
//! columns, another order and columns that an older table lacks are all fine; what is missing is null.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, Int64Array, ListArray, MapArray, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};
use arrow_select::take::take;

use crate::cast::{cast_array, project};
use crate::error::{Error, FlattenError};
use crate::schema::{INFO, LIST_ITEM, TIME_ZONE, child_schema, map_type, silver_schema};
use crate::shape::{Child, Kind, Source, Table};
use crate::timestamp::parse_micros;

/// Version of flattening: tables that another version made are compared anew. Another version may give other silver
/// rows for the same bronze row. A golden file of flattened rows belongs to each.
pub const FLATTEN_VERSION: i64 = 1;

/// Flattens bronze rows to silver rows, one each, with [`silver_schema`].
///
/// # Errors
/// The key is missing or null, or a column has a type that can't be read as the shape's.
pub fn flatten(table: &'static Table, bronze: &RecordBatch) -> Result<RecordBatch, FlattenError> {
    let schema = silver_schema(table);
    let info = Info::of(bronze)?;
    let columns = table.silver.iter().zip(schema.fields()).map(|(column, field)| match column.source {
        Source::Path(path) => column_at(bronze, path, field),
        Source::InfoText(keys) => Ok(Arc::new(info.texts(keys, bronze.num_rows())) as ArrayRef),
        Source::InfoTime(keys) => Ok(Arc::new(info.times(keys, bronze.num_rows())) as ArrayRef),
    });
    let columns = columns.collect::<Result<_, _>>()?;
    batch(schema, columns, bronze.num_rows())
}

/// Flattens list items to the rows of a child table, with [`child_schema`]. There is one row for each item that is not
/// null, in the order of the bronze rows and of their lists. The second array has the bronze row of each, for `take`.
///
/// # Errors
/// As [`flatten`].
pub fn flatten_child(
    table: &'static Table,
    child: &Child,
    bronze: &RecordBatch,
) -> Result<(RecordBatch, UInt32Array), FlattenError> {
    let schema = child_schema(table, child);
    let Some(list) = bronze.column_by_name(child.list) else {
        return Ok((RecordBatch::new_empty(schema), UInt32Array::from(Vec::<u32>::new())));
    };
    let item_type = item_type(table, child, list.data_type());
    let list = cast_array(list, &DataType::List(Arc::new(Field::new(LIST_ITEM, item_type, true))), child.list)?;
    let picked = pick(list.as_list())?;
    let items = take(list.as_list::<i32>().values(), &picked.items, None)?;

    let key = bronze.column_by_name(table.key).ok_or_else(|| missing(table.key))?;
    let parents = take(&cast_array(key, &DataType::Int64, table.key)?, &picked.rows, None)?;
    let rows = picked.rows.len();
    let mut columns: Vec<ArrayRef> = vec![parents, Arc::new(picked.indexes)];
    for (column, field) in child.columns.iter().zip(schema.fields().iter().skip(columns.len())) {
        columns.push(match column.source {
            Source::Path(path) => project(&items, path, field.data_type(), field.name())?
                .unwrap_or_else(|| new_null_array(field.data_type(), rows)),
            Source::InfoText(keys) => Arc::new(Info::of_struct(&items)?.texts(keys, rows)),
            Source::InfoTime(keys) => Arc::new(Info::of_struct(&items)?.times(keys, rows)),
        });
    }
    Ok((batch(schema, columns, rows)?, picked.rows))
}

/// Returns the bronze type of a child's items, without what the shape does not know; as found where it knows nothing.
fn item_type(table: &Table, child: &Child, found: &DataType) -> DataType {
    let kind = table.shape.iter().find(|field| field.name == child.list).map(|field| &field.kind);
    match (kind, found) {
        (Some(Kind::List(item)), _) => crate::schema::bronze_type(item).unwrap_or(DataType::Null),
        (_, DataType::List(item) | DataType::LargeList(item)) => item.data_type().clone(),
        (_, other) => other.clone(),
    }
}

fn column_at(bronze: &RecordBatch, path: &[&str], field: &Field) -> Result<ArrayRef, Error> {
    let found = match path.split_first().and_then(|(first, rest)| Some((bronze.column_by_name(first)?, rest))) {
        Some((column, rest)) => project(column, rest, field.data_type(), field.name())?,
        None => None,
    };
    match found {
        Some(column) => Ok(column),
        None if field.is_nullable() => Ok(new_null_array(field.data_type(), bronze.num_rows())),
        None => Err(missing(field.name())),
    }
}

#[cold]
fn missing(column: &str) -> Error {
    Error::MissingColumn { column: column.to_owned() }
}

fn batch(schema: SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, Error> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
}

/// List items that become rows.
struct Picked {
    /// The item's position among all items.
    items: UInt32Array,
    /// The row that the item belongs to.
    rows: UInt32Array,
    /// The item's position in its list.
    indexes: Int64Array,
}

fn pick(list: &ListArray) -> Result<Picked, Error> {
    let ends = list.offsets();
    let capacity = list.values().len();
    let (mut items, mut rows) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
    let mut indexes = Vec::with_capacity(capacity);
    // Row numbers are as wide as the offsets of lists.
    let too_long = |_| ArrowError::InvalidArgumentError("a batch has more rows than 32 bits can count".to_owned());
    for (row, range) in ends.array_windows().enumerate().filter(|(row, _)| list.is_valid(*row)) {
        let row = u32::try_from(row).map_err(too_long)?;
        let [start, end] = *range;
        for (index, item) in (start..end).enumerate() {
            // Offsets are never negative.
            let item = item as u32;
            if list.values().is_valid(item as usize) {
                items.push(item);
                rows.push(row);
                indexes.push(index as i64);
            }
        }
    }
    Ok(Picked { items: items.into(), rows: rows.into(), indexes: indexes.into() })
}

/// The `_info` maps of records; none where the batch has no such column.
struct Info(Option<MapArray>);

impl Info {
    fn of(bronze: &RecordBatch) -> Result<Self, Error> {
        Self::new(bronze.column_by_name(INFO))
    }

    fn of_struct(items: &ArrayRef) -> Result<Self, Error> {
        Self::new(items.as_struct_opt().and_then(|items| items.column_by_name(INFO)))
    }

    fn new(column: Option<&ArrayRef>) -> Result<Self, Error> {
        let Some(column) = column else { return Ok(Self(None)) };
        Ok(Self(cast_array(column, &map_type(), INFO)?.as_map_opt().cloned()))
    }

    /// Returns for each row the first value under one of the keys, trimmed; a blank one does not count.
    fn values<'s>(&'s self, keys: &'s [&str], rows: usize) -> impl Iterator<Item = Option<&'s str>> {
        let map = self.0.as_ref();
        let parts = map.map(|map| (map.keys().as_string::<i32>(), map.values().as_string::<i32>()));
        (0..rows).map(move |row| {
            let (map, (names, values)) = (map?, parts?);
            if map.is_null(row) {
                return None;
            }
            let ends = map.value_offsets();
            let entries = usize::try_from(*ends.get(row)?).ok()?..usize::try_from(*ends.get(row + 1)?).ok()?;
            keys.iter().find_map(|key| {
                let mut entries = entries.clone().filter(|entry| values.is_valid(*entry));
                let entry = entries.find(|entry| names.value(*entry) == *key)?;
                Some(values.value(entry).trim()).filter(|value| !value.is_empty())
            })
        })
    }

    fn texts(&self, keys: &[&str], rows: usize) -> StringArray {
        let mut out = StringBuilder::with_capacity(rows, rows * 16);
        self.values(keys, rows).for_each(|value| out.append_option(value));
        out.finish()
    }

    fn times(&self, keys: &[&str], rows: usize) -> TimestampMicrosecondArray {
        let times = self.values(keys, rows).map(|value| value.and_then(parse_micros));
        times.collect::<TimestampMicrosecondArray>().with_timezone(TIME_ZONE)
    }
}

/// Returns the keys of a bronze batch.
///
/// # Errors
/// The key column is missing or no whole number.
pub fn keys(table: &Table, bronze: &RecordBatch) -> Result<Int64Array, FlattenError> {
    let column = bronze.column_by_name(table.key).ok_or_else(|| missing(table.key))?;
    Ok(cast_array(column, &DataType::Int64, table.key)?.as_primitive::<Int64Type>().clone())
}
