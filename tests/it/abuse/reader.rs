//! Streams that are asked for and never read, and imports that are too much.

use dopusk::api::convert;
use dopusk::api::pb;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::domain::{Department, Facts, Id, Object, Resource};
use prost::Message as _;
use tonic::Code;

use super::Site;
use super::wire::{Wire, message, request};

/// Enough that all answers together would be hundreds of times what a connection may have under way.
const RESOURCES: usize = 5_000;
const CONNECTIONS: usize = 4;
const STREAMS: u32 = 60;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn resource(at: usize) -> Object {
    let id = id(&format!("{at:0>128}"));
    Object::Resource(Box::new(Resource {
        entity_type: self::id("deal"),
        id,
        facts: Facts::default(),
        sort_key: 0,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_reads_take_no_memory() {
    let site = Site::start().await;
    site.write(&(0..RESOURCES).map(resource).collect::<Vec<_>>()).await;
    let list = pb::ListVisibleRequest {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        ..pb::ListVisibleRequest::default()
    };
    let calls = [
        ("/dopusk.v1.DecisionService/ListVisible", message(&list.encode_to_vec())),
        ("/dopusk.v1.DirectoryService/Export", message(b"")),
        ("/dopusk.v1.WatchService/Watch", message(b"")),
    ];
    let mut open: Vec<Wire> = Vec::new();
    for (path, body) in &calls {
        for _ in 0..CONNECTIONS {
            let mut wire = site.wire();
            for at in 0..STREAMS {
                assert!(wire.send(&request(2 * at + 1, path, &[], body)));
            }
            open.push(wire);
        }
        site.assert_well(&format!("unread answers of {path}"), open.len() * STREAMS as usize).await;
    }
    // What is told to the watchers is more than any of them takes in.
    site.write(&(0..RESOURCES).map(resource).collect::<Vec<_>>()).await;
    site.assert_well("changes that nobody reads", open.len() * STREAMS as usize).await;
    drop(open);
    site.assert_well("readers that went away", CONNECTIONS * calls.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_that_are_too_deep_or_too_much_are_refused_and_change_nothing() {
    let site = Site::start().await;
    let mut client = DirectoryServiceClient::new(site.channel().await);
    let chain = |at: usize| {
        let parent = (at > 0).then(|| id(&format!("d{}", at - 1)));
        let department =
            Department { id: id(&format!("d{at}")), name: String::new(), parent, heads: Vec::new() };
        Object::Department(department.into())
    };
    let wide =
        Facts { observers: (0..5_000).map(|at| id(&format!("{at:0>8}"))).collect(), ..Facts::default() };
    let wide = Resource { entity_type: id("deal"), id: id("wide"), facts: wide, sort_key: 0 };
    let imports: [Vec<Object>; 4] = [
        (0..900).map(chain).collect(),
        (0..1_001).map(resource).collect(),
        vec![Object::Resource(Box::new(wide))],
        (0..1_000).map(|_| chain(0)).chain([chain(2)]).collect(),
    ];
    for objects in &imports {
        let objects = objects.iter().map(convert::object_to_wire).collect();
        let mode = pb::ImportMode::Atomic.into();
        let message = pb::ImportRequest { mode, objects, ..pb::ImportRequest::default() };
        let answer = client.import(tokio_stream::once(message)).await;
        let refusal = match answer {
            Err(status) => status,
            Ok(answer) => answer.into_inner().message().await.unwrap_err(),
        };
        assert!(matches!(refusal.code(), Code::InvalidArgument | Code::FailedPrecondition), "{refusal:?}");
    }
    let left = client.get_object(pb::GetObjectRequest {
        key: Some(convert::key_to_wire(&chain(0).key())),
        consistency: None,
    });
    assert_eq!(left.await.unwrap_err().code(), Code::NotFound);
    site.assert_well("imports that are too much", imports.len()).await;
}
