//! Each line is what was answered, and is found by the id that the answer carries.

use std::collections::{BTreeMap, BTreeSet};

use dopusk::api::convert;
use dopusk::api::pb;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::why_not_service_client::WhyNotServiceClient;
use dopusk::caller::{CALLS, Token};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::Request;

use super::{check, everything, host, id, item, lines};
use crate::host::Host;

/// Lines without what is different each time, by their ids.
fn by_id(lines: Vec<Value>) -> BTreeMap<String, Value> {
    let told = lines.into_iter().map(|mut line| {
        let latency = line["data"].as_object_mut().unwrap().remove("latency_us").unwrap();
        assert!(latency.as_f64().unwrap() > 0.0);
        assert_eq!(line["specversion"], "1.0");
        assert!(convert::parse_time(line["time"].as_str().unwrap()).is_ok(), "{line}");
        (line["id"].as_str().unwrap().to_owned(), line)
    });
    told.collect()
}

/// Makes every call that decides, and gives what its line must be by the id of its answer.
async fn ask_everything(host: &Host) -> BTreeMap<String, Value> {
    let mut wanted = BTreeMap::new();
    let mut client = host.decisions();
    let text = str::to_owned;

    let answer = client.check(check("anna", "1")).await.unwrap();
    let asked =
        json!({"call": "Check", "subject": "anna", "action": "read", "entity_type": "deal", "id": "1"});
    let told = answer.get_ref();
    wanted.insert(id(&answer).unwrap(), decided(asked, told.decision.as_ref().unwrap(), &told.revision));

    let request = pb::ExplainRequest {
        subject: text("root"),
        action: text("add"),
        entity_type: text("deal"),
        resource: Some(pb::explain_request::Resource::Facts(pb::Facts {
            responsible: text("anna"),
            stage: text("NEW"),
            observers: vec![text("carl")],
            ..pb::Facts::default()
        })),
        ..pb::ExplainRequest::default()
    };
    let answer = client.explain(request).await.unwrap();
    let facts = json!({"responsible": "anna", "stage": "NEW", "open": false, "observers": ["carl"]});
    let asked =
        json!({"call": "Explain", "subject": "root", "action": "add", "entity_type": "deal", "facts": facts});
    let told = answer.get_ref();
    wanted.insert(id(&answer).unwrap(), decided(asked, told.decision.as_ref().unwrap(), &told.revision));

    let request = pb::BatchCheckRequest {
        items: vec![item("root", "read"), item("root", "fly"), item("anna", "read")],
        consistency: None,
    };
    let answer = client.batch_check(request).await.unwrap();
    let told = answer.get_ref();
    for (at, subject) in [(0, "root"), (2, "anna")] {
        let Some(pb::batch_check_result::Result::Decision(decision)) = &told.results[at].result else {
            panic!("{told:?}")
        };
        let asked = json!({"call": "BatchCheck", "subject": subject, "action": "read", "entity_type": "deal",
            "id": "1", "index": at});
        wanted.insert(format!("{}.{at}", id(&answer).unwrap()), decided(asked, decision, &told.revision));
    }

    let request = pb::WhyNotRequest {
        subject: text("anna"),
        action: text("read"),
        entity_type: text("deal"),
        resource: Some(pb::why_not_request::Resource::Id(text("1"))),
        ..pb::WhyNotRequest::default()
    };
    let answer = WhyNotServiceClient::new(host.channel.clone()).why_not(request).await.unwrap();
    let asked =
        json!({"call": "WhyNot", "subject": "anna", "action": "read", "entity_type": "deal", "id": "1"});
    let told = answer.get_ref();
    wanted.insert(id(&answer).unwrap(), decided(asked, told.decision.as_ref().unwrap(), &told.revision));
    wanted
}

