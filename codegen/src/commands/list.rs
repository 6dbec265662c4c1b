//! `list` and `add`: the entities in use, the endpoints that could be more, and the step from one to the other.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::entities::{self, EntityConfig};
use crate::files;
use crate::inputs::Inputs;
use crate::lower::lower;
use crate::lower::naming::{closest, pascal};
use crate::report::{Problems, Reporter};
use crate::spec::Spec;
use crate::yaml;

use super::{CommandError, count, none_of};

/// The look-back that `add` proposes, in days.
const LOOKBACK: u32 = 30;

/// Words that make `add` propose a property as sensitive.
const SECRETS: [&str; 5] = ["password", "secret", "token", "privatekey", "apikey"];

struct Loaded {
    text: String,
    spec: Spec,
    configs: Vec<EntityConfig>,
}

fn load(root: &Path) -> Result<Loaded, CommandError> {
    let mut problems = Problems::new();
    let inputs = Inputs::read(root, &mut problems);
    none_of(std::mem::take(&mut problems))?;
    let spec = Spec::parse(&inputs.spec_file, &inputs.spec, &mut problems);
    let text = inputs.text(entities::FILE, &mut problems).to_owned();
    let configs = entities::read(&text, &mut problems);
    none_of(problems)?;
    let spec = spec.ok_or_else(|| CommandError::Other("there is no spec".to_owned()))?;
    Ok(Loaded { text, spec, configs })
}

/// Lists the entities in use; with `all`, every list endpoint that could be one.
///
/// # Errors
/// Where spec or YAML can't be read.
pub fn list(root: &Path, all: bool, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let Loaded { spec, configs, .. } = load(root)?;
    let mut rows = Vec::new();
    if all {
        let used: BTreeMap<&str, &str> =
            configs.iter().map(|config| (config.endpoint.as_str(), config.name.as_str())).collect();
        rows.push(["ENDPOINT", "SCHEMA", "COLUMNS", "ENTITY"].map(str::to_owned));
        for (endpoint, schema) in candidates(&spec) {
            let columns = properties(&spec, schema).count().to_string();
            let entity = used.get(endpoint).copied().unwrap_or("-");
            rows.push([endpoint.to_owned(), schema.to_owned(), columns, entity.to_owned()]);
        }
    } else {
        rows.push(["ENTITY", "ENDPOINT", "TABLE", "CHANGES"].map(str::to_owned));
        for config in &configs {
            let mut changes = config.change_detection.name().to_owned();
            if let Some(days) = config.lookback_days {
                changes.push_str(&format!(", {}", count(days as usize, "day")));
            }
            rows.push([config.name.clone(), config.endpoint.clone(), config.table.clone(), changes]);
            for variant in &config.variants {
                let having = format!("{} (having {})", config.endpoint, variant.having);
                let days = count(variant.lookback_days as usize, "day");
                rows.push([variant.name.clone(), having, "-".to_owned(), days]);
            }
        }
    }
    let found = rows.len() - 1;
    columns(&rows, reporter)?;
    if all {
        reporter.line(format!(
            "{} of {} could be an entity; the others need an id of a parent in their path, or list nothing with an integer id",
            found,
            count(spec.lists().count(), "list endpoint"),
        ))?;
    }
    Ok(0)
}

/// The endpoints that could be entities: a list of a schema with an integer `id`, at a path without parameters.
fn candidates(spec: &Spec) -> impl Iterator<Item = (&str, &str)> {
    spec.lists()
        .filter_map(|(path, schema)| schema.map(|schema| (path, schema)))
        .filter(|(path, schema)| !path.contains('{') && has_id(spec, schema))
}

fn properties<'a>(spec: &'a Spec, schema: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let schema = spec.schemas.get(schema);
    schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object).into_iter().flatten()
}

fn has_id(spec: &Spec, schema: &str) -> bool {
    properties(spec, schema)
        .any(|(name, schema)| name == "id" && schema.get("type").and_then(Value::as_str) == Some("integer"))
}

