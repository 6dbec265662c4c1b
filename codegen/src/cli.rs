//! The command line.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{self, CommandError, FAILURE};
use crate::report::Reporter;
use crate::workspace;

/// Generates the typed models, tables, client operations and gold SQL of connectwise-etl.
#[derive(Debug, Parser)]
#[command(name = "cargo codegen", bin_name = "cargo codegen", version)]
struct Cli {
    /// The workspace (default: the one around the current folder).
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make schema/connectwise-VERSION.json and openapi.lock of the vendor's OpenAPI file, and print what changed.
    Import {
        /// The vendor's full OpenAPI file, in JSON.
        file: PathBuf,
    },
    /// Write the generated files that differ, and remove the ones that nothing generates any more.
    Generate,
    /// Compare without writing: exit status 0 fresh, 4 stale, 100 failure.
    Check,
    /// Show the entities in use.
    List {
        /// Show every list endpoint: schema, columns, key, parent, and what stands in the way of a table.
        #[arg(long)]
        all: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Append the entities of list endpoints to schema/entities.yaml.
    Add {
        /// The endpoint, e.g. /service/tickets or '/finance/agreements/{parentId}/additions'.
        #[arg(required = true, value_name = "ENDPOINT")]
        endpoints: Vec<String>,
        /// Add the lists whose ids the paths need too, where they are no entities yet.
        #[arg(long)]
        parents: bool,
    },
    /// Show what changed in the tables: added, removed, retyped and renamed columns.
    Diff {
        /// What to compare the working tree with: a spec file, or a git revision.
        #[arg(long, value_name = "FILE|GIT-REF", default_value = "HEAD")]
        against: String,
        /// How to show it.
        #[arg(long, value_enum, default_value = "text")]
        format: commands::Format,
    },
}

/// Runs a command line and returns the exit status.
pub fn run<I, T>(arguments: I, out: &mut dyn Write, errors: &mut dyn Write) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let status = error.exit_code();
            let text = error.render();
            // A closed pipe is no reason to fail a --help.
            let _ = if status == 0 { write!(out, "{text}") } else { write!(errors, "{text}") };
            return u8::try_from(status).unwrap_or(2);
        }
    };
    let failure = if matches!(cli.command, Command::Check) { FAILURE } else { 1 };
    match dispatch(&cli, &mut Reporter::new(out)) {
        Ok(status) => status,
        Err(error) => {
            let _ = writeln!(errors, "error: {error}");
            failure
        }
    }
}

fn dispatch(cli: &Cli, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let root = workspace::find(cli.root.as_deref())?;
    match &cli.command {
        Command::Import { file } => commands::import(&root, file, reporter),
        Command::Generate => commands::generate(&root, reporter),
        Command::Check => commands::check(&root, reporter),
        Command::List { all, json } => commands::list(&root, *all, *json, reporter),
        Command::Add { endpoints, parents } => commands::add(&root, endpoints, *parents, reporter),
        Command::Diff { against, format } => commands::diff(&root, against, *format, reporter),
    }
}
