//! Staging of an upsert: the rows that are to be written, in files, and whether they come in the order of their key.

use super::error::{Error, Result};
use super::file_sizing::FileSizing;
use super::table::DELETE_MARK;
use super::{Format, Stage, StagedFile};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, SortField};
use std::sync::Arc;

/// Staged rows: those of an empty table as they are, others with the column that marks deletions.
pub(super) struct Staging<'a> {
    files: Vec<StagedFile>,
    pub(super) order: SortednessCheck,
    stage: &'a Stage,
    name: &'a str,
    schema: SchemaRef,
    format: Format,
    /// Rows of each file.
    limit: u64,
}

impl<'a> Staging<'a> {
    /// Stages changes of a table.
    pub(super) fn of_changes(
        stage: &'a Stage,
        name: &'a str,
        schema: &Schema,
        key: &[usize],
    ) -> Result<Self, ArrowError> {
        let order = SortednessCheck::of(schema, key)?;
        let (schema, format) = (marked_schema(schema), Format::Parquet);
        Ok(Self { files: Vec::new(), order, stage, name, schema, format, limit: u64::MAX })
    }

    /// Stages the rows of an empty table as its files hold them.
    pub(super) fn of_empty(
        stage: &'a Stage,
        name: &'a str,
        schema: &SchemaRef,
        key: &[usize],
        sizing: FileSizing,
    ) -> Result<Self, ArrowError> {
        let (format, limit) = (Format::Data(sizing), sizing.rows_of_a_copy());
        let order = SortednessCheck::of(schema, key)?;
        Ok(Self { files: Vec::new(), order, stage, name, schema: Arc::clone(schema), format, limit })
    }

    /// Writes some rows of a batch, and marks whether they are deleted.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn write(&mut self, batch: &RecordBatch, keep: Vec<bool>, delete: bool) -> Result<()> {
        let kept = filter_record_batch(batch, &BooleanArray::from(keep)).map_err(Error::Staging)?;
        let mut columns = kept.columns().to_vec();
        columns.push(Arc::new(BooleanArray::from(vec![delete; kept.num_rows()])));
        self.write_all(RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(Error::Staging)?)
    }

    /// Writes all rows of a batch.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn write_all(&mut self, mut batch: RecordBatch) -> Result<()> {
        self.order.see(&batch).map_err(Error::Staging)?;
        while batch.num_rows() > 0 {
            let limit = self.limit;
            let file = self.file();
            let fits = usize::try_from(limit - file.rows()).unwrap_or(usize::MAX).min(batch.num_rows());
            file.write(&batch.slice(0, fits))?;
            if file.rows() == limit {
                file.finish()?;
            }
            batch = batch.slice(fits, batch.num_rows() - fits);
        }
        Ok(())
    }

    /// Finishes the files, and returns them with whether their rows are in the order of the key.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn finish(mut self) -> Result<(Vec<StagedFile>, bool)> {
        self.files.iter_mut().try_for_each(StagedFile::finish)?;
        Ok((self.files, self.order.is_sorted))
    }

    /// The finished files, before they are read back.
    #[cfg(test)]
    pub(super) fn finished(&mut self) -> &[StagedFile] {
        self.files.iter_mut().try_for_each(StagedFile::finish).unwrap();
        &self.files
    }

    /// The file to write to: a new one where the last is full.
    fn file(&mut self) -> &mut StagedFile {
        let is_full = self.files.last().is_none_or(|file| file.rows() == self.limit);
        if is_full {
            self.files.push(self.stage.file(self.name, self.format, &self.schema));
        }
        let last = self.files.len() - 1;
        &mut self.files[last]
    }
}

/// Number of rows in staged files.
pub(super) fn rows_of(files: &[StagedFile]) -> u64 {
    files.iter().map(StagedFile::rows).sum()
}

/// Check whether rows come in the order of their key.
pub(super) struct SortednessCheck {
    key: Vec<usize>,
    converter: RowConverter,
    last: Option<OwnedRow>,
    is_sorted: bool,
    has_equals: bool,
}

impl SortednessCheck {
    fn of(schema: &Schema, key: &[usize]) -> Result<Self, ArrowError> {
        let fields = key.iter().map(|index| SortField::new(schema.field(*index).data_type().clone())).collect();
        let converter = RowConverter::new(fields)?;
        Ok(Self { key: key.to_vec(), converter, last: None, is_sorted: true, has_equals: false })
    }

    /// Whether no key can have come twice. Where the rows are in no order, this is not known.
    pub(super) fn is_distinct(&self) -> bool {
        self.is_sorted && !self.has_equals
    }

    fn see(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        if !self.is_sorted || batch.num_rows() == 0 {
            return Ok(());
        }
        let columns: Vec<_> = self.key.iter().map(|index| Arc::clone(batch.column(*index))).collect();
        let rows = self.converter.convert_columns(&columns)?;
        let before = self.last.take();
        let mut last = before.as_ref().map(OwnedRow::row);
        for row in &rows {
            match last.map(|last| last.cmp(&row)) {
                Some(std::cmp::Ordering::Greater) => {
                    self.is_sorted = false;
                    return Ok(());
                }
                Some(std::cmp::Ordering::Equal) => self.has_equals = true,
                _ => {}
            }
            last = Some(row);
        }
        self.last = last.map(|last| last.owned());
        Ok(())
    }
}

/// Schema with the delete mark, every field nullable.
pub(super) fn marked_schema(schema: &Schema) -> SchemaRef {
    let mut fields: Vec<Field> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    fields.push(Field::new(DELETE_MARK, DataType::Boolean, true));
    Arc::new(Schema::new(fields))
}
