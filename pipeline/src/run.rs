//! A run: extract, bronze, silver, gold, checks, meta, and what is told of it afterwards.
//!
//! Invariant: an entity that fails leaves its tables as they were and the others whole, and the exit status says so.

mod entity;
mod locked;
mod options;

pub use entity::window_of;
pub use locked::{locked, locked_run};
pub use options::{Layer, Mode, Options, RunId};

use crate::client::{Client, ClientError, Request, Traffic};
use crate::error::{Error, Result};
use crate::gold::{self, Care, Computed};
use crate::lake::{Counts, Lakehouse, Stage, spawn_abortable};
use crate::report::RunReport;
use crate::{meta, personal, reconcile, silver, source, staging};
use chrono::Utc;
use connectwise_generated::tables::TABLES;
use connectwise_runtime::{ChangeDetection, Table};
use entity::bronze_of;
use futures::{FutureExt as _, StreamExt as _};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

/// How many entities are fetched at the same time.
const ENTITIES_AT_ONCE: usize = 4;
/// How many entities are flattened at the same time, where little changed.
const FLATTENED_AT_ONCE: usize = 2;

/// Runs.
///
/// # Errors
/// [`Error`] when nothing could be begun: wrong options, an unusable lakehouse, a refused login. What fails later is
/// in the report.
pub async fn run(client: Option<&Client>, lake: &Lakehouse, options: &Options) -> Result<RunReport> {
    run_tables(client, lake, options, &options.selected()?).await
}

