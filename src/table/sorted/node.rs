//! The tree of blocks of a long sequence.
//!
//! A write copies a block and, on the way to it, the pointers of a branch a level. Copying a pointer is a visit to what it
//! points to, which is mostly far away, so branches are small. A node that has become empty is taken out; others are left
//! as thin as they got.

use std::hint::black_box;
use std::sync::Arc;

use super::key::{Keys, Prefix};

/// The most items of a block, which is 2 KiB with its reference counts if they are slots, and the most nodes of a branch:
/// two levels of branches below the root are enough for 10,000,000 items.
pub(super) const BLOCK_MAX: usize = 508;
pub(super) const BRANCH_MAX: usize = 32;
/// The items of a block and the nodes of a branch of those that are made in one go, so that what comes between them later
/// finds room: full ones would be parted by the first write to each, one on every level. A block of slots is then 1,792
/// bytes, for which the allocator has a size.
const BLOCK_FIRST: usize = 444;
const BRANCH_FIRST: usize = 28;

pub(super) type Block<T> = Arc<[T]>;

#[derive(Clone)]
pub(super) enum Node<T> {
    Block(Block<T>),
    Branch(Arc<[Child<T>]>),
}

/// A node below another.
///
/// INVARIANT: `separator` is not less than the prefix of any key before this node, and not greater than that of any in it.
#[derive(Clone)]
pub(super) struct Child<T> {
    separator: Prefix,
    pub node: Node<T>,
}

/// The last node that begins at a key or before it: where the key is or would be.
pub(super) fn child_of<T: Copy, K: Keys<T>>(nodes: &[Child<T>], keys: &K, key: K::Key) -> usize {
    let prefix = keys.prefix_of(key);
    // One after the other, as memory comes in: it is mostly far away, and halving would wait for it at each step.
    let before = nodes.iter().take_while(|child| child.separator < prefix).count();
    let alike = nodes.get(before..).unwrap_or_default();
    let alike = alike.get(..alike.iter().take_while(|child| child.separator == prefix).count());
    let begins = |child: &Child<T>| child.node.first().is_some_and(|it| keys.key_of(&it) <= key);
    (before + alike.unwrap_or_default().partition_point(begins)).saturating_sub(1)
}

impl<T: Copy> Node<T> {
    /// A node of items in order, which are several.
    pub(super) fn from_ordered<K: Keys<T>>(items: &[T], keys: &K) -> Self {
        let blocks = items.chunks(BLOCK_FIRST).map(|items| Child::new(Self::Block(items.into()), keys));
        let mut nodes: Vec<Child<T>> = blocks.collect();
        while nodes.len() > BRANCH_MAX {
            let branches = nodes.chunks(BRANCH_FIRST);
            nodes = branches.map(|nodes| Child::new(Self::Branch(nodes.into()), keys)).collect();
        }
        Self::Branch(nodes.into())
    }

    pub(super) fn first(&self) -> Option<T> {
        match self {
            Self::Block(items) => items.first().copied(),
            Self::Branch(nodes) => nodes.first()?.node.first(),
        }
    }

    pub(super) fn last(&self) -> Option<T> {
        match self {
            Self::Block(items) => items.last().copied(),
            Self::Branch(nodes) => nodes.last()?.node.last(),
        }
    }

    /// Puts an item in, at a place in its block.
    pub(super) fn grow<K: Keys<T>>(&mut self, at: usize, item: T, keys: &K, key: K::Key) {
        if let Some(upper) = self.insert(at, item, keys, key) {
            *self = Self::Branch([Child::new(self.clone(), keys), upper].into());
        }
    }

    /// Puts an item in; what there is no more room for comes back, to follow this node.
    fn insert<K: Keys<T>>(&mut self, at: usize, item: T, keys: &K, key: K::Key) -> Option<Child<T>> {
        let upper = match self {
            Self::Block(items) => Self::Block(part(items, with(items, at, item), at, BLOCK_MAX)?),
            Self::Branch(nodes) => {
                let (node_at, child) = child_mut(nodes, keys, key)?;
                child.separator = child.separator.min(keys.prefix_of(key));
                let upper = child.node.insert(at, item, keys, key)?;
                let more = with(nodes, node_at + 1, upper);
                Self::Branch(part(nodes, more, node_at + 1, BRANCH_MAX)?)
            }
        };
        Some(Child::new(upper, keys))
    }

