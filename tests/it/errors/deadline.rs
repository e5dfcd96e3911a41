//! Deadlines: a stream whose time is up answers DEADLINE_EXCEEDED, also while the caller sends or takes nothing.

use std::time::{Duration, Instant};

use dopusk::api::pb;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Streaming};

use super::{chunk, user, world};
use crate::host::assert_error;

/// With the header as it is on the wire: the client's own timer then knows nothing of it behind the first answer.
fn with_timeout<T>(message: T, timeout: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("grpc-timeout", timeout.parse().unwrap());
    request
}

/// Reads to the end, which must be a deadline that has passed.
async fn assert_expires<T>(mut stream: Streaming<T>) {
    let end = async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended well"),
                Err(status) => return status,
            }
        }
    };
    let began = Instant::now();
    let status = tokio::time::timeout(Duration::from_secs(20), end).await.expect("the stream ends");
    assert_error(&status, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_at_its_deadline() {
    let host = world().await;
    let watch = pb::WatchRequest::default();
    let stream = host.watch().watch(with_timeout(watch, "300m")).await.unwrap().into_inner();
    assert_expires(stream).await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_sends_nothing_more_ends_at_its_deadline() {
    let host = world().await;
    let first = chunk(vec![user("a")]);
    let messages = tokio_stream::iter([first]).chain(tokio_stream::pending());
    let stream = host.directory().import(with_timeout(messages, "300000u")).await.unwrap().into_inner();
    assert_expires(stream).await;
    assert!(host.export().await.0.iter().all(|it| *it != user("a")));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_time_enough_is_answered() {
    let host = world().await;
    for timeout in ["1H", "5M", "20S", "20000m", "99999999u"] {
        host.decisions().check(with_timeout(super::question(), timeout)).await.unwrap();
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_not_read_in_time_ends_at_its_deadline() {
    let host = world().await;
    let name = "n".repeat(1_000);
    for part in 0..12 {
        let users = (0..1000).map(|at| pb::User {
            id: format!("p{part}-{at}"),
            name: name.clone(),
            ..pb::User::default()
        });
        let puts = users.map(|it| super::put(pb::Object { object: Some(pb::object::Object::User(it)) }));
        host.directory().write(super::write(puts.collect())).await.unwrap();
    }
    let request = with_timeout(pb::ExportRequest::default(), "400m");
    let stream = host.directory().export(request).await.unwrap().into_inner();
    let passes = Instant::now() + Duration::from_millis(600);
    // What is in flight, a megabyte or two, is still read; what would follow is not sent any more.
    tokio::time::sleep_until(passes.into()).await;
    assert_expires(stream).await;
    host.stop().await;
}
