//! Measures against sums over gold's rows that are made here: flows, balances, quotients and periods.

use crate::support::{EMPTY, Scene};
use arrow::array::Array as _;
use chrono::{DateTime, Utc};
use connectwise_etl::gold::{By, Measured, Month, RowKey, measures};
use connectwise_etl::run::{Mode, Options, RunId};
use serde_json::{Value, json};

const NOW: &str = "2026-06-15T12:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

/// A row of gold.fact_timeentry, amounts in ten-thousandths.
struct Entry {
    /// yyyymm; -1 for none.
    month: i64,
    member: i64,
    hours: i128,
    invoiced: i128,
    potential: i128,
    status: String,
    is_ready: bool,
}

impl Entry {
    fn is_billable(&self) -> bool {
        ["Invoiced", "Billable", "Operations"].contains(&self.status.as_str())
    }

    fn is_unbilled(&self) -> bool {
        ["Billable", "Operations"].contains(&self.status.as_str()) && self.is_ready
    }
}

async fn entries(scene: &Scene) -> Vec<Entry> {
    let sql = "SELECT t.WorkDateKey, t.MemberKey, t.actualHours, t.invoicedAmount, t.potentialRevenue, \
               t.effectiveBillingStatus, s.statusCategory FROM gold.fact_timeentry AS t \
               JOIN gold.dimtimeentrystatus AS s ON s.TimeEntryStatusKey = t.TimeEntryStatusKey";
    let amount = |text: &str| -> i128 { text.replace('.', "").parse().unwrap() };
    let of = |row: Vec<String>| {
        let day: i64 = row[0].parse().unwrap();
        Entry {
            month: if day == -1 { -1 } else { day / 100 },
            member: row[1].parse().unwrap(),
            hours: amount(&row[2]),
            invoiced: amount(&row[3]),
            potential: amount(&row[4]),
            status: row[5].clone(),
            is_ready: ["Approved", "Ready"].contains(&row[6].as_str()),
        }
    };
    scene.rows(sql).await.into_iter().map(of).collect()
}

/// What a measure is over some entries, in a month or without one.
fn expected(measure: &str, entries: &[&Entry], month: Option<i64>) -> Option<i128> {
    let hours = |keep: &dyn Fn(&Entry) -> bool| {
        entries.iter().filter(|entry| keep(entry)).map(|entry| entry.hours).sum::<i128>()
    };
    let within = |entry: &Entry| month.is_none_or(|month| entry.month == month);
    let at = month.unwrap_or(202_606);
    Some(match measure {
        "Actual Hours" => hours(&within),
        "Time Entries" => 10_000 * i128::try_from(entries.iter().filter(|entry| within(entry)).count()).unwrap(),
        "Billable Hours" => hours(&|entry| within(entry) && entry.is_billable()),
        "Unbilled Hours" => hours(&|entry| month.is_none_or(|month| entry.month <= month) && entry.is_unbilled()),
        "Billable Hours YTD" => {
            hours(&|entry| entry.month / 100 == at / 100 && entry.month <= at && entry.is_billable())
        }
        "Billable Hours Last Year" => hours(&|entry| entry.month == at - 100 && entry.is_billable()),
        "Billable Hours Rolling 12 Months" => {
            hours(&|entry| at - 100 < entry.month && entry.month <= at && entry.is_billable())
        }
        "Realization" => {
            let kept: Vec<_> = entries.iter().filter(|entry| within(entry)).collect();
            let paid: i128 = kept.iter().map(|entry| entry.invoiced).sum();
            let counts = |entry: &&&&Entry| !["Internal", "Prepaid"].contains(&entry.status.as_str());
            let possible: i128 = kept.iter().filter(counts).map(|entry| entry.potential).sum();
            if possible == 0 {
                return None;
            }
            (2 * paid * 1_000_000 + possible) / (2 * possible)
        }
        other => unreachable!("{other}"),
    })
}

const COMPARED: [&str; 8] = [
    "Actual Hours",
    "Time Entries",
    "Billable Hours",
    "Unbilled Hours",
    "Realization",
    "Billable Hours YTD",
    "Billable Hours Last Year",
    "Billable Hours Rolling 12 Months",
];

async fn measured(scene: &Scene, month: Option<i64>, by: Option<&str>) -> Measured {
    let by = by.map(|by| By::named(by).unwrap());
    measures(&scene.lake, &RunId::new(now()), month.map(Month::of_number), by).await.unwrap()
}

/// A measure's values in the order of the rows; none where it has no column.
fn values(measured: &Measured, name: &str) -> Option<Vec<Option<i128>>> {
    let (_, column) = measured.columns.iter().find(|(measure, _)| measure.name == name).unwrap();
    let column = column.as_ref()?;
    Some((0..column.len()).map(|row| column.is_valid(row).then(|| column.value(row))).collect())
}

