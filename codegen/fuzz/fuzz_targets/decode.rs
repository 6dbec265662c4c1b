//! Arbitrary bytes as a page of the API: records, rejected records or a reason, never a panic.
#![no_main]
#![allow(dead_code, reason = "shared with tests that use all of it")]

#[path = "../checks/decode.rs"]
mod check;
#[path = "../../runtime/tests/engine/common.rs"]
mod common;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
