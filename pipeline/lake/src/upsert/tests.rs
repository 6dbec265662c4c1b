//! Tests of upserts into small tables of several files.

use super::super::FileSizing;
use super::super::testing::{self, filled, lake, ranges, rows};
use super::*;
use arrow::array::AsArray as _;
use futures::{TryStreamExt as _, stream};

fn target() -> Target<'static> {
    Target { layer: "silver", name: "cw_test", schema: testing::schema(), key: &["id"], stamps: &[] }
}

async fn brought(lake: &Lakehouse, scope: &Scope, batches: Vec<RecordBatch>) -> Result<Counts> {
    let stage = Stage::new().unwrap();
    upsert(lake, &stage, &target(), scope, stream::iter(batches.into_iter().map(Ok)), &[]).await
}

async fn table(lake: &Lakehouse) -> Table {
    lake.open("silver", "cw_test").await.unwrap().unwrap()
}

fn assert_clustered(table: &Table) {
    let ranges = ranges(table, "id");
    assert!(ranges.len() > 3, "{ranges:?}");
    for pair in ranges.windows(2) {
        assert!(pair[0].1.as_i64().unwrap() < pair[1].0.as_i64().unwrap(), "{ranges:?}");
    }
}

#[tokio::test]
async fn a_first_fill_is_clustered_by_the_key_in_whatever_order_the_rows_come() {
    for step in [1, 37, 99] {
        let (_folder, lake) = lake(10);
        // Each id once: the steps have no divisor in common with 100.
        let batches = (0..10).map(|batch| rows((0..10).map(|row| (batch * 10 + row) * step % 100), "a"));
        let counts = brought(&lake, &Scope::All, batches.collect()).await.unwrap();
        assert_eq!(counts.inserted, 100);
        assert_clustered(&table(&lake).await);
        let counts = brought(&lake, &Scope::All, vec![rows((0..100).rev().filter(|id| id % 9 != 1), "b")]).await;
        assert_eq!(counts.unwrap(), Counts { updated: 89, deleted: 11, ..Counts::default() });
        assert_clustered(&table(&lake).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staged_files_stay_in_the_order_of_their_names() {
    let (_folder, lake) = lake(1_000);
    let stage = Stage::new().unwrap();
    let mut first = 0;
    // The reader of the short files is done long before that of the long ones.
    let files = [1, 1, 1, 1, 60_000, 60_000, 60_000, 60_000].map(|many| {
        let mut file = stage.file(&format!("{first:09}"), Format::Arrow, &testing::schema());
        file.write(&rows(first..first + many, "a")).unwrap();
        file.finish().unwrap();
        first += many;
        file
    });
    let staged = StagedFile::read_all(&files, lake.context()).await.unwrap().unwrap();
    let mut table = filled(&lake, rows([], "a")).await;
    table.overwrite(staged, None, &[]).await.unwrap();
    assert_clustered(&table);
}

#[tokio::test]
async fn rows_that_another_writer_left_out_of_order_are_sorted() {
    let (_folder, lake) = lake(10);
    let mut theirs = filled(&lake, rows(0..30, "a")).await;
    for ids in [vec![45, 31, 38, 33], vec![36, 5000, 30]] {
        let many = ids.len() as u64;
        theirs.append(lake.context().read_batch(rows(ids, "a")).unwrap(), many).await.unwrap();
    }
    let some = Scope::Only { column: "id", keys: Arc::new(KeySet::Ids([3, 33, 36, 40].into())) };
    let counts = brought(&lake, &some, vec![rows([40, 36, 33], "b")]).await.unwrap();
    assert_eq!(counts, Counts { inserted: 1, updated: 2, deleted: 1, ..Counts::default() });
    let after = table(&lake).await;
    assert_clustered(&after);
    let batches: Vec<RecordBatch> = after.rows_by("id", None).unwrap().try_collect().await.unwrap();
    let found = |batch: &RecordBatch| {
        let batch = cast_to_schema(batch, &testing::schema()).unwrap();
        let (ids, texts) = (super::super::longs(&batch, "id"), batch.column(1).as_string::<i32>().clone());
        ids.into_iter().enumerate().map(move |(row, id)| (id, texts.value(row).to_owned())).collect::<Vec<_>>()
    };
    let ids = (0..30).filter(|id| *id != 3).chain([30, 31, 33, 36, 38, 40, 45, 5000]);
    let wanted = ids.map(|id| (id, if [33, 36, 40].contains(&id) { "b" } else { "a" }.to_owned()));
    assert_eq!(batches.iter().flat_map(found).collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
}

#[tokio::test]
async fn no_change_is_no_commit() {
    let (_folder, lake) = lake(10);
    brought(&lake, &Scope::All, vec![rows(0..30, "a")]).await.unwrap();
    let version = table(&lake).await.version();
    let counts = brought(&lake, &Scope::All, vec![rows((0..30).rev(), "a")]).await.unwrap();
    assert_eq!(counts, Counts { unchanged: 30, ..Counts::default() });
    let some = Scope::Only { column: "id", keys: Arc::new(KeySet::Ids((0..5).collect())) };
    brought(&lake, &some, vec![rows(0..5, "a")]).await.unwrap();
    assert_eq!(table(&lake).await.version(), version);
}

#[tokio::test]
async fn a_key_that_comes_twice_changes_nothing() {
    let (_folder, lake) = lake(10);
    let error = brought(&lake, &Scope::All, vec![rows([1, 2, 1], "a")]).await.unwrap_err().to_string();
    assert!(error.contains("1 rows repeat a key (id)"), "{error}");
    let error = brought(&lake, &Scope::All, vec![rows([1, 2], "a"), rows([2, 3], "a")]).await.unwrap_err().to_string();
    assert!(error.contains("1 rows repeat a key (id)"), "also where they are in order: {error}");
    assert!(lake.open("silver", "cw_test").await.unwrap().is_none());
    brought(&lake, &Scope::All, vec![rows([3, 1], "a")]).await.unwrap();
    let error = brought(&lake, &Scope::All, vec![rows([1, 2, 1], "b")]).await.unwrap_err().to_string();
    assert!(error.contains("1 rows repeat a key (id)"), "{error}");
    assert_eq!(table(&lake).await.rows().await.unwrap(), 2);
}

/// Replaces a staged file by a readable one with fewer rows.
fn lose_rows(staged: &[StagedFile], is_filled: bool) {
    let [staged] = staged else { panic!("{} files", staged.len()) };
    let other = Stage::new().unwrap();
    let (files, _) = staging(&other, rows([5], "b"), is_filled).finish().unwrap();
    std::fs::copy(files[0].path(), staged.path()).unwrap();
}

/// Stages rows of an empty table, or changes.
fn staging(stage: &Stage, rows: RecordBatch, is_empty: bool) -> Staging<'_> {
    let schema = testing::schema();
    if is_empty {
        let mut staged = Staging::of_empty(stage, "rows", &schema, &[0], FileSizing::WIDE.with_least(10)).unwrap();
        staged.write_all(rows).unwrap();
        return staged;
    }
    let mut staged = Staging::of_changes(stage, "rows", &schema, &[0]).unwrap();
    staged.write(&rows, vec![true; rows.num_rows()], false).unwrap();
    staged
}

#[tokio::test]
async fn rows_that_are_not_read_back_are_not_committed() {
    for is_empty in [true, false] {
        let (_folder, lake) = lake(10);
        let stage = Stage::new().unwrap();
        let before = if is_empty { rows([], "a") } else { rows(0..30, "a") };
        let mut table = filled(&lake, before).await;
        let version = table.version();
        let changes = change(&lake, &stage, rows([5, 6, 7], "b"), is_empty).await;
        lose_rows(&changes.staged, is_empty);
        let error = changes.write(&lake, &mut table, is_empty, &[]).await.unwrap_err().to_string();
        assert!(error.contains("1 rows") && error.contains("in the place of 3"), "{error}");
        assert_eq!(self::table(&lake).await.version(), version);
    }
}

#[tokio::test]
async fn what_is_sorted_before_a_merge_is_all_there() {
    let (_folder, lake) = lake(10);
    let stage = Stage::new().unwrap();
    let many = i64::try_from(MANY_STAGED).unwrap();
    let mut staged = staging(&stage, rows((0..many).rev(), "a"), false);
    lose_rows(staged.finished(), false);
    let error = Changes::of(&lake, &stage, &target(), staged, false).await.err().unwrap().to_string();
    assert!(error.contains(&format!("1 rows were read back in the place of {many}")), "{error}");
}

/// Stages a change that another writer's commit overtakes.
async fn change(lake: &Lakehouse, stage: &Stage, row: RecordBatch, is_empty: bool) -> Changes<'static> {
    let staged = staging(stage, row, is_empty);
    Changes::of(lake, stage, &target(), staged, is_empty).await.unwrap()
}

#[tokio::test]
async fn a_holder_that_lost_the_lock_can_not_put_rows_beside_another_s() {
    let (_folder, lake) = lake(10);
    let stage = Stage::new().unwrap();
    let mut sleeper = Table::create_or_evolve(&lake, "silver", "cw_test", &testing::schema()).await.unwrap();
    brought(&lake, &Scope::All, vec![rows(0..30, "a")]).await.unwrap();
    let changes = change(&lake, &stage, rows(0..30, "a"), true).await;
    let error = changes.write(&lake, &mut sleeper, true, &[]).await.unwrap_err().to_string();
    assert!(error.contains("another writer committed meanwhile") && error.contains("run again"), "{error}");
    assert_eq!(table(&lake).await.rows().await.unwrap(), 30);

    // Nor over another writer's changes.
    let mut sleeper = table(&lake).await;
    brought(&lake, &Scope::All, vec![rows(0..30, "b")]).await.unwrap();
    let changes = change(&lake, &stage, rows([5], "c"), false).await;
    changes.write(&lake, &mut sleeper, false, &[]).await.unwrap_err();
    let mut other = table(&lake).await;
    let frame = other.frame().unwrap();
    assert!(other.overwrite(frame.clone(), None, &[]).await.is_ok());
    let mut sleeper = sleeper.at_version(1).await.unwrap();
    sleeper.overwrite(frame, None, &[]).await.unwrap_err();
}

#[tokio::test]
async fn a_compaction_of_another_writer_is_no_obstacle() {
    let (_folder, lake) = lake(10);
    let stage = Stage::new().unwrap();
    let mut ours = filled(&lake, rows(0..30, "a")).await;
    for _ in 0..REARRANGED {
        let mut theirs = table(&lake).await;
        let all = sorted(theirs.frame().unwrap(), &["id"]).unwrap();
        theirs.rearrange(all).await.unwrap();
    }
    let before = table(&lake).await.version();
    let changes = change(&lake, &stage, rows([5, 40], "b"), false).await;
    changes.write(&lake, &mut ours, false, &[("made-from".to_owned(), 7)]).await.unwrap();
    let after = table(&lake).await;
    assert_eq!((after.version(), after.rows().await.unwrap()), (before + 1, 31));
    assert_eq!(after.changed_keys(before, "id", &["text"]).await.unwrap().unwrap(), HashSet::from([5, 40]));

    // Another writer recorded its own transaction: what was computed here may be out of date.
    let mut theirs = table(&lake).await;
    let mut ours = table(&lake).await;
    theirs.record(&[("made-from".to_owned(), 8)]).await.unwrap();
    let changes = change(&lake, &stage, rows([6], "c"), false).await;
    changes.write(&lake, &mut ours, false, &[("made-from".to_owned(), 7)]).await.unwrap_err();
}

#[tokio::test]
async fn an_empty_table_is_filled_by_copies_where_its_rows_come_in_order() {
    for (ids, in_order) in [((0..35).collect::<Vec<i64>>(), true), ((0..35).rev().collect(), false)] {
        let (_folder, lake) = lake(10);
        let stage = Stage::new().unwrap();
        let mut table = filled(&lake, rows([], "a")).await;
        let changes = change(&lake, &stage, rows(ids, "b"), true).await;
        assert_eq!((changes.staged.len(), changes.in_order), (4, in_order));
        changes.write(&lake, &mut table, true, &[("made-from".to_owned(), 7)]).await.unwrap();
        assert_eq!(table.transaction("made-from").await.unwrap(), Some(7));
        let firsts: Vec<_> = testing::ranges(&table, "id").into_iter().map(|(first, _)| first).collect();
        // Copies keep the cuts of the staged files; what is sorted is cut evenly.
        let cuts = if in_order { [0, 10, 20, 30] } else { [0, 9, 18, 27] };
        assert_eq!(firsts, cuts.map(serde_json::Value::from));
        let expected: Vec<_> = (0..35).map(|id| (id, "b".to_owned())).collect();
        assert_eq!(testing::content(&table).await, expected);
    }
}
