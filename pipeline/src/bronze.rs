//! Staged rows into bronze: the record as the API gave it, one row an id.
//!
//! Invariant: the data and the watermark that it brings are one commit. A full run replaces the content and keeps the
//! rows that the source no longer has, marked as deleted; an incremental run merges what differs; a snapshot is made
//! equal to what was read, and may become empty. Of a record that does not fit, the earlier, good version lives. No row
//! stays as it was where something of it became personal.

mod deletions;
mod held;
mod page_limit;
pub(crate) mod passwords;
mod replace;
mod watermark;

pub use watermark::{WATERMARK, Watermark, watermark};

pub(crate) use deletions::marks;
pub(crate) use held::check_fetched;
pub(crate) use page_limit::page_limit;

use crate::error::{Error, Result};
use crate::extract::{Extracted, Listed, SEQUENCE};
use crate::lake::{
    Counts, KeySet, Lakehouse, OnTable as _, Scope, Stage, Table, Target, cast_to_schema, longs, upsert_table,
};
use crate::personal::{self, Keeping};
use crate::reconcile;
use crate::run::RunId;
use crate::source;
use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use connectwise_runtime::{ChangeDetection, bronze_schema};
use datafusion::logical_expr::ident;
use deletions::{last_good_rows, refuse_to_empty};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// When a row was fetched.
pub const TIMESTAMP: &str = "etlTimestamp";
/// The entity's name.
pub const ENTITY: &str = "etlEntity";
/// The run that fetched it.
pub const RUN_ID: &str = "etlRunId";
/// Since when the source lacks the record; null while it has it.
pub const DELETED_AT: &str = "etlDeletedAt";

/// A type for instants: microseconds, UTC.
pub(crate) fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The bronze table's schema: the record, `_unknown`, and the four `etl…` columns.
pub fn schema(table: &connectwise_runtime::Table) -> SchemaRef {
    let mut fields: Vec<Field> = bronze_schema(table).fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.extend([
        Field::new(TIMESTAMP, instant_type(), true),
        Field::new(ENTITY, DataType::Utf8, true),
        Field::new(RUN_ID, DataType::Utf8, true),
        Field::new(DELETED_AT, instant_type(), true),
    ]);
    Arc::new(Schema::new(fields))
}

/// The ids of the records that an entity's lists lie below; none for an entity without a parent.
///
/// # Errors
/// [`Error::Data`] when the parent's table is not there yet, [`Error::Table`] when it can't be read.
pub async fn parent_ids(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<Vec<i64>> {
    let Some(parent) = entity.parent else { return Ok(Vec::new()) };
    let parent = connectwise_generated::tables::by_entity(parent.entity)
        .ok_or_else(|| Error::data(entity.entity, format!("its parent {} is no entity", parent.entity)))?;
    let table = lake.open("bronze", parent.table).await?.ok_or_else(|| {
        Error::data(
            entity.entity,
            format!("its parent's table bronze/{} is not there: run {} too", parent.table, parent.entity),
        )
    })?;
    let live = table.frame().await?.filter(ident(DELETED_AT).is_null()).on_table(&table, "reading")?;
    let ids = live
        .select(vec![ident(parent.key)])
        .on_table(&table, "reading")?
        .collect()
        .await
        .on_table(&table, "reading")?;
    let mut ids: Vec<i64> = ids
        .iter()
        .filter_map(|batch| batch.column(0).as_primitive_opt::<Int64Type>())
        .flat_map(|ids| ids.values().to_vec())
        .collect();
    ids.sort_unstable();
    Ok(ids)
}

/// What loading did.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Rows by what became of them.
    pub counts: Counts,
    /// The watermark before.
    pub watermark_before: Option<Watermark>,
    /// The watermark after.
    pub watermark_after: Option<Watermark>,
    /// The table's version with what was read.
    pub version: i64,
    /// The version that was changed to that: the same where no row changed.
    pub changed_version: i64,
}

