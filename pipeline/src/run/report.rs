//! Report of a run: by entity, by table, by check; and the exit status that follows.

use crate::bronze::deletions::Finding;
use crate::bronze::quarantine::{TABLE as QUARANTINE, WARNING_PERCENT};
use crate::check::{Check, Severity};
use crate::context::{Layer, Mode, RunId};
use crate::error::Result;
use crate::extract::ExtractStats;
use crate::gold::{Built, RefreshKind, Unmatched};
use crate::lake::Counts;
use chrono::{DateTime, Utc};
use connectwise_generated::tables::TABLES;
use connectwise_runtime::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Instant;

/// Header of a run: what is known of it before its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunHeader {
    /// Its id.
    pub run_id: String,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// full, incremental, reconcile or replay.
    pub mode: String,
    /// The layers that it builds.
    pub layers: String,
    /// The entities that it is limited to.
    pub entities: Option<String>,
}

/// Outcome of flattening an entity: each table with its counts and its rows.
pub(crate) struct SilverOutcome {
    /// The tables, the entity's own first.
    pub tables: Result<Vec<(&'static str, Counts, u64)>>,
    /// How long it took.
    pub seconds: f64,
}

/// Report of an entity.
#[derive(Debug, Clone, Default)]
pub struct EntityReport {
    /// Its name.
    pub entity: &'static str,
    /// Requests, pages, bytes, seconds.
    pub numbers: ExtractStats,
    /// Bronze rows that were inserted, updated, left unchanged and deleted.
    pub counts: Counts,
    /// Records that this run quarantined.
    pub quarantined: u64,
    /// Result of the comparison of all ids, where there was one.
    pub compared: Option<Finding>,
    /// Properties that the spec does not know.
    pub unknown_fields: BTreeMap<String, u64>,
    /// The window: everything, or what changed since.
    pub window: Option<String>,
    /// Remarks for the user on how it was read.
    pub remarks: Vec<String>,
    /// The watermark before, in microseconds since 1970.
    pub watermark_before: Option<i64>,
    /// The watermark after.
    pub watermark_after: Option<i64>,
    /// Check that bronze holds what was read.
    pub fetched: Option<Check>,
    /// Why its list can't be read, where it need not be.
    pub unavailable: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

impl EntityReport {
    /// Returns the status that the tables hold.
    pub(crate) fn status(&self) -> &'static str {
        match (&self.error, &self.unavailable) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "unavailable",
            (None, None) => "done",
        }
    }
}

/// Report of a table.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TableReport {
    /// bronze, silver or gold.
    pub layer: &'static str,
    /// The table.
    pub table: String,
    /// Rows in it now.
    pub rows: u64,
    /// Rows that were inserted, updated, left unchanged and deleted.
    #[serde(flatten)]
    pub counts: Counts,
    /// How a gold table was refreshed.
    #[serde(rename = "computed", skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RefreshKind>,
    /// Seconds.
    pub seconds: f64,
}

/// Report of a run.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// full or incremental.
    pub mode: &'static str,
    /// The layers that were built.
    pub layers: Vec<&'static str>,
    /// The entities that it was limited to; none where it was not.
    pub only: Vec<&'static str>,
    /// By entity.
    pub entities: Vec<EntityReport>,
    /// By table, in the order in which they were written.
    pub tables: Vec<TableReport>,
    /// The checks.
    pub checks: Vec<Check>,
    /// Agreement types that no rule matches: someone must look at them.
    pub unmatched: Vec<Unmatched>,
    /// Warnings: what is not as it should be, and no fault of the run.
    pub warnings: Vec<String>,
    /// Records in quarantine when it ended, by entity; those of earlier runs are among them. None where they were not
    /// counted.
    pub in_quarantine: Option<BTreeMap<String, u64>>,
    /// Seconds that each layer took.
    pub seconds: BTreeMap<Layer, f64>,
    /// What ended the run early.
    pub error: Option<String>,
    /// When it ended, in microseconds since 1970.
    pub finished_micros: i64,
}

