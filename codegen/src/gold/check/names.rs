//! What a name stands for: a column of the nearest scope that has it, or a field inside of one.

use sqlparser::ast::{AccessExpr, Expr, Ident, Subscript};

use super::kind::Kind;
use super::query::Walk;
use super::scope::{Column, Scope, Typed};
use crate::gold::lineage::Origins;
use crate::lower::naming::closest;

impl Walk<'_> {
    /// `list[1]`, `t.list[1].field`: what is accessed, and what it is accessed by.
    pub(super) fn access(&mut self, root: &Expr, chain: &[AccessExpr], scope: &Scope<'_>) -> Typed {
        let mut names: Vec<&Ident> = match root {
            Expr::Identifier(name) => vec![name],
            Expr::CompoundIdentifier(names) => names.iter().collect(),
            _ => Vec::new(),
        };
        let mut value = if names.is_empty() {
            self.value(root, scope)
        } else {
            names.extend(chain.iter().map_while(|access| match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Some(name),
                _ => None,
            }));
            self.path(&names, scope)
        };
        for access in chain {
            // What a dot leads to is a field, not a column.
            let AccessExpr::Subscript(subscript) = access else { continue };
            let by = match subscript {
                Subscript::Index { index } => vec![Some(index)],
                Subscript::Slice { lower_bound, upper_bound, stride } => {
                    vec![lower_bound.as_ref(), upper_bound.as_ref(), stride.as_ref()]
                }
            };
            for expression in by.into_iter().flatten() {
                value.origins.extend(self.value(expression, scope).origins);
            }
        }
        Typed { kind: Kind::Unknown, ..value }
    }

    /// `alias.column`, `layer.table.column`, or fields of a struct below them.
    pub(super) fn path(&mut self, names: &[&Ident], scope: &Scope<'_>) -> Typed {
        let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        match names.as_slice() {
            [] => Typed::of(Kind::Unknown),
            [name] => self.column(None, name, scope),
            [of, name] => self.column(Some(of), name, scope),
            [layer, table, column, ..] => {
                let full = format!("{layer}.{table}");
                let value = if scope.relations.iter().any(|relation| relation.of == full) {
                    self.column(Some(table), column, scope)
                } else {
                    let value = self.column(Some(layer), table, scope);
                    Typed { kind: Kind::Unknown, ..value }
                };
                if names.len() == 3 { value } else { Typed { kind: Kind::Unknown, ..value } }
            }
        }
    }

    /// The column that a name stands for, in the nearest scope that has it.
    pub(super) fn column(&mut self, of: Option<&str>, name: &str, scope: &Scope<'_>) -> Typed {
        let mut around = Some(scope);
        while let Some(scope) = around {
            around = scope.outer;
            let mut relations = scope.relations.iter().filter(|relation| of.is_none_or(|of| relation.name == of));
            let hits: Vec<&Typed> = relations
                .clone()
                .flat_map(|relation| {
                    // With an alias, also what a join made one with another table's.
                    let named = relation.columns.iter().filter(|column| column.name == name);
                    named.filter(|_| of.is_some() || relation.unmerged(name).is_some())
                })
                .map(|column| &column.value)
                .collect();
            match hits.as_slice() {
                [hit] => return (*hit).clone(),
                [hit, ..] => {
                    let value = (*hit).clone();
                    if of.is_none() {
                        let having = relations.filter(|relation| relation.unmerged(name).is_some());
                        let tables: Vec<String> = having
                            .filter(|relation| !relation.name.is_empty())
                            .map(|relation| format!("`{}.{name}`", relation.name))
                            .collect();
                        let fix = match tables.as_slice() {
                            [] => "give the columns of the SELECT different names".to_owned(),
                            _ => format!("write one of {}", tables.join(", ")),
                        };
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
            Some(of) => match structure(of, scope) {
                // Its fields are not looked at.
                Some(origins) => return Typed { kind: Kind::Unknown, origins },
                None => self.no_alias(of, scope),
            },
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
        let columns = scope.relations.iter().flat_map(|relation| &relation.columns);
        let structs = columns.filter(|column| column.value.kind == Kind::Struct).map(|column| column.name.as_str());
        let fix = nearest(name, known.iter().copied().chain(structs), &format!("known here: {}", known.join(", ")));
        self.found(format!("there is no table or alias `{name}` here"), fix);
    }
}

/// What a struct is computed from, where the name is one's and not a table's.
fn structure(name: &str, scope: &Scope<'_>) -> Option<Origins> {
    let is_one = |column: &&Column| column.name == name && matches!(column.value.kind, Kind::Struct | Kind::Unknown);
    let mut around = Some(scope);
    while let Some(scope) = around {
        if let Some(column) = scope.relations.iter().flat_map(|relation| &relation.columns).find(is_one) {
            return Some(column.value.origins.clone());
        }
        around = scope.outer;
    }
    None
}

/// `did you mean …?`, or something else where nothing is near.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    closest(name, known).map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}
