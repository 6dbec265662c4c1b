//! Extracted: the result of reading one entity, with its staged rows.
//!
//! Invariant: of each id one row counts, the newest; rows that another replaced, or whose record is deleted, must be
//! named in `superseded` and are skipped by whoever reads the staging files.

use super::chunk::FetchedChunk;
use super::fingerprint::Fingerprint;
use super::latest::LatestVersions;
use super::recent_fingerprints::RecentFingerprints;
use super::rows::{ExtractStats, ROWS_A_CHUNK, RowVersion, id_of};
use crate::error::Result;
use crate::lake::{SortedRun, StagedFile};
use connectwise_runtime::{RejectedRecord, Table};
use datafusion::prelude::{DataFrame, SessionContext};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The result of reading one entity.
pub struct Extracted {
    /// The entity.
    pub table: &'static Table,
    /// Rows in the bronze schema plus [`SEQUENCE`].
    pub staged: StagedChunks,
    /// The row that counts of each id.
    pub ids: LatestVersions,
    /// Sequence numbers of rows that a newer version of the same record replaced, or whose record is gone.
    pub superseded: HashSet<i64>,
    /// The fingerprints of its recent rows.
    pub(super) fingerprints: RecentFingerprints,
    /// Rejected records.
    pub quarantined: Vec<RejectedRecord>,
    /// The keys of rows that stay, though the source was not asked for them.
    pub kept: BTreeSet<i64>,
    /// Properties that the spec does not know, with the number of occurrences.
    pub unknown_fields: BTreeMap<String, u64>,
    /// Whether all records were read (a full run, a snapshot or a full scan).
    pub whole: bool,
    /// When reading began by the server's clock, in microseconds since 1970, where it told.
    pub began: Option<i64>,
    /// Statistics for the run's log.
    pub numbers: ExtractStats,
}

/// The staged rows of an entity.
#[derive(Default)]
pub struct StagedChunks {
    /// A file for each chunk of a key range.
    ranges: Vec<StagedRange>,
    /// The files that were read afterwards, with rows of any keys.
    late: Vec<StagedFile>,
    /// The keys in these.
    late_keys: Vec<i64>,
}

/// The staged rows of a key range.
struct StagedRange {
    file: StagedFile,
    /// The first and the last key; `None` where the rows are not in the order of the key, each key once.
    keys: Option<(i64, i64)>,
    /// The number of the chunk: that of its rows' sequence numbers.
    number: i64,
}

impl StagedRange {
    fn of(file: StagedFile, rows: &[(i64, RowVersion)]) -> Self {
        let is_sorted = rows.is_sorted_by(|(one, _), (next, _)| one < next) && rows.len() as u64 == file.rows();
        let keys = rows.first().zip(rows.last()).filter(|_| is_sorted).map(|(first, last)| (first.0, last.0));
        Self { file, keys, number: rows.first().map_or(0, |(_, row)| row.sequence().div_euclid(ROWS_A_CHUNK)) }
    }
}

impl From<StagedFile> for StagedChunks {
    fn from(file: StagedFile) -> Self {
        Self { ranges: vec![StagedRange::of(file, &[])], ..Self::default() }
    }
}

impl StagedChunks {
    /// The rows as a DataFrame; `None` where there are none.
    ///
    /// # Errors
    /// [`crate::Error::Query`] when a file can't be read back.
    pub async fn read(&self, context: &SessionContext) -> Result<Option<DataFrame>> {
        Ok(StagedFile::read_all(self.files(), context).await?)
    }

    /// The paths of its files.
    #[cfg(test)]
    pub(crate) fn paths(&self) -> Vec<std::path::PathBuf> {
        self.files().map(|file| file.path().to_owned()).collect()
    }

