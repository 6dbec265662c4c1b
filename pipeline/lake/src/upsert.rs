//! Making a table equal to a stream of rows, writing only what differs.
//!
//! Both sides are compared by a 128-bit hash of each row's content, so memory is a few dozen bytes a row whatever the
//! row's width. Changed rows go through a staged file into one commit: they fill an empty table, or the files that may
//! hold their keys are written anew with them. Either way the rows are in the order of the key, so that tables stay
//! clustered by it. No change, no commit.

use super::error::{Error, Result, ResultExt as _};
use super::schema::align_batch;
use super::table::{Counts, DELETE_MARK, OnTable as _, Table, sorted};
use super::{Format, KeySet, Lakehouse, Stage, StagedFile};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, SortField};
use connectwise_runtime::row_hashes;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ident;
use datafusion::prelude::DataFrame;
use futures::{Stream, StreamExt as _};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How often a commit is tried again when another writer rearranged the files.
const REARRANGED: usize = 2;

/// So many changed rows are put in order before they are merged: each piece then reads only its own.
pub(super) const MANY_STAGED: u64 = 16_384;

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

/// What the table holds of a key.
struct Known {
    content: u128,
    seen: bool,
}

/// Brings a table to the state that the rows describe, and counts what became of them. The rows must hold each key
/// once.
///
/// # Errors
/// [`Error`]; the table stays as it was.
#[tracing::instrument(name = "table", skip_all, fields(layer = target.layer, name = target.name))]
pub async fn sync<E: From<Error>>(
    lake: &Lakehouse,
    stage: &Stage,
    target: &Target<'_>,
    scope: &Scope,
    rows: impl Stream<Item = Result<RecordBatch, E>>,
    transactions: &[(String, i64)],
) -> Result<Counts, E> {
    Ok(sync_table(lake, stage, target, scope, rows, transactions).await?.0)
}

/// As [`sync`]; gives the table as it is then, too.
///
/// # Errors
/// [`Error`]; the table stays as it was.
pub async fn sync_table<E: From<Error>>(
    lake: &Lakehouse,
    stage: &Stage,
    target: &Target<'_>,
    scope: &Scope,
    rows: impl Stream<Item = Result<RecordBatch, E>>,
    transactions: &[(String, i64)],
) -> Result<(Counts, Table), E> {
    let mut table = Table::create_or_evolve(lake, target.layer, target.name, &target.schema).await?;
    let schema = table.schema()?;
    let key = positions(&table, &schema, target.key)?;
    let content = content_columns(&schema, target.stamps);
    let mut known = read_known(&table, &schema, scope, &key, &content).await?;
    let existing = known.len() as u64;

    let mut staged = Staging::new(stage, target.name, &schema, &key).on_table(table, "comparing")?;
    let mut counts = Counts::default();
    let mut duplicates = 0_u64;
    let mut rows = std::pin::pin!(rows);
    while let Some(batch) = rows.next().await {
        let batch = align_batch(&batch?, &schema).on_table(table, "comparing")?;
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
        staged.write(&batch, changed, false)?;
    }
    if duplicates > 0 {
        let text = format!("{duplicates} rows repeat a key ({})", target.key.join(", "));
        return Err(table.error("comparing", text).into());
    }

    let gone: HashSet<u128> = known.iter().filter(|(_, row)| !row.seen).map(|(key, _)| *key).collect();
    drop(known);
    counts.deleted = gone.len() as u64;
    if !gone.is_empty() {
        stage_deletions(&mut staged, &table, &schema, scope, &key, &gone).await?;
    }
    let is_empty = existing == 0 && (matches!(scope, Scope::All) || table.rows().await? == 0);
    let changes = Changes::of(lake, stage, target, staged, is_empty).await?;
    changes.write(lake, &mut table, is_empty, transactions).await?;
    Ok((counts, table))
}

/// What is to be committed.
struct Changes<'a> {
    staged: StagedFile,
    key: &'a [&'a str],
    /// Whether the staged rows are in the order of the key.
    in_order: bool,
}

