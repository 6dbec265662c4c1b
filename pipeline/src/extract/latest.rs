//! Latest versions: the row that counts of each record that was read.
//!
//! A list is read in ranges of its key. Each range is kept as it came, in the order of the key; only records that come
//! again, or out of order, are held in a hash map, which takes twice the memory.
//!
//! Invariant: a record must be in one range or in the map, never in both, and ranges must not overlap.

use super::rows::RowVersion;
use std::collections::{BTreeMap, HashMap};

/// Rows from which a range is kept as such.
const ROWS_A_RANGE: usize = 256;

/// Key and version of a row.
type Row = (i64, RowVersion);

/// The latest version of each record, by id.
#[derive(Debug, Default)]
pub struct LatestVersions {
    /// The ranges by their first key, each in the order of the key.
    ranges: BTreeMap<i64, Vec<Row>>,
    /// Other records.
    others: HashMap<i64, RowVersion>,
}

impl LatestVersions {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.ranges.values().map(Vec::len).sum::<usize>() + self.others.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.others.is_empty()
    }

    /// Whether a record was read.
    pub fn contains(&self, id: i64) -> bool {
        self.get(id).is_some()
    }

    /// The ids of all records, in no order.
    pub fn ids(&self) -> impl Iterator<Item = i64> {
        self.iter().map(|(id, _)| id)
    }

    /// The latest version of a record.
    pub(super) fn get(&self, id: i64) -> Option<&RowVersion> {
        match self.place(id) {
            Some((first, place)) => self.ranges.get(&first)?.get(place).map(|(_, row)| row),
            None => self.others.get(&id),
        }
    }

    /// All records, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &RowVersion)> {
        let ranges = self.ranges.values().flatten().map(|(id, row)| (*id, row));
        ranges.chain(self.others.iter().map(|(id, row)| (*id, row)))
    }

    /// All versions, to be changed in place.
    pub(super) fn versions_mut(&mut self) -> impl Iterator<Item = &mut RowVersion> {
        self.ranges.values_mut().flatten().map(|(_, row)| row).chain(self.others.values_mut())
    }

    /// Adds a row, and returns the one that no longer counts where the record has two: the newest wins; of two equally
    /// new ones, the one that came last.
    pub(super) fn add(&mut self, id: i64, row: RowVersion) -> Option<RowVersion> {
        let known = match self.place(id) {
            Some((first, place)) => self.ranges.get_mut(&first)?.get_mut(place).map(|(_, row)| row),
            None => self.others.get_mut(&id),
        };
        match known {
            None => self.others.insert(id, row),
            Some(known) if *known > row => Some(row),
            Some(known) => Some(std::mem::replace(known, row)),
        }
    }

    /// Adds the rows of a range, and passes those that no longer count to `superseded`.
    pub(super) fn add_range(&mut self, mut rows: Vec<Row>, mut superseded: impl FnMut(RowVersion)) {
        // Records that were recognized come after the others of their page.
        rows.sort_by_key(|(id, _)| *id);
        if let (Some(&(first, _)), Some(&(last, _))) = (rows.first(), rows.last())
            && rows.len() >= ROWS_A_RANGE
            && rows.is_sorted_by(|(one, _), (next, _)| one < next)
            && self.is_free(first, last)
            && (self.others.is_empty() || !rows.iter().any(|(id, _)| self.others.contains_key(id)))
        {
            rows.shrink_to_fit();
            self.ranges.insert(first, rows);
            return;
        }
        for (id, row) in rows {
            if let Some(old) = self.add(id, row) {
                superseded(old);
            }
        }
    }

    /// Removes the records that do not stay.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(i64, &RowVersion) -> bool) {
        for rows in self.ranges.values_mut() {
            rows.retain(|(id, row)| stays(*id, row));
        }
        // A range may begin later than its name in the map says, and must not be empty.
        self.ranges.retain(|_, rows| !rows.is_empty());
        self.others.retain(|id, row| stays(*id, row));
    }

    /// All records: the ranges, and the others.
    pub(super) fn into_ranges(self) -> impl Iterator<Item = Vec<Row>> {
        self.ranges.into_values().chain([self.others.into_iter().collect()])
    }

    /// Whether no range has keys between these.
    fn is_free(&self, first: i64, last: i64) -> bool {
        let before = self.ranges.range(..=last).next_back();
        before.is_none_or(|(_, rows)| rows.last().is_none_or(|(id, _)| *id < first))
    }

    /// The name of the range that has a record, and its place there.
    fn place(&self, id: i64) -> Option<(i64, usize)> {
        let (first, rows) = self.ranges.range(..=id).next_back()?;
        let place = rows.binary_search_by_key(&id, |(other, _)| *other).ok()?;
        Some((*first, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn row(last_updated: i64, sequence: i64) -> RowVersion {
        RowVersion::staged(Some(last_updated), sequence)
    }

    /// Rows of these ids, all equally new, numbered from `sequence`.
    fn rows(ids: impl IntoIterator<Item = i64>, sequence: i64) -> Vec<Row> {
        ids.into_iter().zip(sequence..).map(|(id, sequence)| (id, row(10, sequence))).collect()
    }

    fn add_range(latest: &mut LatestVersions, rows: Vec<Row>) -> Vec<i64> {
        let mut superseded = Vec::new();
        latest.add_range(rows, |row| superseded.push(row.sequence()));
        superseded
    }

    /// Compares with a plain map that gets the same rows, whatever the form they are held in.
    #[test]
    fn it_holds_what_a_map_would_however_rows_come() {
        let mut dice = 7_u64;
        let mut below = |most: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((dice >> 33) % most).unwrap()
        };
        let mut kept_as_ranges = 0;
        for _ in 0..40 {
            let (mut latest, mut plain) = (LatestVersions::default(), HashMap::<i64, RowVersion>::new());
            let (mut superseded, mut wanted) = (HashSet::new(), HashSet::new());
            for number in 0..12 {
                let (first, step, many) = (below(9_000), 1 + below(3), below(600));
                let mut rows = rows((0..many).map(|place| first + place * step), number << 32);
                rows.iter_mut().for_each(|(_, row)| *row = RowVersion::staged(Some(below(3)), row.sequence()));
                if below(4) == 0 {
                    rows.reverse();
                }
                for (id, row) in &rows {
                    let known = plain.entry(*id).or_insert(*row);
                    if known != row {
                        wanted.insert((*known).min(*row).sequence());
                        *known = (*known).max(*row);
                    }
                }
                superseded.extend(add_range(&mut latest, rows));
                if below(5) == 0 {
                    let from = below(9_000);
                    let gone = from..from + below(900);
                    latest.retain(|id, _| !gone.contains(&id));
                    plain.retain(|id, _| !gone.contains(id));
                }
            }
            kept_as_ranges += latest.ranges.len();
            assert_eq!((latest.len(), latest.is_empty()), (plain.len(), plain.is_empty()));
            assert_eq!(superseded, wanted);
            assert_eq!(latest.iter().map(|(id, row)| (id, *row)).collect::<HashMap<_, _>>(), plain);
            assert_eq!(latest.ids().collect::<HashSet<_>>(), plain.keys().copied().collect());
            assert!(
                (-1..9_001)
                    .all(|id| latest.get(id) == plain.get(&id) && latest.contains(id) == plain.contains_key(&id))
            );
            let mut again = LatestVersions::default();
            latest.into_ranges().for_each(|rows| assert!(add_range(&mut again, rows).is_empty()));
            assert_eq!(again.iter().map(|(id, row)| (id, *row)).collect::<HashMap<_, _>>(), plain);
        }
        assert!(kept_as_ranges > 40, "{kept_as_ranges} ranges: the test would show nothing");
    }

    #[test]
    fn a_range_is_moved_not_copied_one_by_one() {
        let mut latest = LatestVersions::default();
        for number in [2, 0, 1] {
            let recalled_last = (0..1_000).filter(|id| id % 7 > 0).chain((0..1_000).filter(|id| id % 7 == 0));
            assert!(add_range(&mut latest, rows(recalled_last.map(|id| number * 1_000 + id), number << 32)).is_empty());
        }
        assert_eq!((latest.ranges.len(), latest.others.len(), latest.len()), (3, 0, 3_000));
        assert_eq!(add_range(&mut latest, rows(500..1_500, 9 << 32)).len(), 1_000, "they are there");
        assert_eq!((latest.ranges.len(), latest.others.len(), latest.len()), (3, 0, 3_000));
        latest.versions_mut().for_each(RowVersion::forget_time);
        assert!(latest.iter().all(|(_, row)| row.last_updated().is_none()));
    }
}
