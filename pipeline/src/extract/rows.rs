//! Staged rows: the versions of records, and the statistics of an extraction.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use connectwise_runtime::RejectedRecord;
use std::sync::Arc;

/// The staged column that numbers rows in the order in which they were read.
pub(crate) const SEQUENCE: &str = "__sequence";

/// Sequence numbers per chunk: the rows of a chunk are numbered from its own number times this.
pub(super) const ROWS_A_CHUNK: i64 = 1 << 32;

/// A version of a record; the greatest one counts. There is one for each record that is read, so it is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowVersion {
    /// `_info.lastUpdated` in microseconds since 1970; [`NO_TIME`] where there is none.
    changed: i64,
    /// Twice the sequence number, and one more where a row is staged.
    number: i64,
}

/// The time of a record without a time of change, before all others.
const NO_TIME: i64 = i64::MIN;

impl RowVersion {
    /// A staged row.
    pub(super) fn staged(last_updated: Option<i64>, sequence: i64) -> Self {
        Self { changed: last_updated.unwrap_or(NO_TIME), number: 2 * sequence + 1 }
    }

    /// A record that its table has unchanged: no row is staged.
    pub(super) fn recalled(last_updated: Option<i64>, sequence: i64) -> Self {
        Self { changed: last_updated.unwrap_or(NO_TIME), number: 2 * sequence }
    }

    pub(super) fn last_updated(self) -> Option<i64> {
        (self.changed != NO_TIME).then_some(self.changed)
    }

    pub(super) fn sequence(self) -> i64 {
        self.number.div_euclid(2)
    }

    pub(super) fn is_recalled(self) -> bool {
        self.number.rem_euclid(2) == 0
    }

    pub(super) fn forget_time(&mut self) {
        self.changed = NO_TIME;
    }
}

/// Statistics of an extraction.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct ExtractStats {
    /// Requests, retries included.
    pub requests: u64,
    /// Pages read.
    pub pages: u64,
    /// Repeated requests.
    pub retries: u64,
    /// Bytes of JSON.
    pub bytes: u64,
    /// Records read.
    pub rows_read: u64,
    /// Records that an interrupted run had read already; part of those read.
    pub rows_resumed: u64,
    /// Records that the table has unchanged, byte for byte, and that were not decoded; part of those read.
    pub rows_recalled: u64,
    /// Records that were read again because they changed after they had been read; part of those read.
    pub rows_changed: u64,
    /// Records that were received more than once, on pages that overlap or in several lists; part of those read.
    pub rows_repeated: u64,
    /// Seconds from the first request to the last row staged.
    pub seconds: f64,
}

/// The id of a rejected record, where it could be read.
pub(crate) fn id_of(rejected: &RejectedRecord) -> Option<i64> {
    rejected.record_id.as_deref()?.parse().ok()
}

/// The bronze columns of a record and [`SEQUENCE`].
pub(super) fn staged_schema(bronze: &Schema) -> SchemaRef {
    let mut fields: Vec<Field> = bronze.fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new(SEQUENCE, DataType::Int64, false));
    Arc::new(Schema::new(fields))
}

/// `_info.lastUpdated` of each row in microseconds, where there is one.
pub(crate) fn last_updated(batch: &RecordBatch) -> Vec<Option<i64>> {
    let Some(info) = batch.column_by_name("_info").and_then(|column| column.as_map_opt()) else {
        return vec![None; batch.num_rows()];
    };
    let (Some(keys), Some(values)) = (info.keys().as_string_opt::<i32>(), info.values().as_string_opt::<i32>()) else {
        return vec![None; batch.num_rows()];
    };
    let offsets = info.value_offsets();
    (0..batch.num_rows())
        .map(|row| {
            let (from, to) = (usize::try_from(offsets[row]).ok()?, usize::try_from(offsets[row + 1]).ok()?);
            let entry = (from..to).find(|entry| keys.value(*entry) == "lastUpdated" && values.is_valid(*entry))?;
            connectwise_runtime::timestamp::parse_micros(values.value(entry))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_greatest_then_the_last_that_was_read() {
        let versions = [
            RowVersion::staged(None, 9),
            RowVersion::recalled(Some(-5), 1),
            RowVersion::staged(Some(-5), 1),
            RowVersion::recalled(Some(-5), 2),
            RowVersion::staged(Some(7), 0),
            RowVersion::staged(Some(7), ROWS_A_CHUNK * 1_000_000),
        ];
        assert!(versions.is_sorted_by(|one, next| one < next));
        let parts = versions.map(|version| (version.last_updated(), version.sequence(), version.is_recalled()));
        let wanted = [
            (None, 9, false),
            (Some(-5), 1, true),
            (Some(-5), 1, false),
            (Some(-5), 2, true),
            (Some(7), 0, false),
            (Some(7), ROWS_A_CHUNK * 1_000_000, false),
        ];
        assert_eq!(parts, wanted);
        assert_eq!(size_of::<(i64, RowVersion)>(), 24, "a million records take as many megabytes");
    }
}
