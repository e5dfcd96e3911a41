//! Fields that are not what they must be: INVALID_ARGUMENT, by name.

use dopusk::api::pb;
use dopusk::api::pb::object::Object;
use dopusk::api::pb::{batch_check_item, batch_check_result, check_request, list_recipients_request};
use tonic::Code;

use super::{bad_ids, delete, put, question, user, world, write};
use crate::host::{Host, assert_error};

async fn assert_check(host: &Host, request: pb::CheckRequest, reason: &str, field: &str) {
    let status = host.decisions().check(request.clone()).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, reason), [field], "{request:?}");
}

fn with_facts(facts: pb::Facts) -> pb::CheckRequest {
    pb::CheckRequest { resource: Some(check_request::Resource::Facts(facts)), ..question() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_field_of_a_question_is_named() {
    let host = world().await;
    for bad in bad_ids().into_iter().chain([String::new()]) {
        let request = pb::CheckRequest { subject: bad.clone(), ..question() };
        assert_check(&host, request, "INVALID_FIELD", "subject").await;
        let id = Some(check_request::Resource::Id(bad));
        assert_check(&host, pb::CheckRequest { resource: id, ..question() }, "INVALID_FIELD", "id").await;
    }
    for bad in bad_ids() {
        let facts = pb::Facts { author: bad.clone(), ..pb::Facts::default() };
        assert_check(&host, with_facts(facts), "INVALID_FIELD", "facts.author").await;
        let facts = pb::Facts { responsible: bad.clone(), ..pb::Facts::default() };
        assert_check(&host, with_facts(facts), "INVALID_FIELD", "facts.responsible").await;
        let facts = pb::Facts { departments: vec!["d0".to_owned(), bad.clone()], ..pb::Facts::default() };
        assert_check(&host, with_facts(facts), "INVALID_FIELD", "facts.departments").await;
        let facts = pb::Facts { observers: vec!["u0".to_owned(), bad.clone()], ..pb::Facts::default() };
        assert_check(&host, with_facts(facts), "INVALID_FIELD", "facts.observers").await;
        let facts = pb::Facts { stage: bad, ..pb::Facts::default() };
        assert_check(&host, with_facts(facts), "UNKNOWN_STAGE", "facts.stage").await;
    }
    assert_check(&host, pb::CheckRequest { resource: None, ..question() }, "INVALID_FIELD", "resource").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_type_action_or_stage_comes_before_all_else() {
    let host = world().await;
    for subject in ["u1", "nobody"] {
        let request = pb::CheckRequest { subject: subject.to_owned(), ..question() };
        let lead = pb::CheckRequest { entity_type: "lead".to_owned(), ..request.clone() };
        assert_check(&host, lead, "UNKNOWN_ENTITY_TYPE", "entity_type").await;
        let fly = pb::CheckRequest { action: "fly".to_owned(), ..request.clone() };
        assert_check(&host, fly, "UNKNOWN_ACTION", "action").await;
        let facts = pb::Facts { stage: "NOPE".to_owned(), ..pb::Facts::default() };
        let stage = pb::CheckRequest { resource: with_facts(facts).resource, ..request };
        assert_check(&host, stage, "UNKNOWN_STAGE", "facts.stage").await;
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_creations_and_recipients_of_deals_are_the_callers_error() {
    let host = world().await;
    let request = pb::ListVisibleRequest {
        subject: "u1".to_owned(),
        action: "add".to_owned(),
        entity_type: "deal".to_owned(),
        ..pb::ListVisibleRequest::default()
    };
    let status = host.decisions().list_visible(request).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "ACTION_NOT_LISTABLE"), ["action"]);
    let request = pb::ListSubjectsRequest {
        action: "import".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(pb::list_subjects_request::Resource::Id("1".to_owned())),
        ..pb::ListSubjectsRequest::default()
    };
    let status = host.decisions().list_subjects(request).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "ACTION_NOT_LISTABLE"), ["action"]);
    let recipients = |entity_type: &str, event: i32| pb::ListRecipientsRequest {
        entity_type: entity_type.to_owned(),
        resource: Some(list_recipients_request::Resource::Id("1".to_owned())),
        event,
        consistency: None,
    };
    let deal = recipients("deal", pb::NewsEvent::Created.into());
    let status = host.decisions().list_recipients(deal).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "NOT_A_TICKET_TYPE"), ["entity_type"]);
    for unknown in [0, 3, -1] {
        let status = host.decisions().list_recipients(recipients("ticket", unknown)).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["event"]);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_without_texts_or_a_question_without_a_resource_is_not_explained() {
    let host = world().await;
    let request = pb::ExplainRequest {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(pb::explain_request::Resource::Id("1".to_owned())),
        ..pb::ExplainRequest::default()
    };
    let wrong = [
        (pb::ExplainRequest { language: "de".to_owned(), ..request.clone() }, "INVALID_FIELD", "language"),
        (pb::ExplainRequest { resource: None, ..request.clone() }, "INVALID_FIELD", "resource"),
        (pb::ExplainRequest { action: "fly".to_owned(), ..request.clone() }, "UNKNOWN_ACTION", "action"),
        (pb::ExplainRequest { subject: String::new(), ..request.clone() }, "INVALID_FIELD", "subject"),
    ];
    for (request, reason, field) in wrong {
        let status = host.decisions().explain(request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, reason), [field]);
    }
    let told = host.decisions().explain(request).await.unwrap().into_inner();
    assert!(told.decision.is_some() && told.explanation.is_some() && !told.short.is_empty());
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_question_of_a_batch_fails_alone() {
    let host = world().await;
    let good = pb::BatchCheckItem {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(batch_check_item::Resource::Id("1".to_owned())),
    };
    let items = vec![
        good.clone(),
        pb::BatchCheckItem { action: "fly".to_owned(), ..good.clone() },
        pb::BatchCheckItem { resource: None, ..good.clone() },
        pb::BatchCheckItem { subject: String::new(), ..good.clone() },
        good,
    ];
    let request = pb::BatchCheckRequest { items, consistency: None };
    let results = host.decisions().batch_check(request).await.unwrap().into_inner().results;
    let told: Vec<String> = results
        .into_iter()
        .map(|it| match it.result.unwrap() {
            batch_check_result::Result::Decision(_) => "decision".to_owned(),
            batch_check_result::Result::Error(it) => format!("{} {} {}", it.code, it.reason, it.field),
        })
        .collect();
    let wanted = [
        "decision",
        "INVALID_ARGUMENT UNKNOWN_ACTION items[1].action",
        "INVALID_ARGUMENT INVALID_FIELD items[2].resource",
        "INVALID_ARGUMENT INVALID_FIELD items[3].subject",
        "decision",
    ];
    assert_eq!(told, wanted);
    host.stop().await;
}

