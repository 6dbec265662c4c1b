//! The JSON Schemas of the YAML files say what the readers read: neither knows a key that the other does not, and
//! every checked-in file is as its schema has it.

#[expect(dead_code, reason = "shared with tests that begin with the small spec")]
mod common;

use std::collections::{BTreeMap, BTreeSet};

use connectwise_codegen::describe::{Holds, KINDS, Kind, Mapping};
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::render::render;
use connectwise_codegen::report::Problems;
use connectwise_codegen::yaml::{self, Node, Value};

/// A key that no reader knows and that is near to none.
const UNKNOWN: &str = "zzzqqq";

/// Where the files of a kind stand, and a file of it.
fn example(kind: &Kind) -> &'static str {
    match kind.file {
        "entities.schema.json" => "schema/entities.yaml",
        "agreement-rules.schema.json" => "schema/agreement-rules.yaml",
        "dimension.schema.json" => "schema/dimensions/x.yaml",
        "fact.schema.json" => "schema/facts/x.yaml",
        "checks.schema.json" => "schema/checks.yaml",
        "measures.schema.json" => "schema/measures.yaml",
        "report.schema.json" => "schema/report.yaml",
        "model.schema.json" => "schema/model.yaml",
        other => unreachable!("say where the files of {other} stand"),
    }
}

/// A mapping with nothing but an unknown key, and in it every mapping that it can hold.
fn probe(mapping: &Mapping) -> String {
    let mut parts = vec![format!("{UNKNOWN}: 1")];
    for key in mapping.0 {
        match key.holds {
            Holds::Mapping(inner) => parts.push(format!("{}: {}", key.name, probe(inner))),
            Holds::Named(inner) => parts.push(format!("{}: {{one: {}}}", key.name, probe(inner))),
            Holds::Mappings(inner) => parts.push(format!("{}: [{}]", key.name, probe(inner))),
            _ => {}
        }
    }
    format!("{{{}}}", parts.join(", "))
}

/// The keys of every mapping by its pointer, lists by their first item.
fn described(mapping: &Mapping, pointer: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    found.insert(pointer.to_owned(), mapping.0.iter().map(|key| key.name.to_owned()).collect());
    for key in mapping.0 {
        match key.holds {
            Holds::Mapping(inner) => described(inner, &format!("{pointer}/{}", key.name), found),
            Holds::Named(inner) => described(inner, &format!("{pointer}/{}/one", key.name), found),
            Holds::Mappings(inner) => described(inner, &format!("{pointer}/{}/0", key.name), found),
            _ => {}
        }
    }
}

fn checked_in() -> Inputs {
    let mut problems = Problems::new();
    let inputs = Inputs::read(&common::package().join(".."), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    inputs
}

#[test]
fn readers_and_schemas_know_the_same_keys() {
    let mut inputs = checked_in();
    inputs.files.retain(|file, _| file.starts_with("templates/"));
    for kind in &KINDS {
        inputs.files.insert(example(kind).to_owned(), probe(kind.root));
    }
    let mut problems = Problems::new();
    let _ = render(&inputs, &mut problems);
    for kind in &KINDS {
        let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| *problem.file == *example(kind)) {
            let Some(pointer) = problem.pointer.strip_suffix(UNKNOWN) else { continue };
            let (_, known) = problem.fix.split_once("known here: ").unwrap();
            let known = known.split(", ").map(str::to_owned);
            read.entry(pointer.trim_end_matches('/').to_owned()).or_default().extend(known);
        }
        let mut wanted = BTreeMap::new();
        described(kind.root, "", &mut wanted);
        assert_eq!(read, wanted, "{}: codegen/src/describe and the reader differ", kind.file);
    }
}

/// What in a file is not as its schema has it.
fn violations(mapping: &Mapping, node: &Node, at: &str, found: &mut Vec<String>) {
    let Value::Map(entries) = &node.value else {
        found.push(format!("{at} is no mapping"));
        return;
    };
    let value = |name: &str| entries.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value);
    for key in mapping.0 {
        let here = format!("{at}/{}", key.name);
        let Some(node) = value(key.name) else {
            if key.required {
                found.push(format!("{here} is required and missing"));
            }
            continue;
        };
        let fits = match (key.holds, &node.value) {
            (Holds::Mapping(inner), _) => {
                violations(inner, node, &here, found);
                true
            }
            (Holds::Mappings(inner), Value::List(items)) => {
                items.iter().for_each(|item| violations(inner, item, &here, found));
                true
            }
            (Holds::Named(inner), Value::Map(entries)) => {
                entries.iter().for_each(|(_, item)| violations(inner, item, &here, found));
                true
            }
            (Holds::OneOf(values), Value::Text(text)) => values.contains(&text.as_str()),
            (Holds::Texts, Value::List(items)) => items.iter().all(|item| item.text().is_some()),
            (Holds::Expression, Value::Int(_))
            | (Holds::Text | Holds::Expression, Value::Text(_))
            | (Holds::Flag, Value::Bool(_))
            | (Holds::Pairs, Value::Map(_)) => true,
            (Holds::Count, Value::Int(number)) => *number >= 0,
            _ => false,
        };
        if !fits {
            found.push(format!("{here} is not {:?}", key.holds));
        }
    }
}

#[test]
fn every_file_names_its_schema_and_is_as_the_schema_has_it() {
    let inputs = checked_in();
    for (file, text) in inputs.below("schema", ".yaml") {
        let first = text.lines().next().unwrap();
        let schema = first.strip_prefix("# yaml-language-server: $schema=");
        let schema = schema.unwrap_or_else(|| unreachable!("{file} begins with `{first}`, not with its schema"));
        let up = file.matches('/').count() - 1;
        let kind = KINDS.iter().find(|kind| schema == format!("{}{}", "../".repeat(up), kind.file));
        let kind = kind.unwrap_or_else(|| unreachable!("{file} names {schema}, which nothing generates"));
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        assert_eq!(folder(example(kind)), folder(file), "{file} names the schema of other files");
        let mut found = Vec::new();
        violations(kind.root, &yaml::parse(file, text, &mut Problems::new()).unwrap(), "", &mut found);
        assert!(found.is_empty(), "{file}: {found:#?}");
    }
}
