//! HTTP client: sends signed GET requests with retries, for all workers of the process.
//!
//! Invariant: a response that [`Client::get`] returns must have been read to its end and accepted by the caller's
//! parser; anything else is retried, or becomes an error with the API's message. Redirects are never followed, so
//! credentials go to one host only. All clones of a client share one rate limit.

use crate::attempt::{Attempts, Failure, FailureKind, date, innermost, web_page};
use crate::codebase::{self, Base};
use crate::error::{ClientError, Result};
use crate::page_limit::PageLimit;
use crate::printable::one_line;
use crate::reader_places::ReaderPlaces;
use crate::request::{Request, RequestStats, Response};
use crate::retry::RetryPolicy;
use crate::settings::ApiSettings;
use crate::source::DataSource;
use crate::task::on_its_own;
use crate::throttle::{Budget, Ended, Permit, RateLimit};
use crate::transport::{Http, Received, Transport};
use crate::{link, version};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument as _;
use tracing::field::Empty;
use url::Url;

/// The longest wait of a fail-fast client between attempts at an address where nothing responds.
const FAIL_FAST_WAIT: Duration = Duration::from_millis(500);

/// The limits on the duration and the size of a response.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body, decompressed. Memory is bounded by this times the number of requests whose responses were not
    /// taken yet, and a few buffers of at most 8 MiB for the next ones.
    pub body_bytes: usize,
    /// The time until the connection is established.
    pub connect: Duration,
    /// The time between two chunks of a response.
    pub silence: Duration,
    /// The time from the first byte sent to the last received; it also ends responses that trickle in.
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

/// A signed HTTP client of one ConnectWise.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    settings: Arc<ApiSettings>,
    retry: RetryPolicy,
    fail_fast: bool,
    limits: Limits,
    budget: Budget,
    base: Arc<Base>,
    source: DataSource,
    pub(crate) page_limit: PageLimit,
    readers: ReaderPlaces,
}

impl Client {
    /// A client for these settings.
    ///
    /// # Errors
    /// When TLS cannot be set up, or a credential holds characters that no header may hold.
    pub fn new(settings: ApiSettings, retry: RetryPolicy) -> Result<Self, ClientError> {
        Self::with(settings, retry, RateLimit::default(), Limits::default())
    }

    /// A client for the settings in the environment, at this rate.
    ///
    /// # Errors
    /// [`Error::Settings`](crate::Error::Settings) as of [`ApiSettings::from_env`]; else as [`Client::new`].
    pub fn from_env(rate: RateLimit) -> Result<Self> {
        Ok(Self::with(ApiSettings::from_env()?, RetryPolicy::default(), rate, Limits::default())?)
    }

