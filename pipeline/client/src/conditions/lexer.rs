//! Lexer: splits a condition into words, signs and values, each with its position.

use super::condition::Literal;
use super::number::Number;
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use std::fmt;

/// The position at which a condition is invalid, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    text: String,
    /// The byte position, at the start of a character.
    at: usize,
    expected: String,
}

impl ParseError {
    pub(super) fn new(text: &str, at: usize, expected: impl Into<String>) -> Self {
        Self { text: text.to_owned(), at: at.min(text.len()), expected: expected.into() }
    }

    /// The position, counted in characters from 1.
    pub fn column(&self) -> usize {
        self.text.get(..self.at).map_or(0, |before| before.chars().count()) + 1
    }

    /// What was expected, or what is wrong.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A line break in the condition must not move the mark.
        let line: String = self.text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        write!(
            f,
            "the condition can't be read at letter {}: {}\n  {line}\n  {:>width$}",
            self.column(),
            self.expected,
            "^",
            width = self.column()
        )
    }
}

impl std::error::Error for ParseError {}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Sign(&'static str),
    Value(Literal),
}

const SIGNS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// Splits a text into tokens, each with its start.
pub(super) fn tokens(text: &str, now: DateTime<Utc>) -> Result<Vec<(Token, usize)>, ParseError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let wrong = |what: String| ParseError::new(text, at, what);
        let (token, length) = if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else if first == '"' {
            let (value, length) = string(rest).ok_or_else(|| wrong("this text has no closing \"".to_owned()))?;
            (Token::Value(Literal::Text(value)), length)
        } else if first == '\'' {
            return Err(wrong("texts stand in double quotes".to_owned()));
        } else if first == '[' {
            let inside = rest.get(1..).and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
            let inside = inside.ok_or_else(|| wrong("this date has no closing ]".to_owned()))?;
            let instant = instant(inside).ok_or_else(|| {
                wrong(format!("[{inside}] is no date: expected [2026-01-31T12:00:00Z] or [2026-01-31]"))
            })?;
            (Token::Value(Literal::Instant(instant)), inside.len() + 2)
        } else if first.is_ascii_digit() || matches!(first, '-' | '.') {
            let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '.')));
            let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
            let value = Number::new(word).ok().map(Literal::Number).or_else(|| ago(word, now)).ok_or_else(|| {
                wrong(format!(
                    "{word} is neither a number nor how long ago (90min, 12h, 7d, 2w); dates stand in brackets, as \
                     [2026-01-31]"
                ))
            })?;
            (Token::Value(value), word.len())
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '/')));
            let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
            (Token::Word(word.to_owned()), word.len())
        } else {
            return Err(wrong(format!("{first} has no meaning here")));
        };
        found.push((token, at));
        at += length;
    }
    Ok(found)
}

/// Reads a quoted text, and its length with the quotes. A quote inside is doubled or comes after a backslash.
fn string(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        match (letter, next) {
            ('\\', Some(escaped @ ('"' | '\\'))) | ('"', Some(escaped @ '"')) => {
                letters.next();
                value.push(escaped);
            }
            ('"', _) => return Some((value, at + 1)),
            _ => value.push(letter),
        }
    }
    None
}

/// Reads an age such as `7d` as an instant before now, in whole seconds.
fn ago(word: &str, now: DateTime<Utc>) -> Option<Literal> {
    let end = word.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = word.split_at_checked(end)?;
    let seconds = match unit.to_ascii_lowercase().as_str() {
        "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let seconds = count.parse::<i64>().ok()?.checked_mul(seconds)?;
    let instant = now.checked_sub_signed(TimeDelta::try_seconds(seconds)?)?;
    DateTime::from_timestamp(instant.timestamp(), 0).filter(is_written_in_four_digits).map(Literal::Instant)
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    DateTime::parse_from_rfc3339(text)
        .map(|instant| instant.to_utc())
        .or_else(|_| text.parse::<NaiveDateTime>().map(|local| local.and_utc()))
        .ok()
        .or_else(|| Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc()))
        .filter(is_written_in_four_digits)
}

/// Other years have no form that the API can read.
fn is_written_in_four_digits(instant: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&instant.year())
}
