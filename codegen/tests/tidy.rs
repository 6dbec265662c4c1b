//! The files of the generator and of the runtime import each other in one direction: there is no circle between files
//! of different folders, and none of more than two files.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[expect(dead_code, reason = "shared with tests that begin with the small spec")]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::package;
use regex::Regex;

/// A module's path from the crate's root.
type Module = Vec<String>;

/// The modules below a folder of sources, each with its file.
fn modules(root: &Path) -> BTreeMap<Module, String> {
    fn walk(root: &Path, at: &Path, found: &mut BTreeMap<Module, String>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
                continue;
            }
            let file = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let Some(name) = file.strip_suffix(".rs").filter(|name| *name != "main") else { continue };
            let name = name.strip_suffix("/mod").unwrap_or(name);
            let module = if name == "lib" { Vec::new() } else { name.split('/').map(str::to_owned).collect() };
            found.insert(module, file);
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// The paths that a tree of imports stands for.
fn paths(tree: &syn::UseTree, before: &[String], found: &mut Vec<Vec<String>>) {
    let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
    match tree {
        syn::UseTree::Path(path) => paths(&path.tree, &with(path.ident.to_string()), found),
        syn::UseTree::Name(name) => found.push(with(name.ident.to_string())),
        syn::UseTree::Rename(rename) => found.push(with(rename.ident.to_string())),
        syn::UseTree::Glob(_) => found.push(before.to_vec()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| paths(tree, before, found)),
    }
}

/// What a file imports or names: paths that begin with `crate`, `super`, `self`, or a module that it declares.
fn named(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut declared = Vec::new();
    for item in syn::parse_file(text).unwrap().items {
        match item {
            syn::Item::Use(item) => paths(&item.tree, &[], &mut found),
            syn::Item::Mod(item) if item.content.is_none() => declared.push(item.ident.to_string()),
            _ => {}
        }
    }
    // What tests import is no part of the architecture.
    let code = text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(code, _)| code);
    let code = Regex::new(r"(?m)^\s*//.*$|^(pub(\([^)]*\))? )?use [^;]+;").unwrap().replace_all(code, "");
    let inline = Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap();
    found.extend(inline.find_iter(&code).map(|path| path.as_str().split("::").map(str::to_owned).collect()));
    for name in declared {
        if Regex::new(&format!(r"(^|[^\w:]){name}::")).unwrap().is_match(&code) {
            found.push(vec!["self".to_owned(), name]);
        }
    }
    found
}

/// The module that a path leads to from another one.
fn target(path: &[String], from: &Module, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let up = path.iter().take_while(|name| *name == "super").count();
    let (mut full, rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => (from[..from.len().checked_sub(up)?].to_vec(), &path[up..]),
        first if modules.contains_key(&[from.as_slice(), &[first.to_owned()]].concat()) => (from.clone(), path),
        _ => return None,
    };
    full.extend(rest.iter().cloned());
    while !modules.contains_key(&full) {
        full.pop()?;
    }
    (full != *from).then_some(full)
}

/// Everything that is reached from a module.
fn reached<'m>(from: &'m Module, imports: &'m BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<&'m Module> {
    let mut found = BTreeSet::new();
    let mut left = vec![from];
    while let Some(module) = left.pop() {
        left.extend(imports[module].iter().filter(|import| found.insert(*import)));
    }
    found
}

/// The circles that are too large, each as the files that it leads through.
fn circles(root: &Path) -> BTreeSet<Vec<String>> {
    let modules = modules(root);
    let imports: BTreeMap<Module, BTreeSet<Module>> = modules
        .iter()
        .map(|(module, file)| {
            let text = std::fs::read_to_string(root.join(file)).unwrap();
            let targets = named(&text).iter().filter_map(|path| target(path, module, &modules)).collect();
            (module.clone(), targets)
        })
        .collect();
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|module| (module, reached(module, &imports))).collect();
    let circle = |module: &Module| -> Vec<&Module> {
        reached[module].iter().copied().filter(|other| reached[other].contains(module)).collect()
    };
    let folder = |module: &Module| modules[module].rsplit_once('/').map(|(folder, _)| folder.to_owned());
    imports
        .keys()
        .map(circle)
        .filter(|circle| circle.len() > 2 || circle.iter().any(|module| folder(module) != folder(circle[0])))
        .map(|circle| circle.into_iter().map(|module| modules[module].clone()).collect())
        .collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for source in ["src", "runtime/src"] {
        let circles = circles(&package().join(source));
        assert!(circles.is_empty(), "{source}: move what they share to a file that imports none of them: {circles:#?}");
    }
}

#[test]
fn a_circle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        std::fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
    };
    write("lib.rs", "mod a;\nmod b;\npub use a::{one, two};\n");
    write("a/mod.rs", "mod c;\npub fn one() { c::three() }\n");
    write("a/c.rs", "use crate::b::{self, four};\n");
    write("b.rs", "// crate::a\npub fn four() {}\n#[cfg(test)]\nmod tests {\n    use crate::a::one;\n}\n");
    assert!(circles(folder.path()).is_empty());
    write("b.rs", "pub fn four() { crate::a::one() }\n");
    assert_eq!(circles(folder.path()), BTreeSet::from([["a/mod.rs", "a/c.rs", "b.rs"].map(str::to_owned).to_vec()]));
}
