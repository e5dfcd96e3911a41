//! Whose effective rights a change of the directory touches: those, and as few others as can be told cheaply.
//!
//! Each changed object is looked at in the directory before and in the one after. What it meant to people before
//! is found in the first, what it means now in the second, so that changes which meet in one batch are each seen
//! from both sides.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::walk::Holders;
use super::{DepartmentIndex, Directory, UserIndex};
use crate::domain::{
    Affected, BindingSubject, Change, Department, GroupKind, Id, Key, MemberRole, Object, Role, SupportGroup,
    User,
};

/// Whose effective rights the changes touch.
#[must_use]
pub fn affected(before: &Directory, after: &Directory, changes: &[Change]) -> Affected {
    let mut found = Finder { before, after, users: BTreeSet::new(), everyone: false };
    for change in changes {
        found.look_at(change);
    }
    if found.everyone {
        return Affected::All;
    }
    let mut ids: Vec<Id> =
        found.users.iter().filter_map(|index| after.user(*index)).map(|node| node.id().clone()).collect();
    ids.sort_unstable();
    Affected::Users(ids)
}

struct Finder<'a> {
    before: &'a Directory,
    after: &'a Directory,
    users: BTreeSet<UserIndex>,
    everyone: bool,
}

impl Finder<'_> {
    fn look_at(&mut self, change: &Change) {
        let states = (change.before.as_ref(), change.after.as_ref());
        match &change.key {
            // The layout of every compiled right depends on the types.
            Key::EntityType(_) => self.everyone = true,
            Key::Department(id) => self.department(id, as_department(states.0), as_department(states.1)),
            Key::User(id) => self.user(id, as_user(states.0), as_user(states.1)),
            Key::Workgroup(id) => self.workgroup(id),
            Key::SupportGroup(_) => self.support_group(as_group(states.0), as_group(states.1)),
            Key::Role(id) => self.role(id, as_role(states.0), as_role(states.1)),
            Key::RoleBinding(binding) => self.holders_of(&binding.subject),
            Key::Resource { .. } => {}
        }
    }

    fn add_ids<'b>(&mut self, ids: impl IntoIterator<Item = &'b Id>) {
        let after = self.after;
        self.users
            .extend(ids.into_iter().filter_map(|id| after.find_user(id.as_str())).map(|(user, _)| user));
    }

    fn holders_of(&mut self, subject: &BindingSubject) {
        for side in [self.before, self.after] {
            match side.holders(subject) {
                Holders::Users(users) => self.users.extend(users),
                Holders::Everyone => self.everyone = true,
            }
        }
    }

    fn user(&mut self, id: &Id, before: Option<&User>, after: Option<&User>) {
        let seen = |user: &User| (user.departments.clone(), user.active, user.admin, user.support_role);
        if before.map(seen) == after.map(seen) {
            return;
        }
        self.add_ids([id]);
        // Those above him hold roles through him where a role is bound to him and his managers.
        let departments = |user: Option<&User>| user.map(|it| it.departments.clone()).unwrap_or_default();
        if departments(before) != departments(after) {
            self.managers_through([id]);
        }
    }

    /// Those who hold roles as managers of these people, before or after but not both.
    fn managers_through<'b>(&mut self, people: impl IntoIterator<Item = &'b Id>) {
        for id in people {
            let managers = |side: &Directory| -> BTreeSet<UserIndex> {
                let user = side.is_bound_with_managers(id).then(|| side.find_user(id.as_str())).flatten();
                user.into_iter().flat_map(|(user, _)| side.managers(user)).collect()
            };
            let (before, after) = (managers(self.before), managers(self.after));
            self.users.extend(before.symmetric_difference(&after));
        }
    }

    fn department(&mut self, id: &Id, before: Option<&Department>, after: Option<&Department>) {
        let parent = |it: Option<&Department>| it.and_then(|it| it.parent.clone());
        let heads = |it: Option<&Department>| it.map(|it| it.heads.clone()).unwrap_or_default();
        let Some(index) = self.after.find_department(id.as_str()) else { return };
        let moved = parent(before) != parent(after);
        if moved {
            self.moved(index);
        }
        if moved || heads(before) != heads(after) {
            let inside: BTreeSet<UserIndex> =
                [self.before, self.after].into_iter().flat_map(|side| side.members_of_tree(index)).collect();
            let ids: Vec<Id> = inside
                .iter()
                .filter_map(|user| self.after.user(*user))
                .map(|node| node.id().clone())
                .filter(|id| self.before.is_bound_with_managers(id) || self.after.is_bound_with_managers(id))
                .collect();
            self.managers_through(&ids);
        }
    }

    /// A department has moved: those inside reach it by other ways, and those who are above it on one side alone
    /// have other departments below them.
    fn moved(&mut self, department: DepartmentIndex) {
        for side in [self.before, self.after] {
            self.users.extend(side.members_of_tree(department));
        }
        let above = |side: &Directory| side.chain(department).skip(1).collect::<BTreeSet<_>>();
        let (before, after) = (above(self.before), above(self.after));
        for other in before.symmetric_difference(&after) {
            for side in [self.before, self.after] {
                self.users.extend(side.members(*other));
            }
        }
    }

    /// A workgroup matters to those whose standing changed where a role is bound to the group.
    fn workgroup(&mut self, id: &Id) {
        for min_role in [MemberRole::Member, MemberRole::Moderator, MemberRole::Owner] {
            let subject = BindingSubject::Workgroup { workgroup: id.clone(), min_role };
            let bound = self.before.roles_by_subject.contains_key(&subject)
                || self.after.roles_by_subject.contains_key(&subject);
            if let (true, Holders::Users(old), Holders::Users(new)) =
                (bound, self.before.holders(&subject), self.after.holders(&subject))
            {
                self.users.extend(old.symmetric_difference(&new));
            }
        }
    }

    /// A helpdesk group matters to those who look through it, when whom they see changed or whether they do.
    fn support_group(&mut self, before: Option<&SupportGroup>, after: Option<&SupportGroup>) {
        let (old, new) = (viewers(before), viewers(after));
        if shown(before) == shown(after) {
            self.add_ids(old.symmetric_difference(&new).copied());
        } else {
            self.add_ids(old.union(&new).copied());
        }
    }

    fn role(&mut self, id: &Id, before: Option<&Role>, after: Option<&Role>) {
        if before.map(|it| &it.grants) == after.map(|it| &it.grants) {
            return;
        }
        for side in [self.before, self.after] {
            let subjects: Vec<BindingSubject> =
                side.bindings_of_role(id).map(|it| it.subject.clone()).collect();
            for subject in subjects {
                self.holders_of(&subject);
            }
        }
    }
}

/// Whom a helpdesk group shows to its viewers.
fn shown(group: Option<&SupportGroup>) -> Option<(GroupKind, BTreeSet<&Id>)> {
    group.map(|it| (it.kind, it.members.iter().map(|member| &member.user).collect()))
}

fn viewers(group: Option<&SupportGroup>) -> BTreeSet<&Id> {
    let members = group.into_iter().flat_map(|it| &it.members);
    members.filter(|member| member.can_view).map(|member| &member.user).collect()
}

macro_rules! as_kind {
    ($name:ident, $kind:ident) => {
        fn $name(object: Option<&Object>) -> Option<&$kind> {
            match object {
                Some(Object::$kind(it)) => Some(Arc::as_ref(it)),
                _ => None,
            }
        }
    };
}

as_kind!(as_department, Department);
as_kind!(as_user, User);
as_kind!(as_group, SupportGroup);
as_kind!(as_role, Role);
