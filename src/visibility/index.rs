//! The resources of one entity type: by id, in two orders, and by what can open them.
//!
//! Beside its row a resource has a slot of four bytes in the order of sort keys, a byte for its class, and a slot in
//! either order of each of its [`Lists`]: mostly its responsible's alone.

use arrayvec::ArrayVec;

use super::count::{Class, Counts};
use super::list::{Lists, is_elsewhere};
use super::order::{Key, Order, Position, Ranks};
use super::row::ResourceRow;
use super::verify::Flaw;
#[cfg(feature = "testing")]
use super::verify::Spoilt;
use crate::directory::{StageIndex, UserIndex};
use crate::domain::Model;
use crate::table::{Items, Row as _, Rows, Sorted, Table, count_before_each, find_each};

/// How many rows are looked up together.
pub(super) const ROWS_AT_ONCE: usize = 32;

/// The resources of one entity type.
///
/// INVARIANT: every present row has its slot exactly once in `by_sort_key` and in those of `lists` that are its own,
/// its class in `classes`, and `counts` counts it. While rows are loaded they are in `loading` and nowhere else.
#[derive(Clone, Default)]
pub struct ResourceIndex {
    rows: Table<ResourceRow>,
    by_sort_key: Sorted<u32>,
    /// By slot, the number of the class, or [`CLASS_IN_ROW`].
    classes: Rows<u8, CLASSES>,
    counts: Counts,
    lists: Lists,
    loading: Option<Rows<Option<ResourceRow>>>,
}

