//! Transport: sends one signed GET and receives its answer whole.
//!
//! Invariant: redirects are not followed, so that credentials go to one host only; no more of a body is read than the
//! limit.

use crate::attempt::Failure;
use crate::error::ClientError;
use crate::request::Request;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use std::fmt::Debug;

/// The room that is set aside for a body before any of it has come, whatever length it announces.
const FIRST_BYTES: u64 = 1024 * 1024;

/// An answer as it came, of whatever status.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends requests, over HTTP or from a script.
#[async_trait]
pub(crate) trait Transport: Debug + Send + Sync {
    /// Sends one request to an address, and receives its answer.
    ///
    /// # Errors
    /// [`Failure`] where no answer came, or not all of one.
    async fn send(&self, url: &str, request: &Request) -> Result<Received, Failure>;
}

/// HTTP with the login in every request.
#[derive(Debug)]
pub(crate) struct Http {
    /// With the headers that sign a request.
    pub(crate) signed: reqwest::Client,
    /// Bytes of a body, decompressed.
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
