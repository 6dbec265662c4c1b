//! A list read in key ranges, several at a time.
//!
//! Invariants: the ranges of a list cover all keys and do not overlap; what a reader holds in memory is one page. A
//! range that turns out to be long gives its rest back in two halves, so that no worker is left alone with it.

use super::chunk::{FetchedChunk, first_of};
use super::list_reader::ListReader;
use super::pages::Page;
use super::plan::Plan;
use super::resume::Checkpoint;
use super::rows::{ExtractStats, Origin, RowVersion, last_updated};
use crate::client::KeyRange;
use crate::client::pages::{Expected, PagingMode};
use crate::error::{Error, Result};
use crate::lake::{Format, Stage, StagedFile, longs};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use connectwise_runtime::{Table, with_parent};
use std::collections::VecDeque;
use std::sync::Arc;

/// Pages after which a range gives its rest back.
const PAGES_AT_A_TIME: u64 = 8;
/// Rows of a staged piece are numbered from its own number times this.
const ROWS_A_PIECE: i64 = 1 << 32;

impl FetchedChunk {
    fn take(&mut self, source: &ListReader, schema: &SchemaRef, page: Page, first: i64) -> Result<()> {
        let table = source.table;
        let failed = |error: &dyn std::fmt::Display| Error::data(table.entity, error.to_string());
        let batch = match source.list.parent {
            None => page.decoded.batch,
            Some(id) => with_parent(table, page.decoded.batch, id).map_err(|error| failed(&error))?,
        };
        let from = first + i64::try_from(self.rows.len()).unwrap_or(ROWS_A_PIECE);
        let mut numbers = from..;
        let sequence: Int64Array = numbers.by_ref().take(batch.num_rows()).collect();
        let keys = longs(&batch, table.key);
        if keys.len() != batch.num_rows() {
            return Err(failed(&"the decoded page has no key column"));
        }
        let origin = |row: usize| page.prints.get(row).map_or(Origin::Staged, |print| Origin::Printed(*print));
        let rows = keys.into_iter().zip(last_updated(&batch)).zip(sequence.values()).enumerate();
        self.rows.extend(rows.map(|(row, ((id, last_updated), sequence))| {
            (id, RowVersion { last_updated, sequence: *sequence, origin: origin(row) })
        }));
        self.numbers.rows_recalled += page.recalled.len() as u64;
        let recalled = page.recalled.into_iter().zip(numbers);
        self.rows.extend(recalled.map(|((id, last_updated), sequence)| {
            (id, RowVersion { last_updated, sequence, origin: Origin::Recalled })
        }));
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(sequence) as ArrayRef);
        let batch = RecordBatch::try_new(SchemaRef::clone(schema), columns).map_err(|error| failed(&error))?;
        self.staged.write(&batch)?;
        self.quarantined.extend(page.decoded.quarantined);
        for (path, count) in page.decoded.unknown_fields {
            *self.unknown_fields.entry(path).or_default() += count;
        }
        Ok(())
    }
}

/// Where readers put their rows: files of the run, or files that a later run can go on from.
pub(super) struct Sink<'a> {
    pub(super) stage: &'a Stage,
    pub(super) schema: &'a SchemaRef,
    pub(super) kept: Option<&'a Checkpoint>,
    /// The next piece's number.
    pub(super) next: &'a mut i64,
}

impl Sink<'_> {
    /// A file, and the number of its first row.
    fn file(&mut self, table: &Table, range: KeyRange) -> (StagedFile, i64) {
        let number = *self.next;
        *self.next += 1;
        let file = match self.kept {
            Some(kept) => self.stage.kept_file(kept.path(range, number), Format::Arrow, self.schema),
            None => self.stage.file(&format!("{}-{}", table.table, first_of(range)), Format::Arrow, self.schema),
        };
        (file, number * ROWS_A_PIECE)
    }

    /// A page as a piece of its own.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn page(&mut self, source: &ListReader, range: KeyRange, page: Page) -> Result<FetchedChunk> {
        let (file, first) = self.file(source.table, range);
        let mut piece = FetchedChunk::new(range, file);
        piece.numbers = ExtractStats { pages: 1, rows_read: page.records, ..ExtractStats::default() };
        piece.take(source, self.schema, page, first)?;
        piece.staged.finish()?;
        Ok(piece)
    }
}

