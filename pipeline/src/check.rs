//! Checks: their outcome, and what a broken one does to a run.

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// Its name, e.g. `rows/cw_timeentry`.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was compared, with the figures.
    pub detail: String,
    /// Whether it fails the run when it is broken, or is only reported.
    pub severity: Severity,
}

/// Severity of a check: what a broken one does to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It fails the run.
    Error,
    /// It is reported, and the run goes on.
    Warning,
}

impl Severity {
    /// Returns the name that the tables use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Check {
    pub(crate) fn new(name: String, passed: bool, detail: String) -> Self {
        Self { name, passed, detail, severity: Severity::Error }
    }

    /// Returns the invariant that it belongs to: its name up to the first `/`.
    pub fn invariant(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Returns whether it is broken, and fails the run.
    pub fn fails(&self) -> bool {
        !self.passed && self.severity == Severity::Error
    }
}
