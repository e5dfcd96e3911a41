//! Putting objects into a directory and taking them out, with everything that is derived from them.
//!
//! Nothing is judged here: an object may name what does not exist, which then gets an index and nothing else.

use std::sync::Arc;

use super::count::recount;
use super::{
    DepartmentIndex, DepartmentNode, Directory, GroupIndex, GroupNode, Home, MemberFlags, UserIndex, UserNode,
};
use crate::domain::{
    Department, EntityType, Id, Key, Object, Role, RoleBinding, SupportGroup, SupportRole, User, Workgroup,
};

impl Directory {
    /// Puts an object in, replacing the one with its key. Resources are not kept here.
    pub fn put(&mut self, object: &Object) {
        self.forget_openness();
        match object {
            Object::EntityType(it) => self.put_entity_type(it),
            Object::Department(it) => self.put_department(&it.id, Some(it)),
            Object::User(it) => self.put_user(&it.id, Some(it)),
            Object::Workgroup(it) => self.put_workgroup(&it.id, Some(it)),
            Object::SupportGroup(it) => self.put_support_group(&it.id, Some(it)),
            Object::Role(it) => self.put_role(it),
            Object::RoleBinding(it) => self.put_binding(it),
            Object::Resource(_) => {}
        }
    }

    /// Takes an object out, if it is there. Resources are not kept here.
    pub fn delete(&mut self, key: &Key) {
        self.forget_openness();
        match key {
            Key::EntityType(id) => Arc::make_mut(&mut self.catalog).delete(id),
            Key::Department(id) => self.put_department(id, None),
            Key::User(id) => self.put_user(id, None),
            Key::Workgroup(id) => self.put_workgroup(id, None),
            Key::SupportGroup(id) => self.put_support_group(id, None),
            Key::Role(id) => {
                self.roles.remove(id);
            }
            Key::RoleBinding(it) => self.delete_binding(it),
            Key::Resource { .. } => {}
        }
    }

    /// The index of a user's id; a new one where the id was never named.
    pub fn intern_user(&mut self, id: &Id) -> UserIndex {
        if let Some((index, _)) = self.find_user(id.as_str()) {
            return index;
        }
        let node =
            UserNode { id: id.clone(), user: None, departments: Home::default(), groups: Arc::default() };
        UserIndex(self.users.put(node))
    }

    /// The index of a department's id; a new one where the id was never named.
    pub fn intern_department(&mut self, id: &Id) -> DepartmentIndex {
        if let Some(index) = self.find_department(id.as_str()) {
            return index;
        }
        let node =
            DepartmentNode { id: id.clone(), department: None, parent: None, children: Arc::default() };
        DepartmentIndex(self.departments.put(node))
    }

    fn put_entity_type(&mut self, entity_type: &Arc<EntityType>) {
        Arc::make_mut(&mut self.catalog).put(Arc::clone(entity_type));
    }

    fn put_department(&mut self, id: &Id, department: Option<&Arc<Department>>) {
        let index = self.intern_department(id);
        let Some(mut node) = self.departments.row(index.0).cloned() else { return };
        if let Some(old) = &node.department {
            for head in &old.heads {
                let user = self.intern_user(head);
                self.headed.remove(&(user, index));
            }
        }
        for head in department.into_iter().flat_map(|it| &it.heads) {
            let user = self.intern_user(head);
            self.headed.insert((user, index));
        }
        let parent =
            department.and_then(|it| it.parent.as_ref()).map(|parent| self.intern_department(parent));
        if parent != node.parent {
            self.edit_children(node.parent, |children| children.retain(|child| *child != index));
            self.edit_children(parent, |children| children.push(index));
        }
        node.parent = parent;
        // The children may have changed above: a department can be named as its own parent before it is judged.
        if let Some(now) = self.departments.row(index.0) {
            node.children = Arc::clone(&now.children);
        }
        recount(&mut self.existing.departments, node.department.as_ref(), department);
        node.department = department.cloned();
        self.departments.put(node);
    }

    fn edit_children(&mut self, of: Option<DepartmentIndex>, edit: impl FnOnce(&mut Vec<DepartmentIndex>)) {
        let Some(mut node) = of.and_then(|index| self.departments.row(index.0)).cloned() else { return };
        let children = Arc::make_mut(&mut node.children);
        edit(children);
        children.sort_unstable();
        self.departments.put(node);
    }

