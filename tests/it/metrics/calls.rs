//! Calls, by method, status and reason, and the decisions made in them.

use std::fs;

use dopusk::api::pb;
use dopusk::api::pb::{batch_check_item, check_request};
use tonic::{Code, Request};

use super::{company, host, on, page, page_once};
use crate::host::{Host, assert_error};
use dopusk::domain::{Id, Key, Operation};

const CHECK: &str = "dopusk.v1.DecisionService/Check";
const WATCH: &str = "dopusk.v1.WatchService/Watch";

fn question(subject: &str, entity_type: &str, id: &str) -> pb::CheckRequest {
    pb::CheckRequest {
        subject: subject.to_owned(),
        action: "read".to_owned(),
        entity_type: entity_type.to_owned(),
        resource: Some(check_request::Resource::Id(id.to_owned())),
        consistency: None,
    }
}

fn item(subject: &str, entity_type: &str) -> pb::BatchCheckItem {
    pb::BatchCheckItem {
        subject: subject.to_owned(),
        action: "read".to_owned(),
        entity_type: entity_type.to_owned(),
        resource: Some(batch_check_item::Resource::Id("contract-4711".to_owned())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_counted_by_method_and_status_with_its_duration() {
    let host = host().await;
    assert_eq!(page(&host).await.ended(CHECK, "OK"), 0);
    for _ in 0..2 {
        host.decisions().check(question("rosalind", "deal", "contract-4711")).await.unwrap();
    }
    let error = host.decisions().check(question("rosalind", "lead", "1")).await.unwrap_err();
    assert_error(&error, Code::InvalidArgument, "UNKNOWN_ENTITY_TYPE");
    let page = page(&host).await;
    assert_eq!(page.ended(CHECK, "OK"), 2);
    assert_eq!(page.ended(CHECK, "INVALID_ARGUMENT"), 1);
    assert_eq!(page.count("dopusk_calls_failed_total", &[("reason", "UNKNOWN_ENTITY_TYPE")]), 1);
    assert_eq!(page.count("dopusk_calls_under_way", &[("rpc_method", CHECK)]), 0);
    let labels = [("rpc_method", CHECK), ("rpc_status_code", "OK")];
    let sum = page.value("rpc_server_call_duration_seconds_sum", &labels);
    assert!(sum > 0.0, "{sum}");
    let all = page.count("rpc_server_call_duration_seconds_bucket", &[labels[0], labels[1], ("le", "+Inf")]);
    assert_eq!(all, 2);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_counted_by_what_was_decided_and_why() {
    let host = host().await;
    host.decisions().check(question("rosalind", "deal", "contract-4711")).await.unwrap();
    host.decisions().check(question("bartholomew", "ticket", "complaint-4712")).await.unwrap();
    let items = vec![
        item("bartholomew", "deal"),
        item("rosalind", "deal"),
        item("bartholomew", "deal"),
        item("x", "lead"),
    ];
    host.decisions().batch_check(pb::BatchCheckRequest { items, consistency: None }).await.unwrap();
    let page = page(&host).await;
    let count = |entity_type, effect, reason| {
        let labels =
            [("entity_type", entity_type), ("action", "read"), ("effect", effect), ("reason", reason)];
        page.count("dopusk_decisions_total", &labels)
    };
    assert_eq!(count("deal", "allow", "portal_admin"), 2, "{}", page.text);
    assert_eq!(count("deal", "deny", "no_grant"), 2, "{}", page.text);
    assert_eq!(count("ticket", "deny", "support_role_closed"), 1, "{}", page.text);
    assert!(!page.text.contains("entity_type=\"lead\""), "a question that is an error is no decision");
    assert_eq!(page.count("dopusk_cache_lookups_total", &[]), 6);
    assert_eq!(page.count("dopusk_cache_misses_total", &[]), 2);
    assert_eq!(page.count("dopusk_cached_users", &[]), 2);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_under_way_until_it_is_left_and_then_counts_as_cancelled() {
    let host = host().await;
    let mut changes = host.watch().watch(pb::WatchRequest::default()).await.unwrap().into_inner();
    changes.message().await.unwrap().unwrap();
    let open = page(&host).await;
    assert_eq!(open.count("dopusk_calls_under_way", &[("rpc_method", WATCH)]), 1);
    assert_eq!(open.count("dopusk_watchers", &[]), 1);
    let user = Key::User(Id::parse("rosalind").unwrap());
    host.write(&[Operation::delete(user)]).await.unwrap();
    changes.message().await.unwrap().unwrap();
    page_once(&host, |page| page.count("dopusk_watch_lag_revisions", &[]) == 0).await;
    drop(changes);
    let left = page_once(&host, |page| page.ended(WATCH, "CANCELLED") == 1).await;
    assert_eq!(left.count("dopusk_calls_under_way", &[("rpc_method", WATCH)]), 0);
    page_once(&host, |page| page.count("dopusk_watchers", &[]) == 0).await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_who_was_sent_nothing_yet_lags_by_what_he_asked_for() {
    let host = host().await;
    let none = host.engine().token(dopusk::domain::Revision::ZERO);
    let watcher = host.engine().watcher(host.engine().revision_of(&none).unwrap());
    assert_eq!(page(&host).await.count("dopusk_watch_lag_revisions", &[]), 1);
    drop(watcher);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_behind_the_messages_of_a_stream_is_counted() {
    let host = host().await;
    let mut request = Request::new(pb::WatchRequest::default());
    request.metadata_mut().insert("grpc-timeout", "200m".parse().unwrap());
    let mut changes = host.watch().watch(request).await.unwrap().into_inner();
    while changes.message().await.is_ok_and(|message| message.is_some()) {}
    let page = page(&host).await;
    assert_eq!(page.ended(WATCH, "DEADLINE_EXCEEDED"), 1, "{}", page.text);
    assert_eq!(page.count("dopusk_calls_failed_total", &[("reason", "DEADLINE_EXCEEDED")]), 1);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_is_counted_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let callers = folder.path().join("callers.toml");
    fs::write(&callers, "[[caller]]\nname = \"app\"\nuids = [0]\n").unwrap();
    let host = Host::start_with(|settings| {
        on(settings);
        settings.callers = Some(callers);
    })
    .await;
    for _ in 0..3 {
        let error = host.decisions().check(question("rosalind", "deal", "1")).await.unwrap_err();
        assert_error(&error, Code::Unauthenticated, "CREDENTIALS_MISSING");
    }
    let page = page(&host).await;
    assert_eq!(page.ended(CHECK, "UNAUTHENTICATED"), 3);
    assert_eq!(page.count("dopusk_calls_failed_total", &[("reason", "CREDENTIALS_MISSING")]), 3);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_no_method_is_one_of_the_others() {
    let host = host().await;
    let mut client = tonic::client::Grpc::new(host.channel.clone());
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<pb::CheckRequest, pb::CheckResponse>::default();
    let path = "/dopusk.v1.DecisionService/Guess".parse().unwrap();
    let error = client.unary(Request::new(pb::CheckRequest::default()), path, codec).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    let page = page(&host).await;
    assert_eq!(page.ended("_OTHER", "UNIMPLEMENTED"), 1, "{}", page.text);
    assert!(!page.text.contains("Guess"));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_nothing_is_named() {
    let host = host().await;
    host.decisions().check(question("bartholomew", "deal", "contract-4711")).await.unwrap();
    let page = page(&host).await;
    for object in company() {
        let text = format!("{:?}", object.key());
        for id in
            ["rosalind", "bartholomew", "headquarters", "acme", "seller", "contract-4711", "complaint-4712"]
        {
            assert!(!page.text.contains(id), "{id}, of {text}");
        }
    }
    host.stop().await;
}