/// As [`run`], of these entities: the generated ones, or others of the same names.
///
/// # Errors
/// As [`run`].
pub async fn run_tables(
    client: Option<&Client>,
    lake: &Lakehouse,
    options: &Options,
    selected: &[&'static Table],
) -> Result<RunReport> {
    if options.has(Layer::Bronze) && options.mode != Mode::Reconcile {
        personal::require_key(lake, selected)?;
        personal::require_same_key(lake, selected, options.mode == Mode::Full).await?;
    }
    if let Some(client) = client.filter(|_| options.has(Layer::Bronze)) {
        source::require_same(lake, client.source(), options.change_source).await?;
    }
    staging::check_place()?;
    let command = if options.mode == Mode::Reconcile { "reconcile --apply" } else { "run" };
    let run = RunId::new(options.started.unwrap_or_else(Utc::now));
    let layers = [Layer::Bronze, Layer::Silver, Layer::Gold].into_iter().filter(|layer| options.has(*layer));
    let mut report = RunReport::new(run, options.mode, layers.map(Layer::name).collect()).limited_to(selected);
    report.warnings.extend(options.late_since(report.run.started()));
    let begun = report.begun();
    // Boxed: by value, the whole of a run would lie on the caller's stack, several times over.
    locked_run(lake, command, begun, Box::pin(unlocked(client, lake, options, selected, report))).await
}

async fn unlocked(
    client: Option<&Client>,
    lake: &Lakehouse,
    options: &Options,
    selected: &[&'static Table],
    mut report: RunReport,
) -> Result<RunReport> {
    let run = report.run.clone();
    let mut origin = String::new();
    if options.has(Layer::Bronze) {
        let client = client.ok_or_else(|| Error::Usage("the bronze layer needs a connection".to_owned()))?;
        // One request before any work: a wrong address or login is told once, and no data is touched.
        match first_contact(client, selected).await {
            Ok(()) | Err(ClientError::Forbidden { .. }) => {}
            Err(error) => {
                report.error = Some(error.to_string());
                finish(lake, &mut report).await;
                return Err(error.into());
            }
        }
        origin = source::remember(lake, &run, client.source(), options.change_source).await?;
    }
    let stage = Arc::new(staging::open(lake)?.with_origin(origin));
    let outcome = layers_of(client, lake, &stage, options, selected, &run, &mut report).await;
    let fetched: Vec<_> = report.entities.iter().filter_map(|entity| entity.fetched.clone()).collect();
    report.checks.splice(0..0, fetched);
    if let Err(error) = outcome {
        report.error = Some(error.to_string());
    }
    report.check_quarantine();
    finish(lake, &mut report).await;
    Ok(report)
}

/// Counts the rows and puts the run on record. Where that fails, so did the run, and its report says so.
pub(crate) async fn finish(lake: &Lakehouse, report: &mut RunReport) {
    if let Err(error) = count_rows(lake, report).await {
        report.add_error(error.to_string());
    }
    report.finished_micros = Utc::now().timestamp_micros();
    if let Err(error) = meta::record(lake, report).await {
        report.add_error(format!("the run is not on record: {error}"));
    }
}

/// One cheap request that needs a login: of the first list that has an address of its own, else of the system.
async fn first_contact(client: &Client, selected: &[&'static Table]) -> std::result::Result<(), ClientError> {
    let (client, traffic) = (client.hasty(), Traffic::default());
    let system = async || client.get(&Request::new("/system/info"), &traffic, |_| Ok(())).await;
    let Some(entity) = selected.iter().find(|entity| entity.parent.is_none() && entity.counted) else {
        return system().await;
    };
    match client.count(entity.endpoint, None, &traffic).await {
        // Is it the address, or this endpoint alone?
        Err(error @ ClientError::NotFound { .. }) => match system().await {
            Ok(()) | Err(ClientError::Forbidden { .. }) => Ok(()),
            Err(refusal @ ClientError::Version { .. }) => Err(refusal),
            Err(_) => Err(error),
        },
        other => other.map(|_| ()),
    }
}

async fn layers_of(
    client: Option<&Client>,
    lake: &Lakehouse,
    stage: &Arc<Stage>,
    options: &Options,
    selected: &[&'static Table],
    run: &RunId,
    report: &mut RunReport,
) -> Result<()> {
    let mut loaded = BTreeSet::new();
    if let (true, Some(client)) = (options.has(Layer::Bronze), client) {
        // Parents first: the lists below them are found by their ids.
        let (parents, children): (Vec<_>, Vec<_>) =
            selected.iter().copied().partition(|entity| entity.parent.is_none());
        for entities in [parents, children] {
            if options.mode == Mode::Reconcile {
                break;
            }
            bronze_layer(client, lake, stage, options, &entities, run, report, &mut loaded).await?;
        }
        deletions(client, lake, stage, options, selected, run, report, &mut loaded).await?;
    }
    if options.has(Layer::Silver) {
        let (mut work, mut flattens_all) = (Vec::new(), options.mode == Mode::Full);
        for entity in TABLES {
            // Gold is built from all of silver, so all of silver has to be what bronze says: also of an entity that
            // failed now, or is not asked for, and whose bronze an earlier run brought further than its silver.
            let asked_for = selected.iter().copied().find(|other| other.entity == entity.entity);
            let entity = asked_for.unwrap_or(*entity);
            let shown = asked_for.is_some() && (!options.has(Layer::Bronze) || loaded.contains(entity.entity));
            let catches_up = !shown && options.has(Layer::Gold) && lake.open("bronze", entity.table).await?.is_some();
            if shown || catches_up {
                flattens_all |= lake.open("silver", entity.table).await?.is_none();
                let whole = options.mode == Mode::Full;
                let task = async move { (entity, catches_up, silver_of(lake, stage, entity, run, whole).await) };
                work.push(task.boxed());
            }
        }
        // What is flattened whole is large.
        let at_once = if flattens_all { 1 } else { FLATTENED_AT_ONCE };
        let mut work = futures::stream::iter(work).buffered(at_once);
        while let Some((entity, catches_up, outcome)) = work.next().await {
            let before = report.tables.len();
            report.take_silver(entity.entity, outcome);
            if catches_up {
                let new = report.tables.split_off(before);
                report.tables.extend(new.into_iter().filter(|table| table.counts.any_change()));
            }
        }
    }
    if options.has(Layer::Gold) {
        gold_of(lake, stage, run, options.verify, report).await?;
    }
    Ok(())
}

/// Fills in how many rows the tables have now, where whoever wrote them did not.
async fn count_rows(lake: &Lakehouse, report: &mut RunReport) -> Result<()> {
    for table in report.tables.iter_mut().filter(|table| table.rows == 0) {
        let name = table.table.clone();
        if let Some(opened) = lake.open(table.layer, &name).await? {
            table.rows = opened.rows().await?;
        }
    }
    Ok(())
}

/// Builds gold and runs its checks: a full run the whole of it, any other what changed. Where a check fails then, the
/// fault may be in what was left alone: all is computed once, and checked again.
pub(crate) async fn gold_of(
    lake: &Lakehouse,
    stage: &Arc<Stage>,
    run: &RunId,
    verify: bool,
    report: &mut RunReport,
) -> Result<()> {
    let whole = report.mode == Mode::Full.name();
    let mut gold = gold::build(lake, stage, run, Care { whole, verify }).await?;
    let whole = gold.built.iter().all(|table| table.computed == Computed::Whole);
    report.take_gold(&gold.built);
    report.checks = gold.checks(run).await?;
    report.checks.extend(gold.built.iter().filter_map(|table| table.rebuild.clone()));
    let broken: Vec<&str> =
        report.checks.iter().filter(|check| check.fails()).map(|check| check.name.as_str()).collect();
    if !whole && !broken.is_empty() {
        tracing::warn!(checks = %broken.join(", "), "after an incremental build checks failed: gold is computed whole");
        gold = gold::build(lake, stage, run, Care { whole: true, verify: false }).await?;
        report.take_gold(&gold.built);
        report.checks = gold.checks(run).await?;
    }
    report.unmatched = gold.unmatched(run).await?;
    Ok(())
}

/// Extracts and loads several entities, a few at a time.
#[expect(clippy::too_many_arguments, reason = "the parts of one run")]
async fn bronze_layer(
    client: &Client,
    lake: &Lakehouse,
    stage: &Arc<Stage>,
    options: &Options,
    entities: &[&'static Table],
    run: &RunId,
    report: &mut RunReport,
    loaded: &mut BTreeSet<&'static str>,
) -> Result<()> {
    // The largest first: what they end with overlaps with the others.
    let sizes = entities.iter().map(|entity| async move {
        let table = lake.open("bronze", entity.table).await.ok().flatten();
        match table {
            Some(table) => table.rows().await.unwrap_or(0),
            None => 0,
        }
    });
    let sizes = futures::future::join_all(sizes).await;
    let mut order: Vec<usize> = (0..entities.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(sizes[*place]));
    let mut work = Vec::new();
    for place in order {
        let (client, lake, stage) = (client.clone(), lake.clone(), Arc::clone(stage));
        let (options, run, entity) = (options.clone(), run.clone(), entities[place]);
        let task = async move { bronze_of(&client, &lake, &stage, &options, &run, entity).await };
        work.push(async move { (place, spawn_abortable("extraction", task).await) });
    }
    let mut work = futures::stream::iter(work).buffer_unordered(ENTITIES_AT_ONCE);
    let mut done = Vec::new();
    while let Some((place, joined)) = work.next().await {
        let (entity, outcome) = joined?;
        tracing::info!(entity = entity.entity, error = entity.error, counts = ?entity.counts, "bronze");
        done.push((place, entity, outcome));
    }
    done.sort_by_key(|(place, ..)| *place);
    for (_, entity, outcome) in done {
        if let Some(table) = outcome {
            report.tables.push(table);
            loaded.insert(entity.entity);
        }
        report.entities.push(entity);
    }
    Ok(())
}

/// Marks what the source deleted: in a reconciliation, and in a run where one is due. Where more is gone of an entity than
/// may go, that is its own fault, and nothing of it is touched. What is back is brought by every run.
#[expect(clippy::too_many_arguments, reason = "the parts of one run")]
async fn deletions(
    client: &Client,
    lake: &Lakehouse,
    stage: &Stage,
    options: &Options,
    selected: &[&'static Table],
    run: &RunId,
    report: &mut RunReport,
    loaded: &mut BTreeSet<&'static str>,
) -> Result<()> {
    let alone = options.mode == Mode::Reconcile;
    let due = match options.reconcile_days {
        // A full run has marked them already.
        Some(days) if options.mode == Mode::Incremental => reconcile::due(lake, days, run.started()).await?,
        _ => HashSet::new(),
    };
    for entity in selected.iter().copied().filter(|entity| reconcile::applies_to(entity)) {
        let is_loaded = loaded.contains(entity.entity);
        let is_due = due.contains(entity.entity) && is_loaded;
        if !alone && !is_due {
            // What was read whole is compared already.
            let is_window =
                options.mode == Mode::Incremental && entity.change_detection == ChangeDetection::LastUpdated;
            if is_loaded
                && is_window
                && let Some(back) = reconcile::bring_back(client, lake, stage, run, entity).await
            {
                report.take_comparison(entity.table, back);
            }
            continue;
        }
        let mut compared = reconcile::compare(client, lake, entity).await;
        if let Some(mut finding) = compared.compared.take() {
            if finding.is_too_much() && !options.force {
                compared.error = Some(reconcile::refusal(entity, &finding).to_string());
            } else {
                match reconcile::apply(client, lake, stage, run, entity, &mut finding).await {
                    Ok(counts) => {
                        compared.counts = counts;
                        // Silver looks at all rows: what the load changed is not all that changed.
                        loaded.insert(entity.entity);
                    }
                    Err(error) => compared.error = Some(error.of(entity.entity)),
                }
            }
            compared.compared = Some(finding);
        }
        report.take_comparison(entity.table, compared);
    }
    Ok(())
}

/// What flattening an entity gave, and the seconds that it took.
pub(crate) type Flattened = (Result<Vec<(&'static str, Counts, u64)>>, f64);

/// Brings an entity's silver tables up to date. An error ends this entity alone.
pub(crate) async fn silver_of(
    lake: &Lakehouse,
    stage: &Arc<Stage>,
    entity: &'static Table,
    run: &RunId,
    whole: bool,
) -> Flattened {
    let started = Instant::now();
    let (lake, stage, run) = (lake.clone(), Arc::clone(stage), run.clone());
    let work = async move { silver::load(&lake, &stage, &run, entity, whole).await };
    let outcome = spawn_abortable(entity.entity, work).await.map_err(Error::from).and_then(|outcome| outcome);
    (outcome, started.elapsed().as_secs_f64())
}
