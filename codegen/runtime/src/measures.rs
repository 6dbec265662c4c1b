//! Static description of the measures over gold, as the generator emits them.

/// A dimension by which measures are told apart, beside months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureKey {
    /// Its name on the command line, e.g. `company`.
    pub name: &'static str,
    /// The surrogate key, in the dimension and in the rows.
    pub column: &'static str,
    /// The dimension.
    pub dimension: &'static str,
    /// The dimension's column that names a row.
    pub label: &'static str,
}

/// Rows that measures are added up over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureRows {
    /// Their name.
    pub name: &'static str,
    /// The table behind them, e.g. `gold.fact_invoice`; none where they are a select.
    pub table: Option<&'static str>,
    /// What stands behind FROM: the table, or the select with an alias. `${businessDate}` stands for the business date.
    pub from: &'static str,
    /// The column with the day (yyyymmdd, -1 where there is none); none where the rows count in every month.
    pub date: Option<&'static str>,
    /// The names of the keys that they have.
    pub by: &'static [&'static str],
}

/// Period over which a measure is computed in place of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From 1 January of the month's year to the end of the month.
    YearToDate,
    /// The same month, or months, a year before.
    LastYear,
    /// The twelve months that end with the month.
    Rolling12,
}

/// What a measure is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureKind {
    /// A sum over rows.
    Sum {
        /// The name of the rows.
        rows: &'static str,
        /// The expression that is summed.
        sum: &'static str,
        /// Which rows count; all where there is none.
        filter: Option<&'static str>,
        /// Whether all rows up to the end of the month count, also those without a date.
        balance: bool,
    },
    /// An expression over other measures.
    Computed {
        /// The expression; measures stand in it as columns.
        sql: &'static str,
        /// The measures in it.
        of: &'static [&'static str],
    },
    /// Another measure over another period.
    Period {
        /// The other measure.
        measure: &'static str,
        /// The period.
        period: Period,
    },
}

/// A measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: &'static str,
    /// Its Icelandic name.
    pub icelandic: &'static str,
    /// What it is.
    pub description: &'static str,
    /// The folder that it stands in.
    pub folder: &'static str,
    /// The format string that Power BI shows it by.
    pub format: &'static str,
    /// Its formula in the semantic model.
    pub dax: &'static str,
    /// What it is computed from in SQL.
    pub kind: MeasureKind,
}
