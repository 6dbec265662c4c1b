//! Page decoder: the trait that a page reader is generic over.

use crate::error::{ClientError, Error, Result};
use crate::records::RecordKey;
use bytes::Bytes;
use std::collections::BTreeSet;

/// One page, decoded.
#[derive(Debug)]
pub struct DecodedPage<P> {
    /// The decoded records.
    pub page: P,
    /// How many records it holds.
    pub records: u64,
    /// The key of each record.
    pub keys: Vec<RecordKey>,
    /// Whether the keys ascend from record to record.
    pub is_sorted: bool,
    /// Whether the response is one object and no list.
    pub single: bool,
}

/// Decodes the pages of a list, and decides what becomes of records that can't be read.
pub trait DecodePage: Send {
    /// What a page becomes.
    type Page: Send;

    /// Whether the caller proves afterwards that all records were read, and removes duplicates.
    ///
    /// If so, pages may be read again in another paging mode after some were returned, and a record that the server
    /// does not return may be skipped.
    const PROVEN_AFTERWARDS: bool;

    /// Whether a URL that is too long for servers is an error before it is sent.
    const CHECKS_ADDRESSES: bool;

    /// Decodes a response.
    ///
    /// # Errors
    /// Why it can't be read: the page is requested again.
    fn decode(&mut self, body: &Bytes) -> Result<DecodedPage<Self::Page>, String>;

    /// Returns the part of a page to pass on; `new` flags the records that are new and wanted. `None` where nothing is
    /// left.
    ///
    /// # Errors
    /// [`Error::Data`] where a record can't be returned.
    fn keep(&mut self, page: Self::Page, new: &[bool]) -> Result<Option<Self::Page>>;

    /// Returns a page in place of a record that the server fails to return, with the server's message.
    ///
    /// # Errors
    /// The error that ends the reading, where the record can't be skipped.
    fn unserved(&mut self, id: i64, said: &str) -> Result<Self::Page>;

    /// Returns the error for an unserved record whose key is unknown; `after` is the key before it.
    fn nameless(&self, after: Option<i64>, failure: ClientError) -> Error {
        let _ = after;
        failure.into()
    }

    /// The keys of the skipped records.
    fn passed_over(&self) -> BTreeSet<i64> {
        BTreeSet::new()
    }
}
