//! Run context: the id, the options, the lakehouse and the staging folder that the layers of a run share.

use crate::error::{Error, Result};
use crate::lake::{Lakehouse, Stage, sorts_at_once};
use crate::progress::Progress;
use chrono::{DateTime, Utc};
use connectwise_generated::tables::TABLES;
use connectwise_runtime::Table;
use std::sync::Arc;

/// Number of rows from which a table is large.
const LARGE: u64 = 200_000;

/// Returns how many tables of a layer are written at a time: many small ones, since each waits for the storage more than
/// it computes; few where one of them is large, and one where a large one is made whole, which takes all cores and much
/// memory.
pub(crate) fn tables_at_once(most_rows: u64, is_whole: bool) -> usize {
    let wanted = match (most_rows, is_whole) {
        (..20_000, _) => 16,
        (..LARGE, _) => 4,
        (_, false) => 2,
        (_, true) => 1,
    };
    sorts_at_once().min(wanted)
}

/// Returns how many of so many tables at a time one of so many rows counts as: a large one is written alone, and waits
/// less than it computes.
pub(crate) fn share_of(rows: u64, at_once: usize) -> usize {
    if rows < LARGE { 1 } else { at_once }
}

/// A run's id and start.
#[derive(Debug, Clone)]
pub struct RunId {
    id: String,
    started: DateTime<Utc>,
}

impl RunId {
    /// Creates a run that starts at this instant.
    pub fn new(started: DateTime<Utc>) -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self { id: format!("{}-{}", started.format("%Y%m%dT%H%M%SZ"), &random[..8]), started }
    }

    /// Returns the id, sortable by time.
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// Returns when it started.
    pub fn started(&self) -> DateTime<Utc> {
        self.started
    }

    /// Returns when it started, in microseconds since 1970.
    pub fn started_micros(&self) -> i64 {
        self.started.timestamp_micros()
    }
}

/// Context that every layer of one run shares; cheap to clone.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// The run's id and start.
    pub id: RunId,
    /// The run's options.
    pub options: Arc<Options>,
    /// The lakehouse that the run writes.
    pub lake: Lakehouse,
    /// Where rows are staged.
    pub stage: Arc<Stage>,
}

/// How much is read: all of it, or what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Mode {
    /// What changed since the watermark, less the look-back.
    #[default]
    Incremental,
    /// Everything; replaces bronze.
    Full,
    /// Nothing but ids: marks what the source deleted.
    #[value(skip)]
    Reconcile,
    /// No request at all: reads the quarantine again.
    #[value(skip)]
    Replay,
}

impl Mode {
    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Incremental => "incremental",
            Mode::Full => "full",
            Mode::Reconcile => "reconcile",
            Mode::Replay => "replay",
        }
    }
}

/// A layer to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Layer {
    /// From the API.
    Bronze,
    /// From bronze.
    Silver,
    /// From silver.
    Gold,
}

impl Layer {
    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Bronze => "bronze",
            Layer::Silver => "silver",
            Layer::Gold => "gold",
        }
    }
}

/// Options of a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether all of it is read, or what changed.
    pub mode: Mode,
    /// The layers; all where empty.
    pub layers: Vec<Layer>,
    /// Names of entities (or variants); all where empty.
    pub entities: Vec<String>,
    /// Look-back in days, in place of each entity's own.
    pub lookback_days: Option<u32>,
    /// Start of the window, in place of each entity's own.
    pub since: Option<DateTime<Utc>>,
    /// Days after the last comparison at which all ids are compared with the source again.
    pub reconcile_days: Option<u32>,
    /// Maximum share of an entity's records, in percent, that may be rejected, where it is not the usual one.
    pub max_quarantined: Option<f64>,
    /// Whether deletions are marked however many they are.
    pub force: bool,
    /// Whether the lakehouse holds the data of the client's source from now on, if it held another's.
    pub change_source: bool,
    /// Whether every gold table that was not computed whole is compared with its whole statement, however large it is.
    pub verify: bool,
    /// Whether months that were written are written anew.
    pub restate_months: bool,
    /// Instant of the business date, where it is not now.
    pub started: Option<DateTime<Utc>>,
    /// Where progress is shown.
    pub progress: Progress,
}

impl Options {
    pub(crate) fn has(&self, layer: Layer) -> bool {
        self.layers.is_empty() || self.layers.contains(&layer)
    }

    /// Returns what is wrong with a window that begins after now.
    pub(crate) fn late_since(&self, now: DateTime<Utc>) -> Option<String> {
        let since = self.since.filter(|since| *since > now && self.has(Layer::Bronze))?;
        Some(format!(
            "--since {} is in the future: nothing can have changed since then, and nothing but whole lists is read",
            since.format("%Y-%m-%dT%H:%M:%SZ")
        ))
    }

    /// Returns the selected entities, in the order of the generated list.
    ///
    /// # Errors
    /// [`Error::Usage`] with the known names.
    pub fn selected(&self) -> Result<Vec<&'static Table>> {
        let known = || {
            let mut names: Vec<&str> = TABLES.iter().map(|table| table.entity).collect();
            names.extend(TABLES.iter().flat_map(|table| table.variants.iter().map(|variant| variant.name)));
            names.join(", ")
        };
        let mut selected: Vec<&'static Table> = Vec::new();
        // `Company, Member` and `Company,` are accepted; a list of nothing but blanks is not.
        let names = self.entities.iter().map(|name| name.trim());
        for name in names.filter(|name| !name.is_empty() || self.entities.iter().all(|name| name.trim().is_empty())) {
            let found = TABLES.iter().find(|table| {
                table.entity.eq_ignore_ascii_case(name)
                    || table.variants.iter().any(|variant| variant.name.eq_ignore_ascii_case(name))
            });
            match found {
                Some(table) if selected.iter().any(|other| other.entity == table.entity) => {}
                Some(table) => selected.push(table),
                None if name.is_empty() => {
                    return Err(Error::Usage(format!("no entity is named; known are {}", known())));
                }
                None => return Err(Error::Usage(format!("there is no entity {name}; known are {}", known()))),
            }
        }
        if selected.is_empty() {
            selected.extend(TABLES.iter());
        }
        Ok(selected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(names: &[&str]) -> Result<Vec<&'static str>> {
        let entities = names.iter().map(|name| (*name).to_owned()).collect();
        let options = Options { entities, ..Options::default() };
        Ok(options.selected()?.iter().map(|table| table.entity).collect())
    }

    #[test]
    fn blanks_around_names_are_no_part_of_them() {
        assert_eq!(selected(&["Company", " member\t", ""]).unwrap(), ["Company", "Member"]);
        assert_eq!(selected(&[]).unwrap().len(), TABLES.len());
        for wrong in [&[""][..], &[" ", ""], &["Company", "Com pany"]] {
            assert!(matches!(selected(wrong), Err(Error::Usage(_))), "{wrong:?}");
        }
    }
}
