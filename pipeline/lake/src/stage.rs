//! Staging folder: rows on local disk, on their way to a table.
//!
//! Rows that are fetched or computed go to a file first and into the table in one commit afterwards, so memory depends
//! on the batch size alone, and nothing partial can reach a table. Each lakehouse has its own folder, which only its
//! user may enter:
//!
//! ```text
//! <root>/<lakehouse>/work-<id>/…      of one run: removed with the Stage, or by the next run
//! <root>/<lakehouse>/<kept>/…         what a later run goes on with; it counts for the limit
//! <root>/<lakehouse>/<cache>/…        what makes a later run quicker
//! ```
//!
//! Invariant: the folder must be used under the lakehouse's lock alone, and must never hold more bytes than its limit;
//! files that are a week old are removed. Kept files must be used for their origin alone: the same source and the same
//! lakehouse, which the folder's path does not prove.

mod trial;

use super::Lakehouse;
use super::disk_quota::DiskQuota;
use super::error::{Error, Result};
use super::file_sizing::FileSizing;
use super::staged_file::{Format, StagedFile};
use arrow::datatypes::SchemaRef;
use connectwise_runtime::HashKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Default limit of the bytes that are staged at a time.
const LIMIT: u64 = 20 << 30;
/// Age from which files that a killed run left are removed.
const TOO_OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const WORK: &str = "work-";

/// Configuration of stages: where they lie, and which of their folders outlive them.
#[derive(Debug, Clone)]
pub struct StageConfig {
    /// The parent of all lakehouses' staging folders.
    pub root: PathBuf,
    /// The bytes that may be staged at a time; 20 GiB where absent.
    pub limit: Option<u64>,
    /// The name of the folder of kept files, which a later run resumes from.
    pub kept: &'static str,
    /// The names of the cache folders, which make a later run faster.
    pub caches: &'static [&'static str],
}

impl StageConfig {
    /// Staging folder of a lakehouse.
    pub fn place(&self, lake: &Lakehouse) -> PathBuf {
        self.root.join(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(lake.root().as_str().as_bytes())))
    }

    /// Checks that the engine can read files back from the root, before anything is fetched.
    ///
    /// # Errors
    /// [`Error::Usage`] that names it.
    pub fn check(&self) -> Result<()> {
        match &self.root {
            root if root.to_str().is_some_and(|text| !text.chars().any(char::is_control)) => Ok(()),
            root => Err(Error::Usage(format!(
                "the staging folder {root:?} has a name that can't be read back: set CW_STAGING to another"
            ))),
        }
    }

    /// Removes all kept files and caches of a lakehouse. The caller must hold its lock.
    pub fn forget_all(&self, lake: &Lakehouse) {
        for folder in self.lasting(&self.place(lake)).filter(|folder| folder.is_dir()) {
            if let Err(error) = std::fs::remove_dir_all(&folder) {
                // Harmless: its origin is not the one that later runs look for.
                tracing::warn!(folder = %folder.display(), %error, "a staging folder was not removed");
            }
        }
    }

    /// Folders below a lakehouse's own that outlive a stage.
    fn lasting(&self, own: &Path) -> impl Iterator<Item = PathBuf> {
        std::iter::once(self.kept).chain(self.caches.iter().copied()).map(|name| own.join(name))
    }
}

/// Staging folder of a run; the files of this run alone are removed when it is dropped.
#[derive(Debug)]
pub struct Stage {
    work: PathBuf,
    /// The lakehouse's folder and configuration; nothing outlives the stage where absent.
    lasting: Option<(PathBuf, StageConfig)>,
    next: AtomicU64,
    quota: Arc<DiskQuota>,
    hash_key: Option<HashKey>,
    origin: String,
    lake: Option<Lakehouse>,
}

impl Stage {
    /// Creates a stage in the system's temporary folder, which keeps nothing.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder can't be created.
    pub fn new() -> Result<Self> {
        let work = std::env::temp_dir().join(format!("connectwise-etl-{}", uuid::Uuid::new_v4().simple()));
        Self::at(work)
    }

