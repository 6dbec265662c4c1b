//! How a load treats what was extracted.

/// How what was extracted becomes the table's content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loading {
    /// It is all there is: the table's content is replaced, and what the source no longer has is marked.
    pub full: bool,
    /// Where its window begins, in microseconds since 1970; absent where all was read.
    pub since: Option<i64>,
    /// The number of the source that it was read from, where it was read from one.
    pub source: Option<i64>,
    /// The most records on a page that were asked for, where that is told.
    pub page_limit: Option<u64>,
}
