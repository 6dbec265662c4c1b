//! What the source deleted: all its ids against bronze's.
//!
//! The API has no feed of deletions, so only a comparison shows them. Invariant: a row is marked when a whole, counted
//! list of the source's ids lacks it, and never more than a tenth of a table without being told to: a right that was
//! taken from the API member looks like a deletion, too. The marks go through silver and gold as any change does.
//!
//! Some flags change without a new time of change, so no window brings them. They are read beside the ids, and a record
//! whose flags are others than bronze has is read anew.

mod returned;

pub use returned::bring_back;

use crate::bronze::{self, DELETED_AT, ENTITY, Loading, RUN_ID, TIMESTAMP};
use crate::catalog;
use crate::client::{Client, Traffic};
use crate::error::{Error, Result};
use crate::extract::{Extracted, FlagHash, Listed, Numbers, extract_some, flag_hashes, read_ids};
use crate::lake::{Counts, Lakehouse, OnTable as _, Scope, Stage, Target, upsert};
use crate::report::EntityReport;
use crate::run::RunId;
use crate::{meta, personal, quarantine, source};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, TimeDelta, Utc};
use connectwise_runtime::{ChangeDetection, Table};
use datafusion::logical_expr::ident;
use futures::StreamExt as _;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The part of a table's live rows, in percent, that is marked as deleted without `--force`.
pub const MOST_PERCENT: u64 = 10;
/// The most records that are read anew because they are back, missing or differ; more are better read by a full run.
const MOST_BROUGHT: usize = 5_000;
/// How much earlier than N days after the last comparison the next may come: nightly runs do not start on the second.
const SLACK_HOURS: i64 = 6;

/// What a comparison of an entity found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Records that the source has.
    pub source: u64,
    /// Live rows of bronze.
    pub live: u64,
    /// Live rows that the source lacks.
    pub gone: Vec<i64>,
    /// Rows marked as deleted that the source has again.
    pub returned: Vec<i64>,
    /// Records that bronze lacks. Those in quarantine are not missing.
    pub missing: Vec<i64>,
    /// Live rows whose flags the source has otherwise. Records in quarantine are not among them.
    pub differing: Vec<i64>,
    /// Whether what is back, missing or differs was read anew.
    pub brought: bool,
}

impl Finding {
    /// Whether so much is gone that a person has to look first.
    pub fn is_too_much(&self) -> bool {
        self.gone.len() as u64 * 100 > self.live * MOST_PERCENT
    }

    /// Whether bronze has to change.
    pub fn has_marks(&self) -> bool {
        !self.gone.is_empty() || !self.returned.is_empty()
    }

    /// The records that have to be read anew.
    fn wanted(&self) -> Vec<i64> {
        self.returned.iter().chain(&self.missing).chain(&self.differing).copied().collect()
    }
}

/// Whether an entity can be compared: a snapshot is read whole in every run anyway.
pub fn applies_to(entity: &Table) -> bool {
    entity.change_detection != ChangeDetection::Snapshot
}

/// Compares an entity. An error ends this entity alone, and stands in its report.
pub async fn compare(client: &Client, lake: &Lakehouse, entity: &'static Table) -> EntityReport {
    let started = Instant::now();
    let traffic = Arc::new(Traffic::default());
    let outcome = async {
        if source::is_other(lake, entity, client.source(), false).await? {
            return Err(Error::data(
                entity.entity,
                "its rows are another source's: run it first, which reads all of it anew",
            ));
        }
        let parents = bronze::parent_ids(lake, entity).await?;
        // Bronze first: a record that comes in between is missing here, but none that is here looks gone.
        let stored = stored_ids(lake, entity, entity.reconcile).await?;
        let unserved = quarantine::unserved(lake, entity).await?;
        let source = read_ids(client, entity, &parents, &unserved, &traffic).await?;
        let quarantined = quarantine::ids(lake, entity).await?;
        Ok::<_, Error>(find(&source, &stored, &quarantined))
    };
    let outcome = outcome.await;
    let numbers = numbers(&traffic, started);
    let report = EntityReport { entity: entity.entity, numbers, ..EntityReport::default() };
    match outcome {
        Ok(finding) => EntityReport { compared: Some(finding), ..report },
        Err(error) => EntityReport { error: Some(error.of(entity.entity)), ..report },
    }
}

