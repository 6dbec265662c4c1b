//! Parquet file that is being written: its columns are encoded side by side, on all cores.
//!
//! To encode is most of the work of a table that is made anew, and its columns need nothing of each other. The file is
//! the same as if one thread had written it.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use std::io::Write;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};

/// Number of values from which a batch is worth more than one thread: a thousand rows of a wide table are not.
const WORTH_A_THREAD: usize = 100_000;

/// Maximum number of threads that encode a batch.
const MOST_THREADS: usize = 4;

/// Parquet file that is being written, a row group at a time.
pub(super) struct ParquetFile<W: Write + Send> {
    schema: SchemaRef,
    writer: SerializedFileWriter<W>,
    factory: ArrowRowGroupWriterFactory,
    /// The row group that is being encoded, and its rows.
    begun: Option<(Vec<ArrowColumnWriter>, usize)>,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins an empty file of the schema.
    ///
    /// # Errors
    /// [`ParquetError`] when the schema has no form in files, or the output refuses.
    pub(super) fn new(out: W, schema: &SchemaRef, properties: WriterProperties) -> Result<Self> {
        let writer = ArrowWriter::try_new(out, SchemaRef::clone(schema), Some(properties))?;
        let (writer, factory) = writer.into_serialized_writer()?;
        Ok(Self { schema: SchemaRef::clone(schema), writer, factory, begun: None })
    }

    /// The file below, to which row groups can be added where none is begun.
    pub(super) fn writer(&mut self) -> &mut SerializedFileWriter<W> {
        &mut self.writer
    }

    /// Encoders of a row group's columns.
    ///
    /// # Errors
    /// [`ParquetError`] when a column can't be encoded.
    pub(super) fn column_encoders(&self) -> Result<Vec<ArrowColumnWriter>> {
        self.factory.create_column_writers(self.writer.flushed_row_groups().len())
    }

    /// Encodes rows of the schema, which begin a row group or go on with one.
    ///
    /// # Errors
    /// [`ParquetError`]; the file is of no use afterwards.
    pub(super) fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let (mut encoders, held) = match self.begun.take() {
            Some(begun) => begun,
            None => (self.column_encoders()?, 0),
        };
        let mut leaves = Vec::with_capacity(encoders.len());
        for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
            leaves.extend(compute_leaves(field, column)?);
        }
        if leaves.len() != encoders.len() {
            return Err(ParquetError::General(format!("{} columns for {} encoders", leaves.len(), encoders.len())));
        }
        let values = leaves.len() * batch.num_rows();
        side_by_side(encoders.iter_mut().zip(leaves), values, |(encoder, leaf)| encoder.write(&leaf))?;
        self.begun = Some((encoders, held + batch.num_rows()));
        Ok(())
    }

    /// Rows of the row group that is being encoded.
    pub(super) fn rows_in_group(&self) -> usize {
        self.begun.as_ref().map_or(0, |(_, rows)| *rows)
    }

    /// Bytes that the row group that is being encoded will have, roughly.
    pub(super) fn bytes_in_group(&self) -> usize {
        let encoders = self.begun.iter().flat_map(|(encoders, _)| encoders);
        encoders.map(ArrowColumnWriter::get_estimated_total_bytes).sum()
    }

    /// Ends the row group that is being encoded, where there is one.
    ///
    /// # Errors
    /// [`ParquetError`]; the file is of no use afterwards.
    pub(super) fn end_group(&mut self) -> Result<()> {
        let Some((encoders, rows)) = self.begun.take() else { return Ok(()) };
        let values = encoders.len() * rows;
        let chunks = side_by_side(encoders.into_iter(), values, ArrowColumnWriter::close)?;
        let mut out = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut out)?;
        }
        out.close()?;
        Ok(())
    }

    /// Ends the file, and returns what it was written to.
    ///
    /// # Errors
    /// [`ParquetError`] when the output refuses.
    pub(super) fn into_inner(mut self) -> Result<W> {
        self.end_group()?;
        self.writer.into_inner()
    }
}

/// Does a piece of work for each item, on several threads where they have many values; returns the results in the order
/// of the items.
///
/// # Errors
/// The first error that came up.
fn side_by_side<I: Send, O: Send>(
    items: impl Iterator<Item = I> + Send,
    values: usize,
    work: impl Fn(I) -> Result<O> + Sync,
) -> Result<Vec<O>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let others = if values < WORTH_A_THREAD { 0 } else { cores.min(MOST_THREADS) - 1 };
    let waiting = Mutex::new(items.enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = || -> Result<Vec<(usize, O)>> {
        let mut done = Vec::new();
        while let Some((place, item)) = next() {
            done.push((place, work(item)?));
        }
        Ok(done)
    };
    let shares = std::thread::scope(|scope| {
        let others: Vec<_> = (0..others).map(|_| scope.spawn(share)).collect();
        let own = share();
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(others).collect::<Result<Vec<_>>>()
    })?;
    let mut all: Vec<(usize, O)> = shares.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests;
