//! `connectwise-etl report html`: one page about the lakehouse, whose figures come from the statements of the page's own
//! crate.

use super::super::output::Output;
use super::super::output_file::OutputFile;
use super::super::query::select_in;
use crate::catalog;
use crate::context::RunId;
use crate::error::{Error, Result};
use crate::gold;
use crate::lake::Lakehouse;
use chrono::Utc;
use clap::ValueEnum;
use connectwise_page::{Input, Limits, Outcome, render, statements};
use std::io::{IsTerminal as _, Write as _};

/// Language of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Language {
    /// Icelandic
    #[default]
    Is,
    /// English
    En,
}

impl From<Language> for connectwise_page::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Is => Self::Icelandic,
            Language::En => Self::English,
        }
    }
}

/// Writes the page to a file, or to standard output where none is named.
///
/// # Errors
/// [`Error::Usage`] where it would fill a terminal; [`Error::Query`] where no statement can be run at all;
/// [`Error::Io`] where it can't be written.
pub(in crate::cli) async fn execute(
    lake: &Lakehouse,
    file: Option<&str>,
    language: Language,
    output: &mut Output,
) -> Result<()> {
    if file.is_none() && std::io::stdout().is_terminal() {
        return Err(Error::Usage("the page is for a browser: name a file with --output FILE".to_owned()));
    }
    let mut target = OutputFile::new(file.unwrap_or("-"))?;
    let stop = target.stop();
    let page = stop.or(page(lake, language)).await?;
    target.draft().write_all(page.as_bytes()).map_err(|error| Error::io("writing the page", error))?;
    target.finish(output)?;
    if let Some(file) = file.filter(|file| *file != "-") {
        output.progress(format!("The page is in {file}: open it in a browser"));
    }
    Ok(())
}

/// Runs the statements and renders the page.
async fn page(lake: &Lakehouse, language: Language) -> Result<String> {
    let now = Utc::now();
    let business_date = gold::business_day(&RunId::new(now))?;
    let tables = catalog::open_all(lake).await?;
    let context = catalog::session(lake, &tables).await?;
    let mut results = std::collections::BTreeMap::new();
    for statement in statements(business_date).map_err(Error::query)? {
        let outcome = match select_in(&context, &statement.sql).await {
            Ok(rows) => Outcome::Rows(rows),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        results.insert(statement.name, outcome);
    }
    let input = Input {
        language: language.into(),
        generated_at: now,
        business_date,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lakehouse: lake.display(),
        results,
        limits: Limits::default(),
    };
    render(&input).map_err(Error::query)
}
