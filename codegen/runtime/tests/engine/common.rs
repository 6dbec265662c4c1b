//! A table with every kind at every depth, and ways to look at what comes out.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use connectwise_runtime::{
    ChangeDetection, Child, Decoded, Decoder, Field, Kind, RejectedRecord, SilverColumn, Source, Table,
};
use serde_json::{Map, Value, json};

macro_rules! fields {
    ($($name:literal: $kind:expr),* $(,)?) => { &[$(Field { name: $name, kind: $kind }),*] };
}
macro_rules! silver {
    ($($name:literal: $source:expr),* $(,)?) => { &[$(SilverColumn { name: $name, source: $source }),*] };
}
pub(crate) use {fields, silver};

const REGION: &[Field] = fields! { "id": Kind::Int, "name": Kind::Text, "_info": Kind::Map };
const COMPANY: &[Field] = fields! {
    "id": Kind::Int, "name": Kind::Text, "region": Kind::Struct(REGION), "secret": Kind::Sensitive, "_info": Kind::Map,
};
const CUSTOM: &[Field] = fields! {
    "id": Kind::Int, "caption": Kind::Text, "value": Kind::Json, "tags": Kind::List(&Kind::Text),
    "owner": Kind::Struct(REGION), "secret": Kind::Sensitive, "_info": Kind::Map,
};

pub(crate) static TABLE: Table = Table {
    entity: "Thing",
    table: "cw_thing",
    endpoint: "/things",
    counted: true,
    parent: None,
    optional: false,
    schema: "Thing",
    key: "id",
    lookback_days: None,
    change_detection: ChangeDetection::FullScan,
    variants: &[],
    sensitive: &["password", "token", "company/secret", "customFields/secret", "deep/inner/pin"],
    excluded: &[],
    hashed: &[],
    reconcile: &[],
    shape: fields! {
        "id": Kind::Int,
        "name": Kind::Text,
        "count": Kind::Int,
        "amount": Kind::Float,
        "active": Kind::Bool,
        "at": Kind::Timestamp,
        "password": Kind::Sensitive,
        "company": Kind::Struct(COMPANY),
        "tags": Kind::List(&Kind::Text),
        "matrix": Kind::List(&Kind::List(&Kind::Int)),
        "customFields": Kind::List(&Kind::Struct(CUSTOM)),
        "labels": Kind::List(&Kind::Map),
        "extra": Kind::Json,
        "_info": Kind::Map,
    },
    silver: silver! {
        "id": Source::Path(&["id"]),
        "name": Source::Path(&["name"]),
        "amount": Source::Path(&["amount"]),
        "companyId": Source::Path(&["company", "id"]),
        "companyRegionName": Source::Path(&["company", "region", "name"]),
        "companyRegion": Source::Path(&["company", "region"]),
        "tags": Source::Path(&["tags"]),
        "customFields": Source::Path(&["customFields"]),
        "labels": Source::Path(&["labels"]),
        "infoLastUpdated": Source::InfoTime(&["lastUpdated"]),
        "infoUpdatedBy": Source::InfoText(&["updatedBy"]),
        "infoDateEntered": Source::InfoTime(&["dateEntered", "createdDate"]),
        "infoEnteredBy": Source::InfoText(&["enteredBy", "createdBy"]),
    },
    children: &[
        Child {
            table: "cw_thing_customfields",
            list: "customFields",
            columns: silver! {
                "id": Source::Path(&["id"]),
                "caption": Source::Path(&["caption"]),
                "value": Source::Path(&["value"]),
                "ownerName": Source::Path(&["owner", "name"]),
                "tags": Source::Path(&["tags"]),
            },
        },
        Child { table: "cw_thing_tags", list: "tags", columns: silver! { "value": Source::Path(&[]) } },
    ],
};

