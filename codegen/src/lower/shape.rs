//! The nested shape of a record: references resolved, kinds mapped, recursion found.

use serde_json::{Map, Value};

use crate::entities::EntityConfig;
use crate::ir::{Doc, Field, Kind, Struct};
use crate::report::{Problem, Problems};
use crate::spec::{Spec, escape};

/// How deep a shape may be before it is taken for a mistake.
const DEEPEST: usize = 32;

/// The properties of an entity's schema; what can't be mapped is a problem and left out.
pub(super) fn shape(spec: &Spec, config: &EntityConfig, schema: &str, problems: &mut Problems) -> Vec<Field> {
    let mut walk = Walk { spec, config, open: Vec::new(), path: Vec::new(), problems };
    let reference = format!("#/components/schemas/{schema}");
    match walk.reference(&reference, &format!("/paths/{}", escape(&config.endpoint))) {
        Some(Kind::Struct(top)) => top.fields,
        Some(_) => {
            walk.problem(format!("/components/schemas/{}", escape(schema)), format!("`{schema}` has no properties"));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Marks what a sensitive path leads to, through lists as well; whether it leads anywhere.
pub(super) fn mark_sensitive(fields: &mut [Field], path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let Some(field) = fields.iter_mut().find(|field| field.name == *first) else { return false };
    if rest.is_empty() {
        field.kind = Kind::Sensitive;
        field.doc = Doc::default();
        return true;
    }
    let mut kind = &mut field.kind;
    while let Kind::List(item) = kind {
        kind = item;
    }
    match kind {
        Kind::Struct(inner) => mark_sensitive(&mut inner.fields, rest),
        _ => false,
    }
}

struct Walk<'a> {
    spec: &'a Spec,
    config: &'a EntityConfig,
    /// The schemas that are being resolved.
    open: Vec<String>,
    /// The properties that lead here.
    path: Vec<String>,
    problems: &'a mut Problems,
}

impl Walk<'_> {
    fn problem(&mut self, pointer: impl Into<String>, what: impl Into<String>) {
        let at = if self.path.is_empty() { String::new() } else { format!(" at `{}`", self.path.join("/")) };
        self.problems.push(
            Problem::new(&self.spec.file, pointer, what)
                .why(format!("the entity {} needs it{at}", self.config.name))
                .fix(format!(
                    "remove {} from {}, or correct the spec and import it again",
                    self.config.name,
                    crate::entities::FILE
                )),
        );
    }

    fn reference(&mut self, reference: &str, from: &str) -> Option<Kind> {
        let Some((name, schema)) = self.spec.resolve(reference) else {
            self.problem(from, format!("the reference `{reference}` leads nowhere"));
            return None;
        };
        let pointer = format!("/components/schemas/{}", escape(&name));
        if self.open.contains(&name) {
            let circle: Vec<&str> = self.open.iter().skip_while(|open| **open != name).map(String::as_str).collect();
            let circle = format!("{} → {name}", circle.join(" → "));
            self.problem(pointer, format!("the schema `{name}` contains itself ({circle}), so no table can hold it"));
            return None;
        }
        self.open.push(name.clone());
        let kind = self.kind(schema, &name, &pointer);
        self.open.pop();
        kind
    }

    /// The kind of a schema. `name` is what a struct made of it is called.
    fn kind(&mut self, schema: &Value, name: &str, pointer: &str) -> Option<Kind> {
        if self.open.len() + self.path.len() > DEEPEST * 2 {
            self.problem(pointer, format!("`{name}` is nested too deep"));
            return None;
        }
        let Some(schema) = schema.as_object() else {
            self.problem(pointer, format!("the schema `{name}` is not an object"));
            return None;
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(reference, pointer);
        }
        if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            return self.kind(only, name, &format!("{pointer}/allOf/0"));
        }
        if let Some(word) = ["allOf", "oneOf", "anyOf", "not"].into_iter().find(|word| schema.contains_key(*word)) {
            self.problem(pointer, format!("`{name}` is made with `{word}`, which no column can hold"));
            return None;
        }
        match type_of(schema) {
            "integer" => Some(Kind::Int),
            "number" => Some(Kind::Float),
            "boolean" => Some(Kind::Bool),
            "string" if schema.get("format").and_then(Value::as_str) == Some("date-time") => Some(Kind::Timestamp),
            "string" => Some(Kind::Text),
            "array" => match schema.get("items") {
                Some(items) => {
                    let item = self.kind(items, &format!("{name}.item"), &format!("{pointer}/items"))?;
                    Some(Kind::List(Box::new(item)))
                }
                None => Some(Kind::List(Box::new(Kind::Json))),
            },
            "object" | "" => self.object(schema, name, pointer),
            other => {
                self.problem(pointer, format!("`{name}` has the unknown type `{other}`"));
                None
            }
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, name: &str, pointer: &str) -> Option<Kind> {
        let properties = schema.get("properties").and_then(Value::as_object).filter(|p| !p.is_empty());
        let Some(properties) = properties else {
            let text = schema.get("additionalProperties").and_then(Value::as_object);
            let text = text.is_some_and(|schema| type_of(schema) == "string");
            return Some(if text { Kind::Map } else { Kind::Json });
        };
        let mut fields = Vec::with_capacity(properties.len());
        for (property, schema) in properties {
            self.path.push(property.clone());
            let here = format!("{pointer}/properties/{}", escape(property));
            if let Some(kind) = self.kind(schema, &format!("{name}.{property}"), &here) {
                fields.push(Field { name: property.clone(), kind, doc: doc(schema) });
            }
            self.path.pop();
        }
        Some(Kind::Struct(Struct { schema: name.to_owned(), pointer: pointer.to_owned(), fields }))
    }
}

/// The type; in a list of types (OpenAPI 3.1), the one that is not null.
fn type_of(schema: &Map<String, Value>) -> &str {
    match schema.get("type") {
        Some(Value::String(text)) => text,
        Some(Value::Array(types)) => {
            types.iter().filter_map(Value::as_str).find(|text| *text != "null").unwrap_or_default()
        }
        _ => "",
    }
}

/// What the spec says about a property.
fn doc(schema: &Value) -> Doc {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
    let format = schema.get("format").and_then(Value::as_str).filter(|format| matches!(*format, "uuid" | "date"));
    let mut text = text.trim_end_matches(';').to_owned();
    if !text.is_empty() && !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    Doc { text, values, format: format.unwrap_or_default().to_owned() }
}
