//! Product items: sold on an agreement, a ticket or a sales order.

use crate::dice::Dice;
use crate::instant::{Micros, day_of};
use crate::json::{Amount, Json, ONE};
use crate::links::{self, Links};
use crate::names;
use crate::plan::Plan;

use super::{Line, Subject, info, work_item};

const CLASSES: &[&str] = &["NonInventory", "Inventory", "Service", "Agreement", "Bundle"];

/// The line that an item of the base population is.
pub(super) fn line(plan: &Plan, dice: Dice, anchor: Micros) -> Option<Line> {
    let invoice = Links::new(plan, dice, day_of(anchor), false).line()?;
    Some(Line { invoice, amount: Sums::new(dice, 0, true).sold() })
}

pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let date = day_of(subject.anchor);
    let links = Links::new(plan, dice, date, !subject.base);
    let item = dice.below(500, names::CATALOG.len() as u64);
    let name = names::CATALOG[item as usize];
    let sum = Sums::new(dice, subject.version, links.invoice.is_some());

    json.int("id", subject.id);
    json.object("catalogItem", |json| {
        json.int("id", item as i64 + 1);
        json.made("identifier", || format!("VARA-{:03}", item + 1));
        json.text("name", name);
        json.object("_info", |json| json.href("catalog_href", "/procurement/catalog", item as i64 + 1));
    });
    json.parts("description", &[name, if subject.version > 0 { " (breytt)" } else { "" }]);
    json.amount("sequenceNumber", dice.range(502, 1, 20) * ONE / if subject.one_in(503, 10) { 4 } else { 1 });
    if subject.one_in(504, 4) {
        json.int_as_float("quantity", sum.quantity / ONE);
    } else {
        json.amount("quantity", sum.quantity);
    }
    json.reference("unitOfMeasure", 1, "stk. ", ("uom_href", "/procurement/unitOfMeasures"));
    sum.write(json, subject);
    json.text("priceMethod", "FlatRateForRange");
    if let Some(option) = links.billable.filter(|option| *option != "NoDefault") {
        json.text("billableOption", option);
    }
    if let Some(agreement) = links.agreement {
        links::agreement(json, plan, "agreement", agreement);
    }
    places(json, subject);
    if plan.counts.companies > 0 {
        links::company(json, "vendor", dice.below(505, u64::from(plan.counts.companies)));
    }
    json.made("vendorSku", || format!("SKU{:05}", dice.below(506, 99_999)));
    for (salt, name) in (507..).zip(["taxableFlag", "dropshipFlag", "specialOrderFlag", "phaseProductFlag"]) {
        json.bool(name, dice.chance(salt, 1, 4));
    }
    let cancelled = subject.one_in(511, 40);
    if cancelled || !subject.one_in(512, 10) {
        json.bool("cancelledFlag", cancelled);
    }
    json.amount("quantityCancelled", if cancelled { sum.quantity } else { 0 });
    if cancelled {
        json.text("cancelledReason", "Ekki til á lager");
        json.int("cancelledBy", links.member);
        json.time("cancelledDate", day_of(subject.updated));
    }
    json.parts("customerDescription", &[name, "\nMeð kveðju"]);
    if subject.one_in(513, 6) {
        json.text("internalNotes", names::sentence(dice.bits(514)));
    }
    json.bool("productSuppliedFlag", false);
    recurring(json, subject, &sum);
    let on_ticket = links.company.is_some() && dice.chance(515, 2, 5);
    work_item(json, subject, on_ticket, false);
    if !on_ticket {
        let order = dice.range(516, 1, 9_000);
        json.object("salesOrder", |json| {
            json.int("id", order);
            json.made("identifier", || format!("SP-{order}"));
            json.object("_info", |json| json.href("salesOrder_href", "/sales/orders", order));
        });
    }
    if let Some(invoice) = links.invoice {
        links::invoice(json, "invoice", invoice);
    }
    json.int("warehouseId", 1);
    json.object("warehouseIdObject", |json| {
        json.int("id", 1);
        json.text("name", "Aðallager");
        json.bool("lockedFlag", false);
        json.object("_info", |json| json.href("warehouse_href", "/procurement/warehouses", 1));
    });
    json.int("warehouseBinId", 1);
    json.reference("warehouseBinIdObject", 1, "Hilla A", ("warehouseBin_href", "/procurement/warehouseBins"));
    json.bool("calculatedPriceFlag", false);
    json.bool("calculatedCostFlag", false);
    json.text("warehouse", "Aðallager");
    json.text("warehouseBin", "Hilla A");
    if !subject.one_in(517, 12) {
        json.time("purchaseDate", date);
    }
    json.reference("taxCode", 1, "VSK 24%", ("taxCode_href", "/finance/taxCodes"));
    json.ints("serialNumberIds", &[subject.id * 2, subject.id * 2 + 1][..dice.below(518, 3) as usize]);
    if let Some(company) = links.company {
        links::company(json, "company", company);
    }
    json.text("productClass", dice.text(519, CLASSES));
    json.bool("needToPurchaseFlag", false);
    json.int("needToOrderQuantity", 0);
    json.bool("minimumStockFlag", false);
    sum.write_calculated(json, subject);
    json.bool("poApprovedFlag", dice.chance(520, 1, 2));
    json.text("uom", "stk. ");
    json.bool("addComponentsFlag", false);
    json.bool("ignorePricingSchedulesFlag", false);
    if subject.one_in(521, 9) {
        json.made("asioSubscriptionsID", || links::uuid(subject.id.unsigned_abs(), 0xA5));
    }
    info(json, subject, |_| {});
    json.bool("bypassForecastUpdate", false);
}

