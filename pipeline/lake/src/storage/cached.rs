//! Object store that remembers logs, listings and parts of data files.
//!
//! Invariant: only objects of logs and data files are remembered. A lock is always read anew, and writes are always
//! sent. When a commit finds another's in its place, the listing is made anew. No lock is held over a request: see
//! [`single_flight`](super::single_flight).

use super::listing::{Change, Listing, is_log, tag};
use super::parts::{LARGEST, Part, Parts};
use super::saved_logs::{SavedLog, decode, encode};
use super::single_flight::SingleFlight;
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
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes between two ranges of a file that are read with them rather than by a second request.
const GAP: u64 = 4 * 1024 * 1024;

/// Store that remembers what it read and wrote; its clones remember the same.
#[derive(Debug, Clone)]
pub(super) struct Cached(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn ObjectStore>,
    root: Path,
    saved: Path,
    known: Mutex<Known>,
    parts: Mutex<Parts>,
    /// Listings under way, by how often the listing was forgotten before.
    listings: SingleFlight<u64, ()>,
    /// Reading of the saved logs.
    loading: SingleFlight<(), ()>,
    reads: SingleFlight<(Path, Range<u64>), Part>,
}

/// What is known about the logs.
#[derive(Debug, Default)]
struct Known {
    listing: Option<Listing>,
    /// Number of times the listing was forgotten: one that began before the last time is not kept.
    forgotten: u64,
    /// One handle, and one for each listing under way.
    listers: Arc<()>,
    /// What this process wrote and deleted while a listing was under way.
    changes: Vec<Change>,
    /// Content by path, with the tag of the object that had it.
    contents: HashMap<Path, (String, Bytes)>,
    has_loaded_saved: bool,
    /// Objects of logs that this process wrote, and how many of them are among the saved logs.
    written: u64,
    saved: u64,
}

impl Known {
    fn content(&self, meta: &ObjectMeta) -> Option<Bytes> {
        let (known, content) = self.contents.get(&meta.location)?;
        (Some(known.as_str()) == tag(meta)).then(|| content.clone())
    }

    fn learn(&mut self, meta: &ObjectMeta, content: Bytes) {
        if let Some(tag) = tag(meta) {
            self.contents.insert(meta.location.clone(), (tag.to_owned(), content));
        }
    }

    fn change(&mut self, change: Change) {
        if let Some(listing) = &mut self.listing {
            listing.apply(&change);
        }
        if Arc::strong_count(&self.listers) > 1 {
            self.changes.push(change);
        } else {
            self.changes.clear();
        }
    }

    fn forget_listing(&mut self) {
        self.listing = None;
        self.forgotten += 1;
    }
}

impl std::fmt::Display for Cached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.store)
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists all objects, and keeps the listing where it was not forgotten meanwhile.
    async fn list(&self, forgotten: u64) -> Result<()> {
        let (_lister, begun) = {
            let known = self.known();
            (Arc::clone(&known.listers), known.changes.len())
        };
        let mut listing = Listing::of(&self.store, &self.root, &self.saved).await?;
        let mut known = self.known();
        if known.forgotten == forgotten {
            known.changes.get(begun..).unwrap_or_default().iter().for_each(|change| listing.apply(change));
            known.listing = Some(listing);
        }
        Ok(())
    }

    /// Reads the saved logs. Without them, logs are read one by one.
    async fn load_saved(&self) {
        let loaded = async {
            let bytes = self.store.get(&self.saved).await?.bytes().await?;
            decode(bytes).map_err(|source| Error::Generic { store: "saved logs", source })
        };
        let loaded = loaded.await;
        let mut known = self.known();
        known.has_loaded_saved = true;
        match loaded {
            Ok(logs) => {
                for SavedLog { path, tag, content } in logs {
                    known.contents.entry(path).or_insert((tag, content));
                }
            }
            Err(error) => tracing::debug!(%error, "the saved logs can't be read"),
        }
    }

    /// Reads a range of a data file, and keeps it.
    async fn read(&self, path: &Path, range: Range<u64>) -> Result<Part> {
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let found = self.store.get_opts(path, options).await?;
        let part = Part { size: found.meta.size, bytes: found.bytes().await? };
        self.parts().insert(path, range.start, part.clone());
        Ok(part)
    }
}

