//! The same silver tables through DataFusion, through Spark's SQL on two engines, and read by two readers that are
//! not ours.

use crate::names;
use crate::support::{SMALL, Scene};
use connectwise_etl::run::{Mode, Options};
use serde_json::{Value, json};
use std::process::Command;

/// How many generated names of agreement types the engines classify.
const NAMES: usize = 3_000;

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
    let options = Options { mode: Mode::Full, ..Options::default() };
    let report = scene.run(options).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../spark/prove");
    let day = report.run.started().format("%Y-%m-%d").to_string();
    let status = Command::new(script).arg(scene.folder.path().join("lake")).arg(day).status().unwrap();
    assert!(status.success(), "{status}");
}
