//! Page after page of one list, in the best way that the endpoint offers.
//!
//! Forward-only paging first; where no such link comes back, `id > N` ordered by id; page numbers as the last
//! resort. Invariant: ids come in rising order in the first two ways, so a page that repeats or goes back is noticed.

use super::fields::{field_groups, splice};
use super::ranges::KeyRange;
use crate::client::{Answer, Client, ClientError, Request, Traffic};
use crate::error::{Error, Result};
use bytes::Bytes;
use connectwise_runtime::{Decoded, Decoder, Table};

/// The most records that the API gives on a page.
pub(super) const PAGE_SIZE: u64 = 1000;

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
    pub(super) records: u64,
}

/// Reads a list page by page.
pub(super) struct Pager<'a> {
    client: &'a Client,
    table: &'static Table,
    endpoint: &'a str,
    condition: Option<&'a str>,
    /// What `/count` said.
    expected: u64,
    range: KeyRange,
    groups: Vec<String>,
    decoder: Decoder,
    way: Way,
    last_id: Option<i64>,
    number: u64,
    done: bool,
}

/// One page as it came: its bytes decoded, and whether there is more.
struct Fetched {
    decoded: Decoded,
    records: u64,
    highest: Option<i64>,
    lowest: Option<i64>,
    has_next: bool,
}

impl<'a> Pager<'a> {
    pub(super) fn new(
        client: &'a Client,
        table: &'static Table,
        endpoint: &'a str,
        condition: Option<&'a str>,
        expected: u64,
    ) -> Self {
        Self {
            client,
            table,
            endpoint,
            condition,
            expected,
            range: KeyRange::default(),
            groups: field_groups(table),
            decoder: Decoder::new(table),
            way: Way::ForwardOnly,
            last_id: None,
            number: 1,
            done: false,
        }
    }

    /// As [`Pager::new`], for all records' keys alone.
    pub(super) fn of_ids(client: &'a Client, table: &'static Table, endpoint: &'a str, expected: u64) -> Self {
        Self { groups: vec![table.key.to_owned()], ..Self::new(client, table, endpoint, None, expected) }
    }

    /// Only the records of this range, by this way of paging to begin with.
    pub(super) fn within(self, range: KeyRange, way: Way) -> Self {
        Self { range, way, ..self }
    }

    /// The part of the range that was not read; `None` at its end.
    pub(super) fn rest(&self) -> Option<KeyRange> {
        let after = self.last_id.filter(|_| !self.done)?;
        Some(KeyRange { after: Some(after), to: self.range.to })
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self, traffic: &Traffic) -> Result<Option<Page>> {
        loop {
            if self.done {
                return Ok(None);
            }
            let page = match self.fetch(traffic).await {
                Err(Error::Client(error))
                    if self.way != Way::ByNumber && self.last_id.is_none() && is_refused(&error) =>
                {
                    self.fall_back("the API refuses it");
                    continue;
                }
                other => other?,
            };
            if page.records == 0 {
                self.done = true;
                return Ok(None);
            }
            match self.way {
                Way::ForwardOnly => {
                    let rising = self.last_id.is_none_or(|last| page.lowest.is_some_and(|lowest| lowest > last));
                    // The first page without a link, though the API counts more: it does not page this way.
                    let short = self.last_id.is_none() && !page.has_next && page.records < self.expected;
                    if !rising || short {
                        if self.last_id.is_some() {
                            return Err(self.stuck());
                        }
                        self.fall_back("no forward-only link came back");
                        continue;
                    }
                    self.done = !page.has_next;
                }
                Way::ById => {
                    if self.last_id.is_some_and(|last| page.lowest.is_none_or(|lowest| lowest <= last)) {
                        return Err(self.stuck());
                    }
                }
                Way::ByNumber => self.number += 1,
            }
            match page.highest {
                Some(highest) => self.last_id = Some(self.last_id.map_or(highest, |last| last.max(highest))),
                None if self.done || self.way == Way::ByNumber => {}
                None => return Err(self.stuck()),
            }
            return Ok(Some(Page { decoded: page.decoded, records: page.records }));
        }
    }

