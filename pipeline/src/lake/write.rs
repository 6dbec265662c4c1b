//! Changing a table: which files are written anew, and the one commit that puts them in place.
//!
//! Invariants:
//! - A change is one commit, and carries the application transactions that say what it was made from, so that a rerun
//!   knows where it stands. Until the commit, new files belong to nobody.
//! - A change that was worked out from what the table held is committed as the very next version, or not at all:
//!   whoever lost the lock without noticing can't put rows beside another's.
//! - A merge writes only the files that may hold one of its keys, in the order of the key, so that tables stay clustered
//!   and a change of recent records leaves the files of old ones alone.

use super::files::{DataFile, rows_of_a_file};
use super::pieces::{Piece, pieces};
use super::sync::MANY_STAGED;
use super::table::{DELETE_MARK, Table, sorted};
use super::weave::{Obstacle, OutOfOrder, ahead, weave};
use super::{Difference, KeySet, align_batch};
use crate::error::{Error, Result};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{SortColumn, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use connectwise_runtime::row_hashes;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf, ident, lit};
use datafusion::physical_plan::execute_stream_partitioned;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::prelude::{DataFrame, SessionContext};
use deltalake::DeltaTable;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, Transaction};
use deltalake::parquet::basic::{Compression, ZstdLevel};
use deltalake::parquet::file::properties::WriterProperties;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::writer::{DeltaWriter as _, RecordBatchWriter};
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, StreamExt as _, TryStreamExt as _};
use std::collections::HashSet;
use std::sync::Arc;

/// How many pieces are sorted and written at the same time.
const PIECES_AT_ONCE: usize = 2;
/// The rows of a batch of what is sorted.
const SORTED_ROWS: usize = 1024;

impl Table {
    /// Appends rows in one commit, whatever others append at the same time.
    ///
    /// # Errors
    /// [`Error::Table`]; the table stays as it was.
    pub async fn append(&mut self, rows: DataFrame) -> Result<()> {
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let adds = self.write_files(rows, None).await?;
        self.commit("appending", adds, &[], operation, CommitProperties::default()).await
    }

    /// Puts the first rows into an empty table, in one commit.
    ///
    /// # Errors
    /// [`Error::Table`]; the table stays as it was.
    pub async fn fill(&mut self, rows: DataFrame, transactions: &[(String, i64)]) -> Result<()> {
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let adds = self.write_files(rows, None).await?;
        self.commit("filling", adds, &[], operation, next_version(transactions)).await
    }

