//! Which resources people and departments have: for each of them a list of slots in either order.
//!
//! [`each_place`] is the one place that says in which lists a resource is.

mod verify;

use std::cmp::Ordering;

use super::count::{Class, OwnerCounts};
use super::order::Key;
use super::row::ResourceRow;
use crate::directory::{DepartmentIndex, UserIndex};
use crate::domain::Model;
use crate::table::{Row as _, Rows, Sorted, Table};

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

/// How a slot's row stands to another in ascending order.
pub(super) fn compare(rows: &Table<ResourceRow>, key: Key, slot: u32, other: (i64, &str)) -> Ordering {
    rows.row(slot).map_or(Ordering::Less, |row| match key {
        Key::Id => row.key().cmp(other.1),
        Key::SortKey => (row.sort_key(), row.key()).cmp(&other),
    })
}

/// The lists of everyone, in one kind of them.
type Each = Rows<List, 16>;

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
        for (key, slots) in orders {
            let drafts = By::EACH.into_iter().zip(drafts(model, rows, slots));
            drafts.for_each(|(by, each)| lists.fill(by, key, each));
        }
        rows.iter().for_each(|row| lists.count(row, OwnerCounts::add));
        lists
    }

    /// Puts the slots of every owner in place, in the order of a key.
    fn fill(&mut self, by: By, key: Key, each: Vec<Vec<u32>>) {
        for (owner, slots) in each.into_iter().enumerate().filter(|(_, slots)| !slots.is_empty()) {
            if let Some(list) = self.each_mut(by).grow_mut(owner) {
                *list.by_mut(key) = Sorted::from_ordered(&slots);
            }
        }
    }

    pub(super) fn model(&self) -> Model {
        self.model
    }

    /// Puts a resource in its lists.
    pub(super) fn insert(&mut self, rows: &Table<ResourceRow>, slot: u32, row: &ResourceRow) {
        self.edit(row, |list, key| {
            list.insert_by(slot, |other| compare(rows, key, *other, (row.sort_key(), row.key())));
        });
    }

    /// Takes a resource out of its lists; its row is still as it was.
    pub(super) fn remove(&mut self, rows: &Table<ResourceRow>, row: &ResourceRow) {
        self.edit(row, |list, key| {
            list.remove_by(|other| compare(rows, key, *other, (row.sort_key(), row.key())));
        });
    }

    fn edit(&mut self, row: &ResourceRow, mut edit: impl FnMut(&mut Sorted<u32>, Key)) {
        each_place(self.model, row, &mut |by, owner| {
            if let Some(list) = self.each_mut(by).grow_mut(owner as usize) {
                edit(&mut list.by_id, Key::Id);
                edit(&mut list.by_sort_key, Key::SortKey);
            }
        });
    }

    /// Counts a resource for those who have it, or no longer.
    pub(super) fn count(&mut self, row: &ResourceRow, change: fn(&mut OwnerCounts, Class, u32)) {
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

/// The slots of every list of each kind, by owner, in the order in which they are given.
fn drafts(model: Model, rows: &Table<ResourceRow>, slots: &Sorted<u32>) -> [Vec<Vec<u32>>; 7] {
    let mut drafts: [Vec<Vec<u32>>; 7] = Default::default();
    for slot in slots.iter() {
        let Some(row) = rows.row(slot) else { continue };
        each_place(model, row, &mut |by, owner| {
            let Some(each) = drafts.get_mut(by as usize) else { return };
            if each.len() <= owner as usize {
                each.resize_with(owner as usize + 1, Vec::new);
            }
            if let Some(list) = each.get_mut(owner as usize) {
                list.push(slot);
            }
        });
    }
    drafts
}
