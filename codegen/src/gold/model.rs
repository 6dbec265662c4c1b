//! Gold tables as their YAML files say them, each entry with its place, so that a problem that shows later names it.

use crate::report::At;

/// SQL of a YAML file, a template, with its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sql {
    /// The template.
    pub text: String,
    /// Where it stands.
    pub at: At,
}

/// The dialects that SQL is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// What the pipeline runs.
    DataFusion,
    /// What Fabric Spark can run over the same tables.
    Spark,
}

impl Dialect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::DataFusion, Self::Spark];

    /// The folder of its SQL, and its name in templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataFusion => "datafusion",
            Self::Spark => "spark",
        }
    }
}

/// The type of a gold column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
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
    /// Decimal(19,4), may be null.
    Decimal,
    /// Decimal(19,4), null counts as 0.
    Measure,
}

impl Type {
    /// With their names in the YAML.
    pub const ALL: [(&'static str, Self); 7] = [
        ("bigint", Self::Bigint),
        ("string", Self::Text),
        ("boolean", Self::Boolean),
        ("date", Self::Date),
        ("timestamp", Self::Timestamp),
        ("decimal", Self::Decimal),
        ("measure", Self::Measure),
    ];

    /// The name in the dictionary.
    pub fn label(self) -> &'static str {
        match self {
            Self::Bigint => "bigint",
            Self::Text => "string",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Decimal | Self::Measure => "decimal(19,4)",
        }
    }

    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Bigint | Self::Decimal | Self::Measure)
    }

    /// The variant of the generated `GoldType`.
    pub fn variant(self) -> &'static str {
        match self {
            Self::Bigint => "Bigint",
            Self::Text => "Text",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::Timestamp => "Timestamp",
            Self::Decimal | Self::Measure => "Decimal",
        }
    }
}

/// How a number of many rows becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Additivity {
    /// By its sum: hours, amounts.
    Sum,
    /// By its average: rates, prices of one.
    Average,
    /// Not at all: what is a quotient of sums has to be computed from them.
    None,
}

impl Additivity {
    /// With their names in the YAML.
    pub const ALL: [(&'static str, Self); 3] = [("sum", Self::Sum), ("average", Self::Average), ("none", Self::None)];

    /// The name in the YAML.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "average",
            Self::None => "none",
        }
    }

    /// The variant of the generated `Additivity`.
    pub fn variant(self) -> &'static str {
        match self {
            Self::Sum => "Sum",
            Self::Average => "Average",
            Self::None => "None",
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: At,
    /// Its type.
    pub data_type: Type,
    /// Its SQL expression; over the table's source, or over other columns when `derived`. Empty for a custom field.
    pub expression: Sql,
    /// The custom field that it holds.
    pub custom_field: Option<CustomField>,
    /// Whether the expression is over other columns of the same table.
    pub derived: bool,
    /// The SQL literal of the Unknown row; null where left out. Dimensions only.
    pub unknown: Option<Sql>,
    /// The SQL literal of inferred rows whose reference does not carry the column; null where left out.
    pub inferred: Option<Sql>,
    /// What it means.
    pub description: String,
    /// The format string that Power BI shows it by.
    pub format: Option<String>,
    /// How it adds up. Every measure of a fact says it.
    pub additivity: Option<Additivity>,
    /// The dimension that it is a key of. Facts only.
    pub dimension: Option<String>,
    /// For a dimension's key: which columns of an inferred row come from which expressions over the source.
    pub carries: Vec<(String, Sql)>,
    /// For a dimension's key: whether a missing row is inferred from it.
    pub infers: bool,
}

/// A named part of a statement, written before the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct With {
    /// Its name.
    pub name: String,
    /// Its SQL.
    pub sql: Sql,
}

/// A dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The file, relative to the workspace root.
    pub file: String,
    /// Where the table's name stands.
    pub at: At,
    /// The table.
    pub table: String,
    /// What it holds.
    pub description: String,
    /// The surrogate key's name.
    pub key: String,
    /// The natural key's name, one of the columns.
    pub natural_key: String,
    /// Parts written first.
    pub with: Vec<With>,
    /// The FROM clause of the entity; none where the rows are the facts' references alone.
    pub from: Option<Sql>,
    /// Fixed natural keys, always there.
    pub values: Vec<String>,
    /// The columns after the key.
    pub columns: Vec<Column>,
    /// The dimension whose columns these are, where the file declares none of its own.
    pub columns_of: Option<Sql>,
    /// A statement of its own, in place of the usual one.
    pub statement: Option<Sql>,
    /// Settings for that statement.
    pub settings: Vec<(String, String)>,
}

/// A fact table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The file, relative to the workspace root.
    pub file: String,
    /// Where the table's name stands.
    pub at: At,
    /// The table.
    pub table: String,
    /// What it holds.
    pub description: String,
    /// What one row is.
    pub grain: String,
    /// The primary key, one of the columns.
    pub key: String,
    /// The silver table that it has a row for each live row of; empty where it has a statement of its own.
    pub source: String,
    /// Where that is said.
    pub source_at: At,
    /// The source's name in expressions.
    pub alias: String,
    /// A FROM clause in place of source, alias and joins.
    pub from: Option<Sql>,
    /// Further FROM items (joins).
    pub joins: Sql,
    /// The columns.
    pub columns: Vec<Column>,
    /// Gold measures whose sum has to equal a silver column's, and where that stands.
    pub reconcile: Vec<(String, Sql)>,
    /// Of a table whose rows are written once: by what.
    pub written_once: Option<WrittenOnce>,
}

/// What a table is written once by: the rows of a period that has some are never written again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenOnce {
    /// The column that holds the period.
    pub column: String,
    /// The column that says which part of a period a row is of.
    pub part: String,
    /// The query of the periods that are over.
    pub periods: Sql,
}

/// A gold table, ready to be written down.
pub(crate) enum Table<'a> {
    /// A dimension.
    Dimension(&'a Dimension),
    /// A fact.
    Fact(&'a Fact),
}

impl Table<'_> {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Dimension(dimension) => &dimension.table,
            Self::Fact(fact) => &fact.table,
        }
    }

    /// Where its name stands.
    pub(crate) fn at(&self) -> &At {
        match self {
            Self::Dimension(dimension) => &dimension.at,
            Self::Fact(fact) => &fact.at,
        }
    }

    /// The columns that it declares.
    pub(crate) fn columns(&self) -> &[Column] {
        match self {
            Self::Dimension(dimension) => &dimension.columns,
            Self::Fact(fact) => &fact.columns,
        }
    }
}

/// The tables of which nothing is known, since what makes them has problems of its own: whatever is said of them would
/// be one problem after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// Whether a table of bronze or silver that is not known may be one all the same.
    pub(crate) silver: bool,
    /// The tables of gold.
    pub(crate) gold: Vec<String>,
}

/// A reference of a fact to a dimension: where inferred rows come from.
pub(crate) struct Reference<'a> {
    /// The fact.
    pub(crate) fact: &'a Fact,
    /// Its key column.
    pub(crate) column: &'a Column,
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    /// What it is found by.
    pub by: By,
    /// Where it stands.
    pub at: At,
}

/// What a custom field is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Its id: what it is, whatever it is called.
    Id(i64),
    /// Its caption, trimmed.
    Caption(String),
}

impl CustomField {
    /// In a sentence.
    pub fn label(&self) -> String {
        match &self.by {
            By::Id(id) => format!("custom field {id}"),
            By::Caption(caption) => format!("custom field \"{caption}\""),
        }
    }
}
