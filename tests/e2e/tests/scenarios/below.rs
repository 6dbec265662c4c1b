//! Lists below other records, lists without a count, and filters that can't be trusted.

use crate::support::{EMPTY, Scene};
use connectwise_etl::Result;
use connectwise_etl::bronze::{self, Loading};
use connectwise_etl::client::RequestStats;
use connectwise_etl::extract::{ExtractRequest, Extracted, Window, extract, read_ids};
use connectwise_etl::lake::Stage;
use connectwise_etl::progress::EntityProgress;
use connectwise_etl::run::{RunContext, RunId};
use connectwise_runtime::{ChangeDetection, Field, Kind, Parent, Table};
use connectwise_simulator::{Fault, Faults, When};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A list below each agreement.
const ADDITION: Table = Table {
    entity: "Addition",
    table: "cw_addition",
    endpoint: "/finance/agreements/{parentId}/additions",
    counted: true,
    parent: Some(Parent {
        entity: "Agreement",
        parameter: "parentId",
        path: &["agreementId"],
        in_record: true,
        ended: None,
    }),
    optional: false,
    schema: "Addition",
    key: "id",
    lookback_days: None,
    change_detection: ChangeDetection::LastUpdated,
    variants: &[],
    sensitive: &[],
    excluded: &[],
    hashed: &[],
    reconcile: &[],
    shape: &[
        Field { name: "id", kind: Kind::Int },
        Field { name: "agreementId", kind: Kind::Int },
        Field { name: "name", kind: Kind::Text },
        Field { name: "_info", kind: Kind::Map },
    ],
    silver: &[],
    children: &[],
};
static COUNTED: Table = ADDITION;
static UNCOUNTED: Table = Table { counted: false, ..ADDITION };
static SCANNED: Table =
    Table { change_detection: ChangeDetection::FullScan, endpoint: "/things", parent: None, ..ADDITION };

fn addition(id: i64, agreement: i64) -> Value {
    json!({ "id": id, "agreementId": agreement, "name": format!("A{id}"), "_info": { "lastUpdated": "2025-01-10T00:00:00Z" } })
}

/// Agreements 1 to 3, with two additions each; agreement 3 has none.
async fn scene() -> Scene {
    let scene = Scene::new(EMPTY).await;
    for id in 1..=3 {
        scene.world().put("Agreement", json!({ "id": id, "name": "Samningur" }));
    }
    for id in 1..=2 {
        serve(&scene, id, vec![addition(id * 10, id), addition(id * 10 + 1, id)]);
    }
    serve(&scene, 3, Vec::new());
    scene
}

fn serve(scene: &Scene, agreement: i64, records: Vec<Value>) {
    scene.world().serve(&format!("/finance/agreements/{agreement}/additions"), records);
}

async fn read(scene: &Scene, table: &'static Table, parents: &[i64], window: Window) -> Result<Extracted> {
    read_into(&Stage::new().unwrap(), scene, table, parents, window).await
}

async fn read_into(
    stage: &Stage,
    scene: &Scene,
    table: &'static Table,
    parents: &[i64],
    window: Window,
) -> Result<Extracted> {
    let order = ExtractRequest {
        table,
        window,
        parents,
        max_rejected_percent: 1.0,
        began: chrono::Utc::now(),
        lookback_days: 30,
        known: Arc::default(),
        unserved: &[],
        progress: &EntityProgress::default(),
    };
    extract(&scene.client, stage, &order, &Arc::new(RequestStats::default())).await
}

