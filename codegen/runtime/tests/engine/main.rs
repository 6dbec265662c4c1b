//! The engine from outside: one test binary, so that it links once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod common;
mod conversions;
mod differential;
mod flattening;
#[path = "../../../fuzz/checks/decode.rs"]
mod fuzzed;
mod hashing;
mod hostile;
mod isolation;
mod parents;
mod passwords;
mod personal;
mod recalling;
mod schemas;
mod sensitive;
mod unknowns;
mod versions;
