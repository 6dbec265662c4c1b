//! The data files of a table, as its log describes them: sizes, rows, and the keys that each may hold.

use super::KeySet;
use super::table::Table;
use crate::error::Result;
use deltalake::kernel::{LogicalFileView, Remove};
use std::collections::HashSet;

/// A table is cut into about this many files, so that a change of few rows rewrites little …
const FILES_OF_A_TABLE: u64 = 16;
/// … but no file gets fewer rows, for that would make reading slow …
const LEAST_ROWS: u64 = 65_536;
/// … nor more, which is a row group's size that columnar readers like.
const MOST_ROWS: u64 = 1_048_576;

/// How many rows a file of a table of this size holds.
pub(super) fn rows_of_a_file(rows: u64) -> u64 {
    (rows / FILES_OF_A_TABLE).clamp(LEAST_ROWS, MOST_ROWS)
}

/// One data file of a table.
pub(crate) struct DataFile {
    view: LogicalFileView,
    /// Its statistics, as the log holds them.
    statistics: serde_json::Value,
}

impl DataFile {
    fn new(view: LogicalFileView) -> Self {
        let statistics =
            view.stats().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(serde_json::Value::Null);
        Self { view, statistics }
    }

    /// Its path below the table.
    pub(crate) fn path(&self) -> String {
        self.view.path().into_owned()
    }

    /// Its rows; `None` where the log does not say, or where some of them are deleted by a vector.
    pub(crate) fn rows(&self) -> Option<u64> {
        if self.view.deletion_vector_descriptor().is_some() {
            return None;
        }
        self.statistics.get("numRecords")?.as_u64()
    }

    /// The action that takes it out of the table.
    pub(super) fn remove(&self) -> Remove {
        self.view.remove_action(true)
    }

    fn end(&self, which: &str, column: &str) -> Option<&serde_json::Value> {
        self.statistics.get(which)?.get(column).filter(|value| !value.is_null())
    }

    /// The greatest key that it may hold.
    fn most(&self, column: &str) -> Option<i64> {
        self.end("maxValues", column)?.as_i64()
    }

    /// Whether it may hold one of the keys.
    fn may_hold(&self, column: &str, keys: &SortedKeys) -> bool {
        let (Some(least), Some(most)) = (self.end("minValues", column), self.end("maxValues", column)) else {
            return true;
        };
        match keys {
            SortedKeys::Ids(ids) => match (least.as_i64(), most.as_i64()) {
                (Some(least), Some(most)) => any_within(ids, &least, &most),
                _ => true,
            },
            SortedKeys::Texts(texts) => match (least.as_str(), most.as_str()) {
                (Some(least), Some(most)) => any_within(texts, &least.to_owned(), &most.to_owned()),
                _ => true,
            },
        }
    }
}

enum SortedKeys {
    Ids(Vec<i64>),
    Texts(Vec<String>),
}

fn any_within<T: Ord>(sorted: &[T], least: &T, most: &T) -> bool {
    sorted.get(sorted.partition_point(|key| key < least)).is_some_and(|key| key <= most)
}

impl Table {
    /// The files of the version that is open.
    pub(crate) fn files(&self) -> Result<Vec<DataFile>> {
        let state = self.state("listing its files")?;
        Ok(state.log_data().iter().map(DataFile::new).collect())
    }

    /// The rows of the version that is open, by the log's statistics; counted where a file has none.
    ///
    /// # Errors
    /// [`crate::error::Error::Table`] when the table can't be read.
    pub async fn rows(&self) -> Result<u64> {
        let known: Option<u64> = self.files()?.iter().map(DataFile::rows).sum();
        match known {
            Some(rows) => Ok(rows),
            None => Ok(self.frame().await?.count().await.map_err(|error| self.error("counting", error))? as u64),
        }
    }
}

/// The files to write anew when rows with these keys change: those that may hold one of them, and the last one, not
/// yet full, where keys come after it, so that appending every night does not leave a small file each time.
pub(super) fn files_to_rewrite(files: Vec<DataFile>, column: &str, keys: KeySet) -> Vec<DataFile> {
    let full = rows_of_a_file(files.iter().filter_map(DataFile::rows).sum());
    let keys = match keys {
        KeySet::Ids(ids) => {
            let mut ids: Vec<i64> = ids.into_iter().collect();
            ids.sort_unstable();
            SortedKeys::Ids(ids)
        }
        KeySet::Texts(texts) => {
            let mut texts: Vec<String> = texts.into_iter().collect();
            texts.sort_unstable();
            SortedKeys::Texts(texts)
        }
    };
    let last = files.iter().filter_map(|file| Some((file.most(column)?, file.path()))).max();
    let extended = match (&keys, last) {
        (SortedKeys::Ids(ids), Some((most, path))) if ids.last().is_some_and(|id| *id > most) => Some(path),
        _ => None,
    };
    let small = |file: &DataFile| file.rows().is_some_and(|rows| rows < full);
    files
        .into_iter()
        .filter(|file| file.may_hold(column, &keys) || (extended.as_ref() == Some(&file.path()) && small(file)))
        .collect()
}

/// The files that only the first has, and the ones that only the second has, by path.
pub(super) fn differing_files(earlier: Vec<DataFile>, later: Vec<DataFile>) -> (Vec<DataFile>, Vec<DataFile>) {
    let paths = |files: &[DataFile]| files.iter().map(DataFile::path).collect::<HashSet<_>>();
    let (before, after) = (paths(&earlier), paths(&later));
    (
        earlier.into_iter().filter(|file| !after.contains(&file.path())).collect(),
        later.into_iter().filter(|file| !before.contains(&file.path())).collect(),
    )
}
