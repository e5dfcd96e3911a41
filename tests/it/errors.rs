//! Error paths over gRPC: each has its code and reason, and names the field or the culprit.

mod deadline;
mod field;
mod limit;
mod plan;
mod start;
mod stop;
mod write;

use dopusk::api::pb;
use dopusk::api::pb::check_request;

use crate::host::Host;
use crate::world::{Dice, Size, random_world};

/// A server with a random world.
async fn world() -> Host {
    let host = Host::start().await;
    host.import(&random_world(&mut Dice::new(8), Size::SMALL)).await.unwrap();
    host
}

/// A question that is in order.
fn question() -> pb::CheckRequest {
    pb::CheckRequest {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(check_request::Resource::Id("1".to_owned())),
        consistency: None,
    }
}

fn user(id: &str) -> pb::Object {
    let user = pb::User { id: id.to_owned(), ..pb::User::default() };
    pb::Object { object: Some(pb::object::Object::User(user)) }
}

fn put(object: pb::Object) -> pb::Operation {
    let operation = Some(pb::operation::Operation::Put(object));
    pb::Operation { operation, precondition: pb::Precondition::Unspecified.into() }
}

fn delete(key: pb::key::Key) -> pb::Operation {
    let operation = Some(pb::operation::Operation::Delete(pb::Key { key: Some(key) }));
    pb::Operation { operation, precondition: pb::Precondition::Unspecified.into() }
}

fn write(operations: Vec<pb::Operation>) -> pb::WriteRequest {
    pb::WriteRequest { operations, ..pb::WriteRequest::default() }
}

/// A message of an import in chunks.
fn chunk(objects: Vec<pb::Object>) -> pb::ImportRequest {
    let mode = pb::ImportMode::Chunked.into();
    pb::ImportRequest { mode, objects, ..pb::ImportRequest::default() }
}

/// Texts that are no ids.
fn bad_ids() -> [String; 4] {
    ["x".repeat(129), "line\nbreak".to_owned(), "\u{85}".to_owned(), "ы".repeat(65)]
}
