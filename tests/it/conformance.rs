//! Every conformance case: over gRPC against a real server, and through the oracle.
//!
//! Cases are found in `tests/cases`, which is always there, and besides in the folder that `DOPUSK_CONFORMANCE`
//! names, or in `shared/conformance` next to the repository.

mod spoken;

use std::fs;
use std::path::{Path, PathBuf};

use dopusk::bundle::case::Case;
use dopusk::client::Client;
use dopusk::client::case::{Report, run_case};

use tokio::task::JoinSet;

use crate::host::Host;

/// The repository's own cases, and those that were found besides, in order of their paths.
pub(crate) fn cases() -> Vec<(String, Case)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("tests/cases"), &mut paths);
    assert!(paths.len() >= 12, "the repository's own cases are gone: {paths:?}");
    let more = std::env::var_os("DOPUSK_CONFORMANCE").map(PathBuf::from);
    let beside = root.parent().map(|it| it.join("shared/conformance")).filter(|it| it.is_dir());
    if let Some(folder) = more.or(beside) {
        let own = paths.len();
        collect(&folder, &mut paths);
        assert!(paths.len() > own, "no case in {}", folder.display());
    }
    let open = |path: PathBuf| {
        let case = Case::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.display().to_string(), case)
    };
    paths.into_iter().map(open).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    for path in found {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
}

/// Runs a case on an empty server, every answer asked in every way.
async fn run(case: &Case) -> Report {
    let host = Host::start().await;
    let client = Client::connect(&host.url().parse().unwrap()).await.unwrap();
    let report = run_case(&client, case).await;
    drop(client);
    host.stop().await;
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_over_grpc() {
    let (mut running, mut waiting) = (JoinSet::new(), cases().into_iter());
    let (mut failures, mut answers) = (Vec::new(), 0);
    loop {
        // Each waits for the disk most of its time, so some are run at a time.
        while running.len() < 6
            && let Some((path, case)) = waiting.next()
        {
            running.spawn(async move { (run(&case).await, path, case) });
        }
        let Some(done) = running.join_next().await else { break };
        let (report, path, case) = done.unwrap();
        answers += report.answers;
        failures.extend(report.differences.iter().map(|it| format!("{path}: {it}")));
        assert_eq!(report.steps, case.steps.len(), "{path}: {failures:?}");
    }
    assert!(failures.is_empty(), "{} of {answers} answers:\n{}", failures.len(), failures.join("\n"));
    assert!(answers > 100, "only {answers} answers were compared");
}

#[test]
fn every_case_holds_for_the_oracle() {
    let mut failures = Vec::new();
    for (path, case) in cases() {
        let mut told = spoken::Told::default();
        for (at, step) in case.steps.iter().enumerate() {
            told.step(step);
            failures.extend(told.failures.drain(..).map(|failure| format!("{path}: step {at}: {failure}")));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_in_a_case_is_found() {
    let source = r#"{"name": "n", "why": "w", "steps": [
        {"load": {"entity_types": [{"name": "deal", "model": "crm", "actions": ["read"]}],
                  "users": [{"id": "root", "admin": true}], "resources": [{"type": "deal", "id": "1"}]}},
        {"refuse": [{"put": {"departments": {"id": "d", "parent": "d"}}}], "rule": "1.2"},
        {"refuse": [{"put": {"departments": {"id": "d"}}}], "rule": "1.1"},
        {"checks": [{"user": "root", "action": "read", "type": "deal", "id": "1", "allow": false}]},
        {"lists": [{"user": "root", "action": "read", "type": "deal", "ids": []}]},
        {"subjects": [{"type": "deal", "id": "1", "action": "read", "users": []}]}]}"#;
    let case = Case::read("case.json", source.as_bytes()).unwrap();
    let mut told = spoken::Told::default();
    case.steps.iter().for_each(|step| told.step(step));
    let report = run(&case).await;
    assert_eq!(told.failures.len(), 5, "{:?}", told.failures);
    // The refused write of the first step is refused for another reason, the second is taken.
    assert!(report.differences.len() >= 2, "{report:?}");
}
