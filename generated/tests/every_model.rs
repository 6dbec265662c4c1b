//! Every list endpoint that can be an entity: its models and operations compile without a warning, a record with every
//! property filled in comes out of its model as it went in, and one of nulls is read too.
//!
//! This is the second half of a test. The first, in `codegen/tests/all_endpoints.rs`, generates what is included into
//! the folder that `ALL_ENDPOINTS` names while this file is compiled, and runs it.

#![deny(warnings)]

pub mod all {
    include!(concat!(env!("ALL_ENDPOINTS"), "/typed.rs"));
}

use all::models;
use connectwise_runtime::Entity;
use serde::Serialize;
use serde_json::Value;

/// Endpoint, record, and what reads and writes it.
type Read = (&'static str, &'static str, fn(&str) -> serde_json::Result<Value>);

static READ: &[Read] = include!(concat!(env!("ALL_ENDPOINTS"), "/read.rs"));

fn again<T: Entity + Serialize>(text: &str) -> serde_json::Result<Value> {
    let mut nulls: Value = serde_json::from_str(text)?;
    for value in nulls.as_object_mut().into_iter().flat_map(|record| record.values_mut()) {
        *value = Value::Null;
    }
    T::deserialize(nulls)?;
    serde_json::to_value(serde_json::from_str::<T>(text)?)
}

#[test]
fn every_record_comes_out_as_it_went_in() {
    let failures: Vec<String> = READ
        .iter()
        .filter_map(|(endpoint, record, again)| match again(record) {
            Ok(value) if Some(&value) == serde_json::from_str(record).ok().as_ref() => None,
            Ok(value) => Some(format!("{endpoint}: {record}\n became {value}")),
            Err(error) => Some(format!("{endpoint}: {error}")),
        })
        .collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), READ.len(), failures.join("\n"));
}
