//! The one reader: everything that the generator looks at, as text in memory.
//!
//! Nothing after this module touches the disk before [`crate::files`] does, so the output is a function of what
//! stands here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::import::Lock;
use crate::report::{Problem, Problems};

/// The lock, relative to the workspace root.
pub const LOCK: &str = "schema/openapi.lock";

/// What the generator reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The spec's path, relative to the workspace root.
    pub spec_file: String,
    /// The spec's text.
    pub spec: String,
    /// Every other file below `schema/` and `templates/` by its path from the workspace root, with `/`.
    pub files: BTreeMap<String, String>,
}

impl Inputs {
    /// Reads them from a workspace.
    pub fn read(root: &Path, problems: &mut Problems) -> Self {
        let mut inputs = Self::default();
        for folder in ["schema", "templates"] {
            let at = root.join(folder);
            if at.is_dir() {
                inputs.folder(root, &at, problems);
            }
        }
        match inputs.files.get(LOCK).map(|text| serde_json::from_str::<Lock>(text)) {
            Some(Ok(lock)) => {
                inputs.spec_file = format!("schema/{}", lock.file);
                inputs.spec = read(root, &root.join(&inputs.spec_file), problems).unwrap_or_default();
            }
            Some(Err(error)) => problems.push(
                Problem::new(LOCK, "", format!("it can't be read: {error}"))
                    .fix("import the vendor's file again: cargo codegen import FILE"),
            ),
            None => problems.push(
                Problem::new(LOCK, "", "it is missing, so there is no spec")
                    .fix("import the vendor's file: cargo codegen import FILE"),
            ),
        }
        inputs
    }

    /// The text of a file; a problem and `""` where it is missing.
    pub fn text(&self, file: &str, problems: &mut Problems) -> &str {
        self.files.get(file).map(String::as_str).unwrap_or_else(|| {
            problems.push(
                Problem::new(file, "", "the file is missing").fix("restore it: git checkout -- ".to_owned() + file),
            );
            ""
        })
    }

    /// The files below a folder with this ending, e.g. `schema/facts` and `.yaml`, in the order of their paths.
    pub fn below(&self, folder: &str, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        let folder = format!("{}/", folder.trim_end_matches('/'));
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(&folder) && path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    fn folder(&mut self, root: &Path, at: &Path, problems: &mut Problems) {
        let entries = match fs::read_dir(at) {
            Ok(entries) => entries,
            Err(error) => {
                problems.push(unreadable(root, at, &error));
                return;
            }
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                self.folder(root, &path, problems);
            } else if !name.starts_with('.')
                && !is_spec(name)
                && let Some(text) = read(root, &path, problems)
            {
                self.files.insert(relative(root, &path), text);
            }
        }
    }
}

/// Whether a file in `schema/` is a canonical spec.
fn is_spec(name: &str) -> bool {
    name.starts_with("connectwise-") && name.ends_with(".json")
}

fn read(root: &Path, path: &Path, problems: &mut Problems) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(plain(&text)),
        Err(error) => {
            problems.push(unreadable(root, path, &error));
            None
        }
    }
}

/// A file's text without what editors and git add on Windows: a byte order mark before it, and a carriage return at the
/// end of each line.
pub fn plain(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

fn unreadable(root: &Path, path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(relative(root, path), "", format!("it can't be read: {error}"))
        .fix("check that it is there, is UTF-8 text, and may be read")
}

/// A path from the workspace root, with `/` on every system.
pub fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