/// Reads a plan's ranges, so many at a time as the client has workers, and hands each piece to `take`.
///
/// # Errors
/// The first reader's, or what `take` gives; the others are stopped.
pub(super) async fn read(
    source: &ListReader,
    plan: Plan,
    mut sink: Sink<'_>,
    mut take: impl FnMut(FetchedChunk) -> Result<()>,
) -> Result<()> {
    let (mode, newest, expected) = (plan.mode, plan.newest, plan.expected);
    let kept = sink.kept;
    let schema = SchemaRef::clone(sink.schema);
    let start = |range: KeyRange| {
        let (file, first) = sink.file(source.table, range);
        read_range(source.clone(), range, mode, expected, file, first, SchemaRef::clone(&schema))
    };
    let done = |read: Read| {
        if let (Some(kept), Some(covered)) = (kept, read.covered) {
            kept.note(&read.piece, covered)?;
        }
        take(read.piece)?;
        Ok(read.rest.map(|rest| rest.halves(newest)).unwrap_or_default())
    };
    side_by_side(source.client.rate_limit().workers, plan.ranges.into(), source.table.entity, start, done).await
}

/// Starts a reader for each range, so many at a time, and asks `done` what is left of it.
///
/// # Errors
/// The first reader's, or what `done` gives; the others are stopped.
pub(super) async fn side_by_side<T: Send + 'static, F: Future<Output = Result<T>> + Send + 'static>(
    workers: usize,
    mut waiting: VecDeque<KeyRange>,
    entity: &str,
    mut start: impl FnMut(KeyRange) -> F,
    mut done: impl FnMut(T) -> Result<Vec<KeyRange>>,
) -> Result<()> {
    // Dropping the set stops the readers.
    let mut readers = tokio::task::JoinSet::new();
    loop {
        while readers.len() < workers
            && let Some(range) = waiting.pop_front()
        {
            readers.spawn(start(range));
        }
        let Some(joined) = readers.join_next().await else { return Ok(()) };
        let read = joined.map_err(|error| Error::data(entity, error))??;
        waiting.extend(done(read)?);
    }
}

/// A range, or the start of one.
struct Read {
    piece: FetchedChunk,
    /// The keys of which all were read; `None` where that can't be said.
    covered: Option<KeyRange>,
    /// What is left of the range.
    rest: Option<KeyRange>,
}

/// Reads a range to its end; one of several gives its rest back after some pages.
async fn read_range(
    source: ListReader,
    range: KeyRange,
    mode: PagingMode,
    expected: Expected,
    file: StagedFile,
    first: i64,
    schema: SchemaRef,
) -> Result<Read> {
    let mut pages = source.pages(range, mode, expected);
    let mut piece = FetchedChunk::new(range, file);
    let mut rest = None;
    while let Some(page) = pages.next().await? {
        piece.numbers.rows_read += page.records;
        source.stats.observer.received(page.records);
        piece.take(&source, &schema, page, first)?;
        if expected == Expected::Part && pages.pages() >= PAGES_AT_A_TIME && pages.mode() != PagingMode::PageNumber {
            rest = pages.rest();
            break;
        }
    }
    piece.numbers.pages = pages.pages();
    piece.staged.finish()?;
    piece.by_number = pages.mode() == PagingMode::PageNumber;
    // Up to the last key that came: what comes above it later was not read.
    let to = if rest.is_none() && range.to.is_some() { range.to } else { pages.last_key() };
    let covered = to.filter(|_| !piece.by_number).map(|to| KeyRange { after: range.after, to: Some(to) });
    Ok(Read { piece, covered, rest })
}
