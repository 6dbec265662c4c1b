//! Whose data a lakehouse holds: what was read of one ConnectWise never ends in the tables of another.

use crate::resume::{cut_off_run, is_as_the_source, of_time_entries, resumed};
use crate::support::{SMALL, Scene, client};
use connectwise_etl::Error;
use connectwise_etl::client::Client;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::source;
use connectwise_etl::run::{self, Layer, Mode, Options};
use connectwise_etl::staging;
use connectwise_simulator::{Config, Counts, Scale};

const LONG: Counts = Counts { time_entries: 9_000, ..SMALL };
/// Another company's data, of which some ids are the same.
const OTHER: Counts = Counts { time_entries: 3_000, ..SMALL };

async fn other(counts: Counts) -> Scene {
    Scene::with(Config { scale: Scale::Custom(counts), seed: 77, ..Config::default() }).await
}

/// A run of this source into the other scene's lakehouse.
async fn run_into(scene: &Scene, client: &Client, options: Options) -> Result<RunReport, Error> {
    run::run(Some(client), &scene.lake, &options).await
}

/// The lakehouse of one scene with the source of another.
fn in_the_place_of(lake: &Scene, mut source: Scene) -> Scene {
    source.lake = lake.lake.clone();
    source
}

fn refused(outcome: Result<RunReport, Error>, names: &[&str]) {
    let error = outcome.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.exit_code(), 2, "{text}");
    for name in names.iter().copied().chain(["--change-source"]) {
        assert!(text.contains(name), "{name}: {text}");
    }
}

/// Host and port of a scene's server.
fn host(scene: &Scene) -> String {
    scene.base_url().split('/').nth(2).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_of_one_source_is_no_part_of_another() {
    let first = Scene::new(LONG).await;
    cut_off_run(&first, 3, of_time_entries(Mode::Full)).await;
    assert!(staging::place(&first.lake).join("extract/TimeEntry").is_dir(), "nothing was kept");
    // The folder is deleted, and another company's data goes to the same place.
    std::fs::remove_dir_all(first.folder.path().join("lake")).unwrap();
    let second = in_the_place_of(&first, other(OTHER).await);
    assert_eq!(resumed(&second.run(of_time_entries(Mode::Full)).await), 0);
    is_as_the_source(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_is_no_part_of_a_lakehouse_made_anew_at_the_same_place() {
    let scene = Scene::new(LONG).await;
    cut_off_run(&scene, 2, of_time_entries(Mode::Full)).await;
    std::fs::remove_dir_all(scene.folder.path().join("lake")).unwrap();
    assert_eq!(resumed(&scene.run(of_time_entries(Mode::Full)).await), 0);
    is_as_the_source(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_source_is_refused_until_it_is_changed_and_then_read_whole() {
    let first = Scene::new(SMALL).await;
    first.full().await;
    let second = in_the_place_of(&first, other(Counts { time_entries: 500, ..SMALL }).await);
    let versions = first.versions().await;
    let (old, new) = (host(&first), host(&second));
    for mode in [Mode::Incremental, Mode::Full, Mode::Reconcile] {
        let options = Options { mode, ..Options::default() };
        refused(run_into(&first, &second.client, options).await, &[&old, &new, "company demo"]);
    }
    assert_eq!(first.versions().await, versions, "nothing was touched");

    // At first some entities, then all: each is read whole once, whatever its watermark says.
    let change = |entities: &[&str]| {
        let entities = entities.iter().map(|name| (*name).to_owned()).collect();
        Options { change_source: true, entities, ..Options::default() }
    };
    let report = second.run(change(&["Company"])).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let of_entries = |report: &RunReport| {
        let entry = report.entities.iter().find(|entity| entity.entity == "TimeEntry").unwrap();
        (entry.numbers.rows_read, entry.numbers.rows_recalled)
    };
    assert_eq!(of_entries(&second.incremental().await), (500, 0));
    is_as_the_source(&second).await;
    assert!(of_entries(&second.incremental().await).1 > 0, "it is read whole once");
    refused(run_into(&first, &first.client, Options::default()).await, &[&old, &new]);
    assert_eq!(source::remembered(&first.lake).await.unwrap().as_ref(), Some(second.client.source()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_look_back_knows_nothing_of_another_source() {
    let first = Scene::new(SMALL).await;
    first.full().await;
    assert!(first.incremental().await.entities.iter().any(|entity| entity.numbers.rows_recalled > 0));
    // The same records, in the same tables, but by way of another server.
    let config = Config { scale: Scale::Custom(SMALL), ..Config::default() };
    let second = in_the_place_of(&first, Scene::with(config).await);
    let report = second.run(Options { change_source: true, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert!(report.entities.iter().all(|entity| entity.numbers.rows_recalled == 0));
    is_as_the_source(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_codebase_is_the_same_source_and_a_lakehouse_without_one_adopts_the_first() {
    let scene = Scene::new(SMALL).await;
    let bronze = || Options { layers: vec![Layer::Bronze], entities: vec!["Company".to_owned()], ..Options::default() };
    assert_eq!(scene.run(bronze()).await.exit_code(), 0);
    scene.world().move_to("v2025_1");
    let config = Config::default();
    let base = scene.base_url();
    assert!(base.contains("v2025_1"), "{base}");
    let moved = client(&base, "DEMO+public", &config.password, &config.client_id);
    let report = run_into(&scene, &moved, Options { mode: Mode::Reconcile, ..bronze() }).await.unwrap_err();
    // It is another login to the simulator, but no other source.
    assert!(!report.to_string().contains("--change-source"), "{report}");
    let moved = client(&base, &config.username, &config.password, &config.client_id);
    assert_eq!(run_into(&scene, &moved, bronze()).await.unwrap().exit_code(), 0);

    // As an earlier version left it.
    std::fs::remove_dir_all(scene.folder.path().join("lake/meta/etl_source")).unwrap();
    assert_eq!(source::remembered(&scene.lake).await.unwrap(), None);
    assert_eq!(run_into(&scene, &moved, bronze()).await.unwrap().exit_code(), 0);
    assert_eq!(source::remembered(&scene.lake).await.unwrap().as_ref(), Some(moved.source()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_refuses_the_login_is_not_remembered() {
    let scene = Scene::new(SMALL).await;
    let config = Config::default();
    let wrong = client(&scene.base_url().replace("127.0.0.1", "localhost"), "typo+public", "x", &config.client_id);
    assert!(run_into(&scene, &wrong, Options::default()).await.is_err());
    assert_eq!(source::remembered(&scene.lake).await.unwrap(), None);
}
