//! Silver into gold: the generated statements, and the checks over what they made.
//!
//! Invariant: a gold table is what its statement says over silver, whether all of it was computed or only what changed
//! and what that touches, and only rows that differ are written. Surrogate
//! keys are functions of the natural keys, so no run can change them.

mod checks;
mod definition;
mod functions;
mod incremental;
mod inputs;
mod rebuild;
mod references;
mod reports;
mod shape;

pub use checks::{Check, Severity};
pub use functions::register_functions;
pub(crate) use functions::{aggregate_functions, scalar_functions};
pub use reports::{Unmatched, report};

use crate::error::{Error, Result};
use crate::lake::{Counts, Lakehouse, ResultExt as _, Scope, Stage, Target, spawn_abortable, upsert_table};
use crate::run::RunId;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use checks::OfEntity;
use connectwise_generated::gold::{GoldTable, GoldType, TABLES, TIME_ZONE};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::{StreamExt as _, TryStreamExt as _};
use incremental::Work;
use inputs::Inputs;
use std::sync::Arc;
use std::time::Instant;

/// How many tables are brought up to date at the same time.
const TABLES_AT_ONCE: usize = 2;

/// What building a table did.
#[derive(Debug, Clone)]
pub struct Built {
    /// The table.
    pub table: &'static GoldTable,
    /// Rows by what became of them.
    pub counts: Counts,
    /// Rows that it has now.
    pub rows: u64,
    /// How much of it was computed.
    pub computed: Computed,
    /// The comparison with the whole statement, where one was made.
    pub rebuild: Option<Check>,
    /// How long it took, without the comparison.
    pub seconds: f64,
}

/// How much of a table was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Computed {
    /// All rows.
    Whole,
    /// The rows that a change touched.
    Part,
    /// None: nothing that it is made from changed, or only what leaves it as it is.
    Nothing,
}

