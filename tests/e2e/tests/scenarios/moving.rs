//! Records that change, come and go while they are read.
//!
//! What has to hold afterwards: bronze holds the source's records, each once and as new as there is, or the entity
//! failed and its table is as it was. What happens here ends before the last pages are read, so that nothing can be
//! newer than what a run could have seen.

use crate::hostile::{assert_same, bronze, differences, source};
use crate::support::{RETRY, SMALL, Scene, settings};
use connectwise_etl::client::{Client, Limits, RateLimit};
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_simulator::{AdvanceRequest, Config, Counts, Fault, Faults, Meddling, Scale, When};

/// Long enough to be read in several ranges.
const LONG: Counts = Counts { time_entries: 6_400, ..SMALL };

fn meddling(advance: AdvanceRequest) -> Meddling {
    let advance = AdvanceRequest { hours: 0.2, entities: vec!["TimeEntry".to_owned()], ..advance };
    Meddling { endpoint: "/time/entries".to_owned(), every: 3, times: 3, advance }
}

fn times(mode: Mode) -> Options {
    let entities = vec!["TimeEntry".to_owned()];
    Options { mode, layers: vec![Layer::Bronze], entities, ..Options::default() }
}

async fn holds(mode: Mode, advance: AdvanceRequest, faults: Faults) {
    let deletes = advance.delete > 0;
    let mut scene = Scene::with(Config { scale: Scale::Custom(LONG), ..Config::default() }).await;
    // One request at a time, so that what happens between two of them is the same in each run of the test.
    let rate = RateLimit { requests_per_minute: 0, workers: 1 };
    scene.client = Client::with(settings(&scene.base_url()), RETRY, rate, Limits::default()).unwrap();
    let report = scene.run(times(Mode::Full)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    // So that an incremental run has something to read, too.
    scene.world().advance(AdvanceRequest { hours: 1.0, change: 5_000, ..AdvanceRequest::default() });
    let before = bronze(&scene, "cw_timeentry").await;
    let there = source(&scene, "TimeEntry");
    scene.world().faults(faults.with_meddling(meddling(advance)));
    let report = scene.run(times(mode)).await;
    let after = bronze(&scene, "cw_timeentry").await;
    let now = source(&scene, "TimeEntry");
    assert!(!differences(&there, &now).is_empty(), "nothing happened");
    if report.exit_code() == 0 {
        if mode == Mode::Incremental && deletes {
            // That can't be seen in what changed; the rest has to be there.
            let mut living = after.clone();
            living.retain(|id, _| now.contains_key(id));
            assert_same(&living, &now, "what lives");
        } else {
            assert_same(&after, &now, "afterwards");
        }
    } else {
        assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
        assert_same(&after, &before, "of an entity that failed");
    }
    // Once nothing moves any more, a full run brings all of it.
    scene.world().faults(Faults::default());
    let report = scene.run(times(Mode::Full)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_same(&bronze(&scene, "cw_timeentry").await, &now, "in peace");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_which_nothing_changes_is_read_once() {
    let scene = Scene::with(Config { scale: Scale::Custom(LONG), ..Config::default() }).await;
    // Many of them changed at the same time, and as late as any.
    let now = scene.world().now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    for id in scene.world().ids("TimeEntry").into_iter().step_by(10) {
        let mut record = scene.world().record("TimeEntry", id).unwrap();
        record["_info"]["lastUpdated"] = serde_json::json!(now);
        scene.world().put("TimeEntry", record);
    }
    // One that does not fit is among them, and one that a wrong clock stamped.
    scene.world().put("TimeEntry", serde_json::json!({ "id": 90_001, "actualHours": "margir" }));
    let later = serde_json::json!({ "lastUpdated": "2099-01-01T00:00:00Z" });
    scene.world().put("TimeEntry", serde_json::json!({ "id": 90_002, "_info": later }));
    for mode in [Mode::Full, Mode::Incremental] {
        let report = scene.run(times(mode)).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        let numbers = &report.entities[0].numbers;
        if mode == Mode::Full {
            assert_eq!(numbers.rows_read, 6_402);
        }
        assert_eq!((numbers.rows_changed, numbers.rows_repeated), (0, 0), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_twice_is_told_with_the_reason() {
    let scene = Scene::with(Config { scale: Scale::Custom(LONG), ..Config::default() }).await;
    let advance = AdvanceRequest { change: 25, ..AdvanceRequest::default() };
    let twice = Faults::default().with_kind("/time/entries", "list", When::Every(4), Fault::DuplicateRow);
    scene.world().faults(twice.with_meddling(Meddling { times: 1, every: 6, ..meddling(advance) }));
    let report = scene.run(times(Mode::Full)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let numbers = &report.entities[0].numbers;
    assert_eq!(numbers.rows_changed, 25, "{numbers:?}");
    assert!(numbers.rows_repeated > 0, "{numbers:?}");
    assert_eq!(numbers.rows_read, 6_400 + numbers.rows_changed + numbers.rows_repeated, "{numbers:?}");
    assert_same(&bronze(&scene, "cw_timeentry").await, &source(&scene, "TimeEntry"), "afterwards");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_change_while_they_are_read() {
    holds(Mode::Full, AdvanceRequest { change: 300, ..AdvanceRequest::default() }, Faults::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_come_while_others_are_read() {
    holds(Mode::Full, AdvanceRequest { add: 20, ..AdvanceRequest::default() }, Faults::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_go_while_others_are_read() {
    holds(Mode::Full, AdvanceRequest { delete: 20, ..AdvanceRequest::default() }, Faults::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_that_come_as_go() {
    // The count is the same before and after.
    holds(Mode::Full, AdvanceRequest { add: 20, delete: 20, ..AdvanceRequest::default() }, Faults::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_without_forward_only_paging_and_with_faults() {
    let faults = Faults { seed: 5, ..Faults::default() }
        .without_forward_only("/")
        .without_link("/")
        .with("", When::Probability(0.03), Fault::Reset)
        .with("", When::Probability(0.03), Fault::DuplicateRow);
    let advance = AdvanceRequest { change: 100, add: 10, delete: 10, ..AdvanceRequest::default() };
    holds(Mode::Full, advance, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incremental_run_while_records_change_come_and_go() {
    let advance = AdvanceRequest { change: 100, add: 10, delete: 10, ..AdvanceRequest::default() };
    holds(Mode::Incremental, advance, Faults::default()).await;
}
