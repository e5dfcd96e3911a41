//! A vector whose copies share structure, in leaves of 64 items.
//!
//! A read follows two pointers; a write to a shared vector copies one leaf, one node of 256 leaf pointers and the
//! spine of node pointers, one for 16,384 items.

use std::sync::Arc;

use arrayvec::ArrayVec;

const LEAF: usize = 64;
const NODE: usize = 256;

type Leaf<T> = ArrayVec<T, LEAF>;
type Node<T> = ArrayVec<Arc<Leaf<T>>, NODE>;

/// A vector whose copies share structure.
///
/// INVARIANT: every leaf but the last and every node but the last is full.
#[derive(Clone)]
pub struct Rows<T> {
    nodes: Arc<Vec<Arc<Node<T>>>>,
    len: usize,
}

impl<T: Clone> Rows<T> {
    /// A vector without items.
    #[must_use]
    pub fn new() -> Self {
        Self { nodes: Arc::default(), len: 0 }
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
        self.nodes.get(at / (LEAF * NODE))?.get(at / LEAF % NODE)?.get(at % LEAF)
    }

    /// The item at a position, to change it.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at >= self.len {
            return None;
        }
        let node = Arc::make_mut(Arc::make_mut(&mut self.nodes).get_mut(at / (LEAF * NODE))?);
        Arc::make_mut(node.get_mut(at / LEAF % NODE)?).get_mut(at % LEAF)
    }

    /// Puts an item behind the last.
    pub fn push(&mut self, item: T) {
        let nodes = Arc::make_mut(&mut self.nodes);
        if self.len.is_multiple_of(LEAF * NODE) {
            nodes.push(Arc::new(Node::new()));
        }
        let Some(node) = nodes.last_mut().map(Arc::make_mut) else { return };
        if self.len.is_multiple_of(LEAF) {
            node.push(Arc::new(Leaf::new()));
        }
        if let Some(leaf) = node.last_mut() {
            Arc::make_mut(leaf).push(item);
        }
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

    /// The items in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().flat_map(|node| node.iter()).flat_map(|leaf| leaf.iter())
    }
}

impl<T: Clone> Default for Rows<T> {
    fn default() -> Self {
        Self::new()
    }
}
