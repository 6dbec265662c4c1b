//! What a run did so far.

use super::report::RunReport;
use std::collections::BTreeSet;

/// What a run did so far.
pub(super) struct RunState {
    /// What is told of it.
    pub report: RunReport,
    /// The entities whose bronze table the run wrote.
    pub changed: BTreeSet<&'static str>,
}