/// Decodes one page.
pub(crate) fn page(text: &str) -> Decoded {
    let mut decoder = Decoder::new(&TABLE);
    let counts = decoder.page(text.as_bytes()).unwrap();
    let decoded = decoder.finish().unwrap();
    assert_eq!(counts.records, counts.kept + counts.quarantined);
    assert_eq!(counts.kept, decoded.batch.num_rows() as u64);
    assert_eq!(counts.quarantined, decoded.quarantined.len() as u64);
    decoded
}

/// The only row of a page with these properties and `"id":1`.
pub(crate) fn row(properties: &str) -> Map<String, Value> {
    let decoded = page(&format!(r#"[{{"id":1,{properties}}}]"#));
    assert_eq!(decoded.quarantined, [], "{properties}");
    row_of(&decoded.batch, 0)
}

/// The only rejected record of a page with these properties and `"id":1`.
pub(crate) fn rejected(properties: &str) -> RejectedRecord {
    let mut decoded = page(&format!(r#"[{{"id":1,{properties}}}]"#));
    assert_eq!(decoded.batch.num_rows(), 0, "{properties}");
    decoded.quarantined.remove(0)
}

/// A row without its nulls.
pub(crate) fn row_of(batch: &RecordBatch, row: usize) -> Map<String, Value> {
    let schema = batch.schema();
    let cells = schema.fields().iter().zip(batch.columns());
    cells
        .map(|(field, column)| (field.name().clone(), value(column, row)))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// All rows without their nulls.
pub(crate) fn rows_of(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    (0..batch.num_rows()).map(|row| row_of(batch, row)).collect()
}

/// One value: structs without their nulls, timestamps as `{"µs": …}`.
pub(crate) fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => json!(array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::Timestamp(_, Some(zone)) => {
            assert_eq!(zone.as_ref(), "UTC");
            json!({ "µs": array.as_primitive::<TimestampMicrosecondType>().value(row) })
        }
        DataType::Struct(fields) => {
            let cells = fields.iter().zip(array.as_struct().columns());
            let cells = cells.map(|(field, column)| (field.name().clone(), value(column, row)));
            Value::Object(cells.filter(|(_, value)| !value.is_null()).collect())
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Value::Array((0..items.len()).map(|item| value(&items, item)).collect())
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let entry = |entry| match value(entries.column(0), entry) {
                Value::String(key) => (key, value(entries.column(1), entry)),
                other => panic!("the key is {other}"),
            };
            Value::Object((0..entries.len()).map(entry).collect())
        }
        other => panic!("unexpected type {other}"),
    }
}

/// SplitMix64: the same numbers in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(crate) fn pick<'s, T>(&mut self, from: &'s [T]) -> &'s T {
        &from[self.below(from.len())]
    }
}

/// A page with values in every column, an unknown property, a sensitive one and a rejected record.
pub(crate) const REAL: &str = r#"[
 {"id":1,"name":"Jón \"x\" Þór\n\ud83d\ude00","count":5.0,"amount":"12.50","active":true,"at":"2025-06-15T12:00:00Z",
  "password":"hunter2","company":{"id":7,"name":"Fyrirtæki","region":{"id":3,"name":"Suður","_info":{}},"_info":{"a":"b"}},
  "tags":["a",null,"c"],"matrix":[[1,2],[],null,[3]],"customFields":[{"id":1,"caption":"Nr.","value":12.50,"tags":["x"]},null,
  {"id":2,"value":{"a":[1,2]},"hint":[1]}],"labels":[{"k":"v"},null],"extra":{"z":1},"new":{"thing":1},
  "_info":{"lastUpdated":"2025-06-15T12:00:00Z","updatedBy":"Jón  "}},
 {"id":2,"count":5.5,"tags":["lost"],"matrix":[[9]],"customFields":[{"id":9}],"_info":{"lost":"1"}},
 {"id":"3","name":12.50,"amount":null,"active":"false","at":"","company":null,"tags":[],"_info":{}},
 {"id":4}
]"#;
