//! Time entries: about 3 kB each, with the oddities that real ones have.

use crate::dice::Dice;
use crate::instant::{DAY, Micros, SECOND};
use crate::json::{Amount, Json, ONE};
use crate::links::{self, Links};
use crate::names;
use crate::plan::{Plan, Times, work_times};

use super::{Line, Subject, custom_field, info, ticket_id, work_item};

/// Hourly rates, in crowns.
const RATES: &[i64] = &[18_900, 21_500, 24_900, 16_500, 28_750, 0];

/// The line that an entry of the base population is.
pub(super) fn line(plan: &Plan, dice: Dice, anchor: Micros) -> Option<Line> {
    let times = work_times(dice, anchor, true);
    let links = Links::new(plan, dice, times.start, false);
    let invoice = links.line()?;
    Some(Line { invoice, amount: charged(dice, billed(dice, times.hours, &links), &links) })
}

/// An hour's price, in crowns.
fn rate(dice: Dice) -> i64 {
    dice.pick(91, RATES, 0)
}

/// Whether the entry does not tell its rate.
fn lacks_rate(dice: Dice) -> bool {
    dice.chance(211, 1, 50)
}

/// What the customer pays for billed hours on an invoice: nothing where the agreement covers them.
fn charged(dice: Dice, billed: Amount, links: &Links) -> Amount {
    let covered = links.agreement.is_some() && dice.chance(219, 1, 10);
    if covered || lacks_rate(dice) { 0 } else { billed * rate(dice) }
}

/// What is not charged of the hours worked.
fn deduct(dice: Dice, worked: Amount) -> Amount {
    if dice.chance(207, 1, 12) { 2_500.min(worked) } else { 0 }
}

/// What is charged of the hours worked.
fn billed(dice: Dice, worked: Amount, links: &Links) -> Amount {
    if links.billable == Some("Billable") { worked - deduct(dice, worked) } else { 0 }
}

pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let times = work_times(subject.dice, subject.anchor, subject.base);
    let links = Links::new(plan, subject.dice, times.start, !subject.base);
    let dice = subject.dice;
    let misfit = if subject.version == 0 { plan.misfit(subject.id) } else { None };
    let internal = links.company.is_none();
    let (charge_to, charge_type) = charge_to(subject, &links);
    let (on_ticket, on_project) = (charge_type == "ServiceTicket", charge_type == "ProjectTicket");

    json.int("id", subject.id);
    match (misfit, links.company) {
        (Some(2), _) => json.int("company", 17),
        (_, None) => {}
        (_, Some(place)) => {
            // A property the specification does not know.
            links::company_with(json, "company", place, |json| {
                if subject.one_in(200, 250) {
                    json.text("newThing", "kom með uppfærslu");
                }
            });
            json.text("companyType", names::COMPANY_TYPES[0]);
        }
    }
    if subject.one_in(201, 60) {
        json.int_as_float("chargeToId", charge_to);
    } else {
        json.int("chargeToId", charge_to);
    }
    json.text("chargeToType", charge_type);
    links::member(json, "member", links.member);
    places(json, subject);
    let work_type = dice.below(50, names::WORK_TYPES.len() as u64);
    let (name, utilized) = names::WORK_TYPES[work_type as usize];
    json.object("workType", |json| {
        json.int("id", work_type as i64 + 1);
        json.text("name", name);
        json.bool("utilizationFlag", utilized);
        json.object("_info", |json| json.href("workType_href", "/time/workTypes", work_type as i64 + 1));
    });
    let role = dice.below(51, names::WORK_ROLES.len() as u64);
    links::listed(json, "workRole", names::WORK_ROLES, role, ("workRole_href", "/time/workRoles"));
    if let Some(agreement) = links.agreement {
        links::agreement(json, plan, "agreement", agreement);
        json.text("agreementType", links::type_name(agreement.kind));
    }
    if charge_type == "Activity" {
        json.reference("activity", charge_to, "Eftirfylgni", ("activity_href", "/sales/activities"));
    }
    if on_project {
        json.text("projectActivity", "Vinna");
    }
    json.text("territory", dice.text(52, names::TERRITORIES));
    when(json, subject, &times, misfit);
    let (actual, billed) = hours(json, subject, &times, &links, misfit);
    if let Some(option) = links.billable {
        json.text("billableOption", option);
    }
    notes(json, subject);
    json.bool("addToDetailDescriptionFlag", dice.chance(60, 3, 4));
    json.bool("addToInternalAnalysisFlag", dice.chance(61, 1, 4));
    json.bool("addToResolutionFlag", dice.chance(62, 1, 3));
    json.bool("emailResourceFlag", false);
    json.bool("emailContactFlag", dice.chance(63, 1, 5));
    json.bool("emailCcFlag", false);
    json.amount("hoursBilled", billed);
    money(json, subject, &links, actual, billed);
    if subject.one_in(202, 40) {
        json.int_as_float("invoiceReady", i64::from(links.invoice.is_some()));
    } else {
        json.int("invoiceReady", i64::from(links.invoice.is_some()));
    }
    let sheet = times.start.div_euclid(7 * DAY) * 1_000 % 900_000 + links.member % 1_000;
    json.object("timeSheet", |json| {
        json.int("id", sheet);
        json.made("name", || format!("{} vika {}", links::member_login(links.member), sheet / 1_000));
        json.object("_info", |json| json.href("timeSheet_href", "/time/sheets", sheet));
    });
    if let Some(status) = status(plan, subject, &links, times.start) {
        json.text("status", status);
    }
    work_item(json, subject, on_ticket, on_project);
    if on_ticket || on_project {
        json.text("ticketBoard", dice.text(70, names::BOARDS));
        json.text("ticketStatus", dice.text(71, names::TICKET_STATUSES));
        json.text("ticketType", dice.text(72, names::TICKET_TYPES));
        if !subject.one_in(203, 9) {
            json.text("ticketSubType", dice.text(73, names::TICKET_SUBTYPES));
        }
    }
    json.bool("invoiceFlag", dice.chance(64, 9, 10));
    json.text("locationName", names::LOCATIONS[dice.below(53, 4) as usize]);
    if !internal {
        json.reference("taxCode", 1, "VSK 24%", ("taxCode_href", "/finance/taxCodes"));
    }
    info(json, subject, |json| {
        if on_ticket || on_project {
            json.href("notes_href", "/service/tickets/notes", ticket_id(subject));
        }
    });
    custom_fields(json, subject);
    if subject.one_in(204, 300) {
        json.object("automationSummary", |json| {
            json.text("source", "ný útgáfa");
            json.int("score", dice.range(74, 0, 100));
        });
    }
}

