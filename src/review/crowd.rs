//! Users by the roles that reach them, and what those roles say: each different set of roles is looked at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::directory::{Directory, StageIndex, UserIndex, UserNode, UserSet};
use crate::domain::{Model, Role};
use crate::rights::{Act, Entry};

/// Whether roles decide what somebody may: he is active and no portal administrator (rules 2.1, 2.3).
#[must_use]
pub fn is_decided_by_roles(node: &UserNode) -> bool {
    node.user().is_some_and(|user| user.active && !user.admin)
}

/// Those of some users for whom roles decide. Roles and users are named by their places.
pub(super) struct Crowd<'a> {
    pub(super) directory: &'a Directory,
    /// In order of ids.
    pub(super) users: Vec<UserIndex>,
    /// Every role, in order of ids.
    pub(super) roles: Vec<&'a Arc<Role>>,
    /// Who has exactly these roles.
    pub(super) sets: BTreeMap<Vec<usize>, Vec<usize>>,
}

/// What every role says of an action: by role, then by stage.
pub(super) struct Columns {
    pub(super) stages: Vec<Option<StageIndex>>,
    entries: Vec<Vec<Entry>>,
}

impl<'a> Crowd<'a> {
    pub(super) fn gather(directory: &'a Directory, users: impl Iterator<Item = UserIndex>) -> Self {
        let users: Vec<UserIndex> =
            users.filter(|user| directory.user(*user).is_some_and(is_decided_by_roles)).collect();
        let roles: Vec<&Arc<Role>> = directory.roles().collect();
        let mut sets: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (at, user) in users.iter().enumerate() {
            let own = directory.roles_of(*user);
            let places = own.iter().filter_map(|own| roles.binary_search_by(|it| it.id.cmp(&own.id)).ok());
            sets.entry(places.collect()).or_default().push(at);
        }
        Self { directory, users, roles, sets }
    }

    /// Every action of the crm model.
    pub(super) fn acts(&self) -> impl Iterator<Item = Act<'a>> + use<'a> {
        let types = self.directory.catalog().iter().filter(|(_, node)| node.model() == Model::Crm);
        types.flat_map(|(entity_type, node)| {
            node.actions().map(move |(action, _)| Act { entity_type, node, action })
        })
    }

    /// What the roles say of an action.
    pub(super) fn columns(&self, act: &Act<'_>) -> Columns {
        let stages: Vec<Option<StageIndex>> =
            std::iter::once(None).chain(act.node.stages().map(Some)).collect();
        let column =
            |role: &&Arc<Role>| stages.iter().map(|stage| Entry::of_role(act, role, *stage)).collect();
        let entries = self.roles.iter().map(column).collect();
        Columns { stages, entries }
    }

    /// The users at places, in order of ids.
    pub(super) fn people(&self, mut places: Vec<usize>) -> Arc<[UserIndex]> {
        places.sort_unstable();
        places.into_iter().filter_map(|at| self.users.get(at).copied()).collect()
    }

    /// Those who hold a role.
    pub(super) fn holders(&self, place: usize) -> Vec<usize> {
        let having = self.sets.iter().filter(|(set, _)| set.contains(&place));
        having.flat_map(|(_, people)| people).copied().collect()
    }

    /// Those of a set of users for whom roles decide, in order of ids.
    pub(super) fn among(&self, set: &UserSet) -> Arc<[UserIndex]> {
        self.users.iter().copied().filter(|user| set.has(*user)).collect()
    }
}

impl Columns {
    /// What a role says for the stage at a place; absent where it says nothing of the action.
    pub(super) fn entry(&self, role: usize, stage: usize) -> Entry {
        self.entries.get(role).and_then(|column| column.get(stage)).copied().unwrap_or(Entry::ABSENT)
    }

    /// Whether a role says anything.
    pub(super) fn says(&self, role: usize) -> bool {
        self.entry(role, 0).is_present()
    }

    /// What a set of roles comes to for the stage at a place.
    pub(super) fn united(&self, roles: &[usize], stage: usize) -> Entry {
        roles.iter().fold(Entry::ABSENT, |united, role| united.with(self.entry(*role, stage)))
    }

    /// Whether a set of roles opens anything on any stage.
    pub(super) fn opens(&self, roles: &[usize]) -> bool {
        (0..self.stages.len()).any(|stage| !self.united(roles, stage).scopes().is_none())
    }

    /// Whether what two roles say differs in what it opens.
    pub(super) fn differ(&self, one: usize, other: usize) -> bool {
        let differs = |stage| {
            let (one, other) = (self.entry(one, stage).scopes(), self.entry(other, stage).scopes());
            !one.beyond(other).is_none() || !other.beyond(one).is_none()
        };
        self.says(one) && self.says(other) && (0..self.stages.len()).any(differs)
    }
}
