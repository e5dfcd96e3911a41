//! The rules that a directory keeps (1.1 to 1.3): which of them a batch would break, and every culprit.
//!
//! Only what the batch touched is looked at, from both ends: what a touched object names, and what names an object
//! that is gone.

use std::collections::BTreeSet;

use super::{DepartmentIndex, Directory};
use crate::domain::{
    BindingSubject, DEPARTMENT_DEPTH_MAX, Department, EntityType, GroupKind, Id, Key, MemberRole, Object,
    Role, RoleBinding, SupportGroup, SupportRole, User,
};

/// A broken rule.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Violation {
    /// The rule's number in the specification.
    pub rule: &'static str,
    /// The object at fault.
    pub culprit: Key,
    /// What is wrong with it.
    pub message: String,
}

/// Every rule that the objects of these keys break in a directory, or that others break because of them.
#[must_use]
pub fn broken_rules<'a>(
    directory: &Directory,
    touched: impl IntoIterator<Item = &'a Key>,
) -> BTreeSet<Violation> {
    let mut judge = Judge { directory, found: BTreeSet::new() };
    for key in touched {
        match directory.get(key) {
            Some(object) => judge.present(&object),
            None => judge.gone(key),
        }
    }
    judge.found
}

struct Judge<'a> {
    directory: &'a Directory,
    found: BTreeSet<Violation>,
}

