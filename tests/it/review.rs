//! Reviews: what is found is what the oracle finds, and it is told as it was agreed.

mod advice;
mod conflict;
mod told;

use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::Object;

use crate::tool::root;

/// The objects of the sample company.
fn sample() -> Vec<Object> {
    let text = std::fs::read(root().join("deploy/sample/company.yaml")).unwrap();
    Bundle::read("company.yaml", Encoding::Yaml, text.as_slice()).unwrap().into_objects().collect()
}

/// The golden files are written anew where this is set.
const REGENERATE: &str = "DOPUSK_GOLDEN_WRITE";

fn assert_golden(name: &str, told: &str) {
    let golden = root().join("tests/golden").join(name);
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::write(&golden, told).unwrap();
    }
    let agreed = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(agreed == told, "{name}: set {REGENERATE}=1 and look at the difference");
}
