//! Advice over gRPC: an example of each kind, and one next to it where there is nothing to advise.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dopusk::api::pb;
use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::Object;
use pb::AdviceKind as Kind;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use super::{assert_golden, sample};
use crate::host::{Host, assert_error};

/// What most worlds have: a type, three departments one under the other, and somebody who may read and update all.
const BASE: &str = "
entity_types: [{name: deal, model: crm, stages: [NEW, WON], actions: [read, update]}]
departments: [{id: top, heads: [boss]}, {id: mid, parent: top}, {id: low, parent: mid}, {id: side}]
users: [{id: boss, departments: [top]}, {id: ann, departments: [mid]}, {id: bob, departments: [low]},
  {id: cat, departments: [side]}, {id: gone, departments: [side], active: false}, {id: root, admin: true}]
roles:
  - {id: all, grants: [{entity_type: deal, action: read, level: all}, {entity_type: deal, action: update, level: all}]}
  - {id: some, grants: [{entity_type: deal, action: read, level: self}]}
  - {id: shut, grants: [{entity_type: deal, action: read, level: all, stages: {WON: none}}]}
";

/// A kind; what is added to the base where it is found, with the first object that it is about; and where it is not.
const EACH: [(Kind, &str, &str, &str); 13] = [
    (
        Kind::StageUnread,
        "role_bindings: [{role: shut, subject: {user: ann}}]",
        "deal WON",
        "role_bindings: [{role: shut, subject: {user: ann}}, {role: all, subject: {user: bob}}]",
    ),
    (
        Kind::DepartmentWithoutUpdater,
        "role_bindings: [{role: some, subject: {user: ann}}, {role: all, subject: {user: bob}}]",
        "mid",
        "role_bindings: [{role: some, subject: {user: ann}}, {role: all, subject: {department: mid}}]",
    ),
    (
        Kind::DepartmentsConflict,
        "users: [{id: dan, departments: [mid, side]}]
role_bindings: [{role: all, subject: {department: mid}}, {role: shut, subject: {department: side}}]",
        "mid",
        "users: [{id: dan, departments: [mid, side]}]
role_bindings: [{role: all, subject: {department: mid}}, {role: all, subject: {department: side}}]",
    ),
    (
        Kind::SubdepartmentsIncluded,
        "role_bindings: [{role: all, subject: {department: mid, include_subdepartments: true}}]",
        "binding of role all to department mid and those below it",
        "role_bindings: [{role: all, subject: {department: low, include_subdepartments: true}}]",
    ),
    (
        Kind::ManagersIncluded,
        "role_bindings: [{role: all, subject: {user: ann, include_managers: true}}]",
        "binding of role all to user ann and his managers",
        "role_bindings: [{role: all, subject: {user: cat, include_managers: true}}]",
    ),
    (
        Kind::DepartmentWithoutRoles,
        "role_bindings: [{role: all, subject: {department: low}}, {role: some, subject: {department: top}}]",
        "mid",
        "role_bindings: [{role: all, subject: {department: low}},
  {role: some, subject: {department: top, include_subdepartments: true}}]",
    ),
    (
        Kind::SmallTeam,
        "role_bindings: [{role: all, subject: {department: mid}}]",
        "deal",
        "role_bindings: [{role: all, subject: {user: ann}}, {role: all, subject: {user: bob}}]",
    ),
    (
        Kind::EntryAsElement,
        "roles: [{id: same, grants: [{entity_type: deal, action: read, level: self, stages: {NEW: self}}]}]",
        "same read deal NEW",
        "roles: [{id: same, grants: [{entity_type: deal, action: read, level: self, stages: {NEW: all}}]}]",
    ),
    (
        Kind::EntryNeverCounts,
        "role_bindings: [{role: all, subject: {user: ann}}, {role: shut, subject: {department: mid}}]",
        "all read deal WON",
        "role_bindings: [{role: all, subject: {user: ann}}, {role: all, subject: {user: bob}},
  {role: shut, subject: {department: mid}}]",
    ),
    (
        Kind::BroadGrant,
        "role_bindings: [{role: some, subject: {everyone: true}}]",
        "some read deal ",
        "role_bindings: [{role: some, subject: {user: ann}}]",
    ),
    (
        Kind::RoleUnheld,
        "role_bindings: [{role: all, subject: {user: ann}}, {role: shut, subject: {user: ann}},
  {role: some, subject: {user: gone}}]",
        "some",
        "role_bindings: [{role: all, subject: {user: ann}}, {role: shut, subject: {user: ann}},
  {role: some, subject: {user: cat}}]",
    ),
    (
        Kind::BindingIdle,
        "role_bindings: [{role: all, subject: {user: ann}},
  {role: all, subject: {department: mid, include_subdepartments: true}}]",
        "binding of role all to user ann",
        "role_bindings: [{role: all, subject: {user: cat}},
  {role: all, subject: {department: mid, include_subdepartments: true}}]",
    ),
    (
        Kind::GroupWithoutViewer,
        "users: [{id: cli, support_role: client}, {id: old, support_role: client, active: false}]
support_groups: [{id: acme, members: [{user: cli}, {user: old, can_view: true}]}]",
        "acme",
        "users: [{id: cli, support_role: client}, {id: old, support_role: client}]
support_groups: [{id: acme, members: [{user: cli}, {user: old, can_view: true}]}]",
    ),
];

