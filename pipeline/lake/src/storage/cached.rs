//! Object store that remembers logs, listings and parts of data files.
//!
//! Invariant: only objects of logs and data files are remembered. A lock is always read anew, and writes are always
//! sent. When a commit finds another's in its place, the listing is made anew.

use super::listing::{Listing, is_log, tag};
use super::parts::{LARGEST, Part, Parts};
use super::saved_logs::{SavedLog, decode, encode};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::Utc;
use deltalake::Path;
use deltalake::logstore::object_store::UploadPart;
use deltalake::logstore::object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    coalesce_ranges,
};
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Mutex as AsyncMutex;

/// Bytes between two ranges of a file that are read with them rather than by a second request.
const GAP: u64 = 4 * 1024 * 1024;
/// Locks by which two readers of one file share a request.
const SHARES: usize = 1_024;

/// Store that remembers what it read and wrote.
#[derive(Debug)]
pub(super) struct Cached {
    inner: Arc<dyn ObjectStore>,
    root: Path,
    saved: Path,
    known: Arc<AsyncMutex<Known>>,
    parts: Arc<Mutex<Parts>>,
    shares: Vec<AsyncMutex<()>>,
}

/// What is known about the logs.
#[derive(Debug, Default)]
struct Known {
    listing: Option<Listing>,
    /// Content by path, with the tag of the object that had it.
    contents: HashMap<Path, (String, Bytes)>,
    has_loaded_saved: bool,
    has_changed: bool,
}

impl Known {
    fn content(&self, meta: &ObjectMeta) -> Option<Bytes> {
        let (known, content) = self.contents.get(&meta.location)?;
        (Some(known.as_str()) == tag(meta)).then(|| content.clone())
    }

    fn learn(&mut self, meta: ObjectMeta, content: Bytes) {
        if let Some(tag) = tag(&meta) {
            self.contents.insert(meta.location.clone(), (tag.to_owned(), content));
        }
        if let Some(listing) = &mut self.listing {
            listing.insert(meta);
        }
    }
}

impl std::fmt::Display for Cached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.inner)
    }
}

impl Cached {
    /// Wraps a store whose lakehouse lies in a folder, with the saved logs at a path below it.
    pub(super) fn new(inner: Arc<dyn ObjectStore>, root: Path, saved: &str) -> Self {
        // By parts: the root's own are not encoded a second time.
        let saved: Path = root.parts().chain(Path::from(saved).parts()).collect();
        let shares = (0..SHARES).map(|_| AsyncMutex::default()).collect();
        Self { inner, root, saved, known: Arc::default(), parts: Arc::default(), shares }
    }

