//! Checks after the gold build: counts and sums that agree, unique keys, no dangling reference.
//!
//! Every check is SQL over the tables as anyone can query them, so that a failed one can be looked into with `query`.

use super::statement::business_date;
use crate::bronze::DELETED_AT;
use crate::check::{Check, Severity};
use crate::context::RunId;
use crate::error::{Error, Result};
use crate::silver::{CHILD_KEY, SILVER_DELETED_AT};
use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use connectwise_generated::checks::{CHECKS as OWN, Check as OwnCheck};
use connectwise_generated::gold::{GoldTable, TABLES as GOLD};
use connectwise_generated::tables::TABLES as ENTITIES;
use connectwise_runtime::Table as EntityTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::FutureExt as _;
use futures::future::{BoxFuture, try_join_all};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Queries the figures of bronze and silver for the checks, entity by entity.
///
/// # Errors
/// [`Error::Query`] when a query fails.
pub(super) async fn of_records(context: &SessionContext, permits: &Semaphore) -> Result<Vec<OfEntity>> {
    side_by_side(ENTITIES, permits, |entity| OfEntity::ask(context, entity).boxed()).await
}

/// Runs all checks but the comparison with a rebuild, `at_once` queries at a time; the `known` figures are not queried
/// again.
pub(super) async fn run_checks(
    context: &SessionContext,
    run: &RunId,
    at_once: usize,
    known: Option<Vec<OfEntity>>,
) -> Result<Vec<Check>> {
    let day = business_date(run)?;
    // All queries first: each is a pass over a table, and holds a part of it in memory.
    let permits = &Semaphore::new(at_once);
    let facts = side_by_side(GOLD, permits, |table| TableStats::of_gold(context, table).boxed());
    let records = async {
        match known {
            Some(records) => Ok(records),
            None => of_records(context, permits).await,
        }
    };
    let references = side_by_side(GOLD, permits, |table| references_exist(context, table).boxed());
    let fits = side_by_side(GOLD, permits, |table| amounts_fit(context, table).boxed());
    let own = side_by_side(OWN, permits, |check| own(context, check, &day).boxed());
    let statuses = with_permit(permits, statuses_add_up(context));
    let (facts, records, references, fits, own, statuses) =
        futures::try_join!(facts, records, references, fits, own, statuses)?;

    let facts: BTreeMap<&str, TableStats> = GOLD.iter().map(|table| table.name).zip(facts).collect();
    let silver: BTreeMap<&str, &TableStats> =
        ENTITIES.iter().map(|entity| entity.table).zip(records.iter().map(|of| &of.silver)).collect();
    let mut checks = Vec::new();
    for (entity, OfEntity { bronze, silver, items }) in ENTITIES.iter().zip(&records) {
        checks.push(rows_agree(entity.table, bronze, silver, &facts));
        checks.push(bronze.key_is_unique(format!("key/bronze/{}", entity.table), entity.key));
        checks.push(silver.key_is_unique(format!("key/silver/{}", entity.table), entity.key));
        for (child, items) in entity.children.iter().zip(items) {
            checks.push(items.key_is_unique(format!("key/silver/{}", child.table), &CHILD_KEY.join(", ")));
        }
    }
    for (table, (references, fits)) in GOLD.iter().zip(references.into_iter().zip(fits)) {
        let Some(figures) = facts.get(table.name) else { continue };
        // The names of these checks have no layer: it is gold.
        checks.push(figures.key_is_unique(format!("key/{}", table.name), table.key));
        checks.extend(references);
        for (measure, column) in table.fact.iter().flat_map(|fact| fact.reconcile) {
            let source = table.fact.and_then(|fact| silver.get(fact.table)).map_or("", |silver| silver.sum(column));
            checks.push(sums_agree(table.name, measure, source, figures.sum(measure)));
        }
        checks.extend(fits);
    }
    checks.push(statuses);
    checks.extend(own);
    Ok(checks)
}

