//! What changed in the nested shape of records: paths, types, enum values, and what the spec demands.

use std::collections::BTreeMap;

use crate::ir::{Field, Ir, Kind};
use crate::spec::Spec;

use super::change::{Change, Entry};

/// Every path of a shape with its type.
pub(super) fn leaves(fields: &[Field]) -> BTreeMap<String, String> {
    fn collect(fields: &[Field], path: &str, found: &mut BTreeMap<String, String>) {
        for field in fields.iter().filter(|field| field.kind != Kind::Sensitive) {
            let here = if path.is_empty() { field.name.clone() } else { format!("{path}/{}", field.name) };
            let (mut kind, mut label) = (&field.kind, String::new());
            while let Kind::List(item) = kind {
                kind = item;
                label.push_str("list of ");
            }
            match kind {
                Kind::Struct(inner) => {
                    found.insert(here.clone(), label + "struct");
                    collect(&inner.fields, &here, found);
                }
                other => {
                    found.insert(here, label + &other.label());
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(fields, "", &mut found);
    found
}

/// The enums that have other values: path, values that are gone, values that are new.
pub(super) fn values(old: &[Field], new: &[Field]) -> Vec<(String, Vec<String>, Vec<String>)> {
    fn collect<'a>(fields: &'a [Field], path: &str, found: &mut BTreeMap<String, &'a [String]>) {
        for field in fields.iter().filter(|field| field.kind != Kind::Sensitive) {
            let here = if path.is_empty() { field.name.clone() } else { format!("{path}/{}", field.name) };
            let mut kind = &field.kind;
            while let Kind::List(item) = kind {
                kind = item;
            }
            if let Kind::Struct(inner) = kind {
                collect(&inner.fields, &here, found);
            }
            found.insert(here, &field.doc.values);
        }
    }
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    collect(old, "", &mut before);
    collect(new, "", &mut after);
    let lacks = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|value| !others.contains(value)).cloned().collect()
    };
    before
        .into_iter()
        .filter_map(|(path, old)| after.get(&path).map(|new| (path, lacks(old, new), lacks(new, old))))
        .filter(|(_, removed, added)| !(removed.is_empty() && added.is_empty()))
        .collect()
}

/// The properties, at any depth, that became required or optional, or may be null or not, in the schemas that the
/// entities are made of. All columns but the key may be null, so nothing breaks.
pub fn requirements(old: (&Ir, &Spec), new: (&Ir, &Spec)) -> Vec<Entry> {
    let mut entries = Vec::new();
    for entity in &new.0.entities {
        if old.0.entity(&entity.name).is_none() {
            continue;
        }
        let mut found = Vec::new();
        demanded((old.1, new.1), &entity.schema, &entity.shape, "", &mut found);
        entries.extend(found.into_iter().map(|(column, before, after)| Entry {
            entity: entity.name.clone(),
            layer: "bronze",
            table: entity.table.clone(),
            column,
            change: Change::Changed,
            before,
            after,
            breaking: false,
            why: String::new(),
            touches: Vec::new(),
        }));
    }
    entries
}

/// The paths below a schema of which two specs demand something else, with what they demand.
fn demanded(
    specs: (&Spec, &Spec),
    schema: &str,
    fields: &[Field],
    path: &str,
    found: &mut Vec<(String, String, String)>,
) {
    for field in fields.iter().filter(|field| field.kind != Kind::Sensitive) {
        let here = if path.is_empty() { field.name.clone() } else { format!("{path}/{}", field.name) };
        let said = |spec: &Spec| {
            let required = spec.schemas.get(schema).and_then(|schema| schema.get("required"));
            let required = required.and_then(serde_json::Value::as_array);
            let required = required.is_some_and(|names| names.iter().any(|name| name == field.name.as_str()));
            spec.properties(schema).any(|(name, _)| *name == field.name).then(|| {
                let null = if spec.may_be_null(schema, &field.name) { ", may be null" } else { "" };
                format!("{}{null}", if required { "required" } else { "optional" })
            })
        };
        if let (Some(before), Some(after)) = (said(specs.0), said(specs.1))
            && before != after
        {
            found.push((here.clone(), before, after));
        }
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        if let Kind::Struct(inner) = kind {
            demanded(specs, &inner.schema, &inner.fields, &here, found);
        }
    }
}

/// The differences of two maps of types; what is below something added or removed is left out.
pub(super) fn compare(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<(String, Change, String, String)> {
    let parent_in = |path: &str, map: &BTreeMap<String, String>| {
        path.rsplit_once('/').is_none_or(|(parent, _)| map.contains_key(parent))
    };
    let mut found = Vec::new();
    for (path, old) in before {
        match after.get(path) {
            Some(new) if new != old => found.push((path.clone(), Change::Retyped, old.clone(), new.clone())),
            None if parent_in(path, after) => found.push((path.clone(), Change::Removed, old.clone(), String::new())),
            _ => {}
        }
    }
    for (path, new) in after {
        if !before.contains_key(path) && parent_in(path, before) {
            found.push((path.clone(), Change::Added, String::new(), new.clone()));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}
