//! Data files of a table, as its log describes them: sizes, row counts and key ranges.

use super::error::{Error, Result};
use super::table::{OnTable as _, Table};
use arrow::array::RecordBatch;
use datafusion::logical_expr::ident;
use datafusion::prelude::DataFrame;
use deltalake::kernel::{Add, LogicalFileView, Remove};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};

/// Data file of a table.
#[derive(Clone)]
pub struct DataFile {
    view: LogicalFileView,
    /// Its statistics from the log.
    statistics: serde_json::Value,
}

/// Tag of a file in the log: the columns of the key in whose order its rows are.
const SORTED_BY: &str = "connectwise-etl.sortedBy";

/// Records in a file's entry for the log that its rows are in the order of the key.
pub(super) fn mark_sorted(add: Add, key: &[&str]) -> Add {
    let mut tags = add.tags.unwrap_or_default();
    tags.insert(SORTED_BY.to_owned(), Some(key.join(",")));
    Add { tags: Some(tags), ..add }
}

/// Rows in a batch when files are read one by one.
///
/// Wide rows take several kilobytes each, and a few batches are in flight at a time.
const READ_ROWS: usize = 2_048;

impl DataFile {
    fn new(view: LogicalFileView) -> Self {
        let statistics =
            view.stats().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(serde_json::Value::Null);
        Self { view, statistics }
    }

    /// Path relative to the table.
    pub fn path(&self) -> String {
        self.view.path().into_owned()
    }

    /// Path in the table's object store.
    pub(super) fn place(&self) -> deltalake::Path {
        self.view.object_store_path()
    }

    /// Size in bytes.
    pub(super) fn size(&self) -> u64 {
        u64::try_from(self.view.size()).unwrap_or_default()
    }

    /// Number of rows; `None` without statistics, or where a deletion vector deletes some of them.
    pub fn rows(&self) -> Option<u64> {
        if self.has_deleted_rows() {
            return None;
        }
        self.statistics.get("numRecords")?.as_u64()
    }

    /// Whether a deletion vector deletes some of its rows.
    pub(super) fn has_deleted_rows(&self) -> bool {
        self.view.deletion_vector_descriptor().is_some()
    }

    /// Key in whose order its rows are, as its writer recorded it; `None` where that is not known.
    pub(super) fn sorted_by(&self) -> Option<String> {
        #[expect(deprecated, reason = "nothing else tells a file's tags")]
        let add = self.view.add_action();
        add.tags?.remove(SORTED_BY)?
    }

    /// Builds its `remove` action; `data_change` says whether its rows leave the table, too.
    pub(super) fn remove(&self, data_change: bool) -> Remove {
        self.view.remove_action(data_change)
    }

    /// Lower and upper bound of a column, by the statistics; null where the log has none.
    #[cfg(test)]
    pub(super) fn range(&self, column: &str) -> (serde_json::Value, serde_json::Value) {
        let end = |which| self.end(which, column).cloned().unwrap_or_default();
        (end("minValues"), end("maxValues"))
    }

    #[cfg(test)]
    pub(super) fn set_statistics(&mut self, statistics: serde_json::Value) {
        self.statistics = statistics;
    }

    fn end(&self, which: &str, column: &str) -> Option<&serde_json::Value> {
        self.statistics.get(which)?.get(column).filter(|value| !value.is_null())
    }

    /// Lower and upper bound of its ids, by the statistics; `None` where the log has none.
    pub(super) fn ids(&self, column: &str) -> Option<(i64, i64)> {
        Some((self.end("minValues", column)?.as_i64()?, self.end("maxValues", column)?.as_i64()?))
    }

    /// Lower and upper bound of its texts, by the statistics; `None` where the log has none.
    pub(super) fn texts(&self, column: &str) -> Option<(String, String)> {
        let text = |which| Some(self.end(which, column)?.as_str()?.to_owned());
        Some((text("minValues")?, text("maxValues")?))
    }
}

impl Table {
    /// Rows of some of the files, as a DataFrame.
    pub(super) fn frame_of(&self, files: &[DataFile]) -> Result<DataFrame> {
        self.lake().context().read_table(self.provider_of(files.to_vec())?).on_table(self, "reading")
    }

