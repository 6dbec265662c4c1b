//! The semantic model, ready to be written down: every name is the model's own, beside the name in gold.

use crate::gold::model::Type;
use crate::report::At;

/// The name of the model, of its item and of its lakehouse.
pub const NAME: &str = "ConnectWise";

/// The folder of the item.
pub const ITEM: &str = "ConnectWise.SemanticModel";

/// A semantic model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SemanticModel {
    /// The tables, dimensions first, by their names in gold.
    pub tables: Vec<Table>,
    /// Fact to dimension, in the order of the facts' columns.
    pub relationships: Vec<Relationship>,
    /// Named parts of the model.
    pub perspectives: Vec<Perspective>,
    /// Examples of row-level security, which are not a part of what is deployed.
    pub roles: Vec<Role>,
    /// Display folders with their Icelandic names.
    pub folders: Vec<(String, String)>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The table of gold.
    pub gold: String,
    /// Its name.
    pub name: String,
    /// Its Icelandic name.
    pub icelandic: String,
    /// What it holds.
    pub description: String,
    /// Whether it is the date table.
    pub is_calendar: bool,
    /// The measures, in the order of their file.
    pub measures: Vec<Measure>,
    /// The columns, in gold's order.
    pub columns: Vec<Column>,
    /// Hierarchies over its columns.
    pub hierarchies: Vec<Hierarchy>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column of gold.
    pub gold: String,
    /// Where its settings stand, or else the table's.
    pub at: At,
    /// Its name.
    pub name: String,
    /// Its Icelandic name; the English one is shown in its place where there is none.
    pub icelandic: Option<String>,
    /// What it means.
    pub description: String,
    /// Its type in gold.
    pub data_type: Type,
    /// The format string that it is shown by.
    pub format: Option<String>,
    /// Whether people don't see it.
    pub is_hidden: bool,
    /// Whether it is the day of the date table.
    pub is_date: bool,
    /// The name of the column whose order it follows.
    pub sort_by: Option<String>,
    /// Whether another column follows its order, or a hierarchy has it as a level.
    pub is_used: bool,
    /// Whether it holds personal texts, which are left out unless they are asked for.
    pub is_personal: bool,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Its Icelandic name.
    pub icelandic: String,
    /// What it is.
    pub description: String,
    /// The display folder.
    pub folder: String,
    /// The format string that it is shown by.
    pub format: String,
    /// Its formula, over the model's names.
    pub dax: String,
}

/// A hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// Its name.
    pub name: String,
    /// Its Icelandic name.
    pub icelandic: String,
    /// What it is for.
    pub description: String,
    /// The names of its columns, from the top, which its levels are called like.
    pub levels: Vec<String>,
}

/// From the many rows of a fact to the one row of a dimension. Both ends are the model's tables and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    /// What its identifier is made of: fact and key in gold.
    pub path: String,
    /// The fact and its key.
    pub from: (String, String),
    /// The dimension and its key.
    pub to: (String, String),
    /// Whether filters follow it without being told to.
    pub is_active: bool,
}

/// A part of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Perspective {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Names of tables, whose visible columns and hierarchies are a part of it.
    pub tables: Vec<String>,
    /// Display folders, whose measures are.
    pub folders: Vec<String>,
}

/// An example of row-level security.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The name of the table that it filters.
    pub table: String,
    /// The formula that holds of the rows that are seen, over the model's names.
    pub dax: String,
}

impl SemanticModel {
    /// A table by its name in gold.
    pub fn table(&self, gold: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.gold == gold)
    }

    /// A column by its table's name in gold, and its own.
    pub fn column(&self, table: &str, column: &str) -> Option<&Column> {
        self.table(table)?.column(column)
    }

    /// A measure by its name, with the table that it stands in.
    pub fn measure(&self, name: &str) -> Option<(&Table, &Measure)> {
        self.tables.iter().find_map(|table| Some((table, table.measures.iter().find(|measure| measure.name == name)?)))
    }

    /// The Icelandic name of a display folder.
    pub fn folder(&self, name: &str) -> Option<&str> {
        self.folders.iter().find(|(folder, _)| folder == name).map(|(_, icelandic)| icelandic.as_str())
    }
}

impl Table {
    /// A column by its name in gold.
    pub fn column(&self, gold: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.gold == gold)
    }
}
