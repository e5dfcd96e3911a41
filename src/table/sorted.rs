//! A sorted sequence of small items whose copies share structure: one block, or a tree of blocks.
//!
//! Asking an item for its key mostly costs a visit to what it stands for, far away. So whoever goes down the tree compares
//! prefixes of keys, which are at hand, and asks only in the block that he comes to, several items at a time.

mod key;
mod node;
mod search;
#[cfg(test)]
mod tests;
mod walk;

use std::hint::black_box;
use std::sync::Arc;

use key::Known;
pub use key::{Keys, Prefix, prefix_of_text};
use node::{Block, Child, Node, child_of, with, without};
use search::count_before;
pub use search::{Search, count_before_each};
pub use walk::{Direction, Items};

/// The most items of a sequence that is one block: what is scanned from its start, as people's lists are, is best off in
/// one piece.
const ALONE_MAX: usize = 2_044;

/// What the processor fetches at a time.
const LINE_BYTES: usize = 64;

/// A sequence that is sorted by the keys of its items, which are to be given the same in every call.
#[derive(Clone)]
pub struct Sorted<T>(Shape<T>);

#[derive(Clone)]
enum Shape<T> {
    One(Block<T>),
    Many(Arc<Tree<T>>),
}

/// INVARIANT: no node is empty, and there are more items than half of [`ALONE_MAX`].
#[derive(Clone)]
struct Tree<T> {
    root: Node<T>,
    len: usize,
}

/// Where an item goes that is no longer where it belongs.
pub struct Move {
    /// Its place in its block.
    from: usize,
    /// In the same block; otherwise it is to be looked for.
    to: Option<usize>,
}