    /// As [`Client::new`], at another rate and within other limits.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with(
        settings: ApiSettings,
        retry: RetryPolicy,
        rate: RateLimit,
        limits: Limits,
    ) -> Result<Self, ClientError> {
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
        headers.insert(ACCEPT, version::media_type(settings.version())?);
        let signed = http(&settings, limits).default_headers(headers).build().map_err(setup)?;
        let transport = Http::new(signed, limits.body_bytes);
        let unsigned = http(&settings, limits).build().map_err(setup)?;
        Ok(Self::over(Arc::new(transport), unsigned, settings, retry, rate, limits))
    }

    /// A client that sends its requests over this transport, and its look-ups over HTTP.
    pub(crate) fn over(
        transport: Arc<dyn Transport>,
        unsigned: reqwest::Client,
        settings: ApiSettings,
        retry: RetryPolicy,
        rate: RateLimit,
        limits: Limits,
    ) -> Self {
        let base = Base::new(settings.base_url.clone(), unsigned, limits.connect * 2);
        Self {
            source: DataSource::of(&settings),
            transport,
            settings: Arc::new(settings),
            retry,
            fail_fast: false,
            limits,
            budget: Budget::new(rate),
            base: Arc::new(base),
            page_limit: PageLimit::default(),
            readers: ReaderPlaces::of(rate),
        }
    }

    /// Waits for a place among the readers of key ranges, all lists' together; it is free again when it is dropped.
    pub async fn reader_place(&self) -> Option<OwnedSemaphorePermit> {
        self.readers.take().await
    }

    /// Returns a client that gives up after three quick attempts where nothing responds at the address. So a wrong
    /// address is reported at once; a server that responds with failures is retried as ever.
    pub fn fail_fast(&self) -> Self {
        Self { fail_fast: true, ..self.clone() }
    }

    /// Returns a client whose data belongs to this source, whatever its address is.
    #[must_use]
    pub fn with_source(self, source: DataSource) -> Self {
        Self { source, ..self }
    }

    /// Returns a reason as it may be shown: on one line, and without the credentials.
    pub(crate) fn shown(&self, reason: &str) -> String {
        one_line(&self.settings.cover(reason)).into_owned()
    }

    /// HTTP without the login, for requests that are built here and sent signed.
    pub(crate) fn unsigned(&self) -> &reqwest::Client {
        self.base.http()
    }

    /// The source of the data that it reads.
    pub fn source(&self) -> &DataSource {
        &self.source
    }

    /// The API's base URL, as far as it is known now.
    pub fn base_url(&self) -> Url {
        self.base.url()
    }

    /// Checks that anything responds at the address over HTTP, with one request without credentials.
    ///
    /// # Errors
    /// The innermost cause: refused, timed out, a certificate that is not trusted.
    pub async fn reach(&self) -> Result<(), String> {
        let request = self.base.http().get(self.base_url()).send();
        match tokio::time::timeout(self.limits.connect * 2, request).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(innermost(&error)),
            Err(_) => Err("it did not answer in time".to_owned()),
        }
    }

    /// The rate limit and the concurrency limit of requests.
    pub fn rate_limit(&self) -> RateLimit {
        self.budget.rate_limit()
    }

    /// Sends a request until `parse` accepts the response or the attempts are used up.
    ///
    /// Retried: network errors, time-outs, bodies that end early, responses that `parse` refuses (not JSON, cut off),
    /// 408, 429 and 5xx. Not retried: other 4xx.
    ///
    /// # Errors
    /// [`ClientError`], with the API's own message where there is one.
    pub async fn get<T>(
        &self,
        request: &Request,
        stats: &RequestStats,
        parse: impl FnMut(&Response) -> Result<T, String>,
    ) -> Result<T, ClientError> {
        let endpoint = request.endpoint.as_str();
        let span = match stats.observer.span() {
            span if span.is_none() => tracing::debug_span!("request", endpoint, otel.kind = "client", error = Empty),
            span => tracing::debug_span!(parent: &span, "request", endpoint, otel.kind = "client", error = Empty),
        };
        let read = self.until_read(request, stats, parse).instrument(span.clone()).await;
        read.inspect_err(|error| {
            span.record("error", error.to_string());
        })
    }

    async fn until_read<T>(
        &self,
        request: &Request,
        stats: &RequestStats,
        mut parse: impl FnMut(&Response) -> Result<T, String>,
    ) -> Result<T, ClientError> {
        let mut base = self.base_url();
        if !codebase::is_whole(&base) && self.base.has_moved(&base, &self.settings).await {
            base = self.base_url();
        }
        let mut attempts = Attempts::default();
        loop {
            let url = address(&base, request);
            let permit = self.budget.permit().await.map_err(|wait| attempts.held_off(&url, wait))?;
            if attempts.made() > 0 {
                stats.retries.fetch_add(1, Ordering::Relaxed);
            }
            let failure = match self.one(permit, &url, request, stats, &mut parse).await {
                Ok(value) => return Ok(value),
                // An upgrade can have moved the API while the process ran.
                Err(Failure::Final(ClientError::NotFound { .. }))
                    if self.base.has_moved(&base, &self.settings).await =>
                {
                    base = self.base_url();
                    continue;
                }
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Retryable(failure)) => failure,
            };
            tracing::debug!(
                endpoint = request.endpoint,
                attempt = attempts.made(),
                reason = failure.reason,
                "trying again"
            );
            let mut wait = self.retry.delay(attempts.made());
            if self.fail_fast && failure.kind == FailureKind::Unreachable {
                wait = wait.min(FAIL_FAST_WAIT);
            }
            // For all workers, also after this one's last attempt.
            let asked = failure.after.unwrap_or_default();
            self.budget.hold(asked);
            attempts.add(failure);
            if attempts.are_enough(&self.retry, self.fail_fast, request.give_up_after) {
                return Err(attempts.gave_up(&url));
            }
            stats.observer.retried(wait.max(asked), attempts.last());
            // The API may ask for no wait at all, time and again: the back-off applies all the same.
            tokio::time::sleep(wait).await;
        }
    }

    /// Makes one attempt at a request, up to the accepted response.
    async fn one<T>(
        &self,
        permit: Permit,
        url: &str,
        request: &Request,
        stats: &RequestStats,
        parse: &mut impl FnMut(&Response) -> Result<T, String>,
    ) -> Result<T, Failure> {
        stats.requests.fetch_add(1, Ordering::Relaxed);
        let (client, url, request) = (self.clone(), url.to_owned(), request.clone());
        let attempt = async move { client.attempt(permit, &url, &request).await };
        let Answer { outcome, bytes, date } = on_its_own(attempt.in_current_span()).await;
        stats.bytes.fetch_add(bytes, Ordering::Relaxed);
        let answer = outcome?;
        if let Some(date) = date {
            stats.began.get_or_init(|| date);
        }
        // The reason may quote the response, which may repeat what was sent.
        match web_page(&answer.body) {
            None => parse(&answer)
                .map_err(|reason| Failure::unreadable(&self.settings.cover(&reason), FailureKind::TooMuch)),
            Some(page) => {
                let reason = format!("a web page in the place of data, \"{page}\"");
                Err(Failure::unreadable(&self.settings.cover(&reason), FailureKind::Other))
            }
        }
    }

    /// The URL of a request, with its query.
    ///
    /// # Errors
    /// [`ClientError::Setup`] where it is no valid URL.
    pub fn address_of(&self, request: &Request) -> Result<Url, ClientError> {
        let address = address(&self.base_url(), request);
        let mut url = Url::parse(&address).map_err(|error| ClientError::Setup(format!("{address}: {error}")))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }

    /// Sends one request, and gives the permit back once its answer is here.
    async fn attempt(&self, permit: Permit, url: &str, request: &Request) -> Answer {
        let sent = tokio::time::timeout(self.limits.whole, self.transport.send(url, request)).await;
        let answer = match sent.unwrap_or_else(|_| Err(Failure::late(url, self.limits.whole))) {
            Ok(received) => Answer {
                bytes: received.body.len() as u64,
                date: date(&received.headers),
                outcome: self.response(url, received, request),
            },
            Err(failure) => Answer { outcome: Err(failure), bytes: 0, date: None },
        };
        permit.end(match &answer.outcome {
            Ok(_) => Ended::Answered,
            Err(failure) if failure.is_overload() => Ended::Overloaded,
            Err(_) => Ended::Otherwise,
        });
        answer
    }

    fn response(&self, url: &str, received: Received, request: &Request) -> Result<Response, Failure> {
        let Received { status, headers, body } = received;
        let body = without_mark(body);
        if !status.is_success() {
            return Err(Failure::from_status(url, status, &headers, &body, &self.settings, request));
        }
        let links: Vec<&str> = headers.get_all("link").iter().filter_map(|value| value.to_str().ok()).collect();
        let next = links.iter().find_map(|links| link::next(links));
        Ok(Response {
            body,
            has_link: !links.is_empty(),
            has_next: next.is_some(),
            next_is_forward_only: next.is_some_and(|next| next.to_ascii_lowercase().contains("pageid=")),
            next_page_id: next.and_then(link::page_id),
        })
    }
}

