//! Tests of the difference between two versions.

use super::super::table::sorted;
use super::super::testing::{filled, lake, merge, rows};
use super::*;
use datafusion::logical_expr::{lit, when};
use deltalake::kernel::{DeletionVectorDescriptor, StorageType};

async fn changed(table: &Table, version: i64) -> Option<Vec<i64>> {
    let keys = table.changed_keys(version, "id", &["text"]).await.unwrap()?;
    let mut keys: Vec<i64> = keys.into_iter().collect();
    keys.sort_unstable();
    Some(keys)
}

async fn rearrange(table: &mut Table) {
    let rows = sorted(table.frame().unwrap(), &["id"]).unwrap();
    table.rearrange(rows).await.unwrap();
}

#[tokio::test]
async fn what_came_changed_and_went_is_told_and_nothing_else() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..50, "a")).await;
    let first = table.version();
    assert_eq!(changed(&table, first).await, Some(vec![]));
    merge(&lake, &mut table, rows([3, 47], "b"), false).await;
    merge(&lake, &mut table, rows([60], "a"), false).await;
    merge(&lake, &mut table, rows([20], "a"), true).await;
    assert_eq!(changed(&table, first).await, Some(vec![3, 20, 47, 60]));
    assert_eq!(changed(&table, first + 1).await, Some(vec![20, 60]));
    merge(&lake, &mut table, rows([3], "a"), false).await;
    assert_eq!(changed(&table, first).await, Some(vec![20, 47, 60]), "as it was is no change");
    assert_eq!(changed(&table, table.version() + 1).await, None, "a version that is not there");
    assert_eq!(changed(&table, -1).await, None);
}

#[tokio::test]
async fn files_that_were_rearranged_changed_nothing() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..50, "a")).await;
    let first = table.version();
    rearrange(&mut table).await;
    assert!(matches!(table.diff_since(first).await.unwrap(), VersionDiff::None));
    // In between, before and after, and over files that only a compaction made.
    merge(&lake, &mut table, rows([5, 6], "b"), false).await;
    let middle = table.version();
    rearrange(&mut table).await;
    assert_eq!(changed(&table, first).await, Some(vec![5, 6]));
    assert_eq!(changed(&table, middle).await, Some(vec![]));
    merge(&lake, &mut table, rows([6, 7], "c"), false).await;
    merge(&lake, &mut table, rows([5], "a"), false).await;
    assert_eq!(changed(&table, first).await, Some(vec![6, 7]));
    assert_eq!(changed(&table, middle).await, Some(vec![5, 6, 7]));
    rearrange(&mut table).await;
    assert_eq!(changed(&table, first).await, Some(vec![6, 7]));
}

#[tokio::test]
async fn where_files_or_commits_are_gone_nothing_is_known() {
    let (folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..50, "a")).await;
    let first = table.version();
    merge(&lake, &mut table, rows([5], "b"), false).await;
    let VersionDiff::Some(changed_files) = table.diff_since(first).await.unwrap() else { panic!("nothing differs") };
    let paths: Vec<&String> = changed_files.removed.values().flatten().collect();
    assert_eq!((paths.len(), changed_files.kept_rows, changed_files.added_rows), (1, 40, 10));
    let place = folder.path().join("silver/cw_test");
    std::fs::remove_file(place.join(paths[0])).unwrap();
    assert_eq!(changed(&table, first).await, None);
    std::fs::remove_file(place.join(format!("_delta_log/{:020}.json", first + 1))).unwrap();
    assert!(matches!(table.diff_since(first).await.unwrap(), VersionDiff::Unknown));
}

#[tokio::test]
async fn a_column_of_another_type_or_none_is_not_compared() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..5, "a")).await;
    let first = table.version();
    merge(&lake, &mut table, rows([1], "b"), false).await;
    assert!(table.changed_keys(first, "id", &["lacking"]).await.unwrap().is_none());
}

