//! Observer: who is told how the reading of a list goes.

use std::fmt::Debug;
use std::time::Duration;
use tracing::Span;

/// Someone who is told how reading goes.
///
/// Invariant: an implementation must not fail, and must never slow down the reading that it is told of.
pub trait Observer: Debug + Send + Sync {
    /// So many more records were received.
    fn received(&self, records: u64);

    /// A request is tried again after this wait, for this reason.
    fn retried(&self, wait: Duration, reason: &str);

    /// The span of the trace that requests belong to; none by default.
    fn span(&self) -> Span {
        Span::none()
    }
}

/// Tells no one.
impl Observer for () {
    fn received(&self, _: u64) {}

    fn retried(&self, _: Duration, _: &str) {}
}
