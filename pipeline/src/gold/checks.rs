//! What has to hold after gold was built: counts and sums that agree, unique keys, no dangling reference.
//!
//! Every check is SQL over the tables as anyone can query them, so that a broken one can be looked into with `query`.

use crate::catalog;
use crate::error::{Error, Result};
use crate::lake::Lakehouse;
use arrow::array::Array;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use connectwise_generated::gold::TABLES as GOLD;
use connectwise_generated::tables::TABLES as ENTITIES;
use datafusion::prelude::SessionContext;

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// Its name, e.g. `rows/cw_timeentry`.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was compared, with the figures.
    pub detail: String,
}

/// Runs all checks.
///
/// # Errors
/// [`Error`] when a check can't be run at all; a check that fails is no error.
pub async fn run_checks(lake: &Lakehouse) -> Result<Vec<Check>> {
    let context = catalog::register(lake).await?;
    let mut checks = Vec::new();
    for entity in ENTITIES {
        checks.push(rows_agree(&context, entity.table).await?);
    }
    for table in GOLD {
        checks.push(key_is_unique(&context, table.name, table.key).await?);
        for column in table.columns {
            if let Some(dimension) = column.dimension {
                checks.push(references_exist(&context, table.name, column.name, dimension).await?);
            }
        }
        if let Some(fact) = table.fact {
            for (measure, column) in fact.reconcile {
                checks.push(sums_agree(&context, table.name, measure, fact.table, column).await?);
            }
        }
    }
    checks.push(statuses_add_up(&context).await?);
    Ok(checks)
}

/// Live rows of bronze and silver, and the rows of the fact that is made from them.
async fn rows_agree(context: &SessionContext, table: &str) -> Result<Check> {
    let bronze = scalar(context, &format!("SELECT count(*) FROM bronze.{table} WHERE etlDeletedAt IS NULL")).await?;
    let silver = scalar(context, &format!("SELECT count(*) FROM silver.{table} WHERE _etl_deleted_at IS NULL")).await?;
    let mut passed = bronze == silver;
    let mut detail = format!("live rows: bronze {bronze}, silver {silver}");
    for gold in GOLD.iter().filter(|gold| gold.fact.is_some_and(|fact| fact.table == table)) {
        let rows = scalar(context, &format!("SELECT count(*) FROM gold.{}", gold.name)).await?;
        passed &= rows == silver;
        detail.push_str(&format!(", {} {rows}", gold.name));
    }
    Ok(Check { name: format!("rows/{table}"), passed, detail })
}

async fn key_is_unique(context: &SessionContext, table: &str, key: &str) -> Result<Check> {
    let rows = scalar(context, &format!("SELECT count(*) FROM gold.{table}")).await?;
    let keys = scalar(context, &format!("SELECT count(DISTINCT {key}) FROM gold.{table}")).await?;
    Ok(Check {
        name: format!("key/{table}"),
        passed: rows == keys,
        detail: format!("{rows} rows, {keys} different {key}"),
    })
}

async fn references_exist(context: &SessionContext, fact: &str, column: &str, dimension: &str) -> Result<Check> {
    let key = GOLD.iter().find(|table| table.name == dimension).map_or("", |table| table.key);
    let sql = format!(
        "SELECT count(*) FROM gold.{fact} AS f LEFT JOIN gold.{dimension} AS d ON d.{key} = f.{column} WHERE d.{key} IS NULL"
    );
    let lost = scalar(context, &sql).await?;
    Ok(Check {
        name: format!("reference/{fact}/{column}"),
        passed: lost == "0",
        detail: format!("{lost} rows whose {column} is not in {dimension}"),
    })
}

async fn sums_agree(context: &SessionContext, fact: &str, measure: &str, silver: &str, column: &str) -> Result<Check> {
    let gold = scalar(context, &format!("SELECT COALESCE(SUM({measure}), 0) FROM gold.{fact}")).await?;
    let sql =
        format!("SELECT COALESCE(SUM(wide_decimal({column})), 0) FROM silver.{silver} WHERE _etl_deleted_at IS NULL");
    let source = scalar(context, &sql).await?;
    Ok(Check {
        name: format!("sum/{fact}/{measure}"),
        passed: same_number(&gold, &source),
        detail: format!("silver {source}, gold {gold}"),
    })
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
    Ok(Check {
        name: "status/fact_timeentry".to_owned(),
        passed: none == "0" && same_number(&by_status, &all),
        detail: format!("{none} rows without a status; hours by status {by_status}, all hours {all}"),
    })
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
    let failed =
        |error: datafusion::error::DataFusionError| Error::Query(format!("a check can't be run: {error}\n  {sql}"));
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
