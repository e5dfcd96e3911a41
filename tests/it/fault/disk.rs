//! A disk that fails under the store: a sync or a write that gives an error, once and never again, or from then on.
//!
//! After a failed sync the kernel takes for clean what it could not write, so that a later one which succeeds proves
//! nothing: no write may be taken until a restart has read the disk.

use std::time::Instant;

use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tonic_health::pb::health_check_response::ServingStatus;

use super::shim::{EIO, ENOSPC, EROFS, Faults, SILENT};
use super::{ANSWER_MAX, Ledger, connect, health, waits_for_writes};
use crate::host::assert_error;

/// A fault, and the write that meets it.
struct Case {
    /// Calls that fail together.
    calls: &'static [&'static str],
    error: i64,
    /// After how many microseconds.
    slow: i64,
    /// How often, before everything works again.
    times: i64,
    /// Users of the write. Some hundred take several buffers of the tree, which are written at once.
    users: u64,
}

const EVER: i64 = i32::MAX as i64;
const CASES: [Case; 12] = [
    Case { calls: &["fdatasync"], error: EIO, slow: 0, times: 1, users: 1 },
    Case { calls: &["fdatasync", "fsync"], error: EIO, slow: 0, times: EVER, users: 1 },
    Case { calls: &["fdatasync", "fsync"], error: EROFS, slow: 20_000, times: EVER, users: 900 },
    Case { calls: &["sync_file_range"], error: EIO, slow: 0, times: 1, users: 1 },
    Case { calls: &["sync_file_range"], error: EIO, slow: 50_000, times: EVER, users: 900 },
    Case { calls: &["sync_file_range"], error: EIO, slow: 900_000, times: 1, users: 900 },
    Case { calls: &["pwrite64"], error: EIO, slow: 0, times: 1, users: 1 },
    Case { calls: &["pwrite64"], error: EIO, slow: 50_000, times: EVER, users: 900 },
    Case { calls: &["pwrite64"], error: EIO, slow: 900_000, times: 1, users: 900 },
    Case { calls: &["pwrite64"], error: ENOSPC, slow: 50_000, times: EVER, users: 1 },
    Case { calls: &["pwrite64"], error: ENOSPC, slow: 300_000, times: 1, users: 900 },
    Case {
        calls: &["pwrite64", "sync_file_range", "fdatasync", "fsync"],
        error: EROFS,
        slow: 0,
        times: EVER,
        users: 9,
    },
];

/// A write that was under way isn't known to have failed; one that wasn't has failed.
fn assert_failed(refused: &Status) {
    if refused.code() == Code::Unknown {
        assert_error(refused, Code::Unknown, "OUTCOME_UNKNOWN");
    } else {
        assert_error(refused, Code::Unavailable, "STORE_FAILED");
    }
}

async fn fail(case: &Case) {
    let faults = Faults::none();
    let mut server = faults.spawn();
    let channel = connect(&server).await;
    let mut ledger = Ledger::default();
    ledger.write_well(&channel, 20).await;
    let set = || {
        faults.set("slow", case.slow);
        faults.set("times", case.times);
        case.calls.iter().for_each(|call| faults.set(call, case.error));
    };
    set();
    let refused = ledger.write_users(&channel, case.users, 1_000).await.unwrap_err();
    assert_error(&refused, Code::Unknown, "OUTCOME_UNKNOWN");
    ledger.assert_shown(&channel).await;
    faults.clear();
    for _ in 0..3 {
        let refused = ledger.write(&channel, 100).await.unwrap_err();
        assert_error(&refused, Code::Unavailable, "STORE_FAILED");
    }
    ledger.assert_shown(&channel).await;
    waits_for_writes(&channel, ServingStatus::NotServing).await;
    // A disk that goes on failing must not keep a server from ending.
    set();
    server.terminate();
    assert!(server.end().success(), "{}", server.log());
    let log = server.log();
    assert!(log.contains("writes are refused: the store has failed") && !log.contains("panicked"), "{log}");
    faults.clear();
    let server = faults.spawn();
    let channel = connect(&server).await;
    ledger.assert_kept(&channel).await;
    assert_eq!(health(&channel, super::WRITES).await, ServingStatus::Serving);
    ledger.write_well(&channel, 5).await;
    ledger.assert_shown(&channel).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_disk_error_no_write_is_taken_until_a_restart_and_reads_go_on() {
    for case in CASES {
        let began = Instant::now();
        fail(&case).await;
        let Case { calls, error, slow, times, users } = case;
        let often = if times == EVER { "from then on" } else { "once" };
        let calls = calls.join(", ");
        tell!("{calls} fail {often} with {error} after {slow} us, {users} users: {:?}", began.elapsed());
    }
}

/// Writers who are many share one flush: all of them are told, and none of them wrongly.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_error_under_load_is_told_to_every_writer() {
    for (round, call) in ["fdatasync", "sync_file_range", "pwrite64"].into_iter().cycle().take(9).enumerate()
    {
        let faults = Faults::none();
        let server = faults.spawn();
        let channel = connect(&server).await;
        // However early the fault comes, there is something to lose.
        let mut all = Ledger::default();
        all.write_well(&channel, 5).await;
        all.tried = u64::MAX;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 1..9 {
            let channel = channel.clone();
            let mut ledger = Ledger { tried: writer * 1_000_000, ..Ledger::default() };
            writers.spawn(async move { (ledger.write_until_refused(&channel).await, ledger) });
        }
        // The moment is a part of the test; nothing else is waited for.
        tokio::time::sleep(std::time::Duration::from_millis(20 + 17 * round as u64)).await;
        faults.set("times", EVER);
        faults.set(call, EIO);
        let mut unknown = 0;
        while let Some(ended) = writers.join_next().await {
            let (refused, ledger) = ended.unwrap();
            assert_failed(&refused);
            unknown += usize::from(refused.code() == Code::Unknown);
            all.acknowledged.extend(ledger.acknowledged);
        }
        all.assert_shown(&channel).await;
        drop(server);
        faults.clear();
        let server = faults.spawn();
        let count = all.acknowledged.len();
        all.assert_kept(&connect(&server).await).await;
        tell!(
            "{call} under load: {count} acknowledged, all kept; {unknown} writers were told it isn't known"
        );
        assert!(unknown > 0);
    }
}

