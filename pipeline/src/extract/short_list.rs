//! Short lists: lists below a parent, most of which hold a handful of records, are read with one request each.
//!
//! Invariant: a list counts as read only where its one page had no next link and fewer records than the smallest page
//! that the API gives unasked; any other list is read and counted as all lists are.

use super::chunk::FetchedChunk;
use super::list_reader::ListReader;
use super::pages::Page;
use super::ranges::Sink;
use super::rows::ExtractStats;
use crate::client::pages::{Expected, PagingMode};
use crate::client::{self, ClientError, KeyRange};
use crate::error::{Error, Result};
use crate::lake::{Stage, StagedFile};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use connectwise_runtime::Table;

/// The records on a page where nothing is asked for: a server that gives less has no more.
const DEFAULT_PAGE_SIZE: u64 = 25;

/// A list below a parent, as its first request shows it.
pub(super) enum FirstLook {
    /// All of it; no page where it is empty.
    Whole(Option<Page>),
    /// There is more, or the server can't give the page as a whole.
    Longer,
    /// It is gone with its parent.
    Gone,
}

/// Takes the first look at a list below a parent; any other list is taken for a longer one.
///
/// # Errors
/// As [`first_look`], and that of the reader itself.
pub(super) async fn look(source: Result<ListReader>) -> Result<(ListReader, FirstLook)> {
    let source = source?;
    let first = if source.list.parent.is_some() { first_look(&source).await? } else { FirstLook::Longer };
    Ok((source, first))
}

/// Reads the first page of a list below a parent.
///
/// # Errors
/// [`crate::Error::Client`] when the list can't be read, or is not found though its parent is there.
async fn first_look(source: &ListReader) -> Result<FirstLook> {
    let mut pages = source.pages(KeyRange::default(), PagingMode::ForwardOnly, Expected::Unchecked);
    let first = match pages.next().await {
        Err(client::Error::Request(error @ ClientError::NotFound { .. })) => {
            let is_gone = source.list.went_with_its_parent(&source.client, source.table, &source.stats).await?;
            return if is_gone { Ok(FirstLook::Gone) } else { Err(client::Error::Request(error).into()) };
        }
        first => first?,
    };
    let Some(page) = first else { return Ok(FirstLook::Whole(None)) };
    let is_whole = page.records < DEFAULT_PAGE_SIZE && pages.is_done() && source.unserved.ids().is_empty();
    Ok(if is_whole { FirstLook::Whole(Some(page)) } else { FirstLook::Longer })
}

/// Lists whose rows are written together: those of one alone cost as much.
const LISTS_A_WRITE: usize = 512;
/// Rows that are written together at least.
const ROWS_A_WRITE: usize = 4_096;

/// The rows of many short lists, in one file: to make one for each list would take longer than to read the list.
pub(super) struct SharedChunk {
    staged: StagedFile,
    schema: SchemaRef,
    /// The sequence number of the next row.
    next: i64,
    waiting: Vec<RecordBatch>,
    rows_waiting: usize,
}

impl SharedChunk {
    /// Begins a chunk.
    pub(super) fn begin(source: &ListReader, sink: &mut Sink<'_>) -> Self {
        let (staged, next) = sink.file(source, KeyRange::default());
        Self { staged, schema: SchemaRef::clone(sink.schema), next, waiting: Vec::new(), rows_waiting: 0 }
    }

    /// Adds a list that is one page. Returns all but its rows, as a chunk whose file stays empty.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses, [`Error::Data`] when the page has no key.
    pub(super) fn add(&mut self, source: &ListReader, stage: &Stage, page: Page) -> Result<FetchedChunk> {
        let mut chunk = FetchedChunk::new(stage.file(source.table.table, source.format, &self.schema));
        chunk.numbers = ExtractStats { pages: 1, rows_read: page.records, ..ExtractStats::default() };
        let rows = chunk.rows_of(source, &self.schema, page, self.next)?;
        self.next += i64::try_from(chunk.rows.len()).map_err(|error| Error::data(source.table.entity, error))?;
        if rows.num_rows() > 0 {
            self.rows_waiting += rows.num_rows();
            self.waiting.push(rows);
        }
        if self.rows_waiting >= ROWS_A_WRITE || self.waiting.len() >= LISTS_A_WRITE {
            self.write()?;
        }
        Ok(chunk)
    }

    fn write(&mut self) -> Result<()> {
        let rows = concat_batches(&self.schema, &self.waiting).map_err(crate::lake::Error::Staging)?;
        self.waiting.clear();
        self.rows_waiting = 0;
        Ok(self.staged.write(&rows)?)
    }

    /// Ends the chunk, and returns its file.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn end(mut self) -> Result<StagedFile> {
        self.write()?;
        self.staged.finish()?;
        Ok(self.staged)
    }
}

/// Lists refused in a row after which no other is asked, where none was read.
const REFUSALS: usize = 3;

/// The access to the lists of an entity: all of them are refused, or one that is refused is a fault.
///
/// A login without the right to lists below a parent is refused at each of them; a single one that is refused hides
/// records, and must not pass for a right that is not there.
#[derive(Debug, Default)]
pub(super) struct Access {
    was_read: bool,
    refused: Vec<Error>,
}

impl Access {
    /// Takes a first look, or a refusal for now.
    ///
    /// # Errors
    /// The refusal, where the first lists are all refused; [`Error::Data`] where some are and others are not; any other
    /// error as it is.
    pub(super) fn judge(
        &mut self,
        table: &Table,
        looked: Result<(ListReader, FirstLook)>,
    ) -> Result<Option<(ListReader, FirstLook)>> {
        let looked = match looked {
            Err(error) if table.parent.is_some() && error.is_no_access() => {
                self.refused.push(error);
                None
            }
            looked => {
                self.was_read = true;
                Some(looked?)
            }
        };
        match self.refused.pop() {
            Some(error) if self.was_read => {
                Err(Error::data(table.entity, format!("one of its lists is refused: {error}")))
            }
            Some(error) if self.refused.len() + 1 >= REFUSALS => Err(error),
            Some(error) => {
                self.refused.push(error);
                Ok(looked)
            }
            None => Ok(looked),
        }
    }

    /// Returns the refusal, where no list was read and one was refused.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn of_any(mut self) -> Result<()> {
        self.refused.pop().map_or(Ok(()), Err)
    }
}
