//! Gold that is computed only where something changed equals gold that is computed whole, whatever changed.

use crate::support::{EMPTY, SMALL, Scene, copy};
use chrono::{DateTime, Utc};
use connectwise_etl::catalog;
use connectwise_etl::lake::Layout;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{self, Layer, Options};
use connectwise_simulator::AdvanceRequest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rebuilds silver and gold from the same bronze in a lakehouse of its own, and compares every row of gold.
async fn assert_equals_a_rebuild(scene: &Scene, step: &str) {
    assert_equals_a_rebuild_of(scene, step, None).await;
}

/// The same on another day.
async fn assert_equals_a_rebuild_of(scene: &Scene, step: &str, started: Option<DateTime<Utc>>) {
    let other = tempfile::tempdir().unwrap();
    let from = scene.folder.path().join("lake").join("bronze");
    copy(&from, &other.path().join("bronze"));
    let lake = catalog::open(other.path().to_str().unwrap(), Layout::Schemas).unwrap();
    let options = Options { layers: vec![Layer::Silver, Layer::Gold], started, ..Options::default() };
    let report = run::run(None, &lake, &options).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{step}: {:?}", report.error_text());
    // What is written once is no function of bronze.
    for table in connectwise_generated::gold::TABLES.iter().filter(|table| table.written_once.is_none()) {
        let sql = format!("SELECT * FROM gold.{} ORDER BY 1", table.name);
        let (ours, theirs) = (scene.rows(&sql).await, Scene::rows_of(&lake, &sql).await);
        let differing: Vec<_> = ours.iter().filter(|row| !theirs.contains(row)).take(3).collect();
        assert_eq!(ours.len(), theirs.len(), "{step}: rows of {}", table.name);
        assert!(differing.is_empty(), "{step}: {} differs from a rebuild in {differing:?}", table.name);
    }
}

