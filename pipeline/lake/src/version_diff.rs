//! Version diff: finds what changed in a table between two of its versions, from the commits between them.
//!
//! Invariant: a key must be reported when any compared column of its row differs between the versions, or when only one
//! of them has it. Commits with `dataChange` false (a compaction, here or in Spark) are skipped: they replace files by
//! files with the same rows. Where every other commit recorded the keys that it changed, only rows with these are looked
//! at. Where the difference can't be found (the log or an earlier file is gone, rows were deleted
//! by deletion vectors, nearly everything was rewritten), the result must be unknown, and the caller reads all rows.

use super::KeySet;
use super::changed_keys::ChangedKeys;
use super::error::Result;
use super::files::DataFile;
use super::table::{OnTable as _, Table};
use arrow::array::RecordBatch;
use connectwise_runtime::row_hashes;
use datafusion::datasource::TableProvider;
use datafusion::logical_expr::ident;
use datafusion::prelude::DataFrame;
use deltalake::kernel::Action;
use deltalake::logstore::get_actions;
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Number of rows that may differ from which a table is not compared row by row when all its files were rewritten.
const MANY_ROWS: u64 = 200_000;
/// Number of commits fetched concurrently.
const COMMITS_AT_ONCE: usize = 8;

/// Difference between two versions of a table.
pub enum VersionDiff {
    /// The same rows.
    None,
    /// Files with other rows were added or removed.
    Some(Box<ChangedFiles>),
    /// Unknown from the log.
    Unknown,
}

/// Files whose rows make the difference between two versions.
pub struct ChangedFiles {
    earlier: Table,
    removed: ByVersion,
    added: ByVersion,
    added_rows: u64,
    kept_rows: u64,
    /// Column and values of the keys that may have changed; `None` where a commit does not tell.
    keys: Option<(String, Arc<KeySet>)>,
}

/// Paths of files, by a version that has them.
type ByVersion = BTreeMap<u64, Vec<String>>;

/// Net effect of some commits.
#[derive(Debug, Default)]
struct Commits {
    files: BTreeMap<String, FileDelta>,
    /// Keys that they changed.
    keys: RecordedKeys,
}

/// Keys that commits recorded.
#[derive(Debug, Default)]
enum RecordedKeys {
    /// No commit changed rows.
    #[default]
    None,
    /// Each that changed rows recorded its keys.
    Some(ChangedKeys),
    /// One of them did not.
    Unknown,
}

/// Net effect on one file of the commits that changed rows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct FileDelta {
    /// Last version that added it.
    added: Option<u64>,
    /// Last version that removed it.
    removed: Option<u64>,
    /// Number of times it was added, minus the number of times it was removed.
    net: i64,
}

impl Table {
    /// Compares an earlier version with the one that is open, file by file.
    ///
    /// # Errors
    /// [`super::Error::Table`] when the open version's log can't be read.
    pub async fn diff_since(&self, version: i64) -> Result<VersionDiff> {
        if version == self.version() {
            return Ok(VersionDiff::None);
        }
        let (Ok(from), Ok(to)) = (u64::try_from(version), u64::try_from(self.version())) else {
            return Ok(VersionDiff::Unknown);
        };
        if from > to {
            return Ok(VersionDiff::Unknown);
        }
        let Some(commits) = self.commits(from, to).await else { return Ok(VersionDiff::Unknown) };
        if !commits.change_rows() {
            return Ok(VersionDiff::None);
        }
        let deltas = commits.files;
        let earlier = match self.clone().at_version(from).await {
            Ok(earlier) => earlier,
            Err(error) => {
                tracing::debug!(%error, "what changed can't be told: all rows are compared");
                return Ok(VersionDiff::Unknown);
            }
        };
        let paths = |files: &[DataFile]| files.iter().map(DataFile::path).collect::<HashSet<_>>();
        let now = self.files()?;
        let (removed, added) = by_version(&deltas, (from, &paths(&earlier.files()?)), (to, &paths(&now)));
        let is_new = |path: &str| deltas.get(path).is_some_and(|delta| delta.net > 0);
        let rows = |new: bool| now.iter().filter(|file| is_new(&file.path()) == new).filter_map(DataFile::rows).sum();
        let (added_rows, kept_rows) = (rows(true), rows(false));
        let keys = match commits.keys {
            RecordedKeys::Some(keys) => Some(keys.into_set()),
            RecordedKeys::None | RecordedKeys::Unknown => None,
        };
        Ok(VersionDiff::Some(Box::new(ChangedFiles { earlier, removed, added, added_rows, kept_rows, keys })))
    }