/// What the work is charged to.
fn charge_to(subject: &Subject, links: &Links) -> (i64, &'static str) {
    if links.company.is_none() {
        return (subject.dice.range(54, 1, 12), "ChargeCode");
    }
    match subject.dice.below(55, 100) {
        0..68 => (ticket_id(subject), "ServiceTicket"),
        68..88 => (ticket_id(subject), "ProjectTicket"),
        88..93 => (subject.dice.range(54, 1, 4_000), "Activity"),
        93..95 => (subject.dice.range(54, 1, 12), "ChargeCode"),
        _ => (links.company.map_or(0, crate::plan::id_at), "Company"),
    }
}

fn places(json: &mut Json<'_>, subject: &Subject) {
    let location = subject.dice.below(53, names::LOCATIONS.len() as u64);
    let department = subject.dice.below(56, names::DEPARTMENTS.len() as u64);
    json.int("locationId", location as i64 + 1);
    json.int("businessUnitId", department as i64 + 10);
    json.parts("businessGroupDesc", &[names::DEPARTMENTS[department as usize]]);
    links::listed(json, "location", names::LOCATIONS, location, ("location_href", "/system/locations"));
    json.reference(
        "department",
        department as i64 + 10,
        names::DEPARTMENTS[department as usize],
        ("department_href", "/system/departments"),
    );
}

fn when(json: &mut Json<'_>, subject: &Subject, times: &Times, misfit: Option<usize>) {
    if misfit == Some(1) {
        json.text("timeStart", "í gær");
    } else if subject.one_in(205, 200) {
        json.time("timeStart", times.start + 123_000);
    } else {
        json.time("timeStart", times.start);
    }
    if !subject.one_in(206, 150) {
        json.time("timeEnd", times.end);
    }
}

/// Writes the hours; returns what was worked and what is billed.
fn hours(
    json: &mut Json<'_>,
    subject: &Subject,
    times: &Times,
    links: &Links,
    misfit: Option<usize>,
) -> (Amount, Amount) {
    let dice = subject.dice;
    // A correction shows.
    let actual = times.hours + i64::from(subject.version % 4) * 2_500;
    let deduct = deduct(dice, actual);
    if deduct > 0 || dice.chance(57, 1, 2) {
        json.amount("hoursDeduct", deduct);
    }
    match misfit {
        Some(1 | 2) | None => json.amount("actualHours", actual),
        Some(_) => json.text("actualHours", "abc"),
    }
    // What is on an invoice stays as it was billed.
    (actual, billed(dice, if links.invoice.is_some() { times.hours } else { actual }, links))
}

fn notes(json: &mut Json<'_>, subject: &Subject) {
    let dice = subject.dice;
    json.made("notes", || {
        let mut notes: Vec<&str> = (0..=dice.below(80, 4)).map(|n| names::sentence(dice.bits(81 + n))).collect();
        if subject.version > 0 {
            notes.push("(leiðrétt)");
        }
        let notes = notes.join(" ");
        if subject.one_in(208, 50) { names::decomposed(&notes) } else { notes }
    });
    if subject.one_in(209, 3) {
        json.text("internalNotes", names::sentence(dice.bits(90)));
    }
}

