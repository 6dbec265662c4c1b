//! State of a run: its report, and what it changed so far.

use super::report::RunReport;
use std::collections::BTreeSet;

/// State of a run.
pub(super) struct RunState {
    /// What is reported so far.
    pub report: RunReport,
    /// The entities whose bronze table the run wrote.
    pub changed: BTreeSet<&'static str>,
}
