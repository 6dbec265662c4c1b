//! What changed in a table between two of its versions, from the files that the log took out and put in.
//!
//! Invariant: a key is reported when any compared column of its row differs between the versions, or when only one
//! of them has it. Where that can't be told (an earlier version is gone, or nearly everything was written anew), the
//! answer is that it is unknown, and the caller looks at all rows.

use super::files::{DataFile, differing_files};
use super::table::Table;
use crate::error::Result;
use arrow::array::RecordBatch;
use connectwise_runtime::row_hashes;
use datafusion::logical_expr::ident;
use futures::StreamExt as _;
use std::collections::{HashMap, HashSet};

/// When all files of a table with more rows were written anew, asking which rows differ is no help.
const MANY_ROWS: u64 = 200_000;

/// What is known of the difference between two versions.
pub(crate) enum Difference {
    /// The same files: the same rows.
    None,
    /// Some files differ.
    Some(Box<Differing>),
    /// The earlier version can't be read any more.
    Unknown,
}

/// The files that differ between two versions.
pub(crate) struct Differing {
    earlier: Table,
    removed: Vec<DataFile>,
    added: Vec<DataFile>,
    kept_rows: u64,
}

impl Table {
    /// Which files differ between an earlier version and the one that is open.
    ///
    /// # Errors
    /// [`crate::error::Error::Table`] when the open version's log can't be read.
    pub(crate) async fn difference(&self, version: i64) -> Result<Difference> {
        if version == self.version() {
            return Ok(Difference::None);
        }
        if version > self.version() {
            return Ok(Difference::Unknown);
        }
        let Ok(wanted) = u64::try_from(version) else {
            return Ok(Difference::Unknown);
        };
        let earlier = match self.clone().at_version(wanted).await {
            Ok(earlier) => earlier,
            Err(error) => {
                tracing::debug!(%error, "what changed can't be told from the log: all rows are compared");
                return Ok(Difference::Unknown);
            }
        };
        let all: u64 = self.files()?.iter().filter_map(DataFile::rows).sum();
        let (removed, added) = differing_files(earlier.files()?, self.files()?);
        if removed.is_empty() && added.is_empty() {
            return Ok(Difference::None);
        }
        let kept_rows = all.saturating_sub(added.iter().filter_map(DataFile::rows).sum());
        Ok(Difference::Some(Box::new(Differing { earlier, removed, added, kept_rows })))
    }

    /// The keys whose rows differ between an earlier version and the open one, in any of the compared columns.
    ///
    /// # Errors
    /// [`crate::error::Error::Table`] when the open version can't be read.
    pub(crate) async fn changed_keys(
        &self,
        version: i64,
        key: &str,
        compared: &[&str],
    ) -> Result<Option<HashSet<i64>>> {
        match self.difference(version).await? {
            Difference::None => Ok(Some(HashSet::new())),
            Difference::Unknown => Ok(None),
            Difference::Some(differing) => differing.keys(self, key, compared).await,
        }
    }
}

impl Differing {
    /// The table at the earlier version.
    pub(crate) fn earlier(&self) -> &Table {
        &self.earlier
    }

    /// Rows of the files that were added.
    fn rows(&self) -> u64 {
        self.added.iter().filter_map(DataFile::rows).sum()
    }

    /// The keys whose rows differ in any of the compared columns; `None` where the table was all but written anew, or
    /// the earlier rows can't be read.
    pub(crate) async fn keys(&self, later: &Table, key: &str, compared: &[&str]) -> Result<Option<HashSet<i64>>> {
        let mut columns = vec![key];
        columns.extend(compared.iter().filter(|name| **name != key));
        let (before, now) = (self.earlier.schema()?, later.schema()?);
        let same = |name: &&str| match (before.field_with_name(name), now.field_with_name(name)) {
            (Ok(before), Ok(now)) => before.data_type() == now.data_type(),
            _ => false,
        };
        let rewritten = self.kept_rows == 0 && self.rows() > MANY_ROWS;
        if rewritten || !columns.iter().all(same) {
            return Ok(None);
        }
        let mut known: HashMap<i64, u128> = HashMap::new();
        let read = each_row(&self.earlier, &self.removed, &columns, |id, hash| {
            known.insert(id, hash);
        });
        if let Err(error) = read.await {
            // A file that VACUUM took is no fault of this run.
            tracing::debug!(table = later.name(), %error, "the files of an earlier version can't be read");
            return Ok(None);
        }
        let mut changed = HashSet::new();
        each_row(later, &self.added, &columns, |id, hash| {
            if known.remove(&id) != Some(hash) {
                changed.insert(id);
            }
        })
        .await?;
        changed.extend(known.into_keys());
        Ok(Some(changed))
    }
}

/// Visits the rows of some files: key and hash of the columns, the first of which is the key.
async fn each_row(table: &Table, files: &[DataFile], columns: &[&str], mut visit: impl FnMut(i64, u128)) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let failed = |error: datafusion::error::DataFusionError| table.error("comparing versions", error);
    let frame = table.frame_of(files).await?;
    let frame = frame.select(columns.iter().map(|name| ident(*name)).collect::<Vec<_>>()).map_err(failed)?;
    let mut rows = frame.execute_stream().await.map_err(failed)?;
    let all: Vec<usize> = (0..columns.len()).collect();
    while let Some(batch) = rows.next().await {
        let batch: RecordBatch = batch.map_err(failed)?;
        let hashes = row_hashes(&batch, &all).map_err(|error| table.error("comparing versions", error))?;
        let Some(ids) = arrow::array::AsArray::as_primitive_opt::<arrow::datatypes::Int64Type>(batch.column(0)) else {
            return Err(table.error("comparing versions", format!("{} is no Int64 column", columns[0])));
        };
        ids.values().iter().zip(hashes).for_each(|(id, hash)| visit(*id, hash));
    }
    Ok(())
}
