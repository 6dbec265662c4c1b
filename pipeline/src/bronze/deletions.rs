//! Deleted rows: how many may be marked at once, which are marked, and which live again.
//!
//! Invariant: a record that the source has must never be marked as deleted, whether it fits or is rejected.

use super::columns::{DELETED_AT, ENTITY, RUN_ID, TIMESTAMP, schema};
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::extract::{Extracted, FlagHash, Listed, flag_hashes};
use crate::lake::{Counts, KeySet, Lakehouse, OnTable as _, Scope, Table, Target, upsert};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray, new_null_array};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::logical_expr::ident;
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Maximum share of a table's live rows, in percent, that a comparison marks as deleted without `--force`.
const MOST_PERCENT: u64 = 10;
/// Maximum share of a table's live rows, in percent, that a full read marks as deleted without `--force`. A right that
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

/// Reads the rows that are marked as deleted: their ids, and since when, in microseconds since 1970.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table is there but can't be read.
pub(crate) async fn marks(lake: &Lakehouse, entity: &connectwise_runtime::Table) -> Result<BTreeMap<i64, i64>> {
    let mut marks = BTreeMap::new();
    let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(marks) };
    let marked = table.frame()?.filter(ident(DELETED_AT).is_not_null()).on_table(&table, "reading")?;
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

/// Reads the last good versions of rejected records, as live rows: the source has the records. With `marked_only`,
/// reads only those that are marked as deleted.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be read.
pub(super) async fn last_good_rows(
    table: &Table,
    extracted: &Extracted,
    marked_only: bool,
) -> Result<Vec<RecordBatch>> {
    let ids: HashSet<i64> = extracted.quarantined_ids().into_iter().filter(|id| !extracted.ids.contains(*id)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = Arc::new(KeySet::Ids(ids));
    let mut rows = table.frame()?.filter(KeySet::holds(&ids, ident(extracted.table.key))).on_table(table, "reading")?;
    if marked_only {
        rows = rows.filter(ident(DELETED_AT).is_not_null()).on_table(table, "reading")?;
    }
    let rows = rows.collect().await.on_table(table, "reading")?;
    Ok(rows.iter().map(|batch| alive(batch).on_table(table, "reading")).collect::<Result<_, _>>()?)
}

/// Returns the same rows without a deletion mark.
fn alive(batch: &RecordBatch) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let place = batch.schema().index_of(DELETED_AT)?;
    let mut columns = batch.columns().to_vec();
    if let Some(mark) = columns.get_mut(place) {
        *mark = new_null_array(mark.data_type(), batch.num_rows());
    }
    RecordBatch::try_new(batch.schema(), columns)
}

/// Result of comparing an entity with the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Number of records at the source.
    pub source: u64,
    /// Number of live rows in bronze.
    pub live: u64,
    /// Live rows that the source lacks.
    pub gone: Vec<i64>,
    /// Rows marked as deleted that the source has again.
    pub returned: Vec<i64>,
    /// Records that bronze lacks. Quarantined records are not missing.
    pub missing: Vec<i64>,
    /// Records that bronze lacks because they are in quarantine.
    pub quarantined: Vec<i64>,
    /// Live rows whose flags differ from the source's. Quarantined records are not among them.
    pub differing: Vec<i64>,
    /// Whether what returned, is missing or differs was re-read.
    pub brought: bool,
}

impl Finding {
    /// Returns whether so much is gone that a person has to look first.
    pub fn is_too_much(&self) -> bool {
        self.gone.len() as u64 * 100 > self.live * MOST_PERCENT
    }

    /// Returns whether marks have to be set or removed in bronze.
    pub fn has_marks(&self) -> bool {
        !self.gone.is_empty() || !self.returned.is_empty()
    }

    /// Returns the records that have to be re-read.
    pub(crate) fn wanted(&self) -> Vec<i64> {
        self.returned.iter().chain(&self.missing).chain(&self.differing).copied().collect()
    }
}

