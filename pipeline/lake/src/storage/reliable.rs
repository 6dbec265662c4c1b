//! Object store whose creates and deletes survive lost answers.
//!
//! A create whose answer is lost is sent again and finds its own object there. An object with the same bytes is the own
//! one: log entries and locks carry ids that no two writers share.
//!
//! Invariant: an object that another wrote must still be reported as [`Error::AlreadyExists`].

use super::single_delete::SingleDeletes;
use async_trait::async_trait;
use bytes::Bytes;
use deltalake::Path;
use deltalake::logstore::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use std::ops::Range;
use std::sync::Arc;

/// Deletes that go on at the same time.
const DELETES_AT_ONCE: usize = 16;

/// Object store that recognises its own creates, and deletes what may be gone already.
#[derive(Debug)]
pub(super) struct Reliable {
    pub(super) inner: Arc<dyn ObjectStore>,
    /// Where the service takes no batches.
    pub(super) deletes: Option<Arc<SingleDeletes>>,
}

impl std::fmt::Display for Reliable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.inner)
    }
}

impl Reliable {
    /// The stored object, where it has these bytes.
    async fn own(&self, location: &Path, payload: &PutPayload) -> Result<Option<ObjectMeta>> {
        let found = match self.inner.get(location).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let meta = found.meta.clone();
        let is_own = found.bytes().await? == Bytes::from(payload.clone());
        Ok(is_own.then_some(meta))
    }
}

#[async_trait]
impl ObjectStore for Reliable {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let creates = options.mode == PutMode::Create;
        let failed = match self.inner.put_opts(location, payload.clone(), options).await {
            Err(error) if creates => error,
            outcome => return outcome,
        };
        // Also where it was not answered at all in the end: an earlier attempt may have been done.
        match self.own(location, &payload).await {
            Ok(Some(meta)) => {
                tracing::debug!(%location, "it was written before its answer was lost");
                Ok(PutResult { e_tag: meta.e_tag, version: meta.version })
            }
            Ok(None) | Err(_) => Err(match failed {
                Error::Precondition { path, source } => Error::AlreadyExists { path, source },
                other => other,
            }),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let Some(deletes) = self.deletes.clone() else {
            let is_gone = |deleted: Result<Path>| match deleted {
                Err(Error::NotFound { path, .. }) => Ok(Path::parse(path)?),
                other => other,
            };
            return self.inner.delete_stream(locations).map(is_gone).boxed();
        };
        let delete = move |location: Result<Path>| {
            let deletes = Arc::clone(&deletes);
            async move {
                let location = location?;
                deletes.delete(&location).await?;
                Ok(location)
            }
        };
        locations.map(delete).buffered(DELETES_AT_ONCE).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deltalake::logstore::object_store::memory::InMemory;

    #[tokio::test]
    async fn an_own_create_is_recognised_and_another_s_is_not() {
        let memory = Arc::new(InMemory::new());
        let store = Reliable { inner: memory.clone(), deletes: None };
        let (path, create) = (Path::from("t/_delta_log/1.json"), || PutOptions::from(PutMode::Create));
        // As after a lost answer: the object is there, with the bytes that are sent again.
        let first = memory.put_opts(&path, "mine".into(), create()).await.unwrap();
        let again = store.put_opts(&path, "mine".into(), create()).await.unwrap();
        assert_eq!(again.e_tag, first.e_tag);
        let refused = store.put_opts(&path, "other".into(), create()).await.unwrap_err();
        assert!(matches!(refused, Error::AlreadyExists { .. }), "{refused}");
        assert_eq!(memory.get(&path).await.unwrap().bytes().await.unwrap(), "mine");
    }
}
