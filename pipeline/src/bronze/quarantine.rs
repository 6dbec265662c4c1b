//! Quarantine (`bronze/cw_quarantine`): the rejected records, each in full and with the reason.
//!
//! Invariant: a rejected record must be here once, with its newest reason, until it is read without error; then it
//! leaves.

use super::columns::{RUN_ID, TIMESTAMP, instant_type};
use crate::context::{RunContext, RunId};
use crate::error::{Error, Result};
use crate::extract::{Extracted, unserved_id};
use crate::lake::{Lakehouse, OnTable as _, ResultExt as _, Table, cast_to_schema};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use connectwise_runtime::{RejectedRecord, redact_stored};
use datafusion::logical_expr::{ident, lit};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Name of the quarantine table.
pub const TABLE: &str = "cw_quarantine";

/// Share of rejected records of an entity, in percent, above which a check warns.
pub(crate) const WARNING_PERCENT: u64 = 1;

/// The quarantine table's schema.
pub fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("entity"),
        text("recordId"),
        text("path"),
        text("reason"),
        text("rawJson"),
        Field::new(TIMESTAMP, instant_type(), true),
        text(RUN_ID),
    ]))
}

/// Adds the rejected records of an extraction, in place of earlier entries of the same records. This must come before
/// the load: a rejected record is on record whatever happens afterwards.
///
/// # Errors
/// [`crate::lake::Error::Table`]; the table stays as it was.
pub async fn add(run: &RunContext, extracted: &Extracted) -> Result<()> {
    if extracted.quarantined.is_empty() {
        return Ok(());
    }
    // An identical entry is no change.
    let there = records(&run.lake, extracted.table).await?;
    let fresh = not_among(&extracted.quarantined, there.iter().map(|(rejected, _)| rejected));
    if fresh.is_empty() {
        return Ok(());
    }
    let again: HashSet<&str> = fresh.iter().filter_map(|rejected| rejected.record_id.as_deref()).collect();
    // Records without an id can't be told apart: they stay until a whole read is loaded.
    let comes_again = |id: Option<&str>| id.is_some_and(|id| again.contains(id));
    rewrite(run, extracted.table, &fresh, comes_again).await
}

/// Removes resolved records: those that fit now and, after a whole read, those that the source no longer has. This must
/// come after the load: a record is in bronze before it leaves the quarantine.
///
/// # Errors
/// [`crate::lake::Error::Table`]; the table stays as it was.
pub async fn clear_resolved(run: &RunContext, extracted: &Extracted) -> Result<()> {
    let again: HashSet<&str> =
        extracted.quarantined.iter().filter_map(|rejected| rejected.record_id.as_deref()).collect();
    // Below parents that ended long ago nothing is read: what was rejected there is there still.
    let is_all = extracted.whole && extracted.table.parent.is_none_or(|parent| parent.ended.is_none());
    let is_solved = |id: Option<&str>| match id {
        Some(id) if again.contains(id) => false,
        Some(id) => is_all || id.parse().is_ok_and(|id: i64| extracted.ids.contains(id)),
        // A record without an id can't be told from another: a whole read replaces all of them.
        None => extracted.whole,
    };
    let nameless = |rejected: &&RejectedRecord| extracted.whole && rejected.record_id.is_none();
    let fresh: Vec<RejectedRecord> = extracted.quarantined.iter().filter(nameless).cloned().collect();
    rewrite(run, extracted.table, &fresh, is_solved).await
}

/// Replaces some of an entity's records by others. A record that is in both keeps its entry.
///
/// # Errors
/// [`crate::lake::Error::Table`]; the table stays as it was.
pub(crate) async fn replace(
    run: &RunContext,
    entity: &'static connectwise_runtime::Table,
    before: &[RejectedRecord],
    after: &[RejectedRecord],
) -> Result<()> {
    let mut fresh = not_among(after, before);
    let gone = not_among(before, after);
    let nameless = |rejected: &RejectedRecord| rejected.record_id.is_none();
    // Records without an id can't be told apart: all of them are rewritten, or none.
    let anew = fresh.iter().chain(&gone).any(nameless);
    if anew {
        fresh.retain(|rejected| !nameless(rejected));
        fresh.extend(after.iter().filter(|rejected| nameless(rejected)).cloned());
    }
    let ids: HashSet<&str> = fresh.iter().chain(&gone).filter_map(|rejected| rejected.record_id.as_deref()).collect();
    rewrite(run, entity, &fresh, |id| id.map_or(anew, |id| ids.contains(id))).await
}

