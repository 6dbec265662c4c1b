//! Bronze to silver: nulls at every level, lifted `_info`, children, and batches as other writers hand them out.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Int32Array, ListArray, RecordBatch, StringArray, StructArray, UInt32Array};
use arrow_buffer::NullBuffer;
use arrow_cast::cast;
use arrow_schema::{DataType, Field as ArrowField, Schema};
use connectwise_runtime::{Error, child_schema, flatten, flatten_child, silver_schema};
use serde_json::{Value, json};

use crate::common::{TABLE, page, rows_of};

const RECORDS: &str = r#"[
 {"id":1,"name":"a","amount":1.5,"company":{"id":7,"name":"c","region":{"id":2,"name":"r","_info":{"x":"y"}}},"tags":["t",null,"u"],
  "customFields":[{"id":1,"caption":"k","value":"v","owner":{"name":"o"},"_info":{"x":"y"}},null,{"id":2,"tags":["z"]}],"labels":[{"l":"m"}],
  "_info":{"lastUpdated":"2025-06-15T12:00:00Z","updatedBy":" Jón  ","createdDate":"2025-06-14T12:00:00Z","enteredBy":"  ","createdBy":"Gunna"}},
 {"id":2,"company":{"id":8,"region":null},"tags":[],"customFields":[{}],"_info":{"lastUpdated":"soon","dateEntered":"2025-06-13","createdDate":"2025-06-14"}},
 {"id":3,"company":{"region":{}},"customFields":[],"_info":{"updatedBy":null}},
 {"id":4,"company":null,"tags":[null],"customFields":[null],"_info":{}},
 {"id":5}
]"#;

fn column(batch: &RecordBatch, name: &str) -> Vec<Value> {
    let column = batch.column_by_name(name).unwrap();
    (0..batch.num_rows()).map(|row| crate::common::value(column, row)).collect()
}

#[test]
fn structs_are_flattened_with_nulls_at_every_level() {
    let silver = flatten(&TABLE, &page(RECORDS).batch).unwrap();
    assert_eq!(silver.schema(), silver_schema(&TABLE));
    assert_eq!(column(&silver, "id"), [1, 2, 3, 4, 5].map(|id| json!(id)));
    assert_eq!(column(&silver, "companyId"), [json!(7), json!(8), Value::Null, Value::Null, Value::Null]);
    assert_eq!(column(&silver, "companyRegionName"), [json!("r"), Value::Null, Value::Null, Value::Null, Value::Null]);
    assert_eq!(
        column(&silver, "companyRegion"),
        [json!({ "id": 2, "name": "r" }), Value::Null, json!({}), Value::Null, Value::Null]
    );
    assert_eq!(column(&silver, "tags"), [json!(["t", null, "u"]), json!([]), Value::Null, json!([null]), Value::Null]);
    assert_eq!(column(&silver, "labels")[0], json!([{ "l": "m" }]));
    let fields = &column(&silver, "customFields")[0];
    assert_eq!(fields[0], json!({ "id": 1, "caption": "k", "value": "v", "owner": { "name": "o" } }));
    assert_eq!((&fields[1], &fields[2]), (&Value::Null, &json!({ "id": 2, "tags": ["z"] })));
}

#[test]
fn the_records_own_info_is_lifted() {
    let silver = flatten(&TABLE, &page(RECORDS).batch).unwrap();
    let time = |day: i64, hour: i64| json!({ "µs": ((20_254 + day) * 24 + hour) * 3_600_000_000 });
    let null = Value::Null;
    let nulls = || vec![Value::Null; 3];
    assert_eq!(column(&silver, "infoLastUpdated"), [vec![time(0, 12), null.clone()], nulls()].concat());
    assert_eq!(column(&silver, "infoUpdatedBy"), [vec![json!("Jón"), null.clone()], nulls()].concat());
    assert_eq!(column(&silver, "infoDateEntered"), [vec![time(-1, 12), time(-2, 0)], nulls()].concat());
    assert_eq!(column(&silver, "infoEnteredBy"), [vec![json!("Gunna"), null], nulls()].concat());
}

#[test]
fn list_items_become_children() {
    let batch = page(RECORDS).batch;
    let (fields, parents) = flatten_child(&TABLE, &TABLE.children[0], &batch).unwrap();
    assert_eq!(fields.schema(), child_schema(&TABLE, &TABLE.children[0]));
    let rows: Vec<Value> = rows_of(&fields).into_iter().map(Value::Object).collect();
    assert_eq!(
        rows,
        [
            json!({ "parentId": 1, "listIndex": 0, "id": 1, "caption": "k", "value": "v", "ownerName": "o" }),
            json!({ "parentId": 1, "listIndex": 2, "id": 2, "tags": ["z"] }),
            json!({ "parentId": 2, "listIndex": 0 }),
        ]
    );
    assert_eq!(parents, UInt32Array::from(vec![0, 0, 1]));
    let (tags, parents) = flatten_child(&TABLE, &TABLE.children[1], &batch).unwrap();
    assert_eq!(column(&tags, "value"), ["t", "u"].map(|text| json!(text)));
    assert_eq!(column(&tags, "listIndex"), [0, 2].map(|index| json!(index)));
    assert_eq!(parents, UInt32Array::from(vec![0, 0]));
}

