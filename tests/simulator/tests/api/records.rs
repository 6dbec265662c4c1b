//! The records' content: the declared types, the references, and the oddities that are there on purpose.

use std::collections::{BTreeMap, BTreeSet};

use connectwise_simulator::schema::{self, Kind, Property};
use connectwise_simulator::{Config, Counts, Entity, Scale, World};
use serde_json::Value;

fn world() -> World {
    World::new(&Config::default())
}

fn kind_fits(kind: Kind, value: &Value, path: &str, unknown: &mut BTreeMap<String, usize>) {
    let fits = match kind {
        Kind::Int => value.as_f64().is_some_and(|number| number.fract() == 0.0 && number.abs() < 2_147_483_648.0),
        Kind::Num => value.is_number(),
        Kind::Bool => value.is_boolean(),
        Kind::Text => value.is_string(),
        Kind::Time => value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
        Kind::Map => value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
        Kind::Any => true,
        Kind::Shape(shape) => {
            properties_fit(schema::shape(shape), value, path, unknown);
            true
        }
    };
    assert!(fits, "{path}: {value}");
}

fn properties_fit(
    known: impl Iterator<Item = Property>,
    value: &Value,
    path: &str,
    unknown: &mut BTreeMap<String, usize>,
) {
    let known: BTreeMap<&str, Property> = known.map(|property| (property.name, property)).collect();
    assert!(value.is_object(), "{path}: {value}");
    for (name, value) in value.as_object().unwrap() {
        let path = format!("{path}/{name}");
        match known.get(name.as_str()) {
            None => *unknown.entry(path).or_default() += 1,
            Some(property) if property.list => {
                for item in value.as_array().unwrap() {
                    kind_fits(property.kind, item, &path, unknown);
                }
            }
            Some(property) => kind_fits(property.kind, value, &path, unknown),
        }
    }
}

