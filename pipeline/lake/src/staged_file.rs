//! Staged file: rows that are written once, and read back once or by their keys.
//!
//! Invariant: a file that is not kept must be deleted when it is dropped; one that was finished must count towards its
//! stage's quota.

use super::disk_quota::DiskQuota;
use super::error::{Error, Result};
use super::file_sizing::FileSizing;
use super::parquet_file::ParquetFile;
use super::place::file_url;
use super::schema::{cast_to_schema, table_form};
use super::write::writer_properties;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, FieldRef, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use datafusion::execution::options::ArrowReadOptions;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionContext};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowSchemaConverter, ProjectionMask};
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Encoded bytes after which a row group of a staged Parquet file is written out.
const ROW_GROUP_BYTES: usize = 8 * 1024 * 1024;
/// The same where row groups become the table's: a range of the API's pages is one of them.
const COPIED_ROW_GROUP_BYTES: usize = 12 * 1024 * 1024;

/// Format of a staged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Arrow IPC file: fast to write, and to read once from start to end.
    Arrow,
    /// Parquet: rows of some keys can be read without the others.
    Parquet,
    /// Parquet in the form of a table's data files: row groups can be copied into them. Columns whose names begin with
    /// [`WORKING`] are not the table's.
    Data(FileSizing),
}

/// Prefix of columns that number or mark staged rows, and that no table has.
pub(super) const WORKING: &str = "__";

impl Format {
    /// File name extension.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Arrow => "arrow",
            Format::Parquet | Format::Data(_) => "parquet",
        }
    }

    /// Encoded bytes after which a row group is written out.
    fn bytes_of_a_group(self) -> usize {
        match self {
            Format::Data(_) => COPIED_ROW_GROUP_BYTES,
            Format::Arrow | Format::Parquet => ROW_GROUP_BYTES,
        }
    }

    /// Maximum rows of a Parquet file's row group.
    fn rows_of_a_group(self) -> usize {
        match self {
            Format::Data(sizing) => usize::try_from(sizing.rows_of_a_copy()).unwrap_or(usize::MAX).max(1),
            Format::Arrow | Format::Parquet => usize::MAX,
        }
    }
}

/// Writer of a staged file.
enum Writer {
    Arrow(FileWriter<BufWriter<File>>),
    Parquet(ParquetFile<File>),
}

impl Writer {
    fn to(file: File, format: Format, schema: &SchemaRef) -> Result<Self, ArrowError> {
        Ok(match format {
            Format::Arrow => {
                let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
                Writer::Arrow(FileWriter::try_new_with_options(BufWriter::new(file), schema, options)?)
            }
            Format::Data(sizing) => {
                let mut properties = writer_properties(sizing).into_builder();
                let is_number =
                    |field: &&FieldRef| field.name().starts_with(WORKING) && field.data_type() == &DataType::Int64;
                for field in schema.fields().iter().filter(is_number) {
                    let path = ColumnPath::from(field.name().as_str());
                    properties = properties.set_column_dictionary_enabled(path.clone(), false);
                    properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
                }
                // Nobody looks for rows by the bounds of what is inside lists and maps, and most texts are there.
                let described = ArrowSchemaConverter::new().convert(schema)?;
                for column in described.columns().iter().filter(|column| column.max_rep_level() > 0) {
                    properties =
                        properties.set_column_statistics_enabled(column.path().clone(), EnabledStatistics::None);
                }
                Writer::Parquet(ParquetFile::adapting(file, schema, properties.build())?)
            }
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_dictionary_enabled(true)
                    .set_statistics_enabled(EnabledStatistics::Chunk)
                    .build();
                Writer::Parquet(ParquetFile::new(file, schema, properties)?)
            }
        })
    }

    /// Writes rows; `format` bounds the row groups of a Parquet file.
    fn write(&mut self, batch: &RecordBatch, format: Format) -> Result<(), ArrowError> {
        let writer = match self {
            Writer::Arrow(writer) => return writer.write(batch),
            Writer::Parquet(writer) => writer,
        };
        let (most, most_bytes) = (format.rows_of_a_group(), format.bytes_of_a_group());
        let mut written = 0;
        while written < batch.num_rows() {
            let rows = (batch.num_rows() - written).min(most - writer.rows_in_group());
            writer.encode(&batch.slice(written, rows))?;
            written += rows;
            if writer.rows_in_group() == most || writer.bytes_in_group() >= most_bytes {
                writer.end_group()?;
            }
        }
        Ok(())
    }

    /// Finishes the file and returns it.
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

/// Staged file that is being written or is finished.
pub struct StagedFile {
    path: PathBuf,
    format: Format,
    schema: SchemaRef,
    /// Behind a mutex only so that a reference can cross threads; it is never contended.
    writer: Mutex<Option<Writer>>,
    rows: u64,
    bytes: u64,
    kept: bool,
    quota: Arc<DiskQuota>,
}

impl StagedFile {
    /// Describes an empty file. Nothing is on disk until the first row comes.
    pub(super) fn new(path: PathBuf, format: Format, schema: &SchemaRef, kept: bool, quota: Arc<DiskQuota>) -> Self {
        let schema = match format {
            Format::Data(_) => table_form(schema),
            Format::Arrow | Format::Parquet => SchemaRef::clone(schema),
        };
        Self { path, format, schema, writer: Mutex::new(None), rows: 0, bytes: 0, kept, quota }
    }

