//! Arbitrary JSON, and specs with arbitrary wounds, through `import` and `generate`: a reason or a result, no panic.
//!
//! `codegen/fuzz` does the same for longer; `PROPTEST_CASES=100000 cargo test -p connectwise-codegen --test fuzz` too.

#[expect(dead_code, reason = "shared with tests that use all of it")]
mod common;

use common::golden;
use connectwise_codegen::import::import;
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::render::render;
use connectwise_codegen::report::Problems;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a spec is made of, in places where it does not belong.
fn leaf() -> impl Strategy<Value = Value> {
    let words = ["object", "array", "string", "integer", "3.0.1", "id", "/things", "{", "}", "", "date-time", "þ"];
    let references = ["Thing", "Thing.Part", "Loop", "Gone", "", "%zz", "~1"];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(references.to_vec())
            .prop_map(|name| json!({ "$ref": format!("#/components/schemas/{name}") })),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    let keys = ["openapi", "info", "version", "paths", "get", "responses", "200", "content", "schema", "type", "items"];
    let more = ["properties", "components", "schemas", "$ref", "allOf", "enum", "parameters", "name", "in", "required"];
    let keys: Vec<&str> = keys.into_iter().chain(more).collect();
    leaf().prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys.clone()), inner), 0..6)
                .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// The place of a value that is reached by one choice after another.
fn place<'v>(mut value: &'v mut Value, choices: &[usize]) -> &'v mut Value {
    for choice in choices {
        let places = match &*value {
            Value::Object(entries) => entries.len(),
            Value::Array(items) => items.len(),
            _ => 0,
        };
        if places == 0 {
            return value;
        }
        value = match value {
            Value::Object(entries) => match entries.values_mut().nth(choice % places) {
                Some(value) => value,
                None => unreachable!("there are {places}"),
            },
            Value::Array(items) => &mut items[choice % places],
            _ => unreachable!("a value without places was returned"),
        };
    }
    value
}

fn goes_through(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut problems = Problems::new();
    let Some(imported) = import("fuzz.json", bytes, &mut problems) else {
        prop_assert!(!problems.is_empty(), "refused without a reason");
        return Ok(());
    };
    let again = import("fuzz.json", imported.text.as_bytes(), &mut Problems::new());
    prop_assert_eq!(Some(imported.text.as_str()), again.as_ref().map(|again| again.text.as_str()), "imported again");
    let mut inputs = Inputs { spec_file: "fuzz.json".to_owned(), spec: imported.text, ..Inputs::default() };
    inputs.files.insert("schema/entities.yaml".to_owned(), golden("input/schema/entities.yaml"));
    inputs.files.insert("templates/dictionary.md.j2".to_owned(), "{{ version }}".to_owned());
    let _ = render(&inputs, &mut problems);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_json(value in anything()) {
        goes_through(value.to_string().as_bytes())?;
    }

    #[test]
    fn a_spec_with_wounds(
        wounds in prop::collection::vec((prop::collection::vec(any::<usize>(), 1..14), anything()), 1..4),
    ) {
        let mut document: Value = serde_json::from_str(&golden("source.json")).unwrap_or_default();
        for (choices, value) in wounds {
            *place(&mut document, &choices) = value;
        }
        goes_through(document.to_string().as_bytes())?;
    }

    #[test]
    fn a_spec_with_other_bytes(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4), end in any::<usize>()) {
        let mut bytes = golden("source.json").into_bytes();
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        if end % 4 == 0 {
            bytes.truncate(end % bytes.len());
        }
        goes_through(&bytes)?;
    }
}
