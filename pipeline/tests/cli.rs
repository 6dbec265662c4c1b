//! The binary as a person meets it: what it prints where, and with which exit status.

#![expect(clippy::unwrap_used, reason = "a test that can't start its command has failed")]

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::{Command, Output};

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connectwise-etl"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in environment {
        command.env(name, value);
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}

const LOGIN: [(&str, &str); 3] =
    [("CW_AUTH_USERNAME", "a+b"), ("CW_AUTH_PASSWORD", "s3cret-key"), ("CW_CLIENTID", "c1d2e3")];

fn with_url(url: &str) -> Vec<(&str, &str)> {
    let mut environment = LOGIN.to_vec();
    environment.push(("CW_BASE_URL", url));
    environment
}

fn nothing_in(folder: &Path) -> bool {
    !folder.exists() || std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn missing_credentials_are_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let ran = run(&["run", "--lakehouse", lake.to_str().unwrap()], &[("CW_BASE_URL", "https://cw.example.com/x")]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    for name in ["CW_AUTH_USERNAME", "CW_AUTH_PASSWORD", "CW_CLIENTID"] {
        assert!(ran.err.contains(name), "{}", ran.err);
    }
    assert!(!ran.err.contains("CW_BASE_URL is not set"), "{}", ran.err);
    assert!(ran.out.is_empty());
    assert!(nothing_in(&lake));
}

#[test]
fn a_wrong_address_is_named_and_no_secret_is() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    for (url, code, word) in [
        ("no url at all", 2, "CW_BASE_URL"),
        ("http://cw.example.com/v4_6_release/apis/3.0", 2, "https"),
        ("ftp://cw.example.com/", 2, "scheme"),
    ] {
        let ran = run(&["run", "--lakehouse", lake.to_str().unwrap()], &with_url(url));
        assert_eq!(ran.code, code, "{url}: {}", ran.err);
        assert!(ran.err.contains(word), "{url}: {}", ran.err);
        assert!(!ran.err.contains("s3cret-key") && !ran.err.contains("panicked"), "{}", ran.err);
        assert_eq!(ran.err.matches("error:").count(), 1, "{}", ran.err);
    }
    assert!(nothing_in(&lake));
}

#[test]
fn where_there_are_no_tables_is_told_and_none_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().to_str().unwrap();
    for arguments in [&["query", "SELECT 1"][..], &["run", "--layers", "silver,gold"]] {
        let ran = run(&[arguments, &["--lakehouse", lake]].concat(), &[]);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("--layout") && ran.out.is_empty(), "{arguments:?}: {}", ran.err);
    }
    assert!(nothing_in(folder.path()));
}

#[test]
fn a_run_that_can_not_begin_is_a_document_too() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    // Nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v4_6_release/apis/3.0", listener.local_addr().unwrap());
    drop(listener);
    let ran = run(&["run", "--json", "--lakehouse", lake.to_str().unwrap()], &with_url(&url));
    assert_eq!(ran.code, 1, "{}", ran.err);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["status"], "failed");
    assert!(document["error"].as_str().unwrap().contains("127.0.0.1"), "{document}");
}

#[test]
fn wrong_use_is_two() {
    for arguments in [
        &["run", "--no-such-flag"][..],
        &["run", "--mode", "sometimes"],
        &["run", "--layers", "platinum"],
        &["run", "--since", "yesterday"],
        &["run", "--entities", "Tickets"],
        &["no-such-command"],
        &["classify"],
        &[],
    ] {
        let ran = run(arguments, &[]);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
    }
    // The message of an unknown entity says which there are.
    let ran = run(&["run", "--entities", "Tickets"], &[]);
    assert!(ran.err.contains("TimeEntry") && ran.err.contains("PostedInvoice"), "{}", ran.err);
}

#[test]
fn an_unwritable_lakehouse_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "not a folder").unwrap();
    for lake in [file.join("lake"), "/proc/lakehouse".into()] {
        let lake = lake.to_str().unwrap();
        let ran = run(&["run", "--lakehouse", lake], &with_url("http://127.0.0.1:9/v4_6_release/apis/3.0"));
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("can't be created") || ran.err.contains("can't be written"), "{}", ran.err);
        assert!(ran.err.contains("--lakehouse"), "{}", ran.err);
    }
    let ran = run(&["run", "--lakehouse", "gopher://x/y"], &with_url("http://127.0.0.1:9/v4_6_release/apis/3.0"));
    assert!(ran.code != 0 && ran.err.contains("scheme gopher"), "{}", ran.err);
}

