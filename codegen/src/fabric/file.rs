//! A file of the folder that is deployed to Fabric.

use serde_json::Value;

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

    /// A file of JSON: two blanks a level, and no line end after the last brace, as Power BI writes it.
    pub fn json(path: impl Into<String>, value: &Value) -> Self {
        Self::new(path, serde_json::to_string_pretty(value).unwrap_or_default())
    }
}