fn numbers(traffic: &Traffic, started: Instant) -> Numbers {
    Numbers {
        requests: traffic.requests.load(Ordering::Relaxed),
        retries: traffic.retries.load(Ordering::Relaxed),
        bytes: traffic.bytes.load(Ordering::Relaxed),
        seconds: started.elapsed().as_secs_f64(),
        ..Numbers::default()
    }
}

/// Bronze's ids, and whether each lives.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    live: BTreeSet<i64>,
    deleted: BTreeSet<i64>,
    /// Of each live row a hash of its flags, where these are compared.
    flags: HashMap<i64, FlagHash>,
}

/// What bronze has of an entity, with these flags.
pub(crate) async fn stored_ids(lake: &Lakehouse, entity: &Table, flags: &[&str]) -> Result<Stored> {
    let mut stored = Stored::default();
    let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(stored) };
    let schema = table.schema()?;
    // A table that an earlier version filled may lack a column until its next write.
    let flags = if flags.iter().all(|name| schema.index_of(name).is_ok()) { flags } else { &[] };
    let columns: Vec<_> = [entity.key, DELETED_AT].into_iter().chain(flags.iter().copied()).map(ident).collect();
    let columns = table.frame().await?.select(columns).on_table(&table, "comparing")?;
    let mut rows = columns.execute_stream().await.on_table(&table, "comparing")?;
    while let Some(batch) = rows.next().await {
        let batch = batch.on_table(&table, "comparing")?;
        let ids = batch.column(0).as_primitive::<Int64Type>();
        let hashes = if flags.is_empty() { Vec::new() } else { flag_hashes(&batch, flags)? };
        for (row, id) in ids.values().iter().enumerate() {
            if batch.column(1).is_null(row) {
                stored.live.insert(*id);
                stored.flags.extend(hashes.get(row).map(|hash| (*id, *hash)));
            } else {
                stored.deleted.insert(*id);
            }
        }
    }
    Ok(stored)
}

pub(crate) fn find(source: &Listed, stored: &Stored, quarantined: &HashSet<i64>) -> Finding {
    let differs = |id: &&i64| match (stored.flags.get(id), source.flags.get(id)) {
        (Some(stored), Some(there)) => stored != there && !quarantined.contains(id),
        _ => false,
    };
    let source = &source.ids;
    let is_missing = |id: &&i64| !stored.live.contains(id) && !stored.deleted.contains(id) && !quarantined.contains(id);
    Finding {
        source: source.len() as u64,
        live: stored.live.len() as u64,
        gone: stored.live.difference(source).copied().collect(),
        returned: source.intersection(&stored.deleted).copied().collect(),
        missing: source.iter().filter(is_missing).copied().collect(),
        differing: stored.live.iter().filter(differs).copied().collect(),
        brought: false,
    }
}

/// The refusal to mark so much of a table.
pub fn refusal(entity: &Table, finding: &Finding) -> Error {
    Error::data(
        entity.entity,
        format!(
            "{} of {} live rows are gone from the source, more than {MOST_PERCENT} %: nothing of it was marked as \
             deleted. Look at `connectwise-etl reconcile` and at the API member's rights; if the records really were \
             deleted, `connectwise-etl reconcile --apply --force`",
            finding.gone.len(),
            finding.live
        ),
    )
}

/// Brings bronze in line with the source: what is back, missing or differs is read anew, whenever it changed, and what
/// is gone is marked.
///
/// # Errors
/// [`Error::Client`] when the API can't be read, [`Error::Table`] when the table can't be written.
pub async fn apply(
    client: &Client,
    lake: &Lakehouse,
    stage: &Stage,
    run: &RunId,
    entity: &'static Table,
    finding: &mut Finding,
) -> Result<Counts> {
    let wanted = finding.wanted();
    let mut counts = Counts::default();
    // Records below others can't be asked for by their ids alone, and what is personal is kept as it is elsewhere.
    let can = wanted.len() <= MOST_BROUGHT
        && entity.parent.is_none()
        && (entity.hashed.is_empty() || lake.hash_key().is_some())
        && !personal::changed(lake, entity).await?;
    if can && !wanted.is_empty() {
        let (loaded, extracted) = bring(client, lake, stage, run, entity, &wanted, &Arc::default()).await?;
        let misfits = extracted.quarantined_ids();
        // One that went again meanwhile stays marked.
        finding.returned.retain(|id| extracted.ids.contains_key(id) || misfits.contains(id));
        counts = loaded;
        finding.brought = true;
    }
    let marked = mark(lake, stage, run, entity, finding).await?;
    counts.deleted += marked.deleted;
    if !finding.brought {
        counts.updated += marked.updated;
    }
    Ok(counts)
}