/// Returns the records that are not, word for word, among others.
fn not_among<'a>(
    rejected: &[RejectedRecord],
    others: impl IntoIterator<Item = &'a RejectedRecord>,
) -> Vec<RejectedRecord> {
    fn words(rejected: &RejectedRecord) -> [Option<&str>; 4] {
        [rejected.record_id.as_deref(), Some(&rejected.path), Some(&rejected.reason), Some(&rejected.raw_json)]
    }
    let others: HashSet<_> = others.into_iter().map(words).collect();
    rejected.iter().filter(|rejected| !others.contains(&words(rejected))).cloned().collect()
}

/// Rewrites an entity's records: adds fresh ones, removes resolved ones and redacts the rest. Redaction removes what
/// was allowed when they were quarantined and may not be kept now.
async fn rewrite(
    run: &RunContext,
    entity: &'static connectwise_runtime::Table,
    rejected: &[RejectedRecord],
    is_solved: impl Fn(Option<&str>) -> bool,
) -> Result<()> {
    // One table for all entities: only one rewrite at a time.
    let lake = &run.lake;
    let _turn = lake.turn("bronze", TABLE).await;
    let existing = lake.open("bronze", TABLE).await?;
    if rejected.is_empty() && existing.is_none() {
        return Ok(());
    }
    let schema = schema();
    let mut table = match existing {
        Some(table) => table,
        None => Table::create_or_evolve(lake, "bronze", TABLE, &schema).await?,
    };
    let failed = |error: datafusion::error::DataFusionError| Error::table("bronze", TABLE, "writing", error);
    let old = table.frame()?.collect().await.map_err(failed)?;
    let fresh = rejected_rows(&schema, &run.id, entity.entity, rejected)?;
    let mut changed = false;
    let mut batches = Vec::new();
    for batch in &old {
        let batch = &cast_to_schema(batch, &schema).on_table(&table, "writing")?;
        let (entities, ids) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let keep: Vec<bool> = (0..batch.num_rows())
            .map(|row| {
                let ours = entities.value(row) == entity.entity;
                !(ours && is_solved(ids.is_valid(row).then(|| ids.value(row))))
            })
            .collect();
        changed |= keep.iter().any(|keep| !keep);
        let kept = filter_record_batch(batch, &keep.into()).on_table(&table, "writing")?;
        let redacted = redacted(lake, entity, &kept).on_table(&table, "writing")?;
        changed |= redacted.is_some();
        batches.push(redacted.unwrap_or(kept));
    }
    if fresh.num_rows() == 0 && !changed {
        return Ok(());
    }
    batches.push(fresh);
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let frame = lake.context().read_batches(batches).on("bronze", TABLE, "writing")?;
    Ok(table.overwrite(frame, Some(rows as u64), &[]).await?)
}

/// Redacts an entity's rows: what became personal since they were quarantined, or was unknown to an earlier version.
/// Returns `None` where there is nothing of that.
fn redacted(
    lake: &Lakehouse,
    entity: &'static connectwise_runtime::Table,
    rows: &RecordBatch,
) -> Result<Option<RecordBatch>, ArrowError> {
    let has_personal = !entity.excluded.is_empty() || !entity.hashed.is_empty();
    let [entities, reasons, raw] = [0, 3, 4].map(|column| rows.column(column).as_string::<i32>());
    let mut changed = false;
    let (mut told, mut texts) = (Vec::new(), Vec::new());
    for row in 0..rows.num_rows() {
        let text = |column: &StringArray| column.is_valid(row).then(|| column.value(row).to_owned());
        let (mut reason, mut json) = (text(reasons), text(raw));
        if entities.value(row) == entity.entity
            && let Some(text) = &json
        {
            // A text that is not JSON can't be redacted, so nothing of it stays.
            let kept = redact_stored(entity, lake.hash_key(), text).map(Cow::into_owned).unwrap_or_default();
            if kept != *text {
                if has_personal {
                    reason = Some("it holds what became personal".to_owned());
                }
                (json, changed) = (Some(kept), true);
            }
        }
        told.push(reason);
        texts.push(json);
    }
    if !changed {
        return Ok(None);
    }
    let mut columns = rows.columns().to_vec();
    for (at, column) in [(3, told), (4, texts)] {
        if let Some(place) = columns.get_mut(at) {
            *place = Arc::new(StringArray::from(column));
        }
    }
    RecordBatch::try_new(rows.schema(), columns).map(Some)
}

