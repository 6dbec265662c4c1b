//! Staged rows as bronze rows: the winning version of each record, with the `etl…` columns.
//!
//! Invariant: exactly as many rows must be read back as were staged.

use super::columns::stamp;
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::extract::{Extracted, SEQUENCE};
use crate::lake::KeySet;
use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads the winning staged rows and adds the `etl…` columns.
pub(super) async fn staged_rows(
    run: &RunContext,
    extracted: &Extracted,
    schema: &SchemaRef,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let name = extracted.table.entity;
    let failed = move |error: datafusion::error::DataFusionError| Error::data(name, error);
    let Some(frame) = extracted.staged.read(run.lake.context()).await? else {
        return Ok(futures::stream::empty().boxed());
    };
    let superseded = KeySet::Ids(extracted.superseded.clone());
    let (schema, run) = (Arc::clone(schema), run.id.clone());
    let rows = frame.execute_stream().await.map_err(failed)?.map_err(failed);
    Ok(all_of(extracted.staged.rows(), rows, name)
        .map(move |batch| {
            let batch = batch?;
            stamp(&without(batch, &superseded)?, &schema, &run, name).map_err(|error| Error::data(name, error))
        })
        .boxed())
}

/// Passes rows through; ends with an error where their number is not the expected one.
fn all_of(
    expected: u64,
    rows: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    name: &'static str,
) -> BoxStream<'static, Result<RecordBatch>> {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let rows = rows.inspect_ok(move |batch| {
        counted.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
    });
    let end = futures::stream::once(async move {
        match read.load(Ordering::Relaxed) {
            found if found == expected => None,
            found => Some(Err(Error::data(
                name,
                format!("{found} staged rows were read back in the place of {expected}; the table stays as it was"),
            ))),
        }
    });
    rows.chain(end.filter_map(std::future::ready)).boxed()
}

/// Drops the rows that a newer version of the same record superseded.
fn without(batch: RecordBatch, superseded: &KeySet) -> Result<RecordBatch> {
    if superseded.is_empty() {
        return Ok(batch);
    }
    let mask = batch
        .column_by_name(SEQUENCE)
        .and_then(|sequence| superseded.mask(sequence))
        .ok_or_else(|| Error::data("staging", "a staged file lacks its sequence"))?;
    let keep = arrow::compute::not(&mask).map_err(|error| Error::data("staging", error))?;
    filter_record_batch(&batch, &keep).map_err(|error| Error::data("staging", error))
}
