//! Spans on their way to a collector: `cargo test -p connectwise-etl --features otlp --test otlp`.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use connectwise_simulator::{Config, Counts, Scale, Simulator};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc;

/// A collector that takes anything; gives its address and what it is sent, path and body.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            stream.read_exact(&mut body).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            if sender.send((path, body)).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_reach_the_collector_before_the_command_ends() {
    let counts = Counts { companies: 3, members: 2, ..Counts::default() };
    let config = Config { scale: Scale::Custom(counts), ..Config::default() };
    let simulator = Simulator::start(config.clone()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = |endpoint: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_connectwise-etl"));
        command
            .args(["run", "--entities", "Company", "--layers", "bronze,silver", "--lakehouse"])
            .arg(folder.path().join("lake"))
            .env_clear()
            .env("CW_BASE_URL", simulator.base_url())
            .env("CW_AUTH_USERNAME", &config.username)
            .env("CW_AUTH_PASSWORD", &config.password)
            .env("CW_CLIENTID", &config.client_id);
        if let Some(endpoint) = endpoint {
            command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        }
        command.output().unwrap()
    };
    let (address, sent) = collector();
    let done = run(Some(&address));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    let sent: Vec<(String, Vec<u8>)> = sent.try_iter().collect();
    assert!(!sent.is_empty() && sent.iter().all(|(path, _)| path == "/v1/traces"), "{} batches: {said}", sent.len());
    let all: Vec<u8> = sent.into_iter().flat_map(|(_, body)| body).collect();
    for text in ["connectwise-etl", "run", "entity", "Company", "request", "/company/companies/count", "table"] {
        assert!(contains(&all, text), "no {text} in {} bytes", all.len());
    }
    for secret in [&config.password, &config.client_id] {
        assert!(!contains(&all, secret), "a secret went out");
    }

    // A collector that is away is a warning; one that no one names is nothing at all.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let done = run(Some(&format!("http://{closed}")));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.contains("collector does not take spans"), "{said}");
    let done = run(None);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && !said.contains("collector"), "{said}");
    simulator.stop().await;
}