#[test]
fn records_have_the_types_of_the_specification() {
    let world = world();
    let mut unknown = BTreeMap::new();
    for entity in Entity::ALL {
        for record in world.records(entity.name()) {
            properties_fit(schema::properties(entity), &record, entity.name(), &mut unknown);
        }
    }
    let expected = [
        "Agreement/customFields/hint",
        "Agreement/newThing2025",
        "TimeEntry/automationSummary",
        "TimeEntry/company/newThing",
        "TimeEntry/customFields/hint",
    ];
    assert_eq!(unknown.keys().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn records_carry_most_of_the_properties() {
    let world = world();
    for entity in Entity::ALL {
        let used: BTreeSet<String> = world
            .records(entity.name())
            .flat_map(|record| record.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
            .collect();
        let known: Vec<&str> = schema::properties(entity).map(|property| property.name).collect();
        let share = known.iter().filter(|name| used.contains(**name)).count() * 100 / known.len();
        assert!(share > 55, "{entity}: {share} %");
    }
}

fn id(value: &Value) -> Option<i64> {
    value["id"].as_i64()
}

#[test]
fn references_agree_with_what_they_refer_to() {
    let world = world();
    let of = |entity: &str| -> BTreeMap<i64, Value> {
        world.records(entity).map(|record| (id(&record).unwrap(), record)).collect()
    };
    let (companies, members) = (of("Company"), of("Member"));
    let (agreements, invoices) = (of("Agreement"), of("Invoice"));
    let mut lost = BTreeMap::<&str, usize>::new();
    let mut invoiced = 0;
    for entry in ["TimeEntry", "ExpenseEntry", "ProductItem"].into_iter().flat_map(|entity| world.records(entity)) {
        let company = id(&entry["company"]);
        match company {
            None => *lost.entry("company").or_default() += 1,
            Some(company) => {
                assert!(companies.contains_key(&company));
                assert_eq!(companies[&company]["identifier"], entry["company"]["identifier"]);
            }
        }
        if let Some(agreement) = id(&entry["agreement"]) {
            match agreements.get(&agreement) {
                Some(agreement) => assert_eq!(id(&agreement["company"]), company),
                None => {
                    assert!(entry["agreement"]["name"].is_string() && entry["agreement"]["type"].is_string());
                    *lost.entry("agreement").or_default() += 1;
                }
            }
        }
        if let Some(member) = id(&entry["member"])
            && !members.contains_key(&member)
        {
            *lost.entry("member").or_default() += 1;
        }
        if let Some(invoice) = id(&entry["invoice"]) {
            invoiced += 1;
            assert_eq!(id(&invoices[&invoice]["company"]), company);
            assert_eq!(invoices[&invoice]["invoiceNumber"], entry["invoice"]["identifier"]);
        }
    }
    assert!(lost["company"] > 20 && lost["agreement"] > 2 && lost["member"] > 2, "{lost:?}");
    assert!(invoiced > 1_000, "{invoiced}");
}

#[test]
fn invoices_are_open_waiting_or_posted() {
    let world = world();
    let invoices: BTreeMap<i64, Value> =
        world.records("Invoice").map(|invoice| (id(&invoice).unwrap(), invoice)).collect();
    let rows: Vec<Value> = world.records("UnpostedInvoice").collect();
    let mut by_number = 0;
    for row in &rows {
        let invoice = match row["billingLogId"].as_i64() {
            Some(invoice) => &invoices[&invoice],
            None => {
                by_number += 1;
                invoices.values().find(|invoice| invoice["invoiceNumber"] == row["invoiceNumber"]).unwrap()
            }
        };
        assert_eq!(invoice["invoiceNumber"], row["invoiceNumber"]);
        assert!(invoice.get("glBatch").is_none() && invoice["status"]["isClosed"] == true);
        assert_eq!((&row["subTotal"], &row["total"]), (&invoice["subtotal"], &invoice["total"]));
        assert_eq!((&row["invoiceDate"], &row["dueDate"]), (&invoice["date"], &invoice["dueDate"]));
        assert_eq!((&row["invoiceType"], &row["company"]), (&invoice["type"], &invoice["company"]));
        assert_ne!(row["id"], invoice["id"]);
    }
    let posted = invoices.values().filter(|invoice| invoice.get("glBatch").is_some()).count();
    let open = invoices.values().filter(|invoice| invoice["status"]["isClosed"] == false).count();
    assert!(by_number > 0 && posted > 200 && open > 10, "{by_number} {posted} {open}");
    assert_eq!(posted + open + rows.len(), invoices.len());
}

#[test]
fn agreements_have_types_parents_and_numbers_of_every_sort() {
    let world = world();
    let agreements: BTreeMap<i64, Value> =
        world.records("Agreement").map(|agreement| (id(&agreement).unwrap(), agreement)).collect();
    let types: BTreeSet<&str> =
        agreements.values().filter_map(|agreement| agreement["type"]["name"].as_str()).collect();
    assert!(types.len() >= 21, "{types:?}");
    assert!(types.contains("TÍMAPOTTUR") && types.contains("Tímapottur:") && types.contains("Innri verkefni "));
    let parent = |agreement: i64| id(agreements.get(&agreement)?.get("parentAgreement")?);
    let depth = |agreement: i64| std::iter::successors(Some(agreement), |at| parent(*at)).take(100).count();
    assert_eq!(agreements.keys().filter(|id| depth(**id) == 100).count(), 2);
    assert!(agreements.keys().any(|id| (4..100).contains(&depth(*id))));
    assert!(agreements.keys().all(|id| parent(*id).is_none_or(|parent| agreements.contains_key(&parent))));
    let number = |agreement: &Value| match agreement.get("customFields") {
        None => "no list",
        Some(fields) => match &fields[0]["value"] {
            Value::Null if fields[0].as_object().is_some_and(|field| field.contains_key("value")) => "null",
            Value::Null => "absent",
            Value::String(text) if text.is_empty() => "empty",
            Value::String(_) => "text",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "number",
            _ => "other",
        },
    };
    let kinds: BTreeSet<&str> = agreements.values().map(number).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["absent", "empty", "float", "no list", "null", "number", "text"]
    );
    assert!(agreements.values().any(|agreement| agreement["customFields"][1]["value"].is_boolean()));
    assert!(agreements.values().all(|agreement| agreement["_info"]["createdDate"].is_string()));
    for (name, value) in [("endDate", None), ("cancelledFlag", Some(true)), ("cancelledFlag", None)] {
        let has = |agreement: &Value| agreement.get(name).and_then(Value::as_bool) == value;
        assert!(agreements.values().any(has), "{name} {value:?}");
    }
}

#[test]
fn time_entries_have_every_option_status_and_oddity() {
    let world = world();
    let entries: Vec<Value> = world.records("TimeEntry").collect();
    let texts = |name: &str| -> BTreeSet<Option<String>> {
        entries.iter().map(|entry| entry[name].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(texts("billableOption").len(), 5);
    assert_eq!(texts("status").len(), 13);
    assert_eq!(texts("chargeToType").len(), 5);
    let costs = texts("hourlyCost");
    assert!(costs.contains(&None) && costs.contains(&Some(String::new())) && costs.contains(&Some("0.00".to_owned())));
    let some = |what: &str, test: &dyn Fn(&Value) -> bool| {
        assert!(entries.iter().any(test), "{what}");
    };
    for hours in [0.1, 0.7, 2.675, 1.005] {
        some("hours", &|entry| entry["actualHours"].as_f64() == Some(hours));
    }
    some("float", &|entry| entry["chargeToId"].is_f64());
    some("fraction", &|entry| entry["timeStart"].as_str().is_some_and(|time| time.contains('.')));
    some("finer", &|entry| entry["dateEntered"].as_str().is_some_and(|time| time.len() == 28));
    some("midnight", &|entry| entry["timeStart"].as_str().is_some_and(|time| time.contains("T23:5")));
    some("decomposed", &|entry| entry["notes"].as_str().is_some_and(|notes| notes.contains('\u{301}')));
    some("spaces", &|entry| entry["_info"]["updatedBy"].as_str().is_some_and(|name| name.ends_with("  ")));
    let starts: Vec<&str> = entries.iter().filter_map(|entry| entry["timeStart"].as_str()).collect();
    assert!(starts.iter().all(|start| *start > "2023-12-30" && *start < "2026-01-05"));
    assert!(entries.iter().all(|entry| entry["_info"]["lastUpdated"].as_str() < Some("2026-01-05T06:00:00Z")));
    let size: usize = entries.iter().map(|entry| entry.to_string().len()).sum();
    assert!((2_500..4_000).contains(&(size / entries.len())), "{}", size / entries.len());
}

#[test]
fn misfits_are_as_many_as_asked_for() {
    let misfits = |misfits| {
        let world = World::new(&Config { misfits, ..Config::default() });
        let fits = |entry: &Value| {
            (entry["actualHours"].is_number(), entry["timeStart"] != "í gær", !entry["company"].is_number())
                == (true, true, true)
        };
        world.records("TimeEntry").filter(|entry| !fits(entry)).count()
    };
    assert_eq!(misfits(0), 0);
    assert_eq!(misfits(1), 1);
    assert_eq!(misfits(7), 7);
    let world = World::new(&Config { misfits: 1, ..Config::default() });
    assert_eq!(world.records("TimeEntry").filter(|entry| entry["actualHours"] == "abc").count(), 1);
}

#[test]
fn worlds_of_any_size_hold_together() {
    let tiny = |counts| World::new(&Config::at_scale(Scale::Custom(counts)));
    let empty = tiny(Counts::default());
    assert!(Entity::ALL.iter().all(|entity| empty.ids(entity.name()).is_empty()));
    for companies in [0, 1, 13] {
        for agreements in [0, 1, 20] {
            for invoices in [0, 3] {
                let counts = Counts {
                    companies,
                    agreements,
                    invoices,
                    time_entries: 40,
                    expenses: 5,
                    products: 5,
                    members: companies,
                };
                let world = tiny(counts);
                for entity in Entity::ALL {
                    let ids = world.ids(entity.name());
                    let found = world.records(entity.name()).map(|record| id(&record).unwrap());
                    assert_eq!(found.collect::<Vec<_>>(), ids);
                }
                assert_eq!(world.count("TimeEntry"), 40);
            }
        }
    }
}
