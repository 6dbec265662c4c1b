//! The value of an expression: what type it has and which columns it is computed from.

use sqlparser::ast::{BinaryOperator, DataType, Expr, UnaryOperator, Value};

use super::inside;
use super::kind::Kind;
use super::query::Walk;
use super::scope::{Scope, Typed};
use crate::gold::lineage::Origins;

impl Walk<'_> {
    /// The value of an expression; what is wrong with it is found on the way.
    pub(super) fn value(&mut self, expression: &Expr, scope: &Scope<'_>) -> Typed {
        match expression {
            Expr::Identifier(name) => self.column(None, &name.value, scope),
            Expr::CompoundIdentifier(names) => self.path(&names.iter().collect::<Vec<_>>(), scope),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, scope),
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } | Expr::Named { expr: inner, .. } => {
                self.value(inner, scope)
            }
            Expr::Value(value) => Typed::of(literal(&value.value)),
            Expr::TypedString(text) => Typed::of(named(&text.data_type)),
            Expr::Interval(_) => self.inside(expression, Kind::Interval, scope),
            Expr::Cast { expr, data_type, .. } => {
                let origins = self.value(expr, scope).origins;
                Typed { kind: named(data_type), origins }
            }
            Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => Typed { kind: Kind::Bool, origins: self.value(inner, scope).origins },
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.compared(&[left, right], scope)
            }
            Expr::Between { expr, low, high, .. } => self.compared(&[expr, low, high], scope),
            Expr::InList { expr, list, .. } => {
                let mut all: Vec<&Expr> = vec![expr];
                all.extend(list);
                self.compared(&all, scope)
            }
            Expr::InSubquery { expr, subquery, .. } => {
                let mut origins = self.value(expr, scope).origins;
                let inner = self.subquery(subquery, scope.parts, Some(scope));
                origins.extend(inner.columns.into_iter().flat_map(|column| column.value.origins));
                Typed { kind: Kind::Bool, origins }
            }
            Expr::Exists { subquery, .. } => {
                self.subquery(subquery, scope.parts, Some(scope));
                Typed::of(Kind::Bool)
            }
            Expr::Subquery(query) => {
                let inner = self.subquery(query, scope.parts, Some(scope));
                inner.columns.into_iter().next().map_or_else(|| Typed::of(Kind::Unknown), |column| column.value)
            }
            Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => {
                let origins = self.texts("LIKE", &[expr, pattern], scope);
                Typed { kind: Kind::Bool, origins }
            }
            Expr::SimilarTo { expr, pattern, .. } | Expr::RLike { expr, pattern, .. } => {
                let origins = self.texts("a pattern", &[expr, pattern], scope);
                Typed { kind: Kind::Bool, origins }
            }
            Expr::Trim { expr, trim_what, trim_characters, .. } => {
                let mut texts: Vec<&Expr> = vec![expr];
                texts.extend(trim_what.as_deref());
                texts.extend(trim_characters.iter().flatten());
                Typed { kind: Kind::Text, origins: self.texts("TRIM", &texts, scope) }
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let mut origins = self.texts("SUBSTRING", &[expr], scope);
                for part in [substring_from, substring_for].into_iter().flatten() {
                    origins.extend(self.value(part, scope).origins);
                }
                Typed { kind: Kind::Text, origins }
            }
            Expr::Position { expr, r#in } => {
                Typed { kind: Kind::Int, origins: self.texts("POSITION", &[expr, r#in], scope) }
            }
            Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => self.value(expr, scope),
            Expr::Extract { expr, .. } => {
                let value = self.value(expr, scope);
                if !value.kind.is_temporal() {
                    let what = format!("EXTRACT wants a date or a timestamp, not {}", value.kind.label());
                    self.found(what, "take a part of a date");
                }
                Typed { kind: Kind::Int, origins: value.origins }
            }
            Expr::AtTimeZone { .. } => self.inside(expression, Kind::Timestamp, scope),
            Expr::Overlay { .. } => self.inside(expression, Kind::Text, scope),
            Expr::Array(_) => self.inside(expression, Kind::List, scope),
            Expr::AnyOp { .. } | Expr::AllOp { .. } | Expr::InUnnest { .. } | Expr::IsNormalized { .. } => {
                self.inside(expression, Kind::Bool, scope)
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                Typed { kind: Kind::Bool, origins: self.truth(expr, scope, "what NOT turns round").origins }
            }
            Expr::UnaryOp { expr, .. } => self.value(expr, scope),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope),
            Expr::Case { operand, conditions, else_result, .. } => {
                let mut origins = Origins::new();
                let mut results = Vec::new();
                for when in conditions {
                    let condition = match operand {
                        Some(operand) => self.compared(&[operand, &when.condition], scope),
                        None => self.truth(&when.condition, scope, "a WHEN"),
                    };
                    origins.extend(condition.origins);
                    results.push(self.value(&when.result, scope));
                }
                results.extend(else_result.as_ref().map(|result| self.value(result, scope)));
                let mut value = self.common("the branches of a CASE", results);
                value.origins.extend(origins);
                value
            }
            Expr::Function(function) => self.call(function, scope),
            // Its parameters are names of its own.
            Expr::Lambda(_) => Typed::of(Kind::Unknown),
            _ => self.inside(expression, Kind::Unknown, scope),
        }
    }

    /// An expression of which only the type is known here: what stands inside of it is looked at all the same.
    fn inside(&mut self, expression: &Expr, kind: Kind, scope: &Scope<'_>) -> Typed {
        let (expressions, queries) = inside::of(expression);
        let mut origins = Origins::new();
        for expression in &expressions {
            origins.extend(self.value(expression, scope).origins);
        }
        for query in &queries {
            let inner = self.subquery(query, scope.parts, Some(scope));
            origins.extend(inner.columns.into_iter().flat_map(|column| column.value.origins));
        }
        Typed { kind, origins }
    }

    /// The type that holds all of the values.
    pub(super) fn common(&mut self, what: &str, values: Vec<Typed>) -> Typed {
        let mut all = Typed::of(Kind::Unknown);
        for value in values {
            match all.kind.with(value.kind) {
                Some(kind) => all.kind = kind,
                None => {
                    let what = format!("{what} mix {} and {}", all.kind.label(), value.kind.label());
                    self.found(what, "make them one type, with CAST(… AS …) if need be");
                }
            }
            all.origins.extend(value.origins);
        }
        all
    }

    /// A comparison of expressions with the first of them.
    fn compared(&mut self, expressions: &[&Expr], scope: &Scope<'_>) -> Typed {
        let mut origins = Origins::new();
        let mut first: Option<(Kind, bool)> = None;
        for expression in expressions {
            let value = self.value(expression, scope);
            origins.extend(value.origins);
            let is_literal = matches!(expression, Expr::Value(_));
            let (kind, literal) = *first.get_or_insert((value.kind, is_literal));
            // A date may be written as text.
            let date = |one: Kind, other: Kind, literal: bool| literal && one == Kind::Text && other.is_temporal();
            if kind.with(value.kind).is_none()
                && !date(kind, value.kind, literal)
                && !date(value.kind, kind, is_literal)
            {
                let what = format!("{} is compared with {}", kind.label(), value.kind.label());
                self.found(what, "compare values of one type");
            }
        }
        Typed { kind: Kind::Bool, origins }
    }

    /// Expressions that have to be text.
    fn texts(&mut self, what: &str, expressions: &[&Expr], scope: &Scope<'_>) -> Origins {
        let mut origins = Origins::new();
        for expression in expressions {
            let value = self.value(expression, scope);
            if !matches!(value.kind, Kind::Text | Kind::Unknown) {
                let what = format!("{what} wants text, not {}", value.kind.label());
                self.found(what, "write CAST(… AS STRING), or leave it out");
            }
            origins.extend(value.origins);
        }
        origins
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, scope: &Scope<'_>) -> Typed {
        match op {
            BinaryOperator::And | BinaryOperator::Or => {
                let mut value = self.truth(left, scope, &format!("the left side of {op}"));
                value.origins.extend(self.truth(right, scope, &format!("the right side of {op}")).origins);
                Typed { kind: Kind::Bool, ..value }
            }
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => self.compared(&[left, right], scope),
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo => {
                let (one, other) = (self.value(left, scope), self.value(right, scope));
                let kind = if one.kind.is_number() && other.kind.is_number() {
                    one.kind.with(other.kind).unwrap_or(Kind::Unknown)
                } else {
                    let time = |kind: Kind| kind.is_temporal() || kind == Kind::Interval;
                    if !(time(one.kind) && time(other.kind)) {
                        let wrong = if one.kind.is_number() { other.kind } else { one.kind };
                        self.found(format!("`{op}` counts with {}", wrong.label()), "count with numbers");
                    }
                    Kind::Unknown
                };
                let mut origins = one.origins;
                origins.extend(other.origins);
                Typed { kind, origins }
            }
            BinaryOperator::StringConcat => {
                let mut value = self.value(left, scope);
                value.origins.extend(self.value(right, scope).origins);
                Typed { kind: Kind::Text, ..value }
            }
            _ => {
                let mut value = self.value(left, scope);
                value.origins.extend(self.value(right, scope).origins);
                Typed { kind: Kind::Unknown, ..value }
            }
        }
    }
}

