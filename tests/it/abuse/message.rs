//! Calls whose messages, headers or paths are wrong.

use std::io::Write as _;

use dopusk::api::pb;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::caller::CALLS;
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message as _;

use super::wire::{End, message, request};
use super::{Site, question};
use crate::world::Dice;

const CHECK: &str = "/dopusk.v1.DecisionService/Check";

/// Sends bodies to a path, a stream each, and gives what was answered: whole messages alone are.
fn answers(site: &Site, path: &str, more: &[(&str, &str)], bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut data = Vec::new();
    // Fewer than the streams that a connection may have.
    for bodies in bodies.chunks(100) {
        let mut wire = site.wire();
        for (at, body) in bodies.iter().enumerate() {
            wire.send(&request(2 * u32::try_from(at).unwrap() + 1, path, more, body));
        }
        let told = wire.streams(bodies.len());
        assert!(matches!(told.end, End::Answered | End::GoAway(_) | End::Closed), "{told:?}");
        data.extend(told.data);
    }
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_none_are_refused_by_every_call() {
    let site = Site::start().await;
    let dice = &mut Dice::new(4);
    let mut tried = 0;
    // A watch answers before it reads, and never ends.
    for call in CALLS.iter().filter(|call| call.name != "Watch") {
        let noise = |dice: &mut Dice| {
            let length = 1 + dice.below(60);
            let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
            // The first is a field of a form that no message has, so that none is right by chance.
            message(&[&[0x0f], bytes.as_slice()].concat())
        };
        let bodies: Vec<Vec<u8>> = (0..100).map(|_| noise(dice)).collect();
        tried += bodies.len();
        assert_eq!(answers(&site, call.path, &[], &bodies), b"", "{}", call.name);
    }
    site.assert_well("messages that are none", tried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_that_lie_packed_messages_and_deep_ones_are_refused() {
    let site = Site::start().await;
    let right = message(&question("root").encode_to_vec());
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let packed = |bytes: &[u8]| {
        let mut framed = message(bytes);
        framed[0] = 1;
        framed
    };
    let bodies = vec![
        vec![0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3],
        vec![0, 0, 0x50, 0, 0],
        vec![0, 0, 0, 0, 100, 1, 2, 3],
        vec![0, 0, 0],
        vec![7, 0, 0, 0, 0],
        right[..right.len() - 1].to_vec(),
        packed(&question("root").encode_to_vec()),
        packed(&bomb),
        message(&vec![0; (4 << 20) + 1]),
        // Groups within groups, and lengths within lengths.
        message(&[0x0b].repeat(1 << 20)),
        message(&[0x32, 0xff, 0xff, 0xff, 0x07].repeat(1 << 16)),
    ];
    for more in [
        &[][..],
        &[("grpc-encoding", "gzip")],
        &[("grpc-encoding", "identity")],
        &[("grpc-encoding", "none")],
    ] {
        for body in &bodies {
            assert_eq!(answers(&site, CHECK, more, std::slice::from_ref(body)), b"", "{more:?}");
        }
    }
    site.assert_well("lengths, bombs and depths", 4 * bodies.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_content_types_and_methods_that_are_not_the_contracts_get_nothing() {
    let site = Site::start().await;
    let body = message(&question("root").encode_to_vec());
    let paths = [
        "//dopusk.v1.DecisionService/Check",
        "/dopusk.v1.DecisionService//Check",
        "/dopusk.v1.DecisionService/Check/",
        "/dopusk.v1.DecisionService/./Check",
        "/x/../dopusk.v1.DecisionService/Check",
        "/dopusk.v1.DecisionService%2fCheck",
        "/dopusk.v1.DecisionService/%43heck",
        "/dopusk.v1.decisionservice/check",
        "/dopusk.v1.DecisionService/Check%00",
        "/dopusk.v1.DecisionService/Nothing",
        "/dopusk.v1.DirectoryService/Check",
        "/grpc.health.v1.Health/../../dopusk.v1.DecisionService/Check",
        "/grpc.health.v1.Health/%2e%2e/%2e%2e/dopusk.v1.DecisionService/Check",
        "/",
        "*",
    ];
    for path in paths {
        let told = answers(&site, path, &[], std::slice::from_ref(&body));
        assert_eq!(told, b"", "{path}");
    }
    let types = ["text/plain", "application/json", "application/grpc-web", "application/grpcx", "", "a/b;c"];
    for kind in types {
        let told = answers(&site, CHECK, &[("content-type", kind)], std::slice::from_ref(&body));
        assert_eq!(told, b"", "{kind}");
    }
    let timeouts = ["", "5", "5s", "-1S", "+5S", "999999999S", "1n", "S"];
    for timeout in timeouts {
        // A header that is none is passed over; one nanosecond is too short.
        answers(&site, CHECK, &[("grpc-timeout", timeout)], std::slice::from_ref(&body));
    }
    site.assert_well("paths, content types and timeouts", paths.len() + types.len() + timeouts.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_only_look_like_an_administrators_open_nothing() {
    let site = Site::start().await;
    let mut client = DecisionServiceClient::new(site.channel().await);
    let long = "root".repeat(1_000);
    let likenesses = [
        "",
        " ",
        "root ",
        " root",
        "root\0",
        "\0root",
        "root\n",
        "ro\u{ad}ot",
        "root\u{200b}",
        "Root",
        "ROOT",
        "rооt",
        "ｒｏｏｔ",
        "root\u{7f}",
        "root\u{85}",
        "root/../root",
        "root%00",
        "'root'",
        "root' OR '1'='1",
        "*",
        "%",
        "root,anna",
        "\u{202e}toor",
        "root\u{301}",
        &long,
    ];
    for subject in likenesses {
        let mut question = question(subject);
        // In every place of a question: an odd action or type is an error, never a grant.
        assert_no_allow(client.check(question.clone()).await, subject);
        question.subject = "anna".to_owned();
        subject.clone_into(&mut question.action);
        assert_no_allow(client.check(question.clone()).await, subject);
        question.action = "read".to_owned();
        subject.clone_into(&mut question.entity_type);
        assert_no_allow(client.check(question).await, subject);
    }
    site.assert_well("ids in disguise", 3 * likenesses.len()).await;
}

fn assert_no_allow(answer: Result<tonic::Response<pb::CheckResponse>, tonic::Status>, asked: &str) {
    if let Ok(answer) = answer {
        let effect = answer.into_inner().decision.unwrap().effect();
        assert_eq!(effect, pb::Effect::Deny, "{asked:?}");
    }
}
