//! Tests of patched files: their rows, what is copied, and where a file is merged instead.

use super::super::error::Result;
use super::super::table::{Counts, DELETE_MARK};
use super::super::testing::lake;
use super::super::upsert::{Scope, Target, upsert_table};
use super::super::{KeySet, Lakehouse, Stage};
use super::*;
use arrow::array::{Float64Array, Int64Array, ListArray, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use datafusion::logical_expr::{ident, lit};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

const ROWS: i64 = 200;

/// `id`, a text, a number and a list of texts.
fn schema() -> SchemaRef {
    let list = DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)));
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("text", DataType::Utf8, true),
        Field::new("number", DataType::Float64, true),
        Field::new("list", list, true),
    ]))
}

type Row = (i64, Option<&'static str>, f64, Vec<&'static str>);

fn batch(rows: &[Row]) -> RecordBatch {
    let DataType::List(item) = schema().field(3).data_type().clone() else { panic!("no list") };
    let texts: StringArray = rows.iter().flat_map(|row| row.3.iter().map(|text| Some(*text))).collect();
    let lengths = OffsetBuffer::from_lengths(rows.iter().map(|row| row.3.len()));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>()),
        Arc::new(ListArray::new(item, lengths, Arc::new(texts), None)),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

/// Row of a new table.
fn original(id: i64) -> Row {
    let text = (id % 7 != 0).then_some("as it was");
    (id, text, 0.0, if id % 3 == 0 { vec![] } else { vec!["x", "y"] })
}

/// A table of one file.
async fn filled(lake: &Lakehouse) -> Table {
    let mut table = Table::create_or_evolve(lake, "silver", "cw_test", &schema()).await.unwrap();
    let rows: Vec<Row> = (0..ROWS).map(original).collect();
    table.fill(lake.context().read_batch(batch(&rows)).unwrap(), rows.len() as u64, &[]).await.unwrap();
    assert_eq!(table.files().unwrap().len(), 1);
    table
}

async fn merge(lake: &Lakehouse, table: &mut Table, rows: &[Row], delete: bool) {
    let changes = lake.context().read_batch(batch(rows)).unwrap().with_column(DELETE_MARK, lit(delete)).unwrap();
    table.merge(changes, rows.len() as u64, &["id"], &[], &Arc::default()).await.unwrap();
}

/// The table's rows, as text.
async fn shown(table: &Table) -> String {
    let rows = table.frame().unwrap().sort(vec![ident("id").sort(true, false)]).unwrap().collect().await.unwrap();
    arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string()
}

fn expected(rows: &[Row]) -> String {
    arrow::util::pretty::pretty_format_batches(&[batch(rows)]).unwrap().to_string()
}

/// Bytes and footer of the only file.
fn file(folder: &tempfile::TempDir, table: &Table) -> (Vec<u8>, ParquetMetaData) {
    let files = table.files().unwrap();
    assert_eq!(files.len(), 1);
    let bytes = std::fs::read(folder.path().join("silver/cw_test").join(files[0].path())).unwrap();
    let mut reader = ParquetMetaDataReader::new();
    reader.try_parse(&bytes::Bytes::from(bytes.clone())).unwrap();
    (bytes, reader.finish().unwrap())
}

/// Encoded bytes of a column.
fn chunk((bytes, footer): &(Vec<u8>, ParquetMetaData), column: usize) -> &[u8] {
    let (start, length) = footer.row_group(0).column(column).byte_range();
    &bytes[usize::try_from(start).unwrap()..usize::try_from(start + length).unwrap()]
}

/// Upserts rows one by one: each is compared with its stored one, which tells in which columns they differ.
async fn upsert(lake: &Lakehouse, table: &mut Table, rows: &[Row], stamps: &[&str]) {
    let target = Target { layer: "silver", name: "cw_test", schema: schema(), key: &["id"], stamps };
    let keys = Arc::new(KeySet::Ids(rows.iter().map(|row| row.0).collect()));
    let batches: Vec<Result<RecordBatch>> = rows.iter().map(|row| Ok(batch(std::slice::from_ref(row)))).collect();
    let (stage, scope) = (Stage::new().unwrap(), Scope::Only { column: "id", keys });
    let upserted = upsert_table(lake, &stage, &target, &scope, futures::stream::iter(batches), &[]).await.unwrap();
    assert_eq!(upserted.0, Counts { updated: rows.len() as u64, ..Counts::default() });
    *table = upserted.1;
}

