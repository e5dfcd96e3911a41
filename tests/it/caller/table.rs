//! The table of calls is the contract's: a call that it lacks is refused to every caller, so none may be forgotten.

use std::collections::BTreeSet;
use std::fs;

use dopusk::caller::CALLS;

use crate::tool::root;

/// The paths of all calls that the proto files define.
fn contract() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join("proto/dopusk/v1")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut service = "";
        for line in text.lines() {
            let name = |prefix| {
                line.trim_start().strip_prefix(prefix).and_then(|it: &str| it.split([' ', '(']).next())
            };
            service = name("service ").unwrap_or(service);
            found.extend(name("rpc ").map(|call| format!("/dopusk.v1.{service}/{call}")));
        }
    }
    found
}

#[test]
fn every_call_of_the_contract_has_its_permissions() {
    let table: BTreeSet<String> = CALLS.iter().map(|call| call.path.to_owned()).collect();
    assert_eq!(table, contract());
    assert_eq!(CALLS.len(), table.len(), "no call stands twice");
    assert!(CALLS.iter().all(|call| call.path.ends_with(&format!("/{}", call.name))));
}
