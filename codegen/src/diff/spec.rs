//! The changes from one spec to another, whether an entity is made of them or not.

use std::collections::BTreeMap;

use super::change::Change;
use super::shape::compare;
use crate::spec::Spec;

/// The changes from one spec to another, as lines: operations, schemas, properties.
pub fn specs(old: &Spec, new: &Spec) -> Vec<String> {
    let mut lines = Vec::new();
    keys("GET", old.operations.keys(), new.operations.keys(), &mut lines);
    keys("schema", old.schemas.keys(), new.schemas.keys(), &mut lines);
    for (name, schema) in &new.schemas {
        let Some(before) = old.schemas.get(name) else { continue };
        let properties = |schema: &serde_json::Value| -> BTreeMap<String, String> {
            let properties = schema.get("properties").and_then(serde_json::Value::as_object);
            properties.into_iter().flatten().map(|(name, schema)| (name.clone(), type_text(schema))).collect()
        };
        let (before, after) = (properties(before), properties(schema));
        for (property, change, from, to) in compare(&before, &after) {
            lines.push(match change {
                Change::Added => format!("+ {name}.{property}: {to}"),
                Change::Removed => format!("- {name}.{property}: {from}"),
                _ => format!("~ {name}.{property}: {from} → {to}"),
            });
        }
    }
    lines
}

fn keys<'a>(
    what: &str,
    old: impl Iterator<Item = &'a String>,
    new: impl Iterator<Item = &'a String>,
    lines: &mut Vec<String>,
) {
    let (old, new): (std::collections::BTreeSet<_>, std::collections::BTreeSet<_>) = (old.collect(), new.collect());
    lines.extend(old.difference(&new).map(|name| format!("- {what} {name}")));
    lines.extend(new.difference(&old).map(|name| format!("+ {what} {name}")));
}

/// A property's type on one line.
fn type_text(schema: &serde_json::Value) -> String {
    let text = |key: &str| schema.get(key).and_then(serde_json::Value::as_str);
    if let Some(reference) = text("$ref") {
        return reference.rsplit('/').next().unwrap_or(reference).to_owned();
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", type_text(items));
    }
    let mut out = text("type").unwrap_or("anything").to_owned();
    if let Some(format) = text("format") {
        out = format!("{out} {format}");
    }
    if let Some(values) = schema.get("enum").and_then(serde_json::Value::as_array) {
        let values: Vec<&str> = values.iter().filter_map(serde_json::Value::as_str).collect();
        out = format!("{out} ({})", values.join(", "));
    }
    out
}
