//! Patches a data file: where only values of rows that it has change, columns without a changed value are copied as
//! they are, and the others are encoded anew.
//!
//! A change that is spread over a table touches most files, but few of their columns. What is copied is neither decoded
//! nor compressed again.
//!
//! Invariant: a patched file must have the same rows in the same order, and differ in nothing but the changed values.

use super::assembled_file::{AssembledFile, Constants, StagedGroups};
use super::cast_to_schema;
use super::error::BoxError;
use super::files::DataFile;
use super::table::Table;
use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{interleave, take_record_batch};
use arrow::datatypes::{Schema, SchemaRef};
use connectwise_runtime::row_hashes;
use deltalake::kernel::Add;
use deltalake::logstore::object_store::ObjectStoreExt as _;
use parquet::arrow::arrow_reader::RowSelection;
use std::collections::{HashMap, HashSet};
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
    /// Writes a file anew with changed values of some of its rows, found by their key.
    ///
    /// `None` where one of the rows is not in the file, or is there twice, and where the file has another form than the
    /// table's, as one of another writer's or of an earlier schema.
    pub(super) async fn patch(
        &self,
        file: &DataFile,
        changed: &RecordBatch,
        key: &[&str],
    ) -> Result<Option<Add>, BoxError> {
        let schema = self.schema()?;
        let changed = cast_to_schema(changed, &schema)?;
        let places: Vec<usize> = key.iter().map(|name| schema.index_of(name)).collect::<Result<_, _>>()?;
        let mut rows: HashMap<u128, usize> =
            row_hashes(&changed, &places)?.into_iter().enumerate().map(|(row, hash)| (hash, row)).collect();
        let store = self.delta().log_store().object_store(None);
        let stored = StagedGroups::of(store.get(&file.place()).await?.bytes().await?)?;
        if !stored.is_own(&schema)? {
            return Ok(None);
        }
        let mut patched = AssembledFile::new(&schema, self.sizing(), Arc::new(Constants::new()))?;
        for group in 0..stored.len() {
            let keys = stored.read(group, &schema, &places, None)?;
            let hashes = row_hashes(&keys, &(0..places.len()).collect::<Vec<_>>())?;
            let mut hits = Vec::new();
            let mut seen = HashSet::new();
            for (row, hash) in hashes.iter().enumerate() {
                match rows.remove(hash) {
                    Some(change) => {
                        seen.insert(*hash);
                        hits.push((row, change));
                    }
                    None if seen.contains(hash) => return Ok(None),
                    None => {}
                }
            }
            let columns = changed_columns(&stored, group, &schema, &changed, &hits)?;
            patched.patch(&stored, group, &columns)?;
        }
        // A row that is not there belongs between the others.
        if !rows.is_empty() {
            return Ok(None);
        }
        Ok(Some(patched.store(self).await?))
    }
}

/// Computes the columns of a row group that change, by their places in the schema.
fn changed_columns(
    stored: &StagedGroups,
    group: usize,
    schema: &SchemaRef,
    changed: &RecordBatch,
    hits: &[(usize, usize)],
) -> Result<HashMap<usize, ArrayRef>, BoxError> {
    if hits.is_empty() {
        return Ok(HashMap::new());
    }
    let every: Vec<usize> = (0..schema.fields().len()).collect();
    let all = stored.rows(group)?;
    let selected = RowSelection::from_consecutive_ranges(hits.iter().map(|(row, _)| *row..*row + 1), all);
    let before = stored.read(group, schema, &every, Some(selected))?;
    let order: UInt32Array =
        hits.iter().map(|(_, change)| u32::try_from(*change)).collect::<Result<Vec<_>, _>>()?.into();
    let after = take_record_batch(changed, &order)?;
    let mut differ = Vec::new();
    for place in every {
        // By the hash that decides whether a row changed.
        if row_hashes(&before, &[place])? != row_hashes(&after, &[place])? {
            differ.push(place);
        }
    }
    let whole = stored.read(group, schema, &differ, None)?;
    let mut sources: Vec<(usize, usize)> = (0..all).map(|row| (0, row)).collect();
    for (row, change) in hits {
        sources[*row] = (1, *change);
    }
    let mut columns = HashMap::new();
    for (place, column) in differ.into_iter().zip(whole.columns()) {
        columns.insert(place, interleave(&[column.as_ref(), changed.column(place).as_ref()], &sources)?);
    }
    Ok(columns)
}

/// Returns the columns of a schema at some places.
pub(super) fn projected(schema: &Schema, places: &[usize]) -> SchemaRef {
    Arc::new(Schema::new(places.iter().filter_map(|place| schema.fields().get(*place).cloned()).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests;
