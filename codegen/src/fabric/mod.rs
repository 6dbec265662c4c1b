//! Fabric: the folder that one command deploys to a workspace, as it is checked in under `generated/fabric`.
//!
//! Each part of it makes [`FabricFile`]s; [`emit`] puts them below [`FOLDER`] and lists them in
//! `generated/src/fabric.rs`, so that the binary carries them.

mod build;
mod file;
pub mod ids;
mod items;
mod list;
mod measures;
pub mod model;
pub mod names;
mod notebook;
mod platform;
mod relate;
pub(crate) mod report;
mod settings;
mod tmdl;
mod transform;
mod unique;

pub use file::{FOLDER, FabricFile};
pub use platform::platform;

use crate::files::GeneratedFiles;
use crate::gold::load;
use crate::inputs::Inputs;
use crate::report::Problems;

/// The items but for the semantic model, by kind and name.
const ITEMS: [(&str, &str); 5] = [
    ("Lakehouse", model::NAME),
    ("Report", model::NAME),
    ("Notebook", "Nightly"),
    ("Notebook", "Transform"),
    ("DataPipeline", "Nightly"),
];

/// Adds the folder's files and the list of them; nothing for a workspace without `schema/model.yaml`.
pub fn emit(inputs: &Inputs, files: &mut GeneratedFiles, problems: &mut Problems) {
    let Some(text) = inputs.files.get(settings::FILE) else { return };
    let settings = settings::read(text, problems);
    let pages = report::read(inputs.text(report::FILE, problems), problems);
    // What is wrong with gold or its measures is said once, and not again of the model.
    let (Some(settings), Some(gold), true) = (settings, load::model(inputs), problems.is_empty()) else { return };
    let model = build::model(&settings, &gold, problems);
    if !problems.is_empty() {
        return;
    }
    let mut made = tmdl::files(&model);
    made.extend(report::files(&pages, &model, problems));
    made.extend(items::files(inputs, &gold, files, problems));
    made.extend(ITEMS.map(|(kind, name)| platform(kind, name)));
    list::emit(made, &tmdl::variants(&model), files);
}
