//! A page's files: `page.json`, and one for each of its visuals.

use serde_json::{Map, Value, json};

use crate::fabric::file::FabricFile;
use crate::fabric::ids::short;
use crate::fabric::model::SemanticModel;
use crate::fabric::report::definition::{FOLDER, Page, Row};
use crate::fabric::report::field::{self, Wanted};
use crate::fabric::report::visual::{self, Place};
use crate::report::Problems;

/// The schema that the file names.
const SCHEMA: &str =
    "https://developer.microsoft.com/json-schemas/fabric/item/report/definition/page/2.0.0/schema.json";

/// A page's size.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// What is left free at the page's edges, and between visuals.
const EDGE: u32 = 16;
const GAP: u32 = 8;
/// The height of the row that leads back from a drill-through page.
const BACK: u32 = 40;

/// The page's files.
pub(super) fn files(model: &SemanticModel, page: &Page, problems: &mut Problems) -> Vec<FabricFile> {
    let path = path(page);
    let folder = format!("{FOLDER}/definition/pages/{}", short(&path));
    let mut made = vec![FabricFile::json(format!("{folder}/page.json"), &head(model, page, &path, problems))];
    let mut y = EDGE;
    let mut order = 0;
    let mut add = |value: Value| {
        let name = value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        made.push(FabricFile::json(format!("{folder}/visuals/{name}/visual.json"), &value));
    };
    if !page.drillthrough.is_empty() {
        add(visual::back(&format!("{path}/back"), Place { x: EDGE, y, width: BACK, height: BACK, order }));
        (y, order) = (y + BACK + GAP, order + 1);
    }
    for row in &page.rows {
        for (visual, (x, width)) in row.visuals.iter().zip(columns(row)) {
            let own = format!("{path}/{}/{}", visual.kind.name, visual.title.text);
            let place = Place { x, y, width, height: row.height, order };
            add(visual::visual(model, &own, visual, place, problems));
            order += 1;
        }
        y = y.saturating_add(row.height).saturating_add(GAP);
    }
    let bottom = y - GAP + EDGE;
    if bottom > HEIGHT {
        let wrong = page.name.at.problem(format!("the page needs {bottom} pixels, and has {HEIGHT}"));
        problems.push(wrong.fix(format!("make rows lower, by {} pixels together", bottom - HEIGHT)));
    }
    made
}

/// What the page's identifiers are made of.
pub(super) fn path(page: &Page) -> String {
    format!("report/page/{}", page.name.text)
}

/// Where each visual of a row begins, and how wide it is.
fn columns(row: &Row) -> Vec<(u32, u32)> {
    let shares: u32 = row.visuals.iter().map(|visual| visual.share).sum();
    let gaps = u32::try_from(row.visuals.len().saturating_sub(1)).unwrap_or(0) * GAP;
    let width = (WIDTH - 2 * EDGE).saturating_sub(gaps);
    let mut x = EDGE;
    let mut made = Vec::new();
    for visual in &row.visuals {
        let own = width * visual.share / shares.max(1);
        made.push((x, own));
        x += own + GAP;
    }
    made
}

fn head(model: &SemanticModel, page: &Page, path: &str, problems: &mut Problems) -> Value {
    let mut head = Map::new();
    head.insert("$schema".to_owned(), json!(SCHEMA));
    head.insert("name".to_owned(), json!(short(path)));
    head.insert("displayName".to_owned(), json!(page.title));
    head.insert("displayOption".to_owned(), json!("FitToPage"));
    head.insert("height".to_owned(), json!(HEIGHT));
    head.insert("width".to_owned(), json!(WIDTH));
    let mut filters = Vec::new();
    let mut parameters = Vec::new();
    for column in &page.drillthrough {
        let Some(field) = field::find(model, column, Wanted::Column, problems) else { continue };
        let filter = short(&format!("{path}/drillthrough/{}", column.text));
        filters.push(json!({
            "name": filter, "field": field.expression(), "type": "Categorical", "howCreated": "Drillthrough"
        }));
        // Each parameter is bound to the filter of its name: without it, nothing leads to the page.
        parameters.push(json!({
            "name": format!("Param_{filter}"), "boundFilter": filter, "fieldExpr": field.expression()
        }));
    }
    if !filters.is_empty() {
        head.insert("filterConfig".to_owned(), json!({ "filters": filters }));
        let binding = json!({
            "name": short(&format!("{path}/binding")),
            "type": "Drillthrough",
            "referenceScope": "Default",
            "parameters": parameters
        });
        head.insert("pageBinding".to_owned(), binding);
        head.insert("type".to_owned(), json!("Drillthrough"));
        head.insert("visibility".to_owned(), json!("HiddenInViewMode"));
    }
    Value::Object(head)
}
