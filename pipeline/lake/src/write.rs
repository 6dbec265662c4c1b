//! Writes the data files of a change, and commits them.
//!
//! Invariants:
//! - A change must be one commit that carries the application transactions which record what it was made from, so that
//!   a rerun knows where to continue. Until the commit, new files belong to no version.
//! - A change that was computed from the table's content must be committed as the very next version, or not at all: a
//!   process that lost the lock without noticing must never add its rows to another's.
//! - Rows must be written in the order in which they come, those of a whole table in the order of its key.

use super::error::{BoxError, Result};
use super::file_sizing::FileSizing;
use super::files::{DataFile, one_by_one};
use super::sorted_merge::sorted_merge;
use super::table::{OnTable as _, Table};
use super::{VersionDiff, cast_to_schema};
use arrow::array::RecordBatch;
use datafusion::physical_plan::execute_stream_partitioned;
use datafusion::prelude::DataFrame;
use deltalake::DeltaTable;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, Transaction};
use deltalake::parquet::basic::{Compression, ZstdLevel};
use deltalake::parquet::file::properties::WriterProperties;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::writer::{DeltaWriter as _, RecordBatchWriter};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use std::sync::Arc;

/// Name of this program in the footers of its files, before its version.
pub(super) const CREATOR: &str = "connectwise-etl ";

/// Rows in a batch while sorting.
const SORTED_ROWS: usize = 1024;

impl Table {
    /// Appends exactly `expected` rows in one commit, whatever others append at the same time.
    ///
    /// # Errors
    /// [`super::Error::Table`]; the table stays as it was.
    pub async fn append(&mut self, rows: DataFrame, expected: u64) -> Result<()> {
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let adds = self.write_all("appending", rows, expected).await?;
        if !self.is_planned() {
            return self.commit("appending", adds, &[], operation, CommitProperties::default()).await;
        }
        let Err(error) =
            self.commit("appending", adds.clone(), &[], operation.clone(), CommitProperties::default()).await
        else {
            return Ok(());
        };
        match Self::open(self.lake(), self.layer(), self.name()).await? {
            // Another created it meanwhile; the files lie in its folder already.
            Some(mut there) if there.id()? != self.id()? => {
                there.evolve(&self.schema()?).await?;
                *self = there;
                self.commit("appending", adds, &[], operation, CommitProperties::default()).await
            }
            _ => Err(error),
        }
    }

    /// Fills an empty table with exactly `expected` rows in one commit.
    ///
    /// # Errors
    /// [`super::Error::Table`]; the table stays as it was.
    pub async fn fill(&mut self, rows: DataFrame, expected: u64, transactions: &[(String, i64)]) -> Result<()> {
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let adds = self.write_all("filling", rows, expected).await?;
        self.commit("filling", adds, &[], operation, next_version(transactions)).await
    }

