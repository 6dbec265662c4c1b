//! What was staged is what bronze gets, or nothing is committed.

use super::*;
use crate::extract::decode_stored;
use crate::lake::Layout;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use connectwise_generated::tables::by_entity;
use connectwise_runtime::Misfit;
use datafusion::logical_expr::lit;
use std::fs::File;

/// Companies with these ids and a name, staged as if they had been read.
fn read(stage: &Stage, ids: std::ops::Range<i64>, name: &str, whole: bool) -> Extracted {
    let record = |id: i64| Misfit {
        record_id: Some(id.to_string()),
        path: String::new(),
        reason: String::new(),
        raw_json: format!("{{\"id\":{id},\"name\":\"{name}\",\"_info\":{{\"lastUpdated\":\"2026-01-05T00:00:00Z\"}}}}"),
    };
    let records: Vec<Misfit> = ids.map(record).collect();
    let company = by_entity("Company").unwrap();
    let mut extracted = decode_stored(stage, company, &records, &HashSet::new()).unwrap();
    extracted.whole = whole;
    extracted
}

/// Leaves the last batch of the staged rows out; what is there can be read as before.
fn lose_a_row(extracted: &Extracted) {
    for path in extracted.staged.paths() {
        let reader = FileReader::try_new(File::open(&path).unwrap(), None).unwrap();
        let schema = reader.schema();
        let mut batches: Vec<RecordBatch> = reader.map(std::result::Result::unwrap).collect();
        batches.pop();
        let mut writer = FileWriter::try_new(File::create(&path).unwrap(), &schema).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
    }
}

fn run() -> RunId {
    RunId::new("2026-02-01T00:00:00Z".parse().unwrap())
}

async fn version_and_rows(lake: &Lakehouse) -> (i64, u64) {
    let table = lake.open("bronze", "cw_company").await.unwrap().unwrap();
    (table.version(), table.rows().await.unwrap())
}

#[tokio::test]
async fn a_staged_row_that_is_not_read_back_ends_every_kind_of_load() {
    let folder = tempfile::tempdir().unwrap();
    let lake = crate::catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    let stage = Stage::new().unwrap();
    let full = Loading { full: true, ..Loading::default() };
    for (round, (loading, whole)) in
        [(full, true), (Loading::default(), true), (full, true), (Loading::default(), false)].into_iter().enumerate()
    {
        // The first two find an empty table, the others one with rows.
        let before = if round < 2 { (0, 0) } else { version_and_rows(&lake).await };
        let lost = read(&stage, 1..10, "B", whole);
        lose_a_row(&lost);
        let error = load(&lake, &stage, &run(), &lost, loading).await.unwrap_err().to_string();
        assert!(error.contains("in the place of") && error.contains('8'), "round {round}: {error}");
        assert_eq!(version_and_rows(&lake).await, before, "round {round}");
        assert_eq!(watermark(&lake, lost.table).await.unwrap().is_some(), round >= 2, "round {round}");
        if round == 1 {
            load(&lake, &stage, &run(), &read(&stage, 1..10, "A", true), full).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_record_that_was_read_and_is_not_in_bronze_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let lake = crate::catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    let stage = Stage::new().unwrap();
    let extracted = read(&stage, 1..10, "A", true);
    let loaded = load(&lake, &stage, &run(), &extracted, Loading::default()).await.unwrap();
    let check = check_fetched(&lake, &extracted, &loaded).await.unwrap();
    assert_eq!((&*check.name, check.passed), ("fetched/cw_company", true), "{}", check.detail);

    let mut table = lake.open("bronze", "cw_company").await.unwrap().unwrap();
    let rows = table.frame().await.unwrap().filter(ident("id").not_eq(lit(7_i64))).unwrap();
    table.overwrite(rows, None, &[]).await.unwrap();
    let check = check_fetched(&lake, &extracted, &loaded).await.unwrap();
    assert!(!check.passed && check.fails());
    assert_eq!(check.detail, "9 records read, 8 of them live in bronze; it lacks such as id 7");

    let again = load(&lake, &stage, &run(), &read(&stage, 1..5, "A", false), Loading::default()).await.unwrap();
    let check = check_fetched(&lake, &read(&stage, 1..5, "A", false), &again).await.unwrap();
    assert!(check.passed && check.detail.contains("bronze had them"), "{}", check.detail);
}
