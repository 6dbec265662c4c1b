//! Tests of the difference between two versions.

use super::super::table::sorted;
use super::super::testing::{filled, lake, merge, rows};
use super::*;
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
    let mut deltas = BTreeMap::new();
    assert!(replay(&mut deltas, 2, &[Action::Remove(remove.clone())]));
    assert_eq!(deltas.values().map(|delta| delta.net).sum::<i64>(), -1);
    let with = deltalake::kernel::Remove { deletion_vector: Some(vector), ..remove };
    assert!(!replay(&mut BTreeMap::new(), 2, &[Action::Remove(with.clone())]));
    let purged = deltalake::kernel::Remove { data_change: false, ..with };
    assert!(replay(&mut BTreeMap::new(), 2, &[Action::Remove(purged)]), "a purge changes no row");
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
    assert_eq!((count(gone).await, count(came).await), (Some(10), Some(11)));
    // After a compaction, the added files are only in a version between.
    rearrange(&mut table).await;
    assert!(changed_files(&table, first).await.sides(&table).unwrap().is_none());
    merge(&lake, &mut table, rows((0..50).step_by(5), "c"), false).await;
    assert!(!changed_files(&table, first).await.is_small(), "nearly all was rewritten");
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
