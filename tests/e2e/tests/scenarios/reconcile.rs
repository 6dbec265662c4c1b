//! Deletions at the source, from the comparison of ids through to gold.

use crate::support::{EMPTY, SMALL, Scene, Shared};
use clap::Parser as _;
use connectwise_etl::cli::{Cli, Output};
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{Mode, Options};
use connectwise_simulator::{Fault, Faults, When};
use serde_json::{Value, json};

async fn apply(scene: &Scene, force: bool) -> RunReport {
    scene.run(Options { mode: Mode::Reconcile, force, ..Options::default() }).await
}

async fn applied(scene: &Scene) -> RunReport {
    let report = apply(scene, false).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_source_deleted_leaves_the_facts_and_what_returns_comes_back() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let world = scene.world();
    let (entries, companies) = (world.ids("TimeEntry"), world.ids("Company"));
    let (gone, company) = (entries[7], companies[3]);
    let record = world.record("TimeEntry", gone).unwrap();
    assert!(world.delete("TimeEntry", gone) && world.delete("Company", company));

    // An incremental run can't know of it.
    scene.incremental().await;
    let in_fact = format!("SELECT count(*) FROM gold.fact_timeentry WHERE timeEntryId = {gone}");
    assert_eq!(scene.value(&in_fact).await, "1");

    let report = applied(&scene).await;
    let of =
        |name: &str| report.entities.iter().find(|entity| entity.entity == name).unwrap().compared.clone().unwrap();
    assert_eq!((of("TimeEntry").gone, of("Company").gone), (vec![gone], vec![company]));
    assert!(of("TimeEntry").missing.is_empty() && of("Member").gone.is_empty());
    assert_eq!(scene.value(&in_fact).await, "0");
    for (layer, column) in [("bronze", "etlDeletedAt"), ("silver", "_etl_deleted_at")] {
        let marked = scene.rows(&format!("SELECT id FROM {layer}.cw_timeentry WHERE {column} IS NOT NULL")).await;
        assert_eq!(marked, [[gone.to_string()]], "{layer}");
    }
    let deleted = format!("SELECT isDeleted FROM gold.dimcompany WHERE companyId = {company}");
    assert_eq!(scene.value(&deleted).await, "true");

    // Again: nothing to do, and no commit.
    let versions = scene.versions().await;
    applied(&scene).await;
    assert_eq!(scene.versions().await, versions);

    // One that is back comes with the next run, whatever time of change it has.
    let mut changed = record.clone();
    changed["_info"] = json!({ "lastUpdated": "2026-01-05T06:30:00Z" });
    world.put("TimeEntry", changed);
    let mut old = world.record("Company", companies[0]).unwrap();
    old["id"] = json!(company);
    old["_info"] = json!({ "lastUpdated": "2001-01-01T00:00:00Z" });
    old["name"] = json!("Endurreist ehf.");
    world.put("Company", old);
    scene.incremental().await;
    assert_eq!(scene.value(&in_fact).await, "1");
    assert_eq!(scene.value(&deleted).await, "false");
    let name = format!("SELECT companyName FROM gold.dimcompany WHERE companyId = {company}");
    assert_eq!(scene.value(&name).await, "Endurreist ehf.", "as it is now, not as it was when it went");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_tenth_needs_force_and_of_that_entity_nothing_is_touched_without() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let world = scene.world();
    for id in world.ids("Agreement").into_iter().take(5) {
        world.delete("Agreement", id);
    }
    world.delete("TimeEntry", world.ids("TimeEntry")[0]);
    let report = apply(&scene, false).await;
    assert_eq!(report.exit_code(), 3);
    let text = report.error_text().unwrap();
    assert!(text.contains("Agreement: 5 of 24 live rows") && text.contains("--force"), "{text}");
    let marked = "SELECT count(*) FROM bronze.cw_agreement WHERE etlDeletedAt IS NOT NULL";
    assert_eq!(scene.value(marked).await, "0");
    assert_eq!(scene.value("SELECT count(*) FROM gold.fact_timeentry").await, "399", "what may go goes");
    let report = apply(&scene, true).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value(marked).await, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_without_rights_fails_alone_and_quarantine_is_not_missing() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=20 {
        world.put("TimeEntry", json!({ "id": id, "actualHours": 1.0 }));
    }
    world.put("TimeEntry", json!({ "id": 21, "actualHours": "no number" }));
    scene.full().await;
    world.delete("TimeEntry", 3);
    // Made long ago, seen first now: no window reaches it.
    world.put("TimeEntry", json!({ "id": 22, "actualHours": 1.0, "_info": { "lastUpdated": "2001-01-01T00:00:00Z" } }));
    world.faults(Faults::default().with("/company/companies", When::Always, Fault::Forbidden));
    let report = apply(&scene, false).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    assert!(report.error_text().unwrap().contains("/company/companies"));
    let entries = report.entities.iter().find(|entity| entity.entity == "TimeEntry").unwrap();
    let found = entries.compared.as_ref().unwrap();
    assert_eq!((found.source, found.live, &found.gone[..], &found.missing[..]), (21, 20, &[3][..], &[22][..]));
    assert_eq!(found.quarantined, [21]);
    assert!(found.brought);
    assert_eq!(scene.value("SELECT count(*) FROM gold.fact_timeentry").await, "20", "one gone, one brought");
    // One that is missing, and does not fit when it is fetched, is in quarantine and no longer missing.
    let old = json!({ "lastUpdated": "2001-01-01T00:00:00Z" });
    world.put("TimeEntry", json!({ "id": 23, "actualHours": "no number", "_info": old }));
    let report = apply(&scene, false).await;
    let entries = report.entities.iter().find(|entity| entity.entity == "TimeEntry").unwrap();
    let found = entries.compared.as_ref().unwrap();
    assert_eq!((&found.missing[..], &found.quarantined[..]), (&[][..], &[21, 23][..]));
}

