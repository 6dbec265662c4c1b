//! References: decides whether changed references leave a dimension as it is, so that its refresh is skipped.
//!
//! Some dimensions' rows come from the records that refer to them, or are completed by those: of several records, the
//! newest gives a row its name. Each night some records are new or changed, but hardly ever a name; to find that out,
//! only the files that changed are read.
//!
//! Invariant: the refresh must be skipped only where the full statement would return the rows that are stored. Each new
//! reference carries the stored values of its row; each changed one carries the values that it had, and is no older;
//! none is gone. So, whichever was the newest of its row before, the newest now carries the same values. References to
//! a row that the dimension has from elsewhere do not count.

use super::inputs::Inputs;
use super::shape::{self, Name};
use super::statement::schema;
use crate::error::Result;
use crate::lake::{ResultExt as _, VersionDiff, cast_to_schema};
use arrow::array::{Array as _, AsArray as _, Int64Array, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use connectwise_generated::gold::{GoldTable, References};
use connectwise_runtime::row_hashes;
use datafusion::datasource::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, ident, lit};
use datafusion::prelude::DataFrame;
use futures::StreamExt as _;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Column that marks a dimension's row as inferred: known from references alone.
const INFERRED: &str = "isInferred";
/// Surrogate key of the unknown row, which a missing reference leads to.
const UNKNOWN: i64 = -1;
/// Reason where references can't be compared.
const OTHER_TYPES: &str = "they are of other types, or not one a record";

/// Values that a record carries for the dimension row that it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReferenceValue {
    /// The hash of the row's natural key.
    row: u128,
    /// The hash of the natural key and the carried values.
    what: u128,
    recency: i64,
}

/// Reference values by record id, in ascending order.
type ByRecord = Vec<(i64, ReferenceValue)>;

/// Hashes of a dimension's stored rows.
#[derive(Debug, Default)]
struct Stored {
    /// The natural keys of rows that come from elsewhere.
    listed: HashSet<u128>,
    /// The natural keys and carried values of the other rows.
    said: HashSet<u128>,
}

/// Returns the reason to rebuild a dimension; `None` where that would give the same rows.
///
/// # Errors
/// [`Error`] when one of the versions can't be read.
pub(super) async fn reason_to_rebuild(
    inputs: &Inputs,
    table: &GoldTable,
    changed: &BTreeMap<Name, Arc<VersionDiff>>,
) -> Result<Option<&'static str>> {
    let Some(references) = &table.references else { return Ok(Some("it has none")) };
    let plan = inputs.context().sql(references.sql).await.and_then(DataFrame::into_optimized_plan).on(
        "gold",
        table.name,
        "comparing references",
    )?;
    let sources = shape::inputs(&plan);
    if !changed.keys().all(|name| sources.contains(name)) {
        return Ok(Some("what it has from elsewhere changed"));
    }
    let comparison = Comparison::new(inputs, table, references);
    let Some(stored) = comparison.stored().await.on("gold", table.name, "comparing references")? else {
        return Ok(Some(OTHER_TYPES));
    };
    for (name, difference) in changed {
        let (VersionDiff::Some(changed_files), Some(now)) = (difference.as_ref(), inputs.table(name)) else {
            return Ok(Some("what changed is not known"));
        };
        if !changed_files.is_small() {
            return Ok(Some("much changed"));
        }
        let Some((gone, came)) = changed_files.sides(&now)? else {
            return Ok(Some("what changed is in a version between"));
        };
        let before = comparison.said(&plan, name, gone).await.on("gold", table.name, "comparing references")?;
        let now = comparison.said(&plan, name, came).await.on("gold", table.name, "comparing references")?;
        let (Some(before), Some(now)) = (before, now) else { return Ok(Some(OTHER_TYPES)) };
        if !still_valid(&before, &now, &stored) {
            return Ok(Some("a record says something else"));
        }
    }
    Ok(None)
}

