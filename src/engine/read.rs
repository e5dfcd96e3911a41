//! Reading objects: one, a page of a kind, or all of them.

use super::Published;
use crate::directory::Directory;
use crate::domain::{BindingSubject, Id, Key, Kind, Object, RoleBinding};

/// Which objects of a kind to list; parts that are given are joined by and.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Of this department.
    pub department: Option<Id>,
    /// Of this workgroup.
    pub workgroup: Option<Id>,
    /// Of this helpdesk group.
    pub support_group: Option<Id>,
    /// Of this role.
    pub role: Option<Id>,
    /// Of this user.
    pub user: Option<Id>,
    /// Of this entity type.
    pub entity_type: Option<Id>,
}

/// Why a filter can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The kind has no such filter.
    #[error("{} have no such filter; theirs are {allowed}", .kind.list_name())]
    NotOfKind {
        /// The kind.
        kind: Kind,
        /// The filter.
        field: &'static str,
        /// Those that it has.
        allowed: String,
    },
    /// Resources are listed by type.
    #[error("resources are listed by entity type; name one that exists")]
    NoEntityType,
}

impl FilterError {
    /// The field of the request that is at fault.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::NotOfKind { field, .. } => field,
            Self::NoEntityType => "entity_type",
        }
    }
}

/// A page of objects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The objects, in order of keys.
    pub objects: Vec<Object>,
    /// Whether there are more.
    pub has_more: bool,
}

impl Filter {
    fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("department", self.department.is_some()),
            ("workgroup", self.workgroup.is_some()),
            ("support_group", self.support_group.is_some()),
            ("role", self.role.is_some()),
            ("user", self.user.is_some()),
            ("entity_type", self.entity_type.is_some()),
        ]
        .into_iter()
        .filter(|(_, is_given)| *is_given)
        .map(|(field, _)| field)
    }

    fn check(&self, kind: Kind) -> Result<(), FilterError> {
        let allowed: &[&str] = match kind {
            Kind::EntityType => &[],
            Kind::Department => &["department", "user"],
            Kind::User => &["department", "workgroup", "support_group", "role"],
            Kind::Workgroup | Kind::SupportGroup => &["user"],
            Kind::Role => &["user", "entity_type"],
            Kind::RoleBinding => &["role", "user"],
            Kind::Resource => &["entity_type", "user", "department"],
        };
        match self.given().find(|field| !allowed.contains(field)) {
            Some(field) => Err(FilterError::NotOfKind { kind, field, allowed: allowed.join(", ") }),
            None => Ok(()),
        }
    }
}

impl Published {
    /// An object.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Object> {
        self.snapshot.get(key)
    }

    /// A page of objects of a kind, behind a key or from the first.
    ///
    /// Costs a look at every object of the kind where a filter leaves few of them.
    ///
    /// # Errors
    /// The filter is not one of the kind's.
    pub fn list(
        &self,
        kind: Kind,
        filter: &Filter,
        after: Option<&Key>,
        count_max: usize,
    ) -> Result<Page, FilterError> {
        filter.check(kind)?;
        let mut objects: Vec<Object> = match kind {
            Kind::Resource => self.list_resources(filter, after, count_max + 1)?,
            Kind::EntityType
            | Kind::Department
            | Kind::User
            | Kind::Workgroup
            | Kind::SupportGroup
            | Kind::Role
            | Kind::RoleBinding => {
                let sieve = Sieve { directory: self.directory(), filter };
                let objects = self.directory().objects_after(kind, after);
                objects.filter(|object| sieve.lets_pass(object)).take(count_max + 1).collect()
            }
        };
        let has_more = objects.len() > count_max;
        objects.truncate(count_max);
        Ok(Page { objects, has_more })
    }

    fn list_resources(
        &self,
        filter: &Filter,
        after: Option<&Key>,
        count_max: usize,
    ) -> Result<Vec<Object>, FilterError> {
        let directory = self.directory();
        let name = filter.entity_type.as_ref().ok_or(FilterError::NoEntityType)?;
        let (index, node) = directory.catalog().find(name.as_str()).ok_or(FilterError::NoEntityType)?;
        let after = match after {
            Some(Key::Resource { id, .. }) => Some(id.as_str()),
            _ => None,
        };
        let of_department = |object: &Object| match (object, &filter.department) {
            (Object::Resource(it), Some(department)) => it.facts.departments.contains(department),
            _ => true,
        };
        let resources = self.snapshot.resources(index);
        let to_object = |row: &crate::visibility::ResourceRow| {
            Object::Resource(Box::new(row.to_resource(directory, node)))
        };
        Ok(match &filter.user {
            Some(user) => {
                let rows = directory
                    .find_user(user.as_str())
                    .map(|(user, _)| resources.of_responsible_after(user, after));
                rows.into_iter().flatten().map(to_object).filter(of_department).take(count_max).collect()
            }
            None => {
                resources.iter_after(after).map(to_object).filter(of_department).take(count_max).collect()
            }
        })
    }

    /// Every object, kinds in the order of [`Kind::EACH`], each kind in order of keys.
    pub fn export(&self) -> impl Iterator<Item = Object> {
        self.snapshot.objects_after(None)
    }
}

