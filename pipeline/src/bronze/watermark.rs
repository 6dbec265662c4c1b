//! How far an entity was read: up to the newest change that its records tell of, or, where they tell of none, up to the
//! start of the run that read them.
//!
//! Invariant: whatever changed before a watermark was read, but for what the look-back is for.

use super::loading::Loading;
use crate::error::Result;
use crate::extract::Extracted;
use crate::lake::{Lakehouse, Table};
use connectwise_runtime::ChangeDetection;

/// The application transaction that holds an entity's watermark, in microseconds since 1970.
pub const WATERMARK: &str = "watermark";
/// The one that holds it as well where it is the start of a run.
const START: &str = "watermarkIsStart";

/// How far an entity was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// Microseconds since 1970.
    pub at: i64,
    /// Whether it is the start of a run, the records telling no time of change.
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

    /// What a commit puts down of it.
    pub(super) fn transactions(self) -> impl Iterator<Item = (String, i64)> {
        [WATERMARK].into_iter().chain(self.is_start.then_some(START)).map(move |name| (name.to_owned(), self.at))
    }
}

/// The stored watermark of an entity.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table is there but can't be read.
pub async fn watermark(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<Option<Watermark>> {
    match lake.open("bronze", entity.table).await? {
        Some(table) => Watermark::of(&table).await,
        None => Ok(None),
    }
}

/// The watermark after a load by a run that started then. It moves on only where nothing between it and the window was
/// left out.
pub(super) fn after(
    before: Option<Watermark>,
    extracted: &Extracted,
    loading: Loading,
    started: i64,
) -> Option<Watermark> {
    // A record that a wrong clock stamped in the future must not hide what comes until then.
    let newest = extracted.newest().map(|newest| Watermark { at: newest.min(started), is_start: false });
    // An earlier run whose own clock was wrong says nothing: all was read for that reason.
    let valid = before.filter(|before| !(before.is_start && before.at > started && extracted.whole));
    let all_is_read = match (loading.since, valid) {
        _ if loading.full => true,
        (None, _) => extracted.whole,
        (Some(since), valid) => valid.is_some_and(|before| since <= before.at),
    };
    let by_time = extracted.table.change_detection == ChangeDetection::LastUpdated;
    // Of a list without records nothing is known, a right may be lacking.
    if newest.is_none() && by_time && all_is_read && !extracted.ids.is_empty() {
        // By the server's clock, where it is behind: changes are stamped by that one.
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
