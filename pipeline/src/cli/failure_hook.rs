//! Hook that tells of runs that fail: a message to a web address, in the form that Microsoft Teams takes.
//!
//! Invariant: no credential may be in the message, and the address, which is one, in no output. A hook that fails costs
//! a warning, never the run: the exit status stays the run's.

use super::output::Output;
use crate::error::{Error, Result};
use crate::printable::one_line;
use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};
use std::time::Duration;

/// Time that a message may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Maximum length of the message's text, in characters.
const LONGEST: usize = 4_000;

/// Who is told of a failure.
#[derive(Debug, Clone, Args)]
pub(super) struct FailureHookArgs {
    /// Web address that is told when a run fails, e.g. that of a Teams workflow (a secret: better in the environment)
    #[arg(
        long,
        env = "CW_ON_FAILURE_WEBHOOK",
        hide_env_values = true,
        value_name = "URL",
        value_parser = parse_address
    )]
    on_failure_webhook: Option<Address>,
}

/// Address that is never printed.
#[derive(Clone)]
struct Address(Url);

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

fn parse_address(text: &str) -> std::result::Result<Address, String> {
    // The text may be a secret: it is not repeated.
    let url = Url::parse(text.trim()).map_err(|error| format!("it is no web address: {error}"))?;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(Address(url)),
        "http" if is_here => Ok(Address(url)),
        _ => Err("expected https://… (http is taken for this machine)".to_owned()),
    }
}

impl FailureHookArgs {
    /// Tells of a command that failed, with what it says of itself.
    pub(super) async fn tell(&self, told: &Failure<'_>, output: &mut Output) {
        let Some(Address(address)) = &self.on_failure_webhook else { return };
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
        let facts = [("Lakehouse", Some(self.lakehouse)), ("Run", self.run)];
        let facts: Vec<Value> = facts
            .into_iter()
            .filter_map(|(title, value)| Some(json!({ "title": title, "value": one_line(value?) })))
            .chain(std::iter::once(json!({ "title": "Exit status", "value": self.status.to_string() })))
            .collect();
        let errors: String = self.errors.chars().take(LONGEST).collect();
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

async fn send(address: &Url, message: &Value) -> Result<()> {
    // An error of the client would repeat the address.
    let failed = |error: reqwest::Error| Error::query(error.without_url());
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .user_agent(concat!("connectwise-etl/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(failed)?;
    let answer = client.post(address.clone()).json(message).send().await.map_err(failed)?;
    answer.error_for_status().map(|_| ()).map_err(failed)
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
        let hook = FailureHookArgs { on_failure_webhook: Some(parse_address(address).unwrap()) };
        let said = super::super::output::SharedBuffer::default();
        let mut output = Output::to(Box::new(std::io::sink()), Box::new(said.clone()));
        hook.tell(failure, &mut output).await;
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

    #[test]
    fn an_address_is_https_and_is_not_repeated() {
        for wrong in ["http://example.com/?sig=s3cret", "s3cret", "ftp://localhost/s3cret", ""] {
            assert!(!parse_address(wrong).unwrap_err().contains("s3cret"), "{wrong}");
        }
        assert!(parse_address("https://example.com/?sig=s3cret").is_ok());
    }
}
