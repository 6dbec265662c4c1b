//! Every switch, seen from a client.

use std::time::{Duration, Instant};

use connectwise_simulator::{AdvanceRequest, Fault, Faults, Meddling, When};
use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::{Session, asking_for_gzip, ids, unpack};

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
            let request = session.request(LIST, &[("pageSize", "200")]).build().unwrap();
            let request = if packed { asking_for_gzip(request) } else { request };
            let body = match session.client.execute(request).await {
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
async fn answers_that_come_drop_by_drop() {
    let session = struck(Fault::Drip { bytes: 400, pause: 5 }).await;
    let start = Instant::now();
    let body = session.get(LIST, &[("pageSize", "2"), ("fields", "id,notes,company")]).await;
    assert_eq!(ids(&body).len(), 2);
    assert!(start.elapsed() >= Duration::from_millis(5));
    is_well(&session).await;
}

#[tokio::test]
async fn small_bodies_that_are_large() {
    let session = struck(Fault::GzipBomb { mebibytes: 5 }).await;
    let packed = session.response(LIST, &[]).await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    assert!(packed.len() < 50_000);
    assert_eq!(unpack(&packed).len(), 5 << 20);
    is_well(&session).await;
}

#[tokio::test]
async fn redirects_to_another_host() {
    let session = struck(Fault::Redirect { port: 9 }).await;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = session.request(LIST, &[]).build().unwrap();
    let response = client.execute(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], "http://localhost:9/v4_6_release/apis/3.0/time/entries");
    is_well(&session).await;
}

#[tokio::test]
async fn too_many_requests_until_an_instant_of_the_servers_clock() {
    let session = struck(Fault::TooManyRequestsUntil { seconds: 90 }).await;
    let response = session.response(LIST, &[]).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["date"], "Mon, 05 Jan 2026 06:00:00 GMT");
    assert_eq!(response.headers()["retry-after"], "Mon, 05 Jan 2026 06:01:30 GMT");
    is_well(&session).await;
}

#[tokio::test]
async fn records_that_change_while_they_are_read() {
    let session = Session::start().await;
    let advance =
        AdvanceRequest { hours: 0.1, add: 3, entities: vec!["TimeEntry".to_owned()], ..AdvanceRequest::default() };
    let meddling = Meddling { endpoint: "/time".to_owned(), every: 1, times: 2, advance };
    session.simulator.world().faults(Faults::default().with_meddling(meddling));
    let mut counts = Vec::new();
    for _ in 0..4 {
        session.get(LIST, &[("pageSize", "1")]).await;
        counts.push(session.count(LIST, "").await);
    }
    assert_eq!(counts, [5_000, 5_003, 5_006, 5_006]);
}

#[tokio::test]
async fn filters_that_find_nothing() {
    let session = Session::start().await;
    let since = "lastUpdated >= [1970-01-01T00:00:00Z]";
    assert_eq!(session.count(LIST, since).await, 5_000);
    session.simulator.world().faults(Faults::default().with_deaf_last_updated("/time"));
    for condition in [since, "_info/lastUpdated >= [1970-01-01T00:00:00Z]"] {
        assert_eq!(session.count(LIST, condition).await, 0);
        assert!(ids(&session.get(LIST, &[("conditions", condition)]).await).is_empty());
    }
    is_well(&session).await;
}

#[tokio::test]
async fn records_without_their_info_and_flags_without_a_new_time() {
    let session = Session::start().await;
    let world = session.simulator.world();
    world.faults(Faults::default().without_info("/company/companies"));
    let since = ("conditions", "lastUpdated >= [1970-01-01T00:00:00Z]");
    let page = session.get("/company/companies", &[since, ("orderBy", "lastUpdated desc")]).await;
    assert!(page.as_array().unwrap().iter().all(|record| record.get("_info").is_none() && record["id"].is_i64()));
    assert!(session.get("/company/companies/1", &[]).await.get("_info").is_none());
    assert!(session.get(LIST, &[]).await[0].get("_info").is_some());
    world.faults(Faults::default());
    let before = world.record("Company", 1).unwrap();
    assert!(world.set_quietly("Company", 1, "deletedFlag", true.into()));
    let after = session.get("/company/companies/1", &[]).await;
    assert_eq!((&after["deletedFlag"], &after["_info"]), (&true.into(), &before["_info"]));
    assert!(!world.set_quietly("Company", 999_999, "deletedFlag", true.into()));
    is_well(&session).await;
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
async fn a_login_without_the_right_sees_no_record_and_an_id_may_be_below_one() {
    let session = Session::start().await;
    let world = session.simulator.world();
    world.put("TimeEntry", serde_json::json!({ "id": -1 }));
    assert_eq!(ids(&session.get(LIST, &[("pageSize", "3")]).await), [-1, 1, 2]);
    assert_eq!(session.count(LIST, "id < 1").await, 1);
    world.faults(Faults::default().blind("/time"));
    assert!(ids(&session.get(LIST, &[("conditions", "id > 5")]).await).is_empty());
    assert_eq!(session.count(LIST, "").await, 0);
    assert!(!ids(&session.get("/company/companies", &[]).await).is_empty());
    world.faults(Faults::default());
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

#[tokio::test]
async fn a_record_over_which_the_server_stumbles() {
    let session = Session::start().await;
    // The last record of a page.
    let bad = ids(&session.get(LIST, &[("pageSize", "37"), ("fields", "id")]).await)[36];
    let faults = Faults::default().with_stumble("/time", bad, true).with_stumble("/company", 3, false);
    session.simulator.world().faults(faults);
    let status = async |path: &str, query: &[(&str, &str)]| session.response(path, query).await.status();
    assert_eq!(status(LIST, &[("pageSize", "37")]).await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(status(&format!("/time/entries/{bad}"), &[]).await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(status(LIST, &[("pageSize", "36")]).await, StatusCode::OK);
    assert_eq!(status(LIST, &[("conditions", &format!("id != {bad}")), ("pageSize", "100")]).await, StatusCode::OK);
    assert_eq!(ids(&session.get(LIST, &[("pageSize", "37"), ("fields", "id")]).await).len(), 37);
    assert_eq!(status("/company/companies", &[("fields", "id")]).await, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn small_pages_and_another_version() {
    let session = Session::start().await;
    session.simulator.world().faults(Faults::default().with_most_on_a_page(20));
    assert_eq!(session.response(LIST, &[("pageSize", "21")]).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(ids(&session.get(LIST, &[("pageSize", "20")]).await).len(), 20);
    session.simulator.world().faults(Faults::default().with_version("2024.3", 406));
    let response = session.response(LIST, &[]).await;
    assert_eq!(response.status(), StatusCode::NOT_ACCEPTABLE);
    assert_eq!(response.headers().get_all("api-current-version").iter().collect::<Vec<_>>(), ["2024.3"]);
    let request = session.request(LIST, &[]).header("accept", "application/vnd.connectwise.com+json; version=2024.3");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}
