//! Page limit: the maximum records per page that the server accepts, stored with an entity's table for the next run.

use crate::client::MOST_ON_A_PAGE;
use crate::error::Result;
use crate::lake::{Lakehouse, Table};

/// The application transaction that holds the page limit.
const PAGE_LIMIT: &str = "pageLimit";

/// Reads the page limit that the server was seen to accept for an entity, where it is lower than usual.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table is there but can't be read.
pub(crate) async fn page_limit(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<Option<u64>> {
    match lake.open("bronze", entity.table).await? {
        Some(table) => Ok(table.transaction(PAGE_LIMIT).await?.and_then(|limit| u64::try_from(limit).ok())),
        None => Ok(None),
    }
}

/// Returns the application transaction to commit: none where the limit was never lower than usual.
pub(super) async fn transaction(before: Option<&Table>, limit: Option<u64>) -> Result<Option<(String, i64)>> {
    let limited_before = match before {
        Some(table) => table.transaction(PAGE_LIMIT).await?.is_some(),
        None => false,
    };
    let limit = limit.filter(|limit| limited_before || *limit < MOST_ON_A_PAGE);
    Ok(limit.and_then(|limit| Some((PAGE_LIMIT.to_owned(), i64::try_from(limit).ok()?))))
}
