//! Bringing a table to the state of a stream: what is written, and in which way.

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use connectwise_etl::catalog;
use connectwise_etl::lake::{Counts, Lakehouse, Layout, Scope, Stage, Target, upsert};
use std::collections::HashSet;
use std::sync::Arc;

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("lineId", DataType::Utf8, false),
        Field::new("number", DataType::Int64, true),
        Field::new("text", DataType::Utf8, true),
    ]))
}

/// Rows `from..to` whose text ends in the given word.
fn rows(from: i64, to: i64, word: &str) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new((from..to).map(|id| Some(format!("T{id:07}"))).collect::<StringArray>()),
        Arc::new((from..to).collect::<Int64Array>()),
        Arc::new((from..to).map(|id| Some(format!("{id} {word}"))).collect::<StringArray>()),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

async fn bring(lake: &Lakehouse, scope: &Scope, batches: Vec<RecordBatch>) -> Result<Counts, connectwise_etl::Error> {
    let stage = Stage::new().unwrap();
    let target = Target { layer: "gold", name: "fact_invoiceline", schema: schema(), key: &["lineId"], stamps: &[] };
    let stream = futures::stream::iter(batches.into_iter().map(Ok));
    upsert(lake, &stage, &target, scope, stream, &[("state".to_owned(), 7)]).await
}

async fn content(lake: &Lakehouse) -> (i64, i64, i64) {
    let context = catalog::register(lake).await.unwrap();
    let sql = "SELECT count(*), count(DISTINCT lineId), sum(CASE WHEN text LIKE '% new' THEN 1 ELSE 0 END) FROM \
               gold.fact_invoiceline";
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let value = |index: usize| {
        arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(batches[0].column(index)).value(0)
    };
    (value(0), value(1), value(2))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_one_commit_and_none_is_no_commit() {
    let folder = tempfile::tempdir().unwrap();
    let lake = catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    let counts = |inserted, updated, unchanged, deleted| Counts { inserted, updated, unchanged, deleted };

    assert_eq!(bring(&lake, &Scope::All, vec![rows(0, 60_000, "old")]).await.unwrap(), counts(60_000, 0, 0, 0));
    let table = lake.open("gold", "fact_invoiceline").await.unwrap().unwrap();
    let first = table.version();

    // The same again, in other batches: no commit.
    let again = vec![rows(0, 10, "old"), rows(10, 60_000, "old")];
    assert_eq!(bring(&lake, &Scope::All, again).await.unwrap(), counts(0, 0, 60_000, 0));
    assert_eq!(lake.open("gold", "fact_invoiceline").await.unwrap().unwrap().version(), first);

    // Few: one commit that updates, inserts and deletes.
    let few = vec![rows(0, 10, "new"), rows(10, 59_990, "old"), rows(60_000, 60_003, "old")];
    assert_eq!(bring(&lake, &Scope::All, few).await.unwrap(), counts(3, 10, 59_980, 10));
    assert_eq!(content(&lake).await, (59_993, 59_993, 10));
    let table = lake.open("gold", "fact_invoiceline").await.unwrap().unwrap();
    assert_eq!(table.version(), first + 1);
    assert_eq!(table.transaction("state").await.unwrap(), Some(7));

    // Many: one commit as well.
    let many = vec![rows(5, 55_000, "new"), rows(55_000, 59_980, "old"), rows(70_000, 70_002, "new")];
    assert_eq!(bring(&lake, &Scope::All, many).await.unwrap(), counts(2, 54_990, 4_985, 18));
    assert_eq!(content(&lake).await, (59_977, 59_977, 54_997));
    assert_eq!(lake.open("gold", "fact_invoiceline").await.unwrap().unwrap().version(), first + 2);

    // A scope speaks for its rows alone.
    let scope = Scope::Only { column: "number", keys: Arc::new(HashSet::from([5, 6, 99_999]).into()) };
    let part = vec![rows(5, 6, "old"), rows(99_999, 100_000, "old")];
    assert_eq!(bring(&lake, &scope, part).await.unwrap(), counts(1, 1, 0, 1));
    assert_eq!(content(&lake).await, (59_977, 59_977, 54_995));

    // A key that comes twice is a fault of the caller, and changes nothing.
    let version = lake.open("gold", "fact_invoiceline").await.unwrap().unwrap().version();
    let error = bring(&lake, &Scope::All, vec![rows(0, 2, "a"), rows(1, 3, "b")]).await.unwrap_err();
    assert!(error.to_string().contains("repeat a key"), "{error}");
    assert_eq!(lake.open("gold", "fact_invoiceline").await.unwrap().unwrap().version(), version);
}