/// Changes the record as the source would, with a new time of change.
fn edit(scene: &Scene, entity: &str, id: i64, change: impl FnOnce(&mut serde_json::Value)) {
    let mut record = scene.world().record(entity, id).unwrap();
    change(&mut record);
    record["_info"]["lastUpdated"] = json!("2026-01-06T05:00:00Z");
    scene.world().put(entity, record);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_change_gives_what_a_rebuild_gives() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let stamp = json!({ "lastUpdated": "2026-01-05T01:00:00Z" });
    for (id, parent, kind) in [(1, None, "yÞjónusta"), (2, Some(1), "Tímapottur"), (3, Some(2), "Alrekstur")] {
        let mut agreement = json!({ "id": id, "name": "Samningur", "_info": stamp,
            "type": { "id": 10 + id, "name": kind } });
        if let Some(parent) = parent {
            agreement["parentAgreement"] = json!({ "id": parent });
        }
        world.put("Agreement", agreement);
    }
    world.put("Member", json!({ "id": 7, "identifier": "jona", "hourlyCost": 10.5, "_info": stamp }));
    world.put("Member", json!({ "id": 8, "identifier": "ari", "hourlyCost": 9, "_info": stamp }));
    for (id, number) in [(100, "R-100"), (101, "R-101"), (102, "R-102")] {
        world.put(
            "Invoice",
            json!({ "id": id, "invoiceNumber": number, "total": 12.5, "_info": stamp,
            "date": "2026-01-02T00:00:00Z" }),
        );
    }
    world.put("UnpostedInvoice", json!({ "id": 1, "billingLogId": 100 }));
    world.put("UnpostedInvoice", json!({ "id": 2, "invoiceNumber": "R-102 " }));
    for id in 1..=60 {
        let mut entry = json!({ "id": id, "actualHours": 1.25, "hoursBilled": 1, "hourlyRate": 100, "_info": stamp,
            "member": { "id": 7 + id % 2 }, "billableOption": "Billable", "agreementType": "Innri verkefni" });
        if id % 5 != 0 {
            entry["agreement"] = json!({ "id": 1 + id % 4 });
        }
        if id % 3 == 0 {
            entry["invoice"] = json!({ "id": 100 + id % 3 });
        }
        world.put("TimeEntry", entry.clone());
        entry["amount"] = json!(id);
        world.put("ExpenseEntry", entry.clone());
        world.put("ProductItem", entry);
    }
    scene.full().await;
    assert_equals_a_rebuild(&scene, "full").await;
    let keys = "SELECT timeEntryId, AgreementTypeKey, agreementNumber FROM gold.fact_timeentry";
    let first = scene.by_key(keys).await;

    edit(&scene, "Agreement", 3, |record| record["type"] = json!({ "id": 12, "name": "Tímapottur" }));
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "an agreement changed its type").await;
    assert_ne!(scene.by_key(keys).await, first, "the type moved no entry");

    edit(&scene, "Agreement", 1, |record| {
        record["customFields"] = json!([{ "id": 1, "caption": "Númer", "value": "N-1" }]);
    });
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "the parent's parent got a number").await;
    assert_eq!(scene.by_key(keys).await["2"][1], "N-1");

    edit(&scene, "Agreement", 2, |record| record["parentAgreement"] = json!(null));
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "an agreement left its parent").await;
    assert_eq!(scene.by_key(keys).await["2"][1], "∅");

    edit(&scene, "Member", 7, |record| record["hourlyCost"] = json!(44));
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "a member's cost").await;

    world.put("UnpostedInvoice", json!({ "id": 1, "billingLogId": 101 }));
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "another invoice waits").await;

    // The type by the name in the entry, where the agreement is not known; then it is.
    world.put(
        "Agreement",
        json!({ "id": 9, "name": "Nýr", "type": { "id": 30, "name": "Innri verkefni" },
        "_info": { "lastUpdated": "2026-01-06T05:00:00Z" } }),
    );
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "a type of the name that entries carry").await;
    world.put(
        "Agreement",
        json!({ "id": 4, "name": "Fundinn", "type": { "id": 11, "name": "yÞjónusta" },
        "_info": { "lastUpdated": "2026-01-06T05:00:00Z" } }),
    );
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "the agreement came after its entries").await;

    edit(&scene, "TimeEntry", 6, |record| record["invoice"] = json!(null));
    edit(&scene, "TimeEntry", 9, |record| record["agreement"] = json!({ "id": 3 }));
    edit(&scene, "Invoice", 102, |record| record["date"] = json!("2026-02-02T00:00:00Z"));
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "entries and an invoice").await;

    for id in [3, 4, 60] {
        assert!(world.delete("TimeEntry", id));
    }
    scene.full().await;
    assert_equals_a_rebuild(&scene, "deleted entries").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_built_apart_catch_up_by_the_log() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    for round in 0..3 {
        scene.world().advance(AdvanceRequest { hours: 8.0, change: 9, add: 4, post: 1, ..AdvanceRequest::default() });
        // Gold stands still for two rounds, silver for one, as after a crash between two layers.
        let layers: &[Layer] = match round {
            0 => &[Layer::Bronze],
            1 => &[Layer::Bronze, Layer::Silver],
            _ => &[],
        };
        let report = scene.run(Options { layers: layers.to_vec(), ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    }
    assert_equals_a_rebuild(&scene, "all layers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_replaced_behind_our_back_is_read_anew() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    // The same number of versions, another table: only its id tells.
    std::fs::remove_dir_all(scene.folder.path().join("lake/silver/cw_timeentry")).unwrap();
    std::fs::remove_dir_all(scene.folder.path().join("lake/bronze/cw_timeentry")).unwrap();
    for id in scene.world().ids("TimeEntry").into_iter().take(5) {
        edit(&scene, "TimeEntry", id, |record| record["actualHours"] = json!(77));
    }
    scene.incremental().await;
    assert_equals_a_rebuild(&scene, "after the replacement").await;
}

/// How many rows of each table of silver and gold a run looked at.
fn looked_at(report: &RunReport) -> BTreeMap<String, u64> {
    let tables = report.tables.iter().filter(|table| table.layer != "bronze");
    tables
        .map(|table| {
            let counts = table.counts;
            (table.table.clone(), counts.inserted + counts.updated + counts.unchanged + counts.deleted)
        })
        .collect()
}

/// How many records of an entity have this at a path.
fn having(scene: &Scene, entity: &str, path: &str, value: &Value) -> u64 {
    scene.world().records(entity).filter(|record| record.pointer(path) == Some(value)).count() as u64
}

/// The id behind a path that is in the fewest records, and in some; of one that is there itself.
fn rarest(scene: &Scene, entity: &str, path: &str, of: &str) -> Value {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    let world = scene.world();
    world
        .records(entity)
        .filter_map(|record| record.pointer(path)?.as_i64())
        .for_each(|id| *counts.entry(id).or_default() += 1);
    let known = counts.iter().filter(|(id, _)| world.record(of, **id).is_some());
    let (id, _) = known.min_by_key(|(_, count)| **count).unwrap();
    json!(id)
}

#[tokio::test(flavor = "multi_thread")]
async fn few_changes_leave_most_rows_unread() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let last = scene.world().ids("TimeEntry").pop().unwrap();
    edit(&scene, "TimeEntry", last, |record| record["actualHours"] = json!(3.5));
    let looked = looked_at(&scene.incremental().await);
    assert_eq!(looked["cw_timeentry"], 1);
    assert_eq!(looked["fact_timeentry"], 1);
    assert_eq!(looked["fact_expenseentry"], 0);
    assert_eq!(looked["cw_agreement"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_dimension_reaches_the_rows_that_refer_to_it_and_no_others() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let facts =
        [("TimeEntry", "fact_timeentry"), ("ExpenseEntry", "fact_expenseentry"), ("ProductItem", "fact_productitem")];

    let agreement = rarest(&scene, "TimeEntry", "/agreement/id", "Agreement");
    edit(&scene, "Agreement", agreement.as_i64().unwrap(), |record| {
        record["type"] = json!({ "id": 977, "name": "Rekstrarþjónusta ný" });
    });
    let looked = looked_at(&scene.incremental().await);
    assert_eq!(looked["cw_agreement"], 1);
    for (entity, fact) in facts {
        assert_eq!(looked[fact], having(&scene, entity, "/agreement/id", &agreement), "{fact} of the agreement");
    }
    assert!(looked["fact_timeentry"] > 0 && looked["fact_timeentry"] < 100, "{looked:?}");
    assert_eq!(looked["fact_invoice"], 0);
    assert_equals_a_rebuild(&scene, "an agreement").await;

    // What no fact shows of an agreement moves none of them.
    edit(&scene, "Agreement", agreement.as_i64().unwrap(), |record| record["billAmount"] = json!(17));
    let looked = looked_at(&scene.incremental().await);
    assert_eq!((looked["cw_agreement"], looked["fact_timeentry"]), (1, 0), "{looked:?}");

    let member = rarest(&scene, "TimeEntry", "/member/id", "Member");
    edit(&scene, "Member", member.as_i64().unwrap(), |record| record["hourlyCost"] = json!(4321));
    let looked = looked_at(&scene.incremental().await);
    let of_member = having(&scene, "TimeEntry", "/member/id", &member);
    assert_eq!((looked["cw_member"], looked["fact_timeentry"]), (1, of_member), "{looked:?}");
    assert!((1..134).contains(&of_member), "more than a third is computed whole: {of_member}");
    assert_eq!((looked["fact_expenseentry"], looked["fact_invoice"]), (0, 0));
    assert_equals_a_rebuild(&scene, "a member").await;

    let invoice = rarest(&scene, "TimeEntry", "/invoice/id", "Invoice");
    edit(&scene, "Invoice", invoice.as_i64().unwrap(), |record| record["date"] = json!("2026-03-03T00:00:00Z"));
    let looked = looked_at(&scene.incremental().await);
    let sql = format!("SELECT count(*) FROM gold.fact_invoiceline WHERE invoiceId = {invoice}");
    let lines: u64 = scene.value(&sql).await.parse().unwrap();
    assert_eq!((looked["cw_invoice"], looked["fact_invoice"], looked["fact_timeentry"]), (1, 1, 0), "{looked:?}");
    // Work under a prepaid agreement is no line, but is looked at.
    let mut of_invoice = 0;
    for (entity, _) in facts {
        of_invoice += having(&scene, entity, "/invoice/id", &invoice);
    }
    assert_eq!(looked["fact_invoiceline"], of_invoice, "{lines} lines, {looked:?}");
    assert!(lines <= of_invoice && of_invoice > 0);
    assert_equals_a_rebuild(&scene, "an invoice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_ends_with_the_day_though_nothing_changed_at_the_source() {
    let scene = Scene::new(EMPTY).await;
    let stamp = json!({ "lastUpdated": "2026-01-05T01:00:00Z" });
    for (id, end) in [(1, Some("2026-01-05T00:00:00Z")), (2, Some("2026-01-06T00:00:00Z")), (3, None)] {
        let agreement = json!({ "id": id, "name": "Samningur", "type": { "id": 7, "name": "yÞjónusta" },
            "endDate": end, "_info": stamp });
        scene.world().put("Agreement", agreement);
    }
    let active = "SELECT agreementId, isActive FROM gold.dimagreement WHERE agreementId > 0";
    for (day, wanted) in
        [("05", ["true", "true", "true"]), ("06", ["false", "true", "true"]), ("07", ["false", "false", "true"])]
    {
        let started = Some(format!("2026-01-{day}T23:30:00Z").parse().unwrap());
        let report = scene.run(Options { started, ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        let rows = scene.by_key(active).await;
        let found: Vec<&str> = rows.values().map(|row| row[0].as_str()).collect();
        assert_eq!(found, wanted, "on day {day}");
        assert_equals_a_rebuild_of(&scene, &format!("day {day}"), started).await;
    }
    // The same day again: nothing to do.
    let versions = scene.versions().await;
    let started = Some("2026-01-07T23:50:00Z".parse().unwrap());
    scene.run(Options { started, ..Options::default() }).await;
    assert_eq!(scene.versions().await, versions);
}
