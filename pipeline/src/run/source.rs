//! Source of a lakehouse: which ConnectWise its data comes from, and what identifies the lakehouse itself.
//!
//! Invariants: data of one source must never be put beside data of another without `--change-source`, and then each
//! entity must be read whole first. A lakehouse must be identified by the id of a table of its own, never by its
//! location: one that was created anew at the same location is another.

use super::meta;
use crate::bronze::SOURCE;
use crate::client::DataSource;
use crate::context::RunId;
use crate::error::{Error, Result};
use crate::lake::Lakehouse;
use crate::staging;
use connectwise_runtime::Table;

/// The file by which earlier versions marked a demo's folder.
const DEMO_FILE: &str = ".connectwise-etl-demo";

/// Reads the source whose data a lakehouse holds, if it is recorded.
///
/// # Errors
/// [`crate::lake::Error::Table`] when it can't be read.
pub async fn remembered(lake: &Lakehouse) -> Result<Option<DataSource>> {
    Ok(meta::source(lake).await?.or_else(|| marked(lake)))
}

/// Returns the demo's source where an earlier version's file marks the folder.
fn marked(lake: &Lakehouse) -> Option<DataSource> {
    let path = lake.root().to_file_path().ok()?;
    path.join(DEMO_FILE).exists().then(DataSource::demo)
}

/// Refuses a source other than the one whose data the lakehouse holds, unless it is to be changed.
///
/// # Errors
/// [`Error::Usage`] that names both, and what to do.
pub(crate) async fn require_same(lake: &Lakehouse, source: &DataSource, change: bool) -> Result<()> {
    let held = remembered(lake).await?;
    held.filter(|held| held != source && !change).map_or(Ok(()), |held| Err(refusal(lake, &held, source)))
}

fn refusal(lake: &Lakehouse, held: &DataSource, source: &DataSource) -> Error {
    Error::Usage(format!(
        "the lakehouse {} holds the data of {held}, and this is {source}: name another lakehouse with --lakehouse (or \
         CW_LAKEHOUSE). If this one is to hold the data of the latter from now on: --change-source, with which each \
         entity is read whole once",
        lake.display()
    ))
}

/// Records the source of what is read from now on, and deletes what was staged of another one. Returns a text that is
/// unique to this source and this lakehouse. The caller must hold the lakehouse's lock.
///
/// # Errors
/// As [`require_same`]; [`crate::lake::Error::Table`] when it can't be recorded.
pub(crate) async fn remember(lake: &Lakehouse, run: &RunId, source: &DataSource, change: bool) -> Result<String> {
    let recorded = meta::source(lake).await?;
    let is_recorded = recorded.as_ref() == Some(source);
    if let Some(held) = recorded.or_else(|| marked(lake)).filter(|held| held != source) {
        if !change {
            return Err(refusal(lake, &held, source));
        }
        staging::forget_all(lake);
    }
    if !is_recorded {
        meta::record_source(lake, run, source).await?;
    }
    let table = lake.open("meta", meta::SOURCE).await?;
    let table = table.ok_or_else(|| Error::table("meta", meta::SOURCE, "opening", "it is gone again"))?;
    Ok(format!("{}\n{}", table.id()?, source.key()))
}

/// Returns whether an entity's bronze table holds the rows of another source. A table that does not record its source
/// counts as another's where the source is changed.
///
/// # Errors
/// [`crate::lake::Error::Table`] when it can't be read.
pub(crate) async fn is_other(lake: &Lakehouse, entity: &Table, source: &DataSource, change: bool) -> Result<bool> {
    let Some(table) = lake.open("bronze", entity.table).await? else { return Ok(false) };
    Ok(table.transaction(SOURCE).await?.map_or(change, |held| held != source.number()))
}
