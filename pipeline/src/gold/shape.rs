//! Plan analysis: finds the driving tables and join inputs of a statement in its optimised plan.
//!
//! Invariant: where [`drivers`] returns any, every row of the statement must come from one row of a driving table and
//! the rows that are joined to it, and nothing else: so a row can only change when its driving row changes, or when a
//! join input's rows for its key do. For whatever could break that (a window, an aggregate or a limit above the driving
//! table, an outer join the other way, a subquery) it must return none, and the refresh is full.

use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Column, NullEquality, TableReference};
use datafusion::datasource::{TableProvider, provider_as_source};
use datafusion::logical_expr::{
    Expr, ExprSchemable as _, Join, JoinType, LogicalPlan, TableScan, TableScanBuilder, Volatility,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Layer and name of a table.
pub(super) type Name = (String, String);

/// Driving table: each of its rows makes rows of the statement on its own.
#[derive(Debug, Clone)]
pub(super) struct Driver {
    /// The table.
    pub(super) name: Name,
    /// Its key column.
    pub(super) key: &'static str,
    /// How the statement reads it.
    pub(super) scan: TableScan,
    /// The statement's key, over the driving table's key alone.
    pub(super) output_key: Expr,
    /// The inputs that its rows are joined with.
    pub(super) sides: Vec<JoinInput>,
}

/// An input that driving rows are joined with.
#[derive(Debug, Clone)]
pub(super) struct JoinInput {
    /// The join keys, over the driving table and over the input. Empty for a cross join.
    pub(super) on: Vec<(Expr, Expr)>,
    /// The input.
    pub(super) plan: LogicalPlan,
}

impl Driver {
    /// Whether the join keys have the same types on both sides: they are matched by the hashes of their values.
    pub(super) fn compares_alike(&self, side: &JoinInput) -> bool {
        side.on.iter().all(|(own, other)| {
            let own = own.get_type(self.scan.projected_schema.as_ref());
            own.is_ok_and(|own| other.get_type(side.plan.schema()).is_ok_and(|other| own == other))
        })
    }
}

/// The name behind a table reference.
fn name_of(table: &TableReference) -> Name {
    (table.schema().unwrap_or_default().to_owned(), table.table().to_owned())
}

/// Lists the tables that a plan reads, one per scan; `None` where a subquery hides some of them.
fn scans(plan: &LogicalPlan) -> Option<Vec<Name>> {
    let mut found = Vec::new();
    let mut visible = 0;
    let visited = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            found.push(name_of(&scan.table_name));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    let counted = plan.apply(|node| {
        visible += usize::from(matches!(node, LogicalPlan::TableScan(_)));
        Ok(TreeNodeRecursion::Continue)
    });
    (visited.is_ok() && counted.is_ok() && visible == found.len()).then_some(found)
}

/// Lists the tables that a plan reads, in subqueries too; a recursive query's reference to itself is none.
pub(super) fn inputs(plan: &LogicalPlan) -> BTreeSet<Name> {
    let (mut found, mut own) = (BTreeSet::new(), BTreeSet::new());
    let visited = plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::TableScan(scan) => {
                found.insert(name_of(&scan.table_name));
            }
            LogicalPlan::RecursiveQuery(query) => {
                own.insert((String::new(), query.name.clone()));
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(visited.is_ok());
    found.difference(&own).cloned().collect()
}

/// Whether the same tables always give the same rows: no function depends on the clock or on random numbers.
pub(super) fn is_stable(plan: &LogicalPlan) -> bool {
    let mut stable = true;
    let visited = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                let volatility = match part {
                    Expr::ScalarFunction(call) => Some(call.func.signature().volatility),
                    Expr::AggregateFunction(call) => Some(call.func.signature().volatility),
                    Expr::WindowFunction(call) => Some(call.fun.signature().volatility),
                    _ => None,
                };
                stable &= volatility.is_none_or(|volatility| volatility == Volatility::Immutable);
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    visited.is_ok() && stable
}

/// Replaces some of a plan's scans.
pub(super) fn replace_scans(
    plan: &LogicalPlan,
    mut replacement: impl FnMut(&TableScan, &Name) -> datafusion::error::Result<Option<LogicalPlan>>,
) -> datafusion::error::Result<LogicalPlan> {
    let replaced = plan.clone().transform_up(|node| {
        let new = match &node {
            LogicalPlan::TableScan(scan) => replacement(scan, &name_of(&scan.table_name))?,
            _ => None,
        };
        Ok(new.map_or_else(|| Transformed::no(node), Transformed::yes))
    })?;
    Ok(replaced.data)
}

/// Builds the same scan over another provider.
pub(super) fn scan_of(scan: &TableScan, rows: &Arc<dyn TableProvider>) -> datafusion::error::Result<LogicalPlan> {
    TableScanBuilder::new(scan.table_name.clone(), provider_as_source(Arc::clone(rows)))
        .with_projection(scan.projection.clone())
        .with_filters(scan.filters.clone())
        .build()
        .map(LogicalPlan::TableScan)
}

/// Finds the driving tables of a statement; `None` where the refresh has to be full. `key_of` returns a table's key.
pub(super) fn drivers(
    plan: &LogicalPlan,
    key: &str,
    key_of: &dyn Fn(&Name) -> Option<&'static str>,
) -> Option<Vec<Driver>> {
    let all = scans(plan)?;
    let output = plan.schema().columns().into_iter().find(|column| column.name == key)?;
    let drivers = follow(plan, Wanted { key: Expr::Column(output), sides: Vec::new() }, key_of)?;
    // A table that is read twice is not only a driving table.
    let once = |driver: &Driver| all.iter().filter(|name| **name == driver.name).count() == 1;
    (!drivers.is_empty() && drivers.iter().all(once)).then_some(drivers)
}

/// The key and join inputs found on the way down the plan, in terms of the node's columns.
#[derive(Clone)]
struct Wanted {
    key: Expr,
    sides: Vec<JoinInput>,
}

impl Wanted {
    /// Rewrites them in terms of another node's columns.
    fn through(self, replacement: &dyn Fn(&Column) -> Option<Expr>) -> Option<Self> {
        let key = substitute(self.key, replacement)?;
        let mut sides = Vec::with_capacity(self.sides.len());
        for side in self.sides {
            let on = side.on.into_iter().map(|(own, other)| Some((substitute(own, replacement)?, other)));
            sides.push(JoinInput { on: on.collect::<Option<_>>()?, plan: side.plan });
        }
        Some(Self { key, sides })
    }
}

fn substitute(expression: Expr, replacement: &dyn Fn(&Column) -> Option<Expr>) -> Option<Expr> {
    let mut lost = false;
    let new = expression.transform_up(|part| match &part {
        Expr::Column(column) => match replacement(column) {
            Some(new) => Ok(Transformed::yes(new)),
            None => {
                lost = true;
                Ok(Transformed::no(part))
            }
        },
        _ => Ok(Transformed::no(part)),
    });
    new.ok().filter(|_| !lost).map(|new| new.data)
}

fn follow(plan: &LogicalPlan, wanted: Wanted, key_of: &dyn Fn(&Name) -> Option<&'static str>) -> Option<Vec<Driver>> {
    let by_place = |input: &LogicalPlan| {
        let (outer, inner) = (plan.schema().clone(), input.schema().columns());
        move |column: &Column| Some(Expr::Column(inner.get(outer.maybe_index_of_column(column)?)?.clone()))
    };
    match plan {
        LogicalPlan::Projection(projection) => {
            let schema = plan.schema();
            let behind =
                |column: &Column| Some(projection.expr.get(schema.maybe_index_of_column(column)?)?.clone().unalias());
            follow(&projection.input, wanted.through(&behind)?, key_of)
        }
        LogicalPlan::SubqueryAlias(alias) => follow(&alias.input, wanted.through(&by_place(&alias.input))?, key_of),
        LogicalPlan::Filter(filter) => follow(&filter.input, wanted, key_of),
        LogicalPlan::Repartition(repartition) => follow(&repartition.input, wanted, key_of),
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => follow(&sort.input, wanted, key_of),
        LogicalPlan::Union(union) => {
            let mut drivers = Vec::new();
            for input in &union.inputs {
                drivers.extend(follow(input, wanted.clone().through(&by_place(input))?, key_of)?);
            }
            Some(drivers)
        }
        LogicalPlan::Join(join) => follow_join(join, wanted, key_of),
        LogicalPlan::TableScan(scan) if scan.fetch.is_none() => {
            let name = name_of(&scan.table_name);
            let key = key_of(&name)?;
            let within = |column: &Column| plan.schema().has_column(column).then(|| Expr::Column(column.clone()));
            let wanted = wanted.through(&within)?;
            let by_its_key = wanted.key.column_refs().iter().all(|column| column.name == key)
                && !wanted.key.column_refs().is_empty();
            by_its_key
                .then(|| vec![Driver { name, key, scan: scan.clone(), output_key: wanted.key, sides: wanted.sides }])
        }
        _ => None,
    }
}

fn follow_join(join: &Join, mut wanted: Wanted, key_of: &dyn Fn(&Name) -> Option<&'static str>) -> Option<Vec<Driver>> {
    if join.null_equality != NullEquality::NullEqualsNothing || join.null_aware {
        return None;
    }
    let within = |side: &LogicalPlan| wanted.key.column_refs().iter().all(|column| side.schema().has_column(column));
    let (own, other, on): (_, _, Vec<(Expr, Expr)>) = if within(&join.left) {
        let fits = matches!(join.join_type, JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti);
        fits.then(|| (&join.left, &join.right, join.on.clone()))?
    } else if within(&join.right) {
        let fits =
            matches!(join.join_type, JoinType::Inner | JoinType::Right | JoinType::RightSemi | JoinType::RightAnti);
        fits.then(|| (&join.right, &join.left, join.on.iter().cloned().map(|(l, r)| (r, l)).collect()))?
    } else {
        return None;
    };
    wanted.sides.push(JoinInput { on, plan: other.as_ref().clone() });
    // A key from the other side could change with that side: no driving table.
    let kept = |column: &Column| own.schema().has_column(column).then(|| Expr::Column(column.clone()));
    follow(own, wanted.through(&kept)?, key_of)
}

#[cfg(test)]
mod tests;