    fn fall_back(&mut self, why: &str) {
        let way = if self.way == Way::ForwardOnly { Way::ById } else { Way::ByNumber };
        tracing::debug!(entity = self.table.entity, from = ?self.way, to = ?way, why, "paging another way");
        self.way = way;
    }

    fn stuck(&self) -> Error {
        Error::data(
            self.table.entity,
            format!("the API repeats a page after id {}; nothing was written", self.last_id.unwrap_or_default()),
        )
    }

    fn request(&self, fields: Option<&str>) -> Request {
        let mut request = Request::new(self.endpoint).with("pageSize", PAGE_SIZE);
        let mut conditions: Vec<String> =
            self.condition.map(|condition| format!("({condition})")).into_iter().collect();
        let mut range = self.range;
        match self.way {
            Way::ForwardOnly => {
                request.forward_only = true;
                if let Some(last) = self.last_id {
                    request = request.with("pageId", last);
                }
            }
            Way::ById => {
                range.after = self.last_id.or(range.after).or(Some(0));
                request = request.with("orderBy", format!("{} asc", self.table.key));
            }
            Way::ByNumber => {
                request = request.with("page", self.number).with("orderBy", format!("{} asc", self.table.key));
            }
        }
        conditions.splice(0..0, range.conditions(self.table.key));
        if !conditions.is_empty() {
            request = request.with("conditions", conditions.join(" and "));
        }
        if let Some(fields) = fields {
            request = request.with("fields", fields);
        }
        request
    }

    /// One page, from as many requests as its fields need.
    async fn fetch(&mut self, traffic: &Traffic) -> Result<Fetched> {
        if self.groups.len() > 1 {
            return self.fetch_in_groups(traffic).await;
        }
        let request = self.request(self.groups.first().map(String::as_str));
        let (decoder, key, way) = (&mut self.decoder, self.table.key, self.way);
        Ok(self
            .client
            .get(&request, traffic, |answer| decode(decoder, key, &answer.body, has_next(answer, way)))
            .await?)
    }

    /// A record's properties in several requests, because all names together make too long an address.
    async fn fetch_in_groups(&mut self, traffic: &Traffic) -> Result<Fetched> {
        const TRIES: usize = 4;
        let mut trouble = String::new();
        for _ in 0..TRIES {
            let mut parts: Vec<Bytes> = Vec::new();
            let mut has_next_page = false;
            for group in &self.groups {
                let request = self.request(Some(group));
                let way = self.way;
                let (body, next) = self
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
            match splice(&parts, self.table.key)
                .and_then(|whole| decode(&mut self.decoder, self.table.key, &whole, has_next_page))
            {
                Ok(page) => return Ok(page),
                Err(reason) => trouble = reason,
            }
        }
        Err(Error::data(self.table.entity, format!("the parts of a page do not fit together: {trouble}")))
    }
}

/// Whether the answer promises more; in forward-only paging the link has to be of that kind.
fn has_next(answer: &Answer, way: Way) -> bool {
    match way {
        Way::ForwardOnly => answer.next_is_forward_only,
        _ => answer.has_next,
    }
}

fn is_refused(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { .. })
}

fn decode(decoder: &mut Decoder, key: &str, body: &[u8], has_next: bool) -> Result<Fetched, String> {
    let counts = decoder.page(body).map_err(|error| error.to_string())?;
    let decoded = decoder.finish().map_err(|error| error.to_string())?;
    let ids = decoded
        .batch
        .column_by_name(key)
        .and_then(|column| {
            arrow::array::AsArray::as_primitive_opt::<arrow::datatypes::Int64Type>(column)
                .map(|ids| ids.values().to_vec())
        })
        .unwrap_or_default();
    let misfits = decoded.quarantined.iter().filter_map(|misfit| misfit.record_id.as_deref()?.parse::<i64>().ok());
    let all: Vec<i64> = ids.into_iter().chain(misfits).collect();
    Ok(Fetched {
        records: counts.records,
        highest: all.iter().max().copied(),
        lowest: all.iter().min().copied(),
        has_next,
        decoded,
    })
}
