//! Problems, and the one writer that everything printed goes through.
//!
//! Nothing in this crate stops at its first complaint: a [`Problem`] is collected, the work goes on with what is
//! whole, and all of them are shown together. Every problem names the file, the place in it, and the way out.

use std::fmt;
use std::io::{self, Write};

/// Something in an input that keeps the output from being made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the workspace root.
    pub file: Box<str>,
    /// Line and column, from 1, where they are known.
    pub place: Option<(u32, u32)>,
    /// The JSON pointer into the file.
    pub pointer: Box<str>,
    /// What is wrong.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What puts it right.
    pub fix: String,
}

impl Problem {
    /// A problem at a pointer of a file.
    pub fn new(file: impl Into<String>, pointer: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            file: file.into().into(),
            place: None,
            pointer: pointer.into().into(),
            what: what.into(),
            why: String::new(),
            fix: String::new(),
        }
    }

    /// Adds the line and column.
    #[must_use]
    pub fn place(mut self, line: u64, column: u64) -> Self {
        let place = (u32::try_from(line).unwrap_or(0), u32::try_from(column).unwrap_or(0));
        self.place = (place.0 > 0).then_some(place);
        self
    }

    /// Adds why it matters.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Adds what puts it right.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.what)?;
        if !self.pointer.is_empty() {
            write!(f, "\n  at:  {}", self.pointer)?;
        }
        if !self.why.is_empty() {
            write!(f, "\n  why: {}", self.why)?;
        }
        if !self.fix.is_empty() {
            write!(f, "\n  fix: {}", self.fix)?;
        }
        Ok(())
    }
}

/// Where an entry stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct At {
    /// The file, relative to the workspace root.
    pub file: String,
    /// The pointer into it.
    pub pointer: String,
    /// From 1; 0 where it is not known.
    pub line: u64,
    /// From 1; 0 where it is not known.
    pub column: u64,
}

impl At {
    /// A problem of this entry.
    pub fn problem(&self, what: impl Into<String>) -> Problem {
        Problem::new(self.file.clone(), self.pointer.clone(), what).place(self.line, self.column)
    }
}

/// The problems found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// The value, or all problems as one error.
    ///
    /// # Errors
    /// Where there is any problem.
    pub fn or<T>(self, value: T) -> Result<T, ProblemsError> {
        if self.is_empty() { Ok(value) } else { Err(ProblemsError(self)) }
    }
}

/// One or more problems as an error; its text is all of them.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
pub struct ProblemsError(pub Problems);

/// The one place that writes results.
pub struct Reporter<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Reporter<'a> {
    /// A reporter over a writer: standard output, or a buffer in a test.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// Writes one line (or more, where the text has line breaks).
    ///
    /// # Errors
    /// Where the writer refuses.
    pub fn line(&mut self, text: impl fmt::Display) -> io::Result<()> {
        unless_closed(writeln!(self.out, "{text}"))
    }

    /// Writes a text as it is, with a line break at its end if it has none.
    ///
    /// # Errors
    /// Where the writer refuses.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        unless_closed(self.out.write_all(text.as_bytes()))?;
        if text.ends_with('\n') { Ok(()) } else { unless_closed(self.out.write_all(b"\n")) }
    }
}

/// A reader that has seen enough (`… | head`) is no failure, and no reason to leave a command half done.
fn unless_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
