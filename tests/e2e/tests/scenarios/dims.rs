//! What every row of the dimensions has to hold, computed from the simulator's records.

use crate::expected::{class, decimal, id, integer, number, root, ten_thousandths};
use crate::facts::{Fact, behavior, none};
use crate::further::additions;
use connectwise_simulator::World;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The rows by their natural key.
pub(crate) type Rows = BTreeMap<String, Vec<String>>;

const COMPANY: &[&str] =
    &["companyIdentifier", "companyName", "companyType", "companyStatus", "territory", "isDeleted", "isInferred"];
const MEMBER: &[&str] = &[
    "memberIdentifier",
    "memberName",
    "officeEmail",
    "inactiveFlag",
    "dailyCapacity",
    "hireDate",
    "inactiveDate",
    "includeInUtilization",
    "defaultDepartmentName",
    "workRoleName",
    "reportsToName",
    "isDeleted",
    "isInferred",
];
const AGREEMENT: &[&str] = &[
    "agreementName",
    "agreementNumber",
    "parentAgreementId",
    "agreementTypeId",
    "agreementTypeName",
    "agreementTypeNormalized",
    "billingBehavior",
    "companyId",
    "companyName",
    "status",
    "isActive",
    "billAmount",
    "applicationUnits",
    "applicationLimit",
    "applicationCycle",
    "rootAgreementId",
    "rootAgreementName",
    "billingCycleName",
    "nextInvoiceDate",
    "currencyCode",
    "slaName",
    "expiredDays",
    "oneTimeFlag",
    "carryOverUnused",
    "allowOverruns",
    "expireWhenZero",
    "isCancelled",
    "isDeleted",
    "isInferred",
];
const TYPE: &[&str] = &["typeName", "agreementTypeNormalized", "billingBehavior", "isInvoiceable"];

/// The dimensions that hold records or what refers to them, on a day.
pub(crate) fn expected(world: &World, day: &str) -> Vec<Fact> {
    let table = |table, key, columns, rows| Fact { table, key, columns, rows };
    // Additions of agreements name products, too, by their identifier alone.
    let added = additions(world, day).into_iter().map(|record| {
        let of = &record["product"];
        json!({ "id": record["id"], "_info": record["_info"], "catalogItem": { "id": of["id"], "identifier": of["identifier"] } })
    });
    vec![
        table("dimcompany", "companyId", COMPANY, companies(world)),
        table("dimmember", "memberId", MEMBER, members(world)),
        table("dimagreement", "agreementId", AGREEMENT, agreements(world, day)),
        table("dimagreementtype", "typeId", TYPE, types(world)),
        table(
            "dimproduct",
            "catalogItemId",
            &["catalogItemIdentifier", "catalogItemName", "productClass"],
            newest_of(world.records("ProductItem").chain(added), "catalogItem", |record, item| {
                vec![text(&item["identifier"]), text(&item["name"]), raw(&record["productClass"])]
            }),
        ),
        table("dimworkrole", "workRoleId", &["workRoleName"], named(world, "TimeEntry", "workRole")),
        table("dimdepartment", "departmentId", &["departmentName"], named(world, "TimeEntry", "department")),
        table("dimexpensetype", "expenseTypeId", &["expenseTypeName"], named(world, "ExpenseEntry", "type")),
    ]
}

