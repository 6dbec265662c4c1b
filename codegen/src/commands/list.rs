//! `list`: the entities in use; with `--all`, every list endpoint and what stands in its way.
//!
//! The JSON documents are for tools, and their keys stay. In use: `name`, `endpoint`, `parent` (an entity, or null),
//! `table`, `key`, `changeDetection`, `lookbackDays`, `variants`. All: `endpoint`, `schema`, `bronzeColumns`,
//! `silverColumns`, `key`, `info` (whether the records have `_info`), `counted` (whether the spec has a path that
//! counts them), `parameters`, `parent` (the list whose ids fill the parameter, or null), `entity` (its name where it is
//! in use, or null), `obstacle` (null where it can be one).

use std::path::Path;

use serde_json::{Value, json};

use crate::endpoints::{self, Endpoint};
use crate::entities::{self, EntityConfig};
use crate::inputs::Inputs;
use crate::report::{Problems, Reporter};
use crate::spec::Spec;

use super::outcome::{CommandError, count, none_of};

/// Lists the entities in use; with `all`, every list endpoint.
///
/// # Errors
/// Where spec or YAML can't be read.
pub fn list(root: &Path, all: bool, as_json: bool, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let mut problems = Problems::new();
    let inputs = Inputs::read(root, &mut problems);
    none_of(std::mem::take(&mut problems))?;
    let spec = Spec::parse(&inputs.spec_file, &inputs.spec, &mut problems);
    let configs = entities::declared(&inputs, &mut problems);
    none_of(problems)?;
    let spec = spec.ok_or_else(|| CommandError::Other("there is no spec".to_owned()))?;
    if all {
        let found = endpoints::all(&spec, &configs);
        if as_json { document(&json!(found), reporter) } else { show_all(&found, reporter) }
    } else if as_json {
        document(&configs.iter().map(in_use).collect(), reporter)
    } else {
        show(&configs, reporter)
    }?;
    Ok(0)
}

fn document(value: &Value, reporter: &mut Reporter<'_>) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CommandError::Other(format!("the list can't be written as JSON: {error}")))?;
    Ok(reporter.text(&text)?)
}

fn in_use(config: &EntityConfig) -> Value {
    let variants: Vec<Value> = config
        .variants
        .iter()
        .map(|variant| json!({ "name": variant.name, "having": variant.having, "lookbackDays": variant.lookback_days }))
        .collect();
    json!({
        "name": config.name,
        "endpoint": config.endpoint,
        "parent": config.parent,
        "table": config.table,
        "key": config.key,
        "changeDetection": config.change_detection.name(),
        "lookbackDays": config.lookback_days,
        "variants": variants,
    })
}

fn show(configs: &[EntityConfig], reporter: &mut Reporter<'_>) -> Result<(), CommandError> {
    let mut rows = vec![["ENTITY", "ENDPOINT", "TABLE", "CHANGES"].map(str::to_owned)];
    for config in configs {
        let mut changes = config.change_detection.name().to_owned();
        if let Some(days) = config.lookback_days {
            changes.push_str(&format!(", {}", count(days as usize, "day")));
        }
        if let Some(parent) = &config.parent {
            changes.push_str(&format!(", for each {parent}"));
        }
        rows.push([config.name.clone(), config.endpoint.clone(), config.table.clone(), changes]);
        for variant in &config.variants {
            let having = format!("{} (having {})", config.endpoint, variant.having);
            let days = count(variant.lookback_days as usize, "day");
            rows.push([variant.name.clone(), having, "-".to_owned(), days]);
        }
    }
    Ok(aligned(&rows, reporter)?)
}

fn show_all(found: &[Endpoint], reporter: &mut Reporter<'_>) -> Result<(), CommandError> {
    let mut rows =
        vec![["ENDPOINT", "SCHEMA", "COLUMNS", "KEY", "_INFO", "COUNT", "PARENT", "STATE"].map(str::to_owned)];
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    for endpoint in found {
        let parent = match (endpoint.parameters.as_slice(), &endpoint.parent) {
            ([], _) => "-".to_owned(),
            (_, Some(list)) => list.clone(),
            (parameters, None) => format!("? {}", parameters.join(", ")),
        };
        let state = match (&endpoint.obstacle, &endpoint.entity) {
            (Some(obstacle), _) => format!("no: {obstacle}"),
            (None, Some(entity)) => format!("in use: {entity}"),
            (None, None) => "can be added".to_owned(),
        };
        rows.push([
            endpoint.endpoint.clone(),
            dash(&endpoint.schema),
            endpoint.bronze_columns.map_or_else(|| "-".to_owned(), |columns| columns.to_string()),
            dash(&endpoint.key),
            yes(endpoint.info),
            yes(endpoint.counted),
            parent,
            state,
        ]);
    }
    aligned(&rows, reporter)?;
    let possible = || found.iter().filter(|endpoint| endpoint.obstacle.is_none());
    reporter.line(format!(
        "{}: {} can be an entity ({} of them below a parent, {} without a count), {} in use",
        count(found.len(), "list endpoint"),
        possible().count(),
        possible().filter(|endpoint| endpoint.parent.is_some()).count(),
        possible().filter(|endpoint| !endpoint.counted).count(),
        found.iter().filter(|endpoint| endpoint.entity.is_some()).count(),
    ))?;
    Ok(())
}

/// Rows as aligned columns.
fn aligned<const N: usize>(rows: &[[String; N]], reporter: &mut Reporter<'_>) -> std::io::Result<()> {
    let mut widths = [0_usize; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        reporter.line(cells.join("  ").trim_end())?;
    }
    Ok(())
}
