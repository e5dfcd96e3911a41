//! The resources of one entity type: by id, in the order of ids, and by what opens them.

use std::sync::Arc;

use crate::directory::{DepartmentIndex, Directory, StageIndex, TypeNode, UserIndex};
use crate::domain::{Facts, Id, Resource};
use crate::rights::Target;
use crate::table::{Row, Rows, Sorted, Table};

/// Stands for nobody in a row.
const NOBODY: u32 = u32::MAX - 1;
/// Stands for no stage in a row.
const NO_STAGE: u16 = u16::MAX;

/// A stored resource, in indices: 56 bytes, so that reading one is reading one cache line.
#[derive(Clone)]
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

    /// What the rights are judged by.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target {
            author: somebody(self.author),
            responsible: somebody(self.responsible),
            departments: Some(self.departments()).filter(|list| !list.is_empty()),
            stage: self.stage(),
            open: self.open,
            observers: self.more.as_ref().map_or(&[], |more| &more.observers),
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

    fn stage(&self) -> Option<StageIndex> {
        (self.stage != NO_STAGE).then_some(StageIndex(self.stage))
    }

    fn departments(&self) -> &[DepartmentIndex] {
        self.more.as_ref().map_or(&[], |more| &more.departments)
    }
}

fn somebody(raw: u32) -> Option<UserIndex> {
    (raw != NOBODY).then_some(UserIndex(raw))
}

/// Slots by stage: `stage + 1` in bits 33 and up, then whether the resource has departments of its own, then the slot.
pub(super) type Postings = Sorted<u64>;

/// Whether a resource belongs to departments of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    ToResponsible,
    ToDepartments,
}

pub(super) fn posting(stage: Option<StageIndex>, belongs: Belongs, slot: u32) -> u64 {
    let stage = stage.map_or(0, |stage| u64::from(stage.0) + 1);
    stage << 33 | u64::from(belongs == Belongs::ToDepartments) << 32 | u64::from(slot)
}

/// The resources of one entity type.
///
/// INVARIANT: every present row has exactly one posting in `all`, one in `open` if it is flagged so, and one for its
/// author, its responsible, each of its own departments and each of its observers.
#[derive(Clone, Default)]
pub struct ResourceIndex {
    rows: Table<ResourceRow>,
    pub(super) all: Postings,
    pub(super) open: Postings,
    by_author: Rows<Option<Postings>>,
    by_responsible: Rows<Option<Postings>>,
    by_department: Rows<Option<Postings>>,
    by_observer: Rows<Option<Postings>>,
}

impl ResourceIndex {
    /// How many resources there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The resource of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&ResourceRow> {
        self.rows.find(id).map(|(_, row)| row)
    }

    /// The resources in order of ids, from behind an id on.
    pub fn iter_after(&self, id: Option<&str>) -> impl Iterator<Item = &ResourceRow> {
        self.rows.slots_after(id).filter_map(|slot| self.rows.row(slot))
    }

    /// Whether any resource is on a stage.
    #[must_use]
    pub fn is_stage_used(&self, stage: StageIndex) -> bool {
        staged(&self.all, Some(stage)).next().is_some()
    }

    /// Puts a resource in, replacing the one with its id.
    pub fn put(&mut self, row: ResourceRow) {
        self.remove(row.key());
        let copy = row.clone();
        let slot = self.rows.put(row);
        self.edit_postings(slot, &copy, |postings, posting| postings.insert(posting));
    }

    /// Takes a resource out, if it is there.
    pub fn remove(&mut self, id: &str) {
        let Some(slot) = self.rows.slot_of(id) else { return };
        if let Some(row) = self.rows.remove(id) {
            self.edit_postings(slot, &row, |postings, posting| postings.remove(posting));
        }
    }

    fn edit_postings(&mut self, slot: u32, row: &ResourceRow, edit: impl Fn(&mut Postings, u64)) {
        let target = row.target();
        let belongs = match target.departments {
            Some(_) => Belongs::ToDepartments,
            None => Belongs::ToResponsible,
        };
        let posting = posting(target.stage, belongs, slot);
        let edit_at = |lists: &mut Rows<Option<Postings>>, at: u32| {
            if let Some(list) = lists.grow_mut(at as usize) {
                edit(list.get_or_insert_default(), posting);
            }
        };
        edit(&mut self.all, posting);
        if row.open {
            edit(&mut self.open, posting);
        }
        for (lists, person) in
            [(&mut self.by_author, target.author), (&mut self.by_responsible, target.responsible)]
        {
            if let Some(person) = person {
                edit_at(lists, person.0);
            }
        }
        for department in row.departments() {
            edit_at(&mut self.by_department, department.0);
        }
        for observer in target.observers {
            edit_at(&mut self.by_observer, observer.0);
        }
    }

    pub(super) fn table(&self) -> &Table<ResourceRow> {
        &self.rows
    }

    pub(super) fn of_author(&self, user: UserIndex) -> Option<&Postings> {
        self.by_author.get(user.0 as usize)?.as_ref()
    }

    pub(super) fn of_responsible(&self, user: UserIndex) -> Option<&Postings> {
        self.by_responsible.get(user.0 as usize)?.as_ref()
    }

    pub(super) fn of_department(&self, department: DepartmentIndex) -> Option<&Postings> {
        self.by_department.get(department.0 as usize)?.as_ref()
    }

    pub(super) fn of_observer(&self, user: UserIndex) -> Option<&Postings> {
        self.by_observer.get(user.0 as usize)?.as_ref()
    }

    /// The resources that a user is responsible for, in order of ids.
    #[must_use]
    pub fn of_responsible_after(&self, user: UserIndex, id: Option<&str>) -> Vec<&ResourceRow> {
        let slots = self.of_responsible(user).into_iter().flat_map(|postings| postings.iter_from(0));
        let rows = slots.filter_map(|posting| self.rows.row(slot_of(posting)));
        let mut rows: Vec<&ResourceRow> =
            rows.filter(|row| id.is_none_or(|after| row.id.as_str() > after)).collect();
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        rows
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the slot is the lower 32 bits")]
pub(super) const fn slot_of(posting: u64) -> u32 {
    posting as u32
}

/// The postings of one stage.
pub(super) fn staged(postings: &Postings, stage: Option<StageIndex>) -> impl Iterator<Item = u64> + use<'_> {
    let low = posting(stage, Belongs::ToResponsible, 0);
    let high = posting(stage, Belongs::ToDepartments, u32::MAX);
    postings.iter_from(low).take_while(move |posting| *posting <= high)
}