/// Answer to one attempt.
struct Answer {
    outcome: Result<Response, Failure>,
    /// Bytes of the body, decompressed.
    bytes: u64,
    /// The server's time.
    date: Option<DateTime<Utc>>,
}

/// The builder of HTTP clients, signed or not: no redirects, and time-outs by `limits`.
fn http(settings: &ApiSettings, limits: Limits) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("connectwise-etl/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        // Bodies are unpacked by the transport.
        .no_gzip()
        .connect_timeout(limits.connect)
        .read_timeout(limits.silence);
    // Plain http is allowed to this machine only, so it must not go over a proxy.
    if settings.is_loopback() { builder.no_proxy() } else { builder }
}

fn setup(error: reqwest::Error) -> ClientError {
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    let causes = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    // A small container may have none.
    let is_of_certificates = causes.to_lowercase().contains("certificate");
    let advice =
        if is_of_certificates { "; install ca-certificates, or name a file of them in SSL_CERT_FILE" } else { "" };
    ClientError::Setup(format!("{causes}{advice}"))
}

/// Returns a body without its byte order mark.
pub(crate) fn without_mark(body: Bytes) -> Bytes {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if body.starts_with(MARK) { body.slice(MARK.len()..) } else { body }
}

/// The URL of a request without its query. The slash is set here, so that no endpoint can become a part of the host.
fn address(base: &Url, request: &Request) -> String {
    format!("{}/{}", base.as_str().trim_end_matches('/'), request.endpoint.trim_start_matches('/'))
}

#[cfg(test)]
mod tests;
