//! Settings: those of the API, and the limit of what may be staged.

mod staging;

pub use connectwise_client::settings::*;
pub(crate) use staging::staging_limit;
