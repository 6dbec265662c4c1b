//! Decides whether a record satisfies a condition, with a database's logic: a comparison with nothing is neither true
//! nor false.
//!
//! Invariant: the record is asked for only when its id and time of change do not decide.

use std::cmp::Ordering;

use serde_json::Value;

use crate::instant::{self, Micros};

use super::{Expression, Literal, Name, Operator};

/// A record, as far as conditions look at it.
pub(crate) trait Fields {
    fn id(&self) -> i64;
    fn updated(&self) -> Option<Micros>;
    /// The properties that the condition names, at least.
    fn record(&self) -> &Value;
}

/// Whether the record satisfies the expression.
pub(crate) fn evaluate(expression: &Expression, fields: &impl Fields) -> bool {
    decide(expression, &|name, test| match name {
        Name::Id => test(Found::Number(fields.id() as f64)),
        Name::LastUpdated => test(fields.updated().map_or(Found::Nothing, Found::Time)),
        Name::Path(path) => any(fields.record(), path, test),
    }) == Some(true)
}

/// Whether a bare value, such as an item of a list, satisfies the expression.
pub(crate) fn evaluate_value(expression: &Expression, value: &Value) -> bool {
    decide(expression, &|name, test| match name {
        Name::Id => any(value, &["id".to_owned()], test),
        Name::LastUpdated => any(value, &["_info".to_owned(), "lastUpdated".to_owned()], test),
        Name::Path(path) => any(value, path, test),
    }) == Some(true)
}

/// What a property holds.
#[derive(Debug, Clone, Copy)]
enum Found<'v> {
    Nothing,
    Number(f64),
    Text(&'v str),
    Bool(bool),
    Time(Micros),
}

type Test<'t> = &'t dyn Fn(Found<'_>) -> Option<bool>;

fn decide(expression: &Expression, look_up: &dyn Fn(&Name, Test<'_>) -> Option<bool>) -> Option<bool> {
    match expression {
        Expression::And(parts) => {
            let mut all = Some(true);
            for part in parts {
                match decide(part, look_up) {
                    Some(false) => return Some(false),
                    None => all = None,
                    Some(true) => {}
                }
            }
            all
        }
        Expression::Or(parts) => {
            let mut any = Some(false);
            for part in parts {
                match decide(part, look_up) {
                    Some(true) => return Some(true),
                    None => any = None,
                    Some(false) => {}
                }
            }
            any
        }
        Expression::Not(part) => decide(part, look_up).map(|decided| !decided),
        Expression::Compare(name, operator, literal) => look_up(name, &|found| compare(found, *operator, literal)),
        Expression::In(name, literals) => look_up(name, &|found| {
            let equal = |literal| compare(found, Operator::Equal, literal) == Some(true);
            if matches!(found, Found::Nothing) { None } else { Some(literals.iter().any(equal)) }
        }),
    }
}

/// Tests what a path leads to; of a list, any item will do.
fn any(value: &Value, path: &[String], test: Test<'_>) -> Option<bool> {
    if let Value::Array(items) = value {
        let mut decided = None;
        for item in items {
            match any(item, path, test) {
                Some(true) => return Some(true),
                Some(false) => decided = Some(false),
                None => {}
            }
        }
        return decided;
    }
    if let Some((step, rest)) = path.split_first() {
        return match value.get(step) {
            Some(below) => any(below, rest, test),
            None => test(Found::Nothing),
        };
    }
    test(match value {
        Value::Null => Found::Nothing,
        Value::Bool(flag) => Found::Bool(*flag),
        Value::Number(number) => number.as_f64().map_or(Found::Nothing, Found::Number),
        Value::String(text) => Found::Text(text),
        // An object is there, and equal to nothing.
        _ => Found::Text("{}"),
    })
}

fn compare(found: Found<'_>, operator: Operator, literal: &Literal) -> Option<bool> {
    let nothing = matches!(found, Found::Nothing);
    if *literal == Literal::Null {
        return match operator {
            Operator::Equal => Some(nothing),
            Operator::NotEqual => Some(!nothing),
            _ => None,
        };
    }
    if nothing {
        return None;
    }
    if matches!(operator, Operator::Contains | Operator::Like) {
        let Literal::Text(pattern) = literal else { return None };
        let text = match found {
            Found::Text(text) => text.to_lowercase(),
            Found::Number(number) => number.to_string(),
            _ => return None,
        };
        let pattern = pattern.to_lowercase();
        return Some(match operator {
            Operator::Contains => text.contains(&unescape(&pattern).replace('*', "")),
            _ => like(&text, &unescape(&pattern)),
        });
    }
    let order = order(found, literal)?;
    Some(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    })
}

fn order(found: Found<'_>, literal: &Literal) -> Option<Ordering> {
    match (found, literal) {
        (Found::Number(left), Literal::Number(right)) => left.partial_cmp(right),
        (Found::Number(left), Literal::Text(right)) => left.partial_cmp(&right.trim().parse().ok()?),
        (Found::Text(left), Literal::Number(right)) => left.trim().parse::<f64>().ok()?.partial_cmp(right),
        (Found::Time(left), Literal::Time(right)) => Some(left.cmp(right)),
        (Found::Time(left), Literal::Text(right)) => Some(left.cmp(&instant::parse(right)?)),
        (Found::Text(left), Literal::Time(right)) => Some(instant::parse(left)?.cmp(right)),
        // As databases do: case and trailing spaces make no difference.
        (Found::Text(left), Literal::Text(right)) => {
            Some(left.trim_end().to_lowercase().as_str().cmp(unescape(right).trim_end().to_lowercase().as_str()))
        }
        (Found::Bool(left), Literal::Bool(right)) => Some(left.cmp(right)),
        (Found::Text(left), Literal::Bool(right)) => Some(left.eq_ignore_ascii_case("true").cmp(right)),
        _ => None,
    }
}

/// `[[]x]` stands for `[x]`.
fn unescape(text: &str) -> String {
    text.replace("[[]", "[")
}

/// `*` and `%` stand for anything, also nothing.
fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split(['*', '%']);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(mut part) = parts.next() else { return rest.is_empty() };
    for next in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        part = next;
    }
    rest.ends_with(part)
}
