//! A limit on memory, held by a real process: it gives up caches, refuses what would add, goes on to answer checks, and
//! takes objects again when there is room.

use std::process::Command;
use std::time::{Duration, Instant};

use dopusk::api::pb;
use dopusk::api::pb::check_request;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::api::pb::object::Object;
use tempfile::TempDir;
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::host::assert_error;
use crate::process::Process;

/// How long something may take that is sure to come, on a slow machine under load.
const SURE_MAX: Duration = Duration::from_mins(5);
/// Of the limit, in percent, where memory is short.
const SHORT_PERCENT: u64 = 80;
/// What may be added until it is short, in MiB.
const ROOM_MIB: u64 = 64;
/// The objects of a message.
const MESSAGE: usize = 1_000;
/// Observers of a resource, which make it large.
const OBSERVERS: usize = 5;

struct Server {
    process: Process,
    directory: DirectoryServiceClient<Channel>,
    decisions: DecisionServiceClient<Channel>,
}

impl Server {
    async fn start(folder: &TempDir, limit: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.env("DOPUSK_MEMORY_LIMIT", limit).env("DOPUSK_STORE_CACHE_MIB", "1");
        let process = Process::spawn_under(command, &folder.path().join("store"));
        let channel = Channel::from_shared(process.url()).unwrap().connect().await.unwrap();
        let directory = DirectoryServiceClient::new(channel.clone());
        Self { process, directory, decisions: DecisionServiceClient::new(channel) }
    }

    /// Imports a message of objects.
    async fn import(&mut self, objects: Vec<Object>) -> Result<(), Status> {
        let objects = objects.into_iter().map(|object| pb::Object { object: Some(object) }).collect();
        let mode = pb::ImportMode::Atomic.into();
        let message = pb::ImportRequest { mode, objects, ..pb::ImportRequest::default() };
        let mut answers = self.directory.import(tokio_stream::once(message)).await?.into_inner();
        while let Some(answer) = answers.next().await {
            answer?;
        }
        Ok(())
    }

    async fn write(&mut self, operations: Vec<pb::operation::Operation>) -> Result<(), Status> {
        let operations = operations.into_iter();
        let operations =
            operations.map(|it| pb::Operation { operation: Some(it), ..pb::Operation::default() }).collect();
        self.directory.write(pb::WriteRequest { operations, ..pb::WriteRequest::default() }).await.map(drop)
    }

    /// Adds resources until there is room neither for many nor for one; says how many there are, and how the two were
    /// refused.
    async fn fill(&mut self) -> (usize, Status, Status) {
        let mut count = 0;
        let end = Instant::now() + SURE_MAX;
        loop {
            assert!(Instant::now() < end, "{count} resources find room");
            let Err(imported) = self.import((count..count + MESSAGE).map(resource).collect()).await else {
                count += MESSAGE;
                continue;
            };
            let Err(written) = self.write(vec![put(resource(count))]).await else {
                count += 1;
                continue;
            };
            return (count, imported, written);
        }
    }

    async fn is_allowed(&mut self, user: &str) -> bool {
        let request = pb::CheckRequest {
            subject: user.to_owned(),
            action: "read".to_owned(),
            entity_type: "ticket".to_owned(),
            resource: Some(check_request::Resource::Id(id(0))),
            consistency: None,
        };
        let answer = self.decisions.check(request).await.unwrap().into_inner();
        answer.decision.unwrap().effect() == pb::Effect::Allow
    }
}

fn head() -> Vec<Object> {
    let user = |id: String| Object::User(pb::User { id, active: Some(true), ..pb::User::default() });
    let root = pb::User { id: "root".to_owned(), admin: true, active: Some(true), ..pb::User::default() };
    let ticket = pb::EntityType {
        name: "ticket".to_owned(),
        model: pb::Model::Crm.into(),
        actions: vec!["read".to_owned()],
        ..pb::EntityType::default()
    };
    let users = (0..OBSERVERS).map(|at| user(format!("u{at}")));
    users.chain([Object::User(root), Object::EntityType(ticket)]).collect()
}

/// A long one: few resources take much memory.
fn id(at: usize) -> String {
    format!("{at:0>120}")
}

fn resource(at: usize) -> Object {
    let observers = (0..OBSERVERS).map(|at| format!("u{at}")).collect();
    let facts = Some(pb::Facts { observers, ..pb::Facts::default() });
    Object::Resource(pb::Resource { r#type: "ticket".to_owned(), id: id(at), facts, sort_key: 0 })
}

fn put(object: Object) -> pb::operation::Operation {
    pb::operation::Operation::Put(pb::Object { object: Some(object) })
}

fn delete(at: usize) -> pb::operation::Operation {
    let key = pb::ResourceKey { r#type: "ticket".to_owned(), id: id(at) };
    pb::operation::Operation::Delete(pb::Key { key: Some(pb::key::Key::Resource(key)) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stays_below_its_limit_refuses_what_adds_and_takes_it_again_when_there_is_room() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(&folder, "off").await;
    server.import(head()).await.unwrap();
    let empty = server.process.resident_mib();
    server.process.kill();
    let limit = (empty + ROOM_MIB) * 100 / SHORT_PERCENT;
    let mut server = Server::start(&folder, &format!("{limit}MiB")).await;
    let (count, imported, written) = server.fill().await;
    assert_error(&imported, Code::ResourceExhausted, "MEMORY_SHORT");
    assert_error(&written, Code::ResourceExhausted, "MEMORY_SHORT");
    assert!(count > 0, "there is some room");
    for _ in 0..1_000 {
        assert!(server.is_allowed("root").await, "checks are answered");
    }
    let left = pb::User { id: "root".to_owned(), active: Some(false), ..pb::User::default() };
    server.write(vec![put(Object::User(left))]).await.unwrap();
    assert!(!server.is_allowed("root").await, "rights can always be taken away");
    for first in (1..count).step_by(MESSAGE) {
        server.write((first..count.min(first + MESSAGE)).map(delete).collect()).await.unwrap();
    }
    let end = Instant::now() + SURE_MAX;
    while let Err(status) = server.write(vec![put(resource(count))]).await {
        assert_error(&status, Code::ResourceExhausted, "MEMORY_SHORT");
        assert!(Instant::now() < end, "{} MiB of {limit} are taken", server.process.resident_mib());
    }
    assert!(server.process.resident_mib_most() < limit, "it was never above its limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_fit_is_refused_with_a_message() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(&folder, "off").await;
    server.import(head()).await.unwrap();
    let mut first = 0;
    while server.process.resident_mib() < 128 {
        server.import((first..first + MESSAGE).map(resource).collect()).await.unwrap();
        first += MESSAGE;
    }
    server.process.kill();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--memory-limit", "64MiB", "--data"]);
    let output = command.arg(folder.path().join("store")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("the store needs more memory than there may be: 64 MiB"), "{text}");
    assert!(!output.status.success());
}
