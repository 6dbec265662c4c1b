//! What the doctor finds, well or not.

use crate::support::{SMALL, Scene, settings};
use connectwise_etl::catalog;
use connectwise_etl::client::RateLimit;
use connectwise_etl::doctor::{Check, State, examine, is_well};
use connectwise_etl::lake::Layout;
use connectwise_etl::run::{self, Mode, Options};
use connectwise_etl::secret::Secret;
use connectwise_etl::settings::ApiSettings;
use connectwise_simulator::{Fault, Faults, When};
use futures::TryStreamExt as _;
use std::collections::BTreeSet;

async fn checks(scene: &Scene, settings: ApiSettings) -> Vec<Check> {
    examine(Ok(settings), RateLimit::default(), Ok(scene.lake.clone())).await
}

fn check<'c>(checks: &'c [Check], name: &str) -> &'c Check {
    checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no {name} in {checks:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well() {
    let scene = Scene::new(SMALL).await;
    let checks = checks(&scene, settings(&scene.base_url())).await;
    assert!(checks.iter().all(|check| check.state == State::Well), "{checks:?}");
    let times = &check(&checks, "TimeEntry").found;
    assert!(times.contains("400 records") && times.contains("filters by lastUpdated"), "{times}");
    let records: Vec<_> = scene.client.list_at("/time/entries").records().try_collect().await.unwrap();
    let changed = |record: &[u8]| {
        let record: serde_json::Value = serde_json::from_slice(record).unwrap();
        record["_info"]["lastUpdated"].as_str().map(ToOwned::to_owned)
    };
    let newest = records.iter().filter_map(|record| changed(record)).max().unwrap();
    assert!(times.contains(&newest), "{times} without {newest}");
    assert!(check(&checks, "version").found.contains("2025.1"));
    assert!(!scene.folder.path().join("lake").exists(), "it left something behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_names_the_credential() {
    let scene = Scene::new(SMALL).await;
    let wrong = ApiSettings { password: Secret::new("wr0ng-key"), ..settings(&scene.base_url()) };
    let found = checks(&scene, wrong).await;
    assert!(!is_well(&found));
    assert_eq!(check(&found, "connection").state, State::Well);
    let login = check(&found, "login");
    assert_eq!(login.state, State::Failed);
    assert!(login.advice.as_ref().unwrap().contains("CW_AUTH_PASSWORD"), "{login:?}");
    assert_eq!(check(&found, "Company").state, State::Skipped);
    assert_eq!(check(&found, "storage").state, State::Well);
    assert!(!format!("{found:?}").contains("wr0ng-key"));
    let wrong = ApiSettings { client_id: Secret::new("n0-such-id"), ..settings(&scene.base_url()) };
    let found = checks(&scene, wrong).await;
    assert!(check(&found, "clientId").advice.as_ref().unwrap().contains("CW_CLIENTID"), "{found:?}");
    assert_eq!((check(&found, "clientId").state, check(&found, "login").state), (State::Failed, State::Skipped));
    let elsewhere = scene.base_url().replace("v4_6_release", "v9");
    // Where the host does not tell the codebase, nothing leads to the right address.
    scene.world().faults(Faults::default().with("/login", When::Always, Fault::ServerError { status: 404 }));
    let found = checks(&scene, settings(&elsewhere)).await;
    assert!(check(&found, "login").advice.as_ref().unwrap().contains("CW_BASE_URL"), "{found:?}");
    scene.world().faults(Faults::default());
    let found = checks(&scene, settings(&elsewhere)).await;
    assert_eq!(check(&found, "login").state, State::Well, "the codebase was looked up: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_told_of_the_entity() {
    let scene = Scene::new(SMALL).await;
    scene.world().faults(
        Faults::default()
            .with("/expense/entries", When::Always, Fault::Forbidden)
            .without_last_updated("/company/companies"),
    );
    let found = checks(&scene, settings(&scene.base_url())).await;
    assert!(!is_well(&found));
    let failed: Vec<&str> =
        found.iter().filter(|check| check.state == State::Failed).map(|check| check.name.as_str()).collect();
    assert_eq!(failed, ["ExpenseEntry"]);
    assert!(check(&found, "ExpenseEntry").advice.as_ref().unwrap().contains("inquire rights"));
    assert_eq!(check(&found, "Company").state, State::Warning, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_finds_nothing_is_told() {
    let scene = Scene::new(SMALL).await;
    scene.world().faults(Faults::default().with_deaf_last_updated("/time/entries"));
    // A record without a time of change can't be found by it.
    scene.world().put("Company", serde_json::json!({ "id": 9001, "_info": { "lastUpdated": "" } }));
    let found = checks(&scene, settings(&scene.base_url())).await;
    let times = check(&found, "TimeEntry");
    assert!(times.state == State::Warning && times.found.contains("finds nothing"), "{times:?}");
    let companies = check(&found, "Company");
    assert!(companies.state == State::Warning && companies.found.contains("1 of them without a time"), "{companies:?}");
    assert!(is_well(&found));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_server_is_told_once() {
    let scene = Scene::new(SMALL).await;
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let found = checks(&scene, settings(&format!("http://127.0.0.1:{port}/v4_6_release/apis/3.0"))).await;
    let failed: Vec<&str> =
        found.iter().filter(|check| check.state == State::Failed).map(|check| check.name.as_str()).collect();
    assert_eq!(failed, ["connection"], "{found:?}");
    assert!(check(&found, "connection").found.contains("refused"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_the_system_that_fails_is_no_login_that_does() {
    let scene = Scene::new(SMALL).await;
    for fault in [Fault::ServerError { status: 500 }, Fault::NotFound, Fault::Html, Fault::Forbidden] {
        scene.world().faults(Faults::default().with("/system/info", When::Always, fault));
        let found = checks(&scene, settings(&scene.base_url())).await;
        assert!(is_well(&found), "{fault:?}: {found:?}");
        assert_eq!(check(&found, "login").state, State::Well);
        let version = check(&found, "version");
        assert!(version.state == State::Warning && version.found.contains("/system/info"), "{version:?}");
    }
    // Where the lists fail as well, it is not for the credentials.
    scene.world().faults(Faults::default().with("", When::Always, Fault::ServerError { status: 500 }));
    let found = checks(&scene, settings(&scene.base_url())).await;
    let login = check(&found, "login");
    assert!(login.state == State::Failed && !login.advice.as_ref().unwrap().contains("CW_AUTH"), "{login:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_refused_is_told_with_the_servers_own() {
    let scene = Scene::new(SMALL).await;
    for status in [400, 404, 406] {
        scene.world().faults(Faults::default().with_version("2024.3", status));
        let found = checks(&scene, settings(&scene.base_url())).await;
        let failed: Vec<&str> =
            found.iter().filter(|check| check.state == State::Failed).map(|check| check.name.as_str()).collect();
        assert_eq!(failed, ["version"], "{status}: {found:?}");
        let version = check(&found, "version");
        assert!(version.advice.as_ref().unwrap().contains("CW_API_VERSION=2024.3"), "{version:?}");
        assert!(!format!("{found:?}").contains("CW_AUTH_USERNAME"), "{found:?}");
        let error = run::run(Some(&scene.client), &scene.lake, &Options::default()).await.unwrap_err().to_string();
        for word in ["version 2025.1", "2024.3", "CW_API_VERSION"] {
            assert!(error.contains(word), "{status}, {word}: {error}");
        }
    }
    let set = ApiSettings { api_version: Some("2024.3".to_owned()), ..settings(&scene.base_url()) };
    let found = checks(&scene, set).await;
    assert_eq!((check(&found, "login").state, check(&found, "Company").state), (State::Well, State::Well), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_as_large_as_the_server_takes_them() {
    let scene = Scene::new(SMALL).await;
    scene.world().faults(Faults::default().with_most_on_a_page(250).with_stumble("/company/companies", 3, false));
    let found = checks(&scene, settings(&scene.base_url())).await;
    assert!(is_well(&found), "{found:?}");
    let times = check(&found, "TimeEntry");
    assert!(times.state == State::Well && times.found.contains("pages of 250"), "{times:?}");
    let companies = check(&found, "Company");
    assert!(companies.state == State::Warning && companies.found.contains("record 3"), "{companies:?}");
    // As a run is.
    let report = scene.run(Options { mode: Mode::Full, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_timeentry").await, "400");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_does_with_its_lakehouse_is_tried() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let versions = scene.versions().await;
    let lake = scene.folder.path().join("lake");
    let names = || std::fs::read_dir(&lake).unwrap().map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>();
    let before = names();
    let found = checks(&scene, settings(&scene.base_url())).await;
    for name in ["storage", "lock", "commit", "staging", "tables", "source"] {
        assert_eq!(check(&found, name).state, State::Well, "{found:?}");
    }
    assert_eq!((names(), scene.versions().await), (before, versions), "it left something behind");
    // The data of this source is not the data of that one.
    let elsewhere = settings("http://127.0.0.1:1/v4_6_release/apis/3.0");
    let found = checks(&scene, elsewhere).await;
    let whose = check(&found, "source");
    assert!(whose.state == State::Failed && whose.found.contains("127.0.0.1:1 "), "{whose:?}");
    // A file in the place of the folder.
    let file = scene.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let lake = catalog::open(file.to_str().unwrap(), Layout::Schemas).unwrap();
    let found = examine(Ok(settings(&scene.base_url())), RateLimit::default(), Ok(lake)).await;
    assert_eq!((check(&found, "storage").state, check(&found, "commit").state), (State::Failed, State::Skipped));
}
