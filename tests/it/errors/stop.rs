//! A server that stops: it says so, ends its streams, lets calls under way finish, and then is gone.

use std::time::{Duration, Instant};

use dopusk::api::pb;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{chunk, put, user, world, write};
use crate::host::assert_error;

async fn last<T>(mut stream: Streaming<T>) -> Option<Status> {
    loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(status) => return Some(status),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_ends_watches_and_stalled_imports_at_once() {
    let host = world().await;
    let watch = host.watch().watch(pb::WatchRequest::default()).await.unwrap().into_inner();
    let first = chunk(vec![user("a")]);
    let stalled = tokio_stream::iter([first]).chain(tokio_stream::pending());
    let import = host.directory().import(stalled).await.unwrap().into_inner();
    let (watch, import) = (tokio::spawn(last(watch)), tokio::spawn(last(import)));
    let began = Instant::now();
    host.stop().await;
    assert!(began.elapsed() < Duration::from_secs(8), "streams are not waited for: {:?}", began.elapsed());
    for end in [watch.await.unwrap(), import.await.unwrap()] {
        assert_error(
            &end.expect("a stream that is broken off does not end well"),
            Code::Unavailable,
            "SHUTTING_DOWN",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_says_that_it_no_longer_serves() {
    let host = world().await;
    let request = HealthCheckRequest { service: String::new() };
    let mut health = HealthClient::new(host.channel.clone()).watch(request).await.unwrap().into_inner();
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let stopping = tokio::spawn(host.stop_and_keep_connection());
    let told = tokio::time::timeout(Duration::from_secs(8), health.message()).await.expect("it is told");
    assert_eq!(told.unwrap().unwrap().status(), ServingStatus::NotServing);
    drop(health);
    let channel = stopping.await.unwrap();
    let request = HealthCheckRequest { service: String::new() };
    assert!(HealthClient::new(channel).check(request).await.is_err(), "then nobody is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_under_way_when_a_server_stops_are_answered_or_refused_and_none_is_lost() {
    let host = world().await;
    let mut calls = tokio::task::JoinSet::new();
    for at in 0..200 {
        let mut directory = host.directory();
        calls.spawn(async move {
            let written = directory.write(write(vec![put(user(&format!("late{at}")))])).await;
            written.is_ok().then(|| user(&format!("late{at}")))
        });
    }
    let first = calls.join_next().await.unwrap().unwrap();
    let host = host.restart().await;
    let mut acknowledged: Vec<pb::Object> = first.into_iter().collect();
    while let Some(call) = calls.join_next().await {
        acknowledged.extend(call.unwrap());
    }
    let stored = host.export().await.0;
    for object in &acknowledged {
        let id = |object: &pb::Object| match &object.object {
            Some(pb::object::Object::User(it)) => Some(it.id.clone()),
            _ => None,
        };
        assert!(stored.iter().any(|it| id(it) == id(object)), "{object:?} is lost");
    }
    assert!(!acknowledged.is_empty());
    host.stop().await;
}
