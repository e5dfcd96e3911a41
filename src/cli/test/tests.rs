//! A case whose expectations hold has no differences; with any of them turned round it has one.

use std::path::Path;

use serde_json::{Value, json};

use super::local::LocalServer;
use super::{UsageError, case_files};
use crate::bundle::case::Case;
use crate::client::case::{Report, run_case};

const CASE: &str = r#"{"name": "every kind", "why": "the runner", "steps": [
{"load": {
  "entity_types": [
    {"name": "deal", "model": "crm", "stages": ["NEW"], "actions": ["read", "add", "update"]},
    {"name": "ticket", "model": "support", "actions": ["read", "add", "update"]}],
  "departments": [{"id": "d1"}, {"id": "d2", "parent": "d1"}],
  "users": [
    {"id": "u1", "departments": ["d1"]}, {"id": "u2"},
    {"id": "s1", "support_role": "staff"}, {"id": "s2", "support_role": "staff"},
    {"id": "c1", "support_role": "client"}],
  "support_groups": [{"id": "g", "team": true, "members": [{"user": "s1"}, {"user": "s2", "notify_new": true}]}],
  "roles": [{"id": "r", "grants": [
    {"entity_type": "deal", "action": "read", "level": "department"},
    {"entity_type": "deal", "action": "add", "level": "self"}]}],
  "role_bindings": [{"role": "r", "subject": {"user": "u1"}}],
  "resources": [
    {"type": "deal", "id": "1", "departments": ["d1"]}, {"type": "deal", "id": "2", "responsible": "u2"},
    {"type": "deal", "id": "3", "departments": ["d1"]},
    {"type": "ticket", "id": "7", "author": "c1", "responsible": "s1"}]}},
{"checks": [
  {"user": "u1", "action": "read", "type": "deal", "id": "1", "allow": true},
  {"user": "u1", "action": "read", "type": "deal", "id": "2", "allow": false},
  {"user": "u1", "action": "add", "type": "deal", "resource": {"stage": "NEW"}, "allow": true,
   "obligation": "responsible_is_subject"},
  {"user": "u1", "action": "fly", "type": "deal", "id": "1", "error": "INVALID_ARGUMENT"}]},
{"lists": [{"user": "u1", "action": "read", "type": "deal", "ids": ["1", "3"]}]},
{"subjects": [{"type": "deal", "id": "1", "action": "read", "users": ["u1"]}]},
{"recipients": [{"type": "ticket", "id": "7", "event": "created", "users": ["c1", "s1", "s2"],
  "can_read": {"c1": true, "s1": true, "s2": false}}]},
{"write": [{"put": {"users": {"id": "u2", "departments": ["d1"]}}}, {"delete": {"resources": {"type": "deal", "id": "3"}}}]},
{"refuse": [{"put": {"departments": {"id": "d1", "parent": "d2"}}}], "rule": "1.1"},
{"lists": [{"user": "u1", "action": "read", "type": "deal", "ids": ["1", "2"]}]}]}"#;