#[tokio::test]
async fn a_deletion_vector_keeps_the_path_and_so_tells_nothing() {
    let (_folder, lake) = lake(10);
    let table = filled(&lake, rows(0..5, "a")).await;
    let files = table.files().unwrap();
    let vector = DeletionVectorDescriptor {
        storage_type: StorageType::UuidRelativePath,
        path_or_inline_dv: "ab^-aqEH.-t@S}K{vb[*k^".to_owned(),
        offset: Some(4),
        size_in_bytes: 40,
        cardinality: 1,
    };
    let remove = files[0].remove(true);
    let mut commits = Commits::default();
    assert!(commits.replay(2, &[Action::Remove(remove.clone())]));
    assert_eq!(commits.files.values().map(|delta| delta.net).sum::<i64>(), -1);
    let with = deltalake::kernel::Remove { deletion_vector: Some(vector), ..remove };
    assert!(!Commits::default().replay(2, &[Action::Remove(with.clone())]));
    let purged = deltalake::kernel::Remove { data_change: false, ..with };
    assert!(Commits::default().replay(2, &[Action::Remove(purged)]), "a purge changes no row");
}

#[tokio::test]
async fn the_rows_of_files_that_went_and_came_are_at_hand_where_the_two_versions_have_them() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..50, "a")).await;
    let first = table.version();
    let count = async |rows: Rows| match rows {
        Some(rows) => Some(lake.context().read_table(rows).unwrap().count().await.unwrap()),
        None => None,
    };
    merge(&lake, &mut table, rows([60], "a"), false).await;
    let files = changed_files(&table, first).await;
    let (gone, came) = files.sides(&table).unwrap().unwrap();
    assert_eq!((count(gone).await, count(came).await), (None, Some(1)), "a file came, and none went");
    merge(&lake, &mut table, rows([3], "b"), false).await;
    let files = changed_files(&table, first).await;
    assert_eq!((files.earlier().version(), files.is_small()), (first, true));
    let (gone, came) = files.sides(&table).unwrap().unwrap();
    assert_eq!((count(gone).await, count(came).await), (Some(1), Some(2)), "of two files, the rows with changed keys");
    // After a compaction, the added files are only in a version between.
    rearrange(&mut table).await;
    assert!(changed_files(&table, first).await.sides(&table).unwrap().is_none());
    merge(&lake, &mut table, rows((0..50).step_by(5), "c"), false).await;
    assert!(changed_files(&table, first).await.is_small(), "nearly all was rewritten, but few keys changed");
    merge(&lake, &mut table, rows((0..50).step_by(2), "c"), false).await;
    assert!(!changed_files(&table, first).await.is_small(), "half of the keys changed");
}

#[tokio::test]
async fn a_commit_that_does_not_tell_its_keys_has_all_rows_of_its_files_compared() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..50, "a")).await;
    let first = table.version();
    merge(&lake, &mut table, rows([3, 47], "b"), false).await;
    assert!(changed_files(&table, first).await.keys.is_some());
    // Another writer's: an insertion, then a replacement of all rows, one of which differs.
    table.append(lake.context().read_batch(rows([60], "a")).unwrap(), 1).await.unwrap();
    assert!(changed_files(&table, first).await.keys.is_none());
    assert_eq!(changed(&table, first).await, Some(vec![3, 47, 60]));
    let all: Vec<RecordBatch> = table.frame().unwrap().collect().await.unwrap();
    let mut all = lake.context().read_batches(all).unwrap();
    let five = ident("id").eq(lit(5_i64));
    let text = when(five, lit("c")).otherwise(ident("text")).unwrap();
    all = all.with_column("text", text).unwrap();
    table.overwrite(all, Some(51), &[]).await.unwrap();
    merge(&lake, &mut table, rows([7], "b"), false).await;
    assert_eq!(changed(&table, first).await, Some(vec![3, 5, 7, 47, 60]));
    assert_eq!(changed(&table, table.version() - 1).await, Some(vec![7]));
}

