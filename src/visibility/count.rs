//! How many resources there are of each class, in all and by what people and departments have.
//!
//! A total over thousands of people reads counts and no resource.

use std::sync::Arc;

use super::row::ResourceRow;
use crate::directory::StageIndex;
use crate::table::Rows;

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

    /// The class of a number.
    pub(super) const fn of_number(number: u32) -> Self {
        Self(number)
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

/// Owners whose counts are kept in one piece.
const OWNERS: usize = 16;

/// How many resources each person, or department, has of each class: a sum over thousands reads a line of memory each.
#[derive(Clone, Default)]
pub(super) struct OwnerCounts {
    /// By [`OWNERS`] owners; in a piece, by owner and then by the number of the class.
    pieces: Rows<Arc<[u32]>, 4, 16>,
    /// More than the largest number of a class.
    width: usize,
}

impl OwnerCounts {
    /// The counts of a owner by the number of the class; empty if it has none.
    pub(super) fn of(&self, owner: u32) -> &[u32] {
        let (piece, at) = (owner as usize / OWNERS, owner as usize % OWNERS * self.width);
        self.pieces.get(piece).and_then(|counts| counts.get(at..at + self.width)).unwrap_or_default()
    }

    /// How many owners there is room for.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.pieces.len() * OWNERS).unwrap_or(u32::MAX)
    }

    pub(super) fn add(&mut self, class: Class, owner: u32) {
        self.change(class, owner, |count| count + 1);
    }

    pub(super) fn subtract(&mut self, class: Class, owner: u32) {
        self.change(class, owner, |count| count.saturating_sub(1));
    }

    fn change(&mut self, class: Class, owner: u32, to: impl Fn(u32) -> u32) {
        if class.number() >= self.width {
            self.widen(class.number() + 1);
        }
        let (piece, width) = (owner as usize / OWNERS, self.width);
        let Some(counts) = self.pieces.grow_mut(piece) else { return };
        if counts.is_empty() {
            *counts = vec![0; OWNERS * width].into();
        }
        if let Some(count) = Arc::make_mut(counts).get_mut(owner as usize % OWNERS * width + class.number()) {
            *count = to(*count);
        }
    }

    /// Makes room for classes of greater numbers; once a stage that the type never had before.
    fn widen(&mut self, width: usize) {
        for at in 0..self.pieces.len() {
            let Some(piece) = self.pieces.get_mut(at) else { continue };
            let old = piece.chunks(self.width.max(1));
            let wide = old.flat_map(|counts| (0..width).map(|class| counts.get(class).copied().unwrap_or(0)));
            *piece = wide.collect();
        }
        self.width = width;
    }
}
