//! A sequence held against a sorted set.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Enough for two levels of branches.
const MANY: usize = node::BLOCK_MAX * node::BRANCH_MAX * 2;

/// Items are their own keys, and those of several blocks have the same prefix.
struct Themselves;

impl Keys<u32> for Themselves {
    type Key = u32;

    type Place = u32;

    fn place_of(&self, item: &u32) -> u32 {
        *item
    }

    fn key_at(&self, item: u32) -> u32 {
        item
    }

    fn prefix_of(&self, key: u32) -> Prefix {
        (key / 5_000).into()
    }
}

/// Items have a key at their place, and those that have the same are sorted by themselves.
struct Given<'a>(&'a [u32]);

impl Keys<u32> for Given<'_> {
    type Key = (u32, u32);

    type Place = u32;

    fn place_of(&self, item: &u32) -> u32 {
        *item
    }

    fn key_at(&self, item: u32) -> (u32, u32) {
        (self.0[item as usize], item)
    }

    fn prefix_of(&self, (key, _): (u32, u32)) -> Prefix {
        (key / 5_000).into()
    }
}

fn assert_is(sorted: &Sorted<u32>, model: &BTreeSet<u32>, from: u32) {
    assert_eq!(sorted.len(), model.len());
    assert_eq!(sorted.last(), model.last().copied());
    assert!(sorted.iter().eq(model.iter().copied()));
    assert_eq!(sorted.only(&Themselves, from), model.get(&from).copied());
    let behind = |direction, from| sorted.iter_behind(direction, &Themselves, from);
    assert!(behind(Direction::Ascending, Some(from)).eq(model.range(from + 1..).copied()));
    assert!(behind(Direction::Descending, Some(from)).eq(model.range(..from).rev().copied()));
    assert!(behind(Direction::Descending, None).eq(model.iter().rev().copied()));
}

proptest! {
    #[test]
    fn both_ways_from_any_item_are_those_of_a_sorted_set(
        first in prop::collection::btree_set(0u32..20_000, 0..9_000),
        steps in prop::collection::vec((0u32..20_000, any::<bool>()), 0..3_000),
        from in 0u32..20_000,
    ) {
        let mut sorted = Sorted::from_ordered(&first.iter().copied().collect::<Vec<_>>(), &Themselves);
        let mut model: BTreeSet<u32> = first;
        for (item, stays) in steps {
            if stays && model.insert(item) {
                sorted.insert(item, &Themselves, item);
            } else if !stays {
                model.remove(&item);
                sorted.remove(item, &Themselves, item);
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
        let items: Vec<u32> = model.iter().map(|(_, item)| *item).collect();
        let mut sorted = Sorted::from_ordered(&items, &Given(&keys));
        let (copy, copied) = (sorted.clone(), sorted.iter().collect::<Vec<_>>());
        for (item, by, is_far) in moves {
            let item = u32::try_from(item.index(keys.len())).unwrap();
            let before = keys[item as usize];
            let after = before.saturating_add_signed(by * if is_far { 1_000 } else { 1 });
            keys[item as usize] = after;
            let places = ((before, item), (after, item));
            if let Some(it) = sorted.move_of(item, &Given(&keys), places) {
                sorted.carry_out(&it, item, &Given(&keys), places);
            }
            model.remove(&(before, item));
            model.insert((after, item));
        }
        prop_assert!(sorted.iter().eq(model.iter().map(|(_, item)| *item)));
        prop_assert!(copy.iter().eq(copied));
    }
}

proptest! {
    #[test]
    fn searches_that_go_on_together_end_where_each_would_alone(
        all in prop::collection::vec((prop::collection::btree_set(0u32..3_000, 0..1_500), 0u32..3_100), 0..12),
    ) {
        let all: Vec<(Vec<u32>, u32)> =
            all.into_iter().map(|(items, key)| (items.into_iter().collect(), key)).collect();
        let mut searches: Vec<_> =
            all.iter().map(|(items, key)| Search::new(items, &Themselves, *key)).collect();
        let expected: Vec<usize> =
            all.iter().map(|(items, key)| items.partition_point(|item| item < key)).collect();
        prop_assert_eq!(count_before_each(&mut searches), expected);
    }
}

#[test]
fn a_sequence_grows_from_one_block_to_many_and_back() {
    let all: BTreeSet<u32> = (0..).take(MANY).collect();
    let (mut sorted, mut model) = (Sorted::new(), BTreeSet::new());
    let scattered = || all.iter().map(|item| item * 7_919 % u32::try_from(MANY).unwrap());
    let copy = sorted.clone();
    for item in scattered() {
        sorted.insert(item, &Themselves, item);
        model.insert(item);
    }
    assert_is(&sorted, &model, 10_000);
    let whole = sorted.clone();
    for item in scattered().skip(1) {
        sorted.remove(item, &Themselves, item);
        model.remove(&item);
    }
    assert_is(&sorted, &model, 0);
    assert!(matches!(sorted.0, Shape::One(_)));
    assert!(whole.iter().eq(all.iter().copied()) && copy.is_empty());
}

#[test]
fn items_that_each_come_before_the_first_are_in_order() {
    let mut sorted = Sorted::new();
    let all = 0..u32::try_from(MANY).unwrap();
    all.clone().rev().for_each(|item| sorted.insert(item, &Themselves, item));
    assert_is(&sorted, &all.collect(), 10_000);
}

fn block_count(node: &node::Node<u32>) -> usize {
    match node {
        node::Node::Block(_) => 1,
        node::Node::Branch(nodes) => nodes.iter().map(|child| block_count(&child.node)).sum(),
    }
}

#[test]
fn what_is_laid_out_in_one_go_has_room_for_what_comes_between() {
    let mut model: BTreeSet<u32> = (0..).step_by(2).take(MANY).collect();
    let mut sorted = Sorted::from_ordered(&model.iter().copied().collect::<Vec<_>>(), &Themselves);
    let blocks = |sorted: &Sorted<u32>| match &sorted.0 {
        Shape::One(_) => 1,
        Shape::Many(tree) => block_count(&tree.root),
    };
    let before = blocks(&sorted);
    for item in (1..).step_by(node::BLOCK_MAX).take(MANY / node::BLOCK_MAX) {
        sorted.insert(item, &Themselves, item);
        model.insert(item);
    }
    assert_eq!(blocks(&sorted), before);
    assert_is(&sorted, &model, 10_000);
}
