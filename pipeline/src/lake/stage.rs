//! Rows on their way to a table, on local disk.
//!
//! What is fetched or computed goes to a Parquet file first and into the table in one commit afterwards, so memory
//! depends on the batch size alone, and nothing partial can reach a table. The folder goes away with the [`Stage`].

use crate::error::{Error, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionContext};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Encoded bytes after which a row group of a staged file is written out.
const ROW_GROUP_BYTES: usize = 8 * 1024 * 1024;

/// A folder for staged files, removed when dropped.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    next: AtomicU64,
}

impl Stage {
    /// A new folder below the system's temporary one.
    ///
    /// # Errors
    /// [`Error::Io`] when it can't be made.
    pub fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("connectwise-etl-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder)
            .map_err(|error| Error::io(format!("creating the staging folder {}", folder.display()), error))?;
        Ok(Self { folder, next: AtomicU64::new(0) })
    }

    /// A new, empty staged file. Nothing is on disk until the first row comes.
    pub fn file(&self, name: &str, schema: &SchemaRef) -> StagedFile {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        StagedFile {
            path: self.folder.join(format!("{name}-{number}.parquet")),
            schema: SchemaRef::clone(schema),
            writer: Mutex::new(None),
            rows: 0,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "the staging folder was not removed");
        }
    }
}

/// One staged file, being written or finished.
pub struct StagedFile {
    path: PathBuf,
    schema: SchemaRef,
    /// Behind a lock only so that a reference can cross threads; it is never waited for.
    writer: Mutex<Option<ArrowWriter<File>>>,
    rows: u64,
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
        let writer = match self.writer.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Some(writer) => writer,
            empty => {
                let file = File::create(&path).map_err(|error| trouble(&path, error))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_dictionary_enabled(true)
                    .set_statistics_enabled(parquet::file::properties::EnabledStatistics::Chunk)
                    .build();
                let writer = ArrowWriter::try_new(file, SchemaRef::clone(&self.schema), Some(properties))
                    .map_err(|error| trouble(&path, std::io::Error::other(error)))?;
                empty.insert(writer)
            }
        };
        writer.write(batch).map_err(|error| trouble(&path, std::io::Error::other(error)))?;
        if writer.in_progress_size() >= ROW_GROUP_BYTES {
            writer.flush().map_err(|error| trouble(&path, std::io::Error::other(error)))?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file. Rows can be read afterwards, not added.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub fn finish(&mut self) -> Result<()> {
        if let Some(writer) = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            writer.close().map_err(|error| trouble(&self.path, std::io::Error::other(error)))?;
        }
        Ok(())
    }

    /// The rows as a DataFrame; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Query`] when the file can't be read back.
    pub async fn read(&self, context: &SessionContext) -> Result<Option<DataFrame>> {
        Self::read_all([self], context).await
    }

    /// The rows of several files of one schema, in their order, as a DataFrame; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Query`] when a file can't be read back.
    pub async fn read_all(
        files: impl IntoIterator<Item = &Self>,
        context: &SessionContext,
    ) -> Result<Option<DataFrame>> {
        let files: Vec<&Self> = files.into_iter().filter(|file| file.rows > 0).collect();
        let Some(first) = files.first() else { return Ok(None) };
        let options = ParquetReadOptions::default().schema(&first.schema);
        let paths: Vec<String> = files.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
        let frame = context.read_parquet(paths, options).await.map_err(|error| {
            Error::Query(format!("staged files such as {} can't be read: {error}", first.path.display()))
        })?;
        Ok(Some(frame))
    }
}

fn trouble(path: &Path, source: std::io::Error) -> Error {
    Error::io(
        format!(
            "writing the staged file {} (set TMPDIR to a folder with more room, if that is the cause)",
            path.display()
        ),
        source,
    )
}
