//! Streams of a list: its pages, its records, or Arrow batches of them.

use crate::conditions::field;
use crate::error::{Error, Result};
use crate::list::List;
use crate::pages::{Expected, PageQuery, PageReader};
use crate::printable::one_line;
use crate::raw::RawPages;
use crate::request::RequestStats;
use crate::selection::Selection;
use arrow_array::RecordBatch;
use bytes::Bytes;
use connectwise_runtime::Decoder;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use std::sync::Arc;

impl List {
    /// Checks the list as reading it would, before any request.
    ///
    /// # Errors
    /// [`Error::Usage`] where the endpoint is no path, a URL would be longer than servers accept, or the key for
    /// personal texts is lacking.
    pub fn check(&self) -> Result<()> {
        self.has_path()?;
        self.has_key()?;
        self.reader()?.check()
    }

    /// Streams the pages: the records of each, as the API wrote them.
    pub fn pages(self) -> impl Stream<Item = Result<Vec<Bytes>>> + Send + Unpin {
        let observer = Arc::clone(&self.observer);
        stream::try_unfold((self, None), move |(list, reader)| {
            let observer = Arc::clone(&observer);
            async move {
                let mut reader = match reader {
                    Some(reader) => reader,
                    None => {
                        list.check()?;
                        list.reader()?
                    }
                };
                let page = reader.next().await?;
                page.iter().for_each(|page| observer.received(page.len() as u64));
                Ok(page.map(|page| (page, (list, Some(reader)))))
            }
        })
        .boxed()
    }

    /// A reader of its pages.
    fn reader(&self) -> Result<PageReader<RawPages>> {
        let selection = Selection { condition: self.conditions.clone(), ..Selection::all(field(self.key())?) };
        let query = PageQuery {
            further: self.further_conditions(),
            groups: self.groups(),
            order_by: self.order_by.clone(),
            expected: self.expected.map_or(Expected::Unchecked, Expected::Count),
            page_size: self.page_size,
            limit: self.limit.unwrap_or(u64::MAX),
            ..PageQuery::new(&self.endpoint, selection)
        };
        let stats = Arc::new(RequestStats::observed(Arc::clone(&self.observer)));
        Ok(PageReader::new(&self.client, &stats, query, RawPages::of(self)))
    }

    /// Streams the records, as the API wrote them.
    pub fn records(self) -> impl Stream<Item = Result<Bytes>> + Send + Unpin {
        self.pages().map_ok(|page| stream::iter(page.into_iter().map(Ok))).try_flatten()
    }

    /// Streams the pages as Arrow batches in the entity's bronze schema.
    ///
    /// # Errors
    /// [`Error::Usage`] where the list is no entity's; in the stream [`Error::Data`] for a record that does not fit.
    pub fn batches(mut self) -> Result<impl Stream<Item = Result<RecordBatch>> + Send + Unpin> {
        let table = self
            .table
            .or(self.record_of)
            .ok_or_else(|| Error::Usage(format!("{} is no entity's list, so it has no columns", self.endpoint)))?;
        let mut decoder = Decoder::new(table).with_key(self.hash_key.clone());
        self.decoded = true;
        Ok(self.pages().map(move |page| {
            let page = page?;
            let failed = |reason: String| Error::data(table.entity, reason);
            let mut text = vec![b'['];
            for (index, record) in page.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                text.extend_from_slice(record);
            }
            text.push(b']');
            decoder.page(&text).map_err(|error| Error::data(table.entity, error))?;
            let decoded = decoder.finish().map_err(|error| Error::data(table.entity, error))?;
            match decoded.quarantined.first() {
                None => Ok(decoded.batch),
                Some(rejected) => Err(failed(format!(
                    "record {} does not fit: {}: {}; as ndjson it can be read as it is",
                    one_line(rejected.record_id.as_deref().unwrap_or("without an id")),
                    one_line(&rejected.path),
                    one_line(&rejected.reason)
                ))),
            }
        }))
    }
}
