//! Transport: sends one signed GET and receives the whole response.
//!
//! Invariant: redirects are never followed, so that credentials go to one host only; a body must never be read beyond
//! the limit.

use crate::attempt::Failure;
use crate::error::ClientError;
use crate::request::Request;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use std::fmt::Debug;

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
    pub(crate) signed: reqwest::Client,
    /// The most bytes of a body, decompressed.
    pub(crate) body_limit: usize,
}

#[async_trait]
impl Transport for Http {
    async fn send(&self, url: &str, request: &Request) -> Result<Received, Failure> {
        let mut builder = self.signed.get(url).query(&request.query);
        if request.forward_only {
            builder = builder.header("pagination-type", "forward-only");
        }
        let mut response = builder.send().await.map_err(|error| Failure::network(url, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let room = response.content_length().unwrap_or(0).min(FIRST_BYTES);
        let mut body = BytesMut::with_capacity(usize::try_from(room).unwrap_or(0));
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::network(url, &error))? {
            let limit = self.body_limit;
            if body.len() + chunk.len() > limit {
                return Err(Failure::Final(ClientError::TooLarge { url: url.to_owned(), limit }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Received { status, headers, body: body.freeze() })
    }
}
