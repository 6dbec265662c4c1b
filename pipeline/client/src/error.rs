//! Errors of the client: why a request failed, and why a list can't be read.

use crate::conditions::BadName;
use crate::settings::SettingsError;

/// The text before the request id in a message.
pub(super) const REQUEST: &str = ", request ";

/// The error of reading a list.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's request is invalid.
    #[error("{0}")]
    Usage(String),
    /// The caller's request holds an invalid property name.
    #[error(transparent)]
    Name(#[from] BadName),
    /// The environment does not say where the API is, or how to log in.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A request failed.
    #[error(transparent)]
    Request(#[from] ClientError),
    /// The data can't be read, or is inconsistent.
    #[error("{what}: {source}")]
    Data {
        /// The list.
        what: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// An error in the data of a list.
    pub fn data(what: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Data { what: what.into(), source: source.into() }
    }
}

/// The result of reading a list.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The client could not be set up.
    #[error("the HTTP client can't be set up: {0}")]
    Setup(String),
    /// The login was refused.
    #[error(
        "ConnectWise refuses the login at {url} (HTTP {status}: {message}): check CW_AUTH_USERNAME \
         (<company>+<public key>), CW_AUTH_PASSWORD (the private key) and CW_CLIENTID"
    )]
    Login {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// The API's message.
        message: String,
    },
    /// The API member lacks a right.
    #[error(
        "no right to read {url} (HTTP 403: {message}): give the API member's security role inquire rights for it, or \
         leave the entity out with --entities"
    )]
    Forbidden {
        /// The address.
        url: String,
        /// The API's message.
        message: String,
    },
    /// There is nothing at this address.
    #[error(
        "nothing at {url} (HTTP 404: {message}): check CW_BASE_URL, which has to hold the whole base, e.g. \
         https://cw.example.com/v4_6_release/apis/3.0 (cloud hosts start with api-; a wrong login can also answer 404 \
         there)"
    )]
    NotFound {
        /// The address.
        url: String,
        /// The API's message.
        message: String,
    },
    /// The API refuses the request.
    #[error("ConnectWise refuses the request to {url} (HTTP {status}: {message})")]
    Refused {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// The API's message.
        message: String,
    },
    /// The server does not accept the requested version of the API.
    #[error(
        "ConnectWise does not take version {asked} of its API at {url} (HTTP {status}: {message}){}: set CW_API_VERSION \
         to a version that it takes, or generate from its own specification (cargo codegen import)",
        .current.as_ref().map(|current| format!("; its own version is {current}")).unwrap_or_default()
    )]
    Version {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// The API's message.
        message: String,
        /// The requested version.
        asked: String,
        /// The server's own version, where it is sent.
        current: Option<String>,
    },
    /// The server fails at every page of a list.
    #[error(
        "the server fails at every page of {url}, down to single records; the last answer: {last}. The server is in \
         trouble, not a record: nothing was put aside. Run again when it is well"
    )]
    Down {
        /// The address.
        url: String,
        /// The reason of the last failure.
        last: String,
    },
    /// All attempts failed.
    #[error(
        "gave up on {url} after {tries} tries; the last one: {last}. Check CW_BASE_URL and the network, and run again"
    )]
    GaveUp {
        /// The address.
        url: String,
        /// The number of attempts.
        tries: u32,
        /// The reason of the last failure.
        last: String,
        /// Whether all attempts failed as at too large a page: by a 500, a time-out or a body that can't be read.
        too_much: bool,
    },
    /// The API asks for a longer wait than the client accepts.
    #[error(
        "{url} asks for {minutes} minutes without requests ({last}), and no command waits longer than {most}: run \
         again then, and ask for less a minute (--requests-per-minute, CW_REQUESTS_PER_MINUTE)"
    )]
    HeldOff {
        /// The address.
        url: String,
        /// The wait that it asks for.
        minutes: u64,
        /// The longest wait that is accepted.
        most: u64,
        /// The API's own words.
        last: String,
    },
    /// The response of an operation does not match the specification.
    #[error("the answer of {url} is not what the specification says: {reason}")]
    Unexpected {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The response is larger than any page can be.
    #[error("the answer of {url} is larger than {limit} bytes and was not read")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
}

