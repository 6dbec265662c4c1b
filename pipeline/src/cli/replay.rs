//! `connectwise-etl replay`: quarantined records read again.

use super::output::{Output, summary};
use super::{LakeArgs, must_exist};
use crate::error::Result;
use crate::replay::replay;
use crate::run::{Mode, Options};
use crate::settings::hash_key;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The entities, e.g. TimeEntry,Company (all where left out)
    #[arg(long = "entity", visible_alias = "entities", value_delimiter = ',', value_name = "A,B")]
    entities: Vec<String>,
    #[command(flatten)]
    lake: LakeArgs,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) async fn execute(args: ReplayArgs, output: &mut Output) -> Result<u8> {
    let options = Options { entities: args.entities, ..Options::default() };
    options.selected()?;
    let lake = args.lake.open().await?.with_hash_key(hash_key()?);
    must_exist(&lake).await?;
    let report = super::run::in_json(replay(&lake, &options).await, args.json, Mode::Replay, output)?;
    if args.json {
        output.line(super::run::as_json(&report))?;
    } else {
        if !report.tables.is_empty() {
            output.line(summary(&report.tables))?;
        }
        for entity in &report.entities {
            let left = entity.numbers.rows_read.saturating_sub(entity.quarantined);
            output.line(format!("{}: {left} left the quarantine, {} stay", entity.entity, entity.quarantined))?;
        }
        if report.entities.is_empty() {
            output.line("nothing is in quarantine that can be replayed")?;
        }
    }
    if let Some(text) = report.error_text() {
        for line in text.lines() {
            output.error(line);
        }
    }
    Ok(report.exit_code())
}
