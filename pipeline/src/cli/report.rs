//! `connectwise-etl report NAME`: the queries under `reports:` in `schema/checks.yaml`.

use super::args::{LakeArgs, must_exist};
use super::output::Output;
use super::query::{Format, print};
use crate::context::RunId;
use crate::error::Result;
use crate::gold;
use clap::Args;
use clap::builder::PossibleValuesParser;
use connectwise_generated::checks::REPORTS;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// What to show
    #[arg(value_parser = PossibleValuesParser::new(REPORTS.iter().map(|report| {
        clap::builder::PossibleValue::new(report.name).help(report.description)
    })))]
    name: String,
    /// For `unbilled`: how old the work has to be
    #[arg(long, default_value_t = 30, value_name = "N")]
    days: u32,
    /// Print one JSON array of objects
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lake: LakeArgs,
}

pub(super) async fn execute(args: &ReportArgs, output: &mut Output) -> Result<u8> {
    let lake = args.lake.open().await?;
    must_exist(&lake).await?;
    let now = RunId::new(chrono::Utc::now());
    let rows = gold::report(&lake, &args.name, &now, args.days).await?;
    print(&rows, if args.json { Format::Json } else { Format::Table }, None, output)?;
    Ok(0)
}
