//! Page queries: what is read of a list, and how its pages are asked for.

use crate::conditions::Condition;
use crate::key_range::KeyRange;
use crate::request::Request;
use crate::selection::Selection;

/// How the next page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagingMode {
    /// By the link to the next page that the server gives.
    ForwardOnly,
    /// By the keys above the last one, in the order of the key.
    Keyset,
    /// By its number.
    PageNumber,
}

/// How many records a list holds, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// So many.
    Count(u64),
    /// Nobody knows: a first page that promises no more proves nothing.
    Unknown,
    /// What is read is one range of several.
    Part,
    /// Nobody asks: a short page that promises no more is the last.
    Unchecked,
}

/// What is read of a list, and how.
#[derive(Debug, Clone)]
pub struct PageQuery {
    /// The list below the base.
    pub endpoint: String,
    /// What errors name.
    pub name: String,
    /// Which records.
    pub selection: Selection,
    /// The keys that are read.
    pub range: KeyRange,
    /// Further conditions, by the parameter that takes them.
    pub further: Vec<(&'static str, String)>,
    /// The `fields` of the requests that make a page together; none where whole records are read.
    pub groups: Vec<String>,
    /// Another order than the key's, which page numbers alone can follow.
    pub order_by: Option<String>,
    /// How pages are asked for to begin with.
    pub mode: PagingMode,
    /// How many records there are.
    pub expected: Expected,
    /// Records on a page, at most.
    pub page_size: u64,
    /// Records in all, at most.
    pub limit: u64,
    /// Whether a page that the server can't make is an error at once.
    pub once: bool,
}

impl PageQuery {
    /// All records of a list.
    pub fn new(endpoint: impl Into<String>, selection: Selection) -> Self {
        let endpoint = endpoint.into();
        Self {
            name: endpoint.clone(),
            endpoint,
            selection,
            range: KeyRange::default(),
            further: Vec::new(),
            groups: Vec::new(),
            order_by: None,
            mode: PagingMode::ForwardOnly,
            expected: Expected::Unchecked,
            page_size: u64::MAX,
            limit: u64::MAX,
            once: false,
        }
    }

    /// A request for one record for which a condition holds.
    pub(super) fn one(&self, condition: Option<Condition>) -> Request {
        let request = Request::new(&self.endpoint).with("pageSize", 1);
        condition.into_iter().fold(request, |request, condition| request.with("conditions", condition))
    }
}
