//! Changes during the read: finds the records that changed while their list was read.
//!
//! Such a record may have been read before its change, and the count may stay the same.
//!
//! Invariant: whatever changes after the start of the reading must have a time of change that is not before the one
//! found here, which is the server's own: the newest change that it knew of by then. Clocks of two machines are never
//! compared, except to look further back. A record whose time of change is the one that was read is not read again,
//! unless that time is after the start: then it may have changed twice within a second.

use super::extracted::Extracted;
use super::filter::changed_since;
use super::list_reader::ListReader;
use super::plan::Plan;
use super::ranges::side_by_side;
use super::rows::last_updated;
use crate::client::{ClientError, KeyRange, Request};
use crate::conditions::{Condition, Field, times_of_change};
use crate::error::Result;
use crate::lake::longs;
use chrono::{DateTime, TimeDelta, Utc};
use connectwise_runtime::{ChangeDetection, timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Minutes before the newest change from which changes are read. Rows stored together have the time at which that
/// began.
const OVERLAP_MINUTES: i64 = 10;

/// The newest change that a server knew of, and the property by which it filters changes.
#[derive(Debug, Clone)]
pub(super) struct Newest {
    pub(super) name: Field,
    pub(super) at: DateTime<Utc>,
}

impl Newest {
    /// The condition for later changes; `began` is when our run did. `None` where time does not go so far back.
    pub(super) fn condition(&self, began: DateTime<Utc>) -> Option<Condition> {
        // A record that a wrong clock stamped in the future must not hide what changes until then.
        let from = self.at.min(began).checked_sub_signed(TimeDelta::minutes(OVERLAP_MINUTES))?;
        Some(changed_since(self.name.clone(), from))
    }
}

/// Reads the newest change of a list with so many records. `None` where one page holds the whole list, and where the
/// endpoint does not tell its newest change.
///
/// # Errors
/// [`ClientError`] when the endpoint can't be read.
pub(super) async fn newest(source: &ListReader, records: Option<u64>) -> Result<Option<Newest>, ClientError> {
    let table = source.table;
    let is_one_page = records.is_some_and(|records| records <= source.client.page_limit());
    if table.change_detection != ChangeDetection::LastUpdated || is_one_page {
        return Ok(None);
    }
    for name in times_of_change() {
        let request = Request::new(&source.list.endpoint)
            .with("fields", format!("{},_info", table.key))
            .with("orderBy", format!("{name} desc"))
            .with("pageSize", 1)
            .can_shrink();
        let request = match source.conditions(KeyRange::default()) {
            Some(condition) => request.with("conditions", condition),
            None => request,
        };
        match source.client.get(&request, &source.stats, |answer| time_of_first(&answer.body)).await {
            Ok(newest) => return Ok(newest.map(|at| Newest { name, at })),
            Err(error) if error.is_bad_condition() => {
                tracing::debug!(entity = table.entity, %name, "the endpoint can't sort by it");
            }
            // Sorting a long list in this order can be too much for the server.
            Err(error) if error.is_page_too_big() => {
                tracing::debug!(entity = table.entity, %name, %error, "the endpoint does not get to sort by it");
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Reads the time of change of a page's first record.
fn time_of_first(body: &[u8]) -> Result<Option<DateTime<Utc>>, String> {
    let page: Vec<serde_json::Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let updated = page.first().and_then(|record| record["_info"]["lastUpdated"].as_str());
    Ok(updated.and_then(timestamp::parse_micros).and_then(DateTime::from_timestamp_micros))
}

/// Returns the ids in a window whose records changed since they were read; only keys and times are requested.
///
/// # Errors
/// [`crate::Error::Client`] when the API can't be read.
pub(super) async fn differing(
    window: &ListReader,
    plan: Plan,
    fetched: &Extracted,
    newest: DateTime<Utc>,
) -> Result<Vec<i64>> {
    let source = ListReader { only: Some(&[]), known: Arc::default(), ..window.clone() };
    let (mode, expected, newest) = (plan.mode, plan.expected, newest.timestamp_micros());
    let rejected: HashMap<i64, Option<i64>> = fetched.rejected_times().collect();
    let is_as_read = |id: i64, at: Option<i64>| {
        let read = fetched.ids.get(id).map(|row| row.last_updated()).or_else(|| rejected.get(&id).copied());
        at.is_some_and(|at| at <= newest) && read == Some(at)
    };
    let start = |range: KeyRange| {
        let source = source.clone();
        async move {
            let mut pages = source.times(range, mode, expected);
            let mut times = Vec::new();
            while let Some(page) = pages.next().await? {
                let batch = &page.decoded.batch;
                times.extend(longs(batch, source.table.key).into_iter().zip(last_updated(batch)));
                let odd = page.decoded.quarantined.iter();
                times.extend(odd.filter_map(|rejected| Some((rejected.record_id.as_deref()?.parse().ok()?, None))));
            }
            Ok(times)
        }
    };
    let mut differing = BTreeSet::new();
    let done = |times: Vec<(i64, Option<i64>)>| {
        differing.extend(times.into_iter().filter(|(id, at)| !is_as_read(*id, *at)).map(|(id, _)| id));
        Ok(Vec::new())
    };
    side_by_side(source.client.rate_limit().workers, plan.ranges.into(), source.table.entity, start, done).await?;
    Ok(differing.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::field;

    #[test]
    fn a_time_that_lies_ahead_hides_nothing() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let began = at("2026-03-01T12:00:00Z");
        let condition = |newest| {
            Newest { name: field("lastUpdated").unwrap(), at: newest }
                .condition(began)
                .map(|condition| condition.to_string())
        };
        assert_eq!(condition(at("2026-03-01T11:00:00Z")).unwrap(), "lastUpdated >= [2026-03-01T10:50:00Z]");
        assert_eq!(condition(at("2099-01-01T00:00:00Z")).unwrap(), "lastUpdated >= [2026-03-01T11:50:00Z]");
        assert_eq!(condition(DateTime::<Utc>::MIN_UTC), None);
    }
}
