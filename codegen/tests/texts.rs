//! What the commands print, as golden texts: `UPDATE_GOLDEN=1 cargo test -p connectwise-codegen` writes them anew.

mod common;

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
