//! OpenAPI 3.1 and later in the words of 3.0, which are all that the rest of the generator knows.
//!
//! A document of 3.0 that has none of the new words stays as it is, but for its examples. What 3.0 can't say is left for
//! those who read it to refuse.

use serde_json::{Map, Value, json};

/// The version that a newer document is given: the vendor's own.
const VERSION: &str = "3.0.1";

/// Words of documentation, and those by which JSON Schema names a schema: no column comes from them.
const DROPPED: [&str; 6] = ["example", "examples", "$comment", "$schema", "$id", "$anchor"];

/// Beside one of these, `allOf` with one member is more than a wrapper.
const STRUCTURE: [&str; 9] =
    ["$ref", "properties", "additionalProperties", "items", "enum", "not", "allOf", "oneOf", "anyOf"];

/// Puts a document into the words of 3.0.
pub fn to_3_0(document: &mut Value) {
    if let Some(Value::String(version)) = document.get_mut("openapi")
        && version.starts_with("3.")
        && !version.starts_with("3.0")
    {
        *version = VERSION.to_owned();
    }
    if let Some(paths) = document.get_mut("paths") {
        around_schemas(paths);
    }
    for (section, entries) in document.get_mut("components").and_then(Value::as_object_mut).into_iter().flatten() {
        if section == "schemas" { each(entries, schema) } else { around_schemas(entries) }
    }
}

/// Whatever is no schema and may hold some.
fn around_schemas(value: &mut Value) {
    if let Some(object) = value.as_object_mut()
        && object.contains_key("schema")
    {
        object.retain(|key, _| !matches!(key.as_str(), "example" | "examples"));
    }
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if key == "schema" { schema(value) } else { around_schemas(value) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(around_schemas),
        _ => {}
    }
}

/// The values of a mapping, or the items of a list.
fn each(value: &mut Value, mut change: impl FnMut(&mut Value)) {
    match value {
        Value::Object(entries) => entries.values_mut().for_each(change),
        Value::Array(items) => items.iter_mut().for_each(&mut change),
        _ => {}
    }
}

/// A schema, from its innermost part outwards.
fn schema(value: &mut Value) {
    if let Value::Bool(any) = value {
        *value = if *any { json!({}) } else { json!({ "not": {} }) };
    }
    let Some(object) = value.as_object_mut() else { return };
    object.retain(|key, _| !DROPPED.contains(&key.as_str()));
    for (key, value) in object.iter_mut() {
        match key.as_str() {
            "properties" | "patternProperties" | "allOf" | "oneOf" | "anyOf" | "prefixItems" => each(value, schema),
            "items" | "not" => schema(value),
            // `true` and `false` are words of 3.0 here.
            "additionalProperties" if value.is_object() => schema(value),
            _ => {}
        }
    }
    types(object);
    values(object);
    bounds(object);
    contents(object);
    members(object);
    if object.contains_key("$ref") {
        object.shift_remove("nullable");
    }
}

fn set_nullable(schema: &mut Map<String, Value>) {
    schema.insert("nullable".to_owned(), Value::Bool(true));
}

/// A list of types: `null` is a word of its own, and a number that may be written as text is a number. Of any other
/// list nothing is left, which is anything.
fn types(schema: &mut Map<String, Value>) {
    let names: Vec<String> = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(name)) if name == "null" => vec![name.clone()],
        _ => Vec::new(),
    };
    if !names.is_empty() {
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        let numeric = ["number", "integer"].into_iter().find(|name| has(name));
        let mut others = names.iter().filter(|name| !matches!(name.as_str(), "null" | "number" | "integer"));
        let one = match (numeric, others.next(), others.next()) {
            (Some(number), None, _) => Some(number.to_owned()),
            (Some(number), Some(text), None) if text == "string" => Some(number.to_owned()),
            (None, Some(only), None) => Some(only.clone()),
            _ => None,
        };
        match one {
            Some(one) => schema.insert("type".to_owned(), Value::String(one)),
            None => schema.shift_remove("type"),
        };
        if has("null") {
            set_nullable(schema);
        }
    }
    if matches!(schema.get("type").and_then(Value::as_str), Some("integer" | "number")) {
        // It is about the number as text.
        schema.shift_remove("pattern");
    }
}

