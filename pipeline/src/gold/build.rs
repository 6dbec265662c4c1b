//! Gold build: refreshes the gold tables in the order of their dependencies.

use super::checks::{self, OfEntity};
use super::incremental::{self, RefreshPlan};
use super::inputs::Inputs;
use super::rebuild;
use super::reports::{self, Unmatched};
use super::statement::{schema, statement};
use super::written_once;
use crate::check::Check;
use crate::context::{RunContext, RunId, share_of, tables_at_once};
use crate::error::{Error, Result};
use crate::lake::{Counts, Scope, Target, spawn_abortable, upsert_table};
use connectwise_generated::gold::{GoldTable, TABLES};
use datafusion::error::DataFusionError;
use futures::stream::FuturesUnordered;
use futures::{StreamExt as _, TryStreamExt as _};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Result of building a table.
#[derive(Debug, Clone)]
pub struct Built {
    /// The table.
    pub table: &'static GoldTable,
    /// The counts of inserted, updated, unchanged and deleted rows.
    pub counts: Counts,
    /// The number of rows that it has now.
    pub rows: u64,
    /// How much of it was refreshed.
    pub refresh: RefreshKind,
    /// Whether its definition was another before: its statement, rules, functions or input tables.
    pub remade: bool,
    /// The comparison with the full statement, where one was made.
    pub rebuild: Option<Check>,
    /// The duration, without the comparison.
    pub seconds: f64,
}

impl Built {
    /// A table that is written once.
    fn once(table: &'static GoldTable, counts: Counts, rows: u64, refresh: RefreshKind, started: Instant) -> Self {
        let seconds = started.elapsed().as_secs_f64();
        Self { table, counts, rows, refresh, remade: false, rebuild: None, seconds }
    }
}

/// Kind of a refresh: how much of a table was recomputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum RefreshKind {
    /// All rows.
    #[serde(rename = "whole")]
    Full,
    /// The rows that a change affects.
    #[serde(rename = "part")]
    Incremental,
    /// No rows: no input changed, or only in ways that leave the table as it is.
    #[serde(rename = "nothing")]
    Skipped,
}

/// Options of the gold build.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuildOptions {
    /// Whether every refresh is full, and not only of what changed.
    pub whole: bool,
    /// Whether to compare every table that was not fully refreshed with its full statement, however large it is.
    pub verify: bool,
}

/// Result of the gold build, with a session over all tables as they are then.
pub struct Gold {
    /// The tables, in the order in which they were built.
    pub built: Vec<Built>,
    inputs: Arc<Inputs>,
    /// The figures of bronze and silver for the checks, where they were queried during the build.
    records: Option<Vec<OfEntity>>,
    /// Number of the checks' queries that run at a time.
    queries_at_once: usize,
}

impl Gold {
    /// Runs all checks but the comparison with a rebuild, which belongs to the build.
    ///
    /// # Errors
    /// [`Error`] when a check can't be run at all; a check that fails is no error.
    pub async fn checks(&self, run: &RunId) -> Result<Vec<Check>> {
        checks::run_checks(self.inputs.context(), run, self.queries_at_once, self.records.clone()).await
    }

    /// Lists the agreement types that no rule matches; none where the YAML has no such report.
    ///
    /// # Errors
    /// [`Error::Query`] when they can't be listed.
    pub async fn unmatched(&self, run: &RunId) -> Result<Vec<Unmatched>> {
        reports::unmatched(self.inputs.context(), run).await
    }

    /// Writes the periods that are over of the tables that are written once, or all of them where the run restates them.
    ///
    /// # Errors
    /// [`Error`] of the first table that fails; it stays as it was.
    pub async fn close_periods(&self, run: &RunContext) -> Result<Vec<Built>> {
        let mut built = Vec::new();
        for table in TABLES {
            let (Some(once), started) = (table.written_once, Instant::now()) else { continue };
            if let Some(counts) = written_once::write(run, &self.inputs, table, once).await? {
                built.push(Built::once(table, counts, self.inputs.rows(table).await?, RefreshKind::Full, started));
            }
        }
        Ok(built)
    }
}

