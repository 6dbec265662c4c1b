//! What changed between two states of the inputs, in the words of the tables.
//!
//! Added columns break nobody; a column that is removed, retyped or renamed breaks whoever reads it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::ir::{Entity, Field, Ir, Kind, SilverColumn};
use crate::spec::Spec;

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another type.
    Retyped,
    /// It has another name.
    Renamed,
    /// A setting has another value.
    Changed,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The entity.
    pub entity: String,
    /// `entity`, `setting`, `bronze` or `silver`.
    pub layer: &'static str,
    /// The table.
    pub table: String,
    /// The column (a path with `/` in bronze); empty for a whole entity.
    pub column: String,
    /// What happened.
    pub change: Change,
    /// What was there before, if anything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// What is there now, if anything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// Whether someone who reads the table has to do something.
    pub breaking: bool,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change {
            Change::Added => "+",
            Change::Removed => "-",
            Change::Retyped | Change::Renamed | Change::Changed => "~",
        };
        write!(f, "{sign} {} {}", self.entity, self.layer)?;
        if !self.column.is_empty() {
            write!(f, " {}.{}", self.table, self.column)?;
        }
        match (self.before.is_empty(), self.after.is_empty()) {
            (false, false) => write!(f, ": {} → {}", self.before, self.after)?,
            (false, true) => write!(f, ": {}", self.before)?,
            (true, false) => write!(f, ": {}", self.after)?,
            (true, true) => {}
        }
        if self.breaking { write!(f, " (breaking)") } else { Ok(()) }
    }
}

/// The changes of entities and columns from one IR to another, by entity and layer.
pub fn tables(old: &Ir, new: &Ir) -> Vec<Entry> {
    let mut entries = Vec::new();
    let whole = |entity: &Entity, change, breaking| Entry {
        entity: entity.name.clone(),
        layer: "entity",
        table: entity.table.clone(),
        column: String::new(),
        change,
        before: String::new(),
        after: String::new(),
        breaking,
    };
    let names: std::collections::BTreeSet<&str> =
        old.entities.iter().chain(&new.entities).map(|entity| entity.name.as_str()).collect();
    for name in names {
        match (old.entity(name), new.entity(name)) {
            (None, Some(entity)) => entries.push(whole(entity, Change::Added, false)),
            (Some(entity), None) => entries.push(whole(entity, Change::Removed, true)),
            (Some(old), Some(new)) => entity(old, new, &mut entries),
            (None, None) => {}
        }
    }
    entries
}

fn entity(old: &Entity, new: &Entity, entries: &mut Vec<Entry>) {
    let entry = |layer, table: &str, column: &str, change, before: &str, after: &str, breaking| Entry {
        entity: new.name.clone(),
        layer,
        table: table.to_owned(),
        column: column.to_owned(),
        change,
        before: before.to_owned(),
        after: after.to_owned(),
        breaking,
    };
    let days = |days: Option<u32>| days.map_or_else(|| "none".to_owned(), |days| days.to_string());
    let settings = [
        ("table", old.table.clone(), new.table.clone(), true),
        ("key", old.key.clone(), new.key.clone(), true),
        ("endpoint", old.endpoint.clone(), new.endpoint.clone(), false),
        ("lookbackDays", days(old.lookback_days), days(new.lookback_days), false),
        ("changeDetection", old.change_detection.name().to_owned(), new.change_detection.name().to_owned(), false),
    ];
    for (name, before, after, breaking) in settings {
        if before != after {
            entries.push(entry("setting", &new.table, name, Change::Changed, &before, &after, breaking));
        }
    }
    let (before, after) = (leaves(&old.shape), leaves(&new.shape));
    for (column, change, from, to) in compare(&before, &after) {
        entries.push(entry("bronze", &new.table, &column, change, &from, &to, change != Change::Added));
    }
    let (before, after) = (silver_tables(old), silver_tables(new));
    let none = BTreeMap::new();
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for table in names {
        let (before, after) = (before.get(table).unwrap_or(&none), after.get(table).unwrap_or(&none));
        for (source, (name, kind)) in before {
            match after.get(source) {
                None => entries.push(entry("silver", table, name, Change::Removed, kind, "", true)),
                Some((other, _)) if other != name => {
                    entries.push(entry("silver", table, name, Change::Renamed, name, other, true));
                }
                Some((_, other)) if other != kind => {
                    entries.push(entry("silver", table, name, Change::Retyped, kind, other, true));
                }
                Some(_) => {}
            }
        }
        for (name, kind) in after.iter().filter(|(source, _)| !before.contains_key(*source)).map(|(_, column)| column) {
            entries.push(entry("silver", table, name, Change::Added, "", kind, false));
        }
    }
}

/// Name and type by source.
type Columns = BTreeMap<String, (String, String)>;

/// The silver tables of an entity with their columns.
fn silver_tables(entity: &Entity) -> BTreeMap<String, Columns> {
    let columns = |columns: &[SilverColumn]| -> Columns {
        columns.iter().map(|column| (column.source.label(), (column.name.clone(), column.kind.label()))).collect()
    };
    let children = entity.children.iter().map(|child| (child.table.clone(), columns(&child.columns)));
    std::iter::once((entity.table.clone(), columns(&entity.silver))).chain(children).collect()
}

/// Every path of a shape with its type.
fn leaves(fields: &[Field]) -> BTreeMap<String, String> {
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

/// The differences of two maps of types; what is below something added or removed is left out.
fn compare(
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