fn objects(text: &str) -> Vec<Object> {
    Bundle::read("world.yaml", Encoding::Yaml, text.as_bytes()).unwrap().into_objects().collect()
}

async fn advice(host: &Host, request: pb::ListAdviceRequest) -> Result<Vec<pb::Advice>, Status> {
    let mut answers = host.reviews().list_advice(request).await?.into_inner();
    let (mut advice, mut total) = (Vec::new(), None);
    while let Some(answer) = answers.next().await {
        let answer = answer?;
        total = Some(answer.total);
        advice.extend(answer.advice);
    }
    assert_eq!(total, Some(advice.len() as u64), "the total is always told");
    Ok(advice)
}

/// What a finding is about, above all.
fn first(advice: &pb::Advice) -> String {
    use pb::advice_object::Object as Wire;
    let id = |it: &pb::Named| it.id.clone();
    match advice.about[0].object.as_ref().unwrap() {
        Wire::Department(it) | Wire::Role(it) | Wire::SupportGroup(it) => id(it),
        Wire::EntityType(name) => name.clone(),
        Wire::Stage(it) => format!("{} {}", it.entity_type, it.stage),
        Wire::Grant(it) => {
            let role = id(it.role.as_ref().unwrap());
            format!("{role} {} {} {}", it.action, it.entity_type, it.stages.join(" "))
        }
        Wire::Binding(it) => {
            let key = pb::key::Key::RoleBinding(it.binding.clone().unwrap());
            dopusk::api::convert::key(&pb::Key { key: Some(key) }, "").unwrap().to_string()
        }
    }
}

