//! Connection to the API: its address, the connection, the certificate, and the login.

use super::Check;
use crate::client::{Client, ClientError, Request, RequestStats};
use connectwise_generated::tables::{SPEC_VERSION, TABLES};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use url::{Host, Url};

/// Timeout of a name lookup, and of a connection.
const PATIENCE: Duration = Duration::from_secs(15);
/// Variables that name a proxy for https.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// Domain of ConnectWise's own hosts, and the prefix of those of their API.
const CLOUD: (&str, &str) = (".myconnectwise.net", "api-");

/// Checks the connection step by step. Where it ends, returns the first step that could not be checked, and why.
pub(super) async fn all(
    client: &Client,
    stats: &Arc<RequestStats>,
    on_this_machine: bool,
    checks: &mut Vec<Check>,
) -> Result<(), (&'static str, &'static str)> {
    let base = client.base_url();
    let proxy = PROXIES.into_iter().find(|name| !on_this_machine && std::env::var_os(name).is_some());
    checks.push(address(&base));
    let name = look_up(&base, proxy).await;
    let connection = match name.is_well() {
        true => Some(connect(&base, proxy).await),
        false => None,
    };
    checks.push(name);
    let Some(connection) = connection else { return Err(("connection", "the name is not known")) };
    let connected = connection.is_well();
    checks.push(connection);
    if !connected {
        return Err(("tls", "there is no connection"));
    }
    if base.scheme() == "https" {
        if let Err(reason) = client.reach().await {
            let advice = "check that the host's certificate is valid and of an authority that this machine trusts, and \
                          whether something in between, such as an inspecting proxy, puts its own in its place";
            checks.push(Check::failed("tls", reason, advice));
            return Err(("login", "there is no safe connection"));
        }
        checks.push(Check::well("tls", "the certificate is trusted"));
    } else {
        checks.push(Check::well("tls", "none: plain HTTP, on this machine"));
    }
    login(client, stats, checks).await
}

fn address(base: &Url) -> Check {
    let (cloud, api) = CLOUD;
    let host = base.host_str().unwrap_or_default();
    if host.ends_with(cloud) && !host.starts_with(api) {
        let advice = format!("use {api}{host}: ConnectWise's own hosts have their API there");
        return Check::warning("address", base.to_string(), &advice);
    }
    Check::well("address", base.to_string())
}

