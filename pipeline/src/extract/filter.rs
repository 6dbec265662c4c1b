//! Window filter: the condition for a window of time, and the test whether an endpoint honours it.
//!
//! Invariant: a filter must never be used before it was seen to find records: one that is accepted and matches nothing
//! would look like a source in which nothing ever changes.

use crate::client::{Client, ClientError, Request, RequestStats};
use crate::conditions::{Condition, Field, times_of_change};
use chrono::{DateTime, SubsecRound as _, Utc};
use connectwise_runtime::Table;

/// The condition for what changed at this instant or later, to the second.
pub(super) fn changed_since(name: Field, since: DateTime<Utc>) -> Condition {
    name.at_least(since.trunc_subsecs(0))
}

/// Finds the property by which an endpoint filters by the time of change. `None` where it can't: the API refuses the
/// condition, or the filter misses most of the records.
///
/// # Errors
/// [`ClientError`] when the endpoint can't be read.
pub(crate) async fn filter_name(
    client: &Client,
    table: &Table,
    endpoint: &str,
    since: DateTime<Utc>,
    stats: &RequestStats,
) -> Result<Option<Field>, ClientError> {
    for name in times_of_change() {
        match probe(client, table, endpoint, &name, since, stats).await {
            Ok(true) => return Ok(Some(name)),
            Ok(false) => tracing::debug!(entity = table.entity, %name, "the filter does not find all there is"),
            Err(error) if error.is_bad_condition() => {
                tracing::debug!(entity = table.entity, %name, "the endpoint can't filter by it");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether a filter is accepted and, since 1970, finds records: of those that the API counts, at least half.
async fn probe(
    client: &Client,
    table: &Table,
    endpoint: &str,
    name: &Field,
    since: DateTime<Utc>,
    stats: &RequestStats,
) -> Result<bool, ClientError> {
    let first = |condition: Option<&Condition>| {
        let request = Request::new(endpoint).with("fields", table.key).with("pageSize", 1).can_shrink();
        match condition {
            Some(condition) => request.with("conditions", condition),
            None => request,
        }
    };
    let is_empty = async |condition: Option<&Condition>| {
        let request = first(condition);
        let read = client.get(&request, stats, |answer| {
            serde_json::from_slice::<Vec<serde_json::Value>>(&answer.body)
                .map(|page| page.is_empty())
                .map_err(|error| error.to_string())
        });
        match read.await {
            // The server accepted the condition, and failed at a record that it found.
            Err(error) if error.is_page_too_big() => Ok(false),
            other => other,
        }
    };
    is_empty(Some(&changed_since(name.clone(), since))).await?;
    let ever = changed_since(name.clone(), DateTime::UNIX_EPOCH);
    let all = match table.counted {
        true => client.count_where_there_is_one(endpoint, None, stats).await?,
        false => None,
    };
    let Some(all) = all else {
        return Ok(!is_empty(Some(&ever)).await? || is_empty(None).await?);
    };
    let found = client.count(endpoint, Some(&ever), stats).await?;
    if found < all {
        let (without, entity) = (all - found, table.entity);
        tracing::warn!(entity, %name, without, of = all, "records without a time of change: full runs alone see theirs");
    }
    // A filter that finds little of what is there does not work; a few records without a time are no reason to read
    // all others every night.
    Ok(found * 2 >= all)
}
