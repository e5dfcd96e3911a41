//! More than the server can do: what it bounds, what it refuses and how, and what it goes on to answer.

use std::time::{Duration, Instant};

use dopusk::api::pb;
use dopusk::api::pb::batch_check_item;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::domain::{Operation, Write};
use dopusk::engine::WriteError;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
use tonic_types::StatusExt as _;

use crate::host::{Host, assert_error};
use crate::world::{Dice, Size, random_world};

/// How long something may take that is sure to come, on a slow machine under load.
const SURE_MAX: Duration = Duration::from_mins(1);

fn question(id: &str) -> pb::CheckRequest {
    pb::CheckRequest {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(pb::check_request::Resource::Id(id.to_owned())),
        consistency: None,
    }
}

fn batch() -> pb::BatchCheckRequest {
    let item = pb::BatchCheckItem {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(batch_check_item::Resource::Id("1".to_owned())),
    };
    pb::BatchCheckRequest { items: vec![item; 1_000], consistency: None }
}

async fn health(channel: &Channel) -> ServingStatus {
    let answer = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    answer.into_inner().status()
}

/// Asks for one batch after the other until one is refused.
async fn refused(mut client: DecisionServiceClient<Channel>) -> Status {
    loop {
        if let Err(status) = client.batch_check(batch()).await {
            return status;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn heavy_calls_beyond_what_can_be_done_in_time_are_refused_while_checks_and_health_are_answered() {
    let host = Host::start_with(|settings| settings.queue_wait_max = Duration::from_millis(40)).await;
    host.import(&random_world(&mut Dice::new(8), Size::SMALL)).await.unwrap();
    let mut askers = JoinSet::new();
    for _ in 0..64 {
        askers.spawn(refused(host.decisions()));
    }
    let mut refusals = Vec::new();
    while let Some(status) = tokio::time::timeout(SURE_MAX, askers.join_next()).await.unwrap() {
        refusals.push(status.unwrap());
        assert_eq!(health(&host.channel).await, ServingStatus::Serving);
        host.decisions().check(question("1")).await.unwrap();
        // The last ones would find that there is room again.
        if refusals.len() == 8 {
            askers.abort_all();
            while askers.join_next().await.is_some() {}
        }
    }
    for status in &refusals {
        assert_error(status, Code::ResourceExhausted, "SERVER_BUSY");
        assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    }
    let end = Instant::now() + SURE_MAX;
    while host.decisions().batch_check(batch()).await.is_err() {
        assert!(Instant::now() < end, "there is room again");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_may_be_are_closed_and_one_that_ends_makes_room() {
    let host = Host::start_with(|settings| settings.connections_max = 2).await;
    let endpoint = Endpoint::from_shared(host.url()).unwrap();
    let connect = || endpoint.connect();
    let second = connect().await.unwrap();
    assert_eq!(health(&second).await, ServingStatus::Serving);
    // The kernel accepts it; then it is closed, before or after the client says what it speaks.
    let third = connect().await;
    if let Ok(third) = third {
        assert!(HealthClient::new(third).check(HealthCheckRequest::default()).await.is_err());
    }
    assert_eq!(health(&host.channel).await, ServingStatus::Serving, "others are not disturbed");
    drop(second);
    let end = Instant::now() + SURE_MAX;
    loop {
        assert!(Instant::now() < end, "a connection that is closed makes room");
        let Ok(channel) = connect().await else { continue };
        if HealthClient::new(channel).check(HealthCheckRequest::default()).await.is_ok() {
            break;
        }
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_and_messages_beyond_their_bounds_are_refused_and_the_connection_goes_on() {
    let host = Host::start().await;
    let ask = |id: &str, header: &str| {
        let mut request = Request::new(question(id));
        request.metadata_mut().insert("x-padding", header.parse().unwrap());
        let mut client = host.decisions();
        async move { client.check(request).await.unwrap_err() }
    };
    let fits = ask("1", &"x".repeat(15 << 10)).await;
    assert_error(&fits, Code::InvalidArgument, "UNKNOWN_ENTITY_TYPE");
    assert_ne!(ask("1", &"x".repeat(17 << 10)).await.code(), Code::InvalidArgument);
    let large = ask(&"x".repeat((4 << 20) + 1), "").await;
    assert_eq!(large.code(), Code::OutOfRange, "{large:?}");
    assert_error(&ask("1", "").await, Code::InvalidArgument, "UNKNOWN_ENTITY_TYPE");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_writes_than_may_wait_are_refused_and_change_nothing() {
    let host = Host::start().await;
    let mut writes = JoinSet::new();
    for at in 0..20_000 {
        let engine = host.engine().clone();
        let object = crate::world::root(&format!("u{at}"));
        let write = Write { operations: vec![Operation::put(object)], ..Write::default() };
        writes.spawn(async move { engine.write(write).await });
    }
    let (mut done, mut refused) = (0, 0);
    while let Some(outcome) = writes.join_next().await {
        match outcome.unwrap() {
            Ok(_) => done += 1,
            Err(WriteError::Busy) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 0, "{done} writes found a place");
    assert_eq!(host.export().await.0.len(), done);
    host.stop().await;
}