#[test]
fn classify_explains_itself() {
    let ran = run(&["classify", "TÍMAPOTTUR: 20 tímar", "Ráðgjöf"], &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.is_empty(), "{}", ran.err);
    let line = |word: &str| ran.out.lines().find(|line| line.contains(word)).unwrap().to_owned();
    let pot = line("TÍMAPOTTUR");
    assert!(pot.contains("prepaid_hours") && pot.contains("never") && pot.contains("tímapottur"), "{pot}");
    let other = line("Ráðgjöf");
    assert!(other.contains("unknown") && other.contains("no rule"), "{other}");
}

#[test]
fn an_empty_place_says_how_to_fill_it() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("nowhere");
    for command in [&["status"][..], &["query", "SELECT 1"]] {
        let mut arguments = command.to_vec();
        arguments.extend(["--lakehouse", lake.to_str().unwrap()]);
        let ran = run(&arguments, &[]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("connectwise-etl demo"), "{}", ran.err);
    }
    assert!(!lake.exists());
}

#[test]
fn every_line_of_a_json_log_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let lake = lake.to_str().unwrap();
    let url = with_url("http://127.0.0.1:9/v4_6_release/apis/3.0");
    let mut by_environment = url.clone();
    by_environment.push(("CW_LOG_FORMAT", "json"));
    for (arguments, environment) in [
        (&["-vv", "--log-format", "json", "run", "--lakehouse", lake][..], &url),
        (&["run", "--lakehouse", lake], &by_environment),
        (&["--quiet", "run", "--lakehouse", lake], &by_environment),
    ] {
        let ran = run(arguments, environment);
        assert_eq!(ran.code, 1, "{}", ran.err);
        let events: Vec<serde_json::Value> = ran.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let last = events.iter().rfind(|event| event["level"] == "ERROR").unwrap();
        assert!(last["message"].as_str().unwrap().contains("CW_BASE_URL"), "{last}");
        assert!(!ran.err.contains("s3cret-key") && !ran.err.contains("c1d2e3"), "{}", ran.err);
    }
}

#[test]
fn what_is_empty_in_the_environment_is_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let empty = [
        "CW_LAYOUT",
        "CW_LOG_FORMAT",
        "CW_LOG",
        "CW_WORKERS",
        "CW_REQUESTS_PER_MINUTE",
        "CW_RECONCILE_DAYS",
        "CW_MAX_QUARANTINED",
        "CW_STAGING",
        "CW_STAGING_LIMIT_GB",
        "CW_HASH_KEY",
        "CW_AUTH_PASSWORD",
        "CW_AUTH_PASSWORD_FILE",
        "CW_ON_FAILURE_WEBHOOK_FILE",
    ];
    let mut environment: Vec<(&str, &str)> = empty.iter().map(|name| (*name, "")).collect();
    environment.extend([
        ("CW_BASE_URL", "https://cw.example.com/x"),
        ("CW_AUTH_USERNAME", "a+b"),
        ("CW_CLIENTID", "c"),
    ]);
    let lake = folder.path().join("lake");
    let ran = run(&["run", "--lakehouse", lake.to_str().unwrap()], &environment);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("CW_AUTH_PASSWORD is not set"), "{}", ran.err);
    let told =
        empty.iter().filter(|name| ran.err.contains(&format!("{name} ")) || ran.err.contains(&format!("{name}=")));
    assert_eq!(told.collect::<Vec<_>>(), [&"CW_AUTH_PASSWORD"], "{}", ran.err);
    environment.retain(|(name, _)| !matches!(*name, "CW_LAYOUT" | "CW_WORKERS" | "CW_RECONCILE_DAYS"));
    environment.extend([("CW_LAYOUT", "flat\r"), ("CW_WORKERS", " 8 "), ("CW_RECONCILE_DAYS", "\t")]);
    let ran = run(&["run", "--lakehouse", lake.to_str().unwrap()], &environment);
    assert!(ran.code == 2 && ran.err.contains("CW_AUTH_PASSWORD is not set"), "{}", ran.err);
    let help = run(&["run", "--help"], &environment);
    assert_eq!(help.code, 0, "{}", help.err);
    // Elsewhere than in the folder that is the default.
    let mut command = Command::new(env!("CARGO_BIN_EXE_connectwise-etl"));
    command.args(["status"]).env_clear().env("CW_LAKEHOUSE", "").current_dir(folder.path());
    let output = command.output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("/lakehouse"));
}

