//! Range reader: reads a list in key ranges, several at a time, into staged chunks.
//!
//! Invariant: the ranges of a list must cover all keys and must not overlap; a reader holds one page in memory. The
//! rest of a long range is split in two halves, so that no worker is left alone with it.

use super::chunk::{FetchedChunk, first_of};
use super::list_reader::ListReader;
use super::pages::Page;
use super::plan::Plan;
use super::recent_fingerprints::{FingerprintedRow, RecentFingerprints};
use super::resume::Checkpoint;
use super::rows::{ExtractStats, ROWS_A_CHUNK, RowVersion, last_updated};
use crate::client::KeyRange;
use crate::client::pages::{Expected, PagingMode};
use crate::error::{Error, Result};
use crate::lake::{Stage, StagedFile, longs};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use connectwise_runtime::with_parent;
use std::collections::VecDeque;
use std::sync::Arc;

/// Pages after which the rest of a range is split.
const PAGES_AT_A_TIME: u64 = 8;
/// Pages of a rest that is read on rather than split: each part becomes a row group, and small ones are slow to read.
const PAGES_OF_A_SHORT_REST: u64 = 4;

impl FetchedChunk {
    /// A chunk that a list is read into.
    fn of(source: &ListReader, file: StagedFile) -> Self {
        Self { fingerprints: RecentFingerprints::of(source.recency), ..Self::new(file) }
    }

    /// Writes a page's rows, and takes what is known of them.
    fn take(&mut self, source: &ListReader, schema: &SchemaRef, page: Page, first: i64) -> Result<()> {
        let rows = self.rows_of(source, schema, page, first)?;
        Ok(self.staged.write(&rows)?)
    }

    /// Takes what is known of a page's rows, and returns the rows. `first` is the sequence number of the chunk's first.
    pub(super) fn rows_of(
        &mut self,
        source: &ListReader,
        schema: &SchemaRef,
        page: Page,
        first: i64,
    ) -> Result<RecordBatch> {
        let table = source.table;
        let failed = |error: &dyn std::fmt::Display| Error::data(table.entity, error.to_string());
        let batch = match source.list.parent {
            None => page.decoded.batch,
            Some(id) => with_parent(table, page.decoded.batch, id).map_err(|error| failed(&error))?,
        };
        let from = first + i64::try_from(self.rows.len()).unwrap_or(ROWS_A_CHUNK);
        let mut numbers = from..;
        let sequence: Int64Array = numbers.by_ref().take(batch.num_rows()).collect();
        let keys = longs(&batch, table.key);
        if keys.len() != batch.num_rows() {
            return Err(failed(&"the decoded page has no key column"));
        }
        let versions = last_updated(&batch).into_iter().zip(sequence.values());
        let versions = versions.map(|(last_updated, sequence)| RowVersion::staged(last_updated, *sequence));
        let known = self.rows.len();
        self.rows.extend(keys.into_iter().zip(versions));
        let fingerprinted = self.rows.iter().skip(known).zip(page.fingerprints);
        self.fingerprints.add(fingerprinted.map(|(&(id, version), fingerprint)| FingerprintedRow {
            id,
            version,
            fingerprint,
        }));
        self.numbers.rows_recalled += page.recalled.len() as u64;
        let recalled = page.recalled.into_iter().zip(numbers);
        self.rows
            .extend(recalled.map(|((id, last_updated), sequence)| (id, RowVersion::recalled(last_updated, sequence))));
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(sequence) as ArrayRef);
        let batch = RecordBatch::try_new(SchemaRef::clone(schema), columns).map_err(|error| failed(&error))?;
        self.quarantined.extend(page.decoded.quarantined);
        for (path, count) in page.decoded.unknown_fields {
            *self.unknown_fields.entry(path).or_default() += count;
        }
        Ok(batch)
    }
}

/// The destination of rows: files of the run, or files from which a later run can resume.
pub(super) struct Sink<'a> {
    pub(super) stage: &'a Stage,
    pub(super) schema: &'a SchemaRef,
    pub(super) kept: Option<&'a Checkpoint>,
    /// The number of the next chunk.
    pub(super) next: &'a mut i64,
}

