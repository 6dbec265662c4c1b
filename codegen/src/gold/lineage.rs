//! What each gold column is computed from, and what each silver column goes into.
//!
//! A value's sources are followed through parts, subqueries and other gold tables down to silver. What rows are
//! chosen and joined by counts apart: it decides whether a row is there, not what stands in it.

use std::collections::{BTreeMap, BTreeSet};

/// The columns of stored tables that a value is computed from, as `layer.table.column`.
pub(crate) type Origins = BTreeSet<String>;

/// The columns of a table, each with what it is computed from.
pub(crate) type Columns = BTreeMap<String, Origins>;

/// The lineage of all gold tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// By gold table and column: the stored columns (`layer.table.column`) that it is computed from.
    columns: BTreeMap<String, Columns>,
    /// By gold table: the stored columns that its rows are chosen and joined by.
    conditions: BTreeMap<String, Origins>,
}

impl Lineage {
    /// Adds a table.
    pub(crate) fn add(&mut self, table: &str, columns: Columns, conditions: Origins) {
        self.columns.insert(table.to_owned(), columns);
        self.conditions.insert(table.to_owned(), conditions);
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The silver columns (`table.column`) that a gold column is computed from, through other gold tables too.
    pub fn sources(&self, table: &str, column: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if let Some(origins) = self.columns.get(table).and_then(|columns| columns.get(column)) {
            self.follow(origins, &mut BTreeSet::new(), &mut found);
        }
        found
    }

    /// By silver column (`table.column`): the gold columns that are computed from it, and the gold tables (by their
    /// bare names) whose rows are chosen or joined by it.
    pub fn uses(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, columns) in &self.columns {
            for column in columns.keys() {
                for source in self.sources(table, column) {
                    uses.entry(source).or_default().insert(format!("{table}.{column}"));
                }
            }
        }
        for (table, origins) in &self.conditions {
            for origin in origins.iter().filter_map(|origin| origin.strip_prefix("silver.")) {
                uses.entry(origin.to_owned()).or_default().insert(table.clone());
            }
        }
        uses
    }

    fn follow<'a>(&'a self, origins: &'a Origins, seen: &mut BTreeSet<&'a str>, found: &mut BTreeSet<String>) {
        for origin in origins {
            if let Some(silver) = origin.strip_prefix("silver.") {
                found.insert(silver.to_owned());
            } else if seen.insert(origin)
                && let Some((table, column)) = origin.strip_prefix("gold.").and_then(|name| name.split_once('.'))
                && let Some(further) = self.columns.get(table).and_then(|columns| columns.get(column))
            {
                self.follow(further, seen, found);
            }
        }
    }
}

/// A list for a table's cell: whole where it is short, else its beginning and how many more there are.
pub(crate) fn shortened<'a>(names: impl IntoIterator<Item = &'a String>, most: usize) -> String {
    let names: Vec<&String> = names.into_iter().collect();
    let mut shown: Vec<String> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
    if names.len() > most {
        shown.push(format!("{} more", names.len() - most));
    }
    shown.join(", ")
}
