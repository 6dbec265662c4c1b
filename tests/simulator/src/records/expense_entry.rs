//! Expense entries.

use crate::dice::Dice;
use crate::instant::{Micros, day_of};
use crate::json::{Amount, Json, ONE};
use crate::links::{self, Links};
use crate::names;
use crate::plan::Plan;

use super::{Line, Subject, custom_field, info, ticket_id, work_item};

/// The line that an entry of the base population is.
pub(super) fn line(plan: &Plan, dice: Dice, anchor: Micros) -> Option<Line> {
    let links = Links::new(plan, dice, day_of(anchor), false);
    Some(Line { invoice: links.line()?, amount: billed(spent(dice), &links) })
}

/// What was spent, as first written down.
fn spent(dice: Dice) -> Amount {
    dice.range(406, 100, 60_000) * ONE + if dice.chance(407, 1, 10) { 1_000 * dice.range(408, 1, 10) + 50 } else { 0 }
}

/// What is charged of it.
fn billed(spent: Amount, links: &Links) -> Amount {
    if links.billable == Some("Billable") { spent } else { 0 }
}

pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let date = day_of(subject.anchor);
    let links = Links::new(plan, dice, date, !subject.base);
    let on_ticket = links.company.is_some() && dice.chance(400, 3, 5);
    let charge_type = match (links.company, on_ticket) {
        (None, _) => "ChargeCode",
        (_, true) => "ServiceTicket",
        _ => "Company",
    };
    json.int("id", subject.id);
    let report = date.div_euclid(30 * crate::instant::DAY) * 10 % 90_000 + links.member % 10;
    json.reference("expenseReport", report, "Mánaðarskýrsla", ("expenseReport_href", "/expense/reports"));
    if let Some(company) = links.company {
        links::company(json, "company", company);
    }
    let charge_to = if on_ticket { ticket_id(subject) } else { dice.range(401, 1, 12) };
    json.int("chargeToId", charge_to);
    json.text("chargeToType", charge_type);
    let kind = dice.below(402, names::EXPENSE_TYPES.len() as u64);
    links::listed(json, "type", names::EXPENSE_TYPES, kind, ("expenseType_href", "/expense/types"));
    links::member(json, "member", links.member);
    let method = dice.below(403, names::PAYMENT_METHODS.len() as u64);
    links::listed(
        json,
        "paymentMethod",
        names::PAYMENT_METHODS,
        method,
        ("paymentMethod_href", "/expense/paymentTypes"),
    );
    if !subject.one_in(404, 15) {
        let class = dice.below(405, names::CLASSIFICATIONS.len() as u64);
        links::listed(
            json,
            "classification",
            names::CLASSIFICATIONS,
            class,
            ("classification_href", "/expense/classifications"),
        );
    }
    let spent = spent(dice);
    let amount = spent + i64::from(subject.version) * 250 * ONE;
    json.amount("amount", amount);
    if let Some(option) = links.billable {
        json.text("billableOption", option);
    }
    json.time("date", date);
    let place = dice.below(409, names::LOCATIONS.len() as u64);
    json.int("locationId", place as i64 + 1);
    json.int("businessUnitId", dice.range(410, 10, 16));
    if !subject.one_in(411, 3) {
        let corrected = if subject.version > 0 { " (leiðrétt)" } else { "" };
        json.parts("notes", &[names::sentence(dice.bits(412)), corrected]);
    }
    if let Some(agreement) = links.agreement {
        links::agreement(json, plan, "agreement", agreement);
    }
    // What is on an invoice stays as it was billed.
    let billed = billed(if links.invoice.is_some() { spent } else { amount }, &links);
    json.amount("invoiceAmount", billed);
    json.made("mobileGuid", || links::uuid(subject.id.unsigned_abs(), 0xE1));
    json.objects("taxes", 0..dice.below(413, 3), |json, at: u64| {
        json.int("id", at as i64 + 1);
        json.amount("amount", amount / 5 / ONE * ONE);
        json.reference("type", at as i64 + 1, "VSK", ("type_href", "/expense/taxTypes"));
    });
    if let Some(invoice) = links.invoice {
        links::invoice(json, "invoice", invoice);
    }
    links::currency(json);
    let status = match (links.invoice, subject.version) {
        (Some(_), _) => "Billed",
        (None, 0) => dice.text(414, &["Open", "PendingApproval", "ApprovedByTierOne", "ApprovedByTierTwo", "Rejected"]),
        _ => "ApprovedByTierTwo",
    };
    json.text("status", status);
    json.amount("billAmount", billed);
    if links.agreement.is_some() {
        json.amount("agreementAmount", if dice.chance(415, 1, 5) { amount } else { 0 });
    }
    if kind == 0 {
        let from = dice.range(416, 10_000, 200_000);
        json.int_as_float("odometerStart", from);
        json.int("odometerEnd", from + dice.range(417, 1, 400));
    }
    work_item(json, subject, on_ticket, false);
    info(json, subject, |_| {});
    if subject.one_in(418, 4) {
        json.objects("customFields", 0..1, |json, _: i32| {
            let value = |json: &mut Json<'_>| json.bool("value", dice.chance(419, 1, 2));
            custom_field(json, (41, "Kvittun fylgir", "Checkbox"), value, |_| {});
        });
    }
}
