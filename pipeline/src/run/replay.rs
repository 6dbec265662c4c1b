//! Replay: decodes quarantined records with today's decoder, and refreshes silver and gold.
//!
//! Invariant: a record must be in bronze before it leaves the quarantine, so a crash between the two commits loses
//! nothing and the next replay completes the work. A newer or equal version in bronze must stay, and so must the mark
//! of a record that was deleted after it was quarantined. The watermark stays, too: a replay does not know what else
//! changed.

use super::locked::locked_run;
use super::report::{EntityReport, RunReport, TableReport};
use super::{finish, refresh_gold, refresh_silver};
use crate::bronze::{self, Loading, privacy, quarantine};
use crate::context::{Mode, Options, RunContext, RunId};
use crate::error::{Error, Result};
use crate::extract::{ExtractStats, Extracted, decode_stored, id_of, last_updated};
use crate::lake::{Lakehouse, OnTable as _};
use crate::staging;
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use chrono::Utc;
use connectwise_runtime::{ChangeDetection, RejectedRecord, Table};
use datafusion::logical_expr::{ident, lit};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

/// Replays the quarantine of the selected entities.
///
/// # Errors
/// [`Error`] when the replay can't begin. Later failures are in the report.
pub async fn replay(lake: &Lakehouse, options: &Options) -> Result<RunReport> {
    replay_tables(lake, &options.selected()?).await
}

/// Does the same as [`replay`] for given entities: the generated ones, or others of the same names.
///
/// # Errors
/// As [`replay`].
pub async fn replay_tables(lake: &Lakehouse, selected: &[&'static Table]) -> Result<RunReport> {
    privacy::require_key(lake, selected)?;
    privacy::require_same_key(lake, selected, false).await?;
    let run = RunId::new(Utc::now());
    let report = RunReport::new(run, Mode::Replay, vec!["bronze", "silver", "gold"]).limited_to(selected);
    let header = report.header();
    locked_run(lake, "replay", header, Box::pin(unlocked(lake, selected, report))).await
}

async fn unlocked(lake: &Lakehouse, selected: &[&'static Table], mut report: RunReport) -> Result<RunReport> {
    let options = Arc::new(Options { mode: Mode::Replay, ..Options::default() });
    let stage = Arc::new(staging::open(lake)?);
    let run = RunContext { id: report.run.clone(), options, lake: lake.clone(), stage };
    let mut moved = false;
    for entity in selected.iter().copied().filter(|entity| applies_to(entity)) {
        let started = Instant::now();
        let mut of_entity = EntityReport { entity: entity.entity, ..EntityReport::default() };
        match replay_entity(&run, entity, &mut of_entity).await {
            Ok(false) => report.entities.push(of_entity),
            Ok(true) => {
                moved = true;
                report.tables.push(TableReport {
                    layer: "bronze",
                    table: entity.table.to_owned(),
                    rows: 0,
                    counts: of_entity.counts,
                    refresh: None,
                    seconds: started.elapsed().as_secs_f64(),
                });
                report.entities.push(of_entity);
                // Silver takes all that bronze wrote since, also by an earlier replay that was killed.
                report.take_silver(entity.entity, refresh_silver(&run, entity, false).await);
            }
            Err(error) => {
                of_entity.error = Some(error.of(entity.entity));
                report.entities.push(of_entity);
            }
        }
    }
    report.entities.retain(|entity| entity.numbers.rows_read > 0 || entity.error.is_some());
    if moved && let Err(error) = refresh_gold(&run, &mut report).await {
        report.error = Some(error.to_string());
    }
    finish(lake, &mut report).await;
    Ok(report)
}

/// Returns whether an entity's records can be replayed. A snapshot is read whole in every run anyway, and a record
/// below a parent that it does not name can't be assigned to one.
fn applies_to(entity: &Table) -> bool {
    entity.change_detection != ChangeDetection::Snapshot && entity.parent.is_none_or(|parent| parent.in_record)
}

/// Replays an entity's quarantine and returns whether bronze or the quarantine changed.
async fn replay_entity(run: &RunContext, entity: &'static Table, report: &mut EntityReport) -> Result<bool> {
    let (lake, stage) = (&run.lake, &run.stage);
    let stored = quarantine::records(lake, entity).await?;
    report.numbers = ExtractStats { rows_read: stored.len() as u64, ..ExtractStats::default() };
    let marks = bronze::deletions::marks(lake, entity).await?;
    // A record that the source deleted after it was quarantined stays: the replay would revive its row.
    let (gone, stored): (Vec<_>, Vec<_>) = stored.into_iter().partition(|(rejected, at)| {
        let marked = id_of(rejected).and_then(|id| marks.get(&id));
        marked.is_some_and(|marked| at.is_none_or(|at| at <= *marked))
    });
    let stored: Vec<RejectedRecord> = stored.into_iter().map(|(rejected, _)| rejected).collect();
    report.quarantined = gone.len() as u64;
    if stored.is_empty() {
        return Ok(false);
    }
    let known = decode_stored(stage, entity, &stored, &HashSet::new())?;
    let mut stale = stale(lake, &known).await?;
    // Never stale: the source had this version after the row was marked as deleted.
    stale.retain(|id| !marks.contains_key(id));
    let mut fresh = decode_stored(stage, entity, &stored, &stale)?;
    fresh.forget_times();
    report.quarantined += fresh.quarantined.len() as u64;
    report.unknown_fields = fresh.unknown_fields.clone();
    if !fresh.ids.is_empty() || fresh.quarantined_ids().iter().any(|id| marks.contains_key(id)) {
        let loaded = bronze::load(run, &fresh, Loading::default()).await?;
        report.counts = loaded.counts;
        report.watermark_before = loaded.watermark_before.map(|watermark| watermark.at);
        report.watermark_after = loaded.watermark_after.map(|watermark| watermark.at);
    }
    quarantine::replace(run, entity, &stored, &fresh.quarantined).await?;
    Ok(report.counts.any_change() || stored.len() > fresh.quarantined.len())
}

/// Returns the ids that bronze has in a newer or equal version.
async fn stale(lake: &Lakehouse, fresh: &Extracted) -> Result<HashSet<i64>> {
    let entity = fresh.table;
    let Some(table) = lake.open("bronze", entity.table).await?.filter(|_| !fresh.ids.is_empty()) else {
        return Ok(HashSet::new());
    };
    let ids = fresh.ids.ids().map(lit).collect();
    let rows = table.frame()?.filter(ident(entity.key).in_list(ids, false)).on_table(&table, "comparing")?;
    let rows = rows
        .select(vec![ident(entity.key), ident("_info")])
        .on_table(&table, "comparing")?
        .collect()
        .await
        .on_table(&table, "comparing")?;
    let mut stored = HashMap::new();
    for batch in &rows {
        let keys = batch.column(0).as_primitive_opt::<Int64Type>();
        let keys = keys.ok_or_else(|| Error::data(entity.entity, "bronze's key is no number"))?;
        stored.extend(keys.values().iter().copied().zip(last_updated(batch)));
    }
    let is_stale = |id: &i64| match (stored.get(id).copied().flatten(), fresh.last_updated(*id)) {
        (Some(stored), Some(fresh)) => stored >= fresh,
        _ => false,
    };
    Ok(fresh.ids.ids().filter(is_stale).collect())
}