/// Rows as aligned columns.
fn columns(rows: &[[String; 4]], reporter: &mut Reporter<'_>) -> std::io::Result<()> {
    let mut widths = [0_usize; 4];
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

/// Appends the entity of a list endpoint to the YAML, with key, look-back and change detection filled in. Nothing is
/// written where no table could be made of it.
///
/// # Errors
/// Where the endpoint can't be an entity, or is one already.
pub fn add(root: &Path, endpoint: &str, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let Loaded { mut text, spec, configs } = load(root)?;
    if let Some(config) = configs.iter().find(|config| config.endpoint == endpoint) {
        return Err(CommandError::Other(format!("{endpoint} is in use: it is the entity {}", config.name)));
    }
    let Some((_, schema)) = candidates(&spec).find(|(path, _)| *path == endpoint) else {
        return Err(CommandError::Other(refusal(&spec, endpoint)));
    };
    let taken = |name: &str| {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        configs.iter().any(|config| same(&config.name) || config.variants.iter().any(|variant| same(&variant.name)))
    };
    let name = [pascal(schema), pascal(&endpoint.replace('/', "_"))].into_iter().find(|name| !taken(name));
    let name =
        name.ok_or_else(|| CommandError::Other(format!("the names for {endpoint} are taken; add it by hand")))?;
    let entry = entry(&spec, endpoint, schema, &name, indent(&text));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&entry);
    let mut problems = Problems::new();
    let added = entities::read(&text, &mut problems);
    lower(&spec, &added, &mut problems);
    none_of(problems)?;
    files::write_file(root, entities::FILE, &text)?;
    reporter.text(&entry)?;
    reporter.line(format!("{name} added to {}: look it over, then run cargo codegen generate", entities::FILE))?;
    Ok(0)
}

fn refusal(spec: &Spec, endpoint: &str) -> String {
    let why = match spec.operations.get(endpoint) {
        None => format!("the spec {} has no GET {endpoint}", spec.version),
        Some(_) if endpoint.contains('{') => {
            format!("{endpoint} needs an id in its path, so it can't be read by itself")
        }
        Some(_) => format!("{endpoint} lists no schema with an integer `id`"),
    };
    let near = closest(endpoint, candidates(spec).map(|(path, _)| path));
    let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    format!("{why}\n  fix: {near}`cargo codegen list --all` shows every endpoint that could be an entity")
}

/// The spaces before the dash of the entities that are there.
fn indent(text: &str) -> usize {
    let root = yaml::parse(entities::FILE, text, &mut Problems::new());
    let Some(yaml::Value::Map(entries)) = root.map(|node| node.value) else { return 2 };
    let list = entries.into_iter().find(|(key, _)| key.text() == Some("entities"));
    match list.map(|(_, node)| node.value) {
        Some(yaml::Value::List(items)) => {
            let column = items.first().map_or(5, |node| node.column);
            usize::try_from(column.saturating_sub(3)).unwrap_or(2)
        }
        _ => 2,
    }
}

fn entry(spec: &Spec, endpoint: &str, schema: &str, name: &str, indent: usize) -> String {
    let mut lines = vec![
        format!("- name: {name}"),
        format!("  endpoint: {endpoint}"),
        format!("  table: cw_{}", name.to_lowercase()),
        "  key: id".to_owned(),
    ];
    if properties(spec, schema).any(|(name, _)| name == "_info") {
        lines.push(format!("  lookbackDays: {LOOKBACK}"));
        lines.push("  changeDetection: lastUpdated".to_owned());
    } else {
        lines.push("  changeDetection: fullScan".to_owned());
    }
    let secrets: Vec<&str> = properties(spec, schema)
        .filter(|(_, schema)| schema.get("type").and_then(Value::as_str) == Some("string"))
        .map(|(name, _)| name.as_str())
        .filter(|name| SECRETS.iter().any(|word| name.to_lowercase().contains(word)))
        .collect();
    if !secrets.is_empty() {
        lines.push(format!("  sensitive: [{}]", secrets.join(", ")));
    }
    lines.iter().map(|line| format!("{:indent$}{line}\n", "")).collect()
}