    /// Replaces the content in one commit. About how many rows come, where that is known, makes the files even.
    ///
    /// # Errors
    /// [`Error::Table`]; the table stays as it was.
    pub async fn overwrite(
        &mut self,
        rows: DataFrame,
        expected: Option<u64>,
        transactions: &[(String, i64)],
    ) -> Result<()> {
        let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None };
        let files = self.files()?;
        let adds = self.write_files(rows, expected).await?;
        self.commit("replacing the content", adds, &files, operation, next_version(transactions)).await
    }

    /// Puts the same rows into other files, in one commit that says so: who follows the changes of rows, or has the
    /// table in memory, has nothing to read anew.
    ///
    /// # Errors
    /// [`Error::Table`]; the table stays as it was.
    pub(super) async fn rearrange(&mut self, rows: DataFrame) -> Result<()> {
        let target_size = i64::try_from(super::maintain::BYTES_A_FILE).unwrap_or(i64::MAX);
        let operation = DeltaOperation::Optimize { predicate: None, target_size };
        let files = self.files()?;
        let adds = self.write_files(rows, None).await?;
        self.commit("rearranging the files", adds, &files, operation, CommitProperties::default()).await
    }

    /// Inserts, updates and (rows marked by [`DELETE_MARK`]) deletes by key, in one commit.
    ///
    /// The rows must have the table's schema plus the mark, and each key once.
    ///
    /// # Errors
    /// [`Error::Table`]; the table stays as it was.
    pub async fn merge(&mut self, rows: DataFrame, key: &[&str], transactions: &[(String, i64)]) -> Result<()> {
        let failed = |error: DataFusionError| Error::table(self.layer(), self.name(), "merging", error);
        let Some(first) = key.first() else { return Err(self.error("merging", "no key")) };
        let source = self.source_keys(rows.clone(), key).await?;
        let pieces = pieces(self.files()?, first, source.first, self.lake().least_rows());
        let changed = Arc::new(source.hashes);
        let fresh = rows.filter(ident(DELETE_MARK).eq(lit(false))).map_err(failed)?;
        let mut fresh = fresh.drop_columns(&[DELETE_MARK]).map_err(failed)?;
        if (changed.len() as u64) < MANY_STAGED {
            // More than these are in order already.
            fresh = in_memory(fresh, key).await.map_err(|error| self.error("merging", error))?;
        }
        let mut work: Vec<BoxFuture<'_, Result<Vec<Add>>>> = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            work.push(self.write_piece(piece, fresh.clone(), key, &changed).boxed());
        }
        let written: Vec<Vec<Add>> = futures::stream::iter(work).buffered(PIECES_AT_ONCE).try_collect().await?;
        let adds = written.into_iter().flatten().collect();
        let files: Vec<DataFile> = pieces.into_iter().flat_map(|piece| piece.files).collect();
        let operation = DeltaOperation::Merge {
            predicate: None,
            merge_predicate: Some(
                key.iter().map(|k| format!("target.{k} = source.{k}")).collect::<Vec<_>>().join(" AND "),
            ),
            matched_predicates: Vec::new(),
            not_matched_predicates: Vec::new(),
            not_matched_by_source_predicates: Vec::new(),
        };
        self.commit("merging", adds, &files, operation, next_version(transactions)).await
    }

    /// Writes a piece's rows: those of its files that are not changed, and the changed ones.
    async fn write_piece(
        &self,
        piece: &Piece,
        fresh: DataFrame,
        key: &[&str],
        changed: &Arc<HashSet<u128>>,
    ) -> Result<Vec<Add>> {
        let failed = |error: DataFusionError| self.error("merging", error);
        let expected = piece.files.iter().filter_map(DataFile::rows).sum::<u64>() + piece.keys as u64;
        let mut rows = match key.first().and_then(|first| piece.holds(&ident(*first))) {
            Some(within) => fresh.filter(within).map_err(failed)?,
            None => fresh,
        };
        if !piece.files.is_empty() {
            match self.weave_piece(piece, rows.clone(), key, changed, expected).await {
                Ok(adds) => return Ok(adds),
                Err(error) if error.is::<OutOfOrder>() => {
                    tracing::debug!(table = self.name(), "another writer put rows out of order: they are sorted");
                }
                Err(error) => return Err(self.error("merging", error)),
            }
            let kept = not_among(self.key_types(key)?, Arc::clone(changed));
            let kept = kept.call(key.iter().map(|name| ident(*name)).collect());
            let kept = self.frame_of(&piece.files).await?.filter(kept).map_err(failed)?;
            rows = kept.union(rows).map_err(failed)?;
        }
        self.write_files(sorted(in_small_batches(rows), key).map_err(failed)?, Some(expected)).await
    }

    /// As [`Table::write_piece`], of files whose rows are in the order of the key, one file after the other.
    async fn weave_piece(
        &self,
        piece: &Piece,
        fresh: DataFrame,
        key: &[&str],
        changed: &Arc<HashSet<u128>>,
        expected: u64,
    ) -> Result<Vec<Add>, Obstacle> {
        let schema = self.schema()?;
        let places: Vec<usize> = key.iter().map(|name| schema.index_of(name)).collect::<Result<_, _>>()?;
        let first = key.first().copied().unwrap_or_default();
        let kept = self.rows_of_files(piece.files.clone(), first, None).map({
            let (schema, places, changed) = (Arc::clone(&schema), places.clone(), Arc::clone(changed));
            move |batch| -> Result<RecordBatch, Obstacle> {
                let batch = align_batch(&batch?, &schema)?;
                let hashes = row_hashes(&batch, &places)?;
                let kept: BooleanArray = hashes.iter().map(|hash| Some(!changed.contains(hash))).collect();
                Ok(if kept.false_count() == 0 { batch } else { filter_record_batch(&batch, &kept)? })
            }
        });
        let fresh = in_small_batches(fresh).execute_stream().await?.map({
            let schema = Arc::clone(&schema);
            move |batch| -> Result<RecordBatch, Obstacle> { Ok(align_batch(&batch?, &schema)?) }
        });
        let rows = weave(ahead(kept.boxed()), fresh.boxed(), schema, &places)?;
        write_stream(self.delta(), writer_properties(self.layer()), rows.boxed(), self.rows_a_file(expected)?).await
    }

    /// Records application transactions that differ from the table's, in a commit without data.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub async fn record(&mut self, transactions: &[(String, i64)]) -> Result<()> {
        let mut fresh = Vec::new();
        for (application, version) in transactions {
            if self.transaction(application).await? != Some(*version) {
                fresh.push((application.clone(), *version));
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        self.commit("recording the state", Vec::new(), &[], operation, next_version(&fresh)).await
    }

    /// Writes rows to new files that no version has yet: evenly filled ones where it is known how many rows come.
    async fn write_files(&self, rows: DataFrame, expected: Option<u64>) -> Result<Vec<Add>> {
        let failed = |error: DataFusionError| self.error("writing", error);
        let (mut state, plan) = rows.into_parts();
        // A reader that took over another's file would put its rows among its own: the table would not be clustered.
        state.config_mut().options_mut().execution.enable_file_stream_work_stealing = false;
        let rows = DataFrame::new(state, plan);
        let context = Arc::new(rows.task_ctx());
        let plan = rows.create_physical_plan().await.map_err(failed)?;
        let known = match expected {
            Some(rows) => rows,
            None => StatisticsContext::new()
                .compute(plan.as_ref(), &StatisticsArgs::new())
                .ok()
                .and_then(|statistics| statistics.num_rows.get_value().copied())
                .map_or(0, |rows| rows as u64),
        };
        let limit = self.rows_a_file(known)?;
        let streams = execute_stream_partitioned(plan, context).map_err(failed)?;
        let mut writing = tokio::task::JoinSet::new();
        for (place, stream) in streams.into_iter().enumerate() {
            let (delta, properties) = (self.delta().clone(), writer_properties(self.layer()));
            writing.spawn(async move { (place, write_stream(&delta, properties, stream, limit).await) });
        }
        let mut adds = Vec::new();
        while let Some(joined) = writing.join_next().await {
            let (place, written) = joined.map_err(|error| self.error("writing", error))?;
            adds.push((place, written.map_err(|error| self.error("writing", error))?));
        }
        adds.sort_by_key(|(place, _)| *place);
        Ok(adds.into_iter().flat_map(|(_, adds)| adds).collect())
    }

    /// How many rows each file gets where so many come, or where that is not known (0). Evenly: a rest of a few rows
    /// would be a file of its own.
    fn rows_a_file(&self, known: u64) -> Result<usize> {
        let all = known.max(self.files()?.iter().filter_map(DataFile::rows).sum());
        let full = rows_of_a_file(all, self.lake().least_rows());
        let files = known.div_ceil(full).max(1);
        let limit = if known == 0 { full } else { known.div_ceil(files).max(1) };
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    async fn commit(
        &mut self,
        action: &str,
        adds: Vec<Add>,
        removed: &[DataFile],
        operation: DeltaOperation,
        properties: CommitProperties,
    ) -> Result<()> {
        let data_change = operation.changes_data();
        let mut actions: Vec<Action> = removed.iter().map(|file| Action::Remove(file.remove(data_change))).collect();
        actions.extend(adds.into_iter().map(|add| Action::Add(Add { data_change, ..add })));
        let mut delta = self.delta().clone();
        let committed = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(Some(self.state(action)?), delta.log_store(), operation)
            .await;
        if let Err(error) = committed {
            return Err(match self.newest_version().await {
                Some(newest) if newest > self.version() => self.error(
                    action,
                    format!(
                        "another writer committed meanwhile (version {newest}), and nothing was written ({error}); run \
                         again"
                    ),
                ),
                _ => self.error(action, error),
            });
        }
        delta.update_state().await.map_err(|error| self.error(action, error))?;
        self.show(delta);
        Ok(())
    }

    async fn newest_version(&self) -> Option<i64> {
        let known = u64::try_from(self.version()).ok()?;
        i64::try_from(self.delta().log_store().get_latest_version(known).await.ok()?).ok()
    }

    /// Goes on from the newest version where no row changed since the one that is open, and nobody recorded another
    /// state: what was worked out from the rows still holds, only their files are others. Says whether it did.
    ///
    /// # Errors
    /// [`Error::Table`] when the newest version can't be read.
    pub(super) async fn catch_up(&mut self, transactions: &[(String, i64)]) -> Result<bool> {
        let mut delta = self.delta().clone();
        delta.update_state().await.map_err(|error| self.error("opening", error))?;
        let mut newest = self.clone();
        newest.show(delta);
        let mut same = newest.version() > self.version()
            && newest.schema()? == self.schema()?
            && matches!(newest.difference(self.version()).await?, Difference::None);
        for (application, _) in transactions {
            same = same && newest.transaction(application).await? == self.transaction(application).await?;
        }
        if same {
            *self = newest;
        }
        Ok(same)
    }

    /// The keys of the rows to merge.
    async fn source_keys(&self, rows: DataFrame, key: &[&str]) -> Result<SourceKeys> {
        let failed = |error: DataFusionError| self.error("merging", error);
        let rows = rows.select(key.iter().map(|name| ident(*name)).collect::<Vec<_>>()).map_err(failed)?;
        let mut rows = rows.execute_stream().await.map_err(failed)?;
        let all: Vec<usize> = (0..key.len()).collect();
        let mut keys = SourceKeys { first: KeySet::Ids(HashSet::new()), hashes: HashSet::new() };
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(failed)?;
            keys.hashes.extend(row_hashes(&batch, &all).map_err(|error| self.error("merging", error))?);
            let first = KeySet::of(batch.column(0));
            if !first.is_some_and(|first| keys.first.add(first)) {
                return Err(self.error("merging", format!("{} is no key's type", batch.column(0).data_type())));
            }
        }
        Ok(keys)
    }

    fn key_types(&self, key: &[&str]) -> Result<Vec<DataType>> {
        let schema = self.schema()?;
        let types = key.iter().map(|name| schema.field_with_name(name).map(|field| field.data_type().clone()));
        types.collect::<Result<_, _>>().map_err(|error| self.error("merging", error))
    }
}

