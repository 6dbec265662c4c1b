//! A stand-in for a ConnectWise PSA 2025.1 server, for the demo and the tests: the list endpoints that matter, with
//! made-up data of any size, a clock of its own, and switches for what goes wrong with real servers.
//!
//! ```no_run
//! # async fn example() -> Result<(), connectwise_simulator::SimulatorError> {
//! use connectwise_simulator::{AdvanceRequest, Config, Simulator};
//!
//! let simulator = Simulator::start(Config::default()).await?;
//! let address = simulator.base_url();
//! let world = simulator.world();
//! world.advance(AdvanceRequest { hours: 24.0, change: 10, add: 5, ..AdvanceRequest::default() });
//! # let _ = address;
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! A record is a function of the seed, its entity and its id, so a million of them take no memory; only what was
//! changed, added, deleted or put is kept.

mod advance;
mod bomb;
mod conditions;
mod config;
mod dice;
mod entity;
mod faults;
mod further;
mod instant;
mod json;
mod links;
mod log;
mod names;
mod plan;
mod query;
mod records;
pub mod schema;
mod served;
mod server;
mod state;
mod totals;
mod world;

pub use advance::{AdvanceRequest, AdvanceSummary, EntityChanges};
pub use conditions::ConditionError;
pub use config::{Config, Counts, Scale, UnknownScale};
pub use entity::Entity;
pub use faults::{Fault, FaultRule, Faults, Meddling, OtherVersion, Stumble, When};
pub use log::{RequestLine, RequestLog};
pub use server::{Simulator, SimulatorError};
pub use world::World;
