//! What changes while a list is read: it may have been read before, and its number may stay the same.
//!
//! Invariant: whatever changes after the reading began bears a time that is not before the one found here, which is
//! the server's own: the newest change that it knew of by then. Clocks of two machines are never compared.

use super::filter::{NAMES, changed_since};
use super::paging::PAGE_SIZE;
use super::ranges::{KeyRange, Source};
use crate::client::{ClientError, Request};
use chrono::{DateTime, TimeDelta, Utc};
use connectwise_runtime::{ChangeDetection, timestamp};

/// How far before the newest change is asked again: what is stored together bears the time at which that began.
const OVERLAP_MINUTES: i64 = 10;

/// The condition for what changes from now on, in a list that counts so many records. `None` where one answer brings
/// the whole list, and where the endpoint does not tell its newest change.
///
/// # Errors
/// [`ClientError`] when the endpoint can't be asked.
pub(super) async fn from_now_on(source: &Source, records: Option<u64>) -> Result<Option<String>, ClientError> {
    let table = source.table;
    if table.change_detection != ChangeDetection::LastUpdated || records.is_some_and(|records| records <= PAGE_SIZE) {
        return Ok(None);
    }
    for name in NAMES {
        let request = Request::new(&source.list.endpoint)
            .with("fields", format!("{},_info", table.key))
            .with("orderBy", format!("{name} desc"))
            .with("pageSize", 1);
        let mut request = match source.conditions(KeyRange::default()) {
            Some(condition) => request.with("conditions", condition),
            None => request,
        };
        request.divisible = true;
        match source.client.get(&request, &source.traffic, |answer| newest(&answer.body)).await {
            Ok(newest) => {
                return Ok(newest.and_then(|newest| {
                    let from = newest.checked_sub_signed(TimeDelta::minutes(OVERLAP_MINUTES))?;
                    Some(changed_since(name, from))
                }));
            }
            Err(error) if error.is_bad_condition() => {
                tracing::debug!(entity = table.entity, name, "the endpoint can't sort by it");
            }
            // A long list that is not kept in this order can be too much for the server.
            Err(error) if error.is_page_too_big() => {
                tracing::debug!(entity = table.entity, name, %error, "the endpoint does not get to sort by it");
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The time of change of a page's first record.
fn newest(body: &[u8]) -> Result<Option<DateTime<Utc>>, String> {
    let page: Vec<serde_json::Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let updated = page.first().and_then(|record| record["_info"]["lastUpdated"].as_str());
    Ok(updated.and_then(timestamp::parse_micros).and_then(DateTime::from_timestamp_micros))
}
