//! Reader: JSON values to column buffers, driven by the shape.
//!
//! Invariant: on an error the buffers hold a part of the record, and the caller must cut them back; nothing else is
//! left behind. A record is rejected before the value's grammar is checked to its end: the caller must skip the record
//! as a whole.

mod maps;
mod objects;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::buffer::Texts;
use crate::column::{Column, Lists, Structs};
use crate::convert::{self, Expected};
use crate::json::{Scanner, Str, Syntax, unescape};
use crate::path::{Path, Step};
use crate::redact::{Redaction, RedactionPolicy};

/// Why a record, or the whole page, can't be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The page is no JSON.
    Syntax(Syntax),
    /// The record does not fit the shape.
    Rejected(Box<Reason>),
}

impl From<Syntax> for Fault {
    fn from(syntax: Syntax) -> Self {
        Self::Syntax(syntax)
    }
}

/// Reason of a rejection: which value does not fit, and why.
#[derive(Debug)]
pub(crate) struct Reason {
    pub(crate) path: String,
    pub(crate) words: String,
}

/// A property that the shape does not know.
#[derive(Debug)]
pub(crate) struct Unknown {
    /// The length of the part of its path that the shape knows.
    known: usize,
    /// Its path with `*` for the indexes of lists.
    pub(crate) pattern: String,
    /// Its value's JSON text.
    pub(crate) raw: String,
}

/// Reader of a page: its position in the page and in the shape.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) scanner: Scanner<'a>,
    policy: RedactionPolicy,
    path: Path,
    /// The current record's unknown properties by their paths.
    pub(crate) unknown: BTreeMap<String, Unknown>,
    /// Whether something of the current record may not be kept.
    pub(crate) left_out: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, policy: RedactionPolicy) -> Self {
        Self { scanner: Scanner::new(text), policy, path: Path::default(), unknown: BTreeMap::new(), left_out: false }
    }

    /// Reads a record into the row.
    #[inline]
    pub(crate) fn record(&mut self, columns: &mut Structs, row: usize) -> Result<(), Fault> {
        self.path.clear();
        self.unknown.clear();
        self.left_out = false;
        match self.scanner.peek() {
            b'{' => self.object(columns, row),
            token => Err(self.reject(token, convert::STRUCT)),
        }
    }

    /// Reads a value into the row; null leaves the row unset.
    #[inline]
    fn value(&mut self, column: &mut Column, row: usize) -> Result<(), Fault> {
        let token = self.scanner.peek();
        if token == b'n' {
            return Ok(self.scanner.literal("null")?);
        }
        match column {
            Column::Int(column) => {
                let read = match token {
                    b'"' => self.text_as(convert::int_of_text)?,
                    b'-' | b'0'..=b'9' => self.number_as(convert::int, convert::INT)?,
                    _ => return Err(self.reject(token, convert::INT)),
                };
                if let Some(value) = read {
                    column.put(row, value);
                }
            }
            Column::Float(column) => {
                let read = match token {
                    b'"' => self.text_as(convert::float_of_text)?,
                    b'-' | b'0'..=b'9' => self.number_as(convert::float, convert::FLOAT)?,
                    _ => return Err(self.reject(token, convert::FLOAT)),
                };
                if let Some(value) = read {
                    column.put(row, value);
                }
            }
            Column::Bool(column) => {
                let read = match token {
                    b't' => Some(self.scanner.literal("true").map(|()| true)?),
                    b'f' => Some(self.scanner.literal("false").map(|()| false)?),
                    b'"' => self.text_as(convert::bool_of_text)?,
                    _ => return Err(self.reject(token, convert::BOOL)),
                };
                if let Some(value) = read {
                    column.put(row, value);
                }
            }
            Column::Time(column) => {
                let read = match token {
                    b'"' => self.text_as(convert::time_of_text)?,
                    _ => return Err(self.reject(token, convert::TIME)),
                };
                if let Some(value) = read {
                    column.put(row, value);
                }
            }
            Column::Text(column) => self.text(token, column, row)?,
            Column::Hashed(column) => self.hashed(token, column, row)?,
            Column::Json(column) => self.json(token, column, row)?,
            Column::Map(column) => match token {
                b'{' => self.map(column, row)?,
                _ => return Err(self.reject(token, convert::MAP)),
            },
            Column::Struct(column) => match token {
                b'{' => self.object(column, row)?,
                _ => return Err(self.reject(token, convert::STRUCT)),
            },
            Column::List(column) => match token {
                b'[' => self.list(column, row)?,
                _ => return Err(self.reject(token, convert::LIST)),
            },
        }
        Ok(())
    }

    #[inline]
    fn text_as<T>(&mut self, read: fn(&str) -> Result<Option<T>, Expected>) -> Result<Option<T>, Fault> {
        let start = self.scanner.mark();
        let found = self.scanner.string()?;
        let read = if found.is_escaped() { read(&found.text()) } else { read(found.raw) };
        read.map_err(|expected| {
            self.scanner.reset(start);
            self.reject(b'"', expected)
        })
    }

    #[inline]
    fn number_as<T>(&mut self, read: fn(&str) -> Option<T>, expected: Expected) -> Result<Option<T>, Fault> {
        let start = self.scanner.mark();
        match read(self.scanner.number()?) {
            Some(value) => Ok(Some(value)),
            None => {
                self.scanner.reset(start);
                Err(self.reject(b'0', expected))
            }
        }
    }

    /// Reads a text, or the text of a number or boolean as it is written.
    #[inline(always)]
    fn text(&mut self, token: u8, column: &mut Texts, row: usize) -> Result<(), Fault> {
        if token != b'"' {
            return self.text_of_other(token, column, row);
        }
        put(self.scanner.string()?, column, row);
        Ok(())
    }

    #[inline(never)]
    fn text_of_other(&mut self, token: u8, column: &mut Texts, row: usize) -> Result<(), Fault> {
        match token {
            b'-' | b'0'..=b'9' => column.put(row, self.scanner.number()?),
            b't' => {
                self.scanner.literal("true")?;
                column.put(row, "true");
            }
            b'f' => {
                self.scanner.literal("false")?;
                column.put(row, "false");
            }
            _ => return Err(self.reject(token, convert::TEXT)),
        }
        Ok(())
    }

    /// Stores the hash of what [`Self::text`] would have stored.
    fn hashed(&mut self, token: u8, column: &mut Texts, row: usize) -> Result<(), Fault> {
        let text = match token {
            b'"' => self.scanner.string()?.text(),
            b'-' | b'0'..=b'9' => Cow::Borrowed(self.scanner.number()?),
            b't' => self.scanner.literal("true").map(|()| Cow::Borrowed("true"))?,
            b'f' => self.scanner.literal("false").map(|()| Cow::Borrowed("false"))?,
            _ => return Err(self.reject(token, convert::TEXT)),
        };
        match self.policy.hash(&text) {
            Some(hash) => column.put(row, &hash),
            // No page is read without a key.
            None => return Err(self.reject(b'n', "a key for its hash")),
        }
        Ok(())
    }

    /// Stores a string's text, or any other value's JSON text.
    fn json(&mut self, token: u8, column: &mut Texts, row: usize) -> Result<(), Fault> {
        if token == b'"' {
            put(self.scanner.string()?, column, row);
            return Ok(());
        }
        let raw = self.scanner.raw()?;
        let kept = self.policy.outside(raw, self.names())?;
        self.left_out |= matches!(kept, Cow::Owned(_));
        column.put(row, &kept);
        Ok(())
    }

    fn list(&mut self, column: &mut Lists, row: usize) -> Result<(), Fault> {
        let first = column.items();
        let mut count = 0;
        let mut more = self.scanner.enter(b']')?;
        while more {
            self.path.push(Step::Index(count));
            self.value(&mut column.item, first + count)?;
            self.path.pop();
            count += 1;
            more = self.scanner.more(b']')?;
        }
        column.end(row, first + count);
        Ok(())
    }

    /// Returns the redaction of a property that the shape does not know, or of a map's entry.
    #[inline]
    fn redaction(&self, name: Str<'a>) -> Redaction {
        if self.policy.has_names() { self.policy.redaction(self.path.names(), &name.text()) } else { Redaction::Keep }
    }

    /// Returns the names above a value, where the redaction depends on them.
    fn names(&self) -> Vec<String> {
        if self.policy.has_names() { self.path.names().map(str::to_owned).collect() } else { Vec::new() }
    }

    /// Builds the rejection of the value at the current position.
    #[cold]
    fn reject(&mut self, token: u8, expected: Expected) -> Fault {
        let personal = self.policy.leads_to_personal(self.path.names());
        let found = match token {
            b'{' => "an object".to_owned(),
            b'[' => "a list".to_owned(),
            b'"' if personal => "a text".to_owned(),
            _ if personal => "another value".to_owned(),
            b'"' => match self.scanner.string() {
                Ok(text) => format!("the text \"{}\"", shorten(&text.text())),
                Err(syntax) => return Fault::Syntax(syntax),
            },
            _ => match self.scanner.raw() {
                Ok(raw) => shorten(raw),
                Err(syntax) => return Fault::Syntax(syntax),
            },
        };
        let words = format!("found {found}, expected {expected}");
        Fault::Rejected(Box::new(Reason { path: self.path.written(), words }))
    }
}

