//! Page query: what is read of a list, and how its pages are requested.

use crate::conditions::Condition;
use crate::key_range::KeyRange;
use crate::request::Request;
use crate::selection::Selection;

/// The way in which the next page is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagingMode {
    /// By the server's link to the next page.
    ForwardOnly,
    /// By the keys above the last one, in the order of the key.
    Keyset,
    /// By page number.
    PageNumber,
}

/// How many records a list holds, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The API's count.
    Count(u64),
    /// Unknown: a first page without a next link proves nothing.
    Unknown,
    /// Unknown, as one key range of several is read.
    Part,
    /// Not checked: a short page without a next link is the last.
    Unchecked,
}

/// A query of the pages of a list.
#[derive(Debug, Clone)]
pub struct PageQuery {
    /// The list below the base.
    pub endpoint: String,
    /// The name in errors.
    pub name: String,
    /// The records to read.
    pub selection: Selection,
    /// The key range to read.
    pub range: KeyRange,
    /// Further conditions, each with its query parameter.
    pub further: Vec<(&'static str, String)>,
    /// The `fields` parameters of the requests that together make a page; empty where whole records are read.
    pub groups: Vec<String>,
    /// Another order than by key, which only page numbers support.
    pub order_by: Option<String>,
    /// The initial paging mode.
    pub mode: PagingMode,
    /// The expected number of records.
    pub expected: Expected,
    /// Records on a page, at most.
    pub page_size: u64,
    /// Records in all, at most.
    pub limit: u64,
    /// Whether a page at which the server fails is an error at once.
    pub once: bool,
}

impl PageQuery {
    /// A query of all selected records of a list.
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

    /// A request for one record that satisfies a condition.
    pub(super) fn one(&self, condition: Option<Condition>) -> Request {
        let request = Request::new(&self.endpoint).with("pageSize", 1);
        condition.into_iter().fold(request, |request, condition| request.with("conditions", condition))
    }
}
