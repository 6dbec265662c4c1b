//! What every row of every fact has to hold, computed from the simulator's records.

use crate::expected::{class, decimal, id, integer, number, percentage, product, ten_thousandths};
use connectwise_simulator::World;
use serde_json::Value;
use std::collections::BTreeMap;

/// The rows of a fact by their key, in terms of some of its columns.
pub(crate) struct Fact {
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) rows: BTreeMap<String, Vec<String>>,
}

impl Fact {
    /// The hours of each row beside its billing status.
    pub(crate) fn hours_by_status(&self) -> impl Iterator<Item = (String, i128)> {
        let place = |name: &str| self.columns.iter().position(|column| *column == name).unwrap();
        let (status, hours) = (place("effectiveBillingStatus"), place("actualHours"));
        self.rows.values().map(move |row| {
            let digits: String = row[hours].chars().filter(|c| *c != '.').collect();
            (row[status].clone(), digits.parse().unwrap())
        })
    }
}

const TIME: &[&str] = &[
    "MemberKey",
    "CompanyKey",
    "AgreementKey",
    "AgreementTypeKey",
    "WorkDateKey",
    "WorkTypeKey",
    "TicketKey",
    "ProjectKey",
    "actualHours",
    "hoursBilled",
    "hourlyRate",
    "hourlyCost",
    "agreementAmount",
    "adjustment",
    "extendedInvoiceAmount",
    "invoicedAmount",
    "potentialRevenue",
    "effectiveHourlyCost",
    "actualCost",
    "margin",
    "marginPercentage",
    "agreementNumber",
    "agreementTypeNormalized",
    "billingBehavior",
    "effectiveBillingStatus",
    "utilizationType",
    "utilizationStatus",
];

const EXPENSE: &[&str] = &[
    "MemberKey",
    "CompanyKey",
    "AgreementKey",
    "AgreementTypeKey",
    "ExpenseDateKey",
    "ExpenseTypeKey",
    "TicketKey",
    "ProjectKey",
    "amount",
    "billAmount",
    "invoiceAmount",
    "agreementAmount",
    "isReimbursable",
    "agreementNumber",
    "agreementTypeNormalized",
    "billingBehavior",
    "effectiveBillingStatus",
];

const PRODUCT: &[&str] = &[
    "CompanyKey",
    "AgreementKey",
    "AgreementTypeKey",
    "ProductKey",
    "PurchaseDateKey",
    "quantity",
    "quantityCancelled",
    "price",
    "cost",
    "listPrice",
    "extPrice",
    "extCost",
    "calculatedPrice",
    "calculatedCost",
    "discount",
    "agreementAmount",
    "margin",
    "marginPercentage",
    "effectiveBillingStatus",
];

const INVOICE: &[&str] = &[
    "invoiceNumber",
    "invoiceType",
    "InvoiceDateKey",
    "DueDateKey",
    "CompanyKey",
    "AgreementKey",
    "postingStatus",
    "isPosted",
    "statusName",
    "currencyCode",
    "serviceTotal",
    "expenseTotal",
    "productTotal",
    "subtotal",
    "salesTax",
    "total",
    "payments",
    "credits",
    "balance",
];

const LINE: &[&str] = &[
    "invoiceId",
    "lineType",
    "AgreementTypeKey",
    "MemberKey",
    "CompanyKey",
    "InvoiceDateKey",
    "quantity",
    "price",
    "cost",
    "lineAmount",
    "lineCost",
    "invoicedAmount",
    "margin",
];

/// The classes under which work is no invoice line.
const NO_LINES: [&str; 2] = ["prepaid_hours", "internal_project"];

/// The five facts.
pub(crate) fn expected(world: &World) -> Vec<Fact> {
    let source = Source::new(world);
    let mut lines = BTreeMap::new();
    let time = world.records("TimeEntry").map(|record| source.time(&record, &mut lines)).collect();
    let expenses = world.records("ExpenseEntry").map(|record| source.expense(&record, &mut lines)).collect();
    let products = world.records("ProductItem").map(|record| source.product(&record, &mut lines)).collect();
    let invoices = source.invoices.values().map(|record| source.invoice(record)).collect();
    let fact = |table, key, columns, rows| Fact { table, key, columns, rows };
    vec![
        fact("fact_timeentry", "timeEntryId", TIME, time),
        fact("fact_expenseentry", "expenseEntryId", EXPENSE, expenses),
        fact("fact_productitem", "productItemId", PRODUCT, products),
        fact("fact_invoice", "invoiceId", INVOICE, invoices),
        fact("fact_invoiceline", "lineId", LINE, lines),
    ]
}

type Row = (String, Vec<String>);

/// The records that others refer to.
struct Source {
    agreements: BTreeMap<i64, Value>,
    members: BTreeMap<i64, Value>,
    invoices: BTreeMap<i64, Value>,
    unposted: Vec<Value>,
}