fn ids(extracted: &Extracted) -> BTreeSet<i64> {
    extracted.ids.ids().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_below_records_are_read_with_and_without_a_count() {
    let scene = scene().await;
    for table in [&COUNTED, &UNCOUNTED] {
        let extracted = read(&scene, table, &[1, 2, 3], Window::Everything).await.unwrap();
        assert_eq!(ids(&extracted), BTreeSet::from([10, 11, 20, 21]));
        let stats = Arc::new(RequestStats::default());
        let found = read_ids(&scene.client, table, &[1, 2, 3], &[], &stats).await.unwrap();
        assert_eq!(found.ids, BTreeSet::from([10, 11, 20, 21]));
    }
    let log = scene.world().requests();
    assert!(log.of("/finance/agreements/1/additions").count() > 0);
    // More than a page of a list that nobody counts.
    serve(&scene, 3, (1_000..3_500).map(|id| addition(id, 3)).collect());
    let extracted = read(&scene, &UNCOUNTED, &[1, 2, 3], Window::Everything).await.unwrap();
    assert_eq!(extracted.ids.len(), 2_504);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_below_two_parents_is_one_row_and_no_fault() {
    let scene = scene().await;
    serve(&scene, 2, vec![addition(11, 2), addition(20, 2)]);
    let extracted = read(&scene, &COUNTED, &[1, 2, 3], Window::Everything).await.unwrap();
    assert_eq!(ids(&extracted), BTreeSet::from([10, 11, 20]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_not_there_is_gone_only_with_its_parent() {
    let scene = scene().await;
    // Agreement 9 went away between its list and this one.
    let extracted = read(&scene, &COUNTED, &[1, 2, 3, 9], Window::Everything).await.unwrap();
    assert_eq!(extracted.ids.len(), 4);
    // Agreement 4 is there, and its list answers 404: that is no empty list.
    scene.world().put("Agreement", json!({ "id": 4, "name": "Samningur" }));
    let lost = "/finance/agreements/4/additions";
    scene.world().faults(Faults::default().with(lost, When::Always, Fault::NotFound));
    let error = read(&scene, &COUNTED, &[1, 2, 3, 4], Window::Everything).await.err().unwrap();
    assert!(error.to_string().contains("/finance/agreements/4/additions"), "{error}");
    // Nothing answers any more, as after a lost login of a cloud host: no list is empty for that.
    scene.world().faults(Faults::default().with("", When::Always, Fault::Forbidden));
    assert!(read(&scene, &COUNTED, &[9], Window::Everything).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_scan_marks_what_is_gone_and_revives_what_is_back() {
    let scene = scene().await;
    let things = |numbers: &[i64]| {
        scene.world().serve("/things", numbers.iter().map(|id| addition(*id, 1)).collect());
    };
    let load = async |day: i64| {
        let window = Window::Since("2025-01-01T00:00:00Z".parse().unwrap());
        let stage = Arc::new(Stage::new().unwrap());
        let extracted = read_into(&stage, &scene, &SCANNED, &[], window).await.unwrap();
        assert!(extracted.whole);
        let id = RunId::new(chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(21_000 + day));
        let run = RunContext { id, options: Arc::default(), lake: scene.lake.clone(), stage };
        bronze::load(&run, &extracted, Loading::default()).await.unwrap()
    };
    let live =
        "SELECT string_agg(CAST(id AS VARCHAR), ',' ORDER BY id) FROM bronze.cw_addition WHERE etlDeletedAt IS NULL";
    things(&[1, 2, 3]);
    load(1).await;
    things(&[1, 3, 4]);
    let loaded = load(2).await;
    assert_eq!((loaded.counts.inserted, loaded.counts.deleted, loaded.counts.unchanged), (1, 1, 2));
    let frame = scene.lake.open("bronze", "cw_addition").await.unwrap().unwrap().frame().unwrap();
    let context = scene.lake.context().clone();
    context.register_table("seen", frame.into_view()).unwrap();
    let rows = crate::support::rows_in(&context, &live.replace("bronze.cw_addition", "seen")).await;
    assert_eq!(rows[0][0], "1,3,4");
    things(&[1, 2, 3, 4]);
    let loaded = load(3).await;
    assert_eq!((loaded.counts.updated, loaded.counts.deleted), (1, 0));
    let version = scene.lake.open("bronze", "cw_addition").await.unwrap().unwrap().version();
    load(4).await;
    let again = scene.lake.open("bronze", "cw_addition").await.unwrap().unwrap().version();
    assert_eq!(again, version, "nothing changed, nothing was written");
}
