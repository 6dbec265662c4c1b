//! Casts batches to exactly a table's schema, and compares schemas.
//!
//! Invariant: a column or nested field that the table has and the batch lacks must become null, one that the table lacks
//! must be left out, and a type that differs must be an error, never a silent cast. The result carries the table's own
//! fields, without the batch's metadata: a MERGE whose source differs from its target in a nested field would write nulls.

use arrow::array::{
    Array, ArrayRef, AsArray, LargeListArray, ListArray, MapArray, RecordBatch, RecordBatchOptions, StructArray,
    new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use deltalake::kernel::StructType;
use deltalake::kernel::engine::arrow_conversion::{TryIntoArrow as _, TryIntoKernel as _};
use std::sync::Arc;

/// Casts a batch to the schema's columns, order and nested fields.
///
/// # Errors
/// [`ArrowError::SchemaError`] when a type differs.
pub fn cast_to_schema(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => cast_array(column, field, field.name()),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

fn cast_array(array: &ArrayRef, field: &FieldRef, path: &str) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == field.data_type() {
        return Ok(Arc::clone(array));
    }
    match (array.data_type(), field.data_type()) {
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let source = array.as_struct();
            let columns = fields
                .iter()
                .map(|child| match source.column_by_name(child.name()) {
                    Some(column) => cast_array(column, child, &format!("{path}/{}", child.name())),
                    None => Ok(new_null_array(child.data_type(), source.len())),
                })
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                source.nulls().cloned(),
                source.len(),
            )?))
        }
        (DataType::List(_), DataType::List(item)) => {
            let source: &ListArray = array.as_list();
            let values = cast_array(source.values(), item, &format!("{path}/*"))?;
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(item),
                source.offsets().clone(),
                values,
                source.nulls().cloned(),
            )?))
        }
        (DataType::LargeList(_), DataType::LargeList(item)) => {
            let source: &LargeListArray = array.as_list();
            let values = cast_array(source.values(), item, &format!("{path}/*"))?;
            Ok(Arc::new(LargeListArray::try_new(
                Arc::clone(item),
                source.offsets().clone(),
                values,
                source.nulls().cloned(),
            )?))
        }
        (DataType::Map(..), DataType::Map(entry, sorted)) => {
            let source: &MapArray = array.as_map();
            let DataType::Struct(fields) = entry.data_type() else {
                return Err(differs(path, array.data_type(), field));
            };
            // The entries' field names carry no meaning: key and value go by position.
            let columns = source
                .entries()
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, child)| cast_array(column, child, &format!("{path}/{}", child.name())))
                .collect::<Result<Vec<_>, _>>()?;
            let entries = StructArray::try_new(fields.clone(), columns, None)?;
            Ok(Arc::new(MapArray::try_new(
                Arc::clone(entry),
                source.offsets().clone(),
                entries,
                source.nulls().cloned(),
                *sorted,
            )?))
        }
        // The same text or instant in another physical form.
        (DataType::Utf8View | DataType::LargeUtf8, DataType::Utf8)
        | (DataType::Timestamp(..), DataType::Timestamp(..))
        | (DataType::Null, _) => cast(array, field.data_type()),
        // A decimal of the same scale in a narrower precision: an overflow is an error.
        (DataType::Decimal128(_, from), DataType::Decimal128(_, to)) if from == to => {
            let options = arrow::compute::CastOptions { safe: false, ..Default::default() };
            arrow::compute::cast_with_options(array, field.data_type(), &options)
        }
        (found, _) => Err(differs(path, found, field)),
    }
}

fn differs(path: &str, found: &DataType, field: &Field) -> ArrowError {
    ArrowError::SchemaError(format!("column {path} is {found} here, but {} in the table", field.data_type()))
}

/// Returns the schema as a table with these columns has it: the names of entries and list items are the table's.
pub(super) fn table_form(schema: &SchemaRef) -> SchemaRef {
    let kernel: Result<StructType, ArrowError> = schema.as_ref().try_into_kernel();
    let table: Result<Schema, ArrowError> = kernel.and_then(|kernel| (&kernel).try_into_arrow());
    // Columns that a table can't have are refused when it is created.
    table.map_or_else(|_| Arc::clone(schema), |table| Arc::new(Schema::new(table.fields)))
}

