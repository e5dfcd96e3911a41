//! Which resources people and departments have: for each of them a list of slots in either order.
//!
//! [`each_place`] is the one place that says in which lists a resource is.

mod draft;
mod verify;

use draft::{Draft, distribute};

use super::count::{Class, OwnerCounts};
use super::order::{Key, Ranks};
use super::row::ResourceRow;
use super::set::DepartmentSets;
use crate::directory::{DepartmentIndex, UserIndex};
use crate::domain::Model;
use crate::table::{Rows, Search, Sorted, Table};

/// By what a resource is in a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// By its responsible, if it belongs to that one's departments.
    Responsible,
    /// By its responsible, if it names departments itself (rule 3.2).
    Elsewhere,
    /// It has no responsible and names no departments.
    Nobody,
    /// By the one department that it names.
    Department,
    /// By each of the several departments that it names.
    Shared,
    /// By its author; in the support model.
    Author,
    /// By each of its observers.
    Observer,
}

impl By {
    const EACH: [Self; 7] = [
        Self::Responsible,
        Self::Elsewhere,
        Self::Nobody,
        Self::Department,
        Self::Shared,
        Self::Author,
        Self::Observer,
    ];
}

/// Gives every list that a resource is in, each with the index of its owner.
fn each_place(model: Model, row: &ResourceRow, give: &mut impl FnMut(By, u32)) {
    match row.departments() {
        [department] if model == Model::Crm => give(By::Department, department.0),
        departments if model == Model::Crm => departments.iter().for_each(|it| give(By::Shared, it.0)),
        _ => {}
    }
    match row.responsible() {
        Some(user) if is_elsewhere(model, row) => give(By::Elsewhere, user.0),
        Some(user) => give(By::Responsible, user.0),
        None if is_elsewhere(model, row) => {}
        None => give(By::Nobody, 0),
    }
    if let Some(user) = row.author().filter(|_| model == Model::Support) {
        give(By::Author, user.0);
    }
    row.observers().iter().for_each(|user| give(By::Observer, user.0));
}

/// Whether a resource belongs to the departments that it names, not to its responsible's.
pub(super) fn is_elsewhere(model: Model, row: &ResourceRow) -> bool {
    model == Model::Crm && !row.departments().is_empty()
}

/// The resources that somebody has.
#[derive(Clone, Default)]
pub(super) struct List {
    by_id: Sorted<u32>,
    by_sort_key: Sorted<u32>,
}

impl List {
    pub(super) fn by(&self, key: Key) -> &Sorted<u32> {
        match key {
            Key::Id => &self.by_id,
            Key::SortKey => &self.by_sort_key,
        }
    }

    fn by_mut(&mut self, key: Key) -> &mut Sorted<u32> {
        match key {
            Key::Id => &mut self.by_id,
            Key::SortKey => &mut self.by_sort_key,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.by_id.iter()
    }
}

/// The lists of everyone, in one kind of them. Each has a leaf of its own: copying a list is a visit to what it shares.
type Each = Rows<List, 1, 16>;

/// The lists of everyone.
///
/// INVARIANT: every present row has its slot exactly once in each list that [`each_place`] gives for it, and in no
/// other, and the counts count what their lists hold.
#[derive(Clone, Default)]
pub(super) struct Lists {
    model: Model,
    responsible: Each,
    responsible_counts: OwnerCounts,
    elsewhere: Each,
    nobody: Each,
    department: Each,
    department_counts: OwnerCounts,
    shared: Each,
    sets: DepartmentSets,
    author: Each,
    author_counts: OwnerCounts,
    observer: Each,
}

impl Lists {
    /// Empty lists.
    pub(super) fn new(model: Model) -> Self {
        Self { model, ..Self::default() }
    }

