//! `connectwise-etl report NAME`: the queries under `reports:` in `schema/checks.yaml`, and the measures.

pub(super) mod html;

use super::args::{LakeArgs, must_exist};
use super::measures;
use super::output::Output;
use super::query::{Format, print};
use crate::context::RunId;
use crate::error::{Error, Result};
use crate::gold::{self, By, Month};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use connectwise_generated::checks::REPORTS;

/// Name under which the measures are shown.
const MEASURES: &str = "measures";
/// Name of the page.
const HTML: &str = "html";

/// Age of unbilled work in days, where none is asked for.
const DAYS: u32 = 30;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// What to show
    #[arg(value_parser = PossibleValuesParser::new(REPORTS.iter().map(|report| {
        PossibleValue::new(report.name).help(report.description)
    }).chain([
        PossibleValue::new(MEASURES).help("All measures of schema/measures.yaml"),
        PossibleValue::new(HTML).help("One page for a browser: what to trust, hours, unbilled work, agreements, invoices"),
    ])))]
    name: String,
    /// For `unbilled`: how old the work has to be [default: 30]
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// For `measures`: the month, as in 2026-01; all there is where left out, and for measures over a period the month of
    /// today
    #[arg(long)]
    month: Option<Month>,
    /// For `measures`: a value each company, agreement, member or month
    #[arg(long, value_parser = PossibleValuesParser::new(By::names()))]
    by: Option<String>,
    /// For `html`: the file; standard output where left out
    #[arg(long, value_name = "FILE")]
    output: Option<String>,
    /// For `html`: the language of the page [default: is]
    #[arg(long, value_enum)]
    language: Option<html::Language>,
    /// Print one JSON array of objects
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lake: LakeArgs,
}

impl ReportArgs {
    /// Refuses a flag that the report has no use for.
    fn check(&self) -> Result<()> {
        let refused = |flag: &str, for_what: &str| {
            Err(Error::Usage(format!("--{flag} is for {for_what}; leave it out of `report {}`", self.name)))
        };
        let takes_days =
            |name: &str| REPORTS.iter().any(|report| report.name == name && report.sql.contains("${days}"));
        match self {
            Self { days: Some(_), name, .. } if !takes_days(name) => {
                refused("days", "reports of what is old enough, such as `unbilled`")
            }
            Self { month: Some(_), name, .. } if name != MEASURES => refused("month", "`measures`"),
            Self { by: Some(_), name, .. } if name != MEASURES => refused("by", "`measures`"),
            Self { output: Some(_), name, .. } if name != HTML => refused("output", "`html`"),
            Self { language: Some(_), name, .. } if name != HTML => refused("language", "`html`"),
            Self { json: true, name, .. } if name == HTML => refused("json", "the other reports"),
            Self { month: Some(_), by: Some(by), .. } if by == "month" => {
                Err(Error::Usage("--by month shows all months; leave out --month, or choose another --by".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

pub(super) async fn execute(args: &ReportArgs, output: &mut Output) -> Result<u8> {
    args.check()?;
    let lake = args.lake.open().await?;
    must_exist(&lake).await?;
    if args.name == HTML {
        html::execute(&lake, args.output.as_deref(), args.language.unwrap_or_default(), output).await?;
        return Ok(0);
    }
    let now = RunId::new(chrono::Utc::now());
    if args.name == MEASURES {
        let measured = gold::measures(&lake, &now, args.month, args.by.as_deref().and_then(By::named)).await?;
        match args.json {
            true => measures::json(&measured, output)?,
            false => measures::tables(&measured, args.by.as_deref(), output)?,
        }
        return Ok(0);
    }
    let rows = gold::report(&lake, &args.name, &now, args.days.unwrap_or(DAYS)).await?;
    print(&rows, if args.json { Format::Json } else { Format::Table }, None, output)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        report: ReportArgs,
    }

    fn said(arguments: &[&str]) -> std::result::Result<(), String> {
        let read = Command::try_parse_from([&["report"], arguments].concat());
        read.map_err(|error| error.to_string())?.report.check().map_err(|error| error.to_string())
    }

    #[test]
    fn flags_that_make_no_sense_are_refused() {
        for fine in [
            &["measures"][..],
            &["measures", "--month", "2026-01", "--by", "company", "--json"],
            &["measures", "--by", "month"],
            &["unbilled", "--days", "5"],
            &["html", "--output", "a.html", "--language", "en"],
        ] {
            assert_eq!(said(fine), Ok(()), "{fine:?}");
        }
        for (wrong, wanted) in [
            (&["measures", "--month", "2026-13"][..], "this is no month; write year and month"),
            (&["measures", "--month", "2026"], "this is no month"),
            (&["measures", "--by", "project"], "possible values: company, agreement, member, month"),
            (&["measures", "--month", "2026-01", "--by", "month"], "--by month shows all months"),
            (&["measures", "--days", "5"], "--days is for reports of what is old enough"),
            (&["reconciliation", "--days", "5"], "leave it out of `report reconciliation`"),
            (&["unbilled", "--month", "2026-01"], "--month is for `measures`"),
            (&["unbilled", "--by", "company"], "--by is for `measures`"),
            (&["unbilled", "--output", "a.html"], "--output is for `html`"),
            (&["measures", "--language", "en"], "--language is for `html`"),
            (&["html", "--json"], "leave it out of `report html`"),
            (&["measure"], "measures"),
        ] {
            let error = said(wrong).unwrap_err();
            assert!(error.contains(wanted), "{wrong:?}: {error}");
        }
    }
}
