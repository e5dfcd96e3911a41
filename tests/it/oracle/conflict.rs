//! Rule 5.5: roles of a user whose entries differ, pair by pair; what is opened is tried on every standing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dopusk::domain::{Id, Model, Role, Scope, ScopeSet};
use dopusk::review::ConflictKind;

use super::Oracle;

/// User, entity type, action, stage.
pub(crate) type Place = (Id, Id, Id, Option<Id>);

/// What a role says: whether in so many words, and what.
type Entry = (bool, ScopeSet);

impl Oracle {
    /// Every conflict of these users, with its kind.
    pub(crate) fn conflicts<'a>(&self, users: impl Iterator<Item = &'a Id>) -> BTreeMap<Place, ConflictKind> {
        // 2.1, 2.3: roles decide nothing for the others.
        let is_decided = |user: &&Id| self.users.get(*user).is_some_and(|it| it.active && !it.admin);
        let places = self.places();
        let conflicts = users.filter(is_decided).flat_map(|user| {
            let roles = self.roles_of(user);
            let found = places.iter().filter_map(move |(entity_type, action, stage)| {
                let says = |role| entry(role, entity_type, action, stage.as_ref());
                let kind = kind(&roles.iter().filter_map(says).collect::<Vec<Entry>>())?;
                Some(((user.clone(), entity_type.clone(), action.clone(), stage.clone()), kind))
            });
            found.collect::<Vec<_>>()
        });
        conflicts.collect()
    }

    /// Every action of the crm model, on every stage and without one.
    fn places(&self) -> Vec<(Id, Id, Option<Id>)> {
        let crm = self.types.values().filter(|it| it.model == Model::Crm);
        let places = crm.flat_map(|it| {
            let stages = || std::iter::once(None).chain(it.stages.iter().cloned().map(Some));
            let each = it.actions.iter().flat_map(move |action| stages().map(move |stage| (action, stage)));
            each.map(|(action, stage)| (it.name.clone(), action.clone(), stage))
        });
        places.collect()
    }
}

fn entry(role: &Arc<Role>, entity_type: &Id, action: &Id, stage: Option<&Id>) -> Option<Entry> {
    let grant = role.grants.iter().find(|it| it.entity_type == *entity_type && it.action == *action)?;
    let own = grant.stages.iter().find(|(named, _)| Some(named) == stage);
    Some(own.map_or((false, grant.level), |(_, level)| (true, *level)))
}

/// What becomes of entries; none where no two of them differ.
fn kind(entries: &[Entry]) -> Option<ConflictKind> {
    let pairs = || entries.iter().flat_map(|one| entries.iter().map(move |other| (one, other)));
    if !pairs().any(|(one, other)| one != other) {
        return None;
    }
    let detailed = entries.iter().any(|(is_detailed, _)| *is_detailed);
    let opened = |counts: bool| -> BTreeSet<u8> {
        let those = entries.iter().filter(|(is_detailed, _)| (*is_detailed == detailed) == counts);
        those.flat_map(|(_, level)| standings(*level)).collect()
    };
    let (counted, hidden) = (opened(true), opened(false));
    let hides = pairs().any(|(one, other)| one.0 != other.0);
    let differ = pairs().any(|(one, other)| {
        one.0 == detailed && other.0 == detailed && standings(one.1) != standings(other.1)
    });
    let (loses, wins) = (!hidden.is_subset(&counted), hides && !counted.is_subset(&hidden));
    Some(match (loses, wins) {
        (true, false) => ConflictKind::Narrowing,
        (true, true) => ConflictKind::Exchange,
        (false, true) => ConflictKind::Widening,
        (false, false) if differ => ConflictKind::WiderWins,
        (false, false) => ConflictKind::Idle,
    })
}

/// The ways to stand to a resource that a level opens, of all sets of the four relations that scopes go by.
pub(crate) fn standings(level: ScopeSet) -> BTreeSet<u8> {
    let relations = [Scope::Own, Scope::Department, Scope::Subdepartments, Scope::Open];
    let opens = |standing: &u8| {
        let by = |(at, scope): (usize, &Scope)| standing >> at & 1 == 1 && level.has(*scope);
        level.has(Scope::All) || relations.iter().enumerate().any(by)
    };
    (0..16).filter(opens).collect()
}
