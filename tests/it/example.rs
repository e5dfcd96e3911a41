//! The examples run against a real server, and answer alike.

use std::process::Command;

use crate::server::Server;
use crate::tool::{buf, must, python, root};

/// Subject, action, entity type and resource that the demo's company has.
const QUESTION: [&str; 4] = ["nina", "read", "deal", "deal-won"];

#[test]
fn the_python_example_asks_a_question_and_a_list() {
    let server = Server::demo();
    let printed = must(
        Command::new(python())
            .arg(root().join("examples/python/check.py"))
            .arg(&server.address)
            .args(QUESTION),
    );
    let lines: Vec<&str> = printed.lines().collect();
    let [decision, list] = lines[..] else { panic!("two lines, not {lines:?}") };
    assert!(decision.starts_with("nina may read deal deal-won: EFFECT_ALLOW, REASON_"), "{decision}");
    let (_, ids) = list.split_once(": ").unwrap();
    assert!(ids.split(' ').any(|id| id == "deal-won"), "what may be read is in the list: {list}");
}

#[test]
fn the_shell_example_makes_its_calls() {
    let server = Server::demo();
    let printed = must(
        Command::new("bash")
            .arg(root().join("examples/grpcurl.sh"))
            .arg(&server.address)
            .args(QUESTION)
            .env("BUF", buf()),
    );
    let answers: Vec<serde_json::Value> =
        serde_json::Deserializer::from_str(&printed).into_iter().map(Result::unwrap).collect();
    let [check, list, .., inline, roles] = &answers[..] else {
        panic!("four answers or more, not {printed}")
    };
    assert_eq!(check["decision"]["effect"], "EFFECT_ALLOW");
    assert!(list["ids"].as_array().unwrap().contains(&"deal-won".into()), "{list}");
    assert_eq!(inline["decision"]["effect"], "EFFECT_ALLOW");
    assert!(!roles["objects"].as_array().unwrap().is_empty(), "{roles}");
}
