//! The resources of one entity type: by id, in the order of ids, and by what opens them.

use std::sync::Arc;

use crate::directory::{DepartmentIndex, Directory, StageIndex, TypeNode, UserIndex};
use crate::domain::{Facts, Id, Resource, STAGES_MAX};
use crate::rights::Target;
use crate::table::{Row, Rows, Sorted, Table, find_each};

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

    fn stage(&self) -> Option<StageIndex> {
        (self.stage != NO_STAGE).then_some(StageIndex(self.stage))
    }

    fn posting(&self, slot: u32) -> u64 {
        let belongs =
            if self.departments().is_empty() { Belongs::ToResponsible } else { Belongs::ToDepartments };
        posting(self.stage(), belongs, slot)
    }

    fn author_key(&self) -> Option<u32> {
        somebody(self.author).map(|user| user.0)
    }

    fn responsible_key(&self) -> Option<u32> {
        somebody(self.responsible).map(|user| user.0)
    }

    fn observers(&self) -> &[UserIndex] {
        self.more.as_ref().map_or(&[], |more| &more.observers)
    }

    fn more_of(&self) -> (&[DepartmentIndex], &[UserIndex]) {
        (self.departments(), self.observers())
    }

    fn departments(&self) -> &[DepartmentIndex] {
        self.more.as_ref().map_or(&[], |more| &more.departments)
    }
}

/// Takes one posting out and puts another in, unless they are the same.
fn edit(postings: &mut Postings, old: Option<u64>, new: Option<u64>) {
    if old != new {
        if let Some(old) = old {
            postings.remove(old);
        }
        if let Some(new) = new {
            postings.insert(new);
        }
    }
}

fn edit_by_stage(lists: &mut ByStage, old: Option<u64>, new: Option<u64>) {
    if old == new {
        return;
    }
    for (at, old, new) in [(old, old, None), (new, None, new)] {
        if let Some(list) = at.and_then(|posting| lists.grow_mut(stage_of(posting))) {
            edit(list, old, new);
        }
    }
}

fn edit_at(lists: &mut People, at: Option<u32>, old: Option<u64>, new: Option<u64>) {
    if let Some(list) = at.and_then(|at| lists.grow_mut(at as usize)) {
        edit(list.get_or_insert_default(), old, new);
    }
}

fn somebody(raw: u32) -> Option<UserIndex> {
    (raw != NOBODY).then_some(UserIndex(raw))
}

/// Slots by stage: `stage + 1` in bits 33 and up, then whether the resource has departments of its own, then the slot.
pub(super) type Postings = Sorted<u64>;

/// Postings by the index of a user or department.
type People = Rows<Option<Postings>, 16>;

