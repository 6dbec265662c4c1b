//! A run: extract, bronze, silver, gold, checks, the meta tables and its report.
//!
//! Invariant: an entity that fails must leave its tables unchanged and the others complete; the exit status reports it.

pub mod deletions;
mod entity;
mod locked;
pub mod meta;
mod refetch;
pub mod replay;
pub mod report;
mod returned;
pub mod source;
mod state;
#[cfg(test)]
mod tests;

use crate::context::tables_at_once;
pub use crate::context::{Layer, Mode, Options, RunContext, RunId};
pub use entity::window_of;
pub use locked::{locked, locked_run};

use crate::bronze::{self, privacy, quarantine};
use crate::client::{Client, ClientError, Request, RequestStats};
use crate::error::{Error, Result};
use crate::gold::{self, BuildOptions, RefreshKind};
use crate::lake::{Lakehouse, spawn_abortable};
use crate::{silver, staging};
use chrono::Utc;
use connectwise_generated::tables::TABLES;
use connectwise_runtime::Table;
use entity::refresh_bronze;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use report::{RunReport, SilverOutcome};
use state::RunState;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Number of entities that are fetched at the same time. One of which little came waits for the storage from then on,
/// more than it computes, and lets the next begin.
const ENTITIES_AT_ONCE: usize = 4;

/// Runs the selected layers for the selected entities.
///
/// # Errors
/// [`Error`] when the run can't begin: wrong options, an unusable lakehouse, a refused login. Later failures are in the
/// report.
pub async fn run(client: Option<&Client>, lake: &Lakehouse, options: &Options) -> Result<RunReport> {
    run_tables(client, lake, options, &options.selected()?).await
}

/// Does the same as [`run`] for given entities: the generated ones, or others of the same names.
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
        privacy::require_key(lake, selected)?;
        privacy::require_same_key(lake, selected, options.mode == Mode::Full).await?;
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
    let header = report.header();
    // Boxed: by value, the whole future would lie on the caller's stack, several times over.
    locked_run(lake, command, header, Box::pin(unlocked(client, lake, options, selected, report))).await
}

