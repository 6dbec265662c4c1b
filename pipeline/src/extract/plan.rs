//! Read plan: the key ranges and the paging mode in which a list is best read.
//!
//! Invariant: the ranges of a plan must cover all keys but those that are covered already, and must not overlap.

use super::list_reader::ListReader;
use crate::client::pages::{Expected, PagingMode};
use crate::client::{ClientError, KeyRange, MOST_ON_A_PAGE, Request, first_key};

/// The most pages of a list that is read in one go, without looking into it first.
const PAGES_IN_ONE_GO: u64 = 2;
/// Ranges to begin with for each worker: more than one, so that uneven ones do not matter, and few, since each becomes
/// row groups of its own.
const RANGES_A_WORKER: u64 = 2;

/// The plan of reading a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) ranges: Vec<KeyRange>,
    pub(super) mode: PagingMode,
    /// The newest key, where it is known.
    pub(super) newest: i64,
    /// The number of records in the range of a plan, where there is but one.
    pub(super) expected: Expected,
}

impl Plan {
    /// Plans one range of all keys.
    fn whole(expected: Option<u64>) -> Self {
        let expected = expected.map_or(Expected::Unknown, Expected::Count);
        Self { ranges: vec![KeyRange::default()], mode: PagingMode::ForwardOnly, newest: 0, expected }
    }

    /// Plans equal ranges between the oldest and the newest key, the first open below and the last above. Where no key
    /// is missing a range is one page, or as many whole pages as keep the number of ranges within bounds.
    fn between(oldest: i64, newest: i64, expected: u64, mode: PagingMode, workers: usize) -> Self {
        // No key below 1 fits a table: the few that exist are read with the first range.
        let oldest = oldest.max(1);
        let pages = expected.div_ceil(MOST_ON_A_PAGE).max(1);
        let wanted = pages.div_ceil(pages.div_ceil(RANGES_A_WORKER * workers.max(1) as u64));
        let width = newest.saturating_sub(oldest).max(1);
        let number = i64::try_from(wanted).unwrap_or(1).min(width);
        // The first range holds the oldest key as well, so the bounds lie before the first key of each.
        let bound = |index: i64| oldest - 1 + ((i128::from(width) + 1) * i128::from(index) / i128::from(number)) as i64;
        let ranges = (0..number)
            .map(|index| KeyRange {
                after: (index > 0).then(|| bound(index)),
                to: (index + 1 < number).then(|| bound(index + 1)),
            })
            .collect();
        Self { ranges, mode, newest, expected: Expected::Part }
    }

    /// Returns the plan without the ranges that were read before.
    pub(super) fn without(mut self, covered: &[KeyRange]) -> Self {
        for read in covered {
            self.ranges = self.ranges.into_iter().flat_map(|range| range.minus(*read)).collect();
        }
        if !covered.is_empty() {
            self.expected = Expected::Part;
        }
        self
    }
}

/// Plans how a list with so many records is best read.
///
/// # Errors
/// [`ClientError`] when the endpoint can't be read at all.
pub(super) async fn plan(source: &ListReader, expected: Option<u64>) -> Result<Plan, ClientError> {
    if expected.is_some_and(|expected| expected <= MOST_ON_A_PAGE * PAGES_IN_ONE_GO) {
        return Ok(Plan::whole(expected));
    }
    let (client, key, stats) = (&source.client, source.table.key, source.stats.as_ref());
    let one = || {
        let request = Request::new(&source.list.endpoint).with("pageSize", 1).with("fields", key).can_shrink();
        match source.conditions(KeyRange::default()) {
            Some(condition) => request.with("conditions", condition),
            None => request,
        }
    };
    let mut forward = one();
    forward.forward_only = true;
    let forward_only = async {
        match client.get(&forward, stats, |answer| Ok(answer.next_is_forward_only)).await {
            Err(ClientError::Refused { .. }) => Ok(false),
            // The first record may be an unserved one.
            Err(error) if error.is_page_too_big() => Ok(false),
            other => other,
        }
    };
    let end = async |order: &str| {
        let request = one().with("orderBy", format!("{key} {order}"));
        match client.get(&request, stats, |answer| first_key(&answer.body, key)).await {
            Err(ClientError::Refused { .. }) => Ok(None),
            Err(error) if error.is_page_too_big() => Ok(None),
            other => other,
        }
    };
    // Concurrently: each of them takes a round trip.
    let (forward_only, oldest, newest) = futures::try_join!(forward_only, end("asc"), end("desc"))?;
    let mode = if forward_only { PagingMode::ForwardOnly } else { PagingMode::Keyset };
    match (oldest, newest, expected) {
        (Some(oldest), Some(newest), Some(expected)) if oldest < newest => {
            Ok(Plan::between(oldest, newest, expected, mode, client.rate_limit().workers))
        }
        // It can't be sorted by the key, or counted: the page reader finds a paging mode.
        _ => Ok(Plan::whole(expected)),
    }
}

