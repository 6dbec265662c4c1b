//! What names mean inside a statement: types, columns with what they are computed from, relations, and scopes.
//!
//! Types are coarse on purpose. What can't be inferred is [`Kind::Unknown`], and that fits everywhere.

use std::collections::BTreeMap;

use sqlparser::ast::{Ident, ObjectName, TableAlias};

use super::kind::Kind;
use crate::gold::lineage::Origins;
use crate::gold::model::{Type, Unknown};
use crate::ir;

impl Kind {
    /// Of a silver column.
    pub(crate) fn of_silver(kind: &ir::Kind) -> Self {
        match kind {
            ir::Kind::Int => Self::Int,
            ir::Kind::Float => Self::Double,
            ir::Kind::Bool => Self::Bool,
            ir::Kind::Text | ir::Kind::Json | ir::Kind::Hashed => Self::Text,
            ir::Kind::Timestamp => Self::Timestamp,
            ir::Kind::List(_) => Self::List,
            ir::Kind::Map | ir::Kind::Struct(_) => Self::Struct,
            ir::Kind::Sensitive => Self::Unknown,
        }
    }

    /// Of a gold column.
    pub(crate) fn of_gold(data_type: Type) -> Self {
        match data_type {
            Type::Bigint => Self::Int,
            Type::Text => Self::Text,
            Type::Boolean => Self::Bool,
            Type::Date => Self::Date,
            Type::Timestamp => Self::Timestamp,
            Type::Decimal | Type::Measure => Self::Decimal,
        }
    }
}

/// The value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typed {
    /// Its type.
    pub(crate) kind: Kind,
    /// What it is computed from.
    pub(crate) origins: Origins,
}

impl Typed {
    /// A value that no column goes into.
    pub(crate) fn of(kind: Kind) -> Self {
        Self { kind, origins: Origins::new() }
    }
}

/// A column of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name; empty where it has none.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Typed,
}

/// Something that a FROM names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Relation {
    /// What expressions call it.
    pub(crate) name: String,
    /// What it is, for messages: `silver.cw_member`, or the name of a part.
    pub(crate) of: String,
    /// Its columns.
    pub(crate) columns: Vec<Column>,
    /// Whether it may have columns that are not known here.
    pub(crate) open: bool,
    /// The columns that a join made one with another table's: without the alias, they are that table's.
    pub(crate) merged: Vec<String>,
}

impl Relation {
    /// The column that a name without an alias means here.
    pub(crate) fn unmerged(&self, name: &str) -> Option<&Column> {
        self.columns.iter().filter(|_| !self.is_merged(name)).find(|column| column.name == name)
    }

    /// The same, to be changed.
    pub(crate) fn unmerged_mut(&mut self, name: &str) -> Option<&mut Column> {
        let merged = self.is_merged(name);
        self.columns.iter_mut().filter(|_| !merged).find(|column| column.name == name)
    }

    fn is_merged(&self, name: &str) -> bool {
        self.merged.iter().any(|merged| merged == name)
    }
}

/// The stored tables by `layer.table`.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    tables: BTreeMap<String, Vec<Column>>,
    /// Tables that are there, with columns that nobody knows.
    unknown: Unknown,
}

impl Catalog {
    /// None yet but those that nothing is known of.
    pub(crate) fn beside(unknown: &Unknown) -> Self {
        Self { tables: BTreeMap::new(), unknown: unknown.clone() }
    }

    /// Whether a table that is not here may be one all the same.
    pub(crate) fn may_be(&self, of: &str) -> bool {
        match of.split_once('.') {
            Some(("gold", table)) => self.unknown.gold.iter().any(|unknown| unknown == table),
            Some(("silver" | "bronze", _)) => self.unknown.silver,
            _ => false,
        }
    }

    /// Adds a table with its columns.
    pub(crate) fn add<'a>(&mut self, layer: &str, table: &str, columns: impl IntoIterator<Item = (&'a str, Kind)>) {
        let of = format!("{layer}.{table}");
        let columns = columns.into_iter().map(|(name, kind)| Column {
            name: name.to_owned(),
            value: Typed { kind, origins: std::iter::once(format!("{of}.{name}")).collect() },
        });
        let columns = columns.collect();
        self.tables.insert(of, columns);
    }

    /// The columns of a table.
    pub(crate) fn get(&self, of: &str) -> Option<&[Column]> {
        self.tables.get(of).map(Vec::as_slice)
    }

    /// The names of the tables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }
}

/// What can be named at a place of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// What FROM names.
    pub(crate) relations: &'a [Relation],
    /// The parts that stand before.
    pub(crate) parts: &'a [Relation],
    /// The scope around a subquery.
    pub(crate) outer: Option<&'a Scope<'a>>,
}

/// The last name of a path.
pub(super) fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|part: &Ident| part.value.clone()).unwrap_or_default()
}

/// The relation under its alias, with the columns that the alias renames.
pub(super) fn renamed(mut relation: Relation, alias: &TableAlias) -> Relation {
    relation.name.clone_from(&alias.name.value);
    for (column, name) in relation.columns.iter_mut().zip(&alias.columns) {
        column.name.clone_from(&name.name.value);
    }
    relation
}
