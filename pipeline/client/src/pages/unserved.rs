//! Unserved record: finds the key of the record at which a server fails, and checks that others are returned.

use super::{DecodePage, DecodedPage, Fetched, Links, PageReader, PagingMode};
use crate::error::{ClientError, Result};
use crate::key_range::KeyRange;
use crate::page_size::least_key;
use crate::records::{RecordKey, first_key};
use crate::request::Request;
use crate::selection::Selection;
use std::sync::Arc;

impl<D: DecodePage> PageReader<D> {
    /// Returns a page in place of the next record, at which the server fails.
    ///
    /// # Errors
    /// [`ClientError::Down`] where the server returns no others; the decoder's error for the record.
    pub(super) async fn pass_over(&mut self, failure: ClientError) -> Result<Fetched<D::Page>> {
        let Some(id) = self.next_key().await? else {
            let after = self.last_key.filter(|_| self.mode != PagingMode::PageNumber);
            return Err(self.decoder.nameless(after, failure));
        };
        if !self.size.came_meanwhile() {
            self.require_others(id, &failure).await?;
        }
        let page = self.decoder.unserved(id, &failure.said())?;
        let keys = vec![RecordKey::Number(id)];
        let links = Links { has_next: true, cursor: Some(id.to_string()) };
        let decoded = DecodedPage { page, records: 1, keys, is_sorted: true, single: false };
        Ok(Fetched { decoded, links, served: false })
    }

    /// Finds the key of the next record, which the server may return alone, or by a search over key ranges.
    async fn next_key(&self) -> Result<Option<i64>> {
        let key = self.query.selection.key.to_string();
        // Where only keys are requested, that request has failed already.
        if self.query.groups != [key.as_str()] {
            match self.first_key(once(self.request(Some(&key)))).await {
                Ok(Some(id)) => return Ok(Some(id)),
                Err(error) if D::PROVEN_AFTERWARDS && !error.is_page_too_big() => return Err(error.into()),
                _ => {}
            }
        }
        if self.mode == PagingMode::PageNumber {
            return Ok(None);
        }
        let range = KeyRange { after: self.last_key.or(self.query.range.after), to: self.query.range.to };
        let holds = |after: i64, to: i64| {
            let range = KeyRange { after: Some(after), to: Some(to) };
            let request = self.query.one(self.query.selection.conditions(range)).with("fields", &key);
            async move {
                match self.first_key(once(request)).await {
                    Ok(found) => Ok(found.is_some()),
                    Err(error) if error.is_page_too_big() => Ok(true),
                    Err(error) => Err(error),
                }
            }
        };
        match least_key(range.after.unwrap_or(0), range.to.unwrap_or(i64::MAX), holds).await {
            Err(error) if D::PROVEN_AFTERWARDS => Err(error.into()),
            found => Ok(found.ok().flatten()),
        }
    }

    /// Checks that the server returns any other record of the list, whatever the conditions.
    async fn require_others(&self, id: i64, failure: &ClientError) -> Result<()> {
        let selection = &self.query.selection;
        let left_out = selection.left_out.iter().copied().chain(self.decoder.passed_over()).chain([id]).collect();
        let others = Selection { condition: None, left_out: Arc::new(left_out), key: selection.key.clone() };
        let page = |number: u64| self.query.one(others.conditions(KeyRange::default())).with("page", number);
        // Its neighbours may be unserved, too. The last request, from the other end, is retried in full.
        let last = page(1).with("orderBy", format!("{} desc", selection.key));
        for request in [1, 2, 4, 8].map(|number| once(page(number))).into_iter().chain([last]) {
            let request =
                self.first_group().into_iter().fold(request, |request, fields| request.with("fields", fields));
            match self.first_key(request).await {
                Ok(_) => return Ok(()),
                Err(error) if !error.is_page_too_big() => return Err(error.into()),
                Err(_) => {}
            }
        }
        Err(ClientError::Down { url: self.query.endpoint.clone(), last: failure.said() }.into())
    }

    async fn first_key(&self, request: Request) -> Result<Option<i64>, ClientError> {
        let key = self.query.selection.key.to_string();
        self.client.get(&request, &self.stats, |answer| first_key(&answer.body, &key)).await
    }
}

fn once(request: Request) -> Request {
    Request { give_up_after: Some(1), ..request }
}