    /// The lists of all rows; much faster than one by one. The slots are given in either order.
    pub(super) fn of(model: Model, rows: &Table<ResourceRow>, orders: [(Key, &Sorted<u32>); 2]) -> Self {
        let mut lists = Self::new(model);
        let drafts = Draft::each(model, rows);
        for (key, slots) in orders {
            let mut drafts = drafts.clone();
            distribute(model, rows, slots, &mut drafts);
            let ranks = Ranks::new(rows, key);
            By::EACH.into_iter().zip(&drafts).for_each(|(by, draft)| lists.fill(by, &ranks, draft));
        }
        rows.iter().for_each(|row| lists.count_owners(row, OwnerCounts::add));
        if model == Model::Crm {
            lists.sets = DepartmentSets::of(rows.iter());
        }
        lists
    }

    /// Gives its parts up one after the other and names each when it is gone.
    #[cfg(feature = "testing")]
    pub(super) fn take_apart(self, tell: &mut impl FnMut(&'static str)) {
        drop((self.responsible, self.nobody));
        tell("lists by responsible");
        drop((self.department, self.shared, self.elsewhere));
        tell("lists by department");
        drop(self.author);
        tell("lists by author");
        drop(self.observer);
        tell("lists by observer");
        drop((self.responsible_counts, self.department_counts, self.author_counts));
        tell("counts of people and departments");
        drop(self.sets);
        tell("sets of departments");
    }

    /// Puts the slots of every owner in place, in the order of a key.
    fn fill(&mut self, by: By, ranks: &Ranks<'_>, draft: &Draft) {
        for (owner, slots) in draft.lists() {
            if let Some(list) = self.each_mut(by).grow_mut(owner) {
                *list.by_mut(ranks.key()) = Sorted::from_ordered(slots, ranks);
            }
        }
    }

    pub(super) fn model(&self) -> Model {
        self.model
    }

    /// Adds searches for the places of a resource in its lists, by each key.
    pub(super) fn search<'a>(
        &'a self,
        ranks: &'a [Ranks<'a>; 2],
        row: &'a ResourceRow,
        searches: &mut Vec<Search<'a, u32, Ranks<'a>>>,
    ) {
        each_place(self.model, row, &mut |by, owner| {
            let list = self.each(by).get(owner as usize);
            searches.extend(ranks.iter().map(|ranks| match list {
                Some(list) => list.by(ranks.key()).search(ranks, ranks.of(row)),
                None => Search::new(&[], ranks, ranks.of(row)),
            }));
        });
    }

    /// Puts a resource in its lists, at the places that the searches ended at.
    pub(super) fn insert(
        &mut self,
        rows: &Table<ResourceRow>,
        (slot, row): (u32, &ResourceRow),
        places: &mut impl Iterator<Item = usize>,
    ) {
        self.edit(rows, row, |list, ranks| {
            list.insert_at(places.next().unwrap_or(0), slot, ranks, ranks.of(row));
        });
    }

    /// Takes a resource out of its lists; its row is still as it was.
    pub(super) fn remove(&mut self, rows: &Table<ResourceRow>, (slot, row): (u32, &ResourceRow)) {
        self.edit(rows, row, |list, ranks| list.remove(slot, ranks, ranks.of(row)));
    }

