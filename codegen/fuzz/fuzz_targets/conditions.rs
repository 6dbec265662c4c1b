//! Arbitrary text as a condition: what is written of it is that condition, or it is refused with a place.
//!
//! The parser is taken in by its path: the crate that it belongs to takes half an hour to build.
#![no_main]
#![allow(dead_code, unused_imports, reason = "a part of another crate")]

#[path = "../checks/conditions.rs"]
mod check;
#[path = "../../../pipeline/client/src/conditions/mod.rs"]
mod conditions;

libfuzzer_sys::fuzz_target!(|text: &str| check::check(text));
