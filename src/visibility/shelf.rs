//! What people and departments have: which resources, and how many of each class.
//!
//! A total over thousands of people reads counts and no resource.

use std::sync::Arc;

use super::row::ResourceRow;
use crate::directory::StageIndex;
use crate::table::{Rows, Sorted};

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

    /// A small number of its own.
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    /// The class of a number.
    pub(super) const fn numbered(number: u32) -> Self {
        Self(number)
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

/// People whose counts are kept in one piece.
const PEOPLE: usize = 16;

/// How many resources each person has of each class: a sum over thousands of people reads a line of memory each.
#[derive(Clone, Default)]
pub(super) struct PersonCounts {
    /// By [`PEOPLE`] people; in a piece, by person and then by the number of the class.
    pieces: Rows<Arc<Vec<u32>>, 16>,
    /// More than the largest number of a class.
    width: usize,
}

impl PersonCounts {
    /// The counts of a person by the number of the class; empty if he has none.
    pub(super) fn of(&self, person: u32) -> &[u32] {
        let (piece, at) = (person as usize / PEOPLE, person as usize % PEOPLE * self.width);
        self.pieces.get(piece).and_then(|counts| counts.get(at..at + self.width)).unwrap_or_default()
    }

    /// How many people there is room for.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.pieces.len() * PEOPLE).unwrap_or(u32::MAX)
    }

    pub(super) fn add(&mut self, class: Class, person: u32) {
        self.change(class, person, |count| count + 1);
    }

    pub(super) fn subtract(&mut self, class: Class, person: u32) {
        self.change(class, person, |count| count.saturating_sub(1));
    }

    fn change(&mut self, class: Class, person: u32, to: impl Fn(u32) -> u32) {
        if class.number() >= self.width {
            self.widen(class.number() + 1);
        }
        let (piece, width) = (person as usize / PEOPLE, self.width);
        let Some(counts) = self.pieces.grow_mut(piece).map(Arc::make_mut) else { return };
        counts.resize(PEOPLE * width, 0);
        if let Some(count) = counts.get_mut(person as usize % PEOPLE * width + class.number()) {
            *count = to(*count);
        }
    }

    /// Makes room for classes of greater numbers; once a stage that the type never had before.
    fn widen(&mut self, width: usize) {
        for at in 0..self.pieces.len() {
            let Some(piece) = self.pieces.get_mut(at) else { continue };
            let old = piece.chunks(self.width.max(1));
            let wide = old.flat_map(|counts| (0..width).map(|class| counts.get(class).copied().unwrap_or(0)));
            *piece = Arc::new(wide.collect());
        }
        self.width = width;
    }
}

/// What people have: slots in ascending order, and how many of each class.
#[derive(Clone, Default)]
pub(super) struct Shelves {
    slots: Rows<Sorted<u32>, 16>,
    counts: PersonCounts,
}

impl Shelves {
    pub(super) fn slots(&self, person: u32) -> impl Iterator<Item = u32> {
        self.slots.get(person as usize).into_iter().flat_map(Sorted::iter)
    }

    pub(super) fn counts(&self) -> &PersonCounts {
        &self.counts
    }

    pub(super) fn insert(&mut self, slot: u32, class: Class, person: u32) {
        if let Some(slots) = self.slots.grow_mut(person as usize) {
            slots.insert(slot);
        }
        self.counts.add(class, person);
    }

    pub(super) fn remove(&mut self, slot: u32, class: Class, person: u32) {
        if let Some(slots) = self.slots.grow_mut(person as usize) {
            slots.remove(slot);
        }
        self.counts.subtract(class, person);
    }

    /// Moves a resource that stays with a person to another class.
    pub(super) fn reclass(&mut self, from: Class, to: Class, person: u32) {
        self.counts.subtract(from, person);
        self.counts.add(to, person);
    }
}

/// Slots by class, then ascending, in one list.
#[derive(Clone, Default)]
pub(super) struct Classed(Sorted<u64>);

impl Classed {
    pub(super) fn iter(&self) -> impl Iterator<Item = (Class, u32)> {
        self.0.iter().map(parts)
    }

    pub(super) fn insert(&mut self, slot: u32, class: Class) {
        self.0.insert(entry(class, slot));
    }

    pub(super) fn remove(&mut self, slot: u32, class: Class) {
        self.0.remove(entry(class, slot));
    }
}

fn entry(class: Class, slot: u32) -> u64 {
    u64::from(class.0) << 32 | u64::from(slot)
}

#[expect(clippy::cast_possible_truncation, reason = "the slot is the lower 32 bits")]
const fn parts(entry: u64) -> (Class, u32) {
    (Class((entry >> 32) as u32), entry as u32)
}
