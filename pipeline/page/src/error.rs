//! What can keep the page from being made.

/// An error of the page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A statement's file names a measure, rows, report or month that is not there.
    #[error(
        "sql/{file}.sql names ${{{placeholder}}}, which is not there; correct the file or schema/measures.yaml, and run `cargo codegen generate`"
    )]
    Placeholder {
        /// The file.
        file: String,
        /// What it names.
        placeholder: String,
    },
    /// A result lacks a column.
    #[error("the result of the statement {statement} has no column {column}; run the statements of this version")]
    Column {
        /// The statement.
        statement: String,
        /// The column.
        column: String,
    },
    /// A result's column has a type that can't be shown.
    #[error("the column {column} of the statement {statement} can't be read: {source}")]
    Cast {
        /// The statement.
        statement: String,
        /// The column.
        column: String,
        /// Why.
        source: arrow_schema::ArrowError,
    },
}
