//! Opens, creates and evolves one Delta table.
//!
//! A table that is not there yet may be planned: its first commit creates it, with its first rows. On object storage, to
//! create it before would be one request more to wait for.
//!
//! Invariant: a schema must be evolved before any change of rows, and what is written must have exactly the table's
//! schema.

use super::Lakehouse;
use super::error::{BoxError, Error, Result, ResultExt as _};
use super::file_sizing::FileSizing;
use super::schema::compare_schemas;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::logical_expr::ident;
use datafusion::prelude::DataFrame;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::transaction::{CommitBuilder, TransactionError};
use deltalake::kernel::{Action, StructField, StructType};
use deltalake::logstore::object_store::memory::InMemory;
use deltalake::logstore::{ObjectStoreRef, StorageConfig, default_logstore};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::table::state::DeltaTableState;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use std::sync::Arc;

/// What to do about a table that another program changed into one that is not read or written here.
pub(super) const ANEW: &str = "Someone set properties of the table (deletion vectors, a change data feed, mapped columns, \
                               partitions), in Spark, say. Move the table away, or drop it, and run with --mode full to \
                               build it anew";

/// Column of the rows to merge that marks a deletion.
pub(super) const DELETE_MARK: &str = "__delete";

/// Counts of the rows that a step inserted, updated, left unchanged and deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// New rows.
    pub inserted: u64,
    /// Rows whose content changed.
    pub updated: u64,
    /// Rows that were compared and did not differ.
    pub unchanged: u64,
    /// Rows removed, or marked as deleted.
    pub deleted: u64,
}

impl Counts {
    /// Whether anything has to be written.
    pub fn any_change(&self) -> bool {
        self.inserted + self.updated + self.deleted > 0
    }
}

/// Delta table at one of its versions.
#[derive(Clone)]
pub struct Table {
    lake: Lakehouse,
    layer: &'static str,
    name: String,
    sizing: FileSizing,
    delta: DeltaTable,
    /// Whether it is not there yet: the first commit creates it.
    is_planned: bool,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} version {}", self.layer, self.name, self.version())
    }
}

impl Table {
    fn new(lake: &Lakehouse, layer: &'static str, name: &str, delta: DeltaTable) -> Self {
        let sizing = lake.sizing(layer, name);
        Self { lake: lake.clone(), layer, name: name.to_owned(), sizing, delta, is_planned: false }
    }

    /// Opens a table at its newest version; `None` where it does not exist.
    pub(super) async fn open(lake: &Lakehouse, layer: &'static str, name: &str) -> Result<Option<Self>> {
        let url = lake.url(layer, name)?;
        if url.to_file_path().is_ok_and(|path| !path.join("_delta_log").is_dir()) {
            return Ok(None);
        }
        let mut delta = builder(lake, url).and_then(DeltaTableBuilder::build).on(layer, name, "opening")?;
        if !delta.verify_deltatable_existence().await.on(layer, name, "opening")? {
            return Ok(None);
        }
        delta.load().await.on(layer, name, "opening")?;
        Ok(Some(Self::new(lake, layer, name, delta)))
    }

    /// Opens the table, creating it or adding the columns (also nested ones) that it lacks.
    ///
    /// # Errors
    /// [`Error::Table`]; for a column whose type changed, with what to do.
    pub async fn create_or_evolve(
        lake: &Lakehouse,
        layer: &'static str,
        name: &str,
        schema: &SchemaRef,
    ) -> Result<Self> {
        let mut table = Self::plan_or_evolve(lake, layer, name, schema).await?;
        if table.is_planned {
            table.create().await?;
            // What another created meanwhile may lack columns.
            table.evolve(schema).await?;
        }
        Ok(table)
    }

    /// Opens the table and adds the columns that it lacks, or plans it: then it is created by its first commit.
    ///
    /// # Errors
    /// As [`Self::create_or_evolve`].
    pub async fn plan_or_evolve(lake: &Lakehouse, layer: &'static str, name: &str, schema: &SchemaRef) -> Result<Self> {
        match Self::open(lake, layer, name).await? {
            Some(mut table) => {
                table.evolve(schema).await?;
                Ok(table)
            }
            None => Self::plan(lake, layer, name, schema).await,
        }
    }

