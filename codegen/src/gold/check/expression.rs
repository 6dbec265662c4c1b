//! The value of an expression: what type it has and which columns it is computed from.

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    OrderByExpr, UnaryOperator, Value, WindowType,
};

use super::known::{self, Gives};
use super::query::Walk;
use super::scope::{Kind, Origins, Scope, Typed};
use crate::lower::naming::closest;

impl Walk<'_> {
    /// The value of an expression; what is wrong with it is found on the way.
    pub(super) fn value(&mut self, expression: &Expr, scope: &Scope<'_>) -> Typed {
        match expression {
            Expr::Identifier(name) => self.column(None, &name.value, scope),
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [of, name] => self.column(Some(&of.value), &name.value, scope),
                _ => Typed::of(Kind::Unknown),
            },
            Expr::Nested(inner) => self.value(inner, scope),
            Expr::Value(value) => Typed::of(literal(&value.value)),
            Expr::TypedString(text) => Typed::of(named(&text.data_type)),
            Expr::Interval(_) => Typed::of(Kind::Interval),
            Expr::Cast { expr, data_type, .. } => {
                let origins = self.value(expr, scope).origins;
                Typed { kind: named(data_type), origins }
            }
            Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner) => Typed { kind: Kind::Bool, origins: self.value(inner, scope).origins },
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
            Expr::Trim { expr, trim_what, .. } => {
                let mut texts: Vec<&Expr> = vec![expr];
                texts.extend(trim_what.as_deref());
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
            Expr::AtTimeZone { timestamp, .. } => {
                Typed { kind: Kind::Timestamp, origins: self.value(timestamp, scope).origins }
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
            _ => Typed::of(Kind::Unknown),
        }
    }

    /// The column that a name stands for, in the nearest scope that has it.
    fn column(&mut self, of: Option<&str>, name: &str, scope: &Scope<'_>) -> Typed {
        let mut around = Some(scope);
        while let Some(scope) = around {
            around = scope.outer;
            let mut relations = scope.relations.iter().filter(|relation| of.is_none_or(|of| relation.name == of));
            let hits: Vec<&Typed> = relations
                .clone()
                .flat_map(|relation| relation.columns.iter().filter(|column| column.name == name))
                .map(|column| &column.value)
                .collect();
            match hits.as_slice() {
                [hit] => return (*hit).clone(),
                [hit, ..] => {
                    let value = (*hit).clone();
                    if of.is_none() {
                        let tables: Vec<String> =
                            relations.map(|relation| format!("`{}.{name}`", relation.name)).collect();
                        let fix = format!("write one of {}", tables.join(", "));
                        self.found(format!("`{name}` could be a column of more than one table"), fix);
                    }
                    return value;
                }
                [] if relations.clone().any(|relation| relation.open) => return Typed::of(Kind::Unknown),
                [] => {}
            }
            if let (Some(of), Some(relation)) = (of, relations.next()) {
                let what = if relation.of == of || relation.of.is_empty() {
                    format!("`{of}` has no column `{name}`")
                } else {
                    format!("`{of}` ({}) has no column `{name}`", relation.of)
                };
                let known = relation.columns.iter().map(|column| column.name.as_str());
                let fix = nearest(name, known, "see generated/DICTIONARY.md for its columns");
                self.found(what, fix);
                return Typed::of(Kind::Unknown);
            }
        }
        match of {
            // A field of a struct, perhaps: its fields are not looked at.
            Some(of) if scope.relations.iter().any(|r| r.columns.iter().any(|column| column.name == of)) => {}
            Some(of) => self.no_alias(of, scope),
            None => {
                let known = scope.relations.iter().flat_map(|r| &r.columns).map(|column| column.name.as_str());
                let fix = nearest(name, known, "see generated/DICTIONARY.md for the tables' columns");
                self.found(format!("there is no column `{name}` here"), fix);
            }
        }
        Typed::of(Kind::Unknown)
    }

    /// Nothing is called so here.
    pub(super) fn no_alias(&mut self, name: &str, scope: &Scope<'_>) {
        let known: Vec<&str> = scope.relations.iter().map(|relation| relation.name.as_str()).collect();
        let fix = nearest(name, known.iter().copied(), &format!("known here: {}", known.join(", ")));
        self.found(format!("there is no table or alias `{name}` here"), fix);
    }

    /// The type that holds all of the values.
    fn common(&mut self, what: &str, values: Vec<Typed>) -> Typed {
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

    fn call(&mut self, call: &Function, scope: &Scope<'_>) -> Typed {
        let name = call.name.to_string();
        let mut values = Vec::new();
        let mut further = Origins::new();
        if let FunctionArguments::List(list) = &call.args {
            for argument in &list.args {
                let (FunctionArg::Unnamed(argument)
                | FunctionArg::Named { arg: argument, .. }
                | FunctionArg::ExprNamed { arg: argument, .. }) = argument;
                values.push(match argument {
                    FunctionArgExpr::Expr(expression) => self.value(expression, scope),
                    _ => Typed::of(Kind::Unknown),
                });
            }
            for clause in &list.clauses {
                if let FunctionArgumentClause::OrderBy(items) = clause {
                    self.ordered(items, scope, &mut further);
                }
            }
        }
        if let Some(WindowType::WindowSpec(window)) = &call.over {
            for expression in &window.partition_by {
                further.extend(self.value(expression, scope).origins);
            }
            self.ordered(&window.order_by, scope, &mut further);
        }
        if let Some(filter) = &call.filter {
            further.extend(self.truth(filter, scope, "a FILTER").origins);
        }
        let kind = self.result(&name, &values);
        further.extend(values.into_iter().flat_map(|value| value.origins));
        Typed { kind, origins: further }
    }

    fn ordered(&mut self, items: &[OrderByExpr], scope: &Scope<'_>, origins: &mut Origins) {
        for item in items {
            origins.extend(self.value(&item.expr, scope).origins);
        }
    }

    /// What a function gives for such arguments.
    fn result(&mut self, name: &str, values: &[Typed]) -> Kind {
        let Some(function) = known::function(name) else {
            let fix =
                nearest(&name.to_lowercase(), known::names(), "use a function of codegen/src/gold/check/known.rs");
            self.found(format!("there is no function `{name}`"), fix);
            return Kind::Unknown;
        };
        let most = if function.repeats { usize::MAX } else { function.arguments.len() };
        if values.len() < function.least || values.len() > most {
            let wanted = match (function.least, most) {
                (least, usize::MAX) => format!("{least} or more"),
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            };
            let what = format!("`{name}` takes {wanted} arguments, not {}", values.len());
            self.found(what, "add or remove some");
        }
        for (index, value) in values.iter().enumerate() {
            let wanted = function.arguments.get(index).or(function.arguments.last());
            if let Some(wanted) = wanted.filter(|wanted| !wanted.takes(value.kind)) {
                let what = format!(
                    "argument {} of `{name}` is {}, where {} belongs",
                    index + 1,
                    value.kind.label(),
                    wanted.label()
                );
                self.found(what, "pass another value, or CAST this one");
            }
        }
        match function.gives {
            Gives::Always(kind) => kind,
            Gives::First => values.first().map_or(Kind::Unknown, |value| value.kind),
            Gives::Common => self.common(&format!("the arguments of {name}"), values.to_vec()).kind,
        }
    }
}

/// `did you mean …?`, or something else where nothing is near.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    closest(name, known).map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
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
