//! Maintenance, which keeps tables fast to read: compaction, vacuum, checkpoints.
//!
//! Invariant: maintenance must never change a row, nor delete a file that a version within the retention has. Small
//! files, and files that Spark refuses, are rewritten in one OPTIMIZE commit; the checkpoint is that of the newest
//! version. Where there is nothing to do, nothing is written.

use super::error::Result;
use super::file_sizing::BYTES_A_FILE;
use super::table::{OnTable as _, sorted};
use super::{Lakehouse, Table, TableDef};
use chrono::{TimeDelta, Utc};
use deltalake::logstore::object_store::{Error as StoreError, ObjectStoreExt as _};
use deltalake::operations::vacuum::VacuumMode;
use deltalake::{DeltaTable, Path};

/// Hours that the files of earlier versions are kept by default: a week.
///
/// Delta itself guarantees as much to readers that have such a version open.
pub const RETENTION_HOURS: u32 = 168;

/// Commits from one checkpoint to the next: a reader fetches each commit after the newest checkpoint.
const COMMITS_A_CHECKPOINT: i64 = 10;
/// Hours that entries of the log before a checkpoint are kept: 30 days, Delta's own default.
const LOG_HOURS: u32 = 30 * 24;

/// Options of maintenance.
#[derive(Debug, Clone, Copy)]
pub struct MaintenanceOptions {
    /// Hours that the files of earlier versions are kept.
    pub retention_hours: u32,
    /// Whether to report only what would be done, and write nothing.
    pub dry_run: bool,
}

/// Result of maintaining a table, or of a dry run of it.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceResult {
    /// The layer.
    pub layer: &'static str,
    /// The table.
    pub table: &'static str,
    /// Whether its small files were compacted, or files that Spark refuses were rewritten.
    pub compacted: bool,
    /// Data files of the newest version, before.
    pub files_before: u64,
    /// Data files of the newest version, after.
    pub files_after: u64,
    /// Bytes of these files, before.
    pub bytes_before: u64,
    /// Bytes of these files, after.
    pub bytes_after: u64,
    /// Files of earlier versions, or of none, that were deleted.
    pub vacuumed: u64,
    /// The version of the newest checkpoint.
    pub checkpoint: Option<i64>,
    /// The error, where it failed.
    pub error: Option<String>,
}

/// Totals of the data files of a version.
#[derive(Debug, Clone, Copy, Default)]
struct Footprint {
    files: u64,
    bytes: u64,
    rows: u64,
}

impl Footprint {
    /// Whether the rows would fit into fewer files.
    fn is_scattered(self, least_rows: u64) -> bool {
        let needed = self.rows.div_ceil(least_rows).max(self.bytes.div_ceil(BYTES_A_FILE)).max(1);
        self.files > needed
    }
}

/// Maintains a table; `None` where it does not exist.
///
/// An error is part of the result, so that the other tables are still maintained.
pub async fn maintain(lake: &Lakehouse, known: &TableDef, options: MaintenanceOptions) -> Option<MaintenanceResult> {
    let mut done = MaintenanceResult {
        layer: known.layer,
        table: known.name,
        compacted: false,
        files_before: 0,
        files_after: 0,
        bytes_before: 0,
        bytes_after: 0,
        vacuumed: 0,
        checkpoint: None,
        error: None,
    };
    match work(lake, known, options, &mut done).await {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => done.error = Some(error.to_string()),
    }
    Some(done)
}

/// Runs the steps of [`maintain`]; false where the table does not exist.
async fn work(
    lake: &Lakehouse,
    known: &TableDef,
    options: MaintenanceOptions,
    done: &mut MaintenanceResult,
) -> Result<bool> {
    let Some(mut table) = lake.open(known.layer, known.name).await? else { return Ok(false) };
    let before = table.footprint()?;
    (done.files_before, done.bytes_before) = (before.files, before.bytes);
    (done.files_after, done.bytes_after) = (before.files, before.bytes);
    done.compacted = before.is_scattered(table.sizing().least) || table.has_refused_dates().await?;
    if done.compacted && !options.dry_run {
        let rows = sorted(table.frame()?, &known.key).on_table(&table, "compacting")?;
        table.rearrange(rows).await?;
        let after = table.footprint()?;
        (done.files_after, done.bytes_after) = (after.files, after.bytes);
    }
    // The checkpoint comes first: readers need it more than the room.
    done.checkpoint = table.newest_checkpoint().await?;
    if done.checkpoint != Some(table.version()) && !options.dry_run {
        table.checkpoint().await?;
        done.checkpoint = Some(table.version());
    }
    done.vacuumed = table.vacuum(options).await?;
    if options.retention_hours < RETENTION_HOURS && !options.dry_run {
        table.shorten_log(options.retention_hours).await?;
    }
    Ok(true)
}

