//! Gold layer: builds its tables from silver by the generated statements, and checks the result.
//!
//! Invariant: a gold table must hold what its statement returns over silver, whether the refresh was full or
//! incremental, and only rows that differ are written. Surrogate keys must be functions of the natural keys, so no run
//! can change them.

mod build;
mod checks;
mod definition;
mod functions;
mod incremental;
mod inputs;
mod measures;
mod rebuild;
mod references;
mod reports;
mod required;
mod shape;
mod statement;
mod written_once;

pub use build::{BuildOptions, Built, Gold, RefreshKind, build};
pub use functions::register_functions;
pub(crate) use functions::{aggregate_functions, scalar_functions};
pub use measures::{By, Measured, Month, RowKey, measures};
pub use reports::{Unmatched, report};
pub(crate) use required::require_tables;
pub use statement::{business_day, schema, statement};
