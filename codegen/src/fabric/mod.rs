//! Fabric: the folder that one command deploys to a workspace, as it is checked in under `generated/fabric`.
//!
//! Each part of it makes [`FabricFile`]s; [`emit`] puts them below [`FOLDER`] and lists them in
//! `generated/src/fabric.rs`, so that the binary carries them.

mod file;
pub mod ids;
mod list;
pub mod model;
pub mod names;
mod platform;

pub use file::{FOLDER, FabricFile};
pub use platform::platform;

use crate::files::GeneratedFiles;
use crate::inputs::Inputs;
use crate::report::Problems;

/// Adds the folder's files, and the list of them; nothing where there are none.
pub(crate) fn emit(_inputs: &Inputs, files: &mut GeneratedFiles, _problems: &mut Problems) {
    let made: Vec<FabricFile> = Vec::new();
    if made.is_empty() {
        return;
    }
    list::emit(made, files);
}