/// Whether the stored rows are still valid when some records changed.
fn still_valid(before: &[(i64, ReferenceValue)], now: &[(i64, ReferenceValue)], stored: &Stored) -> bool {
    let counts = |said: &ReferenceValue| !stored.listed.contains(&said.row);
    let may_go = |was: &ReferenceValue| !counts(was);
    let may_come = |is: &ReferenceValue| !counts(is) || stored.said.contains(&is.what);
    let still_says = |was: &ReferenceValue, is: &ReferenceValue| is.what == was.what && is.recency >= was.recency;
    let (mut before, mut now) = (before.iter().peekable(), now.iter().peekable());
    loop {
        let holds = match (before.peek(), now.peek()) {
            (None, None) => return true,
            (Some((old, _)), Some((new, _))) if old == new => match (before.next(), now.next()) {
                // Unchanged values were taken into account when the rows were computed.
                (Some((_, was)), Some((_, is))) => was == is || ((may_go(was) || still_says(was, is)) && may_come(is)),
                _ => false,
            },
            (Some((old, _)), Some((new, _))) if old > new => now.next().is_some_and(|(_, is)| may_come(is)),
            (None, Some(_)) => now.next().is_some_and(|(_, is)| may_come(is)),
            (Some(_), _) => before.next().is_some_and(|(_, was)| may_go(was)),
        };
        if !holds {
            return false;
        }
    }
}

/// Comparison of a dimension's references with its stored rows.
struct Comparison<'a> {
    inputs: &'a Inputs,
    table: &'a GoldTable,
    references: &'a References,
    /// The natural key and the carried columns, with the dimension's types.
    schema: SchemaRef,
}

impl<'a> Comparison<'a> {
    fn new(inputs: &'a Inputs, table: &'a GoldTable, references: &'a References) -> Self {
        let all = schema(table);
        let names = std::iter::once(&references.natural).chain(references.carried);
        let fields: Vec<Field> = names.filter_map(|name| all.field_with_name(name).ok().cloned()).collect();
        let fields = fields.into_iter().map(|field| field.with_nullable(true)).collect::<Vec<_>>();
        Self { inputs, table, references, schema: Arc::new(Schema::new(fields)) }
    }

    /// Reads the dimension's stored rows; `None` where the inferred column has another type.
    async fn stored(&self) -> datafusion::error::Result<Option<Stored>> {
        let rows = self.inputs.context().table(format!("gold.{}", self.table.name)).await?;
        let columns: Vec<_> = self.schema.fields().iter().map(|field| ident(field.name())).collect();
        let rows = rows
            .filter(ident(self.table.key).not_eq(lit(UNKNOWN)))?
            .select([columns, vec![ident(INFERRED)]].concat())?;
        let mut rows = rows.execute_stream().await?;
        let mut stored = Stored::default();
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            let inferred = batch.column_by_name(INFERRED).and_then(|column| column.as_boolean_opt());
            let Some(inferred) = inferred else { return Ok(None) };
            for (place, (row, what)) in self.hashes(&batch)?.into_iter().enumerate() {
                if self.references.listed && !inferred.value(place) {
                    stored.listed.insert(row);
                } else {
                    stored.said.insert(what);
                }
            }
        }
        Ok(Some(stored))
    }

    /// Reads the reference values in files of one source; `None` where types differ or a record has several.
    async fn said(
        &self,
        plan: &LogicalPlan,
        source: &Name,
        files: Option<Arc<dyn TableProvider>>,
    ) -> datafusion::error::Result<Option<ByRecord>> {
        let Some(files) = files else { return Ok(Some(ByRecord::new())) };
        let mut alike = true;
        let plan = shape::replace_scans(plan, |scan, name| {
            if name != source {
                let schema = Arc::clone(&scan.projected_schema);
                return Ok(Some(LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema })));
            }
            alike &= scan.source.schema().fields() == files.schema().fields();
            if alike { shape::scan_of(scan, &files).map(Some) } else { Ok(None) }
        })?;
        if !alike {
            return Ok(None);
        }
        let mut rows = DataFrame::new(self.inputs.context().state(), plan).execute_stream().await?;
        let mut said = ByRecord::new();
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            let (Some(recency), Some(records)) = (longs(&batch, "recency"), longs(&batch, "record")) else {
                return Ok(None);
            };
            for (place, (row, what)) in self.hashes(&batch)?.into_iter().enumerate() {
                said.push((records.value(place), ReferenceValue { row, what, recency: recency.value(place) }));
            }
        }
        // The files are in this order, or nearly so.
        said.sort_by_key(|(record, _)| *record);
        let is_repeated = said.windows(2).any(|pair| pair[0].0 == pair[1].0);
        Ok((!is_repeated).then_some(said))
    }

    /// Hashes each row twice: its natural key, and the key with the carried values.
    fn hashes(&self, batch: &RecordBatch) -> datafusion::error::Result<Vec<(u128, u128)>> {
        let batch = cast_to_schema(batch, &self.schema)?;
        let places: Vec<usize> = (0..batch.num_columns()).collect();
        let hashes = |places| row_hashes(&batch, places).map_err(|error| DataFusionError::External(Box::new(error)));
        let rows = hashes(&places[..1])?;
        Ok(rows.into_iter().zip(hashes(&places)?).collect())
    }
}

