//! What Windows makes of the files: git's line ends, and the byte order mark of its editors.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;
#[path = "common/git.rs"]
mod git;

use std::path::{Path, PathBuf};

use common::{copy, golden, package, put, run, workspace};
use git::{commit, git};

/// The files of a workspace that the generator reads or writes.
fn files(root: &Path) -> Vec<PathBuf> {
    fn walk(at: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    ["schema", "templates", "generated"].iter().for_each(|folder| walk(&root.join(folder), &mut found));
    found
}

/// A generated workspace, with each file's text made another.
fn changed(change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let workspace = workspace();
    assert_eq!(run(workspace.path(), &["generate"]).0, 0);
    for file in files(workspace.path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(&text)).unwrap();
    }
    workspace
}

#[track_caller]
fn is_fresh(root: &Path) {
    let (status, out, errors) = run(root, &["check"]);
    assert_eq!((status, errors.as_str()), (0, ""), "{out}");
    assert!(out.contains(" fresh\n") && !out.contains("openapi") && !out.contains("stale"), "{out}");
    let (status, out, errors) = run(root, &["generate"]);
    assert_eq!((status, errors.as_str()), (0, ""), "{out}");
    assert!(!out.contains("updated ") && !out.contains("created "), "{out}");
}

#[test]
fn line_ends_of_windows_are_no_difference() {
    let workspace = changed(|text| text.replace('\n', "\r\n"));
    let root = workspace.path();
    is_fresh(root);
    // What differs beside them is seen, and is written.
    let at = "generated/src/tables/thing.rs";
    put(root, at, &std::fs::read_to_string(root.join(at)).unwrap().replace("cw_thing", "cw_other"));
    let (status, out, _) = run(root, &["check"]);
    assert_eq!((status, out.lines().count()), (4, 3), "{out}");
    assert!(out.contains("generated/src/tables/thing.rs is stale: run cargo codegen generate\n"), "{out}");
    assert_eq!(run(root, &["generate"]).0, 0);
    is_fresh(root);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
    is_fresh(changed(|text| format!("\u{feff}{text}")).path());
    is_fresh(changed(|text| format!("\u{feff}{}", text.replace('\n', "\r\n"))).path());
}

#[test]
fn the_commands_that_write_take_such_files_too() {
    let workspace = changed(|text| format!("\u{feff}{}", text.replace('\n', "\r\n")));
    let root = workspace.path();
    commit(root);
    let source = format!("\u{feff}{}", golden("source.json").replace('\n', "\r\n"));
    put(root, "windows.json", &source);
    let (status, out, errors) = run(root, &["import", root.join("windows.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(out.contains("nothing changed in the spec"), "{out}");
    let (status, out, errors) = run(root, &["diff"]);
    assert_eq!((status, errors.as_str()), (0, ""));
    assert_eq!(out, "no table changed since HEAD\n");
    let (status, out, errors) = run(root, &["diff", "--against", root.join("windows.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(out.starts_with("no table changed since "), "{out}");
    let before = std::fs::read_to_string(root.join("schema/entities.yaml")).unwrap();
    let (_, out, errors) = run(root, &["add", "/loops"]);
    assert!(out.is_empty() && errors.contains("contains itself"), "{out}{errors}");
    assert_eq!(before, std::fs::read_to_string(root.join("schema/entities.yaml")).unwrap());
    is_fresh(root);
}

#[test]
fn a_clone_has_the_line_ends_of_the_repository_whatever_git_is_told() {
    let (origin, clones) = (workspace(), tempfile::tempdir().unwrap());
    let root = origin.path();
    assert_eq!(run(root, &["generate"]).0, 0);
    std::fs::copy(package().join("../.gitattributes"), root.join(".gitattributes")).unwrap();
    copy(&package().join("fuzz/seeds/conditions"), &root.join("codegen/fuzz/seeds/conditions"));
    put(root, "codegen/fuzz/seeds/conditions/lines", "a\r\nb\n");
    commit(root);
    let clone = clones.path().join("clone");
    let (from, to) = (root.to_str().unwrap(), clone.to_str().unwrap());
    git(clones.path(), &["-c", "core.autocrlf=true", "clone", "--quiet", "--config", "core.autocrlf=true", from, to]);
    for file in files(&clone) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains('\r'), "{} has other line ends", file.display());
    }
    let seed = "codegen/fuzz/seeds/conditions/lines";
    assert_eq!(std::fs::read(clone.join(seed)).unwrap(), b"a\r\nb\n", "a seed is bytes");
    is_fresh(&clone);
}
