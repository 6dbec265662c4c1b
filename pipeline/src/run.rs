//! A run: extract, bronze, silver, gold, checks, meta, and what is told of it afterwards.
//!
//! Invariant: an entity that fails leaves its tables as they were and the others whole, and the exit status says so.

use crate::bronze::Loading;
use crate::client::{Client, ClientError, Request, Traffic};
use crate::error::{Error, Result};
use crate::extract::{Order, Window, extract};
use crate::gold::{self, Care, Computed};
use crate::lake::{Lakehouse, Stage};
use crate::progress::Progress;
use crate::report::{EntityReport, RunReport, TableReport};
use crate::{bronze, lock, meta, personal, quarantine, reconcile, silver};
use chrono::{DateTime, TimeDelta, Utc};
use connectwise_generated::tables::TABLES;
use connectwise_runtime::Table;
use futures::StreamExt as _;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// How many entities are fetched at the same time.
const ENTITIES_AT_ONCE: usize = 4;
/// The overlap of windows for entities without a look-back: edges are not to be trusted.
const LEAST_LOOKBACK_DAYS: u32 = 1;

/// A run's id and start.
#[derive(Debug, Clone)]
pub struct RunId {
    id: String,
    started: DateTime<Utc>,
}

impl RunId {
    /// A new run that starts at this instant.
    pub fn new(started: DateTime<Utc>) -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self { id: format!("{}-{}", started.format("%Y%m%dT%H%M%SZ"), &random[..8]), started }
    }

    /// The id, sortable by time.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When it started.
    pub fn started(&self) -> DateTime<Utc> {
        self.started
    }

    /// When it started, in microseconds since 1970.
    pub fn started_micros(&self) -> i64 {
        self.started.timestamp_micros()
    }
}

/// All of it, or what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Mode {
    /// What changed since the watermark, less the look-back.
    #[default]
    Incremental,
    /// Everything; replaces bronze.
    Full,
    /// Nothing but ids: marks what the source deleted.
    #[value(skip)]
    Reconcile,
    /// No request at all: reads the quarantine again.
    #[value(skip)]
    Replay,
}

impl Mode {
    /// As the command line says it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Incremental => "incremental",
            Mode::Full => "full",
            Mode::Reconcile => "reconcile",
            Mode::Replay => "replay",
        }
    }
}

/// A layer to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Layer {
    /// From the API.
    Bronze,
    /// From bronze.
    Silver,
    /// From silver.
    Gold,
}

impl Layer {
    /// As the command line says it.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Bronze => "bronze",
            Layer::Silver => "silver",
            Layer::Gold => "gold",
        }
    }
}

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// All of it, or what changed.
    pub mode: Mode,
    /// The layers; all where empty.
    pub layers: Vec<Layer>,
    /// Names of entities (or variants); all where empty.
    pub entities: Vec<String>,
    /// In place of each entity's own look-back.
    pub lookback_days: Option<u32>,
    /// In place of each entity's window.
    pub since: Option<DateTime<Utc>>,
    /// Compare all ids with the source, too, where the last comparison is so many days ago.
    pub reconcile_days: Option<u32>,
    /// The share of an entity's records, in percent, that may be quarantined, where it is not the usual one.
    pub max_quarantined: Option<f64>,
    /// Mark deletions however many they are.
    pub force: bool,
    /// Compare every gold table that was not computed whole with its whole statement, however large it is.
    pub verify: bool,
    /// The business date's instant, where it is not now.
    pub started: Option<DateTime<Utc>>,
    /// Where progress is shown.
    pub progress: Progress,
}

impl Options {
    pub(crate) fn has(&self, layer: Layer) -> bool {
        self.layers.is_empty() || self.layers.contains(&layer)
    }

    /// The entities that are asked for, in the order of the generated list.
    ///
    /// # Errors
    /// [`Error::Usage`] with the known names.
    pub fn selected(&self) -> Result<Vec<&'static Table>> {
        let known = || {
            let mut names: Vec<&str> = TABLES.iter().map(|table| table.entity).collect();
            names.extend(TABLES.iter().flat_map(|table| table.variants.iter().map(|variant| variant.name)));
            names.join(", ")
        };
        let mut selected: Vec<&'static Table> = Vec::new();
        for name in &self.entities {
            let found = TABLES.iter().find(|table| {
                table.entity.eq_ignore_ascii_case(name)
                    || table.variants.iter().any(|variant| variant.name.eq_ignore_ascii_case(name))
            });
            match found {
                Some(table) if selected.iter().any(|other| other.entity == table.entity) => {}
                Some(table) => selected.push(table),
                None => return Err(Error::Usage(format!("there is no entity {name}; known are {}", known()))),
            }
        }
        if selected.is_empty() {
            selected.extend(TABLES.iter());
        }
        Ok(selected)
    }
}

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
    lake.check_writable().await?;
    let command = if options.mode == Mode::Reconcile { "reconcile --apply" } else { "run" };
    let run = RunId::new(options.started.unwrap_or_else(Utc::now));
    let layers = [Layer::Bronze, Layer::Silver, Layer::Gold].into_iter().filter(|layer| options.has(*layer));
    let report = RunReport::new(run, options.mode, layers.map(Layer::name).collect()).limited_to(selected);
    let begun = report.begun();
    // Boxed: by value, the whole of a run would lie on the caller's stack, several times over.
    lock::locked_run(lake, command, begun, Box::pin(unlocked(client, lake, options, selected, report))).await
}