/// The rows by one thread and in small batches: pieces are written side by side as it is, and while wide rows are
/// sorted, several batches are held that no other work can have the memory of.
fn in_small_batches(rows: DataFrame) -> DataFrame {
    let (mut state, plan) = rows.into_parts();
    let config = state.config_mut();
    *config = std::mem::take(config).with_batch_size(SORTED_ROWS).with_target_partitions(1);
    DataFrame::new(state, plan)
}

/// A few rows in the order of their key, at hand for each piece to find its own.
async fn in_memory(rows: DataFrame, key: &[&str]) -> Result<DataFrame, Obstacle> {
    let (state, plan) = rows.into_parts();
    let rows = DataFrame::new(state.clone(), plan);
    let schema = Arc::clone(rows.schema().inner());
    let batch = concat_batches(&schema, &rows.collect().await?)?;
    let columns = key.iter().map(|name| {
        let values = batch.column_by_name(name).cloned();
        let values = values.ok_or_else(|| ArrowError::SchemaError(format!("the rows have no {name}")))?;
        Ok(SortColumn { values, options: None })
    });
    let order = lexsort_to_indices(&columns.collect::<Result<Vec<_>, ArrowError>>()?, None)?;
    let table = MemTable::try_new(schema, vec![vec![take_record_batch(&batch, &order)?]])?;
    Ok(SessionContext::new_with_state(state).read_table(Arc::new(table))?)
}

