//! Lists of all rows, made in one go.

use arrayvec::ArrayVec;

use super::super::index::ROWS_AT_ONCE;
use super::super::row::ResourceRow;
use super::{By, each_place};
use crate::domain::Model;
use crate::table::{Sorted, Table};

/// The lists of one kind in the making, one behind the other: each is as long as it is to be from the start, so that
/// nothing has to grow and no memory is left behind.
#[derive(Clone, Default)]
pub(super) struct Draft {
    /// By owner, how many slots there are; then, how many of all have been placed up to the end of his.
    ends: Vec<u32>,
    slots: Vec<u32>,
}

impl Draft {
    /// For each kind of list, room for the slots of all rows.
    pub(super) fn each(model: Model, rows: &Table<ResourceRow>) -> [Self; By::EACH.len()] {
        let mut drafts: [Self; By::EACH.len()] = Default::default();
        for row in rows.iter() {
            each_place(model, row, &mut |by, owner| {
                let Some(Self { ends, .. }) = drafts.get_mut(by as usize) else { return };
                ends.resize(ends.len().max(owner as usize + 1), 0);
                ends.iter_mut().skip(owner as usize).take(1).for_each(|count| *count += 1);
            });
        }
        for Self { ends, slots } in &mut drafts {
            let mut start = 0;
            for end in ends {
                (start, *end) = (start + *end, start);
            }
            *slots = vec![0; start as usize];
        }
        drafts
    }

    /// Puts a slot behind those that the owner has.
    fn push(&mut self, owner: u32, slot: u32) {
        let Some(end) = self.ends.get_mut(owner as usize) else { return };
        if let Some(place) = self.slots.get_mut(*end as usize) {
            *place = slot;
        }
        *end += 1;
    }

    /// The slots of each owner who has any.
    pub(super) fn lists(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let places = starts.zip(&self.ends).enumerate();
        places
            .filter_map(|(owner, (start, end))| {
                Some((owner, self.slots.get(*start as usize..*end as usize)?))
            })
            .filter(|(_, slots)| !slots.is_empty())
    }
}

/// Puts every slot, in the order in which they are given, in its place.
pub(super) fn distribute(model: Model, rows: &Table<ResourceRow>, slots: &Sorted<u32>, drafts: &mut [Draft]) {
    let mut slots = slots.iter();
    loop {
        let some: ArrayVec<u32, ROWS_AT_ONCE> = slots.by_ref().take(ROWS_AT_ONCE).collect();
        let found: ArrayVec<&ResourceRow, ROWS_AT_ONCE> = rows.rows_at(some.iter().copied());
        if some.is_empty() {
            return;
        }
        for (slot, row) in some.into_iter().zip(found) {
            each_place(model, row, &mut |by, owner| {
                if let Some(draft) = drafts.get_mut(by as usize) {
                    draft.push(owner, slot);
                }
            });
        }
    }
}
