//! What the command prints for programs.

use std::process::Command;

use serde_json::{Value, json};

use crate::server::Server;

/// The JSON that a command prints; a denial ends it with another exit code.
fn printed(server: &Server, words: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.args(words).args(["--output", "json", "--server"]).arg(format!("http://{}", server.address));
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|fault| panic!("{words:?}: {fault}: {error}"))
}

#[test]
fn an_explanation_is_printed_as_its_whole_structure() {
    let server = Server::demo();
    let told = printed(&server, &["explain", "tom", "read", "deal", "deal-offer"]);
    assert_eq!((&told["allowed"], &told["reason"]), (&json!(false), &json!("detailed_entry_closed")));
    assert_eq!(told["rules"], json!(["3.5"]));
    assert_eq!(told["subject"], json!({ "id": "tom", "name": "Tom Twain" }));
    assert_eq!(told["facts"]["stage"], "OFFER");
    assert_eq!(told["crm"]["roles"][1]["reaches"], json!([{ "department": "north" }]));
    let weighing = &told["crm"]["action"];
    assert_eq!((&weighing["detailed"], &weighing["united"]), (&json!(true), &json!([])));
    let analyst = json!({
        "role": { "id": "analyst", "name": "Analyst" },
        "detailed": false,
        "level": ["all"],
        "counts": false,
        "hidden_by": ["seller"],
    });
    assert_eq!(weighing["entries"][0], analyst);
    assert!(told["support"].is_null() && told["short"].is_string() && told["full"].is_string());
    let told = printed(&server, &["explain", "stella", "read_hidden", "ticket", "ticket-cara"]);
    let group = json!({ "group": { "id": "night-shift", "name": "Night shift" }, "can_view": true });
    assert_eq!(told["support"]["role"], "staff");
    assert_eq!(told["support"]["side"]["groups"], json!([group]));
    assert_eq!((&told["ways"][0]["kind"], &told["asked"][0]["holds"]), (&json!("team_group"), &json!(true)));
    let told = printed(&server, &["explain", "nina", "read", "deal", "deal-offer"]);
    let scopes = told["crm"]["action"]["scopes"].as_array().unwrap();
    let opens: Vec<_> =
        scopes.iter().map(|it| (it["scope"].as_str().unwrap(), it["opens"] == true)).collect();
    assert_eq!(opens, [("self", false), ("department", true), ("subdepartments", false)]);
}

#[test]
fn history_is_printed_with_each_object_before_and_after() {
    let server = Server::demo();
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), "users: [{id: tom, name: Tom, departments: [north]}]").unwrap();
    let path = file.path().to_str().unwrap();
    let put = printed(&server, &["put", path, "--author", "ann", "--comment", "leaves\nmarketing"]);
    let told = printed(&server, &["history", "user", "tom", "--author", "ann", "--since", "2020-01-01"]);
    let set = &told["changes"][0];
    assert_eq!(told["changes"].as_array().unwrap().len(), 1);
    assert_eq!((&set["revision"], &set["author"]), (&put["revision"], &json!("ann")));
    assert_eq!(set["comment"], "leaves\nmarketing");
    assert_eq!(set["changes"][0]["before"]["users"]["departments"], json!(["marketing", "north"]));
    assert_eq!(set["changes"][0]["after"]["users"]["departments"], json!(["north"]));
    let time = set["committed_at"].as_str().unwrap();
    let now = printed(&server, &["check", "tom", "read", "deal", "deal-lost", "--at", time]);
    assert_eq!((&now["revision"], &now["allowed"]), (&put["revision"], &json!(false)));
    let all = printed(&server, &["history", "user", "tom", "--oldest-first"]);
    let before = all["changes"][0]["revision"].as_str().unwrap();
    let then = printed(&server, &["check", "tom", "read", "deal", "deal-lost", "--at", before]);
    assert_eq!((then["revision"].as_str(), &then["allowed"]), (Some(before), &json!(true)));
}