/// Returns the text of a record's key: of the last property with that name, unless it is null. A whole number has its
/// digits, as its column would have them.
pub(crate) fn key_text(raw: &str, key: &str) -> Result<Option<String>, Syntax> {
    let mut scanner = Scanner::new(raw);
    if scanner.peek() != b'{' {
        return Ok(None);
    }
    let mut found = None;
    let mut more = scanner.enter(b'}')?;
    while more {
        let name = scanner.name()?;
        scanner.colon()?;
        let is_key = name.text() == key;
        match scanner.peek() {
            b'"' if is_key => found = Some(scanner.string()?.text().into_owned()),
            _ => {
                let value = scanner.raw()?;
                if is_key {
                    found = (value != "null").then(|| shorten(value));
                }
            }
        }
        more = scanner.more(b'}')?;
    }
    Ok(found.map(|text| match convert::int_of_text(&text) {
        Ok(Some(key)) => key.to_string(),
        _ => text,
    }))
}

/// Returns the first 60 characters of a text, in backquotes.
pub(crate) fn excerpt(text: &str) -> String {
    let end = text.char_indices().nth(60).map_or(text.len(), |(end, _)| end);
    format!("`{}`", text.get(..end).unwrap_or_default())
}

/// Shortens a text to at most 80 characters.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

// Inlined everywhere, as [`Scanner::string`] is.
#[inline(always)]
fn put(text: Str<'_>, column: &mut Texts, row: usize) {
    if text.is_escaped() {
        put_escaped(text.raw, column, row);
    } else {
        column.put(row, text.raw);
    }
}

fn put_escaped(raw: &str, column: &mut Texts, row: usize) {
    let out = column.begin(row);
    unescape(raw, |part| out.extend_from_slice(part.as_bytes()));
    column.end();
}
