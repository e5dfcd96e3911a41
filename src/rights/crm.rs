//! The CRM model: rights by stage, the conflict rule, observers and creation (section 3 of the specification).

use std::sync::Arc;

use super::{Act, EffectiveRights, Relation, Relations, Target};
use crate::directory::{ActionIndex, ActionKind, Catalog, StageIndex, TypeNode};
use crate::domain::{Decision, Effect, Grant, Obligation, Reason, Role, Scope, ScopeSet};

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

    /// What a grant says for a stage: an entry of its own, or the element level, inherited (rules 3.5, 3.6).
    fn of_grant(node: &TypeNode, grant: &Grant, stage: Option<StageIndex>) -> Self {
        let named = stage.and_then(|stage| node.stage_name(stage));
        let own = grant.stages.iter().find(|(name, _)| Some(name) == named);
        own.map_or(Self::inherited(grant.level), |(_, level)| Self::detailed(*level))
    }

    /// What a role says for an action and a stage.
    #[must_use]
    pub fn of_role(act: &Act<'_>, role: &Role, stage: Option<StageIndex>) -> Self {
        let grants = role.grants.iter().filter(|grant| act.is_of(grant));
        grants.fold(Self::ABSENT, |entry, grant| entry.with(Self::of_grant(act.node, grant, stage)))
    }

    /// Unites it with another role's entry: detailed ones hide inherited ones (rule 3.5).
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        if self.is_detailed() == other.is_detailed() {
            Self(self.0 | other.0)
        } else if self.is_detailed() {
            self
        } else {
            other
        }
    }
}

/// A user's rights on every entity type, in one piece of memory.
///
/// The catalog says where a type's entries begin; within a type they are by action, and within an action first for no
/// stage, then by stage index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entries(Box<[Entry]>);

impl Entries {
    /// Unites the grants of all roles (rule 3.5).
    #[must_use]
    pub fn compile(catalog: &Catalog, roles: &[&Arc<Role>]) -> Self {
        let mut entries = Self(vec![Entry::ABSENT; catalog.entry_count()].into());
        for role in roles {
            entries.add(catalog, role);
        }
        entries
    }

    /// Unites them with the grants of one role more.
    pub(super) fn add(&mut self, catalog: &Catalog, role: &Role) {
        for grant in &role.grants {
            let Some((_, node)) = catalog.find(grant.entity_type.as_str()) else { continue };
            if let Some(action) = node.action(grant.action.as_str()) {
                self.unite(node, action, grant);
            }
        }
    }

    /// The entry that counts for an action and stage.
    #[must_use]
    pub fn entry(&self, node: &TypeNode, action: ActionIndex, stage: Option<StageIndex>) -> Entry {
        self.0.get(node.entry_place(action, stage)).copied().unwrap_or(Entry::ABSENT)
    }

    /// Whether some role grants `read` on a type in any field beyond none (rule 3.9). A place of its own notes it, since
    /// an entry that is hidden counts too.
    #[must_use]
    pub fn reads_something(&self, node: &TypeNode) -> bool {
        self.0.get(node.sight_place()).is_some_and(|entry| entry.is_present())
    }

    /// Whether any entry has a scope.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.0.iter().any(|entry| entry.scopes().has(scope))
    }

    fn unite(&mut self, node: &TypeNode, action: ActionIndex, grant: &Grant) {
        for stage in std::iter::once(None).chain(node.stages().map(Some)) {
            self.put(node.entry_place(action, stage), Entry::of_grant(node, grant, stage));
        }
        if gives_something(grant) && node.kind(action) == ActionKind::Read {
            self.put(node.sight_place(), Entry::inherited(ScopeSet::NONE));
        }
    }

    fn put(&mut self, place: usize, entry: Entry) {
        if let Some(present) = self.0.get_mut(place) {
            *present = present.with(entry);
        }
    }
}

/// Whether a grant is beyond none in any field.
fn gives_something(grant: &Grant) -> bool {
    !grant.level.is_none() || grant.stages.iter().any(|(_, level)| !level.is_none())
}

/// Whether a role grants `read` on a type in any field beyond none (rule 3.9).
pub(super) fn role_reads_something(act: &Act<'_>, role: &Role) -> bool {
    let sight = act.sight();
    role.grants.iter().any(|grant| sight.is_of(grant) && gives_something(grant))
}

/// Decides of an existing resource for an active user who is not a portal administrator.
pub(super) fn judge(
    rights: &EffectiveRights,
    act: &Act<'_>,
    stage: Option<StageIndex>,
    relations: &impl Relations,
) -> Decision {
    let sight = read(rights, act, stage, relations);
    match act.kind() {
        ActionKind::Read => sight,
        ActionKind::Create
        | ActionKind::Update
        | ActionKind::ReadHidden
        | ActionKind::Delete
        | ActionKind::Other => {
            // 2.5: sight first.
            match sight.effect {
                Effect::Allow => by_scope(rights.entry(act.node, act.action, stage), relations),
                Effect::Deny => Decision::deny(Reason::NoSight),
            }
        }
    }
}

pub(super) fn by_scope(entry: Entry, relations: &impl Relations) -> Decision {
    if opens(entry.scopes(), relations) {
        Decision::allow(if entry.is_detailed() { Reason::DetailedEntry } else { Reason::InheritedEntry })
    } else {
        Decision::deny(closed(entry))
    }
}

/// Whether any scope of a set opens the resource (rule 3.2); what is cheap to tell is asked first.
pub(super) fn opens(scopes: ScopeSet, relations: &impl Relations) -> bool {
    let by = |scope, relation| scopes.has(scope) && relations.has(relation);
    scopes.has(Scope::All)
        || by(Scope::Open, Relation::Open)
        || by(Scope::Own, Relation::Own)
        || by(Scope::Department, Relation::Department)
        || by(Scope::Subdepartments, Relation::Subdepartments)
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

/// Sight: what the scopes open, and on top of them what he observes (rule 3.9).
pub(super) fn read(
    rights: &EffectiveRights,
    act: &Act<'_>,
    stage: Option<StageIndex>,
    relations: &impl Relations,
) -> Decision {
    let scoped = by_scope(rights.entry(act.node, act.node.read(), stage), relations);
    let observes = || relations.has(Relation::Observer) && rights.reads_something(act.node);
    match scoped.effect {
        Effect::Deny if observes() => Decision::allow(Reason::Observer),
        Effect::Deny | Effect::Allow => scoped,
    }
}

/// Rule 3.10: scopes are not matched; exactly self obliges the subject to be responsible.
pub(super) fn create(rights: &EffectiveRights, act: &Act<'_>, target: &Target<'_>) -> Decision {
    let entry = rights.entry(act.node, act.action, target.stage);
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
