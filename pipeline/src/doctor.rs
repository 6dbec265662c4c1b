//! Is everything there that a run needs: the address, the login, the rights, the storage.
//!
//! Invariant: nothing is changed, neither at the API nor in the lakehouse, and no credential is in what is found.

use crate::catalog;
use crate::client::{Client, ClientError, Limits, Pace, Request, RetryPolicy, Traffic};
use crate::error::Result;
use crate::extract::filter_name;
use crate::lake::Lakehouse;
use crate::settings::ApiSettings;
use chrono::Utc;
use connectwise_generated::tables::{SPEC_VERSION, TABLES};
use connectwise_runtime::{ChangeDetection, Table};
use std::time::Duration;
use url::{Host, Url};

/// Someone waits for the answer: trouble that does not pass at once is what is asked for.
const RETRY: RetryPolicy = RetryPolicy { base: Duration::from_millis(250), cap: Duration::from_millis(500), tries: 3 };
/// How long a name may take to be looked up.
const LOOK_UP: Duration = Duration::from_secs(15);

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Well,
    /// Runs work, but one should know.
    Warning,
    /// Could not be asked, because of something else that failed.
    Skipped,
    /// Runs fail by it.
    Failed,
}

impl State {
    /// ✓, – or ✗.
    pub fn mark(self) -> char {
        match self {
            State::Well => '✓',
            State::Warning | State::Skipped => '–',
            State::Failed => '✗',
        }
    }
}

/// One check.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it ended.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do, where there is something to do.
    pub advice: Option<String>,
}

impl Check {
    fn new(name: &str, state: State, found: impl Into<String>, advice: Option<&str>) -> Self {
        Self { name: name.to_owned(), state, found: found.into(), advice: advice.map(ToOwned::to_owned) }
    }

    fn well(name: &str, found: impl Into<String>) -> Self {
        Self::new(name, State::Well, found, None)
    }

    fn warning(name: &str, found: impl Into<String>, advice: &str) -> Self {
        Self::new(name, State::Warning, found, Some(advice))
    }

    fn skipped(name: &str, why: &str) -> Self {
        Self::new(name, State::Skipped, format!("not checked: {why}"), None)
    }

    fn failed(name: &str, found: impl Into<String>, advice: &str) -> Self {
        Self::new(name, State::Failed, found, Some(advice))
    }
}

/// Whether a run can be expected to work.
pub fn is_well(checks: &[Check]) -> bool {
    checks.iter().all(|check| matches!(check.state, State::Well | State::Warning))
}

/// Looks at everything; what depends on something that failed is skipped.
pub async fn examine(settings: Result<ApiSettings>, pace: Pace, lake: Result<Lakehouse>) -> Vec<Check> {
    let mut checks = Vec::new();
    match settings {
        Ok(settings) => api(settings, pace, &mut checks).await,
        Err(error) => {
            checks.push(Check::failed("address", one_line(&error), "set the variables that are named"));
            skip_from(&mut checks, "dns", "the address is missing");
        }
    }
    storage(lake, &mut checks).await;
    checks
}

/// The checks of the API, in the order in which they build on each other.
const STEPS: [&str; 4] = ["dns", "connection", "login", "version"];

/// Skips the checks of the API from this one on.
fn skip_from(checks: &mut Vec<Check>, first: &str, why: &str) {
    let steps = STEPS.iter().skip_while(|step| **step != first);
    checks.extend(steps.chain(TABLES.iter().map(|table| &table.entity)).map(|name| Check::skipped(name, why)));
}

async fn api(settings: ApiSettings, pace: Pace, checks: &mut Vec<Check>) {
    let client = match Client::with(settings, RETRY, pace, Limits::default()) {
        Ok(client) => client,
        Err(error) => {
            checks.push(Check::failed("address", error.to_string(), "check the CW_… variables for stray characters"));
            return skip_from(checks, "dns", "the client can't be set up");
        }
    };
    let base = client.base_url();
    checks.push(Check::well("address", base.to_string()));
    let found = look_up(&base).await;
    let resolved = found.state != State::Failed;
    checks.push(found);
    if !resolved {
        return skip_from(checks, "connection", "the name is not known");
    }
    if let Err(reason) = client.reach().await {
        let advice = "check the host and port of CW_BASE_URL, firewalls and proxies; for a certificate, whether the \
                      host's is valid and of a known authority";
        checks.push(Check::failed("connection", reason, advice));
        return skip_from(checks, "login", "there is no connection");
    }
    let how = if base.scheme() == "https" { "TLS" } else { "plain HTTP, on this machine" };
    checks.push(Check::well("connection", how));
    let traffic = Traffic::default();
    if login(&client, &traffic, checks).await {
        for table in TABLES {
            checks.push(entity(&client, &traffic, table).await);
        }
    } else {
        skip_from(checks, "version", "the login failed");
    }
}

