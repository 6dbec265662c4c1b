//! Columns that YAML asks for: gold's SQL as the generator writes it from changed files, over silver tables of a run.

use crate::support::{EMPTY, Scene, rows_in, workspace};
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::render::render;
use connectwise_codegen::report::Problems;
use connectwise_etl::catalog;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The statement of a table from the checked-in YAML with texts of some files replaced (file, before, after).
fn statement(table: &str, changes: &[(&str, &str, &str)]) -> String {
    let mut problems = Problems::new();
    let root = workspace();
    let mut inputs = Inputs::read(&root, &mut problems);
    for (file, before, after) in changes {
        let text = inputs.files.get_mut(*file).unwrap();
        assert!(text.contains(before), "{file} has no {before}");
        *text = text.replacen(before, after, 1);
    }
    let files = render(&inputs, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    let sql = files.get(&format!("generated/sql/datafusion/{table}.sql")).unwrap();
    sql.replace("${businessDate}", "2026-06-15")
}

/// Some columns of a statement's rows, by the first.
async fn columns(scene: &Scene, statement: &str, columns: &str) -> BTreeMap<String, Vec<String>> {
    let context = catalog::register(&scene.lake).await.unwrap();
    let rows = rows_in(&context, &format!("SELECT {columns} FROM ({statement}) AS t")).await;
    rows.into_iter().map(|mut row| (row.remove(0), row)).collect()
}

const FIELDS: &str = "columns:
  - {name: note, type: string, customField: {id: 12}, description: Text.}
  - {name: rate, type: decimal, customField: {id: 13}, description: Money.}
  - {name: seats, type: bigint, customField: {id: 14}, description: A number.}
  - {name: isKey, type: boolean, customField: {id: 15}, description: A flag.}
  - {name: since, type: timestamp, customField: {id: 16}, description: A time.}
  - {name: sinceDay, type: date, customField: {id: 16}, description: A day.}
  - {name: region, type: string, customField: {caption: Svæði}, description: By caption.}
";

fn field(id: i64, caption: &str, value: Value) -> Value {
    json!({ "id": id, "caption": caption, "type": "Text", "value": value })
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_fields_have_their_type_and_what_does_not_fit_is_null() {
    let scene = Scene::new(EMPTY).await;
    let put = |id: i64, fields: Value| {
        scene.world().put("Company", json!({ "id": id, "name": "Fyrirtæki", "customFields": fields }));
    };
    put(
        1,
        json!([
            field(12, "Athugasemd", json!("\u{a0} orð \t")),
            field(13, "Verð", json!(2.67505)),
            field(14, "Sæti", json!(12.0)),
            field(15, "Lykill", json!(true)),
            field(16, "Frá", json!("2026-01-02T23:30:00+01:00")),
            field(17, " Svæði ", json!("Norður")),
        ]),
    );
    // The field was renamed: its id is what it is. Text of every type is read.
    put(
        2,
        json!([
            field(12, "Nýtt nafn", json!(5)),
            field(13, "Verð í kr.", json!("1e3")),
            field(14, "", json!("1e3")),
            field(15, "Lykill", json!("FALSE")),
            field(16, "Frá", json!("2026-01-02")),
        ]),
    );
    // None of its type, or nothing at all.
    put(
        3,
        json!([
            field(12, "Athugasemd", json!(" ")),
            field(13, "Verð", json!("mikið")),
            field(14, "Sæti", json!(12.5)),
            field(15, "Lykill", json!("já")),
            field(16, "Frá", json!("í gær")),
            field(17, "Annað svæði", json!("Suður")),
        ]),
    );
    put(4, json!([{ "id": 12, "caption": "Athugasemd" }, field(13, "Verð", Value::Null)]));
    // Several of one caption, and one id twice: the first by id, then by place, that has a value.
    put(
        5,
        json!([
            field(21, "Svæði", json!("þriðja")),
            field(12, "Athugasemd", json!("fyrri")),
            field(12, "Athugasemd", json!("seinni")),
            field(20, "Svæði", json!("annað")),
            field(19, "Svæði", json!("")),
        ]),
    );
    put(6, json!([]));
    scene.full().await;
    let sql = statement("dimcompany", &[("schema/dimensions/dimcompany.yaml", "columns:\n", FIELDS)]);
    let all = "companyId, note, rate, seats, isKey, since, sinceDay, region";
    let rows = columns(&scene, &sql, all).await;
    for (id, wanted) in [
        ("1", ["orð", "2.6751", "12", "true", "2026-01-02T22:30:00Z", "2026-01-02", "Norður"]),
        ("2", ["5", "1000.0000", "1000", "false", "2026-01-02T00:00:00Z", "2026-01-02", "∅"]),
        ("3", ["∅"; 7]),
        ("4", ["∅"; 7]),
        ("5", ["fyrri", "∅", "∅", "∅", "∅", "∅", "annað"]),
        ("6", ["∅"; 7]),
        // The row of the unknown.
        ("∅", ["∅"; 7]),
    ] {
        assert_eq!(rows[id], wanted, "company {id}");
    }
    assert_eq!(rows.len(), 7, "a row a company, however many fields it has");
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_have_custom_fields_too_and_a_measure_counts_nothing_as_zero() {
    let scene = Scene::new(EMPTY).await;
    for (id, value) in [(1, json!("2.5")), (2, json!("engin")), (3, json!(1e16))] {
        scene.world().put("TimeEntry", json!({ "id": id, "customFields": [field(31, "Akstur", value)] }));
    }
    scene.world().put("TimeEntry", json!({ "id": 4 }));
    scene.full().await;
    let column =
        "columns:\n  - {name: driven, type: measure, additivity: sum, customField: {id: 31}, description: Km.}\n";
    let sql = statement("fact_timeentry", &[("schema/facts/fact_timeentry.yaml", "columns:\n", column)]);
    let rows = columns(&scene, &sql, "timeEntryId, driven").await;
    let driven: Vec<&str> = rows.values().map(|row| row[0].as_str()).collect();
    assert_eq!(driven, ["2.5000", "0.0000", "0.0000", "0.0000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_days_in_every_time_zone_and_work_is_on_the_day_of_its_place() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let midnight = "2026-06-15T00:00:00Z";
    world.put("TimeEntry", json!({ "id": 1, "timeStart": "2026-06-15T02:30:00Z" }));
    world.put("ExpenseEntry", json!({ "id": 1, "date": midnight }));
    world.put("ProductItem", json!({ "id": 1, "purchaseDate": midnight }));
    world.put("Invoice", json!({ "id": 1, "date": midnight, "dueDate": "2026-07-01T00:00:00Z" }));
    world.put("Agreement", json!({ "id": 1, "name": "Í dag", "endDate": midnight }));
    world.put("Agreement", json!({ "id": 2, "name": "Í gær", "endDate": "2026-06-14T00:00:00Z" }));
    scene.full().await;
    for (zone, work) in [("America/New_York", "20260614"), ("Pacific/Auckland", "20260615")] {
        let there = ("schema/dimensions/dimdate.yaml", "Atlantic/Reykjavik", zone);
        for (table, names, wanted) in [
            ("fact_timeentry", "timeEntryId, WorkDateKey", &[work][..]),
            ("fact_expenseentry", "expenseEntryId, ExpenseDateKey", &["20260615"]),
            ("fact_productitem", "productItemId, PurchaseDateKey", &["20260615"]),
            ("fact_invoice", "invoiceId, InvoiceDateKey, DueDateKey", &["20260615", "20260701"]),
        ] {
            let rows = columns(&scene, &statement(table, &[there]), names).await;
            assert_eq!(rows["1"], wanted, "{table} in {zone}");
        }
        let rows = columns(&scene, &statement("dimagreement", &[there]), "agreementId, isActive").await;
        assert_eq!((&*rows["1"], &*rows["2"]), (&["true".to_owned()][..], &["false".to_owned()][..]), "{zone}");
    }
}
