//! Records that come as they came before: they are not read again, and whatever differs is found all the same.

use crate::support::{SMALL, Scene, copy};
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{Layer, Mode, Options};
use connectwise_etl::staging;
use datafusion::logical_expr::{ident, lit, when};
use serde_json::json;

/// Read, and of these recalled.
fn recalled(report: &RunReport, entity: &str) -> (u64, u64) {
    let of_entity = report.entities.iter().find(|other| other.entity == entity).unwrap();
    (of_entity.numbers.rows_read, of_entity.numbers.rows_recalled)
}

/// Notes of a time entry in all layers.
async fn notes(scene: &Scene, id: i64) -> Vec<Vec<String>> {
    let sql = format!(
        "SELECT b.notes, s.notes, f.notes FROM bronze.cw_timeentry b JOIN silver.cw_timeentry s ON s.id = b.id \
         JOIN gold.fact_timeentry f ON f.timeEntryId = b.id WHERE b.id = {id}"
    );
    scene.rows(&sql).await
}

/// Puts a record anew with other notes; its time of change stays.
fn take_note(scene: &Scene, id: i64, text: &str) {
    let mut record = scene.world().record("TimeEntry", id).unwrap();
    record["notes"] = json!(text);
    scene.world().put("TimeEntry", record);
}

