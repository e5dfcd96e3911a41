//! Fuzzes `write`; see `tests/it/fuzz/target.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: dopusk_fuzz::begin("write"), |bytes: &[u8]| dopusk_fuzz::take("write", bytes));
