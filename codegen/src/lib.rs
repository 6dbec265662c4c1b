//! The generator of connectwise-etl: an OpenAPI file and a few YAML files become the `generated` crate.
//!
//! The core is pure: [`inputs`] reads, [`render`] makes texts of what was read, [`files`] writes or compares. The
//! same inputs give the same bytes, whatever the order of paths and schemas in them.

pub mod cli;
pub mod commands;
pub mod describe;
pub mod diff;
mod emit;
pub mod endpoints;
pub mod entities;
#[path = "../runtime/src/etl.rs"]
pub mod etl;
pub mod fabric;
pub mod files;
pub mod fixups;
pub mod gold;
pub mod import;
pub mod inputs;
pub mod ir;
pub mod lower;
pub mod openapi31;
pub mod proposal;
pub mod render;
pub mod report;
pub mod spec;
pub mod workspace;
pub mod yaml;
