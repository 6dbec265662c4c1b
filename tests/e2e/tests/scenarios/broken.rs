//! Checks that have to break: tables that were changed behind the run's back.

use crate::support::{SMALL, Scene};
use chrono::{DateTime, Utc};
use connectwise_etl::check::Check;
use connectwise_etl::gold::RefreshKind;
use connectwise_etl::lake::Table;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{Layer, Options};
use datafusion::logical_expr::{Expr, ident, lit, when};
use serde_json::json;

async fn table(scene: &Scene, layer: &'static str, name: &str) -> Table {
    scene.lake.open(layer, name).await.unwrap().unwrap()
}

/// Sets a text to `?` in the rows that match, as a hand would.
async fn spoil(scene: &Scene, name: &str, column: &str, rows: Expr) {
    let mut table = table(scene, "gold", name).await;
    let spoilt = when(rows, lit("?")).otherwise(ident(column)).unwrap();
    let spoilt = table.frame().unwrap().with_column(column, spoilt).unwrap();
    table.overwrite(spoilt, None, &[]).await.unwrap();
}

fn broken(report: &RunReport) -> Vec<&Check> {
    report.checks.iter().filter(|check| !check.passed).collect()
}

/// Runs that all are of one day: a new day computes more.
fn options(verify: bool) -> Options {
    let started: DateTime<Utc> = "2026-06-15T12:00:00Z".parse().unwrap();
    Options { verify, started: Some(started), ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn gold_that_is_no_longer_what_its_statement_gives_is_found_and_computed_whole() {
    let scene = Scene::new(SMALL).await;
    let report = scene.run(options(false)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let whole = |report: &RunReport| report.tables.iter().filter(|t| t.refresh == Some(RefreshKind::Full)).count();
    assert_eq!(whole(&report), connectwise_generated::gold::TABLES.len());
    assert!(report.checks.iter().all(|check| check.invariant() != "rebuild"), "nothing was computed in part");

    // Text that no sum and no other table depends on.
    let ids = scene.world().ids("TimeEntry");
    let (first, last) = (ids[0], ids[ids.len() - 1]);
    spoil(&scene, "fact_timeentry", "internalNotes", ident("timeEntryId").eq(lit(first))).await;
    let change = |notes: &str, at: &str| {
        let mut record = scene.world().record("TimeEntry", last).unwrap();
        record["notes"] = json!(notes);
        record["_info"]["lastUpdated"] = json!(at);
        scene.world().put("TimeEntry", record);
    };
    change("annað", "2026-01-06T05:00:00Z");
    let report = scene.run(options(false)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert!(whole(&report) > 0, "it was not computed whole");
    let spoilt = "SELECT count(*) FROM gold.fact_timeentry WHERE internalNotes = '?'";
    assert_eq!(scene.value(spoilt).await, "0");

    // What is sound is compared, and the comparison is on record.
    change("enn annað", "2026-01-06T06:00:00Z");
    let report = scene.run(options(false)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert!(report.checks.iter().any(|check| check.name == "rebuild/fact_timeentry" && check.passed));
    let stored = "SELECT count(*) FROM meta.etl_check WHERE \"check\" = 'rebuild/fact_timeentry' AND passed";
    assert_eq!(scene.value(stored).await, "1");

    // Where nothing changed nothing is computed, and nothing is said of it, unless it is asked for.
    let report = scene.run(options(false)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert!(report.checks.iter().all(|check| check.invariant() != "rebuild"));
    spoil(&scene, "dimproduct", "catalogItemName", lit(true)).await;
    let report = scene.run(options(true)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value("SELECT count(*) FROM gold.dimproduct WHERE catalogItemName = '?'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_there_twice_breaks_its_check() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    // Ones that gold itself does not stumble over.
    let twice = [("bronze", "cw_member"), ("silver", "cw_unpostedinvoice"), ("silver", "cw_agreement_customfields")];
    for (layer, name) in twice {
        let mut table = table(&scene, layer, name).await;
        // Read first: what is added must not depend on what is read while it is written.
        let rows = table.frame().unwrap().limit(0, Some(1)).unwrap().collect().await.unwrap();
        let again = scene.lake.context().read_batches(rows).unwrap();
        table.append(again, 1).await.unwrap();
    }
    let report = scene.run(Options { layers: vec![Layer::Gold], ..Options::default() }).await;
    assert_eq!(report.exit_code(), 4, "{:?}", report.error_text());
    let failed = broken(&report).into_iter().filter(|check| check.fails());
    let names: Vec<&str> = failed.map(|check| &*check.name).collect();
    for (layer, name) in twice {
        assert!(names.contains(&&*format!("key/{layer}/{name}")), "{layer}.{name} is not among {names:?}");
    }
    assert!(names.iter().all(|name| name.starts_with("key/") || name.starts_with("rows/")), "{names:?}");
}
