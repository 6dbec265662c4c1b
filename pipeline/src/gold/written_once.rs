//! Tables that are written once: month ends.
//!
//! Invariant: the rows of a period that has some must never be written again, unless that is asked for. Periods that
//! are over and have no rows are written together, in one commit; so a run that was missed is made up for.

use super::incremental::sorted;
use super::inputs::Inputs;
use super::statement::{for_run, schema};
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::lake::{Counts, KeySet, Scope, Table, Target, longs, upsert_table};
use connectwise_generated::gold::{GoldTable, WrittenOnce};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{JoinType, ident};
use datafusion::prelude::DataFrame;
use futures::TryStreamExt as _;
use std::collections::HashSet;
use std::sync::Arc;

/// Creates the table without rows, where it is not there. Returns whether it was not.
///
/// # Errors
/// [`crate::lake::Error::Table`] when it can't be created.
pub(super) async fn create(run: &RunContext, inputs: &Inputs, table: &'static GoldTable) -> Result<bool> {
    let is_new = inputs.table(&("gold".to_owned(), table.name.to_owned())).is_none();
    if is_new {
        let created = Table::create_or_evolve(&run.lake, "gold", table.name, &schema(table)).await?;
        inputs.written(table, created).await?;
    }
    Ok(is_new)
}

/// Writes the periods of a table that are over and have no rows, or all that are over where the run restates them.
/// Returns the counts, or `None` where there is nothing to write.
///
/// # Errors
/// [`Error`]; the table stays as it was.
pub(super) async fn write(
    run: &RunContext,
    inputs: &Inputs,
    table: &'static GoldTable,
    once: WrittenOnce,
) -> Result<Option<Counts>> {
    let failed = |error: DataFusionError| Error::table("gold", table.name, "building", error);
    let context = inputs.context();
    let periods = async |sql: &str| -> Result<HashSet<i64>> {
        let frame = context.sql(sql).await.map_err(failed)?;
        let column = frame.schema().field(0).name().clone();
        let batches = frame.collect().await.map_err(failed)?;
        Ok(batches.iter().flat_map(|batch| longs(batch, &column)).collect())
    };
    let mut due = periods(&for_run(once.periods, &run.id)?).await?;
    if !run.options.restate_months {
        let written = periods(&format!("SELECT DISTINCT {} FROM gold.{}", once.column, table.name)).await?;
        due.retain(|period| !written.contains(period));
    }
    if due.is_empty() {
        return Ok(None);
    }
    let due = Arc::new(KeySet::Ids(due));
    let whole = context.sql(&for_run(table.sql, &run.id)?).await.map_err(failed)?;
    let mut rows = whole.filter(KeySet::holds(&due, ident(once.column))).map_err(failed)?;
    if run.options.restate_months {
        let stored = context.table(format!("gold.{}", table.name)).await.map_err(failed)?;
        let stored = stored.filter(KeySet::holds(&due, ident(once.column))).map_err(failed)?;
        rows = with_what_stays(rows, stored, once).map_err(failed)?;
    }
    let plan = rows.into_optimized_plan().map_err(failed)?;
    let rows = sorted(context, plan, table.key).map_err(failed)?;
    let rows = rows.execute_stream().await.map_err(failed)?.map_err(failed);
    let target = Target { layer: "gold", name: table.name, schema: schema(table), key: &[table.key], stamps: &[] };
    let scope = Scope::Only { column: once.column, keys: due };
    let (counts, stored) = upsert_table(&run.lake, &run.stage, &target, &scope, rows, &[]).await?;
    inputs.written(table, stored).await?;
    Ok(Some(counts))
}

/// Adds the stored rows that can't be computed any more: those of a period and a part of which the statement gives none.
fn with_what_stays(rows: DataFrame, stored: DataFrame, once: WrittenOnce) -> datafusion::error::Result<DataFrame> {
    const PERIOD: &str = "__period";
    const PART: &str = "__part";
    let parts =
        rows.clone().select(vec![ident(once.column).alias(PERIOD), ident(once.part).alias(PART)])?.distinct()?;
    let same = [ident(once.column).eq(ident(PERIOD)), ident(once.part).eq(ident(PART))];
    let stays = stored.join_on(parts, JoinType::LeftAnti, same)?;
    rows.union(stays)
}
