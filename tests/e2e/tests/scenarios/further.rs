//! What the tables of agreements' additions, adjustments and recaps, of tickets, projects and work types have to hold,
//! computed from the lists that the simulator serves.

use crate::dims::{Rows, amount, key, newest_of, raw, text};
use crate::expected::{decimal, id, integer, product, ten_thousandths};
use crate::facts::{Fact, date_key, none};
use crate::support::{EMPTY, Scene};
use connectwise_etl::run::{Mode, Options};
use connectwise_simulator::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ADDITION: &[&str] = &[
    "agreementId",
    "companyId",
    "catalogItemId",
    "AgreementKey",
    "CompanyKey",
    "ProductKey",
    "EffectiveDateKey",
    "CancelledDateKey",
    "description",
    "billCustomer",
    "isActive",
    "quantity",
    "unitPrice",
    "unitCost",
    "extendedPrice",
    "extendedCost",
    "monthlyPrice",
    "monthlyCost",
    "margin",
];
const ADJUSTMENT: &[&str] =
    &["agreementId", "AgreementKey", "EffectiveDateKey", "description", "amount", "hours", "incidents"];
const RECAP: &[&str] =
    &["AgreementKey", "isUnlimited", "starting", "adjustment", "available", "used", "remaining", "overrun", "unbilled"];
const TICKET: &[&str] = &[
    "summary",
    "board",
    "status",
    "priority",
    "owner",
    "isClosed",
    "isInSla",
    "respondMinutes",
    "planMinutes",
    "resolveMinutes",
    "slaName",
    "ageDays",
    "isInferred",
];
const PROJECT: &[&str] = &[
    "projectName",
    "status",
    "isClosed",
    "manager",
    "billingMethod",
    "budgetHours",
    "actualHours",
    "percentComplete",
    "estimatedCost",
    "estimatedRevenue",
    "isInferred",
];
const WORK_TYPE: &[&str] = &["workTypeName", "utilizationFlag", "billTime", "costMultiplier", "isInferred"];

/// The rows of these tables, on a day.
pub(crate) fn expected(world: &World, day: &str) -> Vec<Fact> {
    let table = |table, key, columns, rows| Fact { table, key, columns, rows };
    let agreements: BTreeMap<i64, Value> = world.records("Agreement").map(|record| (id(&record), record)).collect();
    let additions = additions(world, day);
    let rows = |of: Vec<Value>, row: &dyn Fn(&Value) -> Vec<String>| -> Rows {
        of.iter().map(|record| (id(record).to_string(), row(record))).collect()
    };
    vec![
        table(
            "fact_agreementaddition",
            "additionId",
            ADDITION,
            rows(additions, &|record| addition(record, &agreements, day)),
        ),
        table(
            "fact_agreementadjustment",
            "adjustmentId",
            ADJUSTMENT,
            rows(below(world, "adjustments", day), &|record| adjustment(record, &agreements)),
        ),
        table("fact_agreementrecap", "agreementId", RECAP, rows(world.listed("/finance/agreementrecap/"), &recap)),
        table("dimticket", "ticketId", TICKET, tickets(world, day)),
        table("dimproject", "projectId", PROJECT, projects(world)),
        table("dimworktype", "workTypeId", WORK_TYPE, work_types(world)),
    ]
}

/// The records below agreements that are there and did not end long ago.
fn below(world: &World, list: &str, day: &str) -> Vec<Value> {
    let day: chrono::NaiveDate = day.parse().unwrap();
    let long_ago = (day - chrono::TimeDelta::days(400)).to_string();
    let is_asked = |agreement: &Value| agreement["endDate"].as_str().is_none_or(|end| &end[..10] > long_ago.as_str());
    let asked = world.records("Agreement").filter(is_asked);
    asked.flat_map(|agreement| world.listed(&format!("/finance/agreements/{}/{list}", id(&agreement)))).collect()
}

pub(crate) fn additions(world: &World, day: &str) -> Vec<Value> {
    below(world, "additions", day)
}

fn amount_of(value: &Value) -> i128 {
    ten_thousandths(value).unwrap_or(0)
}

fn reference(value: &Value) -> String {
    integer(value).map_or_else(|| "-1".to_owned(), |id| id.to_string())
}

