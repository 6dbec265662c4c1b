//! Query sessions over the tables of a lakehouse, at their newest or at earlier versions.
//!
//! Invariant: a session must read each table at one version, whatever is committed meanwhile.

use super::error::{Error, Result};
use super::{Lakehouse, Table, TableDef, Then, at_time};
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, SecondsFormat, Utc};
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider, SchemaProvider,
};
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Number of tables opened concurrently.
const TABLES_AT_ONCE: usize = 8;

/// Table definition, with the open table where it exists.
pub type Opened = (&'static TableDef, Option<Table>);

/// Opens a session with every defined table; one that was not written yet is empty.
///
/// # Errors
/// [`Error::Table`] when a table exists but can't be read.
pub async fn register(lake: &Lakehouse) -> Result<SessionContext> {
    session(lake, &open_all(lake).await?).await
}

/// Opens a session with the tables that exist.
///
/// A table that was not written yet would look like one without data.
///
/// # Errors
/// As [`register`], and [`Error::Lakehouse`] where no table exists: a wrong location or layout looks the same.
pub async fn register_written(lake: &Lakehouse) -> Result<SessionContext> {
    let tables = open_all(lake).await?;
    if tables.iter().all(|(_, table)| table.is_none()) {
        return Err(no_tables(lake));
    }
    written(lake, &tables).await
}

/// Session in which the tables that a statement names can be queried.
///
/// As [`register_written`] where it names none, or one that is not known or not there: what is missing is told as of the
/// whole lakehouse.
///
/// # Errors
/// As [`register_written`].
pub async fn register_named(lake: &Lakehouse, sql: &str) -> Result<SessionContext> {
    let named = named_tables(lake.context(), sql).unwrap_or_default();
    let wanted: BTreeSet<_> = named.iter().map(|(layer, name)| (layer.as_str(), name.as_str())).collect();
    let known: Vec<_> = wanted.iter().filter_map(|(layer, name)| lake.warehouse().table(layer, name)).collect();
    if known.is_empty() || known.len() < wanted.len() {
        return register_written(lake).await;
    }
    let tables = open_tables(lake, known).await?;
    match tables.iter().all(|(_, table)| table.is_some()) {
        true => session(lake, &tables).await,
        false => register_written(lake).await,
    }
}

/// Checks that a lakehouse has tables.
///
/// # Errors
/// [`Error::Lakehouse`].
pub async fn require_any(lake: &Lakehouse) -> Result<()> {
    let found = first_table(lake, &lake.folders().await?).await?;
    found.map(|_| ()).ok_or_else(|| no_tables(lake))
}

/// Error of a lakehouse without tables.
fn no_tables(lake: &Lakehouse) -> Error {
    lake.unusable(
        "there are no tables; look at --lakehouse, and at --layout, which has to be the one that they were made with",
    )
}

/// Opens a [`session`] without the tables that do not exist; optional ones stay, as empty tables.
async fn written(lake: &Lakehouse, tables: &[Opened]) -> Result<SessionContext> {
    let context = session(lake, tables).await?;
    let missing = tables.iter().filter(|(known, table)| table.is_none() && !known.optional);
    for (known, _) in missing {
        if let Some(schema) = schema_of(&context, known.layer) {
            schema.deregister_table(known.name).map_err(Error::query)?;
        }
    }
    Ok(context)
}

/// Lists the tables that a statement names, each as layer and name.
///
/// # Errors
/// [`DataFusionError`] when it is not valid SQL.
pub fn named_tables(context: &SessionContext, sql: &str) -> Result<Vec<(String, String)>, DataFusionError> {
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    let named = state.resolve_table_references(&state.sql_to_statement(sql, &dialect)?)?;
    let default = &state.config_options().catalog.default_schema;
    Ok(named.iter().map(|table| (table.schema().unwrap_or(default).to_owned(), table.table().to_owned())).collect())
}

/// Finds a table within these folders, and returns its folder.
///
/// # Errors
/// [`Error::Table`] when a table exists but can't be read.
pub async fn first_table(lake: &Lakehouse, folders: &[String]) -> Result<Option<String>> {
    // From the last layer on: its tables are written most often.
    for known in lake.warehouse().tables.iter().rev() {
        let folder = lake.folder(known.layer, known.name);
        let top = folder.split('/').next().unwrap_or_default();
        if folders.iter().any(|name| name == top) && lake.open(known.layer, known.name).await?.is_some() {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// Opens every defined table at its newest version; `None` where it does not exist.
///
/// # Errors
/// [`Error::Table`] when a table exists but can't be read.
pub async fn open_all(lake: &Lakehouse) -> Result<Vec<Opened>> {
    open_tables(lake, &lake.warehouse().tables).await
}

/// Opens some of the known tables, side by side.
async fn open_tables(lake: &Lakehouse, tables: impl IntoIterator<Item = &'static TableDef>) -> Result<Vec<Opened>> {
    let mut opening: Vec<BoxFuture<'_, Result<Opened>>> = Vec::new();
    for known in tables {
        opening.push(async move { lake.open(known.layer, known.name).await.map(|table| (known, table)) }.boxed());
    }
    // Concurrently: each takes a while on remote storage.
    futures::stream::iter(opening).buffered(TABLES_AT_ONCE).try_collect().await
}

/// Opens a session at a point in time: each table at the newest version that was committed by then.
///
/// A run commits table by table, so a time between two runs gives versions that belong together.
///
/// # Errors
/// [`Error::Query`] when no table existed yet, [`Error::Table`] when a log does not reach back so far.
pub async fn register_at_time(lake: &Lakehouse, time: DateTime<Utc>) -> Result<SessionContext> {
    let mut tables = Vec::new();
    let mut first: Option<DateTime<Utc>> = None;
    for known in &lake.warehouse().tables {
        let table = match at_time(lake, known.layer, known.name, time).await? {
            Then::Was(table) => Some(*table),
            Then::Never => None,
            Then::NotYet(at) => {
                first = Some(first.map_or(at, |first| first.min(at)));
                None
            }
        };
        tables.push((known, table));
    }
    if tables.iter().all(|(_, table)| table.is_none()) {
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let since = first.map(|first| format!("; its first version is of {}", text(first))).unwrap_or_default();
        return Err(Error::query(format!("at {} there was nothing in {}{since}", text(time), lake.display())));
    }
    written(lake, &tables).await
}

/// Opens a session with one table at an earlier version, the others at their newest.
///
/// # Errors
/// [`Error::Usage`] when there is no such table, [`Error::Table`] when there is no such version.
pub async fn register_at_version(lake: &Lakehouse, layer: &str, name: &str, version: u64) -> Result<SessionContext> {
    let missing = || Error::Usage(format!("there is no table {layer}.{name}"));
    let known = lake.warehouse().table(layer, name).ok_or_else(missing)?;
    let table = lake.open(known.layer, known.name).await?.ok_or_else(missing)?.at_version(version).await?;
    session(lake, &[(known, Some(table))]).await
}

/// Opens a session with these tables, at their open versions.
pub async fn session(lake: &Lakehouse, tables: &[Opened]) -> Result<SessionContext> {
    // A catalog list of its own: sessions derived from one another would share it, and a reader would replace the
    // tables of a run.
    let state = SessionStateBuilder::new_from_existing(lake.context().state())
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .build();
    let context = SessionContext::new_with_state(state);
    let catalog = Arc::new(MemoryCatalogProvider::new());
    for layer in lake.warehouse().layers {
        catalog.register_schema(layer, Arc::new(MemorySchemaProvider::new())).map_err(Error::query)?;
    }
    context.register_catalog(lake.warehouse().catalog, Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
    for (known, table) in tables {
        let provider: Arc<dyn TableProvider> = match table {
            Some(table) => table.provider()?,
            None => Arc::new(MemTable::try_new(SchemaRef::clone(&known.schema), vec![vec![]]).map_err(Error::query)?),
        };
        if let Some(schema) = catalog.schema(known.layer) {
            schema.register_table(known.name.to_owned(), provider).map_err(Error::query)?;
        }
    }
    Ok(context)
}

/// Schema provider of a layer, where the session has it.
fn schema_of(context: &SessionContext, layer: &str) -> Option<Arc<dyn SchemaProvider>> {
    context.catalog(&context.copied_config().options().catalog.default_catalog)?.schema(layer)
}

/// Replaces the provider that a session reads a table from.
///
/// # Errors
/// [`Error::Query`] when the session has no such layer.
pub fn show(context: &SessionContext, layer: &str, name: &str, provider: Arc<dyn TableProvider>) -> Result<()> {
    let schema = schema_of(context, layer).ok_or_else(|| Error::query(format!("there is no layer {layer}")))?;
    schema.deregister_table(name).map_err(Error::query)?;
    schema.register_table(name.to_owned(), provider).map_err(Error::query)?;
    Ok(())
}

#[cfg(test)]
mod tests;
