//! Static description of where gold's columns come from, as the generator emits it.

/// A gold table with the lineage of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLineage {
    /// The table.
    pub table: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// Its columns, in order.
    pub columns: &'static [ColumnLineage],
}

/// A gold column with what it is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnLineage {
    /// The column.
    pub column: &'static str,
    /// What it means.
    pub description: &'static str,
    /// The silver columns that it is computed from, as `table.column`, through other gold tables too.
    pub sources: &'static [&'static str],
}

/// A silver column with the place that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilverOrigin {
    /// The silver column, as `table.column`.
    pub name: &'static str,
    /// The bronze table.
    pub bronze: &'static str,
    /// The path in a row of that table, e.g. `company.id`; `[]` stands for each item of a list.
    pub path: &'static str,
    /// The property of the API's record, e.g. `company/id`; none where the pipeline sets the value itself.
    pub property: Option<&'static str>,
    /// The API's list, e.g. `/time/entries`.
    pub endpoint: &'static str,
}