fn bad() -> String {
    "a\tb".to_owned()
}

/// People and groups with bad fields, and the paths of all of them.
fn bad_people() -> Vec<(Object, &'static [&'static str])> {
    let member = pb::WorkgroupMember { user: bad(), role: 9 };
    let helper = pb::SupportGroupMember { user: bad(), ..pb::SupportGroupMember::default() };
    vec![
        (
            Object::User(pb::User {
                departments: vec![bad(), String::new()],
                support_role: 9,
                ..pb::User::default()
            }),
            &["user.support_role", "user.id", "user.departments[0]", "user.departments[1]"],
        ),
        (
            Object::Department(pb::Department {
                id: bad(),
                parent: bad(),
                heads: vec![bad()],
                ..pb::Department::default()
            }),
            &["department.id", "department.parent", "department.heads[0]"],
        ),
        (
            Object::EntityType(pb::EntityType {
                stages: vec![bad()],
                actions: vec![bad()],
                ..pb::EntityType::default()
            }),
            &["entity_type.model", "entity_type.name", "entity_type.stages[0]", "entity_type.actions[0]"],
        ),
        (
            Object::Workgroup(pb::Workgroup { id: bad(), members: vec![member], ..pb::Workgroup::default() }),
            &["workgroup.id", "workgroup.members[0].user", "workgroup.members[0].role"],
        ),
        (
            Object::SupportGroup(pb::SupportGroup { members: vec![helper], ..pb::SupportGroup::default() }),
            &["support_group.id", "support_group.members[0].user"],
        ),
    ]
}

