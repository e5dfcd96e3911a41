//! Bounds: one more than allowed is refused, by a message that says what is.

use dopusk::api::pb;
use dopusk::api::pb::object::Object;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{put, question, user, world, write};
use crate::host::{Host, assert_error};

async fn refused(host: &Host, object: Object) -> Status {
    let object = pb::Object { object: Some(object) };
    host.directory().write(write(vec![put(object)])).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_1_to_1000_questions() {
    let host = world().await;
    let item = pb::BatchCheckItem {
        subject: question().subject,
        action: question().action,
        entity_type: question().entity_type,
        resource: Some(pb::batch_check_item::Resource::Id("1".to_owned())),
    };
    for count in [0, 1001] {
        let request = pb::BatchCheckRequest { items: vec![item.clone(); count], consistency: None };
        let status = host.decisions().batch_check(request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["items"]);
        assert!(
            status.message().contains(&format!("{count} questions; a batch has 1 to 1000")),
            "{status:?}"
        );
    }
    let request = pb::BatchCheckRequest { items: vec![item; 1000], consistency: None };
    assert_eq!(host.decisions().batch_check(request).await.unwrap().into_inner().results.len(), 1000);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_has_1_to_1000_operations() {
    let host = Host::start().await;
    let operations = |count: usize| (0..count).map(|at| put(user(&format!("u{at}")))).collect();
    for count in [0, 1001] {
        let status = host.directory().write(write(operations(count))).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["operations"]);
        assert!(status.message().contains(&format!("{count} operations; a write has 1 to 1000")));
    }
    host.directory().write(write(operations(1000))).await.unwrap();
    assert_eq!(host.export().await.0.len(), 1000);
    host.stop().await;
}

/// Objects one beyond a bound, with the words that must be in the message.
fn too_large() -> Vec<(Object, &'static str)> {
    let texts = |count: usize| (0..count).map(|at| format!("i{at}")).collect::<Vec<_>>();
    let (id, model, read) = (|| "x".to_owned(), pb::Model::Crm.into(), || vec!["read".to_owned()]);
    let members = texts(10_001).into_iter().map(|user| pb::WorkgroupMember { user, role: 1 }).collect();
    let helpers = texts(10_001)
        .into_iter()
        .map(|user| pb::SupportGroupMember { user, ..pb::SupportGroupMember::default() });
    let grants = texts(4_097).into_iter().map(|action| pb::Grant {
        entity_type: id(),
        action,
        ..pb::Grant::default()
    });
    let resource =
        |facts| Object::Resource(pb::Resource { r#type: id(), id: id(), facts: Some(facts), sort_key: 0 });
    let mut actions = read();
    actions.extend(texts(64));
    vec![
        (
            Object::User(pb::User { id: id(), name: "n".repeat(1_025), ..pb::User::default() }),
            "has 1025 bytes; the limit DISPLAY_NAME_BYTES_MAX is 1024",
        ),
        (
            Object::User(pb::User { id: id(), departments: texts(257), ..pb::User::default() }),
            "has 257 departments; the limit DEPARTMENTS_MAX is 256",
        ),
        (
            Object::Department(pb::Department { id: id(), heads: texts(257), ..pb::Department::default() }),
            "has 257 heads; the limit HEADS_MAX is 256",
        ),
        (
            Object::Workgroup(pb::Workgroup { id: id(), name: id(), members }),
            "has 10001 members; the limit MEMBERS_MAX is 10000",
        ),
        (
            Object::SupportGroup(pb::SupportGroup {
                id: id(),
                members: helpers.collect(),
                ..pb::SupportGroup::default()
            }),
            "has 10001 members; the limit MEMBERS_MAX is 10000",
        ),
        (
            Object::Role(pb::Role { id: id(), grants: grants.collect(), ..pb::Role::default() }),
            "has 4097 grants; the limit GRANTS_MAX is 4096",
        ),
        (
            Object::EntityType(pb::EntityType { name: id(), model, stages: texts(257), actions: read() }),
            "has 257 stages; the limit STAGES_MAX is 256",
        ),
        (
            Object::EntityType(pb::EntityType { name: id(), model, stages: vec![], actions }),
            "has 65 actions; the limit ACTIONS_MAX is 64",
        ),
        (
            resource(pb::Facts { observers: texts(257), ..pb::Facts::default() }),
            "has 257 observers; the limit OBSERVERS_MAX is 256",
        ),
        (
            resource(pb::Facts { departments: texts(257), ..pb::Facts::default() }),
            "has 257 departments; the limit DEPARTMENTS_MAX is 256",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_and_text_of_an_object_has_a_bound_that_is_named() {
    let host = Host::start().await;
    for (object, words) in too_large() {
        let status = refused(&host, object).await;
        assert_error(&status, Code::FailedPrecondition, "RULES_BROKEN");
        let details = status.get_error_details();
        let violation = &details.precondition_failure().unwrap().violations[0];
        assert_eq!(violation.r#type, "RULE_1");
        assert!(violation.description.contains(words), "{violation:?}");
    }
    assert_eq!(host.export().await.0, []);
    host.stop().await;
}

fn department(at: usize, parent: Option<usize>) -> pb::Operation {
    let id = format!("d{at}");
    let parent = parent.map(|at| format!("d{at}")).unwrap_or_default();
    let department = pb::Department { id, parent, ..pb::Department::default() };
    put(pb::Object { object: Some(Object::Department(department)) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_has_64_levels() {
    let host = Host::start().await;
    let chain = (0..64).map(|at: usize| department(at, at.checked_sub(1))).collect();
    host.directory().write(write(chain)).await.unwrap();
    let below = host.directory().write(write(vec![department(64, Some(63))])).await.unwrap_err();
    let above =
        host.directory().write(write(vec![department(65, None), department(0, Some(65))])).await.unwrap_err();
    for status in [below, above] {
        assert_error(&status, Code::FailedPrecondition, "RULES_BROKEN");
        assert!(status.message().contains("more than 64 levels"), "{status:?}");
    }
    host.directory().write(write(vec![department(64, Some(62))])).await.unwrap();
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_more_than_4_mib_is_refused_and_the_server_goes_on() {
    let host = world().await;
    let name = "n".repeat(5 << 20);
    let object = Object::User(pb::User { id: "u".to_owned(), name, ..pb::User::default() });
    let status = refused(&host, object).await;
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status:?}");
    host.decisions().check(question()).await.unwrap();
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_an_import_has_1000_objects() {
    let host = Host::start().await;
    let objects = (0..1001).map(|at| user(&format!("u{at}"))).collect();
    let request = pb::ImportRequest { objects, ..pb::ImportRequest::default() };
    let mut answers = host.directory().import(tokio_stream::iter([request])).await.unwrap().into_inner();
    let status = answers.message().await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["objects"]);
    assert!(status.message().contains("1001 objects; a message has at most 1000"), "{status:?}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_object_of_an_import_is_named_by_its_place_in_the_stream() {
    let host = Host::start().await;
    let message = |ids: &[&str]| pb::ImportRequest {
        objects: ids.iter().map(|id| user(id)).collect(),
        ..pb::ImportRequest::default()
    };
    let requests = [message(&["a", "b"]), message(&["c", "", "d"])];
    let mut answers = host.directory().import(tokio_stream::iter(requests)).await.unwrap().into_inner();
    let status = answers.message().await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["objects[3].user.id"]);
    assert_eq!(host.export().await.0, [], "an atomic import is whole or absent");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_about_long_or_many_names_still_arrives() {
    let host = world().await;
    let long = "ы".repeat(500_000);
    let action = pb::CheckRequest { action: long.clone(), ..question() };
    let status = host.decisions().check(action).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "UNKNOWN_ACTION"), ["action"]);
    let entity_type = pb::CheckRequest { entity_type: long, ..question() };
    let status = host.decisions().check(entity_type).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "UNKNOWN_ENTITY_TYPE"), ["entity_type"]);

    let stages = (0..256).map(|at| format!("{at:ы>60}")).collect();
    let (name, model) = ("long".to_owned(), pb::Model::Crm.into());
    let it = pb::EntityType { name, model, stages, actions: vec!["read".to_owned()] };
    let object = pb::Object { object: Some(Object::EntityType(it)) };
    host.directory().write(write(vec![put(object)])).await.unwrap();
    let facts = pb::Facts { stage: "NOPE".to_owned(), ..pb::Facts::default() };
    let resource = Some(pb::check_request::Resource::Facts(facts));
    let stage = pb::CheckRequest { entity_type: "long".to_owned(), resource, ..question() };
    let status = host.decisions().check(stage).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "UNKNOWN_STAGE"), ["facts.stage"]);

    let operations = (0..1000).map(|_| put(user("\n"))).collect();
    let status = host.directory().write(write(operations)).await.unwrap_err();
    let fields = assert_error(&status, Code::InvalidArgument, "INVALID_FIELD");
    assert!(fields.len() > 20 && fields.contains(&"operations[0].put.user.id".to_owned()), "{fields:?}");
    assert!(status.message().starts_with(&format!("{} of 1000: ", fields.len())), "{status:?}");
    host.stop().await;
}
