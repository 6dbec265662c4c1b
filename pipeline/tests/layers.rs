//! The shape of the crates: imports go down, and files stand in no circle.
//!
//! The imports are read from the code itself, tests left out.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't read the sources has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// The rooms of the top crate, from the top down. A room imports from those below it; those of one line know nothing of
/// each other but what a lower line holds.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["doctor"],
    &["catalog"],
    &["run"],
    &["gold"],
    &["silver"],
    &["bronze"],
    &["extract"],
    &["context"],
];

/// A path from the crate's root.
type Absolute = Vec<String>;

/// A source file: its module's path, what it imports, and the names that it passes on from elsewhere.
struct Source {
    file: PathBuf,
    module: Absolute,
    paths: BTreeSet<Absolute>,
    reexports: BTreeMap<Absolute, Absolute>,
}

/// Collects the paths of a file that begin with `crate`, `super` or `self`, as paths from the crate's root.
struct Paths {
    module: Absolute,
    found: BTreeSet<Absolute>,
    /// Imports that are passed on: the name here, and the path that it stands for.
    reexports: BTreeMap<Absolute, Absolute>,
    is_passed_on: bool,
}

impl Paths {
    fn absolute(&self, path: &[String]) -> Absolute {
        let mut absolute = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("super") => self.module[..self.module.len().saturating_sub(1)].to_vec(),
            Some("self") => self.module.clone(),
            // A child module, where there is one of that name.
            Some(_) => self.module.iter().chain(path.first()).cloned().collect(),
            None => return Vec::new(),
        };
        for part in &path[1..] {
            match part.as_str() {
                "super" => drop(absolute.pop()),
                _ => absolute.push(part.clone()),
            }
        }
        absolute
    }

    fn add(&mut self, path: &[String], name: &str) {
        let absolute = self.absolute(path);
        if self.is_passed_on {
            self.reexports.insert(self.module.iter().cloned().chain([name.to_owned()]).collect(), absolute);
        } else {
            self.found.insert(absolute);
        }
    }

    fn add_tree(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(before, tree)),
            syn::UseTree::Name(name) => self.add_with(before, &name.ident.to_string(), &name.ident.to_string()),
            syn::UseTree::Rename(rename) => {
                self.add_with(before, &rename.ident.to_string(), &rename.rename.to_string());
            }
            syn::UseTree::Glob(_) => self.add(&before.clone(), "*"),
        }
    }

    fn add_with(&mut self, before: &[String], name: &str, here: &str) {
        let name = Some(name.to_owned()).filter(|name| name != "self");
        let path: Vec<String> = before.iter().cloned().chain(name).collect();
        self.add(&path, here);
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        meta => meta.path().is_ident("test"),
    })
}

impl<'a> Visit<'a> for Paths {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.is_passed_on = !matches!(item.vis, syn::Visibility::Inherited);
            self.add_tree(&mut Vec::new(), &item.tree);
            self.is_passed_on = false;
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 && matches!(parts[0].as_str(), "crate" | "super" | "self") {
            self.add(&parts, "");
        }
        visit::visit_path(self, path);
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.extension() {
            _ if entry.is_dir() => files_below(&entry, found),
            Some(extension) if extension == "rs" => found.push(entry),
            _ => {}
        }
    }
}

