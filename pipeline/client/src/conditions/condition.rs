//! Condition: the parsed or built expression, and its text for the API.

use super::number::Number;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;

/// A condition, parsed or built.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `name operator value`
    #[non_exhaustive]
    Compare(Name, Operator, Literal),
    /// `name in (…)`, of one value at least
    #[non_exhaustive]
    In(Name, Vec<Literal>),
    /// The condition does not hold.
    #[non_exhaustive]
    Not(Box<Condition>),
    /// All hold, two at least.
    #[non_exhaustive]
    And(Vec<Condition>),
    /// One of them holds, of two at least.
    #[non_exhaustive]
    Or(Vec<Condition>),
}

/// The name of a property: letters, digits and `_`, nested by `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub(super) String);

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `contains`
    Contains,
    /// `like`, with `*` for any text
    Like,
}

impl Operator {
    pub(super) const ALL: [(&'static str, Operator); 8] = [
        ("=", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
        ("contains", Operator::Contains),
        ("like", Operator::Like),
    ];

    fn text(self) -> &'static str {
        Self::ALL.iter().find(|(_, operator)| *operator == self).map_or("=", |(text, _)| text)
    }
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A text as the API matches it: `[` begins a set of letters, so that a plain `[` is written `[[]`.
    Text(String),
    /// A number, as it was written.
    Number(Number),
    /// An instant.
    Instant(DateTime<Utc>),
    /// `true` or `false`
    Boolean(bool),
    /// `null`
    Null,
}

impl Literal {
    /// A text that is matched letter by letter.
    pub fn plain(text: &str) -> Self {
        Literal::Text(text.replace('[', "[[]"))
    }

    /// The text that is matched letter by letter; `None` where this is no text.
    pub fn plain_text(&self) -> Option<String> {
        match self {
            Literal::Text(text) => Some(text.replace("[[]", "[")),
            _ => None,
        }
    }
}

impl Condition {
    /// Both conditions hold.
    #[must_use]
    pub fn and(self, other: Condition) -> Self {
        match self {
            Condition::And(mut parts) => {
                parts.push(other);
                Condition::And(parts)
            }
            first => Condition::And(vec![first, other]),
        }
    }

    /// At least one of the two conditions holds.
    #[must_use]
    pub fn or(self, other: Condition) -> Self {
        match self {
            Condition::Or(mut parts) => {
                parts.push(other);
                Condition::Or(parts)
            }
            first => Condition::Or(vec![first, other]),
        }
    }

    /// The condition does not hold.
    #[must_use]
    pub fn negate(self) -> Self {
        Condition::Not(Box::new(self))
    }

    /// The names of the properties that are compared.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Condition::Compare(name, ..) | Condition::In(name, _) => vec![name.0.as_str()],
            Condition::Not(inner) => inner.names(),
            Condition::And(parts) | Condition::Or(parts) => parts.iter().flat_map(Condition::names).collect(),
        }
    }

    fn is_simple(&self) -> bool {
        matches!(self, Condition::Compare(..) | Condition::In(..))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Text(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Literal::Number(number) => number.fmt(f),
            Literal::Instant(instant) => write!(f, "[{}]", instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Literal::Boolean(value) => write!(f, "{value}"),
            Literal::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Compare(name, operator, value) => write!(f, "{name} {} {value}", operator.text()),
            Condition::In(name, values) => {
                write!(f, "{name} in (")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            Condition::Not(inner) => write!(f, "not ({inner})"),
            Condition::And(parts) | Condition::Or(parts) => {
                let word = if matches!(self, Condition::And(_)) { " and " } else { " or " };
                for (index, part) in parts.iter().enumerate() {
                    f.write_str(if index > 0 { word } else { "" })?;
                    if part.is_simple() { write!(f, "{part}")? } else { write!(f, "({part})")? }
                }
                Ok(())
            }
        }
    }
}
