//! `connectwise-etl replay`: decodes quarantined records again.

use super::args::{LakeArgs, LockArgs, must_exist};
use super::outcome;
use super::output::Output;
use crate::client::DataSource;
use crate::context::{Mode, Options, RunId};
use crate::error::Result;
use crate::lake::Lakehouse;
use crate::run;
use crate::run::replay::replay;
use crate::run::source;
use crate::settings::hash_key;
use chrono::Utc;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The entities, e.g. TimeEntry,Company (all where left out)
    #[arg(long = "entity", visible_alias = "entities", value_delimiter = ',', value_name = "A,B")]
    entities: Vec<String>,
    /// Let the lakehouse hold the data of another ConnectWise from now on
    #[arg(long)]
    change_source: bool,
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    lock: LockArgs,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) async fn execute(args: ReplayArgs, output: &mut Output) -> Result<u8> {
    let options = Options { entities: args.entities, ..Options::default() };
    output.set_place(args.lake.location());
    options.selected()?;
    let lake = args.lake.open().await?.with_hash_key(hash_key()?).with_lock_wait(args.lock.wait());
    must_exist(&lake).await?;
    let replayed = match require_same(&lake, args.change_source).await {
        Ok(()) => replay(&lake, &options).await,
        Err(error) => Err(error),
    };
    let report = super::run::in_json(replayed, args.json, Mode::Replay, output)?;
    if args.json {
        output.line(super::run::as_json(&report))?;
    } else {
        for entity in &report.entities {
            let left = entity.numbers.rows_read.saturating_sub(entity.quarantined);
            output.line(format!("{}: {left} left the quarantine, {} stay", entity.entity, entity.quarantined))?;
        }
        if report.entities.is_empty() {
            output.line("nothing is in quarantine that can be replayed")?;
        } else {
            outcome::show(&report, output)?;
        }
    }
    if let Some(text) = report.error_text() {
        for line in text.lines() {
            output.error(line);
        }
    }
    Ok(report.exit_code())
}

/// Requires that a connection, where one is set up, is to the source of this lakehouse. A replay needs none.
async fn require_same(lake: &Lakehouse, change: bool) -> Result<()> {
    let Some(source) = DataSource::named() else { return Ok(()) };
    source::require_same(lake, &source, change).await?;
    if change {
        run::locked(lake, "replay", source::remember(lake, &RunId::new(Utc::now()), &source, true)).await?;
    }
    Ok(())
}
