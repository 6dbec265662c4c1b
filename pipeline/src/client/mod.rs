//! The HTTP side: one signed GET with retries, for all workers of the process.
//!
//! Invariant: what [`Client::get`] returns was read to its end and accepted by the caller's parser; anything else was
//! tried again or became an error that says what the API answered. Redirects are not followed, so credentials go to
//! one host only.

mod error;
mod list;
mod retry;

pub use error::ClientError;
pub use list::List;
pub use retry::RetryPolicy;

use crate::progress::EntityProgress;
use crate::settings::ApiSettings;
use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The media type that pins the API's version.
const MEDIA_TYPE: &str = "application/vnd.connectwise.com+json; version=2025.1";
/// A response larger than this (after decompression) is refused.
const MAX_RESPONSE_BYTES: usize = 256 * 1024 * 1024;

/// What one request asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The endpoint below the base, e.g. `/time/entries/count`.
    pub endpoint: String,
    /// Query parameters, unencoded.
    pub query: Vec<(&'static str, String)>,
    /// Ask for forward-only paging.
    pub forward_only: bool,
}

impl Request {
    /// A request for an endpoint.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), ..Self::default() }
    }

    /// Adds a query parameter.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }
}

/// One answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The body, decompressed.
    pub body: Bytes,
    /// Whether a `Link` header came with it.
    pub has_link: bool,
    /// Whether the `Link` header names a next page.
    pub has_next: bool,
    /// Whether that next page is named by `pageId`, as in forward-only paging.
    pub next_is_forward_only: bool,
    /// The `pageId` of that next page.
    pub next_page_id: Option<String>,
}

/// Counts of what went over the wire.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Requests sent, retries included.
    pub requests: AtomicU64,
    /// Requests that were repeats of a failed one.
    pub retries: AtomicU64,
    /// Bytes of bodies, decompressed.
    pub bytes: AtomicU64,
    /// Who is told of retries and waits.
    pub watcher: EntityProgress,
}

impl Traffic {
    /// Counts from nothing, and tells of retries.
    pub fn watched(watcher: &EntityProgress) -> Self {
        Self { watcher: watcher.clone(), ..Self::default() }
    }
}

/// A signed HTTP client of one ConnectWise.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    settings: Arc<ApiSettings>,
    retry: RetryPolicy,
    /// No worker sends before this instant: one worker's Retry-After holds for all.
    not_before: Arc<Mutex<Option<Instant>>>,
}

