//! Upserts a stream of rows into a table, and writes only what differs.
//!
//! An empty table is filled without any comparison. Otherwise both sides are compared by a 128-bit hash of each row's
//! content, so memory is a few dozen bytes a row whatever the row's width; of a few rows each column has its hash.
//! Changed rows go through a staged file into one commit: they fill an empty table, or the files that may hold their
//! keys are rewritten with them. Either way the rows are in the order of the key, so that tables stay clustered by it.
//! No change, no commit.

use super::error::{Error, Result, ResultExt as _};
use super::schema::cast_to_schema;
use super::staging::{Staging, rows_of};
use super::stored_rows::{Differing, StoredRows};
use super::table::{Counts, OnTable as _, Table, sorted};
use super::{Format, KeySet, Lakehouse, Stage, StagedFile};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use connectwise_runtime::row_hashes;
use datafusion::logical_expr::ident;
use futures::{Stream, StreamExt as _};
use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

/// Retries of a commit when another writer rearranged the files.
const REARRANGED: usize = 2;

/// Number of changed rows from which they are sorted before the merge, so that each group reads only its own.
pub(super) const MANY_STAGED: u64 = 16_384;

/// Table that rows are upserted into.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// The layer: bronze, silver, gold or meta.
    pub layer: &'static str,
    /// The table.
    pub name: &'a str,
    /// The schema of the rows.
    pub schema: SchemaRef,
    /// The key columns.
    pub key: &'a [&'a str],
    /// The stamp columns, which say when and by what a row was written: not compared.
    pub stamps: &'a [&'a str],
}

/// Scope of an upsert: the rows of the table that are deleted where the stream lacks them.
#[derive(Debug, Clone)]
pub enum Scope {
    /// All rows.
    All,
    /// Rows whose value in this column is one of these: others stay unchanged.
    Only {
        /// The column.
        column: &'static str,
        /// Its values.
        keys: Arc<KeySet>,
    },
}

/// Positions of the columns that are content: all but the named ones.
pub fn content_columns(schema: &Schema, leave_out: &[&str]) -> Vec<usize> {
    (0..schema.fields().len()).filter(|index| !leave_out.contains(&schema.field(*index).name().as_str())).collect()
}

/// Upserts rows into a table, deletes rows in scope that the stream lacks, and counts the changes.
///
/// The stream must hold each key once.
///
/// # Errors
/// [`Error`]; the table stays as it was.
#[tracing::instrument(name = "table", skip_all, fields(layer = target.layer, name = target.name))]
pub async fn upsert<E: From<Error>>(
    lake: &Lakehouse,
    stage: &Stage,
    target: &Target<'_>,
    scope: &Scope,
    rows: impl Stream<Item = Result<RecordBatch, E>>,
    transactions: &[(String, i64)],
) -> Result<Counts, E> {
    Ok(upsert_table(lake, stage, target, scope, rows, transactions).await?.0)
}

/// Upserts rows as [`upsert`] does, and also returns the table at its new version.
///
/// # Errors
/// [`Error`]; the table stays as it was.
pub async fn upsert_table<E: From<Error>>(
    lake: &Lakehouse,
    stage: &Stage,
    target: &Target<'_>,
    scope: &Scope,
    rows: impl Stream<Item = Result<RecordBatch, E>>,
    transactions: &[(String, i64)],
) -> Result<(Counts, Table), E> {
    // Fused: where there are no rows, it is asked once more below.
    let mut rows = std::pin::pin!(rows.fuse());
    // To open a table may be to wait for the storage: its first rows are computed meanwhile.
    let opened = Table::plan_or_evolve(lake, target.layer, target.name, &target.schema);
    let (table, first) = futures::join!(opened, rows.next());
    let mut table = table?;
    let rows = std::pin::pin!(futures::stream::iter(first).chain(rows));
    let schema = table.schema()?;
    let key = positions(&table, &schema, target.key)?;
    let content = content_columns(&schema, target.stamps);
    if table.rows().await? == 0 {
        let counts = fill(lake, stage, target, &mut table, rows, transactions).await?;
        return Ok((counts, table));
    }
    // A file is patched only where the key is one column; and a few rows are few hashes.
    let is_few = key.len() == 1 && matches!(scope, Scope::Only { .. });
    let stored = scan(&table, &schema, scope, &content).await?;
    let mut stored = StoredRows::read(&table, &schema, (&key, &content), is_few, stored).await?;
    let mut staged = Staging::of_changes(stage, target.name, &schema, &key).on_table(&table, "comparing")?;
    let mut rows = rows;
    while let Some(batch) = rows.next().await {
        let batch = cast_to_schema(&batch?, &schema).on_table(&table, "comparing")?;
        let changed = stored.compare(&batch)?;
        staged.write(&batch, changed, false)?;
    }
    refuse_duplicates(&table, target.key, stored.duplicates)?;

    let (gone, differing) = (stored.gone(), Arc::new(stored.take_differing()));
    let counts = Counts { deleted: gone.len() as u64, ..stored.counts };
    drop(stored);
    if !gone.is_empty() {
        stage_deletions(&mut staged, &table, &schema, scope, &key, &gone).await?;
    }
    let changes = Changes::of(lake, stage, target, staged, false).await?;
    Changes { differing, ..changes }.write(lake, &mut table, false, transactions).await?;
    Ok((counts, table))
}

