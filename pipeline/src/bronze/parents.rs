//! Parents: the records below which an entity's lists lie.

use super::columns::DELETED_AT;
use crate::error::{Error, Result};
use crate::lake::Lakehouse;
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::logical_expr::ident;

/// Reads the ids of the parents below which an entity's lists lie; none for an entity without a parent.
///
/// # Errors
/// [`Error::Data`] when the parent's table is not there yet, [`crate::lake::Error::Table`] when it can't be read.
pub async fn parent_ids(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<Vec<i64>> {
    let Some(parent) = entity.parent else { return Ok(Vec::new()) };
    let parent = connectwise_generated::tables::by_entity(parent.entity)
        .ok_or_else(|| Error::data(entity.entity, format!("its parent {} is no entity", parent.entity)))?;
    let table = lake.open("bronze", parent.table).await?.ok_or_else(|| {
        Error::data(
            entity.entity,
            format!("its parent's table bronze/{} is not there: run {} too", parent.table, parent.entity),
        )
    })?;
    let failed = |error: datafusion::error::DataFusionError| table.error("reading", error);
    let live = table.frame().await?.filter(ident(DELETED_AT).is_null()).map_err(failed)?;
    let ids = live.select(vec![ident(parent.key)]).map_err(failed)?.collect().await.map_err(failed)?;
    let mut ids: Vec<i64> = ids
        .iter()
        .filter_map(|batch| batch.column(0).as_primitive_opt::<Int64Type>())
        .flat_map(|ids| ids.values().to_vec())
        .collect();
    ids.sort_unstable();
    Ok(ids)
}
