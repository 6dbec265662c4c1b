//! API version: the media type that requests it, and the detection of refusals that are about it.

use crate::error::ClientError;
use crate::request::Request;
use reqwest::header::HeaderValue;

/// The response header with the server's own version.
pub(super) const CURRENT: &str = "api-current-version";
/// The endpoint that needs a login and nothing else, on every server.
const SYSTEM: &str = "/system/info";

/// The media type that pins a version of the API.
pub(super) fn media_type(version: &str) -> Result<HeaderValue, ClientError> {
    HeaderValue::from_str(&format!("application/vnd.connectwise.com+json; version={version}"))
        .map_err(|_| ClientError::Setup(format!("{version:?} is no version of the API: see CW_API_VERSION")))
}

/// A response that is no success.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) message: &'a str,
    /// The server's own version, where it is sent.
    pub(super) current: Option<&'a str>,
}

impl Refusal<'_> {
    /// Whether the version was refused, and not the request.
    pub(super) fn is_of_the_version(&self, asked: &str, request: &Request) -> bool {
        let message = self.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let is_said = says(&["version"])
            && (message.contains(&asked.to_lowercase())
                || says(&["api", "support", "accept", "media type", "request"]))
            && !says(&["apifindcondition"]);
        // A request without a query can be refused for little else.
        let is_bare = request.query.is_empty();
        let differs = self.current.is_some_and(|current| current.trim_start_matches(['v', 'V']) != asked);
        match self.status {
            406 | 415 => true,
            400 => is_said || (is_bare && differs),
            404 => is_said || (request.endpoint == SYSTEM && differs),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_of_the_version_or_of_what_was_asked() {
        let bare = Request::new("/time/entries/count");
        let asking = Request::new("/time/entries").with("conditions", "lastUpdated >= [2026-01-01T00:00:00Z]");
        let unsupported = "UnsupportedApiVersion: the resource does not support the API version '2025.1'";
        let condition = "ApiFindCondition: version is not a valid property for the request";
        for (status, message, current, request, expected) in [
            (406, "no message", None, &asking, true),
            (400, unsupported, None, &asking, true),
            (404, unsupported, Some("2024.3"), &bare, true),
            (400, "InvalidHeader", Some("2024.3"), &bare, true),
            (404, "NotFound", Some("2024.3"), &Request::new(SYSTEM), true),
            (400, "InvalidHeader", Some("v2025.1"), &bare, false),
            (400, "ApiFindCondition: lastUpdated", Some("2024.3"), &asking, false),
            (400, condition, Some("2024.3"), &asking, false),
            // A list without a count.
            (404, "NotFound", Some("2026.1"), &bare, false),
            (401, unsupported, Some("2024.3"), &bare, false),
        ] {
            let refusal = Refusal { status, message, current };
            assert_eq!(refusal.is_of_the_version("2025.1", request), expected, "{status} {message}");
        }
        assert!(media_type("2025.1").is_ok() && media_type("20\n25").is_err());
    }
}
