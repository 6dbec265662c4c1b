//! `connectwise-etl run`.

use super::RunArgs;
use super::invariants;
use super::output::{Output, summary};
use crate::bronze::privacy;
use crate::catalog;
use crate::client::Client;
use crate::context::{Layer, Mode, Options};
use crate::error::{Error, Result};
use crate::run;
use crate::run::report::RunReport;
use crate::settings::hash_key;
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
        force: args.force,
        verify: args.verify,
        change_source: args.change_source,
        progress: output.watch().within(&span),
        ..Options::default()
    };
    options.selected()?;
    if options.mode == Mode::Full && (options.since.is_some() || options.lookback_days.is_some()) {
        let text = "a full run reads everything: leave out --since and --lookback-days, or --mode full";
        return Err(Error::Usage(text.to_owned()));
    }
    let lake = args.lake.open().await?.with_hash_key(hash_key()?);
    if !options.has(Layer::Bronze) {
        let built_on = if options.has(Layer::Silver) { Layer::Bronze } else { Layer::Silver };
        catalog::require_layer(&lake, built_on.name()).await?;
    } else {
        privacy::require_key(&lake, &options.selected()?)?;
    }
    let client = if args.layers.contains(&Layer::Bronze) { Some(Client::from_env(args.pace.into())?) } else { None };
    if args.dry_run {
        return super::plan::dry_run(client.as_ref(), &lake, &options, args.json, output).await;
    }
    output.progress(format!("{} run into {}", options.mode.name(), lake.display()));
    let ran = run::run(client.as_ref(), &lake, &options).instrument(span).await;
    let report = in_json(ran, args.json, options.mode, output)?;
    if args.json {
        output.line(as_json(&report))?;
    } else {
        output.line(summary(&report.tables))?;
        invariants::show(&report, output)?;
    }
    for warning in &report.warnings {
        output.warning(warning);
    }
    if let Some(text) = report.error_text() {
        for line in text.lines() {
            output.error(line);
        }
    }
    Ok(report.exit_code())
}

/// What a run reports; where it could not begin, that is told as a document, too, where one is asked for.
///
/// # Errors
/// Why it could not begin.
pub(super) fn in_json(ran: Result<RunReport>, json: bool, mode: Mode, output: &mut Output) -> Result<RunReport> {
    if let (Err(error), true) = (&ran, json) {
        let document = json!({ "status": "failed", "mode": mode.name(), "error": error.to_string() });
        output.line(format!("{document:#}"))?;
    }
    ran
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
                "readTwice": {
                    "records": entity.numbers.rows_changed + entity.numbers.rows_repeated,
                    "changed": entity.numbers.rows_changed,
                    "repeated": entity.numbers.rows_repeated,
                },
                "quarantined": entity.quarantined,
                "compared": entity.compared,
                "unknownFields": entity.unknown_fields,
                "window": entity.window,
                "remarks": entity.remarks,
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
        "warnings": report.warnings,
        "error": report.error_text(),
    });
    format!("{document:#}")
}

fn instant(micros: i64) -> Option<String> {
    chrono::DateTime::from_timestamp_micros(micros)
        .map(|instant| instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}
