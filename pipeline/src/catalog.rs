//! Catalog: the tables of the lakehouse with their schemas, and those that a command requires.
//!
//! SQL sees them as `bronze.cw_timeentry`, `silver.…`, `gold.…`, `meta.…`.

use crate::bronze::{self, quarantine};
use crate::error::{Error, Result};
use crate::lake::{FileSizing, Lakehouse, Layout, StorageOptions, TableDef, Warehouse};
use crate::run::meta;
use crate::{gold, silver};
use connectwise_generated::tables::TABLES;
use std::sync::LazyLock;

pub(crate) use crate::lake::session::{first_table, named_tables, require_any};
pub(crate) use crate::lake::session::{open_all, register_named, session};
pub use crate::lake::session::{register, register_at_time, register_at_version, show};

/// The four layers.
pub const LAYERS: [&str; 4] = ["bronze", "silver", "gold", "meta"];

/// Definition with which every lakehouse is opened.
static WAREHOUSE: LazyLock<Warehouse> = LazyLock::new(|| Warehouse {
    catalog: "lakehouse",
    layers: &LAYERS,
    default_layer: "gold",
    lock: ("meta", meta::RUN),
    tables: tables(),
    functions: gold::scalar_functions(),
    aggregates: gold::aggregate_functions(),
});

/// Opens the lakehouse at a folder or URL. Nothing is read or written yet.
///
/// # Errors
/// [`Error::Usage`] when the location is no path or URL that the storage layer knows.
pub fn open(location: &str, layout: Layout) -> Result<Lakehouse> {
    open_with(location, layout, &StorageOptions::default())
}

/// Opens the lakehouse with options of its storage. Nothing is read or written yet.
///
/// # Errors
/// As [`open`], and [`Error::Usage`] for options that the storage does not know.
pub fn open_with(location: &str, layout: Layout, options: &StorageOptions) -> Result<Lakehouse> {
    Ok(Lakehouse::new(location, layout, &WAREHOUSE, options)?)
}

/// Returns every table that runs write, by layer and name.
pub fn known_tables() -> &'static [TableDef] {
    &WAREHOUSE.tables
}

fn tables() -> Vec<TableDef> {
    let mut tables = Vec::new();
    let mut add = |layer, name, schema, key: &[&'static str]| {
        // The rows of bronze and silver are wide, and gold is read by columnar engines.
        let sizing = if layer == "gold" { FileSizing::COLUMNAR } else { FileSizing::WIDE };
        // The quarantine is created with the first rejected record.
        let optional = name == quarantine::TABLE;
        tables.push(TableDef { layer, name, schema, key: key.to_vec(), sizing, optional });
    };
    for entity in TABLES {
        add("bronze", entity.table, bronze::schema(entity), &[entity.key]);
        add("silver", entity.table, silver::schema(entity), &[entity.key]);
        for child in entity.children {
            add("silver", child.table, silver::schema_of_child(entity, child), &silver::CHILD_KEY);
        }
    }
    add("bronze", quarantine::TABLE, quarantine::schema(), &["entity", "recordId"]);
    for table in connectwise_generated::gold::TABLES {
        add("gold", table.name, gold::schema(table), &[table.key]);
    }
    for (name, schema) in meta::tables() {
        add("meta", name, schema, &["runId"]);
    }
    tables.sort_by_key(|table| (LAYERS.iter().position(|layer| *layer == table.layer), table.name));
    tables
}

/// Refuses to build on a layer that was not built.
///
/// # Errors
/// [`crate::lake::Error::Lakehouse`] that says what builds it.
pub(crate) async fn require_layer(lake: &Lakehouse, layer: &str) -> Result<()> {
    require_any(lake).await?;
    for known in known_tables().iter().filter(|known| known.layer == layer && !known.optional) {
        if lake.open(known.layer, known.name).await?.is_some() {
            return Ok(());
        }
    }
    let reason = format!("{layer} was not built: name it among the --layers, or leave them out");
    Err(Error::from(lake.unusable(reason)))
}

/// Refuses a lakehouse whose tables have the other layout: a second set of tables would grow beside them.
///
/// # Errors
/// [`Error::Usage`] that names the other layout; [`crate::lake::Error::Lakehouse`] when the location can't be read.
pub(crate) async fn require_layout(lake: &Lakehouse) -> Result<()> {
    let (folders, other) = (lake.folders().await?, lake.in_other_layout());
    let Some(example) = first_table(&other, &folders).await? else { return Ok(()) };
    let (asked, found) = (lake.layout().name(), other.layout().name());
    if first_table(lake, &folders).await?.is_some() {
        tracing::warn!(
            lakehouse = lake.display(),
            "there are tables of both layouts; those of {asked} are meant now, and those of {found} stay as they are"
        );
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the lakehouse {} has the layout {found}: there is {example}, and no table of the layout {asked}. Give --layout \
         {found}, or set CW_LAYOUT={found}",
        lake.display()
    )))
}

#[cfg(test)]
mod tests;
