//! Lakehouse at a location: the folders of its tables, and the one DataFusion session that reads and writes them.
//!
//! Invariant: every change of a table must be one Delta commit; nothing here ever leaves a table between two states.

use super::storage::{Storage, advised};
use super::{
    BoxError, Error, FileSizing, Result, ResultExt as _, StorageOptions, Table, Warehouse, filters_below_joins,
    literal, place, table,
};
use connectwise_runtime::HashKey;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Memory that sorts, joins and aggregations may hold before they spill to disk.
const MEMORY_POOL_BYTES: usize = 384 * 1024 * 1024;
/// Maximum number of partitions of a query.
const MOST_PARTITIONS: usize = 8;
/// Bytes of files up to which the smaller side of a join is held whole, once for all threads.
const JOINED_WHOLE_BYTES: u64 = 16 * 1024 * 1024;
/// Memory that a partition of a sort reserves for merging what it spilled: the query engine's own value.
const SORT_RESERVATION_BYTES: usize = 10 << 20;

/// Saved logs below the folder of the lock's table. Readers of Delta tables ignore names that begin with `_`.
const SAVED_LOGS: &str = "_saved_logs/logs.parquet";

/// How layer and table become a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Layout {
    /// `<lakehouse>/<layer>/<table>`: the layer is the schema.
    #[default]
    Schemas,
    /// `<lakehouse>/<layer>_<table>`: for lakehouses without schemas.
    Flat,
}

impl Layout {
    /// Returns the layout's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Layout::Schemas => "schemas",
            Layout::Flat => "flat",
        }
    }

    /// Folder of a table below the root.
    fn folder(self, layer: &str, table: &str) -> String {
        match self {
            Layout::Schemas => format!("{layer}/{table}"),
            Layout::Flat => format!("{layer}_{table}"),
        }
    }
}

/// Mutexes of the tables that several tasks rewrite, by layer and name.
type Turns = Arc<Mutex<BTreeMap<(&'static str, &'static str), Arc<tokio::sync::Mutex<()>>>>>;

/// Lakehouse at a location; cheap to clone.
#[derive(Clone)]
pub struct Lakehouse {
    warehouse: &'static Warehouse,
    root: Url,
    layout: Layout,
    storage: Option<Arc<Storage>>,
    context: SessionContext,
    least_rows: Option<u64>,
    turns: Turns,
    hash_key: Option<HashKey>,
    lock_wait: Duration,
    /// Whether it is a folder of another lakehouse.
    is_part: bool,
}

impl std::fmt::Debug for Lakehouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lakehouse").field("root", &self.root.as_str()).field("layout", &self.layout).finish()
    }
}

impl Lakehouse {
    /// Opens a lakehouse at a folder or URL. Nothing is read or written yet.
    ///
    /// # Errors
    /// [`Error::Usage`] when the location is no path or URL that the storage layer knows, or there are no credentials
    /// for it.
    pub fn new(
        location: &str,
        layout: Layout,
        warehouse: &'static Warehouse,
        options: &StorageOptions,
    ) -> Result<Self> {
        literal::register();
        let root = place::root_of(location)?;
        let context = session(warehouse)?;
        let saved = format!("{}/{SAVED_LOGS}", layout.folder(warehouse.lock.0, warehouse.lock.1));
        let storage = Storage::open(&root, options, &saved)?.map(Arc::new);
        let (turns, lock_wait) = (Arc::default(), Duration::ZERO);
        Ok(Self {
            warehouse,
            root,
            layout,
            storage,
            context,
            least_rows: None,
            turns,
            hash_key: None,
            lock_wait,
            is_part: false,
        })
    }

    /// Moves it to the folder `lake` of a store.
    #[cfg(test)]
    pub(crate) fn over(self, store: Arc<dyn deltalake::ObjectStore>) -> Self {
        let saved = format!("{}/{SAVED_LOGS}", self.layout.folder(self.warehouse.lock.0, self.warehouse.lock.1));
        let storage = Storage::over(store, deltalake::Path::from("lake"), &saved);
        let root = Url::parse("az://container/lake/").unwrap();
        Self { root, storage: Some(Arc::new(storage)), ..self }
    }

    /// Sets the minimum rows of a file, for all tables.
    ///
    /// With the default, a small table is one file, and tests could not show what happens to several.
    #[must_use]
    pub fn with_least_rows(self, rows: u64) -> Self {
        Self { least_rows: Some(rows.max(1)), ..self }
    }

