//! Request and response, and the counts of both.

use crate::observer::Observer;
use crate::page_size::TRIES;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

/// One request to the API.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The endpoint below the base, e.g. `/time/entries/count`.
    pub endpoint: String,
    /// Query parameters, unencoded.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// Ask for forward-only paging.
    pub forward_only: bool,
    /// Attempts after which a request is given up early where the server fails at it. A smaller one can replace it: see
    /// [`ClientError::is_page_too_big`](super::ClientError::is_page_too_big).
    pub give_up_after: Option<u32>,
}

impl Request {
    /// A request for an endpoint.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), ..Self::default() }
    }

    /// Returns the same request, given up early because a smaller one can replace it.
    #[must_use]
    pub fn can_shrink(self) -> Self {
        Self { give_up_after: Some(TRIES), ..self }
    }

    /// Returns the same request for a page of one record.
    pub(super) fn of_one(mut self) -> Self {
        let size = self.query.iter_mut().filter(|(name, _)| *name == "pageSize");
        size.for_each(|(_, records)| "1".clone_into(records));
        self
    }

    /// Adds a query parameter.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }
}

/// One complete response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The body, decompressed.
    pub body: Bytes,
    /// Whether it has a `Link` header.
    pub has_link: bool,
    /// Whether the `Link` header names a next page.
    pub has_next: bool,
    /// Whether that next page is named by `pageId`, as in forward-only paging.
    pub next_is_forward_only: bool,
    /// The `pageId` of that next page.
    pub next_page_id: Option<String>,
}

/// Counts of what went over the wire.
#[derive(Debug)]
pub struct RequestStats {
    /// Requests sent, retries included.
    pub requests: AtomicU64,
    /// Requests that were repeats of a failed one.
    pub retries: AtomicU64,
    /// Bytes of bodies, decompressed.
    pub bytes: AtomicU64,
    /// The server's time at the first response.
    pub began: OnceLock<DateTime<Utc>>,
    /// The observer of retries and waits.
    pub observer: Arc<dyn Observer>,
}

impl Default for RequestStats {
    fn default() -> Self {
        Self::observed(Arc::new(()))
    }
}

impl RequestStats {
    /// Starts at zero, with an observer of retries.
    pub fn observed(observer: Arc<dyn Observer>) -> Self {
        Self {
            requests: AtomicU64::default(),
            retries: AtomicU64::default(),
            bytes: AtomicU64::default(),
            began: OnceLock::default(),
            observer,
        }
    }
}
