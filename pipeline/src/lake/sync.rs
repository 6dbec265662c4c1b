//! Making a table equal to a stream of rows, writing only what differs.
//!
//! Both sides are compared by a 128-bit hash of each row's content, so memory is a few dozen bytes a row whatever the
//! row's width. Changed rows go through a staged file into one commit: an append into an empty table, a MERGE while
//! the changes are few, else one rewrite of the table. No change, no commit.

use super::align::align_batch;
use super::table::{Counts, DELETE_MARK, Table};
use super::{Lakehouse, Stage, StagedFile};
use crate::error::{Error, Result};
use arrow::array::{Array, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use connectwise_runtime::row_hashes;
use datafusion::common::JoinType;
use datafusion::logical_expr::{ident, lit};
use datafusion::prelude::DataFrame;
use futures::{Stream, StreamExt as _};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Changes up to this many rows, or a fifth of the table, are merged; more rewrite the table.
const MERGE_ROWS: u64 = 50_000;

/// The table to bring up to date.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// bronze, silver, gold or meta.
    pub layer: &'static str,
    /// The table.
    pub name: &'a str,
    /// The schema of the rows.
    pub schema: SchemaRef,
    /// The key columns.
    pub key: &'a [&'a str],
    /// Columns that say when and by what a row was written: not compared.
    pub stamps: &'a [&'a str],
}

/// Which rows of the table the stream speaks for.
#[derive(Debug, Clone)]
pub enum Scope {
    /// All: a row that the stream lacks is deleted.
    All,
    /// Those whose value in this column is one of these: others stay as they are.
    Only {
        /// An Int64 column.
        column: &'static str,
        /// Its values.
        ids: Arc<HashSet<i64>>,
    },
}

/// Positions of the columns that are content: all but the named ones.
pub fn content_columns(schema: &Schema, leave_out: &[&str]) -> Vec<usize> {
    (0..schema.fields().len()).filter(|index| !leave_out.contains(&schema.field(*index).name().as_str())).collect()
}

/// What [`sync`] did.
#[derive(Debug, Clone, Default)]
pub struct Synced {
    /// Rows by what became of them.
    pub counts: Counts,
    /// Values of the first key column of all rows that were written or deleted, where that is an Int64.
    pub changed: HashSet<i64>,
}

/// What the table holds of a key.
struct Known {
    content: u128,
    seen: bool,
}

/// Brings a table to the state that the rows describe. The rows must hold each key once.
///
/// # Errors
/// [`Error`]; the table stays as it was.
pub async fn sync(
    lake: &Lakehouse,
    stage: &Stage,
    target: &Target<'_>,
    scope: &Scope,
    rows: impl Stream<Item = Result<RecordBatch>>,
    transactions: &[(String, i64)],
) -> Result<Synced> {
    let mut table = Table::create_or_evolve(lake, target.layer, target.name, &target.schema).await?;
    let schema = table.schema()?;
    let key = positions(&table, &schema, target.key)?;
    let content = content_columns(&schema, target.stamps);
    let mut known = read_known(&table, &schema, scope, &key, &content).await?;
    let existing = known.len() as u64;

    let marked = marked_schema(&schema);
    let mut staged = stage.file(target.name, &marked);
    let mut counts = Counts::default();
    let mut ids = HashSet::new();
    let mut duplicates = 0_u64;
    let mut rows = std::pin::pin!(rows);
    while let Some(batch) = rows.next().await {
        let batch = align_batch(&batch?, &schema).map_err(|error| table.error("comparing", error))?;
        let keys = hashes(&table, &batch, &key)?;
        let contents = hashes(&table, &batch, &content)?;
        let mut changed = Vec::with_capacity(batch.num_rows());
        for (key, content) in keys.iter().zip(&contents) {
            changed.push(match known.get_mut(key) {
                Some(row) if row.seen => {
                    duplicates += 1;
                    false
                }
                Some(row) => {
                    row.seen = true;
                    if row.content == *content {
                        counts.unchanged += 1;
                        false
                    } else {
                        counts.updated += 1;
                        true
                    }
                }
                None => {
                    known.insert(*key, Known { content: *content, seen: true });
                    counts.inserted += 1;
                    true
                }
            });
        }
        collect_ids(&batch, key[0], &changed, &mut ids);
        stage_rows(&mut staged, &batch, changed, false)?;
    }
    if duplicates > 0 {
        return Err(table.error("comparing", format!("{duplicates} rows repeat a key ({})", target.key.join(", "))));
    }

    let gone: HashSet<u128> = known.iter().filter(|(_, row)| !row.seen).map(|(key, _)| *key).collect();
    drop(known);
    counts.deleted = gone.len() as u64;
    if !gone.is_empty() {
        stage_deletions(&mut staged, &table, &schema, scope, &key, &gone, &mut ids).await?;
    }
    staged.finish()?;
    write(lake, &mut table, &staged, target.key, existing, scope, transactions).await?;
    Ok(Synced { counts, changed: ids })
}

