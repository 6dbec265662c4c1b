//! Page after page of one list, in the best way that the endpoint offers.
//!
//! Forward-only paging first; where no such link comes back, `id > N` ordered by id; page numbers as the last
//! resort. Invariants: ids come in rising order in the first two ways, so a page that repeats or goes back is noticed;
//! by page numbers, a page that repeats the one before ends the reading with an error. Pages that are too large for
//! the server or for us are asked for in smaller ones, and a record that the server does not give is put aside.

use super::extracted::id_of;
use super::known::{OfPage, Print};
use super::plan::Expected;
use super::ranges::{KeyRange, Source};
use super::unserved::put_aside;
use crate::client::{Answer, ClientError, PageSize, Request, Traffic, field_groups, splice};
use crate::error::{Error, Result};
use crate::lake::longs;
use bytes::Bytes;
use connectwise_runtime::{Decoded, Decoder, HashKey};
use std::collections::HashSet;

/// How the next page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ForwardOnly,
    ById,
    ByNumber,
}

/// One page, decoded.
pub(super) struct Page {
    pub(super) decoded: Decoded,
    /// The texts of its rows.
    pub(super) prints: Vec<Print>,
    /// Key and time of change of the records that are known and so were not decoded.
    pub(super) recalled: Vec<(i64, Option<i64>)>,
    pub(super) records: u64,
}

/// Reads a list page by page.
pub(super) struct Pager<'a> {
    source: &'a Source,
    /// The records that the list holds at least, as far as that is known.
    expected: u64,
    range: KeyRange,
    groups: Vec<String>,
    decoder: Decoder,
    way: Way,
    size: PageSize,
    last_id: Option<i64>,
    /// The records that were read or passed over.
    read: u64,
    /// The records before the next page by number.
    offset: u64,
    /// Whether pages by number are asked for in the order of the key.
    ordered: bool,
    /// The ids of the page before, by number.
    before: HashSet<i64>,
    /// Pages that were answered, one without records, too.
    pages: u64,
    done: bool,
    /// Whether what fails is not tried again.
    once: bool,
}

/// One page as it came: its bytes decoded, and whether there is more.
struct Fetched {
    page: Page,
    ids: Vec<i64>,
    has_next: bool,
}

impl<'a> Pager<'a> {
    /// A reader of the records in a range, by this way to begin with.
    pub(super) fn new(source: &'a Source, range: KeyRange, way: Way) -> Self {
        // Of records that are read for their ids nothing personal is kept, so any key is good for them.
        let any = || source.only.map(|_| HashKey::new(b""));
        let hash_key = source.hash_key.clone().or_else(any);
        Self {
            source,
            expected: 0,
            range,
            groups: match source.only {
                Some(beside) => vec![[&[source.table.key], beside].concat().join(",")],
                None => field_groups(source.table),
            },
            decoder: Decoder::new(source.table).with_key(hash_key),
            way,
            size: PageSize::new(source.client.page_limit()),
            last_id: None,
            read: 0,
            offset: 0,
            ordered: true,
            before: HashSet::new(),
            pages: 0,
            done: false,
            once: false,
        }
    }

    /// A reader of the one record with this key, which the server is asked for once.
    pub(super) fn of_one(source: &'a Source, id: i64) -> Self {
        let all = Self::new(source, KeyRange::only(id), Way::ById);
        Self { size: PageSize::new(1), once: true, ..all }
    }

    /// As a list that holds so many records, or nobody knows how many: a first page with fewer that promises no more
    /// is a sign of an endpoint that does not page in this way.
    pub(super) fn expecting(self, expected: Expected) -> Self {
        let expected = match expected {
            Expected::Count(records) => records,
            Expected::Unknown => u64::MAX,
            Expected::Part => 0,
        };
        Self { expected, ..self }
    }

    /// The same for the key and the time of change alone.
    pub(super) fn with_times(self) -> Self {
        let groups = vec![format!("{},_info", self.source.table.key)];
        Self { groups, ..self }
    }

    /// The way that was found to work.
    pub(super) fn way(&self) -> Way {
        self.way
    }

    /// The part of the range that was not read; `None` at its end, and by page numbers, which know no parts.
    pub(super) fn rest(&self) -> Option<KeyRange> {
        let after = self.last_id.filter(|_| !self.done && self.way != Way::ByNumber)?;
        Some(KeyRange { after: Some(after), to: self.range.to })
    }

    /// How many pages were read.
    pub(super) fn pages(&self) -> u64 {
        self.pages
    }

