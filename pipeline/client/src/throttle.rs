//! Rate limiter: requests per minute and concurrent requests, shared by all workers of the process.
//!
//! Invariant: in no 60 seconds may more requests begin than the rate limit allows, and none may begin before the
//! instant that the API named in `Retry-After`, whichever worker received it. At least one request must always be
//! allowed to be under way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The window of the rate limit.
const WINDOW: Duration = Duration::from_secs(60);
/// The longest wait that is accepted when the API asks for one.
pub(super) const MOST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Responses slower than this (and much slower than usual) are taken for a sign of an overloaded server.
const SLOW: Duration = Duration::from_secs(5);
/// The factor over the usual duration that counts as much slower.
const SLOWER: u32 = 4;

/// The rate limit and the concurrency limit of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests per minute; 0 is no limit.
    pub requests_per_minute: u32,
    /// The most requests under way at once.
    pub workers: usize,
}

impl RateLimit {
    /// The limits that a client should expect to be allowed.
    pub const USUAL: Self = Self { requests_per_minute: 1000, workers: 8 };
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::USUAL
    }
}

/// The rate limiter of a process, shared by its clones.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    rate: RateLimit,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// When the requests of the last minute began.
    begun: VecDeque<Instant>,
    /// No request begins before this.
    not_before: Option<Instant>,
    under_way: usize,
    concurrency: ConcurrencyLimit,
}

/// The concurrency limit: plus one after a round of good responses, half after a sign of overload.
#[derive(Debug)]
struct ConcurrencyLimit {
    allowed: f64,
    usual: Option<Duration>,
    /// When the limit was last halved: signs from requests that began earlier are of the same overload.
    answered: Option<Instant>,
}

impl Default for ConcurrencyLimit {
    fn default() -> Self {
        Self { allowed: f64::INFINITY, usual: None, answered: None }
    }
}

impl ConcurrencyLimit {
    fn good(&mut self, took: Duration, most: usize) {
        self.usual = Some(self.usual.map_or(took, |usual| (usual * 7 + took) / 8));
        self.allowed = (self.allowed + 1.0 / self.allowed.max(1.0)).min(most as f64);
    }

    fn overload(&mut self, began: Instant, now: Instant, most: usize) {
        if self.answered.is_none_or(|answered| began >= answered) {
            self.allowed = (self.allowed.min(most as f64) / 2.0).max(1.0);
            self.answered = Some(now);
        }
    }

    fn is_slow(&self, took: Duration) -> bool {
        took > SLOW && self.usual.is_some_and(|usual| took > usual * SLOWER)
    }

    fn limit(&self, most: usize) -> usize {
        // At least one, so that work goes on whatever happens.
        (self.allowed.min(most as f64) as usize).max(1)
    }
}

/// The outcome of a request, for the concurrency limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With a response.
    Answered,
    /// With 408, 429, 503, 504 or a time-out.
    Overloaded,
    /// Otherwise: says nothing about load.
    Otherwise,
}

/// The permit for one request under way; returned when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    shared: Arc<Shared>,
    began: Instant,
}

impl Budget {
    pub(super) fn new(rate: RateLimit) -> Self {
        let rate = RateLimit { workers: rate.workers.max(1), ..rate };
        Self { shared: Arc::new(Shared { rate, state: Mutex::default(), freed: Notify::new() }) }
    }

    pub(super) fn rate_limit(&self) -> RateLimit {
        self.shared.rate
    }

    /// Waits until a request may begin.
    ///
    /// # Errors
    /// The wait that the API asks for, where it is longer than [`MOST_WAIT`].
    pub(super) async fn permit(&self) -> Result<Permit, Duration> {
        loop {
            let freed = self.shared.freed.notified();
            let wait = {
                let now = Instant::now();
                let mut state = self.shared.lock();
                match state.admit(now, self.shared.rate) {
                    Admission::Now => return Ok(Permit { shared: Arc::clone(&self.shared), began: now }),
                    Admission::Never(wait) => return Err(wait),
                    Admission::At(instant) => Some(instant),
                    Admission::WhenFreed => None,
                }
            };
            match wait {
                Some(instant) => tokio::time::sleep_until(instant).await,
                None => freed.await,
            }
        }
    }

    /// Holds all workers back for this wait.
    pub(super) fn hold(&self, wait: Duration) {
        // A wait that overflows the clock is replaced by one that is too long in any case.
        let now = Instant::now();
        let until = now.checked_add(wait).unwrap_or(now + MOST_WAIT * 2);
        let mut state = self.shared.lock();
        state.not_before = Some(state.not_before.map_or(until, |before| before.max(until)));
    }
}

#[derive(Debug)]
enum Admission {
    Now,
    At(Instant),
    WhenFreed,
    /// The API asks for a longer wait than [`MOST_WAIT`].
    Never(Duration),
}

