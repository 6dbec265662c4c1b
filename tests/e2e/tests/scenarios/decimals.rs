//! Money and hours, exact from the JSON text to gold's sums, with values that binary floats get wrong.

use crate::support::{EMPTY, Scene};
use connectwise_etl::run::{Mode, Options};
use serde_json::{Value, json};

fn entry(id: i64, hours: &str, rate: &str, cost: &str) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    json!({
        "id": id, "timeStart": "2026-01-02T08:00:00Z", "billableOption": "Billable", "status": "Open",
        "actualHours": number(hours), "hourlyRate": number(rate), "hourlyCost": cost,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_digit_is_what_the_text_said() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let cases: [(&str, &str, &str, [&str; 5]); 13] = [
        // hours, rate, cost as they come; hours, revenue, effective cost, cost, percentage of margin
        ("0.00005", "1", "", ["0.0001", "0.0001", "0.0000", "0.0000", "100.0000"]),
        ("-0.00005", "1", "", ["-0.0001", "-0.0001", "0.0000", "0.0000", "100.0000"]),
        ("0.00004999", "1", "", ["0.0000", "0.0000", "0.0000", "0.0000", "0.0000"]),
        ("1e-4", "1", "0.0001", ["0.0001", "0.0001", "0.0001", "0.0000", "100.0000"]),
        // Halves: 1.00005, 2.67505 and 8.12345 lie below the half as binary floats.
        ("1.00005", "1", "2.67505", ["1.0001", "1.0001", "2.6751", "2.6754", "-167.5132"]),
        ("-2.67505", "1", "0", ["-2.6751", "-2.6751", "0.0000", "0.0000", "100.0000"]),
        ("8.12345", "1", "0", ["8.1235", "8.1235", "0.0000", "0.0000", "100.0000"]),
        // Products whose fifth digit is a half, both ways from zero.
        ("0.5", "0.0001", "0.0003", ["0.5000", "0.0001", "0.0003", "0.0002", "-100.0000"]),
        ("-0.5", "0.0001", "0.0003", ["-0.5000", "-0.0001", "0.0003", "-0.0002", "-100.0000"]),
        ("1.005", "2.675", "1.115", ["1.0050", "2.6884", "1.1150", "1.1206", "58.3172"]),
        // A quotient that ends in a half: 100 × 0.0001 ÷ 8 = 0.00125.
        ("1", "8", "7.9999", ["1.0000", "8.0000", "7.9999", "7.9999", "0.0013"]),
        // Text keeps every digit that a column holds, a number the fifteen that a double holds.
        ("1", "0", "12345678901234.5678", ["1.0000", "0.0000", "12345678901234.5678", "12345678901234.5678", "0.0000"]),
        ("99999999999.9999", "1", "", ["99999999999.9999", "99999999999.9999", "0.0000", "0.0000", "100.0000"]),
    ];
    for (id, (hours, rate, cost, _)) in (1_i64..).zip(&cases) {
        world.put("TimeEntry", entry(id, hours, rate, cost));
    }
    // 0.1 + 0.2, a hundred times and more.
    for id in 1_000..1_400 {
        world.put("TimeEntry", entry(id, if id % 2 == 0 { "0.1" } else { "0.2" }, "0.7", "0.30"));
    }
    scene.full().await;
    let rows = scene
        .by_key(
            "SELECT timeEntryId, actualHours, potentialRevenue, effectiveHourlyCost, actualCost, marginPercentage FROM \
             gold.fact_timeentry WHERE timeEntryId < 1000",
        )
        .await;
    for (id, (hours, rate, cost, expected)) in (1_i64..).zip(&cases) {
        assert_eq!(rows[&id.to_string()], *expected, "{hours} hours at {rate}, cost {cost:?}");
    }
    let sums = "SELECT SUM(actualHours), SUM(potentialRevenue), SUM(actualCost), SUM(margin) FROM gold.fact_timeentry \
                WHERE timeEntryId >= 1000";
    assert_eq!(scene.rows(sums).await, [["60.0000", "42.0000", "18.0000", "24.0000"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_no_column_holds_breaks_a_check_and_is_not_lost_in_silence() {
    let scene = Scene::new(EMPTY).await;
    scene.world().put("Invoice", json!({ "id": 1, "invoiceNumber": "R-1", "total": 1e16 }));
    let report = scene.run(Options::default()).await;
    assert_eq!(report.exit_code(), 4, "{:?}", report.error_text());
    let broken: Vec<&str> =
        report.checks.iter().filter(|check| !check.passed).map(|check| check.name.as_str()).collect();
    assert_eq!(broken, ["sum/fact_invoice/total", "fits/fact_invoice"]);
    assert!(report.error_text().unwrap().contains("silver 10000000000000000"), "{:?}", report.error_text());

    // A product that no column holds: gold is built all the same, and the entry is named.
    scene.world().delete("Invoice", 1);
    scene.world().put("TimeEntry", entry(7, "99999999.5", "99999999.5", ""));
    let report = scene.run(Options { mode: Mode::Full, force: true, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 4, "{:?}", report.error_text());
    assert!(report.error_text().unwrap().contains("\"line\":\"T\",\"id\":7"), "{:?}", report.error_text());

    // A rate beyond the column is 0 in gold, and so is all that is computed from it: its source says what is lost.
    let rate = "100000000000000000000000";
    scene.world().put("TimeEntry", entry(7, "1", rate, "1e16"));
    scene.world().put("TimeEntry", entry(8, "1", "2", "no number"));
    let report = scene.run(Options { mode: Mode::Full, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 4, "{:?}", report.error_text());
    let broken: Vec<_> = report.checks.iter().filter(|check| check.fails()).collect();
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert_eq!(broken[0].name, "fits/fact_timeentry");
    let amounts = "hourlyRate, hourlyCost, invoicedAmount, effectiveHourlyCost";
    let lost = format!("1 rows, e.g. {{\"timeEntryId\":7,\"amounts\":\"{amounts}\"}}");
    assert!(broken[0].detail.ends_with(&lost), "{}", broken[0].detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_margin_that_no_column_holds_stops_nothing_and_is_told() {
    let scene = Scene::new(EMPTY).await;
    scene.world().put("ProductItem", json!({ "id": 1, "extPrice": 9e14, "extCost": -9e14 }));
    scene.world().put("ProductItem", json!({ "id": 2, "extPrice": 5, "extCost": 2 }));
    let report = scene.run(Options::default()).await;
    assert_eq!(report.exit_code(), 4, "{:?}", report.error_text());
    let broken: Vec<_> = report.checks.iter().filter(|check| check.fails()).collect();
    assert_eq!((broken.len(), &*broken[0].name), (1, "own/products-fit"), "{broken:?}");
    let margins = "SELECT productItemId, margin, marginPercentage FROM gold.fact_productitem ORDER BY 1";
    assert_eq!(scene.rows(margins).await, [["1", "0.0000", "0.0000"], ["2", "3.0000", "60.0000"]]);
}