#[test]
fn what_can_not_be_meant_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    for (name, value, word) in [
        ("CW_LAYOUT", "\"flat\"", "quote"),
        ("CW_LOG_FORMAT", "'json'", "quote"),
        ("CW_WORKERS", "\"4\"", "quote"),
        ("CW_REQUESTS_PER_MINUTE", "'0'", "quote"),
        ("CW_LOG", "\"debug\"", "quote"),
        ("CW_STAGING", "\"/tmp/x\"", "quote"),
        ("CW_BASE_URL", "\"https://cw.example.com/x\"", "quote"),
        ("CW_AUTH_PASSWORD", "'s3cret-key'", "quote"),
        ("CW_STAGING_LIMIT_GB", "\"10\"", "quote"),
        ("CW_STAGING_LIMIT_GB", "ten", "number"),
        ("CW_STAGING_LIMIT_GB", "10MB", "number"),
        ("CW_STAGING_LIMIT_GB", "-1", "number"),
        ("CW_STAGING_LIMIT_GB", "0", "number"),
    ] {
        let mut environment = with_url("https://cw.example.com/x");
        environment.retain(|(known, _)| *known != name);
        environment.push((name, value));
        let ran = run(&["run", "--lakehouse", lake.to_str().unwrap()], &environment);
        assert_eq!(ran.code, 2, "{name}={value}: {}", ran.err);
        assert!(ran.err.contains(name) && ran.err.contains(word), "{name}={value}: {}", ran.err);
        assert!(!ran.err.contains("s3cret-key") && !ran.err.contains("panicked"), "{}", ran.err);
    }
    assert!(nothing_in(&lake));
    for limit in ["10GB", "0.5", " 2 GiB "] {
        let ran = run(&["run", "--lakehouse", lake.to_str().unwrap()], &[("CW_STAGING_LIMIT_GB", limit)]);
        assert!(ran.code == 2 && !ran.err.contains("CW_STAGING_LIMIT_GB"), "{limit}: {}", ran.err);
        assert!(ran.err.contains("CW_BASE_URL is not set"), "{}", ran.err);
    }
}

#[test]
fn names_in_a_list_may_have_blanks_around_them() {
    for arguments in
        [&["run", "--entities", "Company, Member"][..], &["run", "--entities", "Company", "--layers", "bronze, silver"]]
    {
        let ran = run(arguments, &[]);
        assert!(ran.code == 2 && ran.err.contains("CW_BASE_URL is not set"), "{}", ran.err);
    }
    let ran = run(&["run", "--entities", ""], &[]);
    assert!(ran.code == 2 && ran.err.contains("TimeEntry"), "{}", ran.err);
}

/// Answers every request with the same error, for as long as the test runs.
fn refusing(message: &str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v4_6_release/apis/3.0", listener.local_addr().unwrap());
    let body = serde_json::json!({ "code": "Odd", "message": message }).to_string();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut reader = std::io::BufReader::new(connection);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
                line.clear();
            }
            let answer = format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            // Who does not want the answer does without.
            let _ = reader.into_inner().write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn nothing_that_a_server_says_moves_the_cursor_or_begins_a_line() {
    let url = refusing("bad\u{1b}[2J\u{9b}31m\r\nerror: forged\tby\0the server\n✓ forged");
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let lake = lake.to_str().unwrap();
    for arguments in [
        &["-vv", "extract", "/service/tickets"][..],
        &["-vv", "doctor", "--lakehouse", lake],
        &["-vv", "run", "--lakehouse", lake],
        &["run", "--dry-run", "--lakehouse", lake],
    ] {
        let ran = run(arguments, &with_url(&url));
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains("forged") && ran.code != 0, "{arguments:?}: {said}");
        for line in said.lines() {
            let odd = line.chars().find(|letter| letter.is_control());
            assert!(odd.is_none() && !line.starts_with("error: forged") && !line.starts_with("✓ forged"), "{line:?}");
        }
    }
}
