//! A disk in memory that a test can fill up, cut off in the middle of a run, and copy.
//!
//! The storage layer finds it by its address, so the pipeline writes to it as to any other. Invariant: once the disk
//! is cut off nothing more reaches it, from whichever task, as when a process is killed.

use async_trait::async_trait;
use deltalake::logstore::object_store::memory::InMemory;
use deltalake::logstore::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use deltalake::logstore::{ObjectStoreFactory, ObjectStoreRef, StorageConfig, object_store_factories};
use deltalake::{DeltaResult, Path};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use url::Url;

static DISKS: LazyLock<Mutex<HashMap<String, Arc<Disk>>>> = LazyLock::new(|| {
    object_store_factories().insert(Url::parse("memory://").unwrap(), Arc::new(Disks));
    Mutex::default()
});
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A disk in memory.
pub(crate) struct Disk {
    name: String,
    files: InMemory,
    switches: Mutex<Switches>,
    writes: AtomicU64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Switches {
    /// After so many more writes the disk is cut off.
    left: Option<u64>,
    /// So many more bytes fit on it.
    room: Option<u64>,
}

impl Disk {
    /// A new, empty one.
    pub(crate) fn new() -> Arc<Self> {
        let name = format!("disk-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let files = InMemory::new();
        let disk = Arc::new(Self { name: name.clone(), files, switches: Mutex::default(), writes: AtomicU64::new(0) });
        DISKS.lock().unwrap().insert(name, Arc::clone(&disk));
        disk
    }

    /// The lakehouse's address.
    pub(crate) fn address(&self) -> String {
        format!("memory://{}/", self.name)
    }

    /// How often something was written so far.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Cuts the disk off after so many more writes.
    pub(crate) fn cut_after(&self, writes: u64) {
        self.switches.lock().unwrap().left = Some(writes);
    }

    /// Lets no more than so many bytes onto the disk.
    pub(crate) fn fill_up_after(&self, bytes: u64) {
        self.switches.lock().unwrap().room = Some(bytes);
    }

    /// Takes all limits away; says whether the disk had been cut off.
    pub(crate) fn mend(&self) -> bool {
        let mut switches = self.switches.lock().unwrap();
        let was_cut = switches.left == Some(0);
        (switches.left, switches.room) = (None, None);
        was_cut
    }

    /// Copies what lies below a folder to another disk.
    pub(crate) async fn copy_to(&self, other: &Disk, folder: &str) {
        let paths: Vec<ObjectMeta> = self.files.list(Some(&Path::from(folder))).try_collect().await.unwrap();
        for path in paths {
            let bytes = self.files.get(&path.location).await.unwrap().bytes().await.unwrap();
            other.files.put(&path.location, bytes.into()).await.unwrap();
        }
    }

    /// Forgets the disk: its address leads nowhere afterwards.
    pub(crate) fn forget(&self) {
        DISKS.lock().unwrap().remove(&self.name);
    }

    fn error(reason: &str) -> Error {
        Error::Generic { store: "disk", source: reason.into() }
    }

    fn check_read(&self) -> Result<()> {
        match self.switches.lock().unwrap().left {
            Some(0) => Err(Self::error("the disk is cut off")),
            _ => Ok(()),
        }
    }

    fn check_write(&self, bytes: u64) -> Result<()> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let mut switches = self.switches.lock().unwrap();
        if let Some(left) = &mut switches.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return Err(Self::error("the disk is cut off"));
            }
        }
        if let Some(room) = &mut switches.room {
            *room = room.checked_sub(bytes).ok_or_else(|| Self::error("No space left on device (os error 28)"))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl std::fmt::Display for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

#[async_trait]
impl ObjectStore for Disk {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.check_write(payload.content_length() as u64)?;
        self.files.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.check_write(0)?;
        self.files.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.check_read()?;
        self.files.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.check_write(0) {
            Ok(()) => self.files.delete_stream(locations),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.check_read() {
            Ok(()) => self.files.list(prefix),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.check_read()?;
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.check_write(0)?;
        self.files.copy_opts(from, to, options).await
    }
}

/// Finds a disk by its address.
struct Disks;

impl ObjectStoreFactory for Disks {
    fn parse_url_opts(&self, url: &Url, _: &StorageConfig) -> DeltaResult<(ObjectStoreRef, Path)> {
        let disk = url.host_str().and_then(|name| DISKS.lock().unwrap().get(name).cloned());
        let disk = disk.ok_or_else(|| deltalake::DeltaTableError::InvalidTableLocation(url.to_string()))?;
        Ok((disk as ObjectStoreRef, Path::from_url_path(url.path())?))
    }
}