impl Sink<'_> {
    /// Creates a file, and returns it with the sequence number of its first row.
    pub(super) fn file(&mut self, source: &ListReader, range: KeyRange) -> (StagedFile, i64) {
        let number = *self.next;
        *self.next += 1;
        let file = match self.kept {
            Some(kept) => self.stage.kept_file(kept.path(range, number), source.format, self.schema),
            None => {
                let name = format!("{}-{}", source.table.table, first_of(range));
                self.stage.file(&name, source.format, self.schema)
            }
        };
        (file, number * ROWS_A_CHUNK)
    }

    /// Stages a page as a chunk of its own.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn page(&mut self, source: &ListReader, range: KeyRange, page: Page) -> Result<FetchedChunk> {
        let (file, first) = self.file(source, range);
        let mut chunk = FetchedChunk::of(source, file);
        chunk.numbers = ExtractStats { pages: 1, rows_read: page.records, ..ExtractStats::default() };
        chunk.take(source, self.schema, page, first)?;
        chunk.staged.finish()?;
        Ok(chunk)
    }
}

/// Reads a plan's ranges, as many at a time as the client has workers and places for readers, and passes each chunk to
/// `take`.
///
/// # Errors
/// The first error of a reader or of `take`; the other readers are stopped.
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
        let (file, first) = sink.file(source, range);
        read_range(source.clone(), range, mode, expected, file, first, SchemaRef::clone(&schema))
    };
    let done = |read: Read| {
        if let (Some(kept), Some(covered)) = (kept, read.covered) {
            kept.note(&read.chunk, covered)?;
        }
        take(read.chunk)?;
        Ok(read.rest.map(|rest| rest.halves(newest)).unwrap_or_default())
    };
    side_by_side(source.client.rate_limit().workers, plan.ranges.into(), source.table.entity, start, done).await
}

/// Runs a reader for each range, `workers` at a time, and queues what `done` returns as the rest of it.
///
/// # Errors
/// The first error of a reader or of `done`; the other readers are stopped.
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

/// The result of reading a range, or the start of one.
struct Read {
    chunk: FetchedChunk,
    /// The keys that were read completely; `None` where that is unknown.
    covered: Option<KeyRange>,
    /// What is left of the range.
    rest: Option<KeyRange>,
}

/// Whether the keys of a rest fit a few pages.
fn is_short(rest: &KeyRange, rows_a_page: u64) -> bool {
    let width = rest.after.zip(rest.to).and_then(|(after, to)| u64::try_from(to.saturating_sub(after)).ok());
    width.is_some_and(|width| width <= PAGES_OF_A_SHORT_REST * rows_a_page)
}

/// Reads a range to its end; one of several stops after some pages and returns its rest.
async fn read_range(
    source: ListReader,
    range: KeyRange,
    mode: PagingMode,
    expected: Expected,
    file: StagedFile,
    first: i64,
    schema: SchemaRef,
) -> Result<Read> {
    let _place = source.client.reader_place().await;
    let mut pages = source.pages(range, mode, expected);
    let mut chunk = FetchedChunk::of(&source, file);
    let mut rest = None;
    while let Some(page) = pages.next().await? {
        chunk.numbers.rows_read += page.records;
        source.stats.observer.received(page.records);
        chunk.take(&source, &schema, page, first)?;
        let is_part = expected == Expected::Part && pages.mode() != PagingMode::PageNumber;
        if is_part
            && pages.pages() >= PAGES_AT_A_TIME
            // By the pages as they come: some servers cut them short.
            && let Some(left) = pages.rest().filter(|left| !is_short(left, chunk.numbers.rows_read / pages.pages()))
        {
            rest = Some(left);
            break;
        }
    }
    chunk.numbers.pages = pages.pages();
    chunk.rows.shrink_to_fit();
    chunk.staged.finish()?;
    chunk.by_number = pages.mode() == PagingMode::PageNumber;
    // Up to the last key that was read: records that are added above it later were not read.
    let to = if rest.is_none() && range.to.is_some() { range.to } else { pages.last_key() };
    let covered = to.filter(|_| !chunk.by_number).map(|to| KeyRange { after: range.after, to: Some(to) });
    Ok(Read { chunk, covered, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_of_few_keys_is_read_on_and_one_without_an_end_is_not() {
        let rest = |after, to| KeyRange { after: Some(after), to };
        assert!(is_short(&rest(1_000, Some(1_400)), 100) && !is_short(&rest(1_000, Some(1_401)), 100));
        assert!(!is_short(&rest(1_000, None), 100));
    }
}
