//! Sets of slots: a bit each, or two where it matters whether it is sure that a slot is in.

use super::index::ResourceIndex;
use super::selection::Certainty;

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

    /// Those that are in, in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        (0..).step_by(64).zip(&self.0).flat_map(|(first, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.checked_sub(1)?;
                Some(first + bit)
            })
        })
    }
}

/// A set of slots, of which some are in it for sure.
#[derive(Default)]
pub(super) struct CertainMarks(Vec<u64>);

const LIKELY: u64 = 0b01;
const SURE: u64 = 0b11;

impl CertainMarks {
    /// None of an index's slots. Costs a quarter of a byte each.
    pub(super) fn new(index: &ResourceIndex) -> Self {
        Self(vec![0; index.slot_count().div_ceil(32)])
    }

    /// Puts a slot in; once it is in for sure it stays so.
    pub(super) fn mark(&mut self, slot: u32, certainty: Certainty) {
        let bits = match certainty {
            Certainty::Sure => SURE,
            Certainty::Likely => LIKELY,
        };
        if let Some(word) = self.0.get_mut(slot as usize / 32) {
            *word |= bits << (slot % 32 * 2);
        }
    }

    /// Whether a slot is in, and how certain that is.
    pub(super) fn certainty(&self, slot: u32) -> Option<Certainty> {
        let bits = self.0.get(slot as usize / 32)? >> (slot % 32 * 2) & SURE;
        (bits != 0).then_some(if bits == SURE { Certainty::Sure } else { Certainty::Likely })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_comes_in_order_wherever_it_stands_in_a_word() {
        let slots = [0, 1, 63, 64, 127, 200];
        let mut marks = Marks(vec![0; 4]);
        assert!(slots.iter().rev().all(|slot| marks.mark(*slot)));
        assert!(!marks.mark(63));
        assert!(marks.iter().eq(slots));
        assert_eq!(Marks::default().iter().next(), None);
    }
}
