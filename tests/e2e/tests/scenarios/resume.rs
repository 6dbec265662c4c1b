//! A run that was cut off while it read: the next one goes on from there, and what changed meanwhile is in it.

use crate::support::{SMALL, Scene};
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{self, Layer, Mode, Options};
use connectwise_etl::staging;
use connectwise_simulator::{AdvanceRequest, Counts, Fault, Faults, When};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LONG: Counts = Counts { time_entries: 9_000, ..SMALL };

pub(crate) fn of_time_entries(mode: Mode) -> Options {
    let layers = vec![Layer::Bronze];
    Options { mode, layers, entities: vec!["TimeEntry".to_owned()], ..Options::default() }
}

/// The pieces that are whole.
fn notes(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("extract/TimeEntry")).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "json") && !path.ends_with("manifest.json")).collect()
}

/// A scene whose first run was cut off when so many pieces were whole.
async fn cut_off(pieces: usize, mode: Mode) -> Scene {
    let scene = Scene::new(LONG).await;
    cut_off_run(&scene, pieces, of_time_entries(mode)).await;
    scene
}

/// Cuts a run off when so many pieces are whole, as kill -9 would.
pub(crate) async fn cut_off_run(scene: &Scene, pieces: usize, options: Options) {
    cut_off_run_with(scene, Faults::default(), pieces, options).await;
}

