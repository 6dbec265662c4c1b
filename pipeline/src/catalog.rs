//! The lakehouse as SQL sees it: `bronze.cw_timeentry`, `silver.…`, `gold.…`, `meta.…`.

use crate::bronze::{self, quarantine};
use crate::error::{Error, Result};
use crate::lake::{LAYERS, Lakehouse, Table, Then, at_time};
use crate::run::meta;
use crate::{gold, silver};
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, SecondsFormat, Utc};
use connectwise_generated::tables::TABLES;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider};
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use std::sync::Arc;

/// How many tables are opened at the same time.
const TABLES_AT_ONCE: usize = 8;

/// A known table, opened where it is there.
pub(crate) type Opened = (KnownTable, Option<Table>);

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
    /// The columns that its rows are sorted by: its key, where it has one.
    pub key: Vec<&'static str>,
}

/// Every table that runs write, by layer and name.
pub fn known_tables() -> Vec<KnownTable> {
    let mut tables = Vec::new();
    let mut add = |layer, name, schema, key: &[&'static str]| {
        tables.push(KnownTable { layer, name, schema, key: key.to_vec() });
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

/// A session in which every known table can be queried; one that no run has written yet is empty.
///
/// # Errors
/// [`Error::Table`] when a table is there but can't be read.
pub async fn register(lake: &Lakehouse) -> Result<SessionContext> {
    session(lake, &open_all(lake).await?).await
}

/// A session in which the tables that are there can be queried: one that was not written yet would look like no data.
///
/// # Errors
/// As [`register`], and [`Error::Lakehouse`] where there is none: a wrong address or layout would look so, too.
pub(crate) async fn register_written(lake: &Lakehouse) -> Result<SessionContext> {
    let tables = open_all(lake).await?;
    if tables.iter().all(|(_, table)| table.is_none()) {
        return Err(no_tables(lake));
    }
    written(lake, &tables).await
}

/// Refuses a lakehouse without tables.
///
/// # Errors
/// [`Error::Lakehouse`].
pub(crate) async fn require_any(lake: &Lakehouse) -> Result<()> {
    let found = first_table(lake, &lake.folders().await?).await?;
    found.map(|_| ()).ok_or_else(|| no_tables(lake))
}

/// Why a lakehouse without tables can't be read.
fn no_tables(lake: &Lakehouse) -> Error {
    Error::Lakehouse {
        location: lake.display(),
        reason: "there are no tables; look at --lakehouse, and at --layout, which has to be the one that they were \
                 made with"
            .to_owned(),
    }
}

/// As [`session`], without the tables that are not there. The quarantine comes with the first record that does not fit.
async fn written(lake: &Lakehouse, tables: &[Opened]) -> Result<SessionContext> {
    let context = session(lake, tables).await?;
    let failed = |error: DataFusionError| Error::Query(error.to_string());
    let missing = tables.iter().filter(|(known, table)| table.is_none() && known.name != quarantine::TABLE);
    for (known, _) in missing {
        if let Some(schema) = context.catalog(CATALOG).and_then(|catalog| catalog.schema(known.layer)) {
            schema.deregister_table(known.name).map_err(failed)?;
        }
    }
    Ok(context)
}

/// The tables that a statement names, each as layer and name.
///
/// # Errors
/// [`DataFusionError`] when it is no SQL.
pub(crate) fn named_tables(context: &SessionContext, sql: &str) -> Result<Vec<(String, String)>, DataFusionError> {
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    let named = state.resolve_table_references(&state.sql_to_statement(sql, &dialect)?)?;
    Ok(named.iter().map(|table| (table.schema().unwrap_or("gold").to_owned(), table.table().to_owned())).collect())
}

/// Refuses a statement over a table that this tool writes and that the session lacks; `when` says as of when it does.
///
/// # Errors
/// [`Error::Lakehouse`] that says what builds it.
pub(crate) fn require_tables(lake: &Lakehouse, context: &SessionContext, sql: &str, when: &str) -> Result<()> {
    // What is no SQL is told when it is planned.
    let named = named_tables(context, sql).unwrap_or_default();
    let schema = |layer: &str| context.catalog(CATALOG).and_then(|catalog| catalog.schema(layer));
    let known = known_tables();
    let missing = named.iter().find(|(layer, name)| {
        let is_known = || known.iter().any(|known| known.layer == layer && known.name == name);
        schema(layer).is_some_and(|schema| !schema.table_exist(name)) && is_known()
    });
    let Some((layer, name)) = missing else { return Ok(()) };
    let has_others = schema(layer).is_some_and(|schema| schema.table_names().iter().any(|n| n != quarantine::TABLE));
    let why = if has_others { format!("no run had written it{when}") } else { format!("{layer} was not built{when}") };
    Err(Error::Lakehouse {
        location: lake.display(),
        reason: format!(
            "{layer}.{name} is not there: {why}. `connectwise-etl run`, of all layers and entities, builds it"
        ),
    })
}

/// Refuses to build on a layer that was not built.
///
/// # Errors
/// [`Error::Lakehouse`] that says what builds it.
pub(crate) async fn require_layer(lake: &Lakehouse, layer: &str) -> Result<()> {
    require_any(lake).await?;
    for known in known_tables().iter().filter(|known| known.layer == layer && known.name != quarantine::TABLE) {
        if lake.open(known.layer, known.name).await?.is_some() {
            return Ok(());
        }
    }
    let reason = format!("{layer} was not built: name it among the --layers, or leave them out");
    Err(Error::Lakehouse { location: lake.display(), reason })
}

/// Refuses a lakehouse whose tables have the other layout: a second set of tables would grow beside them.
///
/// # Errors
/// [`Error::Usage`] that names the other layout; [`Error::Lakehouse`] when the place can't be looked at.
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

/// The folder of a table that lies in one of these folders.
async fn first_table(lake: &Lakehouse, folders: &[String]) -> Result<Option<String>> {
    // Every run writes those of meta, which come last.
    for known in known_tables().iter().rev() {
        let folder = lake.folder(known.layer, known.name);
        let top = folder.split('/').next().unwrap_or_default();
        if folders.iter().any(|name| name == top) && lake.open(known.layer, known.name).await?.is_some() {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// Every known table at its newest version, where there is one.
///
/// # Errors
/// [`Error::Table`] when a table is there but can't be read.
pub(crate) async fn open_all(lake: &Lakehouse) -> Result<Vec<Opened>> {
    let mut opening: Vec<BoxFuture<'_, Result<Opened>>> = Vec::new();
    for known in known_tables() {
        opening.push(async move { lake.open(known.layer, known.name).await.map(|table| (known, table)) }.boxed());
    }
    // Some at a time: where the storage is far, each takes a while.
    futures::stream::iter(opening).buffered(TABLES_AT_ONCE).try_collect().await
}

/// As [`register`], as the lakehouse was at a time: each table's newest version that was committed by then. A run
/// commits table by table, so a time between two runs shows them as they belong together.
///
/// # Errors
/// [`Error::Query`] when there was nothing yet, [`Error::Table`] when a log does not reach back so far.
pub async fn register_at_time(lake: &Lakehouse, time: DateTime<Utc>) -> Result<SessionContext> {
    let mut tables = Vec::new();
    let mut first: Option<DateTime<Utc>> = None;
    for known in known_tables() {
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
        return Err(Error::Query(format!("at {} there was nothing in {}{since}", text(time), lake.display())));
    }
    written(lake, &tables).await
}

/// As [`register`], with one table at an earlier version.
///
/// # Errors
/// [`Error::Usage`] when there is no such table, [`Error::Table`] when there is no such version.
pub async fn register_at_version(lake: &Lakehouse, layer: &str, name: &str, version: u64) -> Result<SessionContext> {
    let context = register_written(lake).await?;
    let known = known_tables().into_iter().find(|known| known.layer == layer && known.name == name);
    let missing = || Error::Usage(format!("there is no table {layer}.{name}"));
    let known = known.ok_or_else(missing)?;
    let table = lake.open(known.layer, known.name).await?.ok_or_else(missing)?.at_version(version).await?;
    let failed = |error: DataFusionError| Error::Query(error.to_string());
    if let Some(schema) = context.catalog(CATALOG).and_then(|catalog| catalog.schema(layer)) {
        schema.deregister_table(name).map_err(failed)?;
        schema.register_table(name.to_owned(), table.provider().await?).map_err(failed)?;
    }
    Ok(context)
}

/// A session in which these tables can be queried, at the versions that are open.
pub(crate) async fn session(lake: &Lakehouse, tables: &[Opened]) -> Result<SessionContext> {
    // A list of its own: sessions that are made from one another share it otherwise, and a reader would take the
    // tables from under a run.
    let state = SessionStateBuilder::new_from_existing(lake.context().state())
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .build();
    let context = SessionContext::new_with_state(state);
    let catalog = Arc::new(MemoryCatalogProvider::new());
    let failed = |error: DataFusionError| Error::Query(error.to_string());
    for layer in LAYERS {
        catalog.register_schema(layer, Arc::new(MemorySchemaProvider::new())).map_err(failed)?;
    }
    context.register_catalog(CATALOG, Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
    for (known, table) in tables {
        let provider: Arc<dyn TableProvider> = match table {
            Some(table) => table.provider().await?,
            None => Arc::new(MemTable::try_new(SchemaRef::clone(&known.schema), vec![vec![]]).map_err(failed)?),
        };
        if let Some(schema) = catalog.schema(known.layer) {
            schema.register_table(known.name.to_owned(), provider).map_err(failed)?;
        }
    }
    Ok(context)
}

/// Lets a session read a table from this provider.
///
/// # Errors
/// [`Error::Query`] when the session has no such layer.
pub fn show(context: &SessionContext, layer: &str, name: &str, provider: Arc<dyn TableProvider>) -> Result<()> {
    let failed = |error: DataFusionError| Error::Query(error.to_string());
    let schema = context.catalog(CATALOG).and_then(|catalog| catalog.schema(layer));
    let schema = schema.ok_or_else(|| Error::Query(format!("there is no layer {layer}")))?;
    schema.deregister_table(name).map_err(failed)?;
    schema.register_table(name.to_owned(), provider).map_err(failed)?;
    Ok(())
}