fn money(json: &mut Json<'_>, subject: &Subject, links: &Links, actual: Amount, billed: Amount) {
    let dice = subject.dice;
    let rate = rate(dice);
    if let Some(invoice) = links.invoice {
        json.amount("invoiceHours", billed);
        if !subject.one_in(210, 12) {
            // Cost comes as text, is none where empty, and zero is a cost.
            cost(json, subject);
        }
        entered(json, subject);
        links::invoice(json, "invoice", invoice);
    } else {
        json.amount("invoiceHours", if dice.chance(92, 1, 2) { billed } else { 0 });
        if !subject.one_in(210, 12) {
            cost(json, subject);
        }
        entered(json, subject);
    }
    if dice.chance(93, 1, 20) {
        json.made("mobileGuid", || links::uuid(subject.id.unsigned_abs(), 0x71));
    }
    if !lacks_rate(dice) {
        json.amount("hourlyRate", rate * ONE);
    }
    json.amount("overageRate", if subject.one_in(212, 30) { rate * ONE / 2 } else { 0 });
    if links.agreement.is_some() {
        json.amount("agreementHours", if billed == 0 { actual } else { 0 });
        json.amount("agreementAmount", if subject.one_in(213, 6) { rate * actual } else { 0 });
        if subject.one_in(214, 20) {
            json.amount("agreementAdjustment", -dice.range(94, 0, 5_000) * 100);
        }
    }
    if subject.one_in(215, 20) {
        json.amount("adjustment", dice.range(95, -200_000, 200_000) * 10);
    }
    if links.invoice.is_some() || dice.chance(96, 1, 2) {
        json.amount("extendedInvoiceAmount", charged(dice, billed, links));
    }
}

fn cost(json: &mut Json<'_>, subject: &Subject) {
    match subject.dice.below(97, 40) {
        0 => json.text("hourlyCost", ""),
        1 => json.text("hourlyCost", "0.00"),
        2 => json.text("hourlyCost", "9876.54"),
        _ => json.made("hourlyCost", || format!("{}.00", 7_000 + subject.dice.below(98, 8) * 950)),
    }
}

fn entered(json: &mut Json<'_>, subject: &Subject) {
    json.made("enteredBy", || subject.actor(910));
    if subject.one_in(216, 120) {
        // Finer than a microsecond.
        json.made("dateEntered", || {
            let text = crate::instant::text(subject.created - subject.created.rem_euclid(SECOND));
            format!("{}.1234567Z", text.trim_end_matches('Z'))
        });
    } else {
        json.time("dateEntered", subject.created);
    }
}

/// The status that fits an entry's age.
fn status(plan: &Plan, subject: &Subject, links: &Links, start: Micros) -> Option<&'static str> {
    const NEW: &[&str] = &["Open", "Open", "PendingApproval", "ErrorsCorrected", "Rejected"];
    const RECENT: &[&str] = &[
        "PendingApproval",
        "PendingProjectApproval",
        "ApprovedByTierOne",
        "RejectBySecondTier",
        "ApprovedByTierTwo",
        "ReadyToBill",
    ];
    const OLD: &[&str] = &["ApprovedByTierTwo", "ReadyToBill", "WrittenOff", "BilledAgreement", "Billed"];
    let dice = subject.dice;
    if links.invoice.is_some() {
        return Some(if links.agreement.is_some() && dice.chance(99, 1, 3) { "BilledAgreement" } else { "Billed" });
    }
    if subject.one_in(217, 400) {
        return None;
    }
    let age = plan.start - start;
    let list = match (age, subject.version) {
        (_, 3..) => OLD,
        (_, 1..) => RECENT,
        _ if age < 7 * DAY => NEW,
        _ if age < 30 * DAY => RECENT,
        _ => OLD,
    };
    Some(dice.text(102 + u64::from(subject.version), list))
}

fn custom_fields(json: &mut Json<'_>, subject: &Subject) {
    let dice = subject.dice;
    let count = match dice.below(120, 8) {
        0 => return,
        1 => 0,
        2..6 => 1,
        _ => 2,
    };
    json.objects("customFields", 0..count, |json, at: u64| {
        let field = if at == 0 { (31, "Verkbeiðni", "Text") } else { (32, "Utan vinnutíma", "Checkbox") };
        let value = |json: &mut Json<'_>| match (at, dice.below(121 + at, 6)) {
            (_, 0) => {}
            (_, 1) => json.null("value"),
            (0, 2) => json.text("value", ""),
            (0, 3) => json.int("value", dice.range(123, 100, 9_999)),
            (0, _) => json.made("value", || format!("VB-{}", dice.below(123, 9_999))),
            _ => json.bool("value", dice.chance(124, 1, 2)),
        };
        custom_field(json, field, value, |json| {
            if subject.one_in(218, 100) {
                json.text("hint", "sjá handbók");
            }
        });
    });
}
