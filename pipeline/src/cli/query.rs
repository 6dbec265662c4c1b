//! `connectwise-etl query SQL`: DataFusion over the lakehouse.

mod unknown_column;

use super::args::{ExcelArgs, LakeArgs, must_exist};
use super::csv::{Cell, Csv, Excel};
use super::output::Output;
use super::table::table;
use crate::catalog;
use crate::error::{Error, Result};
use crate::gold;
use crate::lake::{AsOf, Lakehouse};
use crate::printable::one_line;
use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::{Args, ValueEnum};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use unknown_column::unknown_column;

#[derive(Debug, Args)]
pub(super) struct QueryArgs {
    /// A SELECT over bronze.…, silver.…, gold.…, meta.…; names of columns keep their case
    #[arg(allow_hyphen_values = true, value_parser = parse_sql)]
    sql: String,
    /// How to print the rows; a table where left out
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    excel: ExcelArgs,
    /// Read the past: the whole lakehouse at a time (2026-01-31, 2026-01-31T12:00:00Z), or a version of the one table
    /// that the query names (12)
    #[arg(long, value_name = "VERSION|TIME")]
    as_of: Option<AsOf>,
    #[command(flatten)]
    lake: LakeArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table for the screen.
    #[default]
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// One JSON array of objects.
    Json,
}

