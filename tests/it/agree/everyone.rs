//! Everything that everyone may, asked in every way.

use std::collections::BTreeSet;

use dopusk::api::convert;
use dopusk::api::pb;
use dopusk::api::pb::{
    batch_check_item, batch_check_result, check_request, consistency, list_actions_request,
    list_subjects_request,
};
use dopusk::domain::{Facts, Id};
use tonic::Status;

use super::Allowed;
use crate::host::Host;
use crate::oracle::Oracle;
use crate::property::holds;
use crate::world::{Dice, id};

/// All users, and one who doesn't exist.
pub(super) fn users(oracle: &Oracle) -> Vec<Id> {
    oracle.users.keys().cloned().chain([id("nobody")]).collect()
}

/// By BatchCheck: each question once by the resource's id and once by its facts.
pub(super) async fn by_batch(host: &Host, oracle: &Oracle) -> Allowed {
    let mut questions = Vec::new();
    for user in users(oracle) {
        for resource in oracle.resources.values() {
            for action in &oracle.types[&resource.entity_type].actions {
                questions.push((user.clone(), action.clone(), resource.clone()));
            }
        }
    }
    let mut allowed = Allowed::new();
    for chunk in questions.chunks(500) {
        let items = chunk.iter().flat_map(|(user, action, resource)| {
            let item = |it| pb::BatchCheckItem {
                subject: user.to_string(),
                action: action.to_string(),
                entity_type: resource.entity_type.to_string(),
                resource: Some(it),
            };
            let facts = batch_check_item::Resource::Facts(facts(&resource.facts));
            [item(batch_check_item::Resource::Id(resource.id.to_string())), item(facts)]
        });
        let request = pb::BatchCheckRequest { items: items.collect(), consistency: None };
        let results = host.decisions().batch_check(request).await.unwrap().into_inner().results;
        for (question, pair) in chunk.iter().zip(results.chunks(2)) {
            assert_eq!(pair[0], pair[1], "by id and by facts: {question:?}");
            let Some(batch_check_result::Result::Decision(decision)) = &pair[0].result else {
                panic!("{question:?}: {:?}", pair[0]);
            };
            if decision.effect() == pb::Effect::Allow {
                let (user, action, resource) = question.clone();
                allowed.insert((resource.entity_type, action, user, resource.id));
            }
        }
    }
    allowed
}

/// A single check, at least as new as a token.
pub(super) async fn check(
    host: &Host,
    (user, action, entity_type, resource): (&Id, &Id, &Id, &Id),
    at_least: Option<String>,
) -> Result<pb::CheckResponse, Status> {
    let request = pb::CheckRequest {
        subject: user.to_string(),
        action: action.to_string(),
        entity_type: entity_type.to_string(),
        resource: Some(check_request::Resource::Id(resource.to_string())),
        consistency: at_least
            .map(|token| pb::Consistency { requirement: Some(consistency::Requirement::AtLeast(token)) }),
    };
    Ok(host.decisions().check(request).await?.into_inner())
}

/// Checks, lists, plans, subjects and actions say what BatchCheck says, for `percent` of the questions.
pub(super) async fn assert_agree(host: &Host, oracle: &Oracle, percent: usize, dice: &mut Dice) {
    let allowed = by_batch(host, oracle).await;
    for user in users(oracle).iter().filter(|_| dice.percent(percent)) {
        for entity_type in oracle.types.values() {
            for action in entity_type.actions.iter().filter(|action| !is_creation(action)) {
                assert_same_list(host, &allowed, (user, action, &entity_type.name)).await;
                assert_same_plans(host, (&allowed, oracle), (user, action, &entity_type.name)).await;
            }
        }
    }
    for resource in oracle.resources.values() {
        if !dice.percent(percent) {
            continue;
        }
        let actions = &oracle.types[&resource.entity_type].actions;
        for action in actions.iter().filter(|action| !is_creation(action)) {
            assert_same_subjects(host, &allowed, (action, &resource.entity_type, &resource.id)).await;
        }
        for user in users(oracle) {
            let key = (&user, &resource.entity_type, &resource.id);
            assert_same_actions(host, &allowed, key, actions).await;
            for action in actions.iter().filter(|_| dice.percent(10)) {
                let question = (&user, action, &resource.entity_type, &resource.id);
                let decision = check(host, question, None).await.unwrap().decision.unwrap();
                let place = (resource.entity_type.clone(), action.clone(), user.clone(), resource.id.clone());
                assert_eq!(decision.effect() == pb::Effect::Allow, allowed.contains(&place), "{question:?}");
            }
        }
    }
}