/// Builds all gold tables in the order of their dependencies, by incremental or full refreshes.
///
/// Unchanged rows are not written either way. A table whose refresh was incremental is compared with its full statement
/// where it is small.
///
/// # Errors
/// [`Error`] of the first table that fails; tables built before it are whole.
pub async fn build(run: &RunContext, options: BuildOptions) -> Result<Gold> {
    let inputs = Arc::new(Inputs::new(&run.lake).await?);
    let is_whole = options.whole || !inputs.has_gold();
    let most_rows = inputs.most_rows().await?;
    let (at_once, queries_at_once) = (tables_at_once(most_rows, is_whole), tables_at_once(most_rows, false));
    let tables = async {
        let (mut waiting, mut running, mut built) =
            (TABLES.iter().collect::<Vec<_>>(), FuturesUnordered::new(), Vec::new());
        let mut taken = 0;
        loop {
            while let Some((next, share)) = next_to_build(&inputs, &waiting, &built, at_once, taken).await? {
                taken += share;
                let (run, inputs, table) = (run.clone(), Arc::clone(&inputs), waiting.remove(next));
                let build = async move { build_table(&run, options, &inputs, table).await };
                running.push(async move { Ok::<_, Error>((share, spawn_abortable(table.name, build).await??)) });
            }
            match running.next().await {
                Some(done) => {
                    let (share, table) = done?;
                    taken -= share;
                    built.push(table);
                }
                None => break,
            }
        }
        if let Some(table) = waiting.first() {
            return Err(Error::query(format!("gold/{} can't be built: it reads tables that read it", table.name)));
        }
        built.sort_by_key(|built: &Built| TABLES.iter().position(|table| table.name == built.table.name));
        Ok::<_, Error>(built)
    };
    let context = inputs.context().clone();
    let records = async {
        if is_whole {
            return None;
        }
        // Where a query fails, the checks run it again and report the error.
        let context = context.clone();
        // Beside the tables, which take the most memory of a run.
        let permits = Semaphore::new(queries_at_once.div_ceil(2));
        spawn_abortable("the checks", async move { checks::of_records(&context, &permits).await }).await.ok()?.ok()
    };
    let (built, records) = futures::join!(tables, records);
    Ok(Gold { built: built?, inputs, records, queries_at_once })
}

/// Finds the first table that is ready and fits beside those that run, and its share.
async fn next_to_build(
    inputs: &Inputs,
    waiting: &[&GoldTable],
    built: &[Built],
    at_once: usize,
    taken: usize,
) -> Result<Option<(usize, usize)>> {
    let mut ready = Vec::new();
    for (place, table) in waiting.iter().enumerate().filter(|(_, table)| is_ready(table, built)) {
        ready.push((place, inputs.rows(table).await?));
    }
    Ok(first_that_fits(&ready, at_once, taken))
}

/// Finds the first of the tables at these places, of so many rows, whose share is free, and the share.
fn first_that_fits(ready: &[(usize, u64)], at_once: usize, taken: usize) -> Option<(usize, usize)> {
    let mut shares = ready.iter().map(|(place, rows)| (*place, share_of(*rows, at_once)));
    shares.find(|(_, share)| taken + share <= at_once)
}

/// Whether all gold tables that a table reads are built.
fn is_ready(table: &GoldTable, built: &[Built]) -> bool {
    let is_built = |name: &str| built.iter().any(|built| built.table.name == name);
    TABLES.iter().filter(|other| reads(table, other)).all(|other| is_built(other.name))
}

/// Whether a gold table reads another.
fn reads(table: &GoldTable, other: &GoldTable) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let name = format!("gold.{}", other.name);
    table.sql.match_indices(&name).any(|(at, _)| !table.sql[at + name.len()..].starts_with(is_letter))
}

