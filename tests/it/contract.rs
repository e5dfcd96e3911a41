//! The contract in `proto/`: its style, its layout, and the field number that it keeps free.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::tool::{buf, root, text};

/// Kept free in every request for a tenant.
const TENANT_FIELD: &str = "= 15;";

/// What buf says against a folder with `buf.yaml` and `proto/`; empty when it has nothing to say.
fn lint(folder: &Path) -> String {
    text(&Command::new(buf()).arg("lint").current_dir(folder).output().unwrap())
}

fn format_difference(folder: &Path) -> String {
    text(&Command::new(buf()).args(["format", "-d", "--exit-code"]).current_dir(folder).output().unwrap())
}

/// The messages that end in `Request` and have a field with the tenant's number.
fn requests_with_tenant_field(proto: &str) -> Vec<&str> {
    proto
        .split("\nmessage ")
        .skip(1)
        .filter(|message| message.split("\n}").next().is_some_and(|body| body.contains(TENANT_FIELD)))
        .filter_map(|message| message.split(' ').next())
        .filter(|name| name.ends_with("Request"))
        .collect()
}

fn protos() -> Vec<String> {
    let entries = fs::read_dir(root().join("proto/dopusk/v1")).unwrap();
    entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

/// A folder with the project's rules and one bad file.
fn bad_contract() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("proto/dopusk/v1");
    fs::create_dir_all(&package).unwrap();
    fs::copy(root().join("buf.yaml"), folder.path().join("buf.yaml")).unwrap();
    let bad = "syntax = \"proto3\";\npackage dopusk.v1;\nmessage Bad {\nstring BadName = 1;\n}\n";
    fs::write(package.join("bad.proto"), bad).unwrap();
    folder
}

#[test]
fn the_contract_keeps_the_rules_of_style() {
    assert_eq!(lint(root()), "");
}

#[test]
fn the_contract_is_formatted() {
    assert_eq!(format_difference(root()), "", "`buf format -w` mends it");
}

#[test]
fn a_bad_contract_is_found() {
    let folder = bad_contract();
    let found = lint(folder.path());
    assert!(found.contains("lower_snake_case"), "{found}");
    assert!(found.contains("non-empty comment"), "{found}");
    assert!(format_difference(folder.path()).contains("+  string BadName = 1;"));
}

#[test]
fn no_request_uses_the_field_number_of_the_tenant() {
    let protos = protos();
    let found: Vec<&str> = protos.iter().flat_map(|proto| requests_with_tenant_field(proto)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_request_with_the_field_number_of_the_tenant_is_found() {
    let proto = "\nmessage A {\n  string b = 15;\n}\n\nmessage CRequest {\n  string d = 15;\n}\n";
    assert_eq!(requests_with_tenant_field(proto), ["CRequest"]);
}
