//! Rows of records that the source deleted: how many may go at once, which are marked, and which live again.
//!
//! Invariant: a record that the source has is never marked as deleted, whether it fits or not.

use super::DELETED_AT;
use crate::error::{Error, Result};
use crate::extract::Extracted;
use crate::lake::{KeySet, Lakehouse, OnTable as _, Table};
use arrow::array::{AsArray, RecordBatch, new_null_array};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::logical_expr::ident;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// A full read marks no larger share of a table's live rows as deleted, in percent, without being told to: a right that
/// the API member lost looks like a deletion, too. One of two rows may go, however small the table is; two of three may
/// not.
const MOST_GONE_PERCENT: u64 = 50;

/// Refuses to mark most of a table as deleted.
///
/// # Errors
/// [`Error::Data`] with what to do.
pub(super) fn refuse_to_empty(entity: &connectwise_runtime::Table, gone: u64, live: u64, force: bool) -> Result<()> {
    if force || gone * 100 <= live * MOST_GONE_PERCENT {
        return Ok(());
    }
    Err(Error::data(
        entity.entity,
        format!(
            "{gone} of {live} live rows are gone from the source, more than {MOST_GONE_PERCENT} %: the table stays as \
             it was. Look at the API member's rights; if the records really were deleted, run again with --force"
        ),
    ))
}

/// The rows that are marked as deleted: their ids, and since when, in microseconds since 1970.
///
/// # Errors
/// [`Error::Table`] when the table is there but can't be read.
pub(crate) async fn marks(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<BTreeMap<i64, i64>> {
    let mut marks = BTreeMap::new();
    let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(marks) };
    let marked = table.frame().await?.filter(ident(DELETED_AT).is_not_null()).on_table(&table, "reading")?;
    let marked = marked.select(vec![ident(entity.key), ident(DELETED_AT)]).on_table(&table, "reading")?;
    for batch in marked.collect().await.on_table(&table, "reading")? {
        let ids = batch.column(0).as_primitive_opt::<Int64Type>();
        let since = batch.column(1).as_primitive_opt::<TimestampMicrosecondType>();
        let (Some(ids), Some(since)) = (ids, since) else {
            let text = format!("{} or {DELETED_AT} has another type", entity.key);
            return Err(table.error("reading", text).into());
        };
        marks.extend(ids.values().iter().copied().zip(since.values().iter().copied()));
    }
    Ok(marks)
}

/// The last good versions of records that were read and do not fit, alive, for the source has them: of those that are
/// marked as deleted, or of all.
///
/// # Errors
/// [`Error::Table`] when the table can't be read.
pub(super) async fn last_good_rows(
    table: &Table,
    extracted: &Extracted,
    marked_only: bool,
) -> Result<Vec<RecordBatch>> {
    let ids: HashSet<i64> =
        extracted.quarantined_ids().into_iter().filter(|id| !extracted.ids.contains_key(id)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = Arc::new(KeySet::Ids(ids));
    let mut rows =
        table.frame().await?.filter(KeySet::holds(&ids, ident(extracted.table.key))).on_table(table, "reading")?;
    if marked_only {
        rows = rows.filter(ident(DELETED_AT).is_not_null()).on_table(table, "reading")?;
    }
    let rows = rows.collect().await.on_table(table, "reading")?;
    Ok(rows.iter().map(|batch| alive(batch).on_table(table, "reading")).collect::<Result<_, _>>()?)
}

/// The same rows without a mark.
fn alive(batch: &RecordBatch) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let place = batch.schema().index_of(DELETED_AT)?;
    let mut columns = batch.columns().to_vec();
    if let Some(mark) = columns.get_mut(place) {
        *mark = new_null_array(mark.data_type(), batch.num_rows());
    }
    RecordBatch::try_new(batch.schema(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_table_may_go_and_most_of_it_may_not_at_any_size() {
        let entity = connectwise_generated::tables::TABLES[0];
        for (gone, live) in [(0, 0), (0, 3), (1, 2), (2, 4), (150, 300)] {
            assert!(refuse_to_empty(entity, gone, live, false).is_ok(), "{gone} of {live}");
        }
        for (gone, live) in [(1, 1), (2, 3), (3, 3), (3, 5), (51, 100), (200, 300)] {
            let error = refuse_to_empty(entity, gone, live, false).unwrap_err().to_string();
            assert!(error.contains(&format!("{gone} of {live} live rows")) && error.contains("--force"), "{error}");
            assert!(refuse_to_empty(entity, gone, live, true).is_ok(), "{gone} of {live}");
        }
    }
}
