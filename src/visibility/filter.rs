//! What a caller narrows a list to. A filter never widens: what it admits is still judged by the rights.

use super::count::Class;
use super::row::ResourceRow;
use crate::directory::{DepartmentIndex, Directory, StageIndex, UserIndex};
use crate::domain::Id;

/// The wanted resources: those that every part admits. A part that is absent admits all, an empty one nothing; each is
/// sorted.
#[derive(Clone, Default, Debug)]
pub struct Filter {
    /// Stages; none stands for resources without a stage.
    pub stages: Option<Vec<Option<StageIndex>>>,
    /// Whether the open flag must be set, or must not.
    pub open: Option<bool>,
    /// Responsibles; none stands for resources without one.
    pub responsibles: Option<Vec<Option<UserIndex>>>,
    /// Authors; none stands for resources without one.
    pub authors: Option<Vec<Option<UserIndex>>>,
    /// Departments that Dep(resource) of rule 3.2 meets.
    pub departments: Option<Vec<DepartmentIndex>>,
    /// Ids.
    pub ids: Option<Vec<Id>>,
}

impl Filter {
    /// Whether all is admitted.
    pub(super) fn is_open_to_all(&self) -> bool {
        self.stages.is_none() && self.open.is_none() && self.responsibles.is_none() && !self.is_by_row()
    }

    /// Whether it takes more than a resource's responsible and class to tell.
    pub(super) fn is_by_row(&self) -> bool {
        self.authors.is_some() || self.departments.is_some() || self.ids.is_some()
    }

    pub(super) fn admits_responsible(&self, user: Option<UserIndex>) -> bool {
        self.responsibles.as_ref().is_none_or(|wanted| has(wanted, &user))
    }

    pub(super) fn admits_class(&self, class: Class) -> bool {
        self.open.is_none_or(|open| open == class.is_open())
            && self.stages.as_ref().is_none_or(|stages| has(stages, &class.stage()))
    }

    pub(super) fn admits(&self, directory: &Directory, row: &ResourceRow) -> bool {
        let is_there = |wanted: &Vec<DepartmentIndex>| {
            let target = row.target();
            let departments = target.departments_in(directory);
            departments.iter().any(|department| has(wanted, department))
        };
        self.admits_class(row.class())
            && self.admits_responsible(row.responsible())
            && self.authors.as_ref().is_none_or(|wanted| has(wanted, &row.author()))
            && self.ids.as_ref().is_none_or(|wanted| has(wanted, row.id()))
            && self.departments.as_ref().is_none_or(is_there)
    }
}

fn has<T: Ord>(sorted: &[T], item: &T) -> bool {
    sorted.binary_search(item).is_ok()
}