impl State {
    fn admit(&mut self, now: Instant, rate: RateLimit) -> Admission {
        let held = self.not_before.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        if held > MOST_WAIT {
            return Admission::Never(held);
        }
        if self.under_way >= self.concurrency.limit(rate.workers) {
            return Admission::WhenFreed;
        }
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return Admission::At(until);
        }
        if rate.requests_per_minute > 0 {
            while self.begun.front().is_some_and(|begun| now.duration_since(*begun) >= WINDOW) {
                self.begun.pop_front();
            }
            if self.begun.len() >= rate.requests_per_minute as usize
                && let Some(oldest) = self.begun.front()
            {
                return Admission::At(*oldest + WINDOW);
            }
            self.begun.push_back(now);
        }
        self.under_way += 1;
        Admission::Now
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Ends the request and adapts the concurrency limit to its outcome.
    pub(super) fn end(self, ended: Ended) {
        let now = Instant::now();
        let took = now.duration_since(self.began);
        let most = self.shared.rate.workers;
        let mut state = self.shared.lock();
        match ended {
            Ended::Overloaded => state.concurrency.overload(self.began, now, most),
            Ended::Answered if state.concurrency.is_slow(took) => state.concurrency.overload(self.began, now, most),
            Ended::Answered => state.concurrency.good(took, most),
            Ended::Otherwise => {}
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.lock().under_way -= 1;
        // Wakes all: the limit may have grown by more than one, and who is not admitted waits again.
        self.shared.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit_of(requests_per_minute: u32, workers: usize) -> RateLimit {
        RateLimit { requests_per_minute, workers }
    }

    /// Returns the start of each of `requests` that take `each`, one after the other.
    fn begin(rate: RateLimit, requests: usize, each: Duration) -> Vec<Instant> {
        let (mut state, mut now) = (State::default(), Instant::now());
        let mut begun = Vec::new();
        while begun.len() < requests {
            match state.admit(now, rate) {
                Admission::Now => {
                    begun.push(now);
                    state.under_way -= 1;
                    now += each;
                }
                Admission::At(instant) => now = instant,
                other => unreachable!("each ends before the next, and nothing is held: {other:?}"),
            }
        }
        begun
    }

    #[test]
    fn no_minute_holds_more_than_the_budget() {
        let begun = begin(limit_of(10, 100), 35, Duration::from_millis(700));
        for pair in begun.windows(11) {
            assert!(pair[10].duration_since(pair[0]) >= WINDOW, "{begun:?}");
        }
        assert!(begun[34].duration_since(begun[0]) < WINDOW * 4, "slower than the budget");
    }

    #[test]
    fn the_longest_wait_that_was_asked_for_holds_for_all() {
        let budget = Budget::new(limit_of(0, 4));
        let start = Instant::now();
        budget.hold(Duration::from_secs(70));
        budget.hold(Duration::from_secs(20));
        let mut state = budget.shared.lock();
        let Admission::At(first) = state.admit(start, limit_of(0, 4)) else { panic!("it began at once") };
        assert!(first - start >= Duration::from_secs(70));
        assert!(matches!(state.admit(first, limit_of(0, 4)), Admission::Now));
    }

    #[tokio::test]
    async fn a_break_that_is_too_long_is_told_to_all() {
        let budget = Budget::new(limit_of(0, 1));
        let permit = budget.permit().await.unwrap();
        budget.hold(MOST_WAIT + Duration::from_secs(60));
        // At once, though the one permit is taken.
        assert!(budget.permit().await.unwrap_err() > MOST_WAIT);
        drop(permit);
        budget.hold(Duration::MAX);
        assert!(budget.permit().await.unwrap_err() > MOST_WAIT);
    }

    #[tokio::test]
    async fn waiters_wake_when_a_place_is_free() {
        let budget = Budget::new(limit_of(0, 2));
        let (first, second) = (budget.permit().await.unwrap(), budget.permit().await.unwrap());
        assert!(matches!(budget.shared.lock().admit(Instant::now(), limit_of(0, 2)), Admission::WhenFreed));
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { drop(budget.permit().await.unwrap()) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "three at once");
        drop(first);
        waiting.await.unwrap();
        drop(second);
    }

    #[test]
    fn overload_halves_once_and_good_answers_bring_it_back() {
        let mut concurrency = ConcurrencyLimit::default();
        let start = Instant::now();
        assert_eq!(concurrency.limit(8), 8);
        // Eight requests of one moment that are all refused are one sign.
        for _ in 0..8 {
            concurrency.overload(start, start + Duration::from_millis(5), 8);
        }
        assert_eq!(concurrency.limit(8), 4);
        for later in 1..5 {
            let later = start + Duration::from_secs(later);
            concurrency.overload(later, later, 8);
        }
        assert_eq!(concurrency.limit(8), 1);
        for _ in 0..100 {
            concurrency.good(Duration::from_millis(20), 8);
        }
        assert_eq!(concurrency.limit(8), 8);
        assert!(concurrency.is_slow(Duration::from_secs(6)) && !concurrency.is_slow(Duration::from_secs(1)));
    }
}
