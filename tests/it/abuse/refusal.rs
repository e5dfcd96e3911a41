//! Calls that are refused by the thousand, whose messages come behind their heads as they do over a network.

use std::time::Duration;

use dopusk::api::pb;
use dopusk::caller::Token;
use tonic::Code;

use super::wire::{DATA, END_HEADERS, END_STREAM, End, HEADERS, Wire, call, frame, message};
use crate::host::Host;

const CHECK: &str = "/dopusk.v1.DecisionService/Check";
const STREAMS: u32 = 200;
const ROUNDS: u32 = 40;

/// Makes the calls on one connection, each round's heads before its messages, and expects that each is answered.
fn call_by_rounds(mut wire: Wire) {
    let head = call(CHECK, &[("authorization", "Bearer wrong")]);
    for round in 0..ROUNDS {
        let streams = (0..STREAMS).map(|at| 2 * (round * STREAMS + at) + 1);
        let heads = streams.clone().flat_map(|stream| frame(HEADERS, END_HEADERS, stream, &head));
        assert!(wire.send(&heads.collect::<Vec<_>>()), "in round {round}");
        let before = wire.pong();
        let messages = streams.flat_map(|stream| frame(DATA, END_STREAM, stream, &message(b"")));
        assert!(wire.send(&messages.collect::<Vec<_>>()), "in round {round}");
        let told = wire.streams((STREAMS as usize).saturating_sub(before));
        assert_eq!(told.end, End::Answered, "in round {round}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_thousands_of_calls_that_there_is_no_time_for() {
    // No wait is short enough, once that was felt for a while.
    let host = Host::start_with(|settings| settings.queue_wait_max = Duration::ZERO).await;
    while host.decisions().check(pb::CheckRequest::default()).await.unwrap_err().code()
        != Code::ResourceExhausted
    {}
    let wire = Wire::open(host.address());
    tokio::task::spawn_blocking(|| call_by_rounds(wire)).await.unwrap();
    let refused = host.load().figures().late_refused;
    assert!(refused >= u64::from(STREAMS * ROUNDS), "{refused}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_thousands_of_calls_of_a_stranger() {
    let host = Host::start_with(|settings| {
        let file = settings.engine.data.with_file_name("callers.toml");
        let entry = format!("[[caller]]\nname = \"app\"\ntokens = [\"{}\"]\n", Token::random().hash());
        std::fs::write(&file, entry).unwrap();
        settings.callers = Some(file);
    })
    .await;
    let wire = Wire::open(host.address());
    tokio::task::spawn_blocking(|| call_by_rounds(wire)).await.unwrap();
    host.stop().await;
}
