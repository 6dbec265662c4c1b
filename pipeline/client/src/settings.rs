//! The connection settings: environment variables, each also as a file named by `…_FILE`.

mod variables;

pub use variables::{SettingsError, quote_around, variable};

use crate::secret::Secret;
use base64::Engine as _;
use connectwise_runtime::HashKey;
use url::{Host, Url};
use variables::{given, read_text, text_of};

/// The address of the API and the credentials.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// The whole base, e.g. `https://host/v4_6_release/apis/3.0`, without a slash at the end.
    pub base_url: Url,
    /// `<company>+<public key>`.
    pub username: Secret,
    /// The private key.
    pub password: Secret,
    /// The clientId of the integration.
    pub client_id: Secret,
    /// The requested version of the API, where it is not the one of the specification.
    pub api_version: Option<String>,
}

impl ApiSettings {
    /// Masks the credentials in a text from elsewhere: whole, percent-encoded, or cut off after their first letters.
    pub(crate) fn cover(&self, text: &str) -> String {
        let username = self.username.expose();
        // A key of a few letters would match ordinary words.
        let public_key = username.split_once('+').map(|(_, key)| key).filter(|key| key.len() >= SHORTEST_PART);
        let login = self.login();
        let given = [&login, self.password.expose(), self.client_id.expose(), username, public_key.unwrap_or_default()];
        let mut covered = text.to_owned();
        for secret in given.into_iter().filter(|secret| !secret.is_empty()) {
            covered = covered.replace(secret, COVER);
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            if encoded != secret {
                covered = covered.replace(&encoded, COVER);
            }
        }
        // The user name begins with the company, which is no secret.
        let parts = [&login, self.password.expose(), self.client_id.expose(), public_key.unwrap_or_default()];
        parts.into_iter().fold(covered, cover_start)
    }

    /// The requested version of the API.
    pub(crate) fn version(&self) -> &str {
        self.api_version.as_deref().unwrap_or(connectwise_generated::tables::SPEC_VERSION)
    }

    /// Whether the API is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base_url)
    }

    /// The value of the `Authorization` header after `Basic`.
    pub(crate) fn login(&self) -> String {
        let plain = format!("{}:{}", self.username.expose(), self.password.expose());
        base64::engine::general_purpose::STANDARD.encode(plain)
    }

    /// Reads `CW_BASE_URL`, `CW_AUTH_USERNAME`, `CW_AUTH_PASSWORD`, `CW_CLIENTID`, and `CW_API_VERSION` if it is set.
    ///
    /// # Errors
    /// [`SettingsError`] that names everything that is missing or unusable, at once.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(text_of)
    }

    /// As [`ApiSettings::from_env`], over any source of variables.
    ///
    /// # Errors
    /// As [`ApiSettings::from_env`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        Self::read(|name| Ok(lookup(name)))
    }

    fn read(lookup: impl Fn(&str) -> Result<Option<String>, String>) -> Result<Self, SettingsError> {
        let mut problems = Vec::new();
        let mut read = |name: &str, hint: &str| match value_of(&lookup, name, Quotes::Refused) {
            Ok(Some(value)) => value,
            Ok(None) => {
                problems.push(format!("  {name} is not set: {hint}"));
                String::new()
            }
            Err(problem) => {
                problems.push(format!("  {problem}"));
                String::new()
            }
        };
        let base = read("CW_BASE_URL", "the API's whole base, e.g. https://cw.example.com/v4_6_release/apis/3.0");
        let username = read("CW_AUTH_USERNAME", "<company>+<public key> of an API member");
        let password = read("CW_AUTH_PASSWORD", "that API member's private key");
        let client_id = read("CW_CLIENTID", "the clientId (a GUID) of your integration");
        let mut url = None;
        if !base.is_empty() {
            match parse_base_url(&base) {
                Ok(parsed) => url = Some(parsed),
                Err(problem) => problems.push(format!("  CW_BASE_URL {problem}")),
            }
        }
        let api_version = value_of(&lookup, "CW_API_VERSION", Quotes::Refused).unwrap_or_else(|problem| {
            problems.push(format!("  {problem}"));
            None
        });
        if let Some(version) = api_version.as_deref().filter(|version| !is_version(version)) {
            problems.push(format!("  CW_API_VERSION is {version:?}: expected a version of the API such as 2025.1"));
        }
        match (url, problems.is_empty()) {
            (Some(base_url), true) => Ok(Self {
                api_version,
                base_url,
                username: Secret::new(username),
                password: Secret::new(password),
                client_id: Secret::new(client_id),
            }),
            _ => Err(SettingsError(format!(
                "the connection to ConnectWise is not set up:\n{}\nSet them in the environment, or name a file with \
                 the value by the same name and _FILE. To look around without credentials: connectwise-etl demo",
                problems.join("\n")
            ))),
        }
    }
}