fn put(scene: &Scene, id: i64, day: Option<&str>, member: i64, status: &str, hours: f64) {
    let mut record = json!({ "id": id, "status": status, "billableOption": "Billable", "actualHours": hours,
        "hoursBilled": hours, "hourlyRate": 100.1, "agreement": { "id": 1 }, "company": { "id": 5, "name": "Fyrirtæki" },
        "member": { "id": member, "identifier": format!("m{member}"), "name": format!("Starfsmaður {member}") } });
    record["timeStart"] = day.map_or(Value::Null, |day| json!(format!("{day}T09:00:00Z")));
    if status == "Billed" {
        record["invoice"] = json!({ "id": 100, "identifier": "R-100" });
    }
    if id % 5 == 0 {
        record["billableOption"] = json!("NoCharge");
    }
    scene.world().put("TimeEntry", record);
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_are_the_sums_over_the_rows_of_gold() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("Agreement", json!({ "id": 1, "name": "S", "type": { "id": 1, "name": "yÞjónusta" } }));
    let pot = json!({ "id": 2, "name": "T", "type": { "id": 2, "name": "Tímapottur" }, "applicationUnits": "Hours" });
    world.put("Agreement", pot);
    let invoice = json!({ "id": 100, "invoiceNumber": "R-100", "type": "Standard", "date": "2026-01-31T00:00:00Z" });
    world.put("Invoice", invoice);
    for list in ["/time/workTypes", "/service/tickets", "/project/projects"] {
        world.serve(list, Vec::new());
    }
    for agreement in [1, 2] {
        world.serve(&format!("/finance/agreements/{agreement}/additions"), Vec::new());
        world.serve(&format!("/finance/agreements/{agreement}/adjustments"), Vec::new());
    }
    world.serve("/finance/agreementrecap/", vec![json!({ "id": 2, "remainingAmount": 7.5, "isUnlimited": "false" })]);
    // Around the ends of three years, the first and the last day of months, without a day, and after today.
    let days = [
        "2024-06-30",
        "2024-07-01",
        "2024-12-31",
        "2025-01-01",
        "2025-06-01",
        "2025-06-30",
        "2025-07-01",
        "2025-12-31",
        "2026-01-01",
        "2026-05-31",
        "2026-06-01",
        "2026-06-30",
        "2026-07-01",
    ];
    let statuses = ["ReadyToBill", "Billed", "Open", "ApprovedByTierTwo"];
    let mut id = 0;
    let mut hours = 0.1;
    for day in days.into_iter().map(Some).chain([None]) {
        for (place, status) in statuses.iter().enumerate() {
            id += 1;
            hours += 0.37;
            put(&scene, id, day, 7 + i64::try_from(place).unwrap() % 2, status, (hours * 100.0_f64).round() / 100.0);
        }
    }
    let done = scene.run(Options { mode: Mode::Full, started: Some(now()), ..Options::default() }).await;
    assert_eq!(done.exit_code(), 0, "{:?}", done.error_text());
    let entries = entries(&scene).await;
    assert_eq!(entries.len(), 4 * (days.len() + 1));
    let all: Vec<&Entry> = entries.iter().collect();

    for month in [None, Some(202_406), Some(202_512), Some(202_601), Some(202_603), Some(202_606)] {
        let total = measured(&scene, month, None).await;
        assert_eq!(total.rows, [RowKey::All]);
        let by_member = measured(&scene, month, Some("member")).await;
        let keys = [RowKey::Key(7, "Starfsmaður 7".to_owned()), RowKey::Key(8, "Starfsmaður 8".to_owned())];
        assert_eq!(by_member.rows, keys);
        for name in COMPARED {
            assert_eq!(values(&total, name), Some(vec![expected(name, &all, month)]), "{name} {month:?}");
            let of = |member: i64| {
                let own: Vec<&Entry> = entries.iter().filter(|entry| entry.member == member).collect();
                expected(name, &own, month)
            };
            assert_eq!(values(&by_member, name), Some(vec![of(7), of(8)]), "{name} {month:?} by member");
        }
    }

    let by_month = measured(&scene, None, Some("month")).await;
    let months: Vec<i64> = (202_406..=202_412).chain(202_501..=202_512).chain(202_601..=202_606).collect();
    let keys: Vec<RowKey> = months.iter().map(|month| RowKey::Month(Month::of_number(*month))).collect();
    assert_eq!(by_month.rows, keys, "up to the month of today");
    for name in COMPARED {
        let wanted = months.iter().map(|month| expected(name, &all, Some(*month))).collect();
        assert_eq!(values(&by_month, name), Some(wanted), "{name} by month");
    }

    // Rows without a date count in every month; without the key, nothing has a value, and neither has what is made of it.
    assert_eq!(values(&by_month, "Prepaid Hours Remaining"), Some(vec![Some(75_000); months.len()]));
    let by_member = measured(&scene, None, Some("member")).await;
    assert_eq!(values(&by_member, "Invoiced Revenue"), None);
    assert_eq!(values(&by_member, "Invoiced Revenue YTD"), None);
    let by_company = measured(&scene, None, Some("company")).await;
    assert_eq!(by_company.rows[0], RowKey::Key(5, "Fyrirtæki".to_owned()));
    assert_eq!(values(&by_company, "Utilization"), None, "members have capacity, companies do not");
    assert_eq!(values(&by_company, "Actual Hours").unwrap()[0], expected("Actual Hours", &all, None));
}
