//! What a caller narrows a list to. A filter never widens: what it admits is still judged by the rights.

use super::holder::Holder;
use super::index::ResourceIndex;
use super::row::ResourceRow;
use super::shelf::Class;
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
        self.stages.is_none() && self.open.is_none() && !self.is_by_holder() && !self.is_by_row()
    }

    /// Whether it takes a look at the holder of a resource.
    pub(super) fn is_by_holder(&self) -> bool {
        self.responsibles.is_some() || self.departments.is_some()
    }

    /// Whether it takes more than a resource's holder and class to tell.
    pub(super) fn is_by_row(&self) -> bool {
        self.authors.is_some() || self.ids.is_some()
    }

    pub(super) fn admits_class(&self, class: Class) -> bool {
        self.open.is_none_or(|open| open == class.is_open())
            && self.stages.as_ref().is_none_or(|stages| has(stages, &class.stage()))
    }

    pub(super) fn admits_holder(&self, directory: &Directory, holder: &Holder) -> bool {
        let is_in = |wanted: &Vec<DepartmentIndex>| {
            holder.departments(directory).iter().any(|department| has(wanted, department))
        };
        self.responsibles.as_ref().is_none_or(|wanted| has(wanted, &holder.responsible))
            && self.departments.as_ref().is_none_or(is_in)
    }

    pub(super) fn admits(&self, directory: &Directory, index: &ResourceIndex, row: &ResourceRow) -> bool {
        self.admits_class(row.class())
            && self.authors.as_ref().is_none_or(|wanted| has(wanted, &row.author()))
            && self.ids.as_ref().is_none_or(|wanted| has(wanted, row.id()))
            && (!self.is_by_holder()
                || index
                    .holders()
                    .get(row.holder)
                    .is_some_and(|holder| self.admits_holder(directory, holder)))
    }

    /// The holders that it admits, each once; none where it doesn't go by them.
    pub(super) fn holders(&self, directory: &Directory, index: &ResourceIndex) -> Option<Vec<u32>> {
        let holders = index.holders();
        let mut places: Vec<u32> = match (&self.responsibles, &self.departments) {
            (Some(responsibles), _) => {
                responsibles.iter().flat_map(|user| holders.of_responsible(*user)).collect()
            }
            (None, Some(departments)) => {
                departments.iter().flat_map(|it| holders.in_department(directory, *it)).collect()
            }
            (None, None) => return None,
        };
        places.sort_unstable();
        places.dedup();
        places.retain(|place| holders.get(*place).is_some_and(|it| self.admits_holder(directory, it)));
        Some(places)
    }
}

fn has<T: Ord>(sorted: &[T], item: &T) -> bool {
    sorted.binary_search(item).is_ok()
}
