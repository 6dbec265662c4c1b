//! What must never be seen: the credentials, in no output, log or table of a run that fails in every way at once,
//! against servers that repeat what they were sent.

use crate::logged::Logged;
use crate::support::{SMALL, Scene, client};
use connectwise_etl::client::RateLimit;
use connectwise_etl::doctor::examine;
use connectwise_etl::run::{self, Mode, Options};
use connectwise_etl::secret::Secret;
use connectwise_etl::settings::ApiSettings;
use connectwise_simulator::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Endpoints that a server in trouble answers by repeating the request.
const TROUBLE: [(&str, &str); 5] = [
    ("/time/entries", "401 Unauthorized"),
    ("/expense/entries", "403 Forbidden"),
    ("/procurement/", "500 Error"),
    ("/finance/invoices/count", "200 OK"),
    ("/finance/agreements?", "200 OK"),
];

/// Passes requests on to `to`, but for those in trouble. Returns its own address.
async fn repeating(to: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let to = to.clone();
            // A connection that breaks is one that the client closed.
            tokio::spawn(async move { drop(pass(stream, &to).await) });
        }
    });
    address
}

async fn pass(mut stream: TcpStream, to: &str) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    if let Some((_, status)) = TROUBLE.iter().find(|(endpoint, _)| path.contains(endpoint)) {
        let login = header(&head, "authorization");
        // What comes as data is quoted in the reason why it can't be read, whole or cut off in the middle.
        let body = match path {
            _ if !status.starts_with("200") => head.clone(),
            path if path.contains("/count") => format!("{{\"count\": \"{login}\"}}"),
            _ => format!("<pre>{}{login}</pre>", " ".repeat(30)),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nX-CW-Request-Id: {login}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len(),
        );
        stream.write_all(answer.as_bytes()).await?;
        return stream.shutdown().await;
    }
    let mut server = TcpStream::connect(to).await?;
    server.write_all(format!("{}\r\nConnection: close\r\n\r\n", head.trim_end()).as_bytes()).await?;
    tokio::io::copy(&mut server, &mut stream).await?;
    stream.shutdown().await
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let line = head.lines().find(|line| line.to_lowercase().starts_with(name)).unwrap_or_default();
    line.split_once(": ").map(|(_, value)| value).unwrap_or_default()
}

// One thread, so that the log is this test's own.
#[tokio::test(flavor = "current_thread")]
async fn credentials_are_nowhere_in_a_failing_run() {
    let log = Logged::start();
    let scene = Scene::new(SMALL).await;
    let config = Config::default();
    let address = repeating(scene.base_url().split('/').nth(2).unwrap().to_owned()).await;
    let base_url = format!("http://{address}/v4_6_release/apis/3.0");
    let through = client(&base_url, &config.username, &config.password, &config.client_id);
    scene
        .world()
        .put("Company", serde_json::json!({ "id": 9001, "name": { "not": "a name" }, "deletedFlag": "maybe" }));
    let options = Options { mode: Mode::Full, ..Options::default() };
    let report = run::run(Some(&through), &scene.lake, &options).await.unwrap();
    let settings = ApiSettings {
        base_url: base_url.parse().unwrap(),
        username: Secret::new(&config.username),
        password: Secret::new(&config.password),
        client_id: Secret::new(&config.client_id),
        api_version: None,
    };
    let login = settings.clone();
    let found = examine(Ok(settings), RateLimit::default(), Ok(scene.lake.clone())).await;

    let errors = report.error_text().unwrap();
    let mut seen = vec![
        ("errors", errors.clone()),
        ("doctor", format!("{found:?}")),
        ("settings", format!("{login:?} {through:?}")),
        ("log", log.text()),
    ];
    for table in ["meta.etl_run", "meta.etl_entity_run", "bronze.cw_quarantine"] {
        let rows = scene.rows(&format!("SELECT * FROM {table}")).await;
        assert!(!rows.is_empty(), "nothing in {table}");
        seen.push((table, format!("{rows:?}")));
    }
    // What is looked through has the servers' answers in it.
    for (endpoint, _) in TROUBLE {
        assert!(errors.contains(endpoint.trim_end_matches('?')), "{endpoint}: {errors}");
    }
    assert!(errors.contains("Basic ***"), "{errors}");
    assert!(seen.iter().any(|(place, text)| *place == "log" && text.contains("trying again")));
    // user:password of the simulator in base64, as it is sent, and its start.
    let sent = "ZGVtbytwdWJsaWM6ZGVtby1wcml2YXRl";
    for (place, text) in &seen {
        for secret in [config.password.as_str(), config.client_id.as_str(), &sent[..10]] {
            assert!(!text.contains(secret), "{secret} in {place}: {text}");
        }
    }
}
