//! The specification transcribed, slow and obvious, over plain objects.
//!
//! It has no indices, keeps nothing that can be computed, and shares no algorithm with the product: whoever doubts
//! an answer reads it next to the rule whose number stands there. Sets are sets, walks are walks.

mod conflict;
mod decide;
mod judge;
mod people;
mod recipient;
mod rights;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dopusk::domain::{
    Department, EntityType, Id, Key, Object, Operation, Resource, Role, RoleBinding, SupportGroup, User,
    Verb, Workgroup,
};

pub(crate) use conflict::{Place, standings};
pub(crate) use decide::{Answer, Asked, CallerError, Query};
pub(crate) use judge::{Broken, Refused};
pub(crate) use rights::Rights;

/// Every object there is.
#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) struct Oracle {
    pub(crate) types: BTreeMap<Id, Arc<EntityType>>,
    pub(crate) departments: BTreeMap<Id, Arc<Department>>,
    pub(crate) users: BTreeMap<Id, Arc<User>>,
    pub(crate) workgroups: BTreeMap<Id, Arc<Workgroup>>,
    pub(crate) groups: BTreeMap<Id, Arc<SupportGroup>>,
    pub(crate) roles: BTreeMap<Id, Arc<Role>>,
    pub(crate) bindings: BTreeSet<RoleBinding>,
    pub(crate) resources: BTreeMap<(Id, Id), Resource>,
}

impl Oracle {
    /// The objects, put in one after the other and not judged.
    pub(crate) fn of<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let mut oracle = Self::default();
        for object in objects {
            oracle.put(object);
        }
        oracle
    }

    pub(crate) fn put(&mut self, object: &Object) {
        match object.clone() {
            Object::EntityType(it) => drop(self.types.insert(it.name.clone(), it)),
            Object::Department(it) => drop(self.departments.insert(it.id.clone(), it)),
            Object::User(it) => drop(self.users.insert(it.id.clone(), it)),
            Object::Workgroup(it) => drop(self.workgroups.insert(it.id.clone(), it)),
            Object::SupportGroup(it) => drop(self.groups.insert(it.id.clone(), it)),
            Object::Role(it) => drop(self.roles.insert(it.id.clone(), it)),
            Object::RoleBinding(it) => drop(self.bindings.insert(it)),
            Object::Resource(it) => {
                drop(self.resources.insert((it.entity_type.clone(), it.id.clone()), *it));
            }
        }
    }

    /// 1.3: deleting what isn't there changes nothing.
    pub(crate) fn delete(&mut self, key: &Key) {
        match key {
            Key::EntityType(id) => drop(self.types.remove(id)),
            Key::Department(id) => drop(self.departments.remove(id)),
            Key::User(id) => drop(self.users.remove(id)),
            Key::Workgroup(id) => drop(self.workgroups.remove(id)),
            Key::SupportGroup(id) => drop(self.groups.remove(id)),
            Key::Role(id) => drop(self.roles.remove(id)),
            Key::RoleBinding(it) => drop(self.bindings.remove(it)),
            Key::Resource { entity_type, id } => {
                drop(self.resources.remove(&(entity_type.clone(), id.clone())));
            }
        }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Object> {
        match key {
            Key::EntityType(id) => self.types.get(id).cloned().map(Object::EntityType),
            Key::Department(id) => self.departments.get(id).cloned().map(Object::Department),
            Key::User(id) => self.users.get(id).cloned().map(Object::User),
            Key::Workgroup(id) => self.workgroups.get(id).cloned().map(Object::Workgroup),
            Key::SupportGroup(id) => self.groups.get(id).cloned().map(Object::SupportGroup),
            Key::Role(id) => self.roles.get(id).cloned().map(Object::Role),
            Key::RoleBinding(it) => self.bindings.get(it).cloned().map(Object::RoleBinding),
            Key::Resource { entity_type, id } => {
                let resource = self.resources.get(&(entity_type.clone(), id.clone()));
                resource.cloned().map(|it| Object::Resource(Box::new(it)))
            }
        }
    }

    /// Every object, kinds in the order in which they refer to one another.
    pub(crate) fn objects(&self) -> Vec<Object> {
        let mut all: Vec<Object> = self.types.values().cloned().map(Object::EntityType).collect();
        all.extend(self.departments.values().cloned().map(Object::Department));
        all.extend(self.users.values().cloned().map(Object::User));
        all.extend(self.workgroups.values().cloned().map(Object::Workgroup));
        all.extend(self.groups.values().cloned().map(Object::SupportGroup));
        all.extend(self.roles.values().cloned().map(Object::Role));
        all.extend(self.bindings.iter().cloned().map(Object::RoleBinding));
        all.extend(self.resources.values().cloned().map(|it| Object::Resource(Box::new(it))));
        all
    }

    /// The resources of a type, in order of ids.
    pub(crate) fn resources_of<'a>(&'a self, name: &'a Id) -> impl Iterator<Item = &'a Resource> {
        self.resources.values().filter(move |it| it.entity_type == *name)
    }

    /// 1.3: one atomic batch, the operations in their order, judged on its end state.
    pub(crate) fn write(&self, operations: &[Operation]) -> Result<Self, Refused> {
        judge::faults(operations)?;
        let mut end = self.clone();
        for operation in operations {
            judge::precondition(&end, operation)?;
            match &operation.verb {
                Verb::Put(object) => end.put(object),
                Verb::Delete(key) => end.delete(key),
            }
        }
        let broken = judge::broken(&end);
        if broken.is_empty() { Ok(end) } else { Err(Refused::Rules(broken)) }
    }
}
