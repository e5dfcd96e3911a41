//! The logs of decisions and of writes, over gRPC and against real files: their lines are what was done, and nobody waits
//! for them.

mod answer;
mod audit;
mod choice;
mod stuck;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use dopusk::api::pb;
use dopusk::api::pb::batch_check_item::Resource as ItemResource;
use dopusk::api::pb::check_request::Resource;
use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::Operation;
use dopusk::journal::{DecisionSettings, FileSettings, Mask, Selection};
use serde_json::Value;
use tonic::Response;

use crate::host::Host;

/// An administrator, somebody without rights, a deal and a ticket.
const COMPANY: &str = "
entity_types:
  - {name: deal, model: crm, stages: [NEW], actions: [read, add]}
  - {name: ticket, model: support, actions: [read]}
users: [{id: root, admin: true}, {id: anna}, {id: carl, support_role: client}]
resources:
  - {type: deal, id: '1', responsible: anna, stage: NEW}
  - {type: deal, id: '2'}
  - {type: ticket, id: '7', author: carl}
";

/// A log of everything.
fn everything(path: PathBuf) -> DecisionSettings {
    let file = FileSettings { path, bytes_max: 1 << 30, files_max: Some(3) };
    DecisionSettings { file, percent: 100, selection: Selection::All, mask: Mask::default() }
}

/// A server with the company, whose decisions are logged.
async fn host(log: DecisionSettings) -> Host {
    let host = Host::start_with(|settings| settings.decision_log = Some(log)).await;
    let company = Bundle::read("company.yaml", Encoding::Yaml, COMPANY.as_bytes()).unwrap();
    let operations: Vec<_> = company.into_objects().map(Operation::put).collect();
    host.write(&operations).await.unwrap();
    host
}

fn check(subject: &str, deal: &str) -> pb::CheckRequest {
    pb::CheckRequest {
        subject: subject.to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(Resource::Id(deal.to_owned())),
        consistency: None,
    }
}

fn item(subject: &str, action: &str) -> pb::BatchCheckItem {
    pb::BatchCheckItem {
        subject: subject.to_owned(),
        action: action.to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(ItemResource::Id("1".to_owned())),
    }
}

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// The id of the decision that an answer carries.
fn id<T>(response: &Response<T>) -> Option<String> {
    response.metadata().get("x-decision-id").map(|it| it.to_str().unwrap().to_owned())
}
