//! Answers on their way out: headers, packing, and the faults that befall a body.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::Stream;
use serde_json::json;

use crate::bomb;
use crate::faults::{Fault, OtherVersion};
use crate::links;

/// Smaller bodies are not worth packing.
const WORTH_PACKING: usize = 1_024;

/// Where the server tells its version.
const CURRENT_VERSION: HeaderName = HeaderName::from_static("api-current-version");

/// What goes out.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) link: Option<HeaderValue>,
    /// Whether it never comes.
    pub(super) is_silence: bool,
    content_type: &'static str,
    /// Headers that few answers have.
    extra: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(body: Vec<u8>) -> Self {
        let content_type = "application/json; charset=utf-8";
        Self { status: StatusCode::OK, link: None, is_silence: false, content_type, extra: Vec::new(), body }
    }

    fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.extra.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// An error in the API's form.
    pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = json!({"code": code, "message": message, "errors": []});
        Self { status, ..Self::json(body.to_string().into_bytes()) }
    }

    /// The server stumbled over a record.
    pub(super) fn stumbled() -> Self {
        let message = "Object reference not set to an instance of an object.";
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message)
    }

    /// Another version of the API than the server's was asked for.
    pub(super) fn other_version(version: &OtherVersion) -> Self {
        let status = StatusCode::from_u16(version.status).unwrap_or(StatusCode::NOT_ACCEPTABLE);
        Self::error(status, "InvalidHeader", "The Accept header is not valid.")
    }

    /// The same from a server of this version.
    pub(super) fn of_version(self, version: &str) -> Self {
        self.with(CURRENT_VERSION, version)
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::error(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// The simulator itself failed.
    pub(super) fn broken() -> Self {
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, "SimulatorError", "The simulator could not make this answer.")
    }

    fn too_many(seconds: u32) -> Self {
        let message = format!("Too many requests. Please try again in {seconds} seconds.");
        let body = json!({"error": "Too Many Requests", "message": message}).to_string().into_bytes();
        Self { status: StatusCode::TOO_MANY_REQUESTS, ..Self::json(body) }
    }

    /// The answer that a fault puts in the place of the real one, if it does. `path` is what was asked for, and `now`
    /// the simulator's time.
    pub(super) fn instead(fault: Fault, path: &str, now: DateTime<Utc>) -> Option<Self> {
        match fault {
            Fault::TooManyRequests { retry_after } => {
                Some(Self::too_many(retry_after).with(header::RETRY_AFTER, &retry_after.to_string()))
            }
            Fault::TooManyRequestsUntil { seconds } => {
                let date = |time: DateTime<Utc>| time.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let until = date(now + TimeDelta::seconds(seconds.into()));
                Some(Self::too_many(seconds).with(header::RETRY_AFTER, &until).with(header::DATE, &date(now)))
            }
            Fault::Redirect { port } => {
                let found = Self::error(StatusCode::FOUND, "Moved", "Sign in first.");
                Some(found.with(header::LOCATION, &format!("http://localhost:{port}{path}")))
            }
            Fault::ServerError { status } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let code = if status == StatusCode::SERVICE_UNAVAILABLE { "ServiceUnavailable" } else { "ServerError" };
                Some(Self::error(status, code, "A timeout has occurred."))
            }
            Fault::Forbidden => {
                let message = "You do not have security permission to perform this action.";
                Some(Self::error(StatusCode::FORBIDDEN, "Security", message))
            }
            Fault::NotFound => {
                let message = "The requested resource was not found.";
                Some(Self::error(StatusCode::NOT_FOUND, "NotFound", message))
            }
            Fault::Html => {
                let page = "<!DOCTYPE html>\n<html><head><title>Please wait</title></head>\
                    <body><h1>The service will be back shortly</h1></body></html>\n";
                Some(Self { content_type: "text/html; charset=utf-8", ..Self::json(page.as_bytes().to_vec()) })
            }
            _ => None,
        }
    }

    pub(super) fn into_response(mut self, fault: Option<Fault>, gzip: bool) -> Response {
        if fault == Some(Fault::Truncated) {
            self.body.truncate(cut(&self.body));
        }
        let packed = match fault {
            Some(Fault::GzipBomb { mebibytes }) => bomb::of(mebibytes),
            _ if gzip && self.body.len() > WORTH_PACKING => pack(&self.body).ok(),
            _ => None,
        };
        let is_packed = packed.is_some();
        let body = Bytes::from(packed.unwrap_or(self.body));
        let length = body.len();
        let half = body.slice(..length / 2);
        let body = match fault {
            Some(Fault::Reset) => {
                let broken = io::Error::new(io::ErrorKind::ConnectionReset, "reset on purpose");
                Body::from_stream(futures::stream::iter([Ok(half), Err(broken)]))
            }
            Some(Fault::TruncatedMismatch) => Body::from_stream(futures::stream::iter([Ok::<_, io::Error>(half)])),
            Some(Fault::Drip { bytes, pause }) => Body::from_stream(drip(body, bytes as usize, pause)),
            _ => Body::from(body),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CURRENT_VERSION, HeaderValue::from_static("2025.1"));
        if let Ok(id) = HeaderValue::from_str(&request_id()) {
            headers.insert("x-cw-request-id", id);
        }
        if fault == Some(Fault::TruncatedMismatch) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        if is_packed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        for (name, value) in self.extra {
            headers.insert(name, value);
        }
        if let Some(link) = self.link {
            headers.insert(header::LINK, link);
        }
        response
    }
}

/// A body in drops, with a pause before each.
fn drip(body: Bytes, bytes: usize, pause: u64) -> impl Stream<Item = io::Result<Bytes>> {
    futures::stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let drop = rest.split_to(bytes.clamp(1, rest.len()));
        Some((Ok(drop), rest))
    })
}

/// A place in the middle of the body, and not within a letter.
fn cut(body: &[u8]) -> usize {
    let mut at = body.len() / 2;
    while at > 0 && body[at] & 0xc0 == 0x80 {
        at -= 1;
    }
    at
}

fn pack(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    links::uuid(NEXT.fetch_add(1, Ordering::Relaxed), 0x1D)
}
