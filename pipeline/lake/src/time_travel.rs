//! Time travel: opens an earlier version of a table, by its number or by time.
//!
//! Invariant: the result must be one committed version; where there was none yet, a later one must never take its
//! place.

use super::OnTable as _;
use super::error::{Error, Result};
use super::{Lakehouse, Table};
use chrono::{DateTime, SecondsFormat, Utc};
use deltalake::Path;
use deltalake::logstore::object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _};
use futures::{StreamExt as _, TryStreamExt as _};
use std::sync::Arc;

/// Number of log entries read concurrently.
const COMMITS_AT_ONCE: usize = 8;

/// Version of the tables to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// This version of the one table that is named.
    Version(u64),
    /// Each table's newest version that was committed by then.
    Time(DateTime<Utc>),
}

impl std::str::FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if let Ok(version) = text.parse() {
            return Ok(AsOf::Version(version));
        }
        let day = text.parse::<chrono::NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
        let instant = day
            .map(|midnight| midnight.and_utc())
            .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.with_timezone(&Utc)));
        instant.map(AsOf::Time).ok_or_else(|| {
            "expected a table's version (12), a day (2026-01-31, its first moment in UTC) or an instant \
             (2026-01-31T12:00:00Z)"
                .to_owned()
        })
    }
}

/// State of a table at a time.
#[derive(Debug)]
pub enum Then {
    /// The table at its version of that time.
    Was(Box<Table>),
    /// Its first version was committed later, at this time.
    NotYet(DateTime<Utc>),
    /// There is no such table.
    Never,
}

impl Table {
    /// Opens an earlier version.
    ///
    /// # Errors
    /// [`Error::Table`] when there is no such version, or its log is no longer kept.
    pub async fn at_version(mut self, version: u64) -> Result<Self> {
        let newest = self.version();
        if i64::try_from(version).is_ok_and(|version| version <= newest) {
            let failed = |error| error_of(&self, &format!("version {version} is no longer kept ({error})"));
            let mut delta = self.delta().clone();
            delta.load_version(version).await.map_err(failed)?;
            self.show(delta);
            return Ok(self);
        }
        Err(error_of(&self, &format!("there is no version {version}; the newest is {newest}")))
    }
}

/// Opens a table as it was at a time, by the times of its commits.
///
/// # Errors
/// [`Error::Table`] when the log can't be read, or does not reach back so far any more.
pub async fn at_time(lake: &Lakehouse, layer: &'static str, name: &str, time: DateTime<Utc>) -> Result<Then> {
    let Some(table) = lake.open(layer, name).await? else { return Ok(Then::Never) };
    let log = table.delta().log_store().object_store(None);
    let entries: Vec<_> =
        log.list(Some(&Path::from("_delta_log"))).try_collect().await.on_table(&table, "reading the log")?;
    let version = |path: &Path| path.filename()?.strip_suffix(".json")?.parse().ok();
    let newest = u64::try_from(table.version()).unwrap_or_default();
    let versions = entries.iter().filter_map(|entry| version(&entry.location));
    let mut versions: Vec<u64> = versions.filter(|version| *version <= newest).collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    let commits = versions.into_iter().map(|version| {
        let log = Arc::clone(&log);
        async move { committed_at(log.as_ref(), version).await.map(|at| (version, at)) }
    });
    let mut commits = futures::stream::iter(commits).buffered(COMMITS_AT_ONCE);
    let mut first = None;
    while let Some((version, at)) = commits.try_next().await.on_table(&table, "reading the log")? {
        if at.is_some_and(|at| at <= time) {
            return Ok(Then::Was(Box::new(table.at_version(version).await?)));
        }
        first = Some((version, at));
    }
    match first {
        Some((0, Some(first))) => Ok(Then::NotYet(first)),
        first => Err(error_of(
            &table,
            &format!(
                "its log reaches back to {} only",
                first
                    .and_then(|(_, first)| first)
                    .map(|first| first.to_rfc3339_opts(SecondsFormat::Secs, true))
                    .unwrap_or_default()
            ),
        )),
    }
}

/// Time of a commit, by the log.
async fn committed_at(log: &dyn ObjectStore, version: u64) -> Result<Option<DateTime<Utc>>, StoreError> {
    let entry = log.get(&Path::from(format!("_delta_log/{version:020}.json"))).await?.bytes().await?;
    let mut actions = serde_json::Deserializer::from_slice(&entry).into_iter::<serde_json::Value>();
    let millis = actions.find_map(|action| action.ok()?.pointer("/commitInfo/timestamp")?.as_i64());
    Ok(millis.and_then(DateTime::from_timestamp_millis))
}

fn error_of(table: &Table, reason: &str) -> Error {
    table.error("reading the past", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_days_and_instants_are_told_apart() {
        assert_eq!("12".parse(), Ok(AsOf::Version(12)));
        let noon = DateTime::parse_from_rfc3339("2026-01-31T12:00:00Z").unwrap().with_timezone(&Utc);
        assert_eq!("2026-01-31T12:00:00Z".parse(), Ok(AsOf::Time(noon)));
        assert_eq!("2026-01-31".parse(), Ok(AsOf::Time(noon - chrono::TimeDelta::hours(12))));
        assert!("yesterday".parse::<AsOf>().is_err() && "-1".parse::<AsOf>().is_err());
    }
}
