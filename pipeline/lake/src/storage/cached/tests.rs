use super::super::counted::Counted;
use super::*;
use deltalake::logstore::object_store::PutMode;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

fn commit(table: &str, version: u64) -> Path {
    Path::from(format!("lake/gold/{table}/_delta_log/{version:020}.json"))
}

fn opened(store: &Arc<Counted>) -> Cached {
    Cached::new(Arc::clone(store) as Arc<dyn ObjectStore>, Path::from("lake"), "meta/etl_run/_logs/saved")
}

async fn text(store: &dyn ObjectStore, path: &Path) -> Result<Bytes> {
    store.get(path).await?.bytes().await
}

async fn log(store: &dyn ObjectStore, table: &str) -> Vec<String> {
    let folder = Path::from(format!("lake/gold/{table}/_delta_log"));
    let found: Vec<ObjectMeta> = store.list(Some(&folder)).try_collect().await.unwrap();
    found.iter().map(|meta| meta.location.filename().unwrap().trim_start_matches('0').to_owned()).collect()
}

#[tokio::test]
async fn logs_of_many_tables_cost_a_list_and_a_get_once_they_are_saved() {
    let store = Arc::new(Counted::default());
    let first = opened(&store);
    assert!(log(&first, "t0").await.is_empty());
    for table in 0..20 {
        for version in 0..3 {
            let path = commit(&format!("t{table}"), version);
            first.put_opts(&path, format!("{table}.{version}").into(), PutMode::Create.into()).await.unwrap();
            assert_eq!(text(&first, &path).await.unwrap(), format!("{table}.{version}"));
        }
    }
    assert_eq!(store.taken(), (1, 0), "what was written is known");
    first.save_logs().await;

    let second = opened(&store);
    for table in 0..20 {
        assert_eq!(log(&second, &format!("t{table}")).await, [".json", "1.json", "2.json"]);
        for version in 0..3 {
            assert_eq!(
                text(&second, &commit(&format!("t{table}"), version)).await.unwrap(),
                format!("{table}.{version}")
            );
        }
    }
    let missing = text(&second, &Path::from("lake/gold/t1/_delta_log/_last_checkpoint")).await.unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
    assert_eq!(store.taken(), (1, 1));

    // A command that reads no other log changes one, and saves.
    let third = opened(&store);
    assert_eq!(log(&third, "t7").await.len(), 3);
    third.put_opts(&commit("t7", 3), "7.3".into(), PutMode::Create.into()).await.unwrap();
    third.save_logs().await;
    store.taken();
    let fourth = opened(&store);
    assert_eq!(text(&fourth, &commit("t7", 3)).await.unwrap(), "7.3");
    assert_eq!(text(&fourth, &commit("t12", 0)).await.unwrap(), "12.0");
    assert_eq!(store.taken(), (1, 1), "what it did not read stays saved");
}

#[tokio::test]
async fn a_log_that_another_changed_is_read_anew_whatever_was_saved() {
    let store = Arc::new(Counted::default());
    let pointer = Path::from("lake/gold/t/_delta_log/_last_checkpoint");
    let first = opened(&store);
    let _ = log(&first, "t").await;
    first.put(&pointer, "1".into()).await.unwrap();
    first.put(&commit("t", 0), "a".into()).await.unwrap();
    first.save_logs().await;
    store.memory.put(&pointer, "2".into()).await.unwrap();
    let second = opened(&store);
    assert_eq!(text(&second, &pointer).await.unwrap(), "2");
    assert_eq!(text(&second, &commit("t", 0)).await.unwrap(), "a");
    store.memory.put(&Path::from("lake/meta/etl_run/_logs/saved"), "damaged".into()).await.unwrap();
    let third = opened(&store);
    assert_eq!(text(&third, &commit("t", 0)).await.unwrap(), "a");
}

#[tokio::test]
async fn a_commit_that_finds_another_s_lists_anew() {
    let store = Arc::new(Counted::default());
    let cached = opened(&store);
    assert!(log(&cached, "t").await.is_empty());
    store.memory.put(&commit("t", 0), "other".into()).await.unwrap();
    assert!(log(&cached, "t").await.is_empty(), "listed once");
    let refused = cached.put_opts(&commit("t", 0), "mine".into(), PutMode::Create.into()).await.unwrap_err();
    assert!(matches!(refused, Error::AlreadyExists { .. }), "{refused}");
    assert_eq!(log(&cached, "t").await, [".json"]);
    assert_eq!(text(&cached, &commit("t", 0)).await.unwrap(), "other");
}

