//! Sorted merge: merges two sorted streams of rows into one.
//!
//! A table that is clustered by its key needs no sorting when some of its rows change: between two changed rows, whole
//! runs of the others pass through as slices. Each stream holds one batch in memory.
//!
//! Invariant: rows must come out in the order of the key, each once; where a stream is not in that order, the merge
//! must end with [`OutOfOrder`].

use super::error::BoxError;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, Rows, SortField};
use futures::stream::BoxStream;
use futures::{SinkExt as _, Stream, StreamExt as _, TryStreamExt as _};

/// Number of rows from which a run is passed on as a slice; shorter runs are concatenated.
const LONG_RUN: usize = 1024;

/// Error of a stream that is not in the order of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("rows are not in the order of their key")]
pub(super) struct OutOfOrder;

/// Merges two streams of one schema that are sorted by these columns.
///
/// # Errors
/// [`ArrowError`] when the columns have no order.
pub(super) fn sorted_merge(
    one: BoxStream<'static, Result<RecordBatch, BoxError>>,
    other: BoxStream<'static, Result<RecordBatch, BoxError>>,
    schema: SchemaRef,
    key: &[usize],
) -> Result<impl Stream<Item = Result<RecordBatch, BoxError>> + use<>, ArrowError> {
    let fields = key.iter().map(|index| SortField::new(schema.field(*index).data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let input = |stream| Input { stream, at: None, last: None };
    let (one, other) = (input(one), input(other));
    let merged = SortedMerge { one, other, key: key.to_vec(), converter, schema, runs: Vec::new(), rows: 0 };
    Ok(futures::stream::try_unfold(merged, async |mut merged| Ok(merged.next().await?.map(|batch| (batch, merged)))))
}

/// Reads a stream ahead by one batch, in a task of its own.
pub(super) fn read_ahead<E: Send + 'static>(
    rows: BoxStream<'static, Result<RecordBatch, E>>,
) -> BoxStream<'static, Result<RecordBatch, E>> {
    let (sender, receiver) = futures::channel::mpsc::channel(1);
    // Ends when the receiver is dropped.
    tokio::spawn(rows.map(Ok).forward(sender.sink_map_err(|_| ())));
    receiver.boxed()
}

struct Input {
    stream: BoxStream<'static, Result<RecordBatch, BoxError>>,
    at: Option<Position>,
    last: Option<OwnedRow>,
}

/// Position in a batch: the keys of its rows, and the first row that is not passed on yet.
struct Position {
    batch: RecordBatch,
    keys: Rows,
    row: usize,
}

impl Input {
    /// Fetches the next batch where the current one is used up.
    async fn fill(&mut self, converter: &RowConverter, key: &[usize]) -> Result<(), BoxError> {
        while self.at.as_ref().is_none_or(|position| position.row == position.batch.num_rows()) {
            self.at = None;
            let Some(batch) = self.stream.try_next().await? else { return Ok(()) };
            if batch.num_rows() == 0 {
                continue;
            }
            let columns: Vec<_> = key.iter().map(|index| batch.column(*index).clone()).collect();
            let keys = converter.convert_columns(&columns)?;
            let follows = self.last.as_ref().is_none_or(|last| last.row() <= keys.row(0));
            if !follows || (1..keys.num_rows()).any(|row| keys.row(row - 1) > keys.row(row)) {
                return Err(OutOfOrder.into());
            }
            self.last = Some(keys.row(keys.num_rows() - 1).owned());
            self.at = Some(Position { batch, keys, row: 0 });
        }
        Ok(())
    }
}

impl Position {
    /// Takes the rows up to the first one that comes after the other input's next.
    fn run(&mut self, other: Option<&Position>) -> RecordBatch {
        let from = self.row;
        self.row = match other {
            None => self.batch.num_rows(),
            Some(other) => {
                let limit = other.keys.row(other.row);
                let (mut low, mut high) = (from, self.batch.num_rows());
                while low < high {
                    let middle = low.midpoint(high);
                    if self.keys.row(middle) <= limit { low = middle + 1 } else { high = middle }
                }
                low
            }
        };
        self.batch.slice(from, self.row - from)
    }
}