#[tokio::test]
async fn columns_without_a_changed_value_are_copied_and_the_others_have_the_new_values() {
    copies_and_encodes(false).await;
    copies_and_encodes(true).await;
}

async fn copies_and_encodes(is_compared: bool) {
    let (folder, lake) = lake(1_000);
    let mut table = filled(&lake).await;
    let before = file(&folder, &table);
    // A text becomes null, a null a text, a list longer; the number stays everywhere.
    let changes: [Row; 4] = [
        (3, None, 0.0, vec![]),
        (14, Some("new"), 0.0, vec!["x", "y"]),
        (16, Some("as it was"), 0.0, vec!["x", "y", "z"]),
        (199, Some("last"), 0.0, vec![]),
    ];
    if is_compared {
        upsert(&lake, &mut table, &changes, &[]).await;
    } else {
        merge(&lake, &mut table, &changes, false).await;
    }
    let mut rows: Vec<Row> = (0..ROWS).map(original).collect();
    for change in &changes {
        rows[usize::try_from(change.0).unwrap()] = change.clone();
    }
    assert_eq!(shown(&table).await, expected(&rows));
    let after = file(&folder, &table);
    for (column, is_copied) in [(0, true), (1, false), (2, true), (3, false)] {
        assert_eq!(chunk(&before, column) == chunk(&after, column), is_copied, "column {column}");
    }
    let files = table.files().unwrap();
    assert_eq!(files[0].rows(), Some(200), "the log's statistics are those of the new values");
    assert_eq!(files[0].range("text"), ("as it was".into(), "new".into()));
    let nulls = (0..ROWS).filter(|id| id % 7 == 0).count() as u64;
    assert_eq!(after.1.row_group(0).column(1).statistics().unwrap().null_count_opt(), Some(nulls));
}

#[tokio::test]
async fn what_is_known_of_all_rows_is_believed_and_one_unknown_row_is_enough_to_compare() {
    let (folder, lake) = lake(1_000);
    let table = filled(&lake).await;
    let changed = batch(&[(3, Some("new"), 7.0, vec![]), (4, Some("new"), 7.0, vec![])]);
    let of_text: Differing = row_hashes(&changed, &[0]).unwrap().into_iter().map(|key| (key, vec![1])).collect();
    let of_one: Differing = of_text.iter().take(1).map(|(key, places)| (*key, places.clone())).collect();
    for (differing, number) in [(of_text, 0.0), (of_one, 7.0)] {
        let add = table.patch(&table.files().unwrap()[0], &changed, "id", &differing).await.unwrap().unwrap();
        let bytes = std::fs::read(folder.path().join("silver/cw_test").join(add.path)).unwrap();
        let rows = StagedGroups::of(bytes.into()).unwrap().read(0, &schema(), &[1, 2], None).unwrap();
        let texts: &StringArray = rows.column(0).as_any().downcast_ref().unwrap();
        let numbers: &Float64Array = rows.column(1).as_any().downcast_ref().unwrap();
        assert_eq!((texts.value(3), texts.value(4)), ("new", "new"));
        assert_eq!(
            (numbers.value(3).to_bits(), numbers.value(4).to_bits()),
            (f64::to_bits(number), f64::to_bits(number))
        );
    }
}

#[tokio::test]
async fn a_stamp_is_never_taken_for_the_same() {
    let (_folder, lake) = lake(1_000);
    let mut table = filled(&lake).await;
    let change = (3, Some("new"), 7.0, vec!["z"]);
    upsert(&lake, &mut table, std::slice::from_ref(&change), &["number"]).await;
    let mut rows: Vec<Row> = (0..ROWS).map(original).collect();
    rows[3] = change;
    assert_eq!(shown(&table).await, expected(&rows));
}

