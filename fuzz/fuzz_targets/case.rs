//! Fuzzes `case`; see `tests/it/fuzz/target.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: dopusk_fuzz::begin("case"), |bytes: &[u8]| dopusk_fuzz::take("case", bytes));
