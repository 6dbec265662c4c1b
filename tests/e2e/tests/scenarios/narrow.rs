//! Gold that is computed only where something changed equals gold that is computed whole, whatever changed.

use crate::support::{EMPTY, SMALL, Scene};
use connectwise_etl::lake::{Lakehouse, Layout};
use connectwise_etl::run::{self, Layer, Options};
use connectwise_simulator::AdvanceRequest;
use serde_json::json;
use std::collections::BTreeMap;

/// Rebuilds silver and gold from the same bronze in a lakehouse of its own, and compares every row of gold.
async fn assert_equals_a_rebuild(scene: &Scene, step: &str) {
    let other = tempfile::tempdir().unwrap();
    let from = scene.folder.path().join("lake").join("bronze");
    copy(&from, &other.path().join("bronze"));
    let lake = Lakehouse::at(other.path().to_str().unwrap(), Layout::Schemas).unwrap();
    let options = Options { layers: vec![Layer::Silver, Layer::Gold], ..Options::default() };
    let report = run::run(None, &lake, &options).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{step}: {:?}", report.error_text());
    for table in connectwise_generated::gold::TABLES {
        let sql = format!("SELECT * FROM gold.{} ORDER BY 1", table.name);
        let (ours, theirs) = (scene.rows(&sql).await, Scene::rows_of(&lake, &sql).await);
        let differing: Vec<_> = ours.iter().filter(|row| !theirs.contains(row)).take(3).collect();
        assert_eq!(ours.len(), theirs.len(), "{step}: rows of {}", table.name);
        assert!(differing.is_empty(), "{step}: {} differs from a rebuild in {differing:?}", table.name);
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
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

#[tokio::test(flavor = "multi_thread")]
async fn few_changes_leave_most_rows_unread() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let last = scene.world().ids("TimeEntry").pop().unwrap();
    edit(&scene, "TimeEntry", last, |record| record["actualHours"] = json!(3.5));
    let report = scene.incremental().await;
    let compared: BTreeMap<&str, u64> = report
        .tables
        .iter()
        .filter(|table| table.layer != "bronze" && table.table.ends_with("entry"))
        .map(|table| (table.table.as_str(), table.counts.unchanged + table.counts.updated))
        .collect();
    assert_eq!(compared["cw_timeentry"], 1);
    assert_eq!(compared["fact_timeentry"], 1);
    assert_eq!(compared["fact_expenseentry"], 0);
}
