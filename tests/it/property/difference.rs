//! What a write turns equals the oracle's decisions before and after it: for every user, action and resource.

use std::collections::{BTreeMap, BTreeSet};

use dopusk::difference::{ChangedAct, Comparison, Creation, CreationTurn, Difference, UserTurn};
use dopusk::directory::{Directory, TypeIndex, UserIndex};
use dopusk::domain::{EntityType, Facts, Id, Key, PREVIEW_SAMPLES_MAX};
use dopusk::snapshot::{Outcome, Snapshot};

use crate::oracle::{Answer, Oracle};

/// Names what one user may create: his id, the type, the action and the stage.
type Place = (Id, Id, Id, Option<Id>);

/// Names one user's decisions of one action on existing resources: his id, the type and the action.
pub(crate) type Act = (Id, Id, Id);

/// The resources of which a decision is turned.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Turned {
    pub(crate) gained: BTreeSet<Id>,
    pub(crate) lost: BTreeSet<Id>,
}

pub(super) fn assert_same(oracles: [&Oracle; 2], before: &Snapshot, outcome: &Outcome) {
    let comparison = Comparison::new(before, outcome);
    let difference = comparison.difference(&mut || true).unwrap();
    let names = Names(outcome.snapshot.directory());
    assert_same_acts(&turned(oracles), &difference, &comparison, &names);
    let creations = difference.users.iter().flat_map(|user| names.creations(user));
    assert_eq!(creations.collect::<BTreeMap<_, _>>(), creations_turned(oracles));
    assert_same_resources(oracles, &difference, outcome);
    assert!(difference == Difference::default() || comparison.difference(&mut || false).is_none());
}

fn assert_same_acts(
    wanted: &BTreeMap<Act, Turned>,
    found: &Difference,
    comparison: &Comparison<'_>,
    names: &Names<'_>,
) {
    let mut told = BTreeMap::new();
    for user in &found.users {
        let samples = comparison.samples(user, usize::MAX).into_iter().zip(comparison.samples(user, 1));
        for (act, (whole, one)) in user.acts.iter().zip(samples) {
            assert_eq!(one.gained.len(), whole.gained.len().min(1));
            assert_eq!(one.lost.len(), whole.lost.len().min(1));
            let counts = [act.turned.gained, act.turned.lost];
            assert_eq!(counts, [whole.gained.len() as u64, whole.lost.len() as u64]);
            let turned =
                Turned { gained: whole.gained.into_iter().collect(), lost: whole.lost.into_iter().collect() };
            let place = (names.user(user.user), names.entity_type(act.entity_type), act.action.clone());
            told.insert(place, turned);
        }
    }
    assert_eq!(told, *wanted);
}

/// Who keeps, gains and loses what on each resource that is changed.
fn assert_same_resources(oracles: [&Oracle; 2], found: &Difference, outcome: &Outcome) {
    let names = Names(outcome.snapshot.directory());
    let changed = outcome.changes.iter().filter(|it| matches!(it.key, Key::Resource { .. })).count();
    assert_eq!(found.resources.len(), changed);
    for resource in &found.resources {
        let entity_type = names.entity_type(resource.entity_type);
        for act in &resource.acts {
            let [before, after] = oracles.map(|oracle| subjects(oracle, &entity_type, act, &resource.id));
            let sample =
                |users: &[UserIndex]| users.iter().map(|it| names.user(*it)).collect::<BTreeSet<_>>();
            let [kept, gained, lost] = [sample(&act.keepers), sample(&act.gainers), sample(&act.losers)];
            assert_eq!(kept, before.intersection(&after).cloned().collect(), "{act:?}");
            assert_eq!(gained, after.difference(&before).cloned().collect(), "{act:?}");
            assert_eq!(lost, before.difference(&after).cloned().collect(), "{act:?}");
            let counts = [act.kept, act.turned.gained, act.turned.lost];
            assert_eq!(counts, [kept, gained, lost].map(|it| it.len() as u64));
            let people = |oracle: &Oracle, users: &BTreeSet<Id>| {
                users.iter().filter(|id| !oracle.users[*id].admin).count() as u64
            };
            assert_eq!(act.people, [people(oracles[0], &before), people(oracles[1], &after)]);
        }
    }
}

