//! Every switch, seen from a client.

use std::time::{Duration, Instant};

use connectwise_simulator::{Fault, Faults, When};
use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::{Session, ids};

const LIST: &str = "/time/entries";

async fn struck(fault: Fault) -> Session {
    let session = Session::start().await;
    session.simulator.world().faults(Faults::default().with("", When::Next(1), fault));
    session
}

/// After the fault the server is well again.
async fn is_well(session: &Session) {
    assert_eq!(ids(&session.get(LIST, &[("pageSize", "50")]).await).len(), 50);
}

#[tokio::test]
async fn too_many_requests() {
    let session = struck(Fault::TooManyRequests { retry_after: 3 }).await;
    let response = session.response(LIST, &[]).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "3");
    let body: Value = response.json().await.unwrap();
    assert!(body["error"].is_string() && body.get("code").is_none());
    assert_eq!(body["message"], "Too many requests. Please try again in 3 seconds.");
    is_well(&session).await;
}

#[tokio::test]
async fn errors_of_the_server_and_missing_rights() {
    for (fault, status) in [
        (Fault::ServerError { status: 500 }, StatusCode::INTERNAL_SERVER_ERROR),
        (Fault::ServerError { status: 503 }, StatusCode::SERVICE_UNAVAILABLE),
        (Fault::Forbidden, StatusCode::FORBIDDEN),
    ] {
        let session = struck(fault).await;
        let response = session.response(LIST, &[]).await;
        assert_eq!(response.status(), status);
        assert!(response.json::<Value>().await.unwrap()["errors"].is_array());
        is_well(&session).await;
    }
}

#[tokio::test]
async fn connections_that_break() {
    for fault in [Fault::Reset, Fault::TruncatedMismatch] {
        for packed in [true, false] {
            let session = struck(fault).await;
            let client = if packed { Client::new() } else { Client::builder().no_gzip().build().unwrap() };
            let request = session.request(LIST, &[("pageSize", "200")]).build().unwrap();
            let body = match client.execute(request).await {
                Ok(response) => response.bytes().await,
                Err(error) => Err(error),
            };
            assert!(body.is_err(), "{fault:?} {packed}");
            is_well(&session).await;
        }
    }
}

#[tokio::test]
async fn bodies_that_are_cut() {
    let session = struck(Fault::Truncated).await;
    let response = session.response(LIST, &[("pageSize", "200")]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.bytes().await.unwrap();
    assert!(body.starts_with(b"[{") && serde_json::from_slice::<Value>(&body).is_err());
    is_well(&session).await;
}

#[tokio::test]
async fn pages_for_people() {
    let session = struck(Fault::Html).await;
    let response = session.response(LIST, &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(response.text().await.unwrap().contains("<html>"));
    is_well(&session).await;
}

#[tokio::test]
async fn answers_that_come_late() {
    let session = struck(Fault::Delay { millis: 300 }).await;
    let start = Instant::now();
    is_well(&session).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn rows_that_come_twice_and_counts_that_lie() {
    let session = Session::start().await;
    let faults = Faults::default().with("/time", When::Next(1), Fault::DuplicateRow).with(
        "/time",
        When::Next(1),
        Fault::WrongCount { by: -7 },
    );
    session.simulator.world().faults(faults);
    let page = ids(&session.get(LIST, &[("pageSize", "10")]).await);
    assert_eq!((page.len(), page[0]), (11, page[1]));
    assert_eq!(session.count(LIST, "").await, 4_993);
    assert_eq!(session.count(LIST, "").await, 5_000);
    is_well(&session).await;
}

#[tokio::test]
async fn faults_keep_to_their_endpoint_and_are_in_the_log() {
    let session = Session::start().await;
    let world = session.simulator.world();
    world.faults(Faults::default().with("/finance/invoices", When::Always, Fault::Forbidden).with_kind(
        "/time",
        "count",
        When::Every(1),
        Fault::ServerError { status: 500 },
    ));
    assert_eq!(session.response("/finance/invoices/1", &[]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(session.response("/finance/agreements", &[]).await.status(), StatusCode::OK);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(session.response("/time/entries/count", &[]).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 500, 200, 500]);
    let log = world.requests();
    assert_eq!(log.of("/finance/invoices").next().unwrap().fault.as_deref(), Some("Forbidden"));
    world.faults(Faults::default());
    assert_eq!(session.response("/finance/invoices", &[]).await.status(), StatusCode::OK);
}
