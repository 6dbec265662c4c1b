//! `connectwise-etl doctor`: prints one line per check, and what to do about those that fail.

use super::args::{LakeArgs, RateArgs};
use super::output::Output;
use crate::doctor::{Check, examine, is_well};
use crate::error::Result;
use crate::printable::one_line;
use crate::settings::ApiSettings;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    rate: RateArgs,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) async fn execute(args: &DoctorArgs, output: &mut Output) -> Result<u8> {
    let checks = examine(ApiSettings::from_env(), args.rate.into(), args.lake.open().await).await;
    let well = is_well(&checks);
    if args.json {
        output.line(format!("{:#}", json!({ "well": well, "checks": checks })))?;
    } else {
        show(&checks, output)?;
    }
    Ok(u8::from(!well))
}

/// Prints a line a check, and what to do about those that fail.
pub(super) fn show(checks: &[Check], output: &mut Output) -> Result<()> {
    let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    for check in checks {
        output.line(format!("{} {:width$}  {}", check.state.mark(), check.name, one_line(&check.found)))?;
        if let Some(advice) = &check.advice {
            output.line(format!("  {:width$}  → {}", "", one_line(advice)))?;
        }
    }
    Ok(())
}
