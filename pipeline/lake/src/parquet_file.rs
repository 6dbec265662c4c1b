//! Parquet file that is being written: its columns are encoded side by side.
//!
//! To encode is most of the work of a table that is made anew, and its columns need nothing of each other. The file is
//! the same as if one thread had written it.

use super::column_settings::settings_for;
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
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Number of values from which a batch is worth more than one thread.
const VALUES_WORTH_A_THREAD: usize = 100_000;

/// Number of rows from which a batch is worth more than one thread. A page of the API has fewer, and several of its
/// readers encode at a time.
const ROWS_WORTH_A_THREAD: usize = 2_000;

/// Number of threads that encode a batch.
static THREADS: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get).min(4));

/// Parquet file that is being written, a row group at a time.
pub(super) struct ParquetFile<W: Write + Send> {
    schema: SchemaRef,
    writer: SerializedFileWriter<W>,
    factory: ArrowRowGroupWriterFactory,
    /// Whether each row group is encoded by what its first rows hold.
    is_adapting: bool,
    begun: Option<RowGroup>,
}

/// Row group that is being encoded.
struct RowGroup {
    encoders: Vec<ArrowColumnWriter>,
    rows: usize,
    /// The most threads that a batch of it was worth.
    threads: usize,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins an empty file of the schema.
    ///
    /// # Errors
    /// [`ParquetError`] when the schema has no form in files, or the output refuses.
    pub(super) fn new(out: W, schema: &SchemaRef, properties: WriterProperties) -> Result<Self> {
        let writer = ArrowWriter::try_new(out, SchemaRef::clone(schema), Some(properties))?;
        let (writer, factory) = writer.into_serialized_writer()?;
        Ok(Self { schema: SchemaRef::clone(schema), writer, factory, is_adapting: false, begun: None })
    }

    /// As [`Self::new`]; each row group is encoded by what its first rows hold.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn adapting(out: W, schema: &SchemaRef, properties: WriterProperties) -> Result<Self> {
        Ok(Self { is_adapting: true, ..Self::new(out, schema, properties)? })
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

    /// Encoders of a row group that begins with these rows.
    fn encoders_for(&self, first: &RecordBatch) -> Result<Vec<ArrowColumnWriter>> {
        if !self.is_adapting {
            return self.column_encoders();
        }
        let described = self.writer.schema_descr();
        let properties = settings_for(self.writer.properties(), described.columns(), first);
        let sink = SerializedFileWriter::new(std::io::sink(), described.root_schema_ptr(), Arc::new(properties))?;
        ArrowRowGroupWriterFactory::new(&sink, SchemaRef::clone(&self.schema)).create_column_writers(0)
    }

    /// Encodes rows of the schema, which begin a row group or go on with one.
    ///
    /// # Errors
    /// [`ParquetError`]; the file is of no use afterwards.
    pub(super) fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut group = match self.begun.take() {
            Some(begun) => begun,
            None => RowGroup { encoders: self.encoders_for(batch)?, rows: 0, threads: 1 },
        };
        let mut leaves = Vec::with_capacity(group.encoders.len());
        for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
            leaves.extend(compute_leaves(field, column)?);
        }
        if leaves.len() != group.encoders.len() {
            let text = format!("{} columns for {} encoders", leaves.len(), group.encoders.len());
            return Err(ParquetError::General(text));
        }
        let threads = threads_for(leaves.len(), batch.num_rows());
        side_by_side(group.encoders.iter_mut().zip(leaves), threads, |(encoder, leaf)| encoder.write(&leaf))?;
        group.rows += batch.num_rows();
        group.threads = group.threads.max(threads);
        self.begun = Some(group);
        Ok(())
    }

    /// Rows of the row group that is being encoded.
    pub(super) fn rows_in_group(&self) -> usize {
        self.begun.as_ref().map_or(0, |group| group.rows)
    }

    /// Bytes that the row group that is being encoded will have, roughly.
    pub(super) fn bytes_in_group(&self) -> usize {
        let encoders = self.begun.iter().flat_map(|group| &group.encoders);
        encoders.map(ArrowColumnWriter::get_estimated_total_bytes).sum()
    }

    /// Ends the row group that is being encoded, where there is one: on as many threads as its rows were encoded on.
    ///
    /// # Errors
    /// [`ParquetError`]; the file is of no use afterwards.
    pub(super) fn end_group(&mut self) -> Result<()> {
        let Some(group) = self.begun.take() else { return Ok(()) };
        let chunks = side_by_side(group.encoders.into_iter(), group.threads, ArrowColumnWriter::close)?;
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

/// How many threads so much is worth.
fn threads_for(columns: usize, rows: usize) -> usize {
    let is_much = rows >= ROWS_WORTH_A_THREAD && columns * rows >= VALUES_WORTH_A_THREAD;
    if is_much { *THREADS } else { 1 }
}

/// Does a piece of work for each item, on so many threads, or fewer where the system gives none; returns the results in
/// the order of the items.
///
/// # Errors
/// The first error that came up.
fn side_by_side<I: Send, O: Send>(
    items: impl Iterator<Item = I> + Send,
    threads: usize,
    work: impl Fn(I) -> Result<O> + Sync,
) -> Result<Vec<O>> {
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
        let another = |_| std::thread::Builder::new().spawn_scoped(scope, share).ok();
        let others: Vec<_> = (1..threads).filter_map(another).collect();
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
