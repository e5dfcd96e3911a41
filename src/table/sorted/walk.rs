//! A walk along the items of a sequence, from a place on.

use std::slice;

use super::node::{Child, Node};

/// Which end comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// The least first.
    #[default]
    Ascending,
    /// The greatest first: exactly the ascending order, backwards.
    Descending,
}

/// The items that are still to come.
pub struct Items<'a, T> {
    direction: Direction,
    /// The rest of the block at hand.
    block: slice::Iter<'a, T>,
    /// From the root down, the rest of each branch.
    branches: Vec<&'a [Child<T>]>,
}

impl<'a, T> Items<'a, T> {
    /// Those of a block.
    pub(super) fn of_block(direction: Direction, block: &'a [T], item_at: impl Fn(&[T]) -> usize) -> Self {
        let (before, behind) = block.split_at_checked(item_at(block)).unwrap_or_default();
        let block = match direction {
            Direction::Ascending => behind.iter(),
            Direction::Descending => before.iter(),
        };
        Self { direction, block, branches: Vec::new() }
    }

    /// Those of a tree, from a node on that is chosen in each branch.
    pub(super) fn of_tree(
        direction: Direction,
        mut node: &'a Node<T>,
        node_at: impl Fn(&[Child<T>]) -> usize,
        item_at: impl Fn(&[T]) -> usize,
    ) -> Self {
        let mut branches = Vec::new();
        let block: &[T] = loop {
            match node {
                Node::Block(items) => break items,
                Node::Branch(children) => {
                    let Some((before, [child, behind @ ..])) = children.split_at_checked(node_at(children))
                    else {
                        break &[];
                    };
                    branches.push(match direction {
                        Direction::Ascending => behind,
                        Direction::Descending => before,
                    });
                    node = &child.node;
                }
            }
        };
        Self { branches, ..Self::of_block(direction, block, item_at) }
    }

    /// The next block.
    fn next_block(&mut self) -> Option<&'a [T]> {
        loop {
            let nodes = self.branches.last_mut()?;
            let child = match self.direction {
                Direction::Ascending => nodes.split_off_first(),
                Direction::Descending => nodes.split_off_last(),
            };
            match child.map(|child| &child.node) {
                Some(Node::Block(items)) => return Some(items),
                Some(Node::Branch(children)) => self.branches.push(children),
                None => drop(self.branches.pop()),
            }
        }
    }
}

impl<T: Copy> Iterator for Items<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            let item = match self.direction {
                Direction::Ascending => self.block.next(),
                Direction::Descending => self.block.next_back(),
            };
            if let Some(item) = item {
                return Some(*item);
            }
            self.block = self.next_block()?.iter();
        }
    }
}
