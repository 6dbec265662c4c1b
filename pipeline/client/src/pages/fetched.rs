//! Fetched page: a page as it came, with what its response says of the next.

use super::decode::DecodedPage;
use crate::request::Response;

/// One fetched page.
pub(super) struct Fetched<P> {
    pub(super) decoded: DecodedPage<P>,
    pub(super) links: Links,
    /// Whether the server returned it; if not, it stands for a skipped record.
    pub(super) served: bool,
}

/// The links of a response to the next page.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    pub(super) has_next: bool,
    pub(super) cursor: Option<String>,
}

impl Links {
    pub(super) fn of(answer: &Response) -> Self {
        Self { has_next: answer.has_next, cursor: answer.next_page_id.clone() }
    }
}
