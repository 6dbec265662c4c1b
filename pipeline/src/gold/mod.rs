//! Silver into gold: the generated statements, and the checks over what they made.
//!
//! Invariant: a gold table is what its statement says over silver, whether all of it was computed or only what changed
//! and what that touches, and only rows that differ are written. Surrogate
//! keys are functions of the natural keys, so no run can change them.

mod build;
mod checks;
mod definition;
mod functions;
mod incremental;
mod inputs;
mod rebuild;
mod references;
mod reports;
mod required;
mod shape;
mod statement;

pub use build::{BuildOptions, Built, Gold, RefreshKind, build};
pub use functions::register_functions;
pub(crate) use functions::{aggregate_functions, scalar_functions};
pub use reports::{Unmatched, report};
pub(crate) use required::require_tables;
pub use statement::{schema, statement};