/// What follows from a record's agreement.
struct Agreement {
    key: String,
    type_key: String,
    class: &'static str,
    number: String,
}

impl Source {
    fn new(world: &World) -> Self {
        let by_id = |entity: &str| world.records(entity).map(|record| (id(&record), record)).collect();
        Self {
            agreements: by_id("Agreement"),
            members: by_id("Member"),
            invoices: by_id("Invoice"),
            unposted: world.records("UnpostedInvoice").collect(),
        }
    }

    /// The agreement of a record, or what the names that the record carries (the first that is one) say of it.
    fn agreement(&self, record: &Value, carried: &[&Value]) -> Agreement {
        let named = integer(&record["agreement"]["id"]);
        if let Some((named, known)) = named.and_then(|named| Some((named, self.agreements.get(&named)?))) {
            return Agreement {
                key: named.to_string(),
                type_key: key(&known["type"]),
                class: class(known["type"]["name"].as_str()),
                number: number(&self.agreements, named).unwrap_or_else(none),
            };
        }
        let name = carried.iter().filter_map(|name| name.as_str()).map(str::trim).find(|name| !name.is_empty());
        let types = self.agreements.values().map(|agreement| &agreement["type"]);
        let same = types.filter(|kind| name.is_some() && kind["name"].as_str().map(str::trim) == name);
        let type_key = same.filter_map(|kind| integer(&kind["id"])).min();
        Agreement {
            key: named.map_or_else(unknown, |named| named.to_string()),
            type_key: type_key.map_or_else(unknown, |key| key.to_string()),
            class: class(name),
            number: none(),
        }
    }

    /// Adds the line of a record that is on an invoice: quantity, price, cost, amount, whole cost, what is paid for it.
    fn line(
        &self,
        lines: &mut BTreeMap<String, Vec<String>>,
        of: (&str, &str, String),
        record: &Value,
        on: &Agreement,
        sums: [i128; 6],
    ) {
        let (letter, kind, member) = of;
        let Some(invoice) = integer(&record["invoice"]["id"]) else { return };
        if NO_LINES.contains(&on.class) {
            return;
        }
        let day = self.invoices.get(&invoice).map_or_else(unknown, |invoice| date_key(&invoice["date"]));
        let mut row =
            vec![invoice.to_string(), kind.to_owned(), on.type_key.clone(), member, key(&record["company"]), day];
        row.extend(sums.map(decimal));
        row.push(decimal(sums[3] - sums[4]));
        lines.insert(format!("{letter}{}", id(record)), row);
    }

    fn time(&self, record: &Value, lines: &mut BTreeMap<String, Vec<String>>) -> Row {
        let on = self.agreement(record, &[&record["agreementType"], &record["agreement"]["type"]]);
        let (hours, rate) = (amount(&record["actualHours"]), amount(&record["hourlyRate"]));
        let member = integer(&record["member"]["id"]).and_then(|id| self.members.get(&id));
        let own = ten_thousandths(&record["hourlyCost"]);
        let each = own.or_else(|| ten_thousandths(&member?["hourlyCost"])).unwrap_or(0);
        let (revenue, cost) = (product(hours, rate), product(hours, each));
        let billed = amount(&record["hoursBilled"]);
        let utilization = match record["billableOption"].as_str().unwrap_or_default() {
            _ if on.class == "internal_project" => "Internal",
            "Billable" => "Billable",
            "DoNotBill" => "Non-Billable",
            "NoCharge" => "No Charge",
            _ => "Unknown",
        };
        let utilization_status = match record["status"].as_str().unwrap_or_default() {
            "" => "Unknown".to_owned(),
            status => format!("{utilization} - {status}"),
        };
        let worth = product(billed, rate);
        let paid = ten_thousandths(&record["extendedInvoiceAmount"]).unwrap_or(worth);
        let is_line = integer(&record["invoice"]["id"]).is_some() && !NO_LINES.contains(&on.class);
        let paid = if is_line { paid } else { 0 };
        let sums = [billed, rate, each, worth, cost, paid];
        self.line(lines, ("T", "Time", key(&record["member"])), record, &on, sums);
        let row = vec![
            key(&record["member"]),
            key(&record["company"]),
            on.key,
            on.type_key,
            date_key(&record["timeStart"]),
            key(&record["workType"]),
            key(&record["ticket"]),
            key(&record["project"]),
            decimal(hours),
            decimal(billed),
            decimal(rate),
            decimal(own.unwrap_or(0)),
            decimal(amount(&record["agreementAmount"])),
            decimal(amount(&record["adjustment"])),
            decimal(amount(&record["extendedInvoiceAmount"])),
            decimal(paid),
            decimal(revenue),
            decimal(each),
            decimal(cost),
            decimal(revenue - cost),
            decimal(percentage(revenue - cost, revenue)),
            on.number,
            on.class.to_owned(),
            behavior(on.class).to_owned(),
            status(record, on.class).to_owned(),
            utilization.to_owned(),
            utilization_status,
        ];
        (id(record).to_string(), row)
    }