/// A filter on objects of the directory.
struct Sieve<'a> {
    directory: &'a Directory,
    filter: &'a Filter,
}

impl Sieve<'_> {
    fn lets_pass(&self, object: &Object) -> bool {
        let filter = self.filter;
        match object {
            Object::Department(it) => {
                is_or_none(filter.department.as_ref(), |id| it.parent.as_ref() == Some(id))
                    && is_or_none(filter.user.as_ref(), |id| it.heads.contains(id))
            }
            Object::User(it) => {
                is_or_none(filter.department.as_ref(), |id| it.departments.contains(id))
                    && is_or_none(filter.workgroup.as_ref(), |id| {
                        self.names(&Key::Workgroup(id.clone()), &it.id)
                    })
                    && is_or_none(filter.support_group.as_ref(), |id| {
                        self.names(&Key::SupportGroup(id.clone()), &it.id)
                    })
                    && is_or_none(filter.role.as_ref(), |id| self.reaches(id, &it.id))
            }
            Object::Workgroup(_) | Object::SupportGroup(_) => {
                is_or_none(filter.user.as_ref(), |id| names_user(object, id))
            }
            Object::Role(it) => {
                is_or_none(filter.user.as_ref(), |id| self.reaches(&it.id, id))
                    && is_or_none(filter.entity_type.as_ref(), |name| {
                        it.grants.iter().any(|grant| grant.entity_type == *name)
                    })
            }
            Object::RoleBinding(it) => {
                is_or_none(filter.role.as_ref(), |id| it.role == *id)
                    && is_or_none(filter.user.as_ref(), |id| binds_user(it, id))
            }
            Object::EntityType(_) | Object::Resource(_) => true,
        }
    }

    fn names(&self, group: &Key, user: &Id) -> bool {
        self.directory.get(group).is_some_and(|group| names_user(&group, user))
    }

    fn reaches(&self, role: &Id, user: &Id) -> bool {
        let user = self.directory.find_user(user.as_str());
        user.is_some_and(|(user, _)| self.directory.roles_of(user).iter().any(|it| it.id == *role))
    }
}

fn is_or_none(wanted: Option<&Id>, is: impl FnOnce(&Id) -> bool) -> bool {
    wanted.is_none_or(is)
}

fn names_user(group: &Object, user: &Id) -> bool {
    match group {
        Object::Workgroup(it) => it.members.iter().any(|member| member.user == *user),
        Object::SupportGroup(it) => it.members.iter().any(|member| member.user == *user),
        Object::EntityType(_)
        | Object::Department(_)
        | Object::User(_)
        | Object::Role(_)
        | Object::RoleBinding(_)
        | Object::Resource(_) => false,
    }
}

fn binds_user(binding: &RoleBinding, user: &Id) -> bool {
    matches!(&binding.subject, BindingSubject::User(id) | BindingSubject::UserAndManagers(id) if id == user)
}
