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

use serde_json::json;

use crate::fabric::file::FabricFile;
use crate::fabric::ids::short;
use crate::fabric::model::SemanticModel;
use crate::fabric::report::definition::FOLDER;
use crate::report::{Problem, Problems};

/// The item's files, but for `.platform`.
pub(crate) fn files(pages: &[Page], model: &SemanticModel, problems: &mut Problems) -> Vec<FabricFile> {
    let mut made: Vec<FabricFile> = pages.iter().flat_map(|page| page::files(model, page, problems)).collect();
    let names: Vec<String> = pages.iter().map(|page| short(&page::path(page))).collect();
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
    made.push(FabricFile::json(format!("{FOLDER}/definition.pbir"), &reference));
    let version = json!({ "$schema": schema("definition/versionMetadata/1.0.0"), "version": "2.0.0" });
    made.push(FabricFile::json(format!("{FOLDER}/definition/version.json"), &version));
    let report = json!({
        "$schema": schema("definition/report/3.0.0"),
        // Power BI's own theme, whichever it has by then: naming one would mean to carry its file.
        "themeCollection": {},
        "settings": { "useStylableVisualContainerHeader": true, "defaultDrillFilterOtherVisuals": true }
    });
    made.push(FabricFile::json(format!("{FOLDER}/definition/report.json"), &report));
    let order =
        json!({ "$schema": schema("definition/pagesMetadata/1.0.0"), "pageOrder": names, "activePageName": first });
    made.push(FabricFile::json(format!("{FOLDER}/definition/pages/pages.json"), &order));
    made
}
