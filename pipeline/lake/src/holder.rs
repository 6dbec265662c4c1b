//! Holder of a lock, and whether its lock is still valid.

use super::process::Process;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// Lifetime of a lock that is not renewed: longer than clocks differ and than a machine is unreachable.
const LEASE: Duration = Duration::from_secs(10 * 60);
/// Tokens of the locks that this process holds, so that one that was dropped is known to be free.
static HELD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

pub(super) fn held() -> std::sync::MutexGuard<'static, HashSet<String>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holder of a lakehouse's lock, as the lock file describes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The command.
    pub command: String,
    /// The user, where the system names one.
    pub user: Option<String>,
    /// The process that holds it.
    #[serde(flatten)]
    pub process: Process,
    /// When it was acquired.
    pub since: DateTime<Utc>,
    /// When it was last renewed.
    pub renewed_at: DateTime<Utc>,
    /// When it expires if it is not renewed.
    pub expires_at: DateTime<Utc>,
    /// What it recorded about its work, for the process that takes the lock over.
    #[serde(default)]
    pub(super) begun: Option<serde_json::Value>,
    /// Whether it was released.
    pub(super) released: bool,
    pub(super) token: String,
}

impl Holder {
    pub(super) fn new(command: &str, begun: Option<serde_json::Value>, now: DateTime<Utc>) -> Self {
        let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        Self {
            command: command.to_owned(),
            user: user.filter(|user| !user.is_empty()),
            process: Process::own(),
            since: now,
            renewed_at: now,
            expires_at: now + lease(),
            begun,
            released: false,
            token: uuid::Uuid::new_v4().simple().to_string(),
        }
    }

    /// Holder with its times by the clock that says when its file was written.
    pub(super) fn written_at(self, at: DateTime<Utc>) -> Self {
        let lease = self.expires_at - self.renewed_at;
        Self { renewed_at: at, expires_at: at + lease, ..self }
    }

    /// Whether the lock is still valid, at a time by the storage's clock.
    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        if self.released || self.expires_at <= now {
            return false;
        }
        if self.process.is_own() { held().contains(&self.token) } else { !self.process.is_gone() }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.command)?;
        if let Some(user) = &self.user {
            write!(f, " of {user}")?;
        }
        write!(f, " (process {} on {}), since {}", self.process.pid, self.process.host, instant(self.since))
    }
}

pub(super) fn lease() -> TimeDelta {
    TimeDelta::from_std(LEASE).unwrap_or(TimeDelta::MAX)
}

pub(super) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
