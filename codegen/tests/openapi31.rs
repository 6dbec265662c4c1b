//! The spec as OpenAPI 3.1 writes it, made of the one of 3.0: it gives the same canonical file and the same tables.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use common::{golden, package, put, run, workspace};
use connectwise_codegen::import::import;
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::render::render;
use connectwise_codegen::report::Problems;
use serde_json::{Map, Value, json};

/// A document in the words of 3.1: of several ways to say one thing, each in its turn.
struct Newer {
    turn: usize,
}

impl Newer {
    fn of(text: &str, first: usize) -> String {
        let mut document: Value = serde_json::from_str(text).unwrap();
        let mut newer = Self { turn: first };
        newer.around(document.get_mut("paths").unwrap());
        for schema in document.pointer_mut("/components/schemas").unwrap().as_object_mut().unwrap().values_mut() {
            newer.schema(schema);
        }
        document["openapi"] = json!("3.1.1");
        document["jsonSchemaDialect"] = json!("https://spec.openapis.org/oas/3.1/dialect/base");
        serde_json::to_string_pretty(&document).unwrap()
    }

    fn around(&mut self, value: &mut Value) {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    if key == "schema" { self.schema(value) } else { self.around(value) }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.around(item)),
            _ => {}
        }
    }

    fn next(&mut self, ways: usize) -> usize {
        self.turn += 1;
        self.turn % ways
    }

    fn schema(&mut self, value: &mut Value) {
        if value.get("$ref").is_some() {
            let (none, reference) = (json!({ "type": "null" }), value.clone());
            *value = match self.next(6) {
                0 => json!({ "oneOf": [none, reference] }),
                1 => json!({ "anyOf": [reference, none] }),
                2 => json!({ "allOf": [reference] }),
                3 => json!({ "anyOf": [none, { "allOf": [reference] }] }),
                4 => json!({ "oneOf": [{ "const": null }, reference] }),
                _ => reference,
            };
            return;
        }
        let schema = value.as_object_mut().unwrap();
        for part in ["items", "additionalProperties"] {
            schema.get_mut(part).into_iter().for_each(|inner| self.schema(inner));
        }
        for property in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            self.schema(property.1);
        }
        let is_nullable = schema.shift_remove("nullable").is_some();
        self.scalar(schema, is_nullable);
        if self.next(3) == 0 {
            schema.insert("examples".to_owned(), json!([1, { "$ref": "no reference" }]));
        }
    }

    fn scalar(&mut self, schema: &mut Map<String, Value>, is_nullable: bool) {
        let Some(kind) = schema.get("type").and_then(Value::as_str).map(str::to_owned) else { return };
        let mut types = if is_nullable { vec!["null", &kind] } else { vec![kind.as_str()] };
        if matches!(&*kind, "integer" | "number") && self.next(2) == 0 {
            types.push("string");
            schema.insert("pattern".to_owned(), json!("^-?(?:0|[1-9]\\d*)$"));
        }
        if self.next(2) == 0 {
            types.reverse();
        }
        let listed = types.len() > 1 || self.next(2) == 0;
        let types = if listed { json!(types) } else { json!(kind) };
        schema.insert("type".to_owned(), types);
        let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) else { return };
        if is_nullable {
            values.push(Value::Null);
        }
        match (values.as_slice(), self.next(2)) {
            ([only], _) => {
                let only = only.clone();
                let rest = std::mem::take(schema);
                schema.insert("const".to_owned(), only);
                schema.extend(rest.into_iter().filter(|(key, _)| key != "enum"));
            }
            (_, 0) => {
                schema.shift_remove("type");
            }
            _ => {}
        }
    }
}

fn imported(text: &str) -> String {
    let mut problems = Problems::new();
    let imported = import("All.json", text.as_bytes(), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    imported.unwrap().text
}

#[test]
fn the_small_spec_of_3_1_gives_the_same_canonical_file() {
    let older = golden("source.json");
    let wanted = imported(&older);
    for first in 0..12 {
        let newer = Newer::of(&older, first);
        assert!(newer.contains("\"null\"") && !newer.contains("nullable"), "{newer}");
        assert_eq!(imported(&newer), wanted, "beginning with {first}");
    }
}

#[test]
fn the_commands_see_no_difference() {
    let workspace = workspace();
    let root = workspace.path();
    assert_eq!(run(root, &["generate"]).0, 0);
    put(root, "newer.json", &Newer::of(&golden("source.json"), 0));
    let newer = root.join("newer.json");
    let newer = newer.to_str().unwrap();
    let (status, out, errors) = run(root, &["diff", "--against", newer]);
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(out.starts_with("no table changed since "), "{out}");
    let (status, out, errors) = run(root, &["import", newer]);
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(out.contains("nothing changed in the spec"), "{out}");
    let (status, out, errors) = run(root, &["check"]);
    assert_eq!((status, errors.as_str()), (0, ""), "{out}");
}

#[test]
fn the_real_spec_of_3_1_gives_the_same_spec_and_the_same_files() {
    let mut problems = Problems::new();
    let inputs = Inputs::read(&package().join(".."), &mut problems);
    let newer = Newer::of(&inputs.spec, 0);
    let canonical = imported(&newer);
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parsed(&canonical), parsed(&inputs.spec));
    let mut rendered = |spec: &str| {
        let files = render(&Inputs { spec: spec.to_owned(), ..inputs.clone() }, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        files
    };
    let wanted = rendered(&inputs.spec);
    assert_eq!(wanted, rendered(&canonical), "from the canonical file");
    assert_eq!(wanted, rendered(&newer), "from the file itself");
}
