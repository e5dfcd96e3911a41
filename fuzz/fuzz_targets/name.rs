//! Fuzzes `name`; see `tests/it/fuzz/target.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: dopusk_fuzz::begin("name"), |bytes: &[u8]| dopusk_fuzz::take("name", bytes));
