//! The values of custom fields that are passwords: in no file, answer or table, from the first record on, or from the next
//! run on where an earlier version stored them.

use crate::personal::{clear_away, found};
use crate::support::{EMPTY, Scene};
use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringArray, StructArray};
use connectwise_etl::catalog;
use connectwise_etl::run::Options;
use connectwise_etl::run::replay::replay;
use connectwise_etl::staging;
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use std::sync::Arc;

/// The value of every password here, and of nothing else.
const SECRET: &str = "hunter2-of-the-vault";

fn agreement(id: i64, kind: &str) -> Value {
    json!({
        "id": id, "name": "Samningur",
        "customFields": [
            { "id": 1, "caption": "Vault", "value": SECRET, "type": kind },
            { "id": 2, "caption": "Number", "type": "Text", "value": format!("S-{id}") },
        ],
        "_info": { "lastUpdated": "2026-01-02T08:00:00Z" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_password_is_anywhere() {
    let scene = Scene::new(EMPTY).await;
    scene.world().put("Agreement", agreement(1, "Password"));
    scene.world().put("Agreement", json!({ "id": 2, "name": "Undir", "parentAgreement": { "id": 1 } }));
    let vault = json!({ "type": "PASSWORD", "value": SECRET, "kept": "a new thing" });
    let entry = |id: i64, hours: Value| {
        json!({
            "id": id, "actualHours": hours, "timeStart": "2026-01-02T08:00:00Z", "notes": "a note",
            "customFields": [{ "Value": SECRET, "id": 1, "Type": "password" }], "vault": [vault],
            "_info": { "lastUpdated": "2026-01-02T08:00:00Z" },
        })
    };
    scene.world().put("TimeEntry", entry(1, json!(1)));
    scene.world().put("TimeEntry", entry(2, json!("tveir")));
    scene.full().await;
    let replayed = replay(&scene.lake, &Options::default()).await.unwrap();
    scene.incremental().await;

    let folder = scene.folder.path().join("lake");
    assert!(found(&folder, "a new thing", &scene.lake).await.is_some(), "what is stored can be found");
    assert_eq!(found(&folder, SECRET, &scene.lake).await, None, "it is in a file of the lakehouse");
    for file in ["known/TimeEntry.arrow", "known/Agreement.arrow"] {
        let bytes = std::fs::read(staging::place(&scene.lake).join(file)).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{file}");
    }
    assert!(!format!("{replayed:?}").contains(SECRET));
    let fields = scene.rows("SELECT id, caption, type, value FROM silver.cw_agreement_customfields ORDER BY 1").await;
    assert_eq!(fields, [["1", "Vault", "Password", "∅"], ["2", "Number", "Text", "S-1"]]);
    let numbers = "SELECT agreementNumber FROM gold.dimagreement WHERE agreementId > 0";
    assert_eq!(scene.rows(numbers).await, [["S-1"], ["S-1"]], "no password is a number");
    let quarantine = scene.rows("SELECT recordId, rawJson FROM bronze.cw_quarantine").await;
    assert!(quarantine[0][0] == "2" && quarantine[0][1].contains(r#""Type":"password""#), "{quarantine:?}");

    let lists = [
        scene.client.list_at("/time/entries"),
        scene.client.list_at("/time/entries").fields(["id", "vault", "customFields/value"]).unwrap(),
        scene.client.list_at("/finance/agreements").fields(["customFields/value"]).unwrap(),
    ];
    for list in lists {
        let records: Vec<_> = list.records().try_collect().await.unwrap();
        assert_eq!(records.len(), 2);
        assert!(records.iter().all(|record| !String::from_utf8_lossy(record).contains(SECRET)), "{records:?}");
    }
}

/// Says that the custom fields of this type are of that one.
fn retyped(rows: &RecordBatch, from: &str, to: &str) -> RecordBatch {
    let place = rows.schema().index_of("customFields").unwrap();
    let list: &ListArray = rows.column(place).as_list();
    let items = list.values().as_struct();
    let columns = items.fields().iter().zip(items.columns()).map(|(field, column)| {
        if field.name() != "type" {
            return Arc::clone(column);
        }
        let texts = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).unwrap();
        let texts = texts.as_string::<i32>().iter().map(|text| if text == Some(from) { Some(to) } else { text });
        arrow::compute::cast(&texts.collect::<StringArray>(), field.data_type()).unwrap()
    });
    let items = StructArray::new(items.fields().clone(), columns.collect(), items.nulls().cloned());
    let arrow::datatypes::DataType::List(field) = list.data_type() else { panic!("{}", list.data_type()) };
    let list = ListArray::new(Arc::clone(field), list.offsets().clone(), Arc::new(items), list.nulls().cloned());
    let mut columns = rows.columns().to_vec();
    columns[place] = Arc::new(list) as ArrayRef;
    RecordBatch::try_new(rows.schema(), columns).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_version_stored_goes_with_the_next_run() {
    let scene = Scene::new(EMPTY).await;
    // As an earlier version stored them: read as texts, and called passwords afterwards. They are no more at the source,
    // or are not read again.
    scene.world().put("Agreement", agreement(1, "Formerly"));
    scene.world().put("Agreement", agreement(2, "Text"));
    let mut odd = agreement(3, "Formerly");
    odd["billAmount"] = json!("much");
    scene.world().put("Agreement", odd);
    scene.full().await;
    for id in 1..=3 {
        scene.world().delete("Agreement", id);
    }
    let lake = &scene.lake;
    let mut bronze = lake.open("bronze", "cw_agreement").await.unwrap().unwrap();
    let rows = bronze.frame().unwrap().collect().await.unwrap();
    let rows: Vec<RecordBatch> = rows.iter().map(|rows| retyped(rows, "Formerly", "Password")).collect();
    let rows = lake.context().read_batches(rows).unwrap();
    bronze.overwrite(rows, None, &[("noPasswords".to_owned(), 0)]).await.unwrap();
    let mut quarantine = lake.open("bronze", "cw_quarantine").await.unwrap().unwrap();
    let called = "SELECT entity, recordId, path, reason, replace(rawJson, 'Formerly', 'Password') AS rawJson, \
                  etlTimestamp, etlRunId FROM bronze.cw_quarantine";
    let rows = catalog::register(lake).await.unwrap().sql(called).await.unwrap().collect().await.unwrap();
    quarantine.overwrite(lake.context().read_batches(rows).unwrap(), None, &[]).await.unwrap();
    let numbers = "SELECT agreementNumber FROM gold.dimagreement WHERE agreementId > 0 ORDER BY agreementId";
    assert_eq!(scene.rows(numbers).await, [[SECRET], [SECRET]]);

    scene.incremental().await;
    let child = "SELECT parentId, id, value FROM silver.cw_agreement_customfields ORDER BY 1, 2";
    let fields = scene.rows(child).await;
    assert_eq!(fields, [["1", "1", "∅"], ["1", "2", "S-1"], ["2", "1", SECRET], ["2", "2", "S-2"]]);
    assert_eq!(scene.rows(numbers).await, [["S-1"], [SECRET]]);
    let raw = scene.rows("SELECT recordId, reason, rawJson FROM bronze.cw_quarantine").await;
    assert!(raw.len() == 1 && raw[0][1].contains("much") && raw[0][2].contains("\"Password\""), "{raw:?}");
    assert!(!raw[0][2].contains(SECRET), "{raw:?}");
    for layer in ["bronze", "silver"] {
        let holding = format!("SELECT id FROM {layer}.cw_agreement WHERE \"customFields\"[1]['value'] IS NOT NULL");
        assert_eq!(scene.rows(&holding).await, [["2"]], "{layer}");
    }

    // Done once.
    let versions = scene.versions().await;
    scene.incremental().await;
    assert_eq!(scene.versions().await, versions);
    clear_away(lake).await;
    assert_eq!(scene.rows(child).await, fields);
}
