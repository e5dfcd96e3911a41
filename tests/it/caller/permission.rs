//! Each permission over gRPC: what it opens, and with which reason it is refused without it.

use dopusk::api::pb;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::api::pb::operation::Operation::{Delete, Put};
use dopusk::api::pb::{batch_check_item, batch_check_result, check_request, list_subjects_request};
use tonic::{Code, Status};

use super::{Line, Site, ask, caller, follow, question};
use crate::host::assert_error;

async fn line(rest: &str) -> (Site, Line) {
    let (entry, token) = caller("app", rest);
    let site = Site::start(&entry).await;
    let line = site.line(&token).await;
    (site, line)
}

fn assert_denied<T: std::fmt::Debug>(answer: Result<T, Status>, reason: &str, field: &str) {
    let fields = assert_error(&answer.unwrap_err(), Code::PermissionDenied, reason);
    assert_eq!(fields, [field]);
}

fn user() -> pb::Object {
    let user = pb::User { id: "boris".to_owned(), ..pb::User::default() };
    pb::Object { object: Some(pb::object::Object::User(user)) }
}

fn resource(entity_type: &str) -> pb::Object {
    let resource =
        pb::Resource { r#type: entity_type.to_owned(), id: "9".to_owned(), ..pb::Resource::default() };
    pb::Object { object: Some(pb::object::Object::Resource(resource)) }
}

fn key(entity_type: &str) -> pb::Key {
    let key = pb::ResourceKey { r#type: entity_type.to_owned(), id: "9".to_owned() };
    pb::Key { key: Some(pb::key::Key::Resource(key)) }
}

fn write(operations: Vec<pb::operation::Operation>) -> pb::WriteRequest {
    let operation = |it| pb::Operation { operation: Some(it), precondition: 0 };
    let operations = operations.into_iter().map(operation).collect();
    pb::WriteRequest { operations, ..pb::WriteRequest::default() }
}

async fn import(line: &Line, objects: Vec<pb::Object>) -> Result<(), Status> {
    let message = pb::ImportRequest { objects, ..pb::ImportRequest::default() };
    let mut directory = DirectoryServiceClient::new(line.clone());
    let mut answers = directory.import(tokio_stream::iter([message])).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_not_named_are_refused() {
    let (site, line) = line("calls = ['CountVisible', 'Watch']").await;
    assert_denied(ask(line.clone()).await, "CALL_NOT_PERMITTED", "Check");
    follow(line.clone()).await.unwrap();
    let export = DirectoryServiceClient::new(line).export(pb::ExportRequest::default()).await;
    assert_denied(export, "CALL_NOT_PERMITTED", "Export");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_write_changes_nothing() {
    let (site, line) = line("").await;
    let put = write(vec![Put(user())]);
    let answer = DirectoryServiceClient::new(line.clone()).write(put.clone()).await;
    assert_denied(answer, "WRITING_NOT_PERMITTED", "Write");
    assert_denied(import(&line, vec![user()]).await, "WRITING_NOT_PERMITTED", "Import");
    let key = pb::Key { key: Some(pb::key::Key::User("boris".to_owned())) };
    let request = pb::GetObjectRequest { key: Some(key), consistency: None };
    let missing = DirectoryServiceClient::new(line).get_object(request).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_write_does() {
    let (site, line) = line("may_write = true").await;
    let put = write(vec![Put(user())]);
    DirectoryServiceClient::new(line.clone()).write(put).await.unwrap();
    import(&line, vec![user(), resource("deal")]).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_are_for_who_may_assert_them() {
    let facts = check_request::Resource::Facts(pb::Facts::default());
    let inline = pb::CheckRequest { resource: Some(facts), ..question() };
    let subjects = pb::ListSubjectsRequest {
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(list_subjects_request::Resource::Facts(pb::Facts::default())),
        ..pb::ListSubjectsRequest::default()
    };
    let (site, closed) = line("").await;
    let mut decisions = DecisionServiceClient::new(closed);
    assert_denied(decisions.check(inline.clone()).await, "FACTS_NOT_PERMITTED", "facts");
    assert_denied(decisions.list_subjects(subjects.clone()).await, "FACTS_NOT_PERMITTED", "facts");
    site.stop().await;
    let (site, open) = line("may_assert_facts = true").await;
    let mut decisions = DecisionServiceClient::new(open);
    decisions.check(inline).await.unwrap();
    decisions.list_subjects(subjects).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn explanations_and_ways_are_for_who_may_see_them() {
    let explain = pb::ExplainRequest {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(pb::explain_request::Resource::Id("1".to_owned())),
        ..pb::ExplainRequest::default()
    };
    let ways = pb::ListSubjectsRequest {
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(list_subjects_request::Resource::Id("1".to_owned())),
        with_ways: true,
        ..pb::ListSubjectsRequest::default()
    };
    let (site, closed) = line("").await;
    let mut decisions = DecisionServiceClient::new(closed);
    assert_denied(decisions.explain(explain.clone()).await, "EXPLANATION_NOT_PERMITTED", "Explain");
    assert_denied(decisions.list_subjects(ways.clone()).await, "EXPLANATION_NOT_PERMITTED", "with_ways");
    let without = pb::ListSubjectsRequest { with_ways: false, ..ways.clone() };
    decisions.list_subjects(without).await.unwrap();
    site.stop().await;
    let (site, open) = line("may_see_explanations = true").await;
    let mut decisions = DecisionServiceClient::new(open);
    decisions.explain(explain).await.unwrap();
    decisions.list_subjects(ways).await.unwrap();
    site.stop().await;
}

const TICKETS: &str =
    "entity_types = ['ticket']\nmay_write = true\nmay_assert_facts = true\nmay_see_explanations = true";
const DENIED: &str = "ENTITY_TYPE_NOT_PERMITTED";

#[tokio::test(flavor = "multi_thread")]
async fn every_question_about_another_type_is_refused() {
    let (site, line) = line(TICKETS).await;
    let mut decisions = DecisionServiceClient::new(line);
    macro_rules! assert_closed {
        ($call:ident, $request:ident) => {
            for entity_type in ["deal", "nothing"] {
                let request = pb::$request { entity_type: entity_type.to_owned(), ..asked!($request) };
                assert_denied(decisions.$call(request).await, DENIED, "entity_type");
            }
            let request = pb::$request { entity_type: "ticket".to_owned(), ..asked!($request) };
            decisions.$call(request).await.unwrap();
        };
    }
    macro_rules! asked {
        (ListRecipientsRequest) => {
            pb::ListRecipientsRequest {
                resource: Some(pb::list_recipients_request::Resource::Id("7".to_owned())),
                event: pb::NewsEvent::Created.into(),
                ..Default::default()
            }
        };
        (ListActionsRequest) => {
            pb::ListActionsRequest {
                resource: Some(pb::list_actions_request::Resource::Id("7".to_owned())),
                subject: "root".to_owned(),
                ..Default::default()
            }
        };
        (ListSubjectsRequest) => {
            pb::ListSubjectsRequest {
                resource: Some(list_subjects_request::Resource::Id("7".to_owned())),
                action: "read".to_owned(),
                with_ways: true,
                ..Default::default()
            }
        };
        (CheckRequest) => {
            pb::CheckRequest { resource: Some(check_request::Resource::Id("7".to_owned())), ..question() }
        };
        (ExplainRequest) => {
            pb::ExplainRequest {
                resource: Some(pb::explain_request::Resource::Id("7".to_owned())),
                subject: "root".to_owned(),
                action: "read".to_owned(),
                ..Default::default()
            }
        };
        ($other:ident) => {
            pb::$other { subject: "root".to_owned(), action: "read".to_owned(), ..Default::default() }
        };
    }
    assert_closed!(check, CheckRequest);
    assert_closed!(explain, ExplainRequest);
    assert_closed!(list_visible, ListVisibleRequest);
    assert_closed!(count_visible, CountVisibleRequest);
    assert_closed!(plan_visible, PlanVisibleRequest);
    assert_closed!(list_subjects, ListSubjectsRequest);
    assert_closed!(list_actions, ListActionsRequest);
    assert_closed!(list_recipients, ListRecipientsRequest);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_of_a_batch_about_another_type_is_refused_alone() {
    let (site, line) = line("entity_types = ['ticket']").await;
    let item = |entity_type: &str, resource| pb::BatchCheckItem {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: entity_type.to_owned(),
        resource: Some(resource),
    };
    let stored = || batch_check_item::Resource::Id("7".to_owned());
    let inline = batch_check_item::Resource::Facts(pb::Facts::default());
    let items = vec![
        item("deal", stored()),
        item("ticket", stored()),
        item("ticket", inline),
        item("ticket", stored()),
    ];
    let request = pb::BatchCheckRequest { items, consistency: None };
    let answer = DecisionServiceClient::new(line).batch_check(request).await.unwrap().into_inner();
    let shown: Vec<_> = answer
        .results
        .into_iter()
        .map(|it| match it.result.unwrap() {
            batch_check_result::Result::Decision(it) => format!("{:?}", it.effect()),
            batch_check_result::Result::Error(it) => format!("{} {} {}", it.code, it.reason, it.field),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "PERMISSION_DENIED ENTITY_TYPE_NOT_PERMITTED items[0].entity_type",
            "Allow",
            "PERMISSION_DENIED FACTS_NOT_PERMITTED items[2].facts",
            "Allow",
        ]
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_directory_a_limit_to_types_leaves_their_resources() {
    let (site, line) = line(TICKETS).await;
    let mut directory = DirectoryServiceClient::new(line.clone());
    directory.write(write(vec![Put(resource("ticket"))])).await.unwrap();
    import(&line, vec![resource("ticket")]).await.unwrap();
    for (second, field) in [
        (Put(resource("deal")), "operations[1].put"),
        (Delete(key("deal")), "operations[1].delete"),
        (Put(user()), "operations[1].put"),
    ] {
        let request = write(vec![Delete(key("ticket")), second]);
        assert_denied(directory.write(request).await, DENIED, field);
    }
    for other in [resource("deal"), user()] {
        assert_denied(import(&line, vec![resource("ticket"), other]).await, DENIED, "objects[1]");
    }
    let get = |key| pb::GetObjectRequest { key: Some(key), consistency: None };
    directory.get_object(get(key("ticket"))).await.expect("nothing of what was refused was done");
    assert_denied(directory.get_object(get(key("deal"))).await, DENIED, "key");
    let anna = pb::Key { key: Some(pb::key::Key::User("anna".to_owned())) };
    assert_denied(directory.get_object(get(anna)).await, DENIED, "key");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_objects_are_of_permitted_types_alone() {
    let (site, line) = line(TICKETS).await;
    let mut directory = DirectoryServiceClient::new(line.clone());
    let list = |kind: pb::Kind, entity_type: &str| pb::ListObjectsRequest {
        kind: kind.into(),
        entity_type: entity_type.to_owned(),
        ..pb::ListObjectsRequest::default()
    };
    let found = directory.list_objects(list(pb::Kind::Resource, "ticket")).await.unwrap().into_inner();
    assert_eq!(found.objects.len(), 1);
    for other in ["deal", ""] {
        assert_denied(directory.list_objects(list(pb::Kind::Resource, other)).await, DENIED, "entity_type");
    }
    for kind in [pb::Kind::User, pb::Kind::Role, pb::Kind::EntityType, pb::Kind::RoleBinding] {
        assert_denied(directory.list_objects(list(kind, "ticket")).await, DENIED, "kind");
    }
    assert_denied(directory.export(pb::ExportRequest::default()).await, DENIED, "Export");
    assert_denied(follow(line).await, DENIED, "Watch");
    site.stop().await;
}
