//! Raw pages: the records of a list as the API wrote them, without what must not be read.
//!
//! Invariant: no key may come twice, and no sensitive property may be in the output, which has hashes in place of
//! personal texts. A record's bytes are the API's own, to the last digit, where nothing had to be removed.

use crate::error::{ClientError, Error, Result};
use crate::list::{ANYTHING, List};
use crate::pages::{DecodePage, DecodedPage};
use crate::records::{records_of, without};
use bytes::Bytes;
use connectwise_runtime::{HashKey, Table, redact};
use std::borrow::Cow;

/// Decodes pages into the bytes of their records.
#[derive(Debug)]
pub(crate) struct RawPages {
    endpoint: String,
    key: &'static str,
    /// The entity whose privacy rules apply.
    personal: Option<&'static Table>,
    hash_key: Option<HashKey>,
    /// Whether the key is requested but not returned.
    hides_key: bool,
}

impl RawPages {
    /// A decoder of a list's pages.
    pub(crate) fn of(list: &List) -> Self {
        Self {
            endpoint: list.endpoint.clone(),
            key: list.key(),
            // A decoder that follows redacts the records itself.
            personal: list.personal().filter(|_| !list.decoded),
            hash_key: list.hash_key.clone(),
            hides_key: list.hides_key(),
        }
    }

    /// Redacts a record, and removes a key that the caller did not request.
    fn shown(&self, record: Bytes) -> Result<Bytes> {
        let text = std::str::from_utf8(&record).map_err(|error| Error::data(&self.endpoint, error))?;
        let secretless = redact(*ANYTHING, None, text).map_err(|error| Error::data(&self.endpoint, error))?;
        let kept = match self.personal {
            Some(table) => redact(table, self.hash_key.as_ref(), &secretless)
                .map_err(|error| Error::data(&self.endpoint, error))?,
            None => Cow::Borrowed(secretless.as_ref()),
        };
        let shown = if *kept == *text { record } else { Bytes::from(kept.into_owned()) };
        if self.hides_key {
            without(&shown, self.key).map_err(|error| Error::data(&self.endpoint, error))
        } else {
            Ok(shown)
        }
    }

    fn failing(&self, what: &str) -> Error {
        Error::data(&self.endpoint, format!("the server fails at {what}"))
    }
}

impl DecodePage for RawPages {
    type Page = Vec<Bytes>;

    const PROVEN_AFTERWARDS: bool = false;
    const CHECKS_ADDRESSES: bool = true;

    fn decode(&mut self, body: &Bytes) -> Result<DecodedPage<Self::Page>, String> {
        let (records, single) = records_of(body, self.key)?;
        let (page, keys): (Vec<Bytes>, Vec<_>) = records.into_iter().map(|record| (record.bytes, record.key)).unzip();
        let numbers: Option<Vec<i64>> = keys.iter().map(|key| key.number()).collect();
        let is_sorted = numbers.is_some_and(|numbers| numbers.is_sorted());
        Ok(DecodedPage { records: page.len() as u64, page, keys, is_sorted, single })
    }

    fn keep(&mut self, page: Self::Page, new: &[bool]) -> Result<Option<Self::Page>> {
        let kept = page.into_iter().zip(new).filter(|(_, new)| **new).map(|(record, _)| self.shown(record));
        let kept = kept.collect::<Result<Vec<Bytes>>>()?;
        Ok(Some(kept).filter(|kept| !kept.is_empty()))
    }

    fn unserved(&mut self, id: i64, said: &str) -> Result<Self::Page> {
        let key = self.key;
        Err(self.failing(&format!("record {id}: {said}. The others can be read by the condition {key} != {id}")))
    }

    fn nameless(&self, after: Option<i64>, failure: ClientError) -> Error {
        match after {
            Some(last) => self.failing(&format!("the record after {} {last}: {}", self.key, failure.said())),
            None => failure.into(),
        }
    }
}