/// How what was extracted becomes the table's content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loading {
    /// It is all there is: the table's content is replaced, and what the source no longer has is marked.
    pub full: bool,
    /// Where its window begins, in microseconds since 1970; absent where all was read.
    pub since: Option<i64>,
    /// Mark deletions however many they are.
    pub force: bool,
    /// The number of the source that it was read from, where it was read from one.
    pub source: Option<i64>,
    /// The most records on a page that were asked for, where that is told.
    pub page_limit: Option<u64>,
}

/// Brings an entity's bronze table to what was extracted.
///
/// # Errors
/// [`Error`]; the table stays as it was.
pub async fn load(
    lake: &Lakehouse,
    stage: &Stage,
    run: &RunId,
    extracted: &Extracted,
    loading: Loading,
) -> Result<Loaded> {
    let (entity, full) = (extracted.table, loading.full);
    let before = lake.open("bronze", entity.table).await?;
    let watermark_before = match &before {
        Some(table) => Watermark::of(table).await?,
        None => None,
    };
    let watermark_after = watermark::after(watermark_before, extracted, loading, run.started_micros());
    let mut transactions: Vec<(String, i64)> = watermark_after.into_iter().flat_map(Watermark::transactions).collect();
    transactions.extend(page_limit::transaction(before.as_ref(), loading.page_limit).await?);
    let schema = schema(entity);
    let snapshot = entity.change_detection == ChangeDetection::Snapshot;
    let wanted = Keeping::wanted(entity, lake.hash_key());
    let was = match &before {
        Some(table) => Keeping::of(table).await?,
        None => Keeping::NOTHING,
    };
    // Rows that were kept otherwise must not stay beside those that are read now.
    let anew = before.is_some() && wanted != was;
    if anew && !(extracted.whole && (full || snapshot)) {
        return Err(Error::data(entity.entity, personal::READ_WHOLE));
    }
    transactions.extend(wanted.transactions(was));
    let source_was = match &before {
        Some(table) => table.transaction(source::TRANSACTION).await?,
        None => None,
    };
    // Rows that came from elsewhere are still there after a load of some.
    let is_theirs = source_was.is_none() || (extracted.whole && (full || snapshot));
    let source_is = loading.source.filter(|source| is_theirs && source_was != Some(*source));
    transactions.extend(source_is.map(|source| (source::TRANSACTION.to_owned(), source)));
    if before.is_none() {
        transactions.push(passwords::transaction());
    }
    // A first run reads all there is, whatever it is called.
    let is_first = extracted.whole && !extracted.ids.is_empty() && rows_of(before.as_ref()).await? == 0;
    let scanned = extracted.whole && !full && entity.change_detection == ChangeDetection::FullScan;
    let gone = if scanned { Some(find_gone(lake, extracted, loading.force).await?) } else { None };
    let (counts, version, changed_version) = if !snapshot && (full || is_first) {
        replace::replace(lake, stage, run, extracted, before, &schema, &transactions, loading.force, anew).await?
    } else {
        let mut kept = match &before {
            Some(table) => last_good_rows(table, extracted, !snapshot).await?,
            None => Vec::new(),
        };
        if anew {
            kept = kept.iter().map(|batch| personal::without_it(batch, entity)).collect::<Result<_>>()?;
        }
        let scope = if snapshot {
            Scope::All
        } else {
            let kept = kept.iter().flat_map(|batch| longs(batch, entity.key));
            let ids = extracted.staged_ids().chain(kept).collect();
            Scope::Only { column: entity.key, keys: Arc::new(KeySet::Ids(ids)) }
        };
        let target = Target {
            layer: "bronze",
            name: entity.table,
            schema: Arc::clone(&schema),
            key: &[entity.key],
            stamps: &[TIMESTAMP, ENTITY, RUN_ID],
        };
        let fresh = staged_rows(lake, run, extracted, &schema).await?;
        let rows = fresh.chain(futures::stream::iter(kept.into_iter().map(Ok)));
        let (mut counts, table) = upsert_table(lake, stage, &target, &scope, rows, &transactions).await?;
        let changed_version = table.version() - i64::from(counts.any_change());
        counts.unchanged += extracted.recalled();
        (counts, table.version(), changed_version)
    };
    let counts = match gone {
        // A scan that was cut off before this is made good by the next.
        Some(gone) => Counts { deleted: reconcile::mark(lake, stage, run, entity, &gone).await?.deleted, ..counts },
        None => counts,
    };
    Ok(Loaded { counts, watermark_before, watermark_after, version, changed_version })
}