/// Runs one query per item, each with a permit; the results are in the items' order.
async fn side_by_side<'t, 'f, T, R>(
    things: &'t [T],
    permits: &Semaphore,
    ask: impl Fn(&'t T) -> BoxFuture<'f, Result<R>>,
) -> Result<Vec<R>> {
    try_join_all(things.iter().map(|thing| with_permit(permits, ask(thing)))).await
}

/// Waits for a permit, and then for the result.
async fn with_permit<R>(permits: &Semaphore, asked: impl Future<Output = Result<R>>) -> Result<R> {
    // It is never closed.
    let _permit = permits.acquire().await;
    asked.await
}

/// Lists the columns of a silver table whose sums facts' measures must agree with, each once.
fn reconciled(table: &str) -> BTreeSet<&'static str> {
    let facts = GOLD.iter().filter_map(|gold| gold.fact).filter(|fact| fact.table == table);
    facts.flat_map(|fact| fact.reconcile.iter().map(|(_, column)| *column)).collect()
}

/// Figures of an entity's tables for the checks.
#[derive(Debug, Clone)]
pub(super) struct OfEntity {
    bronze: TableStats,
    silver: TableStats,
    /// Of each of its child tables.
    items: Vec<TableStats>,
}

impl OfEntity {
    async fn ask(context: &SessionContext, entity: &EntityTable) -> Result<Self> {
        let bronze = TableStats::of_records(context, "bronze", entity, DELETED_AT, &BTreeSet::new()).await?;
        let summed = reconciled(entity.table);
        let silver = TableStats::of_records(context, "silver", entity, SILVER_DELETED_AT, &summed).await?;
        let mut items = Vec::new();
        for child in entity.children {
            items.push(TableStats::of_items(context, child.table).await?);
        }
        Ok(Self { bronze, silver, items })
    }
}

/// Figures of a table for the checks, from one query, which is one pass over the table.
#[derive(Debug, Clone)]
struct TableStats {
    rows: String,
    /// Distinct keys without a null part.
    keys: String,
    /// Rows that are not deleted.
    live: String,
    /// Sums, by column.
    sums: BTreeMap<&'static str, String>,
}

impl TableStats {
    /// Queries an entity's table: sums over the rows that are not deleted.
    async fn of_records(
        context: &SessionContext,
        layer: &str,
        entity: &EntityTable,
        deleted: &str,
        summed: &BTreeSet<&'static str>,
    ) -> Result<Self> {
        let sums = summed
            .iter()
            .map(|column| format!(", COALESCE(SUM(CASE WHEN {deleted} IS NULL THEN wide_decimal({column}) END), 0)"));
        let sql = format!(
            "SELECT count(*), distinct_keys({key}), COALESCE(SUM(CASE WHEN {deleted} IS NULL THEN 1 ELSE 0 END), 0){} \
             FROM {layer}.{}",
            sums.collect::<String>(),
            entity.table,
            key = entity.key,
        );
        Self::read(row(context, &sql).await?, summed.iter().copied())
    }

    /// Queries a table of list items.
    async fn of_items(context: &SessionContext, table: &str) -> Result<Self> {
        let sql = format!("SELECT count(*), distinct_keys({}), 0 FROM silver.{table}", CHILD_KEY.join(", "));
        Self::read(row(context, &sql).await?, std::iter::empty())
    }

    /// Queries a gold table: sums of the measures that have to agree with silver.
    async fn of_gold(context: &SessionContext, table: &GoldTable) -> Result<Self> {
        let measures: BTreeSet<&'static str> =
            table.fact.iter().flat_map(|fact| fact.reconcile.iter().map(|(measure, _)| *measure)).collect();
        let sums: String = measures.iter().map(|measure| format!(", COALESCE(SUM({measure}), 0)")).collect();
        let sql =
            format!("SELECT count(*), distinct_keys({}), count(*) AS live{sums} FROM gold.{}", table.key, table.name);
        Self::read(row(context, &sql).await?, measures.into_iter())
    }

    fn read(row: Vec<String>, summed: impl Iterator<Item = &'static str>) -> Result<Self> {
        let mut values = row.into_iter();
        let mut next = || values.next().ok_or_else(|| Error::query("a check's query gave too few columns".to_owned()));
        let (rows, keys, live) = (next()?, next()?, next()?);
        let sums = summed.map(|column| Ok((column, next()?))).collect::<Result<_>>()?;
        Ok(Self { rows, keys, live, sums })
    }

