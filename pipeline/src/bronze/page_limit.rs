//! The most records on a page that the server takes, remembered with an entity's table for the next run.

use crate::client::MOST_ON_A_PAGE;
use crate::error::Result;
use crate::lake::{Lakehouse, Table};

/// The application transaction that holds it.
const PAGE_LIMIT: &str = "pageLimit";

/// The most records on a page of an entity's list that the server was seen to take, where that is less than usual.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table is there but can't be read.
pub(crate) async fn page_limit(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<Option<u64>> {
    match lake.open("bronze", entity.table).await? {
        Some(table) => Ok(table.transaction(PAGE_LIMIT).await?.and_then(|limit| u64::try_from(limit).ok())),
        None => Ok(None),
    }
}

/// What a commit puts down of it: nothing where the usual one was never another.
pub(super) async fn transaction(before: Option<&Table>, limit: Option<u64>) -> Result<Option<(String, i64)>> {
    let limited_before = match before {
        Some(table) => table.transaction(PAGE_LIMIT).await?.is_some(),
        None => false,
    };
    let limit = limit.filter(|limit| limited_before || *limit < MOST_ON_A_PAGE);
    Ok(limit.and_then(|limit| Some((PAGE_LIMIT.to_owned(), i64::try_from(limit).ok()?))))
}
