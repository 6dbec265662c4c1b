//! Client of the ConnectWise PSA API: login, rate limit, retries, and lists that are read page by page.
//!
//! ```text
//! List ─► PageReader (which page is next) ─► Client::get (throttle, attempts, retry) ─► HTTP
//! ```
//!
//! - [`Client`] sends signed requests under a rate limit and a concurrency limit, and retries failures that may pass.
//! - [`TypedList`] reads the list of an entity as structs.
//! - [`List`] reads any list of the API as pages, records or Arrow batches.
//! - [`conditions`] are parsed from text, or built from typed values.
//! - [`settings`] come from the environment; [`secret`] holds what must not be printed.
//!
//! Invariant: this crate never stores anything, and must not depend on a storage or a query engine.

mod attempt;
mod buffers;
mod client;
mod codebase;
pub mod conditions;
mod count;
mod error;
mod fields;
mod gzip;
mod key_range;
mod link;
mod list;
mod observer;
mod operations;
mod page_limit;
mod page_size;
pub mod pages;
mod path;
pub mod printable;
mod raw;
mod reader_places;
mod records;
mod request;
mod retry;
pub mod secret;
mod selection;
pub mod settings;
mod source;
mod stream;
mod task;
#[cfg(test)]
mod testing;
mod throttle;
mod transport;
mod typed;
mod version;

pub use client::{Client, Limits};
pub use error::{ClientError, Error, Result};
pub use fields::field_groups;
pub use key_range::KeyRange;
pub use list::List;
pub use observer::Observer;
pub use page_limit::MOST_ON_A_PAGE;
pub use records::{RecordKey, first_key};
pub use request::{Request, RequestStats, Response};
pub use retry::RetryPolicy;
pub use selection::Selection;
pub use source::DataSource;
pub use throttle::RateLimit;
pub use typed::TypedList;
