//! One self-contained HTML page about a lakehouse, in Icelandic or English.
//!
//! [`statements`] lists the SQL whose results the page shows; who has a session runs them and gives the results to
//! [`render`]. A statement that failed hides its own part of the page alone.
//!
//! Invariants: the page fetches nothing (its Content-Security-Policy says so, and lets no script run but its own); all
//! texts are escaped by maud, and no text of the source stands in a script; every list that is cut says how much is left
//! out, and with what sum.

mod details;
mod error;
mod frame;
mod page;
mod sections;
mod shell;
mod statements;
mod svg;
mod table;
mod texts;
mod words;

pub use error::Error;
pub use statements::{Statement, statements};
pub use words::Language;

use arrow_array::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// The result of a statement.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Its rows.
    Rows(Vec<RecordBatch>),
    /// Why it has none, e.g. that a table is missing.
    Failed(String),
}

/// How much the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most rows of a table.
    pub rows: usize,
    /// The most bars of a picture.
    pub bars: usize,
    /// The most months of a picture.
    pub months: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 100, bars: 15, months: 24 }
    }
}

/// What the page is made from.
#[derive(Debug, Clone)]
pub struct Input {
    /// The language.
    pub language: Language,
    /// When the page is made.
    pub generated_at: DateTime<Utc>,
    /// The day that the statements were made for.
    pub business_date: NaiveDate,
    /// The version of the program.
    pub version: String,
    /// The lakehouse's name.
    pub lakehouse: String,
    /// The results by the statement's name.
    pub results: BTreeMap<String, Outcome>,
    /// How much is shown.
    pub limits: Limits,
}

/// Renders the page.
///
/// # Errors
/// [`Error`] where a result has not the columns that its statement gives.
pub fn render(input: &Input) -> Result<String, Error> {
    let page = page::Page::new(input)?;
    let sections = sections::all(&page)?;
    let head = shell::Head { source: page.rows("source")?, currency: page.rows("currency")? };
    Ok(shell::document(input, &head, &sections)?.into_string())
}