/// Makes every call about all resources of a type.
async fn list_everything(host: &Host) -> BTreeMap<String, Value> {
    let mut wanted = BTreeMap::new();
    let mut client = host.decisions();
    let text = str::to_owned;
    let (subject, action, entity_type) = (text("root"), text("read"), text("deal"));

    let request = pb::ListVisibleRequest {
        subject: subject.clone(),
        action: action.clone(),
        entity_type: entity_type.clone(),
        ..pb::ListVisibleRequest::default()
    };
    let mut answer = client.list_visible(request).await.unwrap();
    let mut revision = String::new();
    while let Some(chunk) = answer.get_mut().message().await.unwrap() {
        revision = chunk.revision;
    }
    let asked = json!({"call": "ListVisible", "subject": "root", "action": "read", "entity_type": "deal"});
    wanted.insert(id(&answer).unwrap(), listed(asked, "count", json!(2), &revision));

    let request = pb::CountVisibleRequest {
        subject: subject.clone(),
        action: action.clone(),
        entity_type: entity_type.clone(),
        ..pb::CountVisibleRequest::default()
    };
    let answer = client.count_visible(request).await.unwrap();
    let asked = json!({"call": "CountVisible", "subject": "root", "action": "read", "entity_type": "deal"});
    wanted.insert(id(&answer).unwrap(), listed(asked, "count", json!(2), &answer.get_ref().revision));

    let request =
        pb::PlanVisibleRequest { subject, action, entity_type, ..pb::PlanVisibleRequest::default() };
    let answer = client.plan_visible(request).await.unwrap();
    let asked = json!({"call": "PlanVisible", "subject": "root", "action": "read", "entity_type": "deal"});
    wanted.insert(id(&answer).unwrap(), listed(asked, "plan", json!("always"), &answer.get_ref().revision));

    wanted
}

/// Makes every call about a resource that answers with a list.
async fn list_around(host: &Host) -> BTreeMap<String, Value> {
    let mut wanted = BTreeMap::new();
    let mut client = host.decisions();
    let text = str::to_owned;

    let request = pb::ListSubjectsRequest {
        action: text("read"),
        entity_type: text("deal"),
        resource: Some(pb::list_subjects_request::Resource::Id(text("1"))),
        ..pb::ListSubjectsRequest::default()
    };
    let answer = client.list_subjects(request).await.unwrap();
    let asked = json!({"call": "ListSubjects", "action": "read", "entity_type": "deal", "id": "1"});
    wanted.insert(id(&answer).unwrap(), listed(asked, "count", json!(1), &answer.get_ref().revision));

    let request = pb::ListActionsRequest {
        subject: text("root"),
        entity_type: text("deal"),
        resource: Some(pb::list_actions_request::Resource::Id(text("1"))),
        ..pb::ListActionsRequest::default()
    };
    let answer = client.list_actions(request).await.unwrap();
    let asked = json!({"call": "ListActions", "subject": "root", "entity_type": "deal", "id": "1"});
    let count = answer.get_ref().actions.len();
    wanted.insert(id(&answer).unwrap(), listed(asked, "count", json!(count), &answer.get_ref().revision));

    let request = pb::ListRecipientsRequest {
        entity_type: text("ticket"),
        resource: Some(pb::list_recipients_request::Resource::Id(text("7"))),
        event: pb::NewsEvent::Updated.into(),
        ..pb::ListRecipientsRequest::default()
    };
    let answer = client.list_recipients(request).await.unwrap();
    let asked = json!({"call": "ListRecipients", "entity_type": "ticket", "id": "7"});
    let count = answer.get_ref().recipients.len();
    wanted.insert(id(&answer).unwrap(), listed(asked, "count", json!(count), &answer.get_ref().revision));
    wanted
}

/// The line of a decision.
fn decided(mut asked: Value, decision: &pb::Decision, revision: &str) -> Value {
    let reason = dopusk::domain::Reason::EACH
        .into_iter()
        .find(|it| it.name() == convert::reason_name(decision))
        .unwrap();
    asked["effect"] = json!(convert::effect_of(decision).name());
    asked["reason"] = json!(reason.name());
    asked["rules"] = json!(reason.rules());
    asked["revision"] = json!(revision);
    json!({"type": "dopusk.v1.decision", "data": asked})
}