fn is_creation(action: &Id) -> bool {
    matches!(action.as_str(), "add" | "import")
}

async fn assert_same_list(host: &Host, allowed: &Allowed, (user, action, entity_type): (&Id, &Id, &Id)) {
    let request = pb::ListVisibleRequest {
        subject: user.to_string(),
        action: action.to_string(),
        entity_type: entity_type.to_string(),
        ..pb::ListVisibleRequest::default()
    };
    let found = host.list(request).await.unwrap();
    let is_asked = |it: &&(Id, Id, Id, Id)| (&it.0, &it.1, &it.2) == (entity_type, action, user);
    let wanted: Vec<String> = allowed.iter().filter(is_asked).map(|it| it.3.to_string()).collect();
    assert_eq!(found, wanted, "list of {user} {action} {entity_type}");
}

async fn assert_same_plans(
    host: &Host,
    (allowed, oracle): (&Allowed, &Oracle),
    (user, action, entity_type): (&Id, &Id, &Id),
) {
    for departments in [pb::PlanDepartments::Resolved, pb::PlanDepartments::Kept] {
        let request = pb::PlanVisibleRequest {
            subject: user.to_string(),
            action: action.to_string(),
            entity_type: entity_type.to_string(),
            departments: departments.into(),
            ..pb::PlanVisibleRequest::default()
        };
        let answer = host.decisions().plan_visible(request).await.unwrap().into_inner();
        let condition = convert::planned(&answer).unwrap();
        for resource in oracle.resources_of(entity_type) {
            let place = (entity_type.clone(), action.clone(), user.clone(), resource.id.clone());
            let found = holds(&condition, &resource.facts, oracle);
            assert_eq!(found, allowed.contains(&place), "plan of {place:?}: {condition:?}");
        }
    }
}

async fn assert_same_subjects(
    host: &Host,
    allowed: &Allowed,
    (action, entity_type, resource): (&Id, &Id, &Id),
) {
    let request = pb::ListSubjectsRequest {
        action: action.to_string(),
        entity_type: entity_type.to_string(),
        resource: Some(list_subjects_request::Resource::Id(resource.to_string())),
        ..pb::ListSubjectsRequest::default()
    };
    let found = host.decisions().list_subjects(request.clone()).await.unwrap().into_inner().users;
    let is_asked = |it: &&(Id, Id, Id, Id)| (&it.0, &it.1, &it.3) == (entity_type, action, resource);
    let wanted: Vec<String> = allowed.iter().filter(is_asked).map(|it| it.2.to_string()).collect();
    assert_eq!(found, wanted, "subjects of {action} {entity_type} {resource}");
    let request = pb::ListSubjectsRequest { with_ways: true, ..request };
    let told = host.decisions().list_subjects(request).await.unwrap().into_inner();
    let subjects: Vec<String> = told.subjects.iter().map(|it| it.user.clone()).collect();
    assert_eq!((&told.users, &subjects), (&wanted, &wanted), "subjects of {action} {entity_type} {resource}");
    assert!(told.subjects.iter().all(|it| !it.ways.is_empty()), "{told:?}");
}

async fn assert_same_actions(
    host: &Host,
    allowed: &Allowed,
    (user, entity_type, resource): (&Id, &Id, &Id),
    actions: &[Id],
) {
    let request = pb::ListActionsRequest {
        subject: user.to_string(),
        entity_type: entity_type.to_string(),
        resource: Some(list_actions_request::Resource::Id(resource.to_string())),
        consistency: None,
    };
    let found = host.decisions().list_actions(request).await.unwrap().into_inner().actions;
    let place = |action: &Id| (entity_type.clone(), action.clone(), user.clone(), resource.clone());
    let is_allowed = |action: &&Id| !is_creation(action) && allowed.contains(&place(action));
    let wanted: Vec<String> = actions.iter().filter(is_allowed).map(Id::to_string).collect();
    assert_eq!(found, wanted, "actions of {user} on {entity_type} {resource}");
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}

fn facts(facts: &Facts) -> pb::Facts {
    let text = |id: &Option<Id>| id.as_ref().map(Id::to_string).unwrap_or_default();
    // Sets: their order means nothing, and neither do repeats.
    let set = |ids: &[Id]| ids.iter().rev().chain(ids.first()).map(Id::to_string).collect();
    pb::Facts {
        author: text(&facts.author),
        responsible: text(&facts.responsible),
        departments: set(&facts.departments),
        stage: text(&facts.stage),
        open: facts.open,
        observers: set(&facts.observers),
    }
}
