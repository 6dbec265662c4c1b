//! Output: the one writer of results (standard output) and of progress (standard error).

use super::table::table;
use crate::error::{Error, Result};
use crate::extract::ExtractStats;
use crate::printable::{self, one_line};
use crate::progress::Progress;
use crate::run::report::{RunReport, TableReport};
use comfy_table::Table;
use std::io::{IsTerminal as _, Write};

/// Writers of results and progress.
pub struct Output {
    out: Box<dyn Write + Send>,
    progress: Progress,
}

impl Output {
    /// Creates an output for standard output, with progress on standard error.
    pub fn standard(progress: Progress) -> Self {
        let out = std::io::stdout();
        let out: Box<dyn Write + Send> =
            if out.is_terminal() { Box::new(printable::Screen::new(out)) } else { Box::new(out) };
        Self { out, progress }
    }

    /// Creates an output for any two writers, for tests.
    pub fn to(out: Box<dyn Write + Send>, progress: Box<dyn Write + Send>) -> Self {
        Self { out, progress: Progress::lines(progress, std::time::Duration::ZERO) }
    }

    /// Writes a line of results, or several; nothing in it but the line breaks moves the cursor.
    ///
    /// # Errors
    /// [`Error::Io`]; a closed pipe ends the command quietly.
    pub fn line(&mut self, text: impl std::fmt::Display) -> Result<()> {
        let (out, text) = (&mut self.out, text.to_string());
        self.progress.suspend(|| writeln!(out, "{}", printable::lines(&text))).or_else(closed_pipe)
    }

    /// Returns standard output itself, for a result that is written in many small parts.
    pub(crate) fn writer(&mut self) -> &mut (dyn Write + Send) {
        &mut *self.out
    }

    /// Copies a finished result of any form to standard output.
    ///
    /// # Errors
    /// [`Error::Io`]; a closed pipe ends the command quietly.
    pub(crate) fn copy(&mut self, from: &mut impl std::io::Read) -> Result<()> {
        let out = &mut self.out;
        self.progress.suspend(|| std::io::copy(from, out)).map(|_| ()).or_else(closed_pipe)
    }

    /// Writes a line of progress; nothing with --quiet.
    pub fn progress(&mut self, text: impl std::fmt::Display) {
        self.progress.say(text);
    }

    /// Writes a line that says what went wrong; with --quiet as well.
    pub fn error(&mut self, text: impl std::fmt::Display) {
        self.progress.error(text);
    }

    /// Writes a line that says what is not as it should be, though nothing went wrong; with --quiet as well.
    pub fn warning(&mut self, text: impl std::fmt::Display) {
        self.progress.warning(text);
    }

    /// Returns the progress display for long work.
    pub fn watch(&self) -> Progress {
        self.progress.clone()
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn flush(&mut self) -> Result<()> {
        self.out.flush().or_else(closed_pipe)
    }
}

fn closed_pipe(error: std::io::Error) -> Result<()> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(Error::io("writing the result", error)) }
}

/// Formats a count in groups of three digits: 1234567 → 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Builds the summary of a run: one row per table.
pub(crate) fn summary(tables: &[TableReport]) -> Table {
    let rows: Vec<Vec<String>> = tables
        .iter()
        .map(|table| {
            vec![
                table.layer.to_owned(),
                table.table.clone(),
                grouped(table.rows),
                grouped(table.counts.inserted),
                grouped(table.counts.updated),
                grouped(table.counts.unchanged),
                grouped(table.counts.deleted),
                format!("{:.2}", table.seconds),
            ]
        })
        .collect();
    let header = ["layer", "table", "rows", "inserted", "updated", "unchanged", "deleted", "seconds"];
    table(&header, &rows, &[2, 3, 4, 5, 6, 7])
}

/// Returns how many records were read twice, and why; `None` where each was read once.
fn read_twice(entity: &str, numbers: &ExtractStats) -> Option<String> {
    let reasons = [
        (numbers.rows_changed, "changed after they had been read"),
        (numbers.rows_repeated, "came more than once, on pages that overlap or in several lists"),
    ];
    let all: u64 = reasons.iter().map(|(count, _)| count).sum();
    let reasons: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{} {why}", grouped(*count)))
        .collect();
    (all > 0).then(|| format!("{entity}: {} read twice: {}", grouped(all), reasons.join("; ")))
}

/// Returns remarks on the records beyond the summary: how they were read, quarantine, unknown properties.
pub(crate) fn remarks(report: &RunReport) -> Vec<String> {
    let mut lines = Vec::new();
    for entity in &report.entities {
        lines.extend(entity.remarks.iter().map(|remark| format!("{}: {remark}", entity.entity)));
        if entity.quarantined > 0 {
            lines.push(format!(
                "{}: {} in quarantine (SELECT * FROM bronze.cw_quarantine)",
                entity.entity,
                if entity.quarantined == 1 { "1 record".to_owned() } else { format!("{} records", entity.quarantined) }
            ));
        }
        lines.extend(read_twice(entity.entity, &entity.numbers));
        if !entity.unknown_fields.is_empty() {
            let names: Vec<&str> = entity.unknown_fields.keys().map(String::as_str).collect();
            lines.push(format!(
                "{}: properties that the spec does not know, kept in _unknown: {}",
                entity.entity,
                one_line(&names.join(", "))
            ));
        }
    }
    lines
}
