//! Comparison of all answers on one snapshot with the oracle's.

use std::collections::BTreeSet;

use dopusk::directory::{ActionKind, TypeIndex, TypeNode};
use dopusk::domain::{Effect, EntityType, Id, Model, NewsEvent, Obligation, Resource};
use dopusk::rights::{Act, EffectiveRights, decide, recipients};
use dopusk::snapshot::Snapshot;
use dopusk::visibility::View;

use super::{Twins, list};
use crate::oracle::{Answer, Rights};
use crate::world::Dice;

/// Everything that `percent` of the users may, and who may what on some resources, and who is told.
pub(super) fn assert_same(twins: &Twins, dice: &mut Dice, percent: usize) {
    for user in chosen(twins, dice, percent) {
        let pair = Pair::of(twins, &user);
        for entity_type in twins.oracle.types.values() {
            for action in &entity_type.actions {
                pair.assert_same_entries(entity_type, action);
                pair.assert_same_decisions(entity_type, action);
                pair.assert_same_list(entity_type, action, dice);
            }
        }
    }
    assert_same_recipients(twins, dice);
}

/// The lists alone of `percent` of the users.
pub(super) fn assert_same_lists(twins: &Twins, dice: &mut Dice, percent: usize) {
    for user in chosen(twins, dice, percent) {
        let pair = Pair::of(twins, &user);
        for entity_type in twins.oracle.types.values() {
            for action in &entity_type.actions {
                pair.assert_same_list(entity_type, action, dice);
            }
        }
    }
}

fn chosen(twins: &Twins, dice: &mut Dice, percent: usize) -> Vec<Id> {
    twins.oracle.users.keys().filter(|_| dice.percent(percent)).cloned().collect()
}

/// One user's rights on both sides.
struct Pair<'a> {
    twins: &'a Twins,
    wanted: Rights,
    rights: EffectiveRights,
}

impl<'a> Pair<'a> {
    fn of(twins: &'a Twins, user: &Id) -> Self {
        let directory = twins.snapshot.directory();
        let (index, _) = directory.find_user(user.as_str()).unwrap();
        Self {
            twins,
            wanted: twins.oracle.rights(user).unwrap(),
            rights: EffectiveRights::compile(directory, index).unwrap(),
        }
    }

    fn act(&self, entity_type: &EntityType, action: &Id) -> Act<'a> {
        act(&self.twins.snapshot, entity_type, action)
    }

    fn assert_same_entries(&self, entity_type: &EntityType, action: &Id) {
        let act = self.act(entity_type, action);
        for stage in std::iter::once(None).chain(entity_type.stages.iter().map(Some)) {
            let place = (entity_type.name.clone(), action.clone(), stage.cloned());
            let wanted = self.wanted.entries[&place];
            let found = self.rights.entry(act.node, act.action, stage.and_then(|name| act.node.stage(name)));
            let detailed = found.is_present().then_some(found.is_detailed());
            assert_eq!((found.scopes(), detailed), (wanted.scopes, wanted.detailed), "{place:?}");
        }
    }

    fn assert_same_decisions(&self, entity_type: &EntityType, action: &Id) {
        let oracle = &self.twins.oracle;
        for resource in oracle.resources_of(&entity_type.name) {
            let wanted = oracle.decide(Some(&self.wanted), entity_type, action, Some(&resource.facts));
            let answer = self.decide(entity_type, action, resource);
            assert_eq!(answer, wanted, "{:?} {action} {resource:?}", self.wanted.user);
        }
    }

    fn decide(&self, entity_type: &EntityType, action: &Id, resource: &Resource) -> Answer {
        let act = self.act(entity_type, action);
        let row = self.twins.snapshot.resources(act.entity_type).get(resource.id.as_str()).unwrap();
        let decision = decide(self.twins.snapshot.directory(), &self.rights, &act, &row.target());
        match (decision.effect, decision.obligation) {
            (Effect::Allow, None) => Answer::Allow,
            (Effect::Allow, Some(Obligation::ResponsibleIsSubject)) => Answer::AllowOwn,
            (Effect::Deny, None) => Answer::Deny,
            (Effect::Deny, Some(obligation)) => panic!("a denial obliges to {obligation:?}"),
        }
    }

    fn assert_same_list(&self, entity_type: &EntityType, action: &Id, dice: &mut Dice) {
        let act = self.act(entity_type, action);
        if act.kind() != ActionKind::Create {
            let wanted = self.twins.oracle.list_visible(Some(&self.wanted), entity_type, action);
            let index = self.twins.snapshot.resources(act.entity_type);
            let view = View { directory: self.twins.snapshot.directory(), rights: &self.rights, act, index };
            list::assert_same(&self.twins.oracle, view, &wanted, dice);
        }
    }
}

fn find<'a>(snapshot: &'a Snapshot, entity_type: &EntityType) -> (TypeIndex, &'a TypeNode) {
    snapshot.directory().catalog().find(entity_type.name.as_str()).unwrap()
}

fn act<'a>(snapshot: &'a Snapshot, entity_type: &EntityType, action: &Id) -> Act<'a> {
    let (index, node) = find(snapshot, entity_type);
    Act { entity_type: index, node, action: node.action(action.as_str()).unwrap() }
}

/// Of some tickets of every support type.
fn assert_same_recipients(twins: &Twins, dice: &mut Dice) {
    let directory = twins.snapshot.directory();
    for entity_type in twins.oracle.types.values().filter(|it| it.model == Model::Support) {
        let (index, _) = find(&twins.snapshot, entity_type);
        for ticket in twins.oracle.resources_of(&entity_type.name).filter(|_| dice.percent(30)) {
            let row = twins.snapshot.resources(index).get(ticket.id.as_str()).unwrap();
            for event in [NewsEvent::Created, NewsEvent::Updated] {
                let told = recipients(directory, &row.target(), event);
                let told: BTreeSet<Id> =
                    told.into_iter().map(|user| directory.user(user).unwrap().id().clone()).collect();
                let wanted = twins.oracle.recipients(&entity_type.name, Some(&ticket.facts), event).unwrap();
                assert_eq!(told, wanted.into_keys().collect(), "{ticket:?} {event:?}");
            }
        }
    }
}
