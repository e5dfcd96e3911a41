//! Bearer tokens: known, wrong, changed while the server runs, and taken back from an open stream.

use std::time::{Duration, Instant};

use dopusk::api::pb;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use super::{Site, ask, bearer, caller, follow, hash, line};
use crate::host::assert_error;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_known_lets_in_and_no_other_does() {
    let (entry, token) = caller("app", "");
    let site = Site::start(&entry).await;
    ask(site.line(&token).await).await.unwrap();
    for wrong in
        ["", "x", &token[..token.len() - 1], &format!("{token}0"), &token.to_uppercase(), &hash(&token)]
    {
        let refused = ask(site.line(wrong).await).await.unwrap_err();
        assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_INVALID");
    }
    let channel = site.channel().await;
    for header in [format!("Basic {token}"), token.clone(), format!("Bearer{token}")] {
        let refused = ask(line(channel.clone(), header)).await.unwrap_err();
        assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_INVALID");
    }
    let refused = ask(line(channel, None)).await.unwrap_err();
    assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_MISSING");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_reflection_are_for_known_callers_and_health_is_for_all() {
    let (entry, token) = caller("app", "");
    let site = Site::start(&entry).await;
    let channel = site.channel().await;
    let stranger = || line(channel.clone(), bearer("x"));
    assert_eq!(follow(stranger()).await.unwrap_err().code(), Code::Unauthenticated);
    let ask = || tokio_stream::iter([ServerReflectionRequest::default()]);
    let refused = ServerReflectionClient::new(stranger()).server_reflection_info(ask()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let known = line(channel.clone(), bearer(&token));
    ServerReflectionClient::new(known).server_reflection_info(ask()).await.unwrap();
    HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_changed_without_a_restart() {
    let (entry, old) = caller("app", "");
    let new = "another-token";
    let site = Site::start(&entry).await;
    let both = entry.replace("tokens = [", &format!("tokens = [\"{}\", ", hash(new)));
    site.name_callers(&both).await;
    ask(site.line(&old).await).await.unwrap();
    ask(site.line(new).await).await.unwrap();
    site.name_callers(&entry.replace(&hash(&old), &hash(new))).await;
    assert_eq!(ask(site.line(&old).await).await.unwrap_err().code(), Code::Unauthenticated);
    ask(site.line(new).await).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_changes_nothing() {
    let (entry, token) = caller("app", "");
    let site = Site::start(&entry).await;
    for wrong in ["", "[[caller]]\nname = 'app'", &format!("{entry}{entry}"), &entry[..entry.len() / 2]] {
        site.name_callers(wrong).await;
        ask(site.line(&token).await).await.unwrap();
    }
    std::fs::remove_file(site.file("callers.toml")).unwrap();
    site.running.renew().await;
    ask(site.line(&token).await).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_noticed_without_a_signal() {
    let (entry, token) = caller("app", "");
    let (other, _) = caller("other", "");
    let site = Site::start(&entry).await;
    std::fs::write(site.file("callers.toml"), other).unwrap();
    let end = Instant::now() + Duration::from_mins(1);
    let line = site.channel().await;
    while ask(super::line(line.clone(), bearer(&token))).await.is_ok() {
        assert!(Instant::now() < end, "the file is not looked at");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_caller_is_taken_back_and_others_go_on() {
    let (one, token) = caller("one", "");
    let (other, other_token) = caller("other", "");
    let site = Site::start(&format!("{one}{other}")).await;
    let mut ending = follow(site.line(&token).await).await.unwrap();
    let mut staying = follow(site.line(&other_token).await).await.unwrap();
    site.name_callers(&other).await;
    let status = ending.message().await.expect_err("no message after the caller was taken back");
    assert_error(&status, Code::Unauthenticated, "CREDENTIALS_REVOKED");
    let event = staying.message().await.unwrap().unwrap().event.unwrap();
    assert!(matches!(event, pb::watch_response::Event::Heartbeat(_)));
    site.stop().await;
}
