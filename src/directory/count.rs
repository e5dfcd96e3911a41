//! How many objects there are of each kind.

use super::Directory;
use crate::domain::Kind;

/// How many exist of what has a place in a table also when it is only named.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Existing {
    pub(super) departments: usize,
    pub(super) users: usize,
    pub(super) support_groups: usize,
}

impl Directory {
    /// How many objects of a kind exist. Resources are not kept here.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::EntityType => self.catalog.iter().count(),
            Kind::Department => self.existing.departments,
            Kind::User => self.existing.users,
            Kind::Workgroup => self.workgroups.len(),
            Kind::SupportGroup => self.existing.support_groups,
            Kind::Role => self.roles.len(),
            Kind::RoleBinding => self.bindings.len(),
            Kind::Resource => 0,
        }
    }
}

/// Counts something that was there or not, and then is or is not.
pub(super) fn recount<T, U>(count: &mut usize, before: Option<&T>, after: Option<&U>) {
    match (before, after) {
        (None, Some(_)) => *count += 1,
        (Some(_), None) => *count -= 1,
        (None, None) | (Some(_), Some(_)) => {}
    }
}
