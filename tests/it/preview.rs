//! Previews over gRPC: what a write would turn is what the oracle decides otherwise after it, and nothing is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dopusk::api::{convert, pb};
use dopusk::domain::{
    BindingSubject, EntityType, Facts, Grant, Model, Object, Operation, Resource, Role, RoleBinding,
    ScopeSet, SupportRole, User,
};
use tonic::{Code, Status};

use crate::host::{Host, assert_error};
use crate::oracle::Oracle;
use crate::property::{Act, Turned, turned};
use crate::world::{Dice, Size, id, puts, random_world, random_write, root};

fn request(operations: &[Operation]) -> pb::PreviewRequest {
    let operations = operations.iter().map(convert::operation_to_wire).collect();
    pb::PreviewRequest { operations, rows_max: 1_000, samples_max: 20, ..pb::PreviewRequest::default() }
}

async fn preview(host: &Host, request: pb::PreviewRequest) -> Result<pb::PreviewResponse, Status> {
    host.previews().preview(request).await.map(tonic::Response::into_inner)
}

async fn write(host: &Host, operations: &[Operation]) -> Result<(), Status> {
    let operations = operations.iter().map(convert::operation_to_wire).collect();
    let request = pb::WriteRequest { operations, ..pb::WriteRequest::default() };
    host.directory().write(request).await.map(drop)
}

/// The decisions that an answer names; worlds are small enough that all are.
fn told(answer: &pb::PreviewResponse) -> BTreeMap<Act, Turned> {
    let mut told = BTreeMap::new();
    for user in &answer.users {
        for act in &user.actions {
            let ids = |ids: &[String]| ids.iter().map(|text| id(text)).collect::<BTreeSet<_>>();
            let turned = Turned { gained: ids(&act.gained), lost: ids(&act.lost) };
            let counts = act.turned.unwrap();
            assert_eq!(counts.gained, turned.gained.len() as u64);
            assert_eq!(counts.lost, turned.lost.len() as u64);
            let user = id(&user.user.as_ref().unwrap().id);
            told.insert((user, id(&act.entity_type), id(&act.action)), turned);
        }
    }
    told
}

