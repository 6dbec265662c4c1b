//! Full load: the table's content becomes what was read.
//!
//! Invariant: one commit; rows that the source no longer has must stay, marked, and the table must be in key order.

use super::columns::{DELETED_AT, ENTITY, RUN_ID, TIMESTAMP};
use super::deletions::refuse_to_empty;
use super::privacy;
use super::staged::staged_rows;
use crate::context::{RunContext, RunId};
use crate::error::{Error, Result};
use crate::extract::{Extracted, SEQUENCE};
use crate::lake::{
    Between, Constants, Counts, Format, KeySet, OnTable as _, ResultExt as _, StagedFile, StagedForm, Table,
    cast_to_schema, compare_schemas,
};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, Schema, SchemaRef};
use connectwise_runtime::row_hashes;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, ident, lit, when};
use datafusion::prelude::DataFrame;
use datafusion::scalar::ScalarValue;
use futures::{Stream, StreamExt as _};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A write of extracted records to a bronze table.
#[derive(Clone, Copy)]
pub(super) struct BronzeWrite<'a> {
    pub run: &'a RunContext,
    pub extracted: &'a Extracted,
    pub schema: &'a SchemaRef,
    /// Application transactions of the commit.
    pub transactions: &'a [(String, i64)],
    /// Whether the stored rows hold something that is personal now.
    pub anew: bool,
}

impl BronzeWrite<'_> {
    /// Commits the fetched rows, and those that the source no longer has, marked as deleted. Returns the counts, the
    /// version that holds the rows, and the version before it (the same where no row changed).
    ///
    /// # Errors
    /// [`Error`]; the table stays as it was.
    pub(super) async fn replace(self, before: Option<Table>) -> Result<(Counts, i64, i64)> {
        let Self { run, extracted, schema, transactions, anew } = self;
        let (lake, stage, entity) = (&run.lake, &run.stage, extracted.table);
        let compared = match &before {
            Some(table) => {
                let compared = compare(run, extracted, table, schema).await?;
                refuse_to_empty(entity, compared.counts.deleted, compared.live, run.options.force)?;
                compared
            }
            None => Compared {
                counts: Counts { inserted: extracted.ids.len() as u64, ..Counts::default() },
                live: 0,
                not_fetched: Vec::new(),
                repeated: 0,
            },
        };
        let counts = compared.counts;
        let mut table = Table::plan_or_evolve(lake, "bronze", entity.table, schema).await?;
        let stored = table.schema()?;
        let mut aligned = stage.file(entity.table, Format::Arrow, &stored);
        // The ids begin anew in the list of each parent.
        let mut is_plain = entity.parent.is_none();
        let fresh = match extracted.staged.read(lake.context()).await? {
            Some(frame) if lacks_fields(&frame, &stored) => {
                is_plain = false;
                let mut rows = staged_rows(run, extracted, &stored).await?;
                while let Some(batch) = rows.next().await {
                    aligned.write(&batch?)?;
                }
                aligned.finish()?;
                aligned.read(lake.context()).await?
            }
            Some(frame) => {
                Some(fresh_rows(frame, &run.id, extracted, &stored).on("bronze", entity.table, "replacing")?)
            }
            None => None,
        };
        let existing = table.frame()?;
        // The source has rejected records, too: their last good versions live, also where they were marked.
        let there = Arc::new(KeySet::Ids(extracted.not_fetched_but_there()));
        let deleted_at = when(KeySet::holds(&there, ident(entity.key)), alive())
            .when(ident(DELETED_AT).is_null(), instant(&run.id))
            .otherwise(ident(DELETED_AT))
            .on("bronze", entity.table, "replacing")?;
        let mark = |frame: DataFrame| -> datafusion::error::Result<DataFrame> {
            let columns = stored.fields().iter().map(|field| {
                if field.name() == DELETED_AT { deleted_at.clone().alias(DELETED_AT) } else { ident(field.name()) }
            });
            frame.select(columns.collect::<Vec<_>>())
        };
        let is_empty = table.rows().await? == 0;
        let fetched = if is_empty { HashSet::new() } else { extracted.ids.ids().collect() };
        let fetched = Arc::new(KeySet::Ids(fetched));
        let gone =
            existing.filter(KeySet::lacks(&fetched, ident(entity.key))).on("bronze", entity.table, "replacing")?;
        let mut bare = stage.file(entity.table, Format::Arrow, &stored);
        let gone = if anew {
            stage_without_pii(&mut bare, entity, &gone, &stored).await?;
            match bare.read(lake.context()).await? {
                Some(gone) => gone,
                None => gone.limit(0, Some(0)).on("bronze", entity.table, "replacing")?,
            }
        } else {
            gone
        };
        let gone = mark(gone).on("bronze", entity.table, "replacing")?;
        let any_stays = !compared.not_fetched.is_empty();
        let stays = any_stays.then(|| gone.clone());
        let expected = counts.unchanged + counts.updated + counts.inserted + counts.deleted + compared.repeated;
        let version_of = |table: &Table| (counts, table.version(), table.version() - 1);
        if is_plain && let Some(runs) = extracted.staged.runs(&extracted.superseded) {
            let mut keys = compared.not_fetched;
            keys.extend(extracted.staged.late_keys());
            let between = Between { keys, rows: between(run, extracted, &stored, stays).await? };
            let read = |rows| fresh_rows(rows, &run.id, extracted, &stored);
            let form = StagedForm { constants: stamps(run, entity.entity), read: &read };
            if table.overwrite_by_runs(runs, between, form, entity.key, expected, transactions).await? {
                return Ok(version_of(&table));
            }
            tracing::debug!(entity = entity.entity, "records did not come in the order of their key");
        }
        let rows = match fresh {
            None => gone,
            Some(fresh) if !any_stays => fresh,
            Some(fresh) => fresh.union(gone).on("bronze", entity.table, "replacing")?,
        };
        let rows = rows.sort(vec![ident(entity.key).sort(true, false)]).on("bronze", entity.table, "replacing")?;
        table.overwrite(rows, Some(expected), transactions).await?;
        Ok(version_of(&table))
    }
}

