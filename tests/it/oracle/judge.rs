//! Rules 1.1 to 1.6 and 3.8: what is refused at write, by a look at everything there is.

use std::collections::BTreeSet;

use dopusk::domain::{
    BindingSubject, DEPARTMENT_DEPTH_MAX, GroupKind, Id, Key, Object, Operation, Precondition, RoleBinding,
    SupportRole, Verb,
};

use super::Oracle;

/// A broken rule and the object at fault.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Broken {
    pub(crate) rule: &'static str,
    pub(crate) culprit: Key,
}

/// Why a write is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// Objects that are wrong by themselves: the rules, `1` for repeats.
    Faults(BTreeSet<&'static str>),
    Precondition,
    Rules(BTreeSet<Broken>),
}

/// Repeats, 1.6 and 3.8: an object that is wrong by itself is refused wherever it stands in the batch.
pub(super) fn faults(operations: &[Operation]) -> Result<(), Refused> {
    let mut faults = BTreeSet::new();
    for operation in operations {
        let Verb::Put(object) = &operation.verb else { continue };
        match object {
            Object::EntityType(it) => {
                if repeats(it.stages.iter()) || repeats(it.actions.iter()) {
                    faults.insert("1");
                }
                if !it.actions.iter().any(|action| action.as_str() == "read") {
                    faults.insert("1.6");
                }
            }
            Object::Workgroup(it) if repeats(it.members.iter().map(|member| &member.user)) => {
                faults.insert("1");
            }
            Object::SupportGroup(it) if repeats(it.members.iter().map(|member| &member.user)) => {
                faults.insert("1");
            }
            Object::Role(it) if repeats(it.grants.iter().map(|it| (&it.entity_type, &it.action))) => {
                faults.insert("3.8");
            }
            Object::Workgroup(_)
            | Object::SupportGroup(_)
            | Object::Role(_)
            | Object::Department(_)
            | Object::User(_)
            | Object::RoleBinding(_)
            | Object::Resource(_) => {}
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Refused::Faults(faults)) }
}

pub(super) fn precondition(oracle: &Oracle, operation: &Operation) -> Result<(), Refused> {
    let exists = oracle.get(&operation.key()).is_some();
    match operation.precondition {
        Precondition::MustExist if !exists => Err(Refused::Precondition),
        Precondition::MustNotExist if exists => Err(Refused::Precondition),
        Precondition::None | Precondition::MustExist | Precondition::MustNotExist => Ok(()),
    }
}

/// Every broken rule of a state.
pub(super) fn broken(oracle: &Oracle) -> BTreeSet<Broken> {
    let mut judge = Judge { oracle, found: BTreeSet::new() };
    judge.departments();
    judge.members();
    judge.grants();
    judge.bindings();
    judge.resources();
    judge.found
}

struct Judge<'a> {
    oracle: &'a Oracle,
    found: BTreeSet<Broken>,
}

impl Judge<'_> {
    fn add(&mut self, rule: &'static str, culprit: Key) {
        self.found.insert(Broken { rule, culprit });
    }

    fn is_user(&self, id: &Id) -> bool {
        self.oracle.users.contains_key(id)
    }

    fn is_department(&self, id: &Id) -> bool {
        self.oracle.departments.contains_key(id)
    }

    /// 1.1, 1.3 and the bound on the depth.
    fn departments(&mut self) {
        for (id, it) in &self.oracle.departments {
            let above = self.oracle.above(id);
            if it.parent.as_ref().is_some_and(|parent| !self.is_department(parent)) || above.contains(id) {
                self.add("1.1", Key::Department(id.clone()));
            } else if above.len() >= DEPARTMENT_DEPTH_MAX {
                self.add("1", Key::Department(id.clone()));
            }
            if it.heads.iter().any(|head| !self.is_user(head)) {
                self.add("1.3", Key::Department(id.clone()));
            }
        }
        for (id, it) in &self.oracle.users {
            if it.departments.iter().any(|department| !self.is_department(department)) {
                self.add("1.3", Key::User(id.clone()));
            }
        }
    }

    /// 1.2 and 1.3.
    fn members(&mut self) {
        for (id, it) in &self.oracle.workgroups {
            if it.members.iter().any(|member| !self.is_user(&member.user)) {
                self.add("1.3", Key::Workgroup(id.clone()));
            }
        }
        for (id, it) in &self.oracle.groups {
            for member in &it.members {
                match self.oracle.users.get(&member.user) {
                    None => self.add("1.3", Key::SupportGroup(id.clone())),
                    Some(user) if !fits(it.kind, user.support_role) => {
                        self.add("1.2", Key::SupportGroup(id.clone()));
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// 1.3: a grant on a missing entity type, action or stage.
    fn grants(&mut self) {
        for (id, role) in &self.oracle.roles {
            for grant in &role.grants {
                let names_what_exists = self.oracle.types.get(&grant.entity_type).is_some_and(|it| {
                    it.actions.contains(&grant.action)
                        && grant.stages.iter().all(|(stage, _)| it.stages.contains(stage))
                });
                if !names_what_exists {
                    self.add("1.3", Key::Role(id.clone()));
                }
            }
        }
    }

    /// 1.3: a binding to a missing role, or of a missing user, department or workgroup.
    fn bindings(&mut self) {
        for binding in &self.oracle.bindings {
            let RoleBinding { role, subject } = binding;
            let exists = match subject {
                BindingSubject::User(id) | BindingSubject::UserAndManagers(id) => self.is_user(id),
                BindingSubject::Department(id) | BindingSubject::DepartmentTree(id) => self.is_department(id),
                BindingSubject::Workgroup { workgroup, .. } => self.oracle.workgroups.contains_key(workgroup),
                BindingSubject::Everyone => true,
            };
            if !exists || !self.oracle.roles.contains_key(role) {
                self.add("1.3", Key::RoleBinding(binding.clone()));
            }
        }
    }

    /// 1.3 and 1.5. A resource names other objects freely (1.4).
    fn resources(&mut self) {
        for it in self.oracle.resources.values() {
            let key = || Key::Resource { entity_type: it.entity_type.clone(), id: it.id.clone() };
            let Some(entity_type) = self.oracle.types.get(&it.entity_type) else {
                self.add("1.3", key());
                continue;
            };
            if it.facts.stage.as_ref().is_some_and(|stage| !entity_type.stages.contains(stage)) {
                self.add("1.5", key());
            }
        }
    }
}

/// 1.2
fn fits(kind: GroupKind, role: SupportRole) -> bool {
    match kind {
        GroupKind::Team => matches!(role, SupportRole::Staff | SupportRole::Admin),
        GroupKind::Client => role == SupportRole::Client,
    }
}

fn repeats<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let items: Vec<T> = items.collect();
    let count = items.len();
    items.into_iter().collect::<BTreeSet<_>>().len() < count
}
