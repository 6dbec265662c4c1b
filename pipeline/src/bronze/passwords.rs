//! Removal of password values from rows that an earlier version stored.
//!
//! Invariant: a table is searched once, and what is found must be removed in one commit, which records the search. Rows
//! that lose something must carry the run's stamp, so that silver and gold follow.

use super::columns::{RUN_ID, TIMESTAMP};
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::lake::{KeySet, Scope, Target, cast_to_schema, longs, upsert_table};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use connectwise_runtime::{Table, password_columns, without_passwords};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ident;
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::HashSet;
use std::sync::Arc;

/// The application transaction that records that a bronze table holds no password values.
const APPLICATION: &str = "noPasswords";
/// Version of the search: a table that another one searched is searched again.
const VERSION: i64 = 1;

/// Returns the application transaction of a table without password values.
pub(super) fn transaction() -> (String, i64) {
    (APPLICATION.to_owned(), VERSION)
}

/// Removes password values from an entity's bronze table, unless that was done before; returns how many rows changed.
///
/// # Errors
/// [`crate::lake::Error::Table`]; the table stays as it was.
pub(crate) async fn forget(run: &RunContext, entity: &'static Table) -> Result<u64> {
    let Some(mut table) = run.lake.open("bronze", entity.table).await? else { return Ok(0) };
    if table.transaction(APPLICATION).await? == Some(VERSION) {
        return Ok(0);
    }
    let schema = table.schema()?;
    let failed = |error: ArrowError| Error::data(entity.entity, error);
    let columns = password_columns(entity).into_iter().chain([entity.key]);
    let columns: Vec<String> = columns.filter(|name| schema.index_of(name).is_ok()).map(ToOwned::to_owned).collect();
    let indexes: Vec<usize> = columns.iter().filter_map(|name| schema.index_of(name).ok()).collect();
    let looked_at = Arc::new(schema.project(&indexes).map_err(failed)?);
    let mut rows = table.rows_by(entity.key, Some(columns))?;
    let mut ids = HashSet::new();
    while let Some(batch) = rows.try_next().await? {
        let batch = cast_to_schema(&batch, &looked_at).map_err(failed)?;
        let less = without_passwords(entity, &batch).map_err(|error| Error::data(entity.entity, error))?;
        if let Some((_, held)) = less {
            ids.extend(longs(&filter_record_batch(&batch, &held).map_err(failed)?, entity.key));
        }
    }
    if ids.is_empty() {
        table.record(&[transaction()]).await?;
        return Ok(0);
    }
    let count = ids.len() as u64;
    let keys = Arc::new(KeySet::Ids(ids));
    let reading = |error: DataFusionError| table.error("reading", error);
    let held = table.frame()?.filter(KeySet::holds(&keys, ident(entity.key))).map_err(reading)?;
    let rows = held.execute_stream().await.map_err(reading)?.map({
        let (schema, run) = (Arc::clone(&schema), run.id.as_str().to_owned());
        move |batch| {
            let failed = |error: ArrowError| Error::data(entity.entity, error);
            let batch = batch.map_err(|error| Error::data(entity.entity, error))?;
            let batch = cast_to_schema(&batch, &schema).map_err(failed)?;
            let less = without_passwords(entity, &batch).map_err(|error| Error::data(entity.entity, error))?;
            stamped(less.map_or(batch, |(less, _)| less), &run).map_err(failed)
        }
    });
    let target = Target {
        layer: "bronze",
        name: entity.table,
        schema: Arc::clone(&schema),
        key: &[entity.key],
        stamps: &[TIMESTAMP, RUN_ID],
    };
    let scope = Scope::Only { column: entity.key, keys };
    upsert_table(&run.lake, &run.stage, &target, &scope, rows, &[transaction()]).await?;
    Ok(count)
}

fn stamped(rows: RecordBatch, run: &str) -> Result<RecordBatch, ArrowError> {
    let mut columns = rows.columns().to_vec();
    if let Some(column) = columns.get_mut(rows.schema().index_of(RUN_ID)?) {
        *column = Arc::new(StringArray::from(vec![run; rows.num_rows()])) as ArrayRef;
    }
    RecordBatch::try_new(rows.schema(), columns)
}
