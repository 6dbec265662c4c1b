//! Hook that tells of runs that fail: a message to a web address, in the form that Microsoft Teams takes.
//!
//! Invariant: no credential may be in the message, and the address, which is one, in no output. A hook that fails costs
//! a warning, never the run: the exit status stays the run's.

use super::output::Output;
use crate::error::{Error, Result};
use crate::printable::one_line;
use crate::secret::Secret;
use crate::settings::variable_or_file;
use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};
use std::time::Duration;

/// The variable that holds the address, which can be in a file as well.
const VARIABLE: &str = "CW_ON_FAILURE_WEBHOOK";
/// Time that a message may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Maximum length of the message's text, in characters.
const LONGEST: usize = 4_000;

/// Who is told of a failure.
#[derive(Debug, Clone, Args)]
pub(super) struct FailureHookArgs {
    /// Web address that is told when a run fails, e.g. that of a Teams workflow (a secret: better in the environment,
    /// or in a file that CW_ON_FAILURE_WEBHOOK_FILE names)
    #[arg(long, env = VARIABLE, hide_env_values = true, value_name = "URL")]
    on_failure_webhook: Option<Secret>,
}

/// Reads an address, which is not repeated where it is wrong.
fn address(text: &Secret) -> Result<Url> {
    let wrong = |why: &str| Error::Usage(format!("--on-failure-webhook (or {VARIABLE}, or its file): {why}"));
    let url = Url::parse(text.expose().trim()).map_err(|error| wrong(&format!("it is no web address: {error}")))?;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        _ => Err(wrong("expected https://… (http is taken for this machine)")),
    }
}

impl FailureHookArgs {
    /// Reads the address, where there is one: as it was given, else from its file.
    ///
    /// # Errors
    /// [`Error::Usage`] where it is none, or the file can't be read.
    pub(super) fn hook(&self) -> Result<FailureHook> {
        let given = match &self.on_failure_webhook {
            Some(given) => Some(given.clone()),
            None => variable_or_file(VARIABLE)?.map(Secret::new),
        };
        given.as_ref().map(address).transpose().map(FailureHook)
    }
}

/// The web address that is told, where there is one.
pub(super) struct FailureHook(Option<Url>);

impl FailureHook {
    /// Tells of a command that failed, with what it says of itself.
    pub(super) async fn tell(&self, told: &Failure<'_>, output: &mut Output) {
        let Some(address) = &self.0 else { return };
        if let Err(error) = send(address, &told.message()).await {
            output.warning(format!("the failure webhook could not be told: {error}"));
        }
    }
}

/// What is told of a failure.
#[derive(Debug)]
pub(super) struct Failure<'a> {
    /// The command, e.g. `run`.
    pub(super) command: &'a str,
    /// The lakehouse.
    pub(super) lakehouse: &'a str,
    /// The run, where it began.
    pub(super) run: Option<&'a str>,
    /// The exit status.
    pub(super) status: u8,
    /// The errors, a line each.
    pub(super) errors: String,
}

impl Failure<'_> {
    /// A message with an adaptive card.
    fn message(&self) -> Value {
        let what = match self.status {
            3 => "some entities failed, the others are whole",
            4 => "a check failed",
            _ => "failed",
        };
        let title = format!("connectwise-etl {}: {what}", self.command);
        let shown = without_secrets(self.lakehouse);
        let facts = [("Lakehouse", Some(shown.as_str())), ("Run", self.run)];
        let facts: Vec<Value> = facts
            .into_iter()
            .filter_map(|(title, value)| Some(json!({ "title": title, "value": one_line(value?) })))
            .chain(std::iter::once(json!({ "title": "Exit status", "value": self.status.to_string() })))
            .collect();
        let errors = self.errors.replace(self.lakehouse, &shown);
        let errors: String = errors.chars().take(LONGEST).collect();
        json!({
            "type": "message",
            "summary": title,
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        { "type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": true, "text": title },
                        { "type": "FactSet", "facts": facts },
                        { "type": "TextBlock", "wrap": true, "fontType": "Monospace", "text": errors },
                    ],
                },
            }],
        })
    }
}

/// Returns a location without what may be a secret in it: a password, and what comes after `?` or `#`.
fn without_secrets(location: &str) -> String {
    let Some((scheme, rest)) = location.split_once("://") else { return location.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = match host.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => host.to_owned(),
    };
    format!("{scheme}://{host}{path}")
}

