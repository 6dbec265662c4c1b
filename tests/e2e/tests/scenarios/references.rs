//! What facts refer to: the row of what is missing, rows that only a reference knows, and the newest of several.

use crate::support::{EMPTY, Scene};
use connectwise_etl::gold::RefreshKind;
use connectwise_etl::run::Options;
use connectwise_generated::gold::TABLES;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_the_row_of_the_unknown() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("TimeEntry", json!({ "id": 1 }));
    // An empty text is no reference either.
    world.put("TimeEntry", json!({ "id": 2, "billableOption": "", "status": "", "chargeToType": "" }));
    world.put("ExpenseEntry", json!({ "id": 1 }));
    world.put("ProductItem", json!({ "id": 1 }));
    world.put("Invoice", json!({ "id": 1 }));
    scene.full().await;
    for table in TABLES.iter().filter(|table| table.written_once.is_none()) {
        if table.name.starts_with("dim") {
            let unknown =
                format!("SELECT count(*) FROM gold.{} WHERE {} = -1 AND NOT isInferred", table.name, table.key);
            // A date table that a model is to accept has none.
            let rows = if table.name == "dimcalendar" { "0" } else { "1" };
            assert_eq!(scene.value(&unknown).await, rows, "{}", table.name);
        }
        for column in table.columns.iter().filter(|column| column.dimension.is_some()) {
            let others = format!("SELECT count(*) FROM gold.{} WHERE {} <> -1", table.name, column.name);
            assert_eq!(scene.value(&others).await, "0", "{}.{}", table.name, column.name);
        }
    }
    let statuses = "SELECT utilizationType, utilizationStatus, effectiveBillingStatus, agreementTypeNormalized, \
                    billingBehavior, actualHours, margin, marginPercentage FROM gold.fact_timeentry";
    let unknown = ["Unknown", "Unknown", "Unclassified", "other", "unknown", "0.0000", "0.0000", "0.0000"];
    assert_eq!(scene.rows(statuses).await, [unknown, unknown]);
    assert_eq!(scene.value("SELECT postingStatus FROM gold.fact_invoice").await, "Open");
    let blank = "SELECT count(*) FROM gold.dimtimeentrystatus WHERE status = '' OR status IS NULL";
    assert_eq!(scene.value(blank).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_to_minus_one_is_to_the_unknown() {
    let scene = Scene::new(EMPTY).await;
    let odd = |id: i64| json!({ "id": id, "name": "Óvenjulegt", "identifier": "X" });
    scene.world().put("TimeEntry", json!({ "id": 1, "workRole": odd(-1), "company": odd(-1), "member": odd(-2) }));
    scene.world().put("Company", odd(-1));
    scene.full().await;
    for (table, key, rows) in
        [("dimworkrole", "WorkRoleKey", 1), ("dimcompany", "CompanyKey", 1), ("dimmember", "MemberKey", 2)]
    {
        let found = scene.by_key(&format!("SELECT {key}, isInferred FROM gold.{table}")).await;
        assert_eq!((found.len(), &*found["-1"][0]), (rows, "false"), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_reference_speaks() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let product = |id: i64, changed: &str, class: &str, name: &str| {
        json!({
            "id": id, "catalogItem": { "id": 5, "identifier": "VARA " }, "productClass": class, "description": name,
            "company": { "id": 9, "identifier": name, "name": format!("{name} ehf. ") }, "_info": { "lastUpdated": changed },
        })
    };
    world.put("ProductItem", product(3, "2026-01-01T00:00:00Z", "Service", "gamalt"));
    world.put("ProductItem", product(1, "2026-01-03T00:00:00Z", "Agreement", "jafngamalt"));
    world.put("ProductItem", product(2, "2026-01-03T00:00:00Z", "Inventory", "nýtt"));
    // A new kind of status is a row that nobody listed; a known one is not.
    world.put(
        "TimeEntry",
        json!({ "id": 1, "status": "Archived", "billableOption": "Billable",
        "workType": { "id": 4, "name": " Vinna ", "utilizationFlag": true } }),
    );
    scene.full().await;
    let dimension = "SELECT catalogItemIdentifier, productClass, isInferred FROM gold.dimproduct WHERE ProductKey = 5";
    assert_eq!(scene.rows(dimension).await, [["VARA", "Inventory", "false"]], "of equally new ones, the later");
    let company = "SELECT companyIdentifier, companyName, isInferred FROM gold.dimcompany WHERE companyId = 9";
    assert_eq!(scene.rows(company).await, [["nýtt", "nýtt ehf.", "true"]]);
    let status = "SELECT status, statusCategory, isInferred FROM gold.dimtimeentrystatus WHERE status = 'Archived'";
    assert_eq!(scene.rows(status).await, [["Archived", "Unknown", "true"]]);
    let known = "SELECT count(*) FROM gold.dimtimeentrystatus WHERE isInferred";
    assert_eq!(scene.value(known).await, "1");
    let work = "SELECT workTypeName, utilizationFlag, isInferred FROM gold.dimworktype WHERE WorkTypeKey = 4";
    assert_eq!(scene.rows(work).await, [["Vinna", "true", "true"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dimension_is_made_anew_only_where_a_changed_record_says_something_else() {
    let mut scene = Scene::new(EMPTY).await;
    scene.lake = scene.lake.clone().with_least_rows(20);
    let put = |scene: &Scene, id: i64, role: i64, name: &str, company: i64, minute: i64| {
        let changed = format!("2026-01-01T00:{minute:02}:00Z");
        scene.world().put(
            "TimeEntry",
            json!({
                "id": id, "actualHours": minute, "workRole": { "id": role, "name": name },
                "company": { "id": company, "identifier": format!("f{company}"), "name": "Fyrirtæki" },
                "_info": { "lastUpdated": changed },
            }),
        );
    };
    scene.world().put("Company", json!({ "id": 1, "identifier": "f1", "name": "Annað nafn" }));
    for id in 1..=100 {
        put(&scene, id, 1 + id % 2, if id == 7 { "gamalt" } else { "Ráðgjafi" }, 1 + id % 3, id % 30);
    }
    let started = "2026-06-15T12:00:00Z".parse().unwrap();
    let run = async |scene: &Scene| {
        let report = scene.run(Options { started: Some(started), ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        let compared = ["dimworkrole", "dimcompany"].map(|name| {
            let table = report.tables.iter().find(|table| table.table == name).unwrap();
            let is_sound =
                |check: &connectwise_etl::check::Check| check.name == format!("rebuild/{name}") && check.passed;
            assert_eq!(table.refresh == Some(RefreshKind::Skipped), report.checks.iter().any(is_sound), "{name}");
            table.refresh.unwrap()
        });
        (compared[0], compared[1])
    };
    let roles = "SELECT WorkRoleKey, workRoleName FROM gold.dimworkrole WHERE WorkRoleKey <> -1 ORDER BY 1";
    run(&scene).await;
    assert_eq!(scene.rows(roles).await, [["1", "Ráðgjafi"], ["2", "Ráðgjafi"]]);

    put(&scene, 101, 2, "Ráðgjafi", 1, 40);
    put(&scene, 50, 1, "Ráðgjafi", 3, 41);
    assert_eq!(
        run(&scene).await,
        (RefreshKind::Skipped, RefreshKind::Skipped),
        "a new one, and one that changed otherwise"
    );

    // In each of the table's files one.
    (1..=100).step_by(20).for_each(|id| put(&scene, id, 1 + id % 2, "Ráðgjafi", 1 + id % 3, 41));
    assert_eq!(run(&scene).await, (RefreshKind::Skipped, RefreshKind::Skipped), "few, all over the table");

    put(&scene, 101, 2, "Nýtt", 1, 42);
    assert_eq!(run(&scene).await, (RefreshKind::Full, RefreshKind::Skipped), "another name");
    assert_eq!(scene.rows(roles).await, [["1", "Ráðgjafi"], ["2", "Nýtt"]]);

    put(&scene, 101, 1, "Ráðgjafi", 1, 43);
    assert_eq!(run(&scene).await, (RefreshKind::Full, RefreshKind::Skipped), "it speaks of another row");
    assert_eq!(scene.rows(roles).await, [["1", "Ráðgjafi"], ["2", "Ráðgjafi"]]);

    // The only one with the old name becomes the newest of all.
    put(&scene, 7, 2, "gamalt", 2, 50);
    assert_eq!(run(&scene).await, (RefreshKind::Full, RefreshKind::Skipped));
    assert_eq!(scene.rows(roles).await, [["1", "Ráðgjafi"], ["2", "gamalt"]]);

    // A company that nobody listed, and one that is listed now.
    put(&scene, 102, 2, "gamalt", 9, 51);
    scene.world().put("Company", json!({ "id": 2, "identifier": "f2", "name": "Skráð" }));
    assert_eq!(run(&scene).await, (RefreshKind::Skipped, RefreshKind::Full));
    let companies = "SELECT CompanyKey, isInferred FROM gold.dimcompany WHERE CompanyKey <> -1 ORDER BY 1";
    assert_eq!(scene.rows(companies).await, [["1", "false"], ["2", "false"], ["3", "true"], ["9", "true"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_carry_the_names_of_their_types() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let company = |id: i64, types: Value, more: Value| {
        let mut record = json!({ "id": id, "identifier": format!("f{id} "), "name": " Fyrirtæki ", "types": types,
            "status": { "id": 1, "name": "Virkt " }, "territory": { "id": 2, "name": " Reykjavík" } });
        for (key, value) in more.as_object().unwrap() {
            record[key] = value.clone();
        }
        world.put("Company", record);
    };
    let types =
        json!([{ "id": 30, "name": "Birgir " }, { "id": 4, "name": "Viðskiptavinur" }, { "id": 11, "name": "Áður" }]);
    company(1, types, json!({}));
    company(2, json!([]), json!({ "deletedFlag": true }));
    company(3, json!([{ "id": 1, "name": "Einn" }]), json!({ "deletedFlag": false }));
    scene.full().await;
    let rows = "SELECT companyId, companyType, isDeleted, companyIdentifier, companyName, companyStatus, territory FROM \
                gold.dimcompany";
    let shared = ["Fyrirtæki", "Virkt", "Reykjavík"];
    let rows_now = scene.by_key(rows).await;
    assert_eq!(rows_now["1"][..2], ["Viðskiptavinur, Áður, Birgir", "false"], "by id, not by place or name");
    assert_eq!(rows_now["2"][..2], ["∅", "true"]);
    assert_eq!(rows_now["3"][..3], ["Einn", "false", "f3"]);
    assert_eq!(rows_now["3"][3..], shared);
    // Gone from the source counts as deleted, and the row stays.
    world.delete("Company", 3);
    scene.full().await;
    assert_eq!(scene.by_key(rows).await["3"][..2], ["Einn", "true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entrys_type_is_the_agreements_own_and_else_the_copied_name() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let agreement = |id: i64, type_id: i64, name: &str| json!({ "id": id, "name": "Samningur", "type": { "id": type_id, "name": name } });
    world.put("Agreement", agreement(1, 11, "Alrekstur"));
    world.put("Agreement", agreement(2, 12, "Tímapottur:"));
    world.put("Agreement", json!({ "id": 3, "name": "Tegundarlaus" }));
    let entry = |id: i64, agreement: Option<i64>, copied: &str, within: &str| {
        let mut record = json!({ "id": id, "billableOption": "Billable", "agreementType": copied });
        if let Some(agreement) = agreement {
            record["agreement"] = json!({ "id": agreement, "name": "Samningur", "type": within });
        }
        world.put("TimeEntry", record);
    };
    entry(1, Some(1), "Tímapottur:", "Innri verkefni");
    entry(2, Some(99), " Tímapottur: ", "Innri verkefni");
    entry(3, Some(99), "", "Alrekstur");
    entry(4, None, "Tímapottur:", "");
    entry(5, Some(3), "Tímapottur:", "Tímapottur:");
    entry(6, Some(99), "Óþekkt", "Alrekstur");
    scene.full().await;
    let rows = scene
        .by_key("SELECT timeEntryId, AgreementKey, AgreementTypeKey, agreementTypeNormalized FROM gold.fact_timeentry")
        .await;
    assert_eq!(rows["1"], ["1", "11", "operations"], "the agreement is known: the copied text counts for nothing");
    assert_eq!(rows["2"], ["99", "12", "prepaid_hours"]);
    assert_eq!(rows["3"], ["99", "11", "operations"], "what is empty is no name");
    assert_eq!(rows["4"], ["-1", "12", "prepaid_hours"]);
    assert_eq!(rows["5"], ["3", "-1", "other"], "known, and without a type");
    assert_eq!(rows["6"], ["99", "-1", "other"]);
}
