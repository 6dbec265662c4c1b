//! Rows on their way to a table, on local disk.
//!
//! What is fetched or computed goes to a file first and into the table in one commit afterwards, so memory
//! depends on the batch size alone, and nothing partial can reach a table. A lakehouse's files lie in a folder of its
//! own that only its user may enter:
//!
//! ```text
//! <staging>/<lakehouse>/work-<id>/…             of one run: removed with the Stage, or by the next run
//! <staging>/<lakehouse>/extract/<entity>/…      what was read of an entity, kept until its table has it
//! <staging>/<lakehouse>/known/…                 which records the tables have as they came, for the next run
//! ```
//!
//! Invariants: the folder is used under the lakehouse's lock alone; it holds no more bytes than its limit; what nobody
//! came back for in a week is removed. What is kept is of use for its origin alone: the same source and the same
//! lakehouse, which is not told by the place where it lies.

mod trial;

use super::staged::{Format, StagedFile};
use super::{Lakehouse, place};
use crate::error::{Error, Result};
use crate::settings::staging_limit;
use arrow::datatypes::SchemaRef;
use connectwise_runtime::HashKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The bytes that may be staged at a time, unless `CW_STAGING_LIMIT_GB` says otherwise.
const LIMIT: u64 = 20 << 30;
/// When what a killed run left is too old to be of use.
const TOO_OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The setting that names another place than the user's cache folder.
const NAMED_BY: &str = "CW_STAGING";
const WORK: &str = "work-";
const EXTRACT: &str = "extract";
const KNOWN: &str = "known";

/// A folder for staged files; what belongs to this run alone is removed when dropped.
#[derive(Debug)]
pub struct Stage {
    work: PathBuf,
    /// Where what was read is kept for a later run; nothing is where absent.
    kept: Option<PathBuf>,
    next: AtomicU64,
    room: Arc<Room>,
    hash_key: Option<HashKey>,
    origin: String,
}

/// How much may be staged.
#[derive(Debug)]
pub(super) struct Room {
    limit: u64,
    used: AtomicU64,
}

impl Stage {
    /// A new folder below the system's temporary one, which keeps nothing.
    ///
    /// # Errors
    /// [`Error::Io`] when it can't be made.
    pub fn new() -> Result<Self> {
        let work = std::env::temp_dir().join(format!("connectwise-etl-{}", uuid::Uuid::new_v4().simple()));
        Self::at(work, None)
    }

    /// The folder of a lakehouse, below `CW_STAGING`, else the user's cache folder. Whoever calls this holds the
    /// lakehouse's lock, so what earlier runs left half-way is removed.
    ///
    /// # Errors
    /// [`Error::Io`] when it can't be made, [`Error::Usage`] when its path can't be read back.
    pub fn of(lake: &Lakehouse) -> Result<Self> {
        Self::check_place()?;
        let own = Self::place(lake);
        private_folder(&own)?;
        clear_away(&root(), &own);
        let stage = Self::at(own.join(format!("{WORK}{}", uuid::Uuid::new_v4().simple())), Some(own.join(EXTRACT)))?;
        Ok(stage.with_hash_key(lake.hash_key().cloned()))
    }

    /// The same with a key for personal texts: only their hashes are staged.
    #[must_use]
    pub fn with_hash_key(mut self, hash_key: Option<HashKey>) -> Self {
        self.hash_key = hash_key;
        self
    }

    /// The same for what comes from this source into this lakehouse.
    #[must_use]
    pub(crate) fn with_origin(mut self, origin: String) -> Self {
        self.origin = origin;
        self
    }

    /// A text that what is kept has to be of.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The key for personal texts, where there is one.
    pub(crate) fn hash_key(&self) -> Option<&HashKey> {
        self.hash_key.as_ref()
    }

    /// Refuses a place whose files the engine could not read back, before anything is fetched.
    ///
    /// # Errors
    /// [`Error::Usage`] that names it.
    pub(crate) fn check_place() -> Result<()> {
        named()?;
        match root() {
            root if root.to_str().is_some_and(|text| !text.chars().any(char::is_control)) => Ok(()),
            root => Err(Error::Usage(format!(
                "the staging folder {root:?} has a name that can't be read back: set {NAMED_BY} to another"
            ))),
        }
    }