/// `const` is an enum of one value; `null` among the values is a word of its own; and the values tell their type.
fn values(schema: &mut Map<String, Value>) {
    if let Some(only) = schema.shift_remove("const") {
        schema.entry("enum").or_insert_with(|| Value::Array(vec![only]));
    }
    let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) else { return };
    let before = values.len();
    values.retain(|value| !value.is_null());
    let is_nullable = values.len() < before;
    let all = |is: fn(&Value) -> bool| values.iter().all(is);
    let told = [
        (all(Value::is_string), "string"),
        (all(|value| value.is_i64() || value.is_u64()), "integer"),
        (all(Value::is_number), "number"),
        (all(Value::is_boolean), "boolean"),
    ];
    if values.is_empty() {
        schema.shift_remove("enum");
    } else if let Some((_, told)) = told.into_iter().find(|(is, _)| *is) {
        schema.entry("type").or_insert_with(|| Value::String(told.to_owned()));
    }
    if is_nullable {
        set_nullable(schema);
    }
}

/// A bound that is a number and not reached: the bound, and a flag.
fn bounds(schema: &mut Map<String, Value>) {
    for (exclusive, bound, tighter) in
        [("exclusiveMinimum", "minimum", f64::gt as fn(&f64, &f64) -> bool), ("exclusiveMaximum", "maximum", f64::lt)]
    {
        let Some(limit) = schema.get(exclusive).filter(|value| value.is_number()).cloned() else { continue };
        let other = schema.get(bound).and_then(Value::as_f64);
        if other.zip(limit.as_f64()).is_some_and(|(other, limit)| tighter(&other, &limit)) {
            schema.shift_remove(exclusive);
        } else {
            schema.insert(bound.to_owned(), limit);
            schema.insert(exclusive.to_owned(), Value::Bool(true));
        }
    }
}

/// Bytes as text: what 3.0 calls a format.
fn contents(schema: &mut Map<String, Value>) {
    let encoding = schema.shift_remove("contentEncoding");
    let media_type = schema.shift_remove("contentMediaType");
    schema.shift_remove("contentSchema");
    let format = match (encoding.as_ref().and_then(Value::as_str), media_type) {
        (Some("base64"), _) => "byte",
        (None, Some(_)) => "binary",
        _ => return,
    };
    schema.entry("type").or_insert_with(|| json!("string"));
    schema.entry("format").or_insert_with(|| json!(format));
}

/// `oneOf` and `anyOf` with null, and all three words with one member: the member itself.
fn members(schema: &mut Map<String, Value>) {
    for word in ["oneOf", "anyOf", "allOf"] {
        let Some(Value::Array(mut members)) = schema.get(word).cloned() else { continue };
        if word != "allOf" {
            let before = members.len();
            members.retain(|member| !is_null(member));
            if members.len() < before {
                set_nullable(schema);
            }
        }
        let is_wrapper = schema.keys().all(|key| key == word || !STRUCTURE.contains(&key.as_str()));
        match members.as_slice() {
            [] => {
                schema.shift_remove(word);
            }
            [Value::Object(only)] if is_wrapper => {
                let mut inner = only.clone();
                schema.shift_remove(word);
                // What the wrapper says of the member counts.
                inner.extend(std::mem::take(schema));
                *schema = inner;
            }
            _ => {
                schema.insert(word.to_owned(), Value::Array(members));
            }
        }
    }
}

