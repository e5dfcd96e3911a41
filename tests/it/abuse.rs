//! Hostile and broken clients on raw connections: whatever they send, the server lives, answers the others, gives nothing
//! away and stays within its memory.

mod connection;
mod flood;
mod message;
mod reader;
mod refusal;
mod wire;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;

use dopusk::api::convert;
use dopusk::api::pb;
use dopusk::api::pb::check_request::Resource;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::{Object, Operation};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use self::wire::Wire;
use crate::process::Process;

/// What the process may take: it has some 50 MiB when it has started, and each abuse is allowed what the bounds of
/// connections and streams give it.
const RESIDENT_BYTES_MAX: u64 = 512 << 20;

const COMPANY: &str = "
entity_types:
  - {name: deal, model: crm, stages: [NEW], actions: [read, update]}
users: [{id: root, admin: true}, {id: anna}]
resources:
  - {type: deal, id: '1', stage: NEW}
";

/// A server in a process of its own.
struct Site {
    process: Process,
    url: String,
    _folder: TempDir,
}

impl Site {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let process = Process::spawn(folder.path());
        let url = process.url();
        let site = Self { process, url, _folder: folder };
        let company = Bundle::read("company.yaml", Encoding::Yaml, COMPANY.as_bytes()).unwrap();
        site.write(&company.into_objects().collect::<Vec<_>>()).await;
        site
    }

    async fn write(&self, objects: &[Object]) {
        let mut client = DirectoryServiceClient::new(self.channel().await);
        for chunk in objects.chunks(1_000) {
            let puts = chunk.iter().cloned().map(Operation::put);
            let operations = puts.map(|put| convert::operation_to_wire(&put)).collect();
            client.write(pb::WriteRequest { operations, ..pb::WriteRequest::default() }).await.unwrap();
        }
    }

    fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    fn wire(&self) -> Wire {
        Wire::open(self.address())
    }

    /// A connection of its own, so that nothing of an abuse is in it.
    async fn channel(&self) -> Channel {
        Endpoint::from_shared(self.url.clone()).unwrap().connect().await.unwrap()
    }

    /// What is asked by others while or after something was done to the server.
    async fn assert_well(&self, after: &str, times: usize) {
        let channel = self.channel().await;
        let health = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await;
        assert_eq!(health.unwrap().into_inner().status(), ServingStatus::Serving, "after {after}");
        let mut client = DecisionServiceClient::new(channel);
        for (subject, effect) in
            [("root", pb::Effect::Allow), ("anna", pb::Effect::Deny), ("nobody", pb::Effect::Deny)]
        {
            let answer = client.check(question(subject)).await.unwrap().into_inner();
            assert_eq!(answer.decision.unwrap().effect(), effect, "{subject} after {after}");
        }
        let resident = self.resident();
        say(&format!("abuse: {after}: {times} times; alive, right, {} MiB", resident >> 20));
        assert!(resident <= RESIDENT_BYTES_MAX, "{resident} bytes after {after}");
    }

    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib << 10
    }
}

/// May somebody read the deal? Only `root` may.
fn question(subject: &str) -> pb::CheckRequest {
    pb::CheckRequest {
        subject: subject.to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(Resource::Id("1".to_owned())),
        consistency: None,
    }
}

/// Tells it, though the test passes: the harness keeps what is printed and not what is written.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}
