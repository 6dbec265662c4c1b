//! Reports of `schema/checks.yaml`, and the one that every run ends with: agreement types that no rule matches.

use super::required::require_tables;
use super::statement::business_date;
use crate::context::RunId;
use crate::error::{Error, Result};
use crate::lake::Lakehouse;
use crate::lake::session::register_named;
use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use connectwise_generated::checks::REPORTS;
use datafusion::prelude::SessionContext;

/// Report of the agreement types that no rule matches.
const UNMATCHED: &str = "unmatched";

/// Agreement type that no rule matches, with its totals.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unmatched {
    /// The type's name.
    pub type_name: String,
    /// The number of agreements that have it.
    pub agreements: String,
    /// The number of their time entries.
    pub entries: String,
    /// Their hours.
    pub hours: String,
    /// Their potential revenue.
    pub revenue: String,
}

/// Runs a report and returns its rows.
///
/// # Errors
/// [`Error::Usage`] for a name that is no report; [`crate::lake::Error::Lakehouse`] where a table that it reads was not
/// built; [`Error::Query`] when its query can't be run.
pub async fn report(lake: &Lakehouse, name: &str, run: &RunId, days: u32) -> Result<Vec<RecordBatch>> {
    let sql = statement_of(name, run, days)?;
    let context = register_named(lake, &sql).await?;
    require_tables(lake, &context, &sql, " yet")?;
    rows_of(&context, name, &sql).await
}

fn statement_of(name: &str, run: &RunId, days: u32) -> Result<String> {
    let Some(report) = REPORTS.iter().find(|report| report.name == name) else {
        let known: Vec<&str> = REPORTS.iter().map(|report| report.name).collect();
        return Err(Error::Usage(format!("there is no report {name}; known are {}", known.join(", "))));
    };
    Ok(report.sql.replace("${businessDate}", &business_date(run)?).replace("${days}", &days.to_string()))
}

async fn rows_of(context: &SessionContext, name: &str, sql: &str) -> Result<Vec<RecordBatch>> {
    let failed = |error: datafusion::error::DataFusionError| {
        Error::query(format!("the report {name} can't be made: {}", error.strip_backtrace()))
    };
    let frame = context.sql(sql).await.map_err(failed)?;
    let schema = std::sync::Arc::new(frame.schema().as_arrow().clone());
    let mut batches = frame.collect().await.map_err(failed)?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok(batches)
}

/// Lists the agreement types that no rule matches; none where the YAML has no such report.
pub(super) async fn unmatched(context: &SessionContext, run: &RunId) -> Result<Vec<Unmatched>> {
    if !REPORTS.iter().any(|report| report.name == UNMATCHED) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for batch in rows_of(context, UNMATCHED, &statement_of(UNMATCHED, run, 0)?).await? {
        let texts = |name: &str| -> Result<Vec<String>> {
            let wrong = || Error::query(format!("the report {UNMATCHED} has no column {name}"));
            let column = batch.column_by_name(name).ok_or_else(wrong)?;
            let column = cast(column, &DataType::Utf8).map_err(Error::query)?;
            let column = column.as_string::<i32>();
            Ok((0..column.len()).map(|row| column.value(row).to_owned()).collect())
        };
        let (names, agreements, entries) = (texts("typeName")?, texts("agreements")?, texts("entries")?);
        let (hours, revenue) = (texts("hours")?, texts("revenue")?);
        for row in 0..batch.num_rows() {
            found.push(Unmatched {
                type_name: names[row].clone(),
                agreements: agreements[row].clone(),
                entries: entries[row].clone(),
                hours: hours[row].clone(),
                revenue: revenue[row].clone(),
            });
        }
    }
    Ok(found)
}
