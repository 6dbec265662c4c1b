//! Agreements: chains of parents, types typed by hand, and the agreement number in a custom field, or not.

use crate::instant::{DAY, day_of, text};
use crate::json::{Json, ONE};
use crate::links;
use crate::names;
use crate::plan::{Plan, id_at, place_of};

use super::{Subject, contact, custom_field, info, owner, site};

const UNITS: &[&str] = &["Hours", "Amount", "Incidents"];
const CYCLES: &[&str] = &["CalendarMonth", "CalendarYear", "ContractYear", "CalendarQuarter"];
const BILL: &[&str] = &["Billable", "DoNotBill", "NoCharge", "NoDefault"];

pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let kind = plan.agreement_type(place_of(subject.id), subject.version);
    let company = owner(plan, subject);
    let department = dice.below(303, names::DEPARTMENTS.len() as u64);
    let location = dice.below(304, names::LOCATIONS.len() as u64);
    json.int("id", subject.id);
    json.made("name", || links::agreement_name(plan, subject.id));
    links::listed(json, "type", names::AGREEMENT_TYPES, kind as u64, ("type_href", "/finance/agreements/types"));
    if let Some(company) = company {
        links::company(json, "company", company);
        contact(json, "contact", company);
        site(json, "site", company);
    }
    if let Some(parent) = plan.agreement_parent(subject.place, subject.version).filter(|_| subject.base) {
        json.object("parentAgreement", |json| {
            json.int("id", id_at(parent));
            json.made("name", || links::agreement_name(plan, id_at(parent)));
            json.text("type", links::type_name(plan.agreement_type(parent, 0)));
            json.bool("chargeFirmFlag", false);
            json.object("_info", |json| json.href("agreement_href", "/finance/agreements", id_at(parent)));
        });
    }
    if subject.one_in(305, 5) {
        json.made("customerPO", || format!("PO-{}", dice.below(306, 90_000)));
    }
    links::listed(json, "location", names::LOCATIONS, location, ("location_href", "/system/locations"));
    json.object("department", |json| {
        json.int("id", department as i64 + 10);
        json.made("identifier", || names::plain(names::DEPARTMENTS[department as usize]));
        json.text("name", names::DEPARTMENTS[department as usize]);
        json.object("_info", |json| json.href("department_href", "/system/departments", department as i64 + 10));
    });
    json.bool("restrictLocationFlag", false);
    json.bool("restrictDepartmentFlag", false);
    term(json, plan, subject);
    json.reference("sla", 1, "Staðlað þjónustustig", ("sla_href", "/service/SLAs"));
    if subject.one_in(307, 4) {
        json.text("internalNotes", names::sentence(dice.bits(308)));
    }
    json.text("applicationUnits", dice.text(309, UNITS));
    if subject.one_in(310, 10) {
        json.int("applicationLimit", 20);
    } else {
        json.int_as_float("applicationLimit", dice.range(311, 1, 40));
    }
    json.text("applicationCycle", dice.text(312, CYCLES));
    json.bool("applicationUnlimitedFlag", dice.chance(313, 1, 6));
    for (salt, name) in (314..).zip([
        "oneTimeFlag",
        "coverAgreementTime",
        "coverAgreementProduct",
        "coverAgreementExpense",
        "coverSalesTax",
        "carryOverUnused",
        "allowOverruns",
        "expireWhenZero",
        "chargeToFirm",
    ]) {
        json.bool(name, dice.chance(salt, 1, 3));
    }
    json.int("expiredDays", 0);
    json.int("limit", 0);
    json.text("employeeCompRate", "Actual");
    json.text("employeeCompNotExceed", "Billing");
    json.amount("compHourlyRate", 0);
    billing(json, subject, company);
    info(json, subject, |json| {
        json.href("additions_href", "/finance/agreements/additions", subject.id);
        json.href("workTypes_href", "/finance/agreements/workTypes", subject.id);
    });
    custom_fields(json, plan, subject);
}

