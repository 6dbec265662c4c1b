//! Decoder: pages of JSON records to Arrow batches.
//!
//! Invariants:
//! - Every record of a page that can be read must end in the batch or among the rejected records, and the counts must
//!   add up.
//! - A rejected record leaves no trace in the columns; a page that can't be read leaves none at all.
//! - No sensitive or excluded value, and no value of a password field, may get into a column, `_unknown`, a rejected
//!   record, an error, or what [`Recall`] keeps of records; and of a hashed value nothing but the hash. Without a key
//!   for the hashes no record is read.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::buffer::Texts;
use crate::column::{Column, Structs};
use crate::convert;
use crate::error::DecodeError;
use crate::json::{Scanner, Syntax, quote};
use crate::personal::HashKey;
use crate::read::{Fault, Reader, Reason, excerpt, key_text};
use crate::recall::Recall;
use crate::redact::RedactionPolicy;
use crate::schema::bronze_schema;
use crate::shape::{Kind, Table};

/// Maximum bytes of pages in one batch: an offset inside a column has 32 bits.
const MOST: usize = i32::MAX as usize;
/// How many times longer the hash of a value can be than the value and the comma after it.
const HASH_GROWTH: usize = 32;
/// The byte order mark, which some proxies put before a page.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Version of the decoder: what another version decoded is read anew. Another version may give another bronze row for
/// the same record. A golden file of decoded records belongs to each.
pub const DECODE_VERSION: i64 = 1;

/// Counts of a page's records: `records` = `kept` + `quarantined` + `recalled`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Records in the page.
    pub records: u64,
    /// Records that became rows.
    pub kept: u64,
    /// Records that did not fit and became rejected records.
    pub quarantined: u64,
    /// Unchanged records: known, byte for byte, and so not read.
    pub recalled: u64,
}

/// A record that does not fit its table's shape: quarantined once it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRecord {
    /// The text of its key, whatever its type, where there is one; of a whole number its digits.
    pub record_id: Option<String>,
    /// The value that does not fit, e.g. `customFields/0/type`; empty for the record itself.
    pub path: String,
    /// What was found there and what was expected.
    pub reason: String,
    /// The record's JSON text, redacted: without sensitive and excluded properties and the values of passwords, and
    /// with marked hashes in place of hashed values.
    pub raw_json: String,
}

/// Output of [`Decoder::finish`].
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The records that were kept, with [`bronze_schema`], in the order in which they came.
    pub batch: RecordBatch,
    /// The rejected records.
    pub quarantined: Vec<RejectedRecord>,
    /// How many kept records have a property that the spec does not know, by its path (`*` for indexes of lists).
    pub unknown_fields: BTreeMap<String, u64>,
}

/// Decodes pages of a table's records.
#[derive(Debug)]
pub struct Decoder {
    table: &'static Table,
    schema: SchemaRef,
    policy: RedactionPolicy,
    columns: Structs,
    unknown: Texts,
    key: Option<usize>,
    rows: usize,
    /// Bytes of the pages since the last batch, which no column can exceed.
    fed: usize,
    quarantined: Vec<RejectedRecord>,
    quarantined_bytes: usize,
    unknown_fields: BTreeMap<String, u64>,
}

impl Decoder {
    /// Creates a decoder without records.
    #[must_use]
    pub fn new(table: &'static Table) -> Self {
        let columns = Structs::new(table.shape);
        let is_key = |name: &str, kind: Kind| name == table.key && kind == Kind::Int;
        Self {
            schema: bronze_schema(table),
            policy: RedactionPolicy::new(table),
            key: table.shape.iter().position(|field| is_key(field.name, field.kind)),
            columns,
            table,
            unknown: Texts::default(),
            rows: 0,
            fed: 0,
            quarantined: Vec::new(),
            quarantined_bytes: 0,
            unknown_fields: BTreeMap::new(),
        }
    }

    /// Sets the key of the hashes that replace personal texts.
    #[must_use]
    pub fn with_key(self, key: Option<HashKey>) -> Self {
        Self { policy: self.policy.with_key(key), ..self }
    }

    /// Makes the decoder one for quarantined records, in which hashes are marked: these are taken as they are.
    #[must_use]
    pub fn stored(self) -> Self {
        Self { policy: self.policy.stored(), ..self }
    }

    /// Reads one page: a JSON array of records.
    ///
    /// # Errors
    /// [`DecodeError::NoKey`]; or the page can't be read (cut off, no JSON, no array, not UTF-8), and nothing of it is
    /// kept; or [`DecodeError::Full`]: take the batch with [`Self::finish`] and give the page again.
    pub fn page(&mut self, bytes: &[u8]) -> Result<PageCounts, DecodeError> {
        self.page_recalling(bytes, &mut ())
    }