    fn sum(&self, column: &str) -> &str {
        self.sums.get(column).map_or("", String::as_str)
    }

    /// Checks that every key is in the table once, and none is null.
    fn key_is_unique(&self, name: String, key: &str) -> Check {
        Check::new(name, self.rows == self.keys, format!("{} rows, {} different {key}", self.rows, self.keys))
    }
}

/// Checks that bronze and silver have as many live rows as the facts that are made from them have rows.
fn rows_agree(table: &str, bronze: &TableStats, silver: &TableStats, facts: &BTreeMap<&str, TableStats>) -> Check {
    let mut passed = bronze.live == silver.live;
    let mut detail = format!("{} live in bronze, {} in silver", bronze.live, silver.live);
    for gold in GOLD.iter().filter(|gold| gold.fact.is_some_and(|fact| fact.table == table)) {
        let rows = facts.get(gold.name).map_or("", |figures| figures.rows.as_str());
        passed &= rows == silver.live;
        detail.push_str(&format!(", {rows} in {}", gold.name));
    }
    Check::new(format!("rows/{table}"), passed, detail)
}

/// Checks that every dimension key of a table is in its dimension, in one pass over the table.
async fn references_exist(context: &SessionContext, table: &GoldTable) -> Result<Vec<Check>> {
    let references: Vec<(&str, &str)> =
        table.columns.iter().filter_map(|column| Some((column.name, column.dimension?))).collect();
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let (mut lost, mut joins) = (Vec::new(), String::new());
    for (place, (column, dimension)) in references.iter().enumerate() {
        let key = GOLD.iter().find(|table| table.name == *dimension).map_or("", |table| table.key);
        lost.push(format!("COALESCE(SUM(CASE WHEN d{place}.{key} IS NULL THEN 1 ELSE 0 END), 0)"));
        // Each key once: a row must not be counted twice because another check fails.
        joins.push_str(&format!(
            " LEFT JOIN (SELECT DISTINCT {key} FROM gold.{dimension}) AS d{place} ON d{place}.{key} = f.{column}"
        ));
    }
    let counts = row(context, &format!("SELECT {} FROM gold.{} AS f{joins}", lost.join(", "), table.name)).await?;
    // Rows that are written once outlive what they name: an inferred row goes with the last reference to it.
    let severity = if table.written_once.is_some() { Severity::Warning } else { Severity::Error };
    let checks = references.iter().zip(counts).map(|((column, dimension), lost)| {
        let detail = format!("{lost} rows whose {column} is not in {dimension}");
        Check { severity, ..Check::new(format!("reference/{}/{column}", table.name), lost == "0", detail) }
    });
    Ok(checks.collect())
}

fn sums_agree(fact: &str, measure: &str, source: &str, gold: &str) -> Check {
    Check::new(format!("sum/{fact}/{measure}"), same_number(gold, source), format!("silver {source}, gold {gold}"))
}

/// Checks that no row of a fact's source has an amount that overflows its column.
async fn amounts_fit(context: &SessionContext, table: &GoldTable) -> Result<Option<Check>> {
    let Some(overflows) = table.fact.and_then(|fact| fact.overflows) else { return Ok(None) };
    let failed = |error: DataFusionError| {
        Error::query(format!("a check can't be run: {}\n  {overflows}", error.strip_backtrace()))
    };
    let rows = answer(context.sql(overflows).await.map_err(failed)?, overflows).await.map_err(failed)?;
    let (passed, detail) =
        offending("source rows with amounts that decimal(19,4) does not hold; they count as 0:", &rows)?;
    Ok(Some(Check::new(format!("fits/{}", table.name), passed, detail)))
}

