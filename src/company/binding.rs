//! Role bindings of every kind, mostly to departments. The kinds are counted out, and within a kind no pair of role
//! and subject comes twice: a subject that comes again gets the next role.

use super::Company;
use super::draw::Stream;
use super::group::workgroup_id;
use super::people::{department_id, employee_id};
use super::role::role_id;
use crate::domain::{BindingSubject, Id, MemberRole, RoleBinding};

/// So many of a thousand bindings are to one user.
const USERS_PER_MILLE: u64 = 120;
/// To a user and his managers.
const MANAGERS_PER_MILLE: u64 = 35;
/// To a workgroup.
const WORKGROUPS_PER_MILLE: u64 = 50;
/// To a department and those below it.
const TREES_PER_MILLE: u64 = 250;
/// To everyone, of all of them.
const EVERYONE_MAX: u64 = 2;

impl Company {
    pub(super) fn bindings(&self) -> impl Iterator<Item = RoleBinding> + '_ {
        let size = self.size;
        let share = |per_mille| size.bindings / 1_000 * per_mille + size.bindings % 1_000 * per_mille / 1_000;
        let (users, managers) = (share(USERS_PER_MILLE), share(MANAGERS_PER_MILLE));
        let (workgroups, trees) = (share(WORKGROUPS_PER_MILLE), share(TREES_PER_MILLE));
        let everyone = size.bindings.min(EVERYONE_MAX);
        let departments = size.bindings - users - managers - workgroups - trees;
        let workgroup = |index| BindingSubject::Workgroup {
            workgroup: workgroup_id(index),
            min_role: if index.is_multiple_of(3) { MemberRole::Moderator } else { MemberRole::Member },
        };
        self.each(users, size.employees, |it| BindingSubject::User(employee_id(it)))
            .chain(self.each(managers, size.employees, |it| BindingSubject::UserAndManagers(employee_id(it))))
            .chain(self.each(workgroups, size.workgroups, workgroup))
            .chain(self.each(trees, size.departments, |it| BindingSubject::DepartmentTree(department_id(it))))
            .chain(self.each(departments.saturating_sub(everyone), size.departments, |it| {
                BindingSubject::Department(department_id(it))
            }))
            .chain((0..everyone.min(size.roles)).map(|role| binding(role_id(role), BindingSubject::Everyone)))
    }

    /// Bindings of one kind, spread over the subjects there are.
    fn each(
        &self,
        wanted: u64,
        subjects: u64,
        subject: impl Fn(u64) -> BindingSubject,
    ) -> impl Iterator<Item = RoleBinding> {
        let Self { size } = *self;
        let count = wanted.min(subjects.saturating_mul(size.roles));
        let step = (subjects / count.max(1)).max(1);
        (0..count).map(move |index| {
            let (round, place) = (index / subjects, index % subjects * step % subjects);
            let first = Self { size }.draw(Stream::Binding, place).below(size.roles);
            binding(role_id((first + round) % size.roles), subject(place))
        })
    }
}

const fn binding(role: Id, subject: BindingSubject) -> RoleBinding {
    RoleBinding { role, subject }
}
