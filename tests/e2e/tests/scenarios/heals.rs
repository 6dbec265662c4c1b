//! Tables that something else changed: what a run notices, and how all is built anew.

use crate::support::{SMALL, Scene, ranges};
use connectwise_etl::catalog::known_tables;
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_simulator::AdvanceRequest;
use datafusion::logical_expr::{ident, lit};
use datafusion::scalar::ScalarValue;

/// Puts another value into every row of a table, as a person with a notebook would.
async fn spoil(scene: &Scene, layer: &'static str, table: &str, column: &str, value: ScalarValue) {
    let mut table = scene.lake.open(layer, table).await.unwrap().unwrap();
    let columns = table.schema().unwrap();
    let columns = columns.fields().iter().map(|field| {
        let value = if field.name() == column { lit(value.clone()) } else { ident(field.name()) };
        value.alias(field.name())
    });
    let rows = table.frame().unwrap().select(columns.collect::<Vec<_>>()).unwrap();
    table.overwrite(rows, None, &[]).await.unwrap();
}

const HOURS: &str = "SELECT SUM(actualHours) FROM gold.fact_timeentry";
const NAMES: &str = "SELECT CompanyKey, companyName FROM gold.dimcompany ORDER BY 1";
const NOTES: &str = "SELECT id, notes FROM silver.cw_timeentry ORDER BY 1";

#[tokio::test(flavor = "multi_thread")]
async fn where_a_check_fails_gold_is_computed_whole_and_checked_again() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let hours = scene.value(HOURS).await;
    spoil(&scene, "gold", "fact_timeentry", "actualHours", ScalarValue::Decimal128(Some(10_000), 19, 4)).await;
    assert_ne!(scene.value(HOURS).await, hours);
    // Nothing changed at the source: by the logs there is nothing to do.
    let report = scene.incremental().await;
    assert_eq!(scene.value(HOURS).await, hours);
    let fact = report.tables.iter().filter(|table| table.table == "fact_timeentry").collect::<Vec<_>>();
    assert!(fact.len() == 1 && fact[0].counts.updated > 300, "{fact:?}");
    assert!(report.checks.iter().all(|check| !check.fails()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_run_of_silver_and_gold_builds_them_anew_and_needs_no_connection() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let (names, notes) = (scene.rows(NAMES).await, scene.rows(NOTES).await);
    // What no check looks at.
    spoil(&scene, "gold", "dimcompany", "companyName", ScalarValue::from("spoiled")).await;
    scene.incremental().await;
    assert_ne!(scene.rows(NAMES).await, names, "nothing that it is made from changed");
    spoil(&scene, "silver", "cw_timeentry", "notes", ScalarValue::from("spoiled")).await;
    let layers = vec![Layer::Silver, Layer::Gold];
    let rebuild = Options { mode: Mode::Full, layers, ..Options::default() };
    let report = connectwise_etl::run::run(None, &scene.lake, &rebuild).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!((scene.rows(NAMES).await, scene.rows(NOTES).await), (names, notes));
    // Again: it looks at all rows, and commits nothing.
    let versions = scene.versions().await;
    let report = connectwise_etl::run::run(None, &scene.lake, &rebuild).await.unwrap();
    assert_eq!(scene.versions().await, versions);
    let looked: u64 = report.tables.iter().map(|table| table.counts.unchanged).sum();
    assert!(looked > 1_000, "{looked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_there_twice_does_not_keep_a_table_from_being_replaced() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let ids = scene.world().ids("TimeEntry");
    assert!(scene.world().delete("TimeEntry", ids[0]));
    // Of one that is gone and of one that is not.
    let mut table = scene.lake.open("bronze", "cw_timeentry").await.unwrap().unwrap();
    let twice = table.frame().unwrap().filter(ident("id").in_list(vec![lit(ids[0]), lit(ids[9])], false));
    table.append(twice.unwrap(), 2).await.unwrap();
    let layers = vec![Layer::Bronze];
    let report = scene.run(Options { mode: Mode::Full, layers, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let rows = |id: i64| format!("SELECT count(*), count(\"etlDeletedAt\") FROM bronze.cw_timeentry WHERE id = {id}");
    assert_eq!(scene.rows(&rows(ids[9])).await, [["1", "0"]]);
    assert_eq!(scene.rows(&rows(ids[0])).await, [["2", "2"]], "both are marked, and the check of the key will tell");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_clustered_by_their_key_from_the_first_run_on() {
    let mut scene = Scene::new(SMALL).await;
    scene.lake = scene.lake.clone().with_least_rows(20);
    scene.full().await;
    let mut several = 0;
    for round in 0..2 {
        for known in known_tables().iter().filter(|known| known.layer == "silver" || known.layer == "gold") {
            let Some(table) = scene.lake.open(known.layer, known.name).await.unwrap() else { continue };
            let key = known.key[0];
            let ranges = ranges(&scene.lake, known.layer, table.name(), key).await;
            several += usize::from(ranges.len() > 3);
            for pair in ranges.windows(2) {
                // Of a child table's rows those of one parent may lie in two files.
                assert!(pair[0].1 <= pair[1].0, "round {round}: {}/{}: {pair:?}", known.layer, known.name);
                assert!(pair[0].1 < pair[1].0 || known.key.len() > 1, "{}: {pair:?}", known.name);
            }
        }
        scene.world().advance(AdvanceRequest { hours: 8.0, change: 9, add: 9, ..AdvanceRequest::default() });
        scene.incremental().await;
    }
    assert!(several > 10, "{several} tables have several files");
}
