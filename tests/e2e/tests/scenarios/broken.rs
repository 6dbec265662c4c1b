//! Checks that have to break: tables that were changed behind the run's back.

use crate::support::{SMALL, Scene};
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use connectwise_etl::gold::{Check, Computed};
use connectwise_etl::report::RunReport;
use connectwise_etl::run::{Layer, Options};
use datafusion::prelude::{col, lit};
use deltalake::DeltaTable;
use deltalake::protocol::SaveMode;
use serde_json::json;

async fn table(scene: &Scene, layer: &str, name: &str) -> DeltaTable {
    deltalake::open_table(scene.lake.url(layer, name).unwrap()).await.unwrap()
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
async fn gold_that_is_no_longer_what_its_statement_gives_fails_the_run() {
    let scene = Scene::new(SMALL).await;
    let report = scene.run(options(false)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let whole = |report: &RunReport| report.tables.iter().filter(|t| t.computed == Some(Computed::Whole)).count();
    assert_eq!(whole(&report), connectwise_generated::gold::TABLES.len());
    assert!(report.checks.iter().all(|check| check.invariant() != "rebuild"), "nothing was computed in part");

    // Text that no sum and no other table depends on.
    let ids = scene.world().ids("TimeEntry");
    let (first, last) = (ids[0], ids[ids.len() - 1]);
    let key = ("timeEntryId", "internalNotes");
    let facts = table(&scene, "gold", "fact_timeentry").await;
    facts
        .update()
        .with_predicate(col(format!("\"{}\"", key.0)).eq(lit(first)))
        .with_update(key.1, lit("?"))
        .await
        .unwrap();
    let mut record = scene.world().record("TimeEntry", last).unwrap();
    record["notes"] = json!("annað");
    record["_info"]["lastUpdated"] = json!("2026-01-06T05:00:00Z");
    scene.world().put("TimeEntry", record);
    let report = scene.run(options(false)).await;
    assert_eq!(report.exit_code(), 4, "{:?}", report.error_text());
    let [check] = broken(&report)[..] else { panic!("{:?}", broken(&report)) };
    assert_eq!(check.name, "rebuild/fact_timeentry");
    let named = format!("(1: timeEntryId {first})");
    assert_eq!(check.detail.matches(&named).count(), 2, "{}", check.detail);
    assert!(report.checks.iter().any(|check| check.name == "rebuild/fact_invoiceline" && check.passed));
    let stored = "SELECT passed FROM meta.etl_check WHERE \"check\" = 'rebuild/fact_timeentry'";
    assert_eq!(scene.value(stored).await, "false");

    // Where nothing changed nothing is computed, and nothing is said of it, unless it is asked for.
    let report = scene.run(options(false)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert!(report.checks.iter().all(|check| check.invariant() != "rebuild"));
    let expenses = table(&scene, "gold", "fact_expenseentry").await;
    let gone = scene.world().ids("ExpenseEntry")[3];
    expenses.delete().with_predicate(col("\"expenseEntryId\"").eq(lit(gone))).await.unwrap();
    let report = scene.run(options(true)).await;
    assert_eq!(report.exit_code(), 4);
    let rebuilds = broken(&report).into_iter().filter(|check| check.invariant() == "rebuild");
    let rebuilds: Vec<(&str, &str)> = rebuilds.map(|check| (&*check.name, &*check.detail)).collect();
    let [(expense, detail), (time, _)] = rebuilds[..] else { panic!("{rebuilds:?}") };
    assert_eq!((expense, time), ("rebuild/fact_expenseentry", "rebuild/fact_timeentry"));
    assert!(
        detail.contains(&format!("not stored (1: expenseEntryId {gone})")) && detail.contains("(none)"),
        "{detail}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_there_twice_breaks_its_check() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    // Ones that gold itself does not stumble over.
    let twice = [("bronze", "cw_member"), ("silver", "cw_unpostedinvoice"), ("silver", "cw_agreement_customfields")];
    for (layer, name) in twice {
        let opened = scene.lake.open(layer, name).await.unwrap().unwrap();
        let rows = opened.frame().await.unwrap().limit(0, Some(1)).unwrap().collect().await.unwrap();
        let again: Vec<RecordBatch> = rows.into_iter().filter(|batch| batch.num_rows() > 0).collect();
        table(&scene, layer, name).await.write(again).with_save_mode(SaveMode::Append).await.unwrap();
    }
    let report = scene.run(Options { layers: vec![Layer::Gold], ..Options::default() }).await;
    assert_eq!(report.exit_code(), 4, "{:?}", report.error_text());
    let names: Vec<&str> = broken(&report).iter().map(|check| &*check.name).collect();
    for (layer, name) in twice {
        assert!(names.contains(&&*format!("key/{layer}/{name}")), "{layer}.{name} is not among {names:?}");
    }
    assert!(names.iter().all(|name| name.starts_with("key/") || name.starts_with("rows/")), "{names:?}");
}
