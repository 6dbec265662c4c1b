//! What the commands print, as golden texts: `UPDATE_GOLDEN=1 cargo test -p connectwise-codegen` writes them anew.

mod common;
#[path = "common/git.rs"]
mod git;

use common::{golden, package, put, run, workspace};
use git::commit;

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
    let (status, out, errors) = run(root, &["check"]);
    is_golden("check-fresh.txt", &format!("{out}{errors}exit status {status}\n"));
    put(root, "generated/src/tables/thing.rs", "changed");
    put(root, "generated/src/old/orphan.rs", "");
    std::fs::remove_file(root.join("generated/src/models/part.rs")).unwrap();
    let (status, out, errors) = run(root, &["check"]);
    is_golden("check.txt", &format!("{out}{errors}exit status {status}\n"));
}

#[test]
fn check_of_a_spec_that_was_edited() {
    const SPEC: &str = "schema/connectwise-1.0.json";
    const LOCK: &str = "schema/openapi.lock";
    let workspace = workspace();
    let root = workspace.path();
    run(root, &["generate"]);
    // Still canonical, and of no consequence for what is generated: only the lock knows.
    let spec = std::fs::read_to_string(root.join(SPEC)).unwrap();
    let edited = spec.replace("https://example.test/apis", "https://example.test/api");
    assert_ne!(spec, edited);
    put(root, SPEC, &edited);
    let (status, out, errors) = run(root, &["check"]);
    is_golden("check-edited-spec.txt", &format!("{out}{errors}exit status {status}\n"));
    // A lock without the entry: the form is left.
    let lock = std::fs::read_to_string(root.join(LOCK)).unwrap();
    let (kept, _) = lock.split_once(",\n  \"fileSha256\"").unwrap();
    put(root, LOCK, &format!("{kept}\n}}\n"));
    assert_eq!(run(root, &["check"]).0, 0);
    put(root, SPEC, &spec.replacen("  \"servers\"", "    \"servers\"", 1));
    let (status, out, _) = run(root, &["check"]);
    assert!(
        status == 4 && out.contains(&format!("{SPEC} is not in the canonical form: run cargo codegen import")),
        "{out}"
    );
}