fn addition(record: &Value, agreements: &BTreeMap<i64, Value>, day: &str) -> Vec<String> {
    let agreement = &agreements[&integer(&record["agreementId"]).unwrap()];
    let day_of = |name: &str| record[name].as_str().map(|text| text[..10].to_owned());
    let active = day_of("effectiveDate").is_none_or(|from| from.as_str() <= day)
        && day_of("cancelledDate").is_none_or(|to| to.as_str() > day);
    let [quantity, price, cost] = ["quantity", "unitPrice", "unitCost"].map(|name| amount_of(&record[name]));
    let whole = |name: &str, each| ten_thousandths(&record[name]).unwrap_or_else(|| product(quantity, each));
    let (sold, paid) = (whole("extPrice", price), whole("extCost", cost));
    let months = match agreement["billingCycle"]["name"].as_str().map(|name| name.trim().to_lowercase()).as_deref() {
        Some("monthly" | "mánaðarlega") => 1,
        Some("quarterly") => 3,
        Some("annually") => 12,
        _ => 0,
    };
    // Half away from zero.
    let a_month = |amount: i128| match months {
        0 => 0,
        months => (2 * amount.abs() + months) / (2 * months) * amount.signum(),
    };
    let mut row = vec![
        key(&record["agreementId"]),
        key(&agreement["company"]["id"]),
        key(&record["product"]["id"]),
        reference(&record["agreementId"]),
        reference(&agreement["company"]["id"]),
        reference(&record["product"]["id"]),
        date_key(&record["effectiveDate"]),
        date_key(&record["cancelledDate"]),
        text(&record["description"]),
        text(&record["billCustomer"]),
        active.to_string(),
    ];
    row.extend([quantity, price, cost, sold, paid, a_month(sold), a_month(paid), sold - paid].map(decimal));
    row
}

fn adjustment(record: &Value, agreements: &BTreeMap<i64, Value>) -> Vec<String> {
    let agreement = &agreements[&integer(&record["agreementId"]).unwrap()];
    let of = amount_of(&record["amount"]);
    let mut row = vec![
        key(&record["agreementId"]),
        reference(&record["agreementId"]),
        date_key(&record["effectiveDate"]),
        text(&record["description"]),
    ];
    let counted = match agreement["applicationUnits"].as_str() {
        Some("Hours") => [0, of, 0],
        Some("Incidents") => [0, 0, of],
        _ => [of, 0, 0],
    };
    row.extend(counted.map(decimal));
    row
}

fn recap(record: &Value) -> Vec<String> {
    let amounts =
        ["starting", "adjustment", "available", "used", "remaining", "overrun", "unbilledOverage"].map(|name| {
            let amount = &record[format!("{name}Amount")];
            decimal(amount_of(amount))
        });
    let mut row = vec![reference(&record["id"]), (record["isUnlimited"] == "true").to_string()];
    row.extend(amounts);
    row
}

/// The rows of a list, and those of what entries name beside it.
fn with_named(
    world: &World,
    list: &str,
    of: (&str, &str),
    row: impl Fn(&Value) -> Vec<String>,
    columns: usize,
) -> Rows {
    let listed: BTreeMap<i64, Value> = world.listed(list).into_iter().map(|record| (id(&record), record)).collect();
    let (reference, name) = of;
    let entries = ["TimeEntry", "ExpenseEntry"].into_iter().flat_map(|entity| world.records(entity));
    let named = newest_of(entries, reference, |_, of| vec![text(&of[name])]);
    let mut rows: Rows = listed.values().map(|record| (id(record).to_string(), row(record))).collect();
    for (id, carried) in named {
        rows.entry(id).or_insert_with(|| {
            let mut row = vec![none(); columns];
            row[0].clone_from(&carried[0]);
            true.to_string().clone_into(&mut row[columns - 1]);
            row
        });
    }
    rows
}

