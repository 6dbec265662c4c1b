//! What changed in the YAML of gold: tables, columns, and the rules that classify agreements.
//!
//! A table or column that is gone, has another type or another key breaks whoever reads it, and so does a class that
//! no agreement gets any more. Another expression or other rows give other values under the same names, which breaks
//! no query. A file that can't be read on a side has no changes: what is wrong with it is for `check` to say.

use std::collections::{BTreeMap, BTreeSet};

use crate::gold::load::{self, Model};
use crate::gold::model::{Additivity, Column, CustomField, Dimension, Fact, Sql, With};
use crate::gold::rules::{self, Rule, Rules};
use crate::inputs::Inputs;

use super::change::{Change, Entry};

/// The macros and functions that give a class.
const CLASSES: [&str; 3] = ["agreement_type", "billing_behavior", "is_invoiceable"];

/// The changes of gold from one state of the inputs to another; none where the older one has no gold.
pub fn gold(old: &Inputs, new: &Inputs) -> Vec<Entry> {
    let Some(before) = load::model(old) else { return Vec::new() };
    let after = load::model(new);
    let mut entries = Vec::new();
    let (old_tables, new_tables) = (tables(&before), after.as_ref().map(tables).unwrap_or_default());
    let names: BTreeSet<&str> = old_tables.keys().chain(new_tables.keys()).copied().collect();
    for name in names {
        match (old_tables.get(name), new_tables.get(name)) {
            (Some(old), Some(new)) => table(name, old, new, &mut entries),
            (Some(gone), None) if !new.files.contains_key(gone.file) => {
                entries.push(entry(name, "", Change::Removed, "", "", true));
            }
            (None, Some(added)) if !old.files.contains_key(added.file) => {
                entries.push(entry(name, "", Change::Added, "", "", false));
            }
            _ => {}
        }
    }
    if let Some(after) = &after
        && old.files.contains_key(rules::FILE)
        && new.files.contains_key(rules::FILE)
    {
        let first = entries.len();
        of_rules(&before.rules, &after.rules, &mut entries);
        let touched = classes(&new_tables);
        entries.iter_mut().skip(first).for_each(|entry| entry.touches.clone_from(&touched));
    }
    entries
}

fn entry(table: &str, column: &str, change: Change, before: &str, after: &str, breaking: bool) -> Entry {
    Entry {
        entity: String::new(),
        layer: "gold",
        table: table.to_owned(),
        column: column.to_owned(),
        change,
        before: before.to_owned(),
        after: after.to_owned(),
        breaking,
        why: String::new(),
        touches: Vec::new(),
    }
}

/// What dimensions and facts have in common here.
struct Table<'a> {
    file: &'a str,
    /// What a query joins by, with the words of the YAML.
    keys: Vec<(&'static str, &'a str)>,
    /// What the rows are chosen by, with the words of the YAML.
    rows: Vec<(&'static str, String)>,
    columns: &'a [Column],
}

fn tables(model: &Model) -> BTreeMap<&str, Table<'_>> {
    let dimensions = model.dimensions.iter().map(|table| (table.table.as_str(), of_dimension(table)));
    dimensions.chain(model.facts.iter().map(|table| (table.table.as_str(), of_fact(table)))).collect()
}

fn of_dimension(table: &Dimension) -> Table<'_> {
    let settings: Vec<String> = table.settings.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let with: Vec<String> =
        table.with.iter().map(|With { name, sql }| format!("{name} AS {}", one_line(sql))).collect();
    Table {
        file: &table.file,
        keys: vec![("key", &table.key), ("naturalKey", &table.natural_key)],
        rows: vec![
            ("with", with.join(", ")),
            ("from", optional(table.from.as_ref())),
            ("values", table.values.join(", ")),
            ("columnsOf", optional(table.columns_of.as_ref())),
            ("statement", optional(table.statement.as_ref())),
            ("settings", settings.join(", ")),
        ],
        columns: &table.columns,
    }
}

fn of_fact(table: &Fact) -> Table<'_> {
    Table {
        file: &table.file,
        keys: vec![("key", &table.key)],
        rows: vec![
            ("source", table.source.clone()),
            ("from", optional(table.from.as_ref())),
            ("joins", one_line(&table.joins)),
        ],
        columns: &table.columns,
    }
}

fn table(name: &str, old: &Table<'_>, new: &Table<'_>, entries: &mut Vec<Entry>) {
    for ((setting, before), (_, after)) in old.keys.iter().zip(&new.keys) {
        if before != after {
            entries.push(entry(name, setting, Change::Changed, before, after, true));
        }
    }
    let parts = old.rows.iter().zip(&new.rows);
    let other: Vec<&str> = parts.filter(|(before, after)| before != after).map(|(part, _)| part.0).collect();
    if !other.is_empty() {
        // The parts are whole statements: their text is for the diff of the file.
        entries.push(entry(name, "", Change::Changed, "", &format!("other {}", other.join(", ")), false));
    }
    for before in old.columns {
        match new.columns.iter().find(|column| column.name == before.name) {
            None => entries.push(entry(name, &before.name, Change::Removed, before.data_type.label(), "", true)),
            Some(after) => column(name, before, after, entries),
        }
    }
    for added in new.columns.iter().filter(|column| old.columns.iter().all(|other| other.name != column.name)) {
        entries.push(entry(name, &added.name, Change::Added, "", added.data_type.label(), false));
    }
}

