//! What has to hold after gold was built: counts and sums that agree, unique keys, no dangling reference.
//!
//! Every check is SQL over the tables as anyone can query them, so that a broken one can be looked into with `query`.

use crate::catalog;
use crate::error::{Error, Result};
use crate::gold::business_date;
use crate::lake::Lakehouse;
use crate::run::RunId;
use crate::silver::CHILD_KEY;
use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use connectwise_generated::checks::{CHECKS as OWN, Check as OwnCheck};
use connectwise_generated::gold::TABLES as GOLD;
use connectwise_generated::tables::TABLES as ENTITIES;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// Its name, e.g. `rows/cw_timeentry`.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was compared, with the figures.
    pub detail: String,
    /// Whether it fails the run when it is broken, or is only told.
    pub severity: Severity,
}

/// What a broken check does to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It fails the run.
    Error,
    /// It is told, and the run goes on.
    Warning,
}

impl Severity {
    /// As the tables say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Check {
    pub(super) fn new(name: String, passed: bool, detail: String) -> Self {
        Self { name, passed, detail, severity: Severity::Error }
    }

    /// The invariant that it is of: its name up to the first `/`.
    pub fn invariant(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Whether it is broken, and fails the run.
    pub fn fails(&self) -> bool {
        !self.passed && self.severity == Severity::Error
    }
}

/// Runs all checks but the comparison with a rebuild, which belongs to the build.
///
/// # Errors
/// [`Error`] when a check can't be run at all; a check that fails is no error.
pub async fn run_checks(lake: &Lakehouse, run: &RunId) -> Result<Vec<Check>> {
    let context = catalog::register(lake).await?;
    let mut checks = Vec::new();
    for entity in ENTITIES {
        checks.push(rows_agree(&context, entity.table).await?);
        for layer in ["bronze", "silver"] {
            checks.push(key_is_unique(&context, layer, entity.table, &[entity.key]).await?);
        }
        for child in entity.children {
            checks.push(key_is_unique(&context, "silver", child.table, &CHILD_KEY).await?);
        }
    }
    for table in GOLD {
        checks.push(key_is_unique(&context, "gold", table.name, &[table.key]).await?);
        for column in table.columns {
            if let Some(dimension) = column.dimension {
                checks.push(references_exist(&context, table.name, column.name, dimension).await?);
            }
        }
        if let Some(fact) = table.fact {
            for (measure, column) in fact.reconcile {
                checks.push(sums_agree(&context, table.name, measure, fact.table, column).await?);
            }
            if let Some(misfits) = fact.misfits {
                checks.push(amounts_fit(&context, table.name, misfits).await?);
            }
        }
    }
    checks.push(statuses_add_up(&context).await?);
    let day = business_date(run)?;
    for check in OWN {
        checks.push(own(&context, check, &day).await?);
    }
    Ok(checks)
}

/// Live rows of bronze and silver, and the rows of the fact that is made from them.
async fn rows_agree(context: &SessionContext, table: &str) -> Result<Check> {
    let bronze = scalar(context, &format!("SELECT count(*) FROM bronze.{table} WHERE etlDeletedAt IS NULL")).await?;
    let silver = scalar(context, &format!("SELECT count(*) FROM silver.{table} WHERE _etl_deleted_at IS NULL")).await?;
    let mut passed = bronze == silver;
    let mut detail = format!("{bronze} live in bronze, {silver} in silver");
    for gold in GOLD.iter().filter(|gold| gold.fact.is_some_and(|fact| fact.table == table)) {
        let rows = scalar(context, &format!("SELECT count(*) FROM gold.{}", gold.name)).await?;
        passed &= rows == silver;
        detail.push_str(&format!(", {rows} in {}", gold.name));
    }
    Ok(Check::new(format!("rows/{table}"), passed, detail))
}

/// Every key is in the table once, and none is null.
async fn key_is_unique(context: &SessionContext, layer: &str, table: &str, key: &[&str]) -> Result<Check> {
    let key = key.join(", ");
    let rows = scalar(context, &format!("SELECT count(*) FROM {layer}.{table}")).await?;
    let whole: Vec<String> = key.split(", ").map(|column| format!("{column} IS NOT NULL")).collect();
    let sql =
        format!("SELECT count(*) FROM (SELECT DISTINCT {key} FROM {layer}.{table} WHERE {}) AS k", whole.join(" AND "));
    let keys = scalar(context, &sql).await?;
    // Gold's tables are the ones that are known by their names alone.
    let name = if layer == "gold" { format!("key/{table}") } else { format!("key/{layer}/{table}") };
    Ok(Check::new(name, rows == keys, format!("{rows} rows, {keys} different {key}")))
}

async fn references_exist(context: &SessionContext, fact: &str, column: &str, dimension: &str) -> Result<Check> {
    let key = GOLD.iter().find(|table| table.name == dimension).map_or("", |table| table.key);
    let sql = format!(
        "SELECT count(*) FROM gold.{fact} AS f LEFT JOIN gold.{dimension} AS d ON d.{key} = f.{column} WHERE d.{key} IS NULL"
    );
    let lost = scalar(context, &sql).await?;
    Ok(Check::new(
        format!("reference/{fact}/{column}"),
        lost == "0",
        format!("{lost} rows whose {column} is not in {dimension}"),
    ))
}

async fn sums_agree(context: &SessionContext, fact: &str, measure: &str, silver: &str, column: &str) -> Result<Check> {
    let gold = scalar(context, &format!("SELECT COALESCE(SUM({measure}), 0) FROM gold.{fact}")).await?;
    let sql =
        format!("SELECT COALESCE(SUM(wide_decimal({column})), 0) FROM silver.{silver} WHERE _etl_deleted_at IS NULL");
    let source = scalar(context, &sql).await?;
    Ok(Check::new(
        format!("sum/{fact}/{measure}"),
        same_number(&gold, &source),
        format!("silver {source}, gold {gold}"),
    ))
}

/// No row of a fact's source has an amount that no column holds.
async fn amounts_fit(context: &SessionContext, fact: &str, misfits: &str) -> Result<Check> {
    let failed = |error: DataFusionError| {
        Error::Query(format!("a check can't be run: {}\n  {misfits}", error.strip_backtrace()))
    };
    let rows = context.sql(misfits).await.map_err(failed)?.collect().await.map_err(failed)?;
    let (passed, detail) =
        offending("source rows with amounts that decimal(19,4) does not hold; they count as 0:", &rows)?;
    Ok(Check::new(format!("fits/{fact}"), passed, detail))
}

/// Every entry has one status, and the statuses' hours are all hours.
async fn statuses_add_up(context: &SessionContext) -> Result<Check> {
    let none = scalar(
        context,
        "SELECT count(*) FROM gold.fact_timeentry WHERE effectiveBillingStatus IS NULL OR effectiveBillingStatus NOT IN \
         ('Invoiced', 'Internal', 'Prepaid', 'NoCharge', 'DoNotBill', 'Operations', 'Billable', 'Unclassified')",
    )
    .await?;
    let by_status = scalar(
        context,
        "SELECT COALESCE(SUM(hours), 0) FROM (SELECT SUM(actualHours) AS hours FROM gold.fact_timeentry GROUP BY \
         effectiveBillingStatus) AS s",
    )
    .await?;
    let all = scalar(context, "SELECT COALESCE(SUM(actualHours), 0) FROM gold.fact_timeentry").await?;
    Ok(Check::new(
        "status/fact_timeentry".to_owned(),
        none == "0" && same_number(&by_status, &all),
        format!("{none} rows without a status; hours by status {by_status}, all hours {all}"),
    ))
}

/// How many offending rows a check's detail shows.
const SHOWN: usize = 3;

/// A check of `schema/checks.yaml`: no row offends, or its one boolean is true.
async fn own(context: &SessionContext, check: &OwnCheck, business_date: &str) -> Result<Check> {
    let sql = check.sql.replace("${businessDate}", business_date);
    let failed = |error: DataFusionError| {
        Error::Query(format!(
            "the check {} of schema/checks.yaml can't be run: {}",
            check.name,
            error.strip_backtrace()
        ))
    };
    let frame = context.sql(&sql).await.map_err(failed)?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let says_itself = schema.fields().len() == 1 && schema.field(0).data_type() == &DataType::Boolean;
    let batches = frame.collect().await.map_err(failed)?;
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

/// Whether there is no row, and what there is, with the first few.
fn offending(about: &str, batches: &[RecordBatch]) -> Result<(bool, String)> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut detail = format!("{about} {rows} rows");
    if rows > 0 {
        let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
        let mut left = SHOWN;
        for batch in batches {
            let shown = batch.slice(0, batch.num_rows().min(left));
            left -= shown.num_rows();
            writer.write(&shown).map_err(|error| Error::Query(error.to_string()))?;
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

/// The one value of a query, as text.
async fn scalar(context: &SessionContext, sql: &str) -> Result<String> {
    let failed = |error: DataFusionError| Error::Query(format!("a check can't be run: {error}\n  {sql}"));
    let batches = context.sql(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let value = batches.iter().find(|batch| batch.num_rows() > 0).map(|batch| batch.column(0));
    let text = value
        .map(|value| cast(value, &DataType::Utf8))
        .transpose()
        .map_err(|error| Error::Query(format!("a check can't be read: {error}")))?;
    Ok(text
        .and_then(|text| {
            let text = arrow::array::AsArray::as_string_opt::<i32>(&text)?;
            text.is_valid(0).then(|| text.value(0).to_owned())
        })
        .unwrap_or_default())
}
