//! Tests of tables that are planned, and created by their first commit.

use super::super::testing::{content, lake, rows, schema};
use super::*;

async fn planned(lake: &Lakehouse) -> Table {
    Table::plan_or_evolve(lake, "silver", "cw_test", &schema()).await.unwrap()
}

async fn stored(lake: &Lakehouse) -> Option<Table> {
    lake.open("silver", "cw_test").await.unwrap()
}

async fn filled(lake: &Lakehouse, table: &mut Table, text: &str) -> Result<()> {
    let rows = lake.context().read_batch(rows(0..3, text)).unwrap();
    table.fill(rows, 3, &[("made-from".to_owned(), 7)]).await
}

fn expected(text: &str) -> Vec<(i64, String)> {
    (0..3).map(|id| (id, text.to_owned())).collect()
}

#[tokio::test]
async fn a_planned_table_is_there_with_its_first_commit() {
    let (_folder, lake) = lake(10);
    let mut table = planned(&lake).await;
    assert!(stored(&lake).await.is_none(), "it is a plan");
    assert_eq!((table.version(), table.rows().await.unwrap(), table.files().unwrap().len()), (-1, 0, 0));
    assert_eq!((table.schema().unwrap(), table.transaction("made-from").await.unwrap()), (schema(), None));
    assert_eq!(content(&table).await, []);
    let id = table.id().unwrap();
    filled(&lake, &mut table, "a").await.unwrap();
    for table in [table, stored(&lake).await.unwrap()] {
        assert_eq!((table.version(), table.id().unwrap(), table.schema().unwrap()), (0, id.clone(), schema()));
        assert_eq!(table.transaction("made-from").await.unwrap(), Some(7));
        assert_eq!(content(&table).await, expected("a"));
    }
    let again = planned(&lake).await;
    assert_eq!((again.is_planned(), again.version()), (false, 0));
}

#[tokio::test]
async fn a_planned_table_can_be_made_without_rows() {
    let (_folder, lake) = lake(10);
    planned(&lake).await.record(&[]).await.unwrap();
    let table = stored(&lake).await.unwrap();
    assert_eq!((table.version(), content(&table).await), (0, vec![]));
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &schema()).await.unwrap();
    table.record(&[]).await.unwrap();
    assert_eq!(table.version(), 0, "there is nothing to record");
}

#[tokio::test]
async fn of_two_that_plan_the_same_table_one_commits() {
    let (_folder, lake) = lake(10);
    let (mut one, mut other, mut third) = (planned(&lake).await, planned(&lake).await, planned(&lake).await);
    filled(&lake, &mut one, "a").await.unwrap();
    let refused = filled(&lake, &mut other, "b").await.unwrap_err().to_string();
    assert!(refused.contains("another writer committed meanwhile (version 0)"), "{refused}");
    third.record(&[("made-from".to_owned(), 8)]).await.unwrap_err();
    assert_eq!(content(&stored(&lake).await.unwrap()).await, expected("a"));
}

#[tokio::test]
async fn of_two_that_create_the_same_table_both_see_it() {
    let (_folder, lake) = lake(10);
    let (mut one, mut other) = (planned(&lake).await, planned(&lake).await);
    one.create().await.unwrap();
    other.create().await.unwrap();
    assert_eq!((one.id().unwrap(), one.version()), (other.id().unwrap(), 0));
    assert_eq!(other.version(), 0);
    filled(&lake, &mut other, "a").await.unwrap();
    assert_eq!(content(&stored(&lake).await.unwrap()).await, expected("a"));
}

/// `id`, `text` and `more`.
fn wider() -> SchemaRef {
    let more = Field::new("more", arrow::datatypes::DataType::Utf8, true);
    let fields = schema().fields().iter().map(|field| field.as_ref().clone()).chain([more]).collect::<Vec<_>>();
    Arc::new(Schema::new(fields))
}

#[tokio::test]
async fn an_append_goes_to_the_table_that_another_created_meanwhile() {
    for other_has_more in [true, false] {
        let (_folder, lake) = lake(10);
        let (theirs, own) = if other_has_more { (wider(), schema()) } else { (schema(), wider()) };
        let mut table = Table::plan_or_evolve(&lake, "silver", "cw_test", &own).await.unwrap();
        let other = Table::create_or_evolve(&lake, "silver", "cw_test", &theirs).await.unwrap();
        for ids in [0..3, 3..5] {
            let count = ids.clone().count() as u64;
            let batch = super::super::cast_to_schema(&rows(ids, "a"), &own).unwrap();
            table.append(lake.context().read_batch(batch).unwrap(), count).await.unwrap();
        }
        let stored = stored(&lake).await.unwrap();
        assert_eq!((stored.id().unwrap(), stored.schema().unwrap()), (other.id().unwrap(), wider()));
        assert_eq!(content(&stored).await, (0..5).map(|id| (id, "a".to_owned())).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_table_that_another_created_gets_the_columns_that_it_lacks() {
    let (_folder, lake) = lake(10);
    let mut late = Table::plan_or_evolve(&lake, "silver", "cw_test", &wider()).await.unwrap();
    Table::create_or_evolve(&lake, "silver", "cw_test", &schema()).await.unwrap();
    late.create().await.unwrap();
    assert_eq!(late.schema().unwrap(), schema(), "it is the other's");
    let table = Table::create_or_evolve(&lake, "silver", "cw_test", &wider()).await.unwrap();
    assert_eq!(table.schema().unwrap(), wider());
}

#[tokio::test]
async fn what_fails_before_the_first_commit_leaves_no_table() {
    let (_folder, lake) = lake(10);
    let mut table = planned(&lake).await;
    let rows = lake.context().read_batch(rows(0..3, "a")).unwrap();
    table.fill(rows, 4, &[]).await.unwrap_err();
    assert!(stored(&lake).await.is_none());
    filled(&lake, &mut table, "a").await.unwrap();
    assert_eq!(content(&stored(&lake).await.unwrap()).await, expected("a"));
}
