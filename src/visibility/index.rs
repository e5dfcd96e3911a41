//! The resources of one entity type: by id, in two orders, and by what can open them.
//!
//! Beside its row a resource has a slot of four bytes in each order and in some lists. In the crm model those are its
//! class's, and either its responsible's or, if it names departments itself, theirs; in the support model its
//! responsible's and its author's; and in both those of its observers.

use std::cmp::Ordering;

use arrayvec::ArrayVec;

use super::order::{Direction, Key, Order, Position};
use super::row::ResourceRow;
use super::shelf::{Class, Classes, Counts, Shelf};
use crate::directory::{DepartmentIndex, StageIndex, UserIndex};
use crate::domain::Model;
use crate::table::{Row as _, Rows, Sorted, Table, find_each};

/// How many rows are looked up together.
pub(super) const ROWS_AT_ONCE: usize = 32;

/// What a responsible has.
#[derive(Clone, Default)]
pub(super) struct Holding {
    /// What belongs to his departments.
    pub(super) own: Shelf,
    /// What names departments itself and belongs to those (rule 3.2).
    pub(super) elsewhere: Sorted<u32>,
}

/// The resources of one entity type.
///
/// INVARIANT: every present row has its slot exactly once in `by_sort_key` and in the list of each of its observers.
/// In the crm model it is in `by_class` and, if it names departments, in `by_department` of each and `elsewhere` of its
/// responsible, otherwise on the responsible's own shelf; in the support model on the own shelf of its responsible
/// and on the shelf of its author. `counts` and the shelves count what they hold.
#[derive(Clone, Default)]
pub struct ResourceIndex {
    rows: Table<ResourceRow>,
    by_sort_key: Sorted<u32>,
    model: Model,
    counts: Counts,
    by_class: Classes,
    /// By the index of a user.
    by_responsible: Rows<Option<Holding>, 16>,
    /// What has no responsible and names no departments.
    nobodys: Shelf,
    by_department: Rows<Classes, 16>,
    by_author: Rows<Option<Shelf>, 16>,
    by_observer: Rows<Option<Sorted<u32>>, 16>,
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
        let slots = self.of_responsible(user).into_iter().flat_map(Holding::slots);
        let rows = slots.filter_map(|slot| self.rows.row(slot));
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
        let before = self.rows.find(row.key()).map(|(slot, before)| (slot, before.clone()));
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

    /// Resources are about to be put in by the thousands: the order by sort key waits until [`Self::end_load`].
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

    /// The resources by class; empty in the support model.
    pub(super) fn by_class(&self) -> &Classes {
        &self.by_class
    }

    pub(super) fn of_responsible(&self, user: UserIndex) -> Option<&Holding> {
        self.by_responsible.get(user.0 as usize)?.as_ref()
    }

    /// Every responsible with what he has.
    pub(super) fn holdings(&self) -> impl Iterator<Item = (UserIndex, &Holding)> {
        let each = (0_u32..).map_while(|user| Some((user, self.by_responsible.get(user as usize)?)));
        each.filter_map(|(user, holding)| Some((UserIndex(user), holding.as_ref()?)))
    }

    /// What has no responsible and names no departments.
    pub(super) fn nobodys(&self) -> &Shelf {
        &self.nobodys
    }

    /// The resources that name a department, by class.
    pub(super) fn of_department(&self, department: DepartmentIndex) -> Option<&Classes> {
        self.by_department.get(department.0 as usize)
    }

    /// Every department with the resources that name it.
    pub(super) fn by_department(&self) -> impl Iterator<Item = &Classes> {
        (0..self.by_department.len()).filter_map(|at| self.by_department.get(at))
    }

    /// The resources of an author; none in the crm model.
    pub(super) fn of_author(&self, user: UserIndex) -> Option<&Shelf> {
        self.by_author.get(user.0 as usize)?.as_ref()
    }

    pub(super) fn of_observer(&self, user: UserIndex) -> Option<&Sorted<u32>> {
        self.by_observer.get(user.0 as usize)?.as_ref()
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
            && before.has_same_lists(after)
        {
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
                let list = self.by_observer.grow_mut(user.0 as usize).map(Option::get_or_insert_default);
                if let Some(list) = list {
                    edit.on(list, slot);
                }
            }
        }
    }

    /// The lists that depend on the model.
    fn edit_lists(&mut self, slot: u32, row: &ResourceRow, edit: Edit) {
        let class = row.class();
        let holding = |rows: &mut Rows<Option<Holding>, 16>, then: &dyn Fn(&mut Holding)| {
            let at = row.responsible().and_then(|user| rows.grow_mut(user.0 as usize));
            at.map(|place| then(place.get_or_insert_default())).is_some()
        };
        if self.is_elsewhere(row) {
            for department in row.departments() {
                if let Some(classes) = self.by_department.grow_mut(department.0 as usize) {
                    edit.in_classes(classes, slot, class);
                }
            }
            holding(&mut self.by_responsible, &|holding| edit.on(&mut holding.elsewhere, slot));
        } else if !holding(&mut self.by_responsible, &|holding| edit.in_shelf(&mut holding.own, slot, class))
        {
            edit.in_shelf(&mut self.nobodys, slot, class);
        }
        match self.model {
            Model::Crm => edit.in_classes(&mut self.by_class, slot, class),
            Model::Support => {
                if let Some(place) = row.author().and_then(|user| self.by_author.grow_mut(user.0 as usize)) {
                    edit.in_shelf(place.get_or_insert_default(), slot, class);
                }
            }
        }
    }
}

impl Holding {
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.own.slots().chain(self.elsewhere.iter())
    }
}

/// Whether a slot comes to a list or leaves it.
#[derive(Clone, Copy)]
enum Edit {
    Insert,
    Remove,
}

impl Edit {
    fn on(self, list: &mut Sorted<u32>, slot: u32) {
        match self {
            Self::Insert => list.insert(slot),
            Self::Remove => list.remove(slot),
        }
    }

    fn in_shelf(self, list: &mut Shelf, slot: u32, class: Class) {
        match self {
            Self::Insert => list.insert(slot, class),
            Self::Remove => list.remove(slot, class),
        }
    }

    fn in_classes(self, classes: &mut Classes, slot: u32, class: Class) {
        match self {
            Self::Insert => classes.insert(slot, class),
            Self::Remove => classes.remove(slot, class),
        }
    }
}
