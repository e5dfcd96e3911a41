//! Section 1 and rule 3.3: departments, managers, roles; rule 4.1: whose tickets one sees.

use std::collections::BTreeSet;
use std::sync::Arc;

use dopusk::domain::{BindingSubject, GroupKind, Id, Role};

use super::Oracle;

impl Oracle {
    /// Dep(u).
    pub(crate) fn departments_of(&self, user: &Id) -> BTreeSet<Id> {
        self.users.get(user).into_iter().flat_map(|it| it.departments.iter().cloned()).collect()
    }

    /// All departments strictly above one. Ends also in a circle.
    pub(crate) fn above(&self, department: &Id) -> BTreeSet<Id> {
        let mut above = BTreeSet::new();
        let mut at = department.clone();
        while let Some(parent) = self.departments.get(&at).and_then(|it| it.parent.clone()) {
            if !above.insert(parent.clone()) {
                break;
            }
            at = parent;
        }
        above
    }

    /// Below(D): all departments strictly under any department of the set.
    pub(crate) fn below(&self, set: &BTreeSet<Id>) -> BTreeSet<Id> {
        let is_below = |id: &&Id| !self.above(id).is_disjoint(set);
        self.departments.keys().filter(is_below).cloned().collect()
    }

    /// Every head of a user's departments and of all departments above them.
    pub(crate) fn managers(&self, user: &Id) -> BTreeSet<Id> {
        let own = self.departments_of(user);
        let above = own.iter().flat_map(|id| self.above(id));
        let all: BTreeSet<Id> = own.iter().cloned().chain(above).collect();
        all.iter().filter_map(|id| self.departments.get(id)).flat_map(|it| it.heads.clone()).collect()
    }

    /// 3.3: whether a binding takes a user in.
    pub(crate) fn takes_in(&self, subject: &BindingSubject, user: &Id) -> bool {
        let departments = self.departments_of(user);
        match subject {
            BindingSubject::User(id) => id == user,
            BindingSubject::UserAndManagers(id) => id == user || self.managers(id).contains(user),
            BindingSubject::Department(id) => departments.contains(id),
            BindingSubject::DepartmentTree(id) => {
                departments.iter().any(|own| own == id || self.above(own).contains(id))
            }
            BindingSubject::Workgroup { workgroup, min_role } => {
                let members = self.workgroups.get(workgroup).into_iter().flat_map(|it| &it.members);
                members.into_iter().any(|member| member.user == *user && member.role >= *min_role)
            }
            BindingSubject::Everyone => self.users.get(user).is_some_and(|it| it.active),
        }
    }

    /// 3.3: all roles with a binding that takes a user in, each once.
    pub(crate) fn roles_of(&self, user: &Id) -> Vec<Arc<Role>> {
        let bindings = self.bindings.iter().filter(|binding| self.takes_in(&binding.subject, user));
        let ids: BTreeSet<&Id> = bindings.map(|binding| &binding.role).collect();
        ids.into_iter().filter_map(|id| self.roles.get(id)).cloned().collect()
    }

    /// 4.1: T(u) or C(u).
    pub(crate) fn shown_to(&self, user: &Id, kind: GroupKind) -> BTreeSet<Id> {
        let mut shown = BTreeSet::from([user.clone()]);
        for group in self.groups.values().filter(|group| group.kind == kind) {
            if group.members.iter().any(|member| member.user == *user && member.can_view) {
                shown.extend(group.members.iter().map(|member| member.user.clone()));
            }
        }
        shown
    }
}