impl ClientError {
    /// The error for a final HTTP status.
    pub fn refused(url: &str, status: u16, message: String) -> Self {
        let url = url.to_owned();
        match status {
            401 => Self::Login { url, status, message },
            403 => Self::Forbidden { url, message },
            404 => Self::NotFound { url, message },
            _ => Self::Refused { url, status, message },
        }
    }

    /// Whether the API refused the conditions (an unknown name, or a filter that the endpoint lacks).
    pub fn is_bad_condition(&self) -> bool {
        matches!(self, Self::Refused { status: 400, .. })
    }

    /// Whether a smaller page may succeed. This one was larger than the limit, or the server failed at it in every
    /// attempt: by a 500, a time-out or a body that can't be read.
    pub fn is_page_too_big(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::GaveUp { too_much: true, .. })
    }

    /// The server's last message without the request id, so that it is the same for the same failure.
    pub fn said(&self) -> String {
        let said = match self {
            Self::GaveUp { last, .. } => last.clone(),
            other => other.to_string(),
        };
        said.split_once(REQUEST).map_or(said.as_str(), |(said, _)| said).to_owned()
    }
}

/// The message in an error body: in the API's form, in the rate limiter's, or else the start of the body. `cover` masks
/// what must not be shown, before anything is cut.
pub(crate) fn api_message(body: &[u8], cover: impl Fn(&str) -> String) -> String {
    // Texts and numbers are shown, whatever null or other type stands beside them.
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    if let Ok(parsed) = serde_json::from_slice::<serde_json::Value>(body) {
        let mut parts: Vec<String> = ["code", "message"].iter().filter_map(|name| text(&parsed[name])).collect();
        let details = parsed["errors"].as_array().into_iter().flatten();
        parts.extend(details.filter_map(|detail| text(&detail["message"]).or_else(|| text(detail))));
        if !parts.is_empty() {
            // A server's message must stay on one line.
            let text = parts.join(": ");
            return shorten(&cover(&text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    let text = String::from_utf8_lossy(body);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "no message".to_owned() } else { shorten(&cover(&text)) }
}

fn shorten(text: &str) -> String {
    const LONGEST: usize = 300;
    let text = crate::printable::one_line(text);
    if text.chars().count() <= LONGEST {
        text.into_owned()
    } else {
        text.chars().take(LONGEST).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_error_form() {
        let api_message = |body: &[u8]| api_message(body, str::to_owned);
        assert_eq!(
            api_message(br#"{"code":"ApiFindCondition","message":"bad","errors":[{"message":"x"}]}"#),
            "ApiFindCondition: bad: x"
        );
        assert_eq!(api_message(br#"{"error":"e","message":"Too many requests."}"#), "Too many requests.");
        for (body, told) in [
            (r#"{"code":"Security","message":"No right.","errors":null}"#, "Security: No right."),
            (r#"{"code":null,"message":"No right.","errors":[null,{"message":null},{"message":"x"}]}"#, "No right.: x"),
            (r#"{"code":400,"message":"m","errors":{"a":["b"]}}"#, "400: m"),
            (r#"{"code":"C","message":null,"errors":["told"]}"#, "C: told"),
            (r#"{"code":null,"message":null,"errors":null}"#, r#"{"code":null,"message":null,"errors":null}"#),
        ] {
            assert_eq!(api_message(body.as_bytes()), told, "{body}");
        }
        assert_eq!(api_message(b"<html>\n <body>Bad Gateway</body>"), "<html> <body>Bad Gateway</body>");
        assert_eq!(api_message(b""), "no message");
        assert!(api_message("x".repeat(10_000).as_bytes()).len() < 400);
    }

    #[test]
    fn what_is_covered_is_covered_before_the_cut() {
        let body = format!("{}s3cret-key", "x".repeat(295));
        let message = api_message(body.as_bytes(), |text| text.replace("s3cret-key", "***"));
        assert!(message.ends_with("***"), "{message}");
    }
}
