//! Fuzzes `config`; see `tests/it/fuzz/target.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: dopusk_fuzz::begin("config"), |bytes: &[u8]| dopusk_fuzz::take("config", bytes));