async fn rows_of(table: Option<&Table>) -> Result<u64> {
    match table {
        Some(table) => Ok(table.rows().await?),
        None => Ok(0),
    }
}

/// Of a full scan: what the source no longer has.
async fn find_gone(lake: &Lakehouse, extracted: &Extracted, force: bool) -> Result<reconcile::Finding> {
    let entity = extracted.table;
    let ids = extracted.ids.keys().copied().chain(extracted.quarantined_ids()).collect();
    let source = Listed { ids, ..Listed::default() };
    let finding = reconcile::find(&source, &reconcile::stored_ids(lake, entity, &[]).await?, &HashSet::new());
    refuse_to_empty(entity, finding.gone.len() as u64, finding.live, force)?;
    // What is back is merged.
    Ok(reconcile::Finding { returned: Vec::new(), ..finding })
}

/// The winning staged rows with the `etl…` columns.
async fn staged_rows(
    lake: &Lakehouse,
    run: &RunId,
    extracted: &Extracted,
    schema: &SchemaRef,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let name = extracted.table.entity;
    let failed = move |error: datafusion::error::DataFusionError| Error::data(name, error);
    let Some(frame) = extracted.staged.read(lake.context()).await? else {
        return Ok(futures::stream::empty().boxed());
    };
    let superseded = KeySet::Ids(extracted.superseded.clone());
    let (schema, run) = (Arc::clone(schema), run.clone());
    let rows = frame.execute_stream().await.map_err(failed)?.map_err(failed);
    Ok(all_of(extracted.staged.rows(), rows, name)
        .map(move |batch| {
            let batch = batch?;
            stamp(&without(batch, &superseded)?, &schema, &run, name).map_err(|error| Error::data(name, error))
        })
        .boxed())
}

/// The same rows; an error where they were not so many at the end.
fn all_of(
    expected: u64,
    rows: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    name: &'static str,
) -> BoxStream<'static, Result<RecordBatch>> {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let rows = rows.inspect_ok(move |batch| {
        counted.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
    });
    let end = futures::stream::once(async move {
        match read.load(Ordering::Relaxed) {
            found if found == expected => None,
            found => Some(Err(Error::data(
                name,
                format!("{found} staged rows were read back in the place of {expected}; the table stays as it was"),
            ))),
        }
    });
    rows.chain(end.filter_map(std::future::ready)).boxed()
}

/// Leaves out the rows that a newer version of the same record replaced.
fn without(batch: RecordBatch, superseded: &KeySet) -> Result<RecordBatch> {
    if superseded.is_empty() {
        return Ok(batch);
    }
    let mask = batch
        .column_by_name(SEQUENCE)
        .and_then(|sequence| superseded.mask(sequence))
        .ok_or_else(|| Error::data("staging", "a staged file lacks its sequence"))?;
    let keep = arrow::compute::not(&mask).map_err(|error| Error::data("staging", error))?;
    filter_record_batch(&batch, &keep).map_err(|error| Error::data("staging", error))
}

fn stamp(
    batch: &RecordBatch,
    schema: &SchemaRef,
    run: &RunId,
    entity: &str,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let rows = batch.num_rows();
    let mut columns: Vec<(Arc<Field>, ArrayRef)> =
        batch.schema().fields().iter().cloned().zip(batch.columns().iter().cloned()).collect();
    let fetched = TimestampMicrosecondArray::from(vec![run.started_micros(); rows]).with_timezone("UTC");
    let field = |name: &str, data_type| Arc::new(Field::new(name, data_type, true));
    columns.push((field(TIMESTAMP, instant_type()), Arc::new(fetched)));
    columns.push((field(ENTITY, DataType::Utf8), Arc::new(StringArray::from(vec![entity; rows]))));
    columns.push((field(RUN_ID, DataType::Utf8), Arc::new(StringArray::from(vec![run.id(); rows]))));
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    cast_to_schema(&RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?, schema)
}

#[cfg(test)]
mod tests;