/// A large write is several calls, on threads of the tree's that don't always wake whoever waits for them.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_ends_wherever_in_it_the_disk_fails() {
    let calls = (0..9).map(|skipped| ("pwrite64", skipped)).chain([("sync_file_range", 8)]);
    for (call, skipped) in calls {
        let faults = Faults::none();
        let server = faults.spawn();
        let channel = connect(&server).await;
        let mut ledger = Ledger::default();
        ledger.write_well(&channel, 3).await;
        faults.set("skip", skipped);
        faults.set("slow", 300_000);
        faults.set("times", 1);
        faults.set(call, EIO);
        let refused = ledger.write_users(&channel, 900, 1_000).await.unwrap_err();
        assert_error(&refused, Code::Unknown, "OUTCOME_UNKNOWN");
        ledger.assert_shown(&channel).await;
        let how = if server.log().contains("a commit did not end") { "did not end" } else { "failed" };
        server.stop();
        faults.clear();
        let server = faults.spawn();
        ledger.assert_kept(&connect(&server).await).await;
        tell!("{call} number {skipped} of a large write fails: the write {how}, and was answered");
    }
}

/// What becomes of a disk that gave no answer.
#[derive(Clone, Copy, Debug)]
enum Silence {
    /// It goes on, while the server ends too.
    Lasts,
    /// It ends, and a commit that was given up comes back.
    Ends,
}

async fn fall_silent(silence: Silence) {
    let faults = Faults::none();
    let mut server = faults.spawn();
    // Who writes waits longer here than for anything else.
    let endpoint = Endpoint::from_shared(server.url()).unwrap().timeout(4 * ANSWER_MAX);
    let channel = endpoint.connect().await.unwrap();
    let mut ledger = Ledger::default();
    ledger.write_well(&channel, 20).await;
    faults.set("times", EVER);
    faults.set("fdatasync", SILENT);
    let began = Instant::now();
    let writers = (1..9).map(|writer| {
        let mut ledger = Ledger { tried: writer * 1_000, ..Ledger::default() };
        let channel = channel.clone();
        async move { ledger.write(&channel, 100).await.unwrap_err() }
    });
    let writers: tokio::task::JoinSet<_> = writers.collect();
    ledger.assert_shown(&channel).await;
    let refused = writers.join_all().await;
    let took = began.elapsed();
    refused.iter().for_each(assert_failed);
    let unknown = refused.iter().filter(|refused| refused.code() == Code::Unknown).count();
    assert!(unknown > 0);
    waits_for_writes(&channel, ServingStatus::NotServing).await;
    match silence {
        Silence::Lasts => {}
        Silence::Ends => faults.clear(),
    }
    assert_error(&ledger.write(&channel, 100).await.unwrap_err(), Code::Unavailable, "STORE_FAILED");
    ledger.assert_shown(&channel).await;
    server.terminate();
    assert!(server.end().success(), "{}", server.log());
    assert!(!server.log().contains("panicked"), "{}", server.log());
    faults.clear();
    let server = faults.spawn();
    ledger.tried = u64::MAX;
    ledger.assert_kept(&connect(&server).await).await;
    tell!("no answer, {silence:?}: 8 writes ended in {took:?}, {unknown} of them unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_gives_no_answer_stops_writes_alone() {
    tokio::join!(fall_silent(Silence::Lasts), fall_silent(Silence::Ends));
}

/// A store is closed with writes and syncs of the tree's, whose code doesn't expect them to fail.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_at_the_end_keeps_no_server_from_ending() {
    for calls in [&["fsync"][..], &["fdatasync", "fsync"], &["pwrite64", "sync_file_range", "fsync"]] {
        for times in [1, 2, EVER] {
            let faults = Faults::none();
            let mut server = faults.spawn();
            let channel = connect(&server).await;
            let mut ledger = Ledger::default();
            ledger.write_well(&channel, 20).await;
            faults.set("times", times);
            for call in calls {
                faults.set(call, EIO);
            }
            server.terminate();
            assert!(server.end().success(), "{}", server.log());
            assert!(!server.log().contains("panicked"), "{}", server.log());
            faults.clear();
            let server = faults.spawn();
            ledger.assert_kept(&connect(&server).await).await;
        }
    }
}
