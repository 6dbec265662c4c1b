//! Page limit: the largest page size that a server accepts, learned when it refuses a larger one.

use crate::client::Client;
use crate::error::{ClientError, REQUEST};
use crate::page_size::TRIES;
use crate::request::{Request, RequestStats};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest page size of the API, in records.
pub const MOST_ON_A_PAGE: u64 = 1000;

/// The largest page size, shared by all clones of a client.
#[derive(Debug, Clone)]
pub(super) struct PageLimit(Arc<AtomicU64>);

impl Default for PageLimit {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(MOST_ON_A_PAGE)))
    }
}

impl Client {
    /// The largest page size that is requested.
    pub fn page_limit(&self) -> u64 {
        self.page_limit.0.load(Ordering::Relaxed)
    }

    /// Lowers the page size of all further requests to this.
    pub fn limit_pages(&self, records: u64) {
        self.page_limit.0.fetch_min(records.max(1), Ordering::Relaxed);
    }

    /// Whether a page was refused because of its size; if so, the page limit is lowered.
    pub(crate) async fn takes_fewer(
        &self,
        request: &Request,
        records: u64,
        refusal: &ClientError,
        stats: &RequestStats,
    ) -> bool {
        let ClientError::Refused { message, .. } = refusal else { return false };
        if records < 2 {
            return false;
        }
        // Another reader has lowered it already.
        if self.page_limit() < records {
            return true;
        }
        let limit = match stated(message, records) {
            Some(limit) => limit,
            None => {
                let one = Request { give_up_after: Some(TRIES), ..request.clone().of_one() };
                if self.get(&one, stats, |_| Ok(())).await.is_err() {
                    return false;
                }
                records / 2
            }
        };
        tracing::info!(endpoint = request.endpoint, limit, message, "the server refuses larger pages");
        self.limit_pages(limit);
        true
    }
}

/// The page limit by a refusal's message: the number in it, or half of `records` where it holds none. `None` where the
/// message is about something else.
fn stated(message: &str, records: u64) -> Option<u64> {
    // The request id is no limit.
    let message = message.split_once(REQUEST).map_or(message, |(message, _)| message).to_lowercase();
    let is_about_pages = ["pagesize", "page size", "page_size", "page-size"].iter().any(|name| message.contains(name));
    let numbers = message.split(|letter: char| !letter.is_ascii_digit()).filter_map(|number| number.parse().ok());
    let limit = numbers.filter(|number| (1..records).contains(number)).max();
    is_about_pages.then(|| limit.unwrap_or(records / 2).max(1))
}

#[cfg(test)]
mod tests {
    use super::stated;

    #[test]
    fn a_refusal_states_the_limit_or_not() {
        for (message, limit) in [
            ("InvalidParameter: pageSize must be between 1 and 250", Some(250)),
            ("The page size of 1000 is larger than 500.", Some(500)),
            ("pageSize must be between 1 and 25., request 89c296c8-1a3c-4f7f-b7de-721cd09f8848", Some(25)),
            ("pageSize is too large", Some(500)),
            ("PageSize must not be 1000", Some(500)),
            ("ApiFindCondition: id is no name, 250", None),
        ] {
            assert_eq!(stated(message, 1000), limit, "{message}");
        }
    }
}