#[tokio::test]
async fn more_keys_than_a_commit_records_are_compared() {
    let many = 33_000;
    let (_folder, lake) = lake(many / 2);
    let all = i64::try_from(many).unwrap();
    let mut table = filled(&lake, rows(0..all, "a")).await;
    let first = table.version();
    merge(&lake, &mut table, rows(0..all - 5, "b"), false).await;
    merge(&lake, &mut table, rows([all - 1], "b"), false).await;
    assert!(changed_files(&table, first).await.keys.is_none());
    assert_eq!(changed(&table, first).await, Some((0..all - 5).chain([all - 1]).collect()));
}

/// What a restore in Spark does: files that were there come back, or files go, and no keys are recorded.
#[tokio::test]
async fn files_that_come_or_go_alone_make_the_keys_unknown() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..50, "a")).await;
    merge(&lake, &mut table, rows([3], "b"), false).await;
    let log = table.delta().log_store();
    let version = u64::try_from(table.version()).unwrap();
    let merged = get_actions(version, &log.read_commit_entry(version).await.unwrap().unwrap()).unwrap();
    let only = |wanted: fn(&Action) -> bool| merged.iter().filter(|action| wanted(action)).cloned().collect::<Vec<_>>();
    for restored in
        [only(|action| matches!(action, Action::Remove(_))), only(|action| matches!(action, Action::Add(_)))]
    {
        assert_eq!(restored.len(), 1);
        for order in [[&merged, &restored], [&restored, &merged]] {
            let mut commits = Commits::default();
            assert!(commits.replay(7, order[0]) && commits.replay(8, order[1]));
            assert!(matches!(commits.keys, RecordedKeys::Unknown), "{:?}", commits.keys);
        }
    }
    let mut commits = Commits::default();
    assert!(commits.replay(7, &merged) && commits.replay(8, &merged) && commits.replay(9, &[]));
    assert!(matches!(commits.keys, RecordedKeys::Some(_)));
}

#[tokio::test]
async fn a_large_table_whose_files_are_all_new_tells_what_changed_where_its_commits_do() {
    let many = MANY_ROWS + 1;
    let (_folder, lake) = lake(many / 2);
    let ids = || 0..i64::try_from(many).unwrap();
    let mut table = filled(&lake, rows(ids(), "a")).await;
    let first = table.version();
    let every = || ids().step_by(20_000);
    merge(&lake, &mut table, rows(every(), "b"), false).await;
    let files = changed_files(&table, first).await;
    assert_eq!((files.kept_rows, files.added_rows), (0, many), "each file has a change");
    assert_eq!(changed(&table, first).await, Some(every().collect()));
    table.overwrite(table.frame().unwrap(), Some(many), &[]).await.unwrap();
    assert_eq!(changed(&table, first).await, None, "too much to compare");
}

async fn changed_files(table: &Table, version: i64) -> Box<ChangedFiles> {
    match table.diff_since(version).await.unwrap() {
        VersionDiff::Some(files) => files,
        VersionDiff::None => panic!("nothing differs"),
        VersionDiff::Unknown => panic!("nothing is known"),
    }
}

#[tokio::test]
async fn a_version_is_told_from_another_of_the_same_number_and_rows_from_files() {
    let (_folder, lake) = lake(10);
    let mut table = filled(&lake, rows(0..30, "a")).await;
    let first = table.version();
    rearrange(&mut table).await;
    assert!(table.had_the_same_rows(first, table.version()).await, "only files changed");
    merge(&lake, &mut table, rows([3], "b"), false).await;
    let last = table.version();
    assert!(!table.had_the_same_rows(first, last).await);
    assert!(table.had_the_same_rows(first, last - 1).await && table.had_the_same_rows(last, last).await);
    assert!(!table.had_the_same_rows(last, first).await && !table.had_the_same_rows(-1, last).await);
    let mark = table.commit_mark(last).await.unwrap();
    assert_eq!(table.commit_mark(last).await, Some(mark));
    assert_ne!(table.commit_mark(first).await, Some(mark));
    assert_eq!((table.commit_mark(last + 1).await, table.commit_mark(-1).await), (None, None));
    let (_elsewhere, other) = super::super::testing::lake(10);
    let twin = filled(&other, rows(0..30, "a")).await;
    assert_ne!(twin.commit_mark(first).await, table.commit_mark(first).await, "another table at the same version");
}