/// Quantity, price and cost, and what follows from them.
struct Sums {
    quantity: i64,
    price: i64,
    cost: i64,
}

impl Sums {
    /// A change shows in the quantity; once the item is on an invoice, in the cost only.
    fn new(dice: Dice, version: u32, invoiced: bool) -> Self {
        let (more, dearer) = if invoiced { (0, i64::from(version)) } else { (i64::from(version), 0) };
        let quantity = dice.range(530, 1, 12) + more;
        let price = dice.range(531, 5, 3_000) * 100 * ONE + if dice.chance(532, 1, 5) { 9_900 } else { 0 };
        let cost = price / 100 * dice.range(533, 50, 95) + dearer * 10 * ONE;
        // A negative quantity is a return.
        let quantity = if dice.chance(534, 1, 60) { -quantity } else { quantity };
        Self { quantity: quantity * ONE, price, cost }
    }

    /// The price of all pieces.
    fn sold(&self) -> Amount {
        self.price * (self.quantity / ONE)
    }

    fn write(&self, json: &mut Json<'_>, subject: &Subject) {
        let pieces = self.quantity / ONE;
        json.amount("price", self.price);
        if !subject.one_in(535, 30) {
            json.amount("cost", self.cost);
            json.amount("extPrice", self.sold());
            json.amount("extCost", self.cost * pieces);
        } else {
            json.amount("extPrice", self.sold());
        }
        json.amount("discount", if subject.one_in(536, 10) { self.price / 10 } else { 0 });
        json.amount("margin", (self.price - self.cost) * pieces);
        json.amount("agreementAmount", if subject.one_in(537, 6) { self.sold() } else { 0 });
    }

    fn write_calculated(&self, json: &mut Json<'_>, subject: &Subject) {
        json.amount("listPrice", self.price + self.price / 20);
        if !subject.one_in(538, 3) {
            json.amount("calculatedPrice", self.price);
            json.amount("calculatedCost", self.cost);
        }
    }
}

fn places(json: &mut Json<'_>, subject: &Subject) {
    let location = subject.dice.below(540, names::LOCATIONS.len() as u64);
    let unit = subject.dice.below(541, names::DEPARTMENTS.len() as u64);
    json.int("locationId", location as i64 + 1);
    links::listed(json, "location", names::LOCATIONS, location, ("location_href", "/system/locations"));
    json.int("businessUnitId", unit as i64 + 10);
    json.reference(
        "businessUnit",
        unit as i64 + 10,
        names::DEPARTMENTS[unit as usize],
        ("department_href", "/system/departments"),
    );
}

fn recurring(json: &mut Json<'_>, subject: &Subject, sum: &Sums) {
    if !subject.one_in(542, 8) {
        return;
    }
    json.object("recurring", |json| {
        json.amount("recurringRevenue", sum.price);
        json.amount("recurringCost", sum.cost);
        json.made("startDate", || crate::instant::text(day_of(subject.anchor)));
        json.int("billCycleId", 2);
        json.reference("billCycle", 2, "Mánaðarlega", ("billingCycle_href", "/finance/billingCycles"));
        json.int("cycles", 12);
        json.text("cycleType", "ContractYear");
    });
}
