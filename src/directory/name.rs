//! Ids and names of what has an index, for answers that people read.

use super::{DepartmentIndex, Directory, GroupIndex, UserIndex};
use crate::domain::{BindingSubject, Id, Named};

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

    /// The user, department or workgroup that a binding names; none where it takes in everyone.
    #[must_use]
    pub fn named_subject(&self, subject: &BindingSubject) -> Option<Named> {
        match subject {
            BindingSubject::User(id) | BindingSubject::UserAndManagers(id) => Some(self.named_user_of(id)),
            BindingSubject::Department(id) | BindingSubject::DepartmentTree(id) => {
                self.find_department(id.as_str()).and_then(|it| self.named_department(it))
            }
            BindingSubject::Workgroup { workgroup, .. } => {
                let found = self.workgroups.get(workgroup);
                found.map(|it| Named { id: it.id.clone(), name: it.name.clone() })
            }
            BindingSubject::Everyone => None,
        }
    }

    pub(super) fn named_user_of(&self, id: &Id) -> Named {
        let found = self.find_user(id.as_str()).and_then(|(user, _)| self.named_user(user));
        found.unwrap_or_else(|| Named { id: id.clone(), name: String::new() })
    }
}
