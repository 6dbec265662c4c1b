//! What is personal: hashed or left out in every file, answer, error and log, from the first record on, or from the day
//! on which it is declared.

use crate::logged::Logged;
use crate::support::{EMPTY, Scene, rows_in};
use clap::Parser as _;
use connectwise_etl::catalog;
use connectwise_etl::cli::{Cli, Output};
use connectwise_etl::client::List;
use connectwise_etl::conditions::field;
use connectwise_etl::lake::{Lakehouse, Layout, Table as LakeTable};
use connectwise_etl::run::replay::replay_tables;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{Mode, Options, run_tables};
use connectwise_etl::staging;
use connectwise_generated::tables::{TABLES, time_entry};
use connectwise_runtime::{Field, HashKey, Kind, Source, Table};
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use std::path::Path;

/// In every text of a person here, and nowhere else.
const PERSON: &str = "persona-grata";
const HASHED: &[&str] = &["enteredBy", "member/name", "customFields/caption", "_info/updatedBy"];
const EXCLUDED: &[&str] = &["emailCc", "timeSheet/name", "customFields/type"];

fn key() -> Option<HashKey> {
    Some(HashKey::new(b"the key of this lakehouse"))
}

fn hash(text: &str) -> String {
    key().unwrap().hash(text)
}

fn leak<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

/// A shape with what a path leads to marked, as the generator marks it.
fn marked(fields: &'static [Field], path: &[&str], mark: Kind) -> &'static [Field] {
    fn inside(kind: Kind, rest: &[&str], mark: Kind) -> Kind {
        match kind {
            Kind::List(item) if mark == Kind::Hashed || !rest.is_empty() => {
                Kind::List(Box::leak(Box::new(inside(*item, rest, mark))))
            }
            Kind::Struct(fields) if !rest.is_empty() => Kind::Struct(marked(fields, rest, mark)),
            // A key of a map is in no shape.
            Kind::Map if !rest.is_empty() => Kind::Map,
            _ => mark,
        }
    }
    let (first, rest) = path.split_first().unwrap();
    assert!(fields.iter().any(|field| field.name == *first), "{first} is no property");
    let mark_field = |field: &Field| match field.name == *first {
        true => Field { kind: inside(field.kind, rest, mark), ..*field },
        false => *field,
    };
    leak(fields.iter().map(mark_field).collect())
}

/// The time entry's table, as the generator makes it where this is personal.
fn personal(hashed: &'static [&'static str], excluded: &'static [&'static str]) -> &'static Table {
    let mut table = Table { hashed, excluded, ..time_entry::TABLE };
    for (paths, mark) in [(hashed, Kind::Hashed), (excluded, Kind::Sensitive)] {
        for path in paths {
            table.shape = marked(table.shape, &path.split('/').collect::<Vec<_>>(), mark);
        }
    }
    let is_left_out =
        |source: Source| matches!(source, Source::Path(path) if excluded.contains(&path.join("/").as_str()));
    table.silver = leak(table.silver.iter().filter(|column| !is_left_out(column.source)).copied().collect());
    let of_children = |child: &connectwise_runtime::Child| {
        let gone = |path: &[&str]| excluded.contains(&format!("{}/{}", child.list, path.join("/")).as_str());
        let columns = child.columns.iter().filter(|column| !matches!(column.source, Source::Path(path) if gone(path)));
        connectwise_runtime::Child { columns: leak(columns.copied().collect()), ..*child }
    };
    table.children = leak(table.children.iter().map(of_children).collect());
    connectwise_runtime::check(Box::leak(Box::new(table))).unwrap();
    Box::leak(Box::new(table))
}

/// The generated tables with that one in the place of its own.
fn tables() -> Vec<&'static Table> {
    let own = personal(HASHED, EXCLUDED);
    TABLES.iter().map(|table| if table.entity == own.entity { own } else { table }).collect()
}

