//! Resources that have something in common, and how many of them are on which stage.
//!
//! The slots say which they are, the counts how many: a total over thousands of shelves reads no resource.

use std::sync::Arc;

use crate::directory::StageIndex;
use crate::table::Sorted;

/// A stage, or none, and whether the open flag is set: with the standing it is all that a decision depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Class(u32);

impl Class {
    pub(super) fn of(stage: Option<StageIndex>, open: bool) -> Self {
        Self(stage.map_or(0, |stage| u32::from(stage.0) + 1) << 1 | u32::from(open))
    }

    pub(super) fn stage(self) -> Option<StageIndex> {
        let number = (self.0 >> 1).checked_sub(1)?;
        u16::try_from(number).ok().map(StageIndex)
    }

    /// A small number of its own.
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    pub(super) const fn is_open(self) -> bool {
        self.0 & 1 == 1
    }
}

/// How many resources there are of each class, by class; no count is zero.
#[derive(Clone, Default)]
pub(super) struct Counts(Arc<Vec<(Class, u32)>>);

impl Counts {
    pub(super) fn iter(&self) -> impl Iterator<Item = (Class, u64)> {
        self.0.iter().map(|(class, count)| (*class, u64::from(*count)))
    }

    pub(super) fn add(&mut self, class: Class) {
        let counts = Arc::make_mut(&mut self.0);
        match counts.binary_search_by_key(&class, |(class, _)| *class) {
            Ok(at) => counts.iter_mut().skip(at).take(1).for_each(|(_, count)| *count += 1),
            Err(at) => {
                counts.reserve_exact(1);
                counts.insert(at, (class, 1));
            }
        }
    }

    pub(super) fn subtract(&mut self, class: Class) {
        let counts = Arc::make_mut(&mut self.0);
        if let Some((_, count)) = counts.iter_mut().find(|(other, _)| *other == class) {
            *count -= 1;
        }
        counts.retain(|(_, count)| *count > 0);
    }
}

/// Slots in ascending order, with counts by class.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    slots: Sorted<u32>,
    counts: Counts,
}

impl Shelf {
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.slots.iter()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn insert(&mut self, slot: u32, class: Class) {
        self.slots.insert(slot);
        self.counts.add(class);
    }

    pub(super) fn remove(&mut self, slot: u32, class: Class) {
        self.slots.remove(slot);
        self.counts.subtract(class);
    }

    /// Moves a resource that stays on the shelf to another class.
    pub(super) fn reclass(&mut self, from: Class, to: Class) {
        if from != to {
            self.counts.subtract(from);
            self.counts.add(to);
        }
    }
}
