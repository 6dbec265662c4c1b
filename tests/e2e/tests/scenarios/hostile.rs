//! Servers, networks and clocks at their worst: each fault alone, all that pass together, and those that do not pass.

use crate::support::{EMPTY, RETRY, SMALL, Scene, settings};
use connectwise_etl::client::{Client, ClientError, Limits, RateLimit, RequestStats, RetryPolicy};
use connectwise_etl::run::{self, Layer, Mode, Options};
use connectwise_simulator::{AdvanceRequest, Config, Fault, Faults, Scale, When};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What passes when it is tried again.
const PASSING: [Fault; 10] = [
    Fault::TooManyRequests { retry_after: 0 },
    Fault::TooManyRequestsUntil { seconds: 0 },
    Fault::ServerError { status: 500 },
    Fault::ServerError { status: 503 },
    Fault::Reset,
    Fault::Truncated,
    Fault::TruncatedMismatch,
    Fault::Html,
    Fault::DuplicateRow,
    Fault::Delay { millis: 3 },
];

/// Entities and their bronze tables.
const TABLES: [(&str, &str); 8] = [
    ("Agreement", "cw_agreement"),
    ("Company", "cw_company"),
    ("ExpenseEntry", "cw_expenseentry"),
    ("Invoice", "cw_invoice"),
    ("Member", "cw_member"),
    ("ProductItem", "cw_productitem"),
    ("TimeEntry", "cw_timeentry"),
    ("UnpostedInvoice", "cw_unpostedinvoice"),
];

fn faults_of(kinds: impl IntoIterator<Item = Fault>, probability: f64) -> Faults {
    let seed = 41;
    kinds.into_iter().fold(Faults { seed, ..Faults::default() }, |faults, kind| {
        faults.with("", When::Probability(probability), kind)
    })
}

/// The ids at the source with their times of change.
pub(crate) fn source(scene: &Scene, entity: &str) -> BTreeMap<String, String> {
    let time = |record: &serde_json::Value| match record.pointer("/_info/lastUpdated").and_then(|time| time.as_str()) {
        Some(time) => time.to_owned(),
        None => "∅".to_owned(),
    };
    scene.world().records(entity).map(|record| (record["id"].to_string(), time(&record))).collect()
}

/// The ids that live in bronze with their times of change; fails where one is there twice.
pub(crate) async fn bronze(scene: &Scene, table: &str) -> BTreeMap<String, String> {
    let sql = format!("SELECT id, _info['lastUpdated'] FROM bronze.{table} WHERE \"etlDeletedAt\" IS NULL");
    let rows = scene.rows(&sql).await;
    let found: BTreeMap<String, String> = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(found.len(), rows.len(), "{table} has an id twice");
    found
}

