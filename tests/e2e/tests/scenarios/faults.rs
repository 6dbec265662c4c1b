//! A source that answers badly.

use crate::support::{EMPTY, SMALL, Scene, client};
use connectwise_etl::run::{self, Mode, Options};
use connectwise_simulator::{Config, Fault, Faults, Scale, When};
use serde_json::json;
use std::collections::BTreeMap;

/// Counts of all bronze and gold tables.
async fn sizes(scene: &Scene) -> BTreeMap<String, String> {
    let mut sizes = BTreeMap::new();
    for table in connectwise_etl::catalog::known_tables() {
        if table.layer != "meta" {
            let name = format!("{}.{}", table.layer, table.name);
            sizes.insert(name.clone(), scene.value(&format!("SELECT count(*) FROM {name}")).await);
        }
    }
    sizes
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_cost_retries_and_nothing_else() {
    let plain = Scene::new(SMALL).await;
    plain.full().await;
    let wanted = sizes(&plain).await;
    let kinds = [
        Fault::TooManyRequests { retry_after: 0 },
        Fault::ServerError { status: 503 },
        Fault::Reset,
        Fault::Truncated,
        Fault::TruncatedMismatch,
        Fault::Html,
    ];
    let faults = kinds
        .into_iter()
        .fold(Faults { seed: 11, ..Faults::default() }, |faults, kind| faults.with("", When::Probability(0.08), kind));
    let scene = Scene::with(Config { scale: Scale::Custom(SMALL), faults, ..Config::default() }).await;
    let report = scene.full().await;
    assert!(report.entities.iter().map(|entity| entity.numbers.retries).sum::<u64>() > 0, "no fault came through");
    assert_eq!(sizes(&scene).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_entity_leaves_the_others_whole() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let before = sizes(&scene).await;
    scene.world().faults(Faults::default().with("/expense/entries", When::Always, Fault::Forbidden));
    scene.world().put("Company", json!({ "id": 9001, "name": "Ný ehf." }));
    let report = scene.run(Options { mode: Mode::Full, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    assert!(report.error_text().unwrap().contains("/expense/entries"), "{:?}", report.error_text());
    let after = sizes(&scene).await;
    assert_eq!(after["bronze.cw_expenseentry"], before["bronze.cw_expenseentry"]);
    assert_ne!(after["bronze.cw_company"], before["bronze.cw_company"]);
    assert_eq!(scene.value("SELECT companyName FROM gold.dimcompany WHERE companyId = 9001").await, "Ný ehf.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_touches_nothing() {
    let scene = Scene::new(EMPTY).await;
    let config = Config::default();
    let wrong = client(&scene.base_url(), &config.username, "not-it", &config.client_id);
    let error = run::run(Some(&wrong), &scene.lake, &Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("CW_AUTH_PASSWORD"), "{error}");
    assert!(!error.to_string().contains("not-it"), "{error}");
    assert_eq!(error.exit_code(), 1);
    assert!(scene.versions().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lie_in_the_count_fails_the_entity() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let versions = scene.versions().await;
    scene.world().faults(Faults::default().with("/procurement/products", When::Always, Fault::WrongCount { by: 3 }));
    let report = scene.run(Options { mode: Mode::Full, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 3);
    assert!(report.error_text().unwrap().contains("ProductItem"), "{:?}", report.error_text());
    assert_eq!(scene.versions().await["bronze/cw_productitem"], versions["bronze/cw_productitem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_without_forward_only_paging_or_filters_are_read_whole() {
    let plain = Scene::new(SMALL).await;
    plain.full().await;
    let faults = Faults::default().without_forward_only("/").without_last_updated("/");
    let scene = Scene::with(Config { scale: Scale::Custom(SMALL), faults, ..Config::default() }).await;
    scene.full().await;
    assert_eq!(sizes(&scene).await, sizes(&plain).await);
    let versions = scene.versions().await;
    scene.incremental().await;
    assert_eq!(scene.versions().await, versions, "a full scan merges only what changed");
}