async fn unlocked(
    client: Option<&Client>,
    lake: &Lakehouse,
    options: &Options,
    selected: &[&'static Table],
    mut report: RunReport,
) -> Result<RunReport> {
    let layers = [Layer::Bronze, Layer::Silver, Layer::Gold].into_iter().filter(|layer| options.has(*layer));
    let _ahead = lake.read_ahead(layers.map(Layer::name).chain(["meta"]).collect());
    let id = report.run.clone();
    let mut origin = String::new();
    if options.has(Layer::Bronze) {
        let client = client.ok_or_else(|| Error::Usage("the bronze layer needs a connection".to_owned()))?;
        // One request before any work: a wrong address or login is reported once, and no data is touched.
        match first_contact(client, selected).await {
            Ok(()) | Err(ClientError::Forbidden { .. }) => {}
            Err(error) => {
                report.error = Some(error.to_string());
                finish(lake, &mut report).await;
                return Err(error.into());
            }
        }
        origin = source::remember(lake, &id, client.source(), options.change_source).await?;
    }
    let stage = Arc::new(staging::open(lake)?.with_origin(origin));
    let run = RunContext { id, options: Arc::new(options.clone()), lake: lake.clone(), stage };
    let mut state = RunState { report, changed: BTreeSet::new() };
    let outcome = run_layers(client, &run, selected, &mut state).await;
    let mut report = state.report;
    let fetched: Vec<_> = report.entities.iter().filter_map(|entity| entity.fetched.clone()).collect();
    report.checks.splice(0..0, fetched);
    if let Err(error) = outcome {
        report.error = Some(error.to_string());
    }
    report.check_quarantine();
    // A comparison tells of the quarantine itself.
    if options.mode != Mode::Reconcile {
        match quarantine::counts(lake).await {
            Ok(counts) => report.in_quarantine = Some(counts),
            Err(error) => report.warnings.push(format!("what is in quarantine can't be counted: {error}")),
        }
    }
    finish(lake, &mut report).await;
    Ok(report)
}

/// Counts the rows and records the run. If that fails, the run fails, and its report says so.
pub(crate) async fn finish(lake: &Lakehouse, report: &mut RunReport) {
    if let Err(error) = count_rows(lake, report).await {
        report.add_error(error.to_string());
    }
    report.finished_micros = Utc::now().timestamp_micros();
    if let Err(error) = meta::record(lake, report).await {
        report.add_error(format!("the run is not on record: {error}"));
    }
}

/// Sends one cheap request that needs a login: to the first list without a parent, else for the system's info.
async fn first_contact(client: &Client, selected: &[&'static Table]) -> std::result::Result<(), ClientError> {
    let (client, stats) = (client.fail_fast(), RequestStats::default());
    let system = async || client.get(&Request::new("/system/info"), &stats, |_| Ok(())).await;
    let Some(entity) = selected.iter().find(|entity| entity.parent.is_none() && entity.counted) else {
        return system().await;
    };
    match client.count(entity.endpoint, None, &stats).await {
        // Is it the address, or this endpoint alone?
        Err(error @ ClientError::NotFound { .. }) => match system().await {
            Ok(()) | Err(ClientError::Forbidden { .. }) => Ok(()),
            Err(refusal @ ClientError::Version { .. }) => Err(refusal),
            Err(_) => Err(error),
        },
        other => other.map(|_| ()),
    }
}

/// Refreshes the selected layers, one after the other.
async fn run_layers(
    client: Option<&Client>,
    run: &RunContext,
    selected: &[&'static Table],
    state: &mut RunState,
) -> Result<()> {
    if let (true, Some(client)) = (run.options.has(Layer::Bronze), client) {
        let started = Instant::now();
        if run.options.mode != Mode::Reconcile {
            // Parents first: the lists below them are found by their ids.
            let (parents, children): (Vec<_>, Vec<_>) =
                selected.iter().copied().partition(|entity| entity.parent.is_none());
            for entities in [parents, children] {
                refresh_bronze_layer(client, run, &entities, state).await?;
            }
        }
        deletions::mark(client, run, selected, state).await?;
        state.report.took(Layer::Bronze, started);
    }
    let started = Instant::now();
    if run.options.has(Layer::Gold) {
        add_optional_tables(run, state).await?;
    }
    if run.options.has(Layer::Silver) {
        refresh_silver_layer(run, selected, state).await?;
        state.report.took(Layer::Silver, started);
    }
    if run.options.has(Layer::Gold) {
        let started = Instant::now();
        refresh_gold(run, &mut state.report).await?;
        state.report.took(Layer::Gold, started);
    }
    Ok(())
}

/// Fills in the row counts of tables whose writer did not.
async fn count_rows(lake: &Lakehouse, report: &mut RunReport) -> Result<()> {
    for table in report.tables.iter_mut().filter(|table| table.rows == 0) {
        let name = table.table.clone();
        if let Some(opened) = lake.open(table.layer, &name).await? {
            table.rows = opened.rows().await?;
        }
    }
    Ok(())
}

/// Extracts and loads several entities, a few at a time.
async fn refresh_bronze_layer(
    client: &Client,
    run: &RunContext,
    entities: &[&'static Table],
    state: &mut RunState,
) -> Result<()> {
    // The largest first: the end of their work overlaps with the others.
    let sizes = entities.iter().map(|entity| async move {
        let table = run.lake.open("bronze", entity.table).await.ok().flatten();
        match table {
            Some(table) => table.rows().await.unwrap_or(0),
            None => 0,
        }
    });
    let sizes = futures::future::join_all(sizes).await;
    let mut order: Vec<usize> = (0..entities.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(sizes[*place]));
    let slots = Arc::new(Semaphore::new(ENTITIES_AT_ONCE));
    let mut work = FuturesUnordered::new();
    for place in order {
        let (client, run, entity, slots) = (client.clone(), run.clone(), entities[place], Arc::clone(&slots));
        work.push(async move {
            let slot = slots.acquire_owned().await.ok();
            let task = async move { refresh_bronze(&client, &run, entity, slot).await };
            (place, spawn_abortable("extraction", task).await)
        });
    }
    let mut done = Vec::new();
    while let Some((place, joined)) = work.next().await {
        let (entity, outcome) = joined?;
        tracing::info!(entity = entity.entity, error = entity.error, counts = ?entity.counts, "bronze");
        done.push((place, entity, outcome));
    }
    done.sort_by_key(|(place, ..)| *place);
    for (_, entity, outcome) in done {
        if let Some(why) = &entity.unavailable {
            let name = entity.entity;
            state.report.warnings.push(format!("{name} is left out, its tables stay empty: {why}"));
        }
        if let Some(table) = outcome {
            state.report.tables.push(table);
            state.changed.insert(entity.entity);
        }
        state.report.entities.push(entity);
    }
    Ok(())
}

/// Creates the tables of entities that need not be there, without rows, so that gold can be built from them.
async fn add_optional_tables(run: &RunContext, state: &mut RunState) -> Result<()> {
    for entity in TABLES.iter().copied().filter(|entity| entity.optional) {
        if bronze::create_empty(&run.lake, entity).await? {
            state.report.take_silver(entity.entity, refresh_silver(run, entity, false).await);
        }
    }
    Ok(())
}

/// Brings the silver tables up to date with bronze.
async fn refresh_silver_layer(run: &RunContext, selected: &[&'static Table], state: &mut RunState) -> Result<()> {
    let whole = run.options.mode == Mode::Full;
    let (mut work, mut is_whole, mut most_rows) = (Vec::new(), whole, 0);
    for entity in TABLES {
        // Gold is built from all of silver, so every silver table must match bronze: also that of an entity that failed
        // now, or is not selected, and whose bronze an earlier run brought further than its silver.
        let asked_for = selected.iter().copied().find(|other| other.entity == entity.entity);
        let entity = asked_for.unwrap_or(*entity);
        let is_changed = !run.options.has(Layer::Bronze) || state.changed.contains(entity.entity);
        let shown = asked_for.is_some() && is_changed;
        let stored = run.lake.open("bronze", entity.table).await?;
        let catches_up = !shown && run.options.has(Layer::Gold) && stored.is_some();
        if shown || catches_up {
            if let Some(stored) = stored {
                most_rows = stored.rows().await?.max(most_rows);
            }
            is_whole |= run.lake.open("silver", entity.table).await?.is_none();
            let task = async move { (entity, catches_up, refresh_silver(run, entity, whole).await) };
            work.push(task.boxed());
        }
    }
    let mut work = futures::stream::iter(work).buffered(tables_at_once(most_rows, is_whole));
    while let Some((entity, catches_up, outcome)) = work.next().await {
        let before = state.report.tables.len();
        state.report.take_silver(entity.entity, outcome);
        if catches_up {
            let new = state.report.tables.split_off(before);
            state.report.tables.extend(new.into_iter().filter(|table| table.counts.any_change()));
        }
    }
    Ok(())
}

/// Refreshes an entity's silver tables. An error fails this entity alone.
pub(crate) async fn refresh_silver(run: &RunContext, entity: &'static Table, whole: bool) -> SilverOutcome {
    let started = Instant::now();
    let run = run.clone();
    let work = async move { silver::load(&run, entity, whole).await };
    let tables = spawn_abortable(entity.entity, work).await.map_err(Error::from).and_then(|outcome| outcome);
    SilverOutcome { tables, seconds: started.elapsed().as_secs_f64() }
}

/// Builds gold and runs its checks: a full run rebuilds all of it, any other run only what changed. If a check fails
/// after the latter, the fault may be in what was left alone: everything is rebuilt once, and checked again.
pub(crate) async fn refresh_gold(run: &RunContext, report: &mut RunReport) -> Result<()> {
    let whole = run.options.mode == Mode::Full;
    let mut gold = gold::build(run, BuildOptions { whole, verify: run.options.verify }).await?;
    let whole = gold.built.iter().all(|table| table.refresh == RefreshKind::Full);
    let remade = gold.built.iter().filter(|table| table.remade).count();
    if remade > 0 && run.options.mode != Mode::Full {
        let tables = if remade == 1 { "table was" } else { "tables were" };
        run.options.progress.say(format!(
            "gold: {remade} {tables} computed whole: statements, rules, tables that they read, or the functions of this \
             version, are others than before"
        ));
    }
    report.take_gold(&gold.built);
    report.checks = gold.checks(&run.id).await?;
    report.checks.extend(gold.built.iter().filter_map(|table| table.rebuild.clone()));
    let broken: Vec<&str> =
        report.checks.iter().filter(|check| check.fails()).map(|check| check.name.as_str()).collect();
    if !whole && !broken.is_empty() {
        tracing::warn!(checks = %broken.join(", "), "after an incremental build checks failed: gold is computed whole");
        gold = gold::build(run, BuildOptions { whole: true, verify: false }).await?;
        report.take_gold(&gold.built);
        report.checks = gold.checks(&run.id).await?;
    }
    report.unmatched = gold.unmatched(&run.id).await?;
    if report.may_close_periods(run.options.mode) {
        report.take_gold(&gold.close_periods(run).await?);
    } else if run.options.restate_months {
        report
            .warnings
            .push("no month was written anew: the run did not read everything, or a check failed".to_owned());
    }
    Ok(())
}
