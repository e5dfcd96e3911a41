//! The effective rights of a user, in a form that can be compared: all that his place in the organisation gives him.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dopusk::domain::{GroupKind, Id, Role, ScopeSet, SupportRole};

use super::Oracle;

/// What counts for one action and stage (rules 3.5 and 3.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// The united scopes of the entries that count.
    pub(crate) scopes: ScopeSet,
    /// Whether the entries that count are detailed; none where no role has any.
    pub(crate) detailed: Option<bool>,
}

/// A user's effective rights.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rights {
    pub(crate) user: Id,
    pub(crate) active: bool,
    pub(crate) admin: bool,
    pub(crate) support_role: SupportRole,
    pub(crate) departments: BTreeSet<Id>,
    pub(crate) below: BTreeSet<Id>,
    /// T(u).
    pub(crate) team: BTreeSet<Id>,
    /// C(u).
    pub(crate) clients: BTreeSet<Id>,
    /// By type, action and stage, of all types.
    pub(crate) entries: BTreeMap<(Id, Id, Option<Id>), Entry>,
    /// 3.9: the types that some role of his grants reading of, in any field.
    pub(crate) reads: BTreeSet<Id>,
}

impl Oracle {
    /// The rights of a user; none if he doesn't exist.
    pub(crate) fn rights(&self, user: &Id) -> Option<Rights> {
        let object = self.users.get(user)?;
        let roles = self.roles_of(user);
        let departments = self.departments_of(user);
        let mut entries = BTreeMap::new();
        for it in self.types.values() {
            let stages = || std::iter::once(None).chain(it.stages.iter().map(Some));
            for (action, stage) in it.actions.iter().flat_map(|action| stages().map(move |it| (action, it))) {
                let place = (it.name.clone(), action.clone(), stage.cloned());
                entries.insert(place, united(&roles, &it.name, action, stage));
            }
        }
        Some(Rights {
            user: user.clone(),
            active: object.active,
            admin: object.admin,
            support_role: object.support_role,
            below: self.below(&departments),
            departments,
            team: self.shown_to(user, GroupKind::Team),
            clients: self.shown_to(user, GroupKind::Client),
            entries,
            reads: self.types.keys().filter(|name| reads_something(&roles, name)).cloned().collect(),
        })
    }
}

/// 3.5, 3.6: detailed entries for the stage if any role has one, otherwise the inherited ones; united.
fn united(roles: &[Arc<Role>], entity_type: &Id, action: &Id, stage: Option<&Id>) -> Entry {
    let grants = roles.iter().flat_map(|role| &role.grants);
    let grants = grants.filter(|grant| grant.entity_type == *entity_type && grant.action == *action);
    let mut detailed = Vec::new();
    let mut inherited = Vec::new();
    for grant in grants {
        match grant.stages.iter().find(|(named, _)| Some(named) == stage) {
            Some((_, level)) => detailed.push(*level),
            None => inherited.push(grant.level),
        }
    }
    let counts = if detailed.is_empty() { &inherited } else { &detailed };
    Entry {
        scopes: counts.iter().fold(ScopeSet::NONE, |all, level| all.union(*level)),
        detailed: (!counts.is_empty()).then_some(!detailed.is_empty()),
    }
}

/// 3.9: any of his roles grants `read` on the type in any field beyond none.
fn reads_something(roles: &[Arc<Role>], entity_type: &Id) -> bool {
    let grants = roles.iter().flat_map(|role| &role.grants);
    grants
        .filter(|grant| grant.entity_type == *entity_type && grant.action.as_str() == "read")
        .any(|grant| !grant.level.is_none() || grant.stages.iter().any(|(_, level)| !level.is_none()))
}