/// Records of the four entities whose lists are compared by a flag; all but the last are too old for any window.
fn put_flagged(scene: &Scene, id: i64) {
    let world = scene.world();
    let stamp = json!({ "lastUpdated": if id < 21 { "2024-01-05T01:00:00Z" } else { "2026-01-05T01:00:00Z" } });
    let kind = json!({ "id": 7, "name": "yÞjónusta" });
    world.put(
        "Company",
        json!({ "id": id, "identifier": format!("f{id}"), "name": "Fyrirtæki", "deletedFlag": false, "_info": stamp }),
    );
    // Absent, and null: not set.
    world.put("Agreement", json!({ "id": id, "name": "Samningur", "type": kind, "_info": stamp }));
    world.put("ProductItem", json!({ "id": id, "cancelledFlag": null, "_info": stamp }));
    world.put("Member", json!({ "id": id, "identifier": format!("m{id}"), "inactiveFlag": false, "_info": stamp }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_is_set_without_a_new_time_of_change_is_found_by_a_comparison() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    (1..=21).for_each(|id| put_flagged(&scene, id));
    scene.full().await;
    let flags = [
        ("Company", "deletedFlag", "SELECT CompanyKey FROM gold.dimcompany WHERE isDeleted"),
        ("Agreement", "cancelledFlag", "SELECT AgreementKey FROM gold.dimagreement WHERE isCancelled"),
        ("ProductItem", "cancelledFlag", "SELECT productItemId FROM gold.fact_productitem WHERE isCancelled"),
        ("Member", "inactiveFlag", "SELECT MemberKey FROM gold.dimmember WHERE inactiveFlag"),
    ];
    for (entity, flag, _) in flags {
        assert!(world.set_quietly(entity, 7, flag, json!(true)));
        // The same in other words is no change.
        assert!(world.set_quietly(entity, 8, flag, if entity == "Company" { Value::Null } else { json!(false) }));
    }
    scene.incremental().await;
    // What a merge leaves of a company comes by no window, however often it is asked for.
    assert_eq!(scene.rows(flags[0].2).await.len(), 0);
    world.clear_requests();
    let report = applied(&scene).await;
    for (entity, _, sql) in flags {
        let compared = report.entities.iter().find(|other| other.entity == entity).unwrap().compared.clone().unwrap();
        assert_eq!((compared.differing.as_slice(), compared.brought), (&[7][..], true), "{entity}");
        assert!(!compared.has_marks() && compared.missing.is_empty(), "{entity}");
        assert_eq!(scene.rows(sql).await, [["7"]], "{entity}");
    }
    let log = world.requests();
    let lists = log.of("/company/companies").filter(|line| line.kind == "list");
    let whole: Vec<&str> = lists.filter_map(|line| line.parameter("conditions")).collect();
    assert!(!whole.is_empty() && whole.iter().all(|condition| condition.contains("id in (7)")), "{whole:?}");
    // Once is enough; and a flag that is taken back comes as well.
    let versions = scene.versions().await;
    applied(&scene).await;
    assert_eq!(scene.versions().await, versions);
    assert!(world.set_quietly("Company", 7, "deletedFlag", json!(false)));
    applied(&scene).await;
    assert_eq!(scene.rows(flags[0].2).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_compares_fetches_what_differs_and_a_record_that_does_not_fit_is_not_gone() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    (1..=21).for_each(|id| put_flagged(&scene, id));
    scene.full().await;
    assert!(world.set_quietly("Company", 7, "deletedFlag", json!(true)));
    // A flag that is none: the record is there, and what bronze has of it stays.
    assert!(world.set_quietly("Company", 9, "deletedFlag", json!({ "no": "flag" })));
    let options = Options { reconcile_days: Some(0), ..Options::default() };
    let report = scene.run(options).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let companies = report.entities.iter().find(|entity| entity.entity == "Company").unwrap();
    let compared = companies.compared.as_ref().unwrap();
    assert_eq!((compared.differing.as_slice(), compared.gone.len(), compared.source), (&[7][..], 0, 21));
    assert_eq!(companies.counts.updated, 1);
    assert_eq!(scene.rows("SELECT CompanyKey FROM gold.dimcompany WHERE isDeleted").await, [["7"]]);
    let columns = "SELECT entity, differing FROM meta.etl_entity_run WHERE differing > 0";
    assert_eq!(scene.rows(columns).await, [["Company", "1"]]);
}

/// What `status --json` says, and its exit status.
async fn status(scene: &Scene, more: &[&str]) -> (u8, Value) {
    let place = scene.lake.display();
    let arguments = [&["connectwise-etl", "status", "--json", "--lakehouse", &place], more].concat();
    let out = Shared::default();
    let mut output = Output::to(Box::new(out.clone()), Box::new(std::io::sink()));
    let code = Cli::parse_from(arguments).execute(&mut output).await.unwrap();
    let text = out.0.lock().unwrap().clone();
    (code, serde_json::from_slice(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn status_knows_what_is_pending_until_it_is_done() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=5 {
        world.put("TimeEntry", json!({ "id": id, "actualHours": 1.0 }));
    }
    scene.full().await;
    world.delete("TimeEntry", 3);
    let pending = |document: &Value| -> Value {
        let rows = document["compared"].as_array().unwrap();
        let row = rows.iter().find(|row| row["entity"] == "TimeEntry");
        row.map_or(Value::Null, |row| row["pendingDeletes"].clone())
    };
    assert_eq!(pending(&status(&scene, &[]).await.1), Value::Null);
    // One of five is more than a tenth: found, and left to a person.
    assert_eq!(apply(&scene, false).await.exit_code(), 3);
    let (code, document) = status(&scene, &["--max-age", "1d"]).await;
    assert_eq!((code, pending(&document)), (0, json!(1)));
    let entities = connectwise_generated::tables::TABLES.len();
    assert_eq!(document["watermarks"].as_array().unwrap().len(), entities);
    assert_eq!(apply(&scene, true).await.exit_code(), 0);
    assert_eq!(pending(&status(&scene, &[]).await.1), json!(0));
    // A reconciliation is no run that monitoring waits for.
    let (code, document) = status(&scene, &["--max-age", "0m"]).await;
    assert_eq!(code, 1, "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_compares_when_it_is_time() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=20 {
        world.put("TimeEntry", json!({ "id": id, "actualHours": 1.0 }));
    }
    scene.full().await;
    world.delete("TimeEntry", 3);
    let start = chrono::Utc::now();
    let on_day = |day: i64| Options {
        reconcile_days: Some(7),
        started: Some(start + chrono::TimeDelta::days(day)),
        ..Options::default()
    };
    let live = "SELECT count(*) FROM gold.fact_timeentry";
    for (day, left) in [(1, "20"), (6, "20"), (7, "19"), (8, "19")] {
        let report = scene.run(on_day(day)).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        assert_eq!(scene.value(live).await, left, "day {day}");
        let compared = report.entities.iter().filter(|entity| entity.compared.is_some()).count();
        // All but the two snapshots.
        assert_eq!(compared, if day == 7 { 12 } else { 0 }, "day {day}");
    }
}
