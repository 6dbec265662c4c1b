//! What the commands print, as golden texts: `UPDATE_GOLDEN=1 cargo test -p connectwise-codegen` writes them anew.

mod common;

use std::path::Path;
use std::process::Command;

use common::{golden, package, put, run, workspace};

fn is_golden(name: &str, text: &str) {
    let path = format!("texts/{name}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        put(&package().join("tests/golden"), &path, text);
    }
    assert_eq!(text, golden(&path), "{name}: UPDATE_GOLDEN=1 cargo test -p connectwise-codegen accepts it");
}

#[test]
fn help() {
    for command in ["", "import", "generate", "check", "list", "add", "diff"] {
        let arguments: &[&str] = if command.is_empty() { &["--help"] } else { &[command, "--help"] };
        let (status, out, _) = run(&package(), arguments);
        assert_eq!(status, 0);
        is_golden(&format!("help-{}.txt", if command.is_empty() { "all" } else { command }), &out);
    }
}

#[test]
fn diff_in_all_formats() {
    let workspace = workspace();
    let root = workspace.path();
    let old = golden("source.json")
        .replace("\"price\": { \"type\": \"number\"", "\"price\": { \"type\": \"string\"")
        .replace("\"ok\": { \"type\": \"boolean\" }", "\"okay\": { \"type\": \"boolean\" }")
        .replace("\"companyID\"", "\"companyNumber\"");
    put(root, "old.json", &old);
    let against = root.join("old.json");
    for format in ["text", "md", "json"] {
        let (status, out, errors) = run(root, &["diff", "--against", against.to_str().unwrap(), "--format", format]);
        assert_eq!((status, errors.as_str()), (0, ""));
        is_golden(&format!("diff.{format}"), &out.replace(against.to_str().unwrap(), "old.json"));
    }
}

/// Makes a git repository of a workspace.
fn commit(root: &Path) {
    for arguments in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "first"]] {
        let identity = ["-c", "user.name=n", "-c", "user.email=e@example.test"];
        let output = Command::new("git").arg("-C").arg(root).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Every kind of change of the YAML of gold, since a git revision.
#[test]
fn diff_of_gold_in_all_formats() {
    const THING: &str = "schema/facts/fact_thing.yaml";
    const PART: &str = "schema/dimensions/dimpart.yaml";
    const RULES: &str = "schema/agreement-rules.yaml";
    let workspace = workspace();
    let root = workspace.path();
    commit(root);
    let mut changed = std::collections::BTreeMap::new();
    for (file, before, after) in [
        (THING, "source: cw_thing\n", "source: cw_thing\njoins: JOIN silver.cw_part AS p ON p.id = t.typeId\n"),
        (THING, "expr: t.typeId", "expr: p.id"),
        (THING, "price * 1.24", "price * 1.11"),
        (THING, "name: price\n    type: measure", "name: price\n    type: decimal"),
        (THING, "columns:\n", "columns:\n  - {name: day, type: string, expr: t.day, description: The day.}\n"),
        (PART, "key: PartKey", "key: PartSurrogate"),
        (
            PART,
            "name: partId\n    type: bigint\n    expr: p.id",
            "name: partId\n    type: string\n    expr: CAST(p.id AS STRING)",
        ),
        (PART, "name: partClass", "name: partKind"),
        (PART, "\"'Unknown'\"", "\"'None'\""),
        (RULES, "rules:\n", "rules:\n  - {patterns: [Own], type: internal, behavior: internal}\n"),
        (RULES, "[Service, Þjónusta]", "[Service]"),
        (RULES, "type: prepaid", "type: hours"),
        (RULES, "type: other", "type: unclear"),
    ] {
        let text: &mut String = changed.entry(file).or_insert_with(|| golden(&format!("input/{file}")));
        assert!(text.contains(before), "{file} has no {before}");
        *text = text.replacen(before, after, 1);
    }
    changed.iter().for_each(|(file, text)| put(root, file, text));
    put(root, "schema/dimensions/dimcopy.yaml", &golden(&format!("input/{PART}")).replace("dimpart", "dimcopy"));
    for format in ["text", "md", "json"] {
        let (status, out, errors) = run(root, &["diff", "--against", "HEAD", "--format", format]);
        assert_eq!((status, errors.as_str()), (0, ""));
        is_golden(&format!("diff-gold.{format}"), &out);
    }

    // A file that can't be read has not lost its table; rules that trade places change what is given.
    put(root, THING, "columns: [");
    put(root, PART, &golden(&format!("input/{PART}")));
    std::fs::remove_file(root.join("schema/dimensions/dimcopy.yaml")).unwrap();
    let rules = golden(&format!("input/{RULES}"));
    let (first, rest) = rules.split_once("  - patterns: [Prepaid]").unwrap();
    let (prepaid, otherwise) = rest.split_once("otherwise").unwrap();
    let moved = first.replace("rules:\n", &format!("rules:\n  - patterns: [Prepaid]{prepaid}"));
    put(root, RULES, &format!("{moved}otherwise{otherwise}"));
    let (_, out, _) = run(root, &["diff", "--against", "HEAD"]);
    assert_eq!(
        out,
        "~ rules agreement-rules.order: service, prepaid → prepaid, service; touches dimpart.partClass\n\
         1 change since HEAD, 0 breaking\n"
    );
    std::fs::remove_file(root.join(THING)).unwrap();
    let (_, out, _) = run(root, &["diff", "--against", "HEAD"]);
    assert!(out.starts_with("- gold fact_thing (breaking)\n"), "{out}");
}

/// What became personal, or is so no longer, since a git revision.
#[test]
fn diff_of_what_is_personal() {
    let workspace = workspace();
    let root = workspace.path();
    commit(root);
    let entities = golden("input/schema/entities.yaml")
        .replace("exclude: [kind]", "exclude: [day, type/name]")
        .replace("hash: [company/name, tags, _info/updatedBy]", "hash: [name, company/name]");
    put(root, "schema/entities.yaml", &entities);
    let (status, out, _) = run(root, &["diff", "--against", "HEAD"]);
    assert_eq!(status, 0);
    is_golden("diff-personal.text", &out);
}

#[test]
fn check_that_fails() {
    let workspace = workspace();
    let root = workspace.path();
    let entities = golden("input/schema/entities.yaml");
    let wrong = entities
        .replace("endpoint: /things", "endpoint: /thing")
        .replace("table: cw_part", "table: cw_part\n    sensitive: [secrets]\n    lookbackdays: 3");
    put(root, "schema/entities.yaml", &wrong);
    let (status, out, errors) = run(root, &["check"]);
    is_golden("check-fails.txt", &format!("{out}{errors}exit status {status}\n"));
    put(root, "schema/entities.yaml", &entities);
    let fact = golden("input/schema/facts/fact_thing.yaml").replace("t.typeId", "t.typeID");
    put(root, "schema/facts/fact_thing.yaml", &fact.replace("dimension: dimpart", "dimension: dimparts"));
    let (status, out, errors) = run(root, &["check"]);
    is_golden("check-fails-in-gold.txt", &format!("{out}{errors}exit status {status}\n"));
}

#[test]
fn check() {
    let workspace = workspace();
    let root = workspace.path();
    run(root, &["generate"]);
    put(root, "generated/src/tables/thing.rs", "changed");
    put(root, "generated/src/old/orphan.rs", "");
    std::fs::remove_file(root.join("generated/src/models/part.rs")).unwrap();
    let (status, out, errors) = run(root, &["check"]);
    is_golden("check.txt", &format!("{out}{errors}exit status {status}\n"));
}