impl Table {
    fn footprint(&self) -> Result<Footprint> {
        let state = self.delta().snapshot().on_table(self, "listing its files")?;
        let mut sum = Footprint::default();
        for file in state.log_data().iter() {
            sum.files += 1;
            sum.bytes += u64::try_from(file.size()).unwrap_or_default();
            sum.rows += file.num_records().unwrap_or_default() as u64;
        }
        Ok(sum)
    }

    /// Writes the checkpoint of the open version.
    async fn checkpoint(&self) -> Result<()> {
        let written = deltalake::checkpoints::create_checkpoint(self.delta(), None).await;
        written.on_table(self, "writing the checkpoint")
    }

    /// Writes a checkpoint after each few commits, and deletes what is too old of the log before it.
    ///
    /// A failure costs readers only time, and the next checkpoint comes soon.
    pub(super) async fn checkpoint_if_due(&self) {
        if self.version() < 1 || self.version() % COMMITS_A_CHECKPOINT != 0 {
            return;
        }
        let done = async {
            self.checkpoint().await?;
            self.shorten_log(LOG_HOURS).await
        };
        if let Err(error) = done.await {
            tracing::debug!(%error, "there is no new checkpoint");
        }
    }

    /// Deletes files that no version within the retention has, and counts them.
    async fn vacuum(&mut self, options: MaintenanceOptions) -> Result<u64> {
        let mut looked: DeltaTable = self.delta().clone();
        // Whatever the newest version has must stay, also what another committed a moment ago.
        self.lake().forget_listing();
        looked.update_state().await.on_table(self, "deleting old files")?;
        let (delta, metrics) = looked
            .vacuum()
            // Also what a killed run wrote and never committed.
            .with_mode(VacuumMode::Full)
            .with_retention_period(TimeDelta::hours(i64::from(options.retention_hours)))
            // The caller decides who may go below a week.
            .with_enforce_retention_duration(false)
            .with_dry_run(options.dry_run)
            .await
            .on_table(self, "deleting old files")?;
        self.show(delta);
        Ok(metrics.files_deleted.len() as u64)
    }

    /// Deletes log entries before the newest checkpoint that are older than so many hours.
    ///
    /// Their statistics still hold the minimum and maximum values of deleted files.
    async fn shorten_log(&self, hours: u32) -> Result<()> {
        let version = u64::try_from(self.version()).on_table(self, "shortening the log")?;
        let before = Utc::now() - TimeDelta::hours(i64::from(hours));
        let log = self.delta().log_store();
        let deleted =
            deltalake::checkpoints::cleanup_expired_logs_for(version, log.as_ref(), before.timestamp_millis(), None);
        let deleted = deleted.await.on_table(self, "shortening the log")?;
        tracing::debug!(table = self.name(), deleted, "old entries of the log");
        Ok(())
    }

    async fn newest_checkpoint(&self) -> Result<Option<i64>> {
        let store = self.delta().log_store().object_store(None);
        let pointer = match store.get(&Path::from("_delta_log/_last_checkpoint")).await {
            Ok(file) => file.bytes().await,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => Err(error),
        };
        let pointer = pointer.on_table(self, "reading the checkpoint")?;
        // An unreadable pointer is no help to any reader either: a new checkpoint replaces it.
        let pointer: serde_json::Value = serde_json::from_slice(&pointer).unwrap_or_default();
        Ok(pointer.get("version").and_then(serde_json::Value::as_i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_could_be_fewer_are_too_many() {
        const LEAST: u64 = 100;
        let scattered = |files, rows, bytes| Footprint { files, bytes, rows }.is_scattered(LEAST);
        assert!(!scattered(0, 0, 0) && !scattered(1, 3, 900));
        assert!(scattered(2, 3, 900));
        assert!(!scattered(16, 16 * LEAST, 900) && scattered(17, 16 * LEAST, 900));
        assert!(!scattered(3, 10, 3 * BYTES_A_FILE), "rows may be large");
    }
}
