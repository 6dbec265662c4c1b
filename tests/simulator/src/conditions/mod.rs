//! The `conditions` language: `status="Open" and (actualHours > 1 or not member/id in (1, 2))`.
//!
//! Invariant: an expression that parses names only properties that the entity has.

mod eval;
mod lexer;
mod parser;

use crate::entity::Entity;
use crate::instant::Micros;
use crate::schema;

pub(crate) use eval::{Fields, evaluate, evaluate_value};

/// Why a condition is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// The text is no expression.
    #[error("{message} at character {at}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Where, counted from 0.
        at: usize,
    },
    /// A name that the entity has no property of.
    #[error("{name} is not a property of {entity}")]
    UnknownName {
        /// The name as it was written.
        name: String,
        /// The entity.
        entity: &'static str,
    },
}

/// What a property is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(f64),
    Bool(bool),
    Time(Micros),
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    Like,
}

/// A property that is compared, with what makes it quick to get at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Name {
    Id,
    LastUpdated,
    /// Any other, by the steps that lead to it.
    Path(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Name, Operator, Literal),
    In(Name, Vec<Literal>),
}

/// Which names a condition may use.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    /// The properties of an entity.
    Entity(Entity),
    /// Those of an item of its custom fields.
    CustomField,
    /// Those of its lists' items, as in `types/name`.
    Children(Entity),
    /// Any, where no schema is known.
    Any,
}

impl Scope {
    fn resolve(self, name: &str) -> Option<Name> {
        let is_updated = ["lastUpdated", "_info/lastUpdated"].iter().any(|known| known.eq_ignore_ascii_case(name));
        let found = match self {
            Self::Any if is_updated => return Some(Name::LastUpdated),
            Self::Any if name.eq_ignore_ascii_case("id") => return Some(Name::Id),
            Self::Any => return Some(Name::Path(name.split('/').map(str::to_owned).collect())),
            Self::Entity(entity) => {
                if is_updated {
                    return (entity != Entity::UnpostedInvoice).then_some(Name::LastUpdated);
                }
                if name.eq_ignore_ascii_case("id") {
                    return Some(Name::Id);
                }
                schema::find(entity, name).filter(|(path, _)| path != "_info" && path != "customFields")?
            }
            Self::Children(entity) => schema::find(entity, name)?,
            Self::CustomField => schema::find_in_shape("CustomFieldValue", name)?,
        };
        Some(Name::Path(found.0.split('/').map(str::to_owned).collect()))
    }

    fn entity_name(self) -> &'static str {
        match self {
            Self::Entity(entity) | Self::Children(entity) => entity.name(),
            Self::CustomField => "CustomFieldValue",
            Self::Any => "the record",
        }
    }
}

/// Reads a condition. Blank text is none.
pub(crate) fn parse(text: &str, scope: Scope) -> Result<Option<Expression>, ConditionError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    parser::Parser::new(lexer::tokens(text)?, scope).parse().map(Some)
}

impl Expression {
    /// The ids that can satisfy the expression: above the first and up to the second.
    pub(crate) fn id_bounds(&self) -> (i64, i64) {
        match self {
            Self::And(parts) => parts.iter().map(Self::id_bounds).fold(EVERY_ID, |a, b| (a.0.max(b.0), a.1.min(b.1))),
            Self::Or(parts) => {
                parts.iter().map(Self::id_bounds).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or(EVERY_ID)
            }
            Self::In(Name::Id, literals) => literals
                .iter()
                .map(|literal| number_bounds(Operator::Equal, literal))
                .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
                .unwrap_or(EVERY_ID),
            Self::Compare(Name::Id, operator, literal) => number_bounds(*operator, literal),
            _ => EVERY_ID,
        }
    }

    /// The names that only the record itself can tell.
    pub(crate) fn paths(&self, into: &mut Vec<String>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.paths(into)),
            Self::Not(part) => part.paths(into),
            Self::Compare(Name::Path(path), ..) | Self::In(Name::Path(path), _) => into.push(path.join("/")),
            _ => {}
        }
    }

    /// Whether it asks when records were changed.
    pub(crate) fn asks_last_updated(&self) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::asks_last_updated),
            Self::Not(part) => part.asks_last_updated(),
            Self::Compare(name, ..) | Self::In(name, _) => *name == Name::LastUpdated,
        }
    }
}

const EVERY_ID: (i64, i64) = (i64::MIN, i64::MAX);

/// Bounds that are never too narrow; the evaluation decides at the edges.
fn number_bounds(operator: Operator, literal: &Literal) -> (i64, i64) {
    let Literal::Number(number) = literal else { return EVERY_ID };
    let number = number.floor() as i64;
    match operator {
        Operator::Equal => (number.saturating_sub(1), number.saturating_add(1)),
        Operator::Less | Operator::LessOrEqual => (i64::MIN, number.saturating_add(1)),
        Operator::Greater | Operator::GreaterOrEqual => (number.saturating_sub(1), i64::MAX),
        _ => EVERY_ID,
    }
}

#[cfg(test)]
mod tests;
