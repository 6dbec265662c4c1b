//! Recent fingerprints: those of the records that the next run reads again.
//!
//! A first run reads years of records, and the next one a few weeks of them. The fingerprints of older ones would be of
//! no use, and are not held in memory.
//!
//! Invariant: a fingerprint must be held as long as the next window may include its record. That window begins the
//! look-back before the newest change, or before the start of this run, whichever is earlier; what is newest grows while
//! records are read, and so what was too old stays so. After a run whose `--since` is later than the watermark, the next
//! window begins earlier than that, and the records between are decoded once more.

use super::fingerprint::Fingerprint;
use super::rows::RowVersion;
use chrono::{DateTime, TimeDelta, Utc};

/// Fingerprints from which old ones are removed.
const MANY: usize = 4_096;

/// The time before which changes are of no use to the next run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recency {
    began: i64,
    lookback: i64,
}

impl Recency {
    /// The recency of a run that began at this time, of an entity of which the next run reads so many days again.
    pub(super) fn of(began: DateTime<Utc>, days: u32) -> Self {
        let lookback = TimeDelta::days(i64::from(days)).num_microseconds().unwrap_or(i64::MAX);
        Self { began: began.timestamp_micros(), lookback }
    }

    fn since(self, newest: i64) -> i64 {
        newest.min(self.began).saturating_sub(self.lookback)
    }
}

/// The fingerprint of a staged row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FingerprintedRow {
    pub(super) id: i64,
    pub(super) version: RowVersion,
    pub(super) fingerprint: Fingerprint,
}

/// The fingerprints of the rows that changed recently; none where there is no recency.
#[derive(Debug, Default)]
pub(super) struct RecentFingerprints {
    recency: Option<Recency>,
    newest: Option<i64>,
    rows: Vec<FingerprintedRow>,
    /// Number of rows that stayed when old ones were last removed.
    stayed: usize,
}

impl RecentFingerprints {
    pub(super) fn of(recency: Option<Recency>) -> Self {
        Self { recency, ..Self::default() }
    }

    /// Adds the rows of a page that tell a time of change; old ones are removed where there are many.
    pub(super) fn add(&mut self, rows: impl IntoIterator<Item = FingerprintedRow>) {
        if self.recency.is_none() {
            return;
        }
        let before = self.rows.len();
        self.rows.extend(rows.into_iter().filter(|row| row.version.last_updated().is_some()));
        let added = self.rows.iter().skip(before).filter_map(|row| row.version.last_updated());
        self.newest = self.newest.max(added.max());
        if self.rows.len() >= MANY.max(2 * self.stayed) {
            self.remove_old();
        }
    }

    /// Adds the rows of another chunk or list of the same entity.
    pub(super) fn merge(&mut self, other: Self) {
        self.recency = self.recency.or(other.recency);
        self.newest = self.newest.max(other.newest);
        self.add(other.rows);
    }

    /// All rows that may be recent; of a record several versions may be among them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &FingerprintedRow> {
        self.rows.iter()
    }

    fn remove_old(&mut self) {
        if let (Some(recency), Some(newest)) = (self.recency, self.newest) {
            let since = recency.since(newest);
            self.rows.retain(|row| row.version.last_updated().is_some_and(|changed| changed >= since));
            self.rows.shrink_to(2 * self.rows.len());
        }
        self.stayed = self.rows.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn row(id: i64, day: Option<i64>) -> FingerprintedRow {
        let version = RowVersion::staged(day.map(|day| day * DAY), id);
        FingerprintedRow { id, version, fingerprint: Fingerprint::of("{}", 0) }
    }

    fn days(held: &RecentFingerprints) -> Vec<i64> {
        held.iter().filter_map(|row| row.version.last_updated()).map(|changed| changed / DAY).collect()
    }

    fn recency(began: i64) -> Option<Recency> {
        Some(Recency::of(DateTime::from_timestamp_micros(began * DAY).unwrap(), 30))
    }

    #[test]
    fn what_the_next_run_reads_again_is_held() {
        let mut held = RecentFingerprints::of(recency(1_000));
        for (id, day) in [(1, Some(969)), (2, Some(970)), (3, Some(999)), (4, None)] {
            let mut chunk = RecentFingerprints::of(recency(1_000));
            chunk.add([row(id, day)]);
            held.merge(chunk);
        }
        held.remove_old();
        // The next window may begin on day 969, and does where nothing changed after day 999.
        assert_eq!(days(&held), [969, 970, 999]);
        // A change in the future does not move the window beyond the start of the run.
        held.merge(RecentFingerprints { rows: vec![row(5, Some(9_999))], ..RecentFingerprints::of(recency(1_000)) });
        held.remove_old();
        assert_eq!(days(&held), [970, 999, 9_999]);
    }

    #[test]
    fn old_ones_are_removed_while_a_long_list_is_read() {
        let mut held = RecentFingerprints::of(recency(i64::from(u16::MAX)));
        for first in (0..50_000).step_by(1_000) {
            held.add((first..first + 1_000).map(|id| row(id, Some(id / 100))));
            assert!(held.rows.len() <= MANY.max(2 * 31 * 100) + 1_000, "{}", held.rows.len());
        }
        held.remove_old();
        assert_eq!(days(&held), (469..500).flat_map(|day| [day; 100]).collect::<Vec<_>>());
    }

    #[test]
    fn a_record_that_tells_no_time_is_not_held() {
        let mut held = RecentFingerprints::of(recency(1_000));
        held.add((0..100_000).map(|id| row(id, None)));
        assert_eq!(held.rows.capacity(), 0);
    }

    #[test]
    fn none_is_held_where_no_run_asks() {
        let mut held = RecentFingerprints::default();
        held.add([row(1, Some(5))]);
        held.merge(RecentFingerprints::default());
        assert_eq!(held.iter().count(), 0);
    }
}
