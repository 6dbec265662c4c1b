//! The report: pages of visuals in the PBIR format, from `schema/report.yaml`.
//!
//! A name of gold becomes the semantic model's; one that the model does not have is a problem, and no visual that is
//! empty in Power BI.

mod definition;
mod field;
mod page;
mod read;
#[cfg(test)]
mod tests;
mod visual;

pub(crate) use definition::{FILE, KIND_NAMES, Page};
pub(crate) use read::read;

use serde_json::{Value, json};

use crate::fabric::file::FabricFile;
use crate::fabric::ids;
use crate::fabric::model::SemanticModel;
use crate::report::{Problem, Problems};

/// The folder of the item.
pub(crate) const FOLDER: &str = "ConnectWise.Report";

/// The item's files, but for `.platform`.
pub(crate) fn files(pages: &[Page], model: &SemanticModel, problems: &mut Problems) -> Vec<FabricFile> {
    let mut made: Vec<FabricFile> = pages.iter().flat_map(|page| page::files(model, page, problems)).collect();
    let names: Vec<String> = pages.iter().map(|page| identifier(&page::path(page))).collect();
    let schema =
        |name: &str| format!("https://developer.microsoft.com/json-schemas/fabric/item/report/{name}/schema.json");
    let Some(first) = names.first() else {
        problems.push(Problem::new(FILE, "/pages", "there is no page").fix("add one, or remove the file"));
        return made;
    };
    let reference = json!({
        "$schema": schema("definitionProperties/2.0.0"),
        "version": "4.0",
        "datasetReference": { "byPath": { "path": "../ConnectWise.SemanticModel" } }
    });
    made.push(json_file(format!("{FOLDER}/definition.pbir"), &reference));
    let version = json!({ "$schema": schema("definition/versionMetadata/1.0.0"), "version": "2.0.0" });
    made.push(json_file(format!("{FOLDER}/definition/version.json"), &version));
    let report = json!({
        "$schema": schema("definition/report/3.0.0"),
        // Power BI's own theme, whichever it has by then: naming one would mean to carry its file.
        "themeCollection": {},
        "settings": { "useStylableVisualContainerHeader": true, "defaultDrillFilterOtherVisuals": true }
    });
    made.push(json_file(format!("{FOLDER}/definition/report.json"), &report));
    let order =
        json!({ "$schema": schema("definition/pagesMetadata/1.0.0"), "pageOrder": names, "activePageName": first });
    made.push(json_file(format!("{FOLDER}/definition/pages/pages.json"), &order));
    made
}

/// The identifier of a page, visual or filter, in the form of Power BI's own: twenty hexadecimal digits.
fn identifier(path: &str) -> String {
    ids::id(path).chars().filter(char::is_ascii_hexdigit).take(20).collect()
}

/// A file of JSON: two blanks a level, and no line end after the last brace, as Power BI writes it.
pub(crate) fn json_file(path: String, value: &Value) -> FabricFile {
    FabricFile::new(path, serde_json::to_string_pretty(value).unwrap_or_default())
}
