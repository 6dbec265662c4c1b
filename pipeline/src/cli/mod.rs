//! The command line: what it takes, and which command does it.

mod classify;
mod csv;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod environment;
mod extract;
mod invariants;
mod maintain;
mod output;
mod output_file;
mod plan;
mod query;
mod reconcile;
mod replay;
mod report;
mod run;
mod status;
mod table;

pub use output::Output;

use crate::catalog;
use crate::client::Pace;
use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Layout};
use crate::progress::Progress;
use crate::run::{Layer, Mode};
use crate::settings::variable;
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum as _};
use tracing_subscriber::EnvFilter;

/// ConnectWise PSA to Delta tables, bronze → silver → gold, for Microsoft Fabric and Power BI.
#[derive(Debug, Parser)]
#[command(name = "connectwise-etl", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
    /// Say less: errors only.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Say more (-v what is done, -vv every request).
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The form of what is said on standard error: for people, or an object a line for programs
    #[arg(long, env = "CW_LOG_FORMAT", global = true, value_enum, default_value_t, value_name = "FORMAT")]
    log_format: LogFormat,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line: log, progress and errors.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Extract, and bring bronze, silver and gold up to date
    Run(RunArgs),
    /// Everything against a simulated ConnectWise inside the process: no credentials needed
    #[cfg(feature = "demo")]
    Demo(demo::DemoArgs),
    /// Any list of the API to ndjson, CSV or Parquet
    Extract(extract::ExtractArgs),
    /// Check the address, the login, the rights and the storage, and say what to do
    Doctor(doctor::DoctorArgs),
    /// Show which rule classifies an agreement type's name, and why
    Classify(classify::ClassifyArgs),
    /// Compare all ids with the API, and mark what the source deleted
    Reconcile(reconcile::ReconcileArgs),
    /// Read the records in quarantine again, and bring those that fit now through to gold
    Replay(replay::ReplayArgs),
    /// Few large files in place of many small ones, old files away, a checkpoint a table
    Maintain(maintain::MaintainArgs),
    /// Ask the tables with SQL, e.g. `SELECT * FROM gold.dimcompany LIMIT 5`
    Query(query::QueryArgs),
    /// What someone should look at: unbilled work, unmatched agreement types, invoices that don't add up
    Report(report::ReportArgs),
    /// Runs, watermarks, rows a table, checks, quarantine
    Status(status::StatusArgs),
}

/// Where the tables lie.
#[derive(Debug, Clone, Args)]
pub(crate) struct LakeArgs {
    /// A folder, abfss://… (OneLake), or az://…
    #[arg(long, env = "CW_LAKEHOUSE", default_value = "./lakehouse", value_name = "URL")]
    lakehouse: String,
    /// `<layer>/<table>`, or `<layer>_<table>` for lakehouses without schemas
    #[arg(long, env = "CW_LAYOUT", value_enum, default_value_t)]
    layout: Layout,
}

impl LakeArgs {
    /// The lakehouse, whose tables have to be of the layout that is asked for.
    pub(crate) async fn open(&self) -> Result<Lakehouse> {
        let lake = catalog::open(&self.lakehouse, self.layout)?;
        catalog::require_layout(&lake).await?;
        Ok(lake)
    }
}

/// How fast and how broad the API is asked.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PaceArgs {
    /// Requests a minute to the API, of all workers together; 0 is as many as it answers
    #[arg(
        long,
        env = "CW_REQUESTS_PER_MINUTE",
        value_name = "N",
        default_value_t = Pace::USUAL.requests_per_minute
    )]
    requests_per_minute: u32,
    /// Requests to the API at once, 1 to 64
    #[arg(
        long,
        env = "CW_WORKERS",
        value_name = "N",
        default_value_t = Pace::USUAL.workers as u64,
        value_parser = clap::value_parser!(u64).range(1..=64)
    )]
    workers: u64,
}