/// 5.2. Worlds are small enough that no sample is cut.
fn subjects(oracle: &Oracle, entity_type: &Id, act: &ChangedAct, id: &Id) -> BTreeSet<Id> {
    let Some(it) = oracle.types.get(entity_type).filter(|it| it.actions.contains(&act.action)) else {
        return BTreeSet::new();
    };
    let facts = oracle.resources.get(&(entity_type.clone(), id.clone())).map(|it| &it.facts);
    let is_allowed =
        |user: &&Id| oracle.decide(oracle.rights(user).as_ref(), it, &act.action, facts) != Answer::Deny;
    assert!(oracle.users.len() <= PREVIEW_SAMPLES_MAX);
    oracle.users.keys().filter(is_allowed).cloned().collect()
}

/// The decisions on existing resources that are turned, by brute force.
pub(crate) fn turned([before, after]: [&Oracle; 2]) -> BTreeMap<Act, Turned> {
    let [old, new] = [before, after].map(|oracle| Decisions::of(oracle).allowed);
    let nothing = BTreeSet::new();
    let acts: BTreeSet<&Act> = old.keys().chain(new.keys()).collect();
    let turned = acts.into_iter().map(|act| {
        let (old, new) = (old.get(act).unwrap_or(&nothing), new.get(act).unwrap_or(&nothing));
        let gained = new.difference(old).cloned().collect();
        (act.clone(), Turned { gained, lost: old.difference(new).cloned().collect() })
    });
    turned.filter(|(_, it)| *it != Turned::default()).collect()
}

/// What can be created otherwise, by brute force.
fn creations_turned([before, after]: [&Oracle; 2]) -> BTreeMap<Place, (Creation, Creation)> {
    let [old, new] = [before, after].map(|oracle| Decisions::of(oracle).creations);
    let far = |of: &BTreeMap<Place, Creation>, place| of.get(place).copied().unwrap_or(Creation::Denied);
    let places = old.keys().chain(new.keys());
    let each = places.map(|place| (place.clone(), (far(&old, place), far(&new, place))));
    each.filter(|(_, (before, after))| before != after).collect()
}

/// Every decision of a world.
struct Decisions {
    allowed: BTreeMap<Act, BTreeSet<Id>>,
    creations: BTreeMap<Place, Creation>,
}

impl Decisions {
    fn of(oracle: &Oracle) -> Self {
        let mut decisions = Self { allowed: BTreeMap::new(), creations: BTreeMap::new() };
        for user in oracle.users.keys() {
            for it in oracle.types.values() {
                for action in &it.actions {
                    decisions.decide(oracle, user, (it, action));
                }
            }
        }
        decisions
    }

    fn decide(&mut self, oracle: &Oracle, user: &Id, (it, action): (&EntityType, &Id)) {
        let rights = oracle.rights(user);
        let key = (user.clone(), it.name.clone(), action.clone());
        if !matches!(action.as_str(), "add" | "import") {
            let ids: BTreeSet<Id> = oracle.list_visible(rights.as_ref(), it, action).into_iter().collect();
            self.allowed.insert(key, ids);
            return;
        }
        for stage in std::iter::once(None).chain(it.stages.iter().cloned().map(Some)) {
            let facts = Facts { stage: stage.clone(), ..Facts::default() };
            let creation = match oracle.decide(rights.as_ref(), it, action, Some(&facts)) {
                Answer::Deny => Creation::Denied,
                Answer::AllowOwn => Creation::Own,
                Answer::Allow => Creation::Any,
            };
            self.creations.insert((user.clone(), it.name.clone(), action.clone(), stage), creation);
        }
    }
}

/// The ids behind indices.
struct Names<'a>(&'a Directory);

impl Names<'_> {
    fn user(&self, user: UserIndex) -> Id {
        self.0.user(user).unwrap().id().clone()
    }

    fn entity_type(&self, index: TypeIndex) -> Id {
        self.0.catalog().any(index).unwrap().entity_type().name.clone()
    }

    fn creations(&self, user: &UserTurn) -> Vec<(Place, (Creation, Creation))> {
        let one = |it: &CreationTurn| {
            let node = self.0.catalog().any(it.entity_type).unwrap();
            let stage = it.stage.map(|stage| node.stage_name(stage).unwrap().clone());
            let place = (self.user(user.user), self.entity_type(it.entity_type), it.action.clone(), stage);
            (place, (it.before, it.after))
        };
        user.creations.iter().map(one).collect()
    }
}
