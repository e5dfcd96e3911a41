//! Fuzzes `lines`; see `tests/it/fuzz/target.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: dopusk_fuzz::begin("lines"), |bytes: &[u8]| dopusk_fuzz::take("lines", bytes));