/// Cuts a run off, during which the server has these faults. One page never comes, so that the run can't end before it
/// is cut off, however late that is; the others take their time, so that what a run writes at its start is written.
async fn cut_off_run_with(scene: &Scene, faults: Faults, pieces: usize, options: Options) {
    let ids = scene.world().ids("TimeEntry");
    let slow = faults.with_kind("/time/entries", "list", When::Always, Fault::Delay { millis: 150 });
    scene.world().faults(slow.with_silence("/time/entries", ids[ids.len() / 2]));
    let folder = staging::place(&scene.lake);
    let (client, lake) = (scene.client.clone(), scene.lake.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let run = runtime.spawn(async move { run::run(Some(&client), &lake, &options).await });
    while notes(&folder).len() < pieces {
        assert!(!run.is_finished(), "it was done before it could be cut off");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // The run has tasks of its own, which an abort of the first would let go on for a moment: the end of the runtime
    // waits for each of them, and no chunk becomes whole behind the test's back.
    tokio::task::spawn_blocking(move || drop(runtime)).await.unwrap();
    // It may have learned of its tasks' end before its own.
    match run.await {
        Err(error) => assert!(error.is_cancelled(), "{error}"),
        Ok(outcome) => assert!(outcome.is_err() || outcome.is_ok_and(|report| report.exit_code() != 0), "it was done"),
    }
    scene.world().faults(Faults::default());
    scene.world().clear_requests();
}

/// That bronze holds exactly what the source has.
pub(crate) async fn is_as_the_source(scene: &Scene) {
    let sql = "SELECT id, notes, actualHours FROM bronze.cw_timeentry WHERE etlDeletedAt IS NULL ORDER BY id";
    let rows = scene.rows(sql).await;
    let found: Vec<i64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(found, scene.world().ids("TimeEntry"));
    for row in rows {
        let record = scene.world().record("TimeEntry", row[0].parse().unwrap()).unwrap();
        assert_eq!(record["notes"].as_str().unwrap_or("∅"), row[1], "notes of {}", row[0]);
    }
}

pub(crate) fn resumed(report: &RunReport) -> u64 {
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    report.entities[0].numbers.rows_resumed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_reads_what_is_missing() {
    let scene = cut_off(2, Mode::Full).await;
    let folder = staging::place(&scene.lake);
    assert!(scene.lake.open("bronze", "cw_timeentry").await.unwrap().is_none(), "nothing partial in the table");
    let report = scene.run(of_time_entries(Mode::Full)).await;
    let rows = resumed(&report);
    let numbers = &report.entities[0].numbers;
    assert_eq!((numbers.rows_read, numbers.rows_changed, numbers.rows_repeated), (9_000, 0, 0), "each is read once");
    assert!(rows >= 1_000, "{rows} of {} came from the run that was cut off", report.entities[0].numbers.rows_read);
    is_as_the_source(&scene).await;
    assert!(!folder.join("extract").exists(), "staging stays");
    // A run that is not cut off resumes nothing.
    assert_eq!(resumed(&scene.run(of_time_entries(Mode::Full)).await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_meanwhile_is_in_it_and_the_watermark_waits() {
    let scene = cut_off(3, Mode::Incremental).await;
    // Also among what was read: the lowest ids come first.
    let lowest = scene.world().ids("TimeEntry")[0];
    assert!(scene.world().delete("TimeEntry", scene.world().ids("TimeEntry")[1]));
    let request = AdvanceRequest { hours: 20.0, change: 300, add: 40, delete: 30, ..AdvanceRequest::default() };
    scene.world().advance(request);
    let mut record = scene.world().record("TimeEntry", lowest).unwrap();
    record["notes"] = json!("breytt á meðan");
    record["_info"]["lastUpdated"] = json!(scene.world().now().format("%Y-%m-%dT%H:%M:%SZ").to_string());
    scene.world().put("TimeEntry", record);
    let report = scene.run(of_time_entries(Mode::Incremental)).await;
    assert!(resumed(&report) > 0);
    is_as_the_source(&scene).await;
    // Of those that were read before, the changed ones are read again, and no other.
    let numbers = &report.entities[0].numbers;
    assert!(numbers.rows_changed > 0 && numbers.rows_changed <= 301, "{numbers:?}");
    assert_eq!(numbers.rows_repeated, 0, "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_served_again_takes_no_place_of_what_was_read_before() {
    let scene = Scene::new(LONG).await;
    let last = *scene.world().ids("TimeEntry").last().unwrap();
    let stumble = || Faults::default().with_stumble("/time/entries", last, false);
    scene.world().faults(stumble());
    assert_eq!(scene.run(of_time_entries(Mode::Full)).await.exit_code(), 0);
    // Pieces of a run that did not get the record; the next one gets it before all others.
    cut_off_run_with(&scene, stumble(), 2, of_time_entries(Mode::Full)).await;
    assert!(resumed(&scene.run(of_time_entries(Mode::Full)).await) > 0);
    is_as_the_source(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_is_known_to_the_next_run() {
    let scene = Scene::new(LONG).await;
    let far_back = |mode| Options { lookback_days: Some(10_000), ..of_time_entries(mode) };
    assert_eq!(scene.run(far_back(Mode::Full)).await.exit_code(), 0);
    scene.world().advance(AdvanceRequest { hours: 20.0, change: 900, add: 40, ..AdvanceRequest::default() });
    cut_off_run(&scene, 2, far_back(Mode::Incremental)).await;
    let report = scene.run(far_back(Mode::Incremental)).await;
    assert!(resumed(&report) >= 1_000, "{:?}", report.entities[0].numbers);
    let numbers = &report.entities[0].numbers;
    assert!(numbers.rows_recalled > 7_000 && numbers.rows_recalled < numbers.rows_read - 500, "{numbers:?}");
    is_as_the_source(&scene).await;

    // Where rows changed since, the pieces that say that nothing else came are no good.
    cut_off_run(&scene, 2, far_back(Mode::Incremental)).await;
    let mut table = scene.lake.open("bronze", "cw_timeentry").await.unwrap().unwrap();
    let rows = table.frame().unwrap().limit(0, Some(5_000)).unwrap();
    table.overwrite(rows, None, &[]).await.unwrap();
    assert_eq!(resumed(&scene.run(far_back(Mode::Incremental)).await), 0);
    is_as_the_source(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_window_and_a_piece_that_is_not_whole_are_not_used() {
    let scene = cut_off(2, Mode::Full).await;
    let folder = staging::place(&scene.lake);
    // One piece is shorter than its note says, and one has no note.
    let notes = notes(&folder);
    let file = std::fs::OpenOptions::new().write(true).open(notes[0].with_extension("parquet")).unwrap();
    file.set_len(100).unwrap();
    for note in &notes[1..] {
        std::fs::remove_file(note).unwrap();
    }
    assert_eq!(resumed(&scene.run(of_time_entries(Mode::Full)).await), 0);
    is_as_the_source(&scene).await;

    let scene = cut_off(2, Mode::Full).await;
    let since = Some(scene.world().now() - chrono::TimeDelta::days(20_000));
    assert_eq!(resumed(&scene.run(Options { since, ..of_time_entries(Mode::Incremental) }).await), 0);
    is_as_the_source(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_finds_nothing_resumes_nothing() {
    let scene = cut_off(2, Mode::Full).await;
    scene.world().faults(Faults::default().without_last_updated("/time/entries"));
    assert_eq!(resumed(&scene.run(of_time_entries(Mode::Full)).await), 0);
    is_as_the_source(&scene).await;
}
