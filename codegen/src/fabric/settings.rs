//! Reading `schema/model.yaml`: what the semantic model adds to gold.

use crate::gold::model::Sql;
use crate::report::{At, Problems};
use crate::yaml::{self, Keys, Node, Value};

/// The file, relative to the workspace root.
pub(super) const FILE: &str = "schema/model.yaml";

/// A text with its place.
pub(super) type Text = Sql;

/// All of the file.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Columns by gold's name, in every table.
    pub(super) columns: Vec<ColumnSettings>,
    /// Tables by gold's name.
    pub(super) tables: Vec<TableSettings>,
    /// Rows of measures that are a select, with the table that their measures stand in.
    pub(super) measures: Vec<(String, Text)>,
    /// Display folders with their Icelandic names.
    pub(super) folders: Vec<(String, Text)>,
    /// Parts of the model.
    pub(super) perspectives: Vec<PerspectiveSettings>,
    /// Examples of row-level security.
    pub(super) roles: Vec<RoleSettings>,
}

/// A table.
#[derive(Debug)]
pub(super) struct TableSettings {
    pub(super) gold: String,
    /// Where its settings stand.
    pub(super) at: At,
    pub(super) name: Text,
    pub(super) icelandic: Text,
    /// The dimension in whose place facts refer to it.
    pub(super) stands_for: Option<Text>,
    /// Of the date table: the column with the day.
    pub(super) date: Option<Text>,
    /// Of several keys of one dimension: those that filters follow.
    pub(super) active: Vec<Text>,
    pub(super) columns: Vec<ColumnSettings>,
    pub(super) hierarchies: Vec<HierarchySettings>,
}

/// A column.
#[derive(Debug)]
pub(super) struct ColumnSettings {
    pub(super) gold: String,
    /// Where its settings stand.
    pub(super) at: At,
    pub(super) name: Option<Text>,
    pub(super) icelandic: Option<Text>,
    pub(super) hidden: Option<bool>,
    pub(super) format: Option<String>,
    pub(super) sort_by: Option<Text>,
    pub(super) personal: bool,
}

/// A hierarchy.
#[derive(Debug)]
pub(super) struct HierarchySettings {
    pub(super) name: Text,
    pub(super) icelandic: Text,
    pub(super) description: String,
    pub(super) levels: Vec<Text>,
}

/// A perspective.
#[derive(Debug)]
pub(super) struct PerspectiveSettings {
    pub(super) name: Text,
    pub(super) description: String,
    pub(super) tables: Vec<Text>,
    pub(super) folders: Vec<Text>,
}

/// A role.
#[derive(Debug)]
pub(super) struct RoleSettings {
    pub(super) name: Text,
    pub(super) description: String,
    pub(super) table: Text,
    pub(super) dax: Text,
}

/// Reads the file's text. `None` where it can't be read as a whole.
pub(super) fn read(text: &str, problems: &mut Problems) -> Option<Settings> {
    let before = problems.len();
    let root = yaml::parse(FILE, text, problems)?;
    let mut keys = Keys::of(FILE, "", &root, problems)?;
    let mut settings = Settings { columns: columns(&mut keys, problems), ..Settings::default() };
    for (gold, keys) in keys.named("tables", problems) {
        settings.tables.extend(table(gold, keys, problems));
    }
    settings.measures = pairs(&mut keys, "measures", problems);
    settings.folders = pairs(&mut keys, "folders", problems);
    for mut keys in list(&mut keys, "perspectives", problems) {
        settings.perspectives.extend(perspective(&mut keys, problems));
        keys.finish(problems);
    }
    for mut keys in list(&mut keys, "roles", problems) {
        settings.roles.extend(role(&mut keys, problems));
        keys.finish(problems);
    }
    keys.finish(problems);
    (problems.len() == before).then_some(settings)
}

