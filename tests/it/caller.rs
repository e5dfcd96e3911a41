//! Who may call: over real connections, with certificates and tokens made in the test.

mod certificate;
mod jwt;
mod permission;
mod process;
mod quota;
mod start;
mod table;
mod token;
mod unix;

use std::fs;
use std::path::{Path, PathBuf};

use dopusk::api::pb;
use dopusk::api::pb::check_request;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::watch_service_client::WatchServiceClient;
use dopusk::bundle::{Bundle, Encoding};
use dopusk::caller::{Token, TokenHash};
use dopusk::domain::{Operation, Write};
use dopusk::server::{Running, Settings, start};
use tempfile::TempDir;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::{InterceptedService, Interceptor};
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::host::settings;

/// An administrator, a deal and a ticket.
const COMPANY: &str = "
entity_types:
  - {name: deal, model: crm, stages: [NEW], actions: [read, update]}
  - {name: ticket, model: support, actions: [read, update]}
users: [{id: root, admin: true}, {id: anna}]
resources:
  - {type: deal, id: '1', responsible: anna, stage: NEW}
  - {type: ticket, id: '7', author: anna}
";

/// A server with a file of callers.
struct Site {
    running: Running,
    folder: TempDir,
}

/// Puts a header on every call.
#[derive(Clone)]
struct Header(Option<MetadataValue<Ascii>>);

type Line = InterceptedService<Channel, Header>;

impl Interceptor for Header {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

impl Site {
    async fn start(callers: &str) -> Self {
        Self::start_with(callers, |_, _| {}).await
    }

    /// The same, with other settings and files in its folder.
    async fn start_with(callers: &str, change: impl FnOnce(&mut Settings, &Path)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = settings(folder.path().join("store"));
        settings.callers = Some(folder.path().join("callers.toml"));
        fs::write(folder.path().join("callers.toml"), callers).unwrap();
        change(&mut settings, folder.path());
        let running = start(settings).await.unwrap();
        let company = Bundle::read("company.yaml", Encoding::Yaml, COMPANY.as_bytes()).unwrap();
        let operations = company.into_objects().map(Operation::put).collect();
        running.engine().write(Write { operations, ..Write::default() }).await.unwrap();
        Self { running, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the file of callers anew, and has it read.
    async fn name_callers(&self, callers: &str) {
        fs::write(self.file("callers.toml"), callers).unwrap();
        self.running.renew().await;
    }

    async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.running.address().unwrap());
        Channel::from_shared(address).unwrap().connect().await.unwrap()
    }

    async fn line(&self, token: &str) -> Line {
        line(self.channel().await, bearer(token))
    }

    async fn stop(self) {
        self.running.stop().await;
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn line(channel: Channel, header: impl Into<Option<String>>) -> Line {
    InterceptedService::new(channel, Header(header.into().map(|it| it.parse().unwrap())))
}

/// A caller's entry with a token, and the token.
fn caller(name: &str, rest: &str) -> (String, String) {
    let token = Token::random();
    let entry = format!("[[caller]]\nname = {name:?}\ntokens = [\"{}\"]\n{rest}\n", token.hash());
    (entry, token.secret().to_owned())
}

fn hash(secret: &str) -> String {
    TokenHash::of(secret).to_string()
}

fn question() -> pb::CheckRequest {
    pb::CheckRequest {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(check_request::Resource::Id("1".to_owned())),
        consistency: None,
    }
}

/// Asks a question that is answered with an allow where the caller is let in.
async fn ask(line: Line) -> Result<(), Status> {
    let answer = DecisionServiceClient::new(line).check(question()).await?.into_inner();
    assert_eq!(answer.decision.unwrap().effect(), pb::Effect::Allow);
    Ok(())
}

/// Follows the changes, up to the first heartbeat.
async fn follow(line: Line) -> Result<tonic::Streaming<pb::WatchResponse>, Status> {
    let mut changes = WatchServiceClient::new(line).watch(pb::WatchRequest::default()).await?.into_inner();
    changes.message().await?.unwrap();
    Ok(changes)
}