struct SourceKeys {
    /// The values of the first key column.
    first: KeySet,
    /// The hashes of the whole keys.
    hashes: HashSet<u128>,
}

/// A predicate over key columns: the key is none of these. A join would hold the wide rows in memory, or sort them.
fn not_among(types: Vec<DataType>, hashes: Arc<HashSet<u128>>) -> ScalarUDF {
    let fields: Vec<Field> =
        types.iter().enumerate().map(|(place, key)| Field::new(place.to_string(), key.clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let test = move |arguments: &[ColumnarValue]| {
        let columns = ColumnarValue::values_to_arrays(arguments)?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        let all: Vec<usize> = (0..batch.num_columns()).collect();
        let found = row_hashes(&batch, &all).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let kept: BooleanArray = found.iter().map(|hash| Some(!hashes.contains(hash))).collect();
        Ok(ColumnarValue::Array(Arc::new(kept)))
    };
    create_udf("not_among", types, DataType::Boolean, Volatility::Immutable, Arc::new(test))
}

/// Writes a stream to files of up to `limit` rows.
async fn write_stream<E>(
    delta: &DeltaTable,
    properties: WriterProperties,
    mut rows: impl Stream<Item = Result<RecordBatch, E>> + Unpin,
    limit: usize,
) -> Result<Vec<Add>, Obstacle>
where
    Obstacle: From<E>,
{
    let mut writer = RecordBatchWriter::for_table(delta)?.with_writer_properties(properties);
    let schema = writer.arrow_schema();
    let mut adds = Vec::new();
    let mut written = 0;
    while let Some(batch) = rows.next().await {
        let mut batch = align_batch(&batch?, &schema)?;
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

/// A commit that has to be the next version: any other in between is a conflict, whatever it did.
fn next_version(transactions: &[(String, i64)]) -> CommitProperties {
    let transactions =
        transactions.iter().map(|(application, version)| Transaction::new(application, *version)).collect();
    CommitProperties::default().with_application_transactions(transactions).with_max_retries(0)
}

/// Zstandard at its fastest. The wide rows of bronze and silver get small row groups, so that a writer holds little;
/// gold gets row groups as large as its files, as columnar readers like it.
fn writer_properties(layer: &str) -> WriterProperties {
    let rows = if layer == "gold" { 1_048_576 } else { 32_768 };
    let level = ZstdLevel::try_new(1).unwrap_or_default();
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(rows))
        .set_created_by(concat!("connectwise-etl ", env!("CARGO_PKG_VERSION")).to_owned())
        .build()
}