    /// Replaces the content in one commit, by exactly `expected` rows where that is given.
    ///
    /// # Errors
    /// [`super::Error::Table`]; the table stays as it was.
    pub async fn overwrite(
        &mut self,
        rows: DataFrame,
        expected: Option<u64>,
        transactions: &[(String, i64)],
    ) -> Result<()> {
        let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None };
        let files = self.files()?;
        let adds = match expected {
            Some(expected) => self.write_all("replacing the content", rows, expected).await?,
            None => self.write_files(rows, 0).await?,
        };
        self.commit("replacing the content", adds, &files, operation, next_version(transactions)).await
    }

    /// Writes the sorted merge of two streams, each in the order of the key.
    pub(super) async fn write_merged(
        &self,
        one: BoxStream<'static, Result<RecordBatch, BoxError>>,
        other: BoxStream<'static, Result<RecordBatch, BoxError>>,
        key: &[&str],
        expected: u64,
    ) -> Result<Vec<Add>, BoxError> {
        let schema = self.schema()?;
        let places: Vec<usize> = key.iter().map(|name| schema.index_of(name)).collect::<Result<_, _>>()?;
        let rows = sorted_merge(one, other, schema, &places)?;
        write_stream(self.delta(), writer_properties(self.sizing()), rows.boxed(), self.rows_a_file(expected)?).await
    }

    /// Rewrites the same rows into other files, in one commit with `dataChange` false.
    ///
    /// Readers that follow row changes, or have the table in memory, have nothing to read again.
    ///
    /// # Errors
    /// [`super::Error::Table`]; the table stays as it was.
    pub(super) async fn rearrange(&mut self, rows: DataFrame) -> Result<()> {
        let target_size = i64::try_from(super::file_sizing::BYTES_A_FILE).unwrap_or(i64::MAX);
        let operation = DeltaOperation::Optimize { predicate: None, target_size };
        let files = self.files()?;
        let adds = self.write_all("rearranging the files", rows, self.rows().await?).await?;
        self.commit("rearranging the files", adds, &files, operation, CommitProperties::default()).await
    }

    /// Records the application transactions that differ from the table's, in a commit without data.
    ///
    /// # Errors
    /// [`super::Error::Table`].
    pub async fn record(&mut self, transactions: &[(String, i64)]) -> Result<()> {
        let mut fresh = Vec::new();
        for (application, version) in transactions {
            if self.transaction(application).await? != Some(*version) {
                fresh.push((application.clone(), *version));
            }
        }
        if fresh.is_empty() && !self.is_planned() {
            return Ok(());
        }
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        self.commit("recording the state", Vec::new(), &[], operation, next_version(&fresh)).await
    }

    /// Writes exactly `expected` rows to new files.
    async fn write_all(&self, action: &str, rows: DataFrame, expected: u64) -> Result<Vec<Add>> {
        let adds = self.write_files(rows, expected).await?;
        self.must_be(action, &adds, expected)?;
        Ok(adds)
    }

    /// Checks that files hold exactly `expected` rows: none may be lost, none may come twice.
    pub(super) fn must_be(&self, action: &str, adds: &[Add], expected: u64) -> Result<()> {
        match adds.iter().map(rows_of).sum::<Option<u64>>() {
            Some(written) if written == expected => Ok(()),
            Some(written) => Err(self.error(action, format!("{written} rows were written in the place of {expected}"))),
            None => Err(self.error(action, "a file that was written does not say how many rows it has")),
        }
    }

    /// Writes about `about` rows to new, evenly filled files that no version has yet.
    pub(super) async fn write_files(&self, rows: DataFrame, about: u64) -> Result<Vec<Add>> {
        let (mut state, plan) = rows.into_parts();
        // A stream that took over another's file would mix in its rows: the table would not be clustered.
        state.config_mut().options_mut().execution.enable_file_stream_work_stealing = false;
        let rows = DataFrame::new(state, plan);
        let context = Arc::new(rows.task_ctx());
        let plan = rows.create_physical_plan().await.on_table(self, "writing")?;
        let limit = self.rows_a_file(about)?;
        let streams = execute_stream_partitioned(plan, context).on_table(self, "writing")?;
        let mut writing = tokio::task::JoinSet::new();
        for (place, stream) in streams.into_iter().enumerate() {
            let (delta, properties) = (self.delta().clone(), writer_properties(self.sizing()));
            writing.spawn(async move { (place, write_stream(&delta, properties, stream, limit).await) });
        }
        let mut adds = Vec::new();
        while let Some(joined) = writing.join_next().await {
            let (place, written) = joined.on_table(self, "writing")?;
            adds.push((place, written.on_table(self, "writing")?));
        }
        adds.sort_by_key(|(place, _)| *place);
        Ok(adds.into_iter().flat_map(|(_, adds)| adds).collect())
    }

    /// Rows per file when `known` rows are written; 0 where the number is not known.
    ///
    /// Rows are spread evenly, since a remainder of a few rows would be a file of its own.
    pub(super) fn rows_a_file(&self, known: u64) -> Result<usize> {
        let all = known.max(self.files()?.iter().filter_map(DataFile::rows).sum());
        let full = self.sizing().rows_of_a_file(all);
        let files = known.div_ceil(full).max(1);
        let limit = if known == 0 { full } else { known.div_ceil(files).max(1) };
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    pub(super) async fn commit(
        &mut self,
        action: &str,
        adds: Vec<Add>,
        removed: &[DataFile],
        operation: DeltaOperation,
        properties: CommitProperties,
    ) -> Result<()> {
        let data_change = operation.changes_data();
        let mut actions = self.description(action)?;
        actions.extend(removed.iter().map(|file| Action::Remove(file.remove(data_change))));
        actions.extend(adds.into_iter().map(|add| Action::Add(Add { data_change, ..add })));
        let before = if self.is_planned() { None } else { Some(self.state(action)? as &dyn TableReference) };
        let operation = if self.is_planned() { self.creation(action)? } else { operation };
        let mut delta = self.delta().clone();
        // Checkpoints are made below: one that fails must not make a commit look as if it had failed.
        let mut properties = properties.with_create_checkpoint(false).with_cleanup_expired_logs(Some(false));
        if self.is_planned() {
            // A retry would put this table's description over another's.
            properties = properties.with_max_retries(0);
        }
        let committed =
            CommitBuilder::from(properties).with_actions(actions).build(before, delta.log_store(), operation).await;
        if let Err(error) = committed {
            return Err(match self.newest_version().await {
                Some(newest) if newest > self.version() => self.error(
                    action,
                    format!(
                        "another writer committed meanwhile (version {newest}), and nothing was written ({error}); run \
                         again"
                    ),
                ),
                _ => self.refused(action, error),
            });
        }
        if self.is_planned() {
            delta = DeltaTable::new(delta.log_store());
        }
        delta.update_state().await.on_table(self, action)?;
        self.show(delta);
        self.checkpoint_if_due().await;
        Ok(())
    }

    async fn newest_version(&self) -> Option<i64> {
        let known = u64::try_from(self.version()).unwrap_or(0);
        i64::try_from(self.delta().log_store().get_latest_version(known).await.ok()?).ok()
    }

    /// Opens the newest version if no row changed since the open one, and returns whether it did.
    ///
    /// The application transactions must be the same, too: then what was computed from the rows is still valid, and
    /// only the files differ.
    ///
    /// # Errors
    /// [`super::Error::Table`] when the newest version can't be read.
    pub(super) async fn catch_up(&mut self, transactions: &[(String, i64)]) -> Result<bool> {
        if self.is_planned() {
            return Ok(false);
        }
        let mut delta = self.delta().clone();
        delta.update_state().await.on_table(self, "opening")?;
        let mut newest = self.clone();
        newest.show(delta);
        let mut same = newest.version() > self.version()
            && newest.schema()? == self.schema()?
            && matches!(newest.diff_since(self.version()).await?, VersionDiff::None);
        for (application, _) in transactions {
            same = same && newest.transaction(application).await? == self.transaction(application).await?;
        }
        if same {
            *self = newest;
        }
        Ok(same)
    }
}