    /// Where the staging folder of a lakehouse lies.
    pub fn place(lake: &Lakehouse) -> PathBuf {
        root().join(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(lake.root().as_str().as_bytes())))
    }

    fn at(work: PathBuf, kept: Option<PathBuf>) -> Result<Self> {
        private_folder(&work)?;
        let limit = staging_limit()?.unwrap_or(LIMIT);
        let used = AtomicU64::new(kept.as_deref().map_or(0, bytes_below));
        Ok(Self {
            work,
            kept,
            next: AtomicU64::new(0),
            room: Arc::new(Room { limit, used }),
            hash_key: None,
            origin: String::new(),
        })
    }

    /// A new, empty staged file, removed when dropped. Nothing is on disk until the first row comes.
    pub fn file(&self, name: &str, format: Format, schema: &SchemaRef) -> StagedFile {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.work.join(format!("{name}-{number:06}.{}", format.extension()));
        StagedFile::new(path, format, schema, false, Arc::clone(&self.room))
    }

    /// The folder in which what was read of an entity stays until [`Stage::forget`]; `None` where nothing is kept.
    pub(crate) fn keep(&self, entity: &str) -> Option<PathBuf> {
        Some(self.kept.as_ref()?.join(entity))
    }

    /// The folder for what is known of the records that the tables have; `None` where nothing is kept.
    pub(crate) fn known(&self) -> Option<PathBuf> {
        Some(self.kept.as_ref()?.with_file_name(KNOWN))
    }

    /// Removes all that is kept of a lakehouse. Whoever calls this holds its lock.
    pub(crate) fn forget_all(lake: &Lakehouse) {
        for folder in [EXTRACT, KNOWN].map(|name| Self::place(lake).join(name)).iter().filter(|folder| folder.is_dir())
        {
            if let Err(error) = std::fs::remove_dir_all(folder) {
                // It is of another origin than what is looked for from now on.
                tracing::warn!(folder = %folder.display(), %error, "a staging folder was not removed");
            }
        }
    }

    /// A file in a kept folder that another run may read.
    pub(crate) fn kept_file(&self, path: PathBuf, format: Format, schema: &SchemaRef) -> StagedFile {
        StagedFile::new(path, format, schema, true, Arc::clone(&self.room))
    }

    /// Removes what is kept of an entity: its table has it now, or it is of no use.
    pub(crate) fn forget(&self, entity: &str) {
        let Some(folder) = self.keep(entity).filter(|folder| folder.is_dir()) else { return };
        let bytes = bytes_below(&folder);
        match std::fs::remove_dir_all(&folder) {
            Ok(()) => self.room.free(bytes),
            Err(error) => tracing::warn!(folder = %folder.display(), %error, "a staging folder was not removed"),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.work) {
            tracing::warn!(folder = %self.work.display(), %error, "the staging folder was not removed");
        }
        // These fail where something is kept, which is as well.
        if let Some(kept) = &self.kept {
            let _ = std::fs::remove_dir(kept);
            let _ = kept.parent().map(std::fs::remove_dir);
        }
    }
}

impl Room {
    pub(super) fn take(&self, bytes: u64) -> Result<()> {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used <= self.limit {
            return Ok(());
        }
        let text = format!(
            "staging holds more than {} GiB; narrow the run with --entities, or set CW_STAGING_LIMIT_GB to more",
            self.limit as f64 / (1_u64 << 30) as f64
        );
        Err(Error::io("staging what was read", std::io::Error::other(text)))
    }

    pub(super) fn free(&self, bytes: u64) {
        self.used.fetch_sub(bytes.min(self.used.load(Ordering::Relaxed)), Ordering::Relaxed);
    }
}

/// Where all lakehouses' staging folders lie.
fn root() -> PathBuf {
    if let Ok(Some(folder)) = named() {
        return folder;
    }
    let is_said = |value: &std::ffi::OsString| !value.to_string_lossy().trim().is_empty();
    let given = |name: &str| std::env::var_os(name).filter(is_said).map(PathBuf::from);
    let cache = given("XDG_CACHE_HOME").or_else(|| given("HOME").map(|home| home.join(".cache")));
    let below = |folder: PathBuf| folder.join("connectwise-etl").join("staging");
    // A home that can't be written, as in some containers, is no reason to stop.
    let usable = cache.map(below).filter(|folder| private_folder(folder).is_ok());
    usable.unwrap_or_else(|| below(std::env::temp_dir()))
}

/// The folder that `CW_STAGING` names, where it is set.
fn named() -> Result<Option<PathBuf>> {
    let Some(value) = std::env::var_os(NAMED_BY).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.to_str().ok_or_else(|| Error::Usage(format!("{NAMED_BY} is {value:?}: it is no text")))?;
    place::folder(NAMED_BY, text).map(Some)
}

