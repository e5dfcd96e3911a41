//! Resources that have something in common, and how many of them are on which stage.
//!
//! The slots say which they are, the counts how many: a total over thousands of shelves reads no resource.

use std::sync::Arc;

use super::row::ResourceRow;
use crate::directory::StageIndex;
use crate::table::Sorted;

/// A stage, or none, and whether the open flag is set: with the standing it is all that a decision depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Class(u32);

impl Class {
    pub(super) fn of(row: &ResourceRow) -> Self {
        Self(row.stage().map_or(0, |stage| u32::from(stage.0) + 1) << 1 | u32::from(row.is_open()))
    }

    pub(super) fn stage(self) -> Option<StageIndex> {
        let number = (self.0 >> 1).checked_sub(1)?;
        u16::try_from(number).ok().map(StageIndex)
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

    pub(super) fn insert(&mut self, slot: u32, class: Class) {
        self.slots.insert(slot);
        self.counts.add(class);
    }

    pub(super) fn remove(&mut self, slot: u32, class: Class) {
        self.slots.remove(slot);
        self.counts.subtract(class);
    }
}

/// Slots by class, in ascending order each; no class is empty.
#[derive(Clone, Default)]
pub(super) struct Classes(Arc<Vec<(Class, Sorted<u32>)>>);

impl Classes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Class, &Sorted<u32>)> {
        self.0.iter().map(|(class, slots)| (*class, slots))
    }

    pub(super) fn insert(&mut self, slot: u32, class: Class) {
        let classes = Arc::make_mut(&mut self.0);
        let at = classes.partition_point(|(other, _)| *other < class);
        if classes.get(at).is_none_or(|(other, _)| *other != class) {
            classes.insert(at, (class, Sorted::new()));
        }
        if let Some((_, slots)) = classes.get_mut(at) {
            slots.insert(slot);
        }
    }

    pub(super) fn remove(&mut self, slot: u32, class: Class) {
        let classes = Arc::make_mut(&mut self.0);
        if let Some((_, slots)) = classes.iter_mut().find(|(other, _)| *other == class) {
            slots.remove(slot);
        }
        classes.retain(|(_, slots)| !slots.is_empty());
    }
}
