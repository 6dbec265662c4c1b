//! The same silver tables through DataFusion, through Spark's SQL on two engines, and read by two readers that are
//! not ours.

use crate::names;
use crate::settings::{DAY, OTHER_SETTINGS, put_captioned_agreements};
use crate::support::{EMPTY, SMALL, Scene, rows_in, workspace};
use crate::variant::Variant;
use arrow::datatypes::DataType;
use connectwise_etl::catalog;
use connectwise_etl::run::{Mode, Options};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;

/// Where `tests/spark/run` puts Python packages.
fn python_cache() -> String {
    std::env::var("CW_PYTHON_CACHE")
        .unwrap_or_else(|_| format!("{}/.cache/connectwise-etl", std::env::var("HOME").unwrap()))
}

/// How many generated names of agreement types the engines classify.
const NAMES: usize = 3_000;

/// How many agreements stand above one another, the last with a number.
const LEVELS: i64 = 40;

/// Long ways up to an agreement number, and ways that lead round in a circle.
fn put_hierarchies(scene: &Scene) {
    let put = |id: i64, parent: Option<i64>, number: Option<&str>| {
        let mut record = json!({ "id": id, "name": "Samningur" });
        if let Some(parent) = parent {
            record["parentAgreement"] = json!({ "id": parent });
        }
        if let Some(number) = number {
            record["customFields"] = json!([{ "id": 1, "caption": "Samningsnúmer", "value": number }]);
        }
        scene.world().put("Agreement", record);
    };
    let top = 490_000;
    put(top, None, Some("S-490000"));
    for level in 1..=LEVELS {
        put(top + level, Some(top + level - 1), None);
    }
    // A number on the way hides the one above it.
    put(top + 100, Some(top + 9), Some("S-490100"));
    put(top + 101, Some(top + 100), None);
    // Circles of one, two and twelve; one with a number in it, and ways into each; and a parent that is not there.
    put(top + 200, Some(top + 200), None);
    put(top + 210, Some(top + 211), None);
    put(top + 211, Some(top + 210), None);
    for place in 0..12 {
        put(top + 220 + place, Some(top + 220 + (place + 1) % 12), (place == 7).then_some("S-490227"));
        put(top + 240 + place, Some(top + 240 + (place + 1) % 12), None);
    }
    for (id, parent) in [(260, 200), (261, 210), (262, 225), (263, 245), (264, 999)] {
        put(top + id, Some(top + parent), None);
    }
}

