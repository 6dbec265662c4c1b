//! `schema/entities.yaml`: which list endpoints become tables, and how they are read.

use std::collections::BTreeMap;

use crate::inputs::Inputs;
use crate::ir::{ChangeDetection, ParentEnded, Variant};
use crate::lower::naming::closest;
use crate::report::{Problem, Problems};
use crate::yaml::{self, Keys, Node};

/// The file, relative to the workspace root.
pub const FILE: &str = "schema/entities.yaml";

/// The bronze table of records that do not fit, which is no entity's.
pub const QUARANTINE: &str = "cw_quarantine";

/// What a new file begins with.
pub const NEW: &str = "# yaml-language-server: $schema=entities.schema.json\nentities:\n";

/// What `access` may be.
pub const ACCESS: [&str; 2] = ["required", "optional"];

/// An entity as the file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityConfig {
    /// Its pointer in the file, e.g. `/entities/0`.
    pub pointer: String,
    /// Where it stands.
    pub place: (u64, u64),
    /// Where its keys stand, and what is inside of them, by their pointers from here, e.g. `sensitive/0`.
    pub places: BTreeMap<String, (u64, u64)>,
    /// `name`.
    pub name: String,
    /// `endpoint`.
    pub endpoint: String,
    /// `parent`.
    pub parent: Option<String>,
    /// `parentEnded`.
    pub parent_ended: Option<ParentEnded>,
    /// Whether `access` is `optional`.
    pub optional: bool,
    /// `table`.
    pub table: String,
    /// `key`.
    pub key: String,
    /// `lookbackDays`.
    pub lookback_days: Option<u32>,
    /// `changeDetection`.
    pub change_detection: ChangeDetection,
    /// `sensitive`.
    pub sensitive: Vec<String>,
    /// `exclude` of `personal`.
    pub exclude: Vec<String>,
    /// `hash` of `personal`.
    pub hash: Vec<String>,
    /// `children`.
    pub children: Vec<String>,
    /// `variants`.
    pub variants: Vec<Variant>,
    /// `reconcile`; absent where the file leaves it to the flags that the API has for this.
    pub reconcile: Option<Vec<String>>,
    /// `agreementNumberCaption`.
    pub agreement_number_caption: Option<String>,
}

impl EntityConfig {
    /// A problem of the entity at one of its keys or inside of it, e.g. `key` or `sensitive/0`; where there is no such
    /// key, at what is around.
    pub fn problem(&self, at: &str, what: impl Into<String>) -> Problem {
        let mut around = at;
        let (line, column) = loop {
            if let Some(place) = self.places.get(around) {
                break *place;
            }
            match around.rsplit_once('/') {
                Some((outer, _)) => around = outer,
                None => break self.place,
            }
        };
        let pointer = if at.is_empty() { self.pointer.clone() } else { format!("{}/{at}", self.pointer) };
        Problem::new(FILE, pointer, what).place(line, column)
    }
}

/// The entities of a workspace that may have none yet: what `list` shows and `add` adds to.
pub fn declared(inputs: &Inputs, problems: &mut Problems) -> Vec<EntityConfig> {
    match inputs.files.get(FILE) {
        Some(text) if !is_empty(text) => read(text, problems),
        _ => Vec::new(),
    }
}

/// Whether the file has no entity yet.
fn is_empty(text: &str) -> bool {
    let Some(node) = yaml::parse(FILE, text, &mut Problems::new()) else { return false };
    match node.value {
        yaml::Value::Null => true,
        yaml::Value::Map(entries) => {
            entries.iter().all(|(key, value)| key.text() == Some("entities") && value.value == yaml::Value::Null)
        }
        _ => false,
    }
}

/// Reads the file. What can be read is returned even where there are problems.
pub fn read(text: &str, problems: &mut Problems) -> Vec<EntityConfig> {
    let Some(root) = yaml::parse(FILE, text, problems) else { return Vec::new() };
    let Some(mut keys) = Keys::of(FILE, "", &root, problems) else { return Vec::new() };
    let nodes = keys.list("entities", problems);
    if nodes.is_empty() {
        problems.push(
            keys.problem("entities", "there is no entity")
                .fix("add one with `cargo codegen add ENDPOINT`; `cargo codegen list --all` shows what there is"),
        );
    }
    let entities: Vec<EntityConfig> =
        nodes.iter().enumerate().filter_map(|(index, node)| entity(index, node, problems)).collect();
    keys.finish(problems);
    clashes(&entities, problems);
    entities
}