    /// Description that the lakehouse was opened with.
    pub fn warehouse(&self) -> &'static Warehouse {
        self.warehouse
    }

    /// File sizing of a table; that of wide rows where the table is not known.
    pub fn sizing(&self, layer: &str, name: &str) -> FileSizing {
        let sizing = self.warehouse.table(layer, name).map_or(FileSizing::WIDE, |table| table.sizing);
        self.least_rows.map_or(sizing, |least| sizing.with_least(least))
    }

    /// Sets the key of the hashes that replace personal texts.
    #[must_use]
    pub fn with_hash_key(self, hash_key: Option<HashKey>) -> Self {
        Self { hash_key, ..self }
    }

    /// Key of the hashes that replace personal texts, where one was given.
    pub fn hash_key(&self) -> Option<&HashKey> {
        self.hash_key.as_ref()
    }

    /// Sets how long to wait for a lock that another holds.
    #[must_use]
    pub fn with_lock_wait(self, lock_wait: Duration) -> Self {
        Self { lock_wait, ..self }
    }

    /// Time to wait for a lock that another holds.
    pub(super) fn lock_wait(&self) -> Duration {
        self.lock_wait
    }

    /// Opens a lakehouse in a folder of this one.
    ///
    /// # Errors
    /// [`Error::Lakehouse`] when the name can't be part of a URL.
    pub fn below(&self, folder: &str) -> Result<Self> {
        let root = self.root.join(&format!("{folder}/")).map_err(|error| self.unusable(error.to_string()))?;
        Ok(Self { root, is_part: true, ..self.clone() })
    }

    /// Location as a URL with a slash at its end.
    pub fn root(&self) -> &Url {
        &self.root
    }

    /// Session that reads and writes the tables. Identifiers in SQL keep their case.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Location of a table.
    ///
    /// # Errors
    /// [`Error::Table`] when the name can't be part of a URL.
    pub fn url(&self, layer: &str, table: &str) -> Result<Url> {
        self.root.join(&self.folder(layer, table)).on(layer, table, "locating")
    }

    /// Folder of a table below the root.
    pub fn folder(&self, layer: &str, table: &str) -> String {
        self.layout.folder(layer, table)
    }

    /// Location for messages: a path where it is local, else the URL.
    pub fn display(&self) -> String {
        match self.root.to_file_path() {
            Ok(path) => path.display().to_string(),
            Err(()) => self.root.to_string(),
        }
    }

    /// Locks the mutex of a table that several tasks of this process rewrite.
    pub async fn turn(&self, layer: &'static str, name: &'static str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry((layer, name)).or_default())
        };
        turn.lock_owned().await
    }

    /// Layout of the tables' folders.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Opens the same location with the other layout.
    pub fn in_other_layout(&self) -> Self {
        let layout = match self.layout {
            Layout::Schemas => Layout::Flat,
            Layout::Flat => Layout::Schemas,
        };
        Self { layout, ..self.clone() }
    }

    /// Lists the folders in the root; none where the root does not exist yet.
    ///
    /// # Errors
    /// [`Error::Lakehouse`] when they can't be listed.
    pub async fn folders(&self) -> Result<Vec<String>> {
        let failed = |error: BoxError| self.unusable(format!("what is in it can't be listed: {}", advised(error)));
        if let Ok(path) = self.root.to_file_path() {
            // Not through the storage layer, which fails on files whose names it does not accept.
            let entries = match std::fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(_) if !path.is_dir() => return Ok(Vec::new()),
                Err(error) => return Err(failed(error.into())),
            };
            return Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect());
        }
        let store = table::store(self, self.root.clone()).map_err(|error| failed(error.into()))?;
        let listed = store.list_with_delimiter(None).await.map_err(|error| failed(error.into()))?;
        Ok(listed.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned)).collect())
    }

    /// Error of the lakehouse as a whole.
    pub fn unusable(&self, reason: impl Into<String>) -> Error {
        Error::Lakehouse { location: self.display(), reason: reason.into() }
    }

    /// Opens a table at its newest version; `None` where it does not exist.
    ///
    /// # Errors
    /// [`Error::Table`] when it exists but can't be read.
    pub async fn open(&self, layer: &'static str, name: &str) -> Result<Option<Table>> {
        Table::open(self, layer, name).await
    }

    /// Object store of a table's folder, whether or not there is a table yet.
    ///
    /// # Errors
    /// [`Error::Table`] when the storage can't be reached by its address.
    pub fn files(&self, layer: &str, name: &str) -> Result<Arc<dyn deltalake::ObjectStore>> {
        table::files(self, layer, name)
    }

    /// Storage, where it is not a disk.
    pub(super) fn storage(&self) -> Option<&Storage> {
        self.storage.as_deref()
    }

    /// Credential of the storage in words, without secrets; `None` on a disk.
    pub fn credential(&self) -> Option<&str> {
        self.storage().map(Storage::credential)
    }

    /// Requests that were sent to the storage so far; `None` on a disk.
    pub fn requests(&self) -> Option<u64> {
        self.storage().map(Storage::requests)
    }

    /// Checks that the storage's login lasts so long.
    ///
    /// # Errors
    /// [`Error::Usage`] that says when it ends.
    pub fn check_login(&self, needed: chrono::TimeDelta) -> Result<()> {
        self.storage().map_or(Ok(()), |storage| storage.check_login(needed))
    }

    /// Whether the storage refused the login: nothing can be read or written any more.
    pub fn is_login_refused(&self) -> bool {
        self.storage().is_some_and(Storage::is_login_refused)
    }

    /// Waits until the storage refuses the login, and returns the error.
    pub(super) async fn login_refused(&self) -> Error {
        match self.storage() {
            Some(storage) => storage.login_refused().await,
            None => std::future::pending().await,
        }
        self.unusable(
            "the storage refused the login (401), so this stopped: a token may have ended, or be for another resource \
             than https://storage.azure.com. What was committed is whole, and the next run goes on from there",
        )
    }

    /// Forgets what is known of object storage's listing, before a decision that it must not be too old for.
    pub(super) fn forget_listing(&self) {
        if let Some(storage) = self.storage() {
            storage.forget_listing();
        }
    }

    /// Lists object storage anew at once, for decisions that an old listing is not good enough for.
    pub(super) async fn list_anew(&self) {
        if let Some(storage) = self.storage() {
            storage.list_anew().await;
        }
    }

    /// Saves the logs that this process changed, for the next command. A failure costs that one only requests.
    pub async fn save_logs(&self) {
        if let Some(storage) = self.storage().filter(|_| !self.is_part) {
            storage.save_logs().await;
        }
    }
}

