//! Doctor: checks what a run needs: the address, the login, the rights, the storage.
//!
//! The checks use the run's own code: pages are read, a lock is taken, a table is committed to, rows are staged.
//! Invariant: nothing of it must be left behind, neither at the API nor in the lakehouse, and no finding may contain a
//! credential.

mod contact;
mod entities;
mod storage;

use crate::client::{Client, DataSource, Limits, RateLimit, RequestStats, RetryPolicy};
use crate::error::Result;
use crate::lake::Lakehouse;
use crate::settings::{ApiSettings, SettingsError};
use connectwise_generated::tables::TABLES;
use std::sync::Arc;
use std::time::Duration;

/// Retry policy of the doctor: a user waits, and only failures that last are of interest.
const RETRY: RetryPolicy = RetryPolicy { base: Duration::from_millis(250), cap: Duration::from_millis(500), tries: 3 };

/// Outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Well,
    /// Runs work, but there is something to know.
    Warning,
    /// Not checked, because something else failed.
    Skipped,
    /// Makes runs fail.
    Failed,
}

impl State {
    /// Returns ✓, – or ✗.
    pub fn mark(self) -> char {
        match self {
            State::Well => '✓',
            State::Warning | State::Skipped => '–',
            State::Failed => '✗',
        }
    }
}

/// Result of one check.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it ended.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do, where there is something to do.
    pub advice: Option<String>,
}

impl Check {
    fn new(name: &str, state: State, found: impl Into<String>, advice: Option<&str>) -> Self {
        Self { name: name.to_owned(), state, found: found.into(), advice: advice.map(ToOwned::to_owned) }
    }

    fn well(name: &str, found: impl Into<String>) -> Self {
        Self::new(name, State::Well, found, None)
    }

    fn warning(name: &str, found: impl Into<String>, advice: &str) -> Self {
        Self::new(name, State::Warning, found, Some(advice))
    }

    fn skipped(name: &str, why: &str) -> Self {
        Self::new(name, State::Skipped, format!("not checked: {why}"), None)
    }

    /// Returns whether checks that build on it can be made.
    fn is_well(&self) -> bool {
        matches!(self.state, State::Well | State::Warning)
    }

    fn failed(name: &str, found: impl Into<String>, advice: &str) -> Self {
        Self::new(name, State::Failed, found, Some(advice))
    }
}

/// Returns whether a run can be expected to work.
pub fn is_well(checks: &[Check]) -> bool {
    checks.iter().all(Check::is_well)
}

/// Runs all checks; those that depend on a failed one are skipped.
pub async fn examine(
    settings: Result<ApiSettings, SettingsError>,
    rate: RateLimit,
    lake: Result<Lakehouse>,
) -> Vec<Check> {
    let mut checks = Vec::new();
    let source = settings.as_ref().ok().map(DataSource::of);
    match settings {
        Ok(settings) => api(settings, rate, &mut checks).await,
        Err(error) => {
            checks.push(Check::failed("address", one_line(&error), "set the variables that are named"));
            skip_from(&mut checks, "dns", "the address is missing");
        }
    }
    storage::all(lake, source, &mut checks).await;
    checks
}

/// The checks of the API, in the order in which they build on each other.
pub const STEPS: [&str; 6] = ["dns", "connection", "tls", "login", "clientId", "version"];

/// Skips the checks of the API from this one on.
fn skip_from(checks: &mut Vec<Check>, first: &str, why: &str) {
    let steps = STEPS.iter().skip_while(|step| **step != first);
    checks.extend(steps.chain(TABLES.iter().map(|table| &table.entity)).map(|name| Check::skipped(name, why)));
}

async fn api(settings: ApiSettings, rate: RateLimit, checks: &mut Vec<Check>) {
    let on_this_machine = settings.is_loopback();
    let client = match Client::with(settings, RETRY, rate, Limits::default()) {
        Ok(client) => client,
        Err(error) => {
            checks.push(Check::failed("address", error.to_string(), "check the CW_… variables for stray characters"));
            return skip_from(checks, "dns", "the client can't be set up");
        }
    };
    let stats = Arc::new(RequestStats::default());
    if let Err((next, why)) = contact::all(&client, &stats, on_this_machine, checks).await {
        return skip_from(checks, next, why);
    }
    for table in TABLES {
        checks.push(entities::check(&client, &stats, table).await);
    }
}

/// Joins the lines of a message.
fn one_line(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
