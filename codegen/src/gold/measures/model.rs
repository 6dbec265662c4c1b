//! Measures as the YAML says them, each part with its place.

use crate::gold::model::Sql;
use crate::report::At;

/// The file, relative to the workspace root.
pub(crate) const FILE: &str = "schema/measures.yaml";

/// A dimension by which measures are told apart.
pub(super) struct Key {
    /// Its name in `by`.
    pub(super) name: &'static str,
    /// The surrogate key.
    pub(super) column: &'static str,
    /// The dimension.
    pub(super) dimension: &'static str,
    /// The column that names a row of it.
    pub(super) label: &'static str,
}

/// All of them.
pub(super) const KEYS: [Key; 3] = [
    Key { name: "company", column: "CompanyKey", dimension: "dimcompany", label: "companyName" },
    Key { name: "agreement", column: "AgreementKey", dimension: "dimagreement", label: "agreementName" },
    Key { name: "member", column: "MemberKey", dimension: "dimmember", label: "memberName" },
];

/// The periods: the name in the YAML, and the variant of the generated `Period`.
pub(super) const PERIODS: [(&str, &str); 3] =
    [("yearToDate", "YearToDate"), ("lastYear", "LastYear"), ("rolling12", "Rolling12")];

/// All of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Measures {
    /// What sums are over.
    pub(crate) rows: Vec<Rows>,
    /// The measures, in the file's order.
    pub(crate) measures: Vec<Measure>,
}

impl Measures {
    /// The rows of that name.
    pub(crate) fn rows(&self, name: &str) -> Option<&Rows> {
        self.rows.iter().find(|rows| rows.name == name)
    }

    /// With every template made SQL, by one function for a select and another for an expression.
    pub(crate) fn expanded(&self, select: impl Fn(&Sql) -> String, expression: impl Fn(&Sql) -> String) -> Self {
        let mut measures = self.clone();
        for rows in &mut measures.rows {
            if let Source::Select(sql) = &mut rows.source {
                sql.text = select(sql);
            }
        }
        for measure in &mut measures.measures {
            match &mut measure.how {
                How::Sum { sum, filter, .. } => {
                    sum.text = expression(sum);
                    if let Some(filter) = filter {
                        filter.text = expression(filter);
                    }
                }
                How::Computed(of) => of.text = expression(of),
                How::Period { .. } => {}
            }
        }
        measures
    }
}

/// What sums are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) name: String,
    pub(crate) source: Source,
    /// The column with the day.
    pub(crate) date: Option<Sql>,
    /// The names of keys.
    pub(crate) by: Vec<String>,
    /// Where those stand.
    pub(crate) by_at: At,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// `gold.` and a table's name.
    Table(Sql),
    /// A select.
    Select(Sql),
}

impl Rows {
    /// What stands behind FROM.
    pub(crate) fn from(&self) -> String {
        match &self.source {
            Source::Table(table) => table.text.clone(),
            Source::Select(select) => format!("(\n{}\n) AS r", select.text),
        }
    }

    /// Where the table or the select stands.
    pub(crate) fn at(&self) -> &At {
        match &self.source {
            Source::Table(sql) | Source::Select(sql) => &sql.at,
        }
    }
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) name: Sql,
    pub(crate) icelandic: Sql,
    pub(crate) description: String,
    pub(crate) folder: String,
    pub(crate) format: String,
    pub(crate) dax: Sql,
    pub(crate) how: How,
}

/// What a measure is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// A sum over rows.
    Sum { rows: Sql, sum: Sql, filter: Option<Sql>, balance: bool },
    /// An expression over other measures.
    Computed(Sql),
    /// Another measure over another period: the variant of `Period`.
    Period { measure: Sql, period: &'static str },
}

impl How {
    /// Where it stands.
    pub(crate) fn at(&self) -> &At {
        match self {
            Self::Sum { sum: sql, .. } | Self::Computed(sql) | Self::Period { measure: sql, .. } => &sql.at,
        }
    }
}
