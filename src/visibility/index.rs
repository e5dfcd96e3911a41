//! The resources of one entity type: by id, in two orders, and by what can open them.
//!
//! Beside its row a resource has a slot of four bytes in each order and in some lists. In the crm model those are its
//! class's, and either its responsible's or, if it names departments itself, theirs; in the support model its
//! responsible's and its author's; and in both those of its observers.

use std::cmp::Ordering;

use arrayvec::ArrayVec;

use super::order::{Direction, Key, Order, Position};
use super::row::ResourceRow;
use super::shelf::{Class, Classed, Counts, Shelves};
use crate::directory::{DepartmentIndex, StageIndex, UserIndex};
use crate::domain::Model;
use crate::table::{Row as _, Rows, Sorted, Table, find_each};

/// How many rows are looked up together.
pub(super) const ROWS_AT_ONCE: usize = 32;

/// The resources of one entity type.
///
/// INVARIANT: every present row has its slot exactly once in `by_sort_key` and in the list of each of its observers.
/// In the crm model it is in `by_class` and, if it names departments, in `by_department` of each and `elsewhere` of its
/// responsible, otherwise in `by_responsible`; in the support model in `by_responsible` and `by_author`. Where there is
/// no such person, it is in no such list. `counts` and the shelves count what they hold.
#[derive(Clone, Default)]
pub struct ResourceIndex {
    rows: Table<ResourceRow>,
    by_sort_key: Sorted<u32>,
    model: Model,
    counts: Counts,
    /// By the number of a class.
    by_class: Rows<Sorted<u32>, 16>,
    by_responsible: Shelves,
    /// By the index of a responsible: what names departments itself and belongs to those (rule 3.2).
    elsewhere: Rows<Sorted<u32>, 16>,
    /// What has no responsible and names no departments.
    nobodys: Classed,
    by_department: Rows<Classed, 16>,
    by_author: Shelves,
    by_observer: Rows<Sorted<u32>, 16>,
    /// Whether rows are being put in that are not in `by_sort_key` yet.
    is_loading: bool,
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
        self.counts.iter().any(|(class, _)| class.stage() == Some(stage))
    }

    /// The resources that a user is responsible for, in order of ids.
    #[must_use]
    pub fn of_responsible_after(&self, user: UserIndex, id: Option<&str>) -> Vec<&ResourceRow> {
        let rows = self.slots_of_responsible(user).filter_map(|slot| self.rows.row(slot));
        let mut rows: Vec<&ResourceRow> =
            rows.filter(|row| id.is_none_or(|after| row.key() > after)).collect();
        rows.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        rows
    }

    /// Tells the model of the type, by which rows are kept.
    pub fn set_model(&mut self, model: Model) {
        if self.model == model {
            return;
        }
        let rows: Vec<(u32, ResourceRow)> =
            self.slots().filter_map(|slot| Some((slot, self.row(slot)?.clone()))).collect();
        for (slot, row) in &rows {
            self.edit_lists(*slot, row, Edit::Remove);
        }
        self.model = model;
        for (slot, row) in &rows {
            self.edit_lists(*slot, row, Edit::Insert);
        }
    }

    /// Puts a resource in, replacing the one with its id.
    pub fn put(&mut self, row: ResourceRow) {
        let before = if self.is_loading { None } else { self.rows.find(row.key()) };
        let before = before.map(|(slot, before)| (slot, before.clone()));
        let keeps_its_place = before.as_ref().is_some_and(|(_, it)| it.sort_key() == row.sort_key());
        if let Some((_, before)) = before.as_ref().filter(|_| !keeps_its_place) {
            self.leave_order(before);
        }
        let after = row.clone();
        let slot = self.rows.put(row);
        if !keeps_its_place && !self.is_loading {
            self.join_order(slot, &after);
        }
        self.edit(slot, before.as_ref().map(|(_, row)| row), Some(&after));
    }

    /// Takes a resource out, if it is there.
    pub fn remove(&mut self, id: &str) {
        let Some((slot, before)) = self.rows.find(id).map(|(slot, row)| (slot, row.clone())) else { return };
        self.leave_order(&before);
        self.rows.remove(id);
        self.edit(slot, Some(&before), None);
    }

    /// Resources are about to be put in by the thousands, each once: the order by sort key waits until [`Self::end_load`].
    pub fn begin_load(&mut self) {
        self.is_loading = true;
    }

    /// Ends what [`Self::begin_load`] began.
    pub fn end_load(&mut self) {
        if !std::mem::take(&mut self.is_loading) {
            return;
        }
        // In order of ids, which a stable sort keeps among equal sort keys.
        let mut keyed: Vec<(i64, u32)> = self.rows.slots_after(None).map(|slot| (0, slot)).collect();
        for (key, slot) in &mut keyed {
            *key = self.rows.row(*slot).map_or(0, ResourceRow::sort_key);
        }
        keyed.sort_by_key(|(key, _)| *key);
        let slots: Vec<u32> = keyed.into_iter().map(|(_, slot)| slot).collect();
        self.by_sort_key = Sorted::from_ordered(&slots);
    }

    pub(super) fn row(&self, slot: u32) -> Option<&ResourceRow> {
        self.rows.row(slot)
    }

    /// The rows of the next slots, at most [`ROWS_AT_ONCE`]; every slot must have one. They are looked up before any is
    /// looked at, so that the processor waits for many at once.
    pub(super) fn rows(&self, slots: impl Iterator<Item = u32>) -> ArrayVec<&ResourceRow, ROWS_AT_ONCE> {
        let slots: ArrayVec<u32, ROWS_AT_ONCE> = slots.take(ROWS_AT_ONCE).collect();
        slots.iter().filter_map(|slot| self.rows.row(*slot)).collect()
    }

    /// What names departments itself; once for each that it names.
    pub(super) fn all_elsewhere(&self) -> impl Iterator<Item = u32> {
        let lists = (0..self.by_department.len()).filter_map(|at| self.by_department.get(at));
        lists.flat_map(Classed::iter).map(|(_, slot)| slot)
    }

    /// What has no responsible and names no departments.
    pub(super) fn nobodys(&self) -> impl Iterator<Item = (Class, u32)> {
        self.nobodys.iter()
    }

    /// Every slot that has a row.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.rows.slots_after(None)
    }

    pub(super) fn slot_of(&self, id: &str) -> Option<u32> {
        self.rows.slot_of(id)
    }

    /// One more than the largest slot.
    pub(super) fn slot_count(&self) -> usize {
        self.rows.slot_count()
    }

    /// Whether a row belongs to the departments that it names, not to its responsible's.
    pub(super) fn is_elsewhere(&self, row: &ResourceRow) -> bool {
        self.model == Model::Crm && !row.departments().is_empty()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The resources of a class; none in the support model.
    pub(super) fn of_class(&self, class: Class) -> Option<&Sorted<u32>> {
        self.by_class.get(class.number())
    }

    /// What belongs to people's departments, by responsible.
    pub(super) fn by_responsible(&self) -> &Shelves {
        &self.by_responsible
    }

    /// What a responsible has that names departments itself.
    pub(super) fn elsewhere(&self, user: UserIndex) -> impl Iterator<Item = u32> {
        self.elsewhere.get(user.0 as usize).into_iter().flat_map(Sorted::iter)
    }

    /// All that a responsible has.
    pub(super) fn slots_of_responsible(&self, user: UserIndex) -> impl Iterator<Item = u32> {
        self.by_responsible.slots(user.0).chain(self.elsewhere(user))
    }

    /// The resources that name a department.
    pub(super) fn of_department(&self, department: DepartmentIndex) -> impl Iterator<Item = (Class, u32)> {
        self.by_department.get(department.0 as usize).into_iter().flat_map(Classed::iter)
    }

    /// The resources by author; none in the crm model.
    pub(super) fn by_author(&self) -> &Shelves {
        &self.by_author
    }

    /// The resources that a user observes.
    pub(super) fn of_observer(&self, user: UserIndex) -> impl Iterator<Item = u32> {
        self.by_observer.get(user.0 as usize).into_iter().flat_map(Sorted::iter)
    }

    /// Whether the type goes by stages.
    pub(super) fn has_classes(&self) -> bool {
        self.model == Model::Crm
    }

    /// The slots in an order, behind a position or all of them.
    pub(super) fn slots_behind<'a>(
        &'a self,
        order: Order,
        position: Option<&Position>,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        let id = position.map(|it| it.id.as_str());
        let stands = |slot: &u32, none: Ordering| match position {
            Some(position) => self.compare_sort_key(*slot, (position.sort_key, position.id.as_str())),
            None => none,
        };
        match (order.key, order.direction) {
            (Key::Id, Direction::Ascending) => Box::new(self.rows.slots_after(id)),
            (Key::Id, Direction::Descending) => Box::new(self.rows.slots_before(id)),
            (Key::SortKey, Direction::Ascending) => {
                Box::new(self.by_sort_key.iter_after(&mut |slot| stands(slot, Ordering::Greater)))
            }
            (Key::SortKey, Direction::Descending) => {
                Box::new(self.by_sort_key.iter_before(&mut |slot| stands(slot, Ordering::Less)))
            }
        }
    }

    fn compare_sort_key(&self, slot: u32, (sort_key, id): (i64, &str)) -> Ordering {
        self.rows.row(slot).map_or(Ordering::Less, |row| (row.sort_key(), row.key()).cmp(&(sort_key, id)))
    }

    /// To be called while the row is still as it was.
    fn leave_order(&mut self, row: &ResourceRow) {
        let mut order = std::mem::take(&mut self.by_sort_key);
        order.remove_by(|slot| self.compare_sort_key(*slot, (row.sort_key(), row.key())));
        self.by_sort_key = order;
    }

    /// To be called when the row is in its slot.
    fn join_order(&mut self, slot: u32, row: &ResourceRow) {
        let mut order = std::mem::take(&mut self.by_sort_key);
        order.insert_by(slot, |other| self.compare_sort_key(*other, (row.sort_key(), row.key())));
        self.by_sort_key = order;
    }

    /// Changes what is kept of a slot from one row's to another's.
    fn edit(&mut self, slot: u32, before: Option<&ResourceRow>, after: Option<&ResourceRow>) {
        if let (Some(before), Some(after)) = (before, after)
            && before.has_same_people(after)
        {
            if before.class() != after.class() {
                self.reclass(slot, before, after);
            }
            return;
        }
        for (row, edit) in [(before, Edit::Remove), (after, Edit::Insert)] {
            let Some(row) = row else { continue };
            match edit {
                Edit::Remove => self.counts.subtract(row.class()),
                Edit::Insert => self.counts.add(row.class()),
            }
            self.edit_lists(slot, row, edit);
            for user in row.observers() {
                edit.on(self.by_observer.grow_mut(user.0 as usize), slot);
            }
        }
    }

    /// The commonest change: another stage, or the open flag, and the same people.
    fn reclass(&mut self, slot: u32, before: &ResourceRow, after: &ResourceRow) {
        let (from, to) = (before.class(), after.class());
        self.counts.subtract(from);
        self.counts.add(to);
        if self.is_elsewhere(after) {
            for department in after.departments() {
                if let Some(list) = self.by_department.grow_mut(department.0 as usize) {
                    list.remove(slot, from);
                    list.insert(slot, to);
                }
            }
        } else if let Some(user) = after.responsible() {
            self.by_responsible.reclass(from, to, user.0);
        } else {
            self.nobodys.remove(slot, from);
            self.nobodys.insert(slot, to);
        }
        match (self.model, after.author()) {
            (Model::Crm, _) => {
                Edit::Remove.on(self.by_class.grow_mut(from.number()), slot);
                Edit::Insert.on(self.by_class.grow_mut(to.number()), slot);
            }
            (Model::Support, Some(user)) => self.by_author.reclass(from, to, user.0),
            (Model::Support, None) => {}
        }
    }

    /// The lists that depend on the model.
    fn edit_lists(&mut self, slot: u32, row: &ResourceRow, edit: Edit) {
        let class = row.class();
        if self.is_elsewhere(row) {
            for department in row.departments() {
                if let Some(list) = self.by_department.grow_mut(department.0 as usize) {
                    edit.classed(list, slot, class);
                }
            }
            if let Some(user) = row.responsible() {
                edit.on(self.elsewhere.grow_mut(user.0 as usize), slot);
            }
        } else if row.responsible().is_some() {
            edit.shelve(&mut self.by_responsible, slot, (row.responsible(), class));
        } else {
            edit.classed(&mut self.nobodys, slot, class);
        }
        match self.model {
            Model::Crm => edit.on(self.by_class.grow_mut(class.number()), slot),
            Model::Support => edit.shelve(&mut self.by_author, slot, (row.author(), class)),
        }
    }
}

/// Whether a slot comes to a list or leaves it.
#[derive(Clone, Copy)]
enum Edit {
    Insert,
    Remove,
}

impl Edit {
    fn on(self, list: Option<&mut Sorted<u32>>, slot: u32) {
        let Some(list) = list else { return };
        match self {
            Self::Insert => list.insert(slot),
            Self::Remove => list.remove(slot),
        }
    }

    fn classed(self, list: &mut Classed, slot: u32, class: Class) {
        match self {
            Self::Insert => list.insert(slot, class),
            Self::Remove => list.remove(slot, class),
        }
    }

    fn shelve(self, shelves: &mut Shelves, slot: u32, (person, class): (Option<UserIndex>, Class)) {
        let Some(person) = person else { return };
        match self {
            Self::Insert => shelves.insert(slot, class, person.0),
            Self::Remove => shelves.remove(slot, class, person.0),
        }
    }
}
