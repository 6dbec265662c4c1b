//! A file of the folder that is deployed to Fabric.

/// Where that folder stands, from the workspace root.
pub const FOLDER: &str = "generated/fabric";

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FabricFile {
    /// Its path from the folder's top, with `/`: `ConnectWise.SemanticModel/definition/model.tmdl`.
    pub path: String,
    /// Its text, with `\n` at line ends.
    pub text: String,
}

impl FabricFile {
    /// A file of an item.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}