/// Fetches the records that have these ids, whenever they changed, and loads them.
async fn bring(
    client: &Client,
    lake: &Lakehouse,
    stage: &Stage,
    run: &RunId,
    entity: &'static Table,
    ids: &[i64],
    traffic: &Arc<Traffic>,
) -> Result<(Counts, Extracted)> {
    let extracted = extract_some(client, stage, entity, ids, traffic).await?;
    if extracted.ids.is_empty() && extracted.quarantined.is_empty() {
        return Ok((Counts::default(), extracted));
    }
    quarantine::add(lake, run, &extracted).await?;
    // A window that begins after all time: the watermark stays where it is.
    let loading = Loading { since: Some(i64::MAX), ..Loading::default() };
    let loaded = bronze::load(lake, stage, run, &extracted, loading).await?;
    quarantine::settle(lake, run, &extracted).await?;
    Ok((loaded.counts, extracted))
}

/// Marks in bronze what is gone, and takes the mark from what is back; one commit.
///
/// # Errors
/// [`Error::Table`]; the table stays as it was.
pub async fn mark(
    lake: &Lakehouse,
    stage: &Stage,
    run: &RunId,
    entity: &'static Table,
    finding: &Finding,
) -> Result<Counts> {
    let Some(table) = lake.open("bronze", entity.table).await?.filter(|_| finding.has_marks()) else {
        return Ok(Counts::default());
    };
    let gone: HashSet<i64> = finding.gone.iter().copied().collect();
    let touched: HashSet<i64> = finding.gone.iter().chain(&finding.returned).copied().collect();
    let (Some(least), Some(most)) = (touched.iter().min(), touched.iter().max()) else {
        return Ok(Counts::default());
    };
    let between = ident(entity.key).between(datafusion::prelude::lit(*least), datafusion::prelude::lit(*most));
    let rows = table
        .frame()
        .await?
        .filter(between)
        .on_table(&table, "marking")?
        .execute_stream()
        .await
        .on_table(&table, "marking")?;
    let (key, now, name) = (entity.key, run.started_micros(), entity.entity);
    let wanted = touched.clone();
    let rows = rows.map(move |batch| {
        let batch = batch.map_err(|error| Error::data(name, error))?;
        marked(&batch, key, &wanted, &gone, now).map_err(|error| Error::data(name, error))
    });
    let target = Target {
        layer: "bronze",
        name: entity.table,
        schema: bronze::schema(entity),
        key: &[entity.key],
        stamps: &[TIMESTAMP, ENTITY, RUN_ID],
    };
    let scope = Scope::Only { column: entity.key, keys: Arc::new(touched.into()) };
    upsert(lake, stage, &target, &scope, rows, &[]).await?;
    let deleted = finding.gone.len() as u64;
    Ok(Counts { deleted, updated: finding.returned.len() as u64, ..Counts::default() })
}

/// The touched rows of a batch, with their marks set or taken away.
fn marked(
    batch: &RecordBatch,
    key: &str,
    touched: &HashSet<i64>,
    gone: &HashSet<i64>,
    now: i64,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let lacks = |name: &str| arrow::error::ArrowError::SchemaError(format!("the table lacks {name}"));
    let ids =
        batch.column_by_name(key).and_then(|ids| ids.as_primitive_opt::<Int64Type>()).ok_or_else(|| lacks(key))?;
    let keep = ids.iter().map(|id| Some(id.is_some_and(|id| touched.contains(&id)))).collect();
    let batch = arrow::compute::filter_record_batch(batch, &keep)?;
    let position = batch.schema().index_of(DELETED_AT)?;
    let ids =
        batch.column_by_name(key).and_then(|ids| ids.as_primitive_opt::<Int64Type>()).ok_or_else(|| lacks(key))?;
    let old = batch.column(position).as_primitive_opt::<TimestampMicrosecondType>();
    let mark = |(row, id): (usize, &i64)| {
        let before = old.and_then(|old| old.is_valid(row).then(|| old.value(row)));
        gone.contains(id).then(|| before.unwrap_or(now))
    };
    let marks: TimestampMicrosecondArray = ids.values().iter().enumerate().map(mark).collect();
    let mut columns = batch.columns().to_vec();
    columns[position] = Arc::new(marks.with_timezone("UTC")) as ArrayRef;
    RecordBatch::try_new(batch.schema(), columns)
}

