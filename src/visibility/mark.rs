//! A set of slots, a bit each.

use super::index::ResourceIndex;

/// A set of slots of an index.
#[derive(Default)]
pub(super) struct Marks(Vec<u64>);

impl Marks {
    /// None of an index's slots. Costs an eighth of a byte each.
    pub(super) fn new(index: &ResourceIndex) -> Self {
        Self(vec![0; index.slot_count().div_ceil(64)])
    }

    /// Puts a slot in; tells whether it was not in before.
    pub(super) fn mark(&mut self, slot: u32) -> bool {
        let bit = 1 << (slot % 64);
        let Some(word) = self.0.get_mut(slot as usize / 64) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether a slot is in.
    pub(super) fn has(&self, slot: u32) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }
}
