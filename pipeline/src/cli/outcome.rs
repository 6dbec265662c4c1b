//! Outcome of a run on the screen: a line a layer, an invariant and a remark, and a last line that says how it ended.
//!
//! Invariant: what is broken is never left out; what holds takes one line. `--verbose` shows every table and check.

use super::invariants::{self, Held, held};
use super::output::{Output, grouped};
use super::remarks::{Remark, remarks};
use super::table::{WIDTH, columns, cut};
use crate::context::Layer;
use crate::error::Result;
use crate::lake::Counts;
use crate::printable::one_line;
use crate::run::report::RunReport;
use connectwise_generated::checks::REPORTS;

/// Maximum number of changed tables that are shown one by one.
const MOST_TABLES: usize = 10;

/// Prints the outcome of a run.
///
/// # Errors
/// [`crate::Error::Io`] where the output can't be written.
pub(super) fn show(report: &RunReport, output: &mut Output) -> Result<()> {
    if output.is_quiet() {
        return Ok(());
    }
    if output.is_verbose() {
        invariants::show(report, output)?;
    } else {
        if !report.tables.is_empty() {
            output.line(layers(report))?;
        }
        let mut lines: Vec<String> = held(report).iter().flat_map(invariant).collect();
        lines.extend(open_points(report).iter().flat_map(|point| remark(point, output.place())));
        if !lines.is_empty() {
            output.line(format!("\n{}", lines.join("\n")))?;
        }
    }
    output.line(format!("\n{}", last_line(report)))
}

/// A line a layer, and one a changed table where these are few.
fn layers(report: &RunReport) -> String {
    let changed = report.tables.iter().filter(|table| table.counts.any_change()).count();
    let header = ["layer", "rows", "inserted", "updated", "deleted", "seconds"];
    let mut rows = vec![header.map(ToOwned::to_owned).to_vec()];
    for layer in [Layer::Bronze, Layer::Silver, Layer::Gold] {
        let (layer, seconds) = (layer.name(), report.seconds.get(&layer).copied().unwrap_or(0.0));
        let tables = || report.tables.iter().filter(|table| table.layer == layer);
        let (mut count, mut all, mut sum) = (0, 0, Counts::default());
        for table in tables() {
            count += 1;
            all += table.rows;
            sum.inserted += table.counts.inserted;
            sum.updated += table.counts.updated;
            sum.deleted += table.counts.deleted;
        }
        if count == 0 {
            continue;
        }
        let tables_of = if count == 1 { "table" } else { "tables" };
        rows.push(row(format!("{layer}, {count} {tables_of}"), all, &sum, seconds));
        if changed <= MOST_TABLES {
            let changed = tables().filter(|table| table.counts.any_change());
            rows.extend(
                changed.map(|table| row(format!("  {}", table.table), table.rows, &table.counts, table.seconds)),
            );
        }
    }
    columns(&rows, &[1, 2, 3, 4, 5])
}

fn row(name: String, rows: u64, counts: &Counts, seconds: f64) -> Vec<String> {
    let [rows, inserted, updated, deleted] = [rows, counts.inserted, counts.updated, counts.deleted].map(grouped);
    vec![name, rows, inserted, updated, deleted, format!("{seconds:.1}")]
}

/// A line that says whether an invariant holds and what was compared; what does not hold is spelled out below it.
fn invariant(held: &Held) -> Vec<String> {
    let mark = match held.state {
        "ok" => "✓",
        "broken" => "✗",
        _ => "!",
    };
    let name = if held.number.is_empty() { held.name.to_owned() } else { format!("{} {}", held.number, held.name) };
    let first = format!("{mark} {name:31}  {}", held.brief);
    std::iter::once(cut(first.trim_end())).chain(held.broken.iter().map(|line| format!("    {line}"))).collect()
}

/// What someone should look at: the remarks on the records, the run's warnings, and agreement types without a rule.
fn open_points(report: &RunReport) -> Vec<Remark> {
    let mut points = remarks(report);
    for check in report.checks.iter().filter(|check| !check.passed && !check.fails()) {
        let name = check.name.split_once('/').map_or(check.name.as_str(), |(_, name)| name);
        let text = format!("{name}: {}", without_sample(&check.detail));
        points.push(Remark { text, more: Some(command_for(&check.detail)) });
    }
    let types: Vec<&str> = report.unmatched.iter().map(|kind| kind.type_name.as_str()).collect();
    if !types.is_empty() {
        let (number, types) = (types.len(), one_line(&types.join(", ")).into_owned());
        let kinds =
            if number == 1 { "agreement type that no rule knows" } else { "agreement types that no rule knows" };
        points.push(Remark { text: format!("{number} {kinds}: {types}"), more: Some("report unmatched".to_owned()) });
    }
    points
}

/// Arguments of the program that show more of a broken check: the report that it names, else all of its figures.
pub(super) fn command_for(detail: &str) -> String {
    let report = REPORTS.iter().find(|report| detail.contains(&format!("report {}", report.name)));
    report.map_or("status -v".to_owned(), |report| format!("report {}", report.name))
}

/// What a check says, with the number of rows first and without a sample of them.
pub(super) fn without_sample(detail: &str) -> String {
    let text = detail.split_once(", e.g. ").map_or(detail, |(text, _)| text);
    match text.rsplit_once(". ") {
        Some((about, rows)) if rows.starts_with(|letter: char| letter.is_ascii_digit()) => format!("{rows}. {about}"),
        _ => text.to_owned(),
    }
}

/// A remark on one line, and the command that shows more on the next where both do not fit.
fn remark(remark: &Remark, place: &str) -> Vec<String> {
    let text = format!("! {}", one_line(&remark.text));
    match &remark.more {
        None => vec![cut(&text)],
        Some(more) => {
            let more = format!("connectwise-etl {more}{place}");
            if text.chars().count() + more.chars().count() + 4 <= WIDTH {
                vec![format!("{text}  → {more}")]
            } else {
                vec![cut(&text), format!("    → {more}")]
            }
        }
    }
}

/// How the run ended.
fn last_line(report: &RunReport) -> String {
    let seconds = (report.finished_micros - report.run.started_micros()) as f64 / 1e6;
    let passed = report.checks.iter().filter(|check| check.passed).count();
    let failed: Vec<&str> =
        report.entities.iter().filter(|entity| entity.error.is_some()).map(|entity| entity.entity).collect();
    let outcome = match report.exit_code() {
        0 => "Done".to_owned(),
        3 => format!("Done but for {}", failed.join(", ")),
        4 => "Done, but a check failed".to_owned(),
        _ => "Failed".to_owned(),
    };
    let changed = report.tables.iter().filter(|table| table.counts.any_change()).count();
    let mut parts = vec![if seconds >= 0.0 { format!("{outcome} in {seconds:.1} s") } else { outcome }];
    if !report.tables.is_empty() {
        parts.push(match changed {
            0 => "nothing changed".to_owned(),
            1 => "1 table changed".to_owned(),
            _ => format!("{changed} tables changed"),
        });
    }
    if !report.checks.is_empty() {
        parts.push(format!("{passed} of {} checks passed", grouped(report.checks.len() as u64)));
    }
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests;