/// The table's Arrow schema: the key can't be null, all else can.
pub fn schema(table: &GoldTable) -> SchemaRef {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| {
            let data_type = match column.data_type {
                GoldType::Bigint => DataType::Int64,
                GoldType::Text => DataType::Utf8,
                GoldType::Boolean => DataType::Boolean,
                GoldType::Date => DataType::Date32,
                GoldType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                GoldType::Decimal => DataType::Decimal128(19, 4),
            };
            Field::new(column.name, data_type, column.name != table.key)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// The statement with the run's business date: the day of its start in the reporting time zone.
///
/// # Errors
/// [`Error::Usage`] when the reporting time zone is not known.
pub fn statement(table: &GoldTable, run: &RunId) -> Result<String> {
    Ok(table.sql.replace("${businessDate}", &business_date(run)?))
}

/// The day of the run's start in the reporting time zone.
///
/// # Errors
/// [`Error::Usage`] when the reporting time zone is not known.
pub(crate) fn business_date(run: &RunId) -> Result<String> {
    let zone: chrono_tz::Tz = TIME_ZONE
        .parse()
        .map_err(|_| Error::Usage(format!("{TIME_ZONE} in schema/dimensions/dimdate.yaml is not a time zone")))?;
    Ok(run.started().with_timezone(&zone).format("%Y-%m-%d").to_string())
}

/// How gold is built.
#[derive(Debug, Clone, Copy, Default)]
pub struct Care {
    /// All of it, and not only what changed.
    pub whole: bool,
    /// Compare every table that was not computed whole with its whole statement, however large it is.
    pub verify: bool,
}

/// What was built, and all tables as they are then.
pub struct Gold {
    /// The tables, in the order in which they were built.
    pub built: Vec<Built>,
    context: SessionContext,
    /// What the checks want to know of bronze and silver, where it was asked meanwhile.
    records: Option<Vec<OfEntity>>,
}

impl Gold {
    /// Runs all checks but the comparison with a rebuild, which belongs to the build.
    ///
    /// # Errors
    /// [`Error`] when a check can't be run at all; a check that fails is no error.
    pub async fn checks(&self, run: &RunId) -> Result<Vec<Check>> {
        checks::run_checks(&self.context, run, self.records.clone()).await
    }

    /// The agreement types that no rule knows; none where the YAML has no such report.
    ///
    /// # Errors
    /// [`Error::Query`] when they can't be listed.
    pub async fn unmatched(&self, run: &RunId) -> Result<Vec<Unmatched>> {
        reports::unmatched(&self.context, run).await
    }
}

/// Builds all gold tables, those first that others read: only what changed, or the whole of them. Rows that are as they
/// should be are not written either way. A table that was computed in part is compared with its whole statement where it
/// is small.
///
/// # Errors
/// [`Error`] of the first table that fails; tables built before it are whole.
pub async fn build(lake: &Lakehouse, stage: &Arc<Stage>, run: &RunId, care: Care) -> Result<Gold> {
    let inputs = Arc::new(Inputs::new(lake).await?);
    // What is computed whole may be large, and keeps all cores busy; what is not leaves time for questions.
    let is_whole = care.whole || !inputs.has_gold();
    let at_once = if is_whole { 1 } else { TABLES_AT_ONCE };
    let tables = async {
        let mut built = Vec::new();
        for wave in waves(TABLES) {
            let work: Vec<_> = wave
                .into_iter()
                .map(|table| {
                    let (lake, stage, run, inputs) =
                        (lake.clone(), Arc::clone(stage), run.clone(), Arc::clone(&inputs));
                    let build = async move { build_table(&lake, &stage, &run, care, &inputs, table).await };
                    async { spawn_abortable(table.name, build).await? }
                })
                .collect();
            built.extend(futures::stream::iter(work).buffered(at_once).try_collect::<Vec<_>>().await?);
        }
        Ok::<_, Error>(built)
    };
    let context = inputs.context().clone();
    let records = async {
        if is_whole {
            return None;
        }
        // Where a question can't be asked, the checks ask it again, and say so.
        let context = context.clone();
        spawn_abortable("the checks", async move { checks::of_records(&context).await }).await.ok()?.ok()
    };
    let (built, records) = futures::join!(tables, records);
    Ok(Gold { built: built?, context, records })
}

/// The tables in their order, cut before each one that reads another of its wave.
fn waves(tables: &'static [GoldTable]) -> Vec<Vec<&'static GoldTable>> {
    let mut waves: Vec<Vec<&GoldTable>> = Vec::new();
    for table in tables {
        let reads = |other: &&GoldTable| table.sql.contains(&format!("gold.{}", other.name));
        match waves.last_mut() {
            Some(wave) if !wave.iter().any(reads) => wave.push(table),
            _ => waves.push(vec![table]),
        }
    }
    waves
}

/// Builds a table from others that are built.
async fn build_table(
    lake: &Lakehouse,
    stage: &Stage,
    run: &RunId,
    care: Care,
    inputs: &Inputs,
    table: &'static GoldTable,
) -> Result<Built> {
    let started = Instant::now();
    let sql = statement(table, run)?;
    let (work, transactions) = inputs.work(table, &sql, care.whole).await?;
    // Where something changed and yet nothing is computed, the whole statement reads all of that.
    let is_small = matches!(work, Work::Same(rows) if rows < rebuild::ALWAYS_BELOW);
    let (computed, plan, scope) = match work {
        Work::Nothing => (Computed::Nothing, None, Scope::All),
        Work::Same(_) => {
            inputs.record(table, &transactions).await?;
            (Computed::Nothing, None, Scope::All)
        }
        Work::Whole(plan) => (Computed::Whole, Some(plan), Scope::All),
        Work::Some(plan, keys) => (Computed::Part, Some(plan), Scope::Only { column: table.key, keys: Arc::new(keys) }),
    };
    let mut counts = Counts::default();
    if let Some(plan) = plan {
        let rows = incremental::sorted(inputs.context(), plan, table.key).on("gold", table.name, "building")?;
        let rows = rows.execute_stream().await.on("gold", table.name, "building")?;
        let rows = rows.map(|batch| batch.on("gold", table.name, "building").map_err(Error::from));
        let key = &[table.key];
        let target = Target { layer: "gold", name: table.name, schema: schema(table), key, stamps: &[] };
        let stored;
        (counts, stored) = upsert_table(lake, stage, &target, &scope, rows, &transactions).await?;
        inputs.written(table, stored).await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    tracing::debug!(table = table.name, ?computed, ?counts, seconds, "gold");
    let rows = inputs.rows(table).await?;
    let compare = match computed {
        Computed::Whole => false,
        Computed::Part => care.verify || rows < rebuild::ALWAYS_BELOW,
        Computed::Nothing => care.verify || is_small,
    };
    let rebuild = if compare { Some(rebuild::compare(inputs, table, &sql).await?) } else { None };
    Ok(Built { table, counts, rows, computed, rebuild, seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_built_after_those_that_it_reads() {
        let waves = waves(TABLES);
        assert_eq!(waves.iter().flatten().count(), TABLES.len());
        assert!(waves.len() > 2 && waves[0].len() > 10, "dimensions do not read each other");
        for (place, wave) in waves.iter().enumerate() {
            for table in wave {
                let read = |other: &GoldTable| table.sql.contains(&format!("gold.{} ", other.name));
                assert!(!waves[place..].iter().flatten().any(|other| read(other)), "{} is too early", table.name);
            }
        }
    }
}
