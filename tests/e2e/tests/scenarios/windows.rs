//! What a window leaves out stays in a later one, and what a full read misses is not marked without being told to.

use crate::support::{EMPTY, Scene};
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_etl::staging;
use serde_json::{Value, json};

fn entry(id: i64, at: &str, notes: &str) -> Value {
    json!({ "id": id, "notes": notes, "_info": { "lastUpdated": at } })
}

fn bronze(mode: Mode) -> Options {
    let entities = vec!["TimeEntry".to_owned()];
    Options { mode, layers: vec![Layer::Bronze], entities, lookback_days: Some(1), ..Options::default() }
}

async fn run(scene: &Scene, options: Options) {
    let report = scene.run(options).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
}

async fn notes(scene: &Scene) -> Vec<String> {
    let rows = scene.rows("SELECT notes FROM bronze.cw_timeentry ORDER BY id").await;
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_since_does_not_move_the_watermark_over_what_it_left_out() {
    let scene = Scene::new(EMPTY).await;
    scene.world().put("TimeEntry", entry(1, "2025-01-10T00:00:00Z", "a"));
    run(&scene, Options { lookback_days: None, ..bronze(Mode::Full) }).await;
    scene.world().put("TimeEntry", entry(2, "2025-03-01T00:00:00Z", "b"));
    scene.world().put("TimeEntry", entry(3, "2025-06-01T00:00:00Z", "c"));
    let since = Some("2025-05-01T00:00:00Z".parse().unwrap());
    run(&scene, Options { since, ..bronze(Mode::Incremental) }).await;
    assert_eq!(notes(&scene).await, ["a", "c"], "the window as it was asked for");
    run(&scene, bronze(Mode::Incremental)).await;
    assert_eq!(notes(&scene).await, ["a", "b", "c"]);
    // An earlier one does no harm, and a first run with one is followed by a whole one.
    let since = Some("2024-01-01T00:00:00Z".parse().unwrap());
    run(&scene, Options { since, ..bronze(Mode::Incremental) }).await;
    let table = scene.lake.open("bronze", "cw_timeentry").await.unwrap().unwrap();
    let june = chrono::DateTime::parse_from_rfc3339("2025-06-01T00:00:00Z").unwrap().timestamp_micros();
    assert_eq!(table.transaction("watermark").await.unwrap(), Some(june));

    let scene = Scene::new(EMPTY).await;
    for (id, at) in [(1, "2025-01-10T00:00:00Z"), (2, "2025-06-01T00:00:00Z")] {
        scene.world().put("TimeEntry", entry(id, at, "x"));
    }
    let since = Some("2025-05-01T00:00:00Z".parse().unwrap());
    run(&scene, Options { since, ..bronze(Mode::Incremental) }).await;
    assert_eq!(notes(&scene).await.len(), 1);
    run(&scene, bronze(Mode::Incremental)).await;
    assert_eq!(notes(&scene).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_run_does_not_empty_a_table_unasked() {
    let scene = Scene::new(EMPTY).await;
    let put = |ids: std::ops::Range<i64>| {
        for id in ids {
            scene.world().put("TimeEntry", entry(id, "2025-01-10T00:00:00Z", "x"));
        }
    };
    put(1..301);
    let full = || Options { lookback_days: None, ..bronze(Mode::Full) };
    run(&scene, full()).await;
    // The member sees a third of it from now on, and the count with it.
    for id in 101..301 {
        scene.world().delete("TimeEntry", id);
    }
    let live = "SELECT count(*) FROM bronze.cw_timeentry WHERE etlDeletedAt IS NULL";
    let report = scene.run(full()).await;
    assert_eq!(report.exit_code(), 1, "the one entity failed");
    assert!(report.error_text().unwrap().contains("200 of 300 live rows are gone"), "{:?}", report.error_text());
    assert_eq!(scene.value(live).await, "300");
    assert!(!staging::place(&scene.lake).join("extract").exists(), "what was refused is not kept");
    run(&scene, Options { force: true, ..full() }).await;
    assert_eq!(scene.value(live).await, "100");
    // Half of a table may go.
    for id in 51..101 {
        scene.world().delete("TimeEntry", id);
    }
    run(&scene, full()).await;
    assert_eq!(scene.value(live).await, "50");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_leaves_the_quarantine_when_bronze_has_it_and_not_before() {
    let scene = Scene::new(EMPTY).await;
    let bad = json!({ "id": 7, "notes": { "no": "text" }, "_info": { "lastUpdated": "2025-01-10T00:00:00Z" } });
    scene.world().put("TimeEntry", bad);
    let full = || Options { lookback_days: None, ..bronze(Mode::Full) };
    run(&scene, full()).await;
    let quarantined = "SELECT count(*) FROM bronze.cw_quarantine WHERE entity = 'TimeEntry' AND recordId = '7'";
    assert_eq!(scene.value(quarantined).await, "1");
    // It fits now, but bronze can't be written.
    scene.world().put("TimeEntry", entry(7, "2025-01-10T00:00:00Z", "good"));
    let log = scene.folder.path().join("lake/bronze/cw_timeentry/_delta_log");
    let aside = scene.folder.path().join("log");
    std::fs::rename(&log, &aside).unwrap();
    std::fs::write(&log, b"no folder").unwrap();
    assert_ne!(scene.run(full()).await.exit_code(), 0);
    assert_eq!(scene.value(quarantined).await, "1", "it is in neither table");
    std::fs::remove_file(&log).unwrap();
    std::fs::rename(&aside, &log).unwrap();
    run(&scene, full()).await;
    assert_eq!(scene.value(quarantined).await, "0");
    assert_eq!(notes(&scene).await, ["good"]);
    // What the source no longer has is not kept there for ever.
    scene.world().put("TimeEntry", json!({ "id": 8, "notes": 5.5, "_info": {}, "actualHours": "x" }));
    run(&scene, full()).await;
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_quarantine").await, "1");
    scene.world().delete("TimeEntry", 8);
    run(&scene, full()).await;
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_quarantine").await, "0");
}