async fn send(address: &Url, message: &Value) -> Result<()> {
    // An error of the client would repeat the address; what it is about is in its sources.
    let failed = |error: reqwest::Error| {
        let error = error.without_url();
        let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        let causes: String = causes.map(|cause| format!(": {cause}")).collect();
        Error::query(format!("{error}{causes}"))
    };
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        // The address is a secret, and only who was meant has the message.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .user_agent(concat!("connectwise-etl/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(failed)?;
    let answer = client.post(address.clone()).json(message).send().await.map_err(failed)?;
    let answer = answer.error_for_status().map_err(failed)?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(Error::query(format!("it answers HTTP {status}, and not that it took the message"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Answers one request with a status, and returns the request.
    async fn answer_once(status: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook?sig=s3cret", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            loop {
                let read = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&request);
                let length =
                    text.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if let (Some(length), Some((_, body))) = (length, text.split_once("\r\n\r\n"))
                    && body.len() >= length
                {
                    break;
                }
            }
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        (address, served)
    }

    async fn told_to(address: &str, failure: &Failure<'_>) -> String {
        let hook = FailureHookArgs { on_failure_webhook: Some(Secret::new(address)) };
        let said = super::super::output::SharedBuffer::default();
        let mut output = Output::to(Box::new(std::io::sink()), Box::new(said.clone()));
        hook.hook().unwrap().tell(failure, &mut output).await;
        assert!(!format!("{hook:?}").contains("s3cret"));
        String::from_utf8(said.take()).unwrap()
    }

    fn failure() -> Failure<'static> {
        let errors = "TimeEntry: HTTP 500\nInvoice: HTTP 503".to_owned();
        Failure { command: "run", lakehouse: "./lakehouse/", run: Some("20260105T060000Z-1"), status: 3, errors }
    }

    #[tokio::test]
    async fn a_failure_is_told_as_a_card() {
        let (address, served) = answer_once("202 Accepted").await;
        assert_eq!(told_to(&address, &failure()).await, "");
        let request = served.await.unwrap();
        assert!(request.starts_with("POST /hook?sig=s3cret HTTP/1.1\r\n"), "{request}");
        let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let card = &body["attachments"][0]["content"];
        assert_eq!(card["body"][0]["text"], "connectwise-etl run: some entities failed, the others are whole");
        assert_eq!(card["body"][1]["facts"][1], json!({ "title": "Run", "value": "20260105T060000Z-1" }));
        assert_eq!(card["body"][2]["text"], "TimeEntry: HTTP 500\nInvoice: HTTP 503");
    }

    #[tokio::test]
    async fn a_hook_that_fails_costs_a_warning_without_the_address() {
        let (address, served) = answer_once("403 Forbidden").await;
        let said = told_to(&address, &failure()).await;
        served.await.unwrap();
        assert!(said.contains("the failure webhook could not be told") && said.contains("403"), "{said}");
        assert!(!said.contains("s3cret") && !said.contains("127.0.0.1"), "{said}");
        let gone = "http://127.0.0.1:9/hook?sig=s3cret";
        let said = told_to(gone, &failure()).await;
        assert!(said.contains("could not be told") && !said.contains("s3cret"), "{said}");
    }

    #[tokio::test]
    async fn an_answer_that_leads_elsewhere_is_not_followed() {
        let (address, served) = answer_once("302 Found\r\nlocation: http://127.0.0.1:9/other").await;
        let said = told_to(&address, &failure()).await;
        assert!(said.contains("302") && !said.contains("s3cret"), "{said}");
        assert!(!served.await.unwrap().contains("referer"));
    }

    #[test]
    fn an_address_is_https_and_is_not_repeated() {
        use clap::Parser as _;
        for wrong in ["http://example.com/?sig=s3cret", "s3cret", "ftp://localhost/s3cret"] {
            let line = ["connectwise-etl", "run", "--on-failure-webhook", wrong];
            assert!(crate::cli::Cli::try_parse_from(line).is_ok(), "the parser would repeat what is wrong");
            let told = address(&Secret::new(wrong)).unwrap_err().to_string();
            assert!(!told.contains("s3cret") && told.contains("--on-failure-webhook"), "{told}");
        }
        assert!(address(&Secret::new("https://example.com/?sig=s3cret")).is_ok());
    }

    #[test]
    fn a_location_is_told_without_secrets() {
        for (location, shown) in [
            ("./lake?house", "./lake?house"),
            (
                "abfss://ws@onelake.dfs.fabric.microsoft.com/x/Tables",
                "abfss://ws@onelake.dfs.fabric.microsoft.com/x/Tables",
            ),
            ("az://user:s3cret@c/x#s3cret", "az://user@c/x"),
            ("https://acct.blob.core.windows.net/x?sv=1&sig=s3cret", "https://acct.blob.core.windows.net/x"),
        ] {
            assert_eq!(without_secrets(location), shown);
            let errors = format!("the lakehouse {location} is gone");
            let failure = Failure { command: "run", lakehouse: location, run: None, status: 1, errors };
            assert!(!failure.message().to_string().contains("s3cret"));
        }
    }
}
