//! Reader places: how many readers of key ranges work at once, whichever lists they read.
//!
//! Such a reader holds a page, its rows, and the encoders of its file. Each list has as many of them as there are workers:
//! without the places, memory would grow with the number of lists that are read side by side.

use crate::throttle::RateLimit;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a client, which its clones share.
#[derive(Debug, Clone)]
pub(crate) struct ReaderPlaces(Arc<Semaphore>);

impl ReaderPlaces {
    /// Half as many again as workers: requests are under way while the pages of others are decoded.
    pub(crate) fn of(rate: RateLimit) -> Self {
        let places = rate.workers.saturating_add(rate.workers.div_ceil(2)).clamp(1, Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Waits for a place, which is free again when it is dropped.
    pub(crate) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn clones_share_the_places_and_one_that_is_given_back_is_free() {
        for (workers, places) in [(0, 1), (1, 2), (2, 3), (8, 12), (usize::MAX, Semaphore::MAX_PERMITS)] {
            let all = ReaderPlaces::of(RateLimit { requests_per_minute: 0, workers });
            assert_eq!(all.0.available_permits(), places, "{workers} workers");
        }
        let places = ReaderPlaces::of(RateLimit { requests_per_minute: 0, workers: 2 });
        let mut taken: Vec<_> = (0..3).map(|_| places.clone().take().now_or_never().unwrap()).collect();
        assert!(places.take().now_or_never().is_none());
        taken.pop();
        assert!(places.take().now_or_never().is_some());
    }
}
