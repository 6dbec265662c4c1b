//! What the tables have to hold, computed from the simulator's records.

use connectwise_simulator::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization as _;

/// The record's id.
pub(crate) fn id(record: &Value) -> i64 {
    integer(&record["id"]).unwrap()
}

/// An integer that can come as 5, 5.0 or "5".
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number or its text in ten-thousandths, half away from zero; none for what is no number.
pub(crate) fn ten_thousandths(value: &Value) -> Option<i128> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (negative, text) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let padded = format!("{fraction:0<5}");
    let scaled: i128 = format!("{whole}{}", &padded[..5]).parse().unwrap();
    let rounded = (scaled + 5) / 10;
    Some(if negative { -rounded } else { rounded })
}

/// Ten-thousandths as the tables print them.
pub(crate) fn decimal(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:04}", value.abs() / 10_000, value.abs() % 10_000)
}

/// A product of two values in ten-thousandths, half away from zero.
pub(crate) fn product(left: i128, right: i128) -> i128 {
    let exact = left * right;
    (exact.abs() + 5_000) / 10_000 * exact.signum()
}

/// The class of an agreement type's name.
pub(crate) fn class(name: Option<&str>) -> &'static str {
    let name: String = name.unwrap_or_default().nfc().collect::<String>().to_lowercase();
    let has = |pattern: &str| name.contains(&pattern.to_lowercase());
    if has("yÞjónusta") {
        "billable_service"
    } else if has("Tímapottur") {
        "prepaid_hours"
    } else if has("Innri verkefni") {
        "internal_project"
    } else if has("Rekstrarþjónusta") || has("Alrekstur") {
        "operations"
    } else if has("Hugbúnaðarþjónusta") || has("Office 365") {
        "software_service"
    } else {
        "other"
    }
}

/// What a time entry has to become in gold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) class: &'static str,
    pub(crate) status: &'static str,
    pub(crate) hours: i128,
    pub(crate) revenue: i128,
    pub(crate) cost: i128,
    pub(crate) number: Option<String>,
}

/// Every time entry that fits, by id.
pub(crate) fn entries(world: &World) -> BTreeMap<i64, Entry> {
    let agreements: BTreeMap<i64, Value> = world.records("Agreement").map(|record| (id(&record), record)).collect();
    let members: BTreeMap<i64, Value> = world.records("Member").map(|record| (id(&record), record)).collect();
    world
        .records("TimeEntry")
        .filter(|record| ten_thousandths(&record["actualHours"]).is_some() || record["actualHours"].is_null())
        .map(|record| {
            let agreement = integer(&record["agreement"]["id"]);
            let known = agreement.and_then(|id| agreements.get(&id));
            let class = match known {
                Some(agreement) => class(agreement["type"]["name"].as_str()),
                None => class(record["agreementType"].as_str().or_else(|| record["agreement"]["type"].as_str())),
            };
            let option = record["billableOption"].as_str().unwrap_or_default();
            let status = if integer(&record["invoice"]["id"]).is_some() {
                "Invoiced"
            } else if class == "internal_project" {
                "Internal"
            } else if class == "prepaid_hours" {
                "Prepaid"
            } else if option == "NoCharge" {
                "NoCharge"
            } else if option == "DoNotBill" {
                "DoNotBill"
            } else if option == "Billable" {
                if class == "operations" { "Operations" } else { "Billable" }
            } else {
                "Unclassified"
            };
            let hours = ten_thousandths(&record["actualHours"]).unwrap_or(0);
            let rate = ten_thousandths(&record["hourlyRate"]).unwrap_or(0);
            let member = integer(&record["member"]["id"]).and_then(|id| members.get(&id));
            let own = ten_thousandths(&record["hourlyCost"]);
            let cost = own.or_else(|| ten_thousandths(&member?["hourlyCost"])).unwrap_or(0);
            let number = known.and_then(|_| number(&agreements, agreement?));
            let entry =
                Entry { class, status, hours, revenue: product(hours, rate), cost: product(hours, cost), number };
            (id(&record), entry)
        })
        .collect()
}

/// The agreement number through the hierarchy.
pub(crate) fn number(agreements: &BTreeMap<i64, Value>, start: i64) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut next = Some(start);
    while let Some(id) = next.filter(|id| seen.insert(*id)) {
        let agreement = agreements.get(&id)?;
        let mut fields: Vec<&Value> = agreement["customFields"].as_array().into_iter().flatten().collect();
        fields.sort_by_key(|field| integer(&field["id"]).unwrap_or(i64::MAX));
        let own = fields.into_iter().find_map(|field| match &field["value"] {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Number(number) if field["type"] == "Text" => Some(number.to_string()),
            // A number is its digits, also where it came as 20240017.0.
            Value::Number(number) => Some(number.to_string().trim_end_matches(".0").to_owned()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        });
        if own.is_some() {
            return own;
        }
        next = integer(&agreement["parentAgreement"]["id"]);
    }
    None
}