async fn look_up(base: &Url) -> Check {
    let Some(Host::Domain(name)) = base.host() else { return Check::well("dns", "the address is a number") };
    let port = base.port_or_known_default().unwrap_or(443);
    let reason = match tokio::time::timeout(LOOK_UP, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(mut found)) => match found.next() {
            Some(address) => return Check::well("dns", format!("{name} is {}", address.ip())),
            None => "it has no address".to_owned(),
        },
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    let found = format!("{name}: {reason}");
    let proxy = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    if proxy.iter().any(|name| std::env::var_os(name).is_some()) {
        return Check::warning("dns", found, "nothing, where the proxy knows the name");
    }
    Check::failed("dns", found, "check the host in CW_BASE_URL, and this machine's name server")
}

/// The login and the version; whether the login was accepted.
async fn login(client: &Client, traffic: &Traffic, checks: &mut Vec<Check>) -> bool {
    #[derive(serde::Deserialize)]
    struct Info {
        #[serde(default)]
        version: String,
    }
    let request = Request::new("/system/info");
    let read = client.get(&request, traffic, |answer| {
        serde_json::from_slice::<Info>(&answer.body).map_err(|error| error.to_string())
    });
    match read.await {
        Ok(info) => {
            checks.push(Check::well("login", "accepted"));
            checks.push(version(&info.version));
            true
        }
        Err(ClientError::Forbidden { message, .. }) => {
            checks.push(Check::well("login", "accepted"));
            let found = format!("/system/info may not be read (HTTP 403: {message})");
            checks.push(Check::warning("version", found, "make sure that the server is at least as new as the spec"));
            true
        }
        Err(error) => {
            checks.push(refused(&error));
            false
        }
    }
}

/// Which of the credentials a refusal is about.
fn refused(error: &ClientError) -> Check {
    let (found, advice) = match error {
        ClientError::Login { status, message, .. } => {
            let lower = message.to_lowercase();
            let advice = if lower.contains("clientid") || lower.contains("client id") {
                "check CW_CLIENTID: the GUID of an integration that is registered at developer.connectwise.com"
            } else {
                "check CW_AUTH_USERNAME (<company>+<public key>) and CW_AUTH_PASSWORD (the private key), and that the \
                 API member is active"
            };
            (format!("refused (HTTP {status}: {message})"), advice)
        }
        ClientError::NotFound { message, .. } => (
            format!("nothing there (HTTP 404: {message})"),
            "check the path of CW_BASE_URL (…/v4_6_release/apis/3.0; cloud hosts start with api-) and the company in \
             CW_AUTH_USERNAME",
        ),
        other => (other.to_string(), "see whether CW_BASE_URL names the API, and not a web page or a proxy"),
    };
    Check::failed("login", found, advice)
}

/// The server's version against the spec's.
fn version(text: &str) -> Check {
    let found = format!("{text}, generated for {SPEC_VERSION}");
    match (release(text), release(SPEC_VERSION)) {
        (Some(server), Some(spec)) if server < spec => {
            let advice = "upgrade the server, or generate from its own specification (cargo codegen import)";
            Check::warning("version", found, advice)
        }
        (Some(_), Some(_)) => Check::well("version", found),
        _ => Check::warning("version", found, "compare by hand: the server's version is of an unknown form"),
    }
}

/// Year and release of `v2025.1.10333`.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches(['v', 'V']).split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// The right to read an entity, how much there is, how new, and whether changes can be asked for.
async fn entity(client: &Client, traffic: &Traffic, table: &Table) -> Check {
    if let Some(parent) = table.parent {
        return Check::warning(
            table.entity,
            format!("{} was not asked: it has a list a {}", table.endpoint, parent.entity),
            "nothing: a run reads it",
        );
    }
    match facts(client, traffic, table).await {
        Ok((found, None)) => Check::well(table.entity, found),
        Ok((found, Some(advice))) => Check::warning(table.entity, found, advice),
        Err(ClientError::Forbidden { message, .. }) => Check::failed(
            table.entity,
            format!("{}: no right to read it (HTTP 403: {message})", table.endpoint),
            "give the API member's security role inquire rights for it (all, not mine), or leave the entity out with \
             --entities",
        ),
        Err(error) => Check::failed(table.entity, error.to_string(), "run doctor again; if it persists, ask with -vv"),
    }
}

