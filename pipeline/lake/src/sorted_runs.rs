//! Sorted runs: replaces a table's content by staged files that are each in the order of the key, and by the rows that
//! belong between them.
//!
//! A run whose rows all stay, and between whose keys no other row belongs, is copied without decoding. The others are
//! read back and merged.
//!
//! Invariant: one commit of exactly the expected rows, in the order of the key.

use super::assembled_file::{AssembledFile, Constants, StagedGroups};
use super::cast_to_schema;
use super::error::{BoxError, Result};
use super::files::{DataFile, mark_sorted};
use super::sorted_merge::{OutOfOrder, read_ahead, sorted_merge};
use super::staged_file::StagedFile;
use super::table::{OnTable as _, Table, sorted};
use super::task::spawn_abortable;
use super::write::{in_small_batches, next_version};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::DataFrame;
use deltalake::kernel::Add;
use deltalake::protocol::{DeltaOperation, SaveMode};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use std::path::PathBuf;
use std::sync::Arc;

/// Files that are written at the same time.
const FILES_AT_ONCE: usize = 2;
const ACTION: &str = "replacing";

/// Staged file whose rows are in the order of the key, each key once.
#[derive(Clone, Copy)]
pub struct SortedRun<'a> {
    /// The file.
    pub file: &'a StagedFile,
    /// Its first key.
    pub first: i64,
    /// Its last key.
    pub last: i64,
    /// Whether all of its rows stay.
    pub is_whole: bool,
}

/// Rows that belong between runs, in any order.
pub struct Between {
    /// The keys.
    pub keys: Vec<i64>,
    /// The rows, in the table's schema; `None` where there are none.
    pub rows: Option<DataFrame>,
}

/// How staged rows become rows of the table.
pub struct StagedForm<'a> {
    /// Values of the columns that are not staged.
    pub constants: Constants,
    /// Reads the rows that stay, in the table's schema.
    pub read: &'a (dyn Fn(DataFrame) -> datafusion::error::Result<DataFrame> + Sync),
}

/// Part of a data file.
enum Piece {
    /// A staged file that is copied.
    Copied(PathBuf),
    /// Rows that are encoded: staged ones in the order of the key, and those between them in any order.
    Encoded(Box<Merge>),
}

/// Two sets of rows that are merged in the order of a key.
struct Merge {
    staged: Option<DataFrame>,
    between: Option<DataFrame>,
    key: &'static str,
}

