//! Tests of what is committed and what is refused while others write.

use super::super::table::sorted;
use super::super::testing::{filled, lake, rows, schema};
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
async fn catching_up_goes_past_compactions_and_stops_at_changes() {
    let (_folder, lake) = lake(10);
    let mut ours = filled(&lake, rows(0..30, "a")).await;
    let mut theirs = ours.clone();
    assert!(!ours.catch_up(&[]).await.unwrap(), "there is nothing newer");
    let all = sorted(theirs.frame().unwrap(), &["id"]).unwrap();
    theirs.rearrange(all).await.unwrap();
    assert!(ours.catch_up(&[]).await.unwrap());
    assert_eq!(ours.version(), theirs.version());
    theirs.append(frame(&lake, [99], "b"), 1).await.unwrap();
    assert!(!ours.catch_up(&[]).await.unwrap());
    assert_eq!(ours.version() + 1, theirs.version(), "it stays where it was");
}