/// Whether a member, in the words of 3.0 by now, allows null and nothing else.
fn is_null(member: &Value) -> bool {
    let Some(member) = member.as_object() else { return false };
    let said = |key: &String| matches!(key.as_str(), "nullable" | "title" | "description");
    member.get("nullable") == Some(&Value::Bool(true)) && member.keys().all(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A schema, once as 3.1 says it and once as 3.0 does.
    #[track_caller]
    fn becomes(newer: Value, older: Value) {
        let document = |schema: &Value| {
            json!({
                "openapi": "3.0.1", "info": { "title": "t", "version": "1" },
                "paths": { "/a": { "get": { "responses": { "200": { "content": { "j": { "schema": schema } } } } } } },
                "components": { "schemas": { "A": { "type": "object", "properties": { "type": schema } } } },
            })
        };
        for version in ["3.0.1", "3.1.0", "3.1.1", "3.2.0"] {
            let mut found = document(&newer);
            found["openapi"] = json!(version);
            to_3_0(&mut found);
            let wanted = document(&older);
            assert_eq!(found, wanted, "{newer}");
            assert_eq!(found.to_string(), wanted.to_string(), "{newer}: in another order");
            to_3_0(&mut found);
            assert_eq!(found, wanted, "{newer}: twice");
        }
    }

    #[test]
    fn the_words_of_3_0_stay_as_they_are() {
        for schema in [
            json!({}),
            json!({ "$ref": "#/components/schemas/B" }),
            json!({ "type": "integer", "format": "int32", "nullable": true }),
            json!({ "type": "string", "nullable": true, "format": "uuid" }),
            json!({ "enum": ["a", "b"], "type": "string", "description": "d", "nullable": true }),
            json!({ "type": "object", "additionalProperties": { "type": "string", "nullable": true } }),
            json!({ "type": "object", "additionalProperties": false }),
            json!({ "type": "number", "minimum": 0, "exclusiveMinimum": true }),
            json!({ "type": "string", "pattern": "^a", "maxLength": 5 }),
            json!({ "oneOf": [{ "$ref": "#/a" }, { "$ref": "#/b" }] }),
            json!({ "allOf": [{ "$ref": "#/a" }, { "type": "object", "properties": { "b": { "type": "string" } } }] }),
            json!({ "type": "object", "properties": { "const": { "type": "string" }, "examples": { "type": "string" },
                "anyOf": { "type": "string" }, "$id": { "type": "string" }, "schema": { "type": "string" } } }),
        ] {
            becomes(schema.clone(), schema);
        }
    }

    #[test]
    fn null_among_the_types_is_a_flag() {
        becomes(json!({ "type": ["string", "null"] }), json!({ "type": "string", "nullable": true }));
        becomes(
            json!({ "type": ["null", "string"], "format": "date-time" }),
            json!({ "type": "string", "format": "date-time", "nullable": true }),
        );
        becomes(json!({ "type": ["boolean"] }), json!({ "type": "boolean" }));
        becomes(json!({ "type": "null" }), json!({ "nullable": true }));
        becomes(json!({ "type": ["null"] }), json!({ "nullable": true }));
        becomes(
            json!({ "type": ["array", "null"], "items": { "type": ["integer", "null"] } }),
            json!({ "type": "array", "items": { "type": "integer", "nullable": true }, "nullable": true }),
        );
        becomes(
            json!({ "type": ["null", "object"], "additionalProperties": { "type": ["null", "string"] } }),
            json!({ "type": "object", "additionalProperties": { "type": "string", "nullable": true }, "nullable": true }),
        );
    }

    #[test]
    fn a_number_that_may_be_text_is_a_number_and_other_mixtures_are_anything() {
        let pattern = "^-?(?:0|[1-9]\\d*)$";
        becomes(
            json!({ "pattern": pattern, "type": ["integer", "string"], "format": "int32" }),
            json!({ "type": "integer", "format": "int32" }),
        );
        becomes(
            json!({ "pattern": pattern, "type": ["null", "number", "string"], "format": "double" }),
            json!({ "type": "number", "format": "double", "nullable": true }),
        );
        becomes(json!({ "type": ["integer", "number"] }), json!({ "type": "number" }));
        becomes(json!({ "type": ["string", "boolean"] }), json!({}));
        becomes(json!({ "type": ["object", "string", "null"] }), json!({ "nullable": true }));
        becomes(json!({ "type": ["object", "string", "integer"] }), json!({}));
    }

    #[test]
    fn a_choice_between_null_and_something_is_that() {
        let reference = json!({ "$ref": "#/components/schemas/B" });
        for none in [
            json!({ "type": "null" }),
            json!({ "nullable": true }),
            json!({ "const": null }),
            json!({ "enum": [null] }),
        ] {
            for word in ["oneOf", "anyOf"] {
                becomes(json!({ word: [none, reference] }), reference.clone());
                becomes(json!({ word: [reference, none] }), reference.clone());
            }
        }
        becomes(json!({ "allOf": [reference] }), reference.clone());
        becomes(json!({ "allOf": [reference], "nullable": true }), reference.clone());
        becomes(json!({ "allOf": [{ "oneOf": [{ "type": "null" }, { "anyOf": [reference] }] }] }), reference.clone());
        becomes(
            json!({ "oneOf": [{ "type": "null" }, reference], "description": "Whose it is.", "default": null }),
            json!({ "$ref": "#/components/schemas/B", "description": "Whose it is.", "default": null }),
        );
        becomes(
            json!({ "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "null" }] }),
            json!({ "type": "string", "format": "date-time", "nullable": true }),
        );
        becomes(
            json!({ "type": ["array", "null"], "items": { "oneOf": [{ "type": "null" }, reference] } }),
            json!({ "type": "array", "items": reference, "nullable": true }),
        );
        becomes(
            json!({ "oneOf": [{ "type": "null" }, reference, { "type": "string" }] }),
            json!({ "oneOf": [reference, { "type": "string" }], "nullable": true }),
        );
        becomes(json!({ "oneOf": [{ "type": "null" }] }), json!({ "nullable": true }));
    }

    #[test]
    fn what_a_wrapper_adds_to_its_member_is_not_lost() {
        let extended = json!({ "allOf": [{ "$ref": "#/a" }], "properties": { "b": { "type": "string" } } });
        becomes(extended.clone(), extended);
    }

    #[test]
    fn one_value_is_an_enum() {
        becomes(json!({ "const": "Big" }), json!({ "enum": ["Big"], "type": "string" }));
        becomes(json!({ "type": "string", "const": "Big" }), json!({ "type": "string", "enum": ["Big"] }));
        becomes(json!({ "enum": ["Big", null] }), json!({ "enum": ["Big"], "type": "string", "nullable": true }));
        becomes(
            json!({ "enum": ["Big", "Small", null], "type": ["string", "null"] }),
            json!({ "enum": ["Big", "Small"], "type": "string", "nullable": true }),
        );
        becomes(json!({ "enum": [1, 2] }), json!({ "enum": [1, 2], "type": "integer" }));
        becomes(json!({ "enum": [1, 2.5] }), json!({ "enum": [1, 2.5], "type": "number" }));
        becomes(json!({ "enum": [1, "a"] }), json!({ "enum": [1, "a"] }));
    }

    #[test]
    fn bounds_bytes_and_documentation() {
        becomes(
            json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9 }),
            json!({ "type": "number", "exclusiveMinimum": true, "exclusiveMaximum": true, "minimum": 0, "maximum": 9 }),
        );
        becomes(
            json!({ "type": "number", "minimum": 1, "exclusiveMinimum": 0 }),
            json!({ "type": "number", "minimum": 1 }),
        );
        becomes(
            json!({ "type": "number", "minimum": -1, "exclusiveMinimum": 0 }),
            json!({ "type": "number", "minimum": 0, "exclusiveMinimum": true }),
        );
        becomes(
            json!({ "type": ["string", "null"], "contentEncoding": "base64" }),
            json!({ "type": "string", "nullable": true, "format": "byte" }),
        );
        becomes(
            json!({ "contentMediaType": "application/octet-stream" }),
            json!({ "type": "string", "format": "binary" }),
        );
        becomes(
            json!({ "type": "string", "examples": ["a"], "example": "a", "$comment": "c" }),
            json!({ "type": "string" }),
        );
        becomes(json!(true), json!({}));
        becomes(json!(false), json!({ "not": {} }));
    }
}
