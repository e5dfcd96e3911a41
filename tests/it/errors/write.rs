//! Refused writes: conflicts, conditions, repeated requests, and every culprit by name.

use dopusk::api::pb;
use tonic::Code;

use super::{delete, put, user, world, write};
use crate::host::{Host, assert_error, culprits, number};

fn department(id: &str, parent: &str, heads: &[&str]) -> pb::Operation {
    let heads = heads.iter().map(|&head| head.to_owned()).collect();
    let it = pb::Department { id: id.to_owned(), name: String::new(), parent: parent.to_owned(), heads };
    put(pb::Object { object: Some(pb::object::Object::Department(it)) })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expected_revision_that_is_not_the_newest_aborts() {
    let host = Host::start().await;
    let first = host.directory().write(write(vec![put(user("a"))])).await.unwrap().into_inner().revision;
    let expecting =
        |token: &str| pb::WriteRequest { expected_revision: token.to_owned(), ..write(vec![put(user("b"))]) };
    let second = host.directory().write(expecting(&first)).await.unwrap().into_inner().revision;
    let status = host.directory().write(expecting(&first)).await.unwrap_err();
    assert_error(&status, Code::Aborted, "REVISION_CONFLICT");
    let (older, newest) = (number(&first), number(&second));
    assert!(status.message().contains(&format!("the newest revision is {newest}, not {older}")));
    let status = host.directory().write(expecting("no token")).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["expected_revision"]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_does_not_hold_refuses_the_whole_write() {
    let host = Host::start().await;
    host.directory().write(write(vec![put(user("there"))])).await.unwrap();
    let on = |operation, precondition: pb::Precondition| pb::Operation {
        precondition: precondition.into(),
        ..operation
    };
    let (must, must_not) = (pb::Precondition::MustExist, pb::Precondition::MustNotExist);
    let cases = [
        (on(put(user("absent")), must), "OBJECT_MISSING"),
        (on(delete(pb::key::Key::User("absent".to_owned())), must), "OBJECT_MISSING"),
        (on(put(user("there")), must_not), "OBJECT_EXISTS"),
    ];
    let before = host.export().await;
    for (operation, reason) in cases {
        let request = write(vec![put(user("new")), operation]);
        let status = host.directory().write(request).await.unwrap_err();
        assert_error(&status, Code::FailedPrecondition, reason);
        assert_eq!(culprits(&status)[0].0, "PRECONDITION");
        assert!(status.message().starts_with("operations[1].precondition"), "{status:?}");
    }
    assert_eq!(host.export().await, before);
    // Conditions see the operations before them.
    let operations = vec![
        on(put(user("new")), must_not),
        on(put(user("new")), must),
        on(delete(pb::key::Key::User("new".to_owned())), must),
        on(put(user("new")), must_not),
    ];
    host.directory().write(write(operations)).await.unwrap();
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_changes_nothing_and_answers_as_the_first() {
    let host = Host::start().await;
    let named = |id: &str, user_id: &str| pb::WriteRequest {
        request_id: id.to_owned(),
        ..write(vec![put(user(user_id))])
    };
    let first = host.directory().write(named("r1", "a")).await.unwrap().into_inner().revision;
    let other = host.directory().write(named("r2", "b")).await.unwrap().into_inner().revision;
    assert_ne!(first, other);
    let before = host.export().await;
    let again = host.directory().write(named("r1", "never")).await.unwrap().into_inner().revision;
    assert_eq!(again, first);
    assert_eq!(host.export().await, before);
    let host = host.restart().await;
    let again = host.directory().write(named("r1", "never")).await.unwrap().into_inner().revision;
    assert_eq!(again, first, "also behind a restart");
    assert_eq!(host.export().await, before);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repetitions_at_the_same_time_are_one_write() {
    let host = Host::start().await;
    let request = pb::WriteRequest { request_id: "once".to_owned(), ..write(vec![put(user("a"))]) };
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (mut directory, request) = (host.directory(), request.clone());
        calls.spawn(async move { directory.write(request).await.unwrap().into_inner().revision });
    }
    while let Some(token) = calls.join_next().await {
        assert_eq!(number(&token.unwrap()), 1);
    }
    assert_eq!(number(&host.export().await.1), 1);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_culprit_of_a_refused_write_is_named_with_its_rule() {
    let host = Host::start().await;
    host.directory()
        .write(write(vec![put(user("u")), department("a", "", &["u"]), department("b", "a", &[])]))
        .await
        .unwrap();
    let binding = pb::RoleBinding {
        role: "none".to_owned(),
        subject: Some(pb::role_binding::Subject::Everyone(pb::EveryoneSubject {})),
    };
    let operations = vec![
        delete(pb::key::Key::User("u".to_owned())),
        department("b", "b", &[]),
        department("c", "gone", &["lost"]),
        put(pb::Object { object: Some(pb::object::Object::RoleBinding(binding)) }),
    ];
    let before = host.export().await;
    let status = host.directory().write(write(operations)).await.unwrap_err();
    assert_error(&status, Code::FailedPrecondition, "RULES_BROKEN");
    let mut found = culprits(&status);
    found.sort();
    let wanted = [
        ("RULE_1.1", "department b"),
        ("RULE_1.1", "department c"),
        ("RULE_1.3", "binding of role none to everyone"),
        ("RULE_1.3", "department a"),
        ("RULE_1.3", "department c"),
    ];
    let wanted: Vec<_> = wanted.iter().map(|(rule, it)| ((*rule).to_owned(), (*it).to_owned())).collect();
    assert_eq!(found, wanted);
    assert_eq!(host.export().await, before);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_culprits_than_an_answer_can_hold_are_counted() {
    let host = world().await;
    let operations = (0..900).map(|at| department(&format!("x{at:0>120}"), "gone", &[])).collect();
    let status = host.directory().write(write(operations)).await.unwrap_err();
    assert_error(&status, Code::FailedPrecondition, "RULES_BROKEN");
    assert!((20..=900).contains(&culprits(&status).len()), "{}", culprits(&status).len());
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_atomic_import_leaves_nothing() {
    let host = Host::start().await;
    let objects: Vec<pb::Object> = ["a", "b"].into_iter().map(user).collect();
    let orphan =
        pb::Department { id: "d".to_owned(), parent: "gone".to_owned(), ..pb::Department::default() };
    let orphan = pb::Object { object: Some(pb::object::Object::Department(orphan)) };
    let messages = [objects, vec![orphan]];
    let messages = messages.map(|objects| pb::ImportRequest { objects, ..pb::ImportRequest::default() });
    let mut answers = host.directory().import(tokio_stream::iter(messages)).await.unwrap().into_inner();
    let status = answers.message().await.unwrap_err();
    assert_error(&status, Code::FailedPrecondition, "RULES_BROKEN");
    assert_eq!(culprits(&status), [("RULE_1.1".to_owned(), "department d".to_owned())]);
    assert_eq!(host.export().await.0, []);
    host.stop().await;
}
