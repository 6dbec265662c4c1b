//! Fitting of a record: its values in the types that its table names, so that a struct can read them.
//!
//! Invariant: a value must come out as the decoder reads it, or stay as it is, for the struct to refuse.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use crate::convert::{self, Expected};
use crate::shape::{Field, Kind, Table};

/// Converts the values of a record, at any depth, as the decoder does: `5.0` and `"5"` for whole numbers, texts for
/// numbers and flags, blank texts for nothing, date-times without an offset.
pub fn fit(table: &Table, record: &mut Value) {
    fit_fields(table.shape, record);
}

fn fit_fields(shape: &[Field], value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    for field in shape {
        if let Some(value) = object.get_mut(field.name) {
            fit_value(field.kind, value);
        }
    }
}

fn fit_value(kind: Kind, value: &mut Value) {
    let fitted = match (kind, &mut *value) {
        (Kind::Struct(shape), object) => return fit_fields(shape, object),
        (Kind::List(item), Value::Array(items)) => return items.iter_mut().for_each(|value| fit_value(*item, value)),
        (Kind::Int, Value::Number(number)) => convert::int(&number.to_string()).map(Value::from),
        (Kind::Int, Value::String(text)) => read(convert::int_of_text(text)),
        (Kind::Float, Value::String(text)) => read(convert::float_of_text(text)),
        (Kind::Bool, Value::String(text)) => read(convert::bool_of_text(text)),
        (Kind::Timestamp, Value::String(text)) => {
            let micros = convert::time_of_text(text);
            read(micros.map(|micros| micros.and_then(DateTime::from_timestamp_micros).map(text_of)))
        }
        (Kind::Text | Kind::Hashed, Value::Number(_) | Value::Bool(_)) => Some(Value::String(value.to_string())),
        _ => None,
    };
    if let Some(fitted) = fitted {
        *value = fitted;
    }
}

/// Returns the value of what was read; none where it stays as it is.
fn read<T: Into<Value>>(found: Result<Option<T>, Expected>) -> Option<Value> {
    found.ok().map(|found| found.map_or(Value::Null, Into::into))
}

fn text_of(time: DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_converted_as_the_decoder_does_or_stay() {
        for (kind, given, fitted) in [
            (Kind::Int, json!(0.0), json!(0)),
            (Kind::Int, json!(" 7 "), json!(7)),
            (Kind::Int, json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_993_i64)),
            (Kind::Int, json!(2.5), json!(2.5)),
            (Kind::Int, json!(""), json!(null)),
            (Kind::Int, json!("abc"), json!("abc")),
            (Kind::Float, json!("12.50"), json!(12.5)),
            (Kind::Float, json!(3), json!(3)),
            (Kind::Bool, json!("True"), json!(true)),
            (Kind::Text, json!(42), json!("42")),
            (Kind::Text, json!(""), json!("")),
            (Kind::Timestamp, json!("2025-06-15 12:00"), json!("2025-06-15T12:00:00Z")),
            (Kind::Timestamp, json!("2025-06-15T12:00:00.5+01:00"), json!("2025-06-15T11:00:00.500Z")),
            (Kind::Timestamp, json!(" "), json!(null)),
            (Kind::Timestamp, json!("later"), json!("later")),
            (Kind::List(&Kind::Int), json!([1.0, null, "2"]), json!([1, null, 2])),
        ] {
            let mut value = given.clone();
            fit_value(kind, &mut value);
            assert_eq!(value, fitted, "{kind:?} {given}");
        }
    }

    #[test]
    fn what_is_nested_is_fitted_and_what_is_unknown_stays() {
        const INNER: &[Field] = &[Field { name: "id", kind: Kind::Int }];
        let mut value = json!({"company": {"id": 3.0, "more": 4.0}, "id": 5.0});
        fit_fields(&[Field { name: "company", kind: Kind::Struct(INNER) }], &mut value);
        assert_eq!(value, json!({"company": {"id": 3, "more": 4.0}, "id": 5.0}));
    }
}