/// Returns the rows to merge between those that were read in ranges, or `None` where there are none. These are rows
/// that were read late, and rows that stay though they were not fetched.
async fn between(
    run: &RunContext,
    extracted: &Extracted,
    stored: &Schema,
    stays: Option<DataFrame>,
) -> Result<Option<DataFrame>> {
    Ok(match (extracted.staged.late(run.lake.context()).await?, stays) {
        (None, stays) => stays,
        (Some(late), stays) => {
            let late = fresh_rows(late, &run.id, extracted, stored).on("bronze", extracted.table.table, "replacing")?;
            Some(match stays {
                Some(stays) => late.union(stays).on("bronze", extracted.table.table, "replacing")?,
                None => late,
            })
        }
    })
}

/// Returns the values of the `etl…` columns of a live row, which are not staged.
fn stamps(run: &RunContext, entity: &str) -> Constants {
    let at = |micros| ScalarValue::TimestampMicrosecond(micros, Some("UTC".into()));
    let columns = [
        (TIMESTAMP, at(Some(run.id.started_micros()))),
        (ENTITY, ScalarValue::from(entity)),
        (RUN_ID, ScalarValue::from(run.id.as_str())),
        (DELETED_AT, at(None)),
    ];
    columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Stages rows that stay, without what is personal in them now.
async fn stage_without_pii(
    staged: &mut StagedFile,
    entity: &'static connectwise_runtime::Table,
    rows: &DataFrame,
    schema: &SchemaRef,
) -> Result<()> {
    let failed = |error: DataFusionError| Error::data(entity.entity, error);
    let mut rows = rows.clone().execute_stream().await.map_err(failed)?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(failed)?;
        let batch = cast_to_schema(&batch, schema).map_err(|error| Error::data(entity.entity, error))?;
        staged.write(&privacy::drop_pii(&batch, entity)?)?;
    }
    Ok(staged.finish()?)
}

/// Returns whether staged rows lack nested fields that the table has. Such fields left the spec or became personal.
fn lacks_fields(staged: &DataFrame, stored: &Schema) -> bool {
    compare_schemas(staged.schema().as_arrow(), stored).added.iter().any(|path| path.contains('/'))
}

