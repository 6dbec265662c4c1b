//! Invoices and their lines: what adds up, what does not, and that it stays so.

use std::collections::{BTreeMap, BTreeSet};

use connectwise_simulator::{AdvanceRequest, Config, World};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// Service, expenses and products, in ten-thousandths.
type Sums = [i64; 3];

const ENTRIES: [&str; 3] = ["TimeEntry", "ExpenseEntry", "ProductItem"];

fn amount(value: &Value) -> i64 {
    (value.as_f64().unwrap_or_default() * 10_000.0).round() as i64
}

fn id(value: &Value) -> Option<i64> {
    value["id"].as_i64()
}

/// What a record adds to the invoice that it is on; work that its agreement covers adds nothing.
fn line_amount(entity: &str, record: &Value) -> i64 {
    match entity {
        "TimeEntry" => amount(&record["extendedInvoiceAmount"]),
        "ExpenseEntry" => amount(&record["invoiceAmount"]),
        _ => amount(&record["extPrice"]),
    }
}

fn is_invoiceable(kind: &str) -> bool {
    let kind = kind.nfc().collect::<String>().to_lowercase();
    !kind.contains("tímapottur") && !kind.contains("innri verkefni")
}

/// The sums of the lines by invoice; prepaid and internal work is no line.
fn lines(world: &World) -> BTreeMap<i64, Sums> {
    let types: BTreeMap<i64, String> = world
        .records("Agreement")
        .map(|agreement| (id(&agreement).unwrap(), agreement["type"]["name"].as_str().unwrap().to_owned()))
        .collect();
    let mut sums: BTreeMap<i64, Sums> = BTreeMap::new();
    for (at, entity) in ENTRIES.into_iter().enumerate() {
        for record in world.records(entity) {
            let Some(invoice) = id(&record["invoice"]) else { continue };
            let agreement = &record["agreement"];
            let known = id(agreement).and_then(|agreement| types.get(&agreement)).map(String::as_str);
            let kind = known.or(agreement["type"].as_str()).unwrap_or_default();
            if is_invoiceable(kind) {
                sums.entry(invoice).or_default()[at] += line_amount(entity, &record);
            }
        }
    }
    sums
}

/// Checks what an invoice says about itself.
fn agrees_with_itself(invoice: &Value) {
    let [service, expense, product] = totals(invoice);
    let of = |name: &str| amount(&invoice[name]);
    assert_eq!(of("subtotal"), service + expense + product, "{invoice}");
    assert_eq!(of("total"), of("subtotal") + of("salesTax"), "{invoice}");
    assert_eq!(of("balance"), of("total") - of("payments"), "{invoice}");
}

fn totals(invoice: &Value) -> Sums {
    ["serviceTotal", "expenseTotal", "productTotal"].map(|name| amount(&invoice[name]))
}

/// The invoices that do not add up.
fn odd(world: &World) -> BTreeSet<i64> {
    let lines = lines(world);
    let mut odd = BTreeSet::new();
    for invoice in world.records("Invoice") {
        agrees_with_itself(&invoice);
        let number = id(&invoice).unwrap();
        let sign = if invoice["type"] == "CreditMemo" { -1 } else { 1 };
        let sums = lines.get(&number).copied().unwrap_or_default().map(|sum| sign * sum);
        if sums != totals(&invoice) {
            assert!(invoice["type"] == "Standard" || invoice["type"] == "Agreement", "{invoice}");
            odd.insert(number);
        }
    }
    odd
}

/// Rows of the unposted ones say what their invoices say.
fn rows_agree(world: &World) {
    for row in world.records("UnpostedInvoice").filter(|row| row["billingLogId"].is_number()) {
        let invoice = world.record("Invoice", row["billingLogId"].as_i64().unwrap()).unwrap();
        for (of_row, of_invoice) in [("subTotal", "subtotal"), ("total", "total"), ("salesTaxAmount", "salesTax")] {
            assert_eq!(row[of_row], invoice[of_invoice], "{row}");
        }
        let has = ["hasTime", "hasExpenses", "hasProducts"].map(|name| row[name].as_bool().unwrap());
        assert_eq!(has, totals(&invoice).map(|total| total != 0), "{row}");
    }
}

#[test]
fn lines_add_up_to_the_totals_of_all_but_a_few_invoices() {
    for seed in [2025, 7] {
        let world = World::new(&Config { seed, ..Config::default() });
        let found = odd(&world);
        assert_eq!(found.len(), 3, "{found:?}");
        rows_agree(&world);
        let worth = world.records("Invoice").filter(|invoice| totals(invoice) != [0; 3]).count();
        assert!(worth > 250, "{worth}");
    }
}

#[test]
fn lines_still_add_up_after_weeks_of_changes() {
    let world = World::new(&Config::default());
    let before = odd(&world);
    let on_invoices = |summary: &connectwise_simulator::AdvanceSummary| {
        ENTRIES
            .into_iter()
            .flat_map(|entity| summary.of(entity).changed.into_iter().map(move |id| (entity, id)))
            .filter(|(entity, number)| {
                world.record(entity, *number).is_some_and(|record| id(&record["invoice"]).is_some())
            })
            .count()
    };
    let mut changed = 0;
    let mut settled = 0;
    // Enough of them for agreements to change their type.
    for _ in 0..8 {
        let summary = world.advance(AdvanceRequest {
            hours: 48.0,
            change: 60,
            add: 5,
            delete: 10,
            post: 4,
            ..AdvanceRequest::default()
        });
        changed += on_invoices(&summary);
        settled += summary.posted.len() + summary.closed.len();
        for entity in ENTRIES {
            assert_eq!(summary.of(entity).deleted.len(), 10, "{entity}");
        }
    }
    assert!(changed > 300 && settled > 50, "{changed} {settled}");
    let still: BTreeSet<i64> = before.into_iter().filter(|id| world.record("Invoice", *id).is_some()).collect();
    assert_eq!(odd(&world), still);
    rows_agree(&world);
}
