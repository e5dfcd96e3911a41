//! Walks through the organisation: up and down the departments, and from people to roles and back.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{DepartmentIndex, Directory, GroupIndex, UserIndex};
use crate::domain::{
    BindingSubject, DEPARTMENT_DEPTH_MAX, GroupKind, Id, MemberRole, Role, RoleBinding, User, Workgroup,
};

/// Whether a binding takes in users that can be named one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// These users.
    Named,
    /// Every active user.
    Everyone,
}

/// Whom a binding takes in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Holders {
    /// These users, active or not, sorted.
    Users(BTreeSet<UserIndex>),
    /// Every active user.
    Everyone,
}

impl Directory {
    /// A department and all those above it, from below; at most [`DEPARTMENT_DEPTH_MAX`] of them.
    pub fn chain(&self, department: DepartmentIndex) -> impl Iterator<Item = DepartmentIndex> {
        std::iter::successors(Some(department), |at| self.departments.row(at.0)?.parent)
            .take(DEPARTMENT_DEPTH_MAX)
    }

    /// The departments directly under one, sorted.
    #[must_use]
    pub fn children(&self, department: DepartmentIndex) -> &[DepartmentIndex] {
        self.departments.row(department.0).map_or(&[], |node| &node.children)
    }

    /// Below(D): all departments strictly under any of these, sorted (a department of D under another of D is in it).
    #[must_use]
    pub fn below(&self, departments: &[DepartmentIndex]) -> Vec<DepartmentIndex> {
        let mut found: Vec<DepartmentIndex> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<DepartmentIndex> = departments.to_vec();
        while let Some(department) = open.pop() {
            for child in self.children(department) {
                if seen.insert(*child) {
                    found.push(*child);
                    open.push(*child);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// The direct members of a department, sorted.
    pub fn members(&self, department: DepartmentIndex) -> impl Iterator<Item = UserIndex> {
        let members = self.members.get(department.0 as usize);
        members.into_iter().flat_map(|members| members.iter()).copied()
    }

    /// The departments that a user heads, sorted.
    pub fn headed(&self, user: UserIndex) -> impl Iterator<Item = DepartmentIndex> {
        self.headed
            .range((user, DepartmentIndex(0))..=(user, DepartmentIndex(u32::MAX)))
            .map(|(_, department)| *department)
    }

    /// The workgroups that a user is a member of.
    pub fn joined_workgroups(&self, user: UserIndex) -> impl Iterator<Item = &Arc<Workgroup>> {
        let joined =
            self.workgroups_of.range((user, Id::LEAST)..).take_while(move |(member, _)| *member == user);
        joined.filter_map(|(_, workgroup)| self.workgroups.get(workgroup))
    }

    /// The users who are portal administrators or administrators of the helpdesk, active or not.
    pub fn admins(&self) -> impl Iterator<Item = UserIndex> {
        self.admins.iter().copied()
    }

    /// The users whose support role is demo, active or not.
    pub fn demos(&self) -> impl Iterator<Item = UserIndex> {
        self.demos.iter().copied()
    }

    /// The roles in order of ids.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values()
    }

    /// How many ids of users were ever named.
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    /// The heads of a department.
    pub fn heads(&self, department: DepartmentIndex) -> impl Iterator<Item = UserIndex> {
        let node = self.departments.row(department.0).and_then(|node| node.department.as_ref());
        node.into_iter()
            .flat_map(|it| &it.heads)
            .filter_map(|id| self.find_user(id.as_str()))
            .map(|(user, _)| user)
    }

    /// The managers of a user: every head of his departments and of all departments above them.
    pub fn managers(&self, user: UserIndex) -> impl Iterator<Item = UserIndex> {
        self.departments_of(Some(user))
            .iter()
            .flat_map(|department| self.chain(*department))
            .flat_map(|department| self.heads(department))
    }

    /// The helpdesk groups of a kind whose other members' tickets a user sees, sorted.
    pub fn viewed_groups(&self, user: UserIndex, kind: GroupKind) -> impl Iterator<Item = GroupIndex> {
        let groups = self.user(user).map_or(&[][..], |node| &node.groups);
        groups.iter().copied().filter(move |index| {
            self.group(*index).is_some_and(|group| {
                group.kind() == Some(kind) && group.flags_of(user).is_some_and(|flags| flags.can_view)
            })
        })
    }

    /// A user's roles (rule 3.3), each once, in order of ids.
    ///
    /// Costs a look-up for each subject that could take him in; for a head of departments also a look at every
    /// binding with `include_managers`.
    #[must_use]
    pub fn roles_of(&self, user: UserIndex) -> Vec<&Arc<Role>> {
        let mut ids: BTreeSet<&Id> = BTreeSet::new();
        self.each_subject_of(user, &mut |subject| {
            ids.extend(self.roles_by_subject.get(subject).into_iter().flat_map(|roles| roles.iter()));
        });
        ids.into_iter().filter_map(|id| self.roles.get(id)).collect()
    }

    /// Gives every binding subject that takes a user in, whether or not a role is bound to it.
    pub(super) fn each_subject_of(&self, user: UserIndex, give: &mut impl FnMut(&BindingSubject)) {
        let Some(node) = self.user(user) else { return };
        give(&BindingSubject::User(node.id.clone()));
        give(&BindingSubject::UserAndManagers(node.id.clone()));
        if node.is_active() {
            give(&BindingSubject::Everyone);
        }
        for department in node.departments.iter() {
            if let Some(id) = self.department_id(*department) {
                give(&BindingSubject::Department(id.clone()));
            }
        }
        let above: BTreeSet<DepartmentIndex> =
            node.departments.iter().flat_map(|department| self.chain(*department)).collect();
        for id in above.iter().filter_map(|department| self.department_id(*department)) {
            give(&BindingSubject::DepartmentTree(id.clone()));
        }
        self.each_workgroup_subject_of(user, &node.id, give);
        self.each_managed_subject_of(user, give);
    }

    fn each_workgroup_subject_of(&self, user: UserIndex, id: &Id, give: &mut impl FnMut(&BindingSubject)) {
        for workgroup in self.joined_workgroups(user) {
            let standing =
                workgroup.members.iter().find(|member| member.user == *id).map(|member| member.role);
            for min_role in [MemberRole::Member, MemberRole::Moderator, MemberRole::Owner] {
                if standing.is_some_and(|role| role >= min_role) {
                    give(&BindingSubject::Workgroup { workgroup: workgroup.id.clone(), min_role });
                }
            }
        }
    }

    /// The `include_managers` subjects of people below a head. Nobody else looks at those bindings.
    fn each_managed_subject_of(&self, user: UserIndex, give: &mut impl FnMut(&BindingSubject)) {
        if self.headed(user).next().is_none() {
            return;
        }
        for subject in self.managed_subjects() {
            let BindingSubject::UserAndManagers(id) = subject else { continue };
            let managed = self.find_user(id.as_str());
            if managed.is_some_and(|(managed, _)| self.managers(managed).any(|manager| manager == user)) {
                give(subject);
            }
        }
    }

    /// Every subject with `include_managers` that a role is bound to. They stand together in the order of subjects.
    fn managed_subjects(&self) -> impl Iterator<Item = &BindingSubject> {
        self.roles_by_subject
            .range(BindingSubject::UserAndManagers(Id::LEAST)..)
            .map(|(subject, _)| subject)
            .take_while(|subject| matches!(subject, BindingSubject::UserAndManagers(_)))
    }

    /// Whether a role is bound to a user's name together with his managers.
    #[must_use]
    pub fn is_bound_with_managers(&self, user: &Id) -> bool {
        self.roles_by_subject.contains_key(&BindingSubject::UserAndManagers(user.clone()))
    }

    /// Whom a binding takes in (rule 3.3).
    #[must_use]
    pub(super) fn holders(&self, subject: &BindingSubject) -> Holders {
        let mut users = BTreeSet::new();
        match self.extend_with_holders(&mut users, subject) {
            Taken::Named => Holders::Users(users),
            Taken::Everyone => Holders::Everyone,
        }
    }

    /// Puts those whom a binding takes in into a collection (rule 3.3); nobody where it takes in everyone.
    pub fn extend_with_holders(&self, users: &mut impl Extend<UserIndex>, subject: &BindingSubject) -> Taken {
        match subject {
            BindingSubject::Everyone => return Taken::Everyone,
            BindingSubject::User(id) => users.extend(self.find_user(id.as_str()).map(|(user, _)| user)),
            BindingSubject::UserAndManagers(id) => {
                if let Some((user, _)) = self.find_user(id.as_str()) {
                    users.extend(self.managers(user).chain([user]));
                }
            }
            BindingSubject::Department(id) => {
                users.extend(self.find_department(id.as_str()).into_iter().flat_map(|it| self.members(it)));
            }
            BindingSubject::DepartmentTree(id) => {
                users.extend(
                    self.find_department(id.as_str()).into_iter().flat_map(|it| self.members_of_tree(it)),
                );
            }
            BindingSubject::Workgroup { workgroup, min_role } => {
                let members = self.workgroups.get(workgroup).into_iter().flat_map(|it| &it.members);
                users.extend(
                    members
                        .filter(|member| member.role >= *min_role)
                        .filter_map(|member| self.find_user(member.user.as_str()))
                        .map(|(user, _)| user),
                );
            }
        }
        Taken::Named
    }

    /// The members of a department and of every department below it; one in two of them comes twice.
    pub fn members_of_tree(&self, department: DepartmentIndex) -> impl Iterator<Item = UserIndex> {
        let tree = std::iter::once(department).chain(self.below(&[department]));
        tree.flat_map(|department| self.members(department))
    }

    /// The bindings of a role, in order.
    pub fn bindings_of_role(&self, role: &Id) -> impl Iterator<Item = &RoleBinding> {
        let from = RoleBinding { role: role.clone(), subject: BindingSubject::User(Id::LEAST) };
        self.bindings.range(from..).take_while(move |binding| binding.role == *role)
    }

    /// The roles that are bound to a subject, sorted.
    #[must_use]
    pub fn bound_roles(&self, subject: &BindingSubject) -> &[Id] {
        self.roles_by_subject.get(subject).map_or(&[], |roles| roles.as_slice())
    }

    /// The users in order of ids, from behind an id on.
    pub fn users_after(&self, after: Option<&str>) -> impl Iterator<Item = (UserIndex, &Arc<User>)> {
        self.users_after_where(after, |_| true)
    }

    /// The same without those who are not wanted, who are passed over without being looked up.
    pub fn users_after_where(
        &self,
        after: Option<&str>,
        is_wanted: impl Fn(UserIndex) -> bool,
    ) -> impl Iterator<Item = (UserIndex, &Arc<User>)> {
        let wanted = self.users.slots_after(after).map(UserIndex).filter(move |user| is_wanted(*user));
        wanted.filter_map(|index| Some((index, self.user(index)?.user.as_ref()?)))
    }
}