#[test]
fn a_part_of_a_batch_gives_a_part_of_the_rows() {
    let batch = page(RECORDS).batch;
    let whole = flatten(&TABLE, &batch).unwrap();
    for start in 0..5 {
        for length in 0..=5 - start {
            let part = batch.slice(start, length);
            assert_eq!(flatten(&TABLE, &part).unwrap(), whole.slice(start, length));
            for child in TABLE.children {
                let (rows, parents) = flatten_child(&TABLE, child, &part).unwrap();
                assert_eq!(rows.num_rows(), parents.len());
                let expected = rows_of(&flatten_child(&TABLE, child, &batch).unwrap().0)
                    .into_iter()
                    .filter(|row| (start..start + length).any(|index| row["parentId"] == json!(index + 1)));
                assert_eq!(rows_of(&rows), expected.collect::<Vec<_>>());
                for (row, parent) in parents.values().iter().enumerate() {
                    assert_eq!(column(&rows, "parentId")[row], column(&whole, "id")[start + *parent as usize]);
                }
            }
        }
    }
}

#[test]
fn columns_are_found_by_name() {
    let batch = page(RECORDS).batch;
    let reversed: Vec<usize> = (0..batch.num_columns()).rev().collect();
    let mut other = batch.project(&reversed).unwrap();
    let names = other.schema();
    let fields = names.fields().iter().cloned().chain([ArrowField::new("etlRunId", DataType::Utf8, true).into()]);
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let run: ArrayRef = Arc::new(StringArray::from(vec!["r"; 5]));
    other = RecordBatch::try_new(schema.into(), other.columns().iter().cloned().chain([run]).collect()).unwrap();
    assert_eq!(flatten(&TABLE, &other).unwrap(), flatten(&TABLE, &batch).unwrap());
    for child in TABLE.children {
        assert_eq!(flatten_child(&TABLE, child, &other).unwrap(), flatten_child(&TABLE, child, &batch).unwrap());
    }
}

#[test]
fn an_older_table_lacks_columns_and_fields() {
    let batch = page(RECORDS).batch;
    let only_key = batch.project(&[0]).unwrap();
    let silver = flatten(&TABLE, &only_key).unwrap();
    assert!(rows_of(&silver).iter().all(|row| row.len() == 1));
    for child in TABLE.children {
        let (rows, parents) = flatten_child(&TABLE, child, &only_key).unwrap();
        assert_eq!((rows.num_rows(), parents.len()), (0, 0));
        assert_eq!(rows.schema(), child_schema(&TABLE, child));
    }
    let company = StructArray::from(vec![(
        Arc::new(ArrowField::new("id", DataType::Int32, true)),
        Arc::new(Int32Array::from(vec![7, 8, 9, 10, 11])) as ArrayRef,
    )]);
    let older = RecordBatch::try_from_iter([("id", Arc::clone(batch.column(0))), ("company", Arc::new(company) as _)]);
    let silver = flatten(&TABLE, &older.unwrap()).unwrap();
    assert_eq!(column(&silver, "companyId"), [7, 8, 9, 10, 11].map(|id| json!(id)));
    assert_eq!(column(&silver, "companyRegionName"), vec![Value::Null; 5]);

    let no_key = batch.project(&[1]).unwrap();
    assert!(matches!(flatten(&TABLE, &no_key), Err(Error::MissingColumn { .. })));
    let wrong =
        RecordBatch::try_from_iter([("id", Arc::clone(batch.column(0))), ("company", Arc::clone(batch.column(1)))]);
    assert!(matches!(flatten(&TABLE, &wrong.unwrap()), Err(Error::Type { .. })));
}

#[test]
fn what_a_null_struct_holds_is_not_seen() {
    let batch = page(RECORDS).batch;
    let (fields, columns, _) = batch.column_by_name("company").unwrap().as_struct().clone().into_parts();
    // The first struct becomes null, while its fields keep their values.
    let company = StructArray::new(fields, columns, Some(NullBuffer::from(vec![false, true, true, true, true])));
    let mut columns = batch.columns().to_vec();
    columns[batch.schema().index_of("company").unwrap()] = Arc::new(company);
    let silver = flatten(&TABLE, &RecordBatch::try_new(batch.schema(), columns).unwrap()).unwrap();
    assert_eq!(column(&silver, "companyId")[..2], [Value::Null, json!(8)]);
    assert_eq!(column(&silver, "companyRegionName")[0], Value::Null);
    assert_eq!(column(&silver, "companyRegion")[0], Value::Null);
}

#[test]
fn texts_and_lists_of_other_widths_are_read() {
    let batch = page(RECORDS).batch;
    let expected = flatten(&TABLE, &batch).unwrap();
    for text in [DataType::Utf8View, DataType::LargeUtf8] {
        let mut columns = batch.columns().to_vec();
        for (column, field) in columns.iter_mut().zip(batch.schema().fields()) {
            if field.data_type() == &DataType::Utf8 {
                *column = cast(column, &text).unwrap();
            }
            if field.name() == "tags" {
                let (_, offsets, values, nulls) = column.as_list::<i32>().clone().into_parts();
                let values = cast(&values, &text).unwrap();
                let list = ListArray::new(ArrowField::new("item", text.clone(), true).into(), offsets, values, nulls);
                *column =
                    cast(&list, &DataType::LargeList(ArrowField::new("item", text.clone(), true).into())).unwrap();
            }
        }
        let names = batch.schema();
        let named = names.fields().iter().map(|field| field.name().as_str()).zip(columns);
        let other = RecordBatch::try_from_iter(named).unwrap();
        assert_eq!(flatten(&TABLE, &other).unwrap(), expected);
        for child in TABLE.children {
            assert_eq!(flatten_child(&TABLE, child, &other).unwrap(), flatten_child(&TABLE, child, &batch).unwrap());
        }
    }
}