impl Table {
    /// Replaces the content in one commit by staged runs, and the rows that belong between them.
    ///
    /// There must be exactly `expected` rows in total. Where runs overlap, or one is not in order, nothing is committed,
    /// and the result is false.
    ///
    /// # Errors
    /// [`super::Error::Table`]; the table stays as it was.
    pub async fn overwrite_by_runs(
        &mut self,
        mut runs: Vec<SortedRun<'_>>,
        between: Between,
        form: StagedForm<'_>,
        key: &'static str,
        expected: u64,
        transactions: &[(String, i64)],
    ) -> Result<bool> {
        runs.sort_unstable_by_key(|run| run.first);
        let is_sorted = runs.is_sorted_by(|one, next| one.last < next.first);
        if runs.is_empty() || !is_sorted {
            return Ok(false);
        }
        let schema = self.schema()?;
        runs.iter_mut().for_each(|run| run.is_whole = run.is_whole && run.file.has_form_of(&schema));
        let mut rows: Vec<u64> = runs.iter().map(|run| run.file.rows()).collect();
        for key in between.keys {
            let place = runs.partition_point(|run| run.last < key).min(runs.len() - 1);
            runs[place].is_whole = false;
            rows[place] += 1;
        }
        let limit = self.rows_a_file(expected)? as u64;
        let (mut files, mut place) = (Vec::new(), 0);
        for runs_of_file in evenly(&runs, &rows, limit) {
            let mut pieces = Vec::new();
            for alike in runs_of_file.chunk_by(|one, next| one.is_whole == next.is_whole) {
                let end = place + alike.len();
                if alike[0].is_whole {
                    pieces.extend(alike.iter().map(|run| Piece::Copied(run.file.path().to_owned())));
                } else {
                    let after = place.checked_sub(1).map(|before| ident(key).gt(lit(runs[before].last)));
                    let to = (end < runs.len()).then(|| ident(key).lt_eq(lit(runs[end - 1].last)));
                    let within = after.into_iter().chain(to).reduce(Expr::and);
                    let staged = StagedFile::read_all(alike.iter().map(|run| run.file), self.lake().context()).await?;
                    let staged = staged.map(form.read).transpose().on_table(self, ACTION)?;
                    let between = between.rows.clone();
                    let between = match within {
                        Some(within) => between.map(|rows| rows.filter(within)).transpose().on_table(self, ACTION)?,
                        None => between,
                    };
                    pieces.push(Piece::Encoded(Box::new(Merge { staged, between, key })));
                }
                place = end;
            }
            files.push(pieces);
        }
        let Some(adds) = self.assemble_all(files, form.constants, &[key], limit).await? else { return Ok(false) };
        self.must_be(ACTION, &adds, expected)?;
        let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None };
        let files: Vec<DataFile> = self.files()?;
        self.commit("replacing the content", adds, &files, operation, next_version(transactions)).await?;
        Ok(true)
    }

    /// Fills an empty table in one commit with staged files that are in the order of the key, one after the other.
    ///
    /// They must hold exactly `expected` rows, in the order of `key`. Where they are not in the table's form, or its row groups would be
    /// smaller than its files, nothing is written, and the result is false.
    ///
    /// # Errors
    /// [`super::Error::Table`]; the table stays as it was.
    pub(super) async fn fill_by_files(
        &mut self,
        staged: &[StagedFile],
        key: &[&str],
        expected: u64,
        transactions: &[(String, i64)],
    ) -> Result<bool> {
        let schema = self.schema()?;
        let limit = self.rows_a_file(expected)? as u64;
        let is_copied = self.sizing().is_copied(limit) && staged.iter().all(|file| file.has_form_of(&schema));
        if staged.is_empty() || !is_copied {
            return Ok(false);
        }
        let rows: Vec<u64> = staged.iter().map(StagedFile::rows).collect();
        let files = evenly(staged, &rows, limit)
            .into_iter()
            .map(|files| files.iter().map(|file| Piece::Copied(file.path().to_owned())).collect::<Vec<_>>());
        let written = self.assemble_all(files.collect(), Constants::new(), key, limit).await?;
        let Some(adds) = written else { return Ok(false) };
        self.must_be("filling", &adds, expected)?;
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        self.commit("filling", adds, &[], operation, next_version(transactions)).await?;
        Ok(true)
    }

    /// Writes data files, some at a time; `None` where the rows of one are not in the order of the key.
    async fn assemble_all(
        &self,
        files: Vec<Vec<Piece>>,
        constants: Constants,
        key: &[&str],
        limit: u64,
    ) -> Result<Option<Vec<Add>>> {
        let constants = Arc::new(constants);
        let writing: Vec<_> = files
            .into_iter()
            .map(|pieces| {
                let (table, constants) = (self.clone(), Arc::clone(&constants));
                let assemble = async move { table.assemble(pieces, constants, limit).await };
                async move { spawn_abortable(ACTION, assemble).await? }
            })
            .collect();
        // The first error stops the others.
        let written: Result<Vec<Vec<Add>>, BoxError> =
            futures::stream::iter(writing).buffered(FILES_AT_ONCE).try_collect().await;
        match written {
            Ok(adds) => Ok(Some(adds.into_iter().flatten().map(|add| mark_sorted(add, key)).collect())),
            Err(error) if error.is::<OutOfOrder>() => Ok(None),
            Err(error) => Err(self.error(ACTION, error)),
        }
    }

    /// Starts a merge.
    async fn merged(&self, merge: Merge) -> Result<BoxStream<'static, Result<RecordBatch, BoxError>>, BoxError> {
        let Merge { staged, between, key } = merge;
        let schema = self.schema()?;
        let place = schema.index_of(key)?;
        let staged = self.stream_of(staged.map(in_small_batches), &schema).await?;
        let between = between.map(|rows| sorted(in_small_batches(rows), &[key])).transpose()?;
        let between = self.stream_of(between, &schema).await?;
        Ok(sorted_merge(read_ahead(staged), between, Arc::clone(&schema), &[place])?.boxed())
    }

    async fn stream_of(
        &self,
        rows: Option<DataFrame>,
        schema: &SchemaRef,
    ) -> Result<BoxStream<'static, Result<RecordBatch, BoxError>>, BoxError> {
        let Some(rows) = rows else { return Ok(futures::stream::empty().boxed()) };
        let schema = Arc::clone(schema);
        let rows = rows.execute_stream().await?;
        Ok(rows.map(move |batch| -> Result<RecordBatch, BoxError> { Ok(cast_to_schema(&batch?, &schema)?) }).boxed())
    }

    /// Writes one data file, or more where there are many rows; none without rows.
    async fn assemble(self, pieces: Vec<Piece>, constants: Arc<Constants>, limit: u64) -> Result<Vec<Add>, BoxError> {
        let schema = self.schema()?;
        let begin = || AssembledFile::new(&schema, self.sizing(), Arc::clone(&constants));
        // Half as much again is better than a small file after a full one.
        let most = limit + limit / 2;
        let (mut file, mut adds) = (begin()?, Vec::new());
        for piece in pieces {
            match piece {
                Piece::Copied(path) => {
                    let staged = StagedGroups::of(Bytes::from(std::fs::read(path)?))?;
                    for group in 0..staged.len() {
                        if file.rows() > 0 && file.rows() + staged.rows(group)? as u64 > most {
                            adds.push(std::mem::replace(&mut file, begin()?).store(&self).await?);
                        }
                        file.copy(&staged, group)?;
                    }
                }
                Piece::Encoded(merge) => {
                    let mut rows = self.merged(*merge).await?;
                    while let Some(batch) = rows.try_next().await? {
                        file.encode(&batch)?;
                        if file.rows() >= most {
                            adds.push(std::mem::replace(&mut file, begin()?).store(&self).await?);
                        }
                    }
                }
            }
        }
        if file.rows() > 0 {
            adds.push(file.store(&self).await?);
        }
        Ok(adds)
    }
}

/// Splits files with so many rows into groups of about `limit`, evenly: each file is where its middle row belongs.
fn evenly<'a, T>(files: &'a [T], rows: &[u64], limit: u64) -> Vec<&'a [T]> {
    let all: u64 = rows.iter().sum();
    let groups = u128::from(all.div_ceil(limit.max(1)).max(1));
    let mut before = 0;
    let places: Vec<u128> = rows
        .iter()
        .map(|rows| {
            let middle = 2 * before + rows;
            before += rows;
            u128::from(middle) * groups / u128::from((2 * all).max(1))
        })
        .collect();
    let (mut rest, mut split) = (files, Vec::new());
    for same in places.chunk_by(|one, next| one == next) {
        let (group, others) = rest.split_at(same.len());
        split.push(group);
        rest = others;
    }
    split
}

#[cfg(test)]
mod tests;