    /// Plans a table: its description is made in memory, and nothing is written.
    async fn plan(lake: &Lakehouse, layer: &'static str, name: &str, schema: &SchemaRef) -> Result<Self> {
        let url = lake.url(layer, name)?;
        if let Ok(path) = url.to_file_path() {
            std::fs::create_dir_all(&path)
                .map_err(|error| Error::io(format!("creating the folder {}", path.display()), error))?;
        }
        let log = builder(lake, url).and_then(|builder| builder.build_storage()).on(layer, name, "creating")?;
        let kernel: StructType = schema.as_ref().try_into_kernel().on(layer, name, "creating")?;
        let fields: Vec<StructField> = kernel.fields().cloned().collect();
        let memory: ObjectStoreRef = Arc::new(InMemory::new());
        let nowhere = url::Url::parse("memory:///").on(layer, name, "creating")?;
        let described = default_logstore(Arc::clone(&memory), memory, &nowhere, &StorageConfig::default());
        let described = DeltaTable::new(described).create().with_table_name(name).with_columns(fields);
        let described = described.await.on(layer, name, "creating")?;
        let mut delta = DeltaTable::new(log);
        delta.state = described.state;
        Ok(Self { is_planned: true, ..Self::new(lake, layer, name, delta) })
    }

    /// Creates a planned table without rows. Where another did so meanwhile, the result is that one's.
    async fn create(&mut self) -> Result<()> {
        let actions = self.description("creating")?;
        let log = self.delta.log_store();
        let created = CommitBuilder::default()
            .with_actions(actions)
            // A retry would put this description over another's.
            .with_max_retries(0)
            .build(None, log, self.creation("creating")?)
            .await;
        match (created, Self::open(&self.lake, self.layer, &self.name).await?) {
            (_, Some(table)) => {
                *self = table;
                Ok(())
            }
            (Err(error), None) => Err(self.error("creating", error)),
            (Ok(_), None) => Err(self.error("creating", "it is gone again")),
        }
    }

    /// Whether the table is not there yet, and created by its first commit.
    pub(super) fn is_planned(&self) -> bool {
        self.is_planned
    }

    /// Actions that create a planned table; none for one that is there.
    pub(super) fn description(&self, action: &str) -> Result<Vec<Action>> {
        if !self.is_planned {
            return Ok(Vec::new());
        }
        let state = self.state(action)?;
        Ok(vec![Action::Protocol(state.protocol().clone()), Action::Metadata(state.metadata().clone())])
    }

    /// Operation that creates a planned table.
    pub(super) fn creation(&self, action: &str) -> Result<DeltaOperation> {
        let state = self.state(action)?;
        Ok(DeltaOperation::Create {
            mode: SaveMode::ErrorIfExists,
            location: self.lake.url(self.layer, &self.name)?,
            protocol: state.protocol().clone(),
            metadata: state.metadata().clone(),
        })
    }

    /// Adds the columns that the table lacks.
    pub(super) async fn evolve(&mut self, wanted: &SchemaRef) -> Result<()> {
        let difference = compare_schemas(self.schema()?.as_ref(), wanted);
        if !difference.retyped.is_empty() {
            return Err(self.error(
                "evolving",
                format!(
                    "the type of a column changed: {}. A stored column keeps its type: move the table away (or drop \
                     it) and run with --mode full to build it anew",
                    difference.retyped.join("; ")
                ),
            ));
        }
        if difference.added.is_empty() {
            return Ok(());
        }
        tracing::info!(layer = self.layer, table = self.name, added = ?difference.added, "new columns");
        let kernel: StructType = wanted.as_ref().try_into_kernel().on_table(self, "adding columns")?;
        let known = self.schema()?;
        // A column that is there stays what it is; the rows that are there have no value in a new one.
        let is_nullable = |field: &StructField| known.field_with_name(field.name()).map_or(true, Field::is_nullable);
        let fields: Vec<StructField> =
            kernel.fields().map(|field| StructField { nullable: is_nullable(field), ..field.clone() }).collect();
        let delta = self.delta.clone().add_columns().with_fields(fields);
        let delta = delta.await.map_err(|error| self.refused("adding columns", error))?;
        self.delta = delta;
        Ok(())
    }