fn entity(index: usize, node: &Node, problems: &mut Problems) -> Option<EntityConfig> {
    let mut keys = Keys::of(FILE, format!("/entities/{index}"), node, problems)?;
    let name = keys.text("name", problems);
    let endpoint = keys.text("endpoint", problems);
    let parent = keys.optional_text("parent", problems);
    let parent_ended = match keys.get("parentEnded") {
        Some(node) => parent_ended(format!("{}/parentEnded", keys.pointer()), node, problems),
        None => None,
    };
    let optional = one_of(&mut keys, "access", "access to a list", ACCESS, problems);
    let table = keys.text("table", problems);
    let key = keys.optional_text("key", problems).unwrap_or_else(|| "id".to_owned());
    let lookback_days = keys.optional_count("lookbackDays", problems);
    let change_detection = change_detection(&mut keys, problems);
    let sensitive = keys.texts("sensitive", problems);
    let (mut exclude, mut hash) = (Vec::new(), Vec::new());
    if let Some(node) = keys.get("personal") {
        let pointer = format!("{}/personal", keys.pointer());
        if let Some(mut personal) = Keys::of(FILE, pointer, node, problems) {
            exclude = personal.texts("exclude", problems);
            hash = personal.texts("hash", problems);
            personal.finish(problems);
        }
    }
    let children = keys.texts("children", problems);
    let mut variants = Vec::new();
    for (index, node) in keys.list("variants", problems).iter().enumerate() {
        let pointer = format!("{}/variants/{index}", keys.pointer());
        variants.extend(variant(pointer, node, problems));
    }
    let reconcile = keys.get("reconcile").is_some().then(|| keys.texts("reconcile", problems));
    let agreement_number_caption = keys.optional_text("agreementNumberCaption", problems);
    if let Some(name) = name.as_deref().filter(|name| !is_identifier(name)) {
        problems.push(
            keys.problem("name", format!("`{name}` can't be an entity's name"))
                .why("it becomes a file, a module and an argument of --entities")
                .fix("use letters and digits, beginning with a capital, e.g. TimeEntry"),
        );
    }
    if let Some(table) = table.as_deref().filter(|table| !is_table(table)) {
        problems.push(
            keys.problem("table", format!("`{table}` can't be a table's name"))
                .fix("use lower-case letters, digits and `_`, e.g. cw_timeentry"),
        );
    }
    if table.as_deref() == Some(QUARANTINE) {
        problems.push(
            keys.problem("table", format!("`{QUARANTINE}` is a table of the pipeline's own"))
                .why("records that do not fit their table are kept there")
                .fix("choose another name"),
        );
    }
    let pointer = keys.pointer().to_owned();
    keys.finish(problems);
    let mut places = BTreeMap::new();
    inside("", node, &mut places);
    Some(EntityConfig {
        pointer,
        place: (node.line, node.column),
        places,
        name: name?,
        endpoint: endpoint?,
        parent,
        parent_ended,
        optional: optional == ACCESS[1],
        table: table?,
        key,
        lookback_days,
        change_detection,
        sensitive,
        exclude,
        hash,
        children,
        variants,
        reconcile,
        agreement_number_caption,
    })
}

/// Where everything inside of a node stands.
fn inside(pointer: &str, node: &Node, places: &mut BTreeMap<String, (u64, u64)>) {
    let mut add = |name: &str, node: &Node| {
        let here = if pointer.is_empty() { name.to_owned() } else { format!("{pointer}/{name}") };
        places.insert(here.clone(), (node.line, node.column));
        inside(&here, node, places);
    };
    match &node.value {
        yaml::Value::Map(entries) => {
            entries
                .iter()
                .filter_map(|(key, value)| Some((key.text()?, value)))
                .for_each(|(key, value)| add(key, value));
        }
        yaml::Value::List(items) => items.iter().enumerate().for_each(|(index, item)| add(&index.to_string(), item)),
        _ => {}
    }
}

fn change_detection(keys: &mut Keys<'_>, problems: &mut Problems) -> ChangeDetection {
    let names = ChangeDetection::ALL.map(|(name, _)| name);
    let text = one_of(keys, "changeDetection", "way to find changes", names, problems);
    let found = ChangeDetection::ALL.into_iter().find(|(name, _)| *name == text);
    found.map_or(ChangeDetection::LastUpdated, |(_, value)| value)
}

/// One of a few words; the first where there is none, or another one.
fn one_of<const N: usize>(
    keys: &mut Keys<'_>,
    key: &'static str,
    what: &str,
    words: [&'static str; N],
    problems: &mut Problems,
) -> &'static str {
    let Some(text) = keys.optional_text(key, problems) else { return words[0] };
    if let Some(word) = words.into_iter().find(|word| *word == text) {
        return word;
    }
    let near = closest(&text, words).map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    problems
        .push(keys.problem(key, format!("`{text}` is no {what}")).fix(format!("{near}Known are {}", words.join(", "))));
    words[0]
}

fn parent_ended(pointer: String, node: &Node, problems: &mut Problems) -> Option<ParentEnded> {
    let mut keys = Keys::of(FILE, pointer, node, problems)?;
    let property = keys.text("property", problems);
    let days = keys.optional_count("days", problems);
    if days.is_none() {
        problems.push(keys.problem("days", "`days` is missing").fix("add e.g. `days: 365`"));
    }
    keys.finish(problems);
    Some(ParentEnded { property: property?, days: days? })
}

fn variant(pointer: String, node: &Node, problems: &mut Problems) -> Option<Variant> {
    let mut keys = Keys::of(FILE, pointer, node, problems)?;
    let name = keys.text("name", problems);
    let having = keys.text("having", problems);
    let lookback_days = keys.optional_count("lookbackDays", problems);
    if lookback_days.is_none() {
        problems.push(keys.problem("lookbackDays", "`lookbackDays` is missing").fix("add e.g. `lookbackDays: 90`"));
    }
    keys.finish(problems);
    Some(Variant { name: name?, having: having?, lookback_days: lookback_days? })
}

/// Names, tables and files are unique, whatever their case.
fn clashes(entities: &[EntityConfig], problems: &mut Problems) {
    let mut seen: Vec<(&str, String)> = Vec::new();
    for entity in entities {
        let mut names = vec![("name", "name".to_owned(), &entity.name), ("table", "table".to_owned(), &entity.table)];
        let variants = entity.variants.iter().enumerate();
        names.extend(variants.map(|(index, variant)| ("name", format!("variants/{index}/name"), &variant.name)));
        for (what, at, name) in names {
            let key = (what, name.to_lowercase());
            if seen.contains(&key) {
                problems.push(
                    entity
                        .problem(&at, format!("the {what} `{name}` is used twice"))
                        .why("names are compared without regard to case")
                        .fix("give one of them another name"),
                );
            }
            seen.push(key);
        }
    }
}

fn is_identifier(name: &str) -> bool {
    name.chars().next().is_some_and(|c| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_table(name: &str) -> bool {
    name.chars().next().is_some_and(|c| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