/// The entities whose last comparison with the source, by a full run or by this, is N days ago or was never done.
///
/// # Errors
/// [`Error`] when the record of the runs can't be read.
pub async fn due(lake: &Lakehouse, days: u32, now: DateTime<Utc>) -> Result<HashSet<&'static str>> {
    let since = now - TimeDelta::days(i64::from(days)) + TimeDelta::hours(SLACK_HOURS.min(i64::from(days) * 12));
    let compared = last_comparisons(lake).await?;
    let is_due = |entity: &&&Table| {
        let last = compared.iter().find(|(name, _)| name == entity.entity).map(|(_, at)| *at);
        // One that lies ahead was made by a clock that was wrong.
        let is_old = |at: i64| at <= since.timestamp_micros() || at > now.timestamp_micros();
        applies_to(entity) && last.is_none_or(is_old)
    };
    Ok(connectwise_generated::tables::TABLES.iter().filter(is_due).map(|entity| entity.entity).collect())
}

/// When each entity was last compared with nothing left to do, in microseconds since 1970.
async fn last_comparisons(lake: &Lakehouse) -> Result<Vec<(String, i64)>> {
    if !meta::knows_comparisons(lake).await? {
        return Ok(Vec::new());
    }
    let context = catalog::register(lake).await?;
    let sql = "SELECT e.entity, max(r.startedAt) AS at FROM meta.etl_entity_run AS e JOIN meta.etl_run AS r ON r.runId = \
               e.runId WHERE e.status = 'done' AND (r.mode = 'full' OR e.gone <= e.deleted) GROUP BY e.entity";
    let failed = |error: datafusion::error::DataFusionError| Error::query(error);
    let batches = context.sql(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let mut last = Vec::new();
    for batch in &batches {
        // The engine may give text in another form than the table's.
        let names = arrow::compute::cast(batch.column(0), &DataType::Utf8).map_err(|error| failed(error.into()))?;
        let instants = batch.column(1).as_primitive_opt::<TimestampMicrosecondType>();
        let (Some(names), Some(instants)) = (names.as_string_opt::<i32>(), instants) else {
            return Err(Error::query("the record of the runs has other types than expected".to_owned()));
        };
        last.extend(names.iter().zip(instants).filter_map(|(name, at)| Some((name?.to_owned(), at?))));
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_gone_returned_and_missing_apart() {
        let stored = Stored { live: BTreeSet::from([1, 2, 3]), deleted: BTreeSet::from([4, 5]), ..Stored::default() };
        let source = Listed { ids: BTreeSet::from([2, 3, 4, 6, 7]), ..Listed::default() };
        let found = find(&source, &stored, &HashSet::from([7, 1]));
        let wanted =
            Finding { source: 5, live: 3, gone: vec![1], returned: vec![4], missing: vec![6], ..Finding::default() };
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_record_differs_where_both_sides_have_its_flags_and_they_are_others() {
        let stored = Stored {
            live: BTreeSet::from([1, 2, 3, 4]),
            flags: HashMap::from([(1, 10), (2, 20), (3, 30), (5, 50)]),
            ..Stored::default()
        };
        let source = Listed {
            ids: BTreeSet::from([1, 2, 3, 4, 5]),
            flags: HashMap::from([(1, 10), (2, 21), (3, 31), (4, 40), (5, 51)]),
        };
        let found = find(&source, &stored, &HashSet::from([3]));
        assert_eq!((found.differing.as_slice(), found.missing.as_slice()), (&[2][..], &[5][..]));
        assert!(!found.has_marks());
        assert_eq!(found.wanted(), [5, 2]);
    }

    #[test]
    fn a_tenth_may_go_and_not_more() {
        let finding = |gone: i64, live| Finding { gone: (0..gone).collect(), live, ..Finding::default() };
        assert!(!finding(0, 0).is_too_much());
        assert!(!finding(10, 100).is_too_much());
        assert!(finding(11, 100).is_too_much());
        assert!(finding(1, 9).is_too_much());
    }
}