fn assert_sums(answer: &pb::PreviewResponse, turned: &BTreeMap<Act, Turned>) {
    let sum = |of: fn(&Turned) -> usize| turned.values().map(|it| of(it) as u64).sum::<u64>();
    let wanted = pb::TurnedCount { gained: sum(|it| it.gained.len()), lost: sum(|it| it.lost.len()) };
    assert_eq!(answer.turned, Some(wanted));
    let by_action = answer.actions.iter().filter_map(|it| it.turned);
    let by_user = answer.users.iter().filter_map(|it| it.turned);
    for sums in [by_action.collect::<Vec<_>>(), by_user.collect()] {
        let both = sums.iter().fold((0, 0), |(gained, lost), it| (gained + it.gained, lost + it.lost));
        assert_eq!(both, (wanted.gained, wanted.lost));
    }
    assert_eq!(answer.user_count, answer.users.len() as u64);
    assert_eq!(answer.department_count, answer.departments.len() as u64);
    assert_eq!(answer.resource_count, answer.resources.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_tells_what_the_write_turns_and_changes_nothing() {
    for seed in 0..3 {
        let dice = &mut Dice::new(seed);
        let mut oracle = Oracle::of(&random_world(dice, Size::SMALL));
        let host = Host::start().await;
        write(&host, &puts(&oracle.objects())).await.unwrap();
        for _ in 0..12 {
            let operations = random_write(dice, &oracle);
            let before = host.export().await;
            let answer = preview(&host, request(&operations)).await;
            assert_eq!(host.export().await, before);
            let written = write(&host, &operations).await;
            let (answer, ()) = match (answer, written) {
                (Ok(answer), Ok(written)) => (answer, written),
                (Err(refusal), Err(wanted)) => {
                    assert_eq!((refusal.code(), refusal.message()), (wanted.code(), wanted.message()));
                    continue;
                }
                (answer, written) => panic!("{answer:?} {written:?}"),
            };
            assert_eq!(answer.revision, before.1);
            let end = oracle.write(&operations).unwrap();
            let wanted = turned([&oracle, &end]);
            assert_eq!(told(&answer), wanted);
            assert_sums(&answer, &wanted);
            oracle = end;
        }
        host.stop().await;
    }
}

fn user(name: &str) -> User {
    User {
        id: id(name),
        name: format!("Name of {name}"),
        departments: vec![],
        active: true,
        admin: false,
        support_role: SupportRole::None,
    }
}

fn deal(number: &str, responsible: &str) -> Resource {
    let facts = Facts { responsible: Some(id(responsible)), stage: Some(id("NEW")), ..Facts::default() };
    Resource { entity_type: id("deal"), id: id(number), facts, sort_key: 0 }
}

fn put_deal(deal: Resource) -> Operation {
    Operation::put(Object::Resource(Box::new(deal)))
}

fn role(stages: &[(&str, &str)]) -> Object {
    let level = |name| ScopeSet::from_level_name(name).unwrap();
    let stages = stages.iter().map(|(stage, name)| (id(stage), level(name))).collect();
    let grant = Grant { entity_type: id("deal"), action: id("read"), level: level("self"), stages };
    Object::Role(Arc::new(Role { id: id("own"), name: String::new(), grants: vec![grant] }))
}

/// Two people who read the deals that they are responsible for, and an administrator.
async fn small() -> Host {
    let host = Host::start().await;
    let entity_type = EntityType {
        name: id("deal"),
        model: Model::Crm,
        stages: vec![id("NEW"), id("WON")],
        actions: vec![id("read")],
    };
    let people = ["ada", "ben"].map(|name| Object::User(Arc::new(user(name))));
    let binding = RoleBinding { role: id("own"), subject: BindingSubject::Everyone };
    let mut objects = vec![Object::EntityType(Arc::new(entity_type)), root("root")];
    objects.extend(people);
    objects.extend([role(&[]), Object::RoleBinding(binding)]);
    objects.push(Object::Resource(Box::new(deal("1", "ada"))));
    write(&host, &puts(&objects)).await.unwrap();
    host
}

fn kinds(answer: &pb::PreviewResponse) -> Vec<pb::PreviewWarningKind> {
    answer.warnings.iter().map(pb::PreviewWarning::kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_with_another_responsible_tells_who_keeps_gains_and_loses_it() {
    let host = small().await;
    let answer = preview(&host, request(&[put_deal(deal("1", "ben"))])).await.unwrap();
    let [resource] = answer.resources.as_slice() else { panic!("{answer:?}") };
    let [reading] = resource.actions.as_slice() else { panic!("{answer:?}") };
    let ids = |people: &[pb::Named]| people.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&reading.keepers), ["root"]);
    assert_eq!(ids(&reading.gainers), ["ben"]);
    assert_eq!(ids(&reading.losers), ["ada"]);
    assert_eq!(reading.gainers[0].name, "Name of ben");
    assert_eq!(kinds(&answer), []);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_reader_of_a_resource_is_warned_of() {
    let host = small().await;
    let answer = preview(&host, request(&[put_deal(deal("1", "stranger"))])).await.unwrap();
    assert_eq!(kinds(&answer), [pb::PreviewWarningKind::LastReader]);
    assert_eq!((answer.warnings[0].entity_type.as_str(), answer.warnings[0].id.as_str()), ("deal", "1"));
    let new = preview(&host, request(&[put_deal(deal("2", "stranger"))])).await.unwrap();
    assert_eq!(kinds(&new), [], "nobody read it before");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_nobody_can_read_any_more_is_warned_of() {
    let host = small().await;
    let closed = Operation::put(role(&[("WON", "none")]));
    let answer = preview(&host, request(std::slice::from_ref(&closed))).await.unwrap();
    assert_eq!(kinds(&answer), [pb::PreviewWarningKind::UnreadStage]);
    assert_eq!(answer.warnings[0].stage, "WON");
    write(&host, &[closed]).await.unwrap();
    let again = preview(&host, request(&[Operation::put(role(&[("WON", "none"), ("NEW", "all")]))])).await;
    assert_eq!(kinds(&again.unwrap()), [], "nobody could read it before either");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_removes_himself_is_warned_in_his_language() {
    let host = small().await;
    let removed = [Operation::put(Object::User(Arc::new(user("root"))))];
    let asked =
        pb::PreviewRequest { author: "root".to_owned(), language: "ru".to_owned(), ..request(&removed) };
    let answer = preview(&host, asked).await.unwrap();
    let wanted = [pb::PreviewWarningKind::AuthorLosesAdministration, pb::PreviewWarningKind::NoAdministrator];
    assert_eq!(kinds(&answer), wanted);
    assert!(answer.warnings[0].text.contains("перестанет быть администратором"), "{answer:?}");
    let other = pb::PreviewRequest { author: "ada".to_owned(), ..request(&removed) };
    assert_eq!(kinds(&preview(&host, other).await.unwrap()), [pb::PreviewWarningKind::NoAdministrator]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_samples_are_bounded_and_counts_are_not() {
    let host = small().await;
    let deals: Vec<Operation> = (0..30).map(|at| put_deal(deal(&format!("n{at}"), "ada"))).collect();
    let asked = pb::PreviewRequest { rows_max: 1, samples_max: 3, ..request(&deals) };
    let answer = preview(&host, asked).await.unwrap();
    assert_eq!(answer.turned, Some(pb::TurnedCount { gained: 60, lost: 0 }));
    assert_eq!((answer.user_count, answer.users.len()), (2, 1));
    assert_eq!((answer.resource_count, answer.resources.len()), (30, 1));
    let act = &answer.users[0].actions[0];
    assert_eq!((act.turned.unwrap().gained, act.gained.len()), (30, 3));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_of_another_revision_or_of_nonsense_is_refused() {
    let host = small().await;
    let (_, revision) = host.export().await;
    let change = [put_deal(deal("1", "ben"))];
    let asked = pb::PreviewRequest { expected_revision: revision, ..request(&change) };
    preview(&host, asked.clone()).await.unwrap();
    write(&host, &change).await.unwrap();
    assert_error(&preview(&host, asked).await.unwrap_err(), Code::Aborted, "REVISION_CONFLICT");
    let nonsense = [
        (pb::PreviewRequest::default(), "operations"),
        (pb::PreviewRequest { author: "\n".to_owned(), ..request(&change) }, "author"),
        (pb::PreviewRequest { language: "de".to_owned(), ..request(&change) }, "language"),
    ];
    for (asked, field) in nonsense {
        let refusal = preview(&host, asked).await.unwrap_err();
        assert_eq!(assert_error(&refusal, Code::InvalidArgument, "INVALID_FIELD"), [field]);
    }
    host.stop().await;
}
