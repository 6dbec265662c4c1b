//! Tests that what is copied and what is merged is what would have been written row by row.

use super::super::testing::lake;
use super::super::{FileSizing, Format, Lakehouse, Stage, longs};
use super::*;
use arrow::array::{
    Array as _, ArrayRef, Date32Array, Float64Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema};
use datafusion::scalar::ScalarValue;
use proptest::prelude::*;
use std::collections::HashMap;

/// The rows of these ids as they are staged: columns of every form that a record has, and a working column.
fn staged(ids: &[i64], text: &str) -> RecordBatch {
    let texts: StringArray = ids.iter().map(|id| (id % 3 != 0).then(|| format!("{text} {id}"))).collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(ids.iter().map(|id| {
        (id % 4 != 0).then(|| (0..id % 4).map(|place| (place != 1).then_some(place as i32)).collect::<Vec<_>>())
    }));
    let names = StringArray::from_iter_values(ids.iter().map(|id| format!("key{}", id % 2)));
    let values: StringArray = ids.iter().map(|id| (id % 5 != 0).then(|| id.to_string())).collect();
    let entry = vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)];
    let entries = StructArray::new(entry.into(), vec![Arc::new(names) as ArrayRef, Arc::new(values)], None);
    let entry = Arc::new(Field::new("key_value", entries.data_type().clone(), false));
    let offsets = OffsetBuffer::from_lengths(vec![1; ids.len()]);
    let maps = MapArray::new(entry, offsets, entries, None, false);
    let inner: Fields = vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)].into();
    let inner_ids: Int64Array = ids.iter().map(|id| (id % 7 != 0).then_some(*id)).collect();
    let inner = StructArray::new(inner, vec![Arc::new(inner_ids) as ArrayRef, Arc::new(texts.clone())], None);
    let instants = TimestampMicrosecondArray::from_iter_values(ids.iter().map(|id| id * 1_001)).with_timezone("UTC");
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("id", Arc::new(Int64Array::from(ids.to_vec())), false),
        ("text", Arc::new(texts), true),
        ("numbers", Arc::new(lists), true),
        ("info", Arc::new(maps), true),
        ("owner", Arc::new(inner), true),
        ("at", Arc::new(instants), true),
        ("day", Arc::new(Date32Array::from_iter_values(ids.iter().map(|id| *id as i32))), true),
        ("hours", Arc::new(Float64Array::from_iter_values(ids.iter().map(|id| *id as f64 / 4.0))), true),
        ("same", Arc::new(StringArray::from_iter_values(ids.iter().map(|_| "same"))), true),
        ("nothing", arrow::array::new_null_array(&DataType::Utf8, ids.len()), true),
        ("__number", Arc::new(Int64Array::from_iter_values(ids.iter().map(|id| id + 1_000))), false),
    ];
    let fields = columns.iter().map(|(name, column, null)| Field::new(*name, column.data_type().clone(), *null));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column, _)| column).collect()).unwrap()
}

/// The table's schema: what is staged without the working column, and a stamp.
fn table_schema() -> SchemaRef {
    let mut fields = staged(&[1], "").schema().fields().to_vec();
    fields.pop();
    fields.push(Arc::new(Field::new("run", DataType::Utf8, true)));
    fields.push(Arc::new(Field::new("deleted", DataType::Int64, true)));
    Arc::new(Schema::new(fields))
}

async fn table(lake: &Lakehouse) -> Table {
    Table::create_or_evolve(lake, "silver", "cw_test", &table_schema()).await.unwrap()
}

fn file(stage: &Stage, ids: &[i64]) -> StagedFile {
    let batch = staged(ids, "a");
    let mut file = stage.file("x", Format::Data(FileSizing::WIDE), &batch.schema());
    for row in 0..batch.num_rows() {
        file.write(&batch.slice(row, 1)).unwrap();
    }
    file.finish().unwrap();
    file
}

fn constants(run: &str) -> Constants {
    HashMap::from([("run".to_owned(), ScalarValue::from(run))])
}

/// Reads staged rows without those of some ids.
fn read(rows: DataFrame, run: &str, without: &[i64]) -> datafusion::error::Result<DataFrame> {
    let mut rows = rows.drop_columns(&["__number"])?;
    for id in without {
        rows = rows.filter(ident("id").not_eq(lit(*id)))?;
    }
    rows.with_column("run", lit(run))?.with_column("deleted", lit(ScalarValue::Int64(None)))
}

/// All rows as texts, in the order in which the files have them.
async fn content(table: &Table) -> Vec<String> {
    let rows: Vec<RecordBatch> = table.rows_by("id", None).unwrap().try_collect().await.unwrap();
    let mut texts = Vec::new();
    for batch in &rows {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| arrow::util::display::ArrayFormatter::try_new(column, &Default::default()).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            texts.push(columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|"));
        }
    }
    texts
}

