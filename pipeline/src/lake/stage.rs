//! Rows on their way to a table, on local disk.
//!
//! What is fetched or computed goes to a file first and into the table in one commit afterwards, so memory
//! depends on the batch size alone, and nothing partial can reach a table. A lakehouse's files lie in a folder of its
//! own that only its user may enter:
//!
//! ```text
//! <staging>/<lakehouse>/work-<id>/…             of one run: removed with the Stage, or by the next run
//! <staging>/<lakehouse>/extract/<entity>/…      what was read of an entity, kept until its table has it
//! ```
//!
//! Invariants: the folder is used under the lakehouse's lock alone; it holds no more bytes than its limit; what nobody
//! came back for in a week is removed.

use super::Lakehouse;
use crate::error::{Error, Result};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, SchemaRef};
use arrow::error::ArrowError;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use connectwise_runtime::HashKey;
use datafusion::execution::options::ArrowReadOptions;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionContext};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Encoded bytes after which a row group of a staged file is written out.
const ROW_GROUP_BYTES: usize = 8 * 1024 * 1024;
/// The bytes that may be staged at a time, unless `CW_STAGING_LIMIT_GB` says otherwise.
const LIMIT_GB: u64 = 20;
/// When what a killed run left is too old to be of use.
const TOO_OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const WORK: &str = "work-";
const EXTRACT: &str = "extract";

/// A folder for staged files; what belongs to this run alone is removed when dropped.
#[derive(Debug)]
pub struct Stage {
    work: PathBuf,
    /// Where what was read is kept for a later run; nothing is where absent.
    kept: Option<PathBuf>,
    next: AtomicU64,
    room: Arc<Room>,
    hash_key: Option<HashKey>,
}

/// How much may be staged.
#[derive(Debug)]
struct Room {
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
    /// [`Error::Io`] when it can't be made.
    pub fn of(lake: &Lakehouse) -> Result<Self> {
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

    /// The key for personal texts, where there is one.
    pub(crate) fn hash_key(&self) -> Option<&HashKey> {
        self.hash_key.as_ref()
    }

    /// Where the staging folder of a lakehouse lies.
    pub fn place(lake: &Lakehouse) -> PathBuf {
        root().join(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(lake.root().as_str().as_bytes())))
    }

    fn at(work: PathBuf, kept: Option<PathBuf>) -> Result<Self> {
        private_folder(&work)?;
        let limit = std::env::var("CW_STAGING_LIMIT_GB").ok().and_then(|text| text.trim().parse().ok());
        let limit = limit.unwrap_or(LIMIT_GB).saturating_mul(1 << 30);
        let used = AtomicU64::new(kept.as_deref().map_or(0, bytes_below));
        Ok(Self { work, kept, next: AtomicU64::new(0), room: Arc::new(Room { limit, used }), hash_key: None })
    }

    /// A new, empty staged file, removed when dropped. Nothing is on disk until the first row comes.
    pub fn file(&self, name: &str, format: Format, schema: &SchemaRef) -> StagedFile {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.file_at(self.work.join(format!("{name}-{number:06}.{}", format.extension())), format, schema)
    }

    fn file_at(&self, path: PathBuf, format: Format, schema: &SchemaRef) -> StagedFile {
        let schema = SchemaRef::clone(schema);
        let room = Arc::clone(&self.room);
        StagedFile { path, format, schema, writer: Mutex::new(None), rows: 0, bytes: 0, kept: false, room }
    }

    /// The folder in which what was read of an entity stays until [`Stage::forget`]; `None` where nothing is kept.
    pub(crate) fn keep(&self, entity: &str) -> Option<PathBuf> {
        Some(self.kept.as_ref()?.join(entity))
    }