    fn edit(
        &mut self,
        rows: &Table<ResourceRow>,
        row: &ResourceRow,
        mut edit: impl FnMut(&mut Sorted<u32>, &Ranks<'_>),
    ) {
        each_place(self.model, row, &mut |by, owner| {
            let Some(list) = self.each_mut(by).grow_mut(owner as usize) else { return };
            for key in Key::EACH {
                edit(list.by_mut(key), &Ranks::new(rows, key));
            }
        });
    }

    /// Moves a resource within its lists, which are the same before and after, in the order of sort keys.
    pub(super) fn reorder(
        &mut self,
        rows: &Table<ResourceRow>,
        slot: u32,
        (before, after): (&ResourceRow, &ResourceRow),
    ) {
        let ranks = Ranks::new(rows, Key::SortKey);
        let (from, to) = (ranks.of(before), ranks.of(after));
        each_place(self.model, after, &mut |by, owner| {
            let list = self.each(by).get(owner as usize).map(|list| list.by(Key::SortKey));
            // In a list that is not long it mostly stays where it is.
            let Some(it) = list.and_then(|list| list.move_of(slot, &ranks, (from, to))) else { return };
            if let Some(list) = self.each_mut(by).get_mut(owner as usize) {
                list.by_mut(Key::SortKey).carry_out(&it, slot, &ranks, (from, to));
            }
        });
    }

    /// Counts a resource for those who have it.
    pub(super) fn count(&mut self, row: &ResourceRow) {
        self.count_owners(row, OwnerCounts::add);
        if self.model == Model::Crm {
            self.sets.add(row.class(), row.departments());
        }
    }

    /// Counts it no longer.
    pub(super) fn uncount(&mut self, row: &ResourceRow) {
        self.count_owners(row, OwnerCounts::subtract);
        if self.model == Model::Crm {
            self.sets.subtract(row.class(), row.departments());
        }
    }

    fn count_owners(&mut self, row: &ResourceRow, change: fn(&mut OwnerCounts, Class, u32)) {
        each_place(self.model, row, &mut |by, owner| {
            let counts = match by {
                By::Responsible => &mut self.responsible_counts,
                By::Department => &mut self.department_counts,
                By::Author => &mut self.author_counts,
                By::Elsewhere | By::Nobody | By::Shared | By::Observer => return,
            };
            change(counts, row.class(), owner);
        });
    }

    /// What belongs to a responsible's departments, or has none.
    pub(super) fn of_responsible(&self, user: UserIndex) -> Option<&List> {
        self.responsible.get(user.0 as usize)
    }

    pub(super) fn responsible_counts(&self) -> &OwnerCounts {
        &self.responsible_counts
    }

    /// What a responsible has that names departments itself.
    pub(super) fn elsewhere(&self, user: UserIndex) -> Option<&List> {
        self.elsewhere.get(user.0 as usize)
    }

    /// What has no responsible and names no departments.
    pub(super) fn nobodys(&self) -> impl Iterator<Item = u32> {
        self.nobody.iter().flat_map(List::iter)
    }

    /// What names this department alone.
    pub(super) fn of_department(&self, department: DepartmentIndex) -> Option<&List> {
        self.department.get(department.0 as usize)
    }

    pub(super) fn department_counts(&self) -> &OwnerCounts {
        &self.department_counts
    }

    /// What names this department and others.
    pub(super) fn shared(&self, department: DepartmentIndex) -> Option<&List> {
        self.shared.get(department.0 as usize)
    }

    /// The counts of what names several departments.
    pub(super) fn sets(&self) -> &DepartmentSets {
        &self.sets
    }

    /// What names departments itself; once for each that it names.
    pub(super) fn all_elsewhere(&self) -> impl Iterator<Item = u32> {
        self.department.iter().chain(self.shared.iter()).flat_map(List::iter)
    }

    /// What an author has; nothing in the crm model.
    pub(super) fn of_author(&self, user: UserIndex) -> Option<&List> {
        self.author.get(user.0 as usize)
    }

    pub(super) fn author_counts(&self) -> &OwnerCounts {
        &self.author_counts
    }

    /// What a user observes.
    pub(super) fn of_observer(&self, user: UserIndex) -> Option<&List> {
        self.observer.get(user.0 as usize)
    }

    fn each(&self, by: By) -> &Each {
        match by {
            By::Responsible => &self.responsible,
            By::Elsewhere => &self.elsewhere,
            By::Nobody => &self.nobody,
            By::Department => &self.department,
            By::Shared => &self.shared,
            By::Author => &self.author,
            By::Observer => &self.observer,
        }
    }

    fn each_mut(&mut self, by: By) -> &mut Each {
        match by {
            By::Responsible => &mut self.responsible,
            By::Elsewhere => &mut self.elsewhere,
            By::Nobody => &mut self.nobody,
            By::Department => &mut self.department,
            By::Shared => &mut self.shared,
            By::Author => &mut self.author,
            By::Observer => &mut self.observer,
        }
    }
}