async fn unlocked(
    client: Option<&Client>,
    lake: &Lakehouse,
    options: &Options,
    selected: &[&'static Table],
    mut report: RunReport,
) -> Result<RunReport> {
    let run = report.run.clone();
    let stage = Arc::new(Stage::of(lake)?);
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
    }
    let outcome = layers_of(client, lake, &stage, options, selected, &run, &mut report).await;
    if let Err(error) = outcome {
        report.error = Some(error.to_string());
    }
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
    match selected.iter().find(|entity| entity.parent.is_none() && entity.counted) {
        Some(entity) => client.count(entity.endpoint, None, &traffic).await.map(|_| ()),
        None => client.get(&Request::new("/system/info"), &traffic, |_| Ok(())).await,
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
        for entity in TABLES {
            // Gold is built from all of silver, so all of silver has to be what bronze says: also of an entity that
            // failed now, or is not asked for, and whose bronze an earlier run brought further than its silver.
            let asked_for = selected.iter().copied().find(|other| other.entity == entity.entity);
            let entity = asked_for.unwrap_or(*entity);
            let shown = asked_for.is_some() && (!options.has(Layer::Bronze) || loaded.contains(entity.entity));
            let catches_up = !shown && options.has(Layer::Gold) && lake.open("bronze", entity.table).await?.is_some();
            if shown || catches_up {
                let before = report.tables.len();
                silver_of(lake, stage, entity, run, report).await;
                if catches_up {
                    let new = report.tables.split_off(before);
                    report.tables.extend(new.into_iter().filter(|table| table.counts.any_change()));
                }
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
    stage: &Stage,
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

/// Ends a task with whoever waits for it: a run that is stopped must not go on writing.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
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
    let mut work = Vec::new();
    for entity in entities {
        let (client, lake, stage) = (client.clone(), lake.clone(), Arc::clone(stage));
        let (options, run, entity) = (options.clone(), run.clone(), *entity);
        work.push(async move {
            let task = tokio::spawn(async move { bronze_of(&client, &lake, &stage, &options, &run, entity).await });
            let _end = AbortOnDrop(task.abort_handle());
            task.await
        });
    }
    let mut work = futures::stream::iter(work).buffered(ENTITIES_AT_ONCE);
    while let Some(joined) = work.next().await {
        let (entity, outcome) = joined.map_err(|error| Error::data("extraction", error))?;
        tracing::info!(entity = entity.entity, error = entity.error, counts = ?entity.counts, "bronze");
        if let Some(table) = outcome {
            report.tables.push(table);
            loaded.insert(entity.entity);
        }
        report.entities.push(entity);
    }
    Ok(())
}

/// Marks what the source deleted: in a reconciliation, and in a run where one is due. In a reconciliation nothing is
/// touched while more is gone than may go; in a run that is the entity's own fault.
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
        Some(days) if options.mode == Mode::Incremental => reconcile::due(lake, days, run.started).await?,
        _ => HashSet::new(),
    };
    let mut found = Vec::new();
    for entity in selected.iter().copied().filter(|entity| reconcile::applies_to(entity)) {
        if alone || (due.contains(entity.entity) && loaded.contains(entity.entity)) {
            let compared = reconcile::compare(client, lake, entity).await;
            let too_much = compared.compared.as_ref().filter(|finding| finding.is_too_much() && !options.force);
            let refusal = too_much.map(|finding| reconcile::refusal(entity, finding));
            found.push((entity, compared, refusal));
        }
    }
    let refusals: Vec<String> =
        found.iter().filter_map(|(.., refusal)| refusal.as_ref().map(ToString::to_string)).collect();
    let stop = alone && !refusals.is_empty();
    for (entity, mut compared, refusal) in found {
        if let Some(refusal) = refusal {
            compared.error = Some(refusal.to_string());
        } else if let Some(finding) = compared.compared.as_ref().filter(|_| !stop) {
            match reconcile::mark(lake, stage, run, entity, finding).await {
                Ok(counts) => {
                    compared.counts = counts;
                    // Silver looks at all rows: what the load changed is not all that changed.
                    loaded.insert(entity.entity);
                }
                Err(error) => compared.error = Some(format!("{}: {error}", entity.entity)),
            }
        }
        report.take_comparison(entity.table, compared);
    }
    if stop { Err(Error::Usage(refusals.join("\n"))) } else { Ok(()) }
}

/// Brings an entity's silver tables up to date. An error ends this entity alone.
pub(crate) async fn silver_of(
    lake: &Lakehouse,
    stage: &Stage,
    entity: &'static Table,
    run: &RunId,
    report: &mut RunReport,
) {
    let started = Instant::now();
    match silver::load(lake, stage, run, entity, report.mode == Mode::Full.name()).await {
        Ok(tables) => {
            let seconds = started.elapsed().as_secs_f64() / tables.len().max(1) as f64;
            for (table, counts, rows) in tables {
                report.tables.push(TableReport {
                    layer: "silver",
                    table: table.to_owned(),
                    rows,
                    counts,
                    computed: None,
                    seconds,
                });
            }
        }
        Err(error) => {
            let text = format!("{}: {error}", entity.entity);
            match report.entities.iter_mut().find(|other| other.entity == entity.entity) {
                Some(known) => known.error = Some(text),
                None => report.entities.push(EntityReport {
                    entity: entity.entity,
                    error: Some(text),
                    ..EntityReport::default()
                }),
            }
        }
    }
}

/// Extracts an entity and loads its bronze table. An error ends this entity alone.
async fn bronze_of(
    client: &Client,
    lake: &Lakehouse,
    stage: &Stage,
    options: &Options,
    run: &RunId,
    entity: &'static Table,
) -> (EntityReport, Option<TableReport>) {
    let started = Instant::now();
    let mut report = EntityReport { entity: entity.entity, ..EntityReport::default() };
    let watcher = options.progress.entity(entity.entity, None);
    let traffic = Arc::new(Traffic::watched(&watcher));
    let most_misfits = options.max_quarantined.unwrap_or(quarantine::MOST_PERCENT);
    let work = async {
        let window = window_of(lake, options, run.started, entity).await?;
        let changed = personal::changed(lake, entity).await?;
        if changed {
            tracing::info!(entity = entity.entity, "what is personal of it changed: reading all of it anew");
        }
        let parents = bronze::parent_ids(lake, entity).await?;
        let order = Order { table: entity, window, parents: &parents, most_misfits, began: run.started };
        let extracted = extract(client, stage, &order, &traffic).await?;
        watcher.done();
        report.numbers = extracted.numbers.clone();
        report.quarantined = extracted.quarantined.len() as u64;
        report.unknown_fields = extracted.unknown_fields.clone();
        quarantine::check_share(&extracted, most_misfits, extracted.numbers.rows_read)?;
        let since = match window {
            Window::Since(since) if !extracted.whole => Some(since.timestamp_micros()),
            _ => None,
        };
        let loading = Loading { full: options.mode == Mode::Full || changed, since, force: options.force };
        // A record that does not fit is in quarantine before, and one that fits leaves it after bronze has it: at no
        // moment is a record in neither.
        quarantine::add(lake, run, &extracted).await?;
        let loaded = bronze::load(lake, stage, run, &extracted, loading).await?;
        quarantine::settle(lake, run, &extracted).await?;
        Ok(loaded)
    };
    let outcome = work.await;
    // What was read is kept for the next run where this one was cut off, and where the API did not answer to the end.
    if !matches!(outcome, Err(Error::Client(_) | Error::Io { .. })) {
        stage.forget(entity.entity);
    }
    match outcome {
        Ok(loaded) => {
            report.counts = loaded.counts;
            report.watermark_before = loaded.watermark_before;
            report.watermark_after = loaded.watermark_after;
            let table = TableReport {
                layer: "bronze",
                table: entity.table.to_owned(),
                rows: 0,
                counts: loaded.counts,
                computed: None,
                seconds: started.elapsed().as_secs_f64(),
            };
            (report, Some(table))
        }
        Err(error) => {
            watcher.failed(&error.to_string());
            report.error = Some(format!("{}: {error}", entity.entity));
            report.numbers.requests = traffic.requests.load(Ordering::Relaxed);
            report.numbers.retries = traffic.retries.load(Ordering::Relaxed);
            report.numbers.bytes = traffic.bytes.load(Ordering::Relaxed);
            report.numbers.seconds = started.elapsed().as_secs_f64();
            (report, None)
        }
    }
}

/// The window of an entity: everything, or what changed since min(now, watermark) less the look-back.
///
/// # Errors
/// [`Error::Table`] when the watermark can't be read.
pub async fn window_of(lake: &Lakehouse, options: &Options, now: DateTime<Utc>, entity: &Table) -> Result<Window> {
    if options.mode == Mode::Full || personal::changed(lake, entity).await? {
        return Ok(Window::Everything);
    }
    if let Some(since) = options.since {
        return Ok(Window::Since(since));
    }
    let Some(watermark) = bronze::watermark(lake, entity).await? else {
        return Ok(Window::Everything);
    };
    let own = entity
        .variants
        .iter()
        .map(|variant| variant.lookback_days)
        .chain(entity.lookback_days)
        .max()
        .unwrap_or(LEAST_LOOKBACK_DAYS);
    let days = options.lookback_days.unwrap_or(own);
    let newest = DateTime::from_timestamp_micros(watermark).unwrap_or(now).min(now);
    // Further back than time goes is all there is.
    Ok(newest.checked_sub_signed(TimeDelta::days(i64::from(days))).map_or(Window::Everything, Window::Since))
}
