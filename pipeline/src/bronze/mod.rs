//! Bronze: loads staged rows, each record as the API returned it, one row per id.
//!
//! Invariant: the data and its watermark must be one commit. A full run replaces the content and keeps the rows that
//! the source no longer has, marked as deleted; an incremental run merges what differs; a snapshot is made equal to
//! what was read, and may become empty. The last good version of a rejected record stays live. No row may stay
//! unchanged where something in it became personal.

mod columns;
pub(crate) mod deletions;
mod held;
mod load;
mod loading;
mod optional;
mod page_limit;
mod parents;
pub(crate) mod passwords;
pub(crate) mod privacy;
pub mod quarantine;
mod replace;
mod staged;
#[cfg(test)]
mod tests;
mod watermark;

pub(crate) use columns::instant_type;
pub use columns::{DELETED_AT, ENTITY, RUN_ID, TIMESTAMP, schema};
pub(crate) use held::check_fetched;
pub(crate) use load::SOURCE;
pub use load::{Loaded, load};
pub use loading::Loading;
pub(crate) use optional::{create_empty, left_out};
pub(crate) use page_limit::page_limit;
pub use parents::{Parents, parents};
pub use watermark::{WATERMARK, Watermark, watermark};
