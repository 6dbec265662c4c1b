//! A full run, changes at the source, incremental runs; and what has to hold after each.

use crate::dims;
use crate::expected::decimal;
use crate::facts::{self, Fact};
use crate::further;
use crate::support::{EMPTY, SMALL, Scene, rows_in};
use connectwise_etl::catalog;
use connectwise_etl::run::{Mode, Options};
use connectwise_simulator::AdvanceRequest;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const ENTITIES: [(&str, &str); 8] = [
    ("Agreement", "cw_agreement"),
    ("Company", "cw_company"),
    ("ExpenseEntry", "cw_expenseentry"),
    ("Invoice", "cw_invoice"),
    ("Member", "cw_member"),
    ("ProductItem", "cw_productitem"),
    ("TimeEntry", "cw_timeentry"),
    ("UnpostedInvoice", "cw_unpostedinvoice"),
];

/// Compares bronze, silver and gold with the simulator's own records.
async fn compare(scene: &Scene, round: &str) {
    let world = scene.world();
    for (entity, table) in ENTITIES {
        let ids: BTreeSet<String> = world.ids(entity).into_iter().map(|id| id.to_string()).collect();
        for (layer, deleted) in [("bronze", "etlDeletedAt"), ("silver", "_etl_deleted_at")] {
            let sql = format!("SELECT id FROM {layer}.{table} WHERE {deleted} IS NULL");
            let rows: Vec<String> = scene.rows(&sql).await.into_iter().map(|mut row| row.remove(0)).collect();
            assert_eq!(rows.len(), ids.len(), "{round}: rows of {layer}.{table}");
            assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), ids, "{round}: ids of {layer}.{table}");
        }
    }
    let day = scene.value("SELECT CAST(CAST(max(\"startedAt\") AS DATE) AS STRING) FROM meta.etl_run").await;
    for dimension in dims::expected(&world, &day).into_iter().chain(further::expected(&world, &day)) {
        compare_rows(scene, round, &dimension).await;
    }
    let mut by_status: BTreeMap<String, i128> = BTreeMap::new();
    for fact in facts::expected(&world) {
        compare_rows(scene, round, &fact).await;
        if fact.table == "fact_timeentry" {
            for (status, hours) in fact.hours_by_status() {
                *by_status.entry(status).or_default() += hours;
            }
        }
    }
    let sums = scene
        .by_key(
            "SELECT effectiveBillingStatus, SUM(actualHours) FROM gold.fact_timeentry GROUP BY effectiveBillingStatus",
        )
        .await;
    let wanted: BTreeMap<String, Vec<String>> =
        by_status.into_iter().map(|(status, hours)| (status, vec![decimal(hours)])).collect();
    assert_eq!(sums, wanted, "{round}: hours by status");
}

/// Compares a table of gold, but for the row of what is unknown, value by value.
async fn compare_rows(scene: &Scene, round: &str, table: &Fact) {
    let Fact { table, key, columns, rows } = table;
    let sql = format!("SELECT {key}, {} FROM gold.{table} WHERE {key} IS NOT NULL", columns.join(", "));
    let gold = scene.by_key(&sql).await;
    assert_eq!(gold.len(), rows.len(), "{round}: rows of {table}");
    for (id, row) in rows {
        let stored = gold.get(id).unwrap_or_else(|| panic!("{round}: {table} lacks {id}"));
        assert_eq!((stored.len(), row.len()), (columns.len(), columns.len()), "{table}");
        for ((column, stored), wanted) in columns.iter().zip(stored).zip(row) {
            assert_eq!(stored, wanted, "{round}: {column} of {id} in {table}");
        }
    }
}

