//! A visual's file: `visual.json`.

use serde_json::{Map, Value, json};

use crate::fabric::ids::short;
use crate::fabric::model::SemanticModel;
use crate::fabric::report::definition::{Literal, Takes, Visual};
use crate::fabric::report::field::{self, Field, Wanted};
use crate::gold::model::Sql;
use crate::report::Problems;

/// The schema that the file names.
const SCHEMA: &str =
    "https://developer.microsoft.com/json-schemas/fabric/item/report/definition/visualContainer/2.1.0/schema.json";

/// Where a visual stands on its page, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// From 0, by rows.
    pub(super) order: u32,
}

/// A visual as JSON; its name comes of `path`.
pub(super) fn visual(
    model: &SemanticModel,
    path: &str,
    visual: &Visual,
    place: Place,
    problems: &mut Problems,
) -> Value {
    let mut state = Map::new();
    let kind = visual.kind;
    let legend: Vec<Sql> = visual.legend.iter().cloned().collect();
    for (takes, names) in [(kind.by, &visual.by), (kind.legend, &legend), (kind.values, &visual.values)] {
        let Some(role) = takes.role().filter(|_| !names.is_empty()) else { continue };
        let wanted = match takes {
            Takes::Measures(_) => Wanted::Measure,
            Takes::Both(_) => Wanted::Either,
            Takes::Columns(_) | Takes::Nothing => Wanted::Column,
        };
        let found = names.iter().filter_map(|name| field::find(model, name, wanted, problems)).collect::<Vec<_>>();
        state.insert(role.to_owned(), json!({ "projections": projections(&found, role == "Category") }));
    }
    let mut query = Map::new();
    query.insert("queryState".to_owned(), Value::Object(state));
    if let Some(field) = visual.sort.as_ref().and_then(|sort| field::find(model, sort, Wanted::Either, problems)) {
        let direction = if field.is_measure { "Descending" } else { "Ascending" };
        let sort = json!([{ "field": field.expression(), "direction": direction }]);
        query.insert("sortDefinition".to_owned(), json!({ "sort": sort, "isDefaultSort": false }));
    }
    let mut inner = Map::new();
    inner.insert("visualType".to_owned(), json!(kind.visual));
    inner.insert("query".to_owned(), Value::Object(query));
    if let Some(objects) = objects(visual) {
        inner.insert("objects".to_owned(), objects);
    }
    inner.insert("visualContainerObjects".to_owned(), container(&visual.title.text));
    if let ("slicer", Some(by)) = (kind.name, visual.by.first()) {
        // Slicers of one column say the same on every page.
        let group = json!({ "groupName": by.text, "fieldChanges": true, "filterChanges": true });
        inner.insert("syncGroup".to_owned(), group);
    }
    inner.insert("drillFilterOtherVisuals".to_owned(), json!(true));
    let mut file = shell(path, place);
    file.insert("visual".to_owned(), Value::Object(inner));
    let filters: Vec<Value> = visual
        .filters
        .iter()
        .filter_map(|(column, value)| {
            let field = field::find(model, column, Wanted::Column, problems)?;
            Some(filter(&format!("{path}/where/{}", column.text), &field, value))
        })
        .collect();
    if !filters.is_empty() {
        file.insert("filterConfig".to_owned(), json!({ "filters": filters }));
    }
    Value::Object(file)
}

/// The button that leads from a drill-through page to where one came from.
pub(super) fn back(path: &str, place: Place) -> Value {
    let mut file = shell(path, place);
    let visual = json!({
        "visualType": "actionButton",
        "objects": { "icon": [{ "properties": { "shapeType": text("back") }, "selector": { "id": "default" } }] },
        "visualContainerObjects": {
            "visualLink": [{ "properties": { "show": literal("true"), "type": text("Back") } }],
            "general": [{ "properties": { "altText": text("Back") } }]
        },
        "drillFilterOtherVisuals": true
    });
    file.insert("visual".to_owned(), visual);
    Value::Object(file)
}

fn shell(path: &str, place: Place) -> Map<String, Value> {
    let Place { x, y, width, height, order } = place;
    let mut file = Map::new();
    file.insert("$schema".to_owned(), json!(SCHEMA));
    file.insert("name".to_owned(), json!(short(path)));
    let position = json!({
        "x": x, "y": y, "z": order * 1000, "height": height, "width": width, "tabOrder": order * 1000
    });
    file.insert("position".to_owned(), position);
    file
}

fn projections(fields: &[Field], is_axis: bool) -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    let mut made = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        // Two columns of one name are told apart by a number.
        let again = names.iter().filter(|name| **name == field.name).count();
        let native = if again == 0 { field.name.clone() } else { format!("{} {}", field.name, again + 1) };
        names.push(&field.name);
        let mut projection = Map::new();
        projection.insert("field".to_owned(), field.expression());
        projection.insert("queryRef".to_owned(), json!(field.reference()));
        projection.insert("nativeQueryRef".to_owned(), json!(native));
        if is_axis && index == 0 {
            projection.insert("active".to_owned(), json!(true));
        }
        made.push(Value::Object(projection));
    }
    made
}

/// What a kind's own settings are.
fn objects(visual: &Visual) -> Option<Value> {
    match (visual.kind.name, visual.kind.by) {
        ("slicer", _) => Some(json!({
            "data": [{ "properties": { "mode": text("Dropdown") } }],
            "header": [{ "properties": { "show": literal("false") } }]
        })),
        // A number such as 202601 is a name here, and no place on a scale.
        (_, Takes::Columns("Category")) => Some(json!({
            "categoryAxis": [{ "properties": { "axisType": text("Categorical") } }]
        })),
        _ => None,
    }
}

/// The title, which screen readers are told as well.
fn container(title: &str) -> Value {
    json!({
        "title": [{ "properties": { "show": literal("true"), "text": text(title) } }],
        "general": [{ "properties": { "altText": text(title) } }]
    })
}

/// A filter that lets the rows with one value through.
fn filter(path: &str, field: &Field, value: &Literal) -> Value {
    let value = match value {
        Literal::Text(value) => quoted(value),
        Literal::Whole(value) => format!("{value}L"),
        Literal::Flag(value) => value.to_string(),
    };
    json!({
        "name": short(path),
        "field": field.expression(),
        "type": "Categorical",
        "filter": {
            "Version": 2,
            "From": [{ "Name": "t", "Entity": field.table, "Type": 0 }],
            "Where": [{
                "Condition": {
                    "In": {
                        "Expressions": [field.aliased("t")],
                        "Values": [[{ "Literal": { "Value": value } }]]
                    }
                }
            }]
        },
        "howCreated": "User"
    })
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn text(value: &str) -> Value {
    literal(&quoted(value))
}

fn literal(value: &str) -> Value {
    json!({ "expr": { "Literal": { "Value": value } } })
}