#[tokio::test]
async fn a_value_that_differs_in_its_sign_alone_is_changed() {
    let (_folder, lake) = lake(1_000);
    let mut table = filled(&lake).await;
    let mut change = original(5);
    change.2 = -0.0;
    merge(&lake, &mut table, &[change], false).await;
    let below = table.frame().unwrap().filter(ident("id").eq(lit(5_i64))).unwrap().collect().await.unwrap();
    assert!(
        arrow::array::AsArray::as_primitive::<arrow::datatypes::Float64Type>(below[0].column(2))
            .value(0)
            .is_sign_negative()
    );
}

#[tokio::test]
async fn rows_that_come_or_go_are_merged_beside_those_that_change() {
    for (rows, delete, count) in [
        (vec![(ROWS + 5, Some("new"), 1.0, vec!["z"]), (4, Some("new"), 1.0, vec![])], false, ROWS + 1),
        (vec![original(4), original(9)], true, ROWS - 2),
    ] {
        let (_folder, lake) = lake(1_000);
        let mut table = filled(&lake).await;
        merge(&lake, &mut table, &rows, delete).await;
        let mut wanted: Vec<Row> =
            (0..ROWS).map(original).filter(|row| rows.iter().all(|new| new.0 != row.0)).collect();
        wanted.extend(if delete { vec![] } else { rows });
        wanted.sort_by_key(|row| row.0);
        assert_eq!(i64::try_from(wanted.len()).unwrap(), count);
        assert_eq!(shown(&table).await, expected(&wanted));
    }
}

#[tokio::test]
async fn a_key_that_is_there_twice_or_not_is_not_patched() {
    let (_folder, lake) = lake(1_000);
    let mut table = filled(&lake).await;
    let twice: Vec<Row> = (0..ROWS).map(original).chain([original(ROWS - 1)]).collect();
    let files = table.files().unwrap();
    let change = batch(&[(ROWS - 1, Some("b"), 1.0, vec![])]);
    assert!(table.patch(&files[0], &change, "id", &Differing::new()).await.unwrap().is_some());
    let absent = batch(&[(ROWS, Some("b"), 1.0, vec![])]);
    assert!(table.patch(&files[0], &absent, "id", &Differing::new()).await.unwrap().is_none());
    table.overwrite(lake.context().read_batch(batch(&twice)).unwrap(), None, &[]).await.unwrap();
    let files = table.files().unwrap();
    assert!(
        table.patch(&files[0], &change, "id", &Differing::new()).await.unwrap().is_none(),
        "both rows would have to become one"
    );
}

#[tokio::test]
async fn a_file_of_several_row_groups_is_one_file() {
    let (folder, lake) = lake(50_000);
    let many = 40_000;
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &schema()).await.unwrap();
    let rows: Vec<Row> = (0..many).map(original).collect();
    table.fill(lake.context().read_batch(batch(&rows)).unwrap(), rows.len() as u64, &[]).await.unwrap();
    let groups = file(&folder, &table).1.num_row_groups();
    assert!(groups > 1, "{groups} row group");
    let changes = [(5, Some("new"), 0.0, vec!["x", "y"]), (many - 1, Some("new"), 0.0, vec![])];
    merge(&lake, &mut table, &changes, false).await;
    assert_eq!(file(&folder, &table).1.num_row_groups(), groups);
    let new = table.frame().unwrap().filter(ident("text").eq(lit("new"))).unwrap().count().await.unwrap();
    assert_eq!((new, table.frame().unwrap().count().await.unwrap()), (2, 40_000));
    // The same key in the first and in the last group.
    let twice: Vec<Row> = (0..many).map(original).chain([original(5)]).collect();
    table.overwrite(lake.context().read_batch(batch(&twice)).unwrap(), None, &[]).await.unwrap();
    let files = table.files().unwrap();
    assert!(
        table
            .patch(&files[0], &batch(&[(5, Some("b"), 1.0, vec![])]), "id", &Differing::new())
            .await
            .unwrap()
            .is_none()
    );
}

