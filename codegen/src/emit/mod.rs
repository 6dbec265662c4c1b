//! Emitters: each writes down one part of the IR as text and decides nothing.

pub(crate) mod client;
pub(crate) mod dictionary;
pub(crate) mod model;
pub(crate) mod models;
pub(crate) mod root;
pub(crate) mod spark;
mod structs;
pub(crate) mod tables;
pub(crate) mod text;
