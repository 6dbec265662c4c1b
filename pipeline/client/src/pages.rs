//! Page reader: reads one list page by page, in the best paging mode that the endpoint supports.
//!
//! Forward-only paging first; keyset paging (`key > N`, ordered by the key) where no such link is returned; page
//! numbers as the last resort, and for another order.
//!
//! Invariant: a full page is never taken for the last one because no link follows. Keys must ascend from page to page
//! except with page numbers, where a page that repeats the one before ends the reading with an error. A record that the
//! server fails to return is never named before a request for it alone failed.

mod decode;
mod fetch;
mod fetched;
mod query;
mod unserved;

pub use decode::{DecodePage, DecodedPage};
pub use query::{Expected, PageQuery, PagingMode};

use crate::client::Client;
use crate::error::{ClientError, Error, Result};
use crate::key_range::KeyRange;
use crate::page_size::PageSize;
use crate::records::{RecordKey, number_of_records};
use crate::request::RequestStats;
use std::collections::HashSet;
use std::sync::Arc;

use fetched::{Fetched, Links};

/// Reads a list page by page.
#[derive(Debug)]
pub struct PageReader<D> {
    client: Client,
    stats: Arc<RequestStats>,
    query: PageQuery,
    decoder: D,
    mode: PagingMode,
    size: PageSize,
    /// The `pageId` of the next page.
    cursor: Option<String>,
    /// The highest key so far.
    last_key: Option<i64>,
    /// The number of records that were read or skipped.
    read: u64,
    /// The number of records that may still be returned.
    left: u64,
    /// The number of records before the next numbered page.
    offset: u64,
    /// Whether numbered pages are requested in the order of the key.
    ordered: bool,
    /// The keys of the previous numbered page: a server that ignores page numbers repeats itself for ever.
    before: HashSet<RecordKey>,
    /// The keys of all numbered pages: rows move between two pages.
    seen: HashSet<RecordKey>,
    /// The number of pages that were received, an empty one included.
    pages: u64,
    done: bool,
}

/// The decision about a page.
enum Verdict {
    /// Its records are returned, except duplicates.
    Taken,
    /// It is read again in another paging mode.
    ReadAnew,
}

impl<D: DecodePage> PageReader<D> {
    /// Creates the reader of a query.
    pub fn new(client: &Client, stats: &Arc<RequestStats>, query: PageQuery, decoder: D) -> Self {
        let page_size = query.page_size.min(client.page_limit()).min(query.limit.max(1));
        let mode = if query.order_by.is_some() { PagingMode::PageNumber } else { query.mode };
        Self {
            client: client.clone(),
            stats: Arc::clone(stats),
            decoder,
            mode,
            size: PageSize::new(page_size),
            cursor: None,
            last_key: None,
            read: 0,
            left: query.limit,
            offset: 0,
            ordered: query.order_by.is_none(),
            before: HashSet::new(),
            seen: HashSet::new(),
            pages: 0,
            done: query.limit == 0,
            query,
        }
    }

    /// The decoder of the pages.
    pub fn decoder(&self) -> &D {
        &self.decoder
    }

    /// The paging mode that was found to work.
    pub fn mode(&self) -> PagingMode {
        self.mode
    }

    /// Whether the last page was read.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// How many pages were read.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The highest key that was read.
    pub fn last_key(&self) -> Option<i64> {
        self.last_key
    }

    /// The rest of the range that was not read; `None` at its end, and with page numbers, which know no key ranges.
    pub fn rest(&self) -> Option<KeyRange> {
        let after = self.last_key.filter(|_| !self.done && self.mode != PagingMode::PageNumber)?;
        Some(KeyRange { after: Some(after), to: self.query.range.to })
    }

