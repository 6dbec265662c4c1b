//! `connectwise-etl status`: runs, watermarks, rows a table, checks, quarantine.

use super::output::{Output, grouped, table};
use super::query::{screen, select};
use super::{LakeArgs, must_exist};
use crate::bronze;
use crate::catalog::known_tables;
use crate::error::{Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use connectwise_generated::tables::TABLES;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    lake: LakeArgs,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

const RUNS: &str =
    "SELECT runId, startedAt, mode, layers, status, error FROM meta.etl_run ORDER BY startedAt DESC LIMIT 10";
const BROKEN: &str = "SELECT \"check\", detail FROM meta.etl_check WHERE NOT passed AND runId = (SELECT runId FROM \
                      meta.etl_run ORDER BY startedAt DESC LIMIT 1)";
const QUARANTINE: &str = "SELECT entity, count(*) AS records, max(reason) AS example FROM bronze.cw_quarantine GROUP \
                          BY entity ORDER BY entity";

pub(super) async fn execute(args: &StatusArgs, output: &mut Output) -> Result<u8> {
    let lake = args.lake.open()?;
    must_exist(&lake)?;
    let mut watermarks = Vec::new();
    for entity in TABLES {
        let newest = bronze::watermark(&lake, entity).await?.and_then(DateTime::from_timestamp_micros);
        watermarks.push((entity.entity, newest));
    }
    let mut rows = Vec::new();
    for known in known_tables() {
        if let Some(opened) = lake.open(known.layer, known.name).await? {
            let count = opened.frame().await?.count().await.map_err(|error| opened.error("counting", error))?;
            rows.push((known.layer, known.name, count as u64, opened.version()));
        }
    }
    let runs = select(&lake, RUNS).await?;
    let broken = select(&lake, BROKEN).await?;
    let quarantine = select(&lake, QUARANTINE).await?;
    if args.json {
        let watermarks: Vec<Value> = watermarks
            .iter()
            .map(|(entity, newest)| json!({ "entity": entity, "watermark": newest.map(iso) }))
            .collect();
        let tables: Vec<Value> = rows
            .iter()
            .map(|(layer, name, count, version)| json!({ "layer": layer, "table": name, "rows": count, "version": version }))
            .collect();
        let document = json!({
            "lakehouse": lake.display(),
            "runs": rows_of(&runs)?,
            "watermarks": watermarks,
            "tables": tables,
            "failedChecks": rows_of(&broken)?,
            "quarantine": rows_of(&quarantine)?,
        });
        output.line(format!("{document:#}"))?;
        return Ok(0);
    }
    output.line(format!("{}\n\nThe last runs", lake.display()))?;
    output.line(screen(&runs)?)?;
    let now = Utc::now();
    let cells: Vec<Vec<String>> = watermarks
        .iter()
        .map(|(entity, newest)| {
            let age = newest.map(|newest| format!("{} h", grouped((now - newest).num_hours().max(0).unsigned_abs())));
            vec![(*entity).to_owned(), newest.map(iso).unwrap_or_default(), age.unwrap_or_default()]
        })
        .collect();
    output.line("\nThe newest change that was read")?;
    output.line(table(&["entity", "watermark", "age"], &cells, &[2]))?;
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|(layer, name, count, version)| {
            vec![(*layer).to_owned(), (*name).to_owned(), grouped(*count), version.to_string()]
        })
        .collect();
    output.line("\nThe tables")?;
    output.line(table(&["layer", "table", "rows", "version"], &cells, &[2, 3]))?;
    if broken.iter().any(|batch| batch.num_rows() > 0) {
        output.line("\nChecks of the last run that failed")?;
        output.line(screen(&broken)?)?;
    }
    if quarantine.iter().any(|batch| batch.num_rows() > 0) {
        output.line("\nIn quarantine")?;
        output.line(screen(&quarantine)?)?;
    }
    Ok(0)
}

fn iso(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn rows_of(batches: &[arrow::array::RecordBatch]) -> Result<Value> {
    let mut writer = arrow::json::ArrayWriter::new(Vec::new());
    for batch in batches {
        writer.write(batch).map_err(|error| Error::Query(error.to_string()))?;
    }
    writer.finish().map_err(|error| Error::Query(error.to_string()))?;
    let text = writer.into_inner();
    if text.is_empty() {
        return Ok(json!([]));
    }
    serde_json::from_slice(&text).map_err(|error| Error::Query(error.to_string()))
}