/// Replaces a table by runs, and returns whether that was done.
async fn overwrite(
    lake: &Lakehouse,
    table: &mut Table,
    runs: &[(&StagedFile, i64, i64)],
    superseded: &[i64],
    late: &[i64],
    expected: u64,
) -> Result<bool> {
    let runs = runs.iter().map(|(file, first, last)| SortedRun {
        file,
        first: *first,
        last: *last,
        is_whole: !superseded.iter().any(|id| (*first..=*last).contains(id)),
    });
    let rows = (!late.is_empty()).then(|| {
        // In no order, as they come.
        let late: Vec<i64> = late.iter().rev().copied().collect();
        read(lake.context().read_batch(staged(&late, "b")).unwrap(), "r", &[]).unwrap()
    });
    let between = Between { keys: late.to_vec(), rows };
    let read = |rows: DataFrame| read(rows, "r", superseded);
    let form = StagedForm { constants: constants("r"), read: &read };
    table.overwrite_by_runs(runs.collect(), between, form, "id", expected, &[]).await
}

/// The same by the way that decodes all rows.
async fn written_by_rows(rows: &[(Vec<i64>, &str)], lake: &Lakehouse) -> Vec<String> {
    let mut frames = rows
        .iter()
        .filter(|(ids, _)| !ids.is_empty())
        .map(|(ids, text)| read(lake.context().read_batch(staged(ids, text)).unwrap(), "r", &[]).unwrap());
    let first = frames.next().unwrap();
    let all = sorted(frames.fold(first, |all, next| all.union(next).unwrap()), &["id"]).unwrap();
    let (_folder, other) = lake_of_rows();
    let mut table = table(&other).await;
    table.overwrite(all, None, &[]).await.unwrap();
    content(&table).await
}

fn lake_of_rows() -> (tempfile::TempDir, Lakehouse) {
    lake(1_000)
}

