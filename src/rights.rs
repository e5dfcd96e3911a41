//! Effective rights of a user, and the rules that decide by them: the conflict rule and the helpdesk's reach.
//!
//! Pure, total and without waiting: a decision depends on the arguments alone. Lists and explanations run the
//! same code as single decisions.

mod candidate;
mod condition;
mod crm;
mod explain;
mod plan;
mod recipient;
mod relation;
mod support;
mod way;
mod witness;

use crate::directory::{
    ActionIndex, ActionKind, DepartmentIndex, Directory, GroupIndex, Home, StageIndex, TypeIndex, TypeNode,
    UserIndex,
};
use crate::domain::{Decision, Grant, GroupKind, Id, Model, Reason, Role, Scope, SupportRole};
use relation::Facts;

pub use candidate::candidates;
pub use condition::{DepartmentForm, condition};
pub use crm::{Entries, Entry};
pub use explain::{
    CrmGrounds, Explanation, Grounds, GroupRow, Observing, RoleEntry, ScopeTest, Side, SupportGrounds,
    Weighing, explain,
};
pub use plan::{Openings, Plan};
pub use recipient::recipients;
pub use relation::{Relation, Relations, Standing};
pub use way::{Above, Through, Way};
pub use witness::Asked;

/// What the rights on a resource are judged by, in indices.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Who created it.
    pub author: Option<UserIndex>,
    /// Who is responsible.
    pub responsible: Option<UserIndex>,
    /// The departments that it belongs to; none where it belongs to those of its responsible.
    pub departments: Option<&'a [DepartmentIndex]>,
    /// The stage.
    pub stage: Option<StageIndex>,
    /// Whether it is flagged open.
    pub open: bool,
    /// The observers, sorted.
    pub observers: &'a [UserIndex],
}

impl<'a> Target<'a> {
    /// Dep(resource): its own departments, if it names any, otherwise its responsible's (rule 3.2).
    #[must_use]
    pub fn departments_in(&self, directory: &'a Directory) -> &'a [DepartmentIndex] {
        self.departments.unwrap_or_else(|| directory.departments_of(self.responsible))
    }
}

/// All that a user's own place in the organisation gives him, compiled from one directory.
///
/// Resources, and the people and departments they name, play no part in it; so it stays right while they change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EffectiveRights {
    user: UserIndex,
    active: bool,
    admin: bool,
    support_role: SupportRole,
    /// Dep(u), sorted.
    departments: Home,
    /// Below(Dep(u)), sorted; empty where no right of his reaches there.
    below: Box<[DepartmentIndex]>,
    /// The team groups that show him their other members' tickets, sorted.
    team_groups: Box<[GroupIndex]>,
    /// The client groups that show him their other members' tickets, sorted.
    client_groups: Box<[GroupIndex]>,
    entries: Entries,
}

impl EffectiveRights {
    /// Compiles the rights of a user who exists; none if he doesn't.
    #[must_use]
    pub fn compile(directory: &Directory, user: UserIndex) -> Option<Self> {
        let node = directory.user(user)?;
        let object = node.user()?;
        let entries = Entries::compile(directory.catalog(), &directory.roles_of(user));
        Some(Self {
            user,
            active: object.active,
            admin: object.admin,
            support_role: object.support_role,
            departments: node.departments().clone(),
            below: below(directory, node.departments(), &entries),
            team_groups: directory.viewed_groups(user, GroupKind::Team).collect(),
            client_groups: directory.viewed_groups(user, GroupKind::Client).collect(),
            entries,
        })
    }

    /// What they would be if he had one role more.
    #[must_use]
    pub fn with_role(&self, directory: &Directory, role: &Role) -> Self {
        let mut rights = self.clone();
        rights.entries.add(directory.catalog(), role);
        rights.below = below(directory, &rights.departments, &rights.entries);
        rights
    }

