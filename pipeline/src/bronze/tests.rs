//! Tests that bronze gets exactly what was staged, or nothing is committed.

use super::*;
use crate::context::Options;
use crate::extract::Extracted;
use crate::lake::{Counts, Lakehouse};
use crate::testing::{companies, rejected, run, value};
use arrow::array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use datafusion::logical_expr::{ident, lit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;

/// Drops the last row of the staged rows; the rest can be read as before.
fn lose_a_row(extracted: &Extracted) {
    let path = extracted.staged.paths().pop().unwrap();
    let open = || File::open(&path).unwrap();
    if path.extension().is_some_and(|extension| extension == "arrow") {
        let reader = FileReader::try_new(open(), None).unwrap();
        let schema = reader.schema();
        let mut batches: Vec<RecordBatch> = reader.map(std::result::Result::unwrap).collect();
        batches.pop();
        let mut writer = FileWriter::try_new(File::create(&path).unwrap(), &schema).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
    } else {
        let reader = ParquetRecordBatchReaderBuilder::try_new(open()).unwrap().build().unwrap();
        let batches: Vec<RecordBatch> = reader.map(std::result::Result::unwrap).collect();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batches[0].schema(), None).unwrap();
        batches.iter().for_each(|batch| writer.write(&batch.slice(0, batch.num_rows() - 1)).unwrap());
        writer.close().unwrap();
    }
}

async fn version_and_rows(lake: &Lakehouse) -> Option<(i64, u64)> {
    let table = lake.open("bronze", "cw_company").await.unwrap()?;
    Some((table.version(), table.rows().await.unwrap()))
}