/// The line of a list or a plan.
fn listed(mut asked: Value, name: &str, value: Value, revision: &str) -> Value {
    let kind = if name == "plan" { "dopusk.v1.plan" } else { "dopusk.v1.list" };
    asked[name] = value;
    asked["revision"] = json!(revision);
    json!({"type": kind, "data": asked})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_that_decides_is_logged_as_it_was_answered() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("decisions");
    let host = host(everything(file.clone())).await;
    let mut wanted = ask_everything(&host).await;
    wanted.append(&mut list_everything(&host).await);
    wanted.append(&mut list_around(&host).await);
    host.stop().await;
    let told = by_id(lines(&file));
    assert_eq!(told.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (id, wanted) in &wanted {
        let line = &told[id];
        assert_eq!((&line["type"], &line["data"]), (&wanted["type"], &wanted["data"]), "{id}");
        let store = line["data"]["revision"].as_str().unwrap().split('.').next().unwrap();
        assert_eq!(line["source"], format!("/dopusk/{store}"));
    }
    let deciding =
        CALLS.iter().filter(|it| it.path.contains("DecisionService") || it.path.contains("WhyNotService"));
    let logged: BTreeSet<&str> = told.values().map(|it| it["data"]["call"].as_str().unwrap()).collect();
    assert_eq!(logged, deciding.map(|call| call.name).collect(), "a call that decides leaves no line");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_names_the_caller_its_trace_and_its_own_name_for_the_call_but_no_secret() {
    let folder = TempDir::new().unwrap();
    let (file, callers, token) =
        (folder.path().join("decisions"), folder.path().join("callers.toml"), Token::random());
    let entry = format!("[[caller]]\nname = 'helpdesk'\ntokens = ['{}']\nmay_write = true\n", token.hash());
    std::fs::write(&callers, entry).unwrap();
    let host = Host::start_with(|settings| {
        settings.callers = Some(callers);
        settings.decision_log = Some(everything(file.clone()));
    })
    .await;
    let company = dopusk::bundle::Bundle::read(
        "company.yaml",
        dopusk::bundle::Encoding::Yaml,
        super::COMPANY.as_bytes(),
    );
    let operations = company.unwrap().into_objects().map(dopusk::domain::Operation::put).collect();
    let write = dopusk::domain::Write { operations, ..dopusk::domain::Write::default() };
    host.engine().write(write).await.unwrap();
    let mut request = Request::new(check("root", "1"));
    let headers = request.metadata_mut();
    headers.insert("authorization", format!("Bearer {}", token.secret()).parse().unwrap());
    headers.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap());
    headers.insert("x-request-id", "shop \"4711\"".parse().unwrap());
    let answer = DecisionServiceClient::new(host.channel.clone()).check(request).await.unwrap();
    let mut unknown = Request::new(check("root", "1"));
    unknown.metadata_mut().insert("authorization", "Bearer wrong-secret".parse().unwrap());
    assert!(host.decisions().check(unknown).await.is_err());
    host.stop().await;
    let told = lines(&file);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["id"].as_str().map(str::to_owned), id(&answer));
    let data = &told[0]["data"];
    let origin = [&data["caller"], &data["trace_id"], &data["request_id"]];
    assert_eq!(origin, ["helpdesk", "4bf92f3577b34da6a3ce929d0e0e4736", "shop \"4711\""]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(token.secret()) && !text.contains("wrong-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_its_reader_leaves_is_logged_with_what_he_was_sent() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("decisions");
    let host = host(everything(file.clone())).await;
    let request = pb::ListVisibleRequest {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        page_size: 1,
        ..pb::ListVisibleRequest::default()
    };
    let answer = host.decisions().list_visible(request).await.unwrap();
    let id = id(&answer).unwrap();
    drop(answer);
    host.stop().await;
    let told = lines(&file);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["id"], id);
    assert!(told[0]["data"]["count"].as_u64().unwrap() <= 1);
}
