//! A store in memory that counts its requests, for tests.

use async_trait::async_trait;
use deltalake::Path;
use deltalake::logstore::object_store::memory::InMemory;
use deltalake::logstore::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A store that counts its requests, and answers slowly when asked to: what it found then arrives a little later.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) memory: InMemory,
    /// Whether an answer arrives only when its reader is polled for the third time.
    pub(crate) slow: AtomicBool,
    lists: AtomicUsize,
    gets: AtomicUsize,
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("counted")
    }
}

#[async_trait]
impl ObjectStore for Counted {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.memory.put_opts(location, payload, options).await
    }
    async fn put_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.memory.put_multipart_opts(path, options).await
    }
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.gets.fetch_add(1, Ordering::Relaxed);
        let found = self.memory.get_opts(location, options).await;
        self.travel().await;
        found
    }
    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.memory.delete_stream(locations)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        if !self.slow.load(Ordering::Relaxed) {
            return self.memory.list(prefix);
        }
        let found = self.memory.list(prefix);
        let answer = async move {
            let found: Vec<Result<ObjectMeta>> = found.collect().await;
            travel().await;
            Ok::<_, Error>(futures::stream::iter(found))
        };
        futures::stream::once(answer).try_flatten().boxed()
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        self.memory.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.memory.copy_opts(from, to, options).await
    }
    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.memory.rename_opts(from, to, options).await
    }
}

/// Time that an answer takes.
async fn travel() {
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

impl Counted {
    async fn travel(&self) {
        if self.slow.load(Ordering::Relaxed) {
            travel().await;
        }
    }

    /// Returns the lists and gets since the last call.
    pub(crate) fn taken(&self) -> (usize, usize) {
        (self.lists.swap(0, Ordering::Relaxed), self.gets.swap(0, Ordering::Relaxed))
    }
}
