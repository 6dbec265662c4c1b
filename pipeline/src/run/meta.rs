//! The meta tables: what ran, what it did, and whether the checks held.

use super::report::{RunHeader, RunReport};
use crate::bronze::deletions::Finding;
use crate::bronze::instant_type;
use crate::client::DataSource;
use crate::context::RunId;
use crate::error::Result;
use crate::lake::{Lakehouse, OnTable as _, Table};

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::Utc;
use datafusion::logical_expr::{ident, lit};
use std::sync::Arc;

/// A row a run.
pub const RUN: &str = "etl_run";
/// A row an entity a run.
pub const ENTITY_RUN: &str = "etl_entity_run";
/// A row a check a run.
pub const CHECK: &str = "etl_check";
/// One row: the source that the lakehouse holds the data of.
pub const SOURCE: &str = "etl_source";
/// All of them.
pub const TABLES: [&str; 4] = [RUN, ENTITY_RUN, CHECK, SOURCE];

/// Rows up to which a table is rewritten as one file with each run; more are only added to.
const MOST_REWRITTEN: u64 = 50_000;

/// The column with the live rows that a comparison found gone from the source; null where none was made.
pub const GONE: &str = "gone";

/// The column with the entities that a run was limited to; null where it was not.
pub const ONLY: &str = "entities";

/// Whether the stored record of the runs can hold comparisons: an earlier version's can't.
///
/// # Errors
/// [`crate::lake::Error::Table`] when it is there but can't be read.
pub async fn knows_comparisons(lake: &Lakehouse) -> Result<bool> {
    lake.open("meta", ENTITY_RUN).await?.map_or(Ok(false), |table| has(&table, GONE))
}

/// Returns whether a stored table has a column that an earlier version's lacks.
///
/// # Errors
/// [`crate::lake::Error::Table`] when its schema can't be read.
pub fn has(table: &Table, column: &str) -> Result<bool> {
    Ok(table.schema()?.index_of(column).is_ok())
}

fn schema_of(fields: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(
        fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect::<Vec<_>>(),
    ))
}

fn run_schema() -> SchemaRef {
    let text = DataType::Utf8;
    schema_of(&[
        ("runId", text.clone()),
        ("startedAt", instant_type()),
        ("finishedAt", instant_type()),
        ("status", text.clone()),
        ("mode", text.clone()),
        ("layers", text.clone()),
        ("toolVersion", text.clone()),
        ("specVersion", text.clone()),
        ("error", text.clone()),
        (ONLY, text),
    ])
}

fn entity_run_schema() -> SchemaRef {
    let (text, long) = (DataType::Utf8, DataType::Int64);
    schema_of(&[
        ("runId", text.clone()),
        ("entity", text.clone()),
        ("status", text.clone()),
        ("requests", long.clone()),
        ("pages", long.clone()),
        ("retries", long.clone()),
        ("bytes", long.clone()),
        ("rowsRead", long.clone()),
        ("inserted", long.clone()),
        ("updated", long.clone()),
        ("unchanged", long.clone()),
        ("deleted", long.clone()),
        ("quarantined", long.clone()),
        ("unknownFields", text.clone()),
        ("watermarkBefore", instant_type()),
        ("watermarkAfter", instant_type()),
        ("seconds", DataType::Float64),
        ("error", text),
        ("sourceRows", long.clone()),
        (GONE, long.clone()),
        ("missing", long.clone()),
        ("differing", long),
    ])
}

fn check_schema() -> SchemaRef {
    let text = DataType::Utf8;
    schema_of(&[
        ("runId", text.clone()),
        ("check", text.clone()),
        ("passed", DataType::Boolean),
        ("detail", text.clone()),
        ("severity", text),
        ("checkedAt", instant_type()),
    ])
}

fn source_schema() -> SchemaRef {
    let text = DataType::Utf8;
    schema_of(&[("runId", text.clone()), ("recordedAt", instant_type()), ("address", text.clone()), ("company", text)])
}

