//! Staging folder of a lakehouse, by `CW_STAGING` and `CW_STAGING_LIMIT_GB`, and the folders that features keep there.
//!
//! ```text
//! <staging>/<lakehouse>/extract/<entity>/…      what was read of an entity, kept until its table has it
//! <staging>/<lakehouse>/known/…                 which records the tables have as they came, for the next run
//! ```

use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Stage, StageConfig, folder_of, private_folder};
use crate::settings::staging_limit;
use std::path::PathBuf;

/// The variable that names another location than the user's cache folder.
const NAMED_BY: &str = "CW_STAGING";
const EXTRACT: &str = "extract";
const KNOWN: &str = "known";

/// Opens the stage of a lakehouse. The caller must hold its lock.
///
/// # Errors
/// [`Error::Io`] when its folder can't be made, [`Error::Usage`] when a setting is not usable.
pub fn open(lake: &Lakehouse) -> Result<Stage> {
    Ok(Stage::of(lake, &config()?)?)
}

/// Returns where the staging folder of a lakehouse lies.
pub fn place(lake: &Lakehouse) -> PathBuf {
    config_at(named().ok().flatten(), None).place(lake)
}

/// Refuses a location whose files the engine could not read back, before anything is fetched.
///
/// # Errors
/// [`Error::Usage`] that names it.
pub(crate) fn check_place() -> Result<()> {
    Ok(config_at(named()?, None).check()?)
}

/// Stages a few rows on trial and returns the lakehouse's staging folder.
///
/// # Errors
/// [`Error::Io`] or [`Error::Query`] as a run would meet them.
pub(crate) async fn try_out(lake: &Lakehouse) -> Result<PathBuf> {
    Ok(Stage::try_out(lake, &config()?).await?)
}

/// Removes everything that is kept of a lakehouse. The caller must hold its lock.
pub(crate) fn forget_all(lake: &Lakehouse) {
    config_at(named().ok().flatten(), None).forget_all(lake);
}

/// Returns the folder in which what was read of an entity stays until [`forget`]; `None` where nothing is kept.
pub(crate) fn fetched(stage: &Stage, entity: &str) -> Option<PathBuf> {
    Some(stage.kept()?.join(entity))
}

/// Removes what is kept of an entity: its table has it now, or it is of no use.
pub(crate) fn forget(stage: &Stage, entity: &str) {
    if let Some(folder) = fetched(stage, entity) {
        stage.forget(&folder);
    }
}

/// Returns the folder of the fingerprint caches; `None` where nothing is kept.
pub(crate) fn known(stage: &Stage) -> Option<PathBuf> {
    stage.cache(KNOWN)
}

fn config() -> Result<StageConfig> {
    Ok(config_at(named()?, staging_limit()?))
}

fn config_at(named: Option<PathBuf>, limit: Option<u64>) -> StageConfig {
    StageConfig { root: named.unwrap_or_else(usual_root), limit, kept: EXTRACT, caches: &[KNOWN] }
}

/// Returns the folder in the user's cache.
fn usual_root() -> PathBuf {
    let is_said = |value: &std::ffi::OsString| !value.to_string_lossy().trim().is_empty();
    let given = |name: &str| std::env::var_os(name).filter(is_said).map(PathBuf::from);
    let cache = given("XDG_CACHE_HOME").or_else(|| given("HOME").map(|home| home.join(".cache")));
    let below = |folder: PathBuf| folder.join("connectwise-etl").join("staging");
    // A home folder that can't be written, as in some containers, is no reason to stop.
    let usable = cache.map(below).filter(|folder| private_folder(folder).is_ok());
    usable.unwrap_or_else(|| below(std::env::temp_dir()))
}

/// Returns the folder that `CW_STAGING` names, where it is set.
fn named() -> Result<Option<PathBuf>> {
    let Some(value) = std::env::var_os(NAMED_BY).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.to_str().ok_or_else(|| Error::Usage(format!("{NAMED_BY} is {value:?}: it is no text")))?;
    Ok(Some(folder_of(NAMED_BY, text)?))
}