async fn look_up(base: &Url, proxy: Option<&str>) -> Check {
    let Some(Host::Domain(name)) = base.host() else { return Check::well("dns", "the address is a number") };
    let port = base.port_or_known_default().unwrap_or(443);
    let reason = match tokio::time::timeout(PATIENCE, lookup_host((name, port))).await {
        Ok(Ok(mut found)) => match found.next() {
            Some(address) => return Check::well("dns", format!("{name} is {}", address.ip())),
            None => "it has no address".to_owned(),
        },
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    let found = format!("{name}: {reason}");
    if proxy.is_some() {
        return Check::warning("dns", found, "nothing, where the proxy knows the name");
    }
    Check::failed("dns", found, "check the host in CW_BASE_URL, and this machine's name server")
}

async fn connect(base: &Url, proxy: Option<&str>) -> Check {
    if let Some(variable) = proxy {
        return Check::well("connection", format!("over the proxy that {variable} names"));
    }
    let (Some(host), Some(port)) = (base.host_str(), base.port_or_known_default()) else {
        return Check::failed("connection", "the address has no host", "check CW_BASE_URL");
    };
    let reason = match tokio::time::timeout(PATIENCE, TcpStream::connect((bare(host), port))).await {
        Ok(Ok(_)) => return Check::well("connection", format!("port {port} answers")),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("port {port} does not answer within {} s", PATIENCE.as_secs()),
    };
    Check::failed("connection", reason, "check the host and port of CW_BASE_URL, and firewalls")
}

/// Returns a host without the brackets that an IPv6 address has in a URL.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Checks the login, the clientId and the version. Where the login is refused, returns the first step that could not be
/// checked, and why.
async fn login(
    client: &Client,
    stats: &Arc<RequestStats>,
    checks: &mut Vec<Check>,
) -> Result<(), (&'static str, &'static str)> {
    let read = client.system_info(stats).await;
    let accepted = |version| [Check::well("login", "accepted"), Check::well("clientId", "accepted"), version];
    let mut error = match read {
        Ok(info) => {
            checks.extend(accepted(version(info.version.as_deref().unwrap_or_default())));
            return Ok(());
        }
        Err(error) => error,
    };
    let is_said = match &error {
        ClientError::Login { .. } => true,
        ClientError::Forbidden { message, .. } => subject(message) != Subject::Unsaid,
        _ => false,
    };
    // A missing right, a broken endpoint, or the login after all: the lists tell.
    if !is_said {
        match elsewhere(client, stats).await {
            Ok(()) => {
                let found = format!("/system/info does not tell it ({})", error.said());
                let advice = "make sure that the server is at least as new as the spec";
                checks.extend(accepted(Check::warning("version", found, advice)));
                return Ok(());
            }
            // The server's own error explains a refused version best.
            Err(Some(other)) if !matches!(error, ClientError::Version { .. }) => error = other,
            Err(_) => {}
        }
    }
    if let ClientError::Version { asked, current, .. } = &error {
        let skipped = |name| Check::skipped(name, "the version of the API is refused first");
        let own = current.as_deref().unwrap_or("<its own version>");
        let advice = format!(
            "set CW_API_VERSION={own} in place of {asked}, or generate from the server's own specification \
                              (cargo codegen import)"
        );
        checks.extend([skipped("login"), skipped("clientId"), Check::failed("version", error.to_string(), &advice)]);
        return Err(("entities", "the version of the API is refused"));
    }
    checks.extend(refused(&error));
    Err(("version", "the login failed"))
}

/// Checks whether any list can be read; else returns the error that explains most.
async fn elsewhere(client: &Client, stats: &RequestStats) -> Result<(), Option<ClientError>> {
    let (mut last, mut silent) = (None, false);
    for table in TABLES.iter().filter(|table| table.parent.is_none()) {
        let request = Request::new(table.endpoint).with("fields", table.key).with("pageSize", 1);
        match client.get(&request, stats, |_| Ok(())).await {
            Ok(()) => return Ok(()),
            Err(error @ (ClientError::Login { .. } | ClientError::Version { .. })) => return Err(Some(error)),
            Err(error @ ClientError::GaveUp { .. }) => {
                // Two failing lists tell as much as eight.
                if std::mem::replace(&mut silent, true) {
                    return Err(last.or(Some(error)));
                }
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last)
}

/// What a refusal is about, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    ClientId,
    /// A cloud host's address without `api-` in front.
    Host,
    Unsaid,
}

fn subject(message: &str) -> Subject {
    let message = message.to_lowercase();
    if message.contains("clientid") || message.contains("client id") {
        Subject::ClientId
    } else if message.contains("ssl is required") {
        Subject::Host
    } else {
        Subject::Unsaid
    }
}

/// Returns the checks of the login and of the clientId, by which of them a refusal is about.
fn refused(error: &ClientError) -> [Check; 2] {
    const HOST: &str = "check the host of CW_BASE_URL: cloud hosts start with api-, as in api-eu.myconnectwise.net";
    const KEYS: &str = "check CW_AUTH_USERNAME (<company>+<public key>) and CW_AUTH_PASSWORD (the private key), and that \
                        the API member is active";
    let (status, message) = match error {
        ClientError::Login { status, message, .. } | ClientError::Refused { status, message, .. } => (*status, message),
        ClientError::Forbidden { message, .. } => (403, message),
        ClientError::NotFound { message, .. } => (404, message),
        other => {
            let advice = "see whether CW_BASE_URL names the API, and not a web page or a proxy";
            return [
                Check::failed("login", other.to_string(), advice),
                Check::skipped("clientId", "the login was not answered"),
            ];
        }
    };
    let found = format!("refused (HTTP {status}: {message})");
    let because = Check::skipped("clientId", "the login is refused");
    match (status, subject(message)) {
        (_, Subject::ClientId) => [
            Check::skipped("login", "the clientId is refused first"),
            Check::failed(
                "clientId",
                found,
                "check CW_CLIENTID: the GUID of an integration that is registered at developer.connectwise.com",
            ),
        ],
        (_, Subject::Host) => [Check::failed("login", found, HOST), because],
        (403, Subject::Unsaid) => [
            Check::failed(
                "login",
                format!("every endpoint is refused (HTTP 403: {message})"),
                "check CW_CLIENTID first, which can be refused this way; then the security role of the API member, \
                 which needs inquire rights",
            ),
            Check::skipped("clientId", "nothing tells it from a right that is missing"),
        ],
        (404, Subject::Unsaid) => [
            Check::failed(
                "login",
                format!("nothing there (HTTP 404: {message})"),
                "check the path of CW_BASE_URL (…/v4_6_release/apis/3.0; cloud hosts start with api-); cloud hosts answer \
                 so to a wrong company or wrong keys, too: check CW_AUTH_USERNAME (<company>+<public key>) and \
                 CW_AUTH_PASSWORD (the private key)",
            ),
            because,
        ],
        _ => [Check::failed("login", found, KEYS), because],
    }
}

/// Compares the server's version with the spec's.
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

/// Parses year and release of `v2025.1.10333`.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches(['v', 'V']).split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

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
        let refusal = |status, message: &str| {
            let found = refused(&ClientError::refused("u", status, message.to_owned()));
            let failed = found.into_iter().find(|check| check.state == State::Failed).unwrap();
            (failed.name, failed.advice.unwrap())
        };
        for (status, message, name, word) in [
            (401, "Cannot route. Codebase/clientId is invalid", "clientId", "CW_CLIENTID"),
            (403, "ClientIdRequired: the client id header is missing", "clientId", "CW_CLIENTID"),
            (401, "Username or password is incorrect", "login", "CW_AUTH_PASSWORD"),
            (403, "Security: SSL is required.", "login", "api-"),
            (403, "You do not have security permission", "login", "security role"),
            (404, "NotFound", "login", "wrong keys"),
            (404, "NotFound", "login", "CW_BASE_URL"),
        ] {
            let (found, advice) = refusal(status, message);
            assert!(found == name && advice.contains(word), "{status} {message}: {found}: {advice}");
        }
    }

    #[test]
    fn cloud_hosts_without_their_prefix_are_told() {
        let of = |url: &str| address(&url.parse().unwrap()).state;
        assert_eq!(of("https://eu.myconnectwise.net/v4_6_release/apis/3.0"), State::Warning);
        assert_eq!(of("https://api-eu.myconnectwise.net/v4_6_release/apis/3.0"), State::Well);
        assert_eq!(of("https://psa.example.is/v4_6_release/apis/3.0"), State::Well);
        assert_eq!(bare("[::1]"), "::1");
    }
}