/// Reads an entity's quarantined records, and since when each is there, in microseconds since 1970.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be read.
pub(crate) async fn records(
    lake: &Lakehouse,
    entity: &connectwise_runtime::Table,
) -> Result<Vec<(RejectedRecord, Option<i64>)>> {
    let Some(table) = lake.open("bronze", TABLE).await? else { return Ok(Vec::new()) };
    let own = table.frame()?.filter(ident("entity").eq(lit(entity.entity))).on_table(&table, "reading")?;
    let schema = schema();
    let mut records = Vec::new();
    for batch in own.collect().await.on_table(&table, "reading")? {
        let batch = cast_to_schema(&batch, &schema).on_table(&table, "reading")?;
        let text = |column: usize, row: usize| {
            let texts = batch.column(column).as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let times = batch.column(5).as_primitive::<TimestampMicrosecondType>();
        records.extend((0..batch.num_rows()).map(|row| {
            let rejected = RejectedRecord {
                record_id: text(1, row),
                path: text(2, row).unwrap_or_default(),
                reason: text(3, row).unwrap_or_default(),
                raw_json: text(4, row).unwrap_or_default(),
            };
            (rejected, times.is_valid(row).then(|| times.value(row)))
        }));
    }
    Ok(records)
}

/// Reads the ids of an entity's records that the server did not serve.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be read.
pub(crate) async fn unserved(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<Vec<i64>> {
    Ok(records(lake, entity).await?.iter().filter_map(|(rejected, _)| unserved_id(rejected)).collect())
}

/// Counts the quarantined records of each entity that has any.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be read.
pub(crate) async fn counts(lake: &Lakehouse) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    let Some(table) = lake.open("bronze", TABLE).await? else { return Ok(counts) };
    let entities = table.frame()?.select(vec![ident("entity")]).on_table(&table, "counting")?;
    for batch in entities.collect().await.on_table(&table, "counting")? {
        // The engine may return text as another Arrow type than the table's.
        let names = cast(batch.column(0), &DataType::Utf8).on_table(&table, "counting")?;
        for name in names.as_string::<i32>().iter().flatten() {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Reads the ids of an entity's quarantined records, where they have one.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be read.
pub async fn ids(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<HashSet<i64>> {
    let Some(table) = lake.open("bronze", TABLE).await? else { return Ok(HashSet::new()) };
    let own = table.frame()?.filter(ident("entity").eq(lit(entity.entity))).on_table(&table, "reading")?;
    let ids =
        own.select(vec![ident("recordId")]).on_table(&table, "reading")?.collect().await.on_table(&table, "reading")?;
    let mut parsed = HashSet::new();
    for batch in &ids {
        // The engine may return text as another Arrow type than the table's.
        let texts = cast(batch.column(0), &DataType::Utf8).on_table(&table, "reading")?;
        parsed.extend(texts.as_string::<i32>().iter().filter_map(|id| id?.parse::<i64>().ok()));
    }
    Ok(parsed)
}

fn rejected_rows(schema: &SchemaRef, run: &RunId, entity: &str, rejected: &[RejectedRecord]) -> Result<RecordBatch> {
    let text = |value: &dyn Fn(&RejectedRecord) -> Option<String>| -> ArrayRef {
        Arc::new(rejected.iter().map(value).collect::<StringArray>())
    };
    let rows = rejected.len();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![entity; rows])),
        text(&|rejected| rejected.record_id.clone()),
        text(&|rejected| Some(rejected.path.clone())),
        text(&|rejected| Some(rejected.reason.clone())),
        text(&|rejected| Some(rejected.raw_json.clone())),
        Arc::new(TimestampMicrosecondArray::from(vec![run.started_micros(); rows]).with_timezone("UTC")),
        Arc::new(StringArray::from(vec![run.as_str(); rows])),
    ];
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| Error::data("quarantine", error))
}
