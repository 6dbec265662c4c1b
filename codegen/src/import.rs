//! `import`: the vendor's full file becomes the canonical one in `schema/`.
//!
//! Kept are the GET operations and whatever they reach; paths and component names are sorted, properties stay in
//! their own order. The result is a pure function of the document, and importing it again changes nothing.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::report::{Problem, Problems};
use crate::spec::{self, Spec};

/// What an import makes of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The version, from `info.version`.
    pub version: String,
    /// The canonical file's name, e.g. `connectwise-2025.1.json`.
    pub file: String,
    /// The canonical text.
    pub text: String,
    /// The text of `openapi.lock`.
    pub lock: String,
}

/// What `openapi.lock` says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lock {
    /// The name of the vendor's file.
    pub source: String,
    /// Its `info.version`.
    pub version: String,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// The canonical file beside the lock.
    pub file: String,
    /// The SHA-256 of the canonical file; empty in a lock that is older than this entry.
    #[serde(rename = "fileSha256", default, skip_serializing_if = "String::is_empty")]
    pub file_sha256: String,
}

/// Makes the canonical file of the source's bytes. `None` where that can't be done, with the reasons in `problems`.
pub fn import(source: &str, bytes: &[u8], problems: &mut Problems) -> Option<Imported> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            problems.push(
                Problem::new(source, "", format!("byte {} is not UTF-8", error.valid_up_to()))
                    .why("the spec is a JSON text in UTF-8")
                    .fix("save the file as UTF-8, or download it again"),
            );
            return None;
        }
    };
    let document = spec::document(source, text, problems)?;
    let spec = Spec::of(source, document.clone(), problems)?;
    let canonical = canonical(source, &document, &spec, problems)?;
    let mut text = match serde_json::to_string_pretty(&canonical) {
        Ok(text) => text,
        Err(error) => {
            problems.push(Problem::new(source, "", format!("the canonical file can't be written: {error}")));
            return None;
        }
    };
    text.push('\n');
    let file = format!("connectwise-{}.json", spec.version);
    let name = source.rsplit(['/', '\\']).next().unwrap_or(source);
    let lock = Lock {
        source: name.to_owned(),
        version: spec.version.clone(),
        sha256: sha256(bytes),
        file: file.clone(),
        file_sha256: sha256(text.as_bytes()),
    };
    let mut lock = serde_json::to_string_pretty(&lock).unwrap_or_default();
    lock.push('\n');
    Some(Imported { version: spec.version, file, text, lock })
}

/// What is wrong with the stored canonical file: it is not as [`import`] wrote it, or as it would write it today.
/// `None` where it is as it should be.
pub fn altered(lock: &Lock, text: &str) -> Option<String> {
    let restore = format!("git checkout -- schema/{}", lock.file);
    if !lock.file_sha256.is_empty() && lock.file_sha256 != sha256(text.as_bytes()) {
        return Some(format!("is not the file that import wrote: run {restore}, or cargo codegen import FILE"));
    }
    let again = import(&lock.file, text.as_bytes(), &mut Problems::new());
    match again {
        Some(again) if again.text == text && again.file == lock.file => None,
        _ => Some("is not in the canonical form: run cargo codegen import FILE with the vendor's file".to_owned()),
    }
}

/// The SHA-256 in hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The canonical document.
fn canonical(source: &str, document: &Value, spec: &Spec, problems: &mut Problems) -> Option<Value> {
    let mut paths = BTreeMap::new();
    let mut reach = Reach { source, document, kept: BTreeMap::new(), missing: BTreeSet::new() };
    for (path, get) in &spec.operations {
        let mut item = Map::new();
        let shared = document.get("paths").and_then(|paths| paths.get(path)).and_then(|item| item.get("parameters"));
        if let Some(parameters) = shared {
            item.insert("parameters".to_owned(), parameters.clone());
        }
        item.insert("get".to_owned(), operation(get));
        let item = Value::Object(item);
        reach.follow(&format!("/paths/{}", spec::escape(path)), &item, problems);
        paths.insert(path.clone(), item);
    }
    if paths.is_empty() {
        problems.push(
            Problem::new(source, "/paths", "no path has a GET operation")
                .why("only what can be read becomes a table")
                .fix("use the vendor's full file"),
        );
    }
    if !problems.is_empty() {
        return None;
    }
    let mut components = Map::new();
    for (section, entries) in reach.kept {
        components.insert(section, Value::Object(entries.into_iter().collect()));
    }
    let mut root = Map::new();
    for key in ["openapi", "info", "servers"] {
        if let Some(value) = document.get(key) {
            root.insert(key.to_owned(), value.clone());
        }
    }
    root.insert("paths".to_owned(), Value::Object(paths.into_iter().collect()));
    root.insert("components".to_owned(), Value::Object(components));
    Some(Value::Object(root))
}

/// An operation without what only a documentation page needs.
fn operation(get: &Value) -> Value {
    let mut get = get.clone();
    if let Some(get) = get.as_object_mut() {
        get.retain(|key, _| key != "tags" && key != "summary");
        for parameter in get.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(parameter) = parameter.as_object_mut() {
                parameter.retain(|key, value| key != "description" || *value != json!(""));
            }
        }
    }
    get
}

/// Collects the components that are reached.
struct Reach<'a> {
    source: &'a str,
    document: &'a Value,
    kept: BTreeMap<String, BTreeMap<String, Value>>,
    missing: BTreeSet<String>,
}

impl Reach<'_> {
    /// Follows every reference below a value. Recursive schemas end at what is kept already.
    fn follow(&mut self, pointer: &str, value: &Value, problems: &mut Problems) {
        let mut open: Vec<(String, Value)> = references(value).into_iter().map(|r| (pointer.to_owned(), r)).collect();
        while let Some((from, reference)) = open.pop() {
            let Some(reference) = reference.as_str() else {
                problems.push(Problem::new(self.source, from, "a `$ref` is not text").fix("correct the reference"));
                continue;
            };
            let parts: Vec<&str> = reference.split('/').collect();
            let found = match parts.as_slice() {
                ["#", "components", section, name] => self
                    .document
                    .get("components")
                    .and_then(|components| components.get(section))
                    .and_then(|entries| entries.get(spec::unescape(name)))
                    .map(|value| ((*section).to_owned(), spec::unescape(name), value)),
                _ => None,
            };
            let Some((section, name, value)) = found else {
                if self.missing.insert(reference.to_owned()) {
                    problems.push(
                        Problem::new(self.source, from, format!("the reference `{reference}` leads nowhere"))
                            .why("whatever uses it can't be typed")
                            .fix("add the component to the source file, or correct the reference"),
                    );
                }
                continue;
            };
            let entries = self.kept.entry(section.clone()).or_default();
            if let Entry::Vacant(entry) = entries.entry(name) {
                let here = format!("/components/{section}/{}", spec::escape(entry.key()));
                open.extend(references(value).into_iter().map(|r| (here.clone(), r)));
                entry.insert(value.clone());
            }
        }
    }
}

/// All references below a value. A property that is itself called `$ref` is an object, not a reference.
fn references(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    if key == "$ref" && !value.is_object() {
                        found.push(value.clone());
                    } else {
                        open.push(value);
                    }
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}
