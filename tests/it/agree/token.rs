//! Consistency tokens: what one was told of is read; tokens of elsewhere and texts that are none are refused.

use dopusk::api::pb;
use dopusk::api::pb::{check_request, consistency};
use dopusk::domain::Operation;
use tonic::{Code, Status};

use crate::host::{Host, assert_error, number};
use crate::world::{Dice, Size, random_world};

async fn ask(host: &Host, requirement: consistency::Requirement) -> Result<pb::CheckResponse, Status> {
    let request = pb::CheckRequest {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(check_request::Resource::Id("0".to_owned())),
        consistency: Some(pb::Consistency { requirement: Some(requirement) }),
    };
    Ok(host.decisions().check(request).await?.into_inner())
}

async fn at_least(host: &Host, token: &str) -> Result<pb::CheckResponse, Status> {
    ask(host, consistency::Requirement::AtLeast(token.to_owned())).await
}

async fn world() -> (Host, Vec<Operation>, String) {
    let host = Host::start().await;
    let objects = random_world(&mut Dice::new(9), Size::SMALL);
    let token = host.import(&objects).await.unwrap();
    (host, vec![Operation::put(objects.last().unwrap().clone())], token)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_at_least_as_new_as_its_token() {
    let (host, again, mut token) = world().await;
    for _ in 0..20 {
        let newer = host.write(&again).await.unwrap();
        assert!(number(&newer) > number(&token));
        for asked in [&token, &newer] {
            assert_eq!(at_least(&host, asked).await.unwrap().revision, newer);
        }
        let newest = ask(&host, consistency::Requirement::Newest(true)).await.unwrap();
        assert_eq!(newest.revision, newer);
        token = newer;
    }
    let host = host.restart().await;
    assert_eq!(at_least(&host, &token).await.unwrap().revision, token);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_store_is_refused() {
    let (host, _, token) = world().await;
    let other = Host::start().await;
    let status = at_least(&other, &token).await.unwrap_err();
    assert_error(&status, Code::FailedPrecondition, "TOKEN_OF_OTHER_STORE");
    let status = host.watch().watch(pb::WatchRequest { after: other.export().await.1 }).await.unwrap_err();
    assert_error(&status, Code::FailedPrecondition, "TOKEN_OF_OTHER_STORE");
    host.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_the_future_is_refused() {
    let (host, _, token) = world().await;
    let (store, revision) = token.split_once('.').unwrap();
    let ahead = format!("{store}.{}", revision.parse::<u64>().unwrap() + 1);
    let status = at_least(&host, &ahead).await.unwrap_err();
    assert_error(&status, Code::FailedPrecondition, "TOKEN_AHEAD_OF_STORE");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_no_token_is_the_callers_error() {
    let (host, _, token) = world().await;
    let (store, _) = token.split_once('.').unwrap();
    let tampered = [
        format!("{store}."),
        format!("{store}.x"),
        format!("{store}.+1"),
        format!("0{store}.1"),
        format!("{store}.1.2"),
    ];
    let made_up = ["", ".", "7", "x.y", ".7", "store.7", "ünïcode.7"].map(str::to_owned);
    for text in tampered.iter().chain(&made_up) {
        let status = at_least(&host, text).await.unwrap_err();
        let fields = assert_error(&status, Code::InvalidArgument, "INVALID_FIELD");
        assert_eq!(fields, ["consistency.at_least"], "{text:?}");
    }
    host.stop().await;
}
