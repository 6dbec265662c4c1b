//! Upkeep of the tables: no row changes, and nothing is written where nothing is to be done.

use crate::support::{EMPTY, SMALL, Scene, Shared};
use clap::Parser as _;
use connectwise_etl::catalog;
use connectwise_etl::cli::{Cli, Output};
use connectwise_simulator::AdvanceRequest;
use deltalake::parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What `maintain --json` did, by layer and table.
async fn maintain(scene: &Scene, extra: &[&str]) -> BTreeMap<String, Value> {
    let place = scene.lake.display();
    let line = ["connectwise-etl", "maintain", "--json", "--lakehouse", &place];
    let out = Shared::default();
    let mut output = Output::to(Box::new(out.clone()), Box::new(std::io::sink()));
    let command = Cli::try_parse_from(line.iter().chain(extra)).unwrap();
    assert_eq!(command.execute(&mut output).await.unwrap(), 0);
    let rows: Vec<Value> = serde_json::from_slice(&out.0.lock().unwrap()).unwrap();
    let name = |row: &Value| format!("{}/{}", row["layer"].as_str().unwrap(), row["table"].as_str().unwrap());
    rows.into_iter().map(|row| (name(&row), row)).collect()
}

/// Every row of every table, whatever its place.
async fn contents(scene: &Scene) -> BTreeMap<String, Vec<String>> {
    let context = catalog::register(&scene.lake).await.unwrap();
    let mut contents = BTreeMap::new();
    for table in catalog::known_tables() {
        let sql = format!("SELECT * FROM {}.{}", table.layer, table.name);
        let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
        let text = arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
        let mut rows: Vec<String> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        rows.retain(|row| !row.starts_with('+'));
        rows.sort();
        contents.insert(sql, rows);
    }
    contents
}

/// All files of the lakehouse and their sizes, but for the lock.
fn files(folder: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "_lock" {
            found.extend(files(&path));
        } else if path.is_file() {
            found.insert(path.display().to_string(), entry.metadata().unwrap().len());
        }
    }
    found
}

fn total(done: &BTreeMap<String, Value>, property: &str) -> u64 {
    done.values().map(|row| row[property].as_u64().unwrap()).sum()
}

/// A lakehouse after many small runs, with a table to which another program added rows one by one.
async fn many_runs() -> Scene {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let world = scene.world();
    for id in 0..6 {
        world.advance(AdvanceRequest { hours: 1.0, ..AdvanceRequest::default() });
        world.put("TimeEntry", json!({ "id": 9_000 - id, "actualHours": 1.5, "timeStart": "2026-01-02T08:00:00Z" }));
        world.put("Company", json!({ "id": 9_000 - id, "name": format!("Nýtt {id}") }));
        scene.incremental().await;
    }
    let mut runs = scene.lake.open("meta", "etl_run").await.unwrap().unwrap();
    for _ in 0..6 {
        let row = runs.frame().unwrap().limit(0, Some(1)).unwrap();
        runs.append(row, 1).await.unwrap();
    }
    scene
}

/// The data files of the lakehouse whose footers do not say by which calendar dates were written.
fn unmarked(folder: &Path) -> Vec<String> {
    let of_data = |path: &str| path.ends_with(".parquet") && !path.contains("_delta_log");
    let paths: Vec<String> = files(folder).into_keys().filter(|path| of_data(path)).collect();
    assert!(paths.len() > 20, "{paths:?}");
    let is_unmarked = |path: &String| {
        let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
        let said = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
        !said.iter().any(|pair| pair.key == "org.apache.spark.version" && pair.value.as_deref() == Some("3.5.0"))
    };
    paths.into_iter().filter(is_unmarked).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_says_how_dates_were_written() {
    let scene = many_runs().await;
    assert_eq!(unmarked(scene.folder.path()), [""; 0]);
    maintain(&scene, &["--retention-hours", "0", "--force"]).await;
    assert_eq!(unmarked(scene.folder.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_changes_and_the_next_run_finds_nothing_to_do() {
    let scene = many_runs().await;
    let (before, versions) = (contents(&scene).await, scene.versions().await);
    let on_disk = files(scene.folder.path());
    let looked = maintain(&scene, &["--dry-run"]).await;
    assert!(looked["meta/etl_run"]["compacted"].as_bool().unwrap());
    assert_eq!((files(scene.folder.path()), scene.versions().await), (on_disk.clone(), versions), "it only looked");

    let done = maintain(&scene, &[]).await;
    assert_eq!(contents(&scene).await, before);
    assert!(total(&done, "filesAfter") < total(&done, "filesBefore"), "{done:?}");
    assert_eq!(done["meta/etl_run"]["filesAfter"], 1);
    assert!(done["meta/etl_run"]["filesBefore"].as_u64().unwrap() >= 7);
    assert_eq!(total(&done, "vacuumed"), 0, "all files are fresh");
    let kept = files(scene.folder.path());
    assert!(on_disk.keys().all(|file| kept.contains_key(file) || file.contains("_last_checkpoint")));

    let (kept, versions) = (files(scene.folder.path()), scene.versions().await);
    maintain(&scene, &[]).await;
    assert_eq!((files(scene.folder.path()), scene.versions().await), (kept, versions), "again: nothing to do");

    // The checkpoints keep what silver was made from and the watermarks: nothing is written anew.
    let rows = |contents: &BTreeMap<String, Vec<String>>| {
        contents.iter().filter(|(sql, _)| !sql.contains("meta.")).map(|(_, rows)| rows.clone()).collect::<Vec<_>>()
    };
    let report = scene.incremental().await;
    assert!(report.tables.iter().all(|table| !table.counts.any_change()), "{:?}", report.tables);
    assert!(report.entities.iter().any(|entity| entity.watermark_before.is_some()));
    assert_eq!(rows(&contents(&scene).await), rows(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_files_go_when_told_and_what_is_in_use_stays() {
    let scene = many_runs().await;
    let before = contents(&scene).await;
    // What a killed run left behind.
    let stray = scene.folder.path().join("lake/silver/cw_company/part-00000-never-committed.parquet");
    std::fs::write(&stray, b"half").unwrap();
    let done = maintain(&scene, &["--retention-hours", "0", "--force"]).await;
    assert!(total(&done, "vacuumed") > 6 && !stray.exists(), "{done:?}");
    assert_eq!(contents(&scene).await, before);
    let data = files(scene.folder.path()).into_keys().filter(|name| {
        Path::new(name).extension().is_some_and(|extension| extension == "parquet") && !name.contains("_delta_log")
    });
    assert_eq!(data.count() as u64, total(&done, "filesAfter"), "what is there is in use");
    scene.full().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn less_than_a_week_needs_force() {
    let scene = Scene::new(EMPTY).await;
    let line = ["connectwise-etl", "maintain", "--retention-hours", "167", "--lakehouse", &scene.lake.display()];
    let mut output = Output::to(Box::new(std::io::sink()), Box::new(std::io::sink()));
    let error = Cli::try_parse_from(line).unwrap().execute(&mut output).await.unwrap_err();
    assert!(error.to_string().contains("--force") && error.exit_code() == 2, "{error}");
}
