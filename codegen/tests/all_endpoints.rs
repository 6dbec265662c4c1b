//! All list endpoints of the spec at once: each becomes an entity as `add` proposes it, with every list of it a table
//! too, or stands in `tests/exceptions.yaml` with the reason. What is generated of them compiles; tables decode and
//! flatten, models read and write. What `add` takes for a secret stands in `tests/sensitive.yaml`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p connectwise-codegen` writes both files anew.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[expect(dead_code, reason = "shared with tests that begin with the small spec")]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::package;
use connectwise_codegen::endpoints::{self, Endpoint};
use connectwise_codegen::files::{GeneratedFiles, write_file};
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::ir::{Entity, Field, Kind};
use connectwise_codegen::proposal::Proposals;
use connectwise_codegen::render::{lower, render};
use connectwise_codegen::report::Problems;
use connectwise_codegen::spec::Spec;
use connectwise_codegen::{entities, yaml};
use serde_json::{Map, Value, json};

const EXCEPTIONS: &str = "tests/exceptions.yaml";
const SENSITIVE: &str = "tests/sensitive.yaml";

/// The checked-in spec, without entities and gold.
fn inputs() -> Inputs {
    let mut problems = Problems::new();
    let mut inputs = Inputs::read(&package().join(".."), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    inputs.files.retain(|file, _| file == "templates/dictionary.md.j2");
    inputs
}

fn spec(inputs: &Inputs) -> Spec {
    Spec::parse(&inputs.spec_file, &inputs.spec, &mut Problems::new()).unwrap()
}

/// `entities.yaml` with everything that can be an entity, parents first, and every list a table of its own.
fn everything(spec: &Spec, found: &[Endpoint]) -> String {
    let mut text = entities::NEW.to_owned();
    let mut proposals = Proposals::new(spec, &[], &text);
    let (parents, children): (Vec<&Endpoint>, Vec<&Endpoint>) =
        found.iter().filter(|endpoint| endpoint.obstacle.is_none()).partition(|endpoint| endpoint.parent.is_none());
    for endpoint in parents.into_iter().chain(children) {
        let (_, entry) = proposals.propose(&endpoint.endpoint).unwrap();
        text.push_str(&entry);
        let lists: Vec<&str> = lists(spec, endpoint).collect();
        if !lists.is_empty() {
            text.push_str(&format!("    children: [{}]\n", lists.join(", ")));
        }
    }
    text
}

/// The lists that the records of an endpoint hold.
fn lists<'a>(spec: &'a Spec, endpoint: &Endpoint) -> impl Iterator<Item = &'a str> {
    let properties = spec.properties(endpoint.schema.as_deref().unwrap());
    properties.filter(|(_, schema)| schema.get("type") == Some(&json!("array"))).map(|(name, _)| name.as_str())
}

fn rendered(inputs: &Inputs) -> GeneratedFiles {
    let mut problems = Problems::new();
    let files = render(inputs, &mut problems);
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{}", said.join("\n\n"));
    files
}

/// The exceptions as the file says them: endpoint and reason.
fn listed(text: &str) -> Vec<(String, String)> {
    let root = yaml::parse(EXCEPTIONS, text, &mut Problems::new()).unwrap();
    let yaml::Value::Map(entries) = root.value else { return Vec::new() };
    let text = |node: &yaml::Node| node.text().unwrap().to_owned();
    entries.iter().map(|(endpoint, reason)| (text(endpoint), text(reason))).collect()
}

#[test]
fn what_can_be_no_entity_is_listed_with_the_reason() {
    let found = endpoints::all(&spec(&inputs()), &[]);
    let exceptions: Vec<(String, String)> = found
        .iter()
        .filter_map(|endpoint| endpoint.obstacle.clone().map(|obstacle| (endpoint.endpoint.clone(), obstacle)))
        .collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let mut text = String::from(
            "# The list endpoints of the spec that no table is made of, and why. A test compares it with what the generator\n\
             # finds; UPDATE_GOLDEN=1 cargo test -p connectwise-codegen writes it anew.\n",
        );
        for (endpoint, reason) in &exceptions {
            text.push_str(&format!("{endpoint}: \"{reason}\"\n"));
        }
        fs::write(package().join(EXCEPTIONS), text).unwrap();
    }
    let listed = listed(&fs::read_to_string(package().join(EXCEPTIONS)).unwrap());
    let fix = format!("codegen/{EXCEPTIONS}: UPDATE_GOLDEN=1 cargo test -p connectwise-codegen accepts it");
    let lacking: Vec<_> = exceptions.iter().filter(|exception| !listed.contains(exception)).collect();
    assert!(lacking.is_empty(), "not listed, or with another reason: {lacking:#?}\n{fix}");
    let stale: Vec<_> = listed.iter().filter(|exception| !exceptions.contains(exception)).collect();
    assert!(stale.is_empty(), "listed, but no longer so: {stale:#?}\n{fix}");
    assert_eq!(listed.len(), exceptions.len(), "an endpoint is listed twice");
}