    /// A file in a kept folder that another run may read.
    pub(crate) fn kept_file(&self, path: PathBuf, format: Format, schema: &SchemaRef) -> StagedFile {
        let mut file = self.file_at(path, format, schema);
        file.kept = true;
        file
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
    fn take(&self, bytes: u64) -> Result<()> {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used <= self.limit {
            return Ok(());
        }
        let text = format!(
            "staging holds more than {} GiB; narrow the run with --entities, or set CW_STAGING_LIMIT_GB to more",
            self.limit >> 30
        );
        Err(Error::io("staging what was read", std::io::Error::other(text)))
    }

    fn free(&self, bytes: u64) {
        self.used.fetch_sub(bytes.min(self.used.load(Ordering::Relaxed)), Ordering::Relaxed);
    }
}

/// Where all lakehouses' staging folders lie.
fn root() -> PathBuf {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = given("CW_STAGING") {
        return folder;
    }
    let cache = given("XDG_CACHE_HOME").or_else(|| given("HOME").map(|home| home.join(".cache")));
    let below = |folder: PathBuf| folder.join("connectwise-etl").join("staging");
    // A home that can't be written, as in some containers, is no reason to stop.
    let usable = cache.map(below).filter(|folder| private_folder(folder).is_ok());
    usable.unwrap_or_else(|| below(std::env::temp_dir()))
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
        doomed.extend(entries(&lakehouse.join(EXTRACT)).into_iter().filter(|path| is_old(path)));
    }
    for path in doomed {
        if let Err(error) = std::fs::remove_dir_all(&path) {
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

/// How a staged file holds its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Arrow's own file format: quick to write and to read once, from its beginning to its end.
    Arrow,
    /// Parquet: rows of some keys can be read without the others.
    Parquet,
}

impl Format {
    /// How its files' names end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Arrow => "arrow",
            Format::Parquet => "parquet",
        }
    }
}

/// What writes a staged file.
enum Writer {
    Arrow(FileWriter<BufWriter<File>>),
    Parquet(ArrowWriter<File>),
}

impl Writer {
    fn to(file: File, format: Format, schema: &SchemaRef) -> Result<Self, ArrowError> {
        Ok(match format {
            Format::Arrow => {
                let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
                Writer::Arrow(FileWriter::try_new_with_options(BufWriter::new(file), schema, options)?)
            }
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_dictionary_enabled(true)
                    .set_statistics_enabled(parquet::file::properties::EnabledStatistics::Chunk)
                    .build();
                Writer::Parquet(ArrowWriter::try_new(file, SchemaRef::clone(schema), Some(properties))?)
            }
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        match self {
            Writer::Arrow(writer) => writer.write(batch),
            Writer::Parquet(writer) => {
                writer.write(batch)?;
                if writer.in_progress_size() >= ROW_GROUP_BYTES {
                    writer.flush()?;
                }
                Ok(())
            }
        }
    }

    /// Ends the file, and gives it.
    fn finish(self) -> Result<File, ArrowError> {
        match self {
            Writer::Arrow(writer) => {
                let file = writer.into_inner()?;
                file.into_inner().map_err(|error| error.into_error().into())
            }
            Writer::Parquet(writer) => Ok(writer.into_inner()?),
        }
    }
}

/// One staged file, being written or finished.
pub struct StagedFile {
    path: PathBuf,
    format: Format,
    schema: SchemaRef,
    /// Behind a lock only so that a reference can cross threads; it is never waited for.
    writer: Mutex<Option<Writer>>,
    rows: u64,
    bytes: u64,
    kept: bool,
    room: Arc<Room>,
}

impl StagedFile {
    /// Appends rows of the file's schema.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let path = self.path.clone();
        let failed = |error: ArrowError| trouble(&path, std::io::Error::other(error));
        let writer = match self.writer.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Some(writer) => writer,
            empty => {
                let file = File::create(&path).map_err(|error| trouble(&path, error))?;
                empty.insert(Writer::to(file, self.format, &self.schema).map_err(failed)?)
            }
        };
        writer.write(batch).map_err(failed)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the file. Rows can be read afterwards, not added. A kept file is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses, or more is staged than may be.
    pub fn finish(&mut self) -> Result<()> {
        let Some(writer) = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
        let file = writer.finish().map_err(|error| trouble(&self.path, std::io::Error::other(error)))?;
        self.bytes = file.metadata().map_err(|error| trouble(&self.path, error))?.len();
        if self.kept {
            file.sync_all().map_err(|error| trouble(&self.path, error))?;
        }
        self.room.take(self.bytes)
    }

