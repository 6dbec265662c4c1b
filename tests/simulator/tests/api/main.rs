//! The simulator from the outside, as a client of the API sees it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod filters;
mod invoices;
mod paging;
mod records;
mod world;

use connectwise_simulator::{Config, Simulator};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::io::Read as _;

/// A simulator and someone who talks to it.
struct Session {
    simulator: Simulator,
    client: Client,
    config: Config,
}

impl Session {
    async fn start() -> Self {
        Self::with(Config::default()).await
    }

    async fn with(config: Config) -> Self {
        let simulator = Simulator::start(config.clone()).await.unwrap();
        Self { simulator, client: Client::new(), config }
    }

    fn request(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        self.client
            .get(format!("{}{path}", self.simulator.base_url()))
            .basic_auth(&self.config.username, Some(&self.config.password))
            .header("clientId", &self.config.client_id)
            .query(query)
    }

    async fn response(&self, path: &str, query: &[(&str, &str)]) -> Response {
        self.request(path, query).send().await.unwrap()
    }

    /// The answer to a request that goes well.
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let response = self.response(path, query).await;
        assert_eq!(response.status(), StatusCode::OK, "{path} {query:?}");
        response.json().await.unwrap()
    }

    async fn count(&self, path: &str, conditions: &str) -> u64 {
        self.get(&format!("{path}/count"), &[("conditions", conditions)]).await["count"].as_u64().unwrap()
    }
}

/// The ids of a page.
fn ids(page: &Value) -> Vec<i64> {
    page.as_array().unwrap().iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

/// The address that a response links to.
fn link(response: &Response, relation: &str) -> Option<String> {
    let links = response.headers().get("link")?.to_str().unwrap();
    let link = links.split(", ").find(|link| link.ends_with(&format!("rel=\"{relation}\"")))?;
    Some(link.split_once('<')?.1.split_once('>')?.0.to_owned())
}

#[tokio::test]
async fn a_login_is_needed_and_errors_have_the_form_of_the_api() {
    let session = Session::start().await;
    let url = format!("{}/system/info", session.simulator.base_url());
    let login = |password: &str| session.client.get(&url).basic_auth(&session.config.username, Some(password));
    let requests = [
        login("wrong").header("clientId", &session.config.client_id),
        login(&session.config.password),
        login(&session.config.password).header("clientId", "another"),
        session.client.get(&url).header("clientId", &session.config.client_id),
    ];
    for request in requests {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let error: Value = response.json().await.unwrap();
        assert!(error["code"].is_string() && error["message"].is_string() && error["errors"].is_array(), "{error}");
    }
    let response = session.response("/system/info", &[]).await;
    assert_eq!(response.headers()["api-current-version"], "2025.1");
    assert!(response.headers().contains_key("x-cw-request-id"));
    let info: Value = response.json().await.unwrap();
    assert_eq!((&info["version"], &info["isCloud"]), (&"v2025.1.10333".into(), &false.into()));
}

#[tokio::test]
async fn what_is_not_there_is_a_404_and_what_is_too_long_a_414() {
    let session = Session::start().await;
    for path in ["/company/contacts", "/time/entries/999999", "/time/entries/abc", "/time", "/time/entries/14"] {
        let response = session.response(path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(response.json::<Value>().await.unwrap()["code"].is_string(), "{path}");
    }
    let long = "id,".repeat(800);
    assert_eq!(session.response("/time/entries", &[("fields", &long)]).await.status(), StatusCode::URI_TOO_LONG);
    let response = session.client.post(format!("{}/time/entries", session.simulator.base_url()));
    let response = response
        .basic_auth(&session.config.username, Some(&session.config.password))
        .header("clientId", &session.config.client_id);
    assert_eq!(response.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}

/// The same request of someone who can unpack.
fn asking_for_gzip(mut request: reqwest::Request) -> reqwest::Request {
    request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
    request
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
    unpacked
}

#[tokio::test]
async fn large_bodies_are_packed_for_those_who_can_unpack() {
    let session = Session::start().await;
    let request = session.request("/time/entries", &[("pageSize", "50")]).build().unwrap();
    let unpacked = session.client.execute(request.try_clone().unwrap()).await.unwrap();
    assert!(!unpacked.headers().contains_key("content-encoding"));
    let unpacked = unpacked.bytes().await.unwrap();
    let packed = session.client.execute(asking_for_gzip(request)).await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    assert!(packed.len() < unpacked.len() / 3);
    assert_eq!(unpack(&packed), unpacked);
}

#[tokio::test]
async fn the_log_tells_what_was_asked() {
    let session = Session::start().await;
    session.get("/time/entries", &[("conditions", "id > 5"), ("pageSize", "1")]).await;
    session.get("/time/entries/count", &[]).await;
    session.get("/time/entries/1", &[]).await;
    session.response("/nothing", &[]).await;
    let world = session.simulator.world();
    let log = world.requests();
    assert_eq!(log.total, 4);
    assert_eq!((log.count("/time/entries", "list"), log.count("/time/entries", "get")), (1, 1));
    let first = log.of("/time/entries").next().unwrap();
    assert_eq!(first.parameter("conditions"), Some("id > 5"));
    assert_eq!((first.status, first.method.as_str()), (200, "GET"));
    assert!(first.headers.contains_key("accept"));
    assert_eq!(log.lines.back().unwrap().status, 404);
    assert!(!format!("{log:?}").contains(&session.config.password));
    world.clear_requests();
    assert_eq!(world.requests().total, 0);
}

#[tokio::test]
async fn a_simulator_that_stops_leaves_its_port() {
    let session = Session::start().await;
    session.get("/system/info", &[]).await;
    let url = session.simulator.base_url();
    session.simulator.stop().await;
    assert!(Client::new().get(url).send().await.is_err());
    let taken = Simulator::start(Config::default()).await.unwrap();
    let port = taken.base_url().split(['/', ':']).nth(4).unwrap().parse().unwrap();
    let error = Simulator::start(Config { port, ..Config::default() }).await.unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