fn table(gold: &str, mut keys: Keys<'_>, problems: &mut Problems) -> Option<TableSettings> {
    let at = keys.at("");
    let name = needed(&mut keys, "name", problems);
    let icelandic = needed(&mut keys, "icelandic", problems);
    let stands_for = optional(&mut keys, "standsFor", problems);
    let date = optional(&mut keys, "date", problems);
    let active = texts(&mut keys, "active", problems);
    let columns = columns(&mut keys, problems);
    let mut hierarchies = Vec::new();
    for mut keys in list(&mut keys, "hierarchies", problems) {
        hierarchies.extend(hierarchy(&mut keys, problems));
        keys.finish(problems);
    }
    keys.finish(problems);
    let (name, icelandic) = (name?, icelandic?);
    Some(TableSettings { gold: gold.to_owned(), at, name, icelandic, stands_for, date, active, columns, hierarchies })
}

fn columns(keys: &mut Keys<'_>, problems: &mut Problems) -> Vec<ColumnSettings> {
    let mut found = Vec::new();
    for (gold, mut keys) in keys.named("columns", problems) {
        found.push(ColumnSettings {
            gold: gold.to_owned(),
            at: keys.at(""),
            name: optional(&mut keys, "name", problems),
            icelandic: optional(&mut keys, "icelandic", problems),
            hidden: keys.optional_flag("hidden", problems),
            format: keys.optional_text("format", problems),
            sort_by: optional(&mut keys, "sortBy", problems),
            personal: keys.optional_flag("personal", problems).unwrap_or(false),
        });
        keys.finish(problems);
    }
    found
}

fn hierarchy(keys: &mut Keys<'_>, problems: &mut Problems) -> Option<HierarchySettings> {
    let name = needed(keys, "name", problems);
    let icelandic = needed(keys, "icelandic", problems);
    let description = keys.text("description", problems);
    let levels = texts(keys, "levels", problems);
    Some(HierarchySettings { name: name?, icelandic: icelandic?, description: description?, levels })
}

fn perspective(keys: &mut Keys<'_>, problems: &mut Problems) -> Option<PerspectiveSettings> {
    let name = needed(keys, "name", problems);
    let description = keys.text("description", problems);
    let tables = texts(keys, "tables", problems);
    let folders = texts(keys, "folders", problems);
    Some(PerspectiveSettings { name: name?, description: description?, tables, folders })
}

fn role(keys: &mut Keys<'_>, problems: &mut Problems) -> Option<RoleSettings> {
    let name = needed(keys, "name", problems);
    let description = keys.text("description", problems);
    let table = needed(keys, "table", problems);
    let dax = needed(keys, "dax", problems);
    Some(RoleSettings { name: name?, description: description?, table: table?, dax: dax? })
}

fn needed(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Option<Text> {
    keys.text(key, problems).map(|text| Text { text, at: keys.at(key) })
}

fn optional(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Option<Text> {
    keys.optional_text(key, problems).map(|text| Text { text, at: keys.at(key) })
}

/// A list of texts, each with its own place.
fn texts(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Vec<Text> {
    let texts = keys.texts(key, problems);
    let nodes = keys.list(key, &mut Problems::new()).iter().filter(|node| node.text().is_some());
    let at = keys.at(key);
    let place = |node: &Node| At { line: node.line, column: node.column, ..at.clone() };
    texts.into_iter().zip(nodes).map(|(text, node)| Text { text, at: place(node) }).collect()
}

/// The mappings of a list.
fn list<'a>(keys: &mut Keys<'a>, key: &'static str, problems: &mut Problems) -> Vec<Keys<'a>> {
    let nodes = keys.list(key, problems).iter().enumerate();
    nodes
        .filter_map(|(index, node)| Keys::of(FILE, format!("{}/{key}/{index}", keys.pointer()), node, problems))
        .collect()
}

/// Names, each with a text.
fn pairs(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Vec<(String, Text)> {
    let Some(node) = keys.get(key) else { return Vec::new() };
    let Value::Map(entries) = &node.value else {
        problems.push(keys.problem(key, format!("`{key}` is a mapping")).fix("write `name: value` lines"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in entries {
        let mut at = keys.at(key);
        (at.line, at.column) = (value.line, value.column);
        match (name.text(), value.text()) {
            (Some(name), Some(text)) => {
                at.pointer = format!("{}/{name}", at.pointer);
                found.push((name.to_owned(), Text { text: text.to_owned(), at }));
            }
            _ => problems.push(
                at.problem(format!("`{key}` holds something that is no text")).fix("write `name: value` lines of text"),
            ),
        }
    }
    found
}