/// Rows of a list below parents: the parent, the place in the list, a text.
fn listed(rows: &[(i64, i64, &str)]) -> RecordBatch {
    let whole = |name| Field::new(name, DataType::Int64, false);
    let schema = Schema::new(vec![whole("parentId"), whole("listIndex"), Field::new("text", DataType::Utf8, true)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| Some(row.2)).collect::<StringArray>()),
    ];
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

#[tokio::test]
async fn rows_below_a_parent_change_and_go_together() {
    let (_folder, lake) = lake(1_000);
    let context = lake.context();
    let all: Vec<(i64, i64, &str)> = (0..100).flat_map(|parent| [(parent, 0, "a"), (parent, 1, "b")]).collect();
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &listed(&all).schema()).await.unwrap();
    table.fill(context.read_batch(listed(&all)).unwrap(), 200, &[]).await.unwrap();
    let marked = |rows: &[(i64, i64, &str)], delete: bool| {
        context.read_batch(listed(rows)).unwrap().with_column(DELETE_MARK, lit(delete)).unwrap()
    };
    let before = table.version();
    // As many changes as parents, beside a deletion; then more changes than parents.
    let change = marked(&[(7, 0, "b")], false).union(marked(&[(7, 1, "b")], true)).unwrap();
    table.merge(change, 2, &["parentId", "listIndex"], &[], &Arc::default()).await.unwrap();
    let change = marked(&[(9, 0, "c"), (9, 1, "d")], false);
    table.merge(change, 2, &["parentId", "listIndex"], &[], &Arc::default()).await.unwrap();
    let within = ident("parentId").eq(lit(7_i64)).or(ident("parentId").eq(lit(9_i64)));
    let found = table.frame().unwrap().filter(within).unwrap();
    let found = found.sort(vec![ident("parentId").sort(true, false), ident("listIndex").sort(true, false)]).unwrap();
    let found = arrow::util::pretty::pretty_format_batches(&found.collect().await.unwrap()).unwrap().to_string();
    let wanted = listed(&[(7, 0, "b"), (9, 0, "c"), (9, 1, "d")]);
    assert_eq!(found, arrow::util::pretty::pretty_format_batches(&[wanted]).unwrap().to_string());
    assert_eq!(table.frame().unwrap().count().await.unwrap(), 199);
    // The commits name the parents; asked is for the places in their lists.
    let changed = table.changed_keys(before, "listIndex", &["text"]).await.unwrap().unwrap();
    assert_eq!(changed, std::collections::HashSet::from([0, 1]));
    let changed = table.changed_keys(before, "parentId", &["text"]).await.unwrap().unwrap();
    assert_eq!(changed, std::collections::HashSet::from([7, 9]));
}

#[tokio::test]
async fn files_of_an_earlier_schema_are_merged() {
    let (_folder, lake) = lake(1_000);
    filled(&lake).await;
    let mut wider: Vec<Field> = schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    wider.push(Field::new("later", DataType::Utf8, true));
    let wider = Arc::new(Schema::new(wider));
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &wider).await.unwrap();
    let files = table.files().unwrap();
    let change = cast_to_schema(&batch(&[original(7)]), &table.schema().unwrap()).unwrap();
    assert!(table.patch(&files[0], &change, "id", &Differing::new()).await.unwrap().is_none());
    let changes = lake.context().read_batch(change).unwrap().with_column("later", lit("x")).unwrap();
    let changes = changes.with_column(DELETE_MARK, lit(false)).unwrap();
    table.merge(changes, 1, &["id"], &[], &Arc::default()).await.unwrap();
    let later = table.frame().unwrap().filter(ident("later").is_not_null()).unwrap();
    assert_eq!((later.count().await.unwrap(), table.rows().await.unwrap()), (1, 200));
}

#[tokio::test]
async fn many_changes_are_merged() {
    let (_folder, lake) = lake(1_000);
    let table = filled(&lake).await;
    let files = table.files().unwrap();
    assert!(is_patched(&files[0], 25) && !is_patched(&files[0], 26));
}
