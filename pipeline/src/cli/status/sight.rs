//! Sight of a lakehouse on the screen: a line a run, entity, layer and open point; or, with `--verbose`, all there is.

use super::super::outcome::{command_for, without_sample};
use super::super::output::{Output, grouped};
use super::super::query::{screen, texts};
use super::super::remarks::QUARANTINE;
use super::super::table::{columns, cut, table};
use crate::catalog;
use crate::error::Result;
use crate::printable::one_line;
use arrow::array::RecordBatch;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// Number of runs that are shown by default.
const RUNS_SHOWN: usize = 3;

/// What is shown of a lakehouse.
pub(super) struct Sight {
    pub(super) runs: Vec<RecordBatch>,
    pub(super) watermarks: Vec<(&'static str, Option<DateTime<Utc>>)>,
    /// Layer, table, rows, version.
    pub(super) rows: Vec<(&'static str, &'static str, u64, i64)>,
    pub(super) not_built: Vec<&'static str>,
    pub(super) broken: Vec<RecordBatch>,
    pub(super) quarantine: Vec<RecordBatch>,
    pub(super) compared: Vec<RecordBatch>,
    pub(super) now: DateTime<Utc>,
}

impl Sight {
    /// A line a run, an entity, a layer and a point that is open.
    pub(super) fn brief(&self, output: &mut Output) -> Result<()> {
        let runs = texts(&self.runs)?.into_iter().take(RUNS_SHOWN);
        // The id, the layers and fractions of a second are left out.
        let runs = runs.map(|mut run| {
            run.remove(3);
            run.remove(0);
            run[0] = run[0].split('.').next().unwrap_or_default().replace('T', " ");
            run
        });
        let header = ["started", "mode", "status", "error"].map(ToOwned::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(header).chain(runs).collect();
        output.line(format!("\n{}", fitting(&columns(&rows, &[]))))?;
        let header = ["newest change", "watermark", "age"].map(ToOwned::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(header).chain(self.watermark_cells()).collect();
        output.line(format!("\n{}", columns(&rows, &[2])))?;
        let mut rows = vec![["layer", "tables", "rows"].map(ToOwned::to_owned).to_vec()];
        for layer in catalog::LAYERS {
            let tables = || self.rows.iter().filter(|(other, ..)| *other == layer);
            let (count, sum) = (tables().count() as u64, tables().map(|(.., rows, _)| rows).sum());
            if count > 0 {
                rows.push(vec![layer.to_owned(), grouped(count), grouped(sum)]);
            }
        }
        output.line(format!("\n{}", columns(&rows, &[1, 2])))?;
        self.open_points(output)
    }

    /// What someone should look at, and the command that shows more.
    fn open_points(&self, output: &mut Output) -> Result<()> {
        let mut lines = Vec::new();
        if !self.not_built.is_empty() {
            let layers = self.not_built.join(", ");
            lines.push(format!("! not built yet: {layers}  → connectwise-etl run"));
        }
        for check in texts(&self.broken)? {
            lines.push(format!("! {}: {}", check[0], without_sample(&check[1])));
            lines.push(format!("    → connectwise-etl {}{}", command_for(&check[1]), output.place()));
        }
        for entity in texts(&self.quarantine)? {
            lines.push(format!("! {}: {} in quarantine: {}", entity[0], entity[1], entity[2]));
        }
        if !self.quarantine.is_empty() && lines.iter().any(|line| line.contains(" in quarantine")) {
            lines.push(format!("    → connectwise-etl {QUARANTINE}{}", output.place()));
        }
        for entity in texts(&self.compared)? {
            if entity[3..].iter().any(|count| !matches!(count.as_str(), "" | "0")) {
                let (gone, missing) = (&entity[3], &entity[4]);
                lines.push(format!("! {}: {gone} gone from the source, {missing} missing here", entity[0]));
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = lines.iter().map(|line| fitting(&one_line(line))).collect();
        output.line(format!("\n{}", lines.join("\n")))
    }

    fn watermark_cells(&self) -> impl Iterator<Item = Vec<String>> {
        self.watermarks.iter().map(|(entity, newest)| {
            let since = newest.map(|newest| age(self.now - newest));
            vec![(*entity).to_owned(), newest.map(iso).unwrap_or_default(), since.unwrap_or_default()]
        })
    }

    /// Every run, table and version.
    pub(super) fn details(&self, output: &mut Output) -> Result<()> {
        output.line("\nThe last runs")?;
        output.line(screen(&self.runs)?)?;
        let cells: Vec<Vec<String>> = self.watermark_cells().collect();
        output.line("\nThe newest change that was read")?;
        output.line(table(&["entity", "watermark", "age"], &cells, &[2]))?;
        let cells: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|(layer, name, count, version)| {
                vec![(*layer).to_owned(), (*name).to_owned(), grouped(*count), version.to_string()]
            })
            .collect();
        output.line("\nThe tables")?;
        output.line(table(&["layer", "table", "rows", "version"], &cells, &[2, 3]))?;
        let not_built = &self.not_built;
        if !not_built.is_empty() {
            output.line(format!("not built yet: {}; `connectwise-etl run` builds all layers", not_built.join(", ")))?;
        }
        for (title, batches) in [
            ("Checks of the last run that failed", &self.broken),
            ("In quarantine", &self.quarantine),
            ("The last comparison of ids with the source", &self.compared),
        ] {
            if batches.iter().any(|batch| batch.num_rows() > 0) {
                output.line(format!("\n{title}"))?;
                output.line(screen(batches)?)?;
            }
        }
        Ok(())
    }
}

/// Cuts each line to the width of a screen.
fn fitting(text: &str) -> String {
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// An age in the largest unit that leaves a whole number above one: 45 min, 26 h, 12 days.
pub(super) fn age(age: TimeDelta) -> String {
    let minutes = age.num_minutes().max(0).unsigned_abs();
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", grouped(minutes / 1440)),
    }
}

/// An instant in UTC, to the second.
pub(super) fn iso(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
