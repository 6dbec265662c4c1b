//! Invoices: open, closed and waiting, or in an accounting batch.
//!
//! Invariant: an invoice's totals are what its lines add up to, a credit memo's with the other sign; only the odd ones
//! (see [`is_odd`]) were adjusted by hand.

use crate::dice::Dice;
use crate::instant::{DAY, Micros, day_of};
use crate::json::{Amount, Json, ONE};
use crate::links;
use crate::names;
use crate::plan::{InvoiceState, Plan, id_at};
use crate::totals::Sums;

use super::{Subject, info, owner, site, ticket_id};

/// Of so many invoices one does not add up.
const ODD_EVERY: u64 = 100;
/// Which one of them.
const ODD_PLACE: u64 = 57;

/// Whether somebody has added to a total by hand, so that the lines do not add up to it.
const fn is_odd(subject: &Subject) -> bool {
    subject.base && subject.place % ODD_EVERY == ODD_PLACE
}

/// What an invoice and the row that announces it must agree on.
pub(super) struct Bill {
    pub(super) company: Option<u64>,
    /// The agreement it is for, by place, and the agreement's type.
    pub(super) agreement: Option<(u64, usize)>,
    pub(super) kind: &'static str,
    pub(super) date: Micros,
    pub(super) due: Micros,
    pub(super) service: Amount,
    pub(super) expense: Amount,
    pub(super) product: Amount,
    pub(super) tax: Amount,
}

impl Bill {
    pub(super) fn new(plan: &Plan, subject: &Subject, dice: Dice) -> Self {
        let company = owner(plan, subject);
        let agreement = company
            .filter(|_| dice.chance(600, 1, 2))
            .and_then(|company| plan.agreement_of_company(company, dice, 601))
            .map(|place| (place, plan.agreement_type(place, 0)));
        let kind = match (agreement, if is_odd(subject) { 5 } else { dice.below(602, 20) }) {
            (_, 0) => "CreditMemo",
            (_, 1) => "DownPayment",
            (Some(_), _) => "Agreement",
            (None, 2..4) => "Miscellaneous",
            (None, 4) => "Progress",
            _ => "Standard",
        };
        let sign = if kind == "CreditMemo" { -1 } else { 1 };
        let date = if subject.base { plan.invoice_day(subject.place) } else { day_of(subject.created) };
        let mut sums = subject.lines;
        if is_odd(subject) {
            adjust(&mut sums, subject.place, dice);
        }
        let [service, expense, product] = [sums.service, sums.expense, sums.product].map(|sum| sign * sum);
        let tax = (service + product) / 100 * 24;
        Self {
            company,
            agreement,
            kind,
            date,
            due: date + dice.range(608, 1, 4) * 10 * DAY,
            service,
            expense,
            product,
            tax,
        }
    }

    pub(super) fn subtotal(&self) -> Amount {
        self.service + self.expense + self.product
    }
}

/// Adds to one of the sums what is on no line.
fn adjust(sums: &mut Sums, place: u64, dice: Dice) {
    let sum = match place / ODD_EVERY % 3 {
        0 => &mut sums.service,
        1 => &mut sums.expense,
        _ => &mut sums.product,
    };
    *sum += dice.range(603, 1, 60) * 500 * ONE;
}

/// The batch's name.
fn batch_name(batch: i64) -> String {
    format!("GL-{batch:05}")
}

pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let bill = Bill::new(plan, subject, dice);
    let closed = subject.invoice != InvoiceState::Open;
    json.int("id", subject.id);
    json.made("invoiceNumber", || links::invoice_number(subject.id));
    json.text("type", bill.kind);
    json.object("status", |json| {
        let (id, name) = if closed { (2, "Lokaður") } else { (1, "Opinn") };
        json.int("id", id);
        json.text("name", name);
        json.bool("isClosed", closed);
        json.object("_info", |json| json.href("status_href", "/finance/billingStatuses", id));
    });
    if let Some(company) = bill.company {
        links::company(json, "company", company);
        links::company(json, "billToCompany", company);
        links::company(json, "shipToCompany", company);
        json.made("accountNumber", || format!("{:06}", 100_000 + id_at(company)));
    }
    let (apply, apply_id) = match bill.agreement {
        Some((place, _)) => ("Agreement", id_at(place)),
        None if dice.chance(610, 1, 2) => ("Ticket", ticket_id(subject)),
        None => ("All", 0),
    };
    json.text("applyToType", apply);
    if subject.one_in(611, 20) {
        json.int_as_float("applyToId", apply_id);
    } else {
        json.int("applyToId", apply_id);
    }
    json.text("attention", "Bókhald");
    if let Some(company) = bill.company {
        address(json, company);
    }
    json.reference("billingTerms", 3, "15 dagar", ("billingTerms_href", "/finance/billingTerms"));
    if subject.one_in(616, 4) {
        json.text("reference", "Samkvæmt tilboði");
    }
    if subject.one_in(612, 5) {
        json.made("customerPO", || format!("PO-{}", dice.below(613, 90_000)));
    }
    json.int("templateSetupId", 4);
    json.reference("invoiceTemplate", 4, "Íslenskt sniðmát", ("invoiceTemplate_href", "/finance/invoiceTemplates"));
    json.int("emailTemplateId", 1);
    json.bool("addToBatchEmailList", dice.chance(614, 1, 2));
    json.time("date", bill.date);
    json.bool("restrictDownpaymentFlag", false);
    places(json, subject);
    if subject.one_in(615, 3) {
        json.text("topComment", "Vegna vinnu í síðasta mánuði.");
    }
    json.bool("taxableFlag", true);
    json.reference("taxCode", 1, "VSK 24%", ("taxCode_href", "/finance/taxCodes"));
    if subject.version > 0 {
        json.made("internalNotes", || format!("Yfirfarinn {} sinnum", subject.version));
    }
    sums(json, plan, subject, &bill);
    json.bool("specialInvoiceFlag", false);
    if apply == "Ticket" {
        json.object("ticket", |json| {
            json.int("id", apply_id);
            json.text("summary", names::TICKET_SUBTYPES[(apply_id % 6) as usize]);
            json.object("_info", |json| json.href("ticket_href", "/service/tickets", apply_id));
        });
    }
    if let Some((place, kind)) = bill.agreement {
        links::agreement(json, plan, "agreement", links::AgreementLink { id: id_at(place), kind });
    }
    if let InvoiceState::Posted(batch) = subject.invoice {
        json.object("glBatch", |json| {
            json.int("id", batch);
            json.made("name", || batch_name(batch));
            json.object("_info", |json| json.href("batch_href", "/finance/accounting/batches", batch));
        });
    }
    info(json, subject, |json| json.href("payments_href", "/finance/invoices/payments", subject.id));
}

fn address(json: &mut Json<'_>, company: u64) {
    site(json, "billingSite", company);
    json.made("billingSiteAddressLine1", || format!("Þokugata {}", company % 90 + 1));
    json.text("billingSiteCity", "Öldubær");
    json.made("billingSiteZip", || format!("{}", 900 + company % 60));
    json.text("billingSiteCountry", "Ísland");
    site(json, "shippingSite", company);
    json.made("shippingSiteAddressLine1", || format!("Þokugata {}", company % 90 + 1));
    json.text("shippingSiteCity", "Öldubær");
    json.made("shippingSiteZip", || format!("{}", 900 + company % 60));
    json.text("shippingSiteCountry", "Ísland");
}

fn places(json: &mut Json<'_>, subject: &Subject) {
    let location = subject.dice.below(620, names::LOCATIONS.len() as u64);
    let department = subject.dice.below(621, names::DEPARTMENTS.len() as u64);
    json.int("locationId", location as i64 + 1);
    links::listed(json, "location", names::LOCATIONS, location, ("location_href", "/system/locations"));
    json.int("departmentId", department as i64 + 10);
    json.reference(
        "department",
        department as i64 + 10,
        names::DEPARTMENTS[department as usize],
        ("department_href", "/system/departments"),
    );
    let territory = subject.dice.below(622, names::TERRITORIES.len() as u64);
    json.int("territoryId", territory as i64 + 1);
    links::listed(json, "territory", names::TERRITORIES, territory, ("territory_href", "/system/locations"));
}

fn sums(json: &mut Json<'_>, plan: &Plan, subject: &Subject, bill: &Bill) {
    let dice = subject.dice;
    let total = bill.subtotal() + bill.tax;
    json.amount("serviceTotal", bill.service);
    json.bool("overrideDownPaymentAmountFlag", false);
    links::currency(json);
    json.time("dueDate", bill.due);
    json.amount("expenseTotal", bill.expense);
    json.amount("productTotal", bill.product);
    json.amount("previousProgressApplied", 0);
    json.amount("serviceAdjustmentAmount", 0);
    json.amount("agreementAmount", if bill.agreement.is_some() { bill.service } else { 0 });
    json.amount("downpaymentApplied", 0);
    json.amount("subtotal", bill.subtotal());
    json.amount("total", total);
    json.amount("remainingDownpayment", 0);
    json.amount("salesTax", bill.tax);
    if subject.invoice != InvoiceState::Open {
        json.made("closedBy", || subject.actor(630));
    }
    let paid = match subject.invoice {
        InvoiceState::Posted(_) if dice.chance(631, 4, 5) => total,
        InvoiceState::Posted(_) if subject.version > 0 || bill.due < plan.start - 200 * DAY => total / 2 / ONE * ONE,
        _ => 0,
    };
    json.amount("payments", paid);
    json.amount("credits", 0);
    json.amount("balance", total - paid);
}
