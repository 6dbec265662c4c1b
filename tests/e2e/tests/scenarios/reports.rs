//! Checks of one's own, and the reports: what is unmatched, unbilled, or does not add up.

use crate::support::{EMPTY, Scene};
use arrow::array::AsArray as _;
use chrono::{DateTime, Utc};
use connectwise_etl::check::Severity;
use connectwise_etl::gold::report;
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
    let unbilled = ["Fyrirtæki", "5", "S1", "1", "2", "0.3000", "30.0300", "0", "20260401"];
    assert_eq!(rows(&scene, "unbilled", 30).await, [unbilled]);
    assert_eq!(rows(&scene, "unbilled", 29).await[0][4..6], ["3", "1.3000"]);
    let differing = rows(&scene, "invoice-differences", 0).await;
    assert_eq!(differing.len(), 1, "{differing:?}");
    assert_eq!((differing[0][0].as_str(), differing[0].last().unwrap().as_str()), ("R-101", "-0.5100"));
    let differ = own("own/invoice-lines-add-up");
    assert_eq!((differ.passed, differ.severity), (false, Severity::Warning));
    assert!(differ.detail.contains("1 rows") && differ.detail.contains("\"R-101\""), "{}", differ.detail);
    let reconciled = rows(&scene, "reconciliation", 0).await;
    let all: Vec<_> = reconciled.iter().filter(|row| row[1] == "all").map(|row| row[2..].to_vec()).collect();
    assert_eq!(all.len(), 3, "bronze, silver, gold");
    assert!(all.iter().all(|row| *row == ["6", "5.3000", "530.5300"]), "{reconciled:?}");
    let by_status: Vec<_> = reconciled.iter().filter(|row| row[1] != "all").map(|row| [&*row[1], &*row[3]]).collect();
    assert_eq!(by_status, [["Billable", "2.3000"], ["Invoiced", "2.0000"], ["Prepaid", "1.0000"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_compared_kind_by_kind_and_without_lines_too() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for (id, name) in [(1, "yÞjónusta"), (2, "Tímapottur"), (3, "Innri verkefni")] {
        world.put("Agreement", json!({ "id": id, "name": "S", "type": { "id": id, "name": name } }));
    }
    let invoice = |id: i64, kind: &str, service: f64, product: f64| {
        world.put(
            "Invoice",
            json!({ "id": id, "invoiceNumber": format!("R-{id}"), "type": kind, "serviceTotal": service,
                "productTotal": product }),
        );
    };
    let time = |id: i64, invoice: i64, agreement: i64, hours: f64| {
        world.put(
            "TimeEntry",
            json!({ "id": id, "hoursBilled": hours, "hourlyRate": 10, "invoice": { "id": invoice },
                "agreement": { "id": agreement }, "timeStart": "2026-05-01T09:00:00Z" }),
        );
    };
    // Two hundred products that cost nothing do not excuse a krona of work.
    invoice(1, "Standard", 11.0, 0.0);
    time(1, 1, 1, 1.0);
    for id in 0..200 {
        world.put("ProductItem", json!({ "id": 100 + id, "extPrice": 0, "invoice": { "id": 1 } }));
    }
    // Half a unit of the rounding for each line of the kind, and not a bit more.
    invoice(2, "Standard", 20.01, 0.0);
    time(2, 2, 1, 1.0);
    time(3, 2, 1, 1.0);
    invoice(3, "Standard", 20.0101, 0.0);
    time(4, 3, 1, 1.0);
    time(5, 3, 1, 1.0);
    // No lines at all; nothing but prepaid and internal work; nothing to add up; no lines of their own.
    invoice(4, "Standard", 0.0, 5.0);
    invoice(5, "Standard", 30.0, 0.0);
    time(6, 5, 2, 1.0);
    time(7, 5, 3, 2.0);
    invoice(6, "Standard", 0.0, 0.0);
    invoice(7, "DownPayment", 50.0, 0.0);
    // A line beside prepaid work counts alone.
    invoice(8, "Standard", 20.0, 0.0);
    time(8, 8, 1, 1.0);
    time(9, 8, 2, 1.0);
    let done = scene.run(Options { mode: Mode::Full, started: Some(now()), ..Options::default() }).await;
    assert_eq!(done.exit_code(), 0, "{:?}", done.error_text());
    let found: Vec<_> = rows(&scene, "invoice-differences", 0)
        .await
        .into_iter()
        .map(|row| [row[0].clone(), row.last().unwrap().clone()])
        .collect();
    assert_eq!(found, [["R-8", "10.0000"], ["R-4", "5.0000"], ["R-1", "1.0000"], ["R-3", "0.0101"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unbilled_work_without_a_date_shows_and_namesakes_stay_apart() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in [1, 2] {
        world.put("Agreement", json!({ "id": id, "name": "Þjónusta", "type": { "id": 1, "name": "yÞjónusta" } }));
    }
    let put = |id: i64, company: i64, agreement: i64, day: Option<&str>| {
        let mut record = entry(id, day.unwrap_or("2026-06-14"), "ReadyToBill", 1.0);
        record["company"] = json!({ "id": company, "identifier": "f", "name": "Fyrirtæki" });
        record["agreement"] = json!({ "id": agreement });
        if day.is_none() {
            record["timeStart"] = Value::Null;
        }
        world.put("TimeEntry", record);
    };
    put(1, 5, 1, None);
    put(2, 5, 1, Some("2026-01-02"));
    put(3, 6, 1, None);
    put(4, 5, 2, Some("2026-01-03"));
    put(5, 7, 1, Some("2026-06-14"));
    scene.run(Options { mode: Mode::Full, started: Some(now()), ..Options::default() }).await;
    let found: Vec<_> = rows(&scene, "unbilled", 30)
        .await
        .into_iter()
        .map(|row| [row[1].clone(), row[3].clone(), row[4].clone(), row[7].clone()])
        .collect();
    assert_eq!(found, [["5", "1", "2", "1"], ["5", "2", "1", "0"], ["6", "1", "1", "1"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unmatched_names_are_found_in_records_of_every_kind() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let agreement = |id: i64, name: &str| {
        world.put("Agreement", json!({ "id": id, "name": "S", "type": { "id": id, "name": name } }));
    };
    agreement(1, "Ráðgjöf");
    agreement(2, "Óþekkt án færslna");
    agreement(3, "yÞjónusta");
    let mut record = entry(1, "2026-05-01", "Open", 1.0);
    world.put("TimeEntry", record.clone());
    // No agreement, and a name that only the record carries; neither; a name that a rule knows.
    record["agreement"] = Value::Null;
    for (id, name) in [(2, json!("\u{a0}Ráðgjöf ")), (3, Value::Null), (4, json!("Tímapottur")), (5, json!("Prufa"))]
    {
        record["id"] = json!(id);
        record["agreementType"] = name;
        world.put("TimeEntry", record.clone());
    }
    // An agreement that no list has.
    world.put(
        "TimeEntry",
        json!({ "id": 6, "agreement": { "id": 77 }, "agreementType": "Horfinn", "hourlyRate": 1, "actualHours": 2 }),
    );
    world.put(
        "ExpenseEntry",
        json!({ "id": 1, "agreement": { "type": "Prufa" }, "billAmount": 7.5, "invoiceAmount": 1 }),
    );
    world.put("ExpenseEntry", json!({ "id": 2, "agreement": { "id": 3, "type": "Prufa" }, "billAmount": 9 }));
    world.put("ProductItem", json!({ "id": 1, "agreement": { "id": 1 }, "extPrice": 1000 }));
    let done = scene.run(Options { mode: Mode::Full, started: Some(now()), ..Options::default() }).await;
    let found = rows(&scene, "unmatched", 0).await;
    assert_eq!(
        found,
        [
            ["Ráðgjöf", "1", "3", "2.0000", "1200.2000"],
            ["Prufa", "0", "2", "1.0000", "107.6000"],
            ["Horfinn", "1", "1", "2.0000", "2.0000"],
            ["Óþekkt án færslna", "1", "0", "0.0000", "0.0000"],
        ]
    );
    assert_eq!(done.unmatched.len(), 4, "told after the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn costs_that_are_no_numbers_and_dates_that_nobody_means_are_warnings() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let costs =
        [(1, json!("1.234,50")), (2, json!("")), (3, json!(" \u{a0}")), (4, json!("10800.00")), (5, Value::Null)];
    for (id, cost) in costs {
        let mut record = entry(id, "2026-05-01", "Open", 1.0);
        record["hourlyCost"] = cost;
        world.put("TimeEntry", record);
    }
    world.put("TimeEntry", entry(6, "1989-12-31", "Open", 1.0));
    world.put("TimeEntry", entry(7, "1990-01-01", "Open", 1.0));
    world.put("Invoice", json!({ "id": 8, "date": "2100-12-31T00:00:00Z", "dueDate": "2101-01-01T00:00:00Z" }));
    let done = scene.run(Options { mode: Mode::Full, started: Some(now()), ..Options::default() }).await;
    assert_eq!(done.exit_code(), 0, "{:?}", done.error_text());
    let own = |name: &str| done.checks.iter().find(|check| check.name == name).unwrap();
    let cost = own("own/hourly-cost-is-a-number");
    assert_eq!((cost.passed, cost.severity), (false, Severity::Warning));
    let told = "1 rows, e.g. {\"timeEntryId\":1,\"hourlyCost\":\"1.234,50\"}";
    assert!(cost.detail.ends_with(told), "{}", cost.detail);
    let dates = own("own/dates-are-plausible");
    assert_eq!((dates.passed, dates.severity), (false, Severity::Warning));
    let told = ["2 rows", "WorkDateKey\",\"id\":6,\"day\":19891231", "DueDateKey\",\"id\":8,\"day\":21010101"];
    assert!(told.iter().all(|text| dates.detail.contains(text)), "{}", dates.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_compared_by_what_the_customer_pays() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("Invoice", json!({ "id": 100, "invoiceNumber": "R-100", "type": "Standard", "serviceTotal": 350.5 }));
    // Two hours at 100.1: covered by the agreement, rounded by hand, as reckoned, and on no invoice.
    for (id, amount, invoice) in [
        (1, json!(0), json!(100)),
        (2, json!(150.3), json!(100)),
        (3, Value::Null, json!(100)),
        (4, json!(7), Value::Null),
    ] {
        let mut record = entry(id, "2026-05-01", "Billed", 2.0);
        record["hoursBilled"] = json!(2.0);
        record["extendedInvoiceAmount"] = amount;
        record["invoice"] = json!({ "id": invoice });
        world.put("TimeEntry", record);
    }
    let done = scene.run(Options { mode: Mode::Full, started: Some(now()), ..Options::default() }).await;
    let lines = "SELECT lineId, lineAmount, invoicedAmount FROM gold.fact_invoiceline";
    let lines = scene.by_key(lines).await;
    assert_eq!(lines["T1"], ["200.2000", "0.0000"]);
    assert_eq!(lines["T2"], ["200.2000", "150.3000"]);
    assert_eq!(lines["T3"], ["200.2000", "200.2000"]);
    assert_eq!(lines.len(), 3);
    assert_eq!(scene.value("SELECT invoicedAmount FROM gold.fact_timeentry WHERE timeEntryId = 4").await, "0.0000");
    let own = |name: &str| done.checks.iter().find(|check| check.name == name).unwrap();
    assert!(own("own/invoice-lines-add-up").passed, "{}", own("own/invoice-lines-add-up").detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_currencies_and_texts_that_are_cut_are_warnings() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let note = |letters: usize| "þ".repeat(letters);
    for (id, notes, internal) in [(1, 32_764, 0), (2, 32_765, 0), (3, 5, 40_000)] {
        let mut record = entry(id, "2026-05-01", "Open", 1.0);
        record["notes"] = json!(note(notes));
        record["internalNotes"] = json!(note(internal));
        world.put("TimeEntry", record);
    }
    world.put("ExpenseEntry", json!({ "id": 4, "notes": note(32_766) }));
    let money = |code: &str| json!({ "id": 1, "currencyCode": code });
    world.put("Agreement", json!({ "id": 1, "name": "S", "currency": money("ISK") }));
    world.put("Invoice", json!({ "id": 1, "currency": money("ISK ") }));
    world.put("Invoice", json!({ "id": 2, "currency": { "id": 2 } }));
    // What was deleted adds nothing to any sum.
    world.put("Agreement", json!({ "id": 2, "name": "Prufa", "currency": money("USD") }));
    scene.full().await;
    assert!(world.delete("Agreement", 2));
    let run = || Options { mode: Mode::Full, started: Some(now()), ..Options::default() };
    let done = scene.run(run()).await;
    assert_eq!(done.exit_code(), 0, "{:?}", done.error_text());
    let own = |name: &str| done.checks.iter().find(|check| check.name == name).unwrap();
    assert!(own("own/one-currency").passed, "{}", own("own/one-currency").detail);
    let cut = own("own/notes-are-whole");
    assert_eq!((cut.passed, cut.severity), (false, Severity::Warning));
    assert!(cut.detail.contains("3 rows") && cut.detail.contains("\"id\":2,\"characters\":32765"), "{}", cut.detail);
    let columns = "timeEntryId, CHAR_LENGTH(notes), RIGHT(notes, 2), CHAR_LENGTH(internalNotes)";
    let rows = scene.by_key(&format!("SELECT {columns} FROM gold.fact_timeentry")).await;
    assert_eq!(rows["1"], ["32764", "þþ", "0"]);
    assert_eq!(rows["2"], ["32764", "þ…", "0"]);
    assert_eq!(rows["3"], ["5", "þþ", "32764"]);
    let whole = "SELECT CHAR_LENGTH(notes) FROM silver.cw_timeentry WHERE id = 2";
    assert_eq!(scene.value(whole).await, "32765", "silver has it whole");
    assert_eq!(scene.value("SELECT CHAR_LENGTH(notes) FROM gold.fact_expenseentry").await, "32764");

    world.put("Invoice", json!({ "id": 3, "currency": money("EUR") }));
    let done = scene.run(run()).await;
    let several = done.checks.iter().find(|check| check.name == "own/one-currency").unwrap();
    assert_eq!((several.passed, several.severity), (false, Severity::Warning));
    assert!(several.detail.contains("2 rows") && several.detail.contains("\"EUR\""), "{}", several.detail);
}