/// Start and end: past, to come, or none.
fn term(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let start = day_of(subject.created);
    json.time("startDate", start);
    let end = match dice.below(320, 10) {
        0..2 => Some(day_of(plan.start - dice.range(321, 1, 200) * DAY)),
        2..6 => Some(day_of(plan.start + dice.range(321, 0, 700) * DAY)),
        _ => None,
    };
    if let Some(end) = end {
        json.time("endDate", end.max(start));
    }
    json.bool("noEndingDateFlag", end.is_none());
    let cancelled = subject.one_in(322, 14);
    if cancelled || !subject.one_in(323, 6) {
        json.bool("cancelledFlag", cancelled);
    }
    if cancelled {
        json.time("dateCancelled", day_of(subject.updated));
        json.text("reasonCancelled", "Viðskiptavinur sagði upp");
    }
    let status = match end {
        _ if cancelled => "Cancelled",
        Some(end) if end < plan.start => "Expired",
        _ => "Active",
    };
    json.text("agreementStatus", status);
}

fn billing(json: &mut Json<'_>, subject: &Subject, company: Option<u64>) {
    let dice = subject.dice;
    json.reference("billingCycle", 2, "Mánaðarlega", ("billingCycle_href", "/finance/billingCycles"));
    json.bool("billOneTimeFlag", false);
    json.reference("billingTerms", 3, "15 dagar", ("billingTerms_href", "/finance/billingTerms"));
    json.text("invoicingCycle", "CalendarYear");
    if let Some(company) = company {
        links::company(json, "billToCompany", company);
        contact(json, "billToContact", company);
        site(json, "billToSite", company);
    }
    let amount = dice.range(330, 0, 900) * 1_000 + i64::from(subject.version) * 1_500;
    json.amount("billAmount", amount * ONE);
    json.bool("taxable", true);
    json.amount("prorateFirstBill", 0);
    json.time("billStartDate", day_of(subject.created));
    json.reference("taxCode", 1, "VSK 24%", ("taxCode_href", "/finance/taxCodes"));
    json.bool("restrictDownPayment", false);
    json.bool("prorateFlag", false);
    json.bool("invoiceProratedAdditionsFlag", false);
    json.text("invoiceDescription", "Samkvæmt samningi");
    json.bool("topComment", false);
    json.bool("bottomComment", false);
    json.reference("invoiceTemplate", 4, "Íslenskt sniðmát", ("invoiceTemplate_href", "/finance/invoiceTemplates"));
    for (salt, name) in (331..).zip(["billTime", "billExpenses", "billProducts"]) {
        json.text(name, dice.text(salt, BILL));
    }
    json.bool("billableTimeInvoice", true);
    json.bool("billableExpenseInvoice", true);
    json.bool("billableProductInvoice", true);
    links::currency(json);
    json.text("periodType", "Current");
    json.bool("autoInvoiceFlag", dice.chance(334, 1, 2));
    json.made("nextInvoiceDate", || text(day_of(subject.updated) + 30 * DAY));
}

/// The agreement number, in all the ways it is there or not, and a flag beside it.
fn custom_fields(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let child = plan.agreement_parent(subject.place, 0).is_some() && subject.base;
    let none = plan.in_cycle(subject.place) || dice.chance(340, if child { 7 } else { 1 }, 10);
    let kind = dice.below(341, if none { 4 } else { 10 });
    if none && kind == 0 {
        return;
    }
    let number = 20_240_000 + subject.id;
    let fields = if none || subject.one_in(342, 2) { 1 } else { 2 };
    json.objects("customFields", 0..fields, |json, at: u64| {
        if at > 0 {
            let value = |json: &mut Json<'_>| json.bool("value", dice.chance(343, 1, 2));
            return custom_field(json, (12, "Sjálfvirk endurnýjun", "Checkbox"), value, |_| {});
        }
        let value = |json: &mut Json<'_>| match (none, kind) {
            (true, 1) => {}
            (true, 2) => json.null("value"),
            (true, _) => json.text("value", ""),
            (false, 0..2) => json.int("value", number),
            (false, 2) => json.int_as_float("value", number),
            (false, 3) => json.made("value", || format!("{number} ")),
            (false, _) => json.made("value", || format!("S-{number}")),
        };
        let of = if !none && kind < 3 { "Number" } else { "Text" };
        custom_field(json, (11, "Samningsnúmer", of), value, |json| {
            if subject.one_in(344, 30) {
                json.text("hint", "á fyrstu síðu samnings");
            }
        });
    });
    // The last of a long list of things to come.
    if subject.one_in(345, 40) {
        json.text("newThing2025", "óþekkt");
    }
}