struct SortedMerge {
    one: Input,
    other: Input,
    key: Vec<usize>,
    converter: RowConverter,
    schema: SchemaRef,
    /// Short runs that wait to be concatenated.
    runs: Vec<RecordBatch>,
    rows: usize,
}

impl SortedMerge {
    async fn next(&mut self) -> Result<Option<RecordBatch>, BoxError> {
        loop {
            if self.rows >= LONG_RUN {
                return self.take_runs().map(Some);
            }
            self.one.fill(&self.converter, &self.key).await?;
            self.other.fill(&self.converter, &self.key).await?;
            let run = match (&mut self.one.at, &mut self.other.at) {
                (None, None) if self.rows == 0 => return Ok(None),
                (None, None) => return self.take_runs().map(Some),
                (Some(one), None) => one.run(None),
                (None, Some(other)) => other.run(None),
                (Some(one), Some(other)) if one.keys.row(one.row) <= other.keys.row(other.row) => one.run(Some(other)),
                (Some(one), Some(other)) => other.run(Some(one)),
            };
            if self.rows == 0 && run.num_rows() >= LONG_RUN {
                return Ok(Some(run));
            }
            self.rows += run.num_rows();
            self.runs.push(run);
        }
    }

    fn take_runs(&mut self) -> Result<RecordBatch, BoxError> {
        let batch = concat_batches(&self.schema, &self.runs)?;
        self.runs.clear();
        self.rows = 0;
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("side", DataType::Utf8, false),
            Field::new("id", DataType::Int64, false),
            Field::new("place", DataType::Int64, false),
        ]))
    }

    type Key = (i64, i64);

    fn stream(side: &str, keys: &[Key], batch: usize) -> BoxStream<'static, Result<RecordBatch, BoxError>> {
        let batches: Vec<Result<RecordBatch, BoxError>> = keys
            .chunks(batch)
            .map(|keys| {
                let columns: Vec<ArrayRef> = vec![
                    Arc::new(StringArray::from(vec![side; keys.len()])),
                    Arc::new(keys.iter().map(|key| key.0).collect::<Int64Array>()),
                    Arc::new(keys.iter().map(|key| key.1).collect::<Int64Array>()),
                ];
                Ok(RecordBatch::try_new(schema(), columns)?)
            })
            .collect();
        futures::stream::iter(batches).boxed()
    }

    fn merged(one: &[Key], other: &[Key], batch: usize) -> Result<Vec<(String, Key)>, BoxError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(async {
            let rows =
                sorted_merge(stream("one", one, batch), read_ahead(stream("other", other, batch)), schema(), &[1, 2])?;
            let batches: Vec<RecordBatch> = rows.try_collect().await?;
            let mut found = Vec::new();
            for batch in batches {
                let longs = |index: usize| batch.column(index).as_primitive::<Int64Type>().values().to_vec();
                let sides = batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned);
                found.extend(sides.zip(longs(1).into_iter().zip(longs(2))));
            }
            Ok(found)
        })
    }

    proptest! {
        #[test]
        fn every_row_comes_once_in_the_order_of_its_key(
            mut one in prop::collection::vec((0_i64..60, 0_i64..3), 0..3_000),
            mut other in prop::collection::vec((0_i64..60, 0_i64..3), 0..60),
            batch in 1_usize..1_500,
        ) {
            one.sort_unstable();
            other.sort_unstable();
            let found = merged(&one, &other, batch).unwrap();
            let keys: Vec<Key> = found.iter().map(|(_, key)| *key).collect();
            prop_assert!(keys.is_sorted());
            for (name, keys) in [("one", &one), ("other", &other)] {
                let of_side: Vec<Key> = found.iter().filter(|(side, _)| side == name).map(|(_, key)| *key).collect();
                prop_assert_eq!(&of_side, keys);
            }
        }
    }

    #[test]
    fn rows_out_of_order_are_found_within_a_batch_and_between_two() {
        let rows: Vec<Key> = (0..10).map(|id| (id, 0)).collect();
        let mut swapped = rows.clone();
        swapped.swap(4, 5);
        for batch in [1, 5, 7] {
            for (one, other) in [(&rows, &swapped), (&swapped, &rows)] {
                assert!(merged(one, other, batch).unwrap_err().is::<OutOfOrder>());
            }
        }
    }
}
