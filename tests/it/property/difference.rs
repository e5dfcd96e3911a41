//! What a write turns equals the oracle's decisions before and after it: for every user, action and resource.

use std::collections::{BTreeMap, BTreeSet};

use dopusk::difference::{ChangedAct, Comparison, Creation, CreationTurn, Difference, UserTurn};
use dopusk::directory::{Directory, UserIndex};
use dopusk::domain::{EntityType, Facts, Id, Key, SUBJECTS_SAMPLE_MAX};
use dopusk::snapshot::{Outcome, Snapshot};
use dopusk::visibility::Turned;

use crate::oracle::{Answer, Oracle};

/// Names what one user may create: his id, the type, the action and the stage.
type Place = (Id, Id, Id, Option<Id>);

/// Names one user's decisions of one action on existing resources.
type Act = (Id, Id, Id);

/// Decisions that are turned, by brute force.
#[derive(Default, PartialEq, Eq, Debug)]
struct Brute {
    gained: BTreeMap<Act, BTreeSet<Id>>,
    lost: BTreeMap<Act, BTreeSet<Id>>,
    creations: BTreeMap<Place, (Creation, Creation)>,
}

pub(super) fn assert_same(oracles: [&Oracle; 2], before: &Snapshot, outcome: &Outcome) {
    let wanted = brute(oracles);
    let comparison = Comparison::new(before, outcome);
    let difference = comparison.difference(&mut || true).unwrap();
    let names = Names(outcome.snapshot.directory());
    assert_same_acts(&wanted, &difference, &comparison, &names);
    let creations = difference.users.iter().flat_map(|user| names.creations(user));
    assert_eq!(creations.collect::<BTreeMap<_, _>>(), wanted.creations);
    assert_same_resources(oracles, &difference, outcome);
}

fn assert_same_acts(wanted: &Brute, found: &Difference, comparison: &Comparison<'_>, names: &Names<'_>) {
    let empty = BTreeSet::new();
    let mut turned = BTreeMap::new();
    for user in &found.users {
        for act in &user.acts {
            let key = (names.user(user.user), names.entity_type(act.entity_type), act.action.clone());
            let gained = wanted.gained.get(&key).unwrap_or(&empty);
            let lost = wanted.lost.get(&key).unwrap_or(&empty);
            let whole = comparison.sample(user.user, act, usize::MAX);
            assert_eq!(&whole.gained.into_iter().collect::<BTreeSet<_>>(), gained, "{key:?}");
            assert_eq!(&whole.lost.into_iter().collect::<BTreeSet<_>>(), lost, "{key:?}");
            let one = comparison.sample(user.user, act, 1);
            assert_eq!((one.gained.len(), one.lost.len()), (gained.len().min(1), lost.len().min(1)));
            turned.insert(key, act.turned);
        }
    }
    let keys: BTreeSet<&Act> = wanted.gained.keys().chain(wanted.lost.keys()).collect();
    let count = |of: &BTreeMap<Act, BTreeSet<Id>>, key: &Act| of.get(key).unwrap_or(&empty).len() as u64;
    let counts = keys.into_iter().map(|key| {
        let turned = Turned { gained: count(&wanted.gained, key), lost: count(&wanted.lost, key) };
        (key.clone(), turned)
    });
    assert_eq!(turned, counts.collect::<BTreeMap<_, _>>());
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
    assert!(oracle.users.len() <= SUBJECTS_SAMPLE_MAX);
    oracle.users.keys().filter(is_allowed).cloned().collect()
}

fn brute([before, after]: [&Oracle; 2]) -> Brute {
    let [old, new] = [before, after].map(Decisions::of);
    let mut brute = Brute::default();
    for (act, ids) in &new.allowed {
        let gained: BTreeSet<Id> =
            ids.difference(old.allowed.get(act).unwrap_or(&BTreeSet::new())).cloned().collect();
        brute.gained.extend((!gained.is_empty()).then(|| (act.clone(), gained)));
    }
    for (act, ids) in &old.allowed {
        let lost: BTreeSet<Id> =
            ids.difference(new.allowed.get(act).unwrap_or(&BTreeSet::new())).cloned().collect();
        brute.lost.extend((!lost.is_empty()).then(|| (act.clone(), lost)));
    }
    for place in old.creations.keys().chain(new.creations.keys()) {
        let far = |of: &Decisions| of.creations.get(place).copied().unwrap_or(Creation::Denied);
        if far(&old) != far(&new) {
            brute.creations.insert(place.clone(), (far(&old), far(&new)));
        }
    }
    brute
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

    fn entity_type(&self, index: dopusk::directory::TypeIndex) -> Id {
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
