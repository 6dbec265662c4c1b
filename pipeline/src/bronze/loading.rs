//! Options of a load: how extracted records become a table's content.

/// Options of a load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loading {
    /// Whether everything was read: the table's content is replaced, and rows that the source no longer has are marked.
    pub full: bool,
    /// Start of the window, in microseconds since 1970; absent where everything was read.
    pub since: Option<i64>,
    /// Number of the source that was read, where it was read from one.
    pub source: Option<i64>,
    /// Page limit (maximum records per page) of the requests, where that is known.
    pub page_limit: Option<u64>,
}
