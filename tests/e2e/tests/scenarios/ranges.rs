//! Lists that are long enough to be read in ranges of keys.

use crate::support::{self, SMALL, Scene};
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_simulator::{AdvanceRequest, Config, Counts, Fault, Faults, Meddling, Scale, When};
use futures::FutureExt as _;
use serde_json::json;
use std::pin::pin;
use std::time::Duration;

const LONG: Counts = Counts { time_entries: 5_200, ..SMALL };

/// All time entries, to bronze.
fn all_of_them() -> Options {
    let (layers, entities) = (vec![Layer::Bronze], vec!["TimeEntry".to_owned()]);
    Options { mode: Mode::Full, layers, entities, ..Options::default() }
}

/// Reads all time entries to bronze, and compares the ids with the source's.
async fn is_whole(faults: Faults) -> Scene {
    let mut scene = Scene::with(Config { scale: Scale::Custom(LONG), faults, ..Config::default() }).await;
    scene.lake = scene.lake.clone().with_least_rows(400);
    // A gap in the keys, as wide as can be thought of.
    scene.world().put("TimeEntry", json!({ "id": 900_000_000, "notes": "langt í burtu" }));
    let report = scene.run(all_of_them()).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let rows = scene.rows("SELECT id FROM bronze.cw_timeentry ORDER BY id").await;
    let found: Vec<i64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(found, scene.world().ids("TimeEntry"));
    scene
}

/// Requests for pages of a range that is closed above.
fn ranged(scene: &Scene) -> usize {
    let log = scene.world().requests();
    log.of("/time/entries")
        .filter(|line| line.parameters.iter().any(|(name, value)| name == "conditions" && value.contains("id <= ")))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_read_in_ranges() {
    let scene = is_whole(Faults::default()).await;
    assert!(ranged(&scene) > 0, "it was read in one");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_wait_for_the_places_that_others_have() {
    let scene = Scene::with(Config { scale: Scale::Custom(LONG), ..Config::default() }).await;
    let mut places = Vec::new();
    while let Some(place) = scene.client.reader_place().now_or_never() {
        places.push(place);
    }
    let mut run = pin!(scene.run(all_of_them()));
    assert!(tokio::time::timeout(Duration::from_secs(2), &mut run).await.is_err(), "it did not wait");
    assert_eq!(ranged(&scene), 0);
    // One is enough.
    places.pop();
    assert_eq!(run.await.exit_code(), 0);
    assert!(ranged(&scene) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_do_without_forward_only_paging_and_links() {
    let scene = is_whole(Faults::default().without_forward_only("/").without_link("/")).await;
    assert!(ranged(&scene) > 0, "it was read in one");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_clustered_whatever_range_ends_first() {
    let slow = |every, millis| (When::Every(every), Fault::Delay { millis });
    let faults = [slow(2, 40), slow(3, 150), slow(5, 300)];
    let faults = faults
        .into_iter()
        .fold(Faults::default(), |all, (when, fault)| all.with_kind("/time/entries", "list", when, fault));
    let scene = is_whole(faults).await;
    let files = support::ranges(&scene.lake, "bronze", "cw_timeentry", "id").await;
    assert!(files.len() > 5, "{files:?}");
    assert!(files.windows(2).all(|pair| pair[0].1 < pair[1].0), "{files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_again_and_what_is_gone_lies_where_it_belongs() {
    let mut scene = Scene::with(Config { scale: Scale::Custom(LONG), ..Config::default() }).await;
    scene.lake = scene.lake.clone().with_least_rows(400);
    let ids = scene.world().ids("TimeEntry");
    for round in 0..3 {
        // Some change while they are read, and are read twice; later on, some are gone.
        let advance = AdvanceRequest {
            hours: 0.2,
            change: 50,
            entities: vec!["TimeEntry".to_owned()],
            ..AdvanceRequest::default()
        };
        let meddling = Meddling { endpoint: "/time/entries".to_owned(), every: 6, times: 1, advance };
        scene.world().faults(Faults::default().with_meddling(meddling));
        let mut record = scene.world().record("TimeEntry", ids[100]).unwrap();
        record["notes"] = json!(format!("umferð {round}"));
        scene.world().put("TimeEntry", record);
        // The first run is the same by either name.
        let mode = if round == 0 { Mode::Incremental } else { Mode::Full };
        let report = scene.run(Options { mode, ..all_of_them() }).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        let there = scene.world().ids("TimeEntry").len() as u64;
        assert!(report.entities[0].numbers.rows_read > there, "nothing was read twice");
        assert!(report.entities[0].numbers.rows_changed > 0, "nothing changed");
        let files = support::ranges(&scene.lake, "bronze", "cw_timeentry", "id").await;
        assert!(files.len() > 5, "{files:?}");
        assert!(files.windows(2).all(|pair| pair[0].1 < pair[1].0), "round {round}: {files:?}");
        let rows = "SELECT count(*), count(DISTINCT id), count(etlDeletedAt) FROM bronze.cw_timeentry";
        let gone = (round * 40).to_string();
        assert_eq!(scene.rows(rows).await, [[ids.len().to_string(), ids.len().to_string(), gone]]);
        let notes = format!("SELECT notes FROM bronze.cw_timeentry WHERE id = {}", ids[100]);
        assert_eq!(scene.value(&notes).await, format!("umferð {round}"));
        for id in ids.iter().skip(round * 1_000 + 7).step_by(13).take(40) {
            assert!(scene.world().delete("TimeEntry", *id));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_survive_faults() {
    let seed = 23;
    let kinds = [
        Fault::TooManyRequests { retry_after: 0 },
        Fault::ServerError { status: 503 },
        Fault::Reset,
        Fault::Truncated,
        Fault::Html,
        Fault::DuplicateRow,
    ];
    let faults = kinds
        .into_iter()
        .fold(Faults { seed, ..Faults::default() }, |faults, kind| faults.with("", When::Probability(0.03), kind));
    is_whole(faults).await;
}
