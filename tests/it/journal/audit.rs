//! The audit log: every committed write is in it, whatever happened meanwhile, and refused ones too.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dopusk::api::convert;
use dopusk::api::pb;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::bundle::{Bundle, Encoding};
use dopusk::caller::Token;
use dopusk::domain::{Key, Operation};
use dopusk::journal::{Expected, FileSettings, Verified, verify};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::{Code, Request};

use super::lines;
use crate::host::{Host, number};

/// A log whose every line is a file of its own, or none.
pub(super) fn file(path: PathBuf, bytes_max: u64) -> FileSettings {
    FileSettings { path, bytes_max, files_max: None }
}

/// A server whose writes are logged.
pub(super) async fn host(path: PathBuf) -> Host {
    Host::start_with(|settings| settings.audit_log = Some(file(path, 1 << 30))).await
}

pub(super) fn put(yaml: &str) -> Vec<Operation> {
    let bundle = Bundle::read("a.yaml", Encoding::Yaml, yaml.as_bytes()).unwrap();
    bundle.into_objects().map(Operation::put).collect()
}

/// Writes so many users, one after the other.
pub(super) async fn write_users(host: &Host, numbers: std::ops::Range<u32>) -> String {
    let mut token = String::new();
    for number in numbers {
        token = host.write(&put(&format!("users: [{{id: u{number}}}]"))).await.unwrap();
    }
    token
}

pub(super) fn verified(files: &[PathBuf]) -> Verified {
    verify(files, &Expected::default()).unwrap()
}

fn assert_whole(file: &Path, token: &str) {
    let verified = verified(&[file.to_owned()]);
    assert!(verified.findings.is_empty(), "{verified:?}");
    assert_eq!(verified.revision.as_deref(), Some(token));
}