/// Postings by stage, the absent one first. New resources come last in each, where they move nothing.
type ByStage = Rows<Postings, 16>;

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
    all: ByStage,
    open: ByStage,
    by_author: People,
    by_responsible: People,
    by_department: People,
    by_observer: People,
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

    /// The resources of many ids, each in an index of its own; faster than one by one.
    #[must_use]
    pub fn get_each<'a>(wanted: impl Iterator<Item = (&'a Self, &'a str)>) -> Vec<Option<&'a ResourceRow>> {
        let wanted: Vec<_> = wanted.map(|(index, id)| (&index.rows, id)).collect();
        find_each(&wanted)
    }

    /// The resources in order of ids, from behind an id on.
    pub fn iter_after(&self, id: Option<&str>) -> impl Iterator<Item = &ResourceRow> {
        self.rows.slots_after(id).filter_map(|slot| self.rows.row(slot))
    }

    /// Whether any resource is on a stage.
    #[must_use]
    pub fn is_stage_used(&self, stage: StageIndex) -> bool {
        self.on_stage(Some(stage)).is_some_and(|postings| !postings.is_empty())
    }

    /// Puts a resource in, replacing the one with its id.
    pub fn put(&mut self, row: ResourceRow) {
        let before = self.rows.find(row.key()).map(|(_, before)| before.clone());
        let after = row.clone();
        let slot = self.rows.put(row);
        self.edit_postings(slot, before.as_ref(), Some(&after));
    }

    /// Takes a resource out, if it is there.
    pub fn remove(&mut self, id: &str) {
        let Some(slot) = self.rows.slot_of(id) else { return };
        let before = self.rows.remove(id);
        self.edit_postings(slot, before.as_ref(), None);
    }

    /// Changes the postings of a slot from those of one row to those of another, where they differ.
    fn edit_postings(&mut self, slot: u32, before: Option<&ResourceRow>, after: Option<&ResourceRow>) {
        let at = |row: Option<&ResourceRow>| row.map(|row| row.posting(slot));
        let (old, new) = (at(before), at(after));
        edit_by_stage(&mut self.all, old, new);
        let is_open = |row: Option<&ResourceRow>| row.is_some_and(|row| row.open);
        edit_by_stage(&mut self.open, old.filter(|_| is_open(before)), new.filter(|_| is_open(after)));
        for (lists, of) in [
            (&mut self.by_author, ResourceRow::author_key as fn(&ResourceRow) -> Option<u32>),
            (&mut self.by_responsible, ResourceRow::responsible_key),
        ] {
            let (from, to) = (before.and_then(of), after.and_then(of));
            if (from, old) != (to, new) {
                edit_at(lists, from, old, None);
                edit_at(lists, to, None, new);
            }
        }
        if old == new && before.map(ResourceRow::more_of) == after.map(ResourceRow::more_of) {
            return;
        }
        for (row, old, new) in [(before, old, None), (after, None, new)] {
            for department in row.map_or(&[][..], ResourceRow::departments) {
                edit_at(&mut self.by_department, Some(department.0), old, new);
            }
            for observer in row.map_or(&[][..], ResourceRow::observers) {
                edit_at(&mut self.by_observer, Some(observer.0), old, new);
            }
        }
    }

    pub(super) fn table(&self) -> &Table<ResourceRow> {
        &self.rows
    }

    /// The resources on a stage.
    pub(super) fn on_stage(&self, stage: Option<StageIndex>) -> Option<&Postings> {
        self.all.get(stage_of(posting(stage, Belongs::ToResponsible, 0)))
    }

    /// The resources on a stage that are flagged open.
    pub(super) fn open_on_stage(&self, stage: Option<StageIndex>) -> Option<&Postings> {
        self.open.get(stage_of(posting(stage, Belongs::ToResponsible, 0)))
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
        let slots = self.of_responsible(user).into_iter().flat_map(|postings| postings.iter());
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

/// The place of a posting's stage: 0 is none.
fn stage_of(posting: u64) -> usize {
    (posting >> 33) as usize
}

/// Whether what a posting is of belongs to its responsible's departments.
pub(super) const fn belongs_to_responsible(posting: u64) -> bool {
    posting >> 32 & 1 == 0
}

/// A set of stages, the absent one among them, to be asked by posting: one bit a stage.
pub(super) struct StageSet([u64; STAGE_WORDS]);

/// A stage's number in a posting is at most 65,536 in theory; what lies beyond the bits is always let pass, and
/// the decision on the resource sorts it out.
const STAGE_WORDS: usize = (STAGES_MAX + 1).div_ceil(64);

impl StageSet {
    pub(super) fn has_stage_of(&self, posting: u64) -> bool {
        let stage = stage_of(posting);
        self.0.get(stage / 64).is_none_or(|word| word >> (stage % 64) & 1 == 1)
    }
}

impl FromIterator<Option<StageIndex>> for StageSet {
    fn from_iter<I: IntoIterator<Item = Option<StageIndex>>>(stages: I) -> Self {
        let mut words = [0; STAGE_WORDS];
        for stage in stages {
            let stage = stage.map_or(0, |stage| usize::from(stage.0) + 1);
            if let Some(word) = words.get_mut(stage / 64) {
                *word |= 1 << (stage % 64);
            }
        }
        Self(words)
    }
}
