//! A small spec through the whole generator: the files that come out are the ones in `tests/golden/expected`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p connectwise-codegen` writes them anew; look at the diff before it is committed.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{golden, package, put, run, workspace};
use connectwise_codegen::files::GeneratedFiles;
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::render::render;
use connectwise_codegen::report::Problems;
use serde_json::Value;

fn tree(root: &Path, folder: &str) -> BTreeMap<String, String> {
    fn walk(root: &Path, at: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    if root.join(folder).is_dir() {
        walk(root, &root.join(folder), &mut found);
    }
    found
}

#[test]
fn the_small_spec_gives_the_expected_files() {
    let workspace = workspace();
    let (status, _, errors) = run(workspace.path(), &["generate"]);
    assert_eq!((status, errors.as_str()), (0, ""));
    let mut made = tree(workspace.path(), "generated");
    made.extend(tree(workspace.path(), "schema"));
    made.remove("schema/entities.yaml");
    let expected_at = package().join("tests/golden/expected");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = std::fs::remove_dir_all(&expected_at);
        for (path, text) in &made {
            put(&expected_at, path, text);
        }
    }
    let expected: BTreeMap<String, String> = tree(&expected_at, "");
    let fix = "look at the difference; UPDATE_GOLDEN=1 cargo test -p connectwise-codegen accepts it";
    assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{fix}");
    for (path, text) in &made {
        let lines = text.lines().zip(expected[path].lines());
        if let Some((number, (new, old))) = lines.enumerate().find(|(_, (new, old))| new != old) {
            panic!("{path}:{}: {new}\n expected: {old}\n{fix}", number + 1);
        }
        assert_eq!(text.len(), expected[path].len(), "{path} is longer or shorter: {fix}");
    }
}

/// The same document with the paths and schemas in another order.
fn turned(text: &str, turn: usize) -> String {
    fn rotate(value: &mut Value, turn: usize) {
        let Some(object) = value.as_object_mut() else { return };
        let mut entries: Vec<(String, Value)> = std::mem::take(object).into_iter().collect();
        let places = entries.len().max(1);
        entries.rotate_left(turn % places);
        if turn % 2 == 1 {
            entries.reverse();
        }
        object.extend(entries);
    }
    let mut document: Value = serde_json::from_str(text).unwrap();
    rotate(document.get_mut("paths").unwrap(), turn);
    rotate(document.pointer_mut("/components/schemas").unwrap(), turn);
    serde_json::to_string(&document).unwrap()
}

fn rendered(spec: &str, entities: &str) -> GeneratedFiles {
    let mut inputs = Inputs { spec_file: "schema/x.json".to_owned(), spec: spec.to_owned(), ..Inputs::default() };
    inputs.files.insert("schema/entities.yaml".to_owned(), entities.to_owned());
    inputs.files.insert(
        "templates/dictionary.md.j2".to_owned(),
        std::fs::read_to_string(package().join("../templates/dictionary.md.j2")).unwrap(),
    );
    let mut problems = Problems::new();
    let files = render(&inputs, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    files
}

#[test]
fn the_order_of_paths_and_schemas_does_not_matter() {
    let (spec, entities) = (golden("source.json"), golden("input/schema/entities.yaml"));
    let first = rendered(&spec, &entities);
    assert_eq!(first, rendered(&spec, &entities), "the same input twice");
    for turn in 1..6 {
        let turned = turned(&spec, turn);
        assert_ne!(turned, spec);
        assert_eq!(first, rendered(&turned, &entities), "turned by {turn}");
        let bytes = |text: &str| {
            let mut problems = Problems::new();
            connectwise_codegen::import::import("x.json", text.as_bytes(), &mut problems).unwrap().text
        };
        assert_eq!(bytes(&spec), bytes(&turned), "imported, turned by {turn}");
    }
}

#[test]
fn one_more_property_changes_only_the_files_that_reach_it() {
    let (spec, entities) = (golden("source.json"), golden("input/schema/entities.yaml"));
    let more = spec.replace(
        "\"anything\": { \"type\": \"object\" },",
        "\"anything\": { \"type\": \"object\" }, \"more\": { \"type\": \"string\" },",
    );
    let (before, after) = (rendered(&spec, &entities), rendered(&more, &entities));
    let changed: Vec<&str> =
        after.iter().filter(|(path, text)| before.get(path) != Some(*text)).map(|(path, _)| path).collect();
    assert_eq!(changed, ["generated/DICTIONARY.md", "generated/src/models/thing.rs", "generated/src/tables/thing.rs"]);
}
