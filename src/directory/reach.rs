//! How roles reach a user: each binding that takes him in, with the departments, workgroup or person it goes by.
//!
//! Which bindings those are is told by the walk that his roles are found by; here each is followed once more, to say
//! how. That costs more than a decision needs, so only answers that are read by people ask for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{DepartmentIndex, Directory, UserIndex};
use crate::domain::{BindingSubject, Id, MemberRole, Named};

/// One way in which a role reaches a user (rule 3.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// By his own name.
    User(Named),
    /// By his own name, bound together with his managers.
    UserAndManagers(Named),
    /// As a manager of somebody.
    Manager {
        /// Whom the role is bound to.
        of: Named,
        /// From that one's department up to the one that he heads.
        path: Vec<Named>,
    },
    /// As a direct member of a department.
    Department(Named),
    /// As a member of a department or of one below it: from his own up to the one that the role is bound to.
    DepartmentTree(Vec<Named>),
    /// As a member of a workgroup.
    Workgroup {
        /// The workgroup.
        workgroup: Named,
        /// What he is in it.
        role: MemberRole,
        /// The least standing that is enough.
        min_role: MemberRole,
    },
    /// As everyone.
    Everyone,
}

impl Reach {
    /// Whether the role is personal by this way (rule 3.4).
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        match self {
            Self::User(_) | Self::UserAndManagers(_) => true,
            Self::Manager { .. }
            | Self::Department(_)
            | Self::DepartmentTree(_)
            | Self::Workgroup { .. }
            | Self::Everyone => false,
        }
    }
}

/// A role of a user, with every way in which it reaches him.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReachedRole {
    /// The role.
    pub role: Named,
    /// The ways; at least one.
    pub reaches: Vec<Reach>,
}

impl Directory {
    /// A user's roles (rule 3.3), each once, in order of ids, and how each reaches him.
    #[must_use]
    pub fn reached_roles(&self, user: UserIndex) -> Vec<ReachedRole> {
        // A head of his own department is found as his own manager too.
        let mut subjects: BTreeSet<BindingSubject> = BTreeSet::new();
        self.each_subject_of(user, &mut |subject| {
            if self.roles_by_subject.contains_key(subject) {
                subjects.insert(subject.clone());
            }
        });
        let mut by_role: BTreeMap<&Id, Vec<Reach>> = BTreeMap::new();
        for subject in &subjects {
            let reaches = self.reaches(user, subject);
            for role in self.roles_by_subject.get(subject).into_iter().flat_map(|roles| roles.iter()) {
                by_role.entry(role).or_default().extend(reaches.iter().cloned());
            }
        }
        let roles = by_role.into_iter().filter_map(|(id, reaches)| {
            let role = self.role(id)?;
            Some(ReachedRole { role: Named { id: role.id.clone(), name: role.name.clone() }, reaches })
        });
        roles.collect()
    }

    /// Every way in which a binding takes a user in; none if it doesn't.
    fn reaches(&self, user: UserIndex, subject: &BindingSubject) -> Vec<Reach> {
        let is_he = |id: &Id| self.user(user).is_some_and(|node| node.id == *id);
        match subject {
            BindingSubject::User(id) => vec![Reach::User(self.named_user_of(id))],
            BindingSubject::UserAndManagers(id) if is_he(id) => {
                vec![Reach::UserAndManagers(self.named_user_of(id))]
            }
            BindingSubject::UserAndManagers(id) => self.managed_reaches(user, id),
            BindingSubject::Department(id) => {
                let found = self.find_department(id.as_str()).and_then(|it| self.named_department(it));
                found.map(Reach::Department).into_iter().collect()
            }
            BindingSubject::DepartmentTree(id) => self.tree_reaches(user, id),
            BindingSubject::Workgroup { workgroup, min_role } => {
                self.workgroup_reach(user, workgroup, *min_role).into_iter().collect()
            }
            BindingSubject::Everyone => vec![Reach::Everyone],
        }
    }

    fn managed_reaches(&self, user: UserIndex, managed: &Id) -> Vec<Reach> {
        let Some((index, _)) = self.find_user(managed.as_str()) else { return Vec::new() };
        let heads = |department: DepartmentIndex| self.heads(department).any(|head| head == user);
        let own = self.departments_of(Some(index));
        let paths = own.iter().flat_map(|own| self.paths_up(*own, heads));
        paths.map(|path| Reach::Manager { of: self.named_user_of(managed), path }).collect()
    }

    fn tree_reaches(&self, user: UserIndex, top: &Id) -> Vec<Reach> {
        let top = self.find_department(top.as_str());
        let own = self.departments_of(Some(user));
        let paths = own.iter().flat_map(|own| self.paths_up(*own, |department| Some(department) == top));
        paths.map(Reach::DepartmentTree).collect()
    }

    /// The ways up from a department to each that is meant, itself or above it.
    fn paths_up(&self, from: DepartmentIndex, is_meant: impl Fn(DepartmentIndex) -> bool) -> Vec<Vec<Named>> {
        let chain: Vec<DepartmentIndex> = self.chain(from).collect();
        let ends = (1..=chain.len()).filter_map(|length| chain.get(..length));
        let meant = ends.filter(|path| path.last().is_some_and(|end| is_meant(*end)));
        meant.map(|path| self.named_departments(path)).collect()
    }

    fn workgroup_reach(&self, user: UserIndex, workgroup: &Id, min_role: MemberRole) -> Option<Reach> {
        let node = self.user(user)?;
        let workgroup = self.workgroups.get(workgroup)?;
        let role = workgroup.members.iter().find(|member| member.user == node.id)?.role;
        let workgroup = Named { id: workgroup.id.clone(), name: workgroup.name.clone() };
        Some(Reach::Workgroup { workgroup, role, min_role })
    }
}