fn entry(id: i64, hours: Value) -> Value {
    let text = |what: &str| format!("{PERSON} {what}");
    json!({
        "id": id, "actualHours": hours, "timeStart": "2026-01-02T08:00:00Z", "billableOption": "Billable",
        "notes": "a note", "enteredBy": text("anna"), "emailCc": text("cc"),
        "member": { "id": 3, "identifier": "am", "name": text("anna") },
        "timeSheet": { "id": 9, "name": text("sheet") },
        "customFields": [{ "id": 1, "caption": text("caption"), "type": text("type"), "value": "plain" }],
        "_info": { "lastUpdated": "2026-01-02T08:00:00Z", "updatedBy": text("anna") },
    })
}

async fn run_of(scene: &Scene, lake: &Lakehouse, mode: Mode) -> connectwise_etl::Result<RunReport> {
    run_tables(Some(&scene.client), lake, &Options { mode, ..Options::default() }, &tables()).await
}

async fn whole_run(scene: &Scene, lake: &Lakehouse, mode: Mode) -> RunReport {
    let report = run_of(scene, lake, mode).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    report
}

/// A lakehouse of its own beside the scene's, with the key.
fn keyed(scene: &Scene, key: Option<HashKey>) -> Lakehouse {
    let place = scene.folder.path().join("keyed").display().to_string();
    catalog::open(&place, Layout::Schemas).unwrap().with_hash_key(key)
}

/// Whether a text is in a file of a folder: in its bytes, or in its rows where it is Parquet.
pub(crate) async fn found(folder: &Path, text: &str, lake: &Lakehouse) -> Option<String> {
    let mut folders = vec![folder.to_owned()];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            looked += 1;
            let bytes = std::fs::read(&path).unwrap();
            let mut holds = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            if path.extension().is_some_and(|end| end == "parquet") {
                let frame = lake.context().read_parquet(path.to_str().unwrap(), Default::default()).await.unwrap();
                let rows = frame.collect().await.unwrap();
                holds |= arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string().contains(text);
            }
            if holds {
                return Some(path.display().to_string());
            }
        }
    }
    assert!(looked > 20, "only {looked} files");
    None
}

async fn rows(lake: &Lakehouse, sql: &str) -> Vec<Vec<String>> {
    rows_in(&catalog::register(lake).await.unwrap(), sql).await
}

