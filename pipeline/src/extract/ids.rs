//! All ids of an entity, and nothing else of it.
//!
//! Invariant: the set holds what the API counts, or the function failed.

use super::paging::Pager;
use super::{ATTEMPTS, List, lists};
use crate::client::{Client, ClientError, Traffic};
use crate::error::{Error, Result};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use connectwise_runtime::Table;
use std::collections::BTreeSet;

/// Reads the ids of an entity; of one with a parent, list by list below each of the parents.
///
/// # Errors
/// [`Error::Client`] when the API can't be read, [`Error::Incomplete`] when less (or more) came than the API counts.
pub async fn read_ids(
    client: &Client,
    table: &'static Table,
    parents: &[i64],
    traffic: &Traffic,
) -> Result<BTreeSet<i64>> {
    let lists = lists(table, parents);
    let mut attempt = 1;
    loop {
        match read_once(client, table, &lists, traffic).await {
            Err(error @ Error::Incomplete { .. }) if attempt < ATTEMPTS => {
                tracing::warn!(%error, "reading the ids again");
                attempt += 1;
            }
            other => return other,
        }
    }
}

async fn read_once(client: &Client, table: &'static Table, lists: &[List], traffic: &Traffic) -> Result<BTreeSet<i64>> {
    let mut all = BTreeSet::new();
    for List { endpoint, .. } in lists {
        let before = match client.count(endpoint, None, traffic).await {
            // The parent went away between its own list and this one.
            Err(ClientError::NotFound { .. }) if table.parent.is_some() => continue,
            other => other?,
        };
        let mut ids = BTreeSet::new();
        let mut nameless = 0;
        let mut pager = Pager::of_ids(client, table, endpoint, before);
        while let Some(page) = pager.next(traffic).await? {
            let keys = page.decoded.batch.column_by_name(table.key).and_then(|key| key.as_primitive_opt::<Int64Type>());
            ids.extend(keys.map(|keys| keys.values().to_vec()).unwrap_or_default());
            nameless += page.decoded.quarantined.len() as u64;
        }
        let after = client.count(endpoint, None, traffic).await?;
        let fetched = ids.len() as u64 + nameless;
        if fetched < before.min(after) || fetched > before.max(after) {
            let counted = if before == after { before.to_string() } else { format!("{before} and then {after}") };
            return Err(Error::Incomplete { entity: table.entity.to_owned(), fetched, counted });
        }
        all.append(&mut ids);
    }
    Ok(all)
}
