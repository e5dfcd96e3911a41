//! The resources of one entity type: by id, in two orders, and by what can open them.
//!
//! Beside its row a resource has a slot in each order, in its holder's shelf and, by model, in its stage's list or
//! its author's shelf, of four bytes each, and one for each observer; the counts are by holder and class.

use std::cmp::Ordering;

use super::holder::Holders;
use super::order::{Direction, Key, Order, Position};
use super::row::ResourceRow;
use super::shelf::{Class, Counts, Shelf};
use crate::directory::{StageIndex, UserIndex};
use crate::domain::Model;
use crate::table::{Row as _, Rows, Sorted, Table, find_each};

/// Slots by the index of a user.
type People<T> = Rows<Option<T>, 16>;

/// The resources of one entity type.
///
/// INVARIANT: every present row has its slot exactly once in `by_sort_key`, in the shelf of its holder, in the list
/// of each of its observers and, in the crm model, in the list of its class, in the support model, in the shelf of
/// its author, if it has one. `counts` and the shelves count what they hold.
#[derive(Clone, Default)]
pub struct ResourceIndex {
    rows: Table<ResourceRow>,
    by_sort_key: Sorted<u32>,
    model: Model,
    counts: Counts,
    holders: Holders,
    /// In the crm model, by the number of a class.
    by_class: Rows<Sorted<u32>, 16>,
    /// In the support model, by the index of a user.
    by_author: People<Shelf>,
    by_observer: People<Sorted<u32>>,
    /// Rows that were appended and are not in `by_sort_key` yet.
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
        let holders = self.holders.of_responsible(Some(user)).filter_map(|place| self.holders.get(place));
        let rows = holders.flat_map(|holder| holder.shelf.slots()).filter_map(|slot| self.rows.row(slot));
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
        self.model = model;
        (self.by_class, self.by_author) = (Rows::default(), Rows::default());
        let slots: Vec<u32> = self.rows.slots_after(None).collect();
        for slot in slots {
            if let Some(row) = self.rows.row(slot).cloned() {
                self.edit_by_model(slot, None, Some(&row));
            }
        }
    }

    /// Puts a resource in, replacing the one with its id.
    pub fn put(&mut self, mut row: ResourceRow) {
        row.holder = self.holders.take(row.responsible(), row.departments());
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

    pub(super) fn model(&self) -> Model {
        self.model
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(super) fn holders(&self) -> &Holders {
        &self.holders
    }

    /// The resources of a class; to be asked in the crm model alone.
    pub(super) fn of_class(&self, class: Class) -> Option<&Sorted<u32>> {
        self.by_class.get(class.number())
    }

    /// The resources of an author; to be asked in the support model alone.
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
        if let Some(row) = before {
            self.counts.subtract(row.class());
        }
        if let Some(row) = after {
            self.counts.add(row.class());
        }
        self.edit_holders(slot, before, after);
        self.edit_by_model(slot, before, after);
        let observers =
            |row: Option<&ResourceRow>| row.map(|row| row.observers().to_vec()).unwrap_or_default();
        let (old, new) = (observers(before), observers(after));
        for user in old.iter().filter(|user| !new.contains(user)) {
            if let Some(list) = self.by_observer.grow_mut(user.0 as usize).and_then(Option::as_mut) {
                list.remove(slot);
            }
        }
        for user in new.iter().filter(|user| !old.contains(user)) {
            if let Some(list) = self.by_observer.grow_mut(user.0 as usize) {
                list.get_or_insert_default().insert(slot);
            }
        }
    }

    fn edit_holders(&mut self, slot: u32, before: Option<&ResourceRow>, after: Option<&ResourceRow>) {
        if let (Some(before), Some(after)) = (before, after)
            && before.holder == after.holder
        {
            if let Some(shelf) = self.holders.shelf_mut(after.holder) {
                shelf.reclass(before.class(), after.class());
            }
            return;
        }
        if let Some(after) = after
            && let Some(shelf) = self.holders.shelf_mut(after.holder)
        {
            shelf.insert(slot, after.class());
        }
        if let Some(before) = before {
            if let Some(shelf) = self.holders.shelf_mut(before.holder) {
                shelf.remove(slot, before.class());
            }
            self.holders.give_back(before.holder);
        }
    }

    fn edit_by_model(&mut self, slot: u32, before: Option<&ResourceRow>, after: Option<&ResourceRow>) {
        match self.model {
            Model::Crm => self.edit_by_class(slot, before, after),
            Model::Support => self.edit_by_author(slot, before, after),
        }
    }

    fn edit_by_class(&mut self, slot: u32, before: Option<&ResourceRow>, after: Option<&ResourceRow>) {
        let (old, new) = (before.map(ResourceRow::class), after.map(ResourceRow::class));
        if old == new {
            return;
        }
        if let Some(list) = old.and_then(|class| self.by_class.grow_mut(class.number())) {
            list.remove(slot);
        }
        if let Some(list) = new.and_then(|class| self.by_class.grow_mut(class.number())) {
            list.insert(slot);
        }
    }

    fn edit_by_author(&mut self, slot: u32, before: Option<&ResourceRow>, after: Option<&ResourceRow>) {
        let side = |row: &ResourceRow| Some((row.author()?, row.class()));
        let (old, new) = (before.and_then(side), after.and_then(side));
        if old == new {
            return;
        }
        if let Some((author, class)) = old
            && let Some(shelf) = self.by_author.grow_mut(author.0 as usize).and_then(Option::as_mut)
        {
            shelf.remove(slot, class);
        }
        if let Some((author, class)) = new
            && let Some(shelf) = self.by_author.grow_mut(author.0 as usize)
        {
            shelf.get_or_insert_default().insert(slot, class);
        }
    }
}
