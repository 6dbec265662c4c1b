//! The rules of gold a second time: numbers as integers, names by their words, the hierarchy in a loop.

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
    let name = name.unwrap_or_default().nfc().collect::<String>().to_lowercase();
    // Letters that have a capital form in common are one letter.
    let name = name.replace("i\u{307}", "i").replace('ı', "i").replace('ſ', "s").replace('ß', "ss");
    let name: String = name.nfc().collect();
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

/// A quotient of two values in ten-thousandths as a percentage, half away from zero; 0 where there is no whole.
pub(crate) fn percentage(part: i128, whole: i128) -> i128 {
    if whole == 0 {
        return 0;
    }
    let (scaled, sign) = (part.abs() * 1_000_000, part.signum() * whole.signum());
    (2 * scaled + whole.abs()) / (2 * whole.abs()) * sign
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

/// The top of an agreement's hierarchy; where that is a circle, the agreement itself.
pub(crate) fn root(agreements: &BTreeMap<i64, Value>, start: i64) -> i64 {
    let mut seen = BTreeSet::from([start]);
    let mut top = start;
    while let Some(above) = integer(&agreements[&top]["parentAgreement"]["id"])
        .filter(|above| *above != top && agreements.contains_key(above))
    {
        if !seen.insert(above) {
            return start;
        }
        top = above;
    }
    top
}
