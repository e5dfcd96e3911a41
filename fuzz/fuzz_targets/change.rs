//! Fuzzes `change`; see `tests/it/fuzz/target.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: dopusk_fuzz::begin("change"), |bytes: &[u8]| dopusk_fuzz::take("change", bytes));