impl Judge<'_> {
    fn fault(&mut self, rule: &'static str, culprit: Key, message: String) {
        self.found.insert(Violation { rule, culprit, message });
    }

    fn present(&mut self, object: &Object) {
        match object {
            Object::EntityType(it) => self.entity_type(it),
            Object::Department(it) => self.department(it),
            Object::User(it) => self.user(it),
            Object::Workgroup(it) => {
                self.users_exist(&object.key(), it.members.iter().map(|member| &member.user), "member");
            }
            Object::SupportGroup(it) => self.support_group(it),
            Object::Role(it) => self.role(it),
            Object::RoleBinding(it) => self.subject(&object.key(), &it.role, &it.subject),
            Object::Resource(_) => {}
        }
    }

    fn users_exist<'b>(&mut self, culprit: &Key, users: impl Iterator<Item = &'b Id>, part: &str) {
        for user in users.filter(|user| !self.directory.has_user(user)) {
            self.fault("1.3", culprit.clone(), format!("{part}: there is no user {user}"));
        }
    }

    fn entity_type(&mut self, entity_type: &EntityType) {
        let directory = self.directory;
        for role in directory.roles.values() {
            self.grants(role, Some(&entity_type.name));
        }
    }

    fn role(&mut self, role: &Role) {
        self.grants(role, None);
    }

    /// A role's grants, all of them or those on one entity type, name what exists.
    fn grants(&mut self, role: &Role, only: Option<&Id>) {
        let grants = role.grants.iter().enumerate();
        for (at, grant) in grants.filter(|(_, grant)| only.is_none_or(|name| grant.entity_type == *name)) {
            let culprit = || Key::Role(role.id.clone());
            let Some((_, node)) = self.directory.catalog.find(grant.entity_type.as_str()) else {
                let message =
                    format!("grants[{at}].entity_type: there is no entity type {}", grant.entity_type);
                self.fault("1.3", culprit(), message);
                continue;
            };
            let name = &grant.entity_type;
            if node.action(grant.action.as_str()).is_none() {
                let message = format!("grants[{at}].action: {name} has no action {}", grant.action);
                self.fault("1.3", culprit(), message);
            }
            for (stage, _) in grant.stages.iter().filter(|(stage, _)| node.stage(stage).is_none()) {
                self.fault("1.3", culprit(), format!("grants[{at}].stages: {name} has no stage {stage}"));
            }
        }
    }

    fn department(&mut self, department: &Department) {
        let culprit = Key::Department(department.id.clone());
        self.users_exist(&culprit, department.heads.iter(), "heads");
        if let Some(parent) = &department.parent
            && !self.directory.has_department(parent)
        {
            self.fault("1.1", culprit.clone(), format!("parent: there is no department {parent}"));
        }
        let Some(index) = self.directory.find_department(department.id.as_str()) else { return };
        let chain: Vec<DepartmentIndex> = self.directory.chain(index).collect();
        if chain.iter().skip(1).any(|above| *above == index) {
            self.fault("1.1", culprit, "parent: the department would be above itself".to_owned());
        } else if chain.iter().collect::<BTreeSet<_>>().len() == chain.len() {
            self.depth(index);
        }
        // Otherwise it hangs under a circle, whose members are named themselves.
    }

    fn depth(&mut self, department: DepartmentIndex) {
        let directory = self.directory;
        let tree = std::iter::once(department).chain(directory.below(&[department]));
        let too_deep: Vec<DepartmentIndex> = tree
            .filter(|it| {
                let top = directory.chain(*it).last().and_then(|top| directory.departments.row(top.0));
                top.is_some_and(|top| top.parent.is_some())
            })
            .collect();
        for id in too_deep.iter().filter_map(|it| directory.department_id(*it)) {
            let message = format!("parent: more than {DEPARTMENT_DEPTH_MAX} levels of departments");
            self.fault("1", Key::Department(id.clone()), message);
        }
    }

    fn user(&mut self, user: &User) {
        let culprit = Key::User(user.id.clone());
        for department in user.departments.iter().filter(|id| !self.directory.has_department(id)) {
            let message = format!("departments: there is no department {department}");
            self.fault("1.3", culprit.clone(), message);
        }
        let Some((_, node)) = self.directory.find_user(user.id.as_str()) else { return };
        for group in node.groups.iter().filter_map(|group| self.directory.group(*group)?.group.as_ref()) {
            self.fits(group, &user.id);
        }
    }

    fn support_group(&mut self, group: &SupportGroup) {
        let culprit = Key::SupportGroup(group.id.clone());
        self.users_exist(&culprit, group.members.iter().map(|member| &member.user), "members");
        for member in &group.members {
            self.fits(group, &member.user);
        }
    }

    /// Rule 1.2: a team group holds staff and administrators of the helpdesk, a client group clients.
    fn fits(&mut self, group: &SupportGroup, member: &Id) {
        let node = self.directory.users.find(member.as_str()).and_then(|(_, node)| node.user.as_ref());
        let Some(role) = node.map(|user| user.support_role) else { return };
        let (fits, wanted) = match group.kind {
            GroupKind::Team => (
                matches!(role, SupportRole::Staff | SupportRole::Admin),
                "a team group holds staff and admins",
            ),
            GroupKind::Client => (role == SupportRole::Client, "a client group holds clients"),
        };
        if !fits {
            let message = format!("members: {member} does not belong here by his support role; {wanted}");
            self.fault("1.2", Key::SupportGroup(group.id.clone()), message);
        }
    }

    fn subject(&mut self, culprit: &Key, role: &Id, subject: &BindingSubject) {
        let directory = self.directory;
        if !directory.roles.contains_key(role) {
            self.fault("1.3", culprit.clone(), format!("role: there is no role {role}"));
        }
        let missing = match subject {
            BindingSubject::User(id) | BindingSubject::UserAndManagers(id) => {
                (!directory.has_user(id)).then(|| format!("subject: there is no user {id}"))
            }
            BindingSubject::Department(id) | BindingSubject::DepartmentTree(id) => {
                (!directory.has_department(id)).then(|| format!("subject: there is no department {id}"))
            }
            BindingSubject::Workgroup { workgroup, .. } => (!directory.workgroups.contains_key(workgroup))
                .then(|| format!("subject: there is no workgroup {workgroup}")),
            BindingSubject::Everyone => None,
        };
        if let Some(message) = missing {
            self.fault("1.3", culprit.clone(), message);
        }
    }

    /// What still names an object that is gone.
    fn gone(&mut self, key: &Key) {
        match key {
            Key::EntityType(name) => {
                let directory = self.directory;
                for role in directory.roles.values() {
                    self.grants(role, Some(name));
                }
            }
            Key::Department(id) => self.department_gone(id),
            Key::User(id) => self.user_gone(id),
            Key::Workgroup(id) => self.subjects_gone(
                &[MemberRole::Member, MemberRole::Moderator, MemberRole::Owner]
                    .map(|min_role| BindingSubject::Workgroup { workgroup: id.clone(), min_role }),
            ),
            Key::Role(id) => {
                let directory = self.directory;
                for binding in directory.bindings_of_role(id) {
                    self.subject(&Key::RoleBinding(binding.clone()), &binding.role, &binding.subject);
                }
            }
            Key::SupportGroup(_) | Key::RoleBinding(_) | Key::Resource { .. } => {}
        }
    }

    fn department_gone(&mut self, id: &Id) {
        let directory = self.directory;
        let Some(index) = directory.find_department(id.as_str()) else { return };
        let children = directory.children(index).iter();
        for child in children.filter_map(|child| directory.departments.row(child.0)?.department.as_ref()) {
            self.department(child);
        }
        for member in directory.members(index).filter_map(|user| directory.user(user)?.user()) {
            self.user(member);
        }
        self.subjects_gone(&[
            BindingSubject::Department(id.clone()),
            BindingSubject::DepartmentTree(id.clone()),
        ]);
    }

    fn user_gone(&mut self, id: &Id) {
        let directory = self.directory;
        let Some((index, node)) = directory.find_user(id.as_str()) else { return };
        let headed =
            directory.headed(index).filter_map(|it| directory.departments.row(it.0)?.department.as_ref());
        for department in headed {
            self.department(department);
        }
        for workgroup in directory.joined_workgroups(index) {
            let members = workgroup.members.iter().map(|member| &member.user);
            self.users_exist(&Key::Workgroup(workgroup.id.clone()), members, "members");
        }
        for group in node.groups.iter().filter_map(|group| directory.group(*group)?.group.as_ref()) {
            self.support_group(group);
        }
        self.subjects_gone(&[BindingSubject::User(id.clone()), BindingSubject::UserAndManagers(id.clone())]);
    }

    fn subjects_gone(&mut self, subjects: &[BindingSubject]) {
        let directory = self.directory;
        for subject in subjects {
            for role in directory.roles_by_subject.get(subject).into_iter().flat_map(|roles| roles.iter()) {
                let binding = RoleBinding { role: role.clone(), subject: subject.clone() };
                self.subject(&Key::RoleBinding(binding), role, subject);
            }
        }
    }
}