/// The summary of the plan of a list.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// The list.
    pub endpoint: String,
    /// The conditions of its requests.
    pub conditions: Option<String>,
    /// The records that it counts, where the API has a count.
    pub records: Option<u64>,
    /// The initial paging mode.
    pub paging: &'static str,
    /// Key ranges that are read concurrently.
    pub ranges: usize,
    /// Requests for pages, at least.
    pub requests: Option<u64>,
    /// The length of the longest URL, in characters.
    pub longest_address: usize,
}

/// Plans a list, and summarizes the plan.
///
/// # Errors
/// [`ClientError`] when the endpoint can't be read.
pub(super) async fn summary(source: &ListReader) -> Result<PlanSummary, ClientError> {
    let records = source.count().await?;
    let plan = plan(source, records).await?;
    let mut longest_address = 0;
    let mut requests_a_page = 1;
    for range in &plan.ranges {
        let requests = source.pages(*range, plan.mode, plan.expected).requests();
        requests_a_page = requests.len() as u64;
        for request in &requests {
            longest_address = longest_address.max(source.client.address_of(request)?.as_str().len());
        }
    }
    // Full pages, and at least one for each range.
    let pages = records.map(|records| records.div_ceil(source.client.page_limit()).max(plan.ranges.len() as u64));
    Ok(PlanSummary {
        endpoint: source.list.endpoint.clone(),
        conditions: source.conditions(KeyRange::default()).map(|conditions| conditions.to_string()),
        records,
        paging: match plan.mode {
            PagingMode::ForwardOnly => "forward-only",
            PagingMode::Keyset => "by id",
            PagingMode::PageNumber => "by number",
        },
        ranges: plan.ranges.len(),
        requests: pages.map(|pages| pages * requests_a_page),
        longest_address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_key_is_in_one_range(
            oldest in prop_oneof![0_i64..1_000_000, any::<i64>().prop_map(|key| key.min(0))],
            width in 1_i64..i64::MAX / 4,
            expected in 0_u64..10_000_000,
            workers in 0_usize..40,
            keys in prop::collection::vec(any::<i64>(), 1..20),
        ) {
            let plan = Plan::between(oldest, oldest + width, expected, PagingMode::ForwardOnly, workers);
            for key in keys.into_iter().chain([oldest, oldest + width, oldest + width / 2]) {
                prop_assert_eq!(plan.ranges.iter().filter(|range| range.holds(key)).count(), 1, "{} {:?}", key, plan);
            }
        }

        #[test]
        fn what_was_read_is_not_read_again_and_all_else_is(
            newest in 1_i64..1_000,
            expected in 0_u64..100_000,
            bounds in prop::collection::vec((prop::option::of(-5_i64..1_100), prop::option::of(-5_i64..1_100)), 0..6),
            key in -10_i64..1_200,
        ) {
            let covered: Vec<KeyRange> = bounds.into_iter().map(|(after, to)| KeyRange { after, to }).collect();
            let plan = Plan::between(0, newest, expected, PagingMode::Keyset, 8).without(&covered);
            let wanted = usize::from(!covered.iter().any(|range| range.holds(key)));
            prop_assert_eq!(plan.ranges.iter().filter(|range| range.holds(key)).count(), wanted);
        }
    }
}