/// A set of ids, where each one is: in a run, superseded in its run and read again late, late alone, or nowhere.
fn placed() -> impl Strategy<Value = Vec<(i64, u8)>> {
    prop::collection::vec(0_u8..8, 1..60).prop_map(|places| (1_i64..).zip(places).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_table_of_runs_is_what_its_rows_are(placed in placed(), width in 1_usize..12, least in 1_u64..30) {
        let in_runs: Vec<i64> = placed.iter().filter(|(_, place)| *place < 6).map(|(id, _)| *id).collect();
        let superseded: Vec<i64> = placed.iter().filter(|(_, place)| *place == 5).map(|(id, _)| *id).collect();
        let late: Vec<i64> = placed.iter().filter(|(_, place)| *place == 5 || *place == 6).map(|(id, _)| *id).collect();
        prop_assume!(!in_runs.is_empty());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (_folder, lake) = lake(least);
            let stage = Stage::new().unwrap();
            let files: Vec<_> = in_runs.chunks(width).map(|ids| (file(&stage, ids), ids[0], ids[ids.len() - 1])).collect();
            // They are read by several workers: in any order.
            let runs: Vec<_> = files.iter().rev().map(|(file, first, last)| (file, *first, *last)).collect();
            let mut table = table(&lake).await;
            let stay: Vec<i64> = in_runs.iter().filter(|id| !superseded.contains(id)).copied().collect();
            let expected = (stay.len() + late.len()) as u64;
            prop_assert!(overwrite(&lake, &mut table, &runs, &superseded, &late, expected).await.unwrap());
            prop_assert_eq!(content(&table).await, written_by_rows(&[(stay, "a"), (late.clone(), "b")], &lake).await);
            prop_assert_eq!(table.rows().await.unwrap(), expected);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn what_no_row_touches_is_copied_and_the_rest_is_merged() {
    let (_folder, lake) = lake(1_000);
    let stage = Stage::new().unwrap();
    let files = [file(&stage, &[1, 3, 5]), file(&stage, &[11, 13]), file(&stage, &[21, 23])];
    let runs = [(&files[0], 1, 5), (&files[1], 11, 13), (&files[2], 21, 23)];
    let mut table = table(&lake).await;
    assert!(overwrite(&lake, &mut table, &runs, &[], &[], 7).await.unwrap());
    assert_eq!(table.files().unwrap().len(), 1, "a file of all runs");
    // A row below the first run, one in a gap, and one above the last: each has its place.
    assert!(overwrite(&lake, &mut table, &runs, &[], &[0, 8, 99], 10).await.unwrap());
    let ids: Vec<i64> = table
        .rows_by("id", None)
        .unwrap()
        .try_collect::<Vec<_>>()
        .await
        .unwrap()
        .iter()
        .flat_map(|b| longs(b, "id"))
        .collect();
    assert_eq!(ids, [0, 1, 3, 5, 8, 11, 13, 21, 23, 99]);
}

#[tokio::test]
async fn row_groups_of_whole_pages_are_copied_and_merged_too() {
    let (_folder, lake) = lake(1_000);
    let stage = Stage::new().unwrap();
    let pages: Vec<Vec<i64>> = (0..3).map(|page| (1_000 * page + 1..=1_000 * page + 1_000).collect()).collect();
    let files: Vec<StagedFile> = pages
        .iter()
        .map(|ids| {
            let batch = staged(ids, "a");
            let mut file = stage.file("x", Format::Data(FileSizing::WIDE), &batch.schema());
            file.write(&batch).unwrap();
            file.finish().unwrap();
            file
        })
        .collect();
    let runs: Vec<_> = files.iter().zip(&pages).map(|(file, ids)| (file, ids[0], ids[999])).collect();
    let mut table = table(&lake).await;
    assert!(overwrite(&lake, &mut table, &runs, &[1_500], &[1_500, 4_000], 3_001).await.unwrap());
    let stay: Vec<i64> = pages.concat().into_iter().filter(|id| *id != 1_500).collect();
    let expected = written_by_rows(&[(stay, "a"), (vec![1_500, 4_000], "b")], &lake).await;
    assert_eq!(content(&table).await, expected);
}

#[tokio::test]
async fn rows_between_are_cut_into_files_too_and_no_file_is_without_rows() {
    let (_folder, lake) = lake(10);
    let stage = Stage::new().unwrap();
    let (one, other) = (file(&stage, &[1, 2]), file(&stage, &[501, 502]));
    let mut table = table(&lake).await;
    let many: Vec<i64> = (3..500).collect();
    assert!(overwrite(&lake, &mut table, &[(&one, 1, 2), (&other, 501, 502)], &[], &many, 501).await.unwrap());
    let sizes: Vec<u64> = table.files().unwrap().iter().filter_map(DataFile::rows).collect();
    let limit = table.rows_a_file(501).unwrap() as u64;
    // A batch passes the limit before the next file begins.
    assert!(sizes.len() > 1 && sizes.iter().all(|rows| *rows > 0), "{sizes:?} of {limit}");
    let ids: Vec<_> = content(&table).await;
    assert_eq!(ids.len(), 501);
    // A staged file of many rows is cut between its row groups.
    let ids: Vec<i64> = (1..=100).collect();
    let batch = staged(&ids, "a");
    let mut long = stage.file("x", Format::Data(FileSizing::WIDE.with_least(10)), &batch.schema());
    long.write(&batch).unwrap();
    long.finish().unwrap();
    assert!(overwrite(&lake, &mut table, &[(&long, 1, 100)], &[], &[], 100).await.unwrap());
    let sizes: Vec<_> = table.files().unwrap().iter().filter_map(DataFile::rows).collect();
    assert_eq!(sizes, [20; 5], "ten rows a group, and 501 rows to be cut into files of fifteen");
    // All rows of a run were superseded, and none is in their place.
    assert!(overwrite(&lake, &mut table, &[(&one, 1, 2), (&other, 501, 502)], &[501, 502], &[], 2).await.unwrap());
    assert_eq!(table.files().unwrap().iter().map(DataFile::rows).collect::<Vec<_>>(), [Some(2)]);
}

#[tokio::test]
async fn a_run_whose_nested_fields_the_table_has_in_another_order_is_merged() {
    let (_folder, lake) = lake(1_000);
    let stage = Stage::new().unwrap();
    let mut fields = table_schema().fields().to_vec();
    let inner: Fields = vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("gone", DataType::Utf8, true),
        Field::new("id", DataType::Int64, true),
    ]
    .into();
    fields[4] = Arc::new(Field::new("owner", DataType::Struct(inner), true));
    let schema = Arc::new(Schema::new(fields));
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &schema).await.unwrap();
    let one = file(&stage, &[1, 5]);
    assert!(overwrite(&lake, &mut table, &[(&one, 1, 5)], &[], &[], 2).await.unwrap());
    assert!(content(&table).await[1].contains("{name: a 5, gone: , id: 5}"), "{:?}", content(&table).await);
}

#[tokio::test]
async fn the_log_says_of_an_assembled_file_what_is_in_it() {
    let (_folder, lake) = lake(1_000);
    let stage = Stage::new().unwrap();
    let (one, other) = (file(&stage, &[3, 6, 7]), file(&stage, &[12, 30]));
    let mut table = table(&lake).await;
    assert!(overwrite(&lake, &mut table, &[(&one, 3, 7), (&other, 12, 30)], &[], &[], 5).await.unwrap());
    let files = table.files().unwrap();
    let [file] = files.as_slice() else { panic!("{} files", files.len()) };
    assert_eq!(file.rows(), Some(5));
    let of = |column: &str| file.range(column);
    assert_eq!(of("id"), (3.into(), 30.into()));
    assert_eq!(of("text"), ("a 7".into(), "a 7".into()), "the others are null");
    assert_eq!(of("run"), ("r".into(), "r".into()));
    assert_eq!(of("deleted"), (serde_json::Value::Null, serde_json::Value::Null));
    assert_eq!(of("day"), ("1970-01-04".into(), "1970-01-31".into()));
    // 3,003 and 30,030 microseconds: bounds that are rounded outwards.
    assert_eq!(of("at"), ("1970-01-01T00:00:00.003Z".into(), "1970-01-01T00:00:00.031Z".into()));
    assert!(!table.has_refused_dates().await.unwrap());
    // The engine agrees.
    let sql = "SELECT count(*) AS rows, count(text) AS texts, count(deleted) AS deleted, max(id), min(day) FROM t";
    lake.context().register_table("t", table.provider().unwrap()).unwrap();
    let answer = lake.context().sql(sql).await.unwrap().collect().await.unwrap();
    let text = arrow::util::pretty::pretty_format_batches(&answer).unwrap().to_string();
    assert!(text.contains("| 5    | 1     | 0       | 30        | 1970-01-04 |"), "{text}");
}

#[tokio::test]
async fn nothing_is_written_where_runs_overlap_are_not_sorted_or_lack_rows() {
    let (_folder, lake) = lake(1_000);
    let stage = Stage::new().unwrap();
    let (one, other) = (file(&stage, &[1, 5]), file(&stage, &[4, 9]));
    let mut table = table(&lake).await;
    let version = table.version();
    assert!(!overwrite(&lake, &mut table, &[(&one, 1, 5), (&other, 4, 9)], &[], &[], 4).await.unwrap(), "overlap");
    assert!(!overwrite(&lake, &mut table, &[], &[], &[], 0).await.unwrap(), "no run");
    let unsorted = file(&stage, &[7, 2]);
    assert!(!overwrite(&lake, &mut table, &[(&unsorted, 2, 7)], &[], &[3], 3).await.unwrap(), "out of order");
    let error = overwrite(&lake, &mut table, &[(&one, 1, 5)], &[], &[], 3).await.unwrap_err().to_string();
    assert!(error.contains("2 rows were written in the place of 3"), "{error}");
    std::fs::remove_file(one.path()).unwrap();
    assert!(overwrite(&lake, &mut table, &[(&one, 1, 5)], &[], &[], 2).await.is_err(), "the file is gone");
    assert_eq!((table.version(), table.rows().await.unwrap()), (version, 0));
}

#[tokio::test]
async fn a_column_of_another_form_is_never_copied() {
    let (_folder, lake) = lake(1_000);
    let stage = Stage::new().unwrap();
    let batch = staged(&[1, 2], "a");
    let mut columns = batch.columns().to_vec();
    // The same name, another type.
    columns[7] = Arc::new(Int64Array::from(vec![1, 2]));
    let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields[7] = Field::new("hours", DataType::Int64, true);
    let other = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let mut file = stage.file("x", Format::Data(FileSizing::WIDE), &other.schema());
    file.write(&other).unwrap();
    file.finish().unwrap();
    let mut table = table(&lake).await;
    let error = overwrite(&lake, &mut table, &[(&file, 1, 2)], &[], &[], 2).await.unwrap_err().to_string();
    assert!(error.contains("column hours is Int64 here, but Float64 in the table"), "{error}");
    // The writer compares the columns, too.
    let groups = StagedGroups::of(Bytes::from(std::fs::read(file.path()).unwrap())).unwrap();
    let schema = table.schema().unwrap();
    let mut begun = AssembledFile::new(&schema, FileSizing::WIDE, Arc::default()).unwrap();
    let error = begun.copy(&groups, 0).unwrap_err().to_string();
    assert!(error.contains("column descriptor mismatch"), "{error}");
    let fewer = Arc::new(schema.project(&[0, 1]).unwrap());
    let error = AssembledFile::new(&fewer, FileSizing::WIDE, Arc::default()).unwrap().copy(&groups, 0).unwrap_err();
    assert!(error.to_string().contains("the table lacks the staged column"), "{error}");
}