/// Parses a query: it may begin with a comment, `-- …`, but a mistyped flag is refused.
fn parse_sql(text: &str) -> std::result::Result<String, String> {
    if text.starts_with('-') && !text.contains(char::is_whitespace) {
        return Err("this is neither a flag of query nor a query".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) async fn execute(args: &QueryArgs, output: &mut Output) -> Result<u8> {
    let format = match (args.format, args.excel.excel) {
        (Some(Format::Table | Format::Json), Some(_)) => return Err(super::csv::no_csv()),
        (None, Some(_)) => Format::Csv,
        (format, _) => format.unwrap_or_default(),
    };
    output.set_place(args.lake.location());
    let lake = args.lake.open().await?;
    must_exist(&lake).await?;
    let when = match args.as_of {
        Some(AsOf::Time(time)) => format!(" by {}", time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        _ => " yet".to_owned(),
    };
    let context = match args.as_of {
        None => catalog::register_named(&lake, &args.sql).await?,
        Some(AsOf::Time(time)) => catalog::register_at_time(&lake, time).await?,
        Some(AsOf::Version(version)) => {
            let (layer, table) = the_one_table(&lake, &args.sql)?;
            catalog::register_at_version(&lake, &layer, &table, version).await?
        }
    };
    gold::require_tables(&lake, &context, &args.sql, &when)?;
    let batches = selected(&context, &args.sql).await.map_err(|error| {
        let tables = catalog::named_tables(&context, &args.sql).unwrap_or_default();
        let told = unknown_column(&error, &tables, output.place());
        told.map_or_else(|| Error::query(explain(&error)), |told| Error::query(format!("{NOT_RUN}: {told}")))
    })?;
    print(&batches, format, args.excel.excel, output)?;
    Ok(0)
}

/// Returns the layer and name of the one table that a query names: versions of several do not belong together.
fn the_one_table(lake: &Lakehouse, sql: &str) -> Result<(String, String)> {
    let tables = catalog::named_tables(lake.context(), sql).map_err(|error| Error::query(explain(&error)))?;
    match &tables[..] {
        [table] => Ok(table.clone()),
        _ => Err(Error::Usage(format!(
            "--as-of with a version takes a query of one table, and this one names {}: the tables' versions are \
             numbered each for itself. Use a time instead: it holds for the whole lakehouse",
            tables.len()
        ))),
    }
}

/// Runs a SELECT in a session; anything that would write is refused.
pub(super) async fn select_in(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>> {
    selected(context, sql).await.map_err(|error| Error::query(explain(&error)))
}

/// Does the same, with the engine's own error.
async fn selected(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, DataFusionError> {
    let options = datafusion::prelude::SQLOptions::new().with_allow_ddl(false).with_allow_dml(false);
    let frame = context.sql_with_options(sql, options).await?;
    let schema = std::sync::Arc::new(frame.schema().as_arrow().clone());
    let mut batches = frame.collect().await?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok(batches)
}

/// How the message of a query that fails begins.
const NOT_RUN: &str = "the query can't be run";

/// Returns the engine's message without its outer layers.
fn explain(error: &DataFusionError) -> String {
    let text = error.strip_backtrace().replace("\ncaused by\n", ": ");
    format!("{NOT_RUN}: {}", one_line(&text))
}

pub(super) fn print(batches: &[RecordBatch], format: Format, excel: Option<Excel>, output: &mut Output) -> Result<()> {
    match format {
        Format::Table => output.line(screen(batches)?),
        Format::Csv => output.copy(&mut csv(batches, excel)?.as_slice()),
        Format::Json => {
            let mut writer = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::JsonArray>(Vec::new());
            for batch in batches {
                writer.write(batch).map_err(Error::query)?;
            }
            writer.finish().map_err(Error::query)?;
            let text = writer.into_inner();
            output.line(if text.is_empty() { "[]".into() } else { String::from_utf8_lossy(&text) })
        }
    }
}

/// Formats rows as CSV, with a header.
fn csv(batches: &[RecordBatch], excel: Option<Excel>) -> Result<Vec<u8>> {
    let failed = |error: &dyn std::fmt::Display| Error::query(error.to_string());
    // Excel recognizes a time in this form only.
    let time = excel.map(|_| "%Y-%m-%d %H:%M:%S");
    let options = FormatOptions::default().with_display_error(false);
    let options = options.with_timestamp_format(time).with_timestamp_tz_format(time).with_datetime_format(time);
    let mut csv = Csv::new(Vec::new(), excel);
    for (number, batch) in batches.iter().enumerate() {
        let schema = batch.schema();
        if let Some(nested) = schema.fields().iter().find(|field| field.data_type().is_nested()) {
            let text = format!("{} is a list or struct, which can't be a CSV field: use --format json", nested.name());
            return Err(Error::query(text));
        }
        if number == 0 {
            csv.row(schema.fields().iter().map(|field| Cell::Text(field.name()))).map_err(|error| failed(&error))?;
        }
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(|error| failed(&error))?;
        for row in 0..batch.num_rows() {
            let texts = columns.iter().map(|column| column.value(row).try_to_string());
            let texts = texts.collect::<std::result::Result<Vec<_>, _>>().map_err(|error| failed(&error))?;
            let cells = batch.columns().iter().zip(&texts).map(|(column, text)| match column.data_type() {
                _ if column.is_null(row) => Cell::Null,
                kind if kind.is_numeric() => Cell::Number(text),
                _ => Cell::Text(text),
            });
            csv.row(cells).map_err(|error| failed(&error))?;
        }
    }
    Ok(csv.into_inner())
}

/// Formats rows as a table for the screen, numbers to the right.
pub(super) fn screen(batches: &[RecordBatch]) -> Result<comfy_table::Table> {
    let schema = batches.first().map(RecordBatch::schema);
    let fields = schema.iter().flat_map(|schema| schema.fields()).enumerate();
    let (mut header, mut numbers) = (Vec::new(), Vec::new());
    for (index, field) in fields {
        header.push(field.name().as_str());
        let kind = field.data_type();
        if kind.is_numeric() || matches!(kind, DataType::Decimal128(..)) {
            numbers.push(index);
        }
    }
    Ok(table(&header, &texts(batches)?, &numbers))
}

/// Returns the values of all rows as texts; nulls are empty.
pub(super) fn texts(batches: &[RecordBatch]) -> Result<Vec<Vec<String>>> {
    let options = FormatOptions::default().with_null("").with_display_error(true);
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(Error::query)?;
        let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect();
        rows.extend((0..batch.num_rows()).map(row));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal128Array, StringArray, StructArray, TimestampMicrosecondArray};
    use arrow::datatypes::{Field, Fields};
    use clap::Parser as _;
    use std::sync::Arc;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        query: QueryArgs,
    }

    #[test]
    fn a_query_may_begin_with_a_comment_and_a_flag_may_not_be_mistyped() {
        for sql in ["-- hours = all\nSELECT 1", "--x\nSELECT 1", "/* a */ SELECT 1", "-- a\r\n-- b\r\nSELECT 1"] {
            for arguments in
                [vec!["query", sql], vec!["query", "--format", "csv", sql], vec!["query", sql, "--format=csv"]]
            {
                let read = Command::try_parse_from(&arguments).unwrap();
                assert_eq!(read.query.sql, sql);
                assert_eq!(read.query.format, (arguments.len() > 2).then_some(Format::Csv));
            }
        }
        for wrong in [&["query", "--formt"][..], &["query", "--formt", "SELECT 1"], &["query", "SELECT 1", "-x"]] {
            assert!(Command::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn csv_tells_null_from_empty_and_keeps_blanks_at_the_end() {
        let names = StringArray::from(vec![Some("Vík  "), None, Some("")]);
        let hours = Decimal128Array::from(vec![Some(-15000), None, Some(5)]).with_precision_and_scale(19, 4).unwrap();
        let times = TimestampMicrosecondArray::from(vec![Some(0), None, None]).with_timezone("UTC");
        let batch = RecordBatch::try_from_iter([
            ("hours", Arc::new(hours) as Arc<dyn arrow::array::Array>),
            ("at", Arc::new(times)),
            ("name", Arc::new(names)),
        ]);
        let batch = batch.unwrap();
        let text = |excel| String::from_utf8(csv(std::slice::from_ref(&batch), excel).unwrap()).unwrap();
        assert_eq!(text(None), "hours,at,name\n-1.5000,1970-01-01T00:00:00Z,Vík  \n,,\n0.0005,,\"\"\n");
        let excel = "\u{feff}hours;at;name\r\n-1,5000;1970-01-01 00:00:00;Vík  \r\n;;\r\n0,0005;;\"\"\r\n";
        assert_eq!(text(Some(Excel::Europe)), excel);
        let nested = StructArray::new_empty_fields(1, None);
        let field = Field::new("s", DataType::Struct(Fields::empty()), true);
        let schema = arrow::datatypes::Schema::new(vec![field]);
        let nested = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(nested)]).unwrap();
        assert!(csv(&[nested], None).unwrap_err().to_string().contains("--format json"));
    }
}
