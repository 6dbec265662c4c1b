//! Stored rows of an upsert, which tell for each row of the stream whether it is new, changed or the same.
//!
//! Invariant: a column of a changed row must be said to be the same only where it was compared with the stored row's.

use super::error::Result;
use super::schema::cast_to_schema;
use super::table::{Counts, OnTable as _, Table};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use connectwise_runtime::row_hashes;
use futures::{Stream, StreamExt as _};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Maximum cells whose hashes are held, 16 bytes each: where there are more, nothing is told of columns.
const MOST_CELLS: usize = 1 << 20;

/// Columns in which changed rows may differ from the stored ones, by the hash of the key: places in the schema. Of a row
/// without an entry nothing is known.
pub(super) type Differing = HashMap<u128, Vec<usize>>;

/// Row that the table stores: the hash of its content, and whether the stream has its key.
struct StoredRow {
    content: u128,
    seen: bool,
}

/// Rows that a table stores in a scope, by the hashes of their keys.
pub(super) struct StoredRows<'a> {
    table: &'a Table,
    schema: &'a SchemaRef,
    /// Places of the key and of the content in the schema; the key is part of the content.
    key: &'a [usize],
    content: &'a [usize],
    rows: HashMap<u128, StoredRow>,
    columns: Option<ColumnHashes>,
    /// Rows of the stream whose key came before.
    pub(super) duplicates: u64,
    pub(super) counts: Counts,
}

/// Hashes of the stored rows' columns, and the columns in which changed rows differ.
#[derive(Default)]
struct ColumnHashes {
    cells: HashMap<u128, Box<[u128]>>,
    differing: Differing,
}

impl<'a> StoredRows<'a> {
    /// Reads rows of the content columns, in their order.
    ///
    /// # Errors
    /// [`super::Error::Table`] when the table can't be read.
    pub(super) async fn read(
        table: &'a Table,
        schema: &'a SchemaRef,
        (key, content): (&'a [usize], &'a [usize]),
        is_few: bool,
        mut rows: impl Stream<Item = Result<RecordBatch>> + Unpin,
    ) -> Result<Self> {
        let columns = is_few.then(ColumnHashes::default);
        let (stored, counts) = (HashMap::new(), Counts::default());
        let mut stored = Self { table, schema, key, content, rows: stored, columns, duplicates: 0, counts };
        let places: Vec<usize> = key.iter().filter_map(|key| content.iter().position(|other| other == key)).collect();
        let all: Vec<usize> = (0..content.len()).collect();
        let wanted: SchemaRef = Arc::new(schema.project(content).on_table(table, "comparing")?);
        while let Some(batch) = rows.next().await {
            let batch = cast_to_schema(&batch?, &wanted).on_table(table, "comparing")?;
            let keys = stored.hashes(&batch, &places)?;
            let contents = stored.hashes(&batch, &all)?;
            if let Some(columns) = &mut stored.columns {
                columns.cells.extend(keys.iter().copied().zip(cells(table, &batch, &all)?));
                if columns.cells.len().saturating_mul(content.len()) > MOST_CELLS {
                    stored.columns = None;
                }
            }
            let rows = contents.into_iter().map(|content| StoredRow { content, seen: false });
            stored.rows.extend(keys.into_iter().zip(rows));
        }
        Ok(stored)
    }

    /// Counts the rows of a batch of the stream, and returns which of them are new or changed.
    ///
    /// # Errors
    /// [`super::Error::Table`] for a column of a type that no table has.
    pub(super) fn compare(&mut self, batch: &RecordBatch) -> Result<Vec<bool>> {
        let keys = self.hashes(batch, self.key)?;
        let contents = self.hashes(batch, self.content)?;
        let mut changed = Vec::with_capacity(batch.num_rows());
        let mut updated = Vec::with_capacity(batch.num_rows());
        for (key, content) in keys.iter().zip(&contents) {
            let before = self.counts;
            changed.push(match self.rows.get_mut(key) {
                Some(row) if row.seen => {
                    self.duplicates += 1;
                    false
                }
                Some(row) => {
                    row.seen = true;
                    let is_other = row.content != *content;
                    *(if is_other { &mut self.counts.updated } else { &mut self.counts.unchanged }) += 1;
                    is_other
                }
                None => {
                    self.rows.insert(*key, StoredRow { content: *content, seen: true });
                    self.counts.inserted += 1;
                    true
                }
            });
            updated.push(self.counts.updated > before.updated);
        }
        if let Some(columns) = &mut self.columns {
            let keys = keys.into_iter().zip(&updated).filter(|(_, is_updated)| **is_updated).map(|(key, _)| key);
            let keys: Vec<u128> = keys.collect();
            let updated = filter_record_batch(batch, &BooleanArray::from(updated)).on_table(self.table, "comparing")?;
            let after = cells(self.table, &updated, self.content)?;
            let other_columns = (0..self.schema.fields().len()).filter(|place| !self.content.contains(place));
            let other_columns: Vec<usize> = other_columns.collect();
            for (key, after) in keys.into_iter().zip(after) {
                let Some(before) = columns.cells.get(&key) else { continue };
                let cells = self.content.iter().zip(before.iter().zip(&after));
                let differ = cells.filter(|(_, (before, after))| before != after).map(|(place, _)| *place);
                columns.differing.insert(key, differ.chain(other_columns.iter().copied()).collect());
            }
        }
        Ok(changed)
    }

    /// Takes the columns in which changed rows differ from the stored ones, as far as that was looked at.
    pub(super) fn take_differing(&mut self) -> Differing {
        self.columns.take().map(|columns| columns.differing).unwrap_or_default()
    }

    /// Hashes of the keys that the stream lacks.
    pub(super) fn gone(&self) -> HashSet<u128> {
        self.rows.iter().filter(|(_, row)| !row.seen).map(|(key, _)| *key).collect()
    }

    fn hashes(&self, batch: &RecordBatch, columns: &[usize]) -> Result<Vec<u128>> {
        row_hashes(batch, columns).on_table(self.table, "comparing")
    }
}

/// Hashes of some columns, row by row.
fn cells(table: &Table, batch: &RecordBatch, columns: &[usize]) -> Result<Vec<Box<[u128]>>> {
    let columns: Vec<Vec<u128>> = columns
        .iter()
        .map(|column| row_hashes(batch, &[*column]).on_table(table, "comparing"))
        .collect::<Result<_>>()?;
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row]).collect()).collect())
}