    /// In which parts they differ from others.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let parts = [
            ("user", self.user == other.user),
            ("active", self.active == other.active),
            ("admin", self.admin == other.admin),
            ("support role", self.support_role == other.support_role),
            ("departments", self.departments == other.departments),
            ("departments below", self.below == other.below),
            ("team groups", self.team_groups == other.team_groups),
            ("client groups", self.client_groups == other.client_groups),
            ("entries", self.entries == other.entries),
        ];
        parts.into_iter().filter(|(_, is_same)| !is_same).map(|(part, _)| part).collect()
    }

    /// Whose rights they are.
    #[must_use]
    pub fn user(&self) -> UserIndex {
        self.user
    }

    /// The entry that counts for an action of a type and a stage (rule 3.5).
    #[must_use]
    pub fn entry(&self, node: &TypeNode, action: ActionIndex, stage: Option<StageIndex>) -> Entry {
        self.entries.entry(node, action, stage)
    }

    /// Whether any of his roles grants `read` on a type in any field beyond none (rule 3.9).
    #[must_use]
    pub fn reads_something(&self, node: &TypeNode) -> bool {
        self.entries.reads_something(node)
    }

    /// Whether everything is allowed to him, or nothing, whatever the resource (rules 2.1, 2.3).
    #[must_use]
    pub fn blanket(&self) -> Option<Decision> {
        if !self.active {
            Some(Decision::deny(Reason::InactiveSubject))
        } else if self.admin {
            Some(Decision::allow(Reason::PortalAdmin))
        } else {
            None
        }
    }

    /// What he is to the helpdesk.
    #[must_use]
    pub fn support_role(&self) -> SupportRole {
        self.support_role
    }

    /// The departments that a scope reaches by his membership, sorted; none for scopes that don't go by departments.
    #[must_use]
    pub fn reach(&self, scope: Scope) -> &[DepartmentIndex] {
        match scope {
            Scope::Department => &self.departments,
            Scope::Subdepartments => &self.below,
            Scope::Own | Scope::Open | Scope::All => &[],
        }
    }

    /// The helpdesk groups of a kind that show him their other members' tickets, sorted.
    #[must_use]
    pub fn viewed_groups(&self, kind: GroupKind) -> &[GroupIndex] {
        match kind {
            GroupKind::Team => &self.team_groups,
            GroupKind::Client => &self.client_groups,
        }
    }
}

/// Below(Dep(u)), where any entry reaches there.
fn below(
    directory: &Directory,
    departments: &[DepartmentIndex],
    entries: &Entries,
) -> Box<[DepartmentIndex]> {
    let reaches_below = entries.has_scope(Scope::Subdepartments);
    if reaches_below { directory.below(departments).into() } else { Box::default() }
}

/// An action of a type, looked up once.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// The type's index.
    pub entity_type: TypeIndex,
    /// The type.
    pub node: &'a TypeNode,
    /// The action's index in the type.
    pub action: ActionIndex,
}

impl Act<'_> {
    /// The action's name.
    #[must_use]
    pub fn name(&self) -> Id {
        // An act is made with an action of its type.
        self.node.action_name(self.action).cloned().unwrap_or(Id::LEAST)
    }

    /// The reading of the same type.
    #[must_use]
    pub fn sight(&self) -> Self {
        Self { action: self.node.read(), ..*self }
    }

    /// Whether a grant is one of this action.
    fn is_of(&self, grant: &Grant) -> bool {
        grant.entity_type == self.node.entity_type().name
            && self.node.action(grant.action.as_str()) == Some(self.action)
    }

    /// What the rules say of the action.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        self.node.kind(self.action)
    }
}

/// Decides whether a user may do an action on an existing resource, or create one with these facts.
#[must_use]
pub fn decide(
    directory: &Directory,
    rights: &EffectiveRights,
    act: &Act<'_>,
    target: &Target<'_>,
) -> Decision {
    decide_by(rights, act, target, &Facts { directory, rights, target })
}

/// The same, by what is asked of these relations.
fn decide_by(
    rights: &EffectiveRights,
    act: &Act<'_>,
    target: &Target<'_>,
    relations: &impl Relations,
) -> Decision {
    if act.kind() == ActionKind::Create && act.node.model() == Model::Crm && rights.blanket().is_none() {
        return crm::create(rights, act, target);
    }
    judge(rights, act, target.stage, relations)
}

/// Decides of an existing resource on a stage, to which the user stands so. The only code that does.
fn judge(
    rights: &EffectiveRights,
    act: &Act<'_>,
    stage: Option<StageIndex>,
    relations: &impl Relations,
) -> Decision {
    if let Some(decision) = rights.blanket() {
        return decision;
    }
    match act.node.model() {
        Model::Crm => crm::judge(rights, act, stage, relations),
        Model::Support => support::judge(rights, act.kind(), relations),
    }
}

/// Whether two sorted lists share an item; one of them is short.
fn meet<T: Ord>(a: &[T], b: &[T]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().any(|item| long.binary_search(item).is_ok())
}