impl RunReport {
    /// Creates the report of a run that has done nothing yet.
    pub(crate) fn new(run: RunId, mode: Mode, layers: Vec<&'static str>) -> Self {
        Self {
            run,
            mode: mode.name(),
            layers,
            only: Vec::new(),
            entities: Vec::new(),
            tables: Vec::new(),
            checks: Vec::new(),
            unmatched: Vec::new(),
            warnings: Vec::new(),
            in_quarantine: None,
            seconds: BTreeMap::new(),
            error: None,
            finished_micros: 0,
        }
    }

    /// Limits the report to some entities; to none where these are all.
    pub(crate) fn limited_to(mut self, entities: &[&'static Table]) -> Self {
        if entities.len() < TABLES.len() {
            self.only = entities.iter().map(|entity| entity.entity).collect();
        }
        self
    }

    /// Returns whether what is known now may be written for good: everything was read, and every check holds.
    pub(crate) fn may_close_periods(&self, mode: Mode) -> bool {
        let was_read =
            |table: &&Table| self.entities.iter().any(|entity| entity.entity == table.entity && entity.error.is_none());
        mode != Mode::Reconcile && TABLES.iter().all(was_read) && !self.checks.iter().any(Check::fails)
    }

    /// Records how long a layer took.
    pub(crate) fn took(&mut self, layer: Layer, started: Instant) {
        self.seconds.insert(layer, started.elapsed().as_secs_f64());
    }

    /// Adds an error of the run as a whole.
    pub(crate) fn add_error(&mut self, text: String) {
        self.error = Some(match self.error.take() {
            Some(before) => format!("{before}\n{text}"),
            None => text,
        });
    }

    /// Returns the header: what is known of the run before its end.
    pub(crate) fn header(&self) -> RunHeader {
        RunHeader {
            run_id: self.run.as_str().to_owned(),
            started_at: self.run.started(),
            mode: self.mode.to_owned(),
            layers: self.layers.join(","),
            entities: (!self.only.is_empty()).then(|| self.only.join(",")),
        }
    }

    /// Adds the result of a comparison with the source, or of returned rows, to an entity's report.
    pub(crate) fn take_comparison(&mut self, table: &str, compared: EntityReport) {
        let counts = compared.counts;
        match self.entities.iter_mut().find(|other| other.entity == compared.entity) {
            Some(entity) => {
                entity.quarantined += compared.quarantined;
                entity.numbers.pages += compared.numbers.pages;
                entity.numbers.rows_read += compared.numbers.rows_read;
                entity.numbers.requests += compared.numbers.requests;
                entity.numbers.retries += compared.numbers.retries;
                entity.numbers.bytes += compared.numbers.bytes;
                entity.numbers.seconds += compared.numbers.seconds;
                entity.counts.inserted += counts.inserted;
                entity.counts.deleted += counts.deleted;
                entity.counts.updated += counts.updated;
                entity.compared = compared.compared;
                entity.error = entity.error.take().or(compared.error);
            }
            None => self.entities.push(compared),
        }
        match self.tables.iter_mut().find(|other| other.layer == "bronze" && other.table == table) {
            Some(bronze) => {
                bronze.counts.inserted += counts.inserted;
                bronze.counts.deleted += counts.deleted;
                bronze.counts.updated += counts.updated;
            }
            None if counts.any_change() => self.tables.push(TableReport {
                layer: "bronze",
                table: table.to_owned(),
                rows: 0,
                counts,
                refresh: None,
                seconds: 0.0,
            }),
            None => {}
        }
    }

    /// Adds the outcome of flattening an entity.
    pub(crate) fn take_silver(&mut self, entity: &'static str, SilverOutcome { tables, seconds }: SilverOutcome) {
        match tables {
            Ok(tables) => {
                let seconds = seconds / tables.len().max(1) as f64;
                self.tables.extend(tables.into_iter().map(|(table, counts, rows)| TableReport {
                    layer: "silver",
                    table: table.to_owned(),
                    rows,
                    counts,
                    refresh: None,
                    seconds,
                }));
            }
            Err(error) => {
                let error = Some(error.of(entity));
                match self.entities.iter_mut().find(|other| other.entity == entity) {
                    Some(known) => known.error = error,
                    None => self.entities.push(EntityReport { entity, error, ..EntityReport::default() }),
                }
            }
        }
    }

    /// Adds the gold tables that were built, also where they were built before in the same run.
    pub(crate) fn take_gold(&mut self, built: &[Built]) {
        for &Built { table, counts, rows, refresh, seconds, .. } in built {
            match self.tables.iter_mut().find(|other| other.layer == "gold" && other.table == table.name) {
                Some(before) => {
                    before.counts.inserted += counts.inserted;
                    before.counts.updated += counts.updated;
                    before.counts.deleted += counts.deleted;
                    before.counts.unchanged = counts.unchanged;
                    before.rows = rows;
                    before.refresh = Some(refresh);
                    before.seconds += seconds;
                }
                None => self.tables.push(TableReport {
                    layer: "gold",
                    table: table.name.to_owned(),
                    rows,
                    counts,
                    refresh: Some(refresh),
                    seconds,
                }),
            }
        }
    }

    /// Adds a check for each entity that was read: it warns where more than a few of its records were rejected.
    pub(crate) fn check_quarantine(&mut self) {
        let read = self.entities.iter().filter(|entity| entity.numbers.rows_read > 0);
        self.checks.extend(read.map(|entity| {
            let (rejected, read) = (entity.quarantined, entity.numbers.rows_read);
            let passed = rejected * 100 <= read * WARNING_PERCENT;
            let mut detail = format!("{rejected} of {read} records that were read do not fit");
            if !passed {
                detail.push_str(&format!(", more than {WARNING_PERCENT} %: look at bronze.{QUARANTINE}"));
            }
            Check { name: format!("quarantine/{}", entity.entity), passed, detail, severity: Severity::Warning }
        }));
    }

    /// Returns how many records are in quarantine from earlier runs: those that this one did not reject.
    pub(crate) fn left_in_quarantine(&self) -> u64 {
        let rejected = |name: &str| {
            let entities = self.entities.iter().filter(|entity| entity.entity == name);
            entities.map(|entity| entity.quarantined).sum::<u64>()
        };
        self.in_quarantine.iter().flatten().map(|(name, count)| count.saturating_sub(rejected(name))).sum()
    }

    /// Returns done, failed, partial or check_failed.
    pub fn status(&self) -> &'static str {
        match self.exit_code() {
            0 => "done",
            3 => "partial",
            4 => "check_failed",
            _ => "failed",
        }
    }

    /// Returns the exit status: 0 done · 1 failed · 3 some entities failed, the others are complete · 4 a check failed.
    pub fn exit_code(&self) -> u8 {
        let failed = self.entities.iter().filter(|entity| entity.error.is_some()).count();
        if self.error.is_some() || (failed > 0 && failed == self.entities.len()) {
            1
        } else if failed > 0 {
            3
        } else if self.checks.iter().any(Check::fails) {
            4
        } else {
            0
        }
    }

    /// Returns all errors, a line each.
    pub fn error_text(&self) -> Option<String> {
        let mut lines: Vec<String> = self.error.iter().cloned().collect();
        // The same error (a wrong password) is reported once.
        for entity in &self.entities {
            if let Some(error) = &entity.error
                && !lines.iter().any(|line| line == error)
            {
                lines.push(error.clone());
            }
        }
        let broken = self.checks.iter().filter(|check| check.fails());
        lines.extend(broken.map(|check| format!("check {} failed: {}", check.name, check.detail)));
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

#[cfg(test)]
mod tests;