    /// Whether two versions, up to the open one, have the same rows; false where the log can't tell.
    pub async fn had_the_same_rows(&self, from: i64, to: i64) -> bool {
        match (u64::try_from(from), u64::try_from(to)) {
            (Ok(from), Ok(to)) if from <= to => {
                self.commits(from, to).await.is_some_and(|commits| !commits.change_rows())
            }
            _ => false,
        }
    }

    /// Fingerprint of a version's commit; `None` where the log no longer has it.
    ///
    /// It distinguishes two commits of the same version number: a table can be restored from a copy, and continue from
    /// there.
    pub async fn commit_mark(&self, version: i64) -> Option<i64> {
        let entry = self.delta().log_store().read_commit_entry(u64::try_from(version).ok()?).await.ok()??;
        Some(xxhash_rust::xxh3::xxh3_64(&entry).cast_signed())
    }

    /// Replays the commits after `from`; `None` where the log can't tell.
    async fn commits(&self, from: u64, to: u64) -> Option<Commits> {
        let log = self.delta().log_store();
        let commits = futures::stream::iter(from + 1..=to).map(|version| {
            let log = Arc::clone(&log);
            async move { log.read_commit_entry(version).await.map(|bytes| (version, bytes)) }
        });
        let mut commits = commits.buffered(COMMITS_AT_ONCE);
        let mut replayed = Commits::default();
        loop {
            match commits.try_next().await {
                Ok(None) => return Some(replayed),
                Ok(Some((version, Some(bytes)))) => match get_actions(version, &bytes) {
                    Ok(actions) if replayed.replay(version, &actions) => {}
                    Ok(_) => {
                        tracing::debug!(table = self.name(), version, "rows were deleted by vectors");
                        return None;
                    }
                    Err(error) => {
                        tracing::debug!(table = self.name(), version, %error, "a commit can't be read");
                        return None;
                    }
                },
                Ok(Some((version, None))) => {
                    tracing::debug!(table = self.name(), version, "the log no longer has a commit");
                    return None;
                }
                Err(error) => {
                    tracing::debug!(table = self.name(), %error, "the log can't be read");
                    return None;
                }
            }
        }
    }

    /// Finds the keys whose rows differ between an earlier version and the open one, in any of the compared columns.
    ///
    /// # Errors
    /// [`super::Error::Table`] when the open version can't be read.
    pub async fn changed_keys(&self, version: i64, key: &str, compared: &[&str]) -> Result<Option<HashSet<i64>>> {
        match self.diff_since(version).await? {
            VersionDiff::None => Ok(Some(HashSet::new())),
            VersionDiff::Unknown => Ok(None),
            VersionDiff::Some(changed_files) => changed_files.keys(self, key, compared).await,
        }
    }
}

impl Commits {
    /// Whether the rows may differ afterwards.
    fn change_rows(&self) -> bool {
        self.files.values().any(|delta| delta.net != 0)
    }