/// Adds the key values of the rows that are kept.
fn collect_ids(batch: &RecordBatch, column: usize, keep: &[bool], ids: &mut HashSet<i64>) {
    if let Some(values) = batch.column(column).as_any().downcast_ref::<Int64Array>() {
        ids.extend(values.iter().zip(keep).filter(|(_, keep)| **keep).filter_map(|(value, _)| value));
    }
}

/// Commits the staged changes in the cheapest way.
async fn write(
    lake: &Lakehouse,
    table: &mut Table,
    staged: &StagedFile,
    key: &[&str],
    existing: u64,
    scope: &Scope,
    transactions: &[(String, i64)],
) -> Result<()> {
    let Some(rows) = staged.read(lake.context()).await? else {
        return table.record(transactions).await;
    };
    let few = staged.rows() <= MERGE_ROWS.max(existing / 5) || matches!(scope, Scope::Only { .. });
    if existing == 0 && matches!(scope, Scope::All) {
        table.append(drop_mark(rows, table)?, transactions).await
    } else if few {
        table.merge(rows, key, transactions).await
    } else {
        let failed = |error: datafusion::error::DataFusionError| table.error("rewriting", error);
        tracing::debug!(table = table.name(), rows = staged.rows(), "rewriting the table");
        let renamed: Vec<String> = key.iter().map(|name| format!("__{name}")).collect();
        let keys = rows
            .clone()
            .select(key.iter().zip(&renamed).map(|(name, other)| ident(*name).alias(other)).collect::<Vec<_>>())
            .map_err(failed)?;
        // `join` would fold the names' case; expressions keep it.
        let matches = key.iter().zip(&renamed).map(|(name, other)| ident(*name).eq(ident(other)));
        let kept = table.frame().await?.join_on(keys, JoinType::LeftAnti, matches).map_err(failed)?;
        let fresh = rows.filter(ident(DELETE_MARK).eq(lit(false))).map_err(failed)?;
        let fresh = drop_mark(fresh, table)?;
        let sorted = kept
            .union(fresh)
            .and_then(|all| all.sort(key.iter().map(|name| ident(*name).sort(true, false)).collect()))
            .map_err(failed)?;
        table.overwrite(sorted, transactions).await
    }
}

fn drop_mark(rows: DataFrame, table: &Table) -> Result<DataFrame> {
    rows.drop_columns(&[DELETE_MARK]).map_err(|error| table.error("writing", error))
}

/// Key and content hashes of the rows in scope. The key is part of the content.
async fn read_known(
    table: &Table,
    schema: &SchemaRef,
    scope: &Scope,
    key: &[usize],
    content: &[usize],
) -> Result<HashMap<u128, Known>> {
    let mut known = HashMap::new();
    let mut rows = scan(table, schema, scope, content).await?;
    // The scan returns the content columns alone, in order.
    let key: Vec<usize> = key.iter().filter_map(|index| content.iter().position(|other| other == index)).collect();
    let all: Vec<usize> = (0..content.len()).collect();
    let wanted: SchemaRef = Arc::new(schema.project(content).map_err(|error| table.error("comparing", error))?);
    while let Some(batch) = rows.next().await {
        let batch = align_batch(&batch?, &wanted).map_err(|error| table.error("comparing", error))?;
        let keys = hashes(table, &batch, &key)?;
        let contents = hashes(table, &batch, &all)?;
        known.extend(keys.into_iter().zip(contents).map(|(key, content)| (key, Known { content, seen: false })));
    }
    Ok(known)
}