/// What is turned round, where, and at which step the difference must show.
fn turns() -> Vec<(&'static str, Value, usize)> {
    let misfit = json!([{"put": {"departments": {"id": "d3", "parent": "d9"}}}]);
    let fit = json!([{"put": {"departments": {"id": "d3"}}}]);
    vec![
        ("/steps/0/load/departments/1/parent", json!("d9"), 1),
        ("/steps/1/checks/0/allow", json!(false), 2),
        ("/steps/1/checks/1/allow", json!(true), 2),
        ("/steps/1/checks/0/obligation", json!("responsible_is_subject"), 2),
        ("/steps/1/checks/2/obligation", json!("another"), 2),
        ("/steps/1/checks/2/obligation", Value::Null, 2),
        ("/steps/1/checks/2/allow", json!(false), 2),
        ("/steps/1/checks/3/error", json!("NOT_FOUND"), 2),
        ("/steps/1/checks/3/action", json!("update"), 2),
        ("/steps/2/lists/0/ids", json!(["1"]), 3),
        ("/steps/2/lists/0/ids", json!(["1", "2", "3"]), 3),
        ("/steps/2/lists/0/ids", json!(["3", "1"]), 3),
        ("/steps/3/subjects/0/users", json!([]), 4),
        ("/steps/3/subjects/0/users", json!(["u1", "u2"]), 4),
        ("/steps/4/recipients/0/users", json!(["c1", "s1"]), 5),
        ("/steps/4/recipients/0/event", json!("updated"), 5),
        ("/steps/4/recipients/0/can_read/s2", json!(true), 5),
        ("/steps/4/recipients/0/can_read/c1", json!(false), 5),
        ("/steps/4/recipients/0/can_read", json!({"c1": true, "s1": true}), 5),
        ("/steps/5/write", misfit, 6),
        ("/steps/6/rule", json!("1.2"), 7),
        ("/steps/6/refuse", fit, 7),
        ("/steps/7/lists/0/ids", json!(["1"]), 8),
    ]
}

/// Sets a value, or takes it away.
fn turned(pointer: &str, value: Value) -> Case {
    let mut case: Value = serde_json::from_str(CASE).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = case.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name);
    } else {
        parent.insert(name.to_owned(), value);
        if name == "allow" && parent["allow"] == false {
            parent.remove("obligation");
        }
    }
    Case::read("case", case.to_string().as_bytes()).unwrap()
}

async fn run(case: &Case) -> Report {
    let server = LocalServer::start().await.unwrap();
    let report = run_case(server.client(), case).await;
    server.stop().await;
    report
}

#[tokio::test]
async fn a_case_whose_expectations_hold_has_no_differences() {
    let report = run(&Case::read("case", CASE.as_bytes()).unwrap()).await;
    assert_eq!(report.differences, []);
    assert_eq!(report.steps, 8);
    assert!(report.answers > 30, "{report:?}");
}

#[tokio::test]
async fn an_expectation_turned_round_is_a_difference() {
    for (pointer, value, step) in turns() {
        let report = run(&turned(pointer, value.clone())).await;
        let found = report.differences.first();
        assert_eq!(found.map(|it| it.step), Some(step), "{pointer} {value}: {found:?}");
    }
}

#[tokio::test]
async fn a_write_that_is_not_refused_is_seen_by_what_it_changed_too() {
    let fit = json!([{"put": {"departments": {"id": "d3"}}}]);
    let report = run(&turned("/steps/6/refuse", fit)).await;
    let told: Vec<String> =
        report.differences.iter().map(|it| format!("{}: {}", it.question, it.got)).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].ends_with(": done") && told[1].contains(": the revision: "), "{told:?}");
    assert!(told[2].ends_with("objects that differ: [department d3]"), "{told:?}");
}

#[tokio::test]
async fn a_difference_in_a_check_has_its_reason() {
    let report = run(&turned("/steps/1/checks/1/allow", json!(true))).await;
    let [difference] = report.differences.as_slice() else { panic!("{report:?}") };
    let told = "step 2: check u1 read deal 2: expected allow, got deny (inherited_entry_closed)";
    assert_eq!(difference.to_string(), told);
}

#[test]
fn directories_are_looked_through_in_order() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    for name in ["c.json", "b/z.json", "a.json", "b/a.json", "notes.md"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let files = case_files(&[folder.path().to_owned()]).unwrap();
    let names: Vec<_> = files.iter().map(|it| it.strip_prefix(folder.path()).unwrap()).collect();
    assert_eq!(names, ["a.json", "b/a.json", "b/z.json", "c.json"].map(Path::new));
}

#[test]
fn a_directory_without_cases_is_the_callers_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(case_files(&[folder.path().to_owned()]).unwrap_err().is::<UsageError>());
}
