//! The one writer of results (standard output) and of progress (standard error).

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::report::{RunReport, TableReport};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use std::io::Write;

/// Where results and progress go.
pub struct Output {
    out: Box<dyn Write + Send>,
    progress: Progress,
}

impl Output {
    /// Standard output, and standard error for progress.
    pub fn standard(progress: Progress) -> Self {
        Self { out: Box::new(std::io::stdout()), progress }
    }

    /// Any two writers, for tests.
    pub fn to(out: Box<dyn Write + Send>, progress: Box<dyn Write + Send>) -> Self {
        Self { out, progress: Progress::lines(progress, std::time::Duration::ZERO) }
    }

    /// A line of results.
    ///
    /// # Errors
    /// [`Error::Io`]; a closed pipe ends the command quietly.
    pub fn line(&mut self, text: impl std::fmt::Display) -> Result<()> {
        let out = &mut self.out;
        self.progress.suspend(|| writeln!(out, "{text}")).or_else(closed_pipe)
    }

    /// Standard output itself, for a result of many small pieces.
    pub(crate) fn writer(&mut self) -> &mut (dyn Write + Send) {
        &mut *self.out
    }

    /// A finished result of any form.
    ///
    /// # Errors
    /// [`Error::Io`]; a closed pipe ends the command quietly.
    pub(crate) fn copy(&mut self, from: &mut impl std::io::Read) -> Result<()> {
        let out = &mut self.out;
        self.progress.suspend(|| std::io::copy(from, out)).map(|_| ()).or_else(closed_pipe)
    }

    /// A line of progress; nothing with --quiet.
    pub fn progress(&mut self, text: impl std::fmt::Display) {
        self.progress.say(text);
    }

    /// A line that says what went wrong; with --quiet as well.
    pub fn error(&mut self, text: impl std::fmt::Display) {
        self.progress.error(text);
    }

    /// A line that says what is not as it should be, though nothing went wrong; with --quiet as well.
    pub fn warning(&mut self, text: impl std::fmt::Display) {
        self.progress.warning(text);
    }

    /// The progress of long work, for whoever does it.
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

/// A table for the screen; columns whose header ends in a space-free number are right-aligned by `numbers`.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for index in numbers {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A count with thin groups: 1234567 → 1,234,567.
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

/// The summary of a run: a row a table.
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
    self::table(&header, &rows, &[2, 3, 4, 5, 6, 7])
}

/// What a person has to know of the records beyond the summary: how they were read, quarantine, unknown properties.
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
        if !entity.unknown_fields.is_empty() {
            let names: Vec<&str> = entity.unknown_fields.keys().map(String::as_str).collect();
            lines.push(format!(
                "{}: properties that the spec does not know, kept in _unknown: {}",
                entity.entity,
                names.join(", ")
            ));
        }
    }
    lines
}