    /// Replays the actions of a commit; false where a file with a deletion vector is among them.
    ///
    /// The path alone does not say which rows such a file has.
    fn replay(&mut self, version: u64, actions: &[Action]) -> bool {
        let mut changes_rows = false;
        // Files that a commit removes existed before it, files that it adds exist after it.
        for action in actions {
            if let Action::Remove(remove) = action
                && remove.data_change
            {
                if remove.deletion_vector.is_some() {
                    return false;
                }
                let delta = self.files.entry(remove.path.clone()).or_default();
                (delta.removed, delta.net) = (Some(version), delta.net - 1);
                changes_rows = true;
            }
        }
        for action in actions {
            if let Action::Add(add) = action
                && add.data_change
            {
                if add.deletion_vector.is_some() {
                    return false;
                }
                let delta = self.files.entry(add.path.clone()).or_default();
                (delta.added, delta.net) = (Some(version), delta.net + 1);
                changes_rows = true;
            }
        }
        if changes_rows {
            let recorded = actions.iter().find_map(|action| match action {
                Action::CommitInfo(commit) => ChangedKeys::of(&commit.info),
                _ => None,
            });
            self.keys = match (std::mem::take(&mut self.keys), recorded) {
                (RecordedKeys::None, Some(keys)) => RecordedKeys::Some(keys),
                (RecordedKeys::Some(before), Some(keys)) => {
                    before.and(keys).map_or(RecordedKeys::Unknown, RecordedKeys::Some)
                }
                (RecordedKeys::Unknown, _) | (_, None) => RecordedKeys::Unknown,
            };
        }
        true
    }
}

/// Lists the removed files and the added files, each by a version that has it.
///
/// That is one of the two open versions where possible. A file that was added and removed makes no difference. A file
/// that a compaction removed does not count as removed: it stands for its rows, in whatever file they are now.
fn by_version(
    deltas: &BTreeMap<String, FileDelta>,
    (from, before): (u64, &HashSet<String>),
    (to, now): (u64, &HashSet<String>),
) -> (ByVersion, ByVersion) {
    let (mut gone, mut new) = (ByVersion::new(), ByVersion::new());
    for (path, delta) in deltas {
        match (delta.net.signum(), delta.removed, delta.added) {
            (-1, Some(removed), _) => {
                let version = if before.contains(path) { from } else { removed.saturating_sub(1) };
                gone.entry(version).or_default().push(path.clone());
            }
            (1, _, Some(added)) => {
                let version = if now.contains(path) { to } else { added };
                new.entry(version).or_default().push(path.clone());
            }
            _ => {}
        }
    }
    (gone, new)
}

/// Provider of some of a table's rows; `None` where there are none.
type Rows = Option<Arc<dyn TableProvider>>;

impl ChangedFiles {
    /// Whether at most a third of the table's rows have to be looked at.
    pub fn is_small(&self) -> bool {
        self.rows_to_compare() * 3 <= self.added_rows + self.kept_rows
    }

    /// Number of the open version's rows that may differ; about so many where a key has several rows.
    fn rows_to_compare(&self) -> u64 {
        self.keys.as_ref().map_or(self.added_rows, |(_, keys)| self.added_rows.min(keys.len() as u64))
    }

    /// Providers of the removed and of the added files' rows that may differ; the same row may be in both.
    ///
    /// `None` where a file is only in a version between the two.
    ///
    /// # Errors
    /// [`super::Error::Table`] when one of the versions can't be read.
    pub fn sides(&self, later: &Table) -> Result<Option<(Rows, Rows)>> {
        let of = |table: &Table, files: &ByVersion| -> Result<Option<Rows>> {
            let version = u64::try_from(table.version()).ok();
            let all: usize = files.values().map(Vec::len).sum();
            Ok(match version.and_then(|version| files.get(&version)) {
                None if all == 0 => Some(None),
                Some(paths) if paths.len() == all => Some(Some(self.rows_of(table, paths)?.into_view())),
                _ => None,
            })
        };
        let (gone, came) = (of(&self.earlier, &self.removed)?, of(later, &self.added)?);
        Ok(gone.zip(came))
    }

