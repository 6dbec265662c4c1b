//! Reconciliation: compares all ids of the source with bronze's and marks what was deleted at the source.
//!
//! The API has no feed of deletions, so only a comparison shows them. The marks go through silver and gold as any
//! change does. Invariant: a row must be marked only when a complete, counted list of the source's ids lacks it, and
//! never more than a tenth of a table without `--force`: a right that was taken from the API member looks like a
//! deletion, too.
//!
//! Some flags change without a new time of change, so no window fetches them. They are read with the ids, and a record
//! whose flags differ from bronze's is re-read.

use super::refetch::{apply, numbers};
use super::report::EntityReport;
use super::state::RunState;
use super::{meta, returned, source};
use crate::bronze::deletions::{find, refusal, stored_ids};
use crate::bronze::{self, quarantine};
use crate::client::{Client, RequestStats};
use crate::context::{Mode, RunContext};
use crate::error::{Error, Result};
use crate::extract::read_ids;
use crate::lake::{Lakehouse, session};
use arrow::array::AsArray;
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use chrono::{DateTime, TimeDelta, Utc};
use connectwise_runtime::{ChangeDetection, Table};
use futures::{FutureExt as _, StreamExt as _};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

/// Hours that may be missing from N days since the last comparison: nightly runs do not start on the second.
const SLACK_HOURS: i64 = 6;

/// Number of entities whose marked rows are looked at, at a time.
const ENTITIES_AT_ONCE: usize = 4;

