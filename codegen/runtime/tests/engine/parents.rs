//! The parent's id in the records of a list that is read once for each parent.

use arrow_array::RecordBatch;
use connectwise_runtime::{
    Decoder, Error, Field, Kind, Parent, SilverColumn, Source, Table, bronze_schema, flatten, with_parent,
};
use serde_json::json;

use crate::common::{TABLE, fields, rows_of, silver};

const ADDED: Parent = Parent { entity: "Thing", parameter: "id", path: &["parentId"], in_record: false, ended: None };

/// Parts of things, whose records do not name their thing.
static PART: Table = Table {
    parent: Some(ADDED),
    sensitive: &[],
    shape: fields! { "id": Kind::Int, "name": Kind::Text, "parentId": Kind::Int },
    silver: silver! { "id": Source::Path(&["id"]), "parentId": Source::Path(&["parentId"]) },
    children: &[],
    ..TABLE
};

fn bronze(table: &'static Table, page: &str) -> RecordBatch {
    let mut decoder = Decoder::new(table);
    decoder.page(page.as_bytes()).unwrap();
    let decoded = decoder.finish().unwrap();
    assert_eq!(decoded.quarantined, []);
    decoded.batch
}

#[test]
fn each_record_gets_the_id_and_keeps_the_rest() {
    let filled = with_parent(&PART, bronze(&PART, r#"[{"id":1,"name":"a"},{"id":2,"more":true}]"#), 7).unwrap();
    assert_eq!(filled.schema(), bronze_schema(&PART));
    let rows = rows_of(&filled);
    assert_eq!(json!(rows[0]), json!({"id": 1, "name": "a", "parentId": 7}));
    assert_eq!((&rows[1]["parentId"], &rows[1]["_unknown"]), (&json!(7), &json!(r#"{"more":true}"#)));
    let silver = rows_of(&flatten(&PART, &filled).unwrap());
    assert_eq!(json!(silver[1]["parentId"]), 7);
}

#[test]
fn what_the_api_sent_stays() {
    let page = r#"[{"id":1,"parentId":3},{"id":2,"parentId":null},{"id":4,"parentId":0}]"#;
    let rows = rows_of(&with_parent(&PART, bronze(&PART, page), 7).unwrap());
    let ids: Vec<_> = rows.iter().map(|row| row["parentId"].clone()).collect();
    assert_eq!(ids, [json!(3), json!(7), json!(0)]);
}

#[test]
fn no_record_is_no_fault() {
    let empty = with_parent(&PART, bronze(&PART, "[]"), 7).unwrap();
    assert_eq!((empty.num_rows(), empty.schema()), (0, bronze_schema(&PART)));
}

#[test]
fn a_table_whose_records_name_their_parent_or_have_none_is_left_alone() {
    static NAMED: Table = Table { parent: Some(Parent { in_record: true, ..ADDED }), ..PART };
    static ALONE: Table = Table { parent: None, ..PART };
    for table in [&NAMED, &ALONE] {
        let before = bronze(table, r#"[{"id":1}]"#);
        assert_eq!(with_parent(table, before.clone(), 7).unwrap(), before);
    }
}

#[test]
fn a_column_that_is_lacking_or_no_number_is_named() {
    static LACKING: Table = Table { shape: fields! { "id": Kind::Int }, silver: &[], ..PART };
    static TEXT: Table = Table { shape: fields! { "id": Kind::Int, "parentId": Kind::Text }, silver: &[], ..PART };
    static DEEP: Table = Table { parent: Some(Parent { path: &["parent", "id"], ..ADDED }), ..PART };
    let failed = |table| with_parent(table, bronze(table, r#"[{"id":1}]"#), 7).unwrap_err();
    assert!(matches!(failed(&LACKING), Error::MissingColumn { column } if column == "parentId"));
    assert!(matches!(failed(&TEXT), Error::Type { column, .. } if column == "parentId"));
    assert!(matches!(failed(&DEEP), Error::MissingColumn { column } if column == "parent/id"));
}
