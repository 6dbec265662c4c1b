//! Retry policy: the number of attempts, and the wait between them.

use rand::Rng as _;
use std::time::Duration;

/// Exponential back-off with jitter.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// The first wait.
    pub base: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// The most attempts.
    pub tries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { base: Duration::from_millis(250), cap: Duration::from_secs(60), tries: 8 }
    }
}

impl RetryPolicy {
    /// The wait after the given failed attempt (from 0): half fixed, half random, so that workers spread.
    pub fn delay(&self, attempt: u32) -> Duration {
        let full = self.base.saturating_mul(2_u32.saturating_pow(attempt)).min(self.cap);
        full.mul_f64(0.5 + rand::rng().random_range(0.0..0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_is_capped() {
        let policy = RetryPolicy::default();
        for attempt in 0..40 {
            let full = Duration::from_millis(250 * 2_u64.pow(attempt.min(20))).min(policy.cap);
            let delay = policy.delay(attempt);
            assert!(delay >= full.mul_f64(0.49) && delay <= full, "{attempt}: {delay:?}");
        }
    }
}