    /// Creates the stage of a lakehouse, and removes what killed runs left.
    ///
    /// The caller must hold the lakehouse's lock.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder can't be created, [`Error::Usage`] when files can't be read back from its path.
    pub fn of(lake: &Lakehouse, config: &StageConfig) -> Result<Self> {
        config.check()?;
        let own = config.place(lake);
        private_folder(&own)?;
        clear_away(config, &own);
        let stage = Self::below(&own, &uuid::Uuid::new_v4().simple().to_string(), config)?;
        let mut stage = stage.with_hash_key(lake.hash_key().cloned());
        stage.lake = Some(lake.clone());
        Ok(stage)
    }

    /// Sets the hash key for personal texts: only their hashes are staged.
    #[must_use]
    pub fn with_hash_key(mut self, hash_key: Option<HashKey>) -> Self {
        self.hash_key = hash_key;
        self
    }

    /// Sets the origin that kept files must have.
    #[must_use]
    pub fn with_origin(mut self, origin: String) -> Self {
        self.origin = origin;
        self
    }

    /// Format of rows that are staged as a table's files hold them.
    pub fn data_format(&self, layer: &str, table: &str) -> Format {
        Format::Data(self.lake.as_ref().map_or(FileSizing::WIDE, |lake| lake.sizing(layer, table)))
    }

    /// Origin that kept files must have.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Hash key for personal texts, where there is one.
    pub fn hash_key(&self) -> Option<&HashKey> {
        self.hash_key.as_ref()
    }

    /// Creates a stage in a lakehouse's own folder.
    fn below(own: &Path, id: &str, config: &StageConfig) -> Result<Self> {
        let mut stage = Self::at(own.join(format!("{WORK}{id}")))?;
        let used = bytes_below(&own.join(config.kept));
        stage.quota = Arc::new(DiskQuota::new(config.limit.unwrap_or(LIMIT), used));
        stage.lasting = Some((own.to_owned(), config.clone()));
        Ok(stage)
    }

    fn at(work: PathBuf) -> Result<Self> {
        private_folder(&work)?;
        let quota = Arc::new(DiskQuota::new(LIMIT, 0));
        Ok(Self {
            work,
            lasting: None,
            next: AtomicU64::new(0),
            quota,
            hash_key: None,
            origin: String::new(),
            lake: None,
        })
    }

    /// Staged file that is removed when dropped. Nothing is on disk until the first row comes.
    pub fn file(&self, name: &str, format: Format, schema: &SchemaRef) -> StagedFile {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.work.join(format!("{name}-{number:06}.{}", format.extension()));
        StagedFile::new(path, format, schema, false, Arc::clone(&self.quota))
    }

    /// Folder of the kept files that a later run resumes from; `None` where nothing is kept.
    pub fn kept(&self) -> Option<PathBuf> {
        self.lasting.as_ref().map(|(own, config)| own.join(config.kept))
    }

    /// Folder of a cache that makes a later run faster; `None` where nothing is kept.
    pub fn cache(&self, name: &str) -> Option<PathBuf> {
        self.lasting.as_ref().map(|(own, _)| own.join(name))
    }

    /// Staged file in a kept folder that another run may read.
    pub fn kept_file(&self, path: PathBuf, format: Format, schema: &SchemaRef) -> StagedFile {
        StagedFile::new(path, format, schema, true, Arc::clone(&self.quota))
    }

    /// Removes a folder of kept files, where it exists.
    pub fn forget(&self, folder: &Path) {
        if !folder.is_dir() {
            return;
        }
        let bytes = bytes_below(folder);
        match std::fs::remove_dir_all(folder) {
            Ok(()) => self.quota.free(bytes),
            Err(error) => tracing::warn!(folder = %folder.display(), %error, "a staging folder was not removed"),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.work) {
            tracing::warn!(folder = %self.work.display(), %error, "the staging folder was not removed");
        }
        // These must fail where something is kept: only empty folders are removed.
        if let Some((own, config)) = &self.lasting {
            config.lasting(own).chain([own.clone()]).for_each(|folder| {
                let _ = std::fs::remove_dir(folder);
            });
        }
    }
}

/// Creates a folder that only its user may enter: staged rows are as confidential as the tables.
///
/// # Errors
/// [`Error::Io`] when it can't be created.
pub fn private_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        let action = format!("creating the staging folder {} (CW_STAGING names another)", folder.display());
        Error::io(action, error)
    })
}

