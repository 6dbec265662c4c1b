//! Tests of what is committed and what is refused while others write.

use super::super::testing::{content, filled, lake, rows, schema};
use super::super::{Lakehouse, Table};
use super::*;

fn frame(lake: &Lakehouse, ids: impl IntoIterator<Item = i64>, text: &str) -> DataFrame {
    lake.context().read_batch(rows(ids, text)).unwrap()
}

async fn reopened(lake: &Lakehouse) -> Table {
    lake.open("silver", "cw_test").await.unwrap().unwrap()
}

#[tokio::test]
async fn other_than_so_many_rows_are_not_committed() {
    let (_folder, lake) = lake(10);
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &schema()).await.unwrap();
    let version = table.version();
    let filled = table.fill(frame(&lake, 0..5, "a"), 6, &[]).await.unwrap_err();
    let appended = table.append(frame(&lake, 0..5, "a"), 4).await.unwrap_err();
    let replaced = table.overwrite(frame(&lake, 0..5, "a"), Some(50), &[]).await.unwrap_err();
    for (error, expected) in [(filled, 6), (appended, 4), (replaced, 50)] {
        let words = format!("5 rows were written in the place of {expected}");
        assert!(error.to_string().contains(&words), "{error}");
    }
    assert_eq!((reopened(&lake).await.version(), table.rows().await.unwrap()), (version, 0));
}

#[tokio::test]
async fn two_who_append_both_have_their_rows_and_two_who_replace_do_not() {
    let (_folder, lake) = lake(10);
    let mut ours = filled(&lake, rows(0..5, "a")).await;
    let (mut theirs, mut late) = (ours.clone(), ours.clone());
    ours.append(frame(&lake, 5..7, "b"), 2).await.unwrap();
    theirs.append(frame(&lake, 7..9, "c"), 2).await.unwrap();
    assert_eq!(reopened(&lake).await.rows().await.unwrap(), 9);
    let error = late.overwrite(frame(&lake, 0..1, "d"), Some(1), &[]).await.unwrap_err().to_string();
    assert!(error.contains("another writer committed meanwhile") && error.contains("run again"), "{error}");
    assert_eq!(reopened(&lake).await.rows().await.unwrap(), 9);
}

#[tokio::test]
async fn a_state_is_recorded_once() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..5, "a")).await;
    let state = [("made-from".to_owned(), 7), ("definition".to_owned(), 1)];
    table.record(&state).await.unwrap();
    let version = table.version();
    table.record(&state).await.unwrap();
    assert_eq!(reopened(&lake).await.version(), version, "the same again is no commit");
    table.record(&[("made-from".to_owned(), 8), ("definition".to_owned(), 1)]).await.unwrap();
    assert_eq!(table.version(), version + 1);
    assert_eq!(table.transaction("made-from").await.unwrap(), Some(8));
    assert_eq!(table.transaction("nothing").await.unwrap(), None);
    assert_eq!(table.rows().await.unwrap(), 5);
}

#[tokio::test]
async fn files_are_filled_evenly() {
    let (_folder, lake) = lake(10);
    let table = filled(&lake, rows(0..21, "a")).await;
    let mut sizes: Vec<u64> = table.files().unwrap().iter().filter_map(DataFile::rows).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [7, 7, 7], "no file of one row");
}

#[tokio::test]
async fn runs_in_the_order_of_the_key_take_up_what_belongs_between_them() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..3, "old")).await;
    let runs = |second: i64| vec![(0, frame(&lake, [1, 3, 5], "a")), (second, frame(&lake, [11, 13], "a"))];
    let between = frame(&lake, [4, 12, 30], "b");
    assert!(table.overwrite_between(runs(10), &between, "id", 8, &[]).await.unwrap());
    let ids = |content: Vec<(i64, String)>| content.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(content(&table).await), [1, 3, 4, 5, 11, 12, 13, 30]);
    let version = table.version();
    // Where a run is not in order, nothing is committed.
    let unsorted = vec![(0, frame(&lake, [5, 1], "a"))];
    assert!(!table.overwrite_between(unsorted, &between, "id", 5, &[]).await.unwrap());
    let error = table.overwrite_between(runs(10), &between, "id", 9, &[]).await.unwrap_err().to_string();
    assert!(error.contains("8 rows were written in the place of 9"), "{error}");
    assert_eq!(reopened(&lake).await.version(), version);
}

#[tokio::test]
async fn catching_up_goes_past_compactions_and_stops_at_changes() {
    let (_folder, lake) = lake(10);
    let mut ours = filled(&lake, rows(0..30, "a")).await;
    let mut theirs = ours.clone();
    assert!(!ours.catch_up(&[]).await.unwrap(), "there is nothing newer");
    let all = sorted(theirs.frame().await.unwrap(), &["id"]).unwrap();
    theirs.rearrange(all).await.unwrap();
    assert!(ours.catch_up(&[]).await.unwrap());
    assert_eq!(ours.version(), theirs.version());
    theirs.append(frame(&lake, [99], "b"), 1).await.unwrap();
    assert!(!ours.catch_up(&[]).await.unwrap());
    assert_eq!(ours.version() + 1, theirs.version(), "it stays where it was");
}