/// Checks that every time entry has one billing status, and that the hours by status add up to all hours.
async fn statuses_add_up(context: &SessionContext) -> Result<Check> {
    let known = "effectiveBillingStatus IN ('Invoiced', 'Internal', 'Prepaid', 'NoCharge', 'DoNotBill', 'Operations', \
                 'Billable', 'Unclassified')";
    let sql = format!(
        "SELECT COALESCE(SUM(CASE WHEN {known} THEN 0 ELSE 1 END), 0), COALESCE(SUM(CASE WHEN {known} THEN actualHours \
         END), 0), COALESCE(SUM(actualHours), 0) FROM gold.fact_timeentry"
    );
    let figures = row(context, &sql).await?;
    let figure = |place: usize| figures.get(place).map_or("", String::as_str);
    let (none, by_status, all) = (figure(0), figure(1), figure(2));
    Ok(Check::new(
        "status/fact_timeentry".to_owned(),
        none == "0" && same_number(by_status, all),
        format!("{none} rows without a status; hours by status {by_status}, all hours {all}"),
    ))
}

/// Number of offending rows that a check's detail shows.
const SHOWN: usize = 3;

/// Runs a check of `schema/checks.yaml`: it passes without rows, or where its one boolean column is true.
async fn own(context: &SessionContext, check: &OwnCheck, business_date: &str) -> Result<Check> {
    let sql = check.sql.replace("${businessDate}", business_date);
    let failed = |error: DataFusionError| {
        Error::query(format!(
            "the check {} of schema/checks.yaml can't be run: {}",
            check.name,
            error.strip_backtrace()
        ))
    };
    let frame = context.sql(&sql).await.map_err(failed)?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let says_itself = schema.fields().len() == 1 && schema.field(0).data_type() == &DataType::Boolean;
    let batches = answer(frame, check.name).await.map_err(failed)?;
    let (passed, detail) = if says_itself {
        let held = batches.iter().all(|batch| {
            let column = batch.column(0).as_boolean();
            column.null_count() == 0 && column.true_count() == column.len()
        });
        (held, check.description.to_owned())
    } else {
        offending(check.description, &batches)?
    };
    let severity = if check.error { Severity::Error } else { Severity::Warning };
    Ok(Check { name: format!("own/{}", check.name), passed, detail, severity })
}

/// Returns whether there is no row, and a detail with their number and the first few.
fn offending(about: &str, batches: &[RecordBatch]) -> Result<(bool, String)> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut detail = format!("{about} {rows} rows");
    if rows > 0 {
        let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
        let mut left = SHOWN;
        for batch in batches {
            let shown = batch.slice(0, batch.num_rows().min(left));
            left -= shown.num_rows();
            writer.write(&shown).map_err(Error::query)?;
        }
        let lines = String::from_utf8_lossy(&writer.into_inner()).trim_end().replace('\n', ", ");
        detail.push_str(&format!(", e.g. {lines}"));
    }
    Ok((rows == 0, detail))
}

/// Whether two decimal texts are the same number (`0` and `0.0000`).
fn same_number(left: &str, right: &str) -> bool {
    fn plain(text: &str) -> &str {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
    }
    plain(left) == plain(right)
}

/// Runs a query, and logs how long it took.
async fn answer(question: DataFrame, text: &str) -> datafusion::error::Result<Vec<RecordBatch>> {
    let started = Instant::now();
    let batches = question.collect().await?;
    tracing::debug!(question = text, seconds = started.elapsed().as_secs_f64(), "checked");
    Ok(batches)
}

/// Returns the one row of a query, every value as text.
async fn row(context: &SessionContext, sql: &str) -> Result<Vec<String>> {
    let failed = |error: DataFusionError| Error::query(format!("a check can't be run: {error}\n  {sql}"));
    let batches = answer(context.sql(sql).await.map_err(failed)?, sql).await.map_err(failed)?;
    let Some(first) = batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(Vec::new()) };
    let text = |column: &ArrayRef| {
        let column = cast(column, &DataType::Utf8);
        let column = column.map_err(|error| Error::query(format!("a check can't be read: {error}")))?;
        let texts = column.as_string_opt::<i32>().filter(|texts| texts.is_valid(0));
        Ok(texts.map_or_else(String::new, |texts| texts.value(0).to_owned()))
    };
    first.columns().iter().map(text).collect()
}