    /// Rows of some of a version's files that may differ.
    fn rows_of(&self, table: &Table, paths: &[String]) -> Result<DataFrame> {
        let rows = table.lake().context().read_table(table.provider_of_paths(paths)?);
        let rows = rows.on_table(table, "comparing versions")?;
        match &self.keys {
            None => Ok(rows),
            Some((column, keys)) => {
                rows.filter(KeySet::holds(keys, ident(column.as_str()))).on_table(table, "comparing versions")
            }
        }
    }

    /// Table at the earlier version.
    pub fn earlier(&self) -> &Table {
        &self.earlier
    }

    /// Finds the keys whose rows differ in any of the compared columns.
    ///
    /// `None` where a large table was rewritten whole, a column's type differs, or the rows can't be read.
    ///
    /// # Errors
    /// [`super::Error::Table`] when a schema can't be read.
    pub async fn keys(&self, later: &Table, key: &str, compared: &[&str]) -> Result<Option<HashSet<i64>>> {
        let mut columns = vec![key];
        columns.extend(compared.iter().filter(|name| **name != key));
        let (before, now) = (self.earlier.schema()?, later.schema()?);
        let same = |name: &&str| match (before.field_with_name(name), now.field_with_name(name)) {
            (Ok(before), Ok(now)) => before.data_type() == now.data_type(),
            _ => false,
        };
        let rewritten = self.kept_rows == 0 && self.rows_to_compare() > MANY_ROWS;
        if rewritten || !columns.iter().all(same) {
            return Ok(None);
        }
        // For each key the hashes of its added rows, minus those of its removed rows: zero where they are the same.
        let mut sums: HashMap<i64, u128> = HashMap::new();
        let mut add = |id, hash: u128| {
            let sum = sums.entry(id).or_default();
            *sum = sum.wrapping_add(hash);
        };
        let outcome = async {
            self.each_row(later, &self.removed, &columns, |id, hash| add(id, hash.wrapping_neg())).await?;
            self.each_row(later, &self.added, &columns, &mut add).await
        };
        if let Err(error) = outcome.await {
            // A file that VACUUM deleted is no error of this run.
            tracing::debug!(table = later.name(), %error, "the files of an earlier version can't be read");
            return Ok(None);
        }
        Ok(Some(sums.into_iter().filter(|(_, sum)| *sum != 0).map(|(id, _)| id).collect()))
    }

    /// Visits the rows of some files with key and hash of the columns, the first of which is the key.
    async fn each_row(
        &self,
        later: &Table,
        files: &ByVersion,
        columns: &[&str],
        mut visit: impl FnMut(i64, u128),
    ) -> Result<()> {
        let number = |table: &Table| u64::try_from(table.version()).ok();
        for (version, paths) in files {
            let table = match *version {
                version if Some(version) == number(&self.earlier) => self.earlier.clone(),
                version if Some(version) == number(later) => later.clone(),
                version => later.clone().at_version(version).await?,
            };
            each_row(&table, self.rows_of(&table, paths)?, columns, &mut visit).await?;
        }
        Ok(())
    }
}

async fn each_row(table: &Table, rows: DataFrame, columns: &[&str], mut visit: impl FnMut(i64, u128)) -> Result<()> {
    let frame = rows
        .select(columns.iter().map(|name| ident(*name)).collect::<Vec<_>>())
        .on_table(table, "comparing versions")?;
    let mut rows = frame.execute_stream().await.on_table(table, "comparing versions")?;
    let all: Vec<usize> = (0..columns.len()).collect();
    while let Some(batch) = rows.next().await {
        let batch: RecordBatch = batch.on_table(table, "comparing versions")?;
        let hashes = row_hashes(&batch, &all).on_table(table, "comparing versions")?;
        let Some(ids) = arrow::array::AsArray::as_primitive_opt::<arrow::datatypes::Int64Type>(batch.column(0)) else {
            return Err(table.error("comparing versions", format!("{} is no Int64 column", columns[0])));
        };
        ids.values().iter().zip(hashes).for_each(|(id, hash)| visit(*id, hash));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