    /// Known objects, listed anew where the listing is missing or old.
    async fn known(&self) -> Result<tokio::sync::MutexGuard<'_, Known>> {
        let mut known = self.known.lock().await;
        if !known.listing.as_ref().is_some_and(Listing::is_fresh) {
            known.listing = Some(Listing::of(&self.inner, &self.root, &self.saved).await?);
        }
        Ok(known)
    }

    /// Loads the saved logs, once. Without them, logs are read one by one.
    async fn load_saved(&self, known: &mut Known) {
        if std::mem::replace(&mut known.has_loaded_saved, true) {
            return;
        }
        if known.listing.as_ref().and_then(Listing::saved).is_none() {
            return;
        }
        let loaded = async {
            let bytes = self.inner.get(&self.saved).await?.bytes().await?;
            decode(bytes).map_err(|source| Error::Generic { store: "saved logs", source })
        };
        match loaded.await {
            Ok(logs) => {
                for SavedLog { path, tag, content } in logs {
                    known.contents.entry(path).or_insert((tag, content));
                }
            }
            Err(error) => tracing::debug!(%error, "the saved logs can't be read"),
        }
    }

    /// Saves the logs that a reader of the newest versions needs, where this process changed any.
    pub(super) async fn save_logs(&self) {
        let mut known = self.known.lock().await;
        if known.has_changed {
            // What this command did not read stays saved.
            self.load_saved(&mut known).await;
        }
        let Some(listing) = known.listing.as_ref().filter(|_| known.has_changed) else { return };
        let log = |meta: &ObjectMeta| {
            let content = known.content(meta)?;
            Some(SavedLog { path: meta.location.clone(), tag: tag(meta)?.to_owned(), content })
        };
        let logs: Vec<SavedLog> = listing.needed().into_iter().filter_map(log).collect();
        let saved = async { self.inner.put(&self.saved, encode(&logs)?.into()).await.map_err(Into::into) };
        let saved: std::result::Result<PutResult, super::super::error::BoxError> = saved.await;
        match saved {
            Ok(_) => known.has_changed = false,
            Err(error) => tracing::debug!(%error, "the logs are not saved; the next command reads them one by one"),
        }
    }

    /// Reads an object of a log.
    async fn log(&self, path: &Path) -> Result<(ObjectMeta, Bytes)> {
        {
            let mut known = self.known().await?;
            let listed = |known: &Known| known.listing.as_ref().and_then(|listing| listing.log(path)).cloned();
            let Some(meta) = listed(&known) else {
                let source = "it is not among the objects of the lakehouse".into();
                return Err(Error::NotFound { path: path.to_string(), source });
            };
            if known.content(&meta).is_none() {
                self.load_saved(&mut known).await;
            }
            if let Some(content) = known.content(&meta) {
                return Ok((meta, content));
            }
        }
        let fetched = async {
            let found = self.inner.get(path).await?;
            let meta = found.meta.clone();
            Ok::<_, Error>((meta, found.bytes().await?))
        };
        let fetched = fetched.await;
        let mut known = self.known.lock().await;
        let listed = known.listing.as_ref().and_then(|listing| listing.log(path)).and_then(tag).map(str::to_owned);
        let is_as_listed = fetched.as_ref().is_ok_and(|(meta, _)| tag(meta) == listed.as_deref());
        if let Ok((meta, content)) = &fetched {
            known.learn(meta.clone(), content.clone());
        }
        if !is_as_listed {
            // Another wrote, or deleted, since the listing: what it names next would not be listed.
            known.listing = None;
        }
        fetched
    }

    /// Forgets the listing: the next look is at the storage itself.
    pub(super) async fn forget_listing(&self) {
        self.known.lock().await.listing = None;
    }

    /// Lists all objects anew; where that fails, the next look does so again, and tells why.
    pub(super) async fn list_anew(&self) {
        self.forget_listing().await;
        if let Err(error) = self.known().await {
            tracing::debug!(%error, "the lakehouse can't be listed");
        }
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a range of a data file: small files whole, and what is not too large to be kept.
    async fn part(&self, path: &Path, range: Range<u64>) -> Result<Part> {
        if let Some(part) = self.parts().get(path, &range) {
            return Ok(part);
        }
        let share = BuildHasherDefault::<DefaultHasher>::default().hash_one(path);
        let share = usize::try_from(share % SHARES as u64).unwrap_or_default();
        let _shared = match self.shares.get(share) {
            Some(share) => Some(share.lock().await),
            None => None,
        };
        if let Some(part) = self.parts().get(path, &range) {
            return Ok(part);
        }
        let size = self.known.lock().await.listing.as_ref().and_then(|listing| listing.size(path));
        let asked = match size {
            Some(size) if size <= LARGEST && range.end <= size => 0..size,
            _ => range.clone(),
        };
        let options = GetOptions { range: Some(GetRange::Bounded(asked.clone())), ..GetOptions::default() };
        let found = self.inner.get_opts(path, options).await?;
        let part = Part { size: found.meta.size, bytes: found.bytes().await? };
        self.parts().insert(path, asked.start, part.clone());
        let place = |at: u64| usize::try_from(at - asked.start).unwrap_or(usize::MAX).min(part.bytes.len());
        Ok(Part { bytes: part.bytes.slice(place(range.start)..place(range.end)), ..part })
    }
}

/// Answer with a range of an object whose bytes are known.
fn answer(meta: ObjectMeta, content: &Bytes, options: &GetOptions) -> Result<GetResult> {
    let range = match &options.range {
        None => 0..meta.size,
        Some(range) => range
            .as_range(meta.size)
            .map_err(|error| Error::Generic { store: "known objects", source: error.into() })?,
    };
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(content.len());
    let bytes = if options.head { Bytes::new() } else { content.slice(place(range.start)..place(range.end)) };
    Ok(known(meta, range, bytes))
}

/// Answer with bytes that are known.
fn known(meta: ObjectMeta, range: Range<u64>, bytes: Bytes) -> GetResult {
    let payload = GetResultPayload::Stream(futures::stream::once(async move { Ok(bytes) }).boxed());
    GetResult { payload, meta, range, attributes: Attributes::default() }
}

/// Whether an answer does not depend on more than path and range.
fn is_plain(options: &GetOptions) -> bool {
    options.if_match.is_none()
        && options.if_none_match.is_none()
        && options.if_modified_since.is_none()
        && options.if_unmodified_since.is_none()
        && options.version.is_none()
}