impl Cached {
    /// Wraps a store whose lakehouse lies in a folder, with the saved logs at a path below it.
    pub(super) fn new(store: Arc<dyn ObjectStore>, root: Path, saved: &str) -> Self {
        // By parts: the root's own are not encoded a second time.
        let saved: Path = root.parts().chain(Path::from(saved).parts()).collect();
        Self(Arc::new(Inner {
            store,
            root,
            saved,
            known: Mutex::default(),
            parts: Mutex::default(),
            listings: SingleFlight::default(),
            loading: SingleFlight::default(),
            reads: SingleFlight::default(),
        }))
    }

    /// Looks at what is listed, which is listed anew where the listing is missing or old.
    async fn look<T>(&self, look: impl Fn(&Known, &Listing) -> T) -> Result<T> {
        let mut is_new = false;
        loop {
            let forgotten = {
                let known = self.0.known();
                // One that takes longer than it lasts is looked at all the same.
                if let Some(listing) = known.listing.as_ref().filter(|listing| is_new || listing.is_fresh()) {
                    return Ok(look(&known, listing));
                }
                known.forgotten
            };
            let inner = Arc::clone(&self.0);
            let list = || async move { inner.list(forgotten).await }.boxed();
            let is_listed = || self.0.known().listing.as_ref().is_some_and(Listing::is_fresh).then_some(());
            self.0.listings.get(forgotten, is_listed, list).await?;
            is_new = true;
        }
    }

    /// Loads the saved logs, once.
    async fn load_saved(&self) {
        {
            let mut known = self.0.known();
            // Also where a listing tells that there are none.
            known.has_loaded_saved |= known.listing.as_ref().is_some_and(|listing| listing.saved().is_none());
            if known.has_loaded_saved {
                return;
            }
        }
        let inner = Arc::clone(&self.0);
        let load = || {
            let load = async move {
                inner.load_saved().await;
                Ok(())
            };
            load.boxed()
        };
        let is_loaded = || self.0.known().has_loaded_saved.then_some(());
        if let Err(error) = self.0.loading.get((), is_loaded, load).await {
            tracing::debug!(%error, "the saved logs can't be read");
        }
    }

    /// Saves the logs that a reader of the newest versions needs, where this process changed any.
    pub(super) async fn save_logs(&self) {
        {
            let known = self.0.known();
            if known.written == known.saved {
                return;
            }
        }
        // What this command did not read stays saved.
        self.load_saved().await;
        let (logs, written) = {
            let known = self.0.known();
            let Some(listing) = known.listing.as_ref() else { return };
            let log = |meta: &ObjectMeta| {
                let content = known.content(meta)?;
                Some(SavedLog { path: meta.location.clone(), tag: tag(meta)?.to_owned(), content })
            };
            (listing.needed().into_iter().filter_map(log).collect::<Vec<SavedLog>>(), known.written)
        };
        let saved = async { self.0.store.put(&self.0.saved, encode(&logs)?.into()).await.map_err(Into::into) };
        let saved: std::result::Result<PutResult, super::super::error::BoxError> = saved.await;
        match saved {
            Ok(_) => self.0.known().saved = written,
            Err(error) => tracing::debug!(%error, "the logs are not saved; the next command reads them one by one"),
        }
    }

    /// Reads an object of a log.
    async fn log(&self, path: &Path) -> Result<(ObjectMeta, Bytes)> {
        let listed = |known: &Known, listing: &Listing| {
            let meta = listing.log(path)?.clone();
            let content = known.content(&meta);
            Some((meta, content))
        };
        let listed = match self.look(listed).await? {
            None => {
                let source = "it is not among the objects of the lakehouse".into();
                return Err(Error::NotFound { path: path.to_string(), source });
            }
            Some((meta, Some(content))) => return Ok((meta, content)),
            Some((meta, None)) => {
                self.load_saved().await;
                if let Some(content) = self.0.known().content(&meta) {
                    return Ok((meta, content));
                }
                meta
            }
        };
        let fetched = async {
            let found = self.0.store.get(path).await?;
            let meta = found.meta.clone();
            Ok::<_, Error>((meta, found.bytes().await?))
        };
        let fetched = fetched.await;
        let mut known = self.0.known();
        let is_as_listed = fetched.as_ref().is_ok_and(|(meta, _)| tag(meta) == tag(&listed));
        if let Ok((meta, content)) = &fetched {
            known.learn(meta, content.clone());
        }
        if !is_as_listed {
            // Another wrote, or deleted, since the listing: what it names next would not be listed.
            known.forget_listing();
        }
        fetched
    }

