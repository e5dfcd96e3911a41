//! What an explanation says that a decision rests on, it rests on: a counted entry that alone opens is taken away, and
//! the action is denied; one that is not alone is taken away, and it stays allowed.

use std::sync::Arc;

use dopusk::api::pb;
use dopusk::api::pb::explain_request::Resource;
use dopusk::api::pb::explanation::Grounds;
use dopusk::domain::{Effect, Grant, Id, Object, Resource as Stored, Role, ScopeSet};

use super::Pair;
use crate::oracle::{Asked, Query};
use crate::world::{Dice, Size, random_world};

/// Few resources, on which many roles meet.
const BOUND: Size = Size { bindings: 36, resources: 6, ..Size::SMALL };

async fn weighing(pair: &Pair, query: &Query, resource: &Stored) -> Option<(Effect, pb::Weighing)> {
    let request = pb::ExplainRequest {
        subject: query.user.to_string(),
        action: query.action.to_string(),
        entity_type: query.entity_type.to_string(),
        resource: Some(Resource::Id(resource.id.to_string())),
        ..pb::ExplainRequest::default()
    };
    let answer = pair.host.decisions().explain(request).await.unwrap().into_inner();
    let is_allowed = answer.decision?.effect() == pb::Effect::Allow;
    let effect = if is_allowed { Effect::Allow } else { Effect::Deny };
    match answer.explanation?.grounds? {
        Grounds::Crm(crm) => Some((effect, crm.action?)),
        Grounds::Support(_) => None,
    }
}

/// Whether the action stays allowed without what a role's entry gives; none where the explanation doesn't say.
fn stays_allowed(weighing: &pb::Weighing, role: &str) -> Option<bool> {
    let opening = weighing.scopes.iter().filter(|scope| scope.opens);
    let is_given_by_another = opening.flat_map(|scope| &scope.roles).any(|other| other != role);
    // An observer may have other reading by the same role.
    (is_given_by_another || weighing.observing.is_none()).then_some(is_given_by_another)
}

/// The role without the entry: a detailed one is emptied, so that it goes on hiding; an inherited one goes.
fn without(role: &Role, entity_type: &Id, weighing: &pb::Weighing, entry: &pb::RoleEntry) -> Role {
    let mut role = role.clone();
    let is_of = |grant: &Grant| grant.entity_type == *entity_type && grant.action.as_str() == weighing.action;
    if !entry.detailed {
        role.grants.retain(|grant| !is_of(grant));
        return role;
    }
    for grant in role.grants.iter_mut().filter(|grant| is_of(grant)) {
        let own = grant.stages.iter_mut().filter(|(stage, _)| stage.as_str() == weighing.stage);
        own.for_each(|(_, level)| *level = ScopeSet::NONE);
    }
    role
}

/// Where the action is allowed, takes each entry that counts away and asks again. Says how often the action was denied then, and how often not.
async fn assert_rests(pair: &Pair, query: &Query, resource: &Stored) -> [usize; 2] {
    let mut met = [0, 0];
    let Some((Effect::Allow, weighing)) = weighing(pair, query, resource).await else { return met };
    let weighing = &weighing;
    for entry in weighing.entries.iter().filter(|entry| entry.counts) {
        let id = Id::parse(&entry.role.as_ref().unwrap().id).unwrap();
        let Some(stays) = stays_allowed(weighing, id.as_str()) else { continue };
        let role = without(&pair.oracle.roles[&id], &query.entity_type, weighing, entry);
        let back = pair.put(&[Object::Role(Arc::new(role))]).await;
        assert_eq!(pair.is_allowed(query).await, stays, "{query:?} without {entry:?} of {weighing:#?}");
        pair.host.write(&back).await.unwrap();
        met[usize::from(stays)] += 1;
    }
    met
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_only_entry_that_opens_it_is_denied_and_without_another_it_stays_allowed() {
    let (mut denied, mut stayed) = (0, 0);
    for seed in 60..68 {
        let dice = &mut Dice::new(seed);
        let pair = Pair::of(&random_world(dice, BOUND)).await;
        for (user, resource) in pair
            .oracle
            .users
            .keys()
            .flat_map(|user| pair.oracle.resources.values().map(move |resource| (user, resource)))
        {
            let actions = &pair.oracle.types[&resource.entity_type].actions;
            let existing = actions.iter().filter(|it| !matches!(it.as_str(), "add" | "import"));
            for action in existing.filter(|_| dice.percent(50)) {
                let query = Query {
                    user: user.clone(),
                    action: action.clone(),
                    entity_type: resource.entity_type.clone(),
                    resource: Asked::Stored(resource.id.clone()),
                };
                let [fell, held] = assert_rests(&pair, &query, resource).await;
                (denied, stayed) = (denied + fell, stayed + held);
            }
        }
        pair.host.stop().await;
    }
    assert!(denied > 20 && stayed > 20, "{denied} were denied, {stayed} stayed allowed");
}