/// The files of a crate without those that are tests alone.
fn sources(root: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    files_below(root, &mut files);
    files.sort();
    let is_for_tests = |file: &Path| {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        ["tests", "testing", "golden"].contains(&stem.as_str())
            || file.components().any(|part| part.as_os_str() == "tests")
    };
    files.retain(|file| !is_for_tests(file.strip_prefix(root).unwrap()));
    let read = |file: PathBuf| {
        let relative = file.strip_prefix(root).unwrap().with_extension("");
        let mut module: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if module.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
            module.pop();
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let (found, reexports) = (BTreeSet::new(), BTreeMap::new());
        let mut paths = Paths { module: module.clone(), found, reexports, is_passed_on: false };
        paths.visit_file(&syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
        let Paths { found: paths, reexports, .. } = paths;
        Source { file: file.strip_prefix(root).unwrap().to_owned(), module, paths, reexports }
    };
    files.into_iter().map(read).collect()
}

/// Follows what is passed on to where it stands.
fn resolved(path: &Absolute, sources: &[Source]) -> Absolute {
    let mut path = path.clone();
    // Names are passed on over a few modules at most.
    for _ in 0..8 {
        let passed_on = sources.iter().find_map(|source| {
            let length = source.module.len() + 1;
            let (name, rest) = path.split_at_checked(length)?;
            Some(source.reexports.get(name)?.iter().chain(rest).cloned().collect::<Absolute>())
        });
        match passed_on {
            Some(next) if next != path => path = next,
            _ => break,
        }
    }
    path
}

/// From each file to the files that it imports from.
fn imports(sources: &[Source]) -> BTreeMap<usize, BTreeSet<usize>> {
    let by_module: BTreeMap<&[String], usize> =
        sources.iter().enumerate().map(|(place, source)| (source.module.as_slice(), place)).collect();
    let target = |path: &Absolute| {
        let path = resolved(path, sources);
        (1..=path.len()).rev().find_map(|length| by_module.get(&path[..length]).copied())
    };
    let of = |(place, source): (usize, &Source)| {
        (place, source.paths.iter().filter_map(target).filter(|other| *other != place).collect())
    };
    sources.iter().enumerate().map(of).collect()
}

/// The files that can be reached from one, itself if it stands in a circle.
fn reach(from: usize, imports: &BTreeMap<usize, BTreeSet<usize>>) -> BTreeSet<usize> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(file) = open.pop() {
        open.extend(imports[&file].iter().filter(|other| seen.insert(**other)));
    }
    seen
}

fn circles(sources: &[Source]) -> BTreeSet<Vec<&Path>> {
    let imports = imports(sources);
    let reached: Vec<BTreeSet<usize>> = (0..sources.len()).map(|file| reach(file, &imports)).collect();
    let in_circle = |file: usize| -> Vec<&Path> {
        (0..sources.len())
            .filter(|other| reached[file].contains(other) && reached[*other].contains(&file))
            .map(|other| sources[other].file.as_path())
            .collect()
    };
    (0..sources.len()).map(in_circle).filter(|circle| circle.len() > 1).collect()
}

fn root_of(krate: &str) -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("..").join(krate).join("src")
}

#[test]
fn files_stand_in_no_circle_but_pairs_of_one_folder() {
    let mut wrong = Vec::new();
    for krate in ["pipeline", "pipeline/client", "pipeline/lake"] {
        let root = root_of(krate);
        assert!(root.is_dir(), "{krate} has no sources");
        for circle in circles(&sources(&root)) {
            let folders: BTreeSet<_> = circle.iter().map(|file| file.parent()).collect();
            if circle.len() > 2 || folders.len() > 1 {
                wrong.push(format!("{krate}: {circle:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "files import each other in a circle:\n{}", wrong.join("\n"));
}

#[test]
fn no_import_of_the_top_crate_climbs() {
    let rank = |room: &str| LAYERS.iter().position(|layer| layer.contains(&room)).unwrap_or(LAYERS.len());
    let mut wrong = Vec::new();
    for source in sources(&root_of("pipeline")) {
        let Some(room) = source.module.first() else { continue };
        for path in &source.paths {
            let Some(other) = path.first().filter(|other| *other != room) else { continue };
            if rank(other) <= rank(room)
                && rank(room) > 0
                && LAYERS.iter().flat_map(|layer| layer.iter()).any(|layer| layer == other)
            {
                wrong.push(format!("{} imports {}", source.file.display(), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "imports go up:\n{}", wrong.join("\n"));
}
