//! Describes a lakehouse to the storage: its catalog, layers, tables and SQL functions.

use super::file_sizing::FileSizing;
use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

/// Definition of a table, whether or not it was written yet.
#[derive(Debug, Clone)]
pub struct TableDef {
    /// The layer.
    pub layer: &'static str,
    /// The name.
    pub name: &'static str,
    /// What it looks like while it is empty.
    pub schema: SchemaRef,
    /// The columns that its rows are sorted by: its key, where it has one.
    pub key: Vec<&'static str>,
    /// How it is cut into files.
    pub sizing: FileSizing,
    /// Whether a layer is complete without it: it comes with the first row that belongs into it.
    pub optional: bool,
}

/// Description of a lakehouse, which the program that owns it states once.
#[derive(Debug)]
pub struct Warehouse {
    /// The catalog that holds the layers as schemas.
    pub catalog: &'static str,
    /// The layers, in the order in which they are built on each other.
    pub layers: &'static [&'static str],
    /// The layer that a table without one belongs to.
    pub default_layer: &'static str,
    /// Layer and name of the table whose folder the lock lies in.
    pub lock: (&'static str, &'static str),
    /// The tables, by layer and name.
    pub tables: Vec<TableDef>,
    /// The functions of its SQL besides the engine's own.
    pub functions: Vec<ScalarUDF>,
    /// The aggregate functions of its SQL besides the engine's own.
    pub aggregates: Vec<AggregateUDF>,
}

impl Warehouse {
    /// The table of this layer and name, where it is known.
    pub fn table(&self, layer: &str, name: &str) -> Option<&TableDef> {
        self.tables.iter().find(|table| table.layer == layer && table.name == name)
    }
}
