//! Runtime of the generated tables: their static description, and the engine that reads it.
//!
//! - [`shape`]: the description of a table, as generated code states it.
//! - [`mod@gold`]: the description of gold tables, checks and reports.
//! - [`lineage`]: the description of where gold's columns come from.
//! - [`measures`]: the description of measures over gold.
//! - [`etl`]: the columns that the pipeline adds to every table.
//! - [`stamp()`]: rows with those columns.
//! - [`schema`]: Arrow schemas of its bronze and silver tables.
//! - [`decode`]: pages of JSON to bronze batches, rejected records one by one.
//! - [`mod@flatten`]: bronze batches to silver batches.
//! - [`without_passwords`]: bronze batches of earlier versions without the values of passwords.
//! - [`row_hash`]: whether a row's content changed.
//! - [`HashKey`]: keyed hashes that replace personal texts.
//! - [`Entity`]: a record as a struct, with its table.
//! - `fit` (with `transport`): the values of a record in the types that its struct reads.
//! - `transport` (a feature): sends the requests of the generated operations.
//!
//! Invariant: nothing here may do I/O, know an entity by name, or panic on any input.

mod buffer;
mod cast;
mod column;
mod convert;
pub mod decode;
mod entity;
mod error;
pub mod etl;
#[cfg(feature = "transport")]
mod fit;
pub mod flatten;
mod forget;
pub mod gold;
mod json;
mod known_keys;
pub mod lineage;
pub mod measures;
mod parent;
mod password;
mod path;
mod personal;
mod read;
mod recall;
mod redact;
pub mod row_hash;
pub mod schema;
pub mod shape;
mod stamp;
pub mod timestamp;
#[cfg(feature = "transport")]
pub mod transport;

pub use decode::{Decoded, Decoder, PageCounts, RejectedRecord};
pub use entity::Entity;
pub use error::{DecodeError, Error, FlattenError};
#[cfg(feature = "transport")]
pub use fit::fit;
pub use flatten::{flatten, flatten_child};
pub use forget::{password_columns, without_passwords};
pub use parent::with_parent;
pub use personal::HashKey;
pub use recall::Recall;
pub use redact::{redact, redact_stored};
pub use row_hash::row_hashes;
pub use schema::{bronze_schema, check, child_schema, silver_schema};
pub use shape::{ChangeDetection, Child, Field, Kind, Parent, ParentEnded, SilverColumn, Source, Table, Variant};
pub use stamp::{Stamp, stamp, stamped_schema};