// One thread, so that the log is this test's own.
#[tokio::test(flavor = "current_thread")]
async fn no_text_of_a_person_is_anywhere() {
    let log = Logged::start();
    let scene = Scene::new(EMPTY).await;
    let lake = keyed(&scene, key());
    scene.world().put("TimeEntry", entry(1, json!(1)));
    scene.world().put("TimeEntry", entry(2, json!("tveir")));
    let mut odd = entry(3, json!(3));
    odd["member"] = json!(format!("{PERSON} instead of an object"));
    scene.world().put("TimeEntry", odd);
    let first = whole_run(&scene, &lake, Mode::Full).await;
    assert!(found(&scene.folder.path().join("keyed"), "a note", &lake).await.is_some(), "it can be found");

    let hashes = ["anna", "caption"].map(|what| hash(&format!("{PERSON} {what}")));
    let [anna, caption] = hashes.each_ref().map(String::as_str);
    let bronze = "SELECT \"enteredBy\", member['name'], \"customFields\"[1]['caption'], _info['updatedBy'], \
                  \"customFields\"[1]['value'] FROM bronze.cw_timeentry";
    assert_eq!(rows(&lake, bronze).await, [[anna, anna, caption, anna, "plain"]]);
    let silver = "SELECT \"enteredBy\", \"memberName\", \"infoUpdatedBy\" FROM silver.cw_timeentry";
    assert_eq!(rows(&lake, silver).await, [[anna, anna, anna]]);
    assert_eq!(rows(&lake, "SELECT caption FROM silver.cw_timeentry_customfields").await, [[caption]]);
    assert_eq!(rows(&lake, "SELECT \"enteredBy\" FROM gold.fact_timeentry").await, [[anna]]);
    let quarantine =
        rows(&lake, "SELECT \"recordId\", path, reason, \"rawJson\" FROM bronze.cw_quarantine ORDER BY 1").await;
    assert_eq!(
        quarantine[0][..3],
        ["2", "actualHours", "found the text \"tveir\", expected a number that a double can hold"]
    );
    assert!(quarantine[0][3].contains(&format!("\"enteredBy\":\"hmac-sha256:{anna}\"")), "{}", quarantine[0][3]);
    assert_eq!(quarantine[1][..3], ["3", "member", "found a text, expected an object"]);

    // The same records have the same hashes: nothing changed.
    let version =
        |lake: Lakehouse| async move { lake.open("bronze", "cw_timeentry").await.unwrap().unwrap().version() };
    let before = version(lake.clone()).await;
    let second = whole_run(&scene, &lake, Mode::Incremental).await;
    assert_eq!(version(lake.clone()).await, before);

    // A record that fits after all has the hash that it would have had, not the hash of a hash.
    let session = catalog::register(&lake).await.unwrap();
    let repaired = "SELECT entity, \"recordId\", path, reason, replace(\"rawJson\", '\"tveir\"', '2') AS \"rawJson\", \
                    \"etlTimestamp\", \"etlRunId\" FROM bronze.cw_quarantine";
    let repaired = session.sql(repaired).await.unwrap().collect().await.unwrap();
    let mut table: LakeTable = lake.open("bronze", "cw_quarantine").await.unwrap().unwrap();
    table.overwrite(lake.context().read_batches(repaired).unwrap(), None, &[]).await.unwrap();
    let replayed = replay_tables(&lake, &tables()).await.unwrap();
    assert_eq!(replayed.exit_code(), 0, "{:?}", replayed.error_text());
    assert_eq!(rows(&lake, bronze).await, [[anna, anna, caption, anna, "plain"]; 2]);
    let left = rows(&lake, "SELECT \"recordId\", \"rawJson\" FROM bronze.cw_quarantine").await;
    assert_eq!(left, [["3", quarantine[1][3].as_str()]], "tried again, and as it was");

    // Too many misfits: the example in the error is one of them.
    for id in 10..130 {
        scene.world().put("TimeEntry", entry(id, json!(format!("{id} hours"))));
    }
    let third = run_of(&scene, &lake, Mode::Incremental).await.unwrap();
    assert!(third.error_text().unwrap().contains("do not fit"), "{:?}", third.error_text());

    let place = found(&scene.folder.path().join("keyed"), PERSON, &lake).await;
    assert_eq!(place, None, "a text of a person is in a file of the lakehouse");
    let place = staging::place(&lake);
    assert!(!place.join("extract").exists(), "staging stays");
    // Of a text that is known but for a person, the person could be guessed.
    assert!(!place.join("known/TimeEntry.arrow").exists());
    let log = log.text();
    assert!(log.contains("cw_timeentry") || log.contains("TimeEntry"), "the log is empty");
    for (name, text) in [("log", log), ("reports", format!("{first:?} {second:?} {replayed:?} {third:?}"))] {
        assert!(!text.contains(PERSON) && !text.contains("the key of this lakehouse"), "{name}: {text}");
    }
    let asked = scene.world().requests();
    let fields: Vec<&str> = asked.of("/time/entries").filter_map(|line| line.parameter("fields")).collect();
    let named: Vec<&str> = fields.iter().flat_map(|fields| fields.split(',')).collect();
    for wanted in ["timeSheet/id", "customFields/caption", "member", "enteredBy"] {
        assert!(named.contains(&wanted), "{wanted} is not in {fields:?}");
    }
    for left_out in EXCLUDED.iter().chain(&["timeSheet", "customFields"]) {
        assert!(!named.contains(left_out), "{left_out} was asked for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_key_asks_for_nothing() {
    let scene = Scene::new(EMPTY).await;
    let lake = keyed(&scene, None);
    scene.world().put("TimeEntry", entry(1, json!(1)));
    scene.world().clear_requests();
    let error = run_of(&scene, &lake, Mode::Full).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.exit_code(), 2);
    for wanted in ["TimeEntry (enteredBy, member/name", "CW_HASH_KEY", "CW_HASH_KEY_FILE", "openssl rand -hex 32"] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    assert_eq!(replay_tables(&lake, &tables()).await.unwrap_err().exit_code(), 2);
    assert_eq!(scene.world().requests().total, 0);
    assert!(!scene.folder.path().join("keyed").exists());
    // What hashes nothing needs none.
    let others: Vec<&Table> = tables().into_iter().filter(|table| table.hashed.is_empty()).collect();
    let report = run_tables(Some(&scene.client), &lake, &Options::default(), &others).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
}

/// Compacts the tables and removes what no version of them needs any more.
pub(crate) async fn clear_away(lake: &Lakehouse) {
    let place = lake.display();
    let line = ["connectwise-etl", "maintain", "--retention-hours", "0", "--force", "--lakehouse", &place];
    let mut output = Output::to(Box::new(std::io::sink()), Box::new(std::io::sink()));
    assert_eq!(Cli::try_parse_from(line).unwrap().execute(&mut output).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_personal_is_so_in_every_row_that_there_is() {
    let scene = Scene::new(EMPTY).await;
    let folder = scene.folder.path().join("keyed");
    let lake = keyed(&scene, key());
    for id in 1..=4 {
        scene.world().put("TimeEntry", entry(id, json!(id)));
    }
    scene.world().put("TimeEntry", entry(5, json!("fimm")));
    let options = Options { mode: Mode::Full, ..Options::default() };
    let plain = run_tables(Some(&scene.client), &lake, &options, TABLES).await.unwrap();
    assert_eq!(plain.exit_code(), 0, "{:?}", plain.error_text());
    let clear =
        "SELECT count(*) FROM bronze.cw_timeentry WHERE \"enteredBy\" LIKE 'persona%' AND \"emailCc\" IS NOT NULL";
    assert_eq!(rows(&lake, clear).await, [["4"]]);
    // One is gone afterwards, one does not fit any more, one has only just come to quarantine and is gone, too.
    scene.world().delete("TimeEntry", 1);
    scene.world().delete("TimeEntry", 5);
    scene.world().put("TimeEntry", entry(2, json!("tveir")));

    let report = whole_run(&scene, &lake, Mode::Incremental).await;
    let of_entity = report.entities.iter().find(|entity| entity.entity == "TimeEntry").unwrap();
    assert_eq!(of_entity.numbers.rows_read, 3, "all of it is read anew");
    let [anna, null] = [hash(&format!("{PERSON} anna")), "∅".to_owned()];
    let kept = "SELECT id, \"enteredBy\", member['name'], _info['updatedBy'], \"emailCc\", \"customFields\"[1]['type'], \
                notes, member['id'], \"etlDeletedAt\" IS NOT NULL FROM bronze.cw_timeentry ORDER BY 1";
    let row = |id: &str, name: &str, gone: &str| {
        [id, name, name, name, "∅", "∅", "a note", "3", gone].map(ToOwned::to_owned).to_vec()
    };
    let expected =
        [row("1", &null, "true"), row("2", &null, "false"), row("3", &anna, "false"), row("4", &anna, "false")];
    assert_eq!(rows(&lake, kept).await, expected);
    let quarantined = rows(&lake, "SELECT \"recordId\" FROM bronze.cw_quarantine").await;
    assert_eq!(quarantined, [["2"]]);
    for table in catalog::known_tables() {
        let context = catalog::register(&lake).await.unwrap();
        let all = context.table(format!("{}.{}", table.layer, table.name)).await.unwrap().collect().await.unwrap();
        let text = arrow::util::pretty::pretty_format_batches(&all).unwrap().to_string();
        assert!(!text.contains(PERSON), "{}.{}: {text}", table.layer, table.name);
    }
    clear_away(&lake).await;
    assert_eq!(found(&folder, PERSON, &lake).await, None);

    // Another run has nothing to do; another key is refused, and replaces the hashes where everything is read.
    let again = whole_run(&scene, &lake, Mode::Incremental).await;
    let of_entity = again.entities.iter().find(|entity| entity.entity == "TimeEntry").unwrap();
    assert_eq!((of_entity.counts.updated, of_entity.counts.inserted), (0, 0));
    let other = HashKey::new(b"the key of another lakehouse");
    let wrong = keyed(&scene, Some(other.clone()));
    for refused in [run_of(&scene, &wrong, Mode::Incremental).await, replay_tables(&wrong, &tables()).await] {
        let error = refused.unwrap_err();
        assert_eq!((error.exit_code(), error.to_string().contains("--mode full")), (2, true), "{error}");
    }
    whole_run(&scene, &wrong, Mode::Full).await;
    let names = "SELECT DISTINCT \"enteredBy\" FROM bronze.cw_timeentry WHERE \"enteredBy\" IS NOT NULL";
    assert_eq!(rows(&lake, names).await, [[other.hash(&format!("{PERSON} anna"))]]);

    // No longer personal: read anew, and stored as it is.
    let plain = run_tables(Some(&scene.client), &lake, &Options::default(), TABLES).await.unwrap();
    assert_eq!(plain.exit_code(), 0, "{:?}", plain.error_text());
    assert_eq!(rows(&lake, names).await, [[format!("{PERSON} anna")]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_personal_is_redacted_in_quarantine_too() {
    let scene = Scene::new(EMPTY).await;
    let lake = keyed(&scene, key());
    // The watermark is older than the look-back, so the record is not read again where not everything is.
    scene.world().put("TimeEntry", entry(1, json!("einn")));
    let mut odd = entry(2, json!(2));
    odd["member"] = json!(format!("{PERSON} instead of an object"));
    scene.world().put("TimeEntry", odd);
    let options = Options { mode: Mode::Full, ..Options::default() };
    run_tables(Some(&scene.client), &lake, &options, TABLES).await.unwrap();
    let table = "SELECT \"recordId\", reason, \"rawJson\" FROM bronze.cw_quarantine ORDER BY 1";
    assert!(format!("{:?}", rows(&lake, table).await).contains(PERSON));
    let replayed = replay_tables(&lake, &tables()).await.unwrap();
    assert_eq!(replayed.exit_code(), 0, "{:?}", replayed.error_text());
    let left = rows(&lake, table).await;
    assert_eq!(left.len(), 2);
    assert!(!format!("{left:?}").contains(PERSON), "{left:?}");
    assert_eq!(left[1][1], "found a text, expected an object");
}

async fn texts(list: List) -> Vec<String> {
    let records: Vec<_> = list.records().try_collect().await.unwrap();
    records.iter().map(|record| String::from_utf8(record.to_vec()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_read_on_its_own_holds_hashes_too() {
    let scene = Scene::new(EMPTY).await;
    scene.world().put("TimeEntry", entry(1, json!(1)));
    let list = || scene.client.list_of(personal(HASHED, EXCLUDED));
    let anna = hash(&format!("{PERSON} anna"));
    let records = texts(list().hash_key(key())).await;
    assert!(!records[0].contains(PERSON), "{}", records[0]);
    let record: Value = serde_json::from_str(&records[0]).unwrap();
    assert_eq!((&record["enteredBy"], &record["member"]["name"]), (&json!(anna), &json!(anna)));
    assert_eq!(record["_info"]["updatedBy"], json!(anna));
    assert_eq!((record.get("emailCc"), record["timeSheet"].get("name")), (None, None));
    let batches: Vec<_> = list().hash_key(key()).batches().unwrap().try_collect().await.unwrap();
    let batch = arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
    assert!(batch.contains(&anna) && !batch.contains(PERSON) && !batch.contains(&hash(&anna)), "{batch}");

    // Without a key: what is not hashed, and nothing else.
    assert_eq!(texts(list().fields(["id", "notes"]).unwrap()).await, [r#"{"id":1,"notes":"a note"}"#]);
    for refused in [list(), list().fields(["id", "EnteredBy"]).unwrap(), list().fields(["member"]).unwrap()] {
        let error = refused.check().unwrap_err();
        let error = connectwise_etl::Error::from(error);
        assert_eq!((error.exit_code(), error.to_string().contains("CW_HASH_KEY")), (2, true), "{error}");
        assert!(refused.records().try_next().await.is_err());
    }
    assert!(list().batches().unwrap().try_next().await.is_err());
    for (name, why) in
        [("emailCc", "never read"), ("timesheet/name", "never read"), ("timeSheet", "holds timeSheet/name")]
    {
        let error = list().fields([name]).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    for name in ["emailCc", "member/name", "enteredBy"] {
        let asked = field(name).unwrap().like("a*");
        assert!(list().conditions(asked).unwrap_err().to_string().contains("personal"), "{name}");
        assert!(list().order_by(name).is_err(), "{name}");
    }
}