#[tokio::test]
async fn a_staged_row_that_is_not_read_back_ends_every_kind_of_load() {
    let (_folder, run) = run(Options::default());
    let lake = &run.lake;
    let full = Loading { full: true, ..Loading::default() };
    for (round, (loading, whole)) in
        [(full, true), (Loading::default(), true), (full, true), (Loading::default(), false)].into_iter().enumerate()
    {
        // The first two find no table, the others one with rows.
        let before = version_and_rows(lake).await;
        assert_eq!(before.is_some(), round >= 2);
        let lost = companies(&run.stage, 1..10, "B", whole);
        lose_a_row(&lost);
        let error = load(&run, &lost, loading).await.unwrap_err().to_string();
        assert!(error.contains("in the place of") && error.contains('8'), "round {round}: {error}");
        assert_eq!(version_and_rows(lake).await, before, "round {round}");
        assert_eq!(watermark(lake, lost.table).await.unwrap().is_some(), round >= 2, "round {round}");
        if round == 1 {
            load(&run, &companies(&run.stage, 1..10, "A", true), full).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_record_that_was_read_and_is_not_in_bronze_is_named() {
    let (_folder, run) = run(Options::default());
    let lake = &run.lake;
    let extracted = companies(&run.stage, 1..10, "A", true);
    let loaded = load(&run, &extracted, Loading::default()).await.unwrap();
    let check = check_fetched(lake, &extracted, &loaded).await.unwrap();
    assert_eq!((&*check.name, check.passed), ("fetched/cw_company", true), "{}", check.detail);

    let mut table = lake.open("bronze", "cw_company").await.unwrap().unwrap();
    let rows = table.frame().unwrap().filter(ident("id").not_eq(lit(7_i64))).unwrap();
    table.overwrite(rows, None, &[]).await.unwrap();
    let check = check_fetched(lake, &extracted, &loaded).await.unwrap();
    assert!(!check.passed && check.fails());
    assert_eq!(check.detail, "9 records read, 8 of them live in bronze; it lacks such as id 7");

    let again = load(&run, &companies(&run.stage, 1..5, "A", false), Loading::default()).await.unwrap();
    let check = check_fetched(lake, &companies(&run.stage, 1..5, "A", false), &again).await.unwrap();
    assert!(check.passed && check.detail.contains("bronze had them"), "{}", check.detail);
}

/// Returns the companies as `id name`, with an `x` where the row is marked as deleted.
async fn stored(lake: &Lakehouse) -> String {
    let row = "CAST(id AS VARCHAR) || ' ' || name || CASE WHEN etlDeletedAt IS NULL THEN '' ELSE ' x' END";
    value(lake, &format!("SELECT string_agg({row}, ', ' ORDER BY id) FROM bronze.cw_company")).await
}

#[tokio::test]
async fn each_kind_of_load_writes_what_differs_and_marks_what_is_gone() {
    let (_folder, run) = run(Options::default());
    let lake = &run.lake;
    let full = Loading { full: true, ..Loading::default() };
    let window = Loading { since: Some(0), ..Loading::default() };
    let counts = |inserted, updated, unchanged, deleted| Counts { inserted, updated, unchanged, deleted };

    let loaded = load(&run, &companies(&run.stage, 1..5, "A", true), full).await.unwrap();
    assert_eq!(loaded.counts, counts(4, 0, 0, 0));
    assert_eq!(stored(lake).await, "1 A, 2 A, 3 A, 4 A");

    let loaded = load(&run, &companies(&run.stage, 2..6, "A", true), full).await.unwrap();
    assert_eq!(loaded.counts, counts(1, 0, 3, 1));
    assert_eq!(stored(lake).await, "1 A x, 2 A, 3 A, 4 A, 5 A");

    // A window says nothing of rows outside it; rows in it are live.
    let loaded = load(&run, &companies(&run.stage, [1, 3], "B", false), window).await.unwrap();
    assert_eq!(loaded.counts, counts(0, 2, 0, 0));
    assert_eq!(stored(lake).await, "1 B, 2 A, 3 B, 4 A, 5 A");

    let (version, _) = version_and_rows(lake).await.unwrap();
    let loaded = load(&run, &companies(&run.stage, [1, 3], "B", false), window).await.unwrap();
    assert_eq!((loaded.counts, loaded.version), (counts(0, 0, 2, 0), version), "nothing differs, nothing is written");
}

/// Returns the rows of each row group of the table's only file.
async fn row_groups(lake: &Lakehouse) -> Vec<i64> {
    let table = lake.open("bronze", "cw_company").await.unwrap().unwrap();
    let files = table.files().unwrap();
    let [file] = files.as_slice() else { panic!("{} files", files.len()) };
    let folder = lake.url("bronze", "cw_company").unwrap().to_file_path().unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(folder.join(file.path())).unwrap()).unwrap();
    reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect()
}

#[tokio::test]
async fn what_is_read_whole_is_copied_and_only_what_something_touches_is_merged() {
    let (_folder, run) = run(Options::default());
    let full = Loading { full: true, ..Loading::default() };
    load(&run, &companies(&run.stage, 1..9, "A", true), full).await.unwrap();
    assert_eq!(row_groups(&run.lake).await, [3, 3, 2]);
    // 5 is gone: its row stays, marked, in the run that ends with 6.
    let ids = (1..9).filter(|id| *id != 5);
    load(&run, &companies(&run.stage, ids, "B", true), full).await.unwrap();
    assert_eq!(row_groups(&run.lake).await, [3, 4, 1]);
    assert_eq!(stored(&run.lake).await, "1 B, 2 B, 3 B, 4 B, 5 A x, 6 B, 7 B, 8 B");
    // Copied and merged rows have the same stamps, but for the marked one.
    let sql =
        "SELECT count(DISTINCT (etlTimestamp, etlEntity, etlRunId)) || '/' || count(etlRunId) FROM bronze.cw_company";
    assert_eq!(value(&run.lake, sql).await, "1/8");
}

#[tokio::test]
async fn a_full_load_that_lacks_most_rows_is_refused_and_force_marks_them() {
    let (_folder, mut run) = run(Options::default());
    let full = Loading { full: true, ..Loading::default() };
    load(&run, &companies(&run.stage, 1..4, "A", true), full).await.unwrap();
    let before = version_and_rows(&run.lake).await;
    let error = load(&run, &companies(&run.stage, 1..2, "A", true), full).await.unwrap_err().to_string();
    assert!(error.contains("2 of 3 live rows are gone"), "{error}");
    assert_eq!(version_and_rows(&run.lake).await, before);
    run.options = Options { force: true, ..Options::default() }.into();
    load(&run, &companies(&run.stage, 1..2, "A", true), full).await.unwrap();
    assert_eq!(stored(&run.lake).await, "1 A, 2 A x, 3 A x");
}

#[tokio::test]
async fn a_rejected_records_last_good_version_lives() {
    let (_folder, run) = run(Options::default());
    let full = Loading { full: true, ..Loading::default() };
    load(&run, &companies(&run.stage, 1..5, "A", true), full).await.unwrap();
    load(&run, &companies(&run.stage, 2..5, "A", true), full).await.unwrap();
    assert_eq!(stored(&run.lake).await, "1 A x, 2 A, 3 A, 4 A");
    // Two of them are rejected: one was marked, the other is live.
    let mut odd = companies(&run.stage, 3..5, "A", true);
    odd.quarantined = vec![rejected(1, "odd", "{}"), rejected(2, "odd", "{}")];
    load(&run, &odd, full).await.unwrap();
    assert_eq!(stored(&run.lake).await, "1 A, 2 A, 3 A, 4 A");
}

/// Returns the quarantine as `id reason`.
async fn put_aside(lake: &Lakehouse) -> String {
    let sql = "SELECT string_agg(recordId || ' ' || reason, ', ' ORDER BY recordId) FROM bronze.cw_quarantine";
    value(lake, sql).await
}

#[tokio::test]
async fn a_rejected_record_stands_in_quarantine_once_until_it_is_read_well() {
    let (_folder, run) = run(Options::default());
    let lake = &run.lake;
    let odd = |ids: &[i64], reason: &str, good: std::ops::Range<i64>, whole| {
        let mut extracted = companies(&run.stage, good, "A", whole);
        extracted.quarantined = ids.iter().map(|id| rejected(*id, reason, "{}")).collect();
        extracted
    };
    quarantine::add(&run, &odd(&[1, 2, 3], "odd", 0..0, false)).await.unwrap();
    let version = lake.open("bronze", quarantine::TABLE).await.unwrap().unwrap().version();
    quarantine::add(&run, &odd(&[1, 2], "odd", 0..0, false)).await.unwrap();
    let table = lake.open("bronze", quarantine::TABLE).await.unwrap().unwrap();
    assert_eq!(table.version(), version, "what is there already is no change");
    quarantine::add(&run, &odd(&[2], "odder", 0..0, false)).await.unwrap();
    assert_eq!(put_aside(lake).await, "1 odd, 2 odder, 3 odd");
    assert_eq!(quarantine::ids(lake, odd(&[], "", 0..0, false).table).await.unwrap().len(), 3);

    quarantine::clear_resolved(&run, &odd(&[2], "odder", 1..2, false)).await.unwrap();
    assert_eq!(put_aside(lake).await, "2 odder, 3 odd", "1 was read well");
    quarantine::clear_resolved(&run, &odd(&[2], "odder", 1..2, true)).await.unwrap();
    assert_eq!(put_aside(lake).await, "2 odder", "the source no longer has 3");
}
