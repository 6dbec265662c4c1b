//! Paths: where in a record a value is.
//!
//! Invariant: a path must hold names of the shape and indexes of lists only; what the shape does not know is joined to
//! its written form and never becomes a step.

use std::fmt::Write;

/// A step from the record to a value in it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Name(&'static str),
    Index(usize),
}

/// The steps from the record to a value in it.
#[derive(Debug, Default)]
pub(crate) struct Path(Vec<Step>);

impl Path {
    #[inline]
    pub(crate) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    #[inline]
    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// Returns the number of steps.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Cuts back to so many steps.
    pub(crate) fn truncate(&mut self, steps: usize) {
        self.0.truncate(steps);
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the names without the indexes.
    pub(crate) fn names(&self) -> impl DoubleEndedIterator<Item = &'static str> + Clone {
        self.0.iter().filter_map(|step| match step {
            Step::Name(name) => Some(*name),
            Step::Index(_) => None,
        })
    }

    /// Returns the path in the form `customFields/0/type`.
    pub(crate) fn written(&self) -> String {
        self.write(false)
    }

    /// Returns the path in the form `customFields/*/type`.
    pub(crate) fn pattern(&self) -> String {
        self.write(true)
    }

    fn write(&self, pattern: bool) -> String {
        let mut out = String::new();
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                out.push('/');
            }
            match step {
                Step::Name(name) => out.push_str(name),
                Step::Index(_) if pattern => out.push('*'),
                // Writing to a string can't fail.
                Step::Index(index) => drop(write!(out, "{index}")),
            }
        }
        out
    }

    /// Appends a name to a written path.
    pub(crate) fn join(mut path: String, name: &str) -> String {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(name);
        path
    }

    /// Returns whether one written path is the other or below it.
    pub(crate) fn is_at_or_under(path: &str, above: &str) -> bool {
        path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
