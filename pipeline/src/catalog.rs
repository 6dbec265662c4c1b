//! The lakehouse as SQL sees it: `bronze.cw_timeentry`, `silver.…`, `gold.…`, `meta.…`.

use crate::error::{Error, Result};
use crate::lake::{LAYERS, Lakehouse};
use crate::{bronze, gold, meta, quarantine, silver};
use arrow::datatypes::SchemaRef;
use connectwise_generated::tables::TABLES;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider};
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// The catalogue that holds the layers as schemas.
pub(crate) const CATALOG: &str = "lakehouse";

/// A table that this tool knows, and its schema.
pub struct KnownTable {
    /// The layer.
    pub layer: &'static str,
    /// The name.
    pub name: &'static str,
    /// What it looks like while it is empty.
    pub schema: SchemaRef,
}

/// Every table that runs write, by layer and name.
pub fn known_tables() -> Vec<KnownTable> {
    let mut tables = Vec::new();
    let mut add = |layer, name, schema| tables.push(KnownTable { layer, name, schema });
    for entity in TABLES {
        add("bronze", entity.table, bronze::schema(entity));
        add("silver", entity.table, silver::schema(entity));
        for child in entity.children {
            add("silver", child.table, silver::schema_of_child(entity, child));
        }
    }
    add("bronze", quarantine::TABLE, quarantine::schema());
    for table in connectwise_generated::gold::TABLES {
        add("gold", table.name, gold::schema(table));
    }
    for (name, schema) in meta::tables() {
        add("meta", name, schema);
    }
    tables.sort_by_key(|table| (LAYERS.iter().position(|layer| *layer == table.layer), table.name));
    tables
}

/// A session in which every known table can be queried; one that no run has written yet is empty.
///
/// # Errors
/// [`Error::Table`] when a table is there but can't be read.
pub async fn register(lake: &Lakehouse) -> Result<SessionContext> {
    // A list of its own: sessions that are made from one another share it otherwise, and a reader would take the
    // tables from under a run.
    let state = SessionStateBuilder::new_from_existing(lake.context().state())
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .build();
    let context = SessionContext::new_with_state(state);
    let catalog = Arc::new(MemoryCatalogProvider::new());
    let failed = |error: datafusion::error::DataFusionError| Error::Query(error.to_string());
    for layer in LAYERS {
        catalog.register_schema(layer, Arc::new(MemorySchemaProvider::new())).map_err(failed)?;
    }
    context.register_catalog(CATALOG, Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
    for known in known_tables() {
        let provider: Arc<dyn TableProvider> = match lake.open(known.layer, known.name).await? {
            Some(table) => table.provider().await?,
            None => Arc::new(MemTable::try_new(known.schema, vec![vec![]]).map_err(failed)?),
        };
        if let Some(schema) = catalog.schema(known.layer) {
            schema.register_table(known.name.to_owned(), provider).map_err(failed)?;
        }
    }
    Ok(context)
}

/// Shows a session the newest version of one table.
///
/// # Errors
/// [`Error::Table`] when it can't be read.
pub async fn refresh(lake: &Lakehouse, context: &SessionContext, layer: &'static str, name: &str) -> Result<()> {
    let failed = |error: datafusion::error::DataFusionError| Error::Query(error.to_string());
    let schema = context.catalog(CATALOG).and_then(|catalog| catalog.schema(layer));
    if let (Some(table), Some(schema)) = (lake.open(layer, name).await?, schema) {
        schema.deregister_table(name).map_err(failed)?;
        schema.register_table(name.to_owned(), table.provider().await?).map_err(failed)?;
    }
    Ok(())
}
