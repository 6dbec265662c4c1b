//! `connectwise-etl run`.

use super::RunArgs;
use super::output::{Output, remarks, summary};
use crate::client::{Client, Traffic};
use crate::error::{Error, Result};
use crate::extract::field_groups;
use crate::report::RunReport;
use crate::run::{self, Layer, Options};
use serde_json::json;
use tracing::Instrument as _;

pub(super) async fn execute(args: RunArgs, output: &mut Output) -> Result<u8> {
    let span = tracing::info_span!("run", mode = args.mode.name());
    let options = Options {
        mode: args.mode,
        layers: args.layers.clone(),
        entities: args.entities.clone(),
        lookback_days: args.lookback_days,
        since: args.since,
        reconcile_days: args.reconcile_days,
        max_quarantined: Some(args.max_quarantined),
        progress: output.watch().within(&span),
        ..Options::default()
    };
    options.selected()?;
    let lake = args.lake.open()?;
    let client = if args.layers.contains(&Layer::Bronze) { Some(Client::from_env(args.pace.into())?) } else { None };
    if args.dry_run {
        return dry_run(client.as_ref(), &lake, &options, args.json, output).await;
    }
    output.progress(format!("{} run into {}", options.mode.name(), lake.display()));
    let report = run::run(client.as_ref(), &lake, &options).instrument(span).await?;
    if args.json {
        output.line(as_json(&report))?;
    } else {
        output.line(summary(&report.tables))?;
        for line in remarks(&report) {
            output.line(line)?;
        }
    }
    if let Some(text) = report.error_text() {
        for line in text.lines() {
            output.error(line);
        }
    }
    Ok(report.exit_code())
}

/// The report as one JSON document.
pub(super) fn as_json(report: &RunReport) -> String {
    let entities: Vec<serde_json::Value> = report
        .entities
        .iter()
        .map(|entity| {
            json!({
                "entity": entity.entity,
                "error": entity.error,
                "numbers": entity.numbers,
                "counts": entity.counts,
                "quarantined": entity.quarantined,
                "compared": entity.compared,
                "unknownFields": entity.unknown_fields,
                "watermarkBefore": entity.watermark_before.and_then(instant),
                "watermarkAfter": entity.watermark_after.and_then(instant),
            })
        })
        .collect();
    let document = json!({
        "runId": report.run.id(),
        "status": report.status(),
        "mode": report.mode,
        "layers": report.layers,
        "startedAt": instant(report.run.started_micros()),
        "finishedAt": instant(report.finished_micros),
        "entities": entities,
        "tables": report.tables,
        "checks": report.checks,
        "unmatchedTypes": report.unmatched,
        "error": report.error_text(),
    });
    format!("{document:#}")
}

fn instant(micros: i64) -> Option<String> {
    chrono::DateTime::from_timestamp_micros(micros)
        .map(|instant| instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}

/// Says what a run would read and write.
async fn dry_run(
    client: Option<&Client>,
    lake: &crate::lake::Lakehouse,
    options: &Options,
    as_json: bool,
    output: &mut Output,
) -> Result<u8> {
    let mut plans = Vec::new();
    for entity in options.selected()? {
        let window = run::window_of(lake, options, chrono::Utc::now(), entity).await?;
        let records = match client {
            Some(client) => client.count(entity.endpoint, None, &Traffic::default()).await.map_err(Error::from)?,
            None => 0,
        };
        let children = entity.children.iter().map(|child| format!("silver/{}", child.table));
        let tables: Vec<String> = [format!("bronze/{}", entity.table), format!("silver/{}", entity.table)]
            .into_iter()
            .chain(children)
            .collect();
        plans.push(json!({
            "entity": entity.entity,
            "endpoint": entity.endpoint,
            "window": window.to_string(),
            "recordsInAll": records,
            "requestsForAPage": field_groups(entity).len().max(1),
            "tables": tables,
        }));
    }
    if as_json {
        output.line(format!("{:#}", json!({ "dryRun": true, "mode": options.mode.name(), "plan": plans })))?;
    } else {
        for plan in &plans {
            let text = |key: &str| plan[key].as_str().map_or_else(|| plan[key].to_string(), ToOwned::to_owned);
            output.line(format!(
                "{}: {} ({}), {} records there in all, → {}",
                text("entity"),
                text("endpoint"),
                text("window"),
                text("recordsInAll"),
                plan["tables"]
                    .as_array()
                    .map(|tables| tables.iter().filter_map(|table| table.as_str()).collect::<Vec<_>>().join(", "))
                    .unwrap_or_default()
            ))?;
        }
        output.line("nothing was written")?;
    }
    Ok(0)
}