    /// Reads the next page; `None` after the last.
    ///
    /// # Errors
    /// [`Error::Request`] where it can't be read, [`Error::Data`] where pages repeat, or a decoder refuses one.
    pub async fn next(&mut self) -> Result<Option<D::Page>> {
        while !self.done {
            if self.mode == PagingMode::PageNumber {
                // Pages by number begin at multiples of their size.
                self.size.begin_at(self.offset);
            }
            let asked = self.size.now();
            let fetched = match self.fetch().await {
                Ok(fetched) => fetched,
                Err(Error::Request(error)) if !(self.query.once && error.is_page_too_big()) => {
                    match self.adapt(error).await? {
                        Some(put_aside) => put_aside,
                        None => continue,
                    }
                }
                Err(error) => return Err(error),
            };
            self.pages += 1;
            let Fetched { decoded, links, served } = fetched;
            if decoded.records == 0 {
                self.done = true;
                return Ok(None);
            }
            let before = self.last_key;
            let mut new = self.distinct(&decoded);
            if decoded.single {
                self.done = true;
            } else {
                match self.judge(&decoded, links, asked, &new).await? {
                    Verdict::Taken => {}
                    Verdict::ReadAnew => continue,
                }
            }
            self.read += decoded.records;
            if served {
                self.size.came(decoded.records);
            } else {
                self.size.passed_over();
            }
            self.choose(&decoded, before, &mut new);
            if let Some(page) = self.decoder.keep(decoded.page, &new)? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Flags the records of a page that are no duplicates, on this page or, with page numbers, among all so far.
    fn distinct(&mut self, decoded: &DecodedPage<D::Page>) -> Vec<bool> {
        let mut here = HashSet::new();
        let seen = if self.mode == PagingMode::PageNumber { &mut self.seen } else { &mut here };
        decoded.keys.iter().map(|key| matches!(key, RecordKey::Unnamed(_)) || seen.insert(key.clone())).collect()
    }

    /// Clears the flags of records beyond the limit, and of those that the page before ended with.
    fn choose(&mut self, decoded: &DecodedPage<D::Page>, before: Option<i64>, new: &mut [bool]) {
        let rising = self.mode != PagingMode::PageNumber;
        for (key, new) in decoded.keys.iter().zip(new) {
            let came_before = rising && key.number().zip(before).is_some_and(|(key, before)| key <= before);
            *new &= !came_before && self.left > 0;
            self.left -= u64::from(*new);
        }
        self.done |= self.left == 0;
    }

    /// Decides whether a page with records is taken, and how the reading goes on.
    async fn judge(
        &mut self,
        decoded: &DecodedPage<D::Page>,
        links: Links,
        asked: u64,
        new: &[bool],
    ) -> Result<Verdict> {
        let distinct = new.iter().filter(|new| **new).count() as u64;
        let numbers = || decoded.keys.iter().filter_map(RecordKey::number);
        let (lowest, highest) = (numbers().min(), numbers().max());
        let is_full = decoded.records >= asked;
        let promises = is_full || links.has_next;
        let rises = self.last_key.is_none_or(|last| lowest.is_some_and(|lowest| lowest > last));
        // A page may begin with the last record of the page before, which is harmless.
        let goes_back = highest.is_some() && self.last_key.is_some() && highest <= self.last_key;
        match self.mode {
            PagingMode::ForwardOnly => {
                if goes_back || links.cursor.is_some() && links.cursor == self.cursor {
                    return Err(self.stuck());
                }
                if links.cursor.is_none() && self.is_short(distinct, promises) {
                    self.fall_back("no forward-only link came back");
                    return Ok(Verdict::ReadAnew);
                }
                let ends = links.cursor.is_none() && (!promises || distinct >= self.left || self.is_end(highest));
                self.done |= ends;
                if links.cursor.is_none() && !ends {
                    match highest {
                        Some(_) => self.fall_back("a full page without a link"),
                        None => self.done = self.is_last(decoded.records).await?,
                    }
                }
                self.cursor = links.cursor;
            }
            PagingMode::Keyset => {
                if !rises || highest.is_none() || !decoded.is_sorted {
                    if self.read > 0 && !D::PROVEN_AFTERWARDS {
                        return Err(self.stuck());
                    }
                    self.fall_back("the order of the key is not kept");
                    return Ok(Verdict::ReadAnew);
                }
            }
            PagingMode::PageNumber => {
                if decoded.keys.iter().all(|key| self.before.contains(key)) {
                    return Err(self.stuck());
                }
                self.before = decoded.keys.iter().cloned().collect();
                self.offset += asked;
                self.done = match self.query.expected {
                    Expected::Unchecked => !promises,
                    Expected::Count(records) => !promises && self.seen.len() as u64 >= records,
                    Expected::Unknown | Expected::Part => false,
                };
            }
        }
        self.last_key = self.last_key.max(highest);
        self.done |= self.mode != PagingMode::PageNumber && self.is_end(self.last_key);
        Ok(Verdict::Taken)
    }

    /// Whether a first page without a next link is that of an endpoint without forward-only paging.
    fn is_short(&self, distinct: u64, promises: bool) -> bool {
        if self.read > 0 || distinct >= self.left {
            return false;
        }
        let lacks = match self.query.expected {
            Expected::Count(records) => distinct < records,
            Expected::Unknown => true,
            Expected::Part | Expected::Unchecked => false,
        };
        // The order of the first page is unknown: where nothing proves afterwards that all records were read, it is
        // discarded.
        lacks || promises && !D::PROVEN_AFTERWARDS
    }

    /// Whether no key of the range comes after this one.
    fn is_end(&self, key: Option<i64>) -> bool {
        self.query.range.to.is_some() && key >= self.query.range.to
    }

    /// Whether a full page is the last one, where it has no next link and no keys to go on from.
    async fn is_last(&self, records: u64) -> Result<bool> {
        let mut size = self.size.clone();
        let offset = self.read + records;
        size.begin_at(offset);
        let page = offset / size.now() + 1;
        let request = self.request_with(PagingMode::PageNumber, offset, size.now(), self.first_group());
        let records = self.client.get(&request, &self.stats, |answer| number_of_records(&answer.body)).await?;
        if records == 0 {
            return Ok(true);
        }
        let reason = format!(
            "page {} is full and names no next one, and there is no other way on: its records have no {} that is a whole \
             number, or are not given in its order",
            page - 1,
            self.query.selection.key
        );
        Err(Error::data(&self.query.name, reason))
    }

    /// Adapts the query to a failure (`None`), or returns the page in place of an unserved record.
    async fn adapt(&mut self, failure: ClientError) -> Result<Option<Fetched<D::Page>>> {
        if failure.is_page_too_big() {
            if self.size.failed(self.remaining()) {
                tracing::debug!(name = self.query.name, size = self.size.now(), %failure, "smaller pages");
                return Ok(None);
            }
            if D::PROVEN_AFTERWARDS && self.mode == PagingMode::ForwardOnly && self.read == 0 {
                // Forward-only paging is not proven here, and may never get past the record.
                self.fall_back("it fails at the first record");
                return Ok(None);
            }
            return self.pass_over(failure).await.map(Some);
        }
        if !matches!(failure, ClientError::Refused { .. }) {
            return Err(failure.into());
        }
        let is_first = self.read == 0;
        let client = self.client.clone();
        let request = self.request(self.first_group());
        if is_first && client.takes_fewer(&request, self.size.now(), &failure, &self.stats).await {
            self.size.limit(client.page_limit());
            return Ok(None);
        }
        if self.mode == PagingMode::PageNumber {
            // Some endpoints can't be sorted by their key.
            let again = self.offset == 0 && std::mem::take(&mut self.ordered);
            return if again { Ok(None) } else { Err(failure.into()) };
        }
        if is_first || (self.mode == PagingMode::Keyset && D::PROVEN_AFTERWARDS) {
            self.fall_back("the API refuses it");
            return Ok(None);
        }
        if self.mode == PagingMode::Keyset && self.is_last(0).await? {
            self.done = true;
            return Ok(None);
        }
        Err(failure.into())
    }

    /// The most records that can be left, by the list's count and by the width of the range.
    fn remaining(&self) -> u64 {
        let counted = match self.query.expected {
            Expected::Count(records) => records.saturating_sub(self.read),
            Expected::Unknown | Expected::Part | Expected::Unchecked => u64::MAX,
        };
        let after = self.last_key.or(self.query.range.after);
        let wide = after.zip(self.query.range.to).map(|(after, to)| to.abs_diff(after));
        counted.min(wide.unwrap_or(u64::MAX))
    }

    fn fall_back(&mut self, why: &str) {
        let mode = match self.mode {
            PagingMode::ForwardOnly => PagingMode::Keyset,
            PagingMode::Keyset | PagingMode::PageNumber => PagingMode::PageNumber,
        };
        tracing::debug!(name = self.query.name, from = ?self.mode, to = ?mode, why, "paging another way");
        self.mode = mode;
        self.offset = 0;
    }

    fn stuck(&self) -> Error {
        let what = match (self.mode, self.last_key) {
            (PagingMode::PageNumber, _) => {
                format!("page {}, so that it does not page", self.offset / self.size.now() + 1)
            }
            (_, Some(last)) => format!("a page after {} {last}", self.query.selection.key),
            (_, None) => "its first page".to_owned(),
        };
        Error::data(&self.query.name, format!("the API repeats {what}"))
    }

    fn first_group(&self) -> Option<&str> {
        self.query.groups.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
