//! Errors of this crate, worded so that a user knows what to do.
//!
//! Invariant: no message ever holds a value of a record. The start of a page is quoted only where the page is not a
//! list of records (an HTML page of a proxy, an error object), and then without its sensitive properties.

use arrow_schema::{ArrowError, DataType};

/// An error of decoding, flattening or hashing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The page is not UTF-8.
    #[error("the page is not UTF-8: byte {offset} does not belong there")]
    NotUtf8 {
        /// The first byte that can't be read.
        offset: usize,
    },
    /// The page is JSON of another form, or no JSON at all.
    #[error("expected {expected}, found {found}")]
    NotRecords {
        /// A list of records, or one record.
        expected: &'static str,
        /// The start of the page.
        found: String,
    },
    /// The page breaks off or breaks JSON's grammar.
    #[error("the page is no valid JSON: expected {expected} at byte {offset} of {length}")]
    Syntax {
        /// Where.
        offset: usize,
        /// The page's length; equal to `offset` where the page is cut off.
        length: usize,
        /// What the grammar asks for there.
        expected: &'static str,
    },
    /// The buffers hold as much as a batch can: call `finish` and give the page again.
    #[error("{buffered} bytes wait in the decoder and {page} more do not fit into one batch: take the batch first")]
    Full {
        /// Bytes of pages read since the last `finish`.
        buffered: usize,
        /// The page's length.
        page: usize,
    },
    /// One page is larger than a batch can be.
    #[error("a page of {page} bytes is more than one batch can hold: ask for smaller pages")]
    PageTooLarge {
        /// The page's length.
        page: usize,
    },
    /// A table keeps hashes in the place of personal texts, and the decoder has no key to make them with.
    #[error("{table} keeps keyed hashes of personal texts, and the decoder has no key: give it the lakehouse's")]
    NoKey {
        /// The table.
        table: &'static str,
    },
    /// The static description of a table contradicts itself.
    #[error("the description of {table} is wrong: {problem}")]
    Shape {
        /// The table.
        table: &'static str,
        /// What contradicts what.
        problem: String,
    },
    /// A batch holds a type that can't be read here.
    #[error("column {column}: {found} can't be read as {expected}")]
    Type {
        /// The column, with the path inside it.
        column: String,
        /// The type that is there.
        found: DataType,
        /// What would do.
        expected: String,
    },
    /// A batch lacks a column that can't be null.
    #[error("the batch lacks the column {column}")]
    MissingColumn {
        /// The column.
        column: String,
    },
    /// Arrow refused.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// Error of decoding.
pub type DecodeError = Error;
/// Error of flattening.
pub type FlattenError = Error;