#[tokio::test]
async fn what_another_wrote_is_seen_once_all_is_listed_anew() {
    let store = Arc::new(Counted::default());
    let cached = opened(&store);
    assert!(log(&cached, "t").await.is_empty());
    store.memory.put(&commit("t", 0), "other".into()).await.unwrap();
    store.taken();
    cached.list_anew().await;
    assert_eq!(store.taken(), (1, 0), "at once");
    assert_eq!(log(&cached, "t").await, [".json"]);
    assert_eq!(store.taken(), (0, 0), "and once");
}

#[tokio::test]
async fn a_small_file_is_read_once_and_a_lock_every_time() {
    let store = Arc::new(Counted::default());
    let (data, lock) = (Path::from("lake/gold/t/part-1.parquet"), Path::from("lake/meta/etl_run/_lock/1.json"));
    store.memory.put(&data, "0123456789".into()).await.unwrap();
    store.memory.put(&lock, "a".into()).await.unwrap();
    let cached = opened(&store);
    let _ = log(&cached, "t").await;
    store.taken();
    assert_eq!(cached.get_range(&data, 2..4).await.unwrap(), "23");
    let ranges = cached.get_ranges(&data, &[0..1, 8..10]).await.unwrap();
    assert_eq!(ranges, [Bytes::from("0"), Bytes::from("89")]);
    assert_eq!(store.taken(), (0, 1));
    let written = Path::from("lake/gold/t/part-2.parquet");
    cached.put(&written, "abc".into()).await.unwrap();
    assert_eq!(cached.get_range(&written, 1..3).await.unwrap(), "bc");
    assert_eq!(store.taken(), (0, 0), "it was written here");
    cached.delete(&written).await.unwrap();
    assert!(cached.get_range(&written, 1..3).await.is_err());
    store.taken();
    for content in ["a", "b"] {
        store.memory.put(&lock, content.into()).await.unwrap();
        assert_eq!(text(&cached, &lock).await.unwrap(), content);
    }
    assert_eq!(store.taken(), (0, 2));
}

#[tokio::test]
async fn an_answer_tells_the_size_of_the_whole_file() {
    let store = Arc::new(Counted::default());
    let data = Path::from("lake/gold/t/part-1.parquet");
    store.memory.put(&data, "0123456789".into()).await.unwrap();
    let cached = opened(&store);
    for _ in 0..2 {
        let options = GetOptions { range: Some((2..4).into()), ..GetOptions::default() };
        let found = cached.get_opts(&data, options).await.unwrap();
        assert_eq!((found.meta.size, found.range.clone()), (10, 2..4));
        assert_eq!(found.bytes().await.unwrap(), "23");
    }
    assert_eq!(store.taken(), (0, 1), "the second is known");
}

#[tokio::test]
async fn a_pointer_that_is_newer_than_the_listing_lists_anew() {
    let store = Arc::new(Counted::default());
    let pointer = Path::from("lake/gold/t/_delta_log/_last_checkpoint");
    store.memory.put(&pointer, "0".into()).await.unwrap();
    let cached = opened(&store);
    assert_eq!(log(&cached, "t").await, ["_last_checkpoint"]);
    let checkpoint = Path::from("lake/gold/t/_delta_log/00000000000000000010.checkpoint.parquet");
    store.memory.put(&checkpoint, "c".into()).await.unwrap();
    store.memory.put(&pointer, "10".into()).await.unwrap();
    assert_eq!(text(&cached, &pointer).await.unwrap(), "10");
    assert_eq!(log(&cached, "t").await, ["10.checkpoint.parquet", "_last_checkpoint"]);
    store.memory.delete(&checkpoint).await.unwrap();
    assert!(text(&cached, &checkpoint).await.is_err());
    assert_eq!(log(&cached, "t").await, ["_last_checkpoint"], "it is gone since the listing");
}

#[tokio::test]
async fn a_large_checkpoint_is_listed_once_its_upload_is_complete() {
    let store = Arc::new(Counted::default());
    let cached = opened(&store);
    assert!(log(&cached, "t").await.is_empty());
    let checkpoint = Path::from("lake/gold/t/_delta_log/00000000000000000010.checkpoint.parquet");
    let mut upload = cached.put_multipart_opts(&checkpoint, PutMultipartOptions::default()).await.unwrap();
    upload.put_part("content".into()).await.unwrap();
    upload.complete().await.unwrap();
    assert_eq!(log(&cached, "t").await, ["10.checkpoint.parquet"]);
    assert_eq!(text(&cached, &checkpoint).await.unwrap(), "content");
}

