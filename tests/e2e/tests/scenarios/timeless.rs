//! Lists whose records tell no time of change: the window begins at the start of the run before, less the look-back.

use crate::support::{EMPTY, Scene};
use chrono::{DateTime, Utc};
use connectwise_etl::run::report::EntityReport;
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_simulator::Faults;
use serde_json::json;

const COMPANIES: &str = "/company/companies";

fn put(scene: &Scene, id: i64, name: &str, changed: &str) {
    let stamp = json!({ "lastUpdated": format!("{changed}Z") });
    scene.world().put("Company", json!({ "id": id, "identifier": format!("f{id}"), "name": name, "_info": stamp }));
}

async fn scene(faults: Faults) -> Scene {
    let scene = Scene::new(EMPTY).await;
    scene.world().faults(faults.without_info(COMPANIES));
    for id in 1..=3 {
        put(&scene, id, "gamalt", "2024-05-01T00:00:00");
    }
    scene
}

/// A run at an instant, of long ago: the simulator's answers bear today's date.
async fn run(scene: &Scene, mode: Mode, day: &str) -> EntityReport {
    let started: DateTime<Utc> = format!("{day}T06:00:00Z").parse().unwrap();
    let entities = vec!["Company".to_owned()];
    let options = Options { mode, entities, layers: vec![Layer::Bronze], started: Some(started), ..Options::default() };
    let mut report = scene.run(options).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    report.entities.remove(0)
}

async fn incremental(scene: &Scene, day: &str) -> EntityReport {
    run(scene, Mode::Incremental, day).await
}

async fn names(scene: &Scene) -> String {
    scene.rows("SELECT name FROM bronze.cw_company ORDER BY id").await.concat().join(" ")
}

fn says(report: &EntityReport, text: &str) -> bool {
    report.remarks.iter().any(|remark| remark.contains(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_since_the_run_before_is_read_and_it_is_said() {
    let scene = scene(Faults::default()).await;
    let first = incremental(&scene, "2024-06-10").await;
    assert_eq!((first.numbers.rows_read, first.counts.inserted), (3, 3));
    assert_eq!(first.window.as_deref(), Some("everything"));
    assert!(says(&first, "tell no time of change"), "{:?}", first.remarks);

    put(&scene, 2, "breytt", "2024-06-10T06:00:01");
    // Stored by the server before that run, and not to be seen by it yet.
    put(&scene, 4, "nýtt", "2024-06-09T20:00:00");
    let second = incremental(&scene, "2024-06-12").await;
    assert_eq!((second.numbers.rows_read, second.counts.inserted, second.counts.updated), (2, 1, 1));
    assert_eq!(names(&scene).await, "gamalt breytt gamalt nýtt");
    assert_eq!(second.window.as_deref(), Some("changed since 2024-06-09T06:00:00Z"));
    assert!(says(&second, "what changed since 2024-06-09T06:00:00Z was read"), "{:?}", second.remarks);

    // Nothing was to be read in the nights between; what changed then is found.
    assert_eq!(incremental(&scene, "2024-06-20").await.numbers.rows_read, 0);
    put(&scene, 1, "seint", "2024-06-13T00:00:00");
    // A comparison of ids reads no changes, so it does not move the window.
    run(&scene, Mode::Reconcile, "2024-06-25").await;
    assert_eq!(incremental(&scene, "2024-06-30").await.counts.updated, 1);
    assert_eq!(names(&scene).await, "seint breytt gamalt nýtt");

    // A full run reads all, and the next one what changed since.
    assert_eq!(run(&scene, Mode::Full, "2024-07-10").await.numbers.rows_read, 4);
    put(&scene, 3, "nýlegt", "2024-07-11T00:00:00");
    assert_eq!(incremental(&scene, "2024-07-12").await.numbers.rows_read, 1);
    assert_eq!(names(&scene).await, "seint breytt nýlegt nýtt");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_api_can_not_filter_all_is_read_and_it_is_said() {
    let scene = scene(Faults::default().without_last_updated(COMPANIES)).await;
    incremental(&scene, "2024-06-10").await;
    put(&scene, 2, "breytt", "2024-06-11T00:00:00");
    let second = incremental(&scene, "2024-06-12").await;
    assert_eq!((second.numbers.rows_read, second.counts.updated), (3, 1));
    assert_eq!(second.window.as_deref(), Some("everything"));
    assert!(says(&second, "can't filter"), "{:?}", second.remarks);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_wrong_hides_nothing() {
    let scene = scene(Faults::default()).await;
    incremental(&scene, "2099-01-01").await;
    put(&scene, 2, "breytt", "2024-06-11T00:00:00");
    // The clock is right again, and what the run before said can't be: all is read, and from then on by the right clock.
    let second = incremental(&scene, "2024-06-12").await;
    assert_eq!((second.numbers.rows_read, second.counts.updated), (3, 1));
    put(&scene, 3, "breytt", "2024-06-12T07:00:00");
    assert_eq!(incremental(&scene, "2024-06-13").await.numbers.rows_read, 1);
    assert_eq!(names(&scene).await, "gamalt breytt breytt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_which_nothing_was_to_be_seen_is_read_whole() {
    let scene = scene(Faults::default()).await;
    for id in 1..=3 {
        scene.world().delete("Company", id);
    }
    incremental(&scene, "2024-06-10").await;
    // The right to see them came later than they did.
    put(&scene, 7, "gamalt", "2020-01-01T00:00:00");
    assert_eq!(incremental(&scene, "2024-06-12").await.counts.inserted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_begin_to_tell_a_time_are_followed_by_it() {
    let scene = scene(Faults::default()).await;
    incremental(&scene, "2024-06-10").await;
    scene.world().faults(Faults::default());
    put(&scene, 1, "a", "2024-06-09T12:00:00");
    incremental(&scene, "2024-06-11").await;
    put(&scene, 2, "b", "2024-06-15T00:00:00");
    let third = incremental(&scene, "2024-06-20").await;
    assert_eq!(third.counts.updated, 1);
    put(&scene, 3, "c", "2024-06-16T00:00:00");
    let fourth = incremental(&scene, "2024-06-21").await;
    assert_eq!(fourth.window.as_deref(), Some("changed since 2024-06-14T00:00:00Z"));
    assert_eq!(names(&scene).await, "a b c");
}
