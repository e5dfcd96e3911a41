//! A sequence held against a sorted set.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Enough for several spans.
const MANY: usize = BLOCK_MAX * SPAN_MAX * 2;

fn assert_is(sorted: &Sorted<u32>, model: &BTreeSet<u32>, from: u32) {
    assert_eq!(sorted.len(), model.len());
    assert_eq!(sorted.last(), model.last().copied());
    assert!(sorted.iter().eq(model.iter().copied()));
    let only = sorted.only_by(|item| item.cmp(&from));
    assert_eq!(only, model.get(&from).copied());
    assert!(sorted.iter_after(&mut |item| item.cmp(&from)).eq(model.range(from + 1..).copied()));
    assert!(sorted.iter_before(&mut |item| item.cmp(&from)).eq(model.range(..from).rev().copied()));
}

proptest! {
    #[test]
    fn both_ways_from_any_item_are_those_of_a_sorted_set(
        first in prop::collection::btree_set(0u32..20_000, 0..9_000),
        steps in prop::collection::vec((0u32..20_000, any::<bool>()), 0..3_000),
        from in 0u32..20_000,
    ) {
        let mut sorted = Sorted::from_ordered(&first.iter().copied().collect::<Vec<_>>());
        let mut model: BTreeSet<u32> = first;
        for (item, stays) in steps {
            if stays && model.insert(item) {
                sorted.insert_by(item, |other| other.cmp(&item));
            } else if !stays {
                model.remove(&item);
                sorted.remove(item, |other| other.cmp(&item));
            }
        }
        assert_is(&sorted, &model, from);
    }

    #[test]
    fn items_that_change_are_moved_to_where_they_belong_and_copies_stay_as_they_were(
        keys in prop::collection::vec(0u32..50_000, 1..9_000),
        moves in prop::collection::vec((any::<prop::sample::Index>(), -40i32..40, any::<bool>()), 1..400),
    ) {
        let mut keys = keys;
        let mut model: BTreeSet<(u32, u32)> = (0u32..).zip(&keys).map(|(item, key)| (*key, item)).collect();
        let mut sorted = Sorted::from_ordered(&model.iter().map(|(_, item)| *item).collect::<Vec<_>>());
        let (copy, copied) = (sorted.clone(), sorted.iter().collect::<Vec<_>>());
        for (item, by, is_far) in moves {
            let item = u32::try_from(item.index(keys.len())).unwrap();
            let before = keys[item as usize];
            let after = before.saturating_add_signed(by * if is_far { 1_000 } else { 1 });
            keys[item as usize] = after;
            let stands = |place: u32| {
                let keys = &keys;
                move |other: &u32| (keys[*other as usize], *other).cmp(&(place, item))
            };
            if let Some(it) = sorted.move_of(item, stands(before), stands(after)) {
                sorted.carry_out(&it, item, stands(after));
            }
            model.remove(&(before, item));
            model.insert((after, item));
        }
        prop_assert!(sorted.iter().eq(model.iter().map(|(_, item)| *item)));
        prop_assert!(copy.iter().eq(copied));
    }
}

#[test]
fn a_sequence_grows_from_one_block_to_many_and_back() {
    let all: BTreeSet<u32> = (0..).take(MANY).collect();
    let (mut sorted, mut model) = (Sorted::new(), BTreeSet::new());
    let scattered = || all.iter().map(|item| item * 7_919 % u32::try_from(MANY).unwrap());
    let copy = sorted.clone();
    for item in scattered() {
        sorted.insert_by(item, |other| other.cmp(&item));
        model.insert(item);
    }
    assert_is(&sorted, &model, 10_000);
    let whole = sorted.clone();
    for item in scattered().skip(1) {
        sorted.remove(item, |other| other.cmp(&item));
        model.remove(&item);
    }
    assert_is(&sorted, &model, 0);
    assert!(matches!(sorted.0, Shape::One(_)));
    assert!(whole.iter().eq(all.iter().copied()) && copy.is_empty());
}
