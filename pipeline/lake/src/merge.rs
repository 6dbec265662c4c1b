//! Merges changed rows into a table by rewriting the files that may hold one of their keys.
//!
//! Invariant: a merge must be one commit and must write its files in the order of the key, so that tables stay clustered
//! and a change of recent records never rewrites the files of old ones.

use super::changed_keys;
use super::error::{BoxError, Result};
use super::files::{DataFile, mark_sorted, one_by_one};
use super::patch::is_patched;
use super::rewrite_plan::{RewriteGroup, rewrite_plan};
use super::sorted_merge::{OutOfOrder, read_ahead};
use super::stored_rows::Differing;
use super::table::{DELETE_MARK, OnTable as _, Table, sorted};
use super::task::spawn_abortable;
use super::upsert::MANY_STAGED;
use super::write::{in_small_batches, next_version};
use super::{KeySet, cast_to_schema};
use arrow::array::{AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::{SortColumn, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use connectwise_runtime::row_hashes;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf, ident, lit};
use datafusion::prelude::{DataFrame, SessionContext};
use deltalake::kernel::Add;
use deltalake::protocol::DeltaOperation;
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of groups written concurrently.
const GROUPS_AT_ONCE: usize = 2;

impl Table {
    /// Merges rows by key in one commit: inserts, updates and, where [`DELETE_MARK`] is set, deletes.
    ///
    /// There must be exactly `expected` rows, in the table's schema plus the mark, each key once. Rows of which it is
    /// known in which columns they differ from the stored ones are not compared again.
    ///
    /// # Errors
    /// [`super::Error::Table`]; the table stays as it was.
    pub async fn merge(
        &mut self,
        rows: DataFrame,
        expected: u64,
        key: &[&str],
        transactions: &[(String, i64)],
        differing: &Arc<Differing>,
    ) -> Result<()> {
        let Some(first) = key.first() else { return Err(self.error("merging", "no key")) };
        let source = self.source_keys(rows.clone(), key).await?;
        let found = source.hashes.len() as u64;
        if found != expected {
            return Err(self.error("merging", format!("{found} rows were read back in the place of {expected}")));
        }
        let properties = next_version(transactions).with_metadata(changed_keys::properties(first, &source.first));
        let groups = rewrite_plan(self.files()?, first, source.first, self.sizing());
        let changed = Arc::new(source.hashes);
        let fresh = rows.filter(ident(DELETE_MARK).eq(lit(false))).on_table(self, "merging")?;
        let mut fresh = fresh.drop_columns(&[DELETE_MARK]).on_table(self, "merging")?;
        if (changed.len() as u64) < MANY_STAGED {
            // Larger sets are sorted already.
            fresh = in_memory(fresh, key).await.on_table(self, "merging")?;
        }
        let files: Vec<DataFile> = groups.iter().flat_map(|group| group.files.clone()).collect();
        let mut work = Vec::with_capacity(groups.len());
        for group in groups {
            let (table, fresh, changed) = (self.clone(), fresh.clone(), Arc::clone(&changed));
            let differing = Arc::clone(differing);
            let key: Vec<String> = key.iter().map(|name| (*name).to_owned()).collect();
            work.push(async move {
                let write = async move {
                    let key: Vec<&str> = key.iter().map(String::as_str).collect();
                    table.write_group(&group, fresh, &key, &changed, &differing).await
                };
                spawn_abortable("merging", write).await?
            });
        }
        let written: Vec<Written> = futures::stream::iter(work).buffered(GROUPS_AT_ONCE).try_collect().await?;
        let replaced: u64 = written.iter().map(|group| group.replaced).sum();
        let adds: Vec<Add> = written.into_iter().flat_map(|group| group.adds).collect();
        // Not possible where a file has no row count.
        if let Some(before) = files.iter().map(DataFile::rows).sum::<Option<u64>>() {
            self.must_be("merging", &adds, (before + expected).saturating_sub(replaced + source.deletions))?;
        }
        let operation = DeltaOperation::Merge {
            predicate: None,
            merge_predicate: Some(
                key.iter().map(|k| format!("target.{k} = source.{k}")).collect::<Vec<_>>().join(" AND "),
            ),
            matched_predicates: Vec::new(),
            not_matched_predicates: Vec::new(),
            not_matched_by_source_predicates: Vec::new(),
        };
        self.commit("merging", adds, &files, operation, properties).await
    }

    /// Writes the rows of a group: the unchanged ones of its files, and the changed ones.
    async fn write_group(
        &self,
        group: &RewriteGroup,
        fresh: DataFrame,
        key: &[&str],
        changed: &Arc<HashSet<u128>>,
        differing: &Differing,
    ) -> Result<Written> {
        let mut replaced = 0;
        let expected = group.files.iter().filter_map(DataFile::rows).sum::<u64>() + group.keys as u64;
        let mut rows = match key.first().and_then(|first| group.holds(&ident(*first))) {
            Some(within) => fresh.filter(within).on_table(self, "merging")?,
            None => fresh,
        };
        if let ([file], [key]) = (group.files.as_slice(), key)
            && is_patched(file, group.keys)
            && let Some(add) = self.patch_group(file, group.keys, rows.clone(), key, differing).await?
        {
            return Ok(Written { adds: vec![add], replaced: group.keys as u64 });
        }
        if !group.files.is_empty() {
            match self.merge_sorted(group, rows.clone(), key, changed, expected).await {
                Ok(written) => return Ok(written),
                Err(error) if error.is::<OutOfOrder>() => {
                    tracing::debug!(table = self.name(), "another writer put rows out of order: they are sorted");
                }
                Err(error) => return Err(self.error("merging", error)),
            }
            let kept = not_among(self.key_types(key)?, Arc::clone(changed));
            let kept = kept.call(key.iter().map(|name| ident(*name)).collect());
            let kept = self.frame_of(&group.files)?.filter(kept).on_table(self, "merging")?;
            let before: u64 = group.files.iter().filter_map(DataFile::rows).sum();
            replaced = before.saturating_sub(kept.clone().count().await.on_table(self, "merging")? as u64);
            rows = kept.union(rows).on_table(self, "merging")?;
        }
        let adds = self.write_files(sorted(in_small_batches(rows), key).on_table(self, "merging")?, expected).await?;
        Ok(Written { adds, replaced })
    }

    /// Patches a group's only file with its changed rows; `None` where some are deleted or new, or can't be patched.
    ///
    /// The key is one column: then each of the group's keys is a row that changed or was deleted.
    async fn patch_group(
        &self,
        file: &DataFile,
        keys: usize,
        rows: DataFrame,
        key: &str,
        differing: &Differing,
    ) -> Result<Option<Add>> {
        let schema = self.schema()?;
        let batches = one_by_one(rows, keys.max(1)).collect().await.on_table(self, "merging")?;
        let batches = batches.iter().map(|batch| cast_to_schema(batch, &schema)).collect::<Result<Vec<_>, _>>();
        let changed = concat_batches(&schema, &batches.on_table(self, "merging")?).on_table(self, "merging")?;
        if changed.num_rows() != keys {
            return Ok(None);
        }
        let patched = self.patch(file, &changed, key, differing).await;
        Ok(patched.unwrap_or_else(|error| {
            // A merge reads a few rows at a time, and says what is wrong where it can't either.
            tracing::debug!(table = self.name(), error, "a file can't be patched: it is merged");
            None
        }))
    }

    /// Writes the rows of a group by a sorted merge; its files must be in the order of the key.
    async fn merge_sorted(
        &self,
        group: &RewriteGroup,
        fresh: DataFrame,
        key: &[&str],
        changed: &Arc<HashSet<u128>>,
        expected: u64,
    ) -> Result<Written, BoxError> {
        let replaced = Arc::new(AtomicU64::new(0));
        let schema = self.schema()?;
        let places: Vec<usize> = key.iter().map(|name| schema.index_of(name)).collect::<Result<_, _>>()?;
        let first = key.first().copied().unwrap_or_default();
        let kept = self.rows_of_files(group.files.clone(), first, None).map({
            let (schema, places, changed) = (Arc::clone(&schema), places.clone(), Arc::clone(changed));
            let replaced = Arc::clone(&replaced);
            move |batch| -> Result<RecordBatch, BoxError> {
                let batch = cast_to_schema(&batch?, &schema)?;
                let hashes = row_hashes(&batch, &places)?;
                let kept: BooleanArray = hashes.iter().map(|hash| Some(!changed.contains(hash))).collect();
                replaced.fetch_add(kept.false_count() as u64, Ordering::Relaxed);
                Ok(if kept.false_count() == 0 { batch } else { filter_record_batch(&batch, &kept)? })
            }
        });
        let fresh = in_small_batches(fresh).execute_stream().await?.map({
            let schema = Arc::clone(&schema);
            move |batch| -> Result<RecordBatch, BoxError> { Ok(cast_to_schema(&batch?, &schema)?) }
        });
        let adds = self.write_merged(read_ahead(kept.boxed()), fresh.boxed(), key, expected).await?;
        let adds = adds.into_iter().map(|add| mark_sorted(add, key)).collect();
        Ok(Written { adds, replaced: replaced.load(Ordering::Relaxed) })
    }

    /// Reads the keys of the rows to merge.
    async fn source_keys(&self, rows: DataFrame, key: &[&str]) -> Result<SourceKeys> {
        let columns = key.iter().copied().chain([DELETE_MARK]).map(ident);
        let rows = rows.select(columns.collect::<Vec<_>>()).on_table(self, "merging")?;
        let mut rows = rows.execute_stream().await.on_table(self, "merging")?;
        let all: Vec<usize> = (0..key.len()).collect();
        let mut keys = SourceKeys { first: KeySet::Ids(HashSet::new()), hashes: HashSet::new(), deletions: 0 };
        while let Some(batch) = rows.next().await {
            let batch = batch.on_table(self, "merging")?;
            keys.hashes.extend(row_hashes(&batch, &all).on_table(self, "merging")?);
            let deletions = batch.column(key.len()).as_boolean_opt().map_or(0, BooleanArray::true_count);
            keys.deletions += deletions as u64;
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
        types.collect::<Result<_, _>>().on_table(self, "merging")
    }
}

/// Sorts a few rows by their key and holds them in memory, so that each group can filter its own.
async fn in_memory(rows: DataFrame, key: &[&str]) -> Result<DataFrame, BoxError> {
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
    /// Number of rows that are deletions.
    deletions: u64,
}

/// Files that were written for a group.
struct Written {
    adds: Vec<Add>,
    /// Rows of the old files that were replaced or deleted.
    replaced: u64,
}

/// Predicate over key columns that is true where the key's hash is none of these.
///
/// A join would hold the wide rows in memory, or sort them.
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

#[cfg(test)]
mod tests;