/// Ids in bronze: those of live rows and those of rows marked as deleted.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) live: BTreeSet<i64>,
    pub(crate) deleted: BTreeSet<i64>,
    /// Hash of the flags of each live row, where these are compared.
    flags: HashMap<i64, FlagHash>,
}

/// Reads bronze's ids of an entity, with hashes of these flags.
pub(crate) async fn stored_ids(
    lake: &Lakehouse,
    entity: &connectwise_runtime::Table,
    flags: &[&str],
) -> Result<Stored> {
    let mut stored = Stored::default();
    let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(stored) };
    let failed = |error: datafusion::error::DataFusionError| table.error("comparing", error);
    let schema = table.schema()?;
    // A table that an earlier version filled may lack a column until its next write.
    let flags = if flags.iter().all(|name| schema.index_of(name).is_ok()) { flags } else { &[] };
    let columns: Vec<_> = [entity.key, DELETED_AT].into_iter().chain(flags.iter().copied()).map(ident).collect();
    let columns = table.frame()?.select(columns).map_err(failed)?;
    let mut rows = columns.execute_stream().await.map_err(failed)?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(failed)?;
        let ids = batch.column(0).as_primitive::<Int64Type>();
        let hashes = if flags.is_empty() { Vec::new() } else { flag_hashes(&batch, flags)? };
        for (row, id) in ids.values().iter().enumerate() {
            if batch.column(1).is_null(row) {
                stored.live.insert(*id);
                stored.flags.extend(hashes.get(row).map(|hash| (*id, *hash)));
            } else {
                stored.deleted.insert(*id);
            }
        }
    }
    Ok(stored)
}

pub(crate) fn find(source: &Listed, stored: &Stored, quarantined: &HashSet<i64>) -> Finding {
    let differs = |id: &&i64| match (stored.flags.get(id), source.flags.get(id)) {
        (Some(stored), Some(there)) => stored != there && !quarantined.contains(id),
        _ => false,
    };
    let source = &source.ids;
    let lacking = source.iter().filter(|id| !stored.live.contains(*id) && !stored.deleted.contains(*id));
    let (put_aside, missing) = lacking.copied().partition(|id| quarantined.contains(id));
    Finding {
        source: source.len() as u64,
        live: stored.live.len() as u64,
        gone: stored.live.difference(source).copied().collect(),
        returned: source.intersection(&stored.deleted).copied().collect(),
        missing,
        quarantined: put_aside,
        differing: stored.live.iter().filter(differs).copied().collect(),
        brought: false,
    }
}

/// Builds the error that refuses to mark so much of a table.
pub(crate) fn refusal(entity: &connectwise_runtime::Table, finding: &Finding) -> Error {
    Error::data(
        entity.entity,
        format!(
            "{} of {} live rows are gone from the source, more than {MOST_PERCENT} %: nothing of it was marked as \
             deleted. Look at `connectwise-etl reconcile` and at the API member's rights; if the records really were \
             deleted, `connectwise-etl reconcile --apply --force`",
            finding.gone.len(),
            finding.live
        ),
    )
}

/// Marks in bronze what is gone and removes the marks of what returned, in one commit.
///
/// # Errors
/// [`crate::lake::Error::Table`]; the table stays as it was.
pub(crate) async fn mark_rows(
    run: &RunContext,
    entity: &'static connectwise_runtime::Table,
    finding: &Finding,
) -> Result<Counts> {
    let Some(table) = run.lake.open("bronze", entity.table).await?.filter(|_| finding.has_marks()) else {
        return Ok(Counts::default());
    };
    let failed = |error: datafusion::error::DataFusionError| table.error("marking", error);
    let gone: HashSet<i64> = finding.gone.iter().copied().collect();
    let touched: HashSet<i64> = finding.gone.iter().chain(&finding.returned).copied().collect();
    let (Some(least), Some(most)) = (touched.iter().min(), touched.iter().max()) else {
        return Ok(Counts::default());
    };
    let between = ident(entity.key).between(datafusion::prelude::lit(*least), datafusion::prelude::lit(*most));
    let rows = table.frame()?.filter(between).map_err(failed)?.execute_stream().await.map_err(failed)?;
    let (key, now, name) = (entity.key, run.id.started_micros(), entity.entity);
    let wanted = touched.clone();
    let rows = rows.map(move |batch| {
        let batch = batch.map_err(|error| Error::data(name, error))?;
        marked(&batch, key, &wanted, &gone, now).map_err(|error| Error::data(name, error))
    });
    let target = Target {
        layer: "bronze",
        name: entity.table,
        schema: schema(entity),
        key: &[entity.key],
        stamps: &[TIMESTAMP, ENTITY, RUN_ID],
    };
    let scope = Scope::Only { column: entity.key, keys: Arc::new(touched.into()) };
    upsert(&run.lake, &run.stage, &target, &scope, rows, &[]).await?;
    let deleted = finding.gone.len() as u64;
    Ok(Counts { deleted, updated: finding.returned.len() as u64, ..Counts::default() })
}

