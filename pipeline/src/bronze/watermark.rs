//! Watermark: how far an entity was read.
//!
//! It is the newest change that the records tell of or, where they tell of none, the start of the run that read them.
//!
//! Invariant: every change before a watermark must have been read, except for what the look-back is for.

use super::loading::Loading;
use crate::error::Result;
use crate::extract::Extracted;
use crate::lake::{Lakehouse, Table};
use connectwise_runtime::ChangeDetection;

/// The application transaction that holds an entity's watermark, in microseconds since 1970.
pub const WATERMARK: &str = "watermark";
/// The application transaction that holds it, too, where it is the start of a run.
const START: &str = "watermarkIsStart";

/// Watermark of an entity: how far it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// Microseconds since 1970.
    pub at: i64,
    /// Whether it is the start of a run, because the records tell no time of change.
    pub is_start: bool,
}

impl Watermark {
    /// The watermark that a bronze table holds.
    ///
    /// # Errors
    /// [`crate::lake::Error::Table`] when its log can't be read.
    pub async fn of(table: &Table) -> Result<Option<Self>> {
        let Some(at) = table.transaction(WATERMARK).await? else { return Ok(None) };
        Ok(Some(Self { at, is_start: table.transaction(START).await? == Some(at) }))
    }

    /// Returns the application transactions that store it.
    pub(super) fn transactions(self) -> impl Iterator<Item = (String, i64)> {
        [WATERMARK].into_iter().chain(self.is_start.then_some(START)).map(move |name| (name.to_owned(), self.at))
    }
}

/// Reads the stored watermark of an entity.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table is there but can't be read.
pub async fn watermark(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<Option<Watermark>> {
    match lake.open("bronze", entity.table).await? {
        Some(table) => Watermark::of(&table).await,
        None => Ok(None),
    }
}

/// Computes the watermark after a load by a run that began at `started`. It advances only where nothing between it and
/// the window was left out.
pub(super) fn after(
    before: Option<Watermark>,
    extracted: &Extracted,
    loading: Loading,
    started: i64,
) -> Option<Watermark> {
    // A record that a wrong clock stamped in the future must not hide the changes until then.
    let newest = extracted.newest().map(|newest| Watermark { at: newest.min(started), is_start: false });
    // An earlier run whose own clock was wrong does not count: everything was read for that reason.
    let valid = before.filter(|before| !(before.is_start && before.at > started && extracted.whole));
    let all_is_read = match (loading.since, valid) {
        _ if loading.full => true,
        (None, _) => extracted.whole,
        (Some(since), valid) => valid.is_some_and(|before| since <= before.at),
    };
    let by_time = extracted.table.change_detection == ChangeDetection::LastUpdated;
    // An empty list proves nothing: a right may be missing.
    if newest.is_none() && by_time && all_is_read && !extracted.ids.is_empty() {
        // By the server's clock, where it is behind: it stamps the changes.
        let at = extracted.began.map_or(started, |began| began.min(started));
        return Some(Watermark { at, is_start: true });
    }
    let later = |newest: Option<Watermark>| match (newest, valid) {
        (Some(newest), Some(before)) => Some(if newest.at > before.at { newest } else { before }),
        (newest, before) => newest.or(before),
    };
    match loading.since {
        _ if loading.full => newest,
        None => later(newest),
        Some(_) if all_is_read => later(newest),
        Some(_) => before,
    }
}
