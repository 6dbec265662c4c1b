//! Numbers in conditions.
//!
//! Invariant: a [`Number`] must be digits with at most one sign, point and exponent, in the form in which it was
//! written.

use std::fmt;

/// A number as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(String);

/// The error of a text that is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no number: expected digits, as in 12, -0.5 or 1e3")]
pub struct BadNumber(String);

impl Number {
    /// Parses a number: `12`, `-0.5`, `1e3`.
    ///
    /// # Errors
    /// [`BadNumber`] for anything else, infinite numbers included.
    pub fn new(text: &str) -> Result<Self, BadNumber> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            && digits.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | 'E' | '+' | '-'));
        if plain && text.parse::<f64>().is_ok_and(f64::is_finite) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadNumber(text.to_owned()))
        }
    }

    /// Converts a finite number; `None` for infinite and NaN.
    pub(super) fn finite(number: f64) -> Option<Self> {
        number.is_finite().then(|| Self(number.to_string()))
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