/// Makes a folder that only its user may enter: what is staged is as confidential as the tables.
pub(crate) fn private_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        let action = format!("creating the staging folder {} (CW_STAGING names another)", folder.display());
        Error::io(action, error)
    })
}

/// Removes what killed runs of this lakehouse left that no later run uses, and what is too old of others.
fn clear_away(root: &Path, own: &Path) {
    let is_work = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(WORK));
    let is_old = |path: &Path| {
        let changed = std::fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        SystemTime::now().duration_since(changed).is_ok_and(|age| age > TOO_OLD)
    };
    let mut doomed: Vec<PathBuf> = entries(own).into_iter().filter(|path| is_work(path)).collect();
    for lakehouse in entries(root) {
        doomed.extend(entries(&lakehouse).into_iter().filter(|path| is_work(path) && is_old(path)));
        let left = [EXTRACT, KNOWN].map(|folder| entries(&lakehouse.join(folder)));
        doomed.extend(left.into_iter().flatten().filter(|path| is_old(path)));
    }
    for path in doomed {
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        if let Err(error) = removed {
            tracing::debug!(path = %path.display(), %error, "an old staging folder stays");
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).into_iter().flatten();
    let mut found: Vec<PathBuf> = read.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    found.sort();
    found
}

fn bytes_below(folder: &Path) -> u64 {
    let size = |path: &PathBuf| match std::fs::metadata(path) {
        Ok(data) if data.is_dir() => bytes_below(path),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries(folder).iter().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::super::longs;
    use super::*;
    use crate::lake::Layout;
    use arrow::array::{Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field, Schema};

    fn numbers() -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![1, 2, 3]))]).unwrap()
    }

    #[test]
    fn a_run_leaves_only_what_is_kept_and_forgetting_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("lake");
        let stage = |id: &str| Stage::at(own.join(format!("{WORK}{id}")), Some(own.join(EXTRACT))).unwrap();
        let batch = numbers();
        {
            let stage = stage("a");
            let kept = stage.keep("Thing").unwrap();
            private_folder(&kept).unwrap();
            for mut file in [
                stage.file("x", Format::Parquet, &batch.schema()),
                stage.kept_file(kept.join("1.arrow"), Format::Arrow, &batch.schema()),
            ] {
                file.write(&batch).unwrap();
                file.finish().unwrap();
            }
            assert_eq!(entries(&own.join("work-a")), Vec::<PathBuf>::new(), "a dropped file stayed");
        }
        assert_eq!(entries(&own), [own.join(EXTRACT)]);
        let stage = stage("b");
        let mut adopted = stage.kept_file(own.join("extract/Thing/1.arrow"), Format::Arrow, &batch.schema());
        let mut ids = Vec::new();
        adopted.adopt(&["id"], |batch| ids.extend(longs(batch, "id"))).unwrap();
        assert_eq!((ids, adopted.rows()), (vec![1, 2, 3], 3));
        stage.forget("Thing");
        drop((adopted, stage));
        assert!(!own.exists(), "{:?}", entries(&own));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_user_may_enter_a_lakehouses_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let lake = Lakehouse::at(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
        let stage = Stage::of(&lake).unwrap();
        let own = stage.work.parent().unwrap().to_owned();
        std::fs::create_dir(own.join("work-of-a-killed-run")).unwrap();
        assert_eq!(std::fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o700);
        drop(stage);
        assert!(own.join("work-of-a-killed-run").is_dir());
        drop(Stage::of(&lake).unwrap());
        assert!(!own.exists(), "what a killed run left stayed");
    }

    #[tokio::test]
    async fn staged_rows_are_read_back_from_a_folder_of_any_name() {
        let (folder, lake) = super::super::testing::lake(10);
        let batch = numbers();
        for name in super::super::testing::ODD_NAMES {
            let stage = Stage::at(folder.path().join(name).join("work"), None).unwrap();
            for format in [Format::Arrow, Format::Parquet] {
                let mut file = stage.file("x", format, &batch.schema());
                file.write(&batch).unwrap();
                file.finish().unwrap();
                let rows = file.read(lake.context()).await.unwrap().unwrap().count().await.unwrap();
                assert_eq!(rows, 3, "{name}, {format:?}");
            }
        }
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let room = Room { limit: 10, used: AtomicU64::new(0) };
        room.take(6).unwrap();
        assert!(room.take(6).unwrap_err().to_string().contains("CW_STAGING_LIMIT_GB"));
        room.free(12);
        room.take(9).unwrap();
    }
}
