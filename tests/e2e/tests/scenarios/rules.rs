//! Every agreement rule and every billing status, on records made for the purpose.

use crate::support::{EMPTY, Scene};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

fn agreement(id: i64, type_name: &str) -> Value {
    json!({
        "id": id,
        "name": format!("Samningur {id} "),
        "type": { "id": 1000 + id, "name": type_name },
        "company": { "id": 1, "identifier": "fyrirtaeki", "name": "Fyrirtæki ehf. " },
        "_info": { "lastUpdated": "2026-01-02T03:04:05Z" },
    })
}

fn entry(id: i64, agreement: Option<i64>, option: &str) -> Value {
    let mut record = json!({
        "id": id,
        "company": { "id": 1, "identifier": "fyrirtaeki", "name": "Fyrirtæki ehf. " },
        "member": { "id": 7, "identifier": "jona", "name": "Jóna Jónsdóttir" },
        "timeStart": "2026-01-02T23:30:00Z",
        "actualHours": 1.5,
        "hourlyRate": 100.0,
        "billableOption": option,
        "status": "Open",
        "_info": { "lastUpdated": "2026-01-02T03:04:05Z" },
    });
    if let Some(id) = agreement {
        record["agreement"] = json!({ "id": id, "name": "Samningur", "type": "copied text" });
    }
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_classified_in_any_form() {
    let names: [(&str, &str, &str, bool); 18] = [
        ("yÞjónusta", "billable_service", "billable", true),
        ("Þjónusta - YÞJÓNUSTA 8x5 ", "billable_service", "billable", true),
        ("Tímapottur", "prepaid_hours", "prepaid", false),
        ("Tímapottur: 10 tímar", "prepaid_hours", "prepaid", false),
        (" TÍMAPOTTUR:", "prepaid_hours", "prepaid", false),
        ("Innri verkefni", "internal_project", "internal", false),
        ("innri Verkefni 2026", "internal_project", "internal", false),
        ("Rekstrarþjónusta", "operations", "operations", true),
        ("REKSTRARÞJÓNUSTA", "operations", "operations", true),
        ("Alrekstur - Gull", "operations", "operations", true),
        ("Hugbúnaðarþjónusta", "software_service", "billable", true),
        ("HUGBÚNAÐARÞJÓNUSTA", "software_service", "billable", true),
        ("Microsoft Office 365 leyfi", "software_service", "billable", true),
        ("Ráðgjöf", "other", "unknown", true),
        ("Timapottur", "other", "unknown", true),
        ("ALREKſTUR", "operations", "operations", true),
        ("OFFİCE 365", "software_service", "billable", true),
        // The first rule wins.
        ("Tímapottur fyrir yÞjónusta", "billable_service", "billable", true),
    ];
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for (index, (name, ..)) in (1_i64..).zip(&names) {
        world.put("Agreement", agreement(index, name));
        let decomposed: String = name.nfd().collect();
        world.put("Agreement", agreement(100 + index, &decomposed));
    }
    scene.full().await;
    let rows = scene
        .by_key(
            "SELECT a.agreementId, a.agreementTypeNormalized, a.billingBehavior, t.isInvoiceable FROM gold.dimagreement AS a \
             JOIN gold.dimagreementtype AS t ON t.typeId = a.agreementTypeId",
        )
        .await;
    for (index, (name, normalized, behavior, invoiceable)) in (1_i64..).zip(names) {
        for id in [index, 100 + index] {
            assert_eq!(rows[&id.to_string()], [normalized, behavior, &invoiceable.to_string()], "{name} ({id})");
        }
        // The Rust function says the same.
        let (rule, _) = connectwise_generated::agreement_rules::classify(name);
        assert_eq!((rule.normalized, rule.behavior, rule.invoiceable), (normalized, behavior, invoiceable), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_has_the_first_status_that_fits() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for (id, name) in [(1, "Tímapottur"), (2, "Innri verkefni"), (3, "Alrekstur"), (4, "yÞjónusta")] {
        world.put("Agreement", agreement(id, name));
    }
    let cases: [(Option<i64>, &str, bool, &str); 12] = [
        (Some(2), "Billable", true, "Invoiced"),
        (Some(2), "Billable", false, "Internal"),
        (Some(1), "NoCharge", false, "Prepaid"),
        (Some(3), "NoCharge", false, "NoCharge"),
        (Some(4), "DoNotBill", false, "DoNotBill"),
        (Some(3), "Billable", false, "Operations"),
        (Some(4), "Billable", false, "Billable"),
        (Some(3), "NoDefault", false, "Unclassified"),
        (None, "Billable", false, "Billable"),
        (None, "NoDefault", false, "Unclassified"),
        (Some(99), "Billable", false, "Billable"),
        (None, "SomethingNew", false, "Unclassified"),
    ];
    for (id, (agreement, option, invoiced, _)) in (1_i64..).zip(&cases) {
        let mut record = entry(id, *agreement, option);
        if *invoiced {
            record["invoice"] = json!({ "id": 55, "identifier": "R-55" });
        }
        world.put("TimeEntry", record);
    }
    scene.full().await;
    let rows = scene.by_key("SELECT timeEntryId, effectiveBillingStatus FROM gold.fact_timeentry").await;
    assert_eq!(rows.len(), cases.len());
    for (id, (agreement, option, _, status)) in (1_i64..).zip(&cases) {
        assert_eq!(rows[&id.to_string()], [*status], "{agreement:?} {option}");
    }
    // Work without a charge is no revenue that went missing: all hours are in one status each.
    assert_eq!(scene.value("SELECT SUM(actualHours) FROM gold.fact_timeentry").await, "18.0000");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_agreement_is_inferred_and_filled_in_later() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("Agreement", agreement(1, "Tímapottur"));
    let mut record = entry(1, Some(77), "Billable");
    record["agreementType"] = json!("Tímapottur ");
    world.put("TimeEntry", record);
    scene.full().await;
    let dimension = "SELECT AgreementKey, isInferred, agreementName, agreementTypeNormalized FROM gold.dimagreement \
                     WHERE agreementId = 77";
    let fact = "SELECT effectiveBillingStatus, AgreementTypeKey, AgreementKey FROM gold.fact_timeentry";
    let inferred = scene.rows(dimension).await.remove(0);
    assert_eq!(inferred[1..], ["true", "Samningur", "prepaid_hours"]);
    // The copied text decides while the agreement is not known; the type is found by its name.
    let type_key = scene.value("SELECT AgreementTypeKey FROM gold.dimagreementtype WHERE typeId = 1001").await;
    assert_eq!(scene.rows(fact).await[0], ["Prepaid", &type_key, &inferred[0]]);

    world.put("Agreement", agreement(77, "Innri verkefni"));
    scene.incremental().await;
    let known = scene.rows(dimension).await.remove(0);
    assert_eq!(known, [&inferred[0], "false", "Samningur 77", "internal_project"], "same key, now a full row");
    assert_eq!(scene.rows(fact).await[0][0], "Internal", "the entry itself did not change, its agreement did");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_is_found_by_its_name_as_written_or_else_in_another_form() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let types = [(30, "Tímapottur:"), (20, "tímapottur"), (25, "Ráðgjöf"), (24, "RÁÐGJÖF"), (40, "Þjónusta\u{a0}")];
    for (id, name) in types {
        world.put("Agreement", json!({ "id": id, "name": "S", "type": { "id": id, "name": name } }));
    }
    let decomposed: String = "Tímapottur".nfd().collect();
    let cases = [
        // As it is written, though another form has a lower id.
        ("Tímapottur:", "30"),
        ("\tTímapottur: ", "30"),
        ("Ráðgjöf", "25"),
        // In another form: the lowest of all that are the same then.
        ("Tímapottur", "20"),
        (decomposed.as_str(), "20"),
        ("TÍMAPOTTUR :", "20"),
        ("ráðgjöf:", "24"),
        ("þjónusta", "40"),
        // Another name, or none.
        ("Tímapottur::", "-1"),
        ("Timapottur", "-1"),
        (" ", "-1"),
        (":", "-1"),
    ];
    for (id, (name, _)) in (1_i64..).zip(&cases) {
        let mut record = entry(id, None, "Billable");
        record["agreementType"] = json!(name);
        world.put("TimeEntry", record.clone());
        record["agreement"] = json!({ "id": 900, "type": name });
        world.put("ProductItem", record);
    }
    scene.full().await;
    for (fact, key) in [("fact_timeentry", "timeEntryId"), ("fact_productitem", "productItemId")] {
        let rows = scene.by_key(&format!("SELECT {key}, AgreementTypeKey FROM gold.{fact}")).await;
        for (id, (name, wanted)) in (1_i64..).zip(&cases) {
            assert_eq!(rows[&id.to_string()], [*wanted], "{name:?} in {fact}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agreement_numbers_come_down_the_hierarchy() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let put = |id: i64, parent: Option<i64>, fields: Value| {
        let mut record = agreement(id, "yÞjónusta");
        if let Some(parent) = parent {
            record["parentAgreement"] = json!({ "id": parent, "name": "ofar" });
        }
        record["customFields"] = fields;
        world.put("Agreement", record);
    };
    let field = |id: i64, value: Value| json!({ "id": id, "caption": "Samningsnúmer", "type": "Text", "value": value });
    put(1, None, json!([field(9, json!("seinna")), field(2, json!(" S-1 "))]));
    put(2, Some(1), json!([field(2, json!(""))]));
    put(3, Some(2), json!([]));
    for id in 4..40 {
        put(id, Some(id - 1), json!([{ "id": 2, "caption": "Samningsnúmer" }]));
    }
    // A circle without a number, and one with.
    put(50, Some(51), json!([]));
    put(51, Some(50), json!([]));
    put(60, Some(61), json!([]));
    put(61, Some(60), json!([field(2, json!(4711))]));
    put(70, Some(70), json!([]));
    put(80, Some(999), json!([]));
    // A number is its digits; a text is what it says, also where it looks like a number.
    let typed = |kind: &str, value: Value| json!([{ "id": 2, "caption": "Númer", "type": kind, "value": value }]);
    put(90, None, typed("Number", json!(20240017.0)));
    put(91, None, typed("Number", json!(12.5)));
    put(92, None, json!([field(2, Value::Null), field(3, json!(" \u{a0}")), field(4, json!("S 4.0"))]));
    put(93, None, typed("Text", json!("5.0")));
    put(94, None, typed("TextArea", json!("1e3")));
    put(95, None, typed("Number", json!("1e3")));
    put(96, None, json!([{ "id": 2, "caption": "Númer", "value": "-5.0" }]));
    put(97, None, typed("Number", json!("007")));
    scene.full().await;
    let rows =
        scene.by_key("SELECT agreementId, agreementNumber FROM gold.dimagreement WHERE agreementId IS NOT NULL").await;
    for (id, number) in [
        (1, "S-1"),
        (2, "S-1"),
        (3, "S-1"),
        (39, "S-1"),
        (50, "∅"),
        (51, "∅"),
        (60, "4711"),
        (61, "4711"),
        (70, "∅"),
        (80, "∅"),
        (90, "20240017"),
        (91, "12.5"),
        (92, "S 4.0"),
        (93, "5.0"),
        (94, "1e3"),
        (95, "1000"),
        (96, "-5"),
        (97, "007"),
    ] {
        assert_eq!(rows[&id.to_string()], [number], "agreement {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_exact() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put(
        "Member",
        json!({ "id": 7, "identifier": "jona", "firstName": "Jóna", "lastName": "Jónsdóttir", "hourlyCost": 33.3 }),
    );
    let cases = [
        // hours, rate, cost; revenue, cost, percentage
        (json!(0.1), json!(0.7), json!("0.3"), ["0.0700", "0.0300", "57.1429"]),
        (json!(2.675), json!(1.005), json!("0.00"), ["2.6884", "0.0000", "100.0000"]),
        (json!(1.5), json!(0.0), json!(""), ["0.0000", "49.9500", "0.0000"]),
        (json!(1.0001), json!(0.5), Value::Null, ["0.5001", "33.3033", "-6559.3281"]),
        (Value::Null, json!(12.5), json!("10800.00"), ["0.0000", "0.0000", "0.0000"]),
        (json!("12.50"), json!(4), json!("1"), ["50.0000", "12.5000", "75.0000"]),
    ];
    for (id, (hours, rate, cost, _)) in (1_i64..).zip(&cases) {
        let mut record = entry(id, None, "Billable");
        record["actualHours"] = hours.clone();
        record["hourlyRate"] = rate.clone();
        record["hourlyCost"] = cost.clone();
        world.put("TimeEntry", record);
    }
    scene.full().await;
    let rows = scene
        .by_key("SELECT timeEntryId, potentialRevenue, actualCost, marginPercentage FROM gold.fact_timeentry")
        .await;
    for (id, (.., expected)) in (1_i64..).zip(&cases) {
        assert_eq!(rows[&id.to_string()], *expected, "time entry {id}");
    }
    assert_eq!(scene.value("SELECT memberName FROM gold.dimmember WHERE memberId = 7").await, "Jóna Jónsdóttir");
    assert_eq!(scene.value("SELECT MAX(WorkDateKey) FROM gold.fact_timeentry").await, "20260102");
}
