//! How the API is asked: where it is, how often, and when it is enough.

use crate::support::{EMPTY, RETRY, SMALL, Scene, settings};
use connectwise_etl::client::{Client, ClientError, Limits, RateLimit, Request, RequestStats};
use connectwise_etl::run::{self, Options};
use connectwise_simulator::{Fault, Faults, When};
use std::time::{Duration, Instant};

async fn count(client: &Client, endpoint: &str) -> Result<u64, ClientError> {
    client.count(endpoint, None, &RequestStats::default()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codebase_is_looked_up_at_the_start_and_again_when_it_moves() {
    let scene = Scene::new(SMALL).await;
    let base = scene.base_url();
    let host = base.strip_suffix("/v4_6_release/apis/3.0").unwrap();
    let client = Client::new(settings(host), RETRY).unwrap();
    let companies = 12;
    assert_eq!(count(&client, "/company/companies").await.unwrap(), companies);
    for codebase in ["v2025_2", "v2026_1"] {
        scene.world().move_to(codebase);
        assert_eq!(count(&client, "/company/companies").await.unwrap(), companies, "{codebase}");
        assert_eq!(client.base_url().as_str(), format!("{host}/{codebase}/apis/3.0"));
    }
    // An address with nothing at it is no reason to ask again and again.
    let look_ups = || scene.world().requests().lines.iter().filter(|line| line.kind == "companyinfo").count();
    for _ in 0..3 {
        assert!(matches!(count(&client, "/no/such/list").await, Err(ClientError::NotFound { .. })));
    }
    assert_eq!(look_ups(), 4, "one each: the bare host, two that were left, the last");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_during_a_run_costs_nothing_but_requests() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    scene.world().move_to("v2025_2");
    scene.incremental().await;
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_timeentry").await, "400");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_break_that_the_api_asks_for_is_kept() {
    let scene = Scene::new(SMALL).await;
    scene.world().faults(Faults::default().with("", When::Next(1), Fault::TooManyRequests { retry_after: 1 }));
    let began = Instant::now();
    count(&scene.client, "/company/companies").await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());

    scene.world().clear_requests();
    scene.world().faults(Faults::default().with("", When::Next(1), Fault::TooManyRequests { retry_after: 7200 }));
    let began = Instant::now();
    for endpoint in ["/company/companies", "/time/entries"] {
        let error = count(&scene.client, endpoint).await.unwrap_err();
        assert!(matches!(error, ClientError::HeldOff { minutes: 120, .. }), "{error}");
        assert!(error.to_string().contains("CW_REQUESTS_PER_MINUTE"), "{error}");
    }
    assert_eq!(scene.world().requests().total, 1, "asked all the same");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_of_none_is_no_leave_to_hammer() {
    let scene = Scene::new(EMPTY).await;
    scene.world().faults(Faults::default().with("", When::Always, Fault::TooManyRequests { retry_after: 0 }));
    let retry = connectwise_etl::client::RetryPolicy { base: Duration::from_millis(100), tries: 4, ..RETRY };
    let retry = connectwise_etl::client::RetryPolicy { cap: Duration::from_secs(1), ..retry };
    let client = Client::new(settings(&scene.base_url()), retry).unwrap();
    let began = Instant::now();
    assert!(matches!(count(&client, "/company/companies").await, Err(ClientError::GaveUp { tries: 4, .. })));
    // Half of 100, 200 and 400 ms is the least that jitter leaves.
    assert!(began.elapsed() >= Duration::from_millis(350), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slash_at_the_end_makes_no_difference_to_a_count() {
    let scene = Scene::new(SMALL).await;
    assert_eq!(count(&scene.client, "/company/companies/").await.unwrap(), 12);
    assert_eq!(scene.world().requests().lines.back().unwrap().path, "/company/companies/count");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_is_waited_for_at_the_start_of_a_run_too() {
    let scene = Scene::new(EMPTY).await;
    scene.world().faults(Faults::default().with("", When::Next(6), Fault::ServerError { status: 503 }));
    scene.full().await;
    // Where nothing answers, it is told at once.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = Client::new(settings(&format!("http://127.0.0.1:{port}/v4_6_release/apis/3.0")), RETRY).unwrap();
    let nobody = nobody.with_source(scene.client.source().clone());
    let error = run::run(Some(&nobody), &scene.lake, &Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("after 3 tries"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_for_one_answer_is_told_apart() {
    let scene = Scene::new(SMALL).await;
    let page = || Request::new("/time/entries").with("pageSize", 1000).can_shrink();
    let limits = Limits { body_bytes: 10_000, ..Limits::default() };
    let small = Client::with(settings(&scene.base_url()), RETRY, RateLimit::default(), limits).unwrap();
    let error = small.get(&page(), &RequestStats::default(), |_| Ok(())).await.unwrap_err();
    assert!(error.is_page_too_big(), "{error}");

    scene.world().faults(Faults::default().with("", When::Always, Fault::ServerError { status: 500 }));
    let error = scene.client.get(&page(), &RequestStats::default(), |_| Ok(())).await.unwrap_err();
    assert!(error.is_page_too_big() && matches!(error, ClientError::GaveUp { tries: 3, .. }), "{error}");
    let whole = Request { give_up_after: None, ..page() };
    let error = scene.client.get(&whole, &RequestStats::default(), |_| Ok(())).await.unwrap_err();
    assert!(matches!(error, ClientError::GaveUp { tries: 12, .. }), "{error}");
    // A server that is away is away for small pages too.
    scene.world().faults(Faults::default().with("", When::Always, Fault::ServerError { status: 503 }));
    let error = scene.client.get(&page(), &RequestStats::default(), |_| Ok(())).await.unwrap_err();
    assert!(!error.is_page_too_big(), "{error}");
}
