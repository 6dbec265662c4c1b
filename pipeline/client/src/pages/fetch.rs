//! Page fetch: sends the requests for the next page, and joins their responses into it.

use super::fetched::{Fetched, Links};
use super::{DecodePage, PageReader, PagingMode};
use crate::error::{Error, Result};
use crate::records::{number_of_records, splice};
use crate::request::{Request, Response};
use bytes::Bytes;

/// The most attempts at a page whose parts do not fit together.
const JOINS: u32 = 4;
/// The longest URL that servers accept, in characters.
const LONGEST_ADDRESS: usize = 2_000;

impl<D: DecodePage> PageReader<D> {
    /// Checks that the requests can be sent.
    ///
    /// # Errors
    /// [`Error::Usage`] where a URL would be longer than servers accept.
    pub fn check(&self) -> Result<()> {
        self.requests().iter().try_for_each(|request| self.fits(request))
    }

    fn fits(&self, request: &Request) -> Result<()> {
        let length = self.client.address_of(request)?.as_str().len();
        if length <= LONGEST_ADDRESS {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{}: the address would be {length} characters long, and servers take {LONGEST_ADDRESS}: ask for fewer \
             fields, or by shorter conditions",
            self.query.endpoint
        )))
    }

    /// The requests for the next page.
    pub fn requests(&self) -> Vec<Request> {
        match self.query.groups.as_slice() {
            [] => vec![self.request(None)],
            groups => groups.iter().map(|group| self.request(Some(group))).collect(),
        }
    }

    pub(super) fn request(&self, fields: Option<&str>) -> Request {
        self.request_with(self.mode, self.offset, self.size.now(), fields)
    }

    pub(super) fn request_with(&self, mode: PagingMode, offset: u64, size: u64, fields: Option<&str>) -> Request {
        let query = &self.query;
        let mut request = Request::new(&query.endpoint).with("pageSize", size);
        request.give_up_after = Some(if query.once { 1 } else { self.size.tries() });
        let mut range = query.range;
        let mut order = query.order_by.clone();
        let by_key = || Some(format!("{} asc", query.selection.key));
        match mode {
            PagingMode::ForwardOnly => {
                request.forward_only = true;
                if let Some(cursor) = &self.cursor {
                    request = request.with("pageId", cursor);
                }
            }
            PagingMode::Keyset => {
                range.after = self.last_key.or(range.after);
                order = by_key();
            }
            PagingMode::PageNumber => {
                request = request.with("page", offset / size + 1);
                if self.ordered {
                    order = by_key();
                }
            }
        }
        if let Some(order) = order {
            request = request.with("orderBy", order);
        }
        if let Some(conditions) = query.selection.conditions(range) {
            request = request.with("conditions", conditions);
        }
        for (name, conditions) in &query.further {
            request = request.with(*name, conditions);
        }
        fields.into_iter().fold(request, |request, fields| request.with("fields", fields))
    }

    /// Fetches one page, with as many requests as its properties need.
    pub(super) async fn fetch(&mut self) -> Result<Fetched<D::Page>> {
        let requests = self.requests();
        if D::CHECKS_ADDRESSES {
            requests.iter().try_for_each(|request| self.fits(request))?;
        }
        let [request] = requests.as_slice() else { return self.fetch_in_groups(&requests).await };
        let decoder = &mut self.decoder;
        let decode = |answer: &Response| Ok((decoder.decode(&answer.body)?, Links::of(answer)));
        let (decoded, links) = self.client.get(request, &self.stats, decode).await?;
        Ok(Fetched { decoded, links, served: true })
    }

    /// Fetches a page by several requests, because all property names together make too long a URL.
    async fn fetch_in_groups(&mut self, requests: &[Request]) -> Result<Fetched<D::Page>> {
        let key = self.query.selection.key.to_string();
        let mut mismatch = String::new();
        for _ in 0..JOINS {
            let mut parts: Vec<Bytes> = Vec::new();
            let mut links = Links::default();
            for request in requests {
                let read = |answer: &Response| {
                    number_of_records(&answer.body).map(|_| (answer.body.clone(), Links::of(answer)))
                };
                let (body, of_part) = self.client.get(request, &self.stats, read).await?;
                links.has_next |= of_part.has_next;
                links.cursor = links.cursor.or(of_part.cursor);
                parts.push(body);
            }
            match splice(&parts, &key).and_then(|whole| self.decoder.decode(&whole)) {
                Ok(decoded) => return Ok(Fetched { decoded, links, served: true }),
                Err(reason) => mismatch = reason,
            }
        }
        Err(Error::data(&self.query.name, format!("the parts of a page do not fit together: {mismatch}")))
    }
}
