//! Walking a statement: parts, unions and SELECTs, each name resolved in its scope.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, NamedWindowExpr, OrderByExpr, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr,
};

use super::kind::Kind;
use super::scope::{Catalog, Column, Relation, Scope, Typed, last, renamed};
use crate::gold::lineage::Origins;

/// The clause that is being looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clause {
    /// The SELECT list's column of that name.
    Item(String),
    /// FROM with its joins.
    From,
    /// WHERE, GROUP BY and what follows.
    Where,
}

/// Where in a statement something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The part (`WITH part AS …`); empty for the last SELECT.
    pub(crate) part: String,
    /// Which SELECT of a UNION, from 0.
    pub(crate) branch: usize,
    /// Which clause of it.
    pub(crate) clause: Clause,
}

/// Something that is wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Where.
    pub(crate) spot: Spot,
    /// What.
    pub(crate) what: String,
    /// What puts it right.
    pub(crate) fix: String,
    /// Whether it is about two SELECTs of a UNION that do not fit together.
    pub(crate) union: bool,
}

/// The SELECT list of one branch of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// Where it stands.
    pub(crate) spot: Spot,
    /// Its columns.
    pub(crate) columns: Vec<Column>,
}

/// The walk through one statement.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(super) catalog: &'a Catalog,
    /// What is wrong.
    pub(crate) findings: Vec<Finding>,
    /// The SELECT lists outside of subqueries, in the order in which they stand.
    pub(crate) branches: Vec<Branch>,
    /// What rows are chosen and joined by.
    pub(crate) conditions: Origins,
    spot: Spot,
    /// How many subqueries are around.
    level: usize,
}

impl<'a> Walk<'a> {
    /// Walks through a statement; what it gives are the columns of its result.
    pub(crate) fn through(catalog: &'a Catalog, query: &Query) -> (Self, Vec<Column>) {
        let spot = Spot { part: String::new(), branch: 0, clause: Clause::From };
        let mut walk =
            Self { catalog, findings: Vec::new(), branches: Vec::new(), conditions: Origins::new(), spot, level: 0 };
        let result = walk.query(query, &[], None);
        (walk, result.columns)
    }

