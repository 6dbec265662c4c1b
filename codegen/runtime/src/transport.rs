//! Transport of the generated operations: signs, paces and retries their requests.
//!
//! progenitor builds a request and reads its response; in between, [`exec`] hands the request to a [`Transport`].
//! progenitor's errors have no room for a transport's own: it travels in a response that no server sent, and [`cause`]
//! brings it back whole.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use progenitor_client::Error;
use reqwest::{Request, Response, StatusCode};
use serde::{Deserialize, Deserializer};

/// An error of any type.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The future of a response, or of the reason why there is none.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send + 'a>>;

/// Sends the requests of the generated operations: signs them, keeps to the rate limit and retries.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a request, whose URL and query count; `operation` is the operation's id in the specification.
    ///
    /// A response that the transport would not retry is returned whatever its status.
    fn send(&self, request: Request, operation: &'static str) -> Sending<'_>;
}

/// The error of a transport, on its way through an operation.
#[derive(Clone)]
struct Failed(Arc<BoxError>);

/// Sends a request of an operation; the hooks of the generated client call it.
pub async fn exec(transport: &dyn Transport, request: Request, operation: &'static str) -> Response {
    transport.send(request, operation).await.unwrap_or_else(|error| {
        let mut response = http::Response::new(String::new());
        // No operation accepts this status.
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(Failed(Arc::new(error)));
        response.into()
    })
}

/// Creates a response with this body, for what a transport read to its end.
pub fn response(body: impl Into<reqwest::Body>) -> Response {
    http::Response::new(body.into()).into()
}

/// Returns the cause of an operation's error: the transport's own error where there is one, else progenitor's.
///
/// A body that can't be read is not told: it may hold what nobody should see.
pub fn cause(error: Error<()>) -> BoxError {
    let mut response = match error {
        Error::UnexpectedResponse(response) => response,
        Error::InvalidResponsePayload(_, error) => return error.into(),
        other => return other.into(),
    };
    let failed = response.extensions_mut().remove::<Failed>();
    match failed.and_then(|failed| Arc::into_inner(failed.0)) {
        Some(error) => error,
        None => Error::<()>::UnexpectedResponse(response).into(),
    }
}

/// Response of an endpoint that counts its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Count {
    /// How many there are: a whole number, in whatever form the server writes it.
    #[serde(deserialize_with = "whole")]
    pub count: u64,
}

fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
    let digits = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
    let digits = digits.map_or(text.as_str(), |(digits, _)| digits);
    digits.parse().map_err(|_| serde::de::Error::custom(format!("{value} is no count")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_whole_number_in_whatever_form() {
        for (body, count) in
            [(r#"{"count":10}"#, 10), (r#"{"count":10.0}"#, 10), (r#"{"count":" 10 "}"#, 10), (r#"{"count":0}"#, 0)]
        {
            assert_eq!(serde_json::from_str::<Count>(body).unwrap(), Count { count }, "{body}");
        }
        for body in [r#"{"count":10.5}"#, r#"{"count":-1}"#, r#"{"count":null}"#, "{}", r#"{"count":"many"}"#] {
            assert!(serde_json::from_str::<Count>(body).is_err(), "{body}");
        }
    }
}