fn column(table: &str, old: &Column, new: &Column, entries: &mut Vec<Entry>) {
    let mut push = |change, before: &str, after: &str, breaking| {
        entries.push(entry(table, &new.name, change, before, after, breaking));
    };
    let types = (old.data_type.label(), new.data_type.label());
    if types.0 != types.1 {
        push(Change::Retyped, types.0, types.1, true);
    }
    if old.dimension != new.dimension {
        let key =
            |column: &Column| column.dimension.as_ref().map_or("no key".to_owned(), |name| format!("key of {name}"));
        push(Change::Changed, &key(old), &key(new), true);
    }
    let (before, after) = (one_line(&old.expression), one_line(&new.expression));
    if before != after {
        push(Change::Changed, &before, &after, false);
    }
    let carries = |column: &Column| -> String {
        let carried: Vec<String> =
            column.carries.iter().map(|(name, sql)| format!("{name}: {}", one_line(sql))).collect();
        carried.join(", ")
    };
    let null_counts = |column: &Column| {
        use crate::gold::model::Type;
        if column.data_type == Type::Measure { "null counts as 0" } else { "may be null" }.to_owned()
    };
    let field = |column: &Column| column.custom_field.as_ref().map(CustomField::label).unwrap_or_default();
    let additivity = |column: &Column| column.additivity.map_or("", Additivity::name).to_owned();
    let mut details = vec![
        ("customField", field(old), field(new)),
        ("additivity", additivity(old), additivity(new)),
        ("format", old.format.clone().unwrap_or_default(), new.format.clone().unwrap_or_default()),
        ("unknown", optional(old.unknown.as_ref()), optional(new.unknown.as_ref())),
        ("inferred", optional(old.inferred.as_ref()), optional(new.inferred.as_ref())),
        ("carries", carries(old), carries(new)),
        ("infers", old.infers.to_string(), new.infers.to_string()),
    ];
    if types.0 == types.1 {
        details.push(("measure", null_counts(old), null_counts(new)));
    }
    for (detail, before, after) in details {
        if before != after {
            push(Change::Changed, &format!("{detail}: {before}"), &format!("{detail}: {after}"), false);
        }
    }
}

/// The rules, found again by the type that they give.
fn of_rules(old: &Rules, new: &Rules, entries: &mut Vec<Entry>) {
    let (before, after) = (numbered(&old.rules), numbered(&new.rules));
    let gives = |rules: &Rules, class: &str| {
        rules.otherwise_type == class || rules.rules.iter().any(|rule| rule.normalized == class)
    };
    let mut push = |rule: &str, change, before: &str, after: &str, breaking| {
        entries.push(Entry { layer: "rules", ..entry("agreement-rules", rule, change, before, after, breaking) });
    };
    for (name, rule) in &before {
        match after.iter().find(|(other, _)| other == name) {
            None => push(name, Change::Removed, &said(rule), "", !gives(new, &rule.normalized)),
            Some((_, now)) if said(now) != said(rule) => {
                push(name, Change::Changed, &said(rule), &said(now), false);
            }
            Some(_) => {}
        }
    }
    for (name, rule) in after.iter().filter(|(name, _)| before.iter().all(|(other, _)| other != name)) {
        push(name, Change::Added, "", &said(rule), false);
    }
    let order = |some: &[(String, &Rule)], others: &[(String, &Rule)]| -> Vec<String> {
        let both = some.iter().filter(|(name, _)| others.iter().any(|(other, _)| other == name));
        both.map(|(name, _)| name.clone()).collect()
    };
    let orders = (order(&before, &after), order(&after, &before));
    if orders.0 != orders.1 {
        push("order", Change::Changed, &orders.0.join(", "), &orders.1.join(", "), false);
    }
    let otherwise = |rules: &Rules| format!("{}, {}", rules.otherwise_type, rules.otherwise_behavior);
    if otherwise(old) != otherwise(new) {
        let breaking = !gives(new, &old.otherwise_type);
        push("otherwise", Change::Changed, &otherwise(old), &otherwise(new), breaking);
    }
}

/// The rules by their types; a further one of the same type has its number behind it.
fn numbered(rules: &[Rule]) -> Vec<(String, &Rule)> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    rules
        .iter()
        .map(|rule| {
            let count = seen.entry(&rule.normalized).or_default();
            *count += 1;
            let name = if *count == 1 { rule.normalized.clone() } else { format!("{} {count}", rule.normalized) };
            (name, rule)
        })
        .collect()
}

/// A rule in one line.
fn said(rule: &Rule) -> String {
    let never = if rule.invoiceable { "" } else { ", not invoiceable" };
    format!("{}: {}{never}", rule.patterns.join(", "), rule.behavior)
}

/// The columns that are computed with a class.
fn classes(tables: &BTreeMap<&str, Table<'_>>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, table) in tables {
        let classified = table
            .columns
            .iter()
            .filter(|column| CLASSES.iter().any(|class| column.expression.text.contains(&format!("{class}("))));
        found.extend(classified.map(|column| format!("{name}.{}", column.name)));
    }
    found
}

fn optional(sql: Option<&Sql>) -> String {
    sql.map(one_line).unwrap_or_default()
}

/// SQL without its line breaks: how it is laid out is no change.
fn one_line(sql: &Sql) -> String {
    sql.text.split_whitespace().collect::<Vec<_>>().join(" ")
}
