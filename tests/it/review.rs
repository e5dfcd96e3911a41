//! Reviews: what is found is what the oracle finds, and it is told as it was agreed.

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