/// The rows of the table in scope, some columns.
async fn scan(
    table: &Table,
    schema: &SchemaRef,
    scope: &Scope,
    columns: &[usize],
) -> Result<futures::stream::BoxStream<'static, Result<RecordBatch>>> {
    let failed = |error: datafusion::error::DataFusionError| table.error("comparing", error);
    let mut frame = table.frame().await?;
    let mut only = None;
    if let Scope::Only { column, ids } = scope {
        let (Some(least), Some(most)) = (ids.iter().min(), ids.iter().max()) else {
            return Ok(futures::stream::empty().boxed());
        };
        frame = frame.filter(ident(*column).between(lit(*least), lit(*most))).map_err(failed)?;
        only = Some((*column, Arc::clone(ids)));
    }
    let frame = frame
        .select(columns.iter().map(|index| ident(schema.field(*index).name())).collect::<Vec<_>>())
        .map_err(failed)?;
    let stream = frame.execute_stream().await.map_err(failed)?;
    let (layer, name) = (table.layer(), table.name().to_owned());
    Ok(stream
        .map(move |batch| {
            let failed = |error: String| Error::table(layer, &name, "comparing", error);
            let batch = batch.map_err(|error| failed(error.to_string()))?;
            match &only {
                None => Ok(batch),
                Some((column, ids)) => {
                    let mask =
                        in_set(&batch, column, ids).ok_or_else(|| failed(format!("no Int64 column {column}")))?;
                    filter_record_batch(&batch, &mask).map_err(|error| failed(error.to_string()))
                }
            }
        })
        .boxed())
}

/// Which rows have a value of the set in an Int64 column.
pub(crate) fn in_set(batch: &RecordBatch, column: &str, ids: &HashSet<i64>) -> Option<BooleanArray> {
    let values = batch.column_by_name(column)?.as_any().downcast_ref::<Int64Array>()?;
    Some(values.iter().map(|value| Some(value.is_some_and(|value| ids.contains(&value)))).collect())
}

/// Stages a row with its key alone for each key that is gone.
async fn stage_deletions(
    staged: &mut StagedFile,
    table: &Table,
    schema: &SchemaRef,
    scope: &Scope,
    key: &[usize],
    gone: &HashSet<u128>,
    ids: &mut HashSet<i64>,
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
            .and_then(|batch| align_nullable(&batch, schema))
            .map_err(|error| table.error("comparing", error))?;
        let all = vec![true; batch.num_rows()];
        collect_ids(&batch, key[0], &all, ids);
        stage_rows(staged, &batch, all, true)?;
    }
    Ok(())
}

/// Aligned to the schema with every field nullable: a deletion holds its key alone.
fn align_nullable(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, arrow::error::ArrowError> {
    let nullable: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    align_batch(batch, &Arc::new(Schema::new(nullable)))
}

fn stage_rows(staged: &mut StagedFile, batch: &RecordBatch, keep: Vec<bool>, delete: bool) -> Result<()> {
    let failed = |error: arrow::error::ArrowError| Error::data("staging", error);
    let kept = filter_record_batch(batch, &BooleanArray::from(keep)).map_err(failed)?;
    let mut columns = kept.columns().to_vec();
    columns.push(Arc::new(BooleanArray::from(vec![delete; kept.num_rows()])));
    let schema = marked_schema(&batch.schema());
    staged.write(&RecordBatch::try_new(schema, columns).map_err(failed)?)
}

/// The schema with the delete mark, every field nullable.
fn marked_schema(schema: &Schema) -> SchemaRef {
    let mut fields: Vec<Field> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    fields.push(Field::new(DELETE_MARK, DataType::Boolean, true));
    Arc::new(Schema::new(fields))
}

fn positions(table: &Table, schema: &Schema, names: &[&str]) -> Result<Vec<usize>> {
    names.iter().map(|name| schema.index_of(name).map_err(|error| table.error("comparing", error))).collect()
}

fn hashes(table: &Table, batch: &RecordBatch, columns: &[usize]) -> Result<Vec<u128>> {
    row_hashes(batch, columns).map_err(|error| table.error("comparing", error))
}