/// Compares two schemas: the columns of `wanted` that `have` lacks, also nested ones, and those of another type.
pub fn compare_schemas(have: &Schema, wanted: &Schema) -> SchemaDifference {
    let mut difference = SchemaDifference::default();
    compare_fields(have.fields(), wanted.fields(), "", &mut difference);
    difference
}

/// Difference between two schemas, as paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SchemaDifference {
    /// Paths that the table lacks.
    pub added: Vec<String>,
    /// Paths whose type differs, with both types.
    pub retyped: Vec<String>,
}

fn compare_fields(
    have: &arrow::datatypes::Fields,
    wanted: &arrow::datatypes::Fields,
    prefix: &str,
    difference: &mut SchemaDifference,
) {
    for field in wanted {
        let path = format!("{prefix}{}", field.name());
        match have.iter().find(|other| other.name() == field.name()) {
            None => difference.added.push(path),
            Some(other) => compare_types(other.data_type(), field.data_type(), &path, difference),
        }
    }
}

fn compare_types(have: &DataType, wanted: &DataType, path: &str, difference: &mut SchemaDifference) {
    match (have, wanted) {
        (DataType::Struct(have), DataType::Struct(wanted)) => {
            compare_fields(have, wanted, &format!("{path}/"), difference);
        }
        (DataType::List(have), DataType::List(wanted)) => {
            compare_types(have.data_type(), wanted.data_type(), &format!("{path}/*"), difference);
        }
        (DataType::Map(..), DataType::Map(..)) => {}
        (have, wanted) if have == wanted => {}
        (have, wanted) => difference.retyped.push(format!("{path}: {have} in the table, {wanted} now")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};

    fn field(name: &str, data_type: DataType) -> FieldRef {
        Arc::new(Field::new(name, data_type, true))
    }

    #[test]
    fn fills_nested_fields_and_drops_strangers() {
        let inner =
            StructArray::from(vec![(field("id", DataType::Int64), Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]);
        let batch = RecordBatch::try_from_iter([
            ("company", Arc::new(inner) as ArrayRef),
            ("stranger", Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef),
        ])
        .unwrap();
        let wanted = Arc::new(Schema::new(vec![
            field("note", DataType::Utf8),
            field(
                "company",
                DataType::Struct(vec![field("name", DataType::Utf8), field("id", DataType::Int64)].into()),
            ),
        ]));
        let cast = cast_to_schema(&batch, &wanted).unwrap();
        assert_eq!(cast.schema(), wanted);
        assert_eq!(cast.column(0).null_count(), 2);
        let company = cast.column(1).as_struct();
        assert_eq!(company.column(0).null_count(), 2);
        assert_eq!(company.column(1).as_ref(), &Int64Array::from(vec![1, 2]) as &dyn Array);
    }

    #[test]
    fn refuses_another_type() {
        let batch = RecordBatch::try_from_iter([("a", Arc::new(StringArray::from(vec!["1"])) as ArrayRef)]).unwrap();
        let wanted = Arc::new(Schema::new(vec![field("a", DataType::Int64)]));
        let message = cast_to_schema(&batch, &wanted).unwrap_err().to_string();
        assert!(message.contains("column a is Utf8 here, but Int64 in the table"), "{message}");
    }

    #[test]
    fn finds_what_a_table_lacks() {
        let have = Schema::new(vec![
            field("id", DataType::Int64),
            field("company", DataType::Struct(vec![field("id", DataType::Int64)].into())),
            field("old", DataType::Utf8),
        ]);
        let wanted = Schema::new(vec![
            field("id", DataType::Utf8),
            field(
                "company",
                DataType::Struct(vec![field("id", DataType::Int64), field("name", DataType::Utf8)].into()),
            ),
            field("new", DataType::Utf8),
        ]);
        let difference = compare_schemas(&have, &wanted);
        assert_eq!(difference.added, ["company/name", "new"]);
        assert_eq!(difference.retyped, ["id: Int64 in the table, Utf8 now"]);
    }
}
