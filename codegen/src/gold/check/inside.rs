//! What stands directly inside of an expression, whatever form of expression it is.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Visit, Visitor};

/// The expressions and the queries that an expression is made of, without what is inside of those.
pub(super) fn of(expression: &Expr) -> (Vec<Expr>, Vec<Query>) {
    let mut inside = Inside::default();
    let _ = expression.visit(&mut inside);
    (inside.expressions, inside.queries)
}

#[derive(Default)]
struct Inside {
    /// How many expressions and queries are around.
    depth: usize,
    expressions: Vec<Expr>,
    queries: Vec<Query>,
}

impl Visitor for Inside {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if self.depth == 1 {
            self.expressions.push(expression.clone());
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 1 {
            self.queries.push(query.clone());
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}