/// Roles, bindings and resources with bad fields, and the paths of all of them.
fn bad_rights() -> Vec<(Object, &'static [&'static str])> {
    let level = vec![pb::Scope::All.into(), 9];
    let stages = vec![
        pb::StageLevel { stage: bad(), level: vec![0] },
        pb::StageLevel { stage: "NEW".to_owned(), level: vec![] },
    ];
    let grant = pb::Grant { entity_type: bad(), action: String::new(), level, stages };
    let facts = pb::Facts { author: bad(), observers: vec![bad()], ..pb::Facts::default() };
    let subject = pb::role_binding::Subject::Workgroup(pb::WorkgroupSubject { id: bad(), min_role: 7 });
    vec![
        (
            Object::Role(pb::Role { id: bad(), grants: vec![grant], ..pb::Role::default() }),
            &[
                "role.id",
                "role.grants[0].entity_type",
                "role.grants[0].action",
                "role.grants[0].level[1]",
                "role.grants[0].stages[0].stage",
                "role.grants[0].stages[0].level[0]",
            ],
        ),
        (
            Object::RoleBinding(pb::RoleBinding { role: bad(), subject: Some(subject) }),
            &["role_binding.role", "role_binding.workgroup.min_role", "role_binding.workgroup.id"],
        ),
        (
            Object::RoleBinding(pb::RoleBinding { role: "r".to_owned(), subject: None }),
            &["role_binding.subject"],
        ),
        (
            Object::Resource(pb::Resource { facts: Some(facts), ..pb::Resource::default() }),
            &["resource.type", "resource.id", "resource.facts.author", "resource.facts.observers[0]"],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_field_of_every_object_of_a_write_is_named() {
    let host = Host::start().await;
    let mut operations = vec![put(user("fine"))];
    let mut wanted: Vec<String> = Vec::new();
    for (object, fields) in bad_people().into_iter().chain(bad_rights()) {
        let at = operations.len();
        wanted.extend(fields.iter().map(|field| format!("operations[{at}].put.{field}")));
        operations.push(put(pb::Object { object: Some(object) }));
    }
    let status = host.directory().write(write(operations)).await.unwrap_err();
    let mut found = assert_error(&status, Code::InvalidArgument, "INVALID_FIELD");
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    assert_eq!(host.export().await.0, [], "nothing was written");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_parts_and_unknown_values_of_an_operation_are_named() {
    let host = Host::start().await;
    let unknown = pb::Operation { precondition: 9, ..put(user("u")) };
    let no_key = pb::operation::Operation::Delete(pb::Key { key: None });
    let cases = [
        (pb::Operation::default(), "operations[1]"),
        (put(pb::Object { object: None }), "operations[1].put"),
        (pb::Operation { operation: Some(no_key), precondition: 0 }, "operations[1].delete"),
        (unknown, "operations[1].precondition"),
        (delete(pb::key::Key::User(String::new())), "operations[1].delete.user"),
        (
            delete(pb::key::Key::Resource(pb::ResourceKey { r#type: "t".to_owned(), id: String::new() })),
            "operations[1].delete.resource.id",
        ),
    ];
    for (operation, field) in cases {
        let request = write(vec![put(user("fine")), operation]);
        let status = host.directory().write(request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), [field]);
    }
    let long = pb::WriteRequest { request_id: "r".repeat(129), ..write(vec![put(user("u"))]) };
    let status = host.directory().write(long).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["request_id"]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_names_what_is_wrong_or_missing() {
    let host = world().await;
    let get = |key| pb::GetObjectRequest { key: Some(pb::Key { key }), consistency: None };
    let status = host.directory().get_object(get(Some(pb::key::Key::User("nobody".to_owned())))).await;
    let status = status.unwrap_err();
    assert_error(&status, Code::NotFound, "OBJECT_NOT_FOUND");
    assert!(status.message().contains("nobody"), "{status:?}");
    for (key, field) in [(None, "key"), (Some(pb::key::Key::Role(String::new())), "key.role")] {
        let status = host.directory().get_object(get(key)).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), [field]);
    }
    let list = pb::ListObjectsRequest::default();
    let bad_lists = [
        (list.clone(), "kind"),
        (pb::ListObjectsRequest { kind: 99, ..list.clone() }, "kind"),
        (pb::ListObjectsRequest { kind: pb::Kind::Resource.into(), ..list.clone() }, "entity_type"),
        (pb::ListObjectsRequest { kind: 3, user: "u".to_owned(), ..list.clone() }, "user"),
        (pb::ListObjectsRequest { kind: 3, department: "\u{1}".to_owned(), ..list.clone() }, "department"),
        (pb::ListObjectsRequest { kind: 3, page_token: "no".to_owned(), ..list }, "page_token"),
    ];
    for (request, field) in bad_lists {
        let status = host.directory().list_objects(request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), [field]);
    }
    host.stop().await;
}