    /// Stages the rows of one file anew, as a list that is read whole: in runs of so many rows.
    #[cfg(test)]
    pub(crate) fn in_runs(self, stage: &crate::lake::Stage, key: &str, rows: usize) -> Self {
        let mut runs = Self::default();
        for file in self.files().filter(|file| file.rows() > 0) {
            let read = arrow_ipc::reader::FileReader::try_new(std::fs::File::open(file.path()).unwrap(), None).unwrap();
            let schema = read.schema();
            let batches: Vec<_> = read.map(std::result::Result::unwrap).collect();
            let all = arrow::compute::concat_batches(&schema, &batches).unwrap();
            for first in (0..all.num_rows()).step_by(rows) {
                let batch = all.slice(first, rows.min(all.num_rows() - first));
                let form = crate::lake::Format::Data(crate::lake::FileSizing::WIDE);
                let mut file = stage.file("run", form, &schema);
                file.write(&batch).unwrap();
                file.finish().unwrap();
                let version = RowVersion::staged(None, 0);
                let keys: Vec<_> = crate::lake::longs(&batch, key).into_iter().map(|id| (id, version)).collect();
                runs.ranges.push(StagedRange::of(file, &keys));
            }
        }
        runs
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> u64 {
        self.files().map(StagedFile::rows).sum()
    }

    /// The ranges as runs in the order of the key, without the rows that others replaced; `None` where one is in no
    /// order.
    pub(crate) fn runs(&self, superseded: &HashSet<i64>) -> Option<Vec<SortedRun<'_>>> {
        let touched: HashSet<i64> = superseded.iter().map(|sequence| sequence.div_euclid(ROWS_A_CHUNK)).collect();
        let runs = self.ranges.iter().map(|range| {
            let (first, last) = range.keys?;
            Some(SortedRun { file: &range.file, first, last, is_whole: !touched.contains(&range.number) })
        });
        runs.collect()
    }

    /// The keys of the rows that were read after the ranges.
    pub(crate) fn late_keys(&self) -> &[i64] {
        &self.late_keys
    }

    fn files(&self) -> impl Iterator<Item = &StagedFile> {
        self.ranges.iter().map(|range| &range.file).chain(&self.late)
    }

    /// The rows that were read after the ranges, in no order; `None` where there are none.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) async fn late(&self, context: &SessionContext) -> Result<Option<DataFrame>> {
        Ok(StagedFile::read_all(&self.late, context).await?)
    }
}

impl Extracted {
    /// An empty result.
    pub(super) fn nothing(table: &'static Table) -> Self {
        Self {
            table,
            staged: StagedChunks::default(),
            ids: LatestVersions::default(),
            superseded: HashSet::new(),
            fingerprints: RecentFingerprints::default(),
            quarantined: Vec::new(),
            kept: BTreeSet::new(),
            unknown_fields: BTreeMap::new(),
            whole: false,
            began: None,
            numbers: ExtractStats::default(),
        }
    }

    /// The newest `_info.lastUpdated` that was read, in microseconds since 1970.
    pub fn newest(&self) -> Option<i64> {
        self.ids.iter().filter_map(|(_, row)| row.last_updated()).max()
    }

    /// Adds a row.
    pub(super) fn add(&mut self, id: i64, row: RowVersion) {
        self.superseded.extend(self.ids.add(id, row).map(|old| old.sequence()));
    }

    /// Adds the rows of a range.
    fn add_range(&mut self, rows: Vec<(i64, RowVersion)>) {
        let superseded = &mut self.superseded;
        self.ids.add_range(rows, |old| superseded.extend([old.sequence()]));
    }

    /// Removes records that the source no longer has.
    pub(super) fn leave_out(&mut self, gone: &HashSet<i64>) {
        let superseded = &mut self.superseded;
        self.ids.retain(|id, row| {
            let stays = !gone.contains(&id);
            if !stays {
                superseded.insert(row.sequence());
            }
            stays
        });
        self.quarantined.retain(|rejected| id_of(rejected).is_none_or(|id| !gone.contains(&id)));
    }

    /// Removes duplicates of rejected records; the last one that was read stays.
    pub(super) fn tell_rejected_once(&mut self) {
        let mut seen = HashSet::new();
        self.quarantined.reverse();
        self.quarantined.retain(|rejected| rejected.record_id.as_ref().is_none_or(|id| seen.insert(id.clone())));
        self.quarantined.reverse();
    }

    /// Adds the chunk of a key range.
    pub(super) fn absorb(&mut self, chunk: FetchedChunk) {
        let (file, rows) = self.take(chunk);
        if file.rows() > 0 {
            self.staged.ranges.push(StagedRange::of(file, &rows));
        }
        self.add_range(rows);
    }

    /// Adds the file of a chunk whose rows were added one list after the other.
    pub(super) fn absorb_file(&mut self, file: StagedFile) {
        if file.rows() > 0 {
            self.staged.ranges.push(StagedRange::of(file, &[]));
        }
    }

