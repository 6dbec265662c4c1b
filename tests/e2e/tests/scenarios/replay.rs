//! Quarantined records that fit after a fix, and those that still do not.

use crate::support::{EMPTY, Scene};
use connectwise_etl::catalog;
use connectwise_etl::lake::Table;
use connectwise_etl::run::Options;
use connectwise_etl::run::replay::replay;
use connectwise_etl::run::report::RunReport;
use connectwise_simulator::AdvanceRequest;
use datafusion::prelude::DataFrame;
use serde_json::json;

const QUARANTINE: &str = "SELECT recordId, path FROM bronze.cw_quarantine ORDER BY recordId";

fn entry(id: i64, hours: serde_json::Value) -> serde_json::Value {
    json!({ "id": id, "actualHours": hours, "timeStart": "2026-01-02T08:00:00Z", "billableOption": "Billable" })
}

async fn replayed(scene: &Scene) -> RunReport {
    let report = replay(&scene.lake, &Options::default()).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    report
}

/// Every value of hours, by layer.
async fn hours(scene: &Scene) -> Vec<Vec<Vec<String>>> {
    let mut layers = Vec::new();
    for (table, id) in
        [("bronze.cw_timeentry", "id"), ("silver.cw_timeentry", "id"), ("gold.fact_timeentry", "\"timeEntryId\"")]
    {
        let sql = format!("SELECT {id}, CAST(actualHours AS DOUBLE) FROM {table} ORDER BY 1");
        layers.push(scene.rows(&sql).await);
    }
    layers
}

/// The quarantine with one text in the place of another: as if today's decoder read it.
async fn repaired(scene: &Scene, from: &str, to: &str) -> (Table, DataFrame) {
    let context = catalog::register(&scene.lake).await.unwrap();
    let sql = format!(
        "SELECT entity, recordId, path, reason, replace(rawJson, '{from}', '{to}') AS rawJson, etlTimestamp, etlRunId \
         FROM bronze.cw_quarantine"
    );
    let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
    let table = scene.lake.open("bronze", "cw_quarantine").await.unwrap().unwrap();
    (table, scene.lake.context().read_batches(batches).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_now_goes_through_to_gold_and_the_rest_stays() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("TimeEntry", entry(1, json!(1)));
    world.put("TimeEntry", entry(2, json!(2)));
    scene.full().await;
    world.advance(AdvanceRequest { hours: 1.0, ..AdvanceRequest::default() });
    world.put("TimeEntry", entry(2, json!("tveir")));
    world.put("TimeEntry", entry(3, json!("tveir")));
    world.put("TimeEntry", entry(4, json!("margir")));
    scene.incremental().await;
    assert_eq!(scene.rows(QUARANTINE).await.len(), 3);

    let versions = scene.versions().await;
    replayed(&scene).await;
    assert_eq!(scene.versions().await, versions, "the decoder is the same: nothing to do, and no commit");

    let (mut table, rows) = repaired(&scene, "\"tveir\"", "2.5").await;
    table.overwrite(rows, None, &[]).await.unwrap();
    let report = replayed(&scene).await;
    let of_entity = &report.entities[0];
    assert_eq!((of_entity.numbers.rows_read, of_entity.quarantined), (3, 1));
    assert_eq!((of_entity.counts.inserted, of_entity.counts.updated), (1, 1));
    assert!(of_entity.watermark_before.is_some() && of_entity.watermark_before == of_entity.watermark_after);
    let wanted: Vec<Vec<String>> =
        [("1", "1.0"), ("2", "2.5"), ("3", "2.5")].map(|(id, hours)| vec![id.to_owned(), hours.to_owned()]).into();
    assert_eq!(hours(&scene).await, vec![wanted.clone(); 3]);
    assert_eq!(scene.rows(QUARANTINE).await, [["4", "actualHours"]]);
    assert!(!report.checks.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_bronze_has_stays_and_a_killed_replay_is_ended_by_the_next() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("TimeEntry", entry(1, json!("einn")));
    scene.full().await;
    let (mut table, fits) = repaired(&scene, "\"einn\"", "1.5").await;
    let (_, other) = repaired(&scene, "\"einn\"", "7.5").await;
    table.overwrite(fits, None, &[]).await.unwrap();
    replayed(&scene).await;
    let (wanted, versions) = (hours(&scene).await, scene.versions().await);
    assert_eq!(wanted[2], [["1", "1.5"]]);
    assert!(scene.rows(QUARANTINE).await.is_empty());

    // Killed after bronze: the record stands in both. Another content shows which of the two counts.
    let mut table = scene.lake.open("bronze", "cw_quarantine").await.unwrap().unwrap();
    table.overwrite(other, None, &[]).await.unwrap();
    replayed(&scene).await;
    assert_eq!(hours(&scene).await, wanted);
    assert!(scene.rows(QUARANTINE).await.is_empty());
    let after = scene.versions().await;
    assert_eq!(after["bronze/cw_timeentry"], versions["bronze/cw_timeentry"]);
    assert_eq!(after["gold/fact_timeentry"], versions["gold/fact_timeentry"]);
}
