//! A list on its way: which page is next, and when it is the last.
//!
//! Forward-only paging first; where no such link comes back, `id > N` ordered by id; page numbers as the last resort,
//! and for who wants another order. Invariant: a full page is never taken for the last one because nothing names the
//! next; no record comes twice by its key; a list that goes back or repeats itself is an error.

mod stumble;

use crate::conditions::field;
use crate::error::{ClientError, Error, Result};
use crate::list::{ANYTHING, List};
use crate::page_size::PageSize;
use crate::records::{Record, join, records_of, without};
use crate::request::{Request, Traffic};
use bytes::Bytes;
use connectwise_runtime::redact;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// The longest address that servers take.
const LONGEST_ADDRESS: usize = 2_000;
/// How often a page is read anew whose parts do not fit together.
const JOINS: u32 = 4;

/// How the next page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    ForwardOnly {
        after: Option<String>,
    },
    ById {
        after: Option<i64>,
    },
    /// After so many records.
    ByNumber {
        offset: u64,
    },
}

/// One page as it came.
struct Page {
    records: Vec<Record>,
    /// It is no list, but one object.
    single: bool,
    next_id: Option<String>,
    has_next: bool,
}

pub(super) struct Reading {
    list: List,
    size: PageSize,
    groups: Vec<String>,
    way: Way,
    traffic: Traffic,
    left: u64,
    /// Pages that were given on.
    pages: u64,
    /// The highest id so far, where ids are whole numbers.
    highest: Option<i64>,
    /// The keys that came by page numbers: rows move between two pages.
    seen: HashSet<Box<str>>,
    /// The page before by number: a server that ignores page numbers repeats itself for ever.
    before: Vec<Bytes>,
    done: bool,
}

impl Reading {
    pub(super) fn new(list: List) -> Self {
        let left = list.limit.unwrap_or(u64::MAX);
        let by_number = list.order_by.is_some();
        Self {
            size: PageSize::new(list.page_size.min(list.client.page_limit()).min(left.max(1))),
            groups: list.groups(),
            way: if by_number { Way::ByNumber { offset: 0 } } else { Way::ForwardOnly { after: None } },
            traffic: Traffic::observed(Arc::clone(&list.observer)),
            left,
            pages: 0,
            highest: None,
            seen: HashSet::new(),
            before: Vec::new(),
            done: left == 0,
            list,
        }
    }

    pub(super) fn list(&self) -> &List {
        &self.list
    }

    /// Whether the requests can be sent at all.
    pub(super) fn check(&self) -> Result<()> {
        let groups = self.groups.iter().map(Some).chain(self.groups.is_empty().then_some(None));
        groups.map(|group| self.request(group)).try_for_each(|request| self.fits(&request))
    }

