//! Transport: sends one signed GET and receives the whole response.
//!
//! Invariant: redirects are never followed, so that credentials go to one host only; a body must never be read beyond
//! the limit.

use crate::attempt::{Failure, FailureKind};
use crate::buffers::Buffers;
use crate::error::ClientError;
use crate::gzip::{Unpacked, unpack};
use crate::request::Request;
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use std::fmt::Debug;
use std::sync::Arc;

/// The most memory that is allocated for a body before any of it was received, whatever length it announces.
const FIRST_BYTES: u64 = 1024 * 1024;

/// A response of any status.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends requests, over HTTP or from a script.
#[async_trait]
pub(crate) trait Transport: Debug + Send + Sync {
    /// Sends one request to a URL, and receives the response.
    ///
    /// # Errors
    /// [`Failure`] where no response was received, or only a part of one.
    async fn send(&self, url: &str, request: &Request) -> Result<Received, Failure>;
}

/// HTTP with the login in every request.
#[derive(Debug)]
pub(crate) struct Http {
    /// With the headers that sign a request.
    signed: reqwest::Client,
    /// The most bytes of a body, decompressed.
    body_limit: usize,
    packed: Buffers,
    unpacked: Arc<Buffers>,
}

impl Http {
    pub(crate) fn new(signed: reqwest::Client, body_limit: usize) -> Self {
        Self { signed, body_limit, packed: Buffers::default(), unpacked: Arc::default() }
    }
}

#[async_trait]
impl Transport for Http {
    async fn send(&self, url: &str, request: &Request) -> Result<Received, Failure> {
        let mut builder = self.signed.get(url).query(&request.query).header(ACCEPT_ENCODING, "gzip");
        if request.forward_only {
            builder = builder.header("pagination-type", "forward-only");
        }
        let mut response = builder.send().await.map_err(|error| Failure::network(url, &error))?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        let room = response.content_length().unwrap_or(0).min(FIRST_BYTES);
        let is_packed = is_gzip(&headers);
        let mut body = if is_packed { self.packed.take() } else { Vec::new() };
        body.clear();
        body.reserve(usize::try_from(room).unwrap_or(0));
        let limit = self.body_limit;
        let too_large = || Failure::Final(ClientError::TooLarge { url: url.to_owned(), limit });
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::network(url, &error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        if !is_packed || body.is_empty() {
            return Ok(Received { status, headers, body: body.into() });
        }
        let unpacked = unpack(&body, limit, &self.unpacked).map_err(|error| match error {
            Unpacked::TooLarge => too_large(),
            Unpacked::Damaged(error) => {
                Failure::unreadable(&format!("its gzip is damaged: {error}"), FailureKind::Other)
            }
        })?;
        self.packed.keep(body);
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
        Ok(Received { status, headers, body: unpacked })
    }
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let named = |name: &str| matches!(name.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip");
    headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn a_body_is_unpacked_where_it_is_said_to_be_packed() {
        let of =
            |value: &'static str| is_gzip(&HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(value))]));
        assert!(of("gzip") && of("x-gzip") && of("GZip "));
        assert!(!of("identity") && !of("br") && !of("") && !is_gzip(&HeaderMap::new()));
    }
}
