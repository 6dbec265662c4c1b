//! Month ends: what was written for a month that is over stays, whatever changes; a rerun adds nothing; a missed month
//! is made up for.

use crate::support::{EMPTY, Scene};
use chrono::{DateTime, Utc};
use connectwise_etl::gold::measures;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{Layer, Mode, Options, RunId};
use connectwise_simulator::{Fault, Faults, When};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn on(day: &str) -> Options {
    let started: DateTime<Utc> = format!("{day}T03:00:00Z").parse().unwrap();
    Options { started: Some(started), ..Options::default() }
}

fn info() -> Value {
    json!({ "lastUpdated": "2025-01-01T00:00:00Z" })
}

fn entry(id: i64, day: &str, hours: f64, invoice: Option<i64>) -> Value {
    let mut entry = json!({
        "id": id, "timeStart": format!("{day}T09:00:00Z"), "actualHours": hours, "hourlyRate": 1000,
        "billableOption": "Billable", "company": { "id": 7, "name": "Lúðan ehf." },
        "agreement": { "id": 3, "name": "Rekstur" }, "status": "ReadyToBill", "_info": info(),
    });
    if let Some(invoice) = invoice {
        entry["invoice"] = json!({ "id": invoice, "identifier": format!("R{invoice}") });
    }
    entry
}

fn invoice(id: i64, day: &str, balance: i64) -> Value {
    json!({ "id": id, "invoiceNumber": format!("R{id}"), "date": format!("{day}T00:00:00Z"), "total": 5000,
        "balance": balance, "company": { "id": 7, "name": "Lúðan ehf." }, "glBatch": { "id": 1, "name": "B" },
        "_info": info() })
}

/// Work in December and January, of which an invoice of February takes two hours; one invoice of January stands open.
async fn scene() -> Scene {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("Company", json!({ "id": 7, "name": "Lúðan ehf.", "_info": info() }));
    let class = |name: &str| json!({ "id": 1, "name": name });
    world.put("Agreement", json!({ "id": 3, "name": "Rekstur", "type": class("Alrekstur"), "_info": info() }));
    world.put(
        "Agreement",
        json!({ "id": 4, "name": "Pottur", "type": { "id": 2, "name": "Tímapottur" }, "applicationUnits": "Hours",
            "company": { "id": 7, "name": "Lúðan ehf." }, "_info": info() }),
    );
    world.serve("/finance/agreementrecap/", vec![json!({ "id": 4, "name": "Pottur", "remainingAmount": 12.5 })]);
    world.put("TimeEntry", entry(1, "2025-12-10", 3.0, None));
    world.put("TimeEntry", entry(2, "2026-01-10", 2.0, Some(50)));
    world.put("TimeEntry", entry(3, "2026-02-10", 9.0, Some(50)));
    // Never unbilled: prepaid, and not billable.
    let mut prepaid = entry(4, "2026-01-11", 40.0, None);
    prepaid["agreement"] = json!({ "id": 4, "name": "Pottur" });
    world.put("TimeEntry", prepaid);
    let mut free = entry(5, "2026-01-12", 50.0, None);
    free["billableOption"] = json!("NoCharge");
    world.put("TimeEntry", free);
    // Not approved yet.
    let mut draft = entry(6, "2026-01-13", 60.0, None);
    draft["status"] = json!("Open");
    world.put("TimeEntry", draft);
    world.put("Invoice", invoice(50, "2026-02-27", 0));
    world.put("Invoice", invoice(49, "2026-01-20", 700));
    // Not sent yet.
    let mut draft = invoice(48, "2026-01-21", 9_000);
    draft["glBatch"] = Value::Null;
    world.put("Invoice", draft);
    scene
}

async fn run(scene: &Scene, options: Options) -> RunReport {
    let report = scene.run(options).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    report
}

/// Month, measure, company, agreement and amount of what stands open.
async fn open(scene: &Scene, month: i64) -> Vec<Vec<String>> {
    let sql = "SELECT e.measure, c.companyId, a.agreementId, e.amount, e.writtenOnKey FROM gold.fact_monthend AS e \
               JOIN gold.dimcompany AS c ON c.CompanyKey = e.CompanyKey JOIN gold.dimagreement AS a ON a.AgreementKey \
               = e.AgreementKey WHERE e.amount <> 0";
    let sql = format!("{sql} AND e.MonthEndDateKey / 100 = {month} ORDER BY e.measure");
    scene.rows(&sql).await
}

async fn months(scene: &Scene) -> BTreeSet<String> {
    let rows = scene.rows("SELECT DISTINCT MonthEndDateKey FROM gold.fact_monthend").await;
    rows.into_iter().flatten().collect()
}

