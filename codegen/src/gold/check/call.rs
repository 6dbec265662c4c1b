//! Calls of functions: their arguments, windows and orders, and what they give.

use sqlparser::ast::{
    Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, OrderByExpr, WindowSpec,
    WindowType,
};

use super::kind::Kind;
use super::known::{self, Gives};
use super::names::nearest;
use super::query::Walk;
use super::scope::{Scope, Typed};
use crate::gold::lineage::Origins;

impl Walk<'_> {
    /// The value of a call.
    pub(super) fn call(&mut self, call: &Function, scope: &Scope<'_>) -> Typed {
        let name = call.name.to_string();
        let mut values = Vec::new();
        let mut further = Origins::new();
        match &call.args {
            FunctionArguments::List(list) => {
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
                        further.extend(self.ordered(items, scope));
                    }
                }
            }
            FunctionArguments::Subquery(query) => {
                let inner = self.subquery(query, scope.parts, Some(scope));
                values.extend(inner.columns.into_iter().map(|column| column.value).take(1));
            }
            FunctionArguments::None => {}
        }
        if let Some(WindowType::WindowSpec(window)) = &call.over {
            further.extend(self.window(window, scope));
        }
        further.extend(self.ordered(&call.within_group, scope));
        if let Some(filter) = &call.filter {
            further.extend(self.truth(filter, scope, "a FILTER").origins);
        }
        let kind = self.result(&name, &values);
        further.extend(values.into_iter().flat_map(|value| value.origins));
        Typed { kind, origins: further }
    }

    /// What a window is made by.
    pub(super) fn window(&mut self, window: &WindowSpec, scope: &Scope<'_>) -> Origins {
        let mut origins = self.ordered(&window.order_by, scope);
        for expression in &window.partition_by {
            origins.extend(self.value(expression, scope).origins);
        }
        origins
    }

    /// What an order is made by.
    pub(super) fn ordered(&mut self, items: &[OrderByExpr], scope: &Scope<'_>) -> Origins {
        items.iter().flat_map(|item| self.value(&item.expr, scope).origins).collect()
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
            Gives::Fraction => match values.first().map(|value| value.kind) {
                Some(Kind::Int) => Kind::Double,
                kind => kind.unwrap_or(Kind::Unknown),
            },
            Gives::Common => self.common(&format!("the arguments of {name}"), values.to_vec()).kind,
        }
    }
}
