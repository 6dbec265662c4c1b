//! Failed attempts of a request: whether and when they are retried, and which error ends them.

use crate::error::{self, ClientError, REQUEST};
use crate::request::Request;
use crate::retry::RetryPolicy;
use crate::settings::ApiSettings;
use crate::throttle::MOST_WAIT;
use crate::version;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use std::time::Duration;
use url::Url;

/// Attempts of a fail-fast client at an address where nothing responds.
const FAIL_FAST_TRIES: u32 = 3;

/// A failed attempt: retryable, or final.
#[derive(Debug)]
pub(super) enum Failure {
    Retryable(Retryable),
    Final(ClientError),
}

/// A failure after which the request is retried.
#[derive(Debug)]
pub(super) struct Retryable {
    pub(super) reason: String,
    /// The wait that the API asks for.
    pub(super) after: Option<Duration>,
    pub(super) kind: FailureKind,
    /// Whether it is a sign of an overloaded server.
    overload: bool,
}

/// The kind of a retryable failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// No connection: refused, an unknown name, a certificate that is not trusted.
    Unreachable,
    /// The server fails at this response, or it can't be read. Causes are time-outs, the 500 that a database time-out
    /// or a faulty record becomes, and bodies that are no list. A smaller page may succeed.
    TooMuch,
    /// Anything else.
    Other,
}

impl Failure {
    fn retryable(reason: String, kind: FailureKind, overload: bool) -> Self {
        Self::Retryable(Retryable { reason, after: None, kind, overload })
    }

    pub(super) fn network(url: &str, error: &reqwest::Error) -> Self {
        let kind = match error {
            error if error.is_connect() => FailureKind::Unreachable,
            error if error.is_timeout() => FailureKind::TooMuch,
            _ => FailureKind::Other,
        };
        Self::retryable(format!("no answer from {url}: {}", innermost(error)), kind, error.is_timeout())
    }

    pub(super) fn late(url: &str, whole: Duration) -> Self {
        let reason = format!("the answer of {url} was not complete after {} s", whole.as_secs_f64());
        Self::retryable(reason, FailureKind::TooMuch, true)
    }

    pub(super) fn unreadable(reason: &str, kind: FailureKind) -> Self {
        Self::retryable(format!("the answer can't be read: {reason}"), kind, false)
    }

    /// Makes a failure of a response that is no success. Its message is shown without the credentials: failing servers
    /// and proxies repeat what they were sent.
    pub(super) fn from_status(
        url: &str,
        status: reqwest::StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        settings: &ApiSettings,
        request: &Request,
    ) -> Self {
        let code = status.as_u16();
        let mut message = error::api_message(body, |text| settings.cover(text));
        let current = text_of(headers, version::CURRENT).map(|current| settings.cover(current));
        let refusal = version::Refusal { status: code, message: &message, current: current.as_deref() };
        if web_page(body).is_none() && refusal.is_of_the_version(settings.version(), request) {
            let asked = settings.version().to_owned();
            return Self::Final(ClientError::Version { url: url.to_owned(), status: code, message, asked, current });
        }
        if let Some(id) = text_of(headers, "x-cw-request-id").filter(|id| !id.is_empty()) {
            message = format!("{message}{REQUEST}{}", settings.cover(id));
        }
        if let Some(location) = text_of(headers, "location").filter(|_| status.is_redirection()) {
            // Not followed: credentials go to the configured host only.
            let to = Url::parse(location).ok().and_then(|to| to.host_str().map(ToOwned::to_owned));
            message = format!("it redirects to {}; redirects are not followed", to.as_deref().unwrap_or("elsewhere"));
        }
        if code == 408 || code == 429 || status.is_server_error() {
            let kind = if matches!(code, 408 | 500 | 504) { FailureKind::TooMuch } else { FailureKind::Other };
            return Self::Retryable(Retryable {
                reason: format!("HTTP {code}: {message}"),
                after: retry_after(headers, Utc::now()),
                kind,
                overload: matches!(code, 408 | 429 | 503 | 504),
            });
        }
        Self::Final(ClientError::refused(url, code, message))
    }

    pub(super) fn is_overload(&self) -> bool {
        matches!(self, Self::Retryable(Retryable { overload: true, .. }))
    }
}

/// Returns the title, or else the start, of a body that is a web page; `None` for any other body.
pub(super) fn web_page(body: &[u8]) -> Option<String> {
    const SHOWN: usize = 60;
    let start = body.trim_ascii_start();
    if start.first() != Some(&b'<') {
        return None;
    }
    let text = String::from_utf8_lossy(start.get(..start.len().min(64 * 1024)).unwrap_or_default());
    // ASCII only, so that byte offsets are the same in both texts.
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let from = at + lower.get(at..)?.find('>')? + 1;
        let to = from + lower.get(from..)?.find('<')?;
        text.get(from..to)
    });
    let shown = title.map(str::trim).filter(|title| !title.is_empty()).unwrap_or(&text);
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(crate::printable::one_line(&shown).chars().take(SHOWN).collect())
}

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// The wait that `Retry-After` asks for: seconds, or an instant, measured by the server's clock where `Date` is sent.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = text_of(headers, "retry-after")?;
    if let Ok(seconds) = text.parse::<f64>() {
        // Negative, infinite or NaN is no wait.
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?.to_utc();
    Some((until - date(headers).unwrap_or(now)).to_std().unwrap_or_default())
}

/// The server's time, by the `Date` header.
pub(super) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text_of(headers, "date")?).ok().map(|date| date.to_utc())
}