impl<'a> Changes<'a> {
    /// The staged rows; in the order of the key where so many have to be merged that each piece should find its own.
    async fn of(lake: &Lakehouse, stage: &Stage, target: &Target<'a>, staged: Staging, is_empty: bool) -> Result<Self> {
        let Staging { mut file, order } = staged;
        file.finish()?;
        if is_empty || order.kept || file.rows() < MANY_STAGED {
            return Ok(Self { staged: file, key: target.key, in_order: order.kept });
        }
        let Some(rows) = file.read(lake.context()).await? else {
            return Ok(Self { staged: file, key: target.key, in_order: true });
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
        if in_order.rows() != file.rows() {
            let text = format!("{} rows were read back in the place of {}", in_order.rows(), file.rows());
            return Err(Error::table(target.layer, target.name, "sorting changes", text));
        }
        Ok(Self { staged: in_order, key: target.key, in_order: true })
    }

    /// Commits, also where another writer puts the same rows into other files meanwhile (an OPTIMIZE in Fabric).
    async fn write(
        &self,
        lake: &Lakehouse,
        table: &mut Table,
        is_empty: bool,
        transactions: &[(String, i64)],
    ) -> Result<()> {
        for _ in 0..REARRANGED {
            let Err(error) = self.commit(lake, table, is_empty, transactions).await else { return Ok(()) };
            // Whatever hinders catching up, the first error says what went wrong.
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
        let Some(rows) = self.staged.read(lake.context()).await? else {
            return table.record(transactions).await;
        };
        if !is_empty {
            return table.merge(rows, self.staged.rows(), self.key, transactions).await;
        }
        let mut rows = drop_mark(rows, table)?;
        if !self.in_order {
            rows = sorted(rows, self.key).on_table(table, "writing")?;
        }
        table.fill(rows, self.staged.rows(), transactions).await
    }
}

/// Rows on their way to the table, with the mark that says which are to be deleted.
struct Staging {
    file: StagedFile,
    order: Order,
}

impl Staging {
    fn new(stage: &Stage, name: &str, schema: &Schema, key: &[usize]) -> Result<Self, ArrowError> {
        Ok(Self { file: stage.file(name, Format::Parquet, &marked_schema(schema)), order: Order::of(schema, key)? })
    }

    fn write(&mut self, batch: &RecordBatch, keep: Vec<bool>, delete: bool) -> Result<()> {
        let failed = |error: ArrowError| Error::Staging(error);
        let kept = filter_record_batch(batch, &BooleanArray::from(keep)).map_err(failed)?;
        self.order.see(&kept).map_err(failed)?;
        let mut columns = kept.columns().to_vec();
        columns.push(Arc::new(BooleanArray::from(vec![delete; kept.num_rows()])));
        let schema = marked_schema(&batch.schema());
        self.file.write(&RecordBatch::try_new(schema, columns).map_err(failed)?)
    }
}

/// Whether rows come in the order of their key.
struct Order {
    key: Vec<usize>,
    converter: RowConverter,
    last: Option<OwnedRow>,
    kept: bool,
}

impl Order {
    fn of(schema: &Schema, key: &[usize]) -> Result<Self, ArrowError> {
        let fields = key.iter().map(|index| SortField::new(schema.field(*index).data_type().clone())).collect();
        Ok(Self { key: key.to_vec(), converter: RowConverter::new(fields)?, last: None, kept: true })
    }

    fn see(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        if !self.kept || batch.num_rows() == 0 {
            return Ok(());
        }
        let columns: Vec<_> = self.key.iter().map(|index| Arc::clone(batch.column(*index))).collect();
        let rows = self.converter.convert_columns(&columns)?;
        let follows = self.last.as_ref().is_none_or(|last| last.row() <= rows.row(0));
        self.kept = follows && (1..rows.num_rows()).all(|row| rows.row(row - 1) <= rows.row(row));
        self.last = Some(rows.row(rows.num_rows() - 1).owned());
        Ok(())
    }
}

fn drop_mark(rows: DataFrame, table: &Table) -> Result<DataFrame> {
    rows.drop_columns(&[DELETE_MARK]).on_table(table, "writing")
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
    let wanted: SchemaRef = Arc::new(schema.project(content).on_table(table, "comparing")?);
    while let Some(batch) = rows.next().await {
        let batch = align_batch(&batch?, &wanted).on_table(table, "comparing")?;
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
    let mut frame = table.frame().await?;
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

/// Stages a row with its key alone for each key that is gone.
async fn stage_deletions(
    staged: &mut Staging,
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
            .and_then(|batch| align_nullable(&batch, schema))
            .on_table(table, "comparing")?;
        let all = vec![true; batch.num_rows()];
        staged.write(&batch, all, true)?;
    }
    Ok(())
}

/// Aligned to the schema with every field nullable: a deletion holds its key alone.
fn align_nullable(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let nullable: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    align_batch(batch, &Arc::new(Schema::new(nullable)))
}

/// The schema with the delete mark, every field nullable.
fn marked_schema(schema: &Schema) -> SchemaRef {
    let mut fields: Vec<Field> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    fields.push(Field::new(DELETE_MARK, DataType::Boolean, true));
    Arc::new(Schema::new(fields))
}

fn positions(table: &Table, schema: &Schema, names: &[&str]) -> Result<Vec<usize>> {
    names.iter().map(|name| schema.index_of(name).on_table(table, "comparing")).collect()
}

fn hashes(table: &Table, batch: &RecordBatch, columns: &[usize]) -> Result<Vec<u128>> {
    row_hashes(batch, columns).on_table(table, "comparing")
}

#[cfg(test)]
mod tests;
