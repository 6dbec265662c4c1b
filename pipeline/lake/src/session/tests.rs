//! Tests of sessions over tables that exist, that do not exist yet, and at earlier versions.

use super::super::testing::{filled, lake, merge, rows};
use super::*;

async fn count(context: &SessionContext, table: &str) -> Result<usize, DataFusionError> {
    context.table(table).await?.count().await
}

#[tokio::test]
async fn a_table_that_was_not_written_is_empty_or_lacking_as_it_is_asked_for() {
    let (_folder, lake) = lake(10);
    assert!(require_any(&lake).await.unwrap_err().to_string().contains("there are no tables"));
    assert!(register_written(&lake).await.is_err(), "a wrong address looks so, too");
    assert_eq!(count(&register(&lake).await.unwrap(), "silver.cw_test").await.unwrap(), 0);
    filled(&lake, rows(0..5, "a")).await;
    require_any(&lake).await.unwrap();
    let all = register(&lake).await.unwrap();
    let written = register_written(&lake).await.unwrap();
    for (table, empty, lacking) in
        [("silver.cw_test", Some(5), Some(5)), ("dim_test", Some(0), None), ("silver.cw_optional", Some(0), Some(0))]
    {
        assert_eq!(count(&all, table).await.ok(), empty, "{table}");
        assert_eq!(count(&written, table).await.ok(), lacking, "{table}");
    }
}

#[tokio::test]
async fn a_session_shows_one_version_until_it_is_told_of_another() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..5, "a")).await;
    let context = register(&lake).await.unwrap();
    merge(&lake, &mut table, rows(5..8, "a"), false).await;
    assert_eq!(count(&context, "silver.cw_test").await.unwrap(), 5);
    show(&context, "silver", "cw_test", table.provider().unwrap()).unwrap();
    assert_eq!(count(&context, "silver.cw_test").await.unwrap(), 8);
    let error = show(&context, "bronze", "cw_test", table.provider().unwrap()).unwrap_err();
    assert!(error.to_string().contains("there is no layer bronze"), "{error}");
    let other = register(&lake).await.unwrap();
    assert_eq!(count(&other, "silver.cw_test").await.unwrap(), 8, "sessions do not share their tables");
}

#[tokio::test]
async fn the_past_is_shown_by_version_and_by_time() {
    let (_folder, lake) = lake(10);
    let before = Utc::now();
    let mut table = filled(&lake, rows(0..5, "a")).await;
    let version = u64::try_from(table.version()).unwrap();
    merge(&lake, &mut table, rows(5..8, "a"), false).await;
    let at = |version| register_at_version(&lake, "silver", "cw_test", version);
    assert_eq!(count(&at(version).await.unwrap(), "silver.cw_test").await.unwrap(), 5);
    assert!(at(99).await.err().unwrap().to_string().contains("there is no version 99"));
    let unknown = register_at_version(&lake, "silver", "cw_other", 0).await.err().unwrap();
    assert!(matches!(&unknown, Error::Usage(text) if text.contains("there is no table silver.cw_other")), "{unknown}");
    let now = register_at_time(&lake, Utc::now()).await.unwrap();
    assert_eq!(count(&now, "silver.cw_test").await.unwrap(), 8);
    assert!(count(&now, "gold.dim_test").await.is_err(), "it was not there");
    let earlier = before - chrono::TimeDelta::hours(1);
    let error = register_at_time(&lake, earlier).await.err().unwrap().to_string();
    assert!(error.contains("there was nothing") && error.contains("its first version is of"), "{error}");
}

#[tokio::test]
async fn tables_that_a_statement_names_have_a_layer() {
    let (_folder, lake) = lake(10);
    let sql = "SELECT * FROM dim_test AS d JOIN silver.cw_test AS t ON t.id = d.id";
    let mut named = named_tables(lake.context(), sql).unwrap();
    named.sort();
    let pair = |layer: &str, name: &str| (layer.to_owned(), name.to_owned());
    assert_eq!(named, [pair("gold", "dim_test"), pair("silver", "cw_test")]);
    assert!(named_tables(lake.context(), "SELEC 1").is_err());
}

#[tokio::test]
async fn functions_of_the_owner_are_known_to_every_session() {
    let (_folder, lake) = lake(10);
    let context = register(&lake).await.unwrap();
    for context in [lake.context(), &context] {
        let rows = context.sql("SELECT twice(21) AS answer").await.unwrap().collect().await.unwrap();
        assert_eq!(super::super::longs(&rows[0], "answer"), [42]);
    }
}

#[tokio::test]
async fn only_the_tables_that_a_statement_names_are_opened() {
    let (_folder, lake) = lake(10);
    let counted = async |sql: &str| {
        let context = register_named(&lake, sql).await?;
        let frame = context.sql(sql).await.map_err(Error::query)?;
        frame.collect().await.map(|batches| batches.len()).map_err(Error::query)
    };
    let one = "SELECT * FROM silver.cw_test AS a JOIN silver.cw_test AS b ON a.id = b.id";
    assert!(counted(one).await.unwrap_err().to_string().contains("there are no tables"));
    filled(&lake, rows(0..5, "a")).await;
    assert!(counted(one).await.unwrap() > 0);
    let context = register_named(&lake, one).await.unwrap();
    assert!(count(&context, "silver.cw_optional").await.is_err(), "it is not named");
    // What is not there, not known, or no table of the lakehouse is told as of the whole.
    for (sql, is_there) in [
        ("SELECT * FROM silver.cw_test, silver.cw_optional", true),
        ("SELECT table_name FROM information_schema.tables", true),
        ("SELECT 1", true),
        ("SELECT * FROM silver.cw_test, dim_test", false),
        ("SELECT * FROM silver.cw_other", false),
        ("SELECT FROM WHERE", false),
    ] {
        let context = register_named(&lake, sql).await.unwrap();
        assert_eq!(count(&context, "silver.cw_optional").await.ok(), Some(0), "{sql}");
        assert_eq!(context.sql(sql).await.is_ok(), is_there, "{sql}");
    }
}
