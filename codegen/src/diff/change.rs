//! Changes, each with the table and the column that it is of.

use std::fmt;

use serde::Serialize;

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another type.
    Retyped,
    /// It has another name.
    Renamed,
    /// A setting has another value.
    Changed,
    /// An enum has more values.
    #[serde(rename = "valuesAdded")]
    ValuesAdded,
    /// An enum has fewer values.
    #[serde(rename = "valuesRemoved")]
    ValuesRemoved,
}

impl Change {
    /// In a table's cell.
    pub fn label(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Retyped => "retyped",
            Self::Renamed => "renamed",
            Self::Changed => "changed",
            Self::ValuesAdded => "values added",
            Self::ValuesRemoved => "values removed",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The entity; empty in gold.
    pub entity: String,
    /// `entity`, `setting`, `bronze`, `silver`, `gold` or `rules`.
    pub layer: &'static str,
    /// The table.
    pub table: String,
    /// The column (a path with `/` in bronze); empty for a whole entity.
    pub column: String,
    /// What happened.
    pub change: Change,
    /// What was there before, if anything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// What is there now, if anything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// Whether someone who reads the table has to do something.
    pub breaking: bool,
    /// Why it is gone, where that is not the YAML's doing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The gold columns that are computed from it (`table.column`), and the gold tables joined or filtered by it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<String>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change {
            Change::Added => "+",
            Change::Removed => "-",
            _ => "~",
        };
        let space = if self.entity.is_empty() { "" } else { " " };
        write!(f, "{sign} {}{space}{}", self.entity, self.layer)?;
        if !self.column.is_empty() {
            write!(f, " {}.{}", self.table, self.column)?;
        } else if self.layer != "entity" {
            write!(f, " {}", self.table)?;
        }
        if matches!(self.change, Change::ValuesAdded | Change::ValuesRemoved) {
            write!(f, " {}", self.change.label())?;
        }
        match (self.before.is_empty(), self.after.is_empty()) {
            (false, false) => write!(f, ": {} → {}", self.before, self.after)?,
            (false, true) => write!(f, ": {}", self.before)?,
            (true, false) => write!(f, ": {}", self.after)?,
            (true, true) => {}
        }
        if self.breaking {
            write!(f, " (breaking)")?;
        }
        if !self.why.is_empty() {
            write!(f, ", because {}", self.why)?;
        }
        if self.touches.is_empty() { Ok(()) } else { write!(f, "; touches {}", self.touches.join(", ")) }
    }
}
