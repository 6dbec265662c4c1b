//! `connectwise-etl reconcile`: compares ids with the source and, with `--apply`, marks deletions.

use super::args::{LakeArgs, LockArgs, RateArgs, must_exist};
use super::outcome;
use super::output::{Output, grouped};
use super::table::table;
use crate::bronze::deletions::Finding;
use crate::client::Client;
use crate::context::{Mode, Options, RunId};
use crate::error::Result;
use crate::lake::Lakehouse;
use crate::run;
use crate::run::deletions;
use crate::run::report::RunReport;
use crate::run::source;
use crate::settings::hash_key;
use chrono::Utc;
use clap::Args;
use connectwise_generated::tables::by_entity;
use connectwise_runtime::Table;
use tracing::Instrument as _;

/// Maximum number of ids of each kind that are shown; `--json` has all.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(super) struct ReconcileArgs {
    /// Mark what is gone: in bronze, and from there through silver and gold
    #[arg(long)]
    apply: bool,
    /// Mark it even where more than a tenth of a table is gone
    #[arg(long, requires = "apply")]
    force: bool,
    /// The entities, e.g. TimeEntry,Company (all where left out)
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    entities: Vec<String>,
    /// Let the lakehouse hold the data of another ConnectWise from now on
    #[arg(long)]
    change_source: bool,
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    rate: RateArgs,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) async fn execute(args: ReconcileArgs, output: &mut Output) -> Result<u8> {
    let options = Options {
        mode: Mode::Reconcile,
        entities: args.entities,
        force: args.force,
        change_source: args.change_source,
        ..Options::default()
    };
    output.set_place(args.lake.location());
    options.selected()?;
    let lake = args.lake.open().await?.with_hash_key(hash_key()?).with_lock_wait(args.lock.wait());
    must_exist(&lake).await?;
    let client = Client::from_env(args.rate.into())?;
    let ran = if args.apply {
        let span = tracing::info_span!("run", mode = options.mode.name());
        run::run(Some(&client), &lake, &options).instrument(span).await
    } else {
        // Under the lock as well: what a run changes meanwhile would look deleted, or missing.
        let selected = options.selected()?;
        let report = RunReport::new(RunId::new(Utc::now()), Mode::Reconcile, Vec::new()).limited_to(&selected);
        let (header, change) = (report.header(), args.change_source);
        match source::require_same(&lake, client.source(), change).await {
            Ok(()) => {
                let work = look(&client, &lake, &selected, report, change);
                run::locked_run(&lake, "reconcile", header, work).await
            }
            Err(error) => Err(error),
        }
    };
    let report = super::run::in_json(ran, args.json, options.mode, output)?;
    if args.json {
        output.line(super::run::as_json(&report))?;
    } else {
        show(&report, args.apply, output)?;
    }
    if let Some(text) = report.error_text() {
        for line in text.lines() {
            output.error(line);
        }
    }
    Ok(report.exit_code())
}

