//! Measures of `schema/measures.yaml`, computed over gold: in total, in a month, and by month, company, agreement or
//! member.
//!
//! Sums are additive: one query for all sums over the same rows gives them by month and key, and periods and balances
//! are added up from those.

mod compute;
mod month;
mod sums;

pub use compute::{By, Measured, RowKey, measures};
pub use month::Month;