#[test]
fn what_add_takes_for_a_secret_is_listed() {
    let spec = spec(&inputs());
    let text = everything(&spec, &endpoints::all(&spec, &[]));
    let mut made = String::from(
        "# What `add` proposes as sensitive, for every list endpoint that can be an entity. A test compares it with what\n\
         # the generator finds; UPDATE_GOLDEN=1 cargo test -p connectwise-codegen writes it anew.\n",
    );
    for entity in entities::read(&text, &mut Problems::new()) {
        if !entity.sensitive.is_empty() {
            made.push_str(&format!("{}: [{}]\n", entity.endpoint, entity.sensitive.join(", ")));
        }
    }
    let at = package().join(SENSITIVE);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&at, &made).unwrap();
    }
    let fix = format!("codegen/{SENSITIVE}: UPDATE_GOLDEN=1 cargo test -p connectwise-codegen accepts it");
    assert_eq!(made, fs::read_to_string(&at).unwrap(), "{fix}");
}

#[test]
fn all_of_them_compile_decode_and_flatten() {
    let mut inputs = inputs();
    let spec = spec(&inputs);
    let found = endpoints::all(&spec, &[]);
    inputs.files.insert(entities::FILE.to_owned(), everything(&spec, &found));
    let files = rendered(&inputs);
    let tables = files.get("generated/src/tables/mod.rs").unwrap().matches("::TABLE,").count();
    let possible: Vec<&Endpoint> = found.iter().filter(|endpoint| endpoint.obstacle.is_none()).collect();
    assert_eq!(tables, possible.len(), "one table an endpoint");
    let ir = lower(&inputs, &mut Problems::new()).unwrap();
    let children: usize = ir.entities.iter().map(|entity| entity.children.len()).sum();
    let lists: usize = possible.iter().map(|endpoint| lists(&spec, endpoint).count()).sum();
    assert_eq!(children, lists, "one table a list");
    let operations = files.get("generated/src/client.rs").unwrap();
    for entity in ir.entities.iter().filter(|entity| entity.counted) {
        let count = format!("//! - `{}/count`\n", entity.endpoint.trim_end_matches('/'));
        assert!(operations.contains(&count), "{}", entity.endpoint);
    }

    // In the target folder, so that what did not change since the last time is not compiled again.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("all-endpoints");
    put(&folder, &files, &ir.entities);
    let target: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo sets for this test would have build scripts run anew.
    let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"];
    for (name, _) in std::env::vars().filter(|(name, _)| own.iter().any(|prefix| name.starts_with(prefix))) {
        cargo.env_remove(name);
    }
    let output = cargo
        .current_dir(package().join(".."))
        // The features of the whole workspace, so that no dependency is built a second time.
        .args(["test", "--offline", "--quiet", "--workspace", "--target-dir"])
        .arg(&target)
        // Two crates, which are compiled side by side.
        .args(["--test", "every_endpoint", "--test", "every_model"])
        .env("ALL_ENDPOINTS", &folder)
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("1 passed").count(), 2, "not both were run:\n{said}");
}

/// Writes what the two crates include, and nothing else; a file that is the same stays as it is.
fn put(folder: &Path, files: &GeneratedFiles, entities: &[Entity]) {
    let mut wanted = BTreeMap::from([
        ("crate.rs".to_owned(), "pub mod tables;\n".to_owned()),
        ("typed.rs".to_owned(), "pub mod client;\npub mod models;\npub mod tables;\n".to_owned()),
        ("read.rs".to_owned(), read(files, entities)),
    ]);
    for (path, text) in files.iter() {
        let inside = path.strip_prefix("generated/src/");
        let inside = inside.filter(|path| path.contains('/') || *path == "client.rs");
        wanted.extend(inside.map(|path| (path.to_owned(), text.to_owned())));
    }
    for (path, text) in &wanted {
        if fs::read_to_string(folder.join(path)).ok().as_ref() != Some(text) {
            write_file(folder, path, text).unwrap();
        }
    }
}

/// A record of each entity with every property filled in, and the struct that has to read it: the one that belongs to
/// the entity's table.
fn read(files: &GeneratedFiles, entities: &[Entity]) -> String {
    let name = |entity: &Entity| {
        let model = files.get(&format!("generated/src/models/{}.rs", entity.module)).unwrap();
        let after = model.split_once("\nimpl Entity for ").unwrap().1;
        after.split_once(' ').unwrap().0.to_owned()
    };
    let mut text = String::from("&[\n");
    for entity in entities {
        let mut record = object(&entity.shape);
        if let Some(parent) = entity.parent.as_ref().filter(|parent| !parent.in_record) {
            // The API does not send what the generator added.
            record.as_object_mut().unwrap().remove(&parent.path[0]).unwrap();
        }
        let record = record.to_string();
        text.push_str(&format!("    ({:?}, {record:?}, again::<models::{}>),\n", entity.endpoint, name(entity)));
    }
    text.push_str("]\n");
    text
}

fn object(fields: &[Field]) -> Value {
    let stored = fields.iter().filter(|field| field.kind != Kind::Sensitive);
    Value::Object(stored.map(|field| (field.name.clone(), value(&field.kind))).collect())
}

fn value(kind: &Kind) -> Value {
    match kind {
        Kind::Int => json!(7),
        Kind::Float => json!(1.5),
        Kind::Bool => json!(true),
        Kind::Text | Kind::Hashed => json!("text"),
        Kind::Timestamp => json!("2025-06-15T12:00:00Z"),
        Kind::Json => json!({"any": 1}),
        Kind::Map => Map::from_iter([("key".to_owned(), json!("text"))]).into(),
        Kind::Struct(inner) => object(&inner.fields),
        Kind::List(item) => json!([value(item)]),
        Kind::Sensitive => unreachable!("left out before"),
    }
}
