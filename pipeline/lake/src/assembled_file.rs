//! Assembled file: a data file made of row groups that were encoded before, and of rows that are encoded now.
//!
//! Staged rows in the table's own form ([`super::Format::Data`]) are copied into its files as they are: their columns
//! are neither decoded nor compressed again. Columns that are the same in all rows, such as the run's id, are encoded
//! for each row group, and what the table does not have is left out.
//!
//! Invariant: a column must be copied only where its staged form is the table's; otherwise the file must fail.

use super::error::BoxError;
use super::file_statistics::statistics;
use super::parquet_file::ParquetFile;
use super::patch::projected;
use super::staged_file::WORKING;
use super::write::{CREATOR, writer_properties};
use super::{FileSizing, Table, cast_to_schema};
use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use datafusion::scalar::ScalarValue;
use deltalake::kernel::Add;
use deltalake::logstore::object_store::ObjectStoreExt as _;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, ProjectionMask};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::SchemaDescriptor;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Values of the columns that are the same in all copied rows, by their names.
pub type Constants = HashMap<String, ScalarValue>;

/// Row groups of a staged file, or of a data file.
pub(super) struct StagedGroups {
    bytes: Bytes,
    metadata: Arc<ParquetMetaData>,
}

impl StagedGroups {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ParquetError`] when it is no Parquet file.
    pub(super) fn of(bytes: Bytes) -> Result<Self> {
        let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
        reader.try_parse(&bytes)?;
        Ok(Self { metadata: Arc::new(reader.finish()?), bytes })
    }

    /// Number of row groups.
    pub(super) fn len(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Number of rows of a row group.
    ///
    /// # Errors
    /// [`ParquetError`] when the file tells no number.
    pub(super) fn rows(&self, group: usize) -> Result<usize> {
        let rows = self.metadata.row_group(group).num_rows();
        usize::try_from(rows).map_err(|error| ParquetError::External(error.into()))
    }

    /// Whether this program wrote the file, in the form of the schema's files.
    ///
    /// # Errors
    /// [`ParquetError`] when the schema has no form in files.
    pub(super) fn is_own(&self, schema: &SchemaRef) -> Result<bool> {
        let file = self.metadata.file_metadata();
        let is_ours = file.created_by().is_some_and(|writer| writer.starts_with(CREATOR));
        Ok(is_ours && *file.schema_descr() == ArrowSchemaConverter::new().convert(schema)?)
    }

    /// Reads columns of a row group, all rows or some.
    ///
    /// # Errors
    /// [`ParquetError`] when the file can't be decoded.
    pub(super) fn read(
        &self,
        group: usize,
        schema: &SchemaRef,
        places: &[usize],
        rows: Option<RowSelection>,
    ) -> Result<RecordBatch> {
        let wanted = projected(schema, places);
        let known = ArrowReaderMetadata::try_new(Arc::clone(&self.metadata), ArrowReaderOptions::new())?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), known);
        let columns = ProjectionMask::roots(reader.parquet_schema(), places.iter().copied());
        let mut reader =
            reader.with_projection(columns).with_row_groups(vec![group]).with_batch_size(self.rows(group)?.max(1));
        if let Some(rows) = rows {
            reader = reader.with_row_selection(rows);
        }
        let batches = reader.build()?.map(|batch| cast_to_schema(&batch?, &wanted)).collect::<Result<Vec<_>, _>>()?;
        Ok(concat_batches(&wanted, &batches)?)
    }
}

/// Data file that is being assembled in memory.
pub(super) struct AssembledFile {
    schema: SchemaRef,
    /// For each column of a row group, which field of the schema it belongs to.
    roots: Vec<usize>,
    file: ParquetFile<Vec<u8>>,
    properties: WriterProperties,
    constants: Arc<Constants>,
    /// Maximum rows of a row group that is encoded here.
    row_group: usize,
    rows: u64,
}

impl AssembledFile {
    /// Begins an empty file of the schema.
    pub(super) fn new(schema: &SchemaRef, sizing: FileSizing, constants: Arc<Constants>) -> Result<Self> {
        let properties = writer_properties(sizing);
        let mut file = ParquetFile::adapting(Vec::new(), schema, properties.clone())?;
        let described = file.writer().schema_descr();
        let roots = (0..described.num_columns()).map(|leaf| described.get_column_root_idx(leaf)).collect();
        let (schema, row_group) = (Arc::clone(schema), sizing.row_group);
        Ok(Self { schema, roots, file, properties, constants, row_group, rows: 0 })
    }

    /// Copies a row group of a staged file.
    ///
    /// # Errors
    /// [`ParquetError`] when a column has another form than the table's; the file is of no use afterwards.
    pub(super) fn copy(&mut self, staged: &StagedGroups, group: usize) -> Result<()> {
        self.patch(staged, group, &HashMap::new())
    }

    /// Copies a row group but for some columns, by their places in the schema, whose new values are encoded.
    ///
    /// # Errors
    /// As [`Self::copy`].
    pub(super) fn patch(
        &mut self,
        staged: &StagedGroups,
        group: usize,
        columns: &HashMap<usize, ArrayRef>,
    ) -> Result<()> {
        self.file.end_group()?;
        let mut from = source_columns(self.file.writer().schema_descr(), &staged.metadata)?;
        for (leaf, root) in self.roots.iter().enumerate() {
            if columns.contains_key(root) {
                from[leaf] = None;
            }
        }
        let rows = staged.rows(group)?;
        let mut encoded = self.encode_columns(rows, &from, columns)?;
        let mut out = self.file.writer().next_row_group()?;
        for (leaf, from) in from.iter().enumerate() {
            match from {
                Some(from) => copy_column(&mut out, staged, group, *from)?,
                None => match encoded.remove(&leaf) {
                    Some(encoded) => encoded.append_to_row_group(&mut out)?,
                    None => return Err(ParquetError::General(format!("the rows lack column {leaf}"))),
                },
            }
        }
        out.close()?;
        self.rows += rows as u64;
        Ok(())
    }

    /// Encodes rows of the schema, which begin a row group or go on with one.
    ///
    /// # Errors
    /// [`ParquetError`]; the file is of no use afterwards.
    pub(super) fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        self.file.encode(batch)?;
        self.rows += batch.num_rows() as u64;
        if self.file.rows_in_group() >= self.row_group { self.file.end_group() } else { Ok(()) }
    }

    /// Number of rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Encodes so many rows of the columns that are not copied: their values, their constants, or nulls.
    fn encode_columns(
        &self,
        rows: usize,
        from: &[Option<usize>],
        columns: &HashMap<usize, ArrayRef>,
    ) -> Result<HashMap<usize, ArrowColumnChunk>> {
        let (mut roots, mut places, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
        for (root, field) in self.schema.fields().iter().enumerate() {
            let own: Vec<usize> = (0..self.roots.len()).filter(|leaf| self.roots[*leaf] == root).collect();
            if own.iter().any(|leaf| from[*leaf].is_some()) {
                continue;
            }
            let column: ArrayRef = match (columns.get(&root), self.constants.get(field.name())) {
                (Some(values), _) => Arc::clone(values),
                (None, Some(value)) => {
                    value.to_array_of_size(rows).map_err(|error| ParquetError::External(error.into()))?
                }
                (None, None) => new_null_array(field.data_type(), rows),
            };
            roots.push(root);
            places.extend(own);
            leaves.extend(compute_leaves(field, &column)?);
        }
        if roots.is_empty() {
            return Ok(HashMap::new());
        }
        // Of these columns alone: an encoder takes longer to set up than a few values to encode.
        let file = ParquetFile::new(std::io::sink(), &projected(&self.schema, &roots), self.properties.clone())?;
        let encoders = file.column_encoders()?;
        if encoders.len() != leaves.len() || leaves.len() != places.len() {
            return Err(ParquetError::General(format!("{} columns for {} encoders", leaves.len(), encoders.len())));
        }
        let mut encoded = HashMap::with_capacity(places.len());
        for ((mut encoder, leaf), place) in encoders.into_iter().zip(leaves).zip(places) {
            encoder.write(&leaf)?;
            encoded.insert(place, encoder.close()?);
        }
        Ok(encoded)
    }

    /// Finishes the file, uploads it to the table's folder, and describes it. It belongs to no version yet.
    ///
    /// # Errors
    /// An error when the file can't be stored.
    pub(super) async fn store(mut self, table: &Table) -> Result<Add, BoxError> {
        self.file.end_group()?;
        let metadata = self.file.writer().finish()?;
        let bytes = std::mem::take(self.file.writer().inner_mut());
        let path = format!("part-00000-{}-c000.zstd.parquet", uuid::Uuid::new_v4());
        let size = i64::try_from(bytes.len())?;
        let store = table.delta().log_store().object_store(None);
        store.put(&deltalake::Path::from(path.as_str()), bytes.into()).await?;
        Ok(Add {
            path,
            size,
            partition_values: HashMap::new(),
            modification_time: chrono::Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(statistics(&metadata).to_string()),
            tags: None,
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        })
    }
}

/// Finds the staged column of each column of the table, by its path; `None` for those of a field that is not staged.
///
/// # Errors
/// [`ParquetError`] where a staged field is not in the table, or has other columns there: nothing may be lost.
fn source_columns(table: &SchemaDescriptor, staged: &ParquetMetaData) -> Result<Vec<Option<usize>>> {
    let staged = staged.file_metadata().schema_descr();
    let mut places: HashMap<&[String], usize> = HashMap::new();
    let mut fields: HashSet<&str> = HashSet::new();
    for (place, column) in staged.columns().iter().enumerate() {
        let name = staged.get_column_root(place).name();
        if !name.starts_with(WORKING) {
            places.insert(column.path().parts(), place);
            fields.insert(name);
        }
    }
    let mut sources = Vec::with_capacity(table.num_columns());
    for (leaf, column) in table.columns().iter().enumerate() {
        let source = places.remove(column.path().parts());
        if source.is_none() && fields.contains(table.get_column_root(leaf).name()) {
            return Err(ParquetError::General(format!("the staged rows lack {}", column.path())));
        }
        sources.push(source);
    }
    match places.keys().next() {
        Some(path) => Err(ParquetError::General(format!("the table lacks the staged column {}", path.join(".")))),
        None => Ok(sources),
    }
}

/// Copies the pages of a column. The writer compares the forms of both.
fn copy_column(
    out: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    staged: &StagedGroups,
    group: usize,
    column: usize,
) -> Result<()> {
    let StagedGroups { bytes, metadata } = staged;
    let rows = metadata.row_group(group).num_rows();
    let described = metadata.row_group(group).column(column);
    let index = metadata.column_index().and_then(|index| index.get(group)?.get(column));
    let offsets = metadata.offset_index().and_then(|index| index.get(group)?.get(column));
    let copied = ColumnCloseResult {
        bytes_written: u64::try_from(described.compressed_size()).unwrap_or_default(),
        rows_written: u64::try_from(rows).unwrap_or_default(),
        metadata: described.clone(),
        bloom_filter: None,
        column_index: index.cloned(),
        offset_index: offsets.cloned(),
    };
    out.append_column(bytes, copied)
}