/// Fills an empty table: there is nothing to compare with, and only that no key comes twice has to be seen.
async fn fill<E: From<Error>>(
    lake: &Lakehouse,
    stage: &Stage,
    target: &Target<'_>,
    table: &mut Table,
    mut rows: Pin<&mut impl Stream<Item = Result<RecordBatch, E>>>,
    transactions: &[(String, i64)],
) -> Result<Counts, E> {
    let schema = table.schema()?;
    let key = positions(table, &schema, target.key)?;
    let mut staged =
        Staging::of_empty(stage, target.name, &schema, &key, table.sizing()).on_table(table, "comparing")?;
    while let Some(batch) = rows.next().await {
        let batch = cast_to_schema(&batch?, &schema).on_table(table, "comparing")?;
        staged.write_all(batch)?;
    }
    let is_distinct = staged.order.is_distinct();
    let changes = Changes::of(lake, stage, target, staged, true).await?;
    let inserted = rows_of(&changes.staged);
    if !is_distinct {
        let distinct = changes.distinct_keys(lake, table).await?;
        refuse_duplicates(table, target.key, inserted.saturating_sub(distinct))?;
    }
    changes.write(lake, table, true, transactions).await?;
    Ok(Counts { inserted, ..Counts::default() })
}

fn refuse_duplicates(table: &Table, key: &[&str], duplicates: u64) -> Result<()> {
    match duplicates {
        0 => Ok(()),
        _ => Err(table.error("comparing", format!("{duplicates} rows repeat a key ({})", key.join(", ")))),
    }
}

/// Staged rows that are to be committed.
struct Changes<'a> {
    staged: Vec<StagedFile>,
    key: &'a [&'a str],
    /// Whether the staged rows are in the order of the key.
    in_order: bool,
    /// Columns in which changed rows may differ from the stored ones, as far as that is known.
    differing: Arc<Differing>,
}

impl<'a> Changes<'a> {
    /// Sorts the staged rows where at least [`MANY_STAGED`] have to be merged.
    async fn of(
        lake: &Lakehouse,
        stage: &Stage,
        target: &Target<'a>,
        staged: Staging<'_>,
        is_empty: bool,
    ) -> Result<Self> {
        let (files, in_order) = staged.finish()?;
        let expected = rows_of(&files);
        let unsorted = if is_empty || in_order || expected < MANY_STAGED {
            None
        } else {
            StagedFile::read_all(&files, lake.context()).await?
        };
        let Some(rows) = unsorted else {
            return Ok(Self { staged: files, key: target.key, in_order, differing: Arc::default() });
        };
        let mut in_order = stage.file(target.name, Format::Parquet, &Arc::new(rows.schema().as_arrow().clone()));
        let mut rows = sorted(rows, target.key)
            .on(target.layer, target.name, "sorting changes")?
            .execute_stream()
            .await
            .on(target.layer, target.name, "sorting changes")?;
        while let Some(batch) = rows.next().await {
            in_order.write(&batch.on(target.layer, target.name, "sorting changes")?)?;
        }
        in_order.finish()?;
        if in_order.rows() != expected {
            let text = format!("{} rows were read back in the place of {expected}", in_order.rows());
            return Err(Error::table(target.layer, target.name, "sorting changes", text));
        }
        Ok(Self { staged: vec![in_order], key: target.key, in_order: true, differing: Arc::default() })
    }