    fn expense(&self, record: &Value, lines: &mut BTreeMap<String, Vec<String>>) -> Row {
        let on = self.agreement(record, &[&record["agreement"]["type"]]);
        let (spent, invoiced) = (amount(&record["amount"]), amount(&record["invoiceAmount"]));
        let sums = [10_000, invoiced, spent, invoiced, spent, invoiced];
        self.line(lines, ("E", "Expense", key(&record["member"])), record, &on, sums);
        let classification = record["classification"]["name"].as_str().unwrap_or_default().to_lowercase();
        let row = vec![
            key(&record["member"]),
            key(&record["company"]),
            on.key,
            on.type_key,
            date_key(&record["date"]),
            key(&record["type"]),
            key(&record["ticket"]),
            key(&record["project"]),
            decimal(spent),
            decimal(amount(&record["billAmount"])),
            decimal(invoiced),
            decimal(amount(&record["agreementAmount"])),
            (classification.trim() == "personal" || classification.contains("reimburs")).to_string(),
            on.number,
            on.class.to_owned(),
            behavior(on.class).to_owned(),
            status(record, on.class).to_owned(),
        ];
        (id(record).to_string(), row)
    }

    fn product(&self, record: &Value, lines: &mut BTreeMap<String, Vec<String>>) -> Row {
        let on = self.agreement(record, &[&record["agreement"]["type"]]);
        let [quantity, price, cost, sold, paid] =
            ["quantity", "price", "cost", "extPrice", "extCost"].map(|name| amount(&record[name]));
        self.line(lines, ("P", "Product", unknown()), record, &on, [quantity, price, cost, sold, paid, sold]);
        let mut row = vec![
            key(&record["company"]),
            on.key,
            on.type_key,
            key(&record["catalogItem"]),
            date_key(&record["purchaseDate"]),
        ];
        row.extend(PRODUCT[5..16].iter().map(|name| decimal(amount(&record[*name]))));
        row.push(decimal(sold - paid));
        row.push(decimal(percentage(sold - paid, sold)));
        row.push(status(record, on.class).to_owned());
        (id(record).to_string(), row)
    }

    fn invoice(&self, record: &Value) -> Row {
        let number = record["invoiceNumber"].as_str().unwrap_or_default().trim();
        let waits = |row: &&Value| match integer(&row["billingLogId"]) {
            Some(log) => log == id(record),
            None => !number.is_empty() && row["invoiceNumber"].as_str().map(str::trim) == Some(number),
        };
        let posting = if record["glBatch"].is_object() {
            "Posted"
        } else if self.unposted.iter().any(|row| waits(&row)) {
            "Unposted"
        } else {
            "Open"
        };
        let text = |value: &Value| value.as_str().map_or_else(none, |text| text.trim().to_owned());
        let mut row = vec![
            text(&record["invoiceNumber"]),
            text(&record["type"]),
            date_key(&record["date"]),
            date_key(&record["dueDate"]),
            key(&record["company"]),
            key(&record["agreement"]),
            posting.to_owned(),
            (posting == "Posted").to_string(),
            text(&record["status"]["name"]),
            text(&record["currency"]["currencyCode"]),
        ];
        row.extend(INVOICE[10..].iter().map(|name| decimal(amount(&record[*name]))));
        (id(record).to_string(), row)
    }
}

pub(crate) fn none() -> String {
    "∅".to_owned()
}

fn unknown() -> String {
    "-1".to_owned()
}

/// The key of what is referred to.
fn key(reference: &Value) -> String {
    integer(&reference["id"]).map_or_else(unknown, |id| id.to_string())
}

/// An amount in ten-thousandths; what is absent counts as 0.
fn amount(value: &Value) -> i128 {
    ten_thousandths(value).unwrap_or(0)
}

/// The day in Reykjavík, where it is never another than at Greenwich.
pub(crate) fn date_key(value: &Value) -> String {
    value.as_str().map_or_else(unknown, |text| text[..10].replace('-', ""))
}

pub(crate) fn behavior(class: &str) -> &'static str {
    match class {
        "billable_service" | "software_service" => "billable",
        "prepaid_hours" => "prepaid",
        "internal_project" => "internal",
        "operations" => "operations",
        _ => "unknown",
    }
}

/// The billing status: the first that fits.
fn status(record: &Value, class: &str) -> &'static str {
    let option = record["billableOption"].as_str().unwrap_or_default();
    if integer(&record["invoice"]["id"]).is_some() {
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
    }
}
