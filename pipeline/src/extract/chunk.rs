//! What one reader brought: rows on disk, the rest in memory.

use super::rows::{ExtractStats, RowVersion};
use crate::client::KeyRange;
use crate::lake::StagedFile;
use connectwise_runtime::RejectedRecord;
use std::collections::BTreeMap;

/// The least key that a range may hold, as a text: in the order of these texts, pieces of a list are in the order of
/// their keys, and that is the order in which the engine reads their files.
pub(super) fn first_of(range: KeyRange) -> String {
    format!("{:020}", range.after.unwrap_or(0).max(0))
}

/// What one reader brought: rows on disk, the rest in memory.
pub(super) struct FetchedChunk {
    /// The key above which its range begins.
    pub(super) after: i64,
    pub(super) staged: StagedFile,
    /// The key of each record, and what there is of it.
    pub(super) rows: Vec<(i64, RowVersion)>,
    pub(super) quarantined: Vec<RejectedRecord>,
    pub(super) unknown_fields: BTreeMap<String, u64>,
    pub(super) numbers: ExtractStats,
    /// Whether pages were asked for by their number, where nothing but a second reading tells that none was missed.
    pub(super) by_number: bool,
}

impl FetchedChunk {
    pub(super) fn new(range: KeyRange, staged: StagedFile) -> Self {
        Self {
            after: range.after.unwrap_or(i64::MIN),
            staged,
            rows: Vec::new(),
            quarantined: Vec::new(),
            unknown_fields: BTreeMap::new(),
            numbers: ExtractStats::default(),
            by_number: false,
        }
    }
}
