//! Records of every entity are read into its model: whole ones, those with values that the spec doesn't know, and those
//! with nulls.

use std::collections::BTreeSet;

use connectwise_generated::{models, tables};
use connectwise_runtime::{Entity, Field, Kind};
use serde::Serialize;
use serde_json::{Value, json};

/// What stands in every sensitive property, and may stand nowhere else.
const SECRET: &str = "hunter2hunter2";

/// How a record is filled.
#[derive(Clone, Copy, PartialEq)]
enum Filled {
    /// A value in every property; texts are none that an enum knows.
    Whole,
    /// Null in every property, however deep, but for what leads there.
    Nulls,
}

fn object(fields: &[Field], filled: Filled) -> Value {
    let mut object: serde_json::Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), value(&field.kind, filled))).collect();
    object.insert("addedLater".to_owned(), json!({"by": ["a newer server"]}));
    Value::Object(object)
}

fn value(kind: &Kind, filled: Filled) -> Value {
    match kind {
        Kind::Struct(fields) => object(fields, filled),
        Kind::List(item) if matches!(item, Kind::Struct(_)) || filled == Filled::Whole => json!([value(item, filled)]),
        Kind::Map => json!({"lastUpdated": (filled == Filled::Whole).then_some("2025-06-15T12:00:00Z")}),
        _ if filled == Filled::Nulls => Value::Null,
        Kind::Int => json!(i64::MAX),
        Kind::Float => json!(1.5),
        Kind::Bool => json!(true),
        Kind::Text | Kind::Hashed => json!("AddedLater"),
        Kind::Timestamp => json!("2025-06-15T12:00:00Z"),
        Kind::Json => json!({"any": 1}),
        Kind::List(item) => json!([value(item, filled)]),
        Kind::Sensitive => json!(SECRET),
    }
}

fn reads<T: Entity + Serialize>() -> &'static str {
    for filled in [Filled::Whole, Filled::Nulls] {
        let mut record = object(T::TABLE.shape, filled);
        let read = T::deserialize(&record).unwrap_or_else(|error| panic!("{}: {error}\n{record}", T::TABLE.entity));
        let written = serde_json::to_value(read).unwrap();
        assert!(!written.to_string().contains(SECRET), "{}: {written}", T::TABLE.entity);
        if filled == Filled::Whole {
            expected(&mut record, T::TABLE.shape);
            assert_eq!(written, record, "{}", T::TABLE.entity);
        } else {
            assert!(written.get(T::TABLE.key).is_none(), "{}: {written}", T::TABLE.entity);
        }
    }
    for value in [json!({}), json!({"unheardOf": true})] {
        T::deserialize(&value).unwrap_or_else(|error| panic!("{}: {error}", T::TABLE.entity));
    }
    T::TABLE.entity
}

/// Leaves of a record what a model keeps: neither what is sensitive, nor what the spec does not know.
fn expected(record: &mut Value, fields: &[Field]) {
    let Value::Object(properties) = record else { return };
    properties.remove("addedLater");
    for field in fields {
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        match (kind, properties.get_mut(field.name)) {
            (Kind::Sensitive, _) => drop(properties.remove(field.name)),
            (Kind::Struct(inner), Some(Value::Array(items))) => items.iter_mut().for_each(|item| expected(item, inner)),
            (Kind::Struct(inner), Some(value)) => expected(value, inner),
            _ => {}
        }
    }
}

#[test]
fn every_entity_has_a_model_that_reads_its_records() {
    let read = BTreeSet::from([
        reads::<models::Agreement>(),
        reads::<models::Addition>(),
        reads::<models::AgreementAdjustment>(),
        reads::<models::AgreementRecap>(),
        reads::<models::Company>(),
        reads::<models::ExpenseEntry>(),
        reads::<models::Invoice>(),
        reads::<models::Member>(),
        reads::<models::ProductItem>(),
        reads::<models::Project>(),
        reads::<models::Ticket>(),
        reads::<models::TimeEntry>(),
        reads::<models::UnpostedInvoice>(),
        reads::<models::WorkType>(),
    ]);
    assert_eq!(read, tables::TABLES.iter().map(|table| table.entity).collect(), "one model an entity");
}
