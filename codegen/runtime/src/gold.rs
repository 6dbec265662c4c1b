//! Static description of gold: tables, checks and reports, as the generator emits them.

use arrow_schema::DataType;

use crate::schema::timestamp_type;

/// The type of a gold column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoldType {
    /// Int64.
    Bigint,
    /// Utf8.
    Text,
    /// Boolean.
    Boolean,
    /// Date32.
    Date,
    /// Timestamp(µs, "UTC").
    Timestamp,
    /// Decimal(19,4).
    Decimal,
}

impl GoldType {
    /// The Arrow type.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Bigint => DataType::Int64,
            Self::Text => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamp => timestamp_type(),
            Self::Decimal => DataType::Decimal128(19, 4),
        }
    }
}

/// Additivity of a measure: how the numbers of many rows become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Additivity {
    /// By its sum.
    Sum,
    /// By its average.
    Average,
    /// Not at all.
    None,
}

/// A gold column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldColumn {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub data_type: GoldType,
    /// The dimension that it is a key of.
    pub dimension: Option<&'static str>,
    /// The format string that Power BI shows it by.
    pub format: Option<&'static str>,
    /// Its additivity, where it is a measure.
    pub additivity: Option<Additivity>,
}

/// Source of a fact's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactSource {
    /// The silver table: one fact row for each of its live rows.
    pub table: &'static str,
    /// Measures and the silver columns whose sums they have to equal.
    pub reconcile: &'static [(&'static str, &'static str)],
    /// A query for source rows with an amount that is a number and that no column holds: in gold it counts as 0.
    pub overflows: Option<&'static str>,
}

/// References of facts to a dimension, which add rows that the dimension does not have from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct References {
    /// The dimension's column by which they name a row.
    pub natural: &'static str,
    /// The dimension's columns for which they carry values: of several, the newest is right.
    pub carried: &'static [&'static str],
    /// Whether the dimension has rows from elsewhere, too: a reference adds one only where it names none of these.
    pub listed: bool,
    /// The query for all references: the natural key, carried columns, `recency`, and the `record` that refers. The
    /// dimension reads the tables that this query reads for nothing else.
    pub sql: &'static str,
}

/// A gold table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldTable {
    /// Its name.
    pub name: &'static str,
    /// Its primary key.
    pub key: &'static str,
    /// The columns, in order.
    pub columns: &'static [GoldColumn],
    /// The silver table behind a fact; none for a dimension, or a fact that is made from other facts.
    pub fact: Option<FactSource>,
    /// What facts' rows say of a dimension's rows.
    pub references: Option<References>,
    /// Of a table whose rows are written once: by what.
    pub written_once: Option<WrittenOnce>,
    /// The statement that the pipeline runs. `${businessDate}` stands for the run's business date.
    pub sql: &'static str,
}

/// What a table is written once by: the rows of a period that has some are never written again by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenOnce {
    /// The column that holds the period.
    pub column: &'static str,
    /// The column that says which part of a period a row is of, e.g. its measure: where a period is written anew, parts of
    /// which the statement gives no rows stay.
    pub part: &'static str,
    /// The query of the periods that are over, as one column. `${businessDate}` stands for the run's business date.
    pub periods: &'static str,
}

/// A check: its query returns the offending rows; a query of one boolean column says itself whether it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub description: &'static str,
    /// Whether a broken one fails the run; else it is a warning.
    pub error: bool,
    /// The query. `${businessDate}` stands for the run's business date.
    pub sql: &'static str,
}

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub description: &'static str,
    /// The query. `${businessDate}` stands for the business date, `${days}` for a number of days.
    pub sql: &'static str,
}
