//! A disk that is stuck or full: every question is answered, and what the log lacks is counted.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use dopusk::api::pb;
use serde_json::Value;
use tempfile::TempDir;

use super::{check, everything, host, item};
use crate::tool::must;

/// Questions of a batch.
const BATCH: usize = 1_000;
/// More than what waits in memory and in a pipe.
const BATCHES: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_file_that_takes_nothing_and_what_is_dropped_is_counted() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    must(Command::new("mkfifo").arg(&pipe));
    let host = host(everything(pipe.clone())).await;
    let log = Arc::clone(host.decision_log().unwrap());
    let items = vec![item("root", "read"); BATCH];
    for _ in 0..BATCHES {
        let request = pb::BatchCheckRequest { items: items.clone(), consistency: None };
        let answer = host.decisions().batch_check(request).await.unwrap().into_inner();
        assert_eq!(answer.results.len(), BATCH);
    }
    let dropped = log.counts().dropped;
    assert!(dropped > 0, "{:?}", log.counts());
    // Now somebody reads: what has waited comes, and so does what is decided from now on.
    let reading = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
    host.decisions().check(check("anna", "1")).await.unwrap();
    host.stop().await;
    let counts = log.counts();
    drop(log);
    let text = reading.join().unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: u64 = lines.iter().filter_map(|line| line["data"]["dropped"].as_u64()).sum();
    assert_eq!((told, counts.failures), (counts.dropped, 0));
    let decisions = lines.iter().filter(|line| line["type"] == "dopusk.v1.decision").count() as u64;
    assert_eq!(decisions + counts.dropped, (BATCH * BATCHES) as u64 + 1);
    assert_eq!(counts.written, lines.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_go_on_while_the_disk_is_full() {
    let host = host(everything("/dev/full".into())).await;
    let log = Arc::clone(host.decision_log().unwrap());
    for _ in 0..10 {
        host.decisions().check(check("anna", "1")).await.unwrap();
    }
    host.stop().await;
    let counts = log.counts();
    assert_eq!((counts.written, counts.dropped), (0, 10));
    assert!(counts.failures > 0);
}