/// The meta tables with their schemas.
pub fn tables() -> [(&'static str, SchemaRef); 4] {
    [(CHECK, check_schema()), (ENTITY_RUN, entity_run_schema()), (RUN, run_schema()), (SOURCE, source_schema())]
}

fn text(values: impl IntoIterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn long(values: impl IntoIterator<Item = u64>) -> ArrayRef {
    Arc::new(values.into_iter().map(|value| i64::try_from(value).unwrap_or(i64::MAX)).collect::<Int64Array>())
}

fn instants(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

/// Writes a run's rows.
///
/// # Errors
/// [`crate::lake::Error::Table`] when a meta table can't be written.
pub async fn record(lake: &Lakehouse, report: &RunReport) -> Result<()> {
    let id = || Some(report.run.as_str().to_owned());
    let entities = &report.entities;
    let found = |count: &dyn Fn(&Finding) -> u64| -> ArrayRef {
        let counts = entities.iter().map(|entity| entity.compared.as_ref().map(count));
        Arc::new(counts.map(|count| count.and_then(|count| i64::try_from(count).ok())).collect::<Int64Array>())
    };
    let columns = vec![
        text(entities.iter().map(|_| id())),
        text(entities.iter().map(|entity| Some(entity.entity.to_owned()))),
        text(entities.iter().map(|entity| Some(entity.status().to_owned()))),
        long(entities.iter().map(|entity| entity.numbers.requests)),
        long(entities.iter().map(|entity| entity.numbers.pages)),
        long(entities.iter().map(|entity| entity.numbers.retries)),
        long(entities.iter().map(|entity| entity.numbers.bytes)),
        long(entities.iter().map(|entity| entity.numbers.rows_read)),
        long(entities.iter().map(|entity| entity.counts.inserted)),
        long(entities.iter().map(|entity| entity.counts.updated)),
        long(entities.iter().map(|entity| entity.counts.unchanged)),
        long(entities.iter().map(|entity| entity.counts.deleted)),
        long(entities.iter().map(|entity| entity.quarantined)),
        text(entities.iter().map(|entity| {
            (!entity.unknown_fields.is_empty())
                .then(|| serde_json::to_string(&entity.unknown_fields).unwrap_or_default())
        })),
        instants(entities.iter().map(|entity| entity.watermark_before)),
        instants(entities.iter().map(|entity| entity.watermark_after)),
        Arc::new(entities.iter().map(|entity| Some(entity.numbers.seconds)).collect::<Float64Array>()),
        text(entities.iter().map(|entity| entity.error.clone())),
        found(&|finding| finding.source),
        found(&|finding| finding.gone.len() as u64),
        found(&|finding| finding.missing.len() as u64),
        found(&|finding| finding.differing.len() as u64),
    ];
    let of_entities = append(lake, ENTITY_RUN, entity_run_schema(), columns, entities.len());

    let checks = &report.checks;
    let finished = report.finished_micros;
    let columns = vec![
        text(checks.iter().map(|_| id())),
        text(checks.iter().map(|check| Some(check.name.clone()))),
        Arc::new(checks.iter().map(|check| Some(check.passed)).collect::<BooleanArray>()),
        text(checks.iter().map(|check| Some(check.detail.clone()))),
        text(checks.iter().map(|check| Some(check.severity.name().to_owned()))),
        instants(checks.iter().map(|_| Some(finished))),
    ];
    let of_checks = append(lake, CHECK, check_schema(), columns, checks.len());
    // The file that the run's row is added to is read meanwhile: it is remembered.
    let of_run = async {
        let table = Table::plan_or_evolve(lake, "meta", RUN, &run_schema()).await?;
        Ok(table.frame()?.collect().await.on_table(&table, "reading").map(|_| ())?)
    };
    futures::try_join!(of_entities, of_checks, of_run)?;
    // Last: whoever sees the run sees its entities and checks.
    ended(lake, &report.header(), report.status(), report.error_text(), finished).await
}

/// The source that the lakehouse holds the data of, where it is on record.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table is there but can't be read.
pub(crate) async fn source(lake: &Lakehouse) -> Result<Option<DataSource>> {
    let Some(table) = lake.open("meta", SOURCE).await? else { return Ok(None) };
    let rows = table.frame()?.collect().await.on_table(&table, "reading")?;
    let Some(batch) = rows.into_iter().find(|batch| batch.num_rows() > 0) else { return Ok(None) };
    let batch = crate::lake::cast_to_schema(&batch, &source_schema()).on_table(&table, "reading")?;
    let text = |column: usize| batch.column(column).as_string::<i32>().value(0).to_owned();
    Ok(Some(DataSource { address: text(2), company: text(3) }))
}

/// Records that the lakehouse holds the data of this source from this run on.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be written.
pub(crate) async fn record_source(lake: &Lakehouse, run: &RunId, source: &DataSource) -> Result<()> {
    let columns = vec![
        text([Some(run.as_str().to_owned())]),
        instants([Some(Utc::now().timestamp_micros())]),
        text([Some(source.address.clone())]),
        text([Some(source.company.clone())]),
    ];
    let mut table = Table::plan_or_evolve(lake, "meta", SOURCE, &source_schema()).await?;
    // In the place of the one before: no clock has to say which of two is newer.
    let frame = lake.context().read_batch(batch(&table, source_schema(), columns)?).on_table(&table, "writing")?;
    Ok(table.overwrite(frame, None, &[]).await?)
}

/// Records a run that can't do so itself any more, unless it did.
///
/// # Errors
/// [`crate::lake::Error::Table`] when a meta table can't be read or written.
pub(crate) async fn record_end(lake: &Lakehouse, header: &RunHeader, status: &str, error: &str) -> Result<()> {
    if let Some(table) = lake.open("meta", RUN).await? {
        let failed = |error: datafusion::error::DataFusionError| table.error("reading", error);
        let same = ident("runId").eq(lit(header.run_id.as_str()));
        if table.frame()?.filter(same).map_err(failed)?.count().await.map_err(failed)? > 0 {
            return Ok(());
        }
    }
    ended(lake, header, status, Some(error.to_owned()), Utc::now().timestamp_micros()).await
}

/// The row of a run.
async fn ended(lake: &Lakehouse, header: &RunHeader, status: &str, error: Option<String>, finished: i64) -> Result<()> {
    let columns = vec![
        text([Some(header.run_id.clone())]),
        instants([Some(header.started_at.timestamp_micros())]),
        instants([Some(finished)]),
        text([Some(status.to_owned())]),
        text([Some(header.mode.clone())]),
        text([Some(header.layers.clone())]),
        text([Some(env!("CARGO_PKG_VERSION").to_owned())]),
        text([Some(connectwise_generated::tables::SPEC_VERSION.to_owned())]),
        text([error]),
        text([header.entities.clone()]),
    ];
    append(lake, RUN, run_schema(), columns, 1).await
}

async fn append(
    lake: &Lakehouse,
    name: &'static str,
    schema: SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<()> {
    if rows == 0 {
        return Ok(Table::create_or_evolve(lake, "meta", name, &schema).await.map(|_| ())?);
    }
    let mut table = Table::plan_or_evolve(lake, "meta", name, &schema).await?;
    let batch = batch(&table, schema, columns)?;
    let stored = table.rows().await?;
    if stored == 0 || stored > MOST_REWRITTEN {
        let frame = lake.context().read_batch(batch).on_table(&table, "writing")?;
        return Ok(table.append(frame, rows as u64).await?);
    }
    // One file in place of one a run: whoever reads the table reads all of them.
    let mut all = table.frame()?.collect().await.on_table(&table, "reading")?;
    for stored in &mut all {
        *stored = crate::lake::cast_to_schema(stored, &batch.schema()).on_table(&table, "reading")?;
    }
    all.push(batch);
    let fresh = all.last().cloned();
    let frame = lake.context().read_batches(all).on_table(&table, "writing")?;
    let Err(error) = table.overwrite(frame, Some(stored + rows as u64), &[]).await else { return Ok(()) };
    // Another program's upkeep of the table must not fail the run: its rows are added to what is there now.
    let before = table.version();
    match (lake.open("meta", name).await?, fresh) {
        (Some(mut newer), Some(fresh)) if newer.version() > before => {
            tracing::debug!(table = name, %error, "another writer committed meanwhile");
            let frame = lake.context().read_batch(fresh).on_table(&newer, "writing")?;
            Ok(newer.append(frame, rows as u64).await?)
        }
        _ => Err(error.into()),
    }
}

/// Columns as rows in the schema of a table.
fn batch(table: &Table, schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    let batch = RecordBatch::try_new(schema, columns).on_table(table, "writing")?;
    Ok(crate::lake::cast_to_schema(&batch, &table.schema()?).on_table(table, "writing")?)
}
