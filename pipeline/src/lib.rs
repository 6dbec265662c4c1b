//! ConnectWise PSA to Delta tables: bronze, silver, gold.
//!
//! ```text
//! pages of JSON ─► Arrow batches, staged ─► bronze (replace or MERGE) ─► silver (MERGE of what changed) ─► gold (SQL) ─► checks ─► meta
//! ```
//!
//! [`run::run`] does all of it; [`client`] and [`extract`] are the API's side, [`lake`] the tables' side.

pub mod bronze;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod context;
pub mod doctor;
pub mod error;
pub mod extract;
pub mod fabric;
pub mod gold;
pub mod progress;
pub mod run;
pub mod settings;
pub mod silver;
pub mod staging;
pub mod telemetry;
#[cfg(test)]
mod testing;

pub use connectwise_client as client;
pub use connectwise_client::{conditions, printable, secret};
pub use connectwise_lake as lake;
pub use connectwise_lake::lock;
pub use error::{Error, Result};
