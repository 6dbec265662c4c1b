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
    // With a semantic model, which other tests of the small spec do without.
    put(workspace.path(), "schema/model.yaml", &golden("model.yaml"));
    let (status, _, errors) = run(workspace.path(), &["generate"]);
    assert_eq!((status, errors.as_str()), (0, ""));
    let mut made = tree(workspace.path(), "generated");
    made.extend(tree(workspace.path(), "schema"));
    // What was written by hand is no output.
    made.retain(|path, _| !path.ends_with(".yaml"));
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
    let expected = [
        "generated/DICTIONARY.md",
        "generated/sql/spark/merge/cw_thing.sql",
        "generated/sql/spark/silver/cw_thing.sql",
        "generated/src/models/thing.rs",
        "generated/src/tables/thing.rs",
    ];
    assert_eq!(changed, expected);
}

/// The checked-in inputs, gold and all.
fn real() -> Inputs {
    let mut problems = Problems::new();
    let inputs = Inputs::read(&package().join(".."), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    inputs
}

fn rendered_of(inputs: &Inputs) -> GeneratedFiles {
    let mut problems = Problems::new();
    let files = render(inputs, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    files
}

/// The files that differ, each with its lines that are gone and its lines that are new.
fn changed(before: &GeneratedFiles, after: &GeneratedFiles) -> BTreeMap<String, (usize, usize)> {
    let lacking = |some: &str, other: &str| {
        let mut left: BTreeMap<&str, i64> = BTreeMap::new();
        other.lines().for_each(|line| *left.entry(line).or_default() += 1);
        some.lines()
            .filter(|line| {
                let count = left.entry(line).or_default();
                *count -= 1;
                *count < 0
            })
            .count()
    };
    let paths = before.iter().chain(after.iter()).map(|(path, _)| path.to_owned());
    let text = |files: &GeneratedFiles, path: &str| files.get(path).unwrap_or_default().to_owned();
    paths
        .map(|path| (text(before, &path), text(after, &path), path))
        .filter(|(old, new, _)| old != new)
        .map(|(old, new, path)| (path, (lacking(&old, &new), lacking(&new, &old))))
        .collect()
}

#[test]
fn one_more_property_of_the_real_spec_changes_a_few_lines_of_the_entities_that_reach_it() {
    let inputs = real();
    let before = rendered_of(&inputs);
    // A schema of one entity, and one that several hold.
    for (schema, reached_by) in [
        ("TimeEntry", &["time_entry"][..]),
        ("TicketReference", &["expense_entry", "invoice", "product_item", "ticket", "time_entry"]),
    ] {
        let mut document: Value = serde_json::from_str(&inputs.spec).unwrap();
        let properties = document.pointer_mut(&format!("/components/schemas/{schema}/properties")).unwrap();
        let more = serde_json::json!({ "type": "string", "description": "Max length: 50;" });
        properties.as_object_mut().unwrap().insert("oneMore".to_owned(), more);
        let spec = serde_json::to_string(&document).unwrap();
        let found = changed(&before, &rendered_of(&Inputs { spec, ..inputs.clone() }));
        let tables: Vec<&str> = found
            .keys()
            .filter_map(|path| path.strip_prefix("generated/src/tables/").and_then(|file| file.strip_suffix(".rs")))
            .collect();
        assert_eq!(tables, reached_by, "{schema}: {found:#?}");
        let models = found.keys().filter(|path| path.starts_with("generated/src/models/")).count();
        assert_eq!(models, 1, "{schema}: {found:#?}");
        assert!(found.contains_key("generated/DICTIONARY.md"));
        for folder in ["silver", "merge"] {
            let prefix = format!("generated/sql/spark/{folder}/");
            assert_eq!(found.keys().filter(|path| path.starts_with(&prefix)).count(), tables.len(), "{found:#?}");
        }
        // Besides them: the dictionary, and the notebook that holds Spark's statements.
        assert_eq!(found.len(), 3 * tables.len() + models + 2, "{schema}: {found:#?}");
        for (path, (gone, new)) in &found {
            let most = match path {
                path if path.ends_with(".md") => tables.len() + 2,
                // Defined, selected, compared, updated and inserted.
                path if path.contains("/merge/") => 6,
                // It holds the statements of all of them.
                path if path.ends_with("notebook-content.py") => 7 * tables.len(),
                _ => 4,
            };
            assert!(*gone == 0 && *new <= most, "{schema}: {path} loses {gone} lines and gets {new}");
        }
    }
}

#[test]
fn the_order_of_the_real_specs_paths_and_schemas_does_not_matter() {
    let inputs = real();
    let spec = turned(&inputs.spec, 3);
    assert_eq!(rendered_of(&inputs), rendered_of(&Inputs { spec, ..inputs.clone() }));
}