fn tickets(world: &World, day: &str) -> Rows {
    let date = |text: &str| text[..10].parse::<chrono::NaiveDate>().unwrap();
    let row = |record: &Value| {
        let end = record["closedDate"].as_str().unwrap_or(day);
        let age = date(end) - date(record["_info"]["dateEntered"].as_str().unwrap());
        vec![
            text(&record["summary"]),
            text(&record["board"]["name"]),
            text(&record["status"]["name"]),
            text(&record["priority"]["name"]),
            text(&record["owner"]["name"]),
            (record["closedFlag"] == true).to_string(),
            raw(&record["isInSla"]),
            raw(&record["respondMinutes"]),
            raw(&record["resPlanMinutes"]),
            raw(&record["resolveMinutes"]),
            text(&record["sla"]["name"]),
            age.num_days().to_string(),
            false.to_string(),
        ]
    };
    let mut rows = with_named(world, "/service/tickets", ("ticket", "summary"), row, TICKET.len());
    for row in rows.values_mut().filter(|row| row[12] == "true") {
        false.to_string().clone_into(&mut row[5]);
    }
    rows
}

fn projects(world: &World) -> Rows {
    let row = |record: &Value| {
        let sum = |of: &str| -> i128 {
            ["Time", "Expense", "Product"].iter().map(|part| amount_of(&record[format!("estimated{part}{of}")])).sum()
        };
        vec![
            text(&record["name"]),
            text(&record["status"]["name"]),
            (record["closedFlag"] == true).to_string(),
            text(&record["manager"]["name"]),
            text(&record["billingMethod"]),
            amount(&record["budgetHours"]),
            amount(&record["actualHours"]),
            amount(&record["percentComplete"]),
            decimal(sum("Cost")),
            decimal(sum("Revenue")),
            false.to_string(),
        ]
    };
    let mut rows = with_named(world, "/project/projects", ("project", "name"), row, PROJECT.len());
    for row in rows.values_mut().filter(|row| row[10] == "true") {
        false.to_string().clone_into(&mut row[2]);
    }
    rows
}

fn work_types(world: &World) -> Rows {
    let listed = world.listed("/time/workTypes");
    let row = |record: &Value| {
        vec![
            text(&record["name"]),
            raw(&record["utilizationFlag"]),
            text(&record["billTime"]),
            amount(&record["costMultiplier"]),
            false.to_string(),
        ]
    };
    let mut rows: Rows = listed.iter().map(|record| (id(record).to_string(), row(record))).collect();
    let named = newest_of(world.records("TimeEntry"), "workType", |_, kind| {
        vec![text(&kind["name"]), raw(&kind["utilizationFlag"]), none(), none(), true.to_string()]
    });
    for (id, carried) in named {
        rows.entry(id).or_insert(carried);
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agreement_is_billed_for_counts_by_the_month() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for (id, cycle) in
        (1..).zip(["Monthly", " bi-monthly ", "Quarterly", "Semi-Annually", "ÁRLEGA", "Einu sinni", "Annual"])
    {
        world.put("Agreement", json!({ "id": id, "name": "S", "billingCycle": { "id": id, "name": cycle } }));
        let addition = json!({ "id": id, "agreementId": id, "quantity": 3, "unitPrice": 100.5, "unitCost": 0.01 });
        world.serve(&format!("/finance/agreements/{id}/additions"), vec![addition]);
    }
    // ConnectWise's own sum counts before quantity times price.
    let own = json!({ "id": 8, "agreementId": 1, "quantity": 3, "unitPrice": 100, "extPrice": 250, "extCost": "40" });
    let none = json!({ "id": 1, "agreementId": 1, "quantity": 3, "unitPrice": 100.5, "unitCost": 0.01 });
    world.serve("/finance/agreements/1/additions", vec![none, own]);
    let report = scene.run(Options { mode: Mode::Full, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let sql = "SELECT additionId, extendedPrice, monthlyPrice, monthlyCost FROM gold.fact_agreementaddition ORDER BY 1";
    assert_eq!(
        scene.rows(sql).await,
        [
            ["1", "301.5000", "301.5000", "0.0300"],
            ["2", "301.5000", "150.7500", "0.0150"],
            ["3", "301.5000", "100.5000", "0.0100"],
            ["4", "301.5000", "50.2500", "0.0050"],
            ["5", "301.5000", "25.1250", "0.0025"],
            ["6", "301.5000", "0.0000", "0.0000"],
            ["7", "301.5000", "25.1250", "0.0025"],
            ["8", "250.0000", "250.0000", "40.0000"],
        ]
    );
}