    /// Takes over a kept file of Arrow's format that another run finished: gives its rows' batches, some columns of them.
    ///
    /// # Errors
    /// [`Error::Io`] when it can't be read to its end, or has other columns.
    pub(crate) fn adopt(&mut self, columns: &[&str], mut visit: impl FnMut(&RecordBatch)) -> Result<()> {
        let failed = |error: ArrowError| {
            Error::io(format!("reading {}", self.path.display()), std::io::Error::other(error.to_string()))
        };
        let file = File::open(&self.path).map_err(|error| failed(error.into()))?;
        let places: Result<Vec<usize>, ArrowError> = columns.iter().map(|name| self.schema.index_of(name)).collect();
        let batches = FileReader::try_new_buffered(file, Some(places.map_err(failed)?)).map_err(failed)?;
        let mut rows = 0;
        for batch in batches {
            let batch = batch.map_err(failed)?;
            rows += batch.num_rows() as u64;
            visit(&batch);
        }
        self.rows = rows;
        Ok(())
    }

    /// The rows as a DataFrame; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Query`] when the file can't be read back.
    pub async fn read(&self, context: &SessionContext) -> Result<Option<DataFrame>> {
        Self::read_all([self], context).await
    }

    /// The rows of several files of one schema as a DataFrame; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Query`] when a file can't be read back.
    pub async fn read_all(
        files: impl IntoIterator<Item = &Self>,
        context: &SessionContext,
    ) -> Result<Option<DataFrame>> {
        let files: Vec<&Self> = files.into_iter().filter(|file| file.rows > 0).collect();
        let Some(first) = files.first() else { return Ok(None) };
        // The engine takes a file that is not there for one without rows.
        if let Some(lost) = files.iter().find(|file| !file.path.is_file()) {
            let text = format!("the staged file {} is gone; keep CW_STAGING clear of clean-ups", lost.path.display());
            return Err(Error::Query(text));
        }
        let paths: Vec<String> = files.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
        let frame = match first.format {
            Format::Arrow => context.read_arrow(paths, ArrowReadOptions::default().schema(&first.schema)).await,
            Format::Parquet => context.read_parquet(paths, ParquetReadOptions::default().schema(&first.schema)).await,
        };
        frame.map(Some).map_err(|error| {
            Error::Query(format!("staged files such as {} can't be read: {error}", first.path.display()))
        })
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if self.kept || self.rows == 0 {
            return;
        }
        // The folder goes away with the run in any case.
        if std::fs::remove_file(&self.path).is_ok() {
            self.room.free(self.bytes);
        }
    }
}

/// The values of an Int64 column of a batch; none where it has no such column.
pub(crate) fn longs(batch: &RecordBatch, name: &str) -> Vec<i64> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    column.map(|column| column.values().to_vec()).unwrap_or_default()
}

fn trouble(path: &Path, source: std::io::Error) -> Error {
    Error::io(
        format!(
            "writing the staged file {} (set CW_STAGING to a folder with more room, if that is the cause)",
            path.display()
        ),
        source,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::Layout;
    use arrow::array::Int64Array;
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

    #[test]
    fn more_than_the_limit_is_refused() {
        let room = Room { limit: 10, used: AtomicU64::new(0) };
        room.take(6).unwrap();
        assert!(room.take(6).unwrap_err().to_string().contains("CW_STAGING_LIMIT_GB"));
        room.free(12);
        room.take(9).unwrap();
    }
}
