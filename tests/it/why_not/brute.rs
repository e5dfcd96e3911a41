//! Every decision there is, one by one, and how many differ in another world.

use std::collections::{BTreeMap, BTreeSet};

use dopusk::domain::{EntityType, Facts, Id};

use crate::oracle::{Answer, Asked, Oracle, Query};

/// On what: a stored resource, or what would be created on a stage.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Thing {
    Stored(Id),
    New(Option<Id>),
}

/// A user, an action, an entity type, and on what.
type Place = (Id, Id, Id, Thing);

/// What is allowed; to create for oneself alone is less than for anybody.
pub(super) struct Decisions(BTreeMap<Place, Extent>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    Denied,
    Own,
    Any,
}

impl From<Answer> for Extent {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Deny => Self::Denied,
            Answer::AllowOwn => Self::Own,
            Answer::Allow => Self::Any,
        }
    }
}

fn creates(action: &Id) -> bool {
    matches!(action.as_str(), "add" | "import")
}

/// What an action of a type is decided on, with the facts.
fn things(oracle: &Oracle, it: &EntityType, action: &Id) -> Vec<(Thing, Facts)> {
    if creates(action) {
        let stages = std::iter::once(None).chain(it.stages.iter().cloned().map(Some));
        let new = |stage: Option<Id>| (Thing::New(stage.clone()), Facts { stage, ..Facts::default() });
        return stages.map(new).collect();
    }
    oracle.resources_of(&it.name).map(|it| (Thing::Stored(it.id.clone()), it.facts.clone())).collect()
}

impl Decisions {
    pub(super) fn of(oracle: &Oracle) -> Self {
        let mut allowed = BTreeMap::new();
        for user in oracle.users.keys() {
            let rights = oracle.rights(user);
            let acts = oracle.types.values().flat_map(|it| it.actions.iter().map(move |action| (it, action)));
            for (it, action) in acts {
                for (thing, facts) in things(oracle, it, action) {
                    let answer = oracle.decide(rights.as_ref(), it, action, Some(&facts));
                    let place = (user.clone(), action.clone(), it.name.clone(), thing);
                    allowed.insert(place, Extent::from(answer));
                }
            }
        }
        Self(allowed)
    }

    /// How many are gained and lost in another world, and of how many users; the one that is asked about left out.
    pub(super) fn difference(&self, after: &Self, (oracle, query): (&Oracle, &Query)) -> (u64, u64, u64) {
        let stage = oracle.facts(query).and_then(|facts| facts.stage.clone());
        let thing = match &query.resource {
            Asked::Inline(_) | Asked::Stored(_) if creates(&query.action) => Some(Thing::New(stage)),
            Asked::Stored(id) => Some(Thing::Stored(id.clone())),
            Asked::Inline(_) => None,
        };
        let itself =
            thing.map(|it| (query.user.clone(), query.action.clone(), query.entity_type.clone(), it));
        let places: BTreeSet<&Place> = self.0.keys().chain(after.0.keys()).collect();
        let (mut gained, mut lost, mut users) = (0, 0, BTreeSet::new());
        for place in places.into_iter().filter(|place| Some(*place) != itself.as_ref()) {
            let [old, new] = [self, after].map(|it| it.0.get(place).copied().unwrap_or(Extent::Denied));
            gained += u64::from(new > old);
            lost += u64::from(new < old);
            users.extend((new != old).then_some(&place.0));
        }
        (gained, lost, users.len() as u64)
    }
}