/// Returns the innermost cause, which is the informative one (refused, reset, name not found).
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The failed attempts of one request.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    made: u32,
    unreachable: u32,
    too_much: u32,
    last: String,
}

impl Attempts {
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// The reason of the last failure.
    pub(super) fn last(&self) -> &str {
        &self.last
    }

    pub(super) fn add(&mut self, failure: Retryable) {
        self.made += 1;
        self.unreachable += u32::from(failure.kind == FailureKind::Unreachable);
        self.too_much += u32::from(failure.kind == FailureKind::TooMuch);
        self.last = failure.reason;
    }

    /// Whether the request is given up.
    pub(super) fn are_enough(&self, policy: &RetryPolicy, fail_fast: bool, give_up_after: Option<u32>) -> bool {
        self.made >= policy.tries
            || (fail_fast && self.unreachable >= FAIL_FAST_TRIES)
            || (self.is_too_much() && give_up_after.is_some_and(|most| self.made >= most))
    }

    fn is_too_much(&self) -> bool {
        self.made > 0 && self.too_much == self.made
    }

    pub(super) fn gave_up(self, url: &str) -> ClientError {
        let too_much = self.is_too_much();
        ClientError::GaveUp { url: url.to_owned(), tries: self.made, last: self.last, too_much }
    }

    /// The error for a wait that is longer than [`MOST_WAIT`].
    pub(super) fn held_off(&self, url: &str, wait: Duration) -> ClientError {
        let last = if self.last.is_empty() { "as another request was told" } else { &self.last };
        ClientError::HeldOff {
            url: url.to_owned(),
            minutes: wait.as_secs().div_ceil(60),
            most: MOST_WAIT.as_secs() / 60,
            last: last.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        retry_after(&headers, "2026-01-05T06:00:00Z".parse().unwrap())
    }

    #[test]
    fn waits_are_seconds_or_an_instant() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[("retry-after", " 30 ")]), seconds(30));
        assert_eq!(asked(&[("retry-after", "0")]), seconds(0));
        assert_eq!(asked(&[("retry-after", "86400")]), seconds(86_400));
        let date = ("retry-after", "Mon, 05 Jan 2026 06:02:00 GMT");
        assert_eq!(asked(&[date]), seconds(120));
        // A server whose clock is a day ahead means two minutes all the same.
        assert_eq!(
            asked(&[("retry-after", "Tue, 06 Jan 2026 06:02:00 GMT"), ("date", "Tue, 06 Jan 2026 06:00:00 GMT")]),
            seconds(120)
        );
        assert_eq!(asked(&[date, ("date", "Mon, 05 Jan 2026 06:05:00 GMT")]), seconds(0), "it is past");
        for odd in ["-1", "NaN", "inf", "soon", "Mon, 99 Jan 2026 06:02:00 GMT", ""] {
            assert_eq!(asked(&[("retry-after", odd)]), None, "{odd}");
        }
    }

    #[test]
    fn web_pages_are_told_by_their_title() {
        let told = |body: &str| web_page(body.as_bytes());
        assert_eq!(told("\n<!DOCTYPE html><HTML><Title>\n Sign  in </title><p>x").as_deref(), Some("Sign in"));
        assert_eq!(told("<p>Þjónusta</p>").as_deref(), Some("<p>Þjónusta</p>"));
        assert_eq!(told("<title>cut off").as_deref(), Some("<title>cut off"));
        assert_eq!(told(&format!("<{}", "þ".repeat(70_000))).map(|text| text.chars().count()), Some(60));
        for data in ["[]", "{\"a\":\"<b>\"}", "", "null"] {
            assert_eq!(told(data), None, "{data}");
        }
    }

    fn attempts(kinds: &[FailureKind]) -> Attempts {
        let mut attempts = Attempts::default();
        for kind in kinds {
            let Failure::Retryable(failure) = Failure::retryable("x".to_owned(), *kind, false) else { unreachable!() };
            attempts.add(failure);
        }
        attempts
    }

    #[test]
    fn haste_is_for_addresses_where_nothing_answers() {
        use FailureKind::{Other, TooMuch, Unreachable};
        let policy = RetryPolicy::default();
        assert!(attempts(&[Unreachable; 3]).are_enough(&policy, true, None));
        assert!(!attempts(&[Unreachable; 3]).are_enough(&policy, false, None));
        assert!(!attempts(&[Other, TooMuch, Other, Unreachable, Other]).are_enough(&policy, true, None));
        assert!(attempts(&[Other; 8]).are_enough(&policy, true, None));
    }

    #[test]
    fn what_is_too_much_is_told_early_where_less_can_be_asked_for() {
        use FailureKind::{Other, TooMuch};
        let policy = RetryPolicy::default();
        assert!(attempts(&[TooMuch; 3]).are_enough(&policy, false, Some(3)));
        assert!(attempts(&[TooMuch]).are_enough(&policy, false, Some(1)));
        assert!(!attempts(&[TooMuch; 3]).are_enough(&policy, false, None));
        assert!(!attempts(&[TooMuch, Other, TooMuch, TooMuch]).are_enough(&policy, false, Some(3)));
        assert!(attempts(&[TooMuch; 8]).gave_up("u").is_page_too_big());
        assert!(!attempts(&[TooMuch, Other]).gave_up("u").is_page_too_big());
        assert!(ClientError::TooLarge { url: "u".to_owned(), limit: 1 }.is_page_too_big());
    }
}