    /// Adds a chunk that was read after the ranges.
    pub(super) fn absorb_late(&mut self, chunk: FetchedChunk) {
        let (file, rows) = self.take(chunk);
        if file.rows() > 0 {
            self.staged.late_keys.extend(rows.iter().map(|(id, _)| *id));
            self.staged.late.push(file);
        }
        self.add_range(rows);
    }

    /// Adds all of a chunk but its file and its rows, which are returned.
    fn take(&mut self, chunk: FetchedChunk) -> (StagedFile, Vec<(i64, RowVersion)>) {
        self.quarantined.extend(chunk.quarantined);
        for (path, count) in chunk.unknown_fields {
            *self.unknown_fields.entry(path).or_default() += count;
        }
        self.numbers.pages += chunk.numbers.pages;
        self.numbers.rows_read += chunk.numbers.rows_read;
        self.numbers.rows_resumed += chunk.numbers.rows_resumed;
        self.numbers.rows_recalled += chunk.numbers.rows_recalled;
        self.fingerprints.merge(chunk.fingerprints);
        (chunk.staged, chunk.rows)
    }

    /// Adds another list of the same entity, and returns how many of its records were there already. A record below two
    /// parents is one row, of the newest version, or of the later parent.
    pub(super) fn merge(&mut self, other: Self) -> u64 {
        let mut twice = 0;
        if self.ids.is_empty() {
            self.ids = other.ids;
        } else {
            // Which of two rows counts does not depend on the order.
            for rows in other.ids.into_ranges() {
                let before = self.superseded.len();
                self.add_range(rows);
                twice += (self.superseded.len() - before) as u64;
            }
        }
        self.staged.ranges.extend(other.staged.ranges);
        self.staged.late.extend(other.staged.late);
        self.staged.late_keys.extend(other.staged.late_keys);
        self.superseded.extend(other.superseded);
        self.fingerprints.merge(other.fingerprints);
        self.quarantined.extend(other.quarantined);
        for (path, count) in other.unknown_fields {
            *self.unknown_fields.entry(path).or_default() += count;
        }
        self.numbers.pages += other.numbers.pages;
        self.numbers.rows_read += other.numbers.rows_read;
        self.numbers.rows_resumed += other.numbers.rows_resumed;
        self.numbers.rows_recalled += other.numbers.rows_recalled;
        self.numbers.rows_changed += other.numbers.rows_changed;
        self.numbers.rows_repeated += other.numbers.rows_repeated + twice;
        twice
    }

    /// `_info.lastUpdated` of a record, in microseconds since 1970.
    pub(crate) fn last_updated(&self, id: i64) -> Option<i64> {
        self.ids.get(id)?.last_updated()
    }

    /// The ids of the staged records: those that its table may not have unchanged.
    pub(crate) fn staged_ids(&self) -> impl Iterator<Item = i64> {
        self.ids.iter().filter(|(_, row)| !row.is_recalled()).map(|(id, _)| id)
    }

    /// The number of unchanged records.
    pub(crate) fn recalled(&self) -> u64 {
        self.ids.iter().filter(|(_, row)| row.is_recalled()).count() as u64
    }

    /// Whether a record is unchanged in its table, or was not read.
    pub(super) fn is_as_it_was(&self, id: i64) -> bool {
        self.ids.get(id).is_none_or(|row| row.is_recalled())
    }