#[tokio::test]
async fn logs_are_saved_in_the_lakehouse_whatever_its_name() {
    let store = Arc::new(Counted::default());
    let root = Path::from_url_path("%C3%9Ejónusta.Lakehouse/Tables").unwrap();
    let cached = || Cached::new(Arc::clone(&store) as Arc<dyn ObjectStore>, root.clone(), "meta/etl_run/_logs/saved");
    let commit: Path = root.parts().chain(commit("t", 0).parts().skip(1)).collect();
    let first = cached();
    assert!(first.get(&commit).await.is_err());
    first.put(&commit, "a".into()).await.unwrap();
    first.save_logs().await;
    store.taken();
    assert_eq!(text(&cached(), &commit).await.unwrap(), "a");
    assert_eq!(store.taken(), (1, 1), "a list, and the saved logs");
}

#[tokio::test]
async fn a_reader_that_is_left_alone_holds_nobody_up() {
    let store = Arc::new(Counted::default());
    let data = Path::from("lake/gold/t/part-1.parquet");
    store.memory.put(&data, "0123456789".into()).await.unwrap();
    store.memory.put(&commit("t", 0), "a".into()).await.unwrap();
    // Whatever a reader waits for when it is left alone: the listing, the log, the file.
    let mut ended = None;
    for wait in 1..16 {
        let cached = opened(&store);
        let alone = async {
            text(&cached, &commit("t", 0)).await.unwrap();
            cached.get_range(&data, 2..4).await.unwrap()
        };
        let mut alone = std::pin::pin!(alone);
        store.slow.store(true, Ordering::Relaxed);
        ended = None;
        for _ in 0..wait {
            if ended.is_none()
                && let Poll::Ready(found) = futures::poll!(&mut alone)
            {
                ended = Some(found);
            }
            tokio::task::yield_now().await;
        }
        let others = async {
            assert_eq!(text(&cached, &commit("t", 0)).await.unwrap(), "a");
            cached.list_anew().await;
            cached.put(&commit("t", wait), "b".into()).await.unwrap();
            assert_eq!(cached.get_range(&data, 4..6).await.unwrap(), "45");
        };
        tokio::time::timeout(Duration::from_secs(20), others).await.expect("they wait for ever");
        let found = match &ended {
            Some(found) => found.clone(),
            None => alone.await,
        };
        assert_eq!(found, "23");
        store.slow.store(false, Ordering::Relaxed);
    }
    assert!(ended.is_some(), "it was not left alone at every place");
}

#[tokio::test]
async fn what_is_written_and_deleted_during_a_listing_is_known_after_it() {
    let store = Arc::new(Counted::default());
    let cached = opened(&store);
    let (old, new) = (commit("t", 0), commit("t", 1));
    store.memory.put(&old, "a".into()).await.unwrap();
    store.slow.store(true, Ordering::Relaxed);
    let folder = Path::from("lake/gold/t/_delta_log");
    let listing = cached.list(Some(&folder)).try_collect::<Vec<ObjectMeta>>();
    let mut listing = std::pin::pin!(listing);
    assert!(futures::poll!(&mut listing).is_pending());
    // Its answer is made, and does not arrive yet.
    tokio::task::yield_now().await;
    assert_eq!(store.taken(), (1, 0));
    cached.put(&new, "b".into()).await.unwrap();
    cached.delete(&old).await.unwrap();
    let found = listing.await.unwrap();
    assert_eq!(found.iter().map(|meta| meta.location.clone()).collect::<Vec<_>>(), [new]);
    store.taken();
    assert_eq!(log(&cached, "t").await, ["1.json"]);
    assert_eq!(store.taken(), (0, 0));
}

#[tokio::test]
async fn a_listing_that_was_forgotten_while_it_was_made_is_made_again() {
    let store = Arc::new(Counted::default());
    let cached = opened(&store);
    store.slow.store(true, Ordering::Relaxed);
    let folder = Path::from("lake/gold/t/_delta_log");
    let mut listing = std::pin::pin!(cached.list(Some(&folder)).try_collect::<Vec<ObjectMeta>>());
    assert!(futures::poll!(&mut listing).is_pending());
    tokio::task::yield_now().await;
    assert_eq!(store.taken(), (1, 0));
    store.memory.put(&commit("t", 0), "other".into()).await.unwrap();
    cached.forget_listing();
    assert_eq!(listing.await.unwrap().len(), 1);
}
