//! HTTP transport of object storage: patience with a service that throttles or drops, none with one that is not there.
//!
//! Invariant: every request of a store goes through here, and none of them may do harm when it is sent twice. A create
//! that was done, but whose answer was lost, is recognised by [`super::reliable`].

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use deltalake::logstore::object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
    ReqwestConnector,
};
use deltalake::logstore::object_store::{BackoffConfig, ClientOptions, Result, RetryConfig};
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Time for which a request is repeated by default.
pub(super) const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// Longest wait that a service may ask for by `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Attempts to reach a service that never answered.
const FIRST_CONTACTS: u32 = 3;

/// Waits between two attempts.
pub(super) fn backoff() -> BackoffConfig {
    BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(10), base: 2.0 }
}

/// Retry settings of a store that repeats requests for so long.
pub(super) fn retries(patience: Duration) -> RetryConfig {
    // The time is the limit: with any number of attempts, a busy service would end a run earlier.
    RetryConfig { backoff: backoff(), max_retries: usize::MAX, retry_timeout: patience }
}

/// Counters of a store's requests, and its clock.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    requests: AtomicU64,
    /// Failed contacts by host; none from its first answer on.
    contacts: Mutex<HashMap<String, Option<u32>>>,
    /// Milliseconds that the storage's clock is ahead of this machine's.
    ahead: AtomicI64,
    /// Whether the login is never renewed, so that a refusal is final.
    is_lasting: AtomicBool,
    is_refused: AtomicBool,
    refusal: Notify,
}

impl Traffic {
    /// Requests that were sent so far.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Time by the storage's clock, as its last answer told it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.ahead.load(Ordering::Relaxed))
    }

    /// Tells that the login is never renewed: one refusal is final.
    pub(super) fn set_lasting(&self) {
        self.is_lasting.store(true, Ordering::Relaxed);
    }

    /// Whether the login was refused.
    pub(super) fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Relaxed)
    }

    /// Waits until the login is refused: it ended, or never was right.
    pub(super) async fn refused(&self) {
        loop {
            let refusal = self.refusal.notified();
            if self.is_refused() {
                return;
            }
            refusal.await;
        }
    }

    fn answered(&self, host: &str, headers: &HeaderMap) {
        self.contacts.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), None);
        let date = headers.get(DATE).and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
        if let Some(date) = date {
            let ahead = date.with_timezone(&Utc) - Utc::now();
            self.ahead.store(ahead.num_milliseconds(), Ordering::Relaxed);
        }
    }

    /// Whether another attempt may reach the service, after this failure.
    fn may_recover(&self, host: &str, error: &HttpError) -> bool {
        if is_untrusted(error) {
            return false;
        }
        // A connection that takes too long counts as a timeout.
        if !matches!(error.kind(), HttpErrorKind::Connect | HttpErrorKind::Timeout) {
            return true;
        }
        let mut contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
        match contacts.entry(host.to_owned()).or_insert(Some(0)) {
            Some(failed) => {
                *failed += 1;
                *failed < FIRST_CONTACTS
            }
            None => true,
        }
    }
}

/// Whether the service's certificate was refused.
fn is_untrusted(error: &HttpError) -> bool {
    let mut source: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = source {
        let text = error.to_string().to_ascii_lowercase();
        if text.contains("certificate") || text.contains("unknownissuer") {
            return true;
        }
        source = error.source();
    }
    false
}

/// Connector whose clients share one record of traffic.
#[derive(Debug, Clone, Default)]
pub(super) struct Transport {
    pub(super) traffic: Arc<Traffic>,
}

impl HttpConnector for Transport {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Service { inner, traffic: Arc::clone(&self.traffic) }))
    }
}

#[derive(Debug)]
struct Service {
    inner: HttpClient,
    traffic: Arc<Traffic>,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.traffic.requests.fetch_add(1, Ordering::Relaxed);
        let has = |what| request.uri().query().is_some_and(|query| query.contains(what));
        let is_small = has("comp=list") || has("comp=batch");
        tracing::trace!(method = %request.method(), path = request.uri().path(), "request to the storage");
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let answer = match self.inner.execute(request).await {
            Ok(answer) => answer,
            Err(error) if self.traffic.may_recover(&host, &error) => return Err(again(error)),
            Err(error) => return Err(HttpError::new(HttpErrorKind::Unknown, error)),
        };
        self.traffic.answered(&host, answer.headers());
        if answer.status() == StatusCode::UNAUTHORIZED && self.traffic.is_lasting.load(Ordering::Relaxed) {
            self.traffic.is_refused.store(true, Ordering::Relaxed);
            self.traffic.refusal.notify_waiters();
        }
        if let Some(wait) = asked_wait(answer.status(), answer.headers()) {
            tracing::debug!(?wait, status = answer.status().as_u16(), "the storage asks to wait");
            tokio::time::sleep(wait).await;
        }
        // The store repeats these only before their bodies begin, and reads the cause of a failure from its body.
        if is_small || !answer.status().is_success() { whole(answer).await } else { Ok(answer) }
    }
}

/// Error that the store repeats whatever the request was.
fn again(error: HttpError) -> HttpError {
    HttpError::new(HttpErrorKind::Request, error)
}

/// Wait that an answer asks for.
fn asked_wait(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// Reads the body of an answer, so that a body that is cut counts as a failed request.
async fn whole(answer: HttpResponse) -> Result<HttpResponse, HttpError> {
    let (parts, body) = answer.into_parts();
    let bytes: Bytes = body.bytes().await.map_err(again)?;
    Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: HttpErrorKind, text: &'static str) -> HttpError {
        HttpError::new(kind, std::io::Error::other(text))
    }

    #[test]
    fn a_service_that_never_answered_is_given_up_soon_and_one_that_did_is_not() {
        let traffic = Traffic::default();
        let refused = || error(HttpErrorKind::Connect, "connection refused");
        let may = |error: &HttpError| traffic.may_recover("storage", error);
        assert!(may(&refused()) && may(&error(HttpErrorKind::Timeout, "connecting")) && !may(&refused()));
        assert!(may(&error(HttpErrorKind::Unknown, "connection reset")), "it was reached");
        traffic.answered("login", &HeaderMap::new());
        assert!(!may(&refused()), "another host answered");
        traffic.answered("storage", &HeaderMap::new());
        assert!((0..10).all(|_| may(&refused())));
        let untrusted = error(HttpErrorKind::Connect, "invalid peer certificate: UnknownIssuer");
        assert!(!may(&untrusted), "waiting does not help");
    }

    #[test]
    fn a_wait_is_as_long_as_asked_and_bounded() {
        let wait = |status, seconds: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, seconds.parse().unwrap())]);
            asked_wait(status, &headers).map(|wait| wait.as_secs())
        };
        assert_eq!(wait(StatusCode::SERVICE_UNAVAILABLE, "7"), Some(7));
        assert_eq!(wait(StatusCode::TOO_MANY_REQUESTS, "100000"), Some(60));
        assert_eq!(wait(StatusCode::OK, "7"), None);
        assert_eq!(wait(StatusCode::SERVICE_UNAVAILABLE, "Fri, 31 Dec 1999 23:59:59 GMT"), None);
    }

    #[test]
    fn the_storage_s_clock_is_that_of_its_last_answer() {
        let traffic = Traffic::default();
        let then = Utc::now() + TimeDelta::minutes(11);
        traffic.answered("storage", &HeaderMap::from_iter([(DATE, then.to_rfc2822().parse().unwrap())]));
        let off = (traffic.now() - then).num_seconds().abs();
        assert!(off <= 1, "{off}");
    }
}
