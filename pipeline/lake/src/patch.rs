//! Patches a data file: where only values of rows that it has change, columns without a changed value are copied as
//! they are, and the others are encoded anew.
//!
//! A change that is spread over a table touches most files, but few of their columns. To encode is most of the work of
//! writing a file anew: what is copied is not encoded, and a column's values are read only where one of them changed.
//!
//! Invariant: a patched file must have the same rows in the same order, and differ in nothing but the changed values.

use super::assembled_file::{AssembledFile, Constants, StagedGroups};
use super::cast_to_schema;
use super::error::BoxError;
use super::files::{DataFile, mark_sorted};
use super::stored_rows::Differing;
use super::table::Table;
use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{interleave, take_record_batch};
use arrow::datatypes::{Schema, SchemaRef};
use connectwise_runtime::row_hashes;
use deltalake::kernel::Add;
use deltalake::logstore::object_store::ObjectStoreExt as _;
use parquet::arrow::arrow_reader::RowSelection;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// One row in so many may change: where more do, their file is merged.
const ROWS_A_CHANGE: u64 = 8;
/// Changed rows of a file that are held in memory at most.
const MOST_CHANGES: u64 = 10_000;

/// Whether so many changed rows of a file are patched into it.
pub(super) fn is_patched(file: &DataFile, changes: usize) -> bool {
    let changes = changes as u64;
    changes <= MOST_CHANGES && file.rows().is_some_and(|rows| changes * ROWS_A_CHANGE <= rows)
}

impl Table {
    /// Writes a file anew with changed values of some of its rows, found by their key of one column. Where it is not
    /// known in which columns they differ, these are found by comparing.
    ///
    /// `None` where one of the rows is not in the file, or is there twice, and where the file has another form than the
    /// table's, as one of another writer's or of an earlier schema.
    pub(super) async fn patch(
        &self,
        file: &DataFile,
        changed: &RecordBatch,
        key: &str,
        differing: &Differing,
    ) -> Result<Option<Add>, BoxError> {
        let schema = self.schema()?;
        let changed = cast_to_schema(changed, &schema)?;
        let store = self.delta().log_store().object_store(None);
        let stored = StagedGroups::of(store.get(&file.place()).await?.bytes().await?)?;
        if !stored.is_own(&schema)? {
            return Ok(None);
        }
        let key_place = schema.index_of(key)?;
        let hashes = row_hashes(&changed, &[key_place])?;
        let Some(hits) = find_rows(&stored, &schema, &hashes, key_place)? else { return Ok(None) };
        let mut patched = AssembledFile::new(&schema, self.sizing(), Arc::new(Constants::new()))?;
        for (group, hits) in hits.iter().enumerate() {
            let known = hits.iter().map(|(_, change)| differing.get(&hashes[*change]));
            let places = match known.collect::<Option<Vec<_>>>() {
                Some(known) => known.into_iter().flatten().copied().collect(),
                None => find_differing(&stored, group, &schema, &changed, hits)?,
            };
            let columns = changed_columns(&stored, group, &schema, &changed, hits, &places)?;
            patched.patch(&stored, group, &columns)?;
        }
        let add = patched.store(self).await?;
        Ok(Some(if file.sorted_by().is_some() { mark_sorted(add, &[key]) } else { add }))
    }
}

/// Row of a row group, and the changed row that takes its place.
type Hit = (usize, usize);

/// Finds each changed row once, by the hash of its key, in the row groups; `None` where one is not there, or is there
/// twice.
fn find_rows(
    stored: &StagedGroups,
    schema: &SchemaRef,
    changed: &[u128],
    key: usize,
) -> Result<Option<Vec<Vec<Hit>>>, BoxError> {
    let mut rows: HashMap<u128, (usize, bool)> =
        changed.iter().enumerate().map(|(row, hash)| (*hash, (row, false))).collect();
    let (mut groups, mut found) = (Vec::with_capacity(stored.len()), 0);
    for group in 0..stored.len() {
        let keys = stored.read(group, schema, &[key], None)?;
        let mut hits = Vec::new();
        for (row, hash) in row_hashes(&keys, &[0])?.iter().enumerate() {
            match rows.get_mut(hash) {
                Some((_, true)) => return Ok(None),
                Some((change, is_found)) => {
                    *is_found = true;
                    hits.push((row, *change));
                }
                None => {}
            }
        }
        found += hits.len();
        groups.push(hits);
    }
    Ok((found == changed.len()).then_some(groups))
}

/// Finds the columns in which a row of a row group differs from the changed row, by their places in the schema.
fn find_differing(
    stored: &StagedGroups,
    group: usize,
    schema: &SchemaRef,
    changed: &RecordBatch,
    hits: &[Hit],
) -> Result<BTreeSet<usize>, BoxError> {
    let every: Vec<usize> = (0..schema.fields().len()).collect();
    let selected =
        RowSelection::from_consecutive_ranges(hits.iter().map(|(row, _)| *row..*row + 1), stored.rows(group)?);
    let before = stored.read(group, schema, &every, Some(selected))?;
    let order: UInt32Array =
        hits.iter().map(|(_, change)| u32::try_from(*change)).collect::<Result<Vec<_>, _>>()?.into();
    let after = take_record_batch(changed, &order)?;
    let mut differ = BTreeSet::new();
    for place in every {
        // By the hash that decides whether a row changed.
        if row_hashes(&before, &[place])? != row_hashes(&after, &[place])? {
            differ.insert(place);
        }
    }
    Ok(differ)
}

/// Computes the new columns of a row group, by their places in the schema.
fn changed_columns(
    stored: &StagedGroups,
    group: usize,
    schema: &SchemaRef,
    changed: &RecordBatch,
    hits: &[Hit],
    differing: &BTreeSet<usize>,
) -> Result<HashMap<usize, ArrayRef>, BoxError> {
    let mut columns = HashMap::new();
    if hits.is_empty() {
        return Ok(columns);
    }
    let mut sources: Vec<(usize, usize)> = (0..stored.rows(group)?).map(|row| (0, row)).collect();
    for (row, change) in hits {
        sources[*row] = (1, *change);
    }
    for place in differing {
        let whole = stored.read(group, schema, &[*place], None)?;
        columns.insert(*place, interleave(&[whole.column(0).as_ref(), changed.column(*place).as_ref()], &sources)?);
    }
    Ok(columns)
}

/// Returns the columns of a schema at some places.
pub(super) fn projected(schema: &Schema, places: &[usize]) -> SchemaRef {
    Arc::new(Schema::new(places.iter().filter_map(|place| schema.fields().get(*place).cloned()).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests;