    /// Id, fingerprint and time of change of the staged records that changed recently.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = (i64, Fingerprint, Option<i64>)> {
        self.fingerprints.iter().filter_map(|row| {
            let counts = self.ids.get(row.id)?;
            (counts.sequence() == row.version.sequence()).then(|| (row.id, row.fingerprint, counts.last_updated()))
        })
    }

    /// Clears the times of change, and so the watermark: these records say nothing of what else changed.
    pub(crate) fn forget_times(&mut self) {
        self.ids.versions_mut().for_each(RowVersion::forget_time);
    }

    /// The number of distinct records: good ones, and rejected ones that are not another version of a good one.
    pub(super) fn distinct(&self) -> u64 {
        let named: HashSet<&str> = self
            .quarantined
            .iter()
            .filter_map(|rejected| rejected.record_id.as_deref())
            .filter(|id| !id.parse().is_ok_and(|id: i64| self.ids.contains(id)))
            .collect();
        let nameless = self.quarantined.iter().filter(|rejected| rejected.record_id.is_none()).count() as u64;
        self.ids.len() as u64 + named.len() as u64 + nameless
    }

    /// How many of the records that were read had been read before.
    pub(super) fn read_before(&self) -> u64 {
        self.numbers.rows_read.saturating_sub(self.distinct())
    }

    /// The ids of rejected records, with the time of change of each.
    pub(super) fn rejected_times(&self) -> impl Iterator<Item = (i64, Option<i64>)> {
        self.quarantined.iter().filter_map(|rejected| {
            let record: Option<serde_json::Value> = serde_json::from_str(&rejected.raw_json).ok();
            let updated = record.as_ref().and_then(|record| record["_info"]["lastUpdated"].as_str());
            Some((id_of(rejected)?, updated.and_then(connectwise_runtime::timestamp::parse_micros)))
        })
    }

    /// The number of rejected records whose key is no whole number: a list of ids can't name them either.
    pub(super) fn without_id(&self) -> u64 {
        self.quarantined.iter().filter(|rejected| id_of(rejected).is_none()).count() as u64
    }

    /// Ids of quarantined records, where they could be read.
    pub fn quarantined_ids(&self) -> HashSet<i64> {
        self.quarantined.iter().filter_map(id_of).collect()
    }

    /// Ids of records that were not fetched and are no less there: rejected ones, and those that were not asked for.
    pub(crate) fn not_fetched_but_there(&self) -> HashSet<i64> {
        self.quarantined_ids().into_iter().chain(self.kept.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(last_updated: i64, sequence: i64) -> RowVersion {
        RowVersion::staged(Some(last_updated), sequence)
    }

    fn fetched() -> Extracted {
        Extracted::nothing(connectwise_generated::tables::TABLES[0])
    }

    fn rejected(id: Option<&str>) -> RejectedRecord {
        RejectedRecord {
            record_id: id.map(str::to_owned),
            path: String::new(),
            reason: String::new(),
            raw_json: String::new(),
        }
    }

    #[test]
    fn the_newest_version_wins_whatever_the_order() {
        let mut extracted = fetched();
        for (last_updated, sequence) in [(10, 1), (30, 2), (20, 3), (30, 4)] {
            extracted.add(7, row(last_updated, sequence));
        }
        assert_eq!(extracted.ids.get(7), Some(&row(30, 4)));
        assert_eq!(extracted.superseded, HashSet::from([1, 2, 3]));
    }

    #[test]
    fn what_is_gone_no_longer_counts() {
        let mut extracted = fetched();
        extracted.add(7, row(10, 1));
        extracted.add(8, row(10, 2));
        extracted.quarantined = vec![rejected(Some("9")), rejected(Some("8")), rejected(None)];
        assert_eq!(extracted.distinct(), 4);
        extracted.leave_out(&HashSet::from([8, 9]));
        assert_eq!(extracted.distinct(), 2);
        assert_eq!(extracted.superseded, HashSet::from([2]));
        assert_eq!(extracted.quarantined, [rejected(None)]);
    }

    #[test]
    fn of_lists_that_overlap_each_record_counts_once() {
        let rows = |ids: std::ops::Range<i64>, first: i64| -> Vec<_> {
            ids.zip(first..).map(|(id, sequence)| (id, row(10, sequence))).collect()
        };
        let (mut first, mut second) = (fetched(), fetched());
        first.add_range(rows(0..1_000, 0));
        second.add_range(rows(600..1_600, 5_000));
        second.add_range(rows(2_000..2_003, 9_000));
        assert_eq!(first.merge(second), 400);
        assert_eq!((first.ids.len(), first.distinct()), (1_603, 1_603));
        assert_eq!(first.superseded, (600..1_000).collect());
        assert_eq!(first.ids.get(700).unwrap().sequence(), 5_100);
    }

    #[test]
    fn a_record_below_two_parents_is_one_row() {
        let (mut first, mut second) = (fetched(), fetched());
        first.add(7, row(10, 1));
        second.add(7, row(10, 2));
        second.add(8, row(10, 3));
        assert_eq!(first.merge(second), 1);
        assert_eq!((first.ids.get(7).unwrap().sequence(), first.ids.len()), (2, 2));
        assert_eq!(first.superseded, HashSet::from([1]));
    }
}
