//! `connectwise-etl run`: refreshes bronze, silver and gold.

use super::args::{LakeArgs, LockArgs, RateArgs};
use super::failure_hook::{Failure, FailureHookArgs};
use super::outcome;
use super::output::Output;
use crate::bronze::privacy;
use crate::catalog;
use crate::client::Client;
use crate::context::{Layer, Mode, Options};
use crate::error::{Error, Result};
use crate::extract::MOST_PERCENT;
use crate::lake::TokenSource;
use crate::run;
use crate::run::report::RunReport;
use crate::settings::hash_key;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::{Args, ValueEnum as _};
use serde_json::json;
use std::collections::BTreeMap;
use tracing::Instrument as _;

/// Time that the login to the storage has to last when a run begins.
const LOGIN: TimeDelta = TimeDelta::minutes(10);

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// What changed, or everything
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    /// The layers to build, of bronze, silver and gold
    #[arg(long, value_delimiter = ',', default_value = "bronze,silver,gold", value_parser = parse_layer)]
    layers: Vec<Layer>,
    /// The entities, e.g. TimeEntry,Company (all where left out)
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    entities: Vec<String>,
    /// In place of each entity's own look-back
    #[arg(long, value_name = "N")]
    lookback_days: Option<u32>,
    /// Read what changed since this day or instant (2026-01-31 or 2026-01-31T12:00:00Z)
    #[arg(long, value_name = "DATE", value_parser = parse_since)]
    since: Option<DateTime<Utc>>,
    /// Also compare all ids and mark what the source deleted, every N days
    #[arg(long, env = "CW_RECONCILE_DAYS", value_name = "N")]
    reconcile_days: Option<u32>,
    /// An entity fails when more of its records do not fit; fewer than a hundred never count
    #[arg(
        long,
        env = "CW_MAX_QUARANTINED",
        value_name = "PERCENT",
        default_value_t = MOST_PERCENT,
        value_parser = parse_percent
    )]
    max_quarantined: f64,
    /// Mark deletions even where most of a table is gone from the source
    #[arg(long)]
    force: bool,
    /// Compare every gold table that was not computed whole with a rebuild, however large it is
    #[arg(long)]
    verify: bool,
    /// Write the months of gold.fact_monthend that were written before anew, from what is known today
    #[arg(long)]
    restate_months: bool,
    /// Let the lakehouse hold the data of another ConnectWise from now on: reads each entity whole once
    #[arg(long)]
    change_source: bool,
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    rate: RateArgs,
    #[command(flatten)]
    hook: FailureHookArgs,
    /// Show what would be read and written, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl RunArgs {
    /// Takes the storage's bearer tokens from a source.
    pub(super) fn take_tokens(&mut self, tokens: Option<TokenSource>) {
        self.lake.take_tokens(tokens);
    }
}

fn parse_layer(text: &str) -> std::result::Result<Layer, String> {
    Layer::from_str(text.trim(), true).map_err(|_| "expected bronze, silver or gold".to_owned())
}