fn longs<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a Int64Array> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt());
    column.filter(|column| column.null_count() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds reference values from tuples of record, row, name and recency.
    fn said(all: &[(i64, u128, u128, i64)]) -> ByRecord {
        let said =
            |&(record, row, name, recency): &_| (record, ReferenceValue { row, what: row * 100 + name, recency });
        all.iter().map(said).collect::<ByRecord>()
    }

    /// Row 1 is listed; 2 is called 5, and 3 is called 6.
    fn stands_for(before: &[(i64, u128, u128, i64)], now: &[(i64, u128, u128, i64)]) -> bool {
        let stored = Stored { listed: HashSet::from([1]), said: HashSet::from([205, 306]) };
        still_valid(&said(before), &said(now), &stored)
    }

    #[test]
    fn what_says_the_same_and_is_no_older_changes_nothing() {
        assert!(stands_for(&[], &[]));
        assert!(stands_for(&[], &[(10, 2, 5, 0), (11, 3, 6, 7)]), "new records");
        assert!(stands_for(&[(10, 2, 5, 3)], &[(10, 2, 5, 3)]));
        assert!(stands_for(&[(10, 2, 5, 3)], &[(10, 2, 5, 4)]), "changed in something else");
        let (before, now) =
            ([(10, 2, 5, 3), (12, 3, 6, 3)], [(9, 2, 5, 3), (10, 2, 5, 3), (11, 3, 6, 3), (12, 3, 6, 9)]);
        assert!(stands_for(&before, &now), "among others");
        assert!(!stands_for(&now, &before), "the same, with two of them gone");
        assert!(stands_for(&[(10, 2, 9, 3)], &[(10, 2, 9, 3)]), "an old name in a record that did not change");
    }

    #[test]
    fn another_name_another_row_or_an_older_time_may_change_one() {
        assert!(!stands_for(&[], &[(10, 2, 6, 0)]), "another name");
        assert!(!stands_for(&[], &[(10, 4, 5, 0)]), "a row that is not there");
        assert!(!stands_for(&[(10, 2, 5, 3)], &[]), "gone: an older record may say something else");
        assert!(!stands_for(&[(10, 2, 5, 3)], &[(10, 3, 6, 3)]), "moved from one row to another");
        assert!(!stands_for(&[(10, 2, 9, 3)], &[(10, 2, 5, 3)]), "it said something else");
        assert!(!stands_for(&[(10, 2, 5, 3)], &[(10, 2, 5, 2)]), "older than it was");
        assert!(!stands_for(&[(10, 2, 9, 3)], &[(10, 2, 9, 4)]), "an old name in a record that is newer now");
    }

    #[test]
    fn of_rows_from_elsewhere_nothing_is_said() {
        assert!(stands_for(&[], &[(10, 1, 7, 0)]));
        assert!(stands_for(&[(10, 1, 7, 3)], &[]));
        assert!(stands_for(&[(10, 1, 7, 3)], &[(10, 2, 5, 1)]), "moved to a row that says so already");
        assert!(!stands_for(&[(10, 2, 5, 3)], &[(10, 1, 5, 4)]), "moved from one that may go with it");
    }
}
