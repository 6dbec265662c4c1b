//! Tables that are written once: month ends.
//!
//! Invariant: the rows of a period that has some must never be written again, unless that is asked for. Periods that
//! are over and have no rows are written together, in one commit; so a run that was missed is made up for.

use super::incremental::sorted;
use super::inputs::Inputs;
use super::statement::{for_run, schema};
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::lake::{Counts, KeySet, Scope, Target, longs, upsert_table};
use connectwise_generated::gold::{GoldTable, WrittenOnce};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ident;
use futures::TryStreamExt as _;
use std::collections::HashSet;
use std::sync::Arc;

/// Writes the periods of a table that are over and have no rows, or all that are over where the run restates them.
/// Returns the counts, or `None` where there is nothing to write. A table that is not there yet is created.
///
/// # Errors
/// [`Error`]; the table stays as it was.
pub(super) async fn write(
    run: &RunContext,
    inputs: &Inputs,
    table: &'static GoldTable,
    once: WrittenOnce,
    may_close: bool,
) -> Result<Option<Counts>> {
    let failed = |error: DataFusionError| Error::table("gold", table.name, "building", error);
    let context = inputs.context();
    let periods = async |sql: &str| -> Result<HashSet<i64>> {
        let frame = context.sql(sql).await.map_err(failed)?;
        let column = frame.schema().field(0).name().clone();
        let batches = frame.collect().await.map_err(failed)?;
        Ok(batches.iter().flat_map(|batch| longs(batch, &column)).collect())
    };
    let mut due = if may_close { periods(&for_run(once.periods, &run.id)?).await? } else { HashSet::new() };
    let is_there = inputs.table(&("gold".to_owned(), table.name.to_owned())).is_some();
    if is_there && !run.options.restate_months {
        let written = periods(&format!("SELECT DISTINCT {} FROM gold.{}", once.column, table.name)).await?;
        due.retain(|period| !written.contains(period));
    }
    if is_there && due.is_empty() {
        return Ok(None);
    }
    let due = Arc::new(KeySet::Ids(due));
    let whole = context.sql(&for_run(table.sql, &run.id)?).await.map_err(failed)?;
    let rows = whole.filter(KeySet::holds(&due, ident(once.column))).map_err(failed)?;
    let plan = rows.into_optimized_plan().map_err(failed)?;
    let rows = sorted(context, plan, table.key).map_err(failed)?;
    let rows = rows.execute_stream().await.map_err(failed)?.map_err(failed);
    let target = Target { layer: "gold", name: table.name, schema: schema(table), key: &[table.key], stamps: &[] };
    let scope = Scope::Only { column: once.column, keys: due };
    let (counts, stored) = upsert_table(&run.lake, &run.stage, &target, &scope, rows, &[]).await?;
    inputs.written(table, stored).await?;
    Ok(Some(counts))
}
