//! What changed between two states of the inputs, in the words of the tables.
//!
//! [`tables`] compares bronze and silver, [`requirements`] what the spec demands, [`specs`] the whole spec, [`gold`] the
//! YAML of gold; [`trace`] finds the gold that a change below it touches. Added columns break nobody; a column that is
//! removed, retyped or renamed breaks whoever reads it.

mod change;
mod gold;
mod shape;
mod spec;
mod trace;

use std::collections::{BTreeMap, BTreeSet};

use crate::entities::ACCESS;
use crate::ir::{Entity, Ir, SilverColumn, Variant};

use self::shape::{compare, leaves, values};

pub use self::change::{Change, Entry};
pub use self::gold::gold;
pub use self::shape::requirements;
pub use self::spec::specs;
pub use self::trace::trace;

/// The changes of entities and columns from one IR to another, by entity and layer. `lost` says of entities that are
/// declared, and still no table can be made of, why.
pub fn tables(old: &Ir, new: &Ir, lost: &BTreeMap<String, String>) -> Vec<Entry> {
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
        why: String::new(),
        touches: Vec::new(),
    };
    let names: BTreeSet<&str> = old.entities.iter().chain(&new.entities).map(|entity| entity.name.as_str()).collect();
    for name in names {
        match (old.entity(name), new.entity(name)) {
            (None, Some(entity)) => entries.push(whole(entity, Change::Added, false)),
            (Some(entity), None) => {
                let why = lost.get(name).cloned().unwrap_or_default();
                entries.push(Entry { why, ..whole(entity, Change::Removed, true) });
            }
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
        why: String::new(),
        touches: Vec::new(),
    };
    let days = |days: Option<u32>| days.map_or_else(|| "none".to_owned(), |days| days.to_string());
    let parent = |entity: &Entity| entity.parent.as_ref().map_or_else(|| "none".to_owned(), |of| of.entity.clone());
    let ended = |entity: &Entity| {
        let ended = entity.parent.as_ref().and_then(|parent| parent.ended.as_ref());
        ended.map_or_else(|| "none".to_owned(), |ended| format!("{}, {} days", ended.property, ended.days))
    };
    let access = |entity: &Entity| ACCESS[usize::from(entity.optional)].to_owned();
    let caption = |entity: &Entity| entity.agreement_number_caption.clone().unwrap_or_else(|| "none".to_owned());
    // A name that is gone is one that commands and reports used.
    let gone = old.variants.iter().any(|variant| new.variants.iter().all(|other| other.name != variant.name));
    let settings = [
        ("table", old.table.clone(), new.table.clone(), true),
        ("key", old.key.clone(), new.key.clone(), true),
        ("endpoint", old.endpoint.clone(), new.endpoint.clone(), false),
        ("parent", parent(old), parent(new), false),
        ("parentEnded", ended(old), ended(new), false),
        ("access", access(old), access(new), false),
        ("lookbackDays", days(old.lookback_days), days(new.lookback_days), false),
        ("changeDetection", old.change_detection.name().to_owned(), new.change_detection.name().to_owned(), false),
        ("variants", variants(&old.variants), variants(&new.variants), gone),
        ("reconcile", old.reconcile.join(", "), new.reconcile.join(", "), false),
        ("agreementNumberCaption", caption(old), caption(new), false),
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
    // Another name of the entity's own table is a setting: its columns are compared all the same.
    silver(new, (&new.table, &columns(&old.silver)), &columns(&new.silver), entries);
    let children = |entity: &Entity| -> BTreeMap<String, Columns> {
        entity.children.iter().map(|child| (child.table.clone(), columns(&child.columns))).collect()
    };
    let (before, after) = (children(old), children(new));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for table in names {
        match (before.get(table), after.get(table)) {
            (None, _) => entries.push(entry("silver", table, "", Change::Added, "", "", false)),
            (_, None) => entries.push(entry("silver", table, "", Change::Removed, "", "", true)),
            (Some(before), Some(after)) => silver(new, (table, before), after, entries),
        }
    }
}

/// The changes of one silver table's columns.
fn silver(entity: &Entity, (table, before): (&str, &Columns), after: &Columns, entries: &mut Vec<Entry>) {
    let mut push = |column: &str, change, before: &str, after: &str| {
        entries.push(Entry {
            entity: entity.name.clone(),
            layer: "silver",
            table: table.to_owned(),
            column: column.to_owned(),
            change,
            before: before.to_owned(),
            after: after.to_owned(),
            breaking: change != Change::Added,
            why: String::new(),
            touches: Vec::new(),
        });
    };
    for (source, (name, kind)) in before {
        let Some((other_name, other_kind)) = after.get(source) else {
            push(name, Change::Removed, kind, "");
            continue;
        };
        if name != other_name {
            push(name, Change::Renamed, name, other_name);
        }
        if kind != other_kind {
            push(name, Change::Retyped, kind, other_kind);
        }
    }
    for (name, kind) in after.iter().filter(|(source, _)| !before.contains_key(*source)).map(|(_, column)| column) {
        push(name, Change::Added, "", kind);
    }
}

/// The further names of an entity on one line.
fn variants(variants: &[Variant]) -> String {
    let said =
        |variant: &Variant| format!("{} having {}, {} days", variant.name, variant.having, variant.lookback_days);
    if variants.is_empty() { "none".to_owned() } else { variants.iter().map(said).collect::<Vec<_>>().join("; ") }
}

/// Name and type by source.
type Columns = BTreeMap<String, (String, String)>;

/// The columns of a silver table.
fn columns(columns: &[SilverColumn]) -> Columns {
    columns.iter().map(|column| (column.source.label(), (column.name.clone(), column.kind.label()))).collect()
}
