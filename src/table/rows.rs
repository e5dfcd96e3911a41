//! A vector whose copies share structure: a tree of small branches over leaves of items.
//!
//! A write to a shared vector copies one leaf and one branch a level. Copying an item costs next to nothing and
//! copying a pointer a visit to what it points to, so leaves are as large as suits their items and branches small.

use std::sync::Arc;

use arrayvec::ArrayVec;

/// Pointers of a branch.
const BRANCH: usize = 32;

#[derive(Clone)]
enum Node<T, const LEAF: usize> {
    Branch(Arc<ArrayVec<Self, BRANCH>>),
    Leaf(Arc<ArrayVec<T, LEAF>>),
}

/// A vector whose copies share structure, in leaves of `LEAF` items.
///
/// INVARIANT: all leaves are at the same depth, and every node but the last of its level is full.
#[derive(Clone)]
pub struct Rows<T, const LEAF: usize = 64> {
    root: Node<T, LEAF>,
    /// The items that a child of the root can hold; 1 where the root is a leaf.
    width: usize,
    len: usize,
}

impl<T: Clone, const LEAF: usize> Rows<T, LEAF> {
    /// A vector without items.
    #[must_use]
    pub fn new() -> Self {
        Self { root: Node::Leaf(Arc::default()), width: 1, len: 0 }
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The item at a position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&T> {
        let (mut node, mut at, mut width) = (&self.root, at, self.width);
        loop {
            match node {
                Node::Branch(children) => {
                    node = children.get(at / width)?;
                    at %= width;
                    width = child_width::<LEAF>(width);
                }
                Node::Leaf(items) => return items.get(at),
            }
        }
    }

    /// The item at a position, to change it.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at >= self.len {
            return None;
        }
        let (mut node, mut at, mut width) = (&mut self.root, at, self.width);
        loop {
            match node {
                Node::Branch(children) => {
                    node = Arc::make_mut(children).get_mut(at / width)?;
                    at %= width;
                    width = child_width::<LEAF>(width);
                }
                Node::Leaf(items) => return Arc::make_mut(items).get_mut(at),
            }
        }
    }

    /// Puts an item behind the last.
    pub fn push(&mut self, item: T) {
        if self.len == self.capacity() {
            // The tree is full: it becomes the first child of a new root.
            let width = self.capacity();
            let old = std::mem::replace(&mut self.root, Node::Branch(Arc::default()));
            if let Node::Branch(children) = &mut self.root {
                Arc::make_mut(children).push(old);
            }
            self.width = width;
        }
        push_into(&mut self.root, self.len, self.width, item);
        self.len += 1;
    }

    /// The item at a position, which is made by filling up with defaults when it isn't there.
    pub fn grow_mut(&mut self, at: usize) -> Option<&mut T>
    where
        T: Default,
    {
        while self.len <= at {
            self.push(T::default());
        }
        self.get_mut(at)
    }

    fn capacity(&self) -> usize {
        match self.root {
            Node::Branch(_) => self.width * BRANCH,
            Node::Leaf(_) => LEAF,
        }
    }
}

/// The items that a grandchild can hold, of a child that can hold `width`.
const fn child_width<const LEAF: usize>(width: usize) -> usize {
    if width <= LEAF { 1 } else { width / BRANCH }
}

fn push_into<T: Clone, const LEAF: usize>(node: &mut Node<T, LEAF>, at: usize, width: usize, item: T) {
    match node {
        Node::Leaf(items) => Arc::make_mut(items).push(item),
        Node::Branch(children) => {
            let children = Arc::make_mut(children);
            if at.is_multiple_of(width) {
                let is_leaf = width == LEAF;
                children.push(if is_leaf {
                    Node::Leaf(Arc::default())
                } else {
                    Node::Branch(Arc::default())
                });
            }
            if let Some(last) = children.last_mut() {
                push_into(last, at % width, child_width::<LEAF>(width), item);
            }
        }
    }
}

impl<T: Clone, const LEAF: usize> Default for Rows<T, LEAF> {
    fn default() -> Self {
        Self::new()
    }
}
