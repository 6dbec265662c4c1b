//! Parents: the records below which an entity's lists lie.
//!
//! Invariant: what was read below a parent whose list is not read any more must never be taken for deleted.

use super::columns::DELETED_AT;
use crate::error::{Error, Result};
use crate::lake::{KeySet, Lakehouse, Table, longs};
use arrow::array::Array as _;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::functions::core::expr_ext::FieldAccessor as _;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::scalar::ScalarValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The live parents of an entity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parents {
    /// The ids of those whose lists are read, in order.
    pub asked: Vec<i64>,
    /// Keys of the entity's live rows below the others: the source is not asked for them, and they stay.
    pub kept: BTreeSet<i64>,
}

/// Finds the parents below which an entity's lists lie; none for an entity without a parent.
///
/// # Errors
/// [`Error::Data`] when the parent's table is not there yet, [`crate::lake::Error::Table`] when it can't be read.
pub async fn parents(lake: &Lakehouse, entity: &connectwise_runtime::Table, now: DateTime<Utc>) -> Result<Parents> {
    let Some(of) = entity.parent else { return Ok(Parents::default()) };
    let parent = connectwise_generated::tables::by_entity(of.entity)
        .ok_or_else(|| Error::data(entity.entity, format!("its parent {} is no entity", of.entity)))?;
    let table = lake.open("bronze", parent.table).await?.ok_or_else(|| {
        Error::data(
            entity.entity,
            format!("its parent's table bronze/{} is not there: run {} too", parent.table, parent.entity),
        )
    })?;
    let Some(ended) = of.ended else {
        return Ok(Parents { asked: ids(&table, parent.key, None).await?, kept: BTreeSet::new() });
    };
    let since = now.checked_sub_signed(TimeDelta::days(i64::from(ended.days))).map(|since| since.timestamp_micros());
    let since = lit(ScalarValue::TimestampMicrosecond(since, Some("UTC".into())));
    let is_over = ident(ended.property).lt(since).is_true();
    let mut asked = ids(&table, parent.key, Some(is_over.clone().is_false())).await?;
    let over = ids(&table, parent.key, Some(is_over)).await?;
    let (Some(own), false) = (lake.open("bronze", entity.table).await?, over.is_empty()) else {
        return Ok(Parents { asked, kept: BTreeSet::new() });
    };
    let below = live_below(&own, entity, of.path, &over).await?;
    // A parent that was gone and is back: its rows were marked with it.
    asked.extend(below.iter().filter(|(_, rows)| rows.is_empty()).map(|(id, _)| *id));
    asked.sort_unstable();
    Ok(Parents { asked, kept: below.into_values().flatten().collect() })
}

/// Reads the keys of the live rows below these parents, by parent; none where all of them are marked as deleted.
async fn live_below(
    table: &Table,
    entity: &connectwise_runtime::Table,
    path: &[&str],
    parents: &[i64],
) -> Result<BTreeMap<i64, Vec<i64>>> {
    const PARENT: &str = "__parent";
    let failed = |error: datafusion::error::DataFusionError| table.error("reading", error);
    let [first, inside @ ..] = path else { return Ok(BTreeMap::new()) };
    let id = inside.iter().fold(ident(*first), |id, name| id.field(*name));
    let parents = Arc::new(KeySet::Ids(parents.iter().copied().collect()));
    let rows = table.frame()?.filter(KeySet::holds(&parents, id.clone())).map_err(failed)?;
    let columns = vec![ident(entity.key), id.alias(PARENT), ident(DELETED_AT)];
    let batches = rows.select(columns).map_err(failed)?.collect().await.map_err(failed)?;
    let mut below: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for batch in &batches {
        let keys = longs(batch, entity.key).into_iter().zip(longs(batch, PARENT));
        for (row, (key, parent)) in keys.enumerate() {
            let rows = below.entry(parent).or_default();
            if batch.column(2).is_null(row) {
                rows.push(key);
            }
        }
    }
    Ok(below)
}

/// Reads the keys of the live rows that a condition holds for, in order.
async fn ids(table: &Table, key: &str, which: Option<Expr>) -> Result<Vec<i64>> {
    let failed = |error: datafusion::error::DataFusionError| table.error("reading", error);
    let mut live = table.frame()?.filter(ident(DELETED_AT).is_null()).map_err(failed)?;
    if let Some(which) = which {
        live = live.filter(which).map_err(failed)?;
    }
    let batches = live.select(vec![ident(key)]).map_err(failed)?.collect().await.map_err(failed)?;
    let mut ids: Vec<i64> = batches.iter().flat_map(|batch| longs(batch, key)).collect();
    ids.sort_unstable();
    Ok(ids)
}
