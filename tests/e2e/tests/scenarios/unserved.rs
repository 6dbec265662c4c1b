//! A record that the server fails to give, and servers that fail altogether.

use crate::support::{EMPTY, RETRY, Scene, settings};
use connectwise_etl::client::{Client, RetryPolicy};
use connectwise_etl::run::replay::replay;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_simulator::{Config, Counts, Fault, Faults, Scale, When};
use futures::TryStreamExt as _;
use serde_json::json;

const ENDPOINT: &str = "/company/companies";
const QUARANTINE: &str = "SELECT recordId, reason, rawJson FROM bronze.cw_quarantine WHERE entity = 'Company'";
const LIVE: &str = "SELECT count(*) FROM bronze.cw_company WHERE etlDeletedAt IS NULL";

/// Sixty companies.
async fn sixty() -> Scene {
    let scene = Scene::new(EMPTY).await;
    for id in 1..=60 {
        scene.world().put("Company", company(id, "Fyrirtæki ehf."));
    }
    scene
}

fn company(id: i64, name: &str) -> serde_json::Value {
    json!({ "id": id, "identifier": format!("F{id}"), "name": name, "_info": { "lastUpdated": "2026-01-04T10:00:00Z" } })
}

/// Companies to bronze.
async fn companies(scene: &Scene, mode: Mode) -> RunReport {
    let (layers, entities) = (vec![Layer::Bronze], vec!["Company".to_owned()]);
    scene.world().clear_requests();
    scene.run(Options { mode, layers, entities, ..Options::default() }).await
}

