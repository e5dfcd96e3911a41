//! The organisation as one reads it: types, departments, people, groups, roles, and who depends on what.
//!
//! A directory is a value: copies share structure. Users, departments, helpdesk groups and entity types have dense
//! indices, which are what rights and resources refer to; an index, once given to an id, stays with it as long as
//! the process runs, also when the object is deleted or was only ever named by a resource (rule 1.4).

mod affected;
mod catalog;
mod count;
mod edit;
mod home;
mod name;
mod onlooker;
mod openness;
mod reach;
mod rule;
mod user_set;
mod walk;

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use crate::domain::{
    BindingSubject, Department, GroupKind, Id, Key, Kind, Object, Role, RoleBinding, SupportGroup, User,
    Workgroup,
};
use crate::table::{Row, Rows, Table};

pub use affected::affected;
pub use catalog::{ActionIndex, ActionKind, Catalog, StageIndex, TypeIndex, TypeNode};
pub use home::Home;
pub use onlooker::onlookers;
pub use openness::Openness;
pub use reach::{Reach, ReachedRole};
pub use rule::{Violation, broken_rules};
pub use user_set::UserSet;
pub use walk::Taken;

/// A user's place among all ids of users that were ever named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct UserIndex(pub(crate) u32);

impl UserIndex {
    /// Somebody who has no index: a user whom nothing stored names. He is equal to no subject.
    pub const STRANGER: Self = Self(u32::MAX);
}

/// A department's place among all ids of departments that were ever named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct DepartmentIndex(pub(crate) u32);

/// A helpdesk group's place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct GroupIndex(u32);

/// A user, or an id that is named as one.
#[derive(Clone)]
pub struct UserNode {
    id: Id,
    user: Option<Arc<User>>,
    /// Dep(u), sorted.
    departments: Home,
    /// The helpdesk groups that he is a member of, sorted.
    groups: Arc<[GroupIndex]>,
}

impl UserNode {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The user, if he exists.
    #[must_use]
    pub fn user(&self) -> Option<&Arc<User>> {
        self.user.as_ref()
    }

    /// The departments that he is a direct member of, sorted.
    #[must_use]
    pub fn departments(&self) -> &Home {
        &self.departments
    }

    /// The helpdesk groups that he is a member of, sorted.
    #[must_use]
    pub fn groups(&self) -> &[GroupIndex] {
        &self.groups
    }

    /// Whether he exists and is active.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.active)
    }
}

impl Row for UserNode {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

/// A department, or an id that is named as one.
#[derive(Clone)]
struct DepartmentNode {
    id: Id,
    department: Option<Arc<Department>>,
    parent: Option<DepartmentIndex>,
    /// Sorted.
    children: Arc<Vec<DepartmentIndex>>,
}

impl Row for DepartmentNode {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

/// A member's flags in a helpdesk group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemberFlags {
    /// Whether he sees the tickets of the other members.
    pub can_view: bool,
    /// Whether he is told of new tickets.
    pub notify_new: bool,
    /// Whether he is told of changes.
    pub notify_update: bool,
}

/// A helpdesk group.
#[derive(Clone)]
pub struct GroupNode {
    id: Id,
    group: Option<Arc<SupportGroup>>,
    /// Sorted by user.
    members: Arc<[(UserIndex, MemberFlags)]>,
}

impl GroupNode {
    /// Whom the group holds; none when it was deleted.
    #[must_use]
    pub fn kind(&self) -> Option<GroupKind> {
        self.group.as_ref().map(|group| group.kind)
    }

    /// The members with their flags, sorted by user.
    #[must_use]
    pub fn members(&self) -> &[(UserIndex, MemberFlags)] {
        &self.members
    }

    /// The flags of a member.
    #[must_use]
    pub fn flags_of(&self, user: UserIndex) -> Option<MemberFlags> {
        let at = self.members.binary_search_by_key(&user, |(member, _)| *member).ok()?;
        self.members.get(at).map(|(_, flags)| *flags)
    }
}

impl Row for GroupNode {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

/// The organisation at one revision.
#[derive(Clone, Default)]
pub struct Directory {
    catalog: Arc<Catalog>,
    departments: Table<DepartmentNode>,
    users: Table<UserNode>,
    groups: Table<GroupNode>,
    workgroups: OrdMap<Id, Arc<Workgroup>>,
    roles: OrdMap<Id, Arc<Role>>,
    bindings: OrdSet<RoleBinding>,
    /// The roles bound to each subject, sorted.
    roles_by_subject: OrdMap<BindingSubject, Arc<Vec<Id>>>,
    /// Who is a direct member of a department.
    /// By department, sorted.
    members: Rows<Arc<Vec<UserIndex>>, 16>,
    /// Which departments a user heads.
    headed: OrdSet<(UserIndex, DepartmentIndex)>,
    /// Which workgroups a user is a member of.
    workgroups_of: OrdSet<(UserIndex, Id)>,
    /// The portal administrators and the helpdesk's administrators, active or not.
    admins: OrdSet<UserIndex>,
    /// Those whose support role is demo, active or not.
    demos: OrdSet<UserIndex>,
    existing: count::Existing,
    /// INVARIANT: follows from the rest; forgotten whenever an object is put in or taken out.
    kept: Arc<openness::Kept>,
}

impl Directory {
    /// The entity types.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The entity types, to be kept while the directory changes.
    #[must_use]
    pub fn shared_catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The user of an id, whether he exists or is only named.
    #[must_use]
    pub fn find_user(&self, id: &str) -> Option<(UserIndex, &UserNode)> {
        self.users.find(id).map(|(slot, node)| (UserIndex(slot), node))
    }