/// Returns the touched rows of a batch, with their marks set or removed.
fn marked(
    batch: &RecordBatch,
    key: &str,
    touched: &HashSet<i64>,
    gone: &HashSet<i64>,
    now: i64,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let lacks = |name: &str| arrow::error::ArrowError::SchemaError(format!("the table lacks {name}"));
    let ids =
        batch.column_by_name(key).and_then(|ids| ids.as_primitive_opt::<Int64Type>()).ok_or_else(|| lacks(key))?;
    let keep = ids.iter().map(|id| Some(id.is_some_and(|id| touched.contains(&id)))).collect();
    let batch = arrow::compute::filter_record_batch(batch, &keep)?;
    let position = batch.schema().index_of(DELETED_AT)?;
    let ids =
        batch.column_by_name(key).and_then(|ids| ids.as_primitive_opt::<Int64Type>()).ok_or_else(|| lacks(key))?;
    let old = batch.column(position).as_primitive_opt::<TimestampMicrosecondType>();
    let mark = |(row, id): (usize, &i64)| {
        let before = old.and_then(|old| old.is_valid(row).then(|| old.value(row)));
        gone.contains(id).then(|| before.unwrap_or(now))
    };
    let marks: TimestampMicrosecondArray = ids.values().iter().enumerate().map(mark).collect();
    let mut columns = batch.columns().to_vec();
    columns[position] = Arc::new(marks.with_timezone("UTC")) as ArrayRef;
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

    #[test]
    fn tells_gone_returned_and_missing_apart() {
        let stored = Stored { live: BTreeSet::from([1, 2, 3]), deleted: BTreeSet::from([4, 5]), ..Stored::default() };
        let source = Listed { ids: BTreeSet::from([2, 3, 4, 6, 7]), ..Listed::default() };
        let found = find(&source, &stored, &HashSet::from([7, 1]));
        let wanted = Finding {
            source: 5,
            live: 3,
            gone: vec![1],
            returned: vec![4],
            missing: vec![6],
            quarantined: vec![7],
            ..Finding::default()
        };
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_record_differs_where_both_sides_have_its_flags_and_they_are_others() {
        let stored = Stored {
            live: BTreeSet::from([1, 2, 3, 4]),
            flags: HashMap::from([(1, 10), (2, 20), (3, 30), (5, 50)]),
            ..Stored::default()
        };
        let source = Listed {
            ids: BTreeSet::from([1, 2, 3, 4, 5]),
            flags: HashMap::from([(1, 10), (2, 21), (3, 31), (4, 40), (5, 51)]),
        };
        let found = find(&source, &stored, &HashSet::from([3]));
        assert_eq!((found.differing.as_slice(), found.missing.as_slice()), (&[2][..], &[5][..]));
        assert!(!found.has_marks());
        assert_eq!(found.wanted(), [5, 2]);
    }

    #[test]
    fn a_tenth_may_go_and_not_more() {
        let finding = |gone: i64, live| Finding { gone: (0..gone).collect(), live, ..Finding::default() };
        assert!(!finding(0, 0).is_too_much());
        assert!(!finding(10, 100).is_too_much());
        assert!(finding(11, 100).is_too_much());
        assert!(finding(1, 9).is_too_much());
    }
}