    /// The highest key that was read.
    pub(super) fn last_id(&self) -> Option<i64> {
        self.last_id
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self, traffic: &Traffic) -> Result<Option<Page>> {
        loop {
            if self.done {
                return Ok(None);
            }
            if self.way == Way::ByNumber {
                self.size.begin_at(self.offset);
            }
            let asked = self.size.now();
            let (fetched, came) = match self.fetch(traffic).await {
                Ok(fetched) => (fetched, true),
                Err(Error::Client(error)) if !(self.once && error.is_page_too_big()) => {
                    match self.adapt(error, traffic).await? {
                        Some(put_aside) => (put_aside, false),
                        None => continue,
                    }
                }
                Err(error) => return Err(error),
            };
            self.pages += 1;
            if fetched.page.records == 0 {
                self.done = true;
                return Ok(None);
            }
            let (lowest, highest) = (fetched.ids.iter().min().copied(), fetched.ids.iter().max().copied());
            let rising = self.last_id.is_none_or(|last| lowest.is_some_and(|lowest| lowest > last));
            match self.way {
                Way::ForwardOnly => {
                    // The first page without a link, though the API counts more: it does not page this way.
                    let short = self.last_id.is_none() && !fetched.has_next && fetched.page.records < self.expected;
                    // One that begins with the last of the page before is none the worse for it.
                    if !rising && highest <= self.last_id {
                        return Err(self.stuck());
                    }
                    if short {
                        self.fall_back("no forward-only link came back");
                        continue;
                    }
                    if !fetched.has_next {
                        // A full page may be followed by more, whatever the link says.
                        self.done = fetched.page.records < asked || highest.is_none();
                        if !self.done {
                            self.fall_back("a full page without a link");
                        }
                    }
                }
                Way::ById => {
                    if !rising {
                        self.fall_back("the order of the key is not kept");
                        continue;
                    }
                }
                Way::ByNumber => {
                    let ids: HashSet<i64> = fetched.ids.iter().copied().collect();
                    if !ids.is_empty() && ids.is_subset(&self.before) {
                        return Err(self.stuck());
                    }
                    self.before = ids;
                    self.offset += asked;
                }
            }
            match highest {
                Some(highest) => self.last_id = Some(self.last_id.map_or(highest, |last| last.max(highest))),
                None if self.done || self.way == Way::ByNumber => {}
                None => return Err(self.stuck()),
            }
            self.read += fetched.page.records;
            if came {
                self.size.came(fetched.page.records)
            } else {
                self.size.passed_over()
            }
            // No key of the range comes after its last one.
            self.done |= self.way != Way::ByNumber && self.range.to.is_some() && self.last_id >= self.range.to;
            return Ok(Some(fetched.page));
        }
    }

    /// Another way to ask after this failure, which is taken then; or the record at which the server fails.
    async fn adapt(&mut self, failure: ClientError, traffic: &Traffic) -> Result<Option<Fetched>> {
        if failure.is_page_too_big() {
            if !self.size.failed(self.left()) {
                if self.way == Way::ForwardOnly && self.read == 0 {
                    // Not known to page this way, it may never get past the record.
                    self.fall_back("it fails at the first record");
                    return Ok(None);
                }
                return self.put_aside(failure).await.map(Some);
            }
            tracing::debug!(entity = self.source.table.entity, size = self.size.now(), %failure, "smaller pages");
            return Ok(None);
        }
        if !matches!(failure, ClientError::Refused { .. }) {
            return Err(failure.into());
        }
        let first = self.read == 0;
        let request = self.request(self.groups.first().map(String::as_str));
        if first && self.source.client.takes_fewer(&request, self.size.now(), &failure, traffic).await {
            self.size.limit(self.source.client.page_limit());
            return Ok(None);
        }
        let falls_back = match self.way {
            // Some endpoints can't be sorted by their key.
            Way::ByNumber => self.offset == 0 && std::mem::take(&mut self.ordered),
            _ => first,
        };
        if !falls_back {
            return Err(failure.into());
        }
        if self.way != Way::ByNumber {
            self.fall_back("the API refuses it");
        }
        Ok(None)
    }

    /// The records that are left at most, by the list's count and by the width of the range.
    fn left(&self) -> u64 {
        let counted = if self.expected == 0 { u64::MAX } else { self.expected.saturating_sub(self.read) };
        let after = self.last_id.or(self.range.after);
        let wide = after.zip(self.range.to).map(|(after, to)| to.abs_diff(after));
        counted.min(wide.unwrap_or(u64::MAX))
    }

    /// A page of nothing but the record at which the server fails.
    async fn put_aside(&mut self, failure: ClientError) -> Result<Fetched> {
        // Where keys are all that is asked for, they were asked for already.
        let key = self.source.table.key;
        let alone = (self.groups != [key]).then(|| self.request(Some(key)));
        let range = KeyRange { after: self.last_id.or(self.range.after), to: self.range.to };
        let range = Some(range).filter(|_| self.way != Way::ByNumber);
        let (id, misfit) = put_aside(self.source, failure, alone, range, self.size.came_meanwhile()).await?;
        let mut decoded = self.decoder.finish().map_err(|error| Error::data(self.source.table.entity, error))?;
        decoded.quarantined.push(misfit);
        let page = Page { decoded, prints: Vec::new(), recalled: Vec::new(), records: 1 };
        Ok(Fetched { page, ids: vec![id], has_next: true })
    }