    pub(super) fn found(&mut self, what: impl Into<String>, fix: impl Into<String>) {
        let finding = Finding { spot: self.spot.clone(), what: what.into(), fix: fix.into(), union: false };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    pub(super) fn at(&mut self, clause: Clause) {
        if self.level == 0 {
            self.spot.clause = clause;
        }
    }

    /// A query inside of another one.
    pub(super) fn subquery(&mut self, query: &Query, parts: &[Relation], outer: Option<&Scope<'_>>) -> Relation {
        self.level += 1;
        let result = self.query(query, parts, outer);
        self.level -= 1;
        result
    }

    fn query(&mut self, query: &Query, parts: &[Relation], outer: Option<&Scope<'_>>) -> Relation {
        let mut parts = parts.to_vec();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let name = cte.alias.name.value.clone();
                if self.level == 0 {
                    (self.spot.part, self.spot.branch) = (name.clone(), 0);
                }
                let mut relation = match (with.recursive, cte.query.body.as_ref()) {
                    (true, SetExpr::SetOperation { left, right, .. }) => self.recursive(&name, left, right, &parts),
                    _ => self.query(&cte.query, &parts, None),
                };
                relation.of.clone_from(&name);
                parts.push(renamed(relation, &cte.alias));
            }
            if self.level == 0 {
                (self.spot.part, self.spot.branch) = (String::new(), 0);
            }
        }
        let order = match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(items)) => items.as_slice(),
            _ => &[],
        };
        if let SetExpr::Select(select) = query.body.as_ref() {
            return self.select(select, order, &parts, outer);
        }
        let result = self.set(&query.body, &parts, outer);
        self.at(Clause::Where);
        let relations = [result];
        let scope = Scope { relations: &relations, parts: &parts, outer };
        self.ordered(order, &scope);
        let [result] = relations;
        result
    }

    /// A part that reads itself: its columns are those of its first SELECT, computed from those of both.
    fn recursive(&mut self, name: &str, left: &SetExpr, right: &SetExpr, parts: &[Relation]) -> Relation {
        let mut so_far = self.set(left, parts, None);
        let branch = self.spot.branch + 1;
        for last in [false, true] {
            let (findings, branches) = (self.findings.len(), self.branches.len());
            self.spot.branch = branch;
            let mut parts = parts.to_vec();
            so_far.name = name.to_owned();
            so_far.of = name.to_owned();
            parts.push(so_far.clone());
            let other = self.set(right, &parts, None);
            so_far = self.union(so_far, &other);
            if !last {
                self.findings.truncate(findings);
                self.branches.truncate(branches);
            }
        }
        so_far
    }

    fn set(&mut self, body: &SetExpr, parts: &[Relation], outer: Option<&Scope<'_>>) -> Relation {
        match body {
            SetExpr::Select(select) => self.select(select, &[], parts, outer),
            SetExpr::Query(query) => self.query(query, parts, outer),
            SetExpr::SetOperation { left, right, .. } => {
                let one = self.set(left, parts, outer);
                if self.level == 0 {
                    self.spot.branch += 1;
                }
                let other = self.set(right, parts, outer);
                self.union(one, &other)
            }
            _ => Relation { open: true, ..Relation::default() },
        }
    }

    fn union(&mut self, mut one: Relation, other: &Relation) -> Relation {
        if one.open || other.open {
            return Relation { open: true, ..one };
        }
        let mut wrong = Vec::new();
        if one.columns.len() != other.columns.len() {
            wrong.push((
                Clause::From,
                format!("a UNION joins SELECTs of {} and {} columns", one.columns.len(), other.columns.len()),
            ));
        }
        for (left, right) in one.columns.iter_mut().zip(&other.columns) {
            match left.value.kind.with(right.value.kind) {
                Some(kind) => left.value.kind = kind,
                None => wrong.push((
                    Clause::Item(right.name.clone()),
                    format!(
                        "`{}` is {} in one SELECT of a UNION and {} in another",
                        left.name,
                        left.value.kind.label(),
                        right.value.kind.label()
                    ),
                )),
            }
            left.value.origins.extend(right.value.origins.iter().cloned());
        }
        for (clause, what) in wrong {
            self.at(clause);
            let fix = "give every SELECT of it the same columns, of the same types, in the same order".to_owned();
            self.findings.push(Finding { spot: self.spot.clone(), what, fix, union: true });
        }
        one
    }

    /// A SELECT. Its aliases are known to GROUP BY, HAVING and QUALIFY where no column has the name, and to ORDER BY
    /// before any column.
    fn select(
        &mut self,
        select: &Select,
        order: &[OrderByExpr],
        parts: &[Relation],
        outer: Option<&Scope<'_>>,
    ) -> Relation {
        self.at(Clause::From);
        let mut relations = Vec::new();
        for table in &select.from {
            self.tables(table, parts, &mut relations, outer);
        }
        let scope = Scope { relations: &relations, parts, outer };
        self.at(Clause::Where);
        if let Some(condition) = &select.selection {
            self.condition(condition, &scope);
        }
        let mut result = Relation::default();
        for item in &select.projection {
            self.item(item, &scope, &mut result);
        }
        if self.level == 0 {
            self.branches.push(Branch { spot: self.spot.clone(), columns: result.columns.clone() });
        }
        self.at(Clause::Where);
        let results = [result];
        let around = Scope { relations: &results, parts, outer };
        let grouped = Scope { outer: Some(&around), ..scope };
        if let GroupByExpr::Expressions(expressions, _) = &select.group_by {
            for expression in expressions {
                self.value(expression, &grouped);
            }
        }
        for condition in [&select.having, &select.qualify].into_iter().flatten() {
            self.condition(condition, &grouped);
        }
        for window in &select.named_window {
            if let NamedWindowExpr::WindowSpec(window) = &window.1 {
                self.window(window, &scope);
            }
        }
        if let Some(Distinct::On(expressions)) = &select.distinct {
            for expression in expressions {
                self.value(expression, &scope);
            }
        }
        self.ordered(order, &Scope { relations: &results, parts, outer: Some(&scope) });
        let [result] = results;
        result
    }

    fn item(&mut self, item: &SelectItem, scope: &Scope<'_>, result: &mut Relation) {
        let (name, expression) = match item {
            SelectItem::Wildcard(_) => {
                for relation in scope.relations {
                    let once = relation.columns.iter().filter(|column| !relation.merged.contains(&column.name));
                    result.columns.extend(once.cloned());
                    result.open |= relation.open;
                }
                return;
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = last(name);
                match scope.relations.iter().find(|relation| relation.name == name) {
                    Some(relation) => {
                        result.columns.extend(relation.columns.iter().cloned());
                        result.open |= relation.open;
                    }
                    None => {
                        self.at(Clause::Item(String::new()));
                        self.no_alias(&name, scope);
                        result.open = true;
                    }
                }
                return;
            }
            SelectItem::UnnamedExpr(expression @ Expr::Identifier(name)) => (name.value.clone(), expression),
            SelectItem::UnnamedExpr(expression @ Expr::CompoundIdentifier(names)) => {
                (names.last().map(|name| name.value.clone()).unwrap_or_default(), expression)
            }
            SelectItem::UnnamedExpr(expression) => (String::new(), expression),
            SelectItem::ExprWithAlias { expr, alias } => (alias.value.clone(), expr),
            SelectItem::QualifiedWildcard(..) | SelectItem::ExprWithAliases { .. } => {
                result.open = true;
                return;
            }
        };
        self.at(Clause::Item(name.clone()));
        let value = self.value(expression, scope);
        result.columns.push(Column { name, value });
    }

    pub(super) fn condition(&mut self, expression: &Expr, scope: &Scope<'_>) {
        let value = self.truth(expression, scope, "a condition");
        self.conditions.extend(value.origins);
    }

    /// The value of an expression that has to be a boolean.
    pub(super) fn truth(&mut self, expression: &Expr, scope: &Scope<'_>, what: &str) -> Typed {
        let value = self.value(expression, scope);
        if !matches!(value.kind, Kind::Bool | Kind::Unknown) {
            self.found(format!("{what} is {}, not a boolean", value.kind.label()), "compare it with something");
        }
        value
    }
}
