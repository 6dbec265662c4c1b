//! Reads the small data files of object storage ahead: a run reads most of them, one table after the other, and would
//! wait for each.
//!
//! Invariant: it must change nothing but when a file is read. Data files never change, so that one that is read early
//! is what a later request would return; what fails here is read again where it is needed.

use super::storage::{ROOM, SMALL_FILE};
use super::task::AbortOnDrop;
use super::{DataFile, Lakehouse, Result, Table};
use deltalake::logstore::object_store::ObjectStoreExt as _;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};

/// Number of files read concurrently.
const FILES_AT_ONCE: usize = 16;
/// Number of tables opened concurrently.
const TABLES_AT_ONCE: usize = 8;

/// Reading ahead in the background, which ends when this is dropped.
pub struct ReadAhead(#[cfg_attr(not(test), expect(dead_code, reason = "it ends the task"))] Option<AbortOnDrop>);

impl Lakehouse {
    /// Starts to read the small data files of some layers' tables; on a disk it does nothing.
    pub fn read_ahead(&self, layers: Vec<&'static str>) -> ReadAhead {
        if self.storage().is_none() {
            return ReadAhead(None);
        }
        let lake = self.clone();
        let task = tokio::spawn(async move {
            for layer in &layers {
                read(&lake, layer, ROOM / 2 / layers.len() as u64).await;
            }
        });
        ReadAhead(Some(AbortOnDrop::of(&task)))
    }
}

/// Reads the small files of a layer's tables, as many as fit into the room.
async fn read(lake: &Lakehouse, layer: &'static str, mut room: u64) {
    let known = lake.warehouse().tables.iter().filter(|known| known.layer == layer);
    let opening: Vec<BoxFuture<'_, Result<Option<Table>>>> =
        known.map(|known| lake.open(known.layer, known.name).boxed()).collect();
    let opened: Vec<Result<Option<Table>>> = futures::stream::iter(opening).buffered(TABLES_AT_ONCE).collect().await;
    let mut files = Vec::new();
    for table in opened.into_iter().flatten().flatten() {
        for file in table.files().unwrap_or_default() {
            if file.size() <= SMALL_FILE.min(room) {
                room -= file.size();
                files.push((table.clone(), file));
            }
        }
    }
    futures::stream::iter(files).for_each_concurrent(FILES_AT_ONCE, |(table, file)| read_file(table, file)).await;
}

async fn read_file(table: Table, file: DataFile) {
    let store = table.delta().log_store().object_store(None);
    if let Err(error) = store.get_range(&file.place(), 0..file.size()).await {
        tracing::debug!(?table, %error, "a file can't be read ahead");
    }
}

#[cfg(test)]
mod tests {
    use super::super::storage::counted::Counted;
    use super::super::testing::{content, filled, lake, rows};
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    /// A table of many small files, read by a process that has read nothing of it yet.
    async fn fresh() -> (tempfile::TempDir, Arc<Counted>, Lakehouse) {
        let (folder, lake) = lake(10);
        let store = Arc::new(Counted::default());
        filled(&lake.clone().over(Arc::clone(&store) as _), rows(0..400, "a")).await;
        store.taken();
        (folder, Arc::clone(&store), lake.over(store))
    }

    async fn read_all(lake: &Lakehouse, room: u64) {
        let read = read(lake, "silver", room);
        // While others look at the logs all the time.
        let look = async {
            loop {
                lake.open("gold", "dim_test").await.unwrap();
                lake.list_anew().await;
                tokio::task::yield_now().await;
            }
        };
        let ended = async {
            tokio::select! {
                () = read => {},
                () = look => {},
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ended).await.expect("it goes on for ever");
    }

    #[tokio::test]
    async fn what_was_read_ahead_is_not_asked_for_again() {
        let (_folder, store, lake) = fresh().await;
        read_all(&lake, ROOM).await;
        let table = lake.open("silver", "cw_test").await.unwrap().unwrap();
        let files = table.files().unwrap().len();
        assert!(files > 2 * FILES_AT_ONCE && store.taken().1 >= files, "{files} files");
        assert_eq!(content(&table).await.len(), 400);
        assert_eq!(store.taken().1, 0);
    }

    #[tokio::test]
    async fn no_more_is_read_than_there_is_room_for() {
        let (_folder, store, lake) = fresh().await;
        let table = lake.open("silver", "cw_test").await.unwrap().unwrap();
        let sizes: Vec<u64> = table.files().unwrap().iter().map(DataFile::size).collect();
        store.taken();
        read(&lake, "silver", sizes.iter().take(5).sum()).await;
        let read = store.taken().1;
        assert!((4..=6).contains(&read), "{read} files");
        assert!(lake.read_ahead(vec!["silver"]).0.is_some());
    }

    #[tokio::test]
    async fn on_a_disk_nothing_is_read() {
        let (_folder, lake) = lake(10);
        assert!(lake.read_ahead(vec!["silver"]).0.is_none());
    }
}