impl<T: Copy + Eq> Sorted<T> {
    /// A sequence without items.
    #[must_use]
    pub fn new() -> Self {
        Self(Shape::One(Arc::default()))
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Shape::One(block) => block.len(),
            Shape::Many(tree) => tree.len,
        }
    }

    /// Whether there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A sequence of items that are in order.
    #[must_use]
    pub fn from_ordered(items: &[T], keys: &impl Keys<T>) -> Self {
        if items.len() <= ALONE_MAX {
            return Self(Shape::One(items.into()));
        }
        Self(Shape::Many(Arc::new(Tree { root: Node::from_ordered(items, keys), len: items.len() })))
    }

    /// A search for the place of a key that no item has, to put one in there.
    pub fn search<'a, K: Keys<T>>(&'a self, keys: &'a K, key: K::Key) -> Search<'a, T, K> {
        let block = self.block_of(keys, key);
        // All of it will be copied: fetched at once, it is what the search need not wait for.
        block.iter().step_by(LINE_BYTES.div_ceil(size_of::<T>().max(1))).for_each(|item| {
            black_box(*item);
        });
        Search::new(block, keys, key)
    }

    /// Puts an item in at the place of its key that [`Self::search`] ended at.
    pub fn insert_at<K: Keys<T>>(&mut self, at: usize, item: T, keys: &K, key: K::Key) {
        match &mut self.0 {
            Shape::One(block) => *self = Self::from_ordered(&with(block, at, item), keys),
            Shape::Many(tree) => {
                let tree = Arc::make_mut(tree);
                tree.len += 1;
                tree.root.grow(at, item, keys, key);
            }
        }
    }

    /// Puts an item in by its key, which none has.
    pub fn insert<K: Keys<T>>(&mut self, item: T, keys: &K, key: K::Key) {
        let at = count_before(self.block_of(keys, key), keys, key);
        self.insert_at(at, item, keys, key);
    }

    /// The last item.
    #[must_use]
    pub fn last(&self) -> Option<T> {
        match &self.0 {
            Shape::One(block) => block.last().copied(),
            Shape::Many(tree) => tree.root.last(),
        }
    }

    /// Takes an item out, if it is there. Its own key is not asked for.
    pub fn remove<K: Keys<T>>(&mut self, item: T, keys: &K, key: K::Key) {
        let keys = &Known { keys, item, key };
        match &mut self.0 {
            Shape::One(block) => {
                if let Some(at) = position(block, item) {
                    *block = without(block, at);
                }
            }
            Shape::Many(tree) => {
                let tree = Arc::make_mut(tree);
                tree.len -= usize::from(tree.root.remove(item, keys, key));
                if tree.len <= ALONE_MAX / 2 {
                    *self = Self(Shape::One(self.iter().collect()));
                }
            }
        }
    }

    /// What is to be done for an item whose key has changed: nothing where it still is where it belongs. Its own key is
    /// not asked for.
    #[must_use]
    pub fn move_of<K: Keys<T>>(&self, item: T, keys: &K, (before, after): (K::Key, K::Key)) -> Option<Move> {
        let block = self.block_of(&Known { keys, item, key: before }, before);
        let from = position(block, item)?;
        let to = place_nearby(block, from, keys, after)?;
        // Where no other block is, or behind one item of the block and before another, it is sure to belong.
        let is_sure = matches!(self.0, Shape::One(_)) || to > 0 && to + 1 < block.len();
        let to = is_sure.then_some(to);
        (to != Some(from)).then_some(Move { from, to })
    }

    /// Does what [`Self::move_of`] found for an item; nothing has been changed since.
    pub fn carry_out<K: Keys<T>>(&mut self, it: &Move, item: T, keys: &K, (before, after): (K::Key, K::Key)) {
        let Some(to) = it.to else {
            self.remove(item, keys, before);
            return self.insert(item, keys, after);
        };
        let block = match &mut self.0 {
            Shape::One(block) => Some(block),
            Shape::Many(tree) => {
                Arc::make_mut(tree).root.block_mut(&Known { keys, item, key: before }, before)
            }
        };
        let items = block.map(Arc::make_mut).unwrap_or_default();
        match items.get_mut(it.from.min(to)..=it.from.max(to)) {
            Some(between) if it.from < to => between.rotate_left(1),
            Some(between) => between.rotate_right(1),
            None => {}
        }
    }

    /// The item that has a key, if there is exactly one where it belongs.
    #[must_use]
    pub fn only<K: Keys<T>>(&self, keys: &K, key: K::Key) -> Option<T> {
        let block = self.block_of(keys, key);
        let at = count_before(block, keys, key);
        let found = block.get(at).filter(|item| keys.key_of(item) == key)?;
        let is_only = block.get(at + 1).is_none_or(|next| keys.key_of(next) != key);
        is_only.then_some(*found)
    }

    /// The items in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'_, T> {
        self.walk(Direction::Ascending, |_| 0, |_| 0)
    }

    /// The items in a direction, from the first one behind a key, or all of them.
    #[must_use]
    pub fn iter_behind<K: Keys<T>>(
        &self,
        direction: Direction,
        keys: &K,
        key: Option<K::Key>,
    ) -> Items<'_, T> {
        let Some(key) = key else {
            return match direction {
                Direction::Ascending => self.walk(direction, |_| 0, |_| 0),
                Direction::Descending => self.walk(direction, |nodes| nodes.len() - 1, <[T]>::len),
            };
        };
        self.walk(
            direction,
            |nodes| child_of(nodes, keys, key),
            |items| {
                let at = count_before(items, keys, key);
                let is_found = items.get(at).is_some_and(|item| keys.key_of(item) == key);
                at + usize::from(is_found && direction == Direction::Ascending)
            },
        )
    }

    /// The items in a direction, from a place on that is chosen in each branch and in its block.
    fn walk(
        &self,
        direction: Direction,
        node_at: impl Fn(&[Child<T>]) -> usize,
        item_at: impl Fn(&[T]) -> usize,
    ) -> Items<'_, T> {
        match &self.0 {
            Shape::One(block) => Items::of_block(direction, block, item_at),
            Shape::Many(tree) => Items::of_tree(direction, &tree.root, node_at, item_at),
        }
    }

    /// The block where a key is or would be.
    fn block_of<K: Keys<T>>(&self, keys: &K, key: K::Key) -> &[T] {
        match &self.0 {
            Shape::One(block) => block,
            Shape::Many(tree) => tree.root.block(keys, key),
        }
    }
}

/// Where among the others of its block an item belongs that is at a place and has a key.
fn place_nearby<T, K: Keys<T>>(block: &[T], at: usize, keys: &K, key: K::Key) -> Option<usize> {
    let (before, rest) = block.split_at_checked(at)?;
    let (_, behind) = rest.split_first()?;
    Some(if before.last().is_some_and(|it| keys.key_of(it) > key) {
        count_before(before, keys, key)
    } else if behind.first().is_some_and(|it| keys.key_of(it) < key) {
        at + count_before(behind, keys, key)
    } else {
        at
    })
}

fn position<T: Copy + Eq>(block: &[T], item: T) -> Option<usize> {
    block.iter().position(|other| *other == item)
}

impl<T: Copy + Eq> Default for Sorted<T> {
    fn default() -> Self {
        Self::new()
    }
}
