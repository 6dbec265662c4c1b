//! Errors of the client: what the API can answer instead of data, and why a list can't be read.

use crate::conditions::BadName;
use crate::settings::SettingsError;

/// What stands before the number of a request in a message.
pub(super) const REQUEST: &str = ", request ";

/// Why a list can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is asked for can't be asked.
    #[error("{0}")]
    Usage(String),
    /// What is asked for has a name that no property can have.
    #[error(transparent)]
    Name(#[from] BadName),
    /// The environment does not say where the API is, or how to log in.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A request did not bring data.
    #[error(transparent)]
    Request(#[from] ClientError),
    /// What came can't be read, or does not fit together.
    #[error("{what}: {source}")]
    Data {
        /// The list.
        what: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// An error of what came of a list.
    pub fn data(what: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Data { what: what.into(), source: source.into() }
    }
}

/// The result of reading a list.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request did not bring data.
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
    /// The version of the API that is asked for is not one that the server takes.
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
        /// The version that was asked for.
        asked: String,
        /// The server's own, where it tells it.
        current: Option<String>,
    },
    /// The server fails at whatever page of a list is asked for.
    #[error(
        "the server fails at every page of {url}, down to single records; the last answer: {last}. The server is in \
         trouble, not a record: nothing was put aside. Run again when it is well"
    )]
    Down {
        /// The address.
        url: String,
        /// Why the last one failed.
        last: String,
    },
    /// All tries failed.
    #[error(
        "gave up on {url} after {tries} tries; the last one: {last}. Check CW_BASE_URL and the network, and run again"
    )]
    GaveUp {
        /// The address.
        url: String,
        /// How many tries.
        tries: u32,
        /// Why the last one failed.
        last: String,
        /// Whether all of them failed as a server does that can't finish an answer: by a 500 or a time-out.
        too_much: bool,
    },
    /// The API asks for a longer break than a run waits for.
    #[error(
        "{url} asks for {minutes} minutes without requests ({last}), and no command waits longer than {most}: run \
         again then, and ask for less a minute (--requests-per-minute, CW_REQUESTS_PER_MINUTE)"
    )]
    HeldOff {
        /// The address.
        url: String,
        /// How long.
        minutes: u64,
        /// How long is waited for at most.
        most: u64,
        /// The API's own words.
        last: String,
    },
    /// The answer of an operation has another form than the specification says.
    #[error("the answer of {url} is not what the specification says: {reason}")]
    Unexpected {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer is larger than anything that a page can be.
    #[error("the answer of {url} is larger than {limit} bytes and was not read")]
    TooLarge {
        /// The address.
        url: String,
        /// The bound in bytes.
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

    /// Whether the API did not take the conditions (an unknown name, or a filter that the endpoint lacks).
    pub fn is_bad_condition(&self) -> bool {
        matches!(self, Self::Refused { status: 400, .. })
    }

    /// Whether a smaller page may come through where this one did not: it was larger than may be, or the server could
    /// not finish it (a time-out, or a 500, in every try).
    pub fn is_page_too_big(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::GaveUp { too_much: true, .. })
    }

    /// What the server said at last, the same each time that it says so.
    pub fn said(&self) -> String {
        let said = match self {
            Self::GaveUp { last, .. } => last.clone(),
            other => other.to_string(),
        };
        said.split_once(REQUEST).map_or(said.as_str(), |(said, _)| said).to_owned()
    }
}

/// The message in an error body: the API's own form, the rate limiter's, or the start of whatever came; `cover` takes
/// out what must not be shown, before anything is cut.
pub(crate) fn api_message(body: &[u8], cover: impl Fn(&str) -> String) -> String {
    // Whatever else stands there, null or of another type, the texts that do are told.
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
            // Line breaks of a server's are no lines of ours.
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
