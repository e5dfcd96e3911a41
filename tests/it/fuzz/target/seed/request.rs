//! Requests of every kind about the company, as they go over the wire.

use dopusk::api::{convert, pb};
use dopusk::domain::{Object, Operation};
use prost::Message;
use prost_types::Timestamp;

use crate::fuzz::target::call::CALLS;
use crate::fuzz::target::company;

/// A request behind the byte of its call.
fn call(name: &str, request: &impl Message) -> Vec<u8> {
    let at = CALLS.iter().position(|path| path.rsplit('/').next() == Some(name)).unwrap();
    let mut bytes = vec![u8::try_from(at).unwrap()];
    request.encode(&mut bytes).unwrap();
    bytes
}

fn facts() -> pb::Facts {
    pb::Facts {
        author: "eve".to_owned(),
        responsible: "bob".to_owned(),
        departments: vec!["d1".to_owned(), "nowhere".to_owned()],
        stage: "NEW".to_owned(),
        open: true,
        observers: vec!["bob".to_owned()],
    }
}

fn requirements() -> Vec<pb::Consistency> {
    use pb::consistency::Requirement;
    let time = Timestamp { seconds: 1_772_530_200, nanos: 5_000_000 };
    let all = [
        Requirement::AtLeast("0000000000000001.1".to_owned()),
        Requirement::Newest(true),
        Requirement::AtRevision("0000000000000001.1".to_owned()),
        Requirement::AtTime(time),
        Requirement::AtTime(Timestamp { seconds: i64::MAX, nanos: -1 }),
    ];
    all.into_iter().map(|it| pb::Consistency { requirement: Some(it) }).collect()
}

/// Requests to every call.
pub(crate) fn calls() -> Vec<Vec<u8>> {
    [decisions(), lists(), plans(), objects(), reviews()].concat()
}

fn decisions() -> Vec<Vec<u8>> {
    use pb::check_request::Resource;
    let words = |subject: &str, action: &str, entity_type: &str| pb::CheckRequest {
        subject: subject.to_owned(),
        action: action.to_owned(),
        entity_type: entity_type.to_owned(),
        resource: Some(Resource::Id("1".to_owned())),
        ..pb::CheckRequest::default()
    };
    let asked = [
        words("bob", "read", "deal"),
        words("ann", "update", "ticket"),
        words("gus", "delete", "deal"),
        words("dan", "read", "ticket"),
        words("nobody", "read", "deal"),
        pb::CheckRequest { resource: Some(Resource::Facts(facts())), ..words("cid", "add", "deal") },
        pb::CheckRequest {
            resource: Some(Resource::Facts(pb::Facts::default())),
            ..words("eve", "add", "ticket")
        },
    ];
    let mut seeds: Vec<Vec<u8>> = asked.iter().map(|it| call("Check", it)).collect();
    let at =
        |consistency| pb::CheckRequest { consistency: Some(consistency), ..words("bob", "read", "deal") };
    seeds.extend(requirements().into_iter().map(|it| call("Check", &at(it))));
    // A question is the same on the wire wherever it stands.
    let item = |it: &pb::CheckRequest| pb::BatchCheckItem::decode(it.encode_to_vec().as_slice()).unwrap();
    let items = asked.iter().map(item).collect();
    seeds.push(call("BatchCheck", &pb::BatchCheckRequest { items, ..pb::BatchCheckRequest::default() }));
    for it in &asked {
        let bytes = it.encode_to_vec();
        let explain = pb::ExplainRequest::decode(bytes.as_slice()).unwrap();
        seeds.push(call("Explain", &pb::ExplainRequest { language: "ru".to_owned(), ..explain }));
        seeds.push(call("WhyNot", &pb::WhyNotRequest::decode(bytes.as_slice()).unwrap()));
    }
    seeds
}

fn lists() -> Vec<Vec<u8>> {
    let list = pb::ListVisibleRequest {
        subject: "ann".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        page_size: 1,
        filter: Some(pb::VisibleFilter {
            stages: vec!["NEW".to_owned()],
            responsibles: vec!["bob".to_owned()],
            open: Some(false),
            ..pb::VisibleFilter::default()
        }),
        order: pb::ListOrder::SortKey.into(),
        descending: true,
        with_total: true,
        facets: vec![pb::Facet::Stage.into(), pb::Facet::Responsible.into()],
        cursor: "0000000000000000".to_owned(),
        ..pb::ListVisibleRequest::default()
    };
    let all = pb::ListVisibleRequest { filter: None, cursor: String::new(), page_size: 0, ..list.clone() };
    let tickets = pb::ListVisibleRequest { entity_type: "ticket".to_owned(), ..all.clone() };
    let count = pb::CountVisibleRequest {
        subject: "ann".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        filter: list.filter.clone(),
        facets: list.facets.clone(),
        ..pb::CountVisibleRequest::default()
    };
    let subjects = pb::ListSubjectsRequest {
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(pb::list_subjects_request::Resource::Id("1".to_owned())),
        page_size: 2,
        with_ways: true,
        ..pb::ListSubjectsRequest::default()
    };
    let inline = pb::list_subjects_request::Resource::Facts(facts());
    let actions = pb::ListActionsRequest {
        subject: "gus".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(pb::list_actions_request::Resource::Id("1".to_owned())),
        ..pb::ListActionsRequest::default()
    };
    let recipients = pb::ListRecipientsRequest {
        entity_type: "ticket".to_owned(),
        resource: Some(pb::list_recipients_request::Resource::Id("1".to_owned())),
        event: pb::NewsEvent::Updated.into(),
        ..pb::ListRecipientsRequest::default()
    };
    vec![
        call("ListVisible", &list),
        call("ListVisible", &all),
        call("ListVisible", &tickets),
        call("CountVisible", &count),
        call("ListSubjects", &pb::ListSubjectsRequest { resource: Some(inline), ..subjects.clone() }),
        call("ListSubjects", &subjects),
        call("ListActions", &actions),
        call("ListRecipients", &recipients),
    ]
}

