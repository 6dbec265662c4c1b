//! `.platform`: what every item of a workspace begins with.

use crate::fabric::file::FabricFile;
use crate::fabric::ids;

/// The file of an item: its kind (`SemanticModel`, `Report`, `Notebook` …) and its name. The item's folder is
/// `<name>.<kind>`.
pub fn platform(kind: &str, name: &str) -> FabricFile {
    let folder = format!("{name}.{kind}");
    let id = ids::id(&format!("item/{folder}"));
    // Written as Fabric's Git integration writes it: two blanks, no line end after the last brace.
    let text = format!(
        r#"{{
  "$schema": "https://developer.microsoft.com/json-schemas/fabric/gitIntegration/platformProperties/2.0.0/schema.json",
  "metadata": {{
    "type": "{kind}",
    "displayName": "{name}"
  }},
  "config": {{
    "version": "2.0",
    "logicalId": "{id}"
  }}
}}"#
    );
    FabricFile::new(format!("{folder}/.platform"), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_kind_and_item() {
        let file = platform("Notebook", "Nightly");
        assert_eq!(file.path, "Nightly.Notebook/.platform");
        let value: serde_json::Value = serde_json::from_str(&file.text).unwrap_or_default();
        assert_eq!(value["metadata"], serde_json::json!({"type": "Notebook", "displayName": "Nightly"}));
        assert_eq!(value["config"]["logicalId"], ids::id("item/Nightly.Notebook"));
    }
}