/// Surrogate keys by natural key, for all dimensions.
async fn keys(scene: &Scene) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (table, key, natural) in [
        ("dimcompany", "CompanyKey", "companyId"),
        ("dimmember", "MemberKey", "memberId"),
        ("dimagreement", "AgreementKey", "agreementId"),
        ("dimagreementtype", "AgreementTypeKey", "typeId"),
        ("dimbillablestatus", "BillableStatusKey", "billableOption"),
        ("dimtimeentrystatus", "TimeEntryStatusKey", "status"),
    ] {
        for row in scene.rows(&format!("SELECT {natural}, {key} FROM gold.{table}")).await {
            keys.insert(format!("{table}/{}", row[0]), row[1].clone());
        }
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn incremental_runs_follow_the_source() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    compare(&scene, "full").await;
    let first = keys(&scene).await;
    for round in 1..=3 {
        let summary = scene.world().advance(AdvanceRequest {
            hours: 24.0,
            change: 10,
            add: 6,
            post: 2,
            ..AdvanceRequest::default()
        });
        let report = scene.incremental().await;
        compare(&scene, &format!("round {round}")).await;
        let bronze =
            report.tables.iter().find(|table| table.layer == "bronze" && table.table == "cw_timeentry").unwrap();
        let of = summary.of("TimeEntry");
        assert_eq!(bronze.counts.inserted, of.added.len() as u64, "round {round}");
        assert_eq!(bronze.counts.updated, of.changed.len() as u64, "round {round}");
    }
    let last = keys(&scene).await;
    for (natural, key) in &first {
        assert_eq!(last.get(natural), Some(key), "the key of {natural} moved");
    }
    assert!(last.len() > first.len(), "nothing new came");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_run_marks_what_is_gone() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let gone = scene.world().ids("TimeEntry")[7];
    assert!(scene.world().delete("TimeEntry", gone));
    // An incremental run cannot see it; a full one does.
    scene.incremental().await;
    let live =
        |layer: &str, column: &str| format!("SELECT {column} IS NULL FROM {layer}.cw_timeentry WHERE id = {gone}");
    assert_eq!(scene.value(&live("bronze", "etlDeletedAt")).await, "true");
    scene.full().await;
    assert_eq!(scene.value(&live("bronze", "etlDeletedAt")).await, "false");
    assert_eq!(scene.value(&live("silver", "_etl_deleted_at")).await, "false");
    compare(&scene, "after the deletion").await;
    // The mark does not move with later runs.
    let mark = format!("SELECT etlDeletedAt FROM bronze.cw_timeentry WHERE id = {gone}");
    let first = scene.value(&mark).await;
    scene.full().await;
    assert_eq!(scene.value(&mark).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_changes_nothing() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    scene.incremental().await;
    let versions = scene.versions().await;
    let stamps = "SELECT id, _etl_processed_at, _etl_batch_id FROM silver.cw_timeentry ORDER BY id";
    let before = scene.rows(stamps).await;
    let report = scene.incremental().await;
    assert_eq!(scene.versions().await, versions);
    assert_eq!(scene.rows(stamps).await, before);
    assert!(report.tables.iter().all(|table| !table.counts.any_change()), "{:?}", report.tables);
    // A full run replaces bronze, with the same content: silver and gold stay untouched row by row.
    scene.full().await;
    assert_eq!(scene.rows(stamps).await, before);
    let gold = |versions: &BTreeMap<String, i64>| -> Vec<i64> {
        versions.iter().filter(|(table, _)| table.starts_with("gold")).map(|(_, version)| *version).collect()
    };
    assert_eq!(gold(&scene.versions().await), gold(&versions));
}

#[tokio::test(flavor = "multi_thread")]
async fn incremental_equals_a_rebuild() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    for _ in 0..2 {
        scene.world().advance(AdvanceRequest { hours: 30.0, change: 15, add: 5, post: 2, ..AdvanceRequest::default() });
        scene.incremental().await;
    }
    // What is written once is no function of bronze.
    let computed = connectwise_generated::gold::TABLES.iter().filter(|table| table.written_once.is_none());
    let tables: Vec<&str> = computed.map(|table| table.name).collect();
    let mut incremental = Vec::new();
    for table in &tables {
        incremental.push(scene.rows(&format!("SELECT * FROM gold.{table} ORDER BY 1")).await);
    }
    for layer in ["silver", "gold"] {
        std::fs::remove_dir_all(scene.folder.path().join("lake").join(layer)).unwrap();
    }
    use connectwise_etl::run::Layer;
    let report = scene.run(Options { layers: vec![Layer::Silver, Layer::Gold], ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    for (table, before) in tables.iter().zip(incremental) {
        assert_eq!(scene.rows(&format!("SELECT * FROM gold.{table} ORDER BY 1")).await, before, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_can_be_read() {
    let scene = Scene::new(SMALL).await;
    let before_all = chrono::Utc::now();
    scene.full().await;
    let sql = "SELECT count(*), SUM(actualHours) FROM gold.fact_timeentry";
    let first = scene.rows(sql).await;
    let version = scene.lake.open("gold", "fact_timeentry").await.unwrap().unwrap().version();
    let between = chrono::Utc::now();
    scene.world().advance(AdvanceRequest { hours: 24.0, change: 20, add: 9, ..AdvanceRequest::default() });
    scene.incremental().await;
    let second = scene.rows(sql).await;
    assert_ne!(first, second);

    let at = |time| catalog::register_at_time(&scene.lake, time);
    assert_eq!(rows_in(&at(between).await.unwrap(), sql).await, first);
    assert_eq!(rows_in(&at(chrono::Utc::now()).await.unwrap(), sql).await, second);
    let number = version.unsigned_abs();
    let old = catalog::register_at_version(&scene.lake, "gold", "fact_timeentry", number).await.unwrap();
    assert_eq!(rows_in(&old, sql).await, first);
    // What reads the past changes nothing of the present.
    assert_eq!(scene.rows(sql).await, second);

    let error = at(before_all - chrono::TimeDelta::seconds(1)).await.err().unwrap().to_string();
    assert!(error.contains("there was nothing") && error.contains("its first version is of"), "{error}");
    let error = catalog::register_at_version(&scene.lake, "gold", "fact_timeentry", 99).await.err().unwrap();
    assert!(error.to_string().contains("there is no version 99"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_begins_at_the_watermark_but_never_in_the_future() {
    use chrono::{DateTime, TimeDelta, Utc};
    use connectwise_etl::extract::Window;
    let scene = Scene::new(EMPTY).await;
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc);
    let stamped = |id: i64, at: &str| json!({ "id": id, "actualHours": 1.0, "_info": { "lastUpdated": at } });
    scene.world().put("TimeEntry", stamped(1, "2026-01-05T06:00:00Z"));
    scene.full().await;
    let entry = connectwise_generated::tables::by_entity("TimeEntry").unwrap();
    let window = |now: DateTime<Utc>, options: Options| {
        let lake = scene.lake.clone();
        async move { connectwise_etl::run::window_of(&lake, &options, now, entry).await.unwrap() }
    };
    let days = |days| TimeDelta::days(days);
    let newest = instant("2026-01-05T06:00:00Z");
    // The next day, and after a year in which nothing ran: what was not read yet is in it.
    for now in [newest + days(1), newest + days(365)] {
        assert_eq!(window(now, Options::default()).await, Window::Since(newest - days(30)));
    }
    let seven = Options { lookback_days: Some(7), ..Options::default() };
    assert_eq!(window(newest + days(1), seven).await, Window::Since(newest - days(7)));
    let since = Options { since: Some(newest - days(400)), ..Options::default() };
    assert_eq!(window(newest, since).await, Window::Since(newest - days(400)));
    assert_eq!(window(newest, Options { mode: Mode::Full, ..Options::default() }).await, Window::Everything);

    // A server whose clock is wrong stamps a record in the future: that must not hide what comes before it, not even
    // when nothing runs for a year after that.
    scene.world().put("TimeEntry", stamped(2, "2099-01-01T00:00:00Z"));
    let started = newest + days(3);
    let report = scene.run(Options { started: Some(started), ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    for now in [started + days(1), started + days(365)] {
        assert_eq!(window(now, Options::default()).await, Window::Since(started - days(30)));
    }
    // A run that is told an earlier time than the watermark's does not trust it either.
    assert_eq!(window(newest, Options::default()).await, Window::Since(newest - days(30)));
}
