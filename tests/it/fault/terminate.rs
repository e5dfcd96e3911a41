//! A server that is told to end while it is under load: whatever it has begun it answers, and what it has acknowledged is on
//! disk. What it did is read off its disk and its log of decisions, and held against what its callers were told.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::{Ledger, connect, question, users};
use crate::process::Process;

const ROUNDS: u64 = 6;
const WRITERS: u64 = 8;
const ASKERS: usize = 8;

/// The connection was closed before the call was begun: a server that refuses or breaks off says so in details.
fn assert_not_begun(refused: &Status) {
    // The client takes it for an error of its own when it is told of the end in the middle of beginning a call.
    let is_told = format!("{refused:?}").contains("GoAway(b\"\", NO_ERROR, Remote)");
    let is_closed = matches!(refused.code(), Code::Unavailable | Code::Cancelled | Code::Unknown);
    assert!(is_closed || refused.code() == Code::Internal && is_told, "{refused:?}");
    assert!(refused.details().is_empty(), "{refused:?}");
}

/// Asks until that is not taken any more; gives the ids of the answers.
async fn ask(channel: Channel) -> BTreeSet<String> {
    let mut answers = BTreeSet::new();
    loop {
        match DecisionServiceClient::new(channel.clone()).check(question()).await {
            Ok(answer) => {
                let id = answer.metadata().get("x-decision-id").unwrap();
                answers.insert(id.to_str().unwrap().to_owned());
            }
            Err(refused) => {
                assert_not_begun(&refused);
                return answers;
            }
        }
    }
}

async fn write(channel: Channel, writer: u64) -> BTreeSet<u64> {
    let mut ledger = Ledger { tried: writer * 1_000_000, ..Ledger::default() };
    let refused = ledger.write_until_refused(&channel).await;
    assert_not_begun(&refused);
    ledger.acknowledged
}

/// The ids of all decisions in a log.
fn decided(log: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(log).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ids = lines.map(|line| {
        assert_ne!(line["type"], "dopusk.v1.dropped", "{line}");
        line["id"].as_str().unwrap().to_owned()
    });
    ids.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_end_answers_all_that_it_has_begun() {
    for round in 0..ROUNDS {
        let folder = TempDir::new().unwrap();
        let (data, log) = (folder.path().join("store"), folder.path().join("decisions.log"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.env("DOPUSK_DECISION_LOG", &log);
        let mut server = Process::spawn_under(command, &data);
        let channel = connect(&server).await;
        let mut first = Ledger::default();
        first.write_well(&channel, 1).await;
        let mut writers: JoinSet<_> = (1..=WRITERS).map(|writer| write(channel.clone(), writer)).collect();
        let askers: JoinSet<_> = (0..ASKERS).map(|_| ask(channel.clone())).collect();
        // The moment is a part of the test; nothing else is waited for.
        tokio::time::sleep(Duration::from_millis(50 + 31 * round)).await;
        server.terminate();
        let mut acknowledged = first.acknowledged;
        while let Some(ended) = writers.join_next().await {
            acknowledged.extend(ended.unwrap());
        }
        let answered: BTreeSet<String> = askers.join_all().await.into_iter().flatten().collect();
        assert!(server.end().success(), "{}", server.log());
        assert_eq!(decided(&log), answered, "decided and not answered, or the other way round");
        let server = Process::spawn(&data);
        assert_eq!(users(&connect(&server).await).await, acknowledged, "done and not acknowledged");
        tell!(
            "told to end under load: {} writes and {} decisions were answered, none more were made",
            acknowledged.len(),
            answered.len()
        );
    }
}
