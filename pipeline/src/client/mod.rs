//! The HTTP side: one signed GET with retries, for all workers of the process.
//!
//! Invariant: what [`Client::get`] returns was read to its end and accepted by the caller's parser; anything else was
//! tried again or became an error that says what the API answered. Redirects are not followed, so credentials go to
//! one host only. All clones of a client share one budget of requests.

mod budget;
mod codebase;
mod error;
mod list;
mod retry;

pub use budget::Pace;
pub use error::ClientError;
pub use list::List;
pub use retry::RetryPolicy;

use crate::progress::EntityProgress;
use crate::settings::ApiSettings;
use budget::{Budget, Ended};
use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// The media type that pins the API's version.
const MEDIA_TYPE: &str = "application/vnd.connectwise.com+json; version=2025.1";
/// The room that is set aside for a body before any of it has come, whatever length it announces.
const FIRST_BYTES: u64 = 1024 * 1024;

/// How long and how large an answer may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body, decompressed. With all workers at work, memory is bounded by so many times that.
    pub body_bytes: usize,
    /// Until the connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub silence: Duration,
    /// From the first byte sent to the last received: what comes drop by drop ends here.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024 * 1024,
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(60),
            whole: Duration::from_secs(180),
        }
    }
}

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
    limits: Limits,
    budget: Budget,
    base: Arc<Base>,
}

/// Where the API is, as far as it is known.
#[derive(Debug)]
struct Base {
    url: RwLock<Url>,
    /// Without credentials, for the look-up.
    http: reqwest::Client,
    /// Whether the codebase was looked up.
    looked_up: Mutex<bool>,
}

impl Client {
    /// A client for these settings.
    ///
    /// # Errors
    /// When TLS cannot be set up, or a credential holds characters that no header may hold.
    pub fn new(settings: ApiSettings, retry: RetryPolicy) -> Result<Self, ClientError> {
        Self::with(settings, retry, Pace::default(), Limits::default())
    }