    /// Takes an item out; whether it was there.
    pub(super) fn remove<K: Keys<T>>(&mut self, item: T, keys: &K, key: K::Key) -> bool
    where
        T: Eq,
    {
        match self {
            Self::Block(items) => {
                let at = items.iter().position(|other| *other == item);
                if let Some(at) = at {
                    *items = without(items, at);
                }
                at.is_some()
            }
            Self::Branch(nodes) => {
                let Some((at, child)) = child_mut(nodes, keys, key) else { return false };
                let was_there = child.node.remove(item, keys, key);
                if child.node.is_empty() {
                    *nodes = without(nodes, at);
                }
                was_there
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Block(items) => items.is_empty(),
            Self::Branch(nodes) => nodes.is_empty(),
        }
    }

    /// The block where a key is or would be.
    pub(super) fn block<K: Keys<T>>(&self, keys: &K, key: K::Key) -> &[T] {
        match self {
            Self::Block(items) => items,
            Self::Branch(nodes) => {
                nodes.get(child_of(nodes, keys, key)).map_or(&[], |child| child.node.block(keys, key))
            }
        }
    }

    /// The block where a key is or would be, to change it.
    pub(super) fn block_mut<K: Keys<T>>(&mut self, keys: &K, key: K::Key) -> Option<&mut Block<T>> {
        match self {
            Self::Block(items) => Some(items),
            Self::Branch(nodes) => child_mut(nodes, keys, key)?.1.node.block_mut(keys, key),
        }
    }
}

impl<T> Node<T> {
    /// How many share this node.
    fn holders(&self) -> usize {
        match self {
            Self::Block(items) => Arc::strong_count(items),
            Self::Branch(nodes) => Arc::strong_count(nodes),
        }
    }
}

impl<T: Copy> Child<T> {
    fn new<K: Keys<T>>(node: Node<T>, keys: &K) -> Self {
        Self { separator: node.first().map_or(0, |item| keys.prefix_of(keys.key_of(&item))), node }
    }
}

/// The last node that begins at a key or before it, to change it, and where it is.
fn child_mut<'a, T: Copy, K: Keys<T>>(
    nodes: &'a mut Arc<[Child<T>]>,
    keys: &K,
    key: K::Key,
) -> Option<(usize, &'a mut Child<T>)> {
    // A copy counts them up one by one; read in a loop of nothing else before, they are waited for all at once.
    black_box(nodes.iter().map(|child| child.node.holders()).sum::<usize>());
    let at = child_of(nodes, keys, key);
    Some((at, Arc::make_mut(nodes).get_mut(at)?))
}

/// Keeps of a longer copy, where something was put in, what there is room for; the rest is parted off.
fn part<X>(items: &mut Arc<[X]>, mut more: Vec<X>, at: usize, max: usize) -> Option<Arc<[X]>> {
    // What only grows at its end stays full.
    let rest = (more.len() > max).then(|| more.split_off(if at == max { max } else { max / 2 }));
    *items = more.into();
    rest.map(Arc::from)
}

/// A copy with one more.
pub(super) fn with<X: Clone>(items: &[X], at: usize, item: X) -> Vec<X> {
    let (before, behind) = items.split_at(at.min(items.len()));
    let mut more = Vec::with_capacity(items.len() + 1);
    more.extend_from_slice(before);
    more.push(item);
    more.extend_from_slice(behind);
    more
}

/// A copy without one.
pub(super) fn without<X: Clone>(items: &[X], at: usize) -> Arc<[X]> {
    let mut fewer = items.to_vec();
    fewer.drain(at..(at + 1).min(items.len()));
    fewer.into()
}
