//! Pages of an entity as Arrow batches, on top of the client's page reader.
//!
//! Invariant: every record of a page must end in its batch, among the rejected ones, or among the unchanged ones.

use super::fingerprint::{Fingerprint, FingerprintCache, OfPage};
use super::list_reader::ListReader;
use super::rows::id_of;
use super::unserved::Unserved;
use crate::client::pages::{DecodePage, DecodedPage, Expected, PageQuery, PageReader, PagingMode};
use crate::client::{Error, KeyRange, RecordKey, Result, field_groups};
use crate::lake::longs;
use bytes::Bytes;
use connectwise_runtime::{Decoded, Decoder, HashKey};
use std::collections::BTreeSet;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// One page, decoded.
pub(super) struct Page {
    pub(super) decoded: Decoded,
    /// The fingerprints of its rows.
    pub(super) fingerprints: Vec<Fingerprint>,
    /// Key and time of change of the unchanged records, which were not decoded.
    pub(super) recalled: Vec<(i64, Option<i64>)>,
    pub(super) records: u64,
}

/// Decodes pages of an entity.
pub(super) struct ArrowPages {
    decoder: Decoder,
    entity: &'static str,
    key: &'static str,
    known: Arc<FingerprintCache>,
    unserved: Arc<Unserved>,
}

impl ListReader {
    /// A reader of the records in a range, initially in this paging mode.
    pub(super) fn pages(&self, range: KeyRange, mode: PagingMode, expected: Expected) -> PageReader<ArrowPages> {
        self.reader(PageQuery { range, mode, expected, ..self.query() })
    }

    /// A reader of the record with this key, for which the server is asked once.
    pub(super) fn page_of_one(&self, id: i64) -> PageReader<ArrowPages> {
        let (range, mode) = (KeyRange::only(id), PagingMode::Keyset);
        self.reader(PageQuery { range, mode, page_size: 1, once: true, ..self.query() })
    }

    /// A reader of keys and times of change alone.
    pub(super) fn times(&self, range: KeyRange, mode: PagingMode, expected: Expected) -> PageReader<ArrowPages> {
        let groups = vec![format!("{},_info", self.table.key)];
        self.reader(PageQuery { range, mode, expected, groups, ..self.query() })
    }

    fn query(&self) -> PageQuery {
        PageQuery {
            name: self.table.entity.to_owned(),
            groups: match self.only {
                Some(beside) => vec![[&[self.table.key], beside].concat().join(",")],
                None => field_groups(self.table),
            },
            expected: Expected::Part,
            ..PageQuery::new(&self.list.endpoint, self.selection.clone())
        }
    }

    fn reader(&self, query: PageQuery) -> PageReader<ArrowPages> {
        // Of records that are read for their ids nothing personal is stored, so any hash key will do.
        let any = || self.only.map(|_| HashKey::new(b""));
        let hash_key = self.hash_key.clone().or_else(any);
        let pages = ArrowPages {
            decoder: Decoder::new(self.table).with_key(hash_key),
            entity: self.table.entity,
            key: self.table.key,
            known: Arc::clone(&self.known),
            unserved: Arc::clone(&self.unserved),
        };
        PageReader::new(&self.client, &self.stats, query, pages)
    }
}

impl DecodePage for ArrowPages {
    type Page = Page;

    const PROVEN_AFTERWARDS: bool = true;
    const CHECKS_ADDRESSES: bool = false;

    fn decode(&mut self, body: &Bytes) -> Result<DecodedPage<Page>, String> {
        let mut of_page = OfPage::new(&self.known, self.key);
        let counts = self.decoder.page_recalling(body, &mut of_page).map_err(|error| error.to_string())?;
        let mut decoded = self.decoder.finish().map_err(|error| error.to_string())?;
        let OfPage { fingerprints, recalled, unknown_fields, .. } = of_page;
        for (path, count) in unknown_fields {
            *decoded.unknown_fields.entry(path).or_default() += count;
        }
        let ids = longs(&decoded.batch, self.key);
        let is_sorted = ids.is_sorted() && recalled.is_sorted_by_key(|(id, _)| *id);
        let rejected = decoded.quarantined.iter().map(|record| {
            id_of(record).map_or_else(|| RecordKey::Unnamed(xxh3_64(record.raw_json.as_bytes())), RecordKey::Number)
        });
        let known = recalled.iter().map(|(id, _)| RecordKey::Number(*id));
        let keys = ids.into_iter().map(RecordKey::Number).chain(rejected).chain(known).collect();
        let page = Page { decoded, fingerprints, recalled, records: counts.records };
        Ok(DecodedPage { page, records: counts.records, keys, is_sorted, single: false })
    }

    fn keep(&mut self, page: Page, _: &[bool]) -> Result<Option<Page>> {
        Ok(Some(page))
    }

    fn unserved(&mut self, id: i64, said: &str) -> Result<Page> {
        let record = self.unserved.add(self.entity, id, said)?;
        let mut decoded = self.decoder.finish().map_err(|error| Error::data(self.entity, error))?;
        decoded.quarantined.push(record);
        Ok(Page { decoded, fingerprints: Vec::new(), recalled: Vec::new(), records: 1 })
    }

    fn passed_over(&self) -> BTreeSet<i64> {
        self.unserved.ids()
    }
}
