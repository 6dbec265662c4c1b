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
    let mut walk = Walk { spec, needed_by: &config.name, open: Vec::new(), path: Vec::new(), problems };
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

/// A schema that no entity needs, as a struct; nothing where it can't be one.
pub(super) fn structure(spec: &Spec, reference: &str) -> Option<Struct> {
    let mut problems = Problems::new();
    let mut walk = Walk { spec, needed_by: "", open: Vec::new(), path: Vec::new(), problems: &mut problems };
    match walk.reference(reference, "") {
        Some(Kind::Struct(structure)) if problems.is_empty() => Some(structure),
        _ => None,
    }
}

/// What becomes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is left out.
    LeaveOut,
    /// Its hash is stored.
    Hash,
}

/// Why nothing becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unmarked {
    /// There is no such property; the paths that there are at the place where the path breaks off.
    Nowhere(Vec<String>),
    /// It, or what it stands in, is left out or hashed already.
    Twice,
    /// It can't be hashed, being of this type.
    NoText(String),
    /// It can't be left out, being the key of a map.
    InMap,
}

/// Marks what a path leads to, through lists as well.
pub(super) fn mark(fields: &mut [Field], path: &[&str], how: Mark) -> Result<(), Unmarked> {
    mark_below(fields, path, how, &mut Vec::new())
}

fn mark_below<'p>(fields: &mut [Field], path: &[&'p str], how: Mark, above: &mut Vec<&'p str>) -> Result<(), Unmarked> {
    let prefix = if above.is_empty() { String::new() } else { format!("{}/", above.join("/")) };
    let nowhere =
        |fields: &[Field]| Unmarked::Nowhere(fields.iter().map(|field| format!("{prefix}{}", field.name)).collect());
    let Some((first, rest)) = path.split_first() else { return Err(nowhere(fields)) };
    let Some(at) = fields.iter().position(|field| field.name == *first) else { return Err(nowhere(fields)) };
    let Some(field) = fields.get_mut(at) else { return Err(Unmarked::Twice) };
    let is_last = rest.is_empty();
    if is_last && how == Mark::LeaveOut {
        field.kind = Kind::Sensitive;
        field.doc = Doc::default();
        return Ok(());
    }
    let mut kind = &mut field.kind;
    while let Kind::List(item) = kind {
        kind = item;
    }
    match (kind, rest, how) {
        (Kind::Sensitive | Kind::Hashed, _, _) => Err(Unmarked::Twice),
        (kind @ Kind::Text, [], _) => {
            *kind = Kind::Hashed;
            Ok(())
        }
        (other, [], _) => Err(Unmarked::NoText(other.label())),
        (Kind::Struct(inner), ..) => {
            above.push(first);
            mark_below(&mut inner.fields, rest, how, above)
        }
        // A map's keys are in no spec, so its shape stays.
        (Kind::Map, [_], Mark::Hash) => Ok(()),
        (Kind::Map, [_], Mark::LeaveOut) => Err(Unmarked::InMap),
        _ => Err(Unmarked::Nowhere(Vec::new())),
    }
}

/// What a path leads to; nothing where a list is on the way.
pub(super) fn at<'f>(fields: &'f [Field], path: &[String]) -> Option<&'f Kind> {
    let (first, rest) = path.split_first()?;
    let kind = &fields.iter().find(|field| field.name == *first)?.kind;
    match kind {
        _ if rest.is_empty() => Some(kind),
        Kind::Struct(inner) => at(&inner.fields, rest),
        _ => None,
    }
}

struct Walk<'a> {
    spec: &'a Spec,
    /// The entity that needs the shape.
    needed_by: &'a str,
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
                .why(format!("the entity {} needs it{at}", self.needed_by))
                .fix(format!(
                    "remove {} from {}, or correct the spec and import it again",
                    self.needed_by,
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

fn type_of(schema: &Map<String, Value>) -> &str {
    schema.get("type").and_then(Value::as_str).unwrap_or_default()
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
