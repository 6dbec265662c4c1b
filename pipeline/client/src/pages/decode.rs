//! Decoding of pages: what a page reader is generic over.

use crate::error::{ClientError, Error, Result};
use crate::records::RecordKey;
use bytes::Bytes;
use std::collections::BTreeSet;

/// One page, decoded.
#[derive(Debug)]
pub struct DecodedPage<P> {
    /// What was made of it.
    pub page: P,
    /// How many records it holds.
    pub records: u64,
    /// The key of each record.
    pub keys: Vec<RecordKey>,
    /// Whether the keys rise from record to record.
    pub is_sorted: bool,
    /// Whether it is no list, but one object.
    pub single: bool,
}

/// Decodes the pages of a list, and decides what becomes of records that can't be read.
pub trait DecodePage: Send {
    /// What a page becomes.
    type Page: Send;

    /// Whether whoever reads the pages proves afterwards that all records came, and takes one that comes twice for one.
    ///
    /// Where that is so, pages may be read again another way after some were given, and a record that the server does not
    /// give may be passed over.
    const PROVEN_AFTERWARDS: bool;

    /// Whether an address that is too long for servers is an error before it is sent.
    const CHECKS_ADDRESSES: bool;

    /// Decodes an answer.
    ///
    /// # Errors
    /// Why it can't be read: the page is asked for again.
    fn decode(&mut self, body: &Bytes) -> Result<DecodedPage<Self::Page>, String>;

    /// The part of a page that is given on, by which of its records are new and wanted; `None` where nothing is left.
    ///
    /// # Errors
    /// [`Error::Data`] where a record can't be given.
    fn keep(&mut self, page: Self::Page, new: &[bool]) -> Result<Option<Self::Page>>;

    /// A page in the place of a record that the server fails to give, with what the server said.
    ///
    /// # Errors
    /// The error that ends the reading, where the record can't be passed over.
    fn unserved(&mut self, id: i64, said: &str) -> Result<Self::Page>;

    /// The error for a record that the server fails to give and that has no name; it comes after this key.
    fn nameless(&self, after: Option<i64>, failure: ClientError) -> Error {
        let _ = after;
        failure.into()
    }

    /// The keys of the records that were passed over.
    fn passed_over(&self) -> BTreeSet<i64> {
        BTreeSet::new()
    }
}