fn literal(value: &Value) -> Kind {
    match value {
        Value::Number(text, _) => {
            if text.contains(['.', 'e', 'E']) {
                Kind::Decimal
            } else {
                Kind::Int
            }
        }
        Value::SingleQuotedString(_) | Value::DoubleQuotedString(_) | Value::EscapedStringLiteral(_) => Kind::Text,
        Value::Boolean(_) => Kind::Bool,
        _ => Kind::Unknown,
    }
}

fn named(data_type: &DataType) -> Kind {
    match data_type {
        DataType::BigInt(_)
        | DataType::Int(_)
        | DataType::Integer(_)
        | DataType::SmallInt(_)
        | DataType::TinyInt(_) => Kind::Int,
        DataType::Decimal(_) | DataType::Numeric(_) | DataType::Dec(_) => Kind::Decimal,
        DataType::Double(_) | DataType::DoublePrecision | DataType::Float(_) | DataType::Real => Kind::Double,
        DataType::Boolean | DataType::Bool => Kind::Bool,
        DataType::String(_) | DataType::Varchar(_) | DataType::Text | DataType::Char(_) => Kind::Text,
        DataType::Date => Kind::Date,
        DataType::Timestamp(..) => Kind::Timestamp,
        _ => Kind::Unknown,
    }
}