impl From<PaceArgs> for Pace {
    fn from(args: PaceArgs) -> Self {
        Self {
            requests_per_minute: args.requests_per_minute,
            workers: usize::try_from(args.workers).unwrap_or(Self::USUAL.workers),
        }
    }
}

#[derive(Debug, Args)]
struct RunArgs {
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
        default_value_t = crate::quarantine::MOST_PERCENT,
        value_parser = parse_percent
    )]
    max_quarantined: f64,
    /// Mark deletions even where most of a table is gone from the source
    #[arg(long)]
    force: bool,
    /// Compare every gold table that was not computed whole with a rebuild, however large it is
    #[arg(long)]
    verify: bool,
    /// Let the lakehouse hold the data of another ConnectWise from now on: reads each entity whole once
    #[arg(long)]
    change_source: bool,
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    pace: PaceArgs,
    /// Show what would be read and written, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
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

impl Cli {
    /// Reads the command line, and the variables that stand in for flags. What can't be read, and what was asked for help,
    /// is told, and ends the process.
    ///
    /// # Errors
    /// [`Error::Usage`] for a variable that can't be meant as it stands.
    pub fn read() -> Result<Self> {
        environment::read()
    }

    /// The level of the log on standard error.
    pub fn log_level(&self) -> &'static str {
        // All crates of this workspace, by the beginning of their names.
        match (self.quiet, self.verbose) {
            (true, _) => "error",
            // Progress is in the log then.
            (false, 0) if self.log_format == LogFormat::Json => "error,connectwise=info",
            // The libraries warn of what a person can do nothing about.
            (false, 0) => "error,connectwise=warn",
            (false, 1) => "error,connectwise=info",
            (false, _) => "warn,connectwise=debug",
        }
    }

    /// What of the log is shown: by `CW_LOG` where that is set, else by the level.
    ///
    /// # Errors
    /// [`Error::Usage`] where `CW_LOG` is no filter.
    pub fn log_filter(&self) -> Result<EnvFilter> {
        match variable("CW_LOG")? {
            None => Ok(EnvFilter::new(self.log_level())),
            Some(text) => {
                EnvFilter::try_new(&text).map_err(|error| Error::Usage(format!("CW_LOG is {text:?}: {error}")))
            }
        }
    }

    /// The form of the log on standard error.
    pub fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// Where progress is shown.
    pub fn progress(&self) -> Progress {
        match self.log_format {
            LogFormat::Text => Progress::standard(self.quiet),
            LogFormat::Json => Progress::events(),
        }
    }

    /// Carries the command out and gives the exit status.
    ///
    /// # Errors
    /// [`Error`], whose message is for the person and whose exit status is [`Error::exit_code`].
    pub async fn execute(self, output: &mut Output) -> Result<u8> {
        environment::check(std::time::SystemTime::now())?;
        match self.command {
            Command::Run(args) => run::execute(args, output).await,
            #[cfg(feature = "demo")]
            Command::Demo(args) => demo::execute(args, output).await,
            Command::Extract(args) => extract::execute(&args, output).await,
            Command::Doctor(args) => doctor::execute(&args, output).await,
            Command::Classify(args) => classify::execute(&args, output),
            Command::Reconcile(args) => reconcile::execute(args, output).await,
            Command::Replay(args) => replay::execute(args, output).await,
            Command::Maintain(args) => maintain::execute(&args, output).await,
            Command::Query(args) => query::execute(&args, output).await,
            Command::Report(args) => report::execute(&args, output).await,
            Command::Status(args) => status::execute(&args, output).await,
        }
    }
}

/// Makes sure that a lakehouse to be read is there, and has tables.
///
/// # Errors
/// [`Error::Lakehouse`] that says how to fill one.
pub(crate) async fn must_exist(lake: &Lakehouse) -> Result<()> {
    match lake.root().to_file_path() {
        Ok(path) if !path.is_dir() => Err(Error::from(lake.unusable(
            "there is nothing; fill it with `connectwise-etl run` or `connectwise-etl demo`, or name another with \
             --lakehouse",
        ))),
        _ => Ok(catalog::require_any(lake).await?),
    }
}
