//! A stored resource as the index keeps it.

use std::sync::Arc;

use super::count::Class;
use crate::directory::{DepartmentIndex, Directory, StageIndex, TypeNode, UserIndex};
use crate::domain::{Facts, Id, Resource};
use crate::rights::Target;
use crate::table::Row;

/// Stands for nobody in a row.
const NOBODY: u32 = u32::MAX - 1;
/// Stands for no stage in a row.
const NO_STAGE: u16 = u16::MAX;

/// A stored resource, in indices, in one cache line.
#[derive(Clone)]
#[repr(align(64))]
pub struct ResourceRow {
    id: Id,
    sort_key: i64,
    author: u32,
    responsible: u32,
    stage: u16,
    open: bool,
    more: Option<Arc<More>>,
}

/// What few resources have.
struct More {
    /// Sorted.
    departments: Box<[DepartmentIndex]>,
    /// Sorted.
    observers: Box<[UserIndex]>,
}

impl Row for ResourceRow {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

impl ResourceRow {
    /// Takes a resource in; the ids that it names get indices. The stage must be one of the type's.
    #[must_use]
    pub fn new(directory: &mut Directory, node: &TypeNode, resource: &Resource) -> Self {
        let facts = &resource.facts;
        let mut departments: Vec<_> =
            facts.departments.iter().map(|id| directory.intern_department(id)).collect();
        let mut observers: Vec<_> = facts.observers.iter().map(|id| directory.intern_user(id)).collect();
        departments.sort_unstable();
        observers.sort_unstable();
        let has_more = !departments.is_empty() || !observers.is_empty();
        let mut person = |id: &Option<Id>| id.as_ref().map_or(NOBODY, |id| directory.intern_user(id).0);
        Self {
            id: resource.id.clone(),
            sort_key: resource.sort_key,
            author: person(&facts.author),
            responsible: person(&facts.responsible),
            stage: facts
                .stage
                .as_ref()
                .and_then(|name| node.any_stage(name))
                .map_or(NO_STAGE, |stage| stage.0),
            open: facts.open,
            more: has_more
                .then(|| Arc::new(More { departments: departments.into(), observers: observers.into() })),
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// What lists are ordered by where they don't go by id.
    #[must_use]
    pub fn sort_key(&self) -> i64 {
        self.sort_key
    }

    /// What the rights are judged by.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target {
            author: somebody(self.author),
            responsible: somebody(self.responsible),
            departments: Some(self.departments()).filter(|list| !list.is_empty()),
            stage: self.stage(),
            open: self.open,
            observers: self.observers(),
        }
    }

    /// The resource as it was written.
    #[must_use]
    pub fn to_resource(&self, directory: &Directory, node: &TypeNode) -> Resource {
        let target = self.target();
        let user = |index: UserIndex| directory.user(index).map(|node| node.id().clone());
        let mut departments: Vec<Id> =
            self.departments().iter().filter_map(|it| directory.department_id(*it).cloned()).collect();
        let mut observers: Vec<Id> = target.observers.iter().filter_map(|it| user(*it)).collect();
        departments.sort_unstable();
        observers.sort_unstable();
        Resource {
            entity_type: node.entity_type().name.clone(),
            id: self.id.clone(),
            facts: Facts {
                author: target.author.and_then(user),
                responsible: target.responsible.and_then(user),
                departments,
                stage: target.stage.and_then(|stage| node.stage_name(stage)).cloned(),
                open: self.open,
                observers,
            },
            sort_key: self.sort_key,
        }
    }

    pub(super) fn author(&self) -> Option<UserIndex> {
        somebody(self.author)
    }

    pub(super) fn responsible(&self) -> Option<UserIndex> {
        somebody(self.responsible)
    }

    /// Whether another row names the same people and departments.
    pub(super) fn has_same_people(&self, other: &Self) -> bool {
        (self.responsible, self.author) == (other.responsible, other.author)
            && self.departments() == other.departments()
            && self.observers() == other.observers()
    }

    pub(super) fn class(&self) -> Class {
        Class::of(self)
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn stage(&self) -> Option<StageIndex> {
        (self.stage != NO_STAGE).then_some(StageIndex(self.stage))
    }

    pub(super) fn observers(&self) -> &[UserIndex] {
        self.more.as_ref().map_or(&[], |more| &more.observers)
    }

    pub(super) fn departments(&self) -> &[DepartmentIndex] {
        self.more.as_ref().map_or(&[], |more| &more.departments)
    }
}

fn somebody(raw: u32) -> Option<UserIndex> {
    (raw != NOBODY).then_some(UserIndex(raw))
}
