//! The case format from outside.

use super::{Case, CheckCase, Expect, Step, Target};
use crate::domain::{BindingSubject, Facts, Id, Key, NewsEvent, RoleBinding, Verb};

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn steps(text: &str) -> Vec<Step> {
    let text = format!("{{\"name\": \"n\", \"why\": \"1.3\", \"steps\": [{text}]}}");
    Case::read("c", text.as_bytes()).unwrap().steps
}

fn problems(steps: &str) -> String {
    let text = format!("{{\"name\": \"n\", \"why\": \"1.3\", \"steps\": [{steps}]}}");
    Case::read("c", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn deletes_are_by_key() {
    let found = steps(
        r#"{"write": [
            {"delete": {"users": "u1"}},
            {"delete": {"entity_types": "deal"}},
            {"delete": {"resources": {"type": "deal", "id": "42"}}},
            {"delete": {"role_bindings": {"role": "r", "subject": {"user": "u1", "include_managers": false}}}}
        ]}"#,
    );
    let binding = RoleBinding { role: id("r"), subject: BindingSubject::User(id("u1")) };
    let keys = [
        Key::User(id("u1")),
        Key::EntityType(id("deal")),
        Key::Resource { entity_type: id("deal"), id: id("42") },
        Key::RoleBinding(binding),
    ];
    let [Step::Write(operations)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(operations.iter().map(|it| it.verb.clone()).collect::<Vec<_>>(), keys.map(Verb::Delete));
}

#[test]
fn an_object_that_is_wrong_by_itself_can_be_put_to_be_refused() {
    let put = r#"[{"put": {"entity_types": {"name": "deal", "model": "crm", "actions": []}}}]"#;
    let found = steps(&format!("{{\"refuse\": {put}, \"rule\": \"1.6\"}}"));
    let [Step::Refuse { operations, rule }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((operations.len(), rule.as_str()), (1, "1.6"));
    let load = r#"{"load": {"entity_types": [{"name": "deal", "model": "crm", "actions": []}]}}"#;
    let message =
        "c:1: steps[0].load.entity_types[0].actions: lacks read; every entity type has it (rule 1.6)";
    assert_eq!(problems(load), message);
}

#[test]
fn a_check_names_its_resource_and_its_answer() {
    let found = steps(
        r#"{"checks": [
            {"user": "", "action": "read", "type": "deal", "id": "42", "allow": false},
            {"user": "u1", "action": "add", "type": "deal", "resource": {"open": true}, "allow": true, "obligation": "o"},
            {"user": "u1", "action": "fly", "type": "deal", "id": "42", "error": "INVALID_ARGUMENT"}
        ]}"#,
    );
    let check = |user: &str, action: &str, target, expect| CheckCase {
        user: user.to_owned(),
        action: action.to_owned(),
        entity_type: "deal".to_owned(),
        target,
        expect,
    };
    let facts = Facts { open: true, ..Facts::default() };
    let stored = || Target::Id("42".to_owned());
    assert_eq!(
        found,
        [Step::Checks(vec![
            check("", "read", stored(), Expect::Deny),
            check("u1", "add", Target::Facts(facts), Expect::Allow { obligation: Some("o".to_owned()) }),
            check("u1", "fly", stored(), Expect::Error("INVALID_ARGUMENT".to_owned())),
        ])]
    );
}

#[test]
fn lists_subjects_and_recipients_are_read() {
    let found = steps(
        r#"{"lists": [{"user": "u1", "action": "read", "type": "deal", "ids": ["1", "2"]}]},
           {"subjects": [{"type": "deal", "id": "1", "action": "read", "users": []}]},
           {"recipients": [{"type": "ticket", "id": "7", "event": "updated", "users": ["u2"], "can_read": {"u2": true}}]}"#,
    );
    let [Step::Lists(lists), Step::Subjects(subjects), Step::Recipients(recipients)] = found.as_slice()
    else {
        panic!("{found:?}")
    };
    assert_eq!(lists[0].ids, ["1", "2"]);
    assert_eq!((subjects[0].id.as_str(), subjects[0].users.len()), ("1", 0));
    assert_eq!(recipients[0].event, NewsEvent::Updated);
    assert_eq!(recipients[0].can_read, [("u2".to_owned(), true)]);
}

#[test]
fn every_problem_of_a_case_is_named() {
    let text = r#"{"checks": [{"user": "u1", "action": "read", "type": "deal", "allow": true}]},
{"rule": "1.1", "lists": []},
{"load": {}, "write": []},
{"recipients": [{"type": "ticket", "id": "7", "event": "closed", "users": [], "can_read": {}}]},
{"write": [{"put": {"users": {"id": ""}}}, {"delete": {"users": {"id": "u1"}}}]},
{"checks": [{"user": "u1", "action": "read", "type": "deal", "id": "1", "allow": false, "obligation": "o"}]}"#;
    assert_eq!(
        problems(text).lines().collect::<Vec<_>>(),
        [
            "c:1: steps[0].checks[0]: needs one of id, resource",
            "c:2: steps[1].rule: goes with refuse alone",
            "c:3: steps[2]: has load and write; one of them is needed",
            "c:4: steps[3].recipients[0].event: is the text \"closed\"; it is one of created, updated",
            "c:5: steps[4].write[0].put.users.id: is empty; an id has 1 to 128 bytes",
            "c:5: steps[4].write[1].delete.users: is an object; a text is needed",
            "c:6: steps[5].checks[0]: has an obligation; it goes with allow: true alone",
        ]
    );
}
