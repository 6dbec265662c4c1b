//! Records that do not fit, properties that nobody knows, and secrets.

use crate::support::{EMPTY, SMALL, Scene};
use connectwise_etl::run::{Mode, Options};
use connectwise_simulator::AdvanceRequest;
use serde_json::json;

fn entry(id: i64, hours: serde_json::Value) -> serde_json::Value {
    json!({ "id": id, "actualHours": hours, "timeStart": "2026-01-02T08:00:00Z", "billableOption": "Billable" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misfit_goes_to_quarantine_and_the_run_goes_on() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("TimeEntry", entry(1, json!(1)));
    world.put("TimeEntry", entry(2, json!(2)));
    scene.full().await;

    world.advance(AdvanceRequest { hours: 1.0, ..AdvanceRequest::default() });
    world.put("TimeEntry", entry(2, json!("tveir")));
    world.put("TimeEntry", entry(3, json!(3)));
    let report = scene.incremental().await;
    assert_eq!(report.entities.iter().map(|entity| entity.quarantined).sum::<u64>(), 1);
    let quarantine = "SELECT entity, recordId, path, reason, rawJson FROM bronze.cw_quarantine";
    let rows = scene.rows(quarantine).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][..3], ["TimeEntry", "2", "actualHours"]);
    assert!(rows[0][3].contains("tveir"), "{}", rows[0][3]);
    assert!(rows[0][4].contains(r#""actualHours":"tveir""#), "{}", rows[0][4]);
    // The earlier, good version stays; also through a full run.
    let hours = "SELECT SUM(actualHours) FROM gold.fact_timeentry";
    assert_eq!(scene.value(hours).await, "6.0000");
    scene.full().await;
    assert_eq!(scene.value(hours).await, "6.0000");
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_timeentry WHERE etlDeletedAt IS NULL").await, "3");
    assert_eq!(scene.rows(quarantine).await.len(), 1, "the same record stands there once");

    world.advance(AdvanceRequest { hours: 1.0, ..AdvanceRequest::default() });
    world.put("TimeEntry", entry(2, json!("2.5")));
    scene.incremental().await;
    assert_eq!(scene.value(hours).await, "6.5000");
    assert!(scene.rows(quarantine).await.is_empty(), "a record that was read well leaves the quarantine");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_misfits_fail_the_entity_and_a_few_never_do() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("Company", json!({ "id": 1, "name": "Eitt ehf." }));
    let put = |ids: std::ops::RangeInclusive<i64>, hours: serde_json::Value| {
        for id in ids {
            world.put("TimeEntry", entry(id, hours.clone()));
        }
    };
    put(1..=99, json!("margir"));
    put(100..=198, json!(1));
    // Ninety-nine of twice as many are half of them, and too few to count. A check warns of them.
    scene.full().await;
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_timeentry").await, "99");
    let warned = "SELECT passed, severity, detail FROM meta.etl_check WHERE \"check\" = 'quarantine/TimeEntry'";
    let detail = "99 of 198 records that were read do not fit, more than 1 %: look at bronze.cw_quarantine";
    assert_eq!(scene.rows(warned).await, [["false", "warning", detail]]);
    let quiet = "SELECT DISTINCT passed, detail FROM meta.etl_check WHERE \"check\" = 'quarantine/Company'";
    assert_eq!(scene.rows(quiet).await, [["true", "0 of 1 records that were read do not fit"]]);

    // A tenth may be; one more may not.
    put(199..=990, json!(1));
    put(100..=100, json!("margir"));
    let versions = scene.versions().await;
    let full = || Options { mode: Mode::Full, ..Options::default() };
    let report = scene.run(full()).await;
    assert_eq!(report.exit_code(), 3, "{:?}", report.error_text());
    let text = report.error_text().unwrap();
    assert!(text.contains("TimeEntry: 100 of 990 records") && text.contains("--max-quarantined"), "{text}");
    let after = scene.versions().await;
    for table in ["bronze/cw_timeentry", "silver/cw_timeentry", "bronze/cw_quarantine"] {
        assert_eq!(after[table], versions[table], "{table}");
    }
    assert_ne!(after["bronze/cw_company"], versions["bronze/cw_company"], "the others go on");

    // Exactly the share is allowed.
    let report = scene.run(Options { max_quarantined: Some(10.2), ..full() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    put(991..=1000, json!(1));
    scene.full().await;
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_quarantine").await, "100");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_properties_are_kept() {
    let scene = Scene::new(EMPTY).await;
    let mut record = entry(1, json!(1.0));
    record["brandNew"] = json!({ "deep": [1, 2] });
    record["company"] = json!({ "id": 3, "name": "Nýtt", "newThing": true });
    record["customFields"] = json!([{ "id": 1, "caption": "x", "value": 5, "hint": "?" }]);
    scene.world().put("TimeEntry", record);
    let report = scene.full().await;
    let unknown = scene.value("SELECT _unknown FROM bronze.cw_timeentry").await;
    let unknown: serde_json::Value = serde_json::from_str(&unknown).unwrap();
    assert_eq!(
        unknown,
        json!({ "brandNew": { "deep": [1, 2] }, "company/newThing": true, "customFields/0/hint": "?" })
    );
    let entity = report.entities.iter().find(|entity| entity.entity == "TimeEntry").unwrap();
    assert_eq!(
        entity.unknown_fields.keys().collect::<Vec<_>>(),
        ["brandNew", "company/newThing", "customFields/*/hint"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_convert_without_loss_are_converted() {
    let scene = Scene::new(EMPTY).await;
    let record = json!({
        "id": 1.0,
        "company": { "id": "11", "name": 12 },
        "actualHours": "12.50",
        "hoursBilled": "",
        "invoiceFlag": "true",
        "hourlyCost": 10800.0,
        "timeStart": "2026-01-02T08:00:00.1234567Z",
        "timeEnd": "",
    });
    scene.world().put("TimeEntry", record);
    scene.full().await;
    let row = scene
        .rows("SELECT id, companyId, companyName, actualHours, hoursBilled, invoiceFlag, timeStart, timeEnd FROM silver.cw_timeentry")
        .await
        .remove(0);
    assert_eq!(row, ["1", "11", "12", "12.5", "∅", "true", "2026-01-02T08:00:00.123456Z", "∅"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_not_asked_for_and_not_kept() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let marked = scene.world().records("Member").filter(|record| record.to_string().contains("SECRET")).count();
    assert!(marked > 0, "the source has secrets");
    for column in ["password", "token", "clientId"] {
        let count = format!(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'cw_member' AND column_name = '{column}'"
        );
        assert_eq!(scene.value(&count).await, "0", "{column}");
    }
    let requests = scene.world().requests();
    let lists: Vec<_> = requests.of("/system/members").filter(|line| line.kind == "list").collect();
    assert!(!lists.is_empty());
    for line in lists {
        let fields: Vec<&str> = line.parameter("fields").expect("a list of fields").split(',').collect();
        for name in ["password", "token", "clientId"] {
            assert!(!fields.contains(&name), "{name} is asked for: {}", line.query);
        }
        assert!(line.query.len() < 1_900, "an address of more than {} characters", line.query.len());
    }
    // Nor are they in any file, name or value, however it is compressed: read every text back.
    let context = connectwise_etl::catalog::register(&scene.lake).await.unwrap();
    for layer in ["bronze", "silver"] {
        let batches = context.sql(&format!("SELECT * FROM {layer}.cw_member")).await.unwrap().collect().await.unwrap();
        let text = arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
        assert!(!text.contains("SECRET"), "{layer}");
    }
}
