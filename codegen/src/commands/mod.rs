//! The commands, each a function from a workspace root and a [`Reporter`](crate::report::Reporter) to an exit status.

mod add;
mod diff;
mod generate;
mod import;
mod list;
mod outcome;

pub use self::add::add;
pub use self::diff::{Format, diff};
pub use self::generate::{check, generate};
pub use self::import::import;
pub use self::list::list;
pub use self::outcome::{CommandError, FAILURE, STALE};