/// Builds one table; those that it reads must be built.
async fn build_table(
    run: &RunContext,
    options: BuildOptions,
    inputs: &Inputs,
    table: &'static GoldTable,
) -> Result<Built> {
    let started = Instant::now();
    if table.written_once.is_some() {
        // It is written when the others are checked.
        let is_new = written_once::create(run, inputs, table).await?;
        let refresh = if is_new || options.whole { RefreshKind::Full } else { RefreshKind::Skipped };
        return Ok(Built::once(table, Counts::default(), inputs.rows(table).await?, refresh, started));
    }
    let sql = statement(table, &run.id)?;
    let (work, transactions) = inputs.work(table, &sql, options.whole).await?;
    // Where inputs changed and yet nothing is computed, the comparison reads all rows of these inputs.
    let is_small = matches!(work, RefreshPlan::Same(rows) if rows < rebuild::ALWAYS_BELOW);
    let (refresh, plan, scope) = match work {
        RefreshPlan::Nothing => (RefreshKind::Skipped, None, Scope::All),
        RefreshPlan::Same(_) => {
            inputs.record(table, &transactions).await?;
            (RefreshKind::Skipped, None, Scope::All)
        }
        RefreshPlan::Whole(plan) => (RefreshKind::Full, Some(plan), Scope::All),
        RefreshPlan::Some(plan, keys) => {
            (RefreshKind::Incremental, Some(plan), Scope::Only { column: table.key, keys: Arc::new(keys) })
        }
    };
    let remade = plan.is_some() && inputs.has_other_definition(table, &transactions).await?;
    let mut counts = Counts::default();
    if let Some(plan) = plan {
        let failed = |error: DataFusionError| Error::table("gold", table.name, "building", error);
        let rows = incremental::sorted(inputs.context(), plan, table.key).map_err(failed)?;
        let rows = rows.execute_stream().await.map_err(failed)?.map_err(failed);
        let key = &[table.key];
        let target = Target { layer: "gold", name: table.name, schema: schema(table), key, stamps: &[] };
        let stored;
        (counts, stored) = upsert_table(&run.lake, &run.stage, &target, &scope, rows, &transactions).await?;
        inputs.written(table, stored).await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    tracing::debug!(table = table.name, ?refresh, ?counts, seconds, "gold");
    let rows = inputs.rows(table).await?;
    let compare = match refresh {
        RefreshKind::Full => false,
        RefreshKind::Incremental => options.verify || rows < rebuild::ALWAYS_BELOW,
        RefreshKind::Skipped => options.verify || is_small,
    };
    let rebuild = if compare { Some(rebuild::compare(inputs, table, &sql).await?) } else { None };
    Ok(Built { table, counts, rows, refresh, remade, rebuild, seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_table_is_built_alone_and_small_ones_go_on_meanwhile() {
        const LARGE: u64 = 200_000;
        let ready = [(0, LARGE), (3, LARGE - 1), (4, 0)];
        let next = |taken: usize| first_that_fits(&ready, 4, taken);
        assert_eq!(next(0), Some((0, 4)), "nothing is built: the large one takes all shares");
        assert_eq!(next(1), Some((3, 1)), "it waits, and does not hold up others");
        assert_eq!(next(3), Some((3, 1)));
        assert_eq!(next(4), None);
        assert_eq!(first_that_fits(&ready, 1, 0), Some((0, 1)), "one at a time");
        assert_eq!(first_that_fits(&[], 4, 0), None);
    }

    #[test]
    fn a_table_reads_only_what_can_be_built_before_it() {
        for (place, table) in TABLES.iter().enumerate() {
            let read = TABLES.iter().enumerate().filter(|(_, other)| reads(table, other));
            for (other, name) in read.map(|(other, table)| (other, table.name)) {
                assert!(other < place, "{} reads {name}, which comes later", table.name);
            }
        }
        let of = |name: &str| TABLES.iter().find(|table| table.name == name).unwrap();
        assert!(reads(of("dimdate"), of("fact_timeentry")) && reads(of("dimcalendar"), of("dimdate")));
        assert!(!reads(of("fact_timeentry"), of("dimdate")));
        let mut sql = *of("dimdate");
        sql.sql = "SELECT 1 FROM gold.fact_invoiceline";
        assert!(reads(&sql, of("fact_invoiceline")) && !reads(&sql, of("fact_invoice")), "a name that begins alike");
    }
}