async fn latest(scene: &Scene) -> i64 {
    *scene.world().ids("TimeEntry").last().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_what_is_there_reads_it_once() {
    let scene = Scene::new(SMALL).await;
    assert_eq!(recalled(&scene.full().await, "TimeEntry").1, 0);
    let versions = scene.versions().await;
    let report = scene.incremental().await;
    for entity in ["TimeEntry", "Agreement", "ProductItem", "Invoice", "Member"] {
        let (read, recalled) = recalled(&report, entity);
        let misfits = report.entities.iter().find(|other| other.entity == entity).unwrap().quarantined;
        assert!(read > 0, "{entity}");
        assert_eq!(recalled + misfits, read, "{entity}");
    }
    assert_eq!(scene.versions().await, versions);
    let counts = report.tables.iter().find(|table| table.layer == "bronze" && table.table == "cw_timeentry").unwrap();
    assert_eq!(counts.counts.unchanged, recalled(&report, "TimeEntry").1, "they are told as unchanged");
    // And a full run all of it.
    assert_eq!(recalled(&scene.full().await, "TimeEntry").1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_a_time_of_change_is_found_and_then_known() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let id = latest(&scene).await;
    for text in ["breytt", "breytt aftur"] {
        take_note(&scene, id, text);
        let (read, known) = recalled(&scene.incremental().await, "TimeEntry");
        assert_eq!(known, read - 1);
        assert_eq!(notes(&scene, id).await, [[text; 3]]);
        let (read, known) = recalled(&scene.incremental().await, "TimeEntry");
        assert_eq!(known, read);
    }
    // As it was at first: what was known then is known no more.
    let first = scene.world().record("TimeEntry", id).unwrap();
    take_note(&scene, id, "þriðja");
    scene.incremental().await;
    scene.world().put("TimeEntry", first);
    scene.incremental().await;
    assert_eq!(notes(&scene, id).await, [["breytt aftur"; 3]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_another_writer_changed_is_made_good() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    scene.incremental().await;
    let id = latest(&scene).await;
    let before = notes(&scene, id).await;
    let mut table = scene.lake.open("bronze", "cw_timeentry").await.unwrap().unwrap();
    let columns = table.schema().unwrap();
    let columns = columns.fields().iter().map(|field| match field.name().as_str() {
        "notes" => {
            let spoilt = when(ident("id").eq(lit(id)), lit("spoilt")).otherwise(ident("notes")).unwrap();
            spoilt.alias("notes")
        }
        name => ident(name),
    });
    let rows = table.frame().unwrap().select(columns.collect::<Vec<_>>()).unwrap();
    table.overwrite(rows, None, &[]).await.unwrap();
    let report = scene.incremental().await;
    assert_eq!(recalled(&report, "TimeEntry").1, 0, "nobody knows what else was changed");
    assert_eq!(notes(&scene, id).await, before);
    let (read, known) = recalled(&scene.incremental().await, "TimeEntry");
    assert_eq!(known, read);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_made_anew_is_read_anew() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    scene.incremental().await;
    let place = scene.folder.path().join("lake/bronze/cw_timeentry");
    assert!(place.is_dir());
    std::fs::remove_dir_all(&place).unwrap();
    assert_eq!(recalled(&scene.incremental().await, "TimeEntry").1, 0);
    assert_eq!(scene.value("SELECT count(*) FROM bronze.cw_timeentry").await, SMALL.time_entries.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_put_back_and_went_another_way_is_read_anew() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let (place, kept) = (scene.folder.path().join("lake"), scene.folder.path().join("copy"));
    copy(&place, &kept);
    let known = staging::place(&scene.lake).join("known/TimeEntry.arrow");
    let id = latest(&scene).await;
    take_note(&scene, id, "ein leið");
    scene.incremental().await;
    let of_the_one_way = std::fs::read(&known).unwrap();
    let version = scene.versions().await["bronze/cw_timeentry"];

    // Put back from the copy; another machine goes on from there, to the same version with other rows.
    std::fs::remove_dir_all(&place).unwrap();
    copy(&kept, &place);
    std::fs::remove_file(&known).unwrap();
    take_note(&scene, id, "önnur leið");
    scene.incremental().await;
    assert_eq!(scene.versions().await["bronze/cw_timeentry"], version);
    std::fs::write(&known, of_the_one_way).unwrap();
    take_note(&scene, id, "ein leið");
    assert_eq!(recalled(&scene.incremental().await, "TimeEntry").1, 0);
    assert_eq!(notes(&scene, id).await, [["ein leið"; 3]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_lost_or_broken_without_harm() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let known = staging::place(&scene.lake).join("known/TimeEntry.arrow");
    let bytes = std::fs::read(&known).unwrap();
    for bad in [&b"no such file"[..], &bytes[..bytes.len() / 2], &[]] {
        std::fs::write(&known, bad).unwrap();
        let unknown = |report: &RunReport| {
            let of_entity = report.entities.iter().find(|other| other.entity == "TimeEntry").unwrap();
            of_entity.unknown_fields.clone()
        };
        let first = scene.incremental().await;
        assert_eq!(recalled(&first, "TimeEntry").1, 0);
        let second = scene.incremental().await;
        let (read, known) = recalled(&second, "TimeEntry");
        assert_eq!(known, read);
        assert!(!unknown(&first).is_empty());
        assert_eq!(unknown(&second), unknown(&first), "what the spec does not know is told whether it is read or not");
    }
    std::fs::remove_file(&known).unwrap();
    assert_eq!(recalled(&scene.incremental().await, "TimeEntry").1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_look_back_forgets_nothing() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let (all, _) = recalled(&scene.incremental().await, "TimeEntry");
    let short = Options { lookback_days: Some(1), layers: vec![Layer::Bronze], ..Options::default() };
    let report = scene.run(short).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert!(recalled(&report, "TimeEntry").0 < all);
    assert_eq!(recalled(&scene.incremental().await, "TimeEntry"), (all, all));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_went_and_came_back_as_it_was_is_there_again() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let id = latest(&scene).await;
    let record = scene.world().record("TimeEntry", id).unwrap();
    let gone = format!("SELECT \"etlDeletedAt\" IS NOT NULL FROM bronze.cw_timeentry WHERE id = {id}");
    assert!(scene.world().delete("TimeEntry", id));
    let report = scene.run(Options { mode: Mode::Reconcile, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(scene.value(&gone).await, "true");
    scene.world().put("TimeEntry", record.clone());
    scene.incremental().await;
    assert_eq!(scene.value(&gone).await, "false");

    // And where a full run marked it.
    assert!(scene.world().delete("TimeEntry", id));
    scene.full().await;
    assert_eq!(scene.value(&gone).await, "true");
    scene.world().put("TimeEntry", record);
    scene.incremental().await;
    assert_eq!(scene.value(&gone).await, "false");
    assert_eq!(scene.value("SELECT count(*) FROM gold.fact_timeentry").await, SMALL.time_entries.to_string());
}
