//! A vector whose copies share structure: a tree of small branches over leaves of items.
//!
//! A write to a shared vector copies one leaf and one branch a level. Copying an item costs next to nothing and
//! copying a pointer a visit to what it points to, so leaves are as large as suits their items and branches small.
//! Nodes have all their places from the start: a look-up reads no length, which would be a line of memory more.

use std::array;
use std::hint::black_box;
use std::sync::Arc;

#[derive(Clone)]
enum Node<T, const LEAF: usize, const BRANCH: usize> {
    Branch(Arc<[Self; BRANCH]>),
    Twig(Arc<[Option<Leaf<T, LEAF>>; BRANCH]>),
    /// Nothing was put here yet.
    Empty,
}

/// Told apart from nothing by the pointer alone, unlike a node: there are as many pointers to leaves as there are leaves,
/// and half their size is what the processor's cache holds more of.
type Leaf<T, const LEAF: usize> = Arc<[T; LEAF]>;

impl<T: Clone + Default, const LEAF: usize, const BRANCH: usize> Node<T, LEAF, BRANCH> {
    fn twig() -> Self {
        Self::Twig(Arc::new([const { None }; BRANCH]))
    }

    /// How many share this node.
    fn holders(&self) -> usize {
        match self {
            Self::Branch(children) => Arc::strong_count(children),
            Self::Twig(leaves) => Arc::strong_count(leaves),
            Self::Empty => 0,
        }
    }

    fn branch() -> Self {
        Self::Branch(Arc::new([const { Self::Empty }; BRANCH]))
    }
}

fn leaf<T: Clone + Default, const LEAF: usize>() -> Leaf<T, LEAF> {
    Arc::new(array::from_fn(|_| T::default()))
}

/// A vector whose copies share structure, in leaves of `LEAF` items below branches of `BRANCH`, a power of two: the fewer
/// there are in a branch, the less a write copies and the more branches a look-up may go through.
///
/// INVARIANT: all leaves are at the same depth, and what is behind `len` is empty or the default.
#[derive(Clone)]
pub struct Rows<T, const LEAF: usize = 63, const BRANCH: usize = 16> {
    root: Node<T, LEAF, BRANCH>,
    /// How many branches there are above a twig.
    depth: u32,
    len: usize,
}

impl<T: Clone + Default, const LEAF: usize, const BRANCH: usize> Rows<T, LEAF, BRANCH> {
    /// A vector without items.
    #[must_use]
    pub fn new() -> Self {
        Self { root: Node::Empty, depth: 0, len: 0 }
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
        self.leaf(at)?.get(at % LEAF)
    }

    /// The items that are kept with the one at a position, and the position of the first of them; whatever is behind the
    /// last item is the default.
    #[must_use]
    pub fn around(&self, at: usize) -> Option<(usize, &[T])> {
        Some((at - at % LEAF, self.leaf(at)?.as_slice()))
    }

    /// The item at a position, to change it.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at >= self.len {
            return None;
        }
        place_mut(&mut self.root, self.depth, at)
    }

    /// Puts an item behind the last.
    pub fn push(&mut self, item: T) {
        if self.len == LEAF * BRANCH.pow(self.depth + 1) {
            // The tree is full: it becomes the first child of a new root.
            let old = std::mem::replace(&mut self.root, Node::branch());
            if let Node::Branch(children) = &mut self.root
                && let Some(first) = Arc::make_mut(children).first_mut()
            {
                *first = old;
            }
            self.depth += 1;
        }
        if let Some(place) = place_mut(&mut self.root, self.depth, self.len) {
            *place = item;
        }
        self.len += 1;
    }

    /// The item at a position, which is made by filling up with defaults when it isn't there.
    pub fn grow_mut(&mut self, at: usize) -> Option<&mut T> {
        while self.len <= at {
            self.push(T::default());
        }
        self.get_mut(at)
    }

    /// The items in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).filter_map(|at| self.get(at))
    }

    fn leaf(&self, at: usize) -> Option<&Leaf<T, LEAF>> {
        if at >= self.len {
            return None;
        }
        let (mut node, mut depth, leaf) = (&self.root, self.depth, at / LEAF);
        loop {
            match node {
                Node::Branch(children) => {
                    depth -= 1;
                    node = children.get(child_of::<BRANCH>(leaf / BRANCH, depth))?;
                }
                Node::Twig(leaves) => return leaves.get(leaf % BRANCH)?.as_ref(),
                Node::Empty => return None,
            }
        }
    }
}

/// Which child of a branch the twig of a number is under; `depth` branches are below that one.
const fn child_of<const BRANCH: usize>(twig: usize, depth: u32) -> usize {
    (twig >> (BRANCH.ilog2() * depth)) % BRANCH
}

/// A place in a tree, with the nodes above it made where they are missing.
fn place_mut<T: Clone + Default, const LEAF: usize, const BRANCH: usize>(
    mut node: &mut Node<T, LEAF, BRANCH>,
    mut depth: u32,
    at: usize,
) -> Option<&mut T> {
    let number = at / LEAF;
    loop {
        if matches!(node, Node::Empty) {
            *node = if depth == 0 { Node::twig() } else { Node::branch() };
        }
        match node {
            Node::Branch(children) => {
                depth -= 1;
                // A copy counts them up one by one; read in a loop of nothing else before, they are waited for all at once.
                black_box(children.iter().map(Node::holders).sum::<usize>());
                node = Arc::make_mut(children).get_mut(child_of::<BRANCH>(number / BRANCH, depth))?;
            }
            Node::Twig(leaves) => {
                black_box(leaves.iter().flatten().map(Arc::strong_count).sum::<usize>());
                let place = Arc::make_mut(leaves).get_mut(number % BRANCH)?;
                return Arc::make_mut(place.get_or_insert_with(leaf)).get_mut(at % LEAF);
            }
            Node::Empty => return None,
        }
    }
}

impl<T: Clone + Default, const LEAF: usize, const BRANCH: usize> Default for Rows<T, LEAF, BRANCH> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stay_where_they_were_put_and_copies_as_they_were() {
        let mut rows: Rows<usize, 3, 16> = Rows::new();
        let mut copies = Vec::new();
        for item in 0..4_000 {
            if item % 97 == 0 {
                copies.push(rows.clone());
            }
            rows.push(item);
        }
        for copy in &mut copies {
            assert!(copy.iter().copied().eq(0..copy.len()));
            assert_eq!(copy.get(copy.len()), None);
        }
        *rows.get_mut(2_000).unwrap() = 7;
        assert_eq!((rows.get(2_000), copies.last().unwrap().get(2_000)), (Some(&7), Some(&2_000)));
        assert_eq!(rows.get(4_000), None);
    }
}
