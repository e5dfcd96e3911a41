//! The examples run against a real server, and answer alike.

use std::process::Command;

use crate::process::Process;
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
fn the_python_example_asks_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("dopusk.sock");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.env("DOPUSK_SOCKET", &socket);
    let server = Process::spawn_under(command, &folder.path().join("store"));
    let company = root().join("deploy/sample/company.yaml");
    let import = ["import", "--server", &server.url()];
    must(Command::new(env!("CARGO_BIN_EXE_dopusk")).args(import).arg(company));
    let mut example = Command::new(python());
    example.arg(root().join("examples/python/check.py")).arg(format!("unix:{}", socket.display()));
    let printed = must(example.args(QUESTION));
    assert!(printed.starts_with("nina may read deal deal-won: EFFECT_ALLOW"), "{printed}");
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
