//! Slots that are picked out of many by what is known of each elsewhere in memory.
//!
//! What is as often so as not is guessed by the processor, which waits for memory at each wrong guess. Here nothing is
//! guessed: each slot is put down, and stays if it is to, so that it waits for many at once.

use arrayvec::ArrayVec;

/// Slots that are looked at together.
pub(super) const SLOTS_AT_ONCE: usize = 64;

/// Those of the next slots that are in; none when there are no more.
pub(super) fn sift(
    slots: &mut impl Iterator<Item = u32>,
    is_in: impl Fn(u32) -> bool,
) -> Option<ArrayVec<u32, SLOTS_AT_ONCE>> {
    let some: ArrayVec<u32, SLOTS_AT_ONCE> = slots.take(SLOTS_AT_ONCE).collect();
    let (mut kept, mut len) = ([0; SLOTS_AT_ONCE], 0);
    for slot in &some {
        if let Some(place) = kept.get_mut(len) {
            *place = *slot;
        }
        len += usize::from(is_in(*slot));
    }
    let mut kept = ArrayVec::from(kept);
    kept.truncate(len);
    (!some.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_are_in_come_in_their_order_and_the_end_is_told() {
        for count in [0, 1, 63, 64, 65, 200] {
            let (mut slots, mut sifted) = (0..count, Vec::new());
            while let Some(some) = sift(&mut slots, |slot| slot % 3 == 0) {
                sifted.extend(some);
            }
            assert!(sifted.into_iter().eq((0..count).step_by(3)), "{count}");
        }
        assert_eq!(sift(&mut (0..64), |_| true).unwrap().len(), SLOTS_AT_ONCE);
        assert_eq!(sift(&mut (0..64), |_| false).unwrap().len(), 0);
    }
}