/// Compares without marking; the result is recorded for `status`.
async fn look(
    client: &Client,
    lake: &Lakehouse,
    selected: &[&'static Table],
    mut report: RunReport,
    change_source: bool,
) -> Result<RunReport> {
    for entity in selected.iter().copied().filter(|entity| deletions::applies_to(entity)) {
        report.entities.push(deletions::compare(client, lake, entity, chrono::Utc::now()).await);
    }
    // A source that did not respond is not recorded.
    if report.entities.iter().any(|entity| entity.compared.is_some()) {
        source::remember(lake, &report.run, client.source(), change_source).await?;
    }
    run::finish(lake, &mut report).await;
    Ok(report)
}

fn show(report: &RunReport, applied: bool, output: &mut Output) -> Result<()> {
    let found = || report.entities.iter().filter_map(|entity| Some((entity, entity.compared.as_ref()?)));
    let cells: Vec<Vec<String>> = found()
        .map(|(entity, finding)| {
            let numbers = [
                finding.source,
                finding.live,
                finding.gone.len() as u64,
                finding.returned.len() as u64,
                finding.missing.len() as u64,
                finding.differing.len() as u64,
            ];
            std::iter::once(entity.entity.to_owned()).chain(numbers.map(grouped)).collect()
        })
        .collect();
    let header = ["entity", "at the source", "live in bronze", "gone", "returned", "missing", "differing"];
    output.line(table(&header, &cells, &[1, 2, 3, 4, 5, 6]))?;
    for (entity, finding) in found() {
        for line in details(entity.entity, finding, applied, output.place()) {
            output.line(line)?;
        }
    }
    outcome::show(report, output)?;
    let open = found().any(|(_, finding)| finding.has_marks() || !finding.differing.is_empty());
    if !applied && open {
        output.line("nothing was changed: `connectwise-etl reconcile --apply` does it, through to gold")?;
    }
    Ok(())
}

fn details(entity: &str, finding: &Finding, applied: bool, place: &str) -> Vec<String> {
    let list = |ids: &[i64]| {
        let shown: Vec<String> = ids.iter().take(SHOWN).map(ToString::to_string).collect();
        let rest = ids.len().saturating_sub(SHOWN);
        let more =
            if rest > 0 { format!(" and {} more (--json lists all)", grouped(rest as u64)) } else { String::new() };
        format!("{}{more}", shown.join(", "))
    };
    let mut lines = Vec::new();
    if !finding.gone.is_empty() {
        lines.push(format!("{entity}: gone from the source: {}", list(&finding.gone)));
    }
    if !finding.returned.is_empty() {
        let then = if applied { "live again" } else { "marked as deleted, but at the source again" };
        lines.push(format!("{entity}: {then}: {}", list(&finding.returned)));
    }
    if !finding.missing.is_empty() && finding.brought {
        lines.push(format!("{entity}: was not in bronze, and was fetched: {}", list(&finding.missing)));
    } else if !finding.missing.is_empty() {
        lines.push(format!(
            "{entity}: not in bronze: {}. The next `run` brings what changed lately; for the rest: `connectwise-etl run \
             --mode full --entities {entity}`, or `--since` a day before their last change",
            list(&finding.missing)
        ));
    }
    if !finding.quarantined.is_empty() {
        let count = finding.quarantined.len() as u64;
        let records = if count == 1 { "record that bronze lacks is" } else { "records that bronze lacks are" };
        lines.push(format!("{entity}: {} {records} in quarantine", grouped(count)));
        lines.push(format!("    → connectwise-etl status{place}  says why"));
        lines.push(format!("    → connectwise-etl replay{place}  tries what is there again"));
    }
    if !finding.differing.is_empty() {
        let names = by_entity(entity).map_or_else(String::new, |table| table.reconcile.join(", "));
        let then = match (finding.brought, applied) {
            (true, _) => "and was fetched".to_owned(),
            (false, false) => "though its time of change did not move".to_owned(),
            (false, true) => {
                format!("and is too much to fetch here: `connectwise-etl run --mode full --entities {entity}`")
            }
        };
        lines.push(format!("{entity}: has another {names} at the source, {then}: {}", list(&finding.differing)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::table::WIDTH;

    #[test]
    fn what_looks_missing_and_is_in_quarantine_is_told_with_the_commands() {
        let finding = Finding { quarantined: vec![7, 8], ..Finding::default() };
        let lines = details("AgreementAdjustment", &finding, false, " --lakehouse x");
        assert_eq!(
            lines,
            [
                "AgreementAdjustment: 2 records that bronze lacks are in quarantine",
                "    → connectwise-etl status --lakehouse x  says why",
                "    → connectwise-etl replay --lakehouse x  tries what is there again",
            ]
        );
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        let one = Finding { quarantined: vec![7], ..Finding::default() };
        assert!(details("Company", &one, true, "")[0].contains("1 record that bronze lacks is in quarantine"));
        assert!(details("Company", &Finding::default(), true, "").is_empty());
    }
}
