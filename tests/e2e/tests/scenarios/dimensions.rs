//! The columns of dimensions and facts that follow from a rule, each value worked out by hand.

use crate::support::{EMPTY, Scene};
use chrono::{DateTime, Utc};
use connectwise_etl::run::{Mode, Options};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A run at an instant that has to succeed.
async fn run_at(scene: &Scene, mode: Mode, instant: &str) {
    let started: DateTime<Utc> = instant.parse().unwrap();
    let report = scene.run(Options { mode, started: Some(started), ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
}

/// A record, and more of its properties.
fn with(mut record: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_active_from_its_first_day_to_its_last() {
    let scene = Scene::new(EMPTY).await;
    let cases = [
        // what it says; on 15 June 2026, on 16 June; cancelled
        (json!({}), true, true, false),
        (json!({ "endDate": "2026-06-14T00:00:00Z" }), false, false, false),
        (json!({ "endDate": "2026-06-15T00:00:00Z" }), true, false, false),
        (json!({ "endDate": "2026-06-16T00:00:00Z" }), true, true, false),
        (json!({ "cancelledFlag": true }), false, false, true),
        (json!({ "cancelledFlag": true, "endDate": "2030-01-01T00:00:00Z" }), false, false, true),
        (json!({ "cancelledFlag": false, "endDate": "2030-01-01T00:00:00Z" }), true, true, false),
        (json!({ "cancelledFlag": null, "endDate": null }), true, true, false),
        (json!({ "startDate": "2026-06-15T00:00:00Z" }), true, true, false),
        (json!({ "startDate": "2026-06-16T00:00:00Z" }), false, true, false),
        (json!({ "startDate": "2026-06-17T00:00:00Z" }), false, false, false),
        (json!({ "startDate": "2026-06-16T00:00:00Z", "cancelledFlag": true }), false, false, true),
        (json!({ "startDate": "2026-06-15T00:00:00Z", "endDate": "2026-06-15T00:00:00Z" }), true, false, false),
        (json!({ "startDate": "2026-06-16T00:00:00Z", "endDate": "2026-06-16T00:00:00Z" }), false, true, false),
        (json!({ "startDate": "2026-06-17T00:00:00Z", "endDate": "2026-06-14T00:00:00Z" }), false, false, false),
    ];
    for (id, (more, ..)) in (1_i64..).zip(&cases) {
        scene.world().put("Agreement", with(json!({ "id": id, "name": "Samningur" }), more.clone()));
    }
    let sql = "SELECT agreementId, isActive, isCancelled FROM gold.dimagreement WHERE agreementId IS NOT NULL";
    run_at(&scene, Mode::Full, "2026-06-15T23:59:59Z").await;
    let before = scene.by_key(sql).await;
    // Nothing changes at the source; the day does.
    run_at(&scene, Mode::Incremental, "2026-06-16T00:00:00Z").await;
    let after = scene.by_key(sql).await;
    assert_eq!(before.len(), cases.len());
    for (id, (more, first, second, cancelled)) in (1_i64..).zip(&cases) {
        let (id, cancelled) = (id.to_string(), cancelled.to_string());
        assert_eq!(before[&id], [first.to_string(), cancelled.clone()], "{more} on the 15th");
        assert_eq!(after[&id], [second.to_string(), cancelled], "{more} on the 16th");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_charge_type_and_option_has_its_category() {
    let statuses = [
        ("Open", "Open"),
        ("Rejected", "Open"),
        ("RejectBySecondTier", "Open"),
        ("PendingApproval", "Pending"),
        ("PendingProjectApproval", "Pending"),
        ("ErrorsCorrected", "Pending"),
        ("ApprovedByTierOne", "Approved"),
        ("ApprovedByTierTwo", "Approved"),
        // One that no specification lists yet.
        ("ApprovedByTierThree", "Approved"),
        ("ReadyToBill", "Ready"),
        ("Billed", "Billed"),
        ("BilledAgreement", "Billed"),
        ("WrittenOff", "Closed"),
    ];
    let charges = [
        ("ServiceTicket", "Ticket"),
        ("ProjectTicket", "Project"),
        ("Company", "Company"),
        ("ChargeCode", "ChargeCode"),
        ("Activity", "Activity"),
    ];
    let options =
        [("Billable", "Billable"), ("DoNotBill", "NonBillable"), ("NoCharge", "NoCharge"), ("NoDefault", "Unknown")];
    let scene = Scene::new(EMPTY).await;
    for (id, (status, _)) in (1_i64..).zip(statuses) {
        let (charge, option) = (charges[id as usize % charges.len()].0, options[id as usize % options.len()].0);
        let record = json!({ "id": id, "status": status, "chargeToType": charge, "billableOption": option });
        scene.world().put("TimeEntry", record);
    }
    scene.full().await;
    for (dimension, key, natural, category, expected) in [
        ("dimtimeentrystatus", "TimeEntryStatusKey", "status", "statusCategory", &statuses[..]),
        ("dimchargetype", "ChargeTypeKey", "chargeToType", "chargeCategory", &charges[..]),
        ("dimbillablestatus", "BillableStatusKey", "billableOption", "billableCategory", &options[..]),
    ] {
        let known =
            scene.by_key(&format!("SELECT {natural}, {category} FROM gold.{dimension} WHERE {key} <> -1")).await;
        let wanted: BTreeMap<String, Vec<String>> =
            expected.iter().map(|(value, category)| ((*value).to_owned(), vec![(*category).to_owned()])).collect();
        assert_eq!(known, wanted, "{dimension}");
        // The facts' keys lead to them.
        let joined = format!(
            "SELECT DISTINCT d.{natural} FROM gold.fact_timeentry AS f JOIN gold.{dimension} AS d ON d.{key} = f.{key}"
        );
        assert_eq!(scene.rows(&joined).await.len(), expected.len(), "{dimension}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn utilization_follows_the_agreement_then_the_option() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("Agreement", json!({ "id": 1, "name": "S", "type": { "id": 11, "name": "Innri verkefni" } }));
    world.put("Agreement", json!({ "id": 2, "name": "S", "type": { "id": 12, "name": "Tímapottur" } }));
    let cases = [
        // agreement, option, status; utilizationType, utilizationStatus
        (None, json!("Billable"), json!("Open"), "Billable", "Billable - Open"),
        (None, json!("DoNotBill"), json!("Billed"), "Non-Billable", "Non-Billable - Billed"),
        (None, json!("NoCharge"), json!("ReadyToBill"), "No Charge", "No Charge - ReadyToBill"),
        (None, json!("NoDefault"), json!("Open"), "Unknown", "Unknown - Open"),
        (None, json!("SomethingNew"), json!("Open"), "Unknown", "Unknown - Open"),
        (None, Value::Null, json!("Rejected"), "Unknown", "Unknown - Rejected"),
        (None, json!("Billable"), Value::Null, "Billable", "Unknown"),
        (None, json!("Billable"), json!(""), "Billable", "Unknown"),
        (Some(1), json!("Billable"), json!("Open"), "Internal", "Internal - Open"),
        (Some(1), json!("NoCharge"), json!("WrittenOff"), "Internal", "Internal - WrittenOff"),
        (Some(1), Value::Null, Value::Null, "Internal", "Unknown"),
        // Prepaid is no kind of utilization: the option decides.
        (Some(2), json!("Billable"), json!("Open"), "Billable", "Billable - Open"),
        (Some(2), json!("DoNotBill"), json!("Open"), "Non-Billable", "Non-Billable - Open"),
    ];
    for (id, (agreement, option, status, ..)) in (1_i64..).zip(&cases) {
        let mut record = json!({ "id": id, "billableOption": option, "status": status });
        if let Some(agreement) = agreement {
            record["agreement"] = json!({ "id": agreement });
        }
        world.put("TimeEntry", record);
    }
    scene.full().await;
    let sql = "SELECT timeEntryId, utilizationType, utilizationStatus FROM gold.fact_timeentry";
    let rows = scene.by_key(sql).await;
    for (id, (agreement, option, status, kind, text)) in (1_i64..).zip(&cases) {
        assert_eq!(rows[&id.to_string()], [*kind, *text], "{agreement:?} {option} {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expense_is_reimbursable_by_its_classification() {
    let scene = Scene::new(EMPTY).await;
    let cases = [
        (json!({ "id": 1, "name": "Personal" }), true),
        (json!({ "id": 1, "name": " PERSONAL " }), true),
        (json!({ "id": 1, "name": "Personal car" }), false),
        (json!({ "id": 1, "name": "Reimbursable expenses" }), true),
        (json!({ "id": 1, "name": "To be REIMBURSED" }), true),
        (json!({ "id": 1, "name": "Endurgreiðanlegt" }), false),
        (json!({ "id": 1, "name": "Company" }), false),
        (json!({ "id": 1, "name": null }), false),
        (json!({ "id": 1 }), false),
        (Value::Null, false),
    ];
    for (id, (classification, _)) in (1_i64..).zip(&cases) {
        scene.world().put("ExpenseEntry", json!({ "id": id, "amount": 1, "classification": classification }));
    }
    scene.full().await;
    let rows = scene.by_key("SELECT expenseEntryId, isReimbursable FROM gold.fact_expenseentry").await;
    for (id, (classification, expected)) in (1_i64..).zip(&cases) {
        assert_eq!(rows[&id.to_string()], [expected.to_string()], "{classification}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_source_deleted_keeps_its_row() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in [1, 2] {
        world.put("Company", json!({ "id": id, "identifier": format!("f{id}"), "name": format!("Fyrirtæki {id}") }));
        world.put(
            "Member",
            json!({ "id": id, "identifier": format!("m{id}"), "firstName": "Jón", "lastName": id.to_string() }),
        );
        let kind = json!({ "id": 10 + id, "name": "Tímapottur" });
        world.put("Agreement", json!({ "id": id, "name": format!("Samningur {id}"), "type": kind }));
        let who = json!({ "id": id, "name": "afritað" });
        world.put("TimeEntry", json!({ "id": id, "actualHours": 1, "company": who, "member": who, "agreement": who }));
    }
    world.put("Company", json!({ "id": 3, "identifier": "f3", "name": "Fyrirtæki 3", "deletedFlag": true }));
    scene.full().await;
    let dimensions = [
        ("dimcompany", "CompanyKey", "companyName", "Fyrirtæki 2"),
        ("dimmember", "MemberKey", "memberName", "Jón 2"),
        ("dimagreement", "AgreementKey", "agreementName", "Samningur 2"),
    ];
    let row = |table: &str, key: &str, name: &str, id: i64| {
        format!("SELECT {name}, isDeleted, isInferred FROM gold.{table} WHERE {key} = {id}")
    };
    for (table, key, name, text) in dimensions {
        assert_eq!(scene.rows(&row(table, key, name, 2)).await, [[text, "false", "false"]]);
    }
    for entity in ["Company", "Member", "Agreement"] {
        assert!(world.delete(entity, 2));
    }
    scene.full().await;
    for (table, key, name, text) in dimensions {
        assert_eq!(
            scene.rows(&row(table, key, name, 2)).await,
            [[text, "true", "false"]],
            "{table}: its own name stays"
        );
        assert!(scene.value(&row(table, key, name, 1)).await.ends_with('1'));
        assert_eq!(scene.rows(&row(table, key, name, 1)).await[0][1], "false", "{table}");
    }
    assert_eq!(
        scene.rows(&row("dimcompany", "CompanyKey", "companyName", 3)).await,
        [["Fyrirtæki 3", "true", "false"]]
    );
    // Work of a deleted agreement is what it was.
    let entry = "SELECT CompanyKey, MemberKey, AgreementKey, AgreementTypeKey, effectiveBillingStatus FROM \
                 gold.fact_timeentry WHERE timeEntryId = 2";
    assert_eq!(scene.rows(entry).await, [["2", "2", "2", "12", "Prepaid"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn expenses_and_products_find_their_type_by_the_copied_name_too() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("Agreement", json!({ "id": 1, "name": "S", "type": { "id": 11, "name": "Alrekstur" } }));
    world.put("Agreement", json!({ "id": 2, "name": "S", "type": { "id": 12, "name": "Tímapottur:" } }));
    let cases = [
        // agreement, the name that the record carries; key, class, status
        (Some(1), "Tímapottur:", "11", "operations", "Operations"),
        (Some(99), " Tímapottur: ", "12", "prepaid_hours", "Prepaid"),
        (Some(99), "Innri verkefni", "-1", "internal_project", "Internal"),
        (Some(99), "Óþekkt", "-1", "other", "Billable"),
        (Some(99), "", "-1", "other", "Billable"),
    ];
    for (id, (agreement, copied, ..)) in (1_i64..).zip(cases) {
        let mut record = json!({ "id": id, "billableOption": "Billable" });
        if let Some(agreement) = agreement {
            record["agreement"] = json!({ "id": agreement, "name": "S", "type": copied });
        }
        world.put("ExpenseEntry", record.clone());
        world.put("ProductItem", record);
    }
    scene.full().await;
    for (fact, key) in [("fact_expenseentry", "expenseEntryId"), ("fact_productitem", "productItemId")] {
        let sql =
            format!("SELECT {key}, AgreementTypeKey, agreementTypeNormalized, effectiveBillingStatus FROM gold.{fact}");
        let rows = scene.by_key(&sql).await;
        assert_eq!(rows.len(), cases.len());
        for (id, (agreement, copied, type_key, class, status)) in (1_i64..).zip(cases) {
            assert_eq!(rows[&id.to_string()], [type_key, class, status], "{fact}: {agreement:?} {copied:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_entity_fills_its_inferred_row_under_the_same_key() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let company = json!({ "id": 5, "identifier": "f5", "name": "Af færslu " });
    let member = json!({ "id": 7, "identifier": "m7", "name": "Jóna af færslu" });
    let agreement = json!({ "id": 9, "name": "Samningur af færslu", "type": "Alrekstur" });
    world.put("TimeEntry", json!({ "id": 1, "company": company, "member": member, "agreement": agreement }));
    scene.full().await;
    let dimensions = "SELECT 'dimcompany', CompanyKey, companyName, isInferred FROM gold.dimcompany WHERE companyId = 5 \
                      UNION ALL SELECT 'dimmember', MemberKey, memberName, isInferred FROM gold.dimmember WHERE \
                      memberId = 7 UNION ALL SELECT 'dimagreement', AgreementKey, agreementName, isInferred FROM \
                      gold.dimagreement WHERE agreementId = 9";
    let fact = "SELECT CompanyKey, MemberKey, AgreementKey FROM gold.fact_timeentry";
    let (inferred, keys) = (scene.by_key(dimensions).await, scene.rows(fact).await);
    assert_eq!(inferred["dimcompany"][1..], ["Af færslu", "true"]);
    assert_eq!(inferred["dimmember"][1..], ["Jóna af færslu", "true"]);
    assert_eq!(inferred["dimagreement"][1..], ["Samningur af færslu", "true"]);
    let known: Vec<&String> =
        ["dimcompany", "dimmember", "dimagreement"].iter().map(|name| &inferred[*name][0]).collect();
    assert_eq!(keys[0].iter().collect::<Vec<_>>(), known, "the entry refers to the inferred rows");

    let stamp = json!({ "lastUpdated": "2026-01-05T01:00:00Z" });
    world.put("Company", json!({ "id": 5, "identifier": "f5", "name": "Fyrirtæki ehf.", "_info": stamp }));
    world
        .put("Member", json!({ "id": 7, "identifier": "m7", "firstName": "Jóna", "lastName": "Jóns", "_info": stamp }));
    let kind = json!({ "id": 11, "name": "Alrekstur" });
    world.put("Agreement", json!({ "id": 9, "name": "Samningurinn", "type": kind, "_info": stamp }));
    scene.incremental().await;
    let full = scene.by_key(dimensions).await;
    for (dimension, name) in
        [("dimcompany", "Fyrirtæki ehf."), ("dimmember", "Jóna Jóns"), ("dimagreement", "Samningurinn")]
    {
        assert_eq!(full[dimension], [&*inferred[dimension][0], name, "false"], "{dimension}");
    }
    assert_eq!(scene.rows(fact).await, keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_knows_the_top_of_its_hierarchy() {
    let scene = Scene::new(EMPTY).await;
    let put = |id: i64, parent: Option<i64>, name: &str| {
        scene
            .world()
            .put("Agreement", with(json!({ "id": id, "name": name }), json!({ "parentAgreement": { "id": parent } })));
    };
    // A chain; a parent that is not there; a circle of two, and of one, with a way into each.
    let parents = [
        (1, None, "1"),
        (2, Some(1), "1"),
        (3, Some(2), "1"),
        (4, Some(99), "4"),
        (5, Some(4), "4"),
        (6, Some(7), "6"),
        (7, Some(6), "7"),
        (8, Some(7), "8"),
        (9, Some(9), "9"),
        (10, Some(9), "9"),
    ];
    for (id, parent, _) in parents {
        put(id, parent, &format!(" S{id} "));
    }
    scene.world().put("TimeEntry", json!({ "id": 1, "agreement": { "id": 99, "name": "óséð" } }));
    scene.full().await;
    let sql =
        "SELECT agreementId, rootAgreementId, rootAgreementName FROM gold.dimagreement WHERE agreementId IS NOT NULL";
    let roots = scene.by_key(sql).await;
    for (id, _, root) in parents {
        assert_eq!(roots[&id.to_string()], [root.to_owned(), format!("S{root}")], "agreement {id}");
    }
    assert_eq!(roots["99"], ["∅", "∅"], "nobody knows what is above it");
    // A new name at the top, and a new top, reach those below.
    put(1, None, "Nýtt nafn");
    put(4, Some(1), "S4");
    scene.incremental().await;
    let roots = scene.by_key(sql).await;
    for id in ["1", "2", "3", "4", "5"] {
        assert_eq!(roots[id], ["1", "Nýtt nafn"], "agreement {id}");
    }
}