/// Types and the data of the lines of a log.
fn told(file: &Path) -> Vec<(String, Value)> {
    let mut lines = lines(file);
    lines.iter_mut().map(|line| (line["type"].as_str().unwrap().to_owned(), line["data"].take())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_told_with_its_caller_and_each_object_before_and_after() {
    let folder = TempDir::new().unwrap();
    let (path, callers, token) =
        (folder.path().join("audit"), folder.path().join("callers.toml"), Token::random());
    fs::write(
        &callers,
        format!("[[caller]]\nname = 'hr'\ntokens = ['{}']\nmay_write = true\n", token.hash()),
    )
    .unwrap();
    let host = Host::start_with(|settings| {
        settings.callers = Some(callers);
        settings.audit_log = Some(file(path.clone(), 1 << 30));
    });
    let host = host.await;
    let bearer: tonic::metadata::AsciiMetadataValue = format!("Bearer {}", token.secret()).parse().unwrap();
    let signed = |message: pb::WriteRequest| {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", bearer.clone());
        request
    };
    let mut client = DirectoryServiceClient::new(host.channel.clone());
    let mut tokens = Vec::new();
    let delete = vec![Operation::delete(Key::User(dopusk::domain::Id::parse("anna").unwrap()))];
    let steps = [put("users: [{id: anna}]"), put("users: [{id: anna, admin: true}]"), delete];
    for (operations, request_id) in steps.into_iter().zip(["a", "b", "c"]) {
        let message = pb::WriteRequest {
            operations: operations.iter().map(convert::operation_to_wire).collect(),
            author: "olga".to_owned(),
            comment: "a \"new\" hand".to_owned(),
            request_id: request_id.to_owned(),
            ..pb::WriteRequest::default()
        };
        tokens.push(client.write(signed(message)).await.unwrap().into_inner().revision);
    }
    let mut history = Request::new(pb::ListChangesRequest::default());
    history.metadata_mut().insert("authorization", bearer.clone());
    let history = host.history().list_changes(history).await.unwrap().into_inner();
    assert!(history.changes.iter().all(|set| set.caller == "hr" && set.author == "olga"));
    host.stop().await;
    let line = |revision: &str, request_id, change| {
        json!({"revision": revision, "caller": "hr", "author": "olga", "comment": "a \"new\" hand",
            "request_id": request_id, "first": 0, "of": 1, "changes": [change]})
    };
    let (new, admin) = (json!({"users": {"id": "anna"}}), json!({"users": {"id": "anna", "admin": true}}));
    let wanted = [
        line(&tokens[0], "a", json!({"after": new})),
        line(&tokens[1], "b", json!({"before": new, "after": admin})),
        line(&tokens[2], "c", json!({"before": admin})),
    ];
    let told = told(&path);
    assert_eq!(told[0].0, "dopusk.v1.audit.begin");
    assert_eq!(told[1..], wanted.map(|data| ("dopusk.v1.write".to_owned(), data)));
    assert_whole(&path, &tokens[2]);
    assert!(!fs::read_to_string(&path).unwrap().contains(token.secret()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_write_is_told_with_why() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let host = host(path.clone()).await;
    let refused = host.write(&put("users: [{id: anna, departments: [nowhere]}]")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    host.import(
        &put("departments: [{id: d, parent: nowhere}]").iter().filter_map(put_object).collect::<Vec<_>>(),
    )
    .await
    .unwrap_err();
    host.stop().await;
    let told = told(&path);
    let refusals: Vec<&Value> =
        told.iter().filter(|(kind, _)| kind == "dopusk.v1.write.refused").map(|(_, data)| data).collect();
    assert_eq!(refusals.len(), 2);
    assert!(refusals.iter().all(|data| data["reason"] == "RULES_BROKEN" && data["operations"] == 1));
    assert_eq!(refusals[0]["objects"], json!(["user anna"]));
    assert!(verified(&[path]).findings.is_empty());
}

fn put_object(operation: &Operation) -> Option<dopusk::domain::Object> {
    match &operation.verb {
        dopusk::domain::Verb::Put(object) => Some(object.clone()),
        dopusk::domain::Verb::Delete(_) => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_with_the_chain_and_a_torn_line_is_written_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let mut host = host(path.clone()).await;
    let whole = lines(&path).len();
    write_users(&host, 0..3).await;
    host = host.restart().await;
    assert!(lines(&path).len() > whole);
    write_users(&host, 3..5).await;
    let (settings, data) = host.stop_and_keep_data().await;
    // As a crash leaves it.
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();
    assert!(!verified(std::slice::from_ref(&path)).findings.is_empty());
    let host = Host::open(data, settings).await;
    let token = write_users(&host, 5..6).await;
    host.stop().await;
    assert_whole(&path, &token);
    assert_eq!(told(&path).iter().filter(|(kind, _)| kind == "dopusk.v1.write").count(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_while_nothing_was_logged_is_caught_up() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let host = host(path.clone()).await;
    write_users(&host, 0..2).await;
    let (with, data) = host.stop_and_keep_data().await;
    let mut without = with.clone();
    without.audit_log = None;
    let host = Host::open(data, without).await;
    let token = write_users(&host, 2..9).await;
    let (_, data) = host.stop_and_keep_data().await;
    Host::open(data, with).await.stop().await;
    assert_whole(&path, &token);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_change_log_no_longer_has_is_a_gap_that_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let host = Host::start_with(|settings| {
        settings.audit_log = Some(file(path.clone(), 1 << 30));
        settings.engine.store.retention.revisions_max = 3;
    });
    let host = host.await;
    let token = write_users(&host, 0..1).await;
    let (with, data) = host.stop_and_keep_data().await;
    let mut without = with.clone();
    without.audit_log = None;
    let host = Host::open(data, without).await;
    let last = write_users(&host, 1..9).await;
    let (_, data) = host.stop_and_keep_data().await;
    Host::open(data, with).await.stop().await;
    let gap = told(&path).into_iter().find(|(kind, _)| kind == "dopusk.v1.audit.gap").unwrap().1;
    assert_eq!(gap["after"], token);
    let told = verified(&[path]);
    let missing = number(gap["revision"].as_str().unwrap());
    assert_eq!(told.findings.len(), 1);
    assert!(
        told.findings[0].text.contains(&format!("behind revision 1 up to {missing} are missing")),
        "{told:?}"
    );
    assert_eq!(told.revision, Some(last));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_write_has_several_lines_and_goes_on_where_it_was_cut_off() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let host = host(path.clone()).await;
    let name = "n".repeat(1_000);
    let users: Vec<String> =
        (0..3_000).map(|number| format!("  - {{id: u{number}, name: {name}}}")).collect();
    let objects: Vec<_> =
        put(&format!("users:\n{}", users.join("\n"))).iter().filter_map(put_object).collect();
    let token = host.import(&objects).await.unwrap();
    let (settings, data) = host.stop_and_keep_data().await;
    assert_whole(&path, &token);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.lines().count() > 3, "{} lines", text.lines().count());
    let two: String = text.split_inclusive('\n').take(2).collect();
    fs::write(&path, two).unwrap();
    assert!(verified(std::slice::from_ref(&path)).findings[0].text.contains("ends within a write"));
    Host::open(data, settings).await.stop().await;
    assert_whole(&path, &token);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text,
        "the lines are the same as if it had not been cut off"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_on_while_the_disk_is_gone_and_follow_when_it_is_back() {
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let path = inner.join("audit");
    let host = host(path.clone()).await;
    let log = Arc::clone(host.audit_log().unwrap());
    let first = number(&write_users(&host, 0..1).await);
    while log.counts().revision < first {
        std::thread::yield_now();
    }
    fs::rename(&inner, folder.path().join("away")).unwrap();
    let token = write_users(&host, 1..4).await;
    while log.counts().failures == 0 {
        std::thread::yield_now();
    }
    fs::rename(folder.path().join("away"), &inner).unwrap();
    host.stop().await;
    assert_eq!(log.counts().revision, number(&token));
    assert_whole(&path, &token);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_store_is_told_and_its_writes_follow() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let one = host(path.clone()).await;
    write_users(&one, 0..2).await;
    one.stop().await;
    let other = host(path.clone()).await;
    let token = write_users(&other, 0..1).await;
    other.stop().await;
    assert_whole(&path, &token);
    assert_eq!(told(&path).iter().filter(|(kind, _)| kind == "dopusk.v1.audit.begin").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_audit_log_is_not_gone_on_with() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    for (at, text) in ["hello\n", "{\"sequence\":1}\n"].into_iter().enumerate() {
        fs::write(&path, text).unwrap();
        let mut settings = crate::host::settings(folder.path().join(at.to_string()));
        settings.audit_log = Some(file(path.clone(), 1 << 30));
        let error = dopusk::server::start(settings).await.err().expect("it must not start");
        assert!(error.to_string().contains("none that an audit log can go on from"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