    fn fall_back(&mut self, why: &str) {
        let way = if self.way == Way::ForwardOnly { Way::ById } else { Way::ByNumber };
        tracing::debug!(entity = self.source.table.entity, from = ?self.way, to = ?way, why, "paging another way");
        self.way = way;
        self.offset = 0;
    }

    fn stuck(&self) -> Error {
        Error::data(
            self.source.table.entity,
            format!("the API repeats a page after id {}; nothing was written", self.last_id.unwrap_or_default()),
        )
    }

    fn request(&self, fields: Option<&str>) -> Request {
        let mut request = Request::new(&self.source.list.endpoint).with("pageSize", self.size.now());
        request.give_up_after = Some(if self.once { 1 } else { self.size.tries() });
        let mut range = self.range;
        let order = format!("{} asc", self.source.table.key);
        match self.way {
            Way::ForwardOnly => {
                request.forward_only = true;
                if let Some(last) = self.last_id {
                    request = request.with("pageId", last);
                }
            }
            Way::ById => {
                range.after = self.last_id.or(range.after);
                request = request.with("orderBy", order);
            }
            Way::ByNumber => {
                request = request.with("page", self.offset / self.size.now() + 1);
                if self.ordered {
                    request = request.with("orderBy", order);
                }
            }
        }
        if let Some(conditions) = self.source.conditions(range) {
            request = request.with("conditions", conditions);
        }
        if let Some(fields) = fields {
            request = request.with("fields", fields);
        }
        request
    }

    /// The requests for the next page.
    pub(super) fn requests(&self) -> Vec<Request> {
        match self.groups.as_slice() {
            [] => vec![self.request(None)],
            groups => groups.iter().map(|group| self.request(Some(group))).collect(),
        }
    }

    /// One page, from as many requests as its fields need.
    async fn fetch(&mut self, traffic: &Traffic) -> Result<Fetched> {
        if self.groups.len() > 1 {
            return self.fetch_in_groups(traffic).await;
        }
        let request = self.request(self.groups.first().map(String::as_str));
        let (decoder, source, way) = (&mut self.decoder, self.source, self.way);
        let decode = |answer: &Answer| decode(decoder, source, &answer.body, has_next(answer, way));
        Ok(source.client.get(&request, traffic, decode).await?)
    }

    /// A record's properties in several requests, because all names together make too long an address.
    async fn fetch_in_groups(&mut self, traffic: &Traffic) -> Result<Fetched> {
        const TRIES: usize = 4;
        let mut trouble = String::new();
        for _ in 0..TRIES {
            let mut parts: Vec<Bytes> = Vec::new();
            let mut has_next_page = false;
            for request in self.requests() {
                let way = self.way;
                let (body, next) = self
                    .source
                    .client
                    .get(&request, traffic, |answer| {
                        serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(&answer.body)
                            .map(|_| (answer.body.clone(), has_next(answer, way)))
                            .map_err(|error| error.to_string())
                    })
                    .await?;
                has_next_page |= next;
                parts.push(body);
            }
            match splice(&parts, self.source.table.key)
                .and_then(|whole| decode(&mut self.decoder, self.source, &whole, has_next_page))
            {
                Ok(page) => return Ok(page),
                Err(reason) => trouble = reason,
            }
        }
        Err(Error::data(self.source.table.entity, format!("the parts of a page do not fit together: {trouble}")))
    }
}

/// Whether the answer promises more; in forward-only paging the link has to be of that kind.
fn has_next(answer: &Answer, way: Way) -> bool {
    match way {
        Way::ForwardOnly => answer.next_is_forward_only,
        _ => answer.has_next,
    }
}

fn decode(decoder: &mut Decoder, source: &Source, body: &[u8], has_next: bool) -> Result<Fetched, String> {
    let key = source.table.key;
    let mut of_page = OfPage::new(&source.known, key);
    let counts = decoder.page_recalling(body, &mut of_page).map_err(|error| error.to_string())?;
    let mut decoded = decoder.finish().map_err(|error| error.to_string())?;
    let OfPage { prints, recalled, unknown_fields, .. } = of_page;
    for (path, count) in unknown_fields {
        *decoded.unknown_fields.entry(path).or_default() += count;
    }
    let misfits = decoded.quarantined.iter().filter_map(id_of);
    let ids = longs(&decoded.batch, key).into_iter().chain(misfits).chain(recalled.iter().map(|(id, _)| *id)).collect();
    Ok(Fetched { ids, has_next, page: Page { decoded, prints, recalled, records: counts.records } })
}
