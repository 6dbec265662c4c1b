//! `connectwise-etl query SQL`: DataFusion over the lakehouse.

use super::output::{Output, table};
use super::{LakeArgs, must_exist};
use crate::catalog;
use crate::error::{Error, Result};
use crate::lake::{AsOf, Lakehouse};
use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::{Args, ValueEnum};
use datafusion::prelude::SessionContext;

#[derive(Debug, Args)]
pub(super) struct QueryArgs {
    /// A SELECT over bronze.…, silver.…, gold.…, meta.…; names of columns keep their case
    sql: String,
    /// How to print the rows
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Read the past: the whole lakehouse at a time (2026-01-31, 2026-01-31T12:00:00Z), or a version of the one table
    /// that the query names (12)
    #[arg(long, value_name = "VERSION|TIME")]
    as_of: Option<AsOf>,
    #[command(flatten)]
    lake: LakeArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// A table for the screen.
    #[default]
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// One JSON array of objects.
    Json,
}

pub(super) async fn execute(args: &QueryArgs, output: &mut Output) -> Result<u8> {
    let lake = args.lake.open().await?;
    must_exist(&lake).await?;
    let when = match args.as_of {
        Some(AsOf::Time(time)) => format!(" by {}", time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        _ => " yet".to_owned(),
    };
    let context = match args.as_of {
        None => catalog::register_written(&lake).await?,
        Some(AsOf::Time(time)) => catalog::register_at_time(&lake, time).await?,
        Some(AsOf::Version(version)) => {
            let (layer, table) = the_one_table(&lake, &args.sql)?;
            catalog::register_at_version(&lake, &layer, &table, version).await?
        }
    };
    catalog::require_tables(&lake, &context, &args.sql, &when)?;
    let batches = select_in(&context, &args.sql).await?;
    print(&batches, args.format, output)?;
    Ok(0)
}

/// Runs a SELECT; anything that would write is refused.
pub(super) async fn select(lake: &Lakehouse, sql: &str) -> Result<Vec<RecordBatch>> {
    select_in(&catalog::register(lake).await?, sql).await
}

/// The layer and name of the one table that a query names: versions of several do not belong together.
fn the_one_table(lake: &Lakehouse, sql: &str) -> Result<(String, String)> {
    let tables = catalog::named_tables(lake.context(), sql).map_err(|error| Error::Query(explain(&error)))?;
    match &tables[..] {
        [table] => Ok(table.clone()),
        _ => Err(Error::Usage(format!(
            "--as-of with a version takes a query of one table, and this one names {}: the tables' versions are \
             numbered each for itself. Use a time instead: it holds for the whole lakehouse",
            tables.len()
        ))),
    }
}

async fn select_in(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>> {
    let failed = |error: datafusion::error::DataFusionError| Error::Query(explain(&error));
    let options = datafusion::prelude::SQLOptions::new().with_allow_ddl(false).with_allow_dml(false);
    let frame = context.sql_with_options(sql, options).await.map_err(failed)?;
    let schema = std::sync::Arc::new(frame.schema().as_arrow().clone());
    let mut batches = frame.collect().await.map_err(failed)?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok(batches)
}

/// The engine's message without its outer layers.
fn explain(error: &datafusion::error::DataFusionError) -> String {
    format!("the query can't be run: {}", error.strip_backtrace())
}

pub(super) fn print(batches: &[RecordBatch], format: Format, output: &mut Output) -> Result<()> {
    match format {
        Format::Table => output.line(screen(batches)?),
        Format::Csv => {
            let mut text = Vec::new();
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut text);
            for batch in batches {
                writer.write(batch).map_err(|error| {
                    Error::Query(format!("{error}; a list or struct can't be a CSV field: use --format json"))
                })?;
            }
            drop(writer);
            output.line(String::from_utf8_lossy(&text).trim_end())
        }
        Format::Json => {
            let mut writer = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::JsonArray>(Vec::new());
            for batch in batches {
                writer.write(batch).map_err(|error| Error::Query(error.to_string()))?;
            }
            writer.finish().map_err(|error| Error::Query(error.to_string()))?;
            let text = writer.into_inner();
            output.line(if text.is_empty() { "[]".into() } else { String::from_utf8_lossy(&text) })
        }
    }
}

/// The rows as a table for the screen, numbers to the right.
pub(super) fn screen(batches: &[RecordBatch]) -> Result<comfy_table::Table> {
    let failed = |error: arrow::error::ArrowError| Error::Query(error.to_string());
    let options = FormatOptions::default().with_null("").with_display_error(true);
    let mut rows = Vec::new();
    let mut header = Vec::new();
    let mut numbers = Vec::new();
    for batch in batches {
        if header.is_empty() {
            let schema = batch.schema();
            header = schema.fields().iter().map(|field| field.name().clone()).collect();
            numbers = (0..schema.fields().len())
                .filter(|index| {
                    let kind = schema.field(*index).data_type();
                    kind.is_numeric() || matches!(kind, DataType::Decimal128(..))
                })
                .collect();
        }
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(failed)?;
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|column| column.value(row).to_string()).collect());
        }
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    Ok(table(&header, &rows, &numbers))
}
