//! States of the past over gRPC: by token, by time, behind a restart, up to where the change log ends.

use dopusk::api::convert::{time_ms, timestamp};
use dopusk::api::pb;
use dopusk::api::pb::consistency::Requirement;
use dopusk::domain::Revision;
use dopusk::engine::PastError;
use prost_types::Timestamp;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{list, noted, write};
use crate::host::{Host, assert_error, number};
use crate::world::{Dice, Size, random_world};

fn at(requirement: Requirement) -> pb::Consistency {
    pb::Consistency { requirement: Some(requirement) }
}

fn at_revision(token: &str) -> pb::Consistency {
    at(Requirement::AtRevision(token.to_owned()))
}

fn at_time(time_ms: i64) -> pb::Consistency {
    at(Requirement::AtTime(timestamp(time_ms)))
}

/// The user's name and the token of the answer.
async fn name_at(host: &Host, consistency: pb::Consistency) -> Result<(String, String), Status> {
    let key = Some(pb::Key { key: Some(pb::key::Key::User("u".to_owned())) });
    let request = pb::GetObjectRequest { key, consistency: Some(consistency) };
    let answer = host.directory().get_object(request).await?.into_inner();
    let Some(pb::object::Object::User(user)) = answer.object.unwrap().object else { panic!("a user") };
    Ok((user.name, answer.revision))
}

