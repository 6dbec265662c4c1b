//! The gold that a change below it touches.
//!
//! What is gone or has another name is looked up as it was, by the lineage of before; what has another type, on both
//! sides. A bronze path stands for the silver columns that are made of it, in the entity's table and in its lists'.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Entry};
use crate::gold::lineage::Lineage;
use crate::ir::{Entity, Ir, SilverColumn, Source};

/// By silver column: what it goes into.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// Adds to each change the gold that it touches.
pub fn trace(entries: &mut [Entry], old: (&Ir, &Lineage), new: (&Ir, &Lineage)) {
    let (uses_before, uses_after) = (old.1.uses(), new.1.uses());
    let renamed: BTreeSet<(String, String, String)> =
        entries.iter().filter(|entry| entry.change == Change::Renamed).map(name).collect();
    for entry in entries.iter_mut().filter(|entry| entry.change != Change::Added) {
        let (before, after) = (old.0.entity(&entry.entity), new.0.entity(&entry.entity));
        let mut touched = BTreeSet::new();
        if let Some(before) = before {
            // The entry calls the table as it is called now.
            let own = after.is_some_and(|after| after.table == entry.table);
            let table = if own { &before.table } else { &entry.table };
            of(before, table, &entry.column, entry.layer, &uses_before, &mut touched);
        }
        match (after, entry.change) {
            (None, _) | (_, Change::Removed) => {}
            // By that name there may be another one now.
            (_, Change::Retyped) if renamed.contains(&name(entry)) => {}
            (Some(after), Change::Renamed) => {
                of(after, &entry.table, &entry.after, entry.layer, &uses_after, &mut touched);
            }
            (Some(after), _) => of(after, &entry.table, &entry.column, entry.layer, &uses_after, &mut touched),
        }
        entry.touches = touched.into_iter().collect();
    }
}

/// Which column a change is about.
fn name(entry: &Entry) -> (String, String, String) {
    (entry.layer.to_owned(), entry.table.clone(), entry.column.clone())
}

/// What a table, a column, a path or a setting of an entity goes into.
fn of(entity: &Entity, table: &str, column: &str, layer: &str, uses: &Uses, touched: &mut BTreeSet<String>) {
    let mut add = |table: &str, column: &str| {
        touched.extend(uses.get(&format!("{table}.{column}")).into_iter().flatten().cloned());
    };
    match (layer, column) {
        ("silver", column) if !column.is_empty() => add(table, column),
        ("bronze", path) => {
            made_of(path, &entity.silver).for_each(|column| add(&entity.table, column));
            for child in &entity.children {
                let inside = path.strip_prefix(child.list.as_str());
                let inside = inside.and_then(|rest| if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') });
                if let Some(inside) = inside {
                    made_of(inside, &child.columns).for_each(|column| add(&child.table, column));
                }
            }
        }
        // It chooses the item of the list that holds the number.
        ("setting", "agreementNumberCaption") => {
            let fields = entity.children.iter().filter(|child| child.list == "customFields");
            fields.for_each(|child| add(&child.table, "value"));
        }
        ("entity", _) => {
            whole(&entity.table, uses, touched);
            entity.children.iter().for_each(|child| whole(&child.table, uses, touched));
        }
        ("setting", "table") => whole(&entity.table, uses, touched),
        ("silver", _) => whole(table, uses, touched),
        _ => {}
    }
}

fn whole(table: &str, uses: &Uses, touched: &mut BTreeSet<String>) {
    let table = format!("{table}.");
    let inside = uses.iter().filter(|(name, _)| name.starts_with(&table));
    touched.extend(inside.flat_map(|(_, uses)| uses.iter().cloned()));
}

/// The columns whose value is what stands at a path, or below it.
fn made_of<'a>(path: &str, columns: &'a [SilverColumn]) -> impl Iterator<Item = &'a str> {
    let wanted: Vec<String> = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let made_of_it = move |column: &&SilverColumn| match &column.source {
        Source::Path(path) => path.starts_with(&wanted),
        Source::InfoText(_) | Source::InfoTime(_) => wanted.len() == 1 && wanted.iter().all(|name| name == "_info"),
    };
    columns.iter().filter(made_of_it).map(|column| column.name.as_str())
}