    /// Number of different keys, by their hashes.
    async fn distinct_keys(&self, lake: &Lakehouse, table: &Table) -> Result<u64> {
        let Some(rows) = StagedFile::read_all(&self.staged, lake.context()).await? else { return Ok(0) };
        let keys = rows.select_columns(self.key).on_table(table, "comparing")?;
        let mut keys = keys.execute_stream().await.on_table(table, "comparing")?;
        let all: Vec<usize> = (0..self.key.len()).collect();
        let mut distinct = HashSet::new();
        while let Some(batch) = keys.next().await {
            distinct.extend(hashes(table, &batch.on_table(table, "comparing")?, &all)?);
        }
        Ok(distinct.len() as u64)
    }

    /// Commits the rows, and retries where another writer rearranged the files meanwhile (an OPTIMIZE in Fabric).
    async fn write(
        &self,
        lake: &Lakehouse,
        table: &mut Table,
        is_empty: bool,
        transactions: &[(String, i64)],
    ) -> Result<()> {
        for _ in 0..REARRANGED {
            let Err(error) = self.commit(lake, table, is_empty, transactions).await else { return Ok(()) };
            // Where catching up fails, too, the first error is the one that says what went wrong.
            if !table.catch_up(transactions).await.unwrap_or(false) {
                return Err(error);
            }
            tracing::info!(?table, %error, "the files were rearranged meanwhile: trying again");
        }
        self.commit(lake, table, is_empty, transactions).await
    }

    async fn commit(
        &self,
        lake: &Lakehouse,
        table: &mut Table,
        is_empty: bool,
        transactions: &[(String, i64)],
    ) -> Result<()> {
        let expected = rows_of(&self.staged);
        if is_empty && self.in_order && table.fill_by_files(&self.staged, self.key, expected, transactions).await? {
            return Ok(());
        }
        let Some(rows) = StagedFile::read_all(&self.staged, lake.context()).await? else {
            return table.record(transactions).await;
        };
        if !is_empty {
            return table.merge(rows, expected, self.key, transactions, &self.differing).await;
        }
        let rows = if self.in_order { rows } else { sorted(rows, self.key).on_table(table, "writing")? };
        table.fill(rows, expected, transactions).await
    }
}

/// Reads some columns of the rows in scope.
async fn scan(
    table: &Table,
    schema: &SchemaRef,
    scope: &Scope,
    columns: &[usize],
) -> Result<futures::stream::BoxStream<'static, Result<RecordBatch>>> {
    let mut frame = table.frame()?;
    if let Scope::Only { column, keys } = scope {
        frame = frame.filter(KeySet::holds(keys, ident(*column))).on_table(table, "comparing")?;
    }
    let frame = frame
        .select(columns.iter().map(|index| ident(schema.field(*index).name())).collect::<Vec<_>>())
        .on_table(table, "comparing")?;
    let stream = frame.execute_stream().await.on_table(table, "comparing")?;
    let (layer, name) = (table.layer(), table.name().to_owned());
    Ok(stream.map(move |batch| batch.on(layer, &name, "comparing")).boxed())
}

/// Stages a deletion (a row with nothing but its key) for each key that the stream lacks.
async fn stage_deletions(
    staged: &mut Staging<'_>,
    table: &Table,
    schema: &SchemaRef,
    scope: &Scope,
    key: &[usize],
    gone: &HashSet<u128>,
) -> Result<()> {
    let mut columns = key.to_vec();
    if let Scope::Only { column, .. } = scope
        && let Ok(index) = schema.index_of(column)
        && !columns.contains(&index)
    {
        columns.push(index);
    }
    let positions: Vec<usize> = (0..key.len()).collect();
    let mut rows = scan(table, schema, scope, &columns).await?;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        let doomed: Vec<bool> = hashes(table, &batch, &positions)?.iter().map(|key| gone.contains(key)).collect();
        let batch = filter_record_batch(&batch, &BooleanArray::from(doomed))
            .and_then(|batch| cast_to_nullable(&batch, schema))
            .on_table(table, "comparing")?;
        let all = vec![true; batch.num_rows()];
        staged.write(&batch, all, true)?;
    }
    Ok(())
}

/// Casts to the schema with every field nullable, since a deletion holds nothing but its key.
fn cast_to_nullable(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let nullable: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    cast_to_schema(batch, &Arc::new(Schema::new(nullable)))
}

fn positions(table: &Table, schema: &Schema, names: &[&str]) -> Result<Vec<usize>> {
    names.iter().map(|name| schema.index_of(name).on_table(table, "comparing")).collect()
}

fn hashes(table: &Table, batch: &RecordBatch, columns: &[usize]) -> Result<Vec<u128>> {
    row_hashes(batch, columns).on_table(table, "comparing")
}

#[cfg(test)]
mod tests;