/// The classes of a leaf, which is then 1 KiB with its reference counts.
const CLASSES: usize = 1_008;
/// Stands for a class whose number is too great: it is to be read from the row.
const CLASS_IN_ROW: u8 = u8::MAX;

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
        let lists = [self.lists.of_responsible(user), self.lists.elsewhere(user)];
        let slots = lists.into_iter().flatten().flat_map(|list| list.iter());
        let rows = slots.filter_map(|slot| self.rows.row(slot));
        let mut rows: Vec<&ResourceRow> =
            rows.filter(|row| id.is_none_or(|after| row.key() > after)).collect();
        rows.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        rows
    }

    /// Tells the model of the type, by which lists are kept.
    pub fn set_model(&mut self, model: Model) {
        if self.lists.model() == model {
            return;
        }
        self.lists = Lists::new(model);
        if self.loading.is_none() {
            self.fill_lists();
        }
    }

    /// Puts a resource in, replacing the one with its id.
    pub fn put(&mut self, row: ResourceRow) {
        if let Some(loading) = &mut self.loading {
            return loading.push(Some(row));
        }
        let Some((slot, before)) = self.rows.find(row.key()).map(|(slot, before)| (slot, before.clone()))
        else {
            return self.add(&row);
        };
        let change = Change::of(&before, &row);
        self.leave(slot, &before, change);
        self.rows.replace(slot, row.clone());
        if change.is_moved {
            self.reorder(slot, &before, &row, change);
        }
        let places = if change.is_relisted { self.places(&row, &[]) } else { Vec::new() };
        self.join(slot, &row, change, places.into_iter());
    }

    /// Puts a new resource in.
    fn add(&mut self, row: &ResourceRow) {
        let mut places = self.places(row, &[self.rows.order(), &self.by_sort_key]).into_iter();
        let slot = self.rows.insert_at(places.next().unwrap_or(0), row.clone());
        let ranks = Ranks::new(&self.rows, Key::SortKey);
        self.by_sort_key.insert_at(places.next().unwrap_or(0), slot, &ranks, ranks.of(row));
        self.join(slot, row, Change::ALL, places);
    }

    /// Where a row goes in some orders, by each key, and then in its lists.
    fn places(&self, row: &ResourceRow, orders: &[&Sorted<u32>]) -> Vec<usize> {
        let ranks = Key::EACH.map(|key| Ranks::new(&self.rows, key));
        let in_orders = orders.iter().zip(&ranks).map(|(order, ranks)| order.search(ranks, ranks.of(row)));
        let mut searches = in_orders.collect();
        self.lists.search(&ranks, row, &mut searches);
        count_before_each(&mut searches)
    }

    /// Takes a resource out, if it is there.
    pub fn remove(&mut self, id: &str) {
        let Some((slot, before)) = self.rows.find(id).map(|(slot, row)| (slot, row.clone())) else { return };
        self.leave(slot, &before, Change::ALL);
        let ranks = Ranks::new(&self.rows, Key::SortKey);
        self.by_sort_key.remove(slot, &ranks, ranks.of(&before));
        if let Some(class) = self.classes.get_mut(slot as usize) {
            *class = CLASS_IN_ROW;
        }
        self.rows.remove(id);
    }

    /// Resources are about to be put in by the thousands, each once: they are found after [`Self::end_load`].
    pub fn begin_load(&mut self) {
        self.loading = Some(Rows::new());
    }

    /// Ends what [`Self::begin_load`] began.
    pub fn end_load(&mut self) {
        let Some(rows) = self.loading.take() else { return };
        self.arrange(Table::of(rows));
    }

    /// Makes orders, lists and counts anew, from the rows alone.
    pub fn rebuild(&mut self) {
        let rows = self.rows.rebuilt();
        *self = Self { lists: Lists::new(self.lists.model()), ..Self::default() };
        self.arrange(rows);
    }

    /// Puts rows into an index without any.
    fn arrange(&mut self, rows: Table<ResourceRow>) {
        self.rows = rows;
        // In order of ids, which a stable sort keeps among equal sort keys.
        let mut keyed: Vec<(i64, u32)> = self.slots().map(|slot| (0, slot)).collect();
        for (key, slot) in &mut keyed {
            *key = self.rows.row(*slot).map_or(0, ResourceRow::sort_key);
        }
        keyed.sort_by_key(|(key, _)| *key);
        let slots: Vec<u32> = keyed.into_iter().map(|(_, slot)| slot).collect();
        self.by_sort_key = Sorted::from_ordered(&slots, &Ranks::new(&self.rows, Key::SortKey));
        for slot in 0..self.rows.slot_count() {
            let row = u32::try_from(slot).ok().and_then(|slot| self.rows.row(slot));
            self.classes.push(row.map_or(CLASS_IN_ROW, class_number));
        }
        self.rows.iter().for_each(|row| self.counts.add(row.class()));
        self.fill_lists();
    }

    /// Whether a slot is once where it belongs in the order of a key.
    pub(super) fn is_ordered(&self, slot: u32, key: Key) -> bool {
        let Some(row) = self.rows.row(slot) else { return false };
        let order = match key {
            Key::Id => self.rows.order(),
            Key::SortKey => &self.by_sort_key,
        };
        let ranks = Ranks::new(&self.rows, key);
        order.only(&ranks, ranks.of(row)) == Some(slot)
    }

    /// Whether both orders have as many slots as there are rows.
    pub(super) fn has_all_in_order(&self) -> bool {
        self.rows.order().len() == self.rows.len() && self.by_sort_key.len() == self.rows.len()
    }

    /// The first list that a slot's row should be in once and isn't.
    pub(super) fn missing_list(&self, slot: u32) -> Option<&'static str> {
        self.lists.missing(&self.rows, slot, self.rows.row(slot)?)
    }

    /// Looks at all lists of an owner; says how many entries they have.
    pub(super) fn look_at_owner(&self, owner: u32, flaws: &mut Vec<Flaw>) -> u64 {
        self.lists.look_at_owner(&self.rows, owner, flaws)
    }

    /// Makes a part wrong that a resource is in.
    #[cfg(feature = "testing")]
    pub fn spoil(&mut self, id: &str, part: Spoilt) {
        let Some((slot, row)) = self.rows.find(id).map(|(slot, row)| (slot, row.clone())) else { return };
        match part {
            Spoilt::Unlisted => self.lists.remove(&self.rows, (slot, &row)),
            Spoilt::Unordered => {
                let ranks = Ranks::new(&self.rows, Key::SortKey);
                self.by_sort_key.remove(slot, &ranks, ranks.of(&row));
            }
            Spoilt::Class => self.classes.get_mut(slot as usize).into_iter().for_each(|class| *class ^= 1),
            Spoilt::Counts => self.counts.add(row.class()),
            Spoilt::OwnerCounts => self.lists.count(&row),
            Spoilt::Sums => self.lists.sets().spoil(),
        }
    }

    /// Gives its parts up one after the other and names each when it is gone.
    #[cfg(feature = "testing")]
    pub fn take_apart(self, tell: &mut impl FnMut(&'static str)) {
        drop(self.by_sort_key);
        tell("order of sort keys");
        drop((self.classes, self.counts));
        tell("classes");
        self.lists.take_apart(tell);
        self.rows.take_apart(tell);
    }

    fn fill_lists(&mut self) {
        let orders = [(Key::Id, self.rows.order()), (Key::SortKey, &self.by_sort_key)];
        self.lists = Lists::of(self.lists.model(), &self.rows, orders);
    }

    /// To be called while the row is still as it was.
    fn leave(&mut self, slot: u32, row: &ResourceRow, change: Change) {
        if change.is_recounted {
            self.counts.subtract(row.class());
            self.lists.uncount(row);
        }
        if change.is_relisted {
            self.lists.remove(&self.rows, (slot, row));
        }
    }

    /// Moves a slot in orders by sort key. To be called when the row is in its slot.
    fn reorder(&mut self, slot: u32, before: &ResourceRow, after: &ResourceRow, change: Change) {
        let ranks = Ranks::new(&self.rows, Key::SortKey);
        let (from, to) = (ranks.of(before), ranks.of(after));
        if let Some(it) = self.by_sort_key.move_of(slot, &ranks, (from, to)) {
            self.by_sort_key.carry_out(&it, slot, &ranks, (from, to));
        }
        if !change.is_relisted {
            self.lists.reorder(&self.rows, slot, (before, after));
        }
    }

    /// To be called when the row is in its slot.
    fn join(
        &mut self,
        slot: u32,
        row: &ResourceRow,
        change: Change,
        mut places: impl Iterator<Item = usize>,
    ) {
        if change.is_recounted {
            self.counts.add(row.class());
            self.lists.count(row);
            if let Some(class) = self.classes.grow_mut(slot as usize) {
                *class = class_number(row);
            }
        }
        if change.is_relisted {
            self.lists.insert(&self.rows, (slot, row), &mut places);
        }
    }

    pub(super) fn row(&self, slot: u32) -> Option<&ResourceRow> {
        self.rows.row(slot)
    }

    /// The rows of the next slots, at most [`ROWS_AT_ONCE`]; faster than one by one. Every slot must have one.
    pub(super) fn rows(&self, slots: impl Iterator<Item = u32>) -> ArrayVec<&ResourceRow, ROWS_AT_ONCE> {
        self.rows.rows_at(slots)
    }

    /// The class of a slot's row, next to always without reading it.
    pub(super) fn class(&self, slot: u32) -> Option<Class> {
        self.class_of(slot, *self.classes.get(slot as usize)?)
    }

    /// The classes of slots, as far as they have rows; faster than one by one where neighbours come in a row.
    pub(super) fn classes(&self, slots: impl Iterator<Item = u32>) -> impl Iterator<Item = (u32, Class)> {
        let (mut start, mut near): (usize, &[u8]) = (0, &[]);
        slots.filter_map(move |slot| {
            let at = slot as usize;
            if at.wrapping_sub(start) >= near.len() {
                (start, near) = self.classes.around(at)?;
            }
            Some((slot, self.class_of(slot, *near.get(at - start)?)?))
        })
    }

    fn class_of(&self, slot: u32, number: u8) -> Option<Class> {
        match number {
            CLASS_IN_ROW => self.rows.row(slot).map(ResourceRow::class),
            number => Some(Class::of_number(number.into())),
        }
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
        is_elsewhere(self.lists.model(), row)
    }

    /// How many resources there are of each class.
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What people and departments have.
    pub(super) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The slots in an order, behind a position or all of them.
    pub(super) fn slots_behind<'a>(&'a self, order: Order, position: Option<&Position>) -> Items<'a, u32> {
        match order.key {
            Key::Id => self.behind(self.rows.order(), order, position),
            Key::SortKey => self.behind(&self.by_sort_key, order, position),
        }
    }

    /// The slots of a list that is kept by the key of an order, in that order, behind a position or all of them.
    pub(super) fn behind<'a>(
        &self,
        slots: &'a Sorted<u32>,
        order: Order,
        position: Option<&Position>,
    ) -> Items<'a, u32> {
        let ranks = Ranks::new(&self.rows, order.key);
        let behind = position.map(|it| ranks.of_place(it.sort_key, it.id.as_str()));
        slots.iter_behind(order.direction, &ranks, behind)
    }
}

/// What of an index a new row changes.
#[derive(Clone, Copy)]
struct Change {
    /// The counts.
    is_recounted: bool,
    /// Its place in orders by sort key.
    is_moved: bool,
    /// The lists that it is in.
    is_relisted: bool,
}

impl Change {
    /// It was not there before, or goes.
    const ALL: Self = Self { is_recounted: true, is_moved: false, is_relisted: true };

    fn of(before: &ResourceRow, after: &ResourceRow) -> Self {
        let is_relisted = !before.has_same_people(after);
        Self {
            is_recounted: is_relisted || before.class() != after.class(),
            is_moved: before.sort_key() != after.sort_key(),
            is_relisted,
        }
    }
}

fn class_number(row: &ResourceRow) -> u8 {
    u8::try_from(row.class().number()).unwrap_or(CLASS_IN_ROW)
}
