//! Records that the source does not show, that are back, and that fit no table: what lives, and what is on record.

use crate::support::{EMPTY, Scene};
use connectwise_etl::run::replay::replay;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_simulator::{Fault, Faults, When};
use datafusion::logical_expr::{ident, lit, when};
use datafusion::scalar::ScalarValue;
use serde_json::{Value, json};

const LONG_AGO: &str = "2024-01-01T00:00:00Z";

fn entry(id: i64, hours: Value, at: &str) -> Value {
    json!({ "id": id, "actualHours": hours, "_info": { "lastUpdated": at } })
}

/// What changed after everything else: windows begin shortly before.
const LATELY: &str = "2026-01-04T00:00:00Z";

fn company(id: i64, name: &str) -> Value {
    json!({ "id": id, "name": name, "_info": { "lastUpdated": if id == 1 { LATELY } else { LONG_AGO } } })
}

async fn full(scene: &Scene, force: bool) -> RunReport {
    scene.run(Options { mode: Mode::Full, force, ..Options::default() }).await
}

/// What is marked as deleted in bronze, silver and, by its name there, in gold.
async fn deleted_companies(scene: &Scene) -> [String; 3] {
    let [bronze, silver, gold] = [
        "bronze.cw_company WHERE etlDeletedAt IS NOT NULL",
        "silver.cw_company WHERE _etl_deleted_at IS NOT NULL",
        "gold.dimcompany WHERE isDeleted",
    ]
    .map(|rows| format!("SELECT count(*) FROM {rows}"));
    [scene.value(&bronze).await, scene.value(&silver).await, scene.value(&gold).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_shows_nothing_any_more_deletes_nothing_unasked_and_all_lives_when_it_is_back() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=3 {
        world.put("Company", company(id, "Eitt ehf."));
    }
    for id in 1..=2 {
        world.put("Member", json!({ "id": id, "identifier": format!("M{id}") }));
        world.put("UnpostedInvoice", json!({ "id": id, "invoiceNumber": format!("{id}") }));
    }
    scene.full().await;
    let lost = Faults::default().blind("/company/companies").blind("/finance/accounting/unpostedinvoices");
    world.faults(lost);
    // One of two is ordinary.
    world.delete("Member", 2);
    let report = full(&scene, false).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    let text = report.error_text().unwrap();
    assert!(text.contains("Company: 3 of 3 live rows are gone") && text.contains("--force"), "{text}");
    assert_eq!(deleted_companies(&scene).await, ["0", "0", "0"]);
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_member WHERE etlDeletedAt IS NULL").await, "1");
    // A snapshot is what it is now: when all invoices are posted, none is unposted.
    let unposted = "SELECT count(*) FROM bronze.cw_unpostedinvoice";
    assert_eq!(scene.value(unposted).await, "0");
    let report = scene.run(Options { mode: Mode::Reconcile, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    assert_eq!(deleted_companies(&scene).await, ["0", "0", "0"]);

    let report = full(&scene, true).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(deleted_companies(&scene).await, ["3", "3", "3"]);
    // The right is back, and no record says that it changed: one was renamed all the same, one is gone for good.
    world.faults(Faults::default());
    world.put("Company", company(2, "Tvö ehf."));
    world.delete("Company", 3);
    let report = scene.incremental().await;
    let companies = report.entities.iter().find(|entity| entity.entity == "Company").unwrap();
    assert_eq!((companies.counts.updated, companies.counts.deleted), (2, 0));
    assert_eq!(deleted_companies(&scene).await, ["1", "1", "1"]);
    let names = "SELECT companyId, companyName FROM gold.dimcompany WHERE NOT isDeleted AND CompanyKey > 0 ORDER BY 1";
    assert_eq!(scene.rows(names).await, [["1", "Eitt ehf."], ["2", "Tvö ehf."]]);
    assert_eq!(scene.value(unposted).await, "2");
    let versions = scene.versions().await;
    scene.incremental().await;
    assert_eq!(scene.versions().await, versions, "nothing is back: nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_can_be_asked_for_one_by_one_come_back_too() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=2_100 {
        world.put("TimeEntry", entry(id, json!(1), if id == 1 { LATELY } else { LONG_AGO }));
    }
    let bronze = |mode, force| {
        let (layers, entities) = (vec![Layer::Bronze], vec!["TimeEntry".to_owned()]);
        Options { mode, force, layers, entities, ..Options::default() }
    };
    scene.run(bronze(Mode::Full, false)).await;
    world.faults(Faults::default().blind("/time/entries"));
    scene.run(bronze(Mode::Full, true)).await;
    let live = "SELECT count(*) FROM bronze.cw_timeentry WHERE etlDeletedAt IS NULL";
    assert_eq!(scene.value(live).await, "0");
    scene.world().clear_requests();
    assert_eq!(scene.run(bronze(Mode::Incremental, false)).await.exit_code(), 0);
    let requests = scene.world().requests().of("/time/entries").count();
    assert!(requests < 10, "{requests} requests to see that nothing is back");
    world.faults(Faults::default());
    let report = scene.run(bronze(Mode::Incremental, false)).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value(live).await, "2100");
}

/// Twenty entries of an hour each, of which one is marked as deleted.
async fn with_one_deleted() -> Scene {
    let scene = Scene::new(EMPTY).await;
    for id in 1..=20 {
        scene.world().put("TimeEntry", entry(id, json!(1), if id == 1 { LATELY } else { LONG_AGO }));
    }
    scene.full().await;
    scene.world().delete("TimeEntry", 7);
    let report = scene.run(Options { mode: Mode::Reconcile, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value(HOURS).await, "19.0000");
    scene
}

const HOURS: &str = "SELECT SUM(actualHours) FROM gold.fact_timeentry";
const QUARANTINED: &str = "SELECT recordId, path FROM bronze.cw_quarantine";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_back_and_does_not_fit_lives_as_it_last_fitted() {
    for (mode, at) in [
        (Mode::Full, LONG_AGO),
        (Mode::Incremental, LONG_AGO),
        (Mode::Incremental, "2026-01-05T00:00:00Z"),
        (Mode::Reconcile, LONG_AGO),
    ] {
        let scene = with_one_deleted().await;
        scene.world().put("TimeEntry", entry(7, json!("margir"), at));
        let report = scene.run(Options { mode, ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{mode:?}: {:?}", report.error_text());
        assert_eq!(scene.value(HOURS).await, "20.0000", "{mode:?}, changed {at}");
        assert_eq!(scene.rows(QUARANTINED).await, [["7", "actualHours"]], "{mode:?}, changed {at}");
        let entries = report.entities.iter().find(|entity| entity.entity == "TimeEntry").unwrap();
        assert_eq!((entries.counts.updated, entries.counts.deleted), (1, 0), "{mode:?}, changed {at}");
    }
}

/// Says of a row of bronze that it is marked as deleted since some day, as an earlier version may have left it.
async fn mark(scene: &Scene, id: i64, day: &str) {
    let at = day.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros();
    let mut table = scene.lake.open("bronze", "cw_timeentry").await.unwrap().unwrap();
    let columns = table.schema().unwrap();
    let columns = columns.fields().iter().map(|field| match field.name().as_str() {
        "etlDeletedAt" => {
            when(ident("id").eq(lit(id)), lit(ScalarValue::TimestampMicrosecond(Some(at), Some("UTC".into()))))
                .otherwise(ident("etlDeletedAt"))
                .unwrap()
                .alias("etlDeletedAt")
        }
        name => ident(name),
    });
    let rows = table.frame().unwrap().select(columns.collect::<Vec<_>>()).unwrap();
    table.overwrite(rows, None, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_revives_what_was_put_aside_after_it_was_marked_and_nothing_else() {
    let scene = with_one_deleted().await;
    scene.world().put("TimeEntry", entry(7, json!("margir"), LONG_AGO));
    scene.full().await;
    for (day, hours) in [("2100-01-01T00:00:00Z", "19.0000"), ("2025-01-01T00:00:00Z", "20.0000")] {
        mark(&scene, 7, day).await;
        let report = scene.run(Options { layers: vec![Layer::Silver, Layer::Gold], ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        assert_eq!(scene.value(HOURS).await, "19.0000");
        let report = replay(&scene.lake, &Options::default()).await.unwrap();
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        assert_eq!(scene.value(HOURS).await, hours, "marked on {day}");
        assert_eq!(scene.rows(QUARANTINED).await, [["7", "actualHours"]]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misfit_is_known_by_its_id_however_that_is_written() {
    let scene = with_one_deleted().await;
    scene.world().put("TimeEntry", json!({ "id": 9.0, "actualHours": "margir" }));
    let report = full(&scene, false).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value(HOURS).await, "19.0000");
    assert_eq!(scene.rows(QUARANTINED).await, [["9", "actualHours"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_whose_key_is_not_positive_are_put_aside_with_the_reason() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in [-1, 0, 1] {
        world.put("Company", company(id, "Núll ehf."));
        world.put("UnpostedInvoice", json!({ "id": id }));
    }
    world.put("TimeEntry", json!({ "id": -5, "company": { "id": 1, "name": "Núll ehf." }, "actualHours": 2 }));
    // Where the count is off once, what was read is compared with all ids: none of them is lost by that.
    let miscounted = Faults::default().with_kind("/company", "count", When::Next(1), Fault::WrongCount { by: 1 });
    world.faults(miscounted);
    let put_aside = "SELECT entity, recordId, path, reason FROM bronze.cw_quarantine ORDER BY entity, recordId";
    let reason = |id: &str| format!("found {id}, expected a positive whole number");
    let wanted: Vec<Vec<String>> =
        [("Company", "-1"), ("Company", "0"), ("TimeEntry", "-5"), ("UnpostedInvoice", "-1"), ("UnpostedInvoice", "0")]
            .map(|(entity, id)| vec![entity.to_owned(), id.to_owned(), "id".to_owned(), reason(id)])
            .into();
    for mode in [Mode::Full, Mode::Incremental, Mode::Reconcile, Mode::Full] {
        let report = scene.run(Options { mode, ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{mode:?}: {:?}", report.error_text());
        assert_eq!(scene.rows(put_aside).await, wanted, "{mode:?}");
        for table in ["bronze.cw_company", "silver.cw_company", "bronze.cw_unpostedinvoice"] {
            assert_eq!(scene.rows(&format!("SELECT id FROM {table}")).await, [["1"]], "{mode:?}: {table}");
        }
        let companies = "SELECT CompanyKey, companyName FROM gold.dimcompany ORDER BY 1";
        assert_eq!(scene.rows(companies).await, [["-1", "Unknown"], ["1", "Núll ehf."]], "{mode:?}");
        let missing = report.entities.iter().filter_map(|entity| entity.compared.as_ref());
        assert!(missing.clone().all(|found| found.missing.is_empty()), "{mode:?}: {:?}", missing.collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_read_has_pages_on_record_also_where_it_is_empty() {
    let scene = Scene::new(EMPTY).await;
    scene.world().put("UnpostedInvoice", json!({ "id": 1 }));
    scene.full().await;
    scene.world().delete("UnpostedInvoice", 1);
    scene.incremental().await;
    let pages = "SELECT count(*), SUM(CASE WHEN pages < 1 THEN 1 ELSE 0 END) FROM meta.etl_entity_run";
    // Below no agreement there are no lists.
    assert_eq!(scene.rows(pages).await, [["28", "4"]]);
}