    /// Forgets the listing: the next look is at the storage itself.
    pub(super) fn forget_listing(&self) {
        self.0.known().forget_listing();
    }

    /// Lists all objects anew; where that fails, the next look does so again, and tells why.
    pub(super) async fn list_anew(&self) {
        self.forget_listing();
        if let Err(error) = self.look(|_, _| ()).await {
            tracing::debug!(%error, "the lakehouse can't be listed");
        }
    }

    /// Reads a range of a data file: small files whole, and what is not too large to be kept.
    async fn part(&self, path: &Path, range: Range<u64>) -> Result<Part> {
        let known = |range: &Range<u64>| self.0.parts().get(path, range);
        if let Some(part) = known(&range) {
            return Ok(part);
        }
        let size = self.0.known().listing.as_ref().and_then(|listing| listing.size(path));
        let asked = match size {
            Some(size) if size <= LARGEST && range.end <= size => 0..size,
            _ => range.clone(),
        };
        let (inner, file, whole) = (Arc::clone(&self.0), path.clone(), asked.clone());
        let read = || async move { inner.read(&file, whole).await }.boxed();
        let part = self.0.reads.get((path.clone(), asked.clone()), || known(&asked), read).await?;
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
    cached: Cached,
}

#[async_trait]
impl MultipartUpload for LogUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let outcome = self.upload.complete().await;
        self.cached.forget_listing();
        outcome
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

#[async_trait]
impl ObjectStore for Cached {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let outcome = self.0.store.put_opts(location, payload.clone(), options).await;
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
                let mut known = self.0.known();
                if is_log(location) {
                    known.written += 1;
                    known.learn(&meta, content);
                } else {
                    self.0.parts().insert(location, 0, Part { size: content.len() as u64, bytes: content });
                }
                known.change(Change::Written(meta));
            }
            // Another writer was quicker, or what happened is not known.
            Err(_) => self.forget_listing(),
        }
        outcome
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.0.store.put_multipart_opts(location, options).await?;
        if !is_log(location) {
            return Ok(upload);
        }
        Ok(Box::new(LogUpload { upload, cached: self.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if !is_plain(&options) {
            return self.0.store.get_opts(location, options).await;
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
            _ => self.0.store.get_opts(location, options).await,
        }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        coalesce_ranges(ranges, |range| self.get_range(location, range), GAP).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let inner = Arc::clone(&self.0);
        let forget = move |path: Path| {
            inner.parts().remove(&path);
            inner.known().change(Change::Deleted(path.clone()));
            path
        };
        self.0.store.delete_stream(locations).map_ok(forget).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_after(prefix, None)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_after(prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        if prefix != Some(&self.0.root) {
            return self.0.store.list_with_delimiter(prefix).await;
        }
        let common_prefixes = self.look(|_, listing| listing.top().cloned().collect()).await?;
        Ok(ListResult { common_prefixes, objects: Vec::new() })
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let outcome = self.0.store.copy_opts(from, to, options).await;
        self.forget_listing();
        outcome
    }
}

impl Cached {
    /// Lists a log from what is known, and other folders by a request.
    fn list_after(&self, prefix: Option<&Path>, offset: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let Some(folder) = prefix.filter(|prefix| is_log(prefix)).cloned() else {
            return match offset {
                Some(offset) => self.0.store.list_with_offset(prefix, offset),
                None => self.0.store.list(prefix),
            };
        };
        let (cached, offset) = (self.clone(), offset.cloned());
        let listed = async move {
            let found = cached.look(|_, listing| listing.logs_below(&folder, offset.as_ref())).await?;
            Ok::<_, Error>(futures::stream::iter(found.into_iter().map(Ok)))
        };
        listed.into_stream().try_flatten().boxed()
    }
}

#[cfg(test)]
mod tests;
