//! Records as structs, each with the table that it belongs to.

use serde::de::DeserializeOwned;

use crate::shape::Table;

/// A record of an entity as a struct.
///
/// The generated models implement it, so that the type alone says which endpoint is read and which table is meant.
pub trait Entity: DeserializeOwned {
    /// The table that holds the entity's records.
    const TABLE: &'static Table;
}
