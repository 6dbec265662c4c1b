//! Sizes of data files: how many rows and bytes each gets.

/// Size in bytes from which a file no longer counts as small, however few its rows.
pub(super) const BYTES_A_FILE: u64 = 100 * 1024 * 1024;

/// Maximum rows of a file: the row group size that columnar readers prefer.
const MOST_ROWS: u64 = 1_048_576;

/// Sizing of the files that a table's rows are split into, in the order of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSizing {
    /// Target number of files, so that a change of few rows rewrites little.
    files: u64,
    /// Minimum rows of a file: smaller ones would make reading slow.
    pub(super) least: u64,
    /// Maximum rows of a row group.
    pub(super) row_group: usize,
}

impl FileSizing {
    /// Sizing of wide rows, which cost most when they are written: small row groups keep a writer's memory low.
    pub const WIDE: Self = Self { files: 32, least: 32_768, row_group: 32_768 };
    /// Sizing of rows that columnar engines read: row groups as large as the files, as they prefer.
    pub const COLUMNAR: Self = Self { files: 16, least: 65_536, row_group: 1_048_576 };

    /// Sets the minimum rows of a file.
    pub(super) fn with_least(self, least: u64) -> Self {
        Self { least, ..self }
    }

    /// Rows of a staged file that is copied into an empty table's files, as a row group.
    pub(super) fn rows_of_a_copy(self) -> u64 {
        self.least.clamp(1, self.row_group as u64)
    }

    /// Whether staged files are copied into files of so many rows: not where row groups would be half as large as they
    /// should be, or less.
    pub(super) fn is_copied(self, rows_a_file: u64) -> bool {
        rows_a_file.min(self.row_group as u64) < 2 * self.rows_of_a_copy()
    }

    /// Rows per file of a table with this many rows.
    pub(super) fn rows_of_a_file(self, rows: u64) -> u64 {
        (rows / self.files).clamp(self.least.clamp(1, MOST_ROWS), MOST_ROWS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_few_large_files() {
        let cut = |least, rows| FileSizing::COLUMNAR.with_least(least).rows_of_a_file(rows);
        assert_eq!(cut(100, 0), 100);
        assert_eq!(cut(100, 1_600), 100);
        assert_eq!(cut(100, 3_200), 200);
        assert_eq!(cut(100, u64::MAX), MOST_ROWS);
        assert_eq!(cut(0, 5), 1, "never none");
        let copied = |sizing: FileSizing, rows| sizing.is_copied(sizing.rows_of_a_file(rows));
        assert!(copied(FileSizing::WIDE, 50_000_000), "row groups are small anyway");
        assert!(copied(FileSizing::COLUMNAR, 1_048_576) && !copied(FileSizing::COLUMNAR, 4_000_000));
        let million = |sizing: FileSizing| sizing.rows_of_a_file(4_000_000);
        assert_eq!((million(FileSizing::COLUMNAR), million(FileSizing::WIDE)), (250_000, 125_000));
    }
}
