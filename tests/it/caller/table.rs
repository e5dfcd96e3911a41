//! The table of calls is the contract's: a call that it lacks is refused to every caller, so none may be forgotten. And
//! no handler forgets to ask what its caller may.

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

/// The handlers among a file's functions that don't ask what the caller may, nor hand the request on to one that does.
fn careless(text: &str) -> Vec<&str> {
    let functions = text.split("    async fn ").skip(1);
    let handlers = functions.filter(|it| it.split('{').next().is_some_and(|head| head.contains("Request<")));
    let asks = |body: &&str| {
        ["permit(&request)", "Licence::of(", "self.list_chunks(request)"].iter().any(|it| body.contains(it))
    };
    handlers.filter(|body| !asks(body)).filter_map(|body| body.split('(').next()).collect()
}

#[test]
fn every_handler_of_the_contract_asks_what_its_caller_may() {
    let mut handlers = 0;
    for entry in fs::read_dir(root().join("src/api")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(careless(&text), [""; 0], "{}", path.display());
            handlers += text.matches("permit(&request)").count() + text.matches("Licence::of(").count();
        }
    }
    assert!(handlers >= CALLS.len(), "{handlers} handlers ask");
}

#[test]
fn a_handler_that_does_not_ask_is_found() {
    let careful = "    async fn a(r: Request<A>) {\n self.context.permit(&request)?;\n}\n";
    let careless_one = "    async fn b(r: Request<B>) {\n}\n    async fn helper(a: u8) {\n}\n";
    assert_eq!(careless(&format!("{careful}{careless_one}")), ["b"]);
}