    /// One more than the largest index of a user.
    #[must_use]
    pub fn user_slots(&self) -> u32 {
        u32::try_from(self.users.slot_count()).unwrap_or(u32::MAX)
    }

    /// The user at an index.
    #[must_use]
    pub fn user(&self, index: UserIndex) -> Option<&UserNode> {
        self.users.row(index.0)
    }

    /// The department of an id, whether it exists or is only named.
    #[must_use]
    pub fn find_department(&self, id: &str) -> Option<DepartmentIndex> {
        self.departments.slot_of(id).map(DepartmentIndex)
    }

    /// The id of a department.
    #[must_use]
    pub fn department_id(&self, index: DepartmentIndex) -> Option<&Id> {
        self.departments.row(index.0).map(|node| &node.id)
    }

    /// The helpdesk group at an index.
    #[must_use]
    pub fn group(&self, index: GroupIndex) -> Option<&GroupNode> {
        self.groups.row(index.0)
    }

    /// The role of an id.
    #[must_use]
    pub fn role(&self, id: &Id) -> Option<&Arc<Role>> {
        self.roles.get(id)
    }

    /// Dep(u): the departments that a user is a direct member of, sorted; nobody and strangers have none.
    #[must_use]
    pub fn departments_of(&self, user: Option<UserIndex>) -> &[DepartmentIndex] {
        user.and_then(|index| self.user(index)).map_or(&[], |node| &node.departments)
    }

    /// Whether an object exists. Resources are not kept here.
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        match key {
            Key::EntityType(id) => self.catalog.find(id.as_str()).is_some(),
            Key::Department(id) => self.has_department(id),
            Key::User(id) => self.has_user(id),
            Key::Workgroup(id) => self.workgroups.contains_key(id),
            Key::SupportGroup(id) => self.support_group(id).is_some(),
            Key::Role(id) => self.roles.contains_key(id),
            Key::RoleBinding(binding) => self.bindings.contains(binding),
            Key::Resource { .. } => false,
        }
    }

    /// An object. Resources are not kept here.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Object> {
        match key {
            Key::EntityType(id) => {
                self.catalog.find(id.as_str()).map(|(_, node)| Object::EntityType(node.entity_type().clone()))
            }
            Key::Department(id) => self.department(id).cloned().map(Object::Department),
            Key::User(id) => self.users.find(id.as_str())?.1.user.clone().map(Object::User),
            Key::Workgroup(id) => self.workgroups.get(id).cloned().map(Object::Workgroup),
            Key::SupportGroup(id) => self.support_group(id).cloned().map(Object::SupportGroup),
            Key::Role(id) => self.roles.get(id).cloned().map(Object::Role),
            Key::RoleBinding(binding) => self.bindings.get(binding).cloned().map(Object::RoleBinding),
            Key::Resource { .. } => None,
        }
    }

    /// The objects of a kind in order of keys, behind a key or from the first. Resources are not kept here.
    #[must_use]
    pub fn objects_after<'a>(
        &'a self,
        kind: Kind,
        after: Option<&Key>,
    ) -> Box<dyn Iterator<Item = Object> + 'a> {
        let id = match after {
            Some(
                Key::EntityType(id)
                | Key::Department(id)
                | Key::User(id)
                | Key::Workgroup(id)
                | Key::SupportGroup(id)
                | Key::Role(id),
            ) => Some(id.clone()),
            Some(Key::RoleBinding(_) | Key::Resource { .. }) | None => None,
        };
        let low = id.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let text = id.as_ref().map(Id::as_str);
        match kind {
            Kind::EntityType => {
                let types = self.catalog.sorted().into_iter().map(|(_, node)| node.entity_type());
                let behind = types.filter(move |it| id.as_ref().is_none_or(|id| it.name > *id));
                Box::new(behind.cloned().map(Object::EntityType))
            }
            Kind::Department => {
                let nodes = self
                    .departments
                    .slots_after(text)
                    .filter_map(|slot| self.departments.row(slot)?.department.clone());
                Box::new(nodes.map(Object::Department))
            }
            Kind::User => {
                let nodes =
                    self.users.slots_after(text).filter_map(|slot| self.users.row(slot)?.user.clone());
                Box::new(nodes.map(Object::User))
            }
            Kind::SupportGroup => {
                let nodes =
                    self.groups.slots_after(text).filter_map(|slot| self.groups.row(slot)?.group.clone());
                Box::new(nodes.map(Object::SupportGroup))
            }
            Kind::Workgroup => {
                let range = self.workgroups.range((low, Bound::Unbounded));
                Box::new(range.map(|(_, it)| Object::Workgroup(Arc::clone(it))))
            }
            Kind::Role => {
                let range = self.roles.range((low, Bound::Unbounded));
                Box::new(range.map(|(_, it)| Object::Role(Arc::clone(it))))
            }
            Kind::RoleBinding => {
                let low = match after {
                    Some(Key::RoleBinding(binding)) => Bound::Excluded(binding.clone()),
                    _ => Bound::Unbounded,
                };
                Box::new(self.bindings.range((low, Bound::Unbounded)).cloned().map(Object::RoleBinding))
            }
            Kind::Resource => Box::new(std::iter::empty()),
        }
    }

    fn department(&self, id: &Id) -> Option<&Arc<Department>> {
        self.departments.find(id.as_str())?.1.department.as_ref()
    }

    fn support_group(&self, id: &Id) -> Option<&Arc<SupportGroup>> {
        self.groups.find(id.as_str())?.1.group.as_ref()
    }

    fn has_department(&self, id: &Id) -> bool {
        self.department(id).is_some()
    }

    fn has_user(&self, id: &Id) -> bool {
        self.users.find(id.as_str()).is_some_and(|(_, node)| node.user.is_some())
    }
}