async fn all(scene: &Scene) -> Vec<Vec<String>> {
    scene.rows("SELECT * FROM gold.fact_monthend ORDER BY monthEndId").await
}

fn rows(rows: &[[&str; 5]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.map(ToOwned::to_owned).to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_open_at_the_end_of_each_month_is_written_once() {
    let scene = scene().await;
    run(&scene, Options { mode: Mode::Full, ..on("2026-02-03") }).await;
    let written = months(&scene).await;
    assert_eq!(written.first().map(String::as_str), Some("20250131"));
    assert_eq!(written.last().map(String::as_str), Some("20260131"), "February is not over");
    assert_eq!(written.len(), 13);
    // The invoice of 27 February is not there yet at the end of January.
    let january = rows(&[
        ["prepaidHoursRemaining", "7", "4", "12.5000", "20260203"],
        ["receivables", "7", "∅", "700.0000", "20260203"],
        ["unbilledAmount", "7", "3", "5000.0000", "20260203"],
        ["unbilledHours", "7", "3", "5.0000", "20260203"],
    ]);
    assert_eq!(open(&scene, 202_601).await, january);
    assert_eq!(
        open(&scene, 202_512).await,
        rows(&[
            ["prepaidHoursRemaining", "7", "4", "12.5000", "20260203"],
            ["unbilledAmount", "7", "3", "3000.0000", "20260203"],
            ["unbilledHours", "7", "3", "3.0000", "20260203"],
        ])
    );
    assert_eq!(open(&scene, 202_506).await, rows(&[]), "a month in which nothing stood open");

    // A rerun adds nothing and writes nothing.
    let version = scene.versions().await["gold/fact_monthend"];
    let before = all(&scene).await;
    run(&scene, on("2026-02-27")).await;
    assert_eq!(scene.versions().await["gold/fact_monthend"], version);

    // Everything changes, and two months end before the next run: what was written stays, the missed one is there.
    let world = scene.world();
    world.put("TimeEntry", entry(1, "2025-12-10", 300.0, None));
    world.put("Invoice", invoice(49, "2026-01-20", 0));
    world.serve("/finance/agreementrecap/", vec![json!({ "id": 4, "name": "Pottur", "remainingAmount": 2 })]);
    for mode in [Mode::Incremental, Mode::Full] {
        run(&scene, Options { mode, ..on("2026-04-01") }).await;
        let now = all(&scene).await;
        let kept: Vec<_> = now.iter().filter(|row| row.last().unwrap() == "20260203").cloned().collect();
        assert_eq!(kept, before, "{mode:?}");
        let february = rows(&[
            ["prepaidHoursRemaining", "7", "4", "2.0000", "20260401"],
            ["unbilledAmount", "7", "3", "300000.0000", "20260401"],
            ["unbilledHours", "7", "3", "300.0000", "20260401"],
        ]);
        assert_eq!(open(&scene, 202_602).await, february, "{mode:?}");
        assert_eq!(open(&scene, 202_603).await, february, "{mode:?}");
    }
    // Of the month that is just over, they are the measures of the same names.
    let now = RunId::new("2026-04-01T04:00:00Z".parse().unwrap());
    let measured = measures(&scene.lake, &now, "2026-03".parse().ok(), None).await.unwrap();
    for (name, measure) in [
        ("Unbilled Hours", "unbilledHours"),
        ("Unbilled Amount", "unbilledAmount"),
        ("Receivables", "receivables"),
        ("Prepaid Hours Remaining", "prepaidHoursRemaining"),
    ] {
        let (_, column) = measured.columns.iter().find(|(measure, _)| measure.name == name).unwrap();
        let sum = "SELECT SUM(amount) FROM gold.fact_monthend WHERE MonthEndDateKey = 20260331 AND measure";
        let stored = scene.value(&format!("{sum} = '{measure}'")).await;
        assert_eq!(column.as_ref().unwrap().value_as_string(0), stored, "{name}");
    }

    // Asked for, all of them are written anew; what can't be computed of long ago any more stays.
    run(&scene, Options { restate_months: true, ..on("2026-07-02") }).await;
    assert_eq!(
        open(&scene, 202_601).await,
        rows(&[
            ["prepaidHoursRemaining", "7", "4", "12.5000", "20260203"],
            ["unbilledAmount", "7", "3", "302000.0000", "20260702"],
            ["unbilledHours", "7", "3", "302.0000", "20260702"],
        ])
    );
    let others = all(&scene).await.into_iter().filter(|row| row[2] != "prepaidHoursRemaining");
    assert!(others.into_iter().all(|row| row.last().unwrap() == "20260702"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_know_all_closes_no_month() {
    let scene = scene().await;
    run(&scene, on("2026-02-03")).await;
    let before = months(&scene).await;
    // Gold alone, some entities alone, or one that failed: the month waits.
    run(&scene, Options { layers: vec![Layer::Silver, Layer::Gold], ..on("2026-03-01") }).await;
    assert_eq!(months(&scene).await, before);
    run(&scene, Options { entities: vec!["TimeEntry".to_owned()], ..on("2026-03-01") }).await;
    assert_eq!(months(&scene).await, before);
    scene.world().faults(Faults::default().with("/finance/invoices", When::Always, Fault::Forbidden));
    assert_eq!(scene.run(on("2026-03-01")).await.exit_code(), 3);
    assert_eq!(months(&scene).await, before);
    scene.world().faults(Faults::default());
    run(&scene, on("2026-03-01")).await;
    assert_eq!(months(&scene).await.difference(&before).collect::<Vec<_>>(), ["20260228"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_stands_open_from_its_month_to_that_of_its_invoice_whatever_came_and_went_beside_it() {
    let scene = scene().await;
    let world = scene.world();
    // Invoices of all months; 70 has no date, and 71 is not listed.
    for month in 1..=9 {
        world.put("Invoice", invoice(60 + month, &format!("2025-{month:02}-15"), 0));
    }
    let mut undated = invoice(70, "2025-01-01", 0);
    undated["date"] = Value::Null;
    world.put("Invoice", undated);
    // Each month of work meets each kind of invoice: none, before, in the same month, after, without a date, unlisted; and
    // a tenth one has no date. The work under agreement 5 is all invoiced in the end.
    world.put(
        "Agreement",
        json!({ "id": 5, "name": "Annað", "type": { "id": 1, "name": "Alrekstur" }, "_info": info() }),
    );
    let invoices = std::iter::once(None).chain((61..=71).map(Some));
    for (place, invoice) in (0..).zip(invoices) {
        for month in 1..=10 {
            let id = 1_000 + 20 * place + month;
            let mut entry = entry(id, &format!("2025-{month:02}-20"), 0.25 * (id % 13) as f64, invoice);
            if month == 10 {
                entry["timeStart"] = Value::Null;
            }
            entry["company"] = json!({ "id": 7 + id % 2, "name": format!("Fyrirtæki {}", id % 2) });
            entry["agreement"] = match id % 3 {
                0 => Value::Null,
                1 if invoice.is_some() => json!({ "id": 5, "name": "Annað" }),
                _ => json!({ "id": 3, "name": "Rekstur" }),
            };
            world.put("TimeEntry", entry);
        }
    }
    run(&scene, on("2026-02-03")).await;
    // The rule as it is said, month by month.
    let expected = "SELECT m.MonthEndDateKey, t.CompanyKey, t.AgreementKey, u.measure, \
        SUM(CASE WHEN u.measure = 'unbilledHours' THEN t.actualHours ELSE t.potentialRevenue END) AS amount \
        FROM (SELECT DISTINCT MonthEndDateKey FROM gold.fact_monthend) AS m \
        CROSS JOIN (SELECT 'unbilledHours' AS measure UNION ALL SELECT 'unbilledAmount') AS u \
        JOIN gold.fact_timeentry AS t ON t.WorkDateKey <= m.MonthEndDateKey \
        JOIN gold.dimbillablestatus AS b ON b.BillableStatusKey = t.BillableStatusKey \
        JOIN gold.dimtimeentrystatus AS s ON s.TimeEntryStatusKey = t.TimeEntryStatusKey \
        LEFT JOIN gold.fact_invoice AS i ON i.invoiceId = t.invoiceId \
        WHERE b.billableOption = 'Billable' AND t.billingBehavior NOT IN ('prepaid', 'internal') \
        AND (t.invoiceId IS NULL AND s.statusCategory IN ('Approved', 'Ready') OR i.InvoiceDateKey > m.MonthEndDateKey) \
        GROUP BY m.MonthEndDateKey, t.CompanyKey, t.AgreementKey, u.measure HAVING amount <> 0";
    let written = "SELECT MonthEndDateKey, CompanyKey, AgreementKey, measure, amount FROM gold.fact_monthend \
        WHERE measure LIKE 'unbilled%' AND NOT (amount = 0 AND CompanyKey = -1 AND AgreementKey = -1)";
    let (mut expected, mut written) = (scene.rows(expected).await, scene.rows(written).await);
    expected.sort();
    written.sort();
    let key = scene.value("SELECT AgreementKey FROM gold.dimagreement WHERE agreementId = 5").await;
    let of_all_invoiced = expected.iter().filter(|row| row[2] == key).count();
    assert!(expected.len() > 100 && of_all_invoiced > 10, "{expected:?}");
    assert!(expected.iter().all(|row| row[2] != key || row[0].as_str() < "20251001"), "nothing is left: {expected:?}");
    assert_eq!(written, expected);
}