    /// Reads one page, except for records that are known. Where the page can't be read, its recalled records don't
    /// count either.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn page_recalling(&mut self, bytes: &[u8], recall: &mut dyn Recall) -> Result<PageCounts, DecodeError> {
        self.read(bytes, b'[', |decoder, reader, found| {
            if reader.scanner.peek() != b'[' {
                return Err(reader.scanner.error("a list of records"));
            }
            let mut more = reader.scanner.enter(b']')?;
            while more {
                reader.scanner.peek();
                match recall.recall(reader.scanner.rest()) {
                    Some(length) => {
                        reader.scanner.pass(length);
                        found.counts.records += 1;
                        found.counts.recalled += 1;
                    }
                    None => {
                        if let Some(record) = decoder.one(reader, found)? {
                            let unknown = reader.unknown.values().map(|unknown| unknown.pattern.as_str());
                            let unknown = unknown.collect::<Vec<_>>();
                            if reader.left_out {
                                recall.kept(&decoder.policy.record(record)?, &unknown);
                            } else {
                                recall.kept(record, &unknown);
                            }
                        }
                    }
                }
                more = reader.scanner.more(b']')?;
            }
            Ok(())
        })
    }

    /// Reads one record: a JSON object, as [`RejectedRecord::raw_json`] holds it.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn record(&mut self, bytes: &[u8]) -> Result<PageCounts, DecodeError> {
        self.read(bytes, b'{', |decoder, reader, found| decoder.one(reader, found).map(drop))
    }

    /// Returns the number of records kept since the last [`Self::finish`].
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the approximate memory of the records since the last [`Self::finish`], in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.columns.memory() + self.unknown.memory() + self.quarantined_bytes
    }

    /// Takes what was decoded; the decoder is empty afterwards and can go on.
    ///
    /// # Errors
    /// [`DecodeError::Arrow`] where Arrow refuses the buffers.
    pub fn finish(&mut self) -> Result<Decoded, DecodeError> {
        let rows = take(&mut self.rows);
        self.fed = 0;
        self.quarantined_bytes = 0;
        let quarantined = take(&mut self.quarantined);
        let unknown_fields = take(&mut self.unknown_fields);
        let (mut columns, _) = self.columns.finish(rows, self.schema.fields().iter())?;
        columns.push(self.unknown.finish(rows)?);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        Ok(Decoded { batch, quarantined, unknown_fields })
    }

    /// Reads a text as a whole or not at all.
    fn read(
        &mut self,
        bytes: &[u8],
        opening: u8,
        read: impl FnOnce(&mut Self, &mut Reader<'_>, &mut Found) -> Result<(), Syntax>,
    ) -> Result<PageCounts, DecodeError> {
        if self.policy.lacks_key() {
            return Err(DecodeError::NoKey { table: self.table.table });
        }
        let page = bytes.len();
        let size = if self.policy.hashes() { page.saturating_mul(HASH_GROWTH) } else { page };
        if size > MOST {
            return Err(DecodeError::PageTooLarge { page });
        }
        // Names in `_unknown` are longer than those in the page, so its size is counted separately.
        let buffered = self.fed.max(self.unknown.size());
        if buffered.saturating_add(size) > MOST {
            return Err(DecodeError::Full { buffered, page });
        }
        let text =
            simdutf8::compat::from_utf8(bytes).map_err(|error| DecodeError::NotUtf8 { offset: error.valid_up_to() })?;
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let (rows, quarantined) = (self.rows, self.quarantined.len());
        let mut reader = Reader::new(text, self.policy.clone());
        let mut found = Found::default();
        match read(self, &mut reader, &mut found).and_then(|()| reader.scanner.end()) {
            Ok(()) => {
                self.fed += size;
                self.quarantined_bytes += found.quarantined_bytes;
                for (path, count) in found.unknown {
                    *self.unknown_fields.entry(path).or_default() += count;
                }
                Ok(found.counts)
            }
            Err(syntax) => {
                self.cut(rows);
                self.quarantined.truncate(quarantined);
                Err(self.refusal(text, opening, syntax))
            }
        }
    }

    /// Reads one record into a row and returns its text, or rejects the record.
    #[inline]
    fn one<'t>(&mut self, reader: &mut Reader<'t>, found: &mut Found) -> Result<Option<&'t str>, Syntax> {
        reader.scanner.peek();
        let start = reader.scanner.mark();
        let row = self.rows;
        found.counts.records += 1;
        let read = reader.record(&mut self.columns, row).and_then(|()| self.complete(reader, found));
        let reason = match read {
            Ok(()) => {
                self.rows += 1;
                found.counts.kept += 1;
                return Ok(Some(reader.scanner.since(start)));
            }
            Err(Fault::Syntax(syntax)) => return Err(syntax),
            Err(Fault::Rejected(reason)) => reason,
        };
        self.cut(row);
        reader.scanner.reset(start);
        let rejected = self.rejected(reader.scanner.raw()?, *reason)?;
        found.counts.quarantined += 1;
        found.quarantined_bytes += rejected.raw_json.len() + rejected.reason.len() + size_of::<RejectedRecord>();
        self.quarantined.push(rejected);
        Ok(None)
    }

    /// Checks that the key is above 0, and stores the properties that the shape does not know.
    #[inline]
    fn complete(&mut self, reader: &Reader<'_>, found: &mut Found) -> Result<(), Fault> {
        let slot = self.key.and_then(|key| self.columns.slots.get(key));
        let key = match slot.and_then(|slot| slot.column.as_ref()) {
            Some(Column::Int(keys)) => keys.values.get(self.rows),
            _ => None,
        };
        let words = match key {
            Some(1..) => None,
            // -1 is the key of what is unknown, and no record of the API has it.
            Some(key) => Some(format!("found {key}, expected {}", convert::KEY)),
            None => Some(format!("found no key, expected {}", convert::INT)),
        };
        if let Some(words) = words {
            return Err(Fault::Rejected(Box::new(Reason { path: self.table.key.to_owned(), words })));
        }
        if !reader.unknown.is_empty() {
            self.keep_unknown(reader, found)?;
        }
        Ok(())
    }

    #[cold]
    fn keep_unknown(&mut self, reader: &Reader<'_>, found: &mut Found) -> Result<(), Fault> {
        let mut out = String::from("{");
        for (path, unknown) in &reader.unknown {
            if out.len() > 1 {
                out.push(',');
            }
            quote(path, &mut out);
            out.push(':');
            out.push_str(&unknown.raw);
        }
        out.push('}');
        if self.unknown.size() + out.len() > MOST {
            let words = format!("found {} bytes of unknown properties, more than a batch can hold", out.len());
            return Err(Fault::Rejected(Box::new(Reason { path: String::new(), words })));
        }
        self.unknown.put(self.rows, &out);
        for unknown in reader.unknown.values() {
            match found.unknown.get_mut(&unknown.pattern) {
                Some(count) => *count += 1,
                None => drop(found.unknown.insert(unknown.pattern.clone(), 1)),
            }
        }
        Ok(())
    }

    fn rejected(&self, raw: &str, reason: Reason) -> Result<RejectedRecord, Syntax> {
        let raw_json = self.policy.record(raw)?.into_owned();
        let record_id = key_text(&raw_json, self.table.key)?;
        Ok(RejectedRecord { record_id, path: reason.path, reason: reason.words, raw_json })
    }

    fn cut(&mut self, rows: usize) {
        self.rows = rows;
        self.columns.truncate(rows);
        self.unknown.truncate(rows);
    }

    /// Builds the error of a text that can't be read. Its start is quoted only if it is not what was asked for, and
    /// then without what may not be kept.
    #[cold]
    fn refusal(&self, text: &str, opening: u8, syntax: Syntax) -> DecodeError {
        let start = text.trim_start();
        let first = start.as_bytes().first().copied();
        if first == Some(opening) {
            let Syntax { offset, expected } = syntax;
            return DecodeError::Syntax { offset, length: text.len(), expected };
        }
        let expected = if opening == b'[' { "a list of records" } else { "one record" };
        let found = match first {
            None => "nothing".to_owned(),
            Some(b'<') => excerpt(start),
            Some(byte) if !matches!(byte, b'{' | b'[') && !self.policy.any() => excerpt(start),
            Some(_) => {
                let readable = Scanner::new(start).raw().and_then(|raw| self.policy.record(raw));
                readable.map_or_else(|_| "what is neither JSON nor HTML".to_owned(), |text| excerpt(&text))
            }
        };
        DecodeError::NotRecords { expected, found }
    }
}

/// What was read of a page so far.
#[derive(Default)]
struct Found {
    counts: PageCounts,
    quarantined_bytes: usize,
    unknown: BTreeMap<String, u64>,
}
