//! FROM: tables, subqueries and functions, and what they are joined by.

use std::collections::BTreeSet;

use sqlparser::ast::{
    FunctionArg, FunctionArgExpr, Join, JoinConstraint, JoinOperator, ObjectName, TableFactor, TableWithJoins,
};

use super::query::Walk;
use super::scope::{Relation, Scope, last, renamed};
use crate::lower::naming::closest;

impl Walk<'_> {
    /// A table with what is joined to it.
    pub(super) fn tables(
        &mut self,
        tables: &TableWithJoins,
        parts: &[Relation],
        relations: &mut Vec<Relation>,
        outer: Option<&Scope<'_>>,
    ) {
        let start = relations.len();
        self.factor(&tables.relation, parts, relations, outer);
        for join in &tables.joins {
            self.join(join, parts, relations, start, outer);
        }
    }

    /// A join of what stands from `start` on with a further table.
    fn join(
        &mut self,
        join: &Join,
        parts: &[Relation],
        relations: &mut Vec<Relation>,
        start: usize,
        outer: Option<&Scope<'_>>,
    ) {
        let middle = relations.len();
        self.factor(&join.relation, parts, relations, outer);
        let (constraint, other_side) = match &join.join_operator {
            JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::FullOuter(constraint) => (constraint, true),
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::CrossJoin(constraint)
            | JoinOperator::Semi(constraint)
            | JoinOperator::LeftSemi(constraint)
            | JoinOperator::RightSemi(constraint)
            | JoinOperator::Anti(constraint)
            | JoinOperator::LeftAnti(constraint)
            | JoinOperator::RightAnti(constraint) => (constraint, false),
            _ => return,
        };
        let names: BTreeSet<String> = match constraint {
            JoinConstraint::On(condition) => {
                self.condition(condition, &Scope { relations, parts, outer });
                return;
            }
            JoinConstraint::Using(names) => names.iter().map(last).collect(),
            JoinConstraint::Natural => {
                let (left, right) = relations.split_at(middle);
                let own = |relation: &Relation| relation.columns.iter().map(|column| column.name.clone()).collect();
                let left: BTreeSet<String> = left.iter().skip(start).flat_map(|r| -> Vec<String> { own(r) }).collect();
                let right: BTreeSet<String> = right.iter().flat_map(|r| -> Vec<String> { own(r) }).collect();
                left.intersection(&right).cloned().collect()
            }
            JoinConstraint::None => return,
        };
        let (left, right) = relations.split_at_mut(middle);
        for name in names {
            self.same(&name, left.get_mut(start..).unwrap_or_default(), right, other_side);
        }
    }

    /// A column that both sides of a join have, and that is one column from here on.
    fn same(&mut self, name: &str, left: &mut [Relation], right: &mut [Relation], other_side: bool) {
        let mut sides = Vec::new();
        for side in [&*left, &*right] {
            let found = side.iter().find_map(|relation| relation.unmerged(name));
            if found.is_none() && !side.iter().any(|relation| relation.open) {
                let tables: Vec<String> = side.iter().map(|relation| format!("`{}`", relation.name)).collect();
                let known = side.iter().flat_map(|relation| &relation.columns).map(|column| column.name.as_str());
                let fix = closest(name, known).map(|near| format!("did you mean `{near}`?"));
                let fix = fix.unwrap_or_else(|| "join ON a condition instead".to_owned());
                self.found(format!("USING wants a column `{name}` of {}, which has none", tables.join(", ")), fix);
            }
            sides.extend(found.cloned());
        }
        if let [one, other] = sides.as_slice() {
            if one.value.kind.with(other.value.kind).is_none() {
                let what = format!(
                    "`{name}` is {} on one side of a join and {} on the other",
                    one.value.kind.label(),
                    other.value.kind.label()
                );
                self.found(what, "join by columns of one type");
            }
            if other_side && let Some(kept) = left.iter_mut().find_map(|relation| relation.unmerged_mut(name)) {
                kept.value.origins.extend(other.value.origins.iter().cloned());
            }
        }
        if sides.len() == 2 {
            right.iter_mut().for_each(|relation| relation.merged.push(name.to_owned()));
        }
        self.conditions.extend(sides.into_iter().flat_map(|side| side.value.origins));
    }

    fn factor(
        &mut self,
        factor: &TableFactor,
        parts: &[Relation],
        relations: &mut Vec<Relation>,
        outer: Option<&Scope<'_>>,
    ) {
        let before = Scope { relations, parts, outer };
        let open = || Relation { open: true, ..Relation::default() };
        let (relation, alias) = match factor {
            TableFactor::Table { name, alias, args: None, .. } => (self.table(name, parts), alias),
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                (self.subquery(subquery, parts, lateral.then_some(&before)), alias)
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                let mut inner = Vec::new();
                self.tables(table_with_joins, parts, &mut inner, outer);
                relations.extend(inner);
                return;
            }
            TableFactor::Table { alias, args: Some(arguments), .. } => {
                self.arguments(&arguments.args, &before);
                (open(), alias)
            }
            TableFactor::Function { alias, args, .. } => {
                self.arguments(args, &before);
                (open(), alias)
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                for expression in array_exprs {
                    self.value(expression, &before);
                }
                (open(), alias)
            }
            TableFactor::TableFunction { alias, expr } => {
                self.value(expr, &before);
                (open(), alias)
            }
            _ => (open(), &None),
        };
        relations.push(match alias {
            Some(alias) => renamed(relation, alias),
            None => relation,
        });
    }

    /// The arguments of a function that gives a table.
    fn arguments(&mut self, arguments: &[FunctionArg], scope: &Scope<'_>) {
        for argument in arguments {
            let (FunctionArg::Unnamed(argument)
            | FunctionArg::Named { arg: argument, .. }
            | FunctionArg::ExprNamed { arg: argument, .. }) = argument;
            if let FunctionArgExpr::Expr(expression) = argument {
                self.value(expression, scope);
            }
        }
    }

    fn table(&mut self, name: &ObjectName, parts: &[Relation]) -> Relation {
        let names: Vec<&str> =
            name.0.iter().filter_map(|part| part.as_ident()).map(|part| part.value.as_str()).collect();
        let full = names.join(".");
        if let [single] = names.as_slice()
            && let Some(part) = parts.iter().rev().find(|part| part.name == *single)
        {
            return part.clone();
        }
        if let Some(columns) = self.catalog.get(&full) {
            let name = names.last().map(|name| (*name).to_owned()).unwrap_or_default();
            return Relation { name, of: full, columns: columns.to_vec(), ..Relation::default() };
        }
        let open = Relation { name: last(name), of: full.clone(), open: true, ..Relation::default() };
        if self.catalog.may_be(&full) {
            return open;
        }
        let known = parts.iter().map(|part| part.name.as_str()).chain(self.catalog.names());
        let fix = closest(&full, known).map(|near| format!("did you mean `{near}`?"));
        let fix = fix.unwrap_or_else(|| "name a table of silver or gold, with its layer, or a part above".to_owned());
        self.found(format!("there is no table `{full}`"), fix);
        open
    }
}
