//! What is logged is what was chosen: nothing, a part, denials, without what is masked; and where it goes.

use std::fs;

use dopusk::api::pb;
use dopusk::journal::{DecisionSettings, Mask, Selection};
use dopusk::server::{ServeError, start};
use tempfile::TempDir;

use super::{check, everything, host, id, item, lines};
use crate::host::{Host, settings};
use crate::process::Process;
use crate::tool::must;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_no_id_where_nothing_is_logged() {
    let host = Host::start().await;
    let users = "users: [{id: root, admin: true}]\nentity_types: [{name: deal, model: crm, actions: [read]}]";
    let bundle = dopusk::bundle::Bundle::read("a.yaml", dopusk::bundle::Encoding::Yaml, users.as_bytes());
    let operations: Vec<_> = bundle.unwrap().into_objects().map(dopusk::domain::Operation::put).collect();
    host.write(&operations).await.unwrap();
    let answer = host.decisions().check(check("root", "1")).await.unwrap();
    assert_eq!(id(&answer), None);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_calls_is_logged_and_only_their_answers_have_ids() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("decisions");
    let host = host(DecisionSettings { percent: 20, ..everything(file.clone()) }).await;
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.extend(id(&host.decisions().check(check("root", "1")).await.unwrap()));
    }
    host.stop().await;
    assert!((38..=42).contains(&ids.len()), "{} of 200", ids.len());
    let logged: Vec<_> = lines(&file).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(logged, ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn denials_alone_are_logged_where_that_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("decisions");
    let host = host(DecisionSettings { selection: Selection::Denials, ..everything(file.clone()) }).await;
    let mut client = host.decisions();
    assert_eq!(id(&client.check(check("root", "1")).await.unwrap()), None);
    let denied = id(&client.check(check("anna", "1")).await.unwrap()).unwrap();
    let items = vec![item("root", "read"), item("anna", "read")];
    let batch = client.batch_check(pb::BatchCheckRequest { items, consistency: None }).await.unwrap();
    let batch = format!("{}.1", id(&batch).unwrap());
    let list = pb::ListVisibleRequest {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        ..pb::ListVisibleRequest::default()
    };
    let mut list = client.list_visible(list).await.unwrap();
    assert_eq!(id(&list), None);
    while list.get_mut().message().await.unwrap().is_some() {}
    host.stop().await;
    let told = lines(&file);
    assert_eq!(told.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(), [denied, batch]);
    assert!(told.iter().all(|line| line["data"]["effect"] == "deny"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_masked_is_in_no_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("decisions");
    let mask = Mask { subject: true, resource: true, facts: true };
    let host = host(DecisionSettings { mask, ..everything(file.clone()) }).await;
    let mut client = host.decisions();
    client.check(check("masked-subject", "masked-resource")).await.unwrap();
    let facts = pb::Facts { responsible: "masked-fact".to_owned(), ..pb::Facts::default() };
    let resource = Some(pb::check_request::Resource::Facts(facts));
    client.check(pb::CheckRequest { resource, ..check("masked-subject", "") }).await.unwrap();
    host.stop().await;
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(lines(&file).len(), 2);
    assert!(!text.contains("masked"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_is_put_aside_and_a_bounded_number_is_kept() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("decisions");
    let mut log = everything(file.clone());
    log.file.bytes_max = 1;
    let mut host = host(log).await;
    for subject in ["one", "two", "three", "four"] {
        host.decisions().check(check(subject, "1")).await.unwrap();
        // What was decided is in the file when the server has stopped.
        host = host.restart().await;
    }
    host.stop().await;
    let kept = ["decisions.000002", "decisions.000003", "decisions"];
    let subjects = kept.map(|name| lines(&folder.path().join(name))[0]["data"]["subject"].clone());
    assert_eq!(subjects, ["two", "three", "four"]);
    assert!(!folder.path().join("decisions.000001").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_made_is_told_at_the_start() {
    let folder = TempDir::new().unwrap();
    let mut settings = settings(folder.path().join("store"));
    let file = folder.path().join("absent/decisions");
    settings.decision_log = Some(everything(file.clone()));
    let error = start(settings).await.err().expect("it must not start");
    assert!(matches!(error, ServeError::Journal(_)), "{error:?}");
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}

#[test]
fn the_command_logs_as_its_settings_say() {
    let folder = TempDir::new().unwrap();
    let (file, config) = (folder.path().join("decisions"), folder.path().join("dopusk.toml"));
    fs::write(&config, "decision_log_filter = 'denials'\ndecision_log_mask = ['resource']\n").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.env("DOPUSK_DECISION_LOG", &file).env("DOPUSK_CONFIG", &config);
    let process = Process::spawn_under(command, &folder.path().join("store"));
    let url = process.url();
    let dopusk = || std::process::Command::new(env!("CARGO_BIN_EXE_dopusk"));
    let company = folder.path().join("company.yaml");
    fs::write(&company, super::COMPANY).unwrap();
    must(dopusk().arg("import").arg(&company).args(["--server", &url]));
    must(dopusk().args(["check", "root", "read", "deal", "1", "--server", &url]));
    let denied = dopusk().args(["check", "anna", "read", "deal", "1", "--server", &url]).output().unwrap();
    assert_eq!(denied.status.code(), Some(1));
    process.stop();
    let told = lines(&file);
    assert_eq!(told.len(), 1, "{told:?}");
    let data = &told[0]["data"];
    assert_eq!((&data["subject"], &data["effect"]), (&"anna".into(), &"deny".into()));
    assert_eq!(data.get("id"), None);
}