    /// As [`Client::new`], at another pace and within other limits.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with(settings: ApiSettings, retry: RetryPolicy, pace: Pace, limits: Limits) -> Result<Self, ClientError> {
        let mut headers = HeaderMap::new();
        let basic = format!("Basic {}", settings.login());
        let sensitive = |name: &str, value: &str| {
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| ClientError::Setup(format!("{name} holds characters that no HTTP header may hold")))?;
            value.set_sensitive(true);
            Ok::<_, ClientError>(value)
        };
        headers.insert(AUTHORIZATION, sensitive("the login", &basic)?);
        headers.insert("clientId", sensitive("CW_CLIENTID", settings.client_id.expose())?);
        headers.insert(ACCEPT, HeaderValue::from_static(MEDIA_TYPE));
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("connectwise-etl/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(limits.connect)
                .read_timeout(limits.silence)
        };
        let setup = |error: reqwest::Error| ClientError::Setup(error.to_string());
        let http = builder().default_headers(headers).build().map_err(setup)?;
        let base = Base {
            url: RwLock::new(settings.base_url.clone()),
            http: builder().build().map_err(setup)?,
            looked_up: Mutex::new(false),
        };
        Ok(Self { http, settings: Arc::new(settings), retry, limits, budget: Budget::new(pace), base: Arc::new(base) })
    }

    /// The same client for a first contact: three quick tries, so that a wrong address is told at once.
    pub fn hasty(&self) -> Self {
        let retry = RetryPolicy { tries: self.retry.tries.min(3), cap: Duration::from_millis(500), ..self.retry };
        Self { retry, ..self.clone() }
    }

    /// The API's base URL, as far as it is known now.
    pub fn base_url(&self) -> Url {
        self.base.url.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether anything answers at the address over HTTP, asked once and without credentials.
    ///
    /// # Errors
    /// The innermost cause: refused, timed out, a certificate that is not trusted.
    pub(crate) async fn reach(&self) -> Result<(), String> {
        let request = self.base.http.get(self.base_url()).send();
        match tokio::time::timeout(self.limits.connect * 2, request).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(innermost(&error)),
            Err(_) => Err("it did not answer in time".to_owned()),
        }
    }

    /// How fast and how broad the API is asked.
    pub fn pace(&self) -> Pace {
        self.budget.pace()
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
        let mut base = self.base_url();
        if !codebase::is_whole(&base) && self.has_moved(&base).await {
            base = self.base_url();
        }
        let mut attempt = 0;
        while attempt < self.retry.tries {
            if attempt > 0 {
                traffic.retries.fetch_add(1, Ordering::Relaxed);
            }
            let turn = self.budget.turn().await;
            traffic.requests.fetch_add(1, Ordering::Relaxed);
            let url = format!("{base}{}", request.endpoint);
            let outcome = tokio::time::timeout(self.limits.whole, self.try_once(&url, request, traffic))
                .await
                .unwrap_or_else(|_| Err(Failure::late(&url, self.limits.whole)));
            turn.end(match &outcome {
                Ok(_) => Ended::Answered,
                Err(Failure::Again { overload: true, .. }) => Ended::Overloaded,
                Err(_) => Ended::Otherwise,
            });
            match outcome {
                Ok(answer) => match parse(&answer) {
                    Ok(value) => return Ok(value),
                    Err(reason) => last = format!("the answer can't be read: {reason}"),
                },
                // An upgrade can have moved the API while the process ran.
                Err(Failure::Final(ClientError::NotFound { .. })) if self.has_moved(&base).await => {
                    base = self.base_url();
                    continue;
                }
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again { reason, after, .. }) => {
                    last = reason;
                    if let Some(after) = after {
                        traffic.watcher.retry(after, &last);
                        self.budget.hold(after);
                        attempt += 1;
                        continue;
                    }
                }
            }
            tracing::debug!(endpoint = request.endpoint, attempt, reason = last, "trying again");
            attempt += 1;
            if attempt < self.retry.tries {
                let wait = self.retry.delay(attempt - 1);
                traffic.watcher.retry(wait, &last);
                tokio::time::sleep(wait).await;
            }
        }
        Err(ClientError::GaveUp { url: format!("{base}{}", request.endpoint), tries: self.retry.tries, last })
    }

    /// Whether the API is elsewhere than at this base: another worker found out already, or the host says so now.
    async fn has_moved(&self, used: &Url) -> bool {
        let mut looked_up = self.base.looked_up.lock().await;
        if self.base_url() != *used {
            return true;
        }
        if std::mem::replace(&mut *looked_up, true) {
            return false;
        }
        let Some(found) = self.look_up(used).await.filter(|found| found != used) else { return false };
        tracing::warn!(from = %used, to = %found, "the API's codebase is another: set CW_BASE_URL to it");
        *self.base.url.write().unwrap_or_else(PoisonError::into_inner) = found;
        true
    }

    /// The base by what the host says of the company's codebase.
    async fn look_up(&self, base: &Url) -> Option<Url> {
        const MOST: usize = 64 * 1024;
        let address = codebase::address(base, self.settings.username.expose())?;
        let read = async {
            let mut response = self.base.http.get(address).send().await.ok()?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.ok()? {
                body.extend_from_slice(&chunk);
                if body.len() > MOST {
                    return None;
                }
            }
            response.status().is_success().then_some(body)
        };
        let body = tokio::time::timeout(self.limits.connect * 2, read).await.ok()??;
        codebase::base_of(base, &body)
    }

    /// The whole address of a request, as it is sent.
    pub(crate) fn address(&self, request: &Request) -> Option<String> {
        let url = format!("{}{}", self.base_url(), request.endpoint);
        let built = self.base.http.get(url).query(&request.query).build().ok()?;
        Some(built.url().to_string())
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

    async fn try_once(&self, url: &str, request: &Request, traffic: &Traffic) -> Result<Answer, Failure> {
        let mut builder = self.http.get(url).query(&request.query);
        if request.forward_only {
            builder = builder.header("pagination-type", "forward-only");
        }
        let mut response = builder.send().await.map_err(|error| Failure::network(url, &error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = BytesMut::with_capacity(
            usize::try_from(response.content_length().unwrap_or(0).min(FIRST_BYTES)).unwrap_or(0),
        );
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::network(url, &error))? {
            let limit = self.limits.body_bytes;
            if body.len() + chunk.len() > limit {
                return Err(Failure::Final(ClientError::TooLarge { url: url.to_owned(), limit }));
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
        Err(Failure::from_status(url, status, &headers, &body, &self.settings))
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

/// The innermost cause, which is the one that tells (refused, reset, name not found).
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// A failed try: worth another, or final.
enum Failure {
    Again {
        reason: String,
        after: Option<Duration>,
        /// Whether it is a sign of a server that has too much to do.
        overload: bool,
    },
    Final(ClientError),
}

impl Failure {
    fn network(url: &str, error: &reqwest::Error) -> Self {
        let cause = innermost(error);
        Failure::Again { reason: format!("no answer from {url}: {cause}"), after: None, overload: error.is_timeout() }
    }

    fn late(url: &str, whole: Duration) -> Self {
        let reason = format!("the answer of {url} was not complete after {} s", whole.as_secs_f64());
        Failure::Again { reason, after: None, overload: true }
    }

    fn from_status(
        url: &str,
        status: reqwest::StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        settings: &ApiSettings,
    ) -> Self {
        let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let code = status.as_u16();
        let request_id = header("x-cw-request-id").unwrap_or_default();
        // Servers and proxies that are in trouble repeat what they were sent.
        let mut message = error::api_message(body, |text| settings.cover(text));
        if !request_id.is_empty() {
            message = format!("{message}, request {}", settings.cover(request_id));
        }
        if let Some(location) = header("location").filter(|_| status.is_redirection()) {
            // Not followed: credentials go to the configured host only.
            let to = Url::parse(location).ok().and_then(|to| to.host_str().map(ToOwned::to_owned));
            message = format!("it redirects to {}; redirects are not followed", to.as_deref().unwrap_or("elsewhere"));
        }
        if code == 408 || code == 429 || status.is_server_error() {
            let after = header("retry-after")
                .and_then(|value| value.trim().parse::<u64>().ok())
                .map(|seconds| Duration::from_secs(seconds.min(300)));
            let overload = matches!(code, 408 | 429 | 503 | 504);
            return Failure::Again { reason: format!("HTTP {code}: {message}"), after, overload };
        }
        Failure::Final(ClientError::refused(url, code, message))
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