/// So many writes of one user, who is named after the revision; the token of each.
async fn write_names(host: &Host, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for at in 1..=count {
        tokens.push(write(host, noted("u", &at.to_string(), ("", ""))).await);
    }
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_can_be_of_the_past() {
    let host = Host::start().await;
    host.import(&random_world(&mut Dice::new(5), Size::SMALL)).await.unwrap();
    let root = pb::User { id: "boss".to_owned(), admin: true, ..pb::User::default() };
    let put = |user: pb::User| {
        let object = pb::Object { object: Some(pb::object::Object::User(user)) };
        let operation = Some(pb::operation::Operation::Put(object));
        let operations = vec![pb::Operation { operation, precondition: 0 }];
        pb::WriteRequest { operations, ..pb::WriteRequest::default() }
    };
    let then = write(&host, put(root.clone())).await;
    write(&host, put(pb::User { active: Some(false), ..root })).await;
    let (subject, action, entity_type) = (|| "boss".to_owned(), || "read".to_owned(), || "deal".to_owned());
    for (consistency, may) in [(None, false), (Some(at_revision(&then)), true)] {
        let effect = if may { pb::Effect::Allow } else { pb::Effect::Deny };
        let check = pb::CheckRequest {
            subject: subject(),
            action: action(),
            entity_type: entity_type(),
            resource: Some(pb::check_request::Resource::Id("1".to_owned())),
            consistency: consistency.clone(),
        };
        let answer = host.decisions().check(check).await.unwrap().into_inner();
        assert_eq!((answer.decision.unwrap().effect(), answer.revision == then), (effect, may));
        let explain = pb::ExplainRequest {
            subject: subject(),
            action: action(),
            entity_type: entity_type(),
            resource: Some(pb::explain_request::Resource::Id("1".to_owned())),
            consistency: consistency.clone(),
            ..pb::ExplainRequest::default()
        };
        let answer = host.decisions().explain(explain).await.unwrap().into_inner();
        assert_eq!((answer.decision.unwrap().effect(), answer.revision == then), (effect, may));
        let subjects = pb::ListSubjectsRequest {
            action: action(),
            entity_type: entity_type(),
            resource: Some(pb::list_subjects_request::Resource::Id("1".to_owned())),
            consistency: consistency.clone(),
            ..pb::ListSubjectsRequest::default()
        };
        let answer = host.decisions().list_subjects(subjects).await.unwrap().into_inner();
        assert_eq!((answer.users.contains(&subject()), answer.revision == then), (may, may));
        let visible = pb::ListVisibleRequest {
            subject: subject(),
            action: action(),
            entity_type: entity_type(),
            consistency,
            ..pb::ListVisibleRequest::default()
        };
        assert_eq!(host.list(visible).await.unwrap().is_empty(), !may);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_the_past_goes_on_in_the_past() {
    let host = Host::start().await;
    let mut objects = random_world(&mut Dice::new(6), Size::SMALL);
    objects.push(crate::world::root("boss"));
    let then = host.import(&objects).await.unwrap();
    let key = pb::ResourceKey { r#type: "deal".to_owned(), id: "3".to_owned() };
    let delete = pb::operation::Operation::Delete(pb::Key { key: Some(pb::key::Key::Resource(key)) });
    let operations = vec![pb::Operation { operation: Some(delete), precondition: 0 }];
    write(&host, pb::WriteRequest { operations, ..pb::WriteRequest::default() }).await;
    let page = |consistency, cursor: String| pb::ListVisibleRequest {
        subject: "boss".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        page_size: 3,
        snapshot: pb::PageSnapshot::Same.into(),
        consistency,
        cursor,
        ..pb::ListVisibleRequest::default()
    };
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        // What doesn't name the past goes on in the state of the page before, as any list does.
        let consistency = (ids.len() != 6).then(|| at_revision(&then));
        let mut answers =
            host.decisions().list_visible(page(consistency, cursor)).await.unwrap().into_inner();
        cursor = String::new();
        while let Some(answer) = answers.message().await.unwrap() {
            assert_eq!((answer.revision.as_str(), answer.is_other_snapshot), (then.as_str(), false));
            ids.extend(answer.ids);
            cursor = answer.cursor;
        }
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(ids.len(), Size::SMALL.resources);
    assert!(ids.contains(&"3".to_owned()), "it was there then");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_answered_from_the_state_before_the_first_change_after_it() {
    let host = Host::start().await;
    let tokens = write_names(&host, 40).await;
    let host = host.restart().await;
    let request = pb::ListChangesRequest { order: pb::ChangeOrder::OldestFirst.into(), ..Default::default() };
    let times: Vec<i64> = list(&host, request).await.changes.iter().map(|it| it.committed_at_ms).collect();
    assert_eq!(times.len(), tokens.len());
    assert!(times.is_sorted());
    for time in times.iter().flat_map(|time| [time - 1, *time]) {
        let wanted = times.iter().filter(|it| **it <= time).count();
        match name_at(&host, at_time(time)).await {
            Ok(found) => assert_eq!(found, (wanted.to_string(), tokens[wanted - 1].clone())),
            Err(status) => {
                // Before the first change the store was empty, which is known too.
                assert_error(&status, Code::NotFound, "OBJECT_NOT_FOUND");
                assert_eq!(wanted, 0);
            }
        }
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_reaches_to_the_oldest_change_that_is_kept_and_says_so() {
    let host = Host::start_with(|settings| settings.engine.store.retention.revisions_max = 10).await;
    let tokens = write_names(&host, 60).await;
    let oldest = list(&host, pb::ListChangesRequest::default()).await.oldest_revision;
    let (known, first_time) = (number(&oldest), first_time(&host).await);
    assert!((30..=50).contains(&known), "{known}");
    let index = usize::try_from(known).unwrap();
    assert_eq!(name_at(&host, at_revision(&oldest)).await.unwrap(), (known.to_string(), oldest.clone()));
    for (consistency, field) in [
        (at_revision(&tokens[index - 2]), "consistency.at_revision"),
        (at_time(first_time - 1), "consistency.at_time"),
    ] {
        let status = name_at(&host, consistency).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::OutOfRange, "STATE_NOT_KEPT"), [field]);
        assert_names_span(&status, [&oldest, &tokens[59]], first_time);
    }
    let (_, then) = name_at(&host, at_time(first_time)).await.unwrap();
    assert!(number(&then) > known, "{then}");
    host.stop().await;
}

/// When the oldest change that is kept was committed.
async fn first_time(host: &Host) -> i64 {
    let order = pb::ChangeOrder::OldestFirst.into();
    let request = pb::ListChangesRequest { order, page_size: 1, ..pb::ListChangesRequest::default() };
    list(host, request).await.changes[0].committed_at_ms
}

fn assert_names_span(status: &Status, [oldest, newest]: [&String; 2], since_ms: i64) {
    let details = status.get_error_details();
    let known = &details.error_info().unwrap().metadata;
    assert_eq!((&known["oldest_revision"], &known["newest_revision"]), (oldest, newest));
    let since: Timestamp = known["oldest_time"].parse().unwrap();
    assert_eq!(time_ms(&since), Ok(since_ms));
    for part in ["oldest_revision", "oldest_time", "newest_revision"] {
        assert!(status.message().contains(&known[part]), "{status:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_state_of_this_store_is_refused_by_field() {
    let host = Host::start().await;
    let newest = write_names(&host, 3).await.pop().unwrap();
    let (_, number) = newest.split_once('.').unwrap();
    let soon = 4_102_444_800_000;
    let cases = [
        (at_revision("no token"), Code::InvalidArgument, "INVALID_FIELD", "consistency.at_revision"),
        (
            at(Requirement::AtTime(Timestamp { seconds: 0, nanos: -5 })),
            Code::InvalidArgument,
            "INVALID_FIELD",
            "consistency.at_time",
        ),
        (at_time(soon), Code::OutOfRange, "TIME_IN_FUTURE", "consistency.at_time"),
    ];
    for (consistency, code, reason, field) in cases {
        let status = name_at(&host, consistency).await.unwrap_err();
        assert_eq!(assert_error(&status, code, reason), [field]);
    }
    let status = name_at(&host, at_time(soon)).await.unwrap_err();
    let (store, _) = newest.split_once('.').unwrap();
    assert_names_span(&status, [&format!("{store}.0"), &newest], first_time(&host).await);
    for (token, reason) in [
        (format!("{newest}0"), "TOKEN_AHEAD_OF_STORE"),
        (format!("0123456789abcdef.{number}"), "TOKEN_OF_OTHER_STORE"),
    ] {
        let status = name_at(&host, at_revision(&token)).await.unwrap_err();
        assert_error(&status, Code::FailedPrecondition, reason);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_nobody_waits_for_is_not_made() {
    let host = Host::start().await;
    let tokens = write_names(&host, 30).await;
    let asked = std::cell::Cell::new(0);
    let first = Revision::new(1);
    let is_wanted = || asked.replace(asked.get() + 1) == 0;
    let error = host.engine().past(first, &is_wanted).err().unwrap();
    assert!(matches!(error, PastError::Abandoned), "{error:?}");
    assert_eq!(asked.get(), 2, "it is asked between one reading and the next");
    assert_eq!(name_at(&host, at_revision(&tokens[0])).await.unwrap().0, "1", "and the next one has it");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_ask_for_states_of_the_past_at_once() {
    let host = Host::start().await;
    let tokens = write_names(&host, 100).await;
    let mut calls = tokio::task::JoinSet::new();
    for (at, token) in tokens.into_iter().enumerate().rev() {
        let mut directory = host.directory();
        calls.spawn(async move {
            let key = Some(pb::Key { key: Some(pb::key::Key::User("u".to_owned())) });
            let request = pb::GetObjectRequest { key, consistency: Some(at_revision(&token)) };
            let answer = directory.get_object(request).await.unwrap().into_inner();
            let Some(pb::object::Object::User(user)) = answer.object.unwrap().object else {
                panic!("a user")
            };
            assert_eq!((user.name, answer.revision), ((at + 1).to_string(), token));
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    host.stop().await;
}