/// Fingerprint of a table's definition: different parts give a different number.
pub fn definition<'a>(parts: impl IntoIterator<Item = &'a str>) -> i64 {
    let mut all = String::new();
    for part in parts {
        all.push('\0');
        all.push_str(part);
    }
    i64::from_ne_bytes((xxhash_rust::xxh3::xxh3_64(all.as_bytes()) >> 1).to_ne_bytes())
}

/// Number of partitions of a query: the cores, but no more than share the memory pool well.
fn partitions() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_PARTITIONS)
}

/// Returns how many queries may sort at a time: each of their partitions reserves memory that it can't spill.
pub fn sorts_at_once() -> usize {
    sorts_in(MEMORY_POOL_BYTES, partitions())
}

fn sorts_in(pool: usize, partitions: usize) -> usize {
    (pool / 2 / (partitions * SORT_RESERVATION_BYTES)).max(1)
}

/// Starts a session with a bounded memory pool, case-sensitive identifiers, plain Utf8.
fn session(warehouse: &Warehouse) -> Result<SessionContext> {
    let failed =
        |error: datafusion::error::DataFusionError| Error::query(format!("the query engine can't start: {error}"));
    let config = SessionConfig::new()
        .set_bool("datafusion.sql_parser.enable_ident_normalization", false)
        .with_information_schema(true)
        .with_target_partitions(partitions())
        .with_default_catalog_and_schema(warehouse.catalog, warehouse.default_layer)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
        // A dimension is small beside its facts: they are not moved between threads to be joined with it, and stay in
        // their order.
        .set_u64("datafusion.optimizer.hash_join_single_partition_threshold", JOINED_WHOLE_BYTES)
        .set_str("datafusion.execution.time_zone", "UTC");
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_POOL_BYTES)))
        .with_disk_manager_builder(DiskManagerBuilder::default())
        .build_arc()
        .map_err(failed)?;
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_physical_optimizer_rules(filters_below_joins::rules())
        .build();
    let context = SessionContext::new_with_state(state);
    for function in &warehouse.functions {
        context.register_udf(function.clone());
    }
    for aggregate in &warehouse.aggregates {
        context.register_udaf(aggregate.clone());
    }
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_at_a_time_leave_half_of_the_pool_to_others() {
        for partitions in 1..=MOST_PARTITIONS {
            let reserved = sorts_in(MEMORY_POOL_BYTES, partitions) * partitions * SORT_RESERVATION_BYTES;
            assert!(reserved <= MEMORY_POOL_BYTES / 2, "{partitions} partitions reserve {reserved}");
        }
        assert!(partitions() <= MOST_PARTITIONS);
        assert_eq!(sorts_in(MEMORY_POOL_BYTES, 100), 1, "one is always at work");
    }
}