    /// Appends rows of the file's schema.
    ///
    /// # Errors
    /// [`Error::Io`] when the file can't be written.
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
        let batch = match self.format {
            Format::Data(_) => &cast_to_schema(batch, &self.schema).map_err(failed)?,
            Format::Arrow | Format::Parquet => batch,
        };
        writer.write(batch, self.format).map_err(failed)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Path on local disk.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Finishes the file: rows can be read afterwards, not added. A kept file is synced to disk when this returns.
    ///
    /// # Errors
    /// [`Error::Io`] when the file can't be written, or the quota is exceeded.
    pub fn finish(&mut self) -> Result<()> {
        let Some(writer) = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
        let file = writer.finish().map_err(|error| trouble(&self.path, std::io::Error::other(error)))?;
        self.bytes = file.metadata().map_err(|error| trouble(&self.path, error))?.len();
        if self.kept {
            file.sync_all().map_err(|error| trouble(&self.path, error))?;
        }
        self.quota.take(self.bytes)
    }

    /// Whether its columns, without the working ones, are those of a table's data files: they can be copied.
    pub(super) fn has_form_of(&self, table: &Schema) -> bool {
        let is_copied = |field: &FieldRef| {
            let there = table.field_with_name(field.name());
            there
                .is_ok_and(|there| there.data_type() == field.data_type() && there.is_nullable() == field.is_nullable())
        };
        let mut fields = self.schema.fields().iter().filter(|field| !field.name().starts_with(WORKING));
        let is_working = |field: &FieldRef| field.name().starts_with(WORKING);
        matches!(self.format, Format::Data(_)) && fields.all(is_copied) && !table.fields().iter().any(is_working)
    }

    /// Adopts a kept file that another run finished, and visits some columns of its batches.
    ///
    /// # Errors
    /// [`Error::Io`] when it can't be read to its end, or has other columns.
    pub fn adopt(&mut self, columns: &[&str], mut visit: impl FnMut(&RecordBatch)) -> Result<()> {
        let failed = |error: ArrowError| {
            Error::io(format!("reading {}", self.path.display()), std::io::Error::other(error.to_string()))
        };
        let file = File::open(&self.path).map_err(|error| failed(error.into()))?;
        let places: Result<Vec<usize>, ArrowError> = columns.iter().map(|name| self.schema.index_of(name)).collect();
        let places = places.map_err(failed)?;
        let batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>> = match self.format {
            Format::Arrow => Box::new(FileReader::try_new_buffered(file, Some(places)).map_err(failed)?),
            Format::Parquet | Format::Data(_) => {
                let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(error.into()))?;
                let wanted = ProjectionMask::roots(reader.parquet_schema(), places);
                Box::new(reader.with_projection(wanted).build().map_err(|error| failed(error.into()))?)
            }
        };
        let mut rows = 0;
        for batch in batches {
            let batch = batch.map_err(failed)?;
            rows += batch.num_rows() as u64;
            visit(&batch);
        }
        self.rows = rows;
        Ok(())
    }

    /// Reads the rows back as a DataFrame; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Query`] when the file can't be read back.
    pub async fn read(&self, context: &SessionContext) -> Result<Option<DataFrame>> {
        Self::read_all([self], context).await
    }

    /// Reads several files of one schema back as a DataFrame; `None` where there are no rows.
    ///
    /// # Errors
    /// [`Error::Query`] when a file can't be read back.
    pub async fn read_all(
        files: impl IntoIterator<Item = &Self>,
        context: &SessionContext,
    ) -> Result<Option<DataFrame>> {
        let files: Vec<&Self> = files.into_iter().filter(|file| file.rows > 0).collect();
        let Some(first) = files.first() else { return Ok(None) };
        // The engine treats a missing file as one without rows.
        if let Some(lost) = files.iter().find(|file| !file.path.is_file()) {
            let text = format!("the staged file {} is gone; keep CW_STAGING clear of clean-ups", lost.path.display());
            return Err(Error::query(text));
        }
        let mut all: Option<DataFrame> = None;
        let (arrow, parquet): (Vec<&Self>, Vec<&Self>) = files.iter().partition(|file| file.format == Format::Arrow);
        for files in [arrow, parquet].into_iter().filter(|files| !files.is_empty()) {
            let urls = files.iter().map(|file| file_url(&file.path)).collect::<Result<Vec<String>>>()?;
            let frame = match files[0].format {
                Format::Arrow => context.read_arrow(urls, ArrowReadOptions::default().schema(&first.schema)).await,
                Format::Parquet | Format::Data(_) => {
                    context.read_parquet(urls, ParquetReadOptions::default().schema(&first.schema)).await
                }
            };
            let frame = match (all, frame) {
                (Some(all), Ok(frame)) => all.union(frame),
                (_, frame) => frame,
            };
            all = Some(frame.map_err(|error| {
                Error::query(format!("staged files such as {} can't be read: {error}", files[0].path.display()))
            })?);
        }
        Ok(all)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if self.kept || self.rows == 0 {
            return;
        }
        // The folder is removed with the run in any case.
        if std::fs::remove_file(&self.path).is_ok() {
            self.quota.free(self.bytes);
        }
    }
}

/// Values of an Int64 column of a batch; none where it has no such column.
pub fn longs(batch: &RecordBatch, name: &str) -> Vec<i64> {
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