/// Plans a read by one thread and in small batches.
///
/// Groups are written concurrently anyway, and a sort of wide rows holds several batches in memory that nothing else
/// can use.
pub(super) fn in_small_batches(rows: DataFrame) -> DataFrame {
    one_by_one(rows, SORTED_ROWS)
}

/// Writes a stream to files of up to `limit` rows.
async fn write_stream<E>(
    delta: &DeltaTable,
    properties: WriterProperties,
    mut rows: impl Stream<Item = Result<RecordBatch, E>> + Unpin,
    limit: usize,
) -> Result<Vec<Add>, BoxError>
where
    BoxError: From<E>,
{
    let mut writer = RecordBatchWriter::for_table(delta)?.with_writer_properties(properties);
    let schema = writer.arrow_schema();
    let mut adds = Vec::new();
    let mut written = 0;
    while let Some(batch) = rows.next().await {
        let mut batch = cast_to_schema(&batch?, &schema)?;
        while batch.num_rows() > 0 {
            let fits = batch.num_rows().min(limit - written);
            writer.write(batch.slice(0, fits)).await?;
            written += fits;
            batch = batch.slice(fits, batch.num_rows() - fits);
            if written == limit {
                adds.extend(writer.flush().await?);
                written = 0;
            }
        }
    }
    if written > 0 {
        adds.extend(writer.flush().await?);
    }
    Ok(adds)
}

/// Rows of a file by its own statistics.
fn rows_of(add: &Add) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(add.stats.as_deref()?).ok()?["numRecords"].as_u64()
}

/// Properties of a commit that must be the next version: any other in between is a conflict, whatever it did.
pub(super) fn next_version(transactions: &[(String, i64)]) -> CommitProperties {
    let transactions =
        transactions.iter().map(|(application, version)| Transaction::new(application, *version)).collect();
    CommitProperties::default().with_application_transactions(transactions).with_max_retries(0)
}

/// Properties of Parquet files: Zstandard at its fastest level, row groups by the sizing.
pub(super) fn writer_properties(sizing: FileSizing) -> WriterProperties {
    let level = ZstdLevel::try_new(1).unwrap_or_default();
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(sizing.row_group))
        .set_created_by(format!("{CREATOR}{}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(super::footer::footer_metadata()))
        .build()
}

#[cfg(test)]
mod tests;
