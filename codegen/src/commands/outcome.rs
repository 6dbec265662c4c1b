//! What commands end in: exit statuses, errors, and the lines that several of them write.

use std::io;

use crate::files::FileError;
use crate::report::{Problems, ProblemsError, Reporter};

/// `check`: what is on the disk is not what the inputs give.
pub const STALE: u8 = 4;

/// `check`: it could not be found out.
pub const FAILURE: u8 = 100;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The inputs have problems.
    #[error("{0}")]
    Problems(#[from] ProblemsError),
    /// A file can't be read or written.
    #[error("{0}")]
    File(#[from] FileError),
    /// The result can't be written.
    #[error("the output can't be written: {0}")]
    Output(#[from] io::Error),
    /// There is no workspace.
    #[error("{0}")]
    Workspace(#[from] crate::workspace::NoWorkspace),
    /// Anything that one sentence says.
    #[error("{0}")]
    Other(String),
}

/// The problems as an error, if there are any.
pub(super) fn none_of(problems: Problems) -> Result<(), CommandError> {
    Ok(problems.or(())?)
}

/// `1 file`, `2 files`.
pub(super) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// A heading's worth of lines, cut after `most` with how many were left out and the command that shows them all.
pub(super) fn some_lines(reporter: &mut Reporter<'_>, lines: &[String], most: usize, all: &str) -> io::Result<()> {
    for line in lines.iter().take(most) {
        reporter.line(format!("  {line}"))?;
    }
    match lines.len().saturating_sub(most) {
        0 => Ok(()),
        more => reporter.line(format!("  … and {more} more: {all} shows them all")),
    }
}
