//! Lists held against the rows: a row is in exactly its lists, and a list holds exactly its owner's rows, counted.

use super::super::count::Class;
use super::super::verify::Flaw;
use super::{By, Key, List, Lists, OwnerCounts, Ranks, ResourceRow, Sorted, each_place};
use crate::domain::Model;
use crate::table::{Keys as _, Table};

/// The most entries of a list that are looked at in one go, some milliseconds; of a longer one it is a piece anywhere.
const ENTRIES_MAX: usize = 16_384;

impl Lists {
    /// The lists of so many owners are to be looked at.
    pub(in super::super) fn owner_count(&self) -> u32 {
        let lists = By::EACH.into_iter().map(|by| u32::try_from(self.each(by).len()).unwrap_or(u32::MAX));
        let counts = [&self.responsible_counts, &self.department_counts, &self.author_counts];
        lists.chain(counts.map(OwnerCounts::len)).max().unwrap_or(0)
    }

    /// By what the first list is in which a row should be once and isn't.
    pub(in super::super) fn missing(
        &self,
        rows: &Table<ResourceRow>,
        slot: u32,
        row: &ResourceRow,
    ) -> Option<&'static str> {
        let mut missing = None;
        each_place(self.model, row, &mut |by, owner| {
            let is_in = |list: &List| {
                Key::EACH.into_iter().all(|key| {
                    let ranks = Ranks::new(rows, key);
                    list.by(key).only(&ranks, ranks.of(row)) == Some(slot)
                })
            };
            if !self.each(by).get(owner as usize).is_some_and(is_in) {
                missing = missing.or(Some(by.name()));
            }
        });
        let is_counted = self.model != Model::Crm || self.sets.has(row.class(), row.departments());
        missing.or((!is_counted).then_some(By::Shared.name()))
    }

    /// Looks at all lists of an owner; says how many entries they have.
    pub(in super::super) fn look_at_owner(
        &self,
        rows: &Table<ResourceRow>,
        owner: u32,
        flaws: &mut Vec<Flaw>,
    ) -> u64 {
        let mut entries = 0;
        for by in By::EACH {
            let list = self.each(by).get(owner as usize);
            entries += list.map_or(0, |list| list.by_id.len() as u64);
            if list.is_some_and(|list| !self.is_sound(rows, (by, owner), list)) {
                flaws.push(Flaw::List { list: by.name(), owner });
            }
            if !self.is_counted(rows, (by, owner), list) {
                flaws.push(Flaw::Counts { list: by.name(), owner });
            }
        }
        entries
    }

    fn is_sound(&self, rows: &Table<ResourceRow>, whose: (By, u32), list: &List) -> bool {
        let is_ordered = |key| self.is_ordered(rows, whose, list.by(key), key);
        list.by_id.len() == list.by_sort_key.len() && is_ordered(Key::Id) && is_ordered(Key::SortKey)
    }

    /// Whether the entries ascend, and each of them is the owner's.
    fn is_ordered(&self, rows: &Table<ResourceRow>, whose: (By, u32), slots: &Sorted<u32>, key: Key) -> bool {
        let from = match slots.len().saturating_sub(ENTRIES_MAX) {
            0 => 0,
            rest => rand::random_range(0..=rest),
        };
        let (ranks, mut last) = (Ranks::new(rows, key), None);
        slots.iter().skip(from).take(ENTRIES_MAX).all(|slot| {
            let Some(row) = rows.row(slot) else { return false };
            let rank = Some(ranks.of(row));
            last.replace(slot).map(|last| ranks.key_of(&last)) < rank && is_in(self.model, row, whose)
        })
    }

    fn is_counted(&self, rows: &Table<ResourceRow>, (by, owner): (By, u32), list: Option<&List>) -> bool {
        let counts = match by {
            By::Responsible => self.responsible_counts.of(owner).to_vec(),
            By::Department => self.department_counts.of(owner).to_vec(),
            By::Author => self.author_counts.of(owner).to_vec(),
            By::Shared => self.sets.counts_of(owner),
            By::Elsewhere | By::Nobody | By::Observer => return true,
        };
        let len = list.map_or(0, |list| list.by_id.len());
        if counts.iter().map(|count| *count as usize).sum::<usize>() != len {
            return false;
        }
        let mut left = counts;
        let slots = list.into_iter().flat_map(List::iter);
        len > ENTRIES_MAX || slots.filter_map(|slot| rows.row(slot)).all(|row| takes(&mut left, row.class()))
    }
}

impl By {
    const fn name(self) -> &'static str {
        match self {
            Self::Responsible => "responsible",
            Self::Elsewhere => "responsible, of other departments",
            Self::Nobody => "nobody",
            Self::Department => "department",
            Self::Shared => "one of several departments",
            Self::Author => "author",
            Self::Observer => "observer",
        }
    }
}

/// Whether a row belongs into a list.
fn is_in(model: Model, row: &ResourceRow, whose: (By, u32)) -> bool {
    let mut is_in = false;
    each_place(model, row, &mut |by, owner| is_in |= (by, owner) == whose);
    is_in
}

/// Takes one of a class away, if there is one.
fn takes(left: &mut [u32], class: Class) -> bool {
    let count = left.get_mut(class.number()).filter(|count| **count > 0);
    count.map(|count| *count -= 1).is_some()
}
