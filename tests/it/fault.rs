//! What a server does when what it stands on fails: reads go on, writes fail clearly, and nothing that was acknowledged
//! is lost.
//!
//! Each test prints what it tried.

/// Prints what was tried, past the harness, which would keep it from whoever runs all tests.
macro_rules! tell {
    ($($text:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("fault: {}\n", format_args!($($text)*))).unwrap()
    };
}

mod clock;
mod corrupt;
mod descriptor;
mod disk;
mod full;
mod mode;
mod recovery;
mod shim;
mod terminate;
mod volume;

use std::collections::BTreeSet;
use std::time::Duration;

use dopusk::api::pb;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::process::Process;

/// How long a server under test may take for an answer, on a slow machine under load. Who waits longer waits for ever.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// The name by which health knows writes.
const WRITES: &str = "dopusk.v1.DirectoryService/Write";

async fn connect(process: &Process) -> Channel {
    Endpoint::from_shared(process.url()).unwrap().timeout(ANSWER_MAX).connect().await.unwrap()
}

/// Writes users with numbers, and remembers which of them were acknowledged.
#[derive(Default)]
struct Ledger {
    tried: u64,
    acknowledged: BTreeSet<u64>,
}

impl Ledger {
    /// Writes the next user, with so many bytes of a name.
    async fn write(&mut self, channel: &Channel, name_bytes: usize) -> Result<(), Status> {
        self.write_users(channel, 1, name_bytes).await
    }

    /// The same with several users at once.
    async fn write_users(&mut self, channel: &Channel, count: u64, name_bytes: usize) -> Result<(), Status> {
        let numbers = self.tried + 1..=self.tried + count;
        self.tried += count;
        let objects = numbers.clone().map(|number| user(number, name_bytes)).chain([tickets()]);
        let operations = objects.map(|object| pb::Operation {
            operation: Some(pb::operation::Operation::Put(object)),
            precondition: 0,
        });
        let request = pb::WriteRequest { operations: operations.collect(), ..pb::WriteRequest::default() };
        DirectoryServiceClient::new(channel.clone()).write(request).await?;
        self.acknowledged.extend(numbers);
        Ok(())
    }

    /// Writes until one is refused.
    async fn write_until_refused(&mut self, channel: &Channel) -> Status {
        loop {
            if let Err(refused) = self.write(channel, 100).await {
                return refused;
            }
        }
    }

    /// So many writes that must be acknowledged.
    async fn write_well(&mut self, channel: &Channel, count: usize) {
        for _ in 0..count {
            self.write(channel, 100).await.unwrap();
        }
    }

    /// Reads go on, and show what was acknowledged and nothing else.
    async fn assert_shown(&self, channel: &Channel) {
        assert_eq!(users(channel).await, self.acknowledged);
        assert_decides(channel).await;
    }

    /// After a restart: what was acknowledged is there, and nothing that was not written.
    async fn assert_kept(&mut self, channel: &Channel) {
        let users = users(channel).await;
        let lost: Vec<u64> = self.acknowledged.difference(&users).copied().collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert!(users.iter().all(|number| *number <= self.tried), "{users:?}");
        assert_decides(channel).await;
        // What was shown must not go away either.
        self.acknowledged = users;
    }
}

/// The number of every user.
async fn users(channel: &Channel) -> BTreeSet<u64> {
    let request = pb::ExportRequest::default();
    let mut answers =
        DirectoryServiceClient::new(channel.clone()).export(request).await.unwrap().into_inner();
    let mut users = BTreeSet::new();
    while let Some(answer) = answers.message().await.unwrap() {
        users.extend(answer.objects.iter().filter_map(|object| match &object.object {
            Some(pb::object::Object::User(user)) => Some(user.id.parse::<u64>().unwrap()),
            _ => None,
        }));
    }
    users
}

fn user(number: u64, name_bytes: usize) -> pb::Object {
    let user = pb::User { id: number.to_string(), name: "x".repeat(name_bytes), ..pb::User::default() };
    pb::Object { object: Some(pb::object::Object::User(user)) }
}

/// The type that questions are about.
fn tickets() -> pb::Object {
    let entity_type = pb::EntityType {
        name: "ticket".to_owned(),
        model: pb::Model::Support.into(),
        actions: vec!["read".to_owned()],
        ..pb::EntityType::default()
    };
    pb::Object { object: Some(pb::object::Object::EntityType(entity_type)) }
}

fn question() -> pb::CheckRequest {
    pb::CheckRequest {
        subject: "1".to_owned(),
        action: "read".to_owned(),
        entity_type: "ticket".to_owned(),
        resource: Some(pb::check_request::Resource::Id("none".to_owned())),
        ..pb::CheckRequest::default()
    }
}

/// A question is answered, and health says so.
async fn assert_decides(channel: &Channel) {
    let answer = DecisionServiceClient::new(channel.clone()).check(question()).await.unwrap().into_inner();
    assert_eq!(answer.decision.unwrap().effect(), pb::Effect::Deny);
    assert_eq!(health(channel, "").await, ServingStatus::Serving);
}

async fn health(channel: &Channel, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.to_owned() };
    HealthClient::new(channel.clone()).check(request).await.unwrap().into_inner().status()
}

/// Waits until health says so of writes.
async fn waits_for_writes(channel: &Channel, wanted: ServingStatus) {
    let request = HealthCheckRequest { service: WRITES.to_owned() };
    let mut answers = HealthClient::new(channel.clone()).watch(request).await.unwrap().into_inner();
    while answers.message().await.unwrap().unwrap().status() != wanted {}
}
