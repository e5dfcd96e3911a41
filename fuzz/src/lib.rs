//! The targets of the tests, for libFuzzer.
//!
//! They stand with the tests (`tests/it/fuzz/target.rs`), which run them too; this package only links them to the fuzzer.

#[path = "../../tests/it"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod it {
    pub(crate) mod oracle;

    pub(crate) mod fuzz {
        pub(crate) mod target;
    }
}

use it::{fuzz, oracle};

use fuzz::target::{TARGETS, Target};

/// Gives an input to a target.
///
/// # Panics
/// The target keeps a promise not, or there is none of that name.
pub fn take(name: &str, bytes: &[u8]) {
    (of(name).take)(bytes);
}

/// Writes the inputs that a target begins with into the folder that `DOPUSK_FUZZ_SEEDS` names, before libFuzzer reads it.
///
/// # Panics
/// There is no target of that name, or the folder can't be written.
pub fn begin(name: &str) {
    let Some(folder) = std::env::var_os("DOPUSK_FUZZ_SEEDS") else { return };
    for (at, seed) in (of(name).seeds)().iter().enumerate() {
        std::fs::write(std::path::Path::new(&folder).join(format!("seed-{at}")), seed)
            .expect("the folder is there");
    }
}

fn of(name: &str) -> &'static Target {
    static ALL: [Target; TARGETS.len()] = TARGETS;
    ALL.iter().find(|target| target.name == name).expect("there is a target of that name")
}