    /// Data files of the open version.
    ///
    /// # Errors
    /// [`super::Error::Table`] when no version is loaded.
    pub fn files(&self) -> Result<Vec<DataFile>> {
        let state = self.state("listing its files")?;
        Ok(state.log_data().iter().map(DataFile::new).collect())
    }

    /// Number of rows of the open version, by the log's statistics; counted where a file has none.
    ///
    /// # Errors
    /// [`super::Error::Table`] when the table can't be read.
    pub async fn rows(&self) -> Result<u64> {
        let known: Option<u64> = self.files()?.iter().map(DataFile::rows).sum();
        match known {
            Some(rows) => Ok(rows),
            None => Ok(self.frame()?.count().await.on_table(self, "counting")? as u64),
        }
    }

    /// Streams all rows, or some of their columns, one file after the other in the order of their first keys.
    ///
    /// So rows come in the order of the key where the table is clustered by it.
    ///
    /// # Errors
    /// [`Error::Table`] when the table can't be read.
    pub fn rows_by(&self, key: &str, columns: Option<Vec<String>>) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        Ok(self.rows_of_files(self.files()?, key, columns))
    }

    /// Streams the rows of some of its files as [`Table::rows_by`] does.
    pub(super) fn rows_of_files(
        &self,
        mut files: Vec<DataFile>,
        key: &str,
        columns: Option<Vec<String>>,
    ) -> BoxStream<'static, Result<RecordBatch>> {
        files.sort_by_cached_key(|file| (file.ids(key), file.texts(key), file.path()));
        let table = self.clone();
        let streams = futures::stream::iter(files).then(move |file| {
            let (table, columns) = (table.clone(), columns.clone());
            async move { rows_of(&table, &file, columns).await }
        });
        streams.try_flatten().boxed()
    }
}

/// Plans a read by one thread, in batches of `size` rows: several threads would interleave their rows.
pub(super) fn one_by_one(rows: DataFrame, size: usize) -> DataFrame {
    let (mut state, plan) = rows.into_parts();
    let config = state.config_mut();
    *config = std::mem::take(config).with_batch_size(size).with_target_partitions(1);
    DataFrame::new(state, plan)
}

/// Streams the rows of one file in their order.
async fn rows_of(
    table: &Table,
    file: &DataFile,
    columns: Option<Vec<String>>,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let mut frame = one_by_one(table.frame_of(std::slice::from_ref(file))?, READ_ROWS);
    if let Some(columns) = columns {
        frame = frame
            .select(columns.iter().map(|name| ident(name.as_str())).collect::<Vec<_>>())
            .on_table(table, "reading")?;
    }
    let rows = frame.execute_stream().await.on_table(table, "reading")?;
    let (layer, name) = (table.layer(), table.name().to_owned());
    Ok(rows.map_err(move |error| Error::table(layer, &name, "reading", error)).boxed())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{filled, lake, rows};
    use super::*;

    #[tokio::test]
    async fn rows_come_in_the_order_of_the_key_whatever_the_files_are_called() {
        let (_folder, lake) = lake(7);
        let table = filled(&lake, rows(0..100, "")).await;
        assert!(table.files().unwrap().len() > 10);
        let batches: Vec<RecordBatch> = table.rows_by("id", None).unwrap().try_collect().await.unwrap();
        assert_eq!(batches.iter().flat_map(ids).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        let texts: Vec<RecordBatch> =
            table.rows_by("id", Some(vec!["text".to_owned()])).unwrap().try_collect().await.unwrap();
        assert!(texts.iter().all(|batch| batch.num_columns() == 1 && batch.schema().field(0).name() == "text"));
    }

    #[tokio::test]
    async fn rows_of_one_file_come_in_their_order_however_many_batches_they_are() {
        let many = i64::try_from(READ_ROWS).unwrap() * 6;
        let (_folder, lake) = lake(many.unsigned_abs());
        let table = filled(&lake, rows(0..many, "")).await;
        assert_eq!(table.files().unwrap().len(), 1);
        let batches: Vec<RecordBatch> = table.rows_by("id", None).unwrap().try_collect().await.unwrap();
        assert!(batches.len() > 3);
        let found: Vec<i64> = batches.iter().flat_map(ids).collect();
        assert_eq!(found, (0..many).collect::<Vec<_>>());
    }

    fn ids(batch: &RecordBatch) -> Vec<i64> {
        super::super::staged_file::longs(batch, "id")
    }
}