/// Agreements with those names, and entries with amounts that binary floats get wrong.
fn put_odd_records(scene: &Scene) {
    let world = scene.world();
    for (id, name) in (500_000_i64..).zip(names::sample(NAMES)) {
        world.put("Agreement", json!({ "id": id, "name": "Samningur", "type": { "id": id, "name": name } }));
    }
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let amounts = ["0.00005", "-0.00005", "1.00005", "2.67505", "-2.67505", "8.12345", "0.1", "0.2", "999999.9999"];
    for (id, amount) in (500_000_i64..).zip(amounts) {
        world.put(
            "TimeEntry",
            json!({
                "id": id, "timeStart": "2026-01-02T23:59:59.5Z", "actualHours": number(amount), "hoursBilled": 1.005,
                "hourlyRate": number(amount), "hourlyCost": amount, "agreement": { "id": id }, "status": "",
                "invoice": { "id": 500_000 },
            }),
        );
        world.put(
            "ProductItem",
            json!({ "id": id, "extPrice": number(amount), "extCost": 0.3,
            "agreement": { "id": 900_000 + id, "name": " Ókunnur ", "type": "Tímapottur: " } }),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python packages: bash tests/spark/run"]
async fn both_dialects_give_the_same_rows() {
    let scene = Scene::new(SMALL).await;
    put_odd_records(&scene);
    put_hierarchies(&scene);
    let options = Options { mode: Mode::Full, ..Options::default() };
    let report = scene.run(options).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let numbers = "SELECT agreementId, agreementNumber FROM gold.dimagreement WHERE agreementId >= 490000";
    let numbers = scene.by_key(numbers).await;
    for (id, number) in [
        (490_000 + LEVELS, "S-490000"),
        (490_101, "S-490100"),
        (490_200, "∅"),
        (490_228, "S-490227"),
        (490_251, "∅"),
        (490_260, "∅"),
        (490_261, "∅"),
        (490_262, "S-490227"),
        (490_263, "∅"),
        (490_264, "∅"),
    ] {
        assert_eq!(numbers[&id.to_string()], [number], "agreement {id}");
    }
    let script = workspace().join("tests/spark/prove");
    let day = report.run.started().format("%Y-%m-%d").to_string();
    let status = Command::new(script).arg(scene.folder.path().join("lake")).arg(day).status().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
#[ignore = "needs Python packages: bash tests/spark/run"]
fn patterns_of_any_text_say_the_same_on_the_engines() {
    let (variant, cases) = names::odd_rules();
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<&String> = cases.iter().map(|(name, _)| name).collect();
    let asked = json!({ "expression": names::class_in_spark(&variant.root()), "names": names });
    std::fs::write(folder.path().join("asked.json"), asked.to_string()).unwrap();
    for (engine, python) in [("sail", "sail"), ("pyspark", "spark")] {
        let ran = Command::new(format!("{}/{python}/bin/python", python_cache()))
            .arg(workspace().join("tests/spark/rules.py"))
            .args([engine, folder.path().join("asked.json").to_str().unwrap(), folder.path().to_str().unwrap()])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{engine}: {}", String::from_utf8_lossy(&ran.stderr));
        let found: Vec<String> = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(found.len(), cases.len(), "{engine}");
        for ((name, class), found) in cases.iter().zip(found) {
            assert_eq!(found, *class, "{name:?} on {engine}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python packages: bash tests/spark/run"]
async fn both_dialects_give_the_same_rows_by_other_settings() {
    let scene = Scene::new(SMALL).await;
    put_captioned_agreements(&scene);
    scene.full().await;
    let (variant, out) = (Variant::new(&OTHER_SETTINGS, &[]), tempfile::tempdir().unwrap());
    let ran = Command::new(format!("{}/sail/bin/python", python_cache()))
        .arg(workspace().join("tests/spark/gold.py"))
        .args(["sail", scene.folder.path().join("lake").to_str().unwrap(), DAY, out.path().to_str().unwrap()])
        .arg(variant.root())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    let (ours, theirs) = (variant.session(&scene, DAY).await, SessionContext::new());
    for table in variant.tables() {
        let folder = out.path().join(&table);
        theirs.register_parquet(&*table, folder.to_str().unwrap(), ParquetReadOptions::default()).await.unwrap();
        let here = rows_in(&ours, &format!("SELECT * FROM gold.{table} ORDER BY 1")).await;
        let there = rows_in(&theirs, &format!("SELECT * FROM {table} ORDER BY 1")).await;
        assert_eq!(here.len(), there.len(), "rows of {table}");
        for (here, there) in here.iter().zip(&there) {
            assert_eq!(here, there, "{table}");
        }
    }
}

/// The old instants and dates of every table, as numbers, by table and column.
async fn old_values(scene: &Scene) -> BTreeMap<String, BTreeMap<String, Vec<i64>>> {
    let context = catalog::register(&scene.lake).await.unwrap();
    let mut found = BTreeMap::new();
    for known in catalog::known_tables() {
        let name = format!("{}.{}", known.layer, known.name);
        let Some(table) = scene.lake.open(known.layer, known.name).await.unwrap() else { continue };
        let mut columns = BTreeMap::new();
        for field in table.schema().unwrap().fields() {
            let number = match field.data_type() {
                DataType::Timestamp(..) => "Int64",
                DataType::Date32 => "Int32",
                _ => continue,
            };
            let column = format!("\"{}\"", field.name());
            let sql = format!(
                "SELECT DISTINCT arrow_cast({column}, '{number}') AS n FROM {name} \
                 WHERE {column} < DATE '1900-01-01' ORDER BY n"
            );
            let numbers = rows_in(&context, &sql).await;
            if !numbers.is_empty() {
                let numbers = numbers.iter().map(|row| row[0].parse().unwrap()).collect();
                columns.insert(field.name().clone(), numbers);
            }
        }
        found.insert(name, columns);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python packages: bash tests/spark/run"]
async fn spark_reads_every_table_with_dates_of_long_ago() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("ExpenseEntry", json!({ "id": 1, "amount": 1.5, "date": "0001-01-01T00:00:00Z" }));
    world.put("Agreement", json!({ "id": 1, "name": "Samningur", "endDate": "1753-01-01T00:00:00Z" }));
    world.put("TimeEntry", json!({ "id": 1, "actualHours": 1, "timeStart": "1899-12-30T23:59:59.999999Z" }));
    world.put("ProductItem", json!({ "id": 1, "purchaseDate": "1582-10-10T00:00:00Z" }));
    scene.full().await;
    let ours = old_values(&scene).await;
    assert!(ours.values().filter(|columns| !columns.is_empty()).count() > 7, "{ours:?}");
    let ran = Command::new(format!("{}/spark/bin/python", python_cache()))
        .arg(workspace().join("tests/spark/read.py"))
        .arg(scene.folder.path().join("lake"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let theirs: BTreeMap<String, BTreeMap<String, Vec<i64>>> = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(theirs, ours);
}
