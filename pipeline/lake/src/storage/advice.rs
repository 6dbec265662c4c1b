//! Failures of the storage in one line: what happened, where, and what to do.
//!
//! The storage's own texts are kept as the source of an error. They run over lines of XML, and name neither cause nor
//! remedy.

use std::error::Error;

/// Any error; declared here, since the errors of this crate are put into words here.
type BoxError = Box<dyn Error + Send + Sync>;

/// Words with which the storage layer begins the text of a request that failed.
const REQUEST: &str = "Error performing ";

/// Failure of a request, with cause and advice.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Advised {
    text: String,
    source: BoxError,
}

/// Causes by the words that tell them, in lower case, each with advice.
const CAUSES: [(&[&str], &str, &str); 14] = [
    (
        &["certificate", "unknownissuer"],
        "the storage's certificate is not trusted",
        "check the address; where a proxy inspects traffic, name its certificate with --storage-option \
         proxy_ca_certificate=…",
    ),
    (&["dns error", "failed to lookup address"], "its host is not known", "check the address, and the network's DNS"),
    (&["connection refused"], "nothing answers there", "check the address and port, and firewalls on the way"),
    (
        &["aadsts7000215", "aadsts7000222", "invalid_client"],
        "the service principal's secret was refused",
        "check AZURE_CLIENT_SECRET: it is the secret's value, not its id, and it may have expired",
    ),
    (
        &["aadsts700016", "unauthorized_client"],
        "the service principal is not known in this tenant",
        "check AZURE_CLIENT_ID and AZURE_TENANT_ID",
    ),
    (&["aadsts90002", "aadsts900023"], "the tenant is not known", "check AZURE_TENANT_ID"),
    (
        &["401 unauthorized", "status code: 401"],
        "the login was refused (401)",
        "get a new token: it may have ended, or be for another resource than https://storage.azure.com",
    ),
    (
        &["403 forbidden", "status code: 403"],
        "the login has no right there, or its key is wrong (403)",
        "give it the role Contributor in the Fabric workspace, or Storage Blob Data Contributor on the container",
    ),
    (
        &["containernotfound", "filesystemnotfound", "workspacenotfound"],
        "the workspace or container does not exist (404)",
        "check its name; a lakehouse is made in Fabric, and a container in Azure, before the first run",
    ),
    (
        &[".parquet"],
        "a file of an earlier version was deleted meanwhile",
        "run again; keep old versions longer with maintain --retention-hours",
    ),
    (
        &["404 not found", "status code: 404"],
        "the workspace or item does not exist (404)",
        "check the names in the address; a lakehouse is made in Fabric before the first run",
    ),
    (
        &["429 too many", "503 service unavailable", "status code: 429", "status code: 503"],
        "the storage was too busy for longer than a request is repeated",
        "run again later",
    ),
    (
        &["status code: 500", "status code: 502", "status code: 504"],
        "the storage failed for longer than a request is repeated",
        "run again later",
    ),
    (
        &["timed out", "timeout", "error trying to connect", "connect error", "tcp connect"],
        "the storage can't be reached",
        "check the network, and firewalls on the way",
    ),
];

/// Whole text of an error: its own and its sources'.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Text of a failed request in one line; `None` for other errors.
fn advice(text: &str) -> Option<String> {
    let text = &without_retries(text);
    let at = text.find(REQUEST)?;
    let lower = text.to_ascii_lowercase();
    let is_missing = lower.contains("status code: 404");
    let is_told = |words: &&(&[&str], &str, &str)| {
        words.0.iter().any(|word| lower.contains(word) && (*word != ".parquet" || is_missing))
    };
    let host = host_in(text.get(at..)?);
    let place = host.map(|host| format!(" ({host})")).unwrap_or_default();
    let code = within(text, "<Code>", "</Code>").map(|code| format!(" [{code}]")).unwrap_or_default();
    Some(match CAUSES.iter().find(is_told) {
        Some((_, cause, advice)) => format!("{cause}{place}{code}: {advice}"),
        None => {
            let words = text.get(at..)?.split(['\n', '<']).next().unwrap_or_default();
            let words: String = words.trim().chars().take(300).collect();
            format!("a request to the storage failed{place}{code}: {words}")
        }
    })
}

/// Cuts out how often a request was repeated: its words look like causes.
fn without_retries(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(", after ") {
        kept.push_str(before);
        match after.split_once(" - ").filter(|(retries, _)| retries.contains("max_retries")) {
            Some((_, cause)) => {
                kept.push_str(" - ");
                rest = cause;
            }
            None => {
                kept.push_str(", after ");
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept
}

fn within<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = text.split_once(from)?.1;
    Some(rest.split_once(to)?.0)
}

fn host_in(text: &str) -> Option<&str> {
    let rest = text.split_once("://")?.1;
    rest.split(['/', '?', ' ']).next().filter(|host| !host.is_empty())
}

/// Puts a failed request of the storage into words; other errors stay as they are.
pub(in super::super) fn advised(source: BoxError) -> BoxError {
    match advice(&chain(source.as_ref())) {
        Some(text) => Box::new(Advised { text, source }),
        None => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_request_is_one_line_with_cause_and_advice() {
        let of = |tail: &str| {
            let text = format!(
                "Generic MicrosoftAzure error: Error performing GET https://onelake.blob.fabric.microsoft.com/ws?comp=list \
                 in 3.2s - {tail}"
            );
            let told = advised(text.into()).to_string();
            assert!(!told.contains(['\n', '<']) && told.len() < 320, "{told}");
            assert!(told.contains("onelake.blob.fabric.microsoft.com"), "{told}");
            told
        };
        for (tail, cause, advice) in [
            ("HTTP error: error sending request: invalid peer certificate: UnknownIssuer", "not trusted", "proxy_ca"),
            ("HTTP error: error sending request: client error: dns error: no such host", "host is not known", "DNS"),
            ("HTTP error: tcp connect error: Connection refused (os error 111)", "nothing answers", "port"),
            ("Server returned non-2xx status code: 401 Unauthorized: ", "refused (401)", "new token"),
            ("Server returned non-2xx status code: 403 Forbidden: <Code>X</Code>\n<Message>a\nb", "[X]", "Contributor"),
            (
                "Server returned non-2xx status code: 404 Not Found: <Code>ContainerNotFound</Code>",
                "exist (404)",
                "name",
            ),
            ("Server returned non-2xx status code: 400 Bad Request: AADSTS7000215: bad", "secret was refused", "value"),
            ("Server returned non-2xx status code: 418 Teapot: <Code>T</Code>\nmore", "[T]", "418 Teapot"),
        ] {
            let told = of(tail);
            assert!(told.contains(cause) && told.contains(advice), "{tail}: {told}");
        }
        let repeated = "Server returned non-2xx status code: 500 Internal Server Error: ";
        let many =
            format!("GET https://h/x in 300s, after 60 retries, max_retries: 99, retry_timeout: 300s  - {repeated}");
        let told = advised(format!("Error performing {many}").into()).to_string();
        assert!(told.contains("failed for longer") && !told.contains("reached"), "{told}");
        let gone = "Error performing GET https://h/t/part-1.parquet in 1s - Server returned non-2xx status code: 404 Not \
                    Found: <Code>BlobNotFound</Code>";
        assert!(advised(gone.into()).to_string().contains("deleted meanwhile"));
        let other = advised("a column is missing".into()).to_string();
        assert_eq!(other, "a column is missing");
    }
}