fn plans() -> Vec<Vec<u8>> {
    let column =
        |name: &str| Some(pb::SqlSource { source: Some(pb::sql_source::Source::Column(name.to_owned())) });
    let link = pb::SqlLink { table: "x.seen".to_owned(), key: "deal".to_owned(), value: "who".to_owned() };
    let columns = pb::SqlColumns {
        id: "deals.id".to_owned(),
        stage: "deals.stage".to_owned(),
        responsible: "deals.owner".to_owned(),
        author: "author".to_owned(),
        open: "deals.open".to_owned(),
        departments: column("deals.department"),
        responsible_departments: column("deals.owner_department"),
        observers: Some(pb::SqlSource { source: Some(pb::sql_source::Source::Link(link)) }),
    };
    let plan = |dialect: i32, departments: i32| pb::PlanVisibleRequest {
        subject: "bob".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        departments,
        sql: Some(pb::SqlTarget { dialect, columns: Some(columns.clone()) }),
        ..pb::PlanVisibleRequest::default()
    };
    (0..4).map(|it| call("PlanVisible", &plan(it, it))).collect()
}

fn objects() -> Vec<Vec<u8>> {
    let object = company::objects().into_iter().next().unwrap();
    let key = Some(convert::key_to_wire(&object.key()));
    let page = pb::ListObjectsRequest {
        kind: pb::Kind::Resource.into(),
        entity_type: "deal".to_owned(),
        user: "bob".to_owned(),
        page_size: 1,
        page_token: convert::page_token(&object.key()),
        ..pb::ListObjectsRequest::default()
    };
    let import = pb::ImportRequest {
        mode: pb::ImportMode::Chunked.into(),
        objects: company::objects().iter().map(convert::object_to_wire).collect(),
        ..pb::ImportRequest::default()
    };
    let changes = pb::ListChangesRequest {
        object: key.clone(),
        author: "ann".to_owned(),
        since: Some(Timestamp { seconds: 1, nanos: 1 }),
        page_size: 1,
        order: pb::ChangeOrder::OldestFirst.into(),
        ..pb::ListChangesRequest::default()
    };
    let mut seeds = vec![
        call("GetObject", &pb::GetObjectRequest { key, ..pb::GetObjectRequest::default() }),
        call("ListObjects", &page),
        call(
            "ListObjects",
            &pb::ListObjectsRequest { kind: 3, role: "own".to_owned(), ..Default::default() },
        ),
        call("Import", &import),
        call("Export", &pb::ExportRequest::default()),
        call("ListChanges", &changes),
        call("Watch", &pb::WatchRequest { after: "0000000000000001.0".to_owned() }),
        call("Watch", &pb::WatchRequest::default()),
    ];
    for operation in operations() {
        let operations = vec![convert::operation_to_wire(&operation)];
        let preview = pb::PreviewRequest { operations: operations.clone(), ..pb::PreviewRequest::default() };
        seeds.push(call("Preview", &preview));
        seeds.push(call("Write", &pb::WriteRequest { operations, ..pb::WriteRequest::default() }));
    }
    seeds
}

fn reviews() -> Vec<Vec<u8>> {
    let conflicts = pb::ListConflictsRequest {
        circle: Some(pb::list_conflicts_request::Circle::User("bob".to_owned())),
        filter: Some(pb::ConflictFilter {
            kinds: vec![1, 2],
            stage: Some("WON".to_owned()),
            roles: vec!["own".to_owned()],
            ..pb::ConflictFilter::default()
        }),
        with_texts: true,
        ..pb::ListConflictsRequest::default()
    };
    let advice =
        pb::ListAdviceRequest { kinds: vec![1, 5], people_max: 3, ..pb::ListAdviceRequest::default() };
    vec![
        call("ListConflicts", &conflicts),
        call("ListConflicts", &pb::ListConflictsRequest::default()),
        call("ListAdvice", &advice),
        call("ListAdvice", &pb::ListAdviceRequest::default()),
    ]
}

/// Puts and deletions of everything there is.
fn operations() -> Vec<Operation> {
    let all = company::objects();
    let deletions = all.iter().map(|object| Operation::delete(object.key()));
    all.iter().cloned().map(Operation::put).chain(deletions).collect()
}

/// Writes of one and of several operations.
pub(crate) fn writes() -> Vec<Vec<u8>> {
    let write = |operations: &[Operation]| pb::WriteRequest {
        operations: operations.iter().map(convert::operation_to_wire).collect(),
        author: "ann".to_owned(),
        ..pb::WriteRequest::default()
    };
    let all = operations();
    let objects: Vec<Object> = company::objects();
    let some = all.chunks(5).chain([&all[..objects.len()]]);
    all.chunks(1).chain(some).map(|it| write(it).encode_to_vec()).collect()
}