/// The base URL and the user name in the environment; `None` where either is missing or unusable.
pub(crate) fn named() -> Option<(Url, String)> {
    let given = |name: &str| value_of(&text_of, name, Quotes::Refused).ok().flatten();
    Some((parse_base_url(&given("CW_BASE_URL")?).ok()?, given("CW_AUTH_USERNAME")?))
}

/// Whether a text can be a version in a header.
fn is_version(text: &str) -> bool {
    text.len() <= 32 && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'))
}

/// The shortest hash key, in characters; a shorter one can be guessed.
const SHORTEST_KEY: usize = 16;

/// Reads the key of the hashes that replace personal texts. It is `CW_HASH_KEY`, or the content of the file that
/// `CW_HASH_KEY_FILE` names; `None` where neither is set.
///
/// # Errors
/// [`SettingsError`] where the file can't be read, or the key could be guessed.
pub fn hash_key() -> Result<Option<HashKey>, SettingsError> {
    hash_key_from(text_of)
}

fn hash_key_from(lookup: impl Fn(&str) -> Result<Option<String>, String>) -> Result<Option<HashKey>, SettingsError> {
    // A key that had quotes must keep them.
    match value_of(&lookup, "CW_HASH_KEY", Quotes::BelongInFiles).map_err(SettingsError)? {
        Some(key) if key.chars().count() < SHORTEST_KEY => Err(SettingsError(format!(
            "CW_HASH_KEY has fewer than {SHORTEST_KEY} characters and could be guessed: make one with `openssl rand -hex 32`"
        ))),
        key => Ok(key.map(|key| HashKey::new(key.as_bytes()))),
    }
}

/// The message for a missing hash key, with what to do.
pub fn no_hash_key(what: &str) -> String {
    format!(
        "there is no key for the hashes of personal texts in {what}: set CW_HASH_KEY, or name a file with the key by \
         CW_HASH_KEY_FILE. Make one for each lakehouse, e.g. with `openssl rand -hex 32`, and keep it as long as the \
         lakehouse"
    )
}

/// The mask of a credential.
const COVER: &str = "***";
/// The shortest part of a credential that is masked, in bytes.
const SHORTEST_PART: usize = 6;

/// Masks a credential of which only the start is left, because the text was cut.
fn cover_start(mut text: String, secret: &str) -> String {
    let Some(start) = secret.get(..SHORTEST_PART).filter(|_| secret.len() > SHORTEST_PART) else { return text };
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(start)).map(|at| at + from) {
        let shown: usize = text[at..]
            .chars()
            .zip(secret.chars())
            .take_while(|(shown, secret)| shown == secret)
            .map(|(letter, _)| letter.len_utf8())
            .sum();
        text.replace_range(at..at + shown, COVER);
        from = at + COVER.len();
    }
    text
}

/// Whether a URL leads to this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Reads a variable, or the file that `<name>_FILE` names, trimmed; empty counts as not set.
///
/// # Errors
/// [`SettingsError`] where the file can't be read or is empty, or a value is in quotes. No value is repeated.
pub fn variable_or_file(name: &str) -> Result<Option<String>, SettingsError> {
    value_of(&text_of, name, Quotes::Refused).map_err(SettingsError)
}

/// Whether a value may begin and end with a quote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Refused,
    /// In a file they belong to the value; in a variable they were meant for a shell.
    BelongInFiles,
}

/// Reads a variable, or the file that `<name>_FILE` names, trimmed; empty counts as not set.
fn value_of(
    lookup: &impl Fn(&str) -> Result<Option<String>, String>,
    name: &str,
    quotes: Quotes,
) -> Result<Option<String>, String> {
    let in_file = |problem: String| match quotes {
        Quotes::Refused => problem,
        Quotes::BelongInFiles => {
            format!("{problem}; where they belong to it, put it into a file that {name}_FILE names")
        }
    };
    if let Some(value) = given(name, lookup(name)?).map_err(in_file)? {
        return Ok(Some(value));
    }
    let file_variable = format!("{name}_FILE");
    let Some(path) = given(&file_variable, lookup(&file_variable)?)? else { return Ok(None) };
    let text =
        read_text(&path).map_err(|error| format!("{file_variable} names {path}, which can't be read: {error}"))?;
    let value = match quotes {
        Quotes::Refused => given(&format!("the content of {path}, which {file_variable} names,"), Some(text))?,
        Quotes::BelongInFiles => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
    };
    value.map(Some).ok_or_else(|| format!("{file_variable} names {path}, which is empty"))
}

/// Checks the base URL: https, or http to this machine only, without credentials in it.
fn parse_base_url(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| {
        format!("is not a URL ({error}): expected something like https://cw.example.com/v4_6_release/apis/3.0")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials: put them in CW_AUTH_USERNAME and CW_AUTH_PASSWORD".to_owned());
    }
    if url.host().is_none() {
        return Err("has no host".to_owned());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err("is plain http: credentials go over https only (http is taken for this machine)".to_owned());
        }
        other => return Err(format!("has the scheme {other}: expected https")),
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests;