/// What the findings of a kind are about, in a world of the base and more.
async fn found(kind: Kind, more: &str) -> Vec<pb::Advice> {
    let host = Host::start().await;
    let world: Vec<Object> = objects(BASE).into_iter().chain(objects(more)).collect();
    host.import(&world).await.unwrap();
    let all = advice(&host, pb::ListAdviceRequest::default()).await.unwrap();
    let wanted: Vec<pb::Advice> = all.into_iter().filter(|it| it.kind() == kind).collect();
    let request = pb::ListAdviceRequest { kinds: vec![kind.into()], ..pb::ListAdviceRequest::default() };
    assert_eq!(advice(&host, request).await.unwrap(), wanted, "the kind alone is the same");
    host.stop().await;
    wanted
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_found_where_it_is_and_not_where_it_is_not() {
    let mut met = BTreeSet::new();
    for (kind, with, about, without) in EACH {
        let there = found(kind, with).await;
        assert!(there.iter().any(|it| first(it) == about), "{kind:?}: {there:#?}");
        let absent = found(kind, without).await;
        assert!(absent.iter().all(|it| first(it) != about), "{kind:?}: {absent:#?}");
        met.insert(kind as i32);
    }
    assert_eq!(met.len(), dopusk::review::AdviceKind::EACH.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_advice_on_the_sample_company_is_told_as_it_was_agreed() {
    let host = Host::start().await;
    host.import(&sample()).await.unwrap();
    for language in ["en", "ru"] {
        let request =
            pb::ListAdviceRequest { language: language.to_owned(), ..pb::ListAdviceRequest::default() };
        let mut told = String::new();
        for it in advice(&host, request).await.unwrap() {
            let people: Vec<String> = it.people.iter().map(|it| it.id.clone()).collect();
            let (rules, people) = (it.rules.join(", "), people.join(", "));
            writeln!(told, "{} ({rules})\n  {}\n  {}\n  {people}\n", it.found, it.why, it.remedy).unwrap();
        }
        assert_golden(&format!("advice-{language}.txt"), &told);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_told_in_both_languages_as_it_was_agreed() {
    let mut told = String::new();
    for (kind, with, about, _) in EACH {
        let host = Host::start().await;
        let world: Vec<Object> = objects(BASE).into_iter().chain(objects(with)).collect();
        host.import(&world).await.unwrap();
        for language in ["en", "ru"] {
            let (kinds, language) = (vec![kind.into()], language.to_owned());
            let request = pb::ListAdviceRequest { kinds, language, ..pb::ListAdviceRequest::default() };
            let all = advice(&host, request).await.unwrap();
            let it = all.iter().find(|it| first(it) == about).unwrap();
            writeln!(told, "{}\n  {}\n  {}", it.found, it.why, it.remedy).unwrap();
        }
        told.push('\n');
        host.stop().await;
    }
    assert_golden("advice-kinds.txt", &told);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_change_of_a_finding_is_taken_and_mends_it() {
    let mut mended = 0;
    for (kind, with, about, _) in EACH {
        let host = Host::start().await;
        let world: Vec<Object> = objects(BASE).into_iter().chain(objects(with)).collect();
        host.import(&world).await.unwrap();
        let all = advice(&host, pb::ListAdviceRequest::default()).await.unwrap();
        let it = all.iter().find(|it| it.kind() == kind && first(it) == about).unwrap();
        if !it.change.is_empty() {
            let operations = it.change.clone();
            let request = pb::WriteRequest { operations, ..pb::WriteRequest::default() };
            host.directory().write(request).await.unwrap();
            let left = advice(&host, pb::ListAdviceRequest::default()).await.unwrap();
            assert!(left.iter().all(|it| it.kind() != kind || first(it) != about), "{kind:?}: {left:#?}");
            mended += 1;
        }
        host.stop().await;
    }
    assert_eq!(mended, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_would_turn_is_what_its_preview_tells() {
    const DEALS: &str =
        "resources: [{type: deal, id: a, responsible: ann, stage: WON}, {type: deal, id: b, stage: NEW},
  {type: deal, id: c, responsible: cat, departments: [mid], stage: NEW}]";
    let mut turned = 0;
    for (kind, with, about, _) in EACH {
        let host = Host::start().await;
        let world = [BASE, with, DEALS].map(objects).concat();
        host.import(&world).await.unwrap();
        let request = pb::ListAdviceRequest { with_effects: true, ..pb::ListAdviceRequest::default() };
        let all = advice(&host, request).await.unwrap();
        let it = all.iter().find(|it| it.kind() == kind && first(it) == about).unwrap();
        assert_eq!(it.effect.is_some(), !it.change.is_empty(), "{kind:?}");
        if let Some(effect) = &it.effect {
            let request = pb::PreviewRequest { operations: it.change.clone(), ..Default::default() };
            let preview = host.previews().preview(request).await.unwrap().into_inner();
            let told = pb::TurnedCount { gained: effect.gained, lost: effect.lost };
            assert_eq!((Some(told), effect.users), (preview.turned, preview.user_count), "{kind:?}");
            turned += effect.gained + effect.lost;
        }
        host.stop().await;
    }
    assert!(turned > 0, "some changes turn something");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_thresholds_are_the_callers() {
    let host = Host::start().await;
    let more = "role_bindings: [{role: all, subject: {department: mid}}, {role: all, subject: {user: cat}}]";
    let world: Vec<Object> = objects(BASE).into_iter().chain(objects(more)).collect();
    host.import(&world).await.unwrap();
    let ask = |kind: Kind, team_people_max, broad_percent| {
        let kinds = vec![kind.into()];
        advice(&host, pb::ListAdviceRequest { kinds, team_people_max, broad_percent, ..Default::default() })
    };
    // Two of five active users hold the role.
    assert_eq!(ask(Kind::SmallTeam, 2, 0).await.unwrap().len(), 1);
    assert_eq!(ask(Kind::SmallTeam, 1, 0).await.unwrap().len(), 0);
    assert_eq!(ask(Kind::BroadGrant, 0, 39).await.unwrap()[0].people_count, 2);
    assert_eq!(ask(Kind::BroadGrant, 0, 40).await.unwrap().len(), 0);
    let status = ask(Kind::BroadGrant, 0, 101).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["broad_percent"]);
    let status = ask(Kind::Unspecified, 0, 0).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["kinds[0]"]);
    host.stop().await;
}
