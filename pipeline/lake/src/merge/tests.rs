//! Tests of merges into small tables of several files.

use super::super::testing::{content, filled, lake, ranges, rows};
use super::*;
use arrow::array::{Int64Array, StringArray};

/// Rows to merge: upserts of these ids with the text, or deletions.
fn marked(lake: &super::super::Lakehouse, ids: &[i64], text: &str, delete: bool) -> DataFrame {
    let rows = lake.context().read_batch(rows(ids.iter().copied(), text)).unwrap();
    rows.with_column(DELETE_MARK, lit(delete)).unwrap()
}

#[tokio::test]
async fn rows_come_change_and_go_in_one_commit_that_says_what_it_was_made_from() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..30, "a")).await;
    let version = table.version();
    let change = marked(&lake, &[5, 40], "b", false).union(marked(&lake, &[6, 7], "", true)).unwrap();
    table.merge(change, 4, &["id"], &[("made-from".to_owned(), 7)], &Arc::default()).await.unwrap();
    assert_eq!(table.version(), version + 1);
    assert_eq!(table.transaction("made-from").await.unwrap(), Some(7));
    let kept = (0..30).filter(|id| ![5, 6, 7].contains(id)).map(|id| (id, "a".to_owned()));
    let mut wanted: Vec<(i64, String)> = kept.chain([(5, "b".to_owned()), (40, "b".to_owned())]).collect();
    wanted.sort();
    assert_eq!(content(&table).await, wanted);
    let opened = lake.open("silver", "cw_test").await.unwrap().unwrap();
    assert_eq!(content(&opened).await, wanted, "what is open is what was committed");
}

#[tokio::test]
async fn files_that_hold_none_of_the_keys_stay_as_they_are() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..40, "a")).await;
    let paths = |table: &Table| -> HashSet<String> { table.files().unwrap().iter().map(DataFile::path).collect() };
    let before = paths(&table);
    table.merge(marked(&lake, &[12], "b", false), 1, &["id"], &[], &Arc::default()).await.unwrap();
    let after = paths(&table);
    assert_eq!((before.len(), before.intersection(&after).count()), (4, 3));
    let first: Vec<_> = ranges(&table, "id").iter().filter_map(|(least, _)| least.as_i64()).collect();
    assert!(first.contains(&10) && first.is_sorted(), "{first:?}");
}

#[tokio::test]
async fn another_number_of_rows_than_expected_or_no_key_changes_nothing() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..30, "a")).await;
    let (version, before) = (table.version(), content(&table).await);
    for (expected, key, words) in [
        (3, &["id"][..], "2 rows were read back in the place of 3"),
        (2, &[][..], "no key"),
        (2, &["text"][..], "rows"),
    ] {
        let error = table
            .merge(marked(&lake, &[1, 2], "b", false), expected, key, &[], &Arc::default())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("silver/cw_test: merging failed") && error.contains(words), "{error}");
    }
    let opened = lake.open("silver", "cw_test").await.unwrap().unwrap();
    assert_eq!((opened.version(), content(&opened).await), (version, before));
}

#[tokio::test]
async fn deleting_keys_that_are_not_there_leaves_the_rows() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..10, "a")).await;
    for key in [77, -1] {
        table.merge(marked(&lake, &[key], "", true), 1, &["id"], &[], &Arc::default()).await.unwrap();
        assert_eq!(content(&table).await.len(), 10);
    }
}

#[tokio::test]
async fn a_key_of_several_columns_is_one_key() {
    let (_folder, lake) = lake(10);
    let batch = |pairs: &[(i64, &str, &str)]| {
        let schema = Schema::new(vec![
            Field::new("parent", DataType::Int64, false),
            Field::new("line", DataType::Utf8, false),
            Field::new("text", DataType::Utf8, true),
        ]);
        let texts = |pick: fn(&(i64, &str, &str)) -> String| {
            Arc::new(pairs.iter().map(pick).map(Some).collect::<StringArray>())
        };
        let parents: Int64Array = pairs.iter().map(|pair| pair.0).collect();
        let columns: Vec<arrow::array::ArrayRef> =
            vec![Arc::new(parents), texts(|pair| pair.1.to_owned()), texts(|pair| pair.2.to_owned())];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    };
    let mut table = filled(&lake, batch(&[(1, "a", "old"), (1, "b", "old"), (2, "a", "old")])).await;
    let change = lake.context().read_batch(batch(&[(1, "b", "new"), (2, "b", "new")])).unwrap();
    let change = change.with_column(DELETE_MARK, lit(false)).unwrap();
    table.merge(change, 2, &["parent", "line"], &[], &Arc::default()).await.unwrap();
    let rows = sorted(table.frame().unwrap(), &["parent", "line"]).unwrap().collect().await.unwrap();
    let rows = concat_batches(&rows[0].schema(), &rows).unwrap();
    let rows = cast_to_schema(&rows, &table.schema().unwrap()).unwrap();
    let texts: Vec<_> = rows.column(2).as_string::<i32>().iter().flatten().collect();
    assert_eq!(texts, ["old", "new", "old", "new"]);
}