    /// The next page that holds something new; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Bytes>>> {
        while !self.done {
            let page = match self.page().await {
                Ok(page) => page,
                Err(Error::Request(error)) if self.adapts(&error).await? => continue,
                Err(error) => return Err(error),
            };
            let came = page.records.len() as u64;
            let Some(records) = self.take(page).await? else { continue };
            self.size.came(came);
            self.align();
            let mut kept = Vec::with_capacity(records.len());
            for record in records.into_iter().take(usize::try_from(self.left).unwrap_or(usize::MAX)) {
                kept.push(self.shown(record.bytes)?);
            }
            self.left -= kept.len() as u64;
            self.done |= self.left == 0;
            self.pages += 1;
            self.list.observer.received(kept.len() as u64);
            if !kept.is_empty() {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }

    /// Looks at a page and decides how it goes on; `None` where the page is to be read another way.
    async fn take(&mut self, page: Page) -> Result<Option<Vec<Record>>> {
        let Page { records, single, next_id, has_next } = page;
        if single || records.is_empty() {
            self.done = true;
            return Ok(Some(records));
        }
        let asked = self.size.now();
        let full = records.len() as u64 >= asked;
        let bytes: Vec<Bytes> = records.iter().map(|record| record.bytes.clone()).collect();
        let ids = whole_numbers(&records);
        let records = self.distinct(records);
        // No more is wanted, whatever there is.
        let enough = records.len() as u64 >= self.left;
        let lacks = |came: usize| self.list.expected.is_some_and(|expected| (came as u64) < expected);
        let more = full || has_next;
        match &mut self.way {
            Way::ForwardOnly { after } => match next_id {
                Some(id) if after.as_ref() == Some(&id) => {
                    return Err(self.stuck(&format!("the page after id {id}")));
                }
                Some(id) => *after = Some(id),
                None if enough || !(more || after.is_none() && lacks(records.len())) => self.done = true,
                // In which order the first page came is not known, so it does not count.
                None if after.is_none() => {
                    self.step_down();
                    return Ok(None);
                }
                None => match ids.as_ref().and_then(|ids| ids.iter().max()) {
                    Some(last) => self.way = Way::ById { after: Some(*last) },
                    None => self.done = self.is_last().await?,
                },
            },
            Way::ById { after } => {
                let rising = ids.as_ref().is_some_and(|ids| ids.is_sorted() && ids.first() > after.as_ref());
                match ids.as_ref().and_then(|ids| ids.last()) {
                    Some(last) if rising => *after = Some(*last),
                    // It can't be sorted by the key, or has none.
                    _ if self.pages == 0 => {
                        self.step_down();
                        return Ok(None);
                    }
                    _ => return Err(self.stuck("ids that came before")),
                }
            }
            Way::ByNumber { offset } => {
                if bytes.iter().all(|record| self.before.contains(record)) {
                    let page = format!("page {}, so that it does not page", *offset / asked + 1);
                    return Err(self.stuck(&page));
                }
                *offset += asked;
                self.before = bytes;
                self.done = !more && !lacks(self.seen.len());
            }
        }
        if !matches!(self.way, Way::ByNumber { .. })
            && let Some(ids) = ids
        {
            let (before, highest) = (self.highest, ids.iter().max().copied());
            if before.is_some() && highest <= before {
                return Err(self.stuck("ids that came before"));
            }
            self.highest = highest;
            // A page may begin with the last of the page before.
            let is_new =
                |record: &Record| whole_number(record).is_none_or(|id| before.is_none_or(|before| id > before));
            return Ok(Some(records.into_iter().filter(is_new).collect()));
        }
        Ok(Some(records))
    }

    /// Each record once: on this page, and by page numbers among all that came.
    fn distinct(&mut self, records: Vec<Record>) -> Vec<Record> {
        let mut here = HashSet::new();
        let seen = if matches!(self.way, Way::ByNumber { .. }) { &mut self.seen } else { &mut here };
        let is_new = |record: &Record| record.key.as_deref().is_none_or(|key| seen.insert(key.into()));
        records.into_iter().filter(is_new).collect()
    }

    /// Whether nothing comes after a full page that names no next one and holds no ids to go on by.
    async fn is_last(&self) -> Result<bool> {
        let beyond = Way::ByNumber { offset: (self.pages + 1) * self.size.now() };
        let page = self.fetch(self.request_by(&beyond, self.groups.first())).await?;
        if page.records.is_empty() {
            return Ok(true);
        }
        let reason = format!(
            "page {} is full and names no next one, and its records have no {} that is a whole number, by which there \
             would be another way on",
            self.pages + 1,
            self.list.key()
        );
        Err(Error::data(&self.list.endpoint, reason))
    }

    /// Another way of paging, from the start; whether there is one.
    fn step_down(&mut self) -> bool {
        self.way = match self.way {
            Way::ForwardOnly { .. } => Way::ById { after: None },
            Way::ById { .. } => Way::ByNumber { offset: 0 },
            Way::ByNumber { .. } => return false,
        };
        tracing::debug!(endpoint = self.list.endpoint, to = ?self.way, "paging another way");
        true
    }

    /// Whether there is another way to ask after this failure; it is taken then.
    ///
    /// # Errors
    /// [`Error::Data`] where the server fails at one record.
    async fn adapts(&mut self, failure: &ClientError) -> Result<bool> {
        if failure.is_page_too_big() {
            let expected = self.list.expected.map(|expected| expected.saturating_sub(self.seen.len() as u64));
            if !self.size.failed(expected.unwrap_or(u64::MAX)) {
                return Err(self.stumbles(failure).await);
            }
            self.align();
            tracing::debug!(endpoint = self.list.endpoint, records = self.size.now(), "smaller pages");
            return Ok(true);
        }
        // Refused before anything came: pages are too large, or the endpoint can't page this way.
        if !matches!(failure, ClientError::Refused { .. }) || self.pages > 0 {
            return Ok(false);
        }
        let client = self.list.client.clone();
        let request = self.request(self.groups.first());
        if client.takes_fewer(&request, self.size.now(), failure, &self.traffic).await {
            self.size.limit(client.page_limit());
            return Ok(true);
        }
        Ok(self.step_down())
    }

    /// Makes pages by number of a size that has one where the last one ended.
    fn align(&mut self) {
        if let Way::ByNumber { offset } = self.way {
            self.size.begin_at(offset);
        }
    }

    fn stuck(&self, what: &str) -> Error {
        Error::data(&self.list.endpoint, format!("the API repeats {what}"))
    }

    /// A record without its secrets, and without a key that nobody asked for.
    fn shown(&self, record: Bytes) -> Result<Bytes> {
        let failed = |error: &dyn std::fmt::Display| Error::data(&self.list.endpoint, error.to_string());
        let text = std::str::from_utf8(&record).map_err(|error| failed(&error))?;
        let secretless = redact(*ANYTHING, None, text).map_err(|error| failed(&error))?;
        let personal = self.list.personal().filter(|_| !self.list.decoded);
        let kept = match personal {
            Some(table) => redact(table, self.list.hash_key.as_ref(), &secretless).map_err(|error| failed(&error))?,
            None => Cow::Borrowed(secretless.as_ref()),
        };
        let shown = if *kept == *text { record } else { Bytes::from(kept.into_owned()) };
        if self.list.hides_key() { without(&shown, self.list.key()).map_err(|error| failed(&error)) } else { Ok(shown) }
    }

    /// One page, from as many requests as its properties need.
    async fn page(&self) -> Result<Page> {
        let mut left = JOINS;
        loop {
            let mut groups = self.groups.iter();
            let mut page = self.fetch(self.request(groups.next())).await?;
            let mut trouble = None;
            for group in groups {
                let part = self.fetch(self.request(Some(group))).await?;
                match join(&page.records, &part.records, self.list.key()) {
                    Ok(records) => page.records = records,
                    Err(reason) => trouble = Some(reason),
                }
            }
            left -= 1;
            match trouble {
                None => return Ok(page),
                Some(reason) if left == 0 => return Err(Error::data(&self.list.endpoint, reason)),
                Some(_) => {}
            }
        }
    }

    async fn fetch(&self, request: Request) -> Result<Page> {
        self.fits(&request)?;
        let key = self.list.key();
        let read = self.list.client.get(&request, &self.traffic, |answer| {
            let (records, single) = records_of(&answer.body, key)?;
            Ok(Page { records, single, next_id: answer.next_page_id.clone(), has_next: answer.has_next })
        });
        Ok(read.await?)
    }

    fn fits(&self, request: &Request) -> Result<()> {
        let length = self.list.client.address_of(request)?.as_str().len();
        if length <= LONGEST_ADDRESS {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{}: the address would be {length} characters long, and servers take {LONGEST_ADDRESS}: ask for fewer \
             fields, or by shorter conditions",
            self.list.endpoint
        )))
    }

    fn request(&self, fields: Option<&String>) -> Request {
        self.request_by(&self.way, fields)
    }

    fn request_by(&self, way: &Way, fields: Option<&String>) -> Request {
        let list = &self.list;
        let mut request = Request::new(&list.endpoint).with("pageSize", self.size.now());
        request.give_up_after = Some(self.size.tries());
        let mut conditions = list.conditions.clone();
        match way {
            Way::ForwardOnly { after } => {
                request.forward_only = true;
                if let Some(after) = after {
                    request = request.with("pageId", after);
                }
            }
            Way::ById { after } => {
                request = request.with("orderBy", format!("{} asc", list.key()));
                if let (Some(after), Ok(key)) = (after, field(list.key())) {
                    let rest = key.more_than(*after);
                    conditions = Some(match conditions {
                        Some(conditions) => rest.and(conditions),
                        None => rest,
                    });
                }
            }
            Way::ByNumber { offset } => request = request.with("page", offset / self.size.now() + 1),
        }
        if let Some(order) = &list.order_by {
            request = request.with("orderBy", order);
        }
        if let Some(conditions) = &conditions {
            request = request.with("conditions", conditions);
        }
        for (name, conditions) in list.further_conditions() {
            request = request.with(name, conditions);
        }
        if let Some(fields) = fields {
            request = request.with("fields", fields);
        }
        request
    }
}

/// The keys of all records, where they are whole numbers.
fn whole_numbers(records: &[Record]) -> Option<Vec<i64>> {
    records.iter().map(whole_number).collect()
}

fn whole_number(record: &Record) -> Option<i64> {
    record.key.as_deref()?.parse().ok()
}
