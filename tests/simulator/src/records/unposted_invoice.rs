//! Invoices that wait for an accounting batch, as the accounting screens list them: a row of its own beside the
//! invoice, with dates as plain text and `subTotal` where the invoice says `subtotal`.

use crate::dice::Dice;
use crate::entity::Entity;
use crate::instant::{day_of, text};
use crate::json::Json;
use crate::links;
use crate::names;
use crate::plan::{Plan, unposted_id};

use super::{Subject, info_links, invoice::Bill, site};

/// The subject is the invoice; the row's id follows from it.
pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let invoice_dice: Dice = plan.dice_of(Entity::Invoice, subject.id);
    let bill = Bill::new(plan, subject, invoice_dice);
    let row = unposted_id(subject.id);
    json.int("id", row);
    // Some rows say which invoice they stand for by its number only.
    if !subject.one_in(700, 9) {
        json.int("billingLogId", subject.id);
    }
    let location = invoice_dice.below(620, names::LOCATIONS.len() as u64);
    let department = invoice_dice.below(621, names::DEPARTMENTS.len() as u64);
    json.int("locationId", location as i64 + 1);
    links::listed(json, "location", names::LOCATIONS, location, ("location_href", "/system/locations"));
    json.int("departmentId", department as i64 + 10);
    json.object("department", |json| {
        json.int("id", department as i64 + 10);
        json.made("identifier", || names::plain(names::DEPARTMENTS[department as usize]));
        json.text("name", names::DEPARTMENTS[department as usize]);
        json.object("_info", |json| json.href("department_href", "/system/departments", department as i64 + 10));
    });
    if let Some(company) = bill.company {
        links::company(json, "company", company);
        json.made("accountNumber", || format!("{:06}", 100_000 + crate::plan::id_at(company)));
        links::company(json, "billToCompany", company);
        site(json, "billToSite", company);
        links::company(json, "shipToCompany", company);
        site(json, "shipToSite", company);
    }
    json.made("invoiceNumber", || links::invoice_number(subject.id));
    json.made("invoiceDate", || text(bill.date));
    json.text("invoiceType", bill.kind);
    json.text("description", "Samkvæmt samningi");
    json.reference("billingTerms", 3, "15 dagar", ("billingTerms_href", "/finance/billingTerms"));
    json.text("dueDays", "15");
    json.made("dueDate", || text(bill.due));
    links::currency(json);
    json.amount("subTotal", bill.subtotal());
    json.amount("total", bill.subtotal() + bill.tax);
    json.bool("hasTime", bill.service != 0);
    json.bool("hasExpenses", bill.expense != 0);
    json.bool("hasProducts", bill.product != 0);
    json.bool("invoiceTaxableFlag", true);
    json.reference("taxCode", 1, "VSK 24%", ("taxCode_href", "/finance/taxCodes"));
    json.bool("avalaraTaxFlag", false);
    json.bool("itemTaxableFlag", true);
    json.amount("salesTaxAmount", bill.tax);
    json.bool("stateTaxFlag", true);
    json.text("stateTaxXref", "VSK24");
    json.amount("stateTaxAmount", bill.tax);
    for (flag, amount) in [
        ("countyTaxFlag", "countyTaxAmount"),
        ("cityTaxFlag", "cityTaxAmount"),
        ("countryTaxFlag", "countryTaxAmount"),
        ("compositeTaxFlag", "compositeTaxAmount"),
        ("levelSixTaxFlag", "levelSixTaxAmount"),
    ] {
        json.bool(flag, false);
        json.amount(amount, 0);
    }
    json.made("createdBy", || subject.actor(701));
    json.made("dateClosed", || text(day_of(subject.updated)));
    info_links(json, |json| json.href("invoice_href", Entity::Invoice.path(), subject.id));
}