    /// Layer of the table.
    pub fn layer(&self) -> &'static str {
        self.layer
    }

    /// Name of the table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version that is open; -1 where the table is planned.
    pub fn version(&self) -> i64 {
        if self.is_planned {
            return -1;
        }
        self.delta.version().and_then(|version| i64::try_from(version).ok()).unwrap_or(-1)
    }

    /// Arrow schema, without metadata.
    ///
    /// # Errors
    /// [`Error::Table`] when no version is loaded.
    pub fn schema(&self) -> Result<SchemaRef> {
        let state = self.delta.snapshot().on_table(self, "reading the schema")?;
        let schema = state.snapshot().arrow_schema();
        Ok(Arc::new(Schema::new(schema.fields().clone())))
    }

    /// Version that an application's last transaction recorded in the log.
    ///
    /// # Errors
    /// [`Error::Table`] when the log can't be read.
    pub async fn transaction(&self, application: &str) -> Result<Option<i64>> {
        if self.is_planned {
            return Ok(None);
        }
        let state = self.delta.snapshot().on_table(self, "reading the log")?;
        state
            .snapshot()
            .transaction_version(self.delta.log_store().as_ref(), application)
            .await
            .on_table(self, "reading the log")
    }

    /// Id that the table got when it was created: a new table at the same location has a different one.
    ///
    /// # Errors
    /// [`Error::Table`] when no version is loaded.
    pub fn id(&self) -> Result<String> {
        Ok(self.state("reading its id")?.metadata().id().to_owned())
    }

    pub(super) fn state(&self, action: &str) -> Result<&DeltaTableState> {
        self.delta.snapshot().on_table(self, action)
    }

    /// Sizing of its data files.
    pub(super) fn sizing(&self) -> FileSizing {
        self.sizing
    }

    pub(super) fn lake(&self) -> &Lakehouse {
        &self.lake
    }

    pub(super) fn delta(&self) -> &DeltaTable {
        &self.delta
    }

    /// Replaces the version that is open.
    pub(super) fn show(&mut self, delta: DeltaTable) {
        self.delta = delta;
        self.is_planned = false;
    }

    /// Builds the error of a commit that was refused, and says what to do where the table has features that are not
    /// written.
    pub(super) fn refused(&self, action: &str, error: DeltaTableError) -> Error {
        let DeltaTableError::Transaction { source: TransactionError::UnsupportedTableFeatures(features) } = &error
        else {
            return self.error(action, error);
        };
        let mut names: Vec<String> = features.iter().map(ToString::to_string).collect();
        names.sort_unstable();
        let names = names.join(", ");
        self.error(action, format!("the table has features that are not written here ({names}). {ANEW}"))
    }

    /// Builds an error of this table.
    pub fn error(&self, action: &str, source: impl Into<BoxError>) -> Error {
        Error::table(self.layer, &self.name, action, source)
    }
}

/// Extension of results that adds the open table to an error.
pub trait OnTable<T> {
    /// Converts the error into one of this table.
    ///
    /// # Errors
    /// [`Error::Table`].
    fn on_table(self, table: &Table, action: &str) -> Result<T>;
}

impl<T, E: Into<BoxError>> OnTable<T> for std::result::Result<T, E> {
    fn on_table(self, table: &Table, action: &str) -> Result<T> {
        self.on(table.layer(), table.name(), action)
    }
}

/// Sorts rows by a key.
pub(super) fn sorted(rows: DataFrame, key: &[&str]) -> datafusion::error::Result<DataFrame> {
    rows.sort(key.iter().map(|name| ident(*name).sort(true, false)).collect())
}

/// Object store of a table's folder.
pub(super) fn files(lake: &Lakehouse, layer: &str, name: &str) -> Result<Arc<dyn deltalake::ObjectStore>> {
    store(lake, lake.url(layer, name)?).on(layer, name, "reaching")
}

/// Object store of a location in the lakehouse.
pub(super) fn store(
    lake: &Lakehouse,
    url: url::Url,
) -> Result<Arc<dyn deltalake::ObjectStore>, deltalake::DeltaTableError> {
    Ok(builder(lake, url)?.build_storage()?.object_store(None))
}

/// Object store of a table's folder whose every request is sent.
pub(super) fn direct_files(lake: &Lakehouse, layer: &str, name: &str) -> Result<Arc<dyn deltalake::ObjectStore>> {
    let Some(storage) = lake.storage() else { return files(lake, layer, name) };
    let url = lake.url(layer, name)?;
    let builder = DeltaTableBuilder::from_url(url.clone()).on(layer, name, "reaching")?;
    let storage = builder.with_storage_backend(storage.direct(), url).build_storage().on(layer, name, "reaching")?;
    Ok(storage.object_store(None))
}

fn builder(lake: &Lakehouse, url: url::Url) -> Result<DeltaTableBuilder, deltalake::DeltaTableError> {
    let builder = DeltaTableBuilder::from_url(url.clone())?;
    Ok(match lake.storage() {
        Some(storage) => builder.with_storage_backend(storage.cached(), url),
        None => builder,
    })
}

#[cfg(test)]
mod tests;
