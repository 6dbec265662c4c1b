//! What the tests share: a workspace in a temporary folder.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::path::{Path, PathBuf};

use connectwise_codegen::cli;

/// The folder of this package, also where the test was compiled in another checkout.
pub(crate) fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap().into()
}

/// The text of a file below `tests/golden`.
pub(crate) fn golden(path: &str) -> String {
    std::fs::read_to_string(package().join("tests/golden").join(path)).unwrap()
}

/// Puts a file into a folder.
pub(crate) fn put(root: &Path, path: &str, text: &str) {
    let at = root.join(path);
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    std::fs::write(at, text).unwrap();
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let at = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &at);
        } else {
            std::fs::copy(entry.path(), at).unwrap();
        }
    }
}

/// A workspace with the small spec imported, its entities and its gold.
pub(crate) fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    copy(&package().join("tests/golden/input"), root);
    copy(&package().join("../templates"), &root.join("templates"));
    put(root, "source.json", &golden("source.json"));
    let (status, _, errors) = run(root, &["import", root.join("source.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    folder
}

/// Runs a command line: exit status, standard output, standard error.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> (u8, String, String) {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let fixed = ["cargo codegen", "--root", root.to_str().unwrap()];
    let status = cli::run(fixed.iter().chain(arguments), &mut out, &mut errors);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
}