async fn facts(
    client: &Client,
    traffic: &Traffic,
    table: &Table,
) -> Result<(String, Option<&'static str>), ClientError> {
    let count = client.count(table.endpoint, None, traffic).await?;
    // A right to count is none to read.
    let first = Request::new(table.endpoint).with("fields", table.key).with("pageSize", 1);
    client.get(&first, traffic, |_| Ok(())).await?;
    let found = format!("{}: {count} records", table.endpoint);
    if table.change_detection != ChangeDetection::LastUpdated {
        return Ok((format!("{found}, read whole at every run"), None));
    }
    let Some(name) = filter_name(client, table, table.endpoint, Utc::now(), traffic).await? else {
        let advice = "nothing: it is read whole at every run, which takes longer";
        return Ok((format!("{found}, can't be filtered by lastUpdated"), Some(advice)));
    };
    let newest = newest(client, traffic, table, name).await?.map(|newest| format!(", the newest change {newest}"));
    Ok((format!("{found}, filters by {name}{}", newest.unwrap_or_default()), None))
}

/// The newest change, where the endpoint sorts by it.
async fn newest(client: &Client, traffic: &Traffic, table: &Table, name: &str) -> Result<Option<String>, ClientError> {
    let request = Request::new(table.endpoint)
        .with("orderBy", format!("{name} desc"))
        .with("fields", format!("{},_info", table.key))
        .with("pageSize", 1);
    let read = client.get(&request, traffic, |answer| {
        let page: serde_json::Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        Ok(page.pointer("/0/_info/lastUpdated").and_then(|newest| newest.as_str()).map(ToOwned::to_owned))
    });
    match read.await {
        Err(error) if error.is_bad_condition() => Ok(None),
        other => other,
    }
}

async fn storage(lake: Result<Lakehouse>, checks: &mut Vec<Check>) {
    let place = "check --lakehouse or CW_LAKEHOUSE, and the rights there";
    let lake = match lake {
        Ok(lake) => lake,
        Err(error) => {
            checks.push(Check::failed("storage", one_line(&error), place));
            return checks.push(Check::skipped("tables", "there is no storage"));
        }
    };
    if let Err(error) = lake.try_out().await {
        checks.push(Check::failed("storage", one_line(&error), place));
        return checks.push(Check::skipped("tables", "there is no storage"));
    }
    checks.push(Check::well("storage", format!("{} can be written", lake.display())));
    let known = catalog::known_tables();
    let (mut there, mut broken) = (0, None);
    for table in &known {
        match lake.open(table.layer, table.name).await {
            Ok(Some(_)) => there += 1,
            Ok(None) => {}
            Err(error) => broken = broken.or(Some(one_line(&error))),
        }
    }
    checks.push(match broken {
        Some(reason) => Check::failed("tables", reason, "see which files are missing or can't be read"),
        None if there == 0 => Check::well("tables", "none yet: the first run makes them"),
        None => Check::well("tables", format!("{there} of {} are there and can be read", known.len())),
    });
}

/// A message of several lines in one.
fn one_line(error: &crate::error::Error) -> String {
    error.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_year_and_release() {
        assert_eq!(version("v2025.1.10333").state, State::Well);
        assert_eq!(version("v2026.10.1").state, State::Well);
        assert_eq!(version("v2024.9.1").state, State::Warning);
        assert_eq!(version("").state, State::Warning);
        assert!(release("2025.10") > release("v2025.9.77"));
    }

    #[test]
    fn a_refusal_says_which_credential() {
        let refusal = |message: &str| refused(&ClientError::refused("u", 401, message.to_owned())).advice.unwrap();
        assert!(refusal("Cannot route. Codebase/clientId is invalid").contains("CW_CLIENTID"));
        assert!(refusal("Username or password is incorrect").contains("CW_AUTH_PASSWORD"));
    }
}
