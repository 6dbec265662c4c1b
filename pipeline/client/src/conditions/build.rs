//! Condition builder: conditions from typed values.

use super::condition::{Condition, Literal, Name, Operator};
use super::number::Number;
use chrono::{DateTime, Utc};

/// The error of an invalid property name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no property's name: expected letters, digits and _, nested by / as in company/name")]
pub struct BadName(String);

/// Reserved words, which are no names.
pub(super) const KEYWORDS: [&str; 9] = ["and", "or", "not", "in", "like", "contains", "true", "false", "null"];

impl Name {
    /// Checks a name, nested by `/`.
    ///
    /// # Errors
    /// [`BadName`].
    pub fn new(text: &str) -> Result<Self, BadName> {
        let good = |part: &str| {
            let mut letters = part.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        let keyword = KEYWORDS.iter().any(|keyword| text.eq_ignore_ascii_case(keyword));
        if text.split('/').all(good) && !keyword { Ok(Self(text.to_owned())) } else { Err(BadName(text.to_owned())) }
    }
}

/// Returns the property of this name, to compare with values.
///
/// # Errors
/// [`BadName`] where the text is no valid name.
pub fn field(name: &str) -> Result<Field, BadName> {
    Name::new(name).map(Field)
}

/// The properties for the time of change in conditions: the documented one, then the one found in practice.
pub fn times_of_change() -> [Field; 2] {
    ["lastUpdated", "_info/lastUpdated"].map(|name| Field(Name(name.to_owned())))
}

/// A property to compare with values.
#[derive(Debug, Clone)]
pub struct Field(Name);

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Field {
    fn compare(self, operator: Operator, value: impl Value) -> Condition {
        Condition::Compare(self.0, operator, value.literal())
    }

    /// Equals the value, letter by letter (`*` too).
    pub fn equals(self, value: impl Value) -> Condition {
        self.compare(Operator::Equal, value)
    }

    /// Differs from the value.
    pub fn differs_from(self, value: impl Value) -> Condition {
        self.compare(Operator::NotEqual, value)
    }

    /// Is less or earlier.
    pub fn less_than(self, value: impl Value) -> Condition {
        self.compare(Operator::Less, value)
    }

    /// Is not more or not later.
    pub fn at_most(self, value: impl Value) -> Condition {
        self.compare(Operator::LessOrEqual, value)
    }

    /// Is more or later.
    pub fn more_than(self, value: impl Value) -> Condition {
        self.compare(Operator::Greater, value)
    }

    /// Is not less or not earlier.
    pub fn at_least(self, value: impl Value) -> Condition {
        self.compare(Operator::GreaterOrEqual, value)
    }

    /// Contains the text.
    pub fn contains(self, text: &str) -> Condition {
        self.compare(Operator::Contains, text)
    }

    /// Matches the pattern, in which `*` is any text and `[…]` a set of letters.
    pub fn like(self, pattern: &str) -> Condition {
        Condition::Compare(self.0, Operator::Like, Literal::Text(pattern.to_owned()))
    }

    /// Is one of the values.
    pub fn one_of<V: Value>(self, values: impl IntoIterator<Item = V>) -> Condition {
        let values: Vec<Literal> = values.into_iter().map(|value| value.literal()).collect();
        if values.is_empty() {
            // `in ()` is invalid: a contradiction replaces it, which nothing satisfies.
            let (same, other) = (self.clone().equals(Nothing), self.differs_from(Nothing));
            return same.and(other);
        }
        Condition::In(self.0, values)
    }

    /// Has no value.
    pub fn is_null(self) -> Condition {
        self.equals(Nothing)
    }

    /// Has a value.
    pub fn is_not_null(self) -> Condition {
        self.differs_from(Nothing)
    }
}

/// A value to compare a property with: text, number, instant, true or false. The trait is sealed.
pub trait Value: sealed::Sealed {
    /// The value as a literal of a condition.
    fn literal(&self) -> Literal;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Nothing {}
    impl Sealed for &str {}
    impl Sealed for String {}
    impl Sealed for bool {}
    impl Sealed for chrono::DateTime<chrono::Utc> {}
    impl Sealed for i64 {}
    impl Sealed for i32 {}
    impl Sealed for f64 {}
}

struct Nothing;

impl Value for Nothing {
    fn literal(&self) -> Literal {
        Literal::Null
    }
}

impl Value for &str {
    fn literal(&self) -> Literal {
        Literal::plain(self)
    }
}

impl Value for String {
    fn literal(&self) -> Literal {
        Literal::plain(self)
    }
}

impl Value for bool {
    fn literal(&self) -> Literal {
        Literal::Boolean(*self)
    }
}

impl Value for DateTime<Utc> {
    fn literal(&self) -> Literal {
        Literal::Instant(*self)
    }
}

impl Value for i64 {
    fn literal(&self) -> Literal {
        Literal::Number((*self).into())
    }
}

impl Value for i32 {
    fn literal(&self) -> Literal {
        Literal::Number(i64::from(*self).into())
    }
}

impl Value for f64 {
    /// Infinite and NaN are compared as null: nothing is equal to it, nor more or less.
    fn literal(&self) -> Literal {
        Number::finite(*self).map_or(Literal::Null, Literal::Number)
    }
}
