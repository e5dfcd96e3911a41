//! A full disk: the volume is filled beside the store, or by it.

use std::process::Command;
use std::time::Duration;

use tokio::sync::watch;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::health_check_response::ServingStatus;

use super::volume::Volume;
use super::{Ledger, connect, waits_for_writes};
use crate::host::assert_error;
use crate::metrics::page_at;
use crate::process::Process;

async fn assert_refused(ledger: &mut Ledger, channel: &Channel) {
    let refused = ledger.write(channel, 100).await.unwrap_err();
    assert_error(&refused, Code::ResourceExhausted, "STORE_FULL");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_others_fill_stops_writes_alone_and_until_there_is_room() {
    let volume = Volume::of_mib(64);
    let data = volume.path().join("store");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.env("DOPUSK_METRICS_LISTEN", "127.0.0.1:0");
    let mut server = Process::spawn_under(command, &data);
    let channel = connect(&server).await;
    let metrics = server.says("metrics at http://").trim_end_matches("/metrics").parse().unwrap();
    let mut ledger = Ledger::default();
    ledger.write_well(&channel, 50).await;
    for free in [3 << 20, 64 << 10, 0] {
        volume.fill(free);
        waits_for_writes(&channel, ServingStatus::NotServing).await;
        assert_refused(&mut ledger, &channel).await;
        ledger.assert_shown(&channel).await;
        volume.empty();
        ledger.write_well(&channel, 5).await;
        waits_for_writes(&channel, ServingStatus::Serving).await;
    }
    // A disk that is full has not failed.
    let page = page_at(metrics).await;
    assert_eq!(page.count("dopusk_store_full_total", &[]), 3);
    assert_eq!(page.count("dopusk_store_errors_total", &[]), 0);
    let log = server.log();
    assert!(log.contains("the volume of the store has too little room"), "{log}");
    assert!(log.contains("writes are taken again"), "{log}");
    server.kill();
    volume.fill(0);
    assert_eq!(volume.free_bytes(), 0);
    for round in 0..3 {
        let mut server = Process::spawn(&data);
        let channel = connect(&server).await;
        ledger.assert_kept(&channel).await;
        assert_refused(&mut ledger, &channel).await;
        server.kill();
        tell!("round {round}: opened on a full volume, {} bytes free", volume.free_bytes());
    }
    volume.empty();
    let server = Process::spawn(&data);
    let channel = connect(&server).await;
    ledger.assert_kept(&channel).await;
    ledger.write_well(&channel, 5).await;
    assert!(data.join("BALLAST").exists(), "there is room for it again");
    tell!("{} acknowledged writes were kept", ledger.acknowledged.len());
}

/// Without ballast, and without room, a store is not opened; nothing is lost by trying.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_finds_no_room_to_open_says_so_and_loses_nothing() {
    let volume = Volume::of_mib(64);
    let data = volume.path().join("store");
    let mut server = Process::spawn(&data);
    let mut ledger = Ledger::default();
    ledger.write_well(&connect(&server).await, 50).await;
    server.kill();
    std::fs::remove_file(data.join("BALLAST")).unwrap();
    for _ in 0..3 {
        volume.fill(0);
        let mut server = Process::spawn(&data);
        let status = server.end();
        let log = server.log();
        assert!(!status.success() && log.contains("No space left on device"), "{log}");
    }
    volume.empty();
    let server = Process::spawn(&data);
    ledger.assert_kept(&connect(&server).await).await;
}

/// Writers fill the volume themselves; the tree must never find it full, which it would not get over.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_writes_fill_is_never_filled_to_the_end() {
    let mut volume = Volume::of_mib(24);
    let data = volume.path().join("store");
    let mut server = Process::spawn(&data);
    let channel = connect(&server).await;
    let mut ledger = Ledger::default();
    let (mut refused, mut least) = (0, u64::MAX);
    // Of many sizes, so that small ones still fit where large ones do not.
    for bytes in [900, 10, 1_000, 100].into_iter().cycle() {
        if let Err(status) = ledger.write(&channel, bytes).await {
            assert_error(&status, Code::ResourceExhausted, "STORE_FULL");
            refused += 1;
        }
        least = least.min(volume.free_bytes());
        if refused == 300 {
            break;
        }
        assert!(ledger.tried < 200_000, "the volume does not fill");
    }
    ledger.assert_shown(&channel).await;
    assert!(least > 0);
    tell!("{} writes until the volume was full, {least} bytes free at least", ledger.acknowledged.len());
    volume.resize(64);
    waits_for_writes(&channel, ServingStatus::Serving).await;
    ledger.write_well(&channel, 50).await;
    server.kill();
    let server = Process::spawn(&data);
    ledger.assert_kept(&connect(&server).await).await;
}

/// Writes until told to stop; tells how many were refused.
async fn keep_writing(
    mut ledger: Ledger,
    channel: Channel,
    stopped: watch::Receiver<bool>,
) -> (Ledger, usize) {
    let mut refused = 0;
    while !*stopped.borrow() {
        let Err(status) = ledger.write(&channel, 500).await else { continue };
        assert_error(&status, Code::ResourceExhausted, "STORE_FULL");
        refused += 1;
    }
    (ledger, refused)
}

/// The volume is filled and emptied while writers write; each write is acknowledged and kept, or refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_and_empties_under_load_loses_nothing() {
    let volume = Volume::of_mib(64);
    let data = volume.path().join("store");
    let mut server = Process::spawn(&data);
    let channel = connect(&server).await;
    let (stop, stopped) = watch::channel(false);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (channel, stopped) = (channel.clone(), stopped.clone());
        let ledger = Ledger { tried: writer * 1_000_000, ..Ledger::default() };
        writers.spawn(keep_writing(ledger, channel, stopped));
    }
    for round in 0..20 {
        volume.fill((round % 3) << 20);
        tokio::time::sleep(Duration::from_millis(40)).await;
        volume.empty();
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    stop.send_replace(true);
    let mut all = Ledger { tried: u64::MAX, ..Ledger::default() };
    let mut refused = 0;
    while let Some(ended) = writers.join_next().await {
        let (ledger, more) = ended.unwrap();
        all.acknowledged.extend(ledger.acknowledged);
        refused += more;
    }
    all.assert_shown(&channel).await;
    server.kill();
    let server = Process::spawn(&data);
    tell!("20 times full: {} acknowledged and kept, {refused} refused", all.acknowledged.len());
    assert!(refused > 0 && !all.acknowledged.is_empty());
    all.assert_kept(&connect(&server).await).await;
}