/// Removes what killed runs of this lakehouse left, and what is too old in any lakehouse's folder.
fn clear_away(config: &StageConfig, own: &Path) {
    let is_work = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(WORK));
    let is_old = |path: &Path| {
        let changed = std::fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        SystemTime::now().duration_since(changed).is_ok_and(|age| age > TOO_OLD)
    };
    let mut doomed: Vec<PathBuf> = entries(own).into_iter().filter(|path| is_work(path)).collect();
    for lakehouse in entries(&config.root) {
        doomed.extend(entries(&lakehouse).into_iter().filter(|path| is_work(path) && is_old(path)));
        let left = config.lasting(&lakehouse).flat_map(|folder| entries(&folder));
        doomed.extend(left.filter(|path| is_old(path)));
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
    use arrow::array::{ArrayRef, Int64Array, ListBuilder, RecordBatch, StringBuilder};
    use arrow::datatypes::{DataType, Field, Schema};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    fn config(root: &Path) -> StageConfig {
        StageConfig { root: root.join("staging"), limit: None, kept: "fetched", caches: &["seen"] }
    }

    fn numbers() -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![1, 2, 3]))]).unwrap()
    }

    #[test]
    fn rows_to_be_copied_have_bounds_where_someone_looks_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::below(&folder.path().join("lake"), "a", &config(folder.path())).unwrap();
        let mut tags = ListBuilder::new(StringBuilder::new());
        for row in [Some(vec![Some("b"), None]), None, Some(vec![Some("a")])] {
            tags.append_option(row);
        }
        let columns: [(&str, ArrayRef); 2] =
            [("id", Arc::new(Int64Array::from(vec![1, 2, 3]))), ("tags", Arc::new(tags.finish()))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut file = stage.file("x", Format::Data(FileSizing::WIDE), &batch.schema());
        file.write(&batch).unwrap();
        file.finish().unwrap();

        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(file.path()).unwrap()).unwrap();
        let groups = reader.metadata().row_groups();
        let has_bounds: Vec<bool> = groups[0].columns().iter().map(|column| column.statistics().is_some()).collect();
        assert_eq!(has_bounds, [true, false]);
        let read = reader.build().unwrap().next().unwrap().unwrap();
        assert_eq!(super::super::cast_to_schema(&read, &batch.schema()).unwrap(), batch);
    }

    #[test]
    fn a_run_leaves_only_what_is_kept_and_forgetting_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("lake");
        let stage = |id: &str| Stage::below(&own, id, &config(folder.path())).unwrap();
        let batch = numbers();
        {
            let stage = stage("a");
            let kept = stage.kept().unwrap().join("Thing");
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
        assert_eq!(entries(&own), [own.join("fetched")]);
        let stage = stage("b");
        let mut adopted = stage.kept_file(own.join("fetched/Thing/1.arrow"), Format::Arrow, &batch.schema());
        let mut ids = Vec::new();
        adopted.adopt(&["id"], |batch| ids.extend(longs(batch, "id"))).unwrap();
        assert_eq!((ids, adopted.rows()), (vec![1, 2, 3], 3));
        stage.forget(&own.join("fetched/Thing"));
        drop((adopted, stage));
        assert!(!own.exists(), "{:?}", entries(&own));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_user_may_enter_a_lakehouses_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, lake) = super::super::testing::lake(10);
        let config = config(folder.path());
        let stage = Stage::of(&lake, &config).unwrap();
        let own = stage.work.parent().unwrap().to_owned();
        std::fs::create_dir(own.join("work-of-a-killed-run")).unwrap();
        assert_eq!(std::fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o700);
        drop(stage);
        assert!(own.join("work-of-a-killed-run").is_dir());
        drop(Stage::of(&lake, &config).unwrap());
        assert!(!own.exists(), "what a killed run left stayed");
    }

    #[tokio::test]
    async fn staged_rows_are_read_back_from_a_folder_of_any_name() {
        let (folder, lake) = super::super::testing::lake(10);
        let batch = numbers();
        for name in super::super::testing::ODD_NAMES {
            let stage = Stage::at(folder.path().join(name).join("work")).unwrap();
            for format in [Format::Arrow, Format::Parquet] {
                let mut file = stage.file("x", format, &batch.schema());
                file.write(&batch).unwrap();
                file.finish().unwrap();
                let rows = file.read(lake.context()).await.unwrap().unwrap().count().await.unwrap();
                assert_eq!(rows, 3, "{name}, {format:?}");
            }
        }
    }
}