/// Returns the winning staged rows in the table's columns.
fn fresh_rows(
    frame: DataFrame,
    run: &RunId,
    extracted: &Extracted,
    stored: &Schema,
) -> datafusion::error::Result<DataFrame> {
    let known = Arc::new(frame.schema().as_arrow().clone());
    let mut frame = frame;
    if !extracted.superseded.is_empty() {
        let superseded = Arc::new(KeySet::Ids(extracted.superseded.clone()));
        frame = frame.filter(KeySet::lacks(&superseded, ident(SEQUENCE)))?;
    }
    let columns = stored.fields().iter().map(|field| {
        let value = match field.name().as_str() {
            TIMESTAMP => instant(run),
            ENTITY => lit(extracted.table.entity),
            RUN_ID => lit(run.as_str()),
            DELETED_AT => alive(),
            name if known.field_with_name(name).is_ok() => ident(name),
            // A column that left the spec stays, and is null.
            _ => match ScalarValue::try_from(field.data_type()) {
                Ok(null) => lit(null),
                Err(_) => lit(ScalarValue::Null),
            },
        };
        value.alias(field.name())
    });
    frame.select(columns.collect::<Vec<_>>())
}

fn instant(run: &RunId) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(run.started_micros()), Some("UTC".into())))
}

/// Returns the deletion mark of a live row: null.
fn alive() -> Expr {
    lit(ScalarValue::TimestampMicrosecond(None, Some("UTC".into())))
}

/// Result of comparing what was read with what is stored.
struct Compared {
    counts: Counts,
    /// Rows that were live.
    live: u64,
    /// The keys of the rows whose records were not fetched.
    not_fetched: Vec<i64>,
    /// Duplicate rows of such records, which another writer added: they stay, and the key check reports them.
    repeated: u64,
}

/// Compares rows by the hash of their content.
async fn compare(run: &RunContext, extracted: &Extracted, table: &Table, schema: &SchemaRef) -> Result<Compared> {
    let content = crate::lake::content_columns(schema, &[TIMESTAMP, ENTITY, RUN_ID]);
    let stored = table.frame()?.execute_stream().await.on_table(table, "comparing")?;
    let (mut known, mut repeated) = (HashMap::new(), HashMap::new());
    let schema_ = Arc::clone(schema);
    let mut stored = stored.map(move |batch| {
        let batch = batch.map_err(|error| Error::data("bronze", error))?;
        cast_to_schema(&batch, &schema_).map_err(|error| Error::data("bronze", error))
    });
    each_row(&mut stored, extracted.table.key, &content, |id, hash, live| {
        if known.insert(id, (hash, live)).is_some() {
            *repeated.entry(id).or_insert(0_u64) += 1;
        }
    })
    .await?;
    let live = known.values().filter(|(_, live)| *live).count() as u64;
    let mut counts = Counts::default();
    let mut fresh = staged_rows(run, extracted, schema).await?;
    each_row(&mut fresh, extracted.table.key, &content, |id, hash, _| match known.remove(&id) {
        None => counts.inserted += 1,
        Some((old, _)) if old == hash => counts.unchanged += 1,
        Some(_) => counts.updated += 1,
    })
    .await?;
    let there = extracted.not_fetched_but_there();
    let mut not_fetched: Vec<i64> = known.keys().copied().collect();
    not_fetched.sort_unstable();
    let repeated = repeated.iter().filter(|(id, _)| known.contains_key(id)).map(|(_, more)| more).sum();
    // Only sums are taken, so the order does not matter.
    known.into_iter().for_each(|(id, (_, live))| match (live, there.contains(&id)) {
        (true, false) => counts.deleted += 1,
        (false, true) => counts.updated += 1,
        _ => counts.unchanged += 1,
    });
    Ok(Compared { counts, live, not_fetched, repeated })
}

async fn each_row(
    rows: &mut (impl Stream<Item = Result<RecordBatch>> + Unpin),
    key: &str,
    content: &[usize],
    mut visit: impl FnMut(i64, u128, bool),
) -> Result<()> {
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        let hashes = row_hashes(&batch, content).map_err(|error| Error::data("bronze", error))?;
        let ids = batch.column_by_name(key).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let deleted = batch.column_by_name(DELETED_AT);
        let (Some(ids), Some(deleted)) = (ids, deleted) else {
            return Err(Error::data("bronze", format!("a row lacks {key} or {DELETED_AT}")));
        };
        for (row, hash) in hashes.into_iter().enumerate() {
            visit(ids.value(row), hash, deleted.is_null(row));
        }
    }
    Ok(())
}