/// Marks rows that were deleted at the source, and re-reads rows that returned.
///
/// A reconciliation compares every entity; a run compares those that are due, and checks the marked rows of the others.
/// If more rows are gone than the limit allows, the entity fails and is left unchanged.
pub(super) async fn mark(
    client: &Client,
    run: &RunContext,
    selected: &[&'static Table],
    state: &mut RunState,
) -> Result<()> {
    let is_incremental = run.options.mode == Mode::Incremental;
    let due = match run.options.reconcile_days {
        // A full run has marked them already.
        Some(days) if is_incremental => due(&run.lake, days, run.id.started()).await?,
        _ => HashSet::new(),
    };
    let mut left = Vec::new();
    for entity in selected.iter().copied().filter(|entity| applies_to(entity)) {
        let is_loaded = state.changed.contains(entity.entity);
        if run.options.mode == Mode::Reconcile || (is_loaded && due.contains(entity.entity)) {
            let compared = compare_and_apply(client, run, entity, state).await;
            state.report.take_comparison(entity.table, compared);
        } else if is_loaded && is_incremental && entity.change_detection == ChangeDetection::LastUpdated {
            // Other entities are read whole, so they are compared already.
            left.push(async move { (entity, returned::bring_back(client, run, entity).await) }.boxed());
        }
    }
    let mut left = futures::stream::iter(left).buffered(ENTITIES_AT_ONCE);
    while let Some((entity, back)) = left.next().await {
        if let Some(back) = back {
            state.report.take_comparison(entity.table, back);
        }
    }
    Ok(())
}

/// Compares an entity with the source and applies what was found, unless too much is gone.
async fn compare_and_apply(
    client: &Client,
    run: &RunContext,
    entity: &'static Table,
    state: &mut RunState,
) -> EntityReport {
    let mut compared = compare(client, &run.lake, entity, run.id.started()).await;
    let Some(mut finding) = compared.compared.take() else { return compared };
    if finding.is_too_much() && !run.options.force {
        compared.error = Some(refusal(entity, &finding).to_string());
    } else {
        match apply(client, run, entity, &mut finding).await {
            Ok(counts) => {
                compared.counts = counts;
                // Silver looks at all rows: what the load changed is not all that changed.
                state.changed.insert(entity.entity);
            }
            Err(error) => compared.error = Some(error.of(entity.entity)),
        }
    }
    compared.compared = Some(finding);
    compared
}

/// Returns whether an entity can be compared: a snapshot is read whole in every run anyway.
pub fn applies_to(entity: &Table) -> bool {
    entity.change_detection != ChangeDetection::Snapshot
}

/// Compares an entity with the source. An error fails this entity alone and is stored in its report.
pub async fn compare(client: &Client, lake: &Lakehouse, entity: &'static Table, now: DateTime<Utc>) -> EntityReport {
    let started = Instant::now();
    let stats = Arc::new(RequestStats::default());
    let outcome = async {
        if source::is_other(lake, entity, client.source(), false).await? {
            return Err(Error::data(
                entity.entity,
                "its rows are another source's: run it first, which reads all of it anew",
            ));
        }
        let parents = bronze::parents(lake, entity, now).await?;
        // Bronze first: a record that is created in between looks missing, but no existing one looks deleted.
        let stored = stored_ids(lake, entity, entity.reconcile).await?;
        let unserved = quarantine::unserved(lake, entity).await?;
        let mut source = match read_ids(client, entity, &parents.asked, &unserved, &stats).await {
            Ok(source) => source,
            Err(error) => return Ok(Err(bronze::left_out(lake, entity, error).await?)),
        };
        source.ids.extend(parents.kept);
        let quarantined = quarantine::ids(lake, entity).await?;
        Ok::<_, Error>(Ok(find(&source, &stored, &quarantined)))
    };
    let outcome = outcome.await;
    let numbers = numbers(&stats, started);
    let report = EntityReport { entity: entity.entity, numbers, ..EntityReport::default() };
    match outcome {
        Ok(Ok(finding)) => EntityReport { compared: Some(finding), ..report },
        Ok(Err(why)) => EntityReport { unavailable: Some(why), ..report },
        Err(error) => EntityReport { error: Some(error.of(entity.entity)), ..report },
    }
}

/// Returns the entities whose last comparison with the source is at least N days ago or was never done. A full run
/// counts as a comparison.
///
/// # Errors
/// [`Error`] when the meta tables can't be read.
pub async fn due(lake: &Lakehouse, days: u32, now: DateTime<Utc>) -> Result<HashSet<&'static str>> {
    let since = now - TimeDelta::days(i64::from(days)) + TimeDelta::hours(SLACK_HOURS.min(i64::from(days) * 12));
    let compared = last_comparisons(lake).await?;
    let is_due = |entity: &&&Table| {
        let last = compared.iter().find(|(name, _)| name == entity.entity).map(|(_, at)| *at);
        // A time in the future comes from a clock that was wrong.
        let is_old = |at: i64| at <= since.timestamp_micros() || at > now.timestamp_micros();
        applies_to(entity) && last.is_none_or(is_old)
    };
    Ok(connectwise_generated::tables::TABLES.iter().filter(is_due).map(|entity| entity.entity).collect())
}

/// Reads when each entity was last compared with no deletion left to mark, in microseconds since 1970.
async fn last_comparisons(lake: &Lakehouse) -> Result<Vec<(String, i64)>> {
    if !meta::knows_comparisons(lake).await? {
        return Ok(Vec::new());
    }
    let context = session::register(lake).await?;
    let sql = "SELECT e.entity, max(r.startedAt) AS at FROM meta.etl_entity_run AS e JOIN meta.etl_run AS r ON r.runId = \
               e.runId WHERE e.status = 'done' AND (r.mode = 'full' OR e.gone <= e.deleted) GROUP BY e.entity";
    let failed = |error: datafusion::error::DataFusionError| Error::query(error);
    let batches = context.sql(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let mut last = Vec::new();
    for batch in &batches {
        // The engine may return text as another Arrow type than the table's.
        let names = arrow::compute::cast(batch.column(0), &DataType::Utf8).map_err(|error| failed(error.into()))?;
        let instants = batch.column(1).as_primitive_opt::<TimestampMicrosecondType>();
        let (Some(names), Some(instants)) = (names.as_string_opt::<i32>(), instants) else {
            return Err(Error::query("the record of the runs has other types than expected"));
        };
        last.extend(names.iter().zip(instants).filter_map(|(name, at)| Some((name?.to_owned(), at?))));
    }
    Ok(last)
}
