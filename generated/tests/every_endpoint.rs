//! Every list endpoint that can be an entity: its table compiles, and a record with every property filled in goes
//! through decoding and flattening without a loss.
//!
//! This is the second half of a test. The first, in `codegen/tests/all_endpoints.rs`, generates the tables into the
//! folder that `ALL_ENDPOINTS` names while this file is compiled, and runs it.

pub mod all {
    include!(concat!(env!("ALL_ENDPOINTS"), "/crate.rs"));
}

use all::tables::TABLES;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use connectwise_runtime::{Decoder, Field, Kind, Table, check, flatten, flatten_child, with_parent};
use serde_json::{Map, Value, json};

/// What stands in every sensitive property, and may stand nowhere else.
const SECRET: &str = "hunter2hunter2";

const TIME: &str = "2025-06-15T12:00:00Z";

/// An object with every property filled in.
fn object(fields: &[Field]) -> Value {
    Value::Object(fields.iter().map(|field| (field.name.to_owned(), value(&field.kind))).collect())
}

fn value(kind: &Kind) -> Value {
    match kind {
        Kind::Int => json!(7),
        Kind::Float => json!(1.5),
        Kind::Bool => json!(true),
        Kind::Text | Kind::Hashed => json!("text"),
        Kind::Timestamp => json!(TIME),
        Kind::Json => json!({"any": 1}),
        Kind::Map => {
            let keys = ["lastUpdated", "dateEntered", "createdDate", "updatedBy", "enteredBy", "createdBy"];
            keys.into_iter().map(|key| (key.to_owned(), json!(TIME))).collect::<Map<_, _>>().into()
        }
        Kind::Struct(fields) => object(fields),
        Kind::List(item) => json!([value(item)]),
        Kind::Sensitive => json!(SECRET),
    }
}

/// The path of the first value that is null, however deep.
fn null_in(path: &str, array: &ArrayRef) -> Option<String> {
    if array.null_count() > 0 || array.is_empty() {
        return Some(path.to_owned());
    }
    match array.data_type() {
        DataType::Struct(_) => {
            let fields = array.as_struct();
            let names = fields.column_names().into_iter();
            names.zip(fields.columns()).find_map(|(name, column)| null_in(&format!("{path}/{name}"), column))
        }
        DataType::List(_) => null_in(&format!("{path}/0"), array.as_list::<i32>().values()),
        DataType::Map(..) => null_in(&format!("{path}/{{}}"), array.as_map().values()),
        _ => None,
    }
}

/// Whether every column of one row is filled, but for those that the pipeline fills.
fn is_full(batch: &RecordBatch, empty: &[&str]) -> Result<(), String> {
    if batch.num_rows() != 1 {
        return Err(format!("{} rows", batch.num_rows()));
    }
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if !empty.contains(&field.name().as_str())
            && let Some(path) = null_in(field.name(), column)
        {
            return Err(format!("{path} is null"));
        }
    }
    if format!("{batch:?}").contains(SECRET) { Err("a secret is in it".to_owned()) } else { Ok(()) }
}

fn goes_through(table: &'static Table) -> Result<(), String> {
    check(table).map_err(|error| error.to_string())?;
    let mut record = object(table.shape);
    if let Some(parent) = table.parent.filter(|parent| !parent.in_record) {
        // The API does not send what the generator added.
        parent.path.iter().for_each(|name| drop(record.as_object_mut().and_then(|record| record.remove(*name))));
    }
    let mut decoder = Decoder::new(table);
    decoder.page(json!([record]).to_string().as_bytes()).map_err(|error| error.to_string())?;
    let decoded = decoder.finish().map_err(|error| error.to_string())?;
    if let Some(misfit) = decoded.quarantined.first() {
        return Err(format!("{}: {}", misfit.path, misfit.reason));
    }
    if !decoded.unknown_fields.is_empty() {
        return Err(format!("unknown: {:?}", decoded.unknown_fields));
    }
    let bronze = with_parent(table, decoded.batch, 7).map_err(|error| error.to_string())?;
    let etl = ["_unknown", "etlTimestamp", "etlEntity", "etlRunId", "etlDeletedAt"];
    is_full(&bronze, &etl).map_err(|error| format!("bronze: {error}"))?;
    let etl = ["_etl_processed_at", "_etl_source", "_etl_batch_id", "_etl_deleted_at"];
    let silver = flatten(table, &bronze).map_err(|error| error.to_string())?;
    is_full(&silver, &etl).map_err(|error| format!("silver: {error}"))?;
    for child in table.children {
        let (rows, _) = flatten_child(table, child, &bronze).map_err(|error| error.to_string())?;
        is_full(&rows, &etl).map_err(|error| format!("{}: {error}", child.table))?;
    }
    Ok(())
}

#[test]
fn every_record_goes_all_the_way() {
    let failures: Vec<String> = TABLES
        .iter()
        .filter_map(|table| goes_through(table).err().map(|error| format!("{}: {error}", table.endpoint)))
        .collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), TABLES.len(), failures.join("\n"));
}
