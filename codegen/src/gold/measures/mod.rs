//! `schema/measures.yaml`: measures, each as SQL over gold and as the DAX of a semantic model.
//!
//! They are held against gold's columns and against each other, and end as lists in the generated crate.

mod check;
pub(crate) mod dax;
mod emit;
pub(crate) mod model;
mod names;
mod read;

pub(super) use check::{Checked, check};
pub(super) use emit::{dictionary, module};
pub(crate) use model::{FILE, Measures};
pub(super) use read::read;
