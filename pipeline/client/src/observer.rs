//! Observer: callbacks for received records and retries while a list is read.

use std::fmt::Debug;
use std::time::Duration;
use tracing::Span;

/// Receives the progress of reading a list.
///
/// Invariant: an implementation must not fail, and must never slow down the reading that it observes.
pub trait Observer: Debug + Send + Sync {
    /// Called when so many more records were received.
    fn received(&self, records: u64);

    /// Called when a request will be retried after this wait, for this reason.
    fn retried(&self, wait: Duration, reason: &str);

    /// The span of the trace that requests belong to; none by default.
    fn span(&self) -> Span {
        Span::none()
    }
}

/// An observer that ignores everything.
impl Observer for () {
    fn received(&self, _: u64) {}

    fn retried(&self, _: Duration, _: &str) {}
}
