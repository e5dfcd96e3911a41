//! A clock that jumps: nothing is lost by it, and times of commits never go back.

use dopusk::api::pb;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::api::pb::history_service_client::HistoryServiceClient;
use tonic::transport::Channel;

use super::shim::Faults;
use super::{Ledger, connect};

const YEARS_10: i64 = 10 * 365 * 86_400;

/// Every change, the oldest first.
async fn changes(channel: &Channel) -> Vec<pb::ChangeSet> {
    let request = pb::ListChangesRequest {
        order: pb::ChangeOrder::OldestFirst.into(),
        page_size: 1_000,
        ..pb::ListChangesRequest::default()
    };
    HistoryServiceClient::new(channel.clone()).list_changes(request).await.unwrap().into_inner().changes
}

/// How many users there were at the time of a change.
async fn users_at(channel: &Channel, change: &pb::ChangeSet) -> usize {
    let (seconds, ms) = (change.committed_at_ms.div_euclid(1_000), change.committed_at_ms.rem_euclid(1_000));
    let nanos = i32::try_from(ms).unwrap() * 1_000_000;
    let at_time = pb::consistency::Requirement::AtTime(prost_types::Timestamp { seconds, nanos });
    let request = pb::ListObjectsRequest {
        kind: pb::Kind::User.into(),
        page_size: 1_000,
        consistency: Some(pb::Consistency { requirement: Some(at_time) }),
        ..pb::ListObjectsRequest::default()
    };
    DirectoryServiceClient::new(channel.clone())
        .list_objects(request)
        .await
        .unwrap()
        .into_inner()
        .objects
        .len()
}

async fn assert_whole(channel: &Channel, count: usize) {
    let changes = changes(channel).await;
    assert_eq!(changes.len(), count, "the log has every change");
    let time = |change: &pb::ChangeSet| change.committed_at_ms;
    assert!(changes.is_sorted_by_key(time));
    // The last change of a time is what the state of then shows.
    for (at, change) in changes.iter().enumerate() {
        let last = changes.iter().rposition(|other| time(other) == time(change)).unwrap();
        assert_eq!(users_at(channel, change).await, last + 1, "change {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_loses_no_change_and_no_time_goes_back() {
    let faults = Faults::none();
    let mut server = faults.spawn();
    let mut ledger = Ledger::default();
    let channel = connect(&server).await;
    for (at, ahead) in [0, YEARS_10, -YEARS_10, 3_600, 0].into_iter().enumerate() {
        faults.set("clock", ahead);
        ledger.write_well(&channel, 6).await;
        ledger.assert_shown(&channel).await;
        assert_whole(&channel, 6 * (at + 1)).await;
    }
    server.kill();
    let server = faults.spawn();
    let channel = connect(&server).await;
    ledger.assert_kept(&channel).await;
    ledger.write_well(&channel, 6).await;
    assert_whole(&channel, 36).await;
    tell!(
        "the clock 10 years ahead, 10 behind, an hour ahead, right: 36 changes, all there, in order of time"
    );
}
