//! The CRM model: rights by stage, the conflict rule, observers and creation (section 3 of the specification).

use std::sync::Arc;

use super::{Act, EffectiveRights, Target, opens};
use crate::directory::{ActionIndex, ActionKind, Catalog, Directory, StageIndex, TypeNode};
use crate::domain::{Decision, Effect, Obligation, Reason, Role, Scope, ScopeSet};

/// What counts for one action and stage: the united scopes, and whether detailed entries gave them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry(u8);

impl Entry {
    /// No role says anything.
    pub const ABSENT: Self = Self(0);
    const PRESENT: u8 = 1 << 5;
    const DETAILED: u8 = 1 << 6;

    const fn inherited(scopes: ScopeSet) -> Self {
        Self(scopes.to_bits() | Self::PRESENT)
    }

    const fn detailed(scopes: ScopeSet) -> Self {
        Self(scopes.to_bits() | Self::PRESENT | Self::DETAILED)
    }

    /// The united scopes of the entries that count.
    #[must_use]
    pub const fn scopes(self) -> ScopeSet {
        ScopeSet::from_bits(self.0)
    }

    /// Whether any role has an entry.
    #[must_use]
    pub const fn is_present(self) -> bool {
        self.0 & Self::PRESENT != 0
    }

    /// Whether the entries that count are detailed ones.
    #[must_use]
    pub const fn is_detailed(self) -> bool {
        self.0 & Self::DETAILED != 0
    }

    /// Unites it with another role's entry: detailed ones hide inherited ones (rule 3.5).
    #[must_use]
    const fn with(self, other: Self) -> Self {
        if self.is_detailed() == other.is_detailed() {
            Self(self.0 | other.0)
        } else if self.is_detailed() {
            self
        } else {
            other
        }
    }
}

/// A user's rights on one entity type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeRights {
    /// By action, and within it: first for no stage, then by stage index.
    entries: Box<[Entry]>,
    /// Entries of one action.
    width: usize,
    reads_something: bool,
}

impl TypeRights {
    /// The entry that counts for an action and stage.
    #[must_use]
    pub fn entry(&self, action: ActionIndex, stage: Option<StageIndex>) -> Entry {
        self.entries.get(self.place(action, stage)).copied().unwrap_or(Entry::ABSENT)
    }

    /// Whether some role grants `read` in any field beyond none.
    #[must_use]
    pub fn reads_something(&self) -> bool {
        self.reads_something
    }

    /// Whether any entry has a scope.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.entries.iter().any(|entry| entry.scopes().has(scope))
    }

    fn place(&self, action: ActionIndex, stage: Option<StageIndex>) -> usize {
        action.0 * self.width + stage.map_or(0, |stage| usize::from(stage.0) + 1)
    }

    fn unite(&mut self, action: ActionIndex, stage: Option<StageIndex>, entry: Entry) {
        let place = self.place(action, stage);
        if let Some(present) = self.entries.get_mut(place) {
            *present = present.with(entry);
        }
    }
}

/// Unites the grants of all roles (rule 3.5), by type index.
pub(super) fn compile(catalog: &Catalog, roles: &[&Arc<Role>]) -> Box<[TypeRights]> {
    let mut types: Box<[TypeRights]> = vec![empty(None); catalog.index_count()].into();
    for (index, node) in catalog.iter() {
        if let Some(place) = types.get_mut(index.0) {
            *place = empty(Some(node));
        }
    }
    for grant in roles.iter().flat_map(|role| &role.grants) {
        let Some((index, node)) = catalog.find(grant.entity_type.as_str()) else { continue };
        let (Some(rights), Some(action)) = (types.get_mut(index.0), node.action(grant.action.as_str()))
        else {
            continue;
        };
        rights.unite(action, None, Entry::inherited(grant.level));
        for stage in &node.entity_type().stages {
            let named = grant.stages.iter().find(|(name, _)| name == stage);
            let entry = named.map_or(Entry::inherited(grant.level), |(_, level)| Entry::detailed(*level));
            rights.unite(action, node.any_stage(stage), entry);
        }
        let gives = !grant.level.is_none() || grant.stages.iter().any(|(_, level)| !level.is_none());
        rights.reads_something |= gives && node.kind(action) == ActionKind::Read;
    }
    types
}

fn empty(node: Option<&TypeNode>) -> TypeRights {
    let width = node.map_or(1, TypeNode::stage_count) + 1;
    let actions = node.map_or(0, TypeNode::action_count);
    TypeRights { entries: vec![Entry::ABSENT; width * actions].into(), width, reads_something: false }
}

/// Decides for an active user who is not a portal administrator.
pub(super) fn decide(
    directory: &Directory,
    rights: &EffectiveRights,
    act: &Act<'_>,
    target: &Target<'_>,
) -> Decision {
    let scoped =
        |action| by_scope(directory, rights, rights.entry(act.entity_type, action, target.stage), target);
    match act.kind() {
        ActionKind::Create => create(rights, act, target),
        ActionKind::Read => read(rights, act, target, scoped(act.action)),
        ActionKind::Update | ActionKind::ReadHidden | ActionKind::Delete | ActionKind::Other => {
            // 2.5: sight first.
            match read(rights, act, target, scoped(act.node.read())).effect {
                Effect::Allow => scoped(act.action),
                Effect::Deny => Decision::deny(Reason::NoSight),
            }
        }
    }
}

fn by_scope(directory: &Directory, rights: &EffectiveRights, entry: Entry, target: &Target<'_>) -> Decision {
    if opens(directory, rights, entry.scopes(), target) {
        Decision::allow(if entry.is_detailed() { Reason::DetailedEntry } else { Reason::InheritedEntry })
    } else {
        Decision::deny(closed(entry))
    }
}

const fn closed(entry: Entry) -> Reason {
    if entry.is_detailed() {
        Reason::DetailedEntryClosed
    } else if entry.is_present() {
        Reason::InheritedEntryClosed
    } else {
        Reason::NoGrant
    }
}

/// Rule 3.9 on top of the scopes.
fn read(rights: &EffectiveRights, act: &Act<'_>, target: &Target<'_>, scoped: Decision) -> Decision {
    let observes =
        || target.observers.binary_search(&rights.user()).is_ok() && rights.reads_something(act.entity_type);
    match scoped.effect {
        Effect::Deny if observes() => Decision::allow(Reason::Observer),
        Effect::Deny | Effect::Allow => scoped,
    }
}

/// Rule 3.10: scopes are not matched; exactly self obliges the subject to be responsible.
fn create(rights: &EffectiveRights, act: &Act<'_>, target: &Target<'_>) -> Decision {
    let entry = rights.entry(act.entity_type, act.action, target.stage);
    if entry.scopes().is_none() {
        return Decision::deny(closed(entry));
    }
    let reason = if entry.is_detailed() { Reason::DetailedEntry } else { Reason::InheritedEntry };
    if entry.scopes() != ScopeSet::OWN {
        return Decision::allow(reason);
    }
    if target.responsible.is_some_and(|responsible| responsible != rights.user()) {
        return Decision::deny(Reason::ResponsibleIsAnother);
    }
    Decision { effect: Effect::Allow, reason, obligation: Some(Obligation::ResponsibleIsSubject) }
}