impl Client {
    /// A client for these settings.
    ///
    /// # Errors
    /// When TLS cannot be set up, or a credential holds characters that no header may hold.
    pub fn new(settings: ApiSettings, retry: RetryPolicy) -> Result<Self, ClientError> {
        let mut headers = HeaderMap::new();
        let login = format!("{}:{}", settings.username.expose(), settings.password.expose());
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(login));
        let sensitive = |name: &str, value: &str| {
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| ClientError::Setup(format!("{name} holds characters that no HTTP header may hold")))?;
            value.set_sensitive(true);
            Ok::<_, ClientError>(value)
        };
        headers.insert(AUTHORIZATION, sensitive("the login", &basic)?);
        headers.insert("clientId", sensitive("CW_CLIENTID", settings.client_id.expose())?);
        headers.insert(ACCEPT, HeaderValue::from_static(MEDIA_TYPE));
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("connectwise-etl/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(Duration::from_secs(90))
            .build()
            .map_err(|error| ClientError::Setup(error.to_string()))?;
        Ok(Self { http, settings: Arc::new(settings), retry, not_before: Arc::default() })
    }

    /// The same client for a first contact: three quick tries, so that a wrong address is told at once.
    pub fn hasty(&self) -> Self {
        let retry = RetryPolicy { tries: self.retry.tries.min(3), cap: Duration::from_millis(500), ..self.retry };
        Self { retry, ..self.clone() }
    }

    /// The API's base URL.
    pub fn base_url(&self) -> &url::Url {
        &self.settings.base_url
    }

    /// Sends a request until `parse` accepts the answer or the tries are used up.
    ///
    /// Tried again: network errors, time-outs, bodies that end early, answers that `parse` refuses (not JSON, cut
    /// off), 408, 429 and 5xx. Not tried again: other 4xx.
    ///
    /// # Errors
    /// [`ClientError`], with the API's own message where there is one.
    pub async fn get<T>(
        &self,
        request: &Request,
        traffic: &Traffic,
        mut parse: impl FnMut(&Answer) -> Result<T, String>,
    ) -> Result<T, ClientError> {
        let mut last = String::new();
        for attempt in 0..self.retry.tries {
            if attempt > 0 {
                traffic.retries.fetch_add(1, Ordering::Relaxed);
            }
            self.wait_for_turn().await;
            traffic.requests.fetch_add(1, Ordering::Relaxed);
            match self.try_once(request, traffic).await {
                Ok(answer) => match parse(&answer) {
                    Ok(value) => return Ok(value),
                    Err(reason) => last = format!("the answer can't be read: {reason}"),
                },
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again { reason, after }) => {
                    last = reason;
                    if let Some(after) = after {
                        traffic.watcher.retry(after, &last);
                        self.hold_all(after).await;
                        continue;
                    }
                }
            }
            tracing::debug!(endpoint = request.endpoint, attempt, reason = last, "trying again");
            if attempt + 1 < self.retry.tries {
                let wait = self.retry.delay(attempt);
                traffic.watcher.retry(wait, &last);
                tokio::time::sleep(wait).await;
            }
        }
        Err(ClientError::GaveUp {
            url: format!("{}{}", self.settings.base_url, request.endpoint),
            tries: self.retry.tries,
            last,
        })
    }

    /// The number of records that an endpoint counts under these conditions.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn count(&self, endpoint: &str, conditions: Option<&str>, traffic: &Traffic) -> Result<u64, ClientError> {
        let mut request = Request::new(format!("{endpoint}/count"));
        if let Some(conditions) = conditions {
            request = request.with("conditions", conditions);
        }
        self.get(&request, traffic, |answer| {
            #[derive(serde::Deserialize)]
            struct Count {
                count: u64,
            }
            serde_json::from_slice::<Count>(&answer.body).map(|count| count.count).map_err(|error| error.to_string())
        })
        .await
    }

    async fn wait_for_turn(&self) {
        let until = *self.not_before.lock().await;
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }

    async fn hold_all(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut not_before = self.not_before.lock().await;
        *not_before = Some(not_before.map_or(until, |before| before.max(until)));
    }

    async fn try_once(&self, request: &Request, traffic: &Traffic) -> Result<Answer, Failure> {
        let url = format!("{}{}", self.settings.base_url, request.endpoint);
        let mut builder = self.http.get(&url).query(&request.query);
        if request.forward_only {
            builder = builder.header("pagination-type", "forward-only");
        }
        let mut response = builder.send().await.map_err(|error| Failure::network(&url, &error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = BytesMut::with_capacity(usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0));
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::network(&url, &error))? {
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(Failure::Final(ClientError::TooLarge { url, limit: MAX_RESPONSE_BYTES }));
            }
            body.extend_from_slice(&chunk);
        }
        traffic.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        let body = body.freeze();
        if status.is_success() {
            let link = headers.get("link").and_then(|value| value.to_str().ok());
            let next = link.and_then(next_link);
            return Ok(Answer {
                body,
                has_link: link.is_some(),
                has_next: next.is_some(),
                next_is_forward_only: next.is_some_and(|next| next.to_ascii_lowercase().contains("pageid=")),
                next_page_id: next.and_then(page_id),
            });
        }
        Err(Failure::from_status(&url, status, &headers, &body))
    }
}

/// The address with rel next in a `Link` header (`<address>; rel="next", <address>; …`; addresses may hold commas).
fn next_link(header: &str) -> Option<&str> {
    header.split('<').skip(1).find_map(|link| {
        let (address, attributes) = link.split_once('>')?;
        let attributes = attributes.replace(['"', ' ', ','], "");
        attributes.split(';').any(|attribute| attribute.eq_ignore_ascii_case("rel=next")).then_some(address)
    })
}

/// The `pageId` of an address.
fn page_id(address: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("pageId")).map(|(_, value)| value.into_owned())
}

/// A failed try: worth another, or final.
enum Failure {
    Again { reason: String, after: Option<Duration> },
    Final(ClientError),
}

impl Failure {
    fn network(url: &str, error: &reqwest::Error) -> Self {
        // The innermost cause is the one that tells (refused, reset, name not found).
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Failure::Again { reason: format!("no answer from {url}: {cause}"), after: None }
    }

    fn from_status(url: &str, status: reqwest::StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let message = error::api_message(body);
        let code = status.as_u16();
        if code == 408 || code == 429 || status.is_server_error() {
            let after = headers
                .get("retry-after")
                .and_then(|value| value.to_str().ok())
                .and_then(|value| value.trim().parse::<u64>().ok())
                .map(|seconds| Duration::from_secs(seconds.min(300)));
            return Failure::Again { reason: format!("HTTP {code}: {message}"), after };
        }
        let request_id =
            headers.get("x-cw-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Failure::Final(ClientError::refused(url, code, message, request_id))
    }
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn finds_the_next_link() {
        let header =
            r#"<https://h/x?fields=id,name&page=1>; rel="first", <https://h/x?fields=id,name&pageId=9>; rel="next""#;
        assert_eq!(next_link(header), Some("https://h/x?fields=id,name&pageId=9"));
        assert_eq!(next_link("<https://h/x?page=2>; rel=next"), Some("https://h/x?page=2"));
        assert_eq!(next_link(r#"<https://h/x?page=1>; rel="first""#), None);
        assert_eq!(next_link(""), None);
    }
}
