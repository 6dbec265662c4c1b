//! Arguments that several commands take: the lakehouse, the rate of requests, and the form of CSV.

use super::csv::Excel;
use crate::catalog;
use crate::client::RateLimit;
use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Layout, StorageOptions, TokenSource};
use clap::Args;
use std::sync::Arc;
use std::time::Duration;

/// Where tables lie, unless something else is said.
pub(super) const DEFAULT_PLACE: &str = "./lakehouse";

/// Where the tables lie.
#[derive(Debug, Clone, Args)]
pub(crate) struct LakeArgs {
    /// A folder, abfss://… (OneLake), or az://…
    #[arg(long, env = "CW_LAKEHOUSE", default_value = DEFAULT_PLACE, value_name = "URL")]
    lakehouse: String,
    /// `<layer>/<table>`, or `<layer>_<table>` for lakehouses without schemas
    #[arg(long, env = "CW_LAYOUT", value_enum, default_value_t)]
    layout: Layout,
    /// Option of the storage, named as in the environment, e.g. azure_storage_token=…; may be repeated
    #[arg(long = "storage-option", value_name = "KEY=VALUE")]
    storage_options: Vec<String>,
    #[arg(skip)]
    tokens: Tokens,
}

/// Source of the storage's bearer tokens, where the program around this one has one.
#[derive(Clone, Default)]
struct Tokens(Option<TokenSource>);

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", if self.0.is_some() { "a source" } else { "none" })
    }
}

impl LakeArgs {
    /// Whether tables are named `<layer>_<table>`.
    pub(crate) fn is_flat(&self) -> bool {
        self.layout == Layout::Flat
    }

    /// Where the tables lie, as it was given.
    pub(crate) fn location(&self) -> &str {
        &self.lakehouse
    }

    /// Puts the tables elsewhere.
    pub(crate) fn at(self, lakehouse: String) -> Self {
        Self { lakehouse, ..self }
    }

    /// Takes bearer tokens from a source.
    pub(crate) fn take_tokens(&mut self, tokens: Option<TokenSource>) {
        self.tokens = Tokens(tokens);
    }

    /// Opens the lakehouse, whose tables have to be of the layout that is asked for.
    pub(crate) async fn open(&self) -> Result<Lakehouse> {
        let mut options = StorageOptions::parse(self.storage_options.iter().map(String::as_str))?;
        if let Some(tokens) = &self.tokens.0 {
            options = options.with_tokens(Arc::clone(tokens));
        }
        let lake = catalog::open_with(&self.lakehouse, self.layout, &options)?;
        catalog::require_layout(&lake).await?;
        Ok(lake)
    }
}

/// What to do while another process writes to the lakehouse.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LockArgs {
    /// Wait so long for another run to end, in place of giving up at once
    #[arg(long, env = "CW_WAIT", value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

impl LockArgs {
    /// Time to wait for the lock.
    pub(crate) fn wait(self) -> Duration {
        Duration::from_secs(self.wait)
    }
}

/// How fast and how broad the API is asked.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RateArgs {
    /// Requests a minute to the API, of all workers together; 0 is as many as it answers
    #[arg(
        long,
        env = "CW_REQUESTS_PER_MINUTE",
        value_name = "N",
        default_value_t = RateLimit::USUAL.requests_per_minute
    )]
    requests_per_minute: u32,
    /// Requests to the API at once, 1 to 64
    #[arg(
        long,
        env = "CW_WORKERS",
        value_name = "N",
        default_value_t = RateLimit::USUAL.workers as u64,
        value_parser = clap::value_parser!(u64).range(1..=64)
    )]
    workers: u64,
}

impl RateArgs {
    /// Variables for what is not as usual.
    pub(crate) fn unusual(self) -> Vec<(&'static str, String)> {
        let (own, usual) = (RateLimit::from(self), RateLimit::USUAL);
        let pace = (own.requests_per_minute != usual.requests_per_minute)
            .then(|| ("CW_REQUESTS_PER_MINUTE", own.requests_per_minute.to_string()));
        let workers = (own.workers != usual.workers).then(|| ("CW_WORKERS", own.workers.to_string()));
        pace.into_iter().chain(workers).collect()
    }

    /// Requests at once.
    pub(crate) fn workers(self) -> usize {
        RateLimit::from(self).workers
    }
}

impl From<RateArgs> for RateLimit {
    fn from(args: RateArgs) -> Self {
        Self {
            requests_per_minute: args.requests_per_minute,
            workers: usize::try_from(args.workers).unwrap_or(Self::USUAL.workers),
        }
    }
}

/// Requires that a lakehouse to be read exists and has tables.
///
/// # Errors
/// [`crate::lake::Error::Lakehouse`] that says how to fill one.
pub(crate) async fn must_exist(lake: &Lakehouse) -> Result<()> {
    match lake.root().to_file_path() {
        Ok(path) if !path.is_dir() => Err(Error::from(lake.unusable(
            "there is nothing; fill it with `connectwise-etl run` or `connectwise-etl demo`, or name another with \
             --lakehouse",
        ))),
        _ => Ok(catalog::require_any(lake).await?),
    }
}

/// CSV as Excel reads it.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ExcelArgs {
    /// CSV as Excel reads it: with semicolons and a decimal comma, or, as `english`, with commas and a decimal point
    #[arg(
        long,
        value_enum,
        value_name = "REGION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "europe"
    )]
    pub(crate) excel: Option<Excel>,
}
