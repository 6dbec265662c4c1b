//! Command line: its arguments, and the commands that they select.

mod args;
mod classify;
mod csv;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod entry;
mod environment;
mod export;
mod extract;
mod failure_hook;
mod help;
mod init;
mod invariants;
mod maintain;
mod measures;
mod outcome;
mod output;
mod output_file;
mod plan;
mod query;
mod reconcile;
mod remarks;
mod replay;
mod report;
mod run;
mod status;
mod table;

pub use entry::{embedded, main, runtime};
pub use output::Output;

use crate::error::{Error, Result};
use crate::lake::TokenSource;
use crate::progress::Progress;
use crate::settings::variable;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use tracing_subscriber::EnvFilter;

/// ConnectWise PSA to Delta tables, bronze → silver → gold, for Microsoft Fabric and Power BI.
#[derive(Debug, Parser)]
#[command(name = "connectwise-etl", version, max_term_width = 100, disable_help_subcommand = true)]
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
    #[command(after_long_help = include_str!("help/examples/run.txt"))]
    Run(run::RunArgs),
    /// Everything against a simulated ConnectWise inside the process: no credentials needed
    #[cfg(feature = "demo")]
    #[command(after_long_help = include_str!("help/examples/demo.txt"))]
    Demo(demo::DemoArgs),
    /// Any list of the API to ndjson, CSV or Parquet
    #[command(after_long_help = include_str!("help/examples/extract.txt"))]
    Extract(extract::ExtractArgs),
    /// Check the address, the login, the rights and the storage, and say what to do
    #[command(after_long_help = include_str!("help/examples/doctor.txt"))]
    Doctor(doctor::DoctorArgs),
    /// Show which rule classifies an agreement type's name, and why
    #[command(after_long_help = include_str!("help/examples/classify.txt"))]
    Classify(classify::ClassifyArgs),
    /// Compare all ids with the API, and mark what the source deleted
    #[command(after_long_help = include_str!("help/examples/reconcile.txt"))]
    Reconcile(reconcile::ReconcileArgs),
    /// Read the records in quarantine again, and bring those that fit now through to gold
    #[command(after_long_help = include_str!("help/examples/replay.txt"))]
    Replay(replay::ReplayArgs),
    /// Few large files in place of many small ones, old files away, a checkpoint a table
    #[command(after_long_help = include_str!("help/examples/maintain.txt"))]
    Maintain(maintain::MaintainArgs),
    /// Ask the tables with SQL, e.g. `SELECT * FROM gold.dimcompany LIMIT 5`
    #[command(after_long_help = include_str!("help/examples/query.txt"))]
    Query(query::QueryArgs),
    /// What someone should look at: unbilled work, unmatched agreement types, invoices that don't add up; and the
    /// measures
    #[command(after_long_help = include_str!("help/examples/report.txt"))]
    Report(report::ReportArgs),
    /// Runs, watermarks, rows a table, checks, quarantine
    #[command(after_long_help = include_str!("help/examples/status.txt"))]
    Status(status::StatusArgs),
    /// What Power BI and Fabric need: lakehouse, semantic model, report, notebooks and pipeline as one folder
    #[command(after_long_help = include_str!("help/examples/export.txt"))]
    Export(export::ExportArgs),
    /// Ask for the connection, check it, and write the settings to a file
    #[command(after_long_help = include_str!("help/examples/init.txt"))]
    Init(init::InitArgs),
    /// Explain a command or a topic
    #[command(after_long_help = include_str!("help/examples/help.txt"))]
    Help(help::HelpArgs),
    /// Print the completions of a shell
    #[command(after_long_help = include_str!("help/examples/completions.txt"))]
    Completions(help::CompletionsArgs),
    /// Print the manual page, or write one a command
    #[command(after_long_help = include_str!("help/examples/man.txt"))]
    Man(help::ManArgs),
}

impl Cli {
    /// Reads a command line, and the variables that stand in for flags.
    fn read(arguments: impl IntoIterator<Item = OsString>) -> std::result::Result<Self, environment::Refusal> {
        environment::read(arguments)
    }

    /// Takes the storage's bearer tokens from a source.
    fn take_tokens(&mut self, tokens: Option<TokenSource>) {
        if let Command::Run(args) = &mut self.command {
            args.take_tokens(tokens);
        }
    }

    /// Returns the level of the log on standard error.
    pub fn log_level(&self) -> &'static str {
        // All crates of this workspace, by the beginning of their names.
        match (self.quiet, self.verbose) {
            // What the libraries say is of no use to a user: their errors end in one of ours.
            (true, _) => "off,connectwise=error",
            // Progress is in the log then.
            (false, 0) if self.log_format == LogFormat::Json => "off,connectwise=info",
            (false, 0) => "off,connectwise=warn",
            (false, 1) => "error,connectwise=info",
            (false, _) => "warn,connectwise=debug",
        }
    }

    /// Returns the filter of the log: `CW_LOG` where that is set, else the level.
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

    /// Returns the form of the log on standard error.
    pub fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// Returns the progress display that fits the form of the log.
    pub fn progress(&self) -> Progress {
        match self.log_format {
            LogFormat::Text => Progress::standard(self.quiet),
            LogFormat::Json => Progress::events(),
        }
    }

    /// Executes the command and returns the exit status.
    ///
    /// # Errors
    /// [`Error`], whose message is for the user and whose exit status is [`Error::exit_code`].
    pub async fn execute(self, output: &mut Output) -> Result<u8> {
        environment::check(std::time::SystemTime::now())?;
        output.set_verbose(self.verbose > 0, self.quiet);
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
            Command::Export(args) => export::execute(&args, output),
            Command::Init(args) => init::execute(&args, output).await,
            Command::Help(args) => help::help(&args, output),
            Command::Completions(args) => help::completions(&args, output),
            Command::Man(args) => help::man(&args, output),
        }
    }
}
