//! Checks of one's own, and the reports: what is unmatched, unbilled, or does not add up.

use crate::support::{EMPTY, Scene};
use arrow::array::AsArray as _;
use chrono::{DateTime, Utc};
use connectwise_etl::gold::{Severity, report};
use connectwise_etl::run::{Mode, Options, RunId};
use serde_json::{Value, json};

const NOW: &str = "2026-06-15T12:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

/// The rows of a report on that day, every value as text.
async fn rows(scene: &Scene, name: &str, days: u32) -> Vec<Vec<String>> {
    let batches = report(&scene.lake, name, &RunId::new(now()), days).await.unwrap();
    let mut rows = Vec::new();
    for batch in batches {
        let texts: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).unwrap())
            .collect();
        rows.extend((0..batch.num_rows()).map(|row| -> Vec<String> {
            texts.iter().map(|text| text.as_string::<i32>().value(row).to_owned()).collect()
        }));
    }
    rows
}

fn entry(id: i64, day: &str, status: &str, hours: f64) -> Value {
    json!({ "id": id, "timeStart": format!("{day}T09:00:00Z"), "status": status, "billableOption": "Billable",
        "actualHours": hours, "hoursBilled": hours, "hourlyRate": 100.1, "agreement": { "id": 1 },
        "company": { "id": 5, "identifier": "f", "name": "Fyrirtæki" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_show_what_someone_should_look_at() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let agreement =
        |id: i64, name: &str| json!({ "id": id, "name": format!("S{id}"), "type": { "id": id, "name": name } });
    world.put("Agreement", agreement(1, "Ráðgjöf "));
    world.put("Agreement", agreement(2, "Tímapottur"));
    // Approved and old enough; too young; not approved; on an invoice; prepaid.
    world.put("TimeEntry", entry(1, "2026-05-15", "ApprovedByTierTwo", 0.1));
    world.put("TimeEntry", entry(2, "2026-05-16", "ReadyToBill", 1.0));
    world.put("TimeEntry", entry(3, "2026-05-01", "Open", 1.0));
    let mut invoiced = entry(4, "2026-05-01", "Billed", 2.0);
    invoiced["invoice"] = json!({ "id": 100, "identifier": "R-100" });
    world.put("TimeEntry", invoiced);
    let mut prepaid = entry(5, "2026-05-01", "ApprovedByTierOne", 1.0);
    prepaid["agreement"] = json!({ "id": 2 });
    world.put("TimeEntry", prepaid);
    let mut more = entry(6, "2026-04-01", "ReadyToBill", 0.2);
    more["invoice"] = Value::Null;
    world.put("TimeEntry", more);
    // One invoice adds up within a cent, one does not, one's lines are on an invoice that is not listed.
    world.put("Invoice", json!({ "id": 100, "invoiceNumber": "R-100", "type": "Standard", "serviceTotal": 200.2 }));
    world.put("Invoice", json!({ "id": 101, "invoiceNumber": "R-101", "type": "Standard", "productTotal": 9.99 }));
    let product =
        |id: i64, invoice: i64, price: f64| json!({ "id": id, "extPrice": price, "invoice": { "id": invoice } });
    world.put("ProductItem", product(1, 101, 5.0));
    world.put("ProductItem", product(2, 101, 5.0));
    world.put("ProductItem", product(3, 101, 0.5));
    world.put("ProductItem", product(4, 999, 1.0));
    let run = Options { mode: Mode::Full, started: Some(now()), ..Options::default() };
    let done = scene.run(run).await;

    assert_eq!(done.exit_code(), 0, "a warning fails nothing: {:?}", done.error_text());
    let own = |name: &str| done.checks.iter().find(|check| check.name == name).unwrap();
    assert!(own("own/products-fit").passed);
    let lost = own("own/invoiced-work-has-its-invoice");
    assert_eq!((lost.passed, lost.severity), (false, Severity::Warning));
    assert!(lost.detail.contains("1 rows") && lost.detail.contains("\"P4\""), "{}", lost.detail);
    let stored = "SELECT passed, severity FROM meta.etl_check WHERE \"check\" = 'own/invoiced-work-has-its-invoice'";
    assert_eq!(scene.rows(stored).await, [["false", "warning"]]);

    let unmatched: Vec<_> =
        done.unmatched.iter().map(|kind| [&*kind.type_name, &*kind.hours, &*kind.revenue]).collect();
    assert_eq!(unmatched, [["Ráðgjöf", "4.3000", "430.4300"]], "known types are not among them");
    assert_eq!(rows(&scene, "unmatched", 0).await, [["Ráðgjöf", "1", "5", "4.3000", "430.4300"]]);
    assert_eq!(rows(&scene, "unbilled", 30).await, [["Fyrirtæki", "S1", "2", "0.3000", "30.0300", "20260401"]]);
    assert_eq!(rows(&scene, "unbilled", 29).await[0][2..4], ["3", "1.3000"]);
    let differing = rows(&scene, "invoice-differences", 0).await;
    assert_eq!(differing.len(), 1, "{differing:?}");
    assert_eq!((differing[0][0].as_str(), differing[0].last().unwrap().as_str()), ("R-101", "-0.5100"));
    let reconciled = rows(&scene, "reconciliation", 0).await;
    let all: Vec<_> = reconciled.iter().filter(|row| row[1] == "all").map(|row| row[2..].to_vec()).collect();
    assert_eq!(all.len(), 3, "bronze, silver, gold");
    assert!(all.iter().all(|row| *row == ["6", "5.3000", "530.5300"]), "{reconciled:?}");
    let by_status: Vec<_> = reconciled.iter().filter(|row| row[1] != "all").map(|row| [&*row[1], &*row[3]]).collect();
    assert_eq!(by_status, [["Billable", "2.3000"], ["Invoiced", "2.0000"], ["Prepaid", "1.0000"]]);
}