/// Where two lists of ids with their times differ: an id, what is found of it, and what should be.
pub(crate) fn differences(found: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Vec<String> {
    let ids: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    let differ = ids.into_iter().filter(|id| found.get(*id) != wanted.get(*id));
    differ.map(|id| format!("{id}: {:?} for {:?}", found.get(id), wanted.get(id))).collect()
}

/// Fails unless the first is the second, and names some of what differs.
pub(crate) fn assert_same(found: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>, context: &str) {
    let differences = differences(found, wanted);
    let some = &differences[..differences.len().min(5)];
    assert!(differences.is_empty(), "{context}: {} of {} differ: {some:#?}", differences.len(), wanted.len());
}

/// Fails unless bronze holds what the source does, each record once and as it is now.
async fn assert_whole(scene: &Scene, context: &str) {
    for (entity, table) in TABLES {
        assert_same(&bronze(scene, table).await, &source(scene, entity), &format!("{context}: {entity}"));
    }
}

fn bronze_only() -> Options {
    Options { mode: Mode::Full, layers: vec![Layer::Bronze], ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_alone_costs_retries_and_nothing_else() {
    let scene = Scene::new(SMALL).await;
    for fault in PASSING {
        scene.world().faults(faults_of([fault], 0.2));
        let report = scene.run(bronze_only()).await;
        assert_eq!(report.exit_code(), 0, "{fault:?}: {:?}", report.error_text());
        let struck = scene.world().requests().lines.iter().filter(|line| line.fault.is_some()).count();
        assert!(struck > 0 || matches!(fault, Fault::Delay { .. }), "{fault:?} never came");
        scene.world().clear_requests();
        assert_whole(&scene, &format!("{fault:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_pass_together_cost_retries_and_nothing_else() {
    // One request in five meets one of them.
    let faults = faults_of(PASSING, 0.2 / PASSING.len() as f64);
    let scene = Scene::with(Config { scale: Scale::Custom(SMALL), faults, ..Config::default() }).await;
    let report = scene.full().await;
    assert!(report.entities.iter().map(|entity| entity.numbers.retries).sum::<u64>() > 0, "no fault came through");
    assert_whole(&scene, "full").await;
    scene.world().advance(AdvanceRequest { hours: 30.0, change: 20, add: 10, ..AdvanceRequest::default() });
    scene.incremental().await;
    assert_whole(&scene, "incremental").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_a_count_is_read_all_the_same() {
    let scene = Scene::new(SMALL).await;
    // Of all of them, so that the first contact meets it, too.
    scene.world().faults(Faults::default().with_kind("", "count", When::Always, Fault::NotFound));
    scene.full().await;
    assert_whole(&scene, "without a count").await;
    scene.world().advance(AdvanceRequest { hours: 30.0, change: 20, add: 10, ..AdvanceRequest::default() });
    scene.incremental().await;
    assert_whole(&scene, "incremental").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_not_there_fails_alone_and_a_wrong_address_at_once() {
    let scene = Scene::new(SMALL).await;
    // Agreement is asked for first; without it nothing is known of the lists below.
    scene.world().faults(Faults::default().with("/finance/agreements", When::Always, Fault::NotFound));
    let report = scene.run(bronze_only()).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    let failed: Vec<_> = report.entities.iter().filter(|entity| entity.error.is_some()).collect();
    assert_eq!(
        failed.iter().map(|entity| entity.entity).collect::<Vec<_>>(),
        ["Agreement", "AgreementAddition", "AgreementAdjustment"]
    );
    scene.world().faults(Faults::default().with("", When::Always, Fault::NotFound));
    let error = run::run(Some(&scene.client), &scene.lake, &Options::default()).await.unwrap_err().to_string();
    assert!(error.contains("CW_BASE_URL"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_for_ever_is_told_as_what_it_is() {
    let scene = Scene::new(SMALL).await;
    scene.world().faults(Faults::default().with("", When::Always, Fault::Html));
    let error = run::run(Some(&scene.client), &scene.lake, &Options::default()).await.unwrap_err().to_string();
    for word in ["web page", "Please wait", "CW_BASE_URL"] {
        assert!(error.contains(word), "{word}: {error}");
    }
    assert!(!error.contains("<html>"), "{error}");
    assert!(scene.versions().await.is_empty());
    // In the place of one endpoint it is that entity's fault alone.
    scene.world().faults(Faults::default().with("/expense/entries", When::Always, Fault::Html));
    let report = scene.run(bronze_only()).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    let text = report.error_text().unwrap();
    assert!(text.contains("ExpenseEntry") && text.contains("web page"), "{text}");
    assert_same(&bronze(&scene, "cw_timeentry").await, &source(&scene, "TimeEntry"), "the others");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_ten_megabytes_arrives_whole() {
    let scene = Scene::new(SMALL).await;
    let notes = "Þjónusta við útstöðvar. ".repeat(400_000);
    assert!(notes.len() > 10_000_000);
    let long = json!({ "id": 900, "notes": notes, "actualHours": 1.5, "timeStart": "2026-01-04T10:00:00Z" });
    scene.world().put("TimeEntry", long);
    scene.full().await;
    assert_whole(&scene, "with a long record").await;
    let letters = notes.chars().count().to_string();
    for table in ["bronze.cw_timeentry", "silver.cw_timeentry"] {
        let sql = format!("SELECT character_length(notes) FROM {table} WHERE id = 900");
        assert_eq!(scene.value(&sql).await, letters, "{table}");
    }
    // Models take no longer one.
    let sql = "SELECT character_length(notes) FROM gold.fact_timeentry WHERE \"timeEntryId\" = 900";
    assert_eq!(scene.value(sql).await, "32764");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_is_not_unpacked() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let before = scene.versions().await;
    // A hundred times what may be: unpacking it would take long, and more memory than there is.
    let bomb = Fault::GzipBomb { mebibytes: 6_400 };
    scene.world().faults(Faults::default().with_kind("/time/entries", "list", When::Always, bomb));
    let report = scene.run(bronze_only()).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    let text = report.error_text().unwrap();
    assert!(text.contains("TimeEntry") && text.contains("larger than"), "{text}");
    assert_eq!(scene.versions().await["bronze/cw_timeentry"], before["bronze/cw_timeentry"]);
    assert_same(&bronze(&scene, "cw_company").await, &source(&scene, "Company"), "the others");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_drop_by_drop_ends() {
    let scene = Scene::new(SMALL).await;
    let client = |limits| {
        let retry = RetryPolicy { tries: 2, ..RETRY };
        Client::with(settings(&scene.base_url()), retry, RateLimit::default(), limits).unwrap()
    };
    let count = async |client: &Client| client.count("/company/companies", None, &RequestStats::default()).await;
    // Always a little, never all of it.
    scene.world().faults(Faults::default().with("", When::Always, Fault::Drip { bytes: 1, pause: 400 }));
    let began = Instant::now();
    let error = count(&client(Limits { whole: Duration::from_millis(900), ..Limits::default() })).await.unwrap_err();
    assert!(error.to_string().contains("not complete after 0.9 s"), "{error}");
    assert!(error.is_page_too_big() && began.elapsed() >= Duration::from_millis(1_800), "{error}");
    // Nothing for too long.
    scene.world().faults(Faults::default().with("", When::Always, Fault::Drip { bytes: 1, pause: 60_000 }));
    let began = Instant::now();
    let error = count(&client(Limits { silence: Duration::from_millis(300), ..Limits::default() })).await.unwrap_err();
    assert!(matches!(error, ClientError::GaveUp { tries: 2, .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_do_not_follow_a_redirect() {
    let scene = Scene::new(SMALL).await;
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    scene.world().faults(Faults::default().with("/time/entries", When::Always, Fault::Redirect { port }));
    let report = scene.run(bronze_only()).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    let text = report.error_text().unwrap();
    assert!(text.contains("redirects to localhost") && text.contains("not followed"), "{text}");
    // Neither with credentials nor without.
    let came = elsewhere.accept();
    assert!(came.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "it was followed");
    assert_same(&bronze(&scene, "cw_company").await, &source(&scene, "Company"), "the others");
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_may_differ_by_a_day() {
    for days in [-1, 1] {
        let clock = chrono::Utc::now() + chrono::TimeDelta::days(days);
        let scene = Scene::with(Config { scale: Scale::Custom(SMALL), clock, ..Config::default() }).await;
        scene.run(bronze_only()).await;
        assert_whole(&scene, "full").await;
        for hours in [0.5, 36.0] {
            let changes = AdvanceRequest { hours, change: 15, add: 5, post: 1, ..AdvanceRequest::default() };
            scene.world().advance(changes);
            // Without the look-backs, which cover more than clocks differ by.
            let layers = vec![Layer::Bronze];
            scene.run(Options { lookback_days: Some(1), layers, ..Options::default() }).await;
            assert_whole(&scene, &format!("{days} days, after {hours} hours")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_finds_nothing_hides_nothing() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    scene.world().faults(Faults::default().with_deaf_last_updated("/"));
    scene.world().advance(AdvanceRequest { hours: 24.0, change: 12, add: 7, ..AdvanceRequest::default() });
    scene.incremental().await;
    assert_whole(&scene, "incremental").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn breaks_are_reckoned_by_the_servers_clock() {
    // Its clock is months from ours: by ours the break would be over, or never.
    let scene = Scene::new(EMPTY).await;
    let count = async || scene.client.count("/company/companies", None, &RequestStats::default()).await;
    scene.world().faults(Faults::default().with("", When::Next(1), Fault::TooManyRequestsUntil { seconds: 1 }));
    let began = Instant::now();
    count().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    scene.world().faults(Faults::default().with("", When::Next(1), Fault::TooManyRequestsUntil { seconds: 3_600 }));
    assert!(matches!(count().await.unwrap_err(), ClientError::HeldOff { minutes: 60, .. }));
}
