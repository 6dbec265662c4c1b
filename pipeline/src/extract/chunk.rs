//! Fetched chunk: what one reader read of a list, with its rows on disk and the rest in memory.

use super::recent_fingerprints::RecentFingerprints;
use super::rows::{ExtractStats, RowVersion};
use crate::client::KeyRange;
use crate::lake::StagedFile;
use connectwise_runtime::RejectedRecord;
use std::collections::BTreeMap;

/// Formats the bound below a range so that texts sort as keys do. File names hold it: the engine reads the files of a
/// list's chunks in the order of their names, and so of their keys.
pub(super) fn first_of(range: KeyRange) -> String {
    format!("{:020}", range.after.unwrap_or(0).max(0))
}

/// The records that one reader read: rows on disk, the rest in memory.
pub(super) struct FetchedChunk {
    pub(super) staged: StagedFile,
    /// The key and the version of each record.
    pub(super) rows: Vec<(i64, RowVersion)>,
    pub(super) fingerprints: RecentFingerprints,
    pub(super) quarantined: Vec<RejectedRecord>,
    pub(super) unknown_fields: BTreeMap<String, u64>,
    pub(super) numbers: ExtractStats,
    /// Whether pages were requested by number, where only a second reading shows that no record was missed.
    pub(super) by_number: bool,
}

impl FetchedChunk {
    pub(super) fn new(staged: StagedFile) -> Self {
        Self {
            staged,
            rows: Vec::new(),
            fingerprints: RecentFingerprints::default(),
            quarantined: Vec::new(),
            unknown_fields: BTreeMap::new(),
            numbers: ExtractStats::default(),
            by_number: false,
        }
    }
}