fn parse_percent(text: &str) -> std::result::Result<f64, String> {
    let percent = text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

fn parse_since(text: &str) -> std::result::Result<DateTime<Utc>, String> {
    if let Ok(date) = text.parse::<NaiveDate>()
        && let Some(midnight) = date.and_hms_opt(0, 0, 0)
    {
        return Ok(midnight.and_utc());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|instant| instant.with_timezone(&Utc))
        .map_err(|_| "expected a day (2026-01-31) or an instant (2026-01-31T12:00:00Z)".to_owned())
}

pub(super) async fn execute(args: RunArgs, output: &mut Output) -> Result<u8> {
    let (hook, lakehouse, is_plan) = (args.hook.hook()?, args.lake.location().to_owned(), args.dry_run);
    let failure = |run, status, errors| Failure { command: "run", lakehouse: &lakehouse, run, status, errors };
    match ran(args, output).await {
        Ok(Ran::Planned(status)) => Ok(status),
        Ok(Ran::Done(report)) => {
            let status = report.exit_code();
            if status != 0 {
                let broken = report.checks.iter().filter(|check| check.fails());
                let broken = broken.map(|check| format!("check {}: {}", check.name, check.detail));
                let errors = report.error_text().into_iter().chain(broken).collect::<Vec<_>>().join("\n");
                hook.tell(&failure(Some(report.run.as_str()), status, errors), output).await;
            }
            Ok(status)
        }
        // Whoever plans a run, or stops it, is there.
        Err(error) if is_plan || matches!(error, Error::Lake(crate::lake::Error::Interrupted)) => Err(error),
        Err(error) => {
            hook.tell(&failure(None, error.exit_code(), error.to_string()), output).await;
            Err(error)
        }
    }
}

/// What became of a run.
enum Ran {
    /// It was only planned, with this exit status.
    Planned(u8),
    /// It was done.
    Done(Box<RunReport>),
}

/// Runs, or plans a run.
async fn ran(args: RunArgs, output: &mut Output) -> Result<Ran> {
    output.set_place(args.lake.location());
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
        restate_months: args.restate_months,
        change_source: args.change_source,
        progress: output.watch().within(&span),
        ..Options::default()
    };
    options.selected()?;
    let all_layers = Layer::value_variants().iter().all(|layer| args.layers.contains(layer));
    if args.restate_months && !(args.entities.is_empty() && all_layers) {
        let why = "--restate-months writes months from all that is known: leave out --entities and --layers";
        return Err(Error::Usage(why.to_owned()));
    }
    if options.mode == Mode::Full && (options.since.is_some() || options.lookback_days.is_some()) {
        let text = "a full run reads everything: leave out --since and --lookback-days, or --mode full";
        return Err(Error::Usage(text.to_owned()));
    }
    let lake = args.lake.open().await?.with_hash_key(hash_key()?).with_lock_wait(args.lock.wait());
    if !options.has(Layer::Bronze) {
        let built_on = if options.has(Layer::Silver) { Layer::Bronze } else { Layer::Silver };
        catalog::require_layer(&lake, built_on.name()).await?;
    } else {
        privacy::require_key(&lake, &options.selected()?)?;
    }
    let client = if args.layers.contains(&Layer::Bronze) { Some(Client::from_env(args.rate.into())?) } else { None };
    if args.dry_run {
        let status = super::plan::dry_run(client.as_ref(), &lake, &options, args.json, output).await?;
        return Ok(Ran::Planned(status));
    }
    lake.check_login(LOGIN)?;
    output.progress(format!("{} run into {}", options.mode.name(), lake.display()));
    let ran = run::run(client.as_ref(), &lake, &options).instrument(span).await;
    let report = in_json(ran, args.json, options.mode, output)?;
    if args.json {
        output.line(as_json(&report))?;
    } else {
        outcome::show(&report, output)?;
    }
    for warning in &report.warnings {
        output.warning(warning);
    }
    if let Some(text) = report.error_text() {
        for line in text.lines() {
            output.error(line);
        }
    }
    Ok(Ran::Done(Box::new(report)))
}

/// Returns a run's report; where the run could not begin, prints the error as a JSON document, if one is asked for.
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

/// Formats the report as one JSON document.
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
                "unavailable": entity.unavailable,
                "remarks": entity.remarks,
                "watermarkBefore": entity.watermark_before.and_then(instant),
                "watermarkAfter": entity.watermark_after.and_then(instant),
            })
        })
        .collect();
    let seconds: BTreeMap<&str, f64> = report.seconds.iter().map(|(layer, seconds)| (layer.name(), *seconds)).collect();
    let document = json!({
        "runId": report.run.as_str(),
        "status": report.status(),
        "mode": report.mode,
        "layers": report.layers,
        "startedAt": instant(report.run.started_micros()),
        "finishedAt": instant(report.finished_micros),
        "seconds": seconds,
        "entities": entities,
        "tables": report.tables,
        "checks": report.checks,
        "inQuarantine": report.in_quarantine,
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
