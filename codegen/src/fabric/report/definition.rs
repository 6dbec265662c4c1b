//! The report as `schema/report.yaml` says it, each part with its place.

use crate::gold::model::Sql;

/// The file, relative to the workspace root.
pub(crate) const FILE: &str = "schema/report.yaml";

/// The folder of the item.
pub(super) const FOLDER: &str = "ConnectWise.Report";

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// What its identifier is made of.
    pub(super) name: Sql,
    /// What its tab says.
    pub(super) title: String,
    /// The columns by which other pages lead to it; none for a page with a tab of its own.
    pub(super) drillthrough: Vec<Sql>,
    /// From the top.
    pub(super) rows: Vec<Row>,
}

/// A row of visuals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// In pixels.
    pub(super) height: u32,
    /// From the left.
    pub(super) visuals: Vec<Visual>,
}

/// A visual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visual {
    pub(super) kind: &'static Kind,
    pub(super) title: Sql,
    /// Of its row's width.
    pub(super) share: u32,
    pub(super) by: Vec<Sql>,
    pub(super) legend: Option<Sql>,
    pub(super) values: Vec<Sql>,
    /// A column, and the value of it that counts.
    pub(super) filters: Vec<(Sql, Literal)>,
    pub(super) sort: Option<Sql>,
}

/// A value that a column is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Whole(i64),
    Flag(bool),
}

/// What may stand in a part of a visual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// Columns that rows are told apart by, and the part's name in the report's format.
    Columns(&'static str),
    /// Measures alone.
    Measures(&'static str),
    /// Columns and measures.
    Both(&'static str),
}

impl Takes {
    /// The part's name in the report's format.
    pub(super) fn role(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Columns(role) | Self::Measures(role) | Self::Both(role) => Some(role),
        }
    }
}

/// A kind of visual.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its name in the YAML.
    pub(super) name: &'static str,
    /// Its name in the report's format.
    pub(super) visual: &'static str,
    pub(super) by: Takes,
    pub(super) legend: Takes,
    pub(super) values: Takes,
}

const fn chart(name: &'static str, visual: &'static str) -> Kind {
    Kind {
        name,
        visual,
        by: Takes::Columns("Category"),
        legend: Takes::Columns("Series"),
        values: Takes::Measures("Y"),
    }
}

/// All kinds.
pub(super) static KINDS: [Kind; 8] = [
    Kind {
        name: "slicer",
        visual: "slicer",
        by: Takes::Columns("Values"),
        legend: Takes::Nothing,
        values: Takes::Nothing,
    },
    Kind {
        name: "card",
        visual: "cardVisual",
        by: Takes::Nothing,
        legend: Takes::Nothing,
        values: Takes::Measures("Data"),
    },
    Kind {
        name: "table",
        visual: "tableEx",
        by: Takes::Nothing,
        legend: Takes::Nothing,
        values: Takes::Both("Values"),
    },
    Kind {
        name: "matrix",
        visual: "pivotTable",
        by: Takes::Columns("Rows"),
        legend: Takes::Columns("Columns"),
        values: Takes::Measures("Values"),
    },
    chart("bar", "clusteredBarChart"),
    chart("column", "clusteredColumnChart"),
    chart("stacked", "columnChart"),
    chart("line", "lineChart"),
];

/// The names of the kinds, as the JSON Schema lists them.
pub(crate) const KIND_NAMES: [&str; 8] = ["slicer", "card", "table", "matrix", "bar", "column", "stacked", "line"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_lists_the_kinds() {
        assert_eq!(KINDS.each_ref().map(|kind| kind.name), KIND_NAMES);
    }
}
