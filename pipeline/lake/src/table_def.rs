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
    /// The schema that queries see while the table is not written yet.
    pub schema: SchemaRef,
    /// The columns that its rows are sorted by: its key, where it has one.
    pub key: Vec<&'static str>,
    /// The sizing of its data files.
    pub sizing: FileSizing,
    /// Whether a layer is complete without it: it is created with its first row.
    pub optional: bool,
}

/// Description of a lakehouse, declared once by the program that owns it.
#[derive(Debug)]
pub struct Warehouse {
    /// The catalog that holds the layers as schemas.
    pub catalog: &'static str,
    /// The layers, in the order in which they are built from each other.
    pub layers: &'static [&'static str],
    /// The layer of a table that is named without one.
    pub default_layer: &'static str,
    /// Layer and name of the table whose folder holds the lock.
    pub lock: (&'static str, &'static str),
    /// The tables, by layer and name.
    pub tables: Vec<TableDef>,
    /// The scalar SQL functions besides the engine's own.
    pub functions: Vec<ScalarUDF>,
    /// The aggregate SQL functions besides the engine's own.
    pub aggregates: Vec<AggregateUDF>,
}

impl Warehouse {
    /// Finds the definition of a table by layer and name.
    pub fn table(&self, layer: &str, name: &str) -> Option<&TableDef> {
        self.tables.iter().find(|table| table.layer == layer && table.name == name)
    }
}