    fn put_user(&mut self, id: &Id, user: Option<&Arc<User>>) {
        let index = self.intern_user(id);
        let departments = user.into_iter().flat_map(|it| &it.departments);
        let departments = Home::of(departments.map(|id| self.intern_department(id)).collect());
        let Some(mut node) = self.user(index).cloned() else { return };
        for department in node.departments.iter() {
            if let Some(members) = self.members.grow_mut(department.0 as usize).map(Arc::make_mut)
                && let Ok(at) = members.binary_search(&index)
            {
                members.remove(at);
            }
        }
        for department in departments.iter() {
            if let Some(members) = self.members.grow_mut(department.0 as usize).map(Arc::make_mut)
                && let Err(at) = members.binary_search(&index)
            {
                members.insert(at, index);
            }
        }
        if user.is_some_and(|it| it.admin || it.support_role == SupportRole::Admin) {
            self.admins.insert(index);
        } else {
            self.admins.remove(&index);
        }
        if user.is_some_and(|it| it.support_role == SupportRole::Demo) {
            self.demos.insert(index);
        } else {
            self.demos.remove(&index);
        }
        node.departments = departments;
        recount(&mut self.existing.users, node.user.as_ref(), user);
        node.user = user.cloned();
        self.users.put(node);
    }

    fn put_workgroup(&mut self, id: &Id, workgroup: Option<&Arc<Workgroup>>) {
        let old = match workgroup {
            Some(it) => self.workgroups.insert(id.clone(), Arc::clone(it)),
            None => self.workgroups.remove(id),
        };
        for member in old.iter().flat_map(|it| &it.members) {
            let user = self.intern_user(&member.user);
            self.workgroups_of.remove(&(user, id.clone()));
        }
        for member in workgroup.into_iter().flat_map(|it| &it.members) {
            let user = self.intern_user(&member.user);
            self.workgroups_of.insert((user, id.clone()));
        }
    }

    fn put_support_group(&mut self, id: &Id, group: Option<&Arc<SupportGroup>>) {
        let mut members: Vec<(UserIndex, MemberFlags)> = Vec::new();
        for member in group.into_iter().flat_map(|it| &it.members) {
            let flags = MemberFlags {
                can_view: member.can_view,
                notify_new: member.notify_new,
                notify_update: member.notify_update,
            };
            members.push((self.intern_user(&member.user), flags));
        }
        members.sort_unstable_by_key(|(user, _)| *user);
        let before = self.groups.find(id.as_str()).map(|(_, node)| node);
        recount(&mut self.existing.support_groups, before.and_then(|node| node.group.as_ref()), group);
        let old = before.map(|node| Arc::clone(&node.members)).unwrap_or_default();
        let node = GroupNode { id: id.clone(), group: group.cloned(), members: members.into() };
        let now = Arc::clone(&node.members);
        let index = GroupIndex(self.groups.put(node));
        for (user, _) in old.iter() {
            self.edit_groups_of(*user, |groups| groups.retain(|other| *other != index));
        }
        for (user, _) in now.iter() {
            self.edit_groups_of(*user, |groups| groups.push(index));
        }
    }

    fn edit_groups_of(&mut self, user: UserIndex, edit: impl FnOnce(&mut Vec<GroupIndex>)) {
        let Some(mut node) = self.user(user).cloned() else { return };
        let mut groups = node.groups.to_vec();
        edit(&mut groups);
        groups.sort_unstable();
        node.groups = groups.into();
        self.users.put(node);
    }

    fn put_role(&mut self, role: &Arc<Role>) {
        self.roles.insert(role.id.clone(), Arc::clone(role));
    }

    fn put_binding(&mut self, binding: &RoleBinding) {
        if self.bindings.insert(binding.clone()).is_some() {
            return;
        }
        let mut roles = self.roles_by_subject.get(&binding.subject).cloned().unwrap_or_default();
        let sorted = Arc::make_mut(&mut roles);
        sorted.push(binding.role.clone());
        sorted.sort_unstable();
        self.roles_by_subject.insert(binding.subject.clone(), roles);
    }

    fn delete_binding(&mut self, binding: &RoleBinding) {
        if self.bindings.remove(binding).is_none() {
            return;
        }
        let Some(mut roles) = self.roles_by_subject.remove(&binding.subject) else { return };
        Arc::make_mut(&mut roles).retain(|role| *role != binding.role);
        if !roles.is_empty() {
            self.roles_by_subject.insert(binding.subject.clone(), roles);
        }
    }
}