fn requests(scene: &Scene) -> usize {
    scene.world().requests().lines.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_is_put_aside_and_the_others_come() {
    for gives_id in [false, true] {
        let scene = sixty().await;
        scene.world().faults(Faults::default().with_stumble(ENDPOINT, 37, gives_id));
        let report = companies(&scene, Mode::Incremental).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        assert!(requests(&scene) <= 26, "{} requests", requests(&scene));
        assert_eq!(scene.value(LIVE).await, "59");
        let aside = scene.rows(QUARANTINE).await;
        assert_eq!((aside.len(), aside[0][0].as_str(), aside[0][2].as_str()), (1, "37", ""));
        assert!(aside[0][1].contains("Object reference not set") && aside[0][1].contains("500"), "{aside:?}");

        // The next night: it is asked for once, by its key, and then around it; nothing is written.
        let versions = scene.versions().await;
        let report = companies(&scene, Mode::Incremental).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        let failed = scene.world().requests().lines.iter().filter(|line| line.status == 500).count();
        assert_eq!(failed, 1, "it was looked for again");
        assert_eq!(scene.versions().await, versions);
        assert_eq!(scene.rows(QUARANTINE).await, aside);
        let report = companies(&scene, Mode::Full).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        assert_eq!(scene.value(LIVE).await, "59");
        assert_eq!(scene.rows(QUARANTINE).await.len(), 1);
        // Nothing of it can be read again.
        replay(&scene.lake, &Options::default()).await.unwrap();
        assert_eq!(scene.rows(QUARANTINE).await, aside);

        // It comes in once the server gives it, though it did not change.
        scene.world().faults(Faults::default());
        let report = companies(&scene, Mode::Incremental).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        assert_eq!(scene.value(LIVE).await, "60");
        assert!(scene.rows(QUARANTINE).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_not_given_is_not_gone() {
    let scene = sixty().await;
    assert_eq!(companies(&scene, Mode::Full).await.exit_code(), 0);
    scene.world().faults(Faults::default().with_stumble(ENDPOINT, 1, false).with_stumble(ENDPOINT, 60, false));
    for mode in [Mode::Full, Mode::Incremental, Mode::Full, Mode::Reconcile] {
        let report = companies(&scene, mode).await;
        assert_eq!(report.exit_code(), 0, "{mode:?}: {:?}", report.error_text());
        assert_eq!(scene.value(LIVE).await, "60", "{mode:?}");
        assert_eq!(scene.rows(QUARANTINE).await.len(), 2, "{mode:?}");
    }
    // Gone for good, by all that the server says of it.
    assert!(scene.world().delete("Company", 60));
    let report = companies(&scene, Mode::Full).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value(LIVE).await, "59");
    assert_eq!(scene.rows(QUARANTINE).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_long_list_and_without_forward_only_paging() {
    for faults in [Faults::default(), Faults::default().without_forward_only("/").without_link("/")] {
        let counts = Counts { time_entries: 3_400, ..EMPTY };
        let scene = Scene::with(Config { scale: Scale::Custom(counts), ..Config::default() }).await;
        let ids = scene.world().ids("TimeEntry");
        let bad = [ids[0], ids[1], ids[777], ids[1_999], ids[2_000], *ids.last().unwrap()];
        let stumble = |faults: Faults, id: &i64| faults.with_stumble("/time/entries", *id, false);
        scene.world().faults(bad.iter().fold(faults, stumble));
        let (layers, entities) = (vec![Layer::Bronze], vec!["TimeEntry".to_owned()]);
        let options = Options { mode: Mode::Full, layers, entities, ..Options::default() };
        for round in ["found", "known"] {
            let report = scene.run(options.clone()).await;
            assert_eq!(report.exit_code(), 0, "{round}: {:?}", report.error_text());
            let found = scene.rows("SELECT id FROM bronze.cw_timeentry ORDER BY id").await;
            let found: Vec<i64> = found.iter().map(|row| row[0].parse().unwrap()).collect();
            let wanted: Vec<i64> = ids.iter().copied().filter(|id| !bad.contains(id)).collect();
            assert_eq!(found, wanted, "{round}");
            let aside = scene.rows("SELECT CAST(recordId AS BIGINT) FROM bronze.cw_quarantine ORDER BY 1").await;
            let aside: Vec<i64> = aside.iter().map(|row| row[0].parse().unwrap()).collect();
            assert_eq!(aside, bad, "{round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_at_every_page_puts_nothing_aside() {
    let scene = sixty().await;
    assert_eq!(companies(&scene, Mode::Full).await.exit_code(), 0);
    let error = Fault::ServerError { status: 500 };
    for when in [When::Always, When::Every(1)] {
        scene.world().faults(Faults::default().with_kind(ENDPOINT, "list", when, error));
        let report = companies(&scene, Mode::Full).await;
        assert_eq!(scene.value(LIVE).await, "60");
        assert!(scene.rows(QUARANTINE).await.is_empty());
        if when == When::Always {
            assert_eq!(report.exit_code(), 1, "{:?}", report.error_text());
            let text = report.error_text().unwrap();
            for word in ["Company", "every page", "A timeout has occurred", "nothing was put aside"] {
                assert!(text.contains(word), "{word}: {text}");
            }
            assert!(requests(&scene) <= 30, "{} requests", requests(&scene));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_names_the_record_at_which_it_ends() {
    let scene = sixty().await;
    let quick = RetryPolicy { tries: 4, ..RETRY };
    let client = Client::new(settings(&scene.base_url()), quick).unwrap();
    let read = async || client.list_at(ENDPOINT).records().try_collect::<Vec<_>>().await.unwrap_err().to_string();
    for gives_id in [false, true] {
        scene.world().faults(Faults::default().with_stumble(ENDPOINT, 37, gives_id));
        let error = read().await;
        for word in ["record 37", "Object reference not set", "id != 37"] {
            assert!(error.contains(word), "{word}: {error}");
        }
    }
    scene.world().faults(Faults::default().with_kind(
        ENDPOINT,
        "list",
        When::Always,
        Fault::ServerError { status: 500 },
    ));
    let error = read().await;
    assert!(error.contains("every page"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_small_pages_is_asked_for_such() {
    let mut scene = sixty().await;
    scene.world().faults(Faults::default().with_most_on_a_page(25));
    let refused = |scene: &Scene| scene.world().requests().lines.iter().filter(|line| line.status == 400).count();
    let report = companies(&scene, Mode::Incremental).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value(LIVE).await, "60");
    assert_eq!(refused(&scene), 1);
    // Another process remembers it.
    scene.client = Client::new(settings(&scene.base_url()), RETRY).unwrap();
    let versions = scene.versions().await;
    let report = companies(&scene, Mode::Incremental).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(refused(&scene), 0);
    assert_eq!(scene.versions().await, versions);
}
