//! Output: the one writer of results (standard output) and of progress (standard error).

use super::args::DEFAULT_PLACE;
use crate::error::{Error, Result};
use crate::printable;
use crate::progress::Progress;
use crate::settings::variable;
use std::io::{IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Writers of results and progress.
pub struct Output {
    out: Box<dyn Write + Send>,
    progress: Progress,
    is_verbose: bool,
    is_quiet: bool,
    /// Arguments that name the lakehouse, where a command would not find it by itself.
    place: String,
}

impl Output {
    /// Creates an output for standard output, with progress on standard error.
    pub fn standard(progress: Progress) -> Self {
        let out = std::io::stdout();
        let out: Box<dyn Write + Send> =
            if out.is_terminal() { Box::new(printable::Screen::new(out)) } else { Box::new(out) };
        Self::with(out, progress)
    }

    /// Creates an output for any two writers, for tests.
    pub fn to(out: Box<dyn Write + Send>, progress: Box<dyn Write + Send>) -> Self {
        Self::with(out, Progress::lines(progress, std::time::Duration::ZERO))
    }

    /// Creates an output whose results go to any writer.
    pub(super) fn with(out: Box<dyn Write + Send>, progress: Progress) -> Self {
        Self { out, progress, is_verbose: false, is_quiet: false, place: String::new() }
    }

    /// Sets whether every table and check is shown in the place of a line a layer and invariant, or nothing that is well.
    pub(super) fn set_verbose(&mut self, is_verbose: bool, is_quiet: bool) {
        self.is_verbose = is_verbose;
        self.is_quiet = is_quiet;
    }

    /// Returns whether only errors and warnings are shown.
    pub(super) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Sets the lakehouse that commands which are proposed have to name.
    pub(super) fn set_place(&mut self, lakehouse: &str) {
        let is_found =
            variable("CW_LAKEHOUSE").ok().flatten().map_or(lakehouse == DEFAULT_PLACE, |set| set == lakehouse);
        self.place = if is_found { String::new() } else { format!(" --lakehouse {}", shell_words::quote(lakehouse)) };
    }

    /// Returns the arguments that name the lakehouse, after a blank; nothing where a command finds it by itself.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Returns whether every table and check is shown.
    pub(super) fn is_verbose(&self) -> bool {
        self.is_verbose
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

/// Buffer that its owner reads when the writer is done.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    /// Returns what was written, and empties it.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
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