fn is_data(path: &Path) -> bool {
    path.extension() == Some("parquet") && !is_log(path)
}

/// Upload of a large object of a log, such as a checkpoint.
#[derive(Debug)]
struct LogUpload {
    upload: Box<dyn MultipartUpload>,
    known: Arc<AsyncMutex<Known>>,
}

#[async_trait]
impl MultipartUpload for LogUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let outcome = self.upload.complete().await;
        self.known.lock().await.listing = None;
        outcome
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

#[async_trait]
impl ObjectStore for Cached {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let outcome = self.inner.put_opts(location, payload.clone(), options).await;
        if !is_log(location) && !is_data(location) {
            return outcome;
        }
        match &outcome {
            Ok(result) => {
                let content = Bytes::from(payload);
                let meta = ObjectMeta {
                    location: location.clone(),
                    last_modified: Utc::now(),
                    size: content.len() as u64,
                    e_tag: result.e_tag.clone(),
                    version: result.version.clone(),
                };
                let mut known = self.known.lock().await;
                if is_log(location) {
                    known.has_changed = true;
                    known.learn(meta, content);
                } else {
                    if let Some(listing) = &mut known.listing {
                        listing.insert(meta);
                    }
                    self.parts().insert(location, 0, Part { size: content.len() as u64, bytes: content });
                }
            }
            // Another writer was quicker, or what happened is not known.
            Err(_) => self.known.lock().await.listing = None,
        }
        outcome
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.inner.put_multipart_opts(location, options).await?;
        if !is_log(location) {
            return Ok(upload);
        }
        Ok(Box::new(LogUpload { upload, known: Arc::clone(&self.known) }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if !is_plain(&options) {
            return self.inner.get_opts(location, options).await;
        }
        if is_log(location) {
            let (meta, content) = self.log(location).await?;
            return answer(meta, &content, &options);
        }
        match &options.range {
            Some(GetRange::Bounded(range))
                if is_data(location) && !options.head && range.end - range.start <= LARGEST =>
            {
                let Part { size, bytes } = self.part(location, range.clone()).await?;
                let range = range.start..range.start + bytes.len() as u64;
                let (location, last_modified) = (location.clone(), Utc::now());
                Ok(known(ObjectMeta { location, last_modified, size, e_tag: None, version: None }, range, bytes))
            }
            _ => self.inner.get_opts(location, options).await,
        }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        coalesce_ranges(ranges, |range| self.get_range(location, range), GAP).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (known, parts) = (Arc::clone(&self.known), Arc::clone(&self.parts));
        let forget = move |deleted: Result<Path>| {
            let (known, parts) = (Arc::clone(&known), Arc::clone(&parts));
            async move {
                let path = deleted?;
                if let Some(listing) = &mut known.lock().await.listing {
                    listing.remove(&path);
                }
                parts.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
                Ok(path)
            }
        };
        self.inner.delete_stream(locations).then(forget).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_after(prefix, None)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_after(prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        if prefix != Some(&self.root) {
            return self.inner.list_with_delimiter(prefix).await;
        }
        let known = self.known().await?;
        let top = known.listing.iter().flat_map(Listing::top).cloned().collect();
        Ok(ListResult { common_prefixes: top, objects: Vec::new() })
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let outcome = self.inner.copy_opts(from, to, options).await;
        self.known.lock().await.listing = None;
        outcome
    }
}

impl Cached {
    /// Lists a log from what is known, and other folders by a request.
    fn list_after(&self, prefix: Option<&Path>, offset: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let Some(folder) = prefix.filter(|prefix| is_log(prefix)).cloned() else {
            return match offset {
                Some(offset) => self.inner.list_with_offset(prefix, offset),
                None => self.inner.list(prefix),
            };
        };
        let (cached, offset) = (self.handle(), offset.cloned());
        let listed = async move {
            let known = cached.known().await?;
            let found = known.listing.as_ref().map(|listing| listing.logs_below(&folder, offset.as_ref()));
            Ok::<_, Error>(futures::stream::iter(found.unwrap_or_default().into_iter().map(Ok)))
        };
        listed.into_stream().try_flatten().boxed()
    }

    /// Second handle of the same store, for streams that outlive a call.
    fn handle(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            root: self.root.clone(),
            saved: self.saved.clone(),
            known: Arc::clone(&self.known),
            parts: Arc::clone(&self.parts),
            shares: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
