//! What there is, how the store does, and the listener itself.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use dopusk::domain::{Id, Key, Operation};
use dopusk::server::{MetricsAt, ServeError, start};

use super::{get, host, on, page};
use crate::host::{Host, number, settings};
use crate::process::Process;

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_counted_by_kind_as_they_come_and_go() {
    let host = host().await;
    let kinds = |page: &super::Page| {
        ["entity_types", "departments", "users", "workgroups", "support_groups", "roles", "role_bindings"]
            .map(|kind| page.count("dopusk_objects", &[("kind", kind)]))
    };
    let before = page(&host).await;
    assert_eq!(kinds(&before), [2, 1, 2, 0, 1, 1, 1]);
    assert_eq!(before.count("dopusk_resources", &[("entity_type", "deal")]), 1);
    let user = Key::User(Id::parse("bartholomew").unwrap());
    let group = Key::SupportGroup(Id::parse("acme").unwrap());
    let department = Key::Department(Id::parse("headquarters").unwrap());
    let again: Vec<Operation> = super::company().into_iter().map(Operation::put).collect();
    host.write(&again).await.unwrap();
    let binding =
        super::company().into_iter().find(|it| matches!(it.key(), Key::RoleBinding(_))).unwrap().key();
    host.write(&[binding, user, group, department].map(Operation::delete)).await.unwrap();
    let after = page(&host).await;
    assert_eq!(kinds(&after), [2, 0, 1, 0, 0, 1, 0]);
    // Both are still named by resources.
    assert_eq!(after.count("dopusk_resources", &[("entity_type", "ticket")]), 1);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_revision_its_time_and_the_commits_are_told() {
    let host = host().await;
    let user = Key::User(Id::parse("rosalind").unwrap());
    let token = host.write(&[Operation::delete(user)]).await.unwrap();
    let page = page(&host).await;
    assert_eq!(page.count("dopusk_snapshot_revision", &[]), number(&token));
    assert_eq!(page.count("dopusk_store_commit_seconds_count", &[]), 2);
    assert!(page.value("dopusk_store_commit_seconds_sum", &[]) > 0.0);
    assert_eq!(page.count("dopusk_store_errors_total", &[]), 0);
    assert_eq!(page.count("dopusk_store_full_total", &[]), 0);
    assert!(page.count("dopusk_store_size_bytes", &[]) > 0);
    assert_eq!(page.count("dopusk_writes_waiting", &[]), 0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let committed = page.value("dopusk_snapshot_committed_timestamp_seconds", &[]);
    assert!(committed > now - 600.0 && committed <= now, "{committed}");
    assert_eq!(page.count("dopusk_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1);
    for name in
        ["process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds"]
    {
        assert!(page.value(name, &[]) > 0.0, "{name}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_verifier_has_done_is_told() {
    let host = host().await;
    host.engine().verify();
    let page = page(&host).await;
    assert!(page.count("dopusk_verified_total", &[]) > 0, "{}", page.text);
    assert_eq!(page.count("dopusk_mismatches_total", &[]), 0);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_family_says_what_it_is_and_is_told_once() {
    let host = host().await;
    let page = page(&host).await;
    let mut helped = BTreeSet::new();
    for line in page.text.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let (name, help) = line.split_once(' ').unwrap();
        assert!(helped.insert(name) && !help.is_empty(), "{line}");
    }
    for series in page.values.keys() {
        let name = series.split('{').next().unwrap();
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(helped.contains(family) || helped.contains(name), "{series}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_answered_and_nothing_else() {
    let host = host().await;
    let address = host.metrics_address().unwrap();
    let status = |head: &str| head.split(' ').nth(1).unwrap().to_owned();
    for (request, expected) in [
        ("GET /healthz", "200"),
        ("GET /readyz", "200"),
        ("GET /", "404"),
        ("GET /metrics/", "404"),
        ("POST /metrics", "405"),
    ] {
        assert_eq!(status(&get(address, request).await.0), expected, "{request}");
    }
    host.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_nothing_is_counted() {
    let host = Host::start().await;
    assert_eq!(host.metrics_address(), None);
    assert_eq!(host.engine().figures().cache.lookups, None);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_reach_must_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path().join("store"));
    settings.metrics = Some(MetricsAt { address: ([0, 0, 0, 0], 0).into(), is_exposed: false });
    let error = start(settings).await.err().unwrap();
    assert!(
        matches!(error, ServeError::MetricsNotLoopback(_)) && error.to_string().contains("metrics_exposed"),
        "{error}"
    );
    assert!(!folder.path().join("store").exists(), "the store isn't touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_given_back_while_a_monitor_stays_connected() {
    let host = Host::start_with(on).await;
    let monitor = tokio::net::TcpStream::connect(host.metrics_address().unwrap()).await.unwrap();
    host.restart().await.stop().await;
    drop(monitor);
}

#[test]
fn the_command_says_where_metrics_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.env("DOPUSK_METRICS_LISTEN", "127.0.0.1:0");
    let server = Process::spawn_under(command, &folder.path().join("store"));
    let url = server.says("metrics at ");
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/metrics"), "{url}");
}
