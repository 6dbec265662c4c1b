//! What changed between two states of the inputs, in the words of the tables.
//!
//! [`tables`] compares bronze and silver, [`requirements`] what the spec demands, [`specs`] the whole spec, [`gold`] the
//! YAML of gold; [`trace`] finds the gold that a change below it touches. Added columns break nobody; a column that is
//! removed, retyped or renamed breaks whoever reads it.

mod gold;
mod spec;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::gold::lineage::Lineage;
use crate::ir::{Entity, Field, Ir, Kind, SilverColumn};
use crate::spec::Spec;

pub use self::gold::gold;
pub use self::spec::specs;

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
    /// An enum has more values.
    #[serde(rename = "valuesAdded")]
    ValuesAdded,
    /// An enum has fewer values.
    #[serde(rename = "valuesRemoved")]
    ValuesRemoved,
}

impl Change {
    /// In a table's cell.
    pub fn label(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Retyped => "retyped",
            Self::Renamed => "renamed",
            Self::Changed => "changed",
            Self::ValuesAdded => "values added",
            Self::ValuesRemoved => "values removed",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The entity; empty in gold.
    pub entity: String,
    /// `entity`, `setting`, `bronze`, `silver`, `gold` or `rules`.
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
    /// The gold columns that are computed from it (`table.column`), and the gold tables joined or filtered by it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<String>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change {
            Change::Added => "+",
            Change::Removed => "-",
            _ => "~",
        };
        let space = if self.entity.is_empty() { "" } else { " " };
        write!(f, "{sign} {}{space}{}", self.entity, self.layer)?;
        if !self.column.is_empty() {
            write!(f, " {}.{}", self.table, self.column)?;
        } else if self.layer != "entity" {
            write!(f, " {}", self.table)?;
        }
        if matches!(self.change, Change::ValuesAdded | Change::ValuesRemoved) {
            write!(f, " {}", self.change.label())?;
        }
        match (self.before.is_empty(), self.after.is_empty()) {
            (false, false) => write!(f, ": {} → {}", self.before, self.after)?,
            (false, true) => write!(f, ": {}", self.before)?,
            (true, false) => write!(f, ": {}", self.after)?,
            (true, true) => {}
        }
        if self.breaking {
            write!(f, " (breaking)")?;
        }
        if self.touches.is_empty() { Ok(()) } else { write!(f, "; touches {}", self.touches.join(", ")) }
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
        before: if breaking { entity.endpoint.clone() } else { String::new() },
        after: if breaking { String::new() } else { entity.endpoint.clone() },
        breaking,
        touches: Vec::new(),
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
        touches: Vec::new(),
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
    let more = |before: &[String], after: &[String]| after.iter().any(|name| !before.contains(name));
    if old.sensitive != new.sensitive {
        // What becomes sensitive is stored no longer.
        let breaking = more(&old.sensitive, &new.sensitive);
        let (before, after) = (old.sensitive.join(", "), new.sensitive.join(", "));
        entries.push(entry("setting", &new.table, "sensitive", Change::Changed, &before, &after, breaking));
    }
    if old.excluded != new.excluded {
        let breaking = more(&old.excluded, &new.excluded);
        let (before, after) = (old.excluded.join(", "), new.excluded.join(", "));
        entries.push(entry("setting", &new.table, "personal/exclude", Change::Changed, &before, &after, breaking));
    }
    if old.hashed != new.hashed {
        // The text and its hash are two values, whichever comes after the other.
        let (before, after) = (old.hashed.join(", "), new.hashed.join(", "));
        entries.push(entry("setting", &new.table, "personal/hash", Change::Changed, &before, &after, true));
    }
    for (column, removed, added) in values(&old.shape, &new.shape) {
        if !removed.is_empty() {
            let removed = removed.join(", ");
            entries.push(entry("bronze", &new.table, &column, Change::ValuesRemoved, &removed, "", false));
        }
        if !added.is_empty() {
            let added = added.join(", ");
            entries.push(entry("bronze", &new.table, &column, Change::ValuesAdded, "", &added, false));
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
        // A child's table as a whole; another name of the entity's own is a setting.
        match (before.get(table), after.get(table)) {
            (None, Some(_)) if *table != new.table => {
                entries.push(entry("silver", table, "", Change::Added, "", "", false));
                continue;
            }
            (Some(_), None) if *table != old.table => {
                entries.push(entry("silver", table, "", Change::Removed, "", "", true));
                continue;
            }
            _ => {}
        }
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

/// The enums that have other values: path, values that are gone, values that are new.
fn values(old: &[Field], new: &[Field]) -> Vec<(String, Vec<String>, Vec<String>)> {
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

/// Adds to each change the gold that it touches.
///
/// A column that is gone or has another name is looked up as it was, by the lineage of before; a bronze path stands
/// for the silver columns that are made of it.
pub fn trace(entries: &mut [Entry], old: (&Ir, &Lineage), new: (&Ir, &Lineage)) {
    let sides = [(old.0, old.1.uses()), (new.0, new.1.uses())];
    for entry in entries.iter_mut().filter(|entry| entry.change != Change::Added) {
        let mut touched = std::collections::BTreeSet::new();
        for (ir, uses) in &sides {
            let silver = |name: &str| uses.get(&format!("{}.{name}", entry.table)).into_iter().flatten().cloned();
            match entry.layer {
                "silver" if !entry.column.is_empty() => touched.extend(silver(&entry.column)),
                "bronze" => {
                    let wanted = entry.column.replace('/', ".");
                    let columns = ir.entity(&entry.entity).map(|entity| entity.silver.as_slice()).unwrap_or_default();
                    for column in columns {
                        let source = column.source.label();
                        if source == wanted || source.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('.')) {
                            touched.extend(silver(&column.name));
                        }
                    }
                }
                "entity" | "silver" => {
                    let table = format!("{}.", entry.table);
                    touched
                        .extend(uses.iter().filter(|(name, _)| name.starts_with(&table)).flat_map(|(_, u)| u.clone()));
                }
                _ => {}
            }
        }
        entry.touches = touched.into_iter().collect();
    }
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