pub(crate) fn raw(value: &Value) -> String {
    match value {
        Value::Null => none(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(none, |text| text.trim().to_owned())
}

pub(crate) fn key(value: &Value) -> String {
    integer(value).map_or_else(none, |id| id.to_string())
}

pub(crate) fn amount(value: &Value) -> String {
    ten_thousandths(value).map_or_else(none, decimal)
}

fn is_set(value: &Value) -> bool {
    value == &Value::Bool(true)
}

/// By what is referred to: what the newest record that refers to it says; of equally new ones the one with the highest
/// id, whatever its entity.
fn newest(world: &World, entities: &[&str], reference: &str, carried: impl Fn(&Value, &Value) -> Vec<String>) -> Rows {
    newest_of(entities.iter().flat_map(|entity| world.records(entity)), reference, carried)
}

/// As [`newest`], of any records.
pub(crate) fn newest_of(
    records: impl Iterator<Item = Value>,
    reference: &str,
    carried: impl Fn(&Value, &Value) -> Vec<String>,
) -> Rows {
    /// When it changed, its id, and what it says.
    type Says = (Option<String>, i64, Reverse<Vec<String>>);
    let mut newest: BTreeMap<i64, Says> = BTreeMap::new();
    for record in records {
        let Some(of) = integer(&record[reference]["id"]) else { continue };
        let changed = record["_info"]["lastUpdated"].as_str().map(ToOwned::to_owned);
        let says = (changed, id(&record), Reverse(carried(&record, &record[reference])));
        let known = newest.entry(of).or_insert_with(|| says.clone());
        if says > *known {
            *known = says;
        }
    }
    newest.into_iter().map(|(of, (_, _, Reverse(says)))| (of.to_string(), says)).collect()
}

fn named(world: &World, entity: &str, reference: &str) -> Rows {
    newest(world, &[entity], reference, |_, of| vec![text(&of["name"])])
}

/// The records' rows, and those of what is only referred to.
fn with_inferred(mut rows: Rows, inferred: Rows, row: impl Fn(&[String]) -> Vec<String>) -> Rows {
    for (id, carried) in inferred {
        rows.entry(id).or_insert_with(|| row(&carried));
    }
    rows
}

fn flags(values: &[bool]) -> impl Iterator<Item = String> {
    values.iter().map(ToString::to_string)
}

fn companies(world: &World) -> Rows {
    let row = |record: Value| {
        let mut types: Vec<(i64, String)> = record["types"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|kind| (integer(&kind["id"]).unwrap_or(i64::MAX), text(&kind["name"])))
            .collect();
        types.sort_by_key(|(id, _)| *id);
        let types: Vec<String> = types.into_iter().map(|(_, name)| name).collect();
        let mut row = vec![
            text(&record["identifier"]),
            text(&record["name"]),
            if types.is_empty() { none() } else { types.join(", ") },
            text(&record["status"]["name"]),
            text(&record["territory"]["name"]),
        ];
        row.extend(flags(&[is_set(&record["deletedFlag"]), false]));
        (id(&record).to_string(), row)
    };
    let from = ["ExpenseEntry", "Invoice", "ProductItem", "TimeEntry"];
    let inferred = newest(world, &from, "company", |_, of| vec![text(&of["identifier"]), text(&of["name"])]);
    with_inferred(world.records("Company").map(row).collect(), inferred, |carried| {
        let mut row = carried.to_vec();
        row.extend([none(), none(), none()]);
        row.extend(flags(&[false, true]));
        row
    })
}

fn members(world: &World) -> Rows {
    let row = |record: Value| {
        let name = [&record["firstName"], &record["lastName"]].map(|part| part.as_str().unwrap_or_default().trim());
        let name = name.join(" ");
        let mut row = vec![
            text(&record["identifier"]),
            if name.trim().is_empty() { none() } else { name.trim().to_owned() },
            text(&record["officeEmail"]),
            is_set(&record["inactiveFlag"]).to_string(),
            amount(&record["dailyCapacity"]),
            raw(&record["hireDate"]),
            raw(&record["inactiveDate"]),
            is_set(&record["includeInUtilizationReportingFlag"]).to_string(),
            text(&record["defaultDepartment"]["name"]),
            text(&record["workRole"]["name"]),
            text(&record["reportsTo"]["name"]),
        ];
        row.extend(flags(&[false, false]));
        (id(&record).to_string(), row)
    };
    let inferred = newest(world, &["ExpenseEntry", "TimeEntry"], "member", |_, of| {
        vec![text(&of["identifier"]), text(&of["name"]), amount(&of["dailyCapacity"])]
    });
    with_inferred(world.records("Member").map(row).collect(), inferred, |carried| {
        let mut row = vec![carried[0].clone(), carried[1].clone(), none(), false.to_string(), carried[2].clone()];
        row.extend([none(), none(), false.to_string(), none(), none(), none()]);
        row.extend(flags(&[false, true]));
        row
    })
}

fn agreements(world: &World, day: &str) -> Rows {
    let all: BTreeMap<i64, Value> = world.records("Agreement").map(|record| (id(&record), record)).collect();
    let row = |(id, record): (&i64, &Value)| {
        let day_of = |name: &str| record[name].as_str().map(|text| text[..10].to_owned());
        let cancelled = is_set(&record["cancelledFlag"]);
        let begun = day_of("startDate").is_none_or(|first| first.as_str() <= day);
        let goes_on = day_of("endDate").is_none_or(|last| last.as_str() >= day);
        let class = class(record["type"]["name"].as_str());
        let mut row = vec![
            text(&record["name"]),
            number(&all, *id).unwrap_or_else(none),
            key(&record["parentAgreement"]["id"]),
            key(&record["type"]["id"]),
            text(&record["type"]["name"]),
            class.to_owned(),
            behavior(class).to_owned(),
            key(&record["company"]["id"]),
            text(&record["company"]["name"]),
            raw(&record["agreementStatus"]),
            (!cancelled && begun && goes_on).to_string(),
            amount(&record["billAmount"]),
            raw(&record["applicationUnits"]),
            amount(&record["applicationLimit"]),
            raw(&record["applicationCycle"]),
            root(&all, *id).to_string(),
            text(&all[&root(&all, *id)]["name"]),
            text(&record["billingCycle"]["name"]),
            text(&record["nextInvoiceDate"]),
            text(&record["currency"]["currencyCode"]),
            text(&record["sla"]["name"]),
            key(&record["expiredDays"]),
        ];
        let terms = ["oneTimeFlag", "carryOverUnused", "allowOverruns", "expireWhenZero"];
        row.extend(flags(&terms.map(|name| is_set(&record[name]))));
        row.extend(flags(&[cancelled, false, false]));
        (id.to_string(), row)
    };
    let from = ["ExpenseEntry", "Invoice", "ProductItem", "TimeEntry"];
    let inferred = newest(world, &from, "agreement", |record, of| {
        let types = [&record["agreementType"], &of["type"]].map(text);
        let kind = types.into_iter().find(|name| *name != none() && !name.is_empty());
        vec![text(&of["name"]), kind.unwrap_or_else(none)]
    });
    with_inferred(all.iter().map(row).collect(), inferred, |carried| {
        let class = class(Some(&carried[1]));
        let mut row = vec![none(); AGREEMENT.len()];
        row[0].clone_from(&carried[0]);
        row[4].clone_from(&carried[1]);
        class.clone_into(&mut row[5]);
        behavior(class).clone_into(&mut row[6]);
        true.to_string().clone_into(&mut row[10]);
        for (place, flag) in (22..).zip(flags(&[false, false, false, false, false, false, true])) {
            row[place] = flag;
        }
        row
    })
}

fn types(world: &World) -> Rows {
    let names = newest(world, &["Agreement"], "type", |_, of| vec![text(&of["name"])]);
    let row = |(id, says): (String, Vec<String>)| {
        let class = class(Some(&says[0]));
        let invoiceable = !BTreeSet::from(["prepaid_hours", "internal_project"]).contains(class);
        (id, vec![says[0].clone(), class.to_owned(), behavior(class).to_owned(), invoiceable.to_string()])
    };
    names.into_iter().map(row).collect()
}
