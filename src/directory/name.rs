//! Ids and names of what has an index, for answers that people read.

use super::{DepartmentIndex, Directory, GroupIndex, UserIndex};
use crate::domain::{Id, Named};

impl Directory {
    /// A user by id and name; without a name where he doesn't exist, none for a stranger.
    #[must_use]
    pub fn named_user(&self, user: UserIndex) -> Option<Named> {
        let node = self.user(user)?;
        let name = node.user.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        Some(Named { id: node.id.clone(), name })
    }

    /// A department by id and name; without a name where it doesn't exist.
    #[must_use]
    pub fn named_department(&self, department: DepartmentIndex) -> Option<Named> {
        let node = self.departments.row(department.0)?;
        let name = node.department.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        Some(Named { id: node.id.clone(), name })
    }

    /// A helpdesk group by id and name.
    #[must_use]
    pub fn named_group(&self, group: GroupIndex) -> Option<Named> {
        let node = self.group(group)?;
        let name = node.group.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        Some(Named { id: node.id.clone(), name })
    }

    /// Departments by id and name, in their order.
    #[must_use]
    pub fn named_departments(&self, departments: &[DepartmentIndex]) -> Vec<Named> {
        departments.iter().filter_map(|it| self.named_department(*it)).collect()
    }

    pub(super) fn named_user_of(&self, id: &Id) -> Named {
        let found = self.find_user(id.as_str()).and_then(|(user, _)| self.named_user(user));
        found.unwrap_or_else(|| Named { id: id.clone(), name: String::new() })
    }
}
