//! Where the workspace is.

use std::path::{Path, PathBuf};

/// No workspace above the folder.
#[derive(Debug, thiserror::Error)]
#[error(
    "no workspace with a schema/ folder above {start}; run cargo codegen inside the checkout, or name it with --root DIR"
)]
pub struct NoWorkspace {
    start: String,
}

/// The workspace root: the folder given, else the nearest one above the current folder, else above this package.
///
/// # Errors
/// Where there is none.
pub fn find(given: Option<&Path>) -> Result<PathBuf, NoWorkspace> {
    if let Some(given) = given {
        return if given.is_dir() {
            Ok(given.to_owned())
        } else {
            Err(NoWorkspace { start: given.display().to_string() })
        };
    }
    let current = std::env::current_dir().unwrap_or_default();
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let starts = [Some(current.clone()), package];
    starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .find(|folder| is_root(folder))
        .map(Path::to_owned)
        .ok_or_else(|| NoWorkspace { start: current.display().to_string() })
}

fn is_root(folder: &Path) -> bool {
    folder.join("schema").is_dir()
        && std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
}
