//! Optional entities: lists that the API may lack, or that the login may have no right to.
//!
//! Invariant: only a list that never was read may be left out; a right that is lost is a fault.

use super::columns::schema;
use super::load::SOURCE;
use super::passwords;
use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Table};

/// Returns why an entity is left out: its list can't be read, never was, and need not be.
///
/// # Errors
/// The entity's own error, in any other case; [`crate::lake::Error::Table`] when its table can't be read.
pub(crate) async fn left_out(lake: &Lakehouse, entity: &connectwise_runtime::Table, error: Error) -> Result<String> {
    let was_read = match lake.open("bronze", entity.table).await? {
        // Below parents there may have been nothing to ask for.
        Some(table) if entity.parent.is_some() => table.rows().await? > 0,
        Some(table) => table.transaction(SOURCE).await?.is_some(),
        None => false,
    };
    if entity.optional && error.is_no_access() && !was_read { Ok(error.to_string()) } else { Err(error) }
}

/// Creates an entity's bronze table without rows, where it is not there. Returns whether it was not.
///
/// # Errors
/// [`crate::lake::Error::Table`] when it can't be created.
pub(crate) async fn create_empty(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<bool> {
    let is_missing = lake.open("bronze", entity.table).await?.is_none();
    if is_missing {
        let mut table = Table::create_or_evolve(lake, "bronze", entity.table, &schema(entity)).await?;
        table.record(&[passwords::transaction()]).await?;
    }
    Ok(is_missing)
}
