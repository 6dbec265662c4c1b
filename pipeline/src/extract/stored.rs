//! Stored records: decodes quarantined JSON as a response of the API.

use super::extracted::Extracted;
use super::rows::{RowVersion, last_updated, staged_schema};
use super::unserved::unserved_id;
use crate::error::{Error, Result};
use crate::lake::{Format, Stage, longs};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int64Type, SchemaRef};
use connectwise_runtime::{Decoder, RejectedRecord, Table, bronze_schema};
use std::collections::HashSet;
use std::sync::Arc;

/// Decodes quarantined records, except those with some ids. Those that are still rejected have the reason of now.
///
/// # Errors
/// [`Error::Data`] when what was decoded does not fit together, [`Error::Io`] when it can't be staged.
pub(crate) fn decode_stored(
    stage: &Stage,
    table: &'static Table,
    records: &[RejectedRecord],
    leave_out: &HashSet<i64>,
) -> Result<Extracted> {
    let schema = staged_schema(&bronze_schema(table));
    let mut staged = stage.file(table.table, Format::Arrow, &schema);
    let mut extracted = Extracted::nothing(table);
    let failed = |error: arrow::error::ArrowError| Error::data(table.entity, error);
    for (sequence, record) in (0_i64..).zip(records) {
        if unserved_id(record).is_some() {
            // There is no JSON to decode: the next run asks the server.
            extracted.quarantined.push(record.clone());
            continue;
        }
        // One by one: a text that is no JSON ends a decoder's page.
        let mut decoder = Decoder::new(table).with_key(stage.hash_key().cloned()).stored();
        if let Err(error) = decoder.record(record.raw_json.as_bytes()) {
            let now = RejectedRecord { path: String::new(), reason: error.to_string(), ..record.clone() };
            extracted.quarantined.push(now);
            continue;
        }
        let decoded = decoder.finish().map_err(|error| Error::data(table.entity, error))?;
        extracted.quarantined.extend(decoded.quarantined);
        for (path, count) in decoded.unknown_fields {
            *extracted.unknown_fields.entry(path).or_default() += count;
        }
        let keys = decoded.batch.column_by_name(table.key).and_then(|keys| keys.as_primitive_opt::<Int64Type>());
        let keys = keys.ok_or_else(|| Error::data(table.entity, "the decoded record has no key column"))?;
        let keep = keys.iter().map(|id| Some(id.is_some_and(|id| !leave_out.contains(&id)))).collect();
        let batch = filter_record_batch(&decoded.batch, &keep).map_err(failed)?;
        for (id, last_updated) in longs(&batch, table.key).into_iter().zip(last_updated(&batch)) {
            extracted.add(id, RowVersion::staged(last_updated, sequence));
        }
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(Int64Array::from(vec![sequence; batch.num_rows()])) as ArrayRef);
        staged.write(&RecordBatch::try_new(SchemaRef::clone(&schema), columns).map_err(failed)?)?;
    }
    staged.finish()?;
    extracted.staged = staged.into();
    Ok(extracted)
}
