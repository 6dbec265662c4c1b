//! Conditions of the API's lists: read from text with the place of every mistake, or built from typed values.
//!
//! Invariant: a condition that is sent must be written from a [`Condition`] that was parsed whole or built, so no
//! value, whatever it holds, can become anything but that one value. There are two ways to a condition,
//! [`Condition::parse`] and [`field`]; outside of this module none can be put together from parts, and the types of
//! values are a closed set ([`Value`]):
//!
//! ```compile_fail
//! use connectwise_client::conditions::{Literal, Value};
//!
//! struct Anything;
//!
//! impl Value for Anything {
//!     fn literal(&self) -> Literal {
//!         Literal::Null
//!     }
//! }
//! ```
//!
//! ```
//! use connectwise_client::conditions::{Condition, field};
//!
//! let open = field("company/name")?.equals(r#"Vík "og" [synir]"#).and(field("actualHours")?.more_than(0.5));
//! assert_eq!(open.to_string(), r#"company/name = "Vík \"og\" [[]synir]" and actualHours > 0.5"#);
//!
//! let now = chrono::DateTime::parse_from_rfc3339("2026-03-08T12:00:00Z")?.to_utc();
//! let recent = Condition::parse("lastUpdated > 7d", now)?;
//! assert_eq!(recent.to_string(), "lastUpdated > [2026-03-01T12:00:00Z]");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod condition;
mod lexer;
mod number;
mod parser;

pub use build::{BadName, Field, Value, field, times_of_change};
pub use condition::{Condition, Literal, Name, Operator};
pub use lexer::ParseError;
pub use number::{BadNumber, Number};

#[cfg(test)]
mod tests;
