//! A sorted sequence of small items whose copies share structure, in blocks of up to 2,048.
//!
//! Copying a block is one move of some kilobytes; copying a pointer to one is a visit to it. So blocks are large and
//! spans, which hold the pointers, are small.

use std::cmp::Ordering;
use std::sync::Arc;

/// The most items of a block, and the most blocks of a span.
const BLOCK_MAX: usize = 2_048;
const SPAN_MAX: usize = 64;

type Block<T> = Arc<Vec<T>>;
type Span<T> = Arc<Vec<Block<T>>>;

/// A sorted sequence; the order is the caller's and must be the same in every call.
///
/// INVARIANT: no span and no block is empty.
#[derive(Clone)]
pub struct Sorted<T> {
    spans: Arc<Vec<Span<T>>>,
    len: usize,
}

impl<T: Copy> Sorted<T> {
    /// A sequence without items.
    #[must_use]
    pub fn new() -> Self {
        Self { spans: Arc::default(), len: 0 }
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

    /// Puts an item in. `compare` says how an item of the sequence stands to it; none may be equal.
    pub fn insert_by(&mut self, item: T, mut compare: impl FnMut(&T) -> Ordering) {
        self.len += 1;
        let (span_at, block_at) = self.locate(&mut compare);
        let spans = Arc::make_mut(&mut self.spans);
        let Some(span) = spans.get_mut(span_at).map(Arc::make_mut) else {
            spans.push(Arc::new(vec![Arc::new(vec![item])]));
            return;
        };
        let Some(block) = span.get_mut(block_at).map(Arc::make_mut) else { return };
        let at = block.partition_point(|other| compare(other).is_lt());
        block.insert(at, item);
        if block.len() > BLOCK_MAX {
            // A block that grows at its end is being filled in order: keep it full.
            let upper = block.split_off(if at + 1 == block.len() { BLOCK_MAX } else { BLOCK_MAX / 2 });
            span.insert(block_at + 1, Arc::new(upper));
        }
        if span.len() > SPAN_MAX {
            let upper = span.split_off(if block_at + 2 == span.len() { SPAN_MAX } else { SPAN_MAX / 2 });
            spans.insert(span_at + 1, Arc::new(upper));
        }
    }

    /// Takes the item out that `compare` says is equal, if there is one.
    pub fn remove_by(&mut self, mut compare: impl FnMut(&T) -> Ordering) {
        let (span_at, block_at) = self.locate(&mut compare);
        let Some(at) =
            self.block(span_at, block_at).and_then(|block| block.binary_search_by(&mut compare).ok())
        else {
            return;
        };
        self.len -= 1;
        let spans = Arc::make_mut(&mut self.spans);
        let Some(span) = spans.get_mut(span_at).map(Arc::make_mut) else { return };
        let Some(block) = span.get_mut(block_at).map(Arc::make_mut) else { return };
        block.remove(at);
        if block.is_empty() {
            span.remove(block_at);
        }
        if span.is_empty() {
            spans.remove(span_at);
        }
    }

    /// The items in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'_, T> {
        self.spans.iter().flat_map(|span| span.iter()).flat_map(|block| block.iter()).copied()
    }

    /// The items in their order, from the first one that `compare` says is greater.
    pub fn iter_after<'a>(
        &'a self,
        compare: &mut dyn FnMut(&T) -> Ordering,
    ) -> impl Iterator<Item = T> + use<'a, T> {
        let (span_at, block_at) = self.locate(compare);
        let at = self
            .block(span_at, block_at)
            .map_or(0, |block| block.partition_point(|item| compare(item) != Ordering::Greater));
        let spans = self.spans.get(span_at..).unwrap_or_default();
        let blocks = spans.iter().enumerate().flat_map(move |(i, span)| {
            span.get(if i == 0 { block_at } else { 0 }..).unwrap_or_default().iter()
        });
        blocks
            .enumerate()
            .flat_map(move |(i, block)| block.get(if i == 0 { at } else { 0 }..).unwrap_or_default().iter())
            .copied()
    }

    fn block(&self, span_at: usize, block_at: usize) -> Option<&Block<T>> {
        self.spans.get(span_at)?.get(block_at)
    }

    /// The last span and block whose first item is not greater: where an equal item is or would be.
    fn locate(&self, compare: &mut dyn FnMut(&T) -> Ordering) -> (usize, usize) {
        let first = |span: &Span<T>| span.first().and_then(|block| block.first()).copied();
        let span_at = self
            .spans
            .partition_point(|span| first(span).is_some_and(|item| compare(&item) != Ordering::Greater))
            .saturating_sub(1);
        let block_at = self.spans.get(span_at).map_or(0, |span| {
            span.partition_point(|block| block.first().is_some_and(|item| compare(item) != Ordering::Greater))
                .saturating_sub(1)
        });
        (span_at, block_at)
    }
}

impl<T: Copy + Ord> Sorted<T> {
    /// Puts an item in, in its natural order.
    pub fn insert(&mut self, item: T) {
        self.insert_by(item, |other| other.cmp(&item));
    }

    /// Takes an item out, if it is there.
    pub fn remove(&mut self, item: T) {
        self.remove_by(|other| other.cmp(&item));
    }

    /// The items from `low` on, in their natural order.
    pub fn iter_from(&self, low: T) -> impl Iterator<Item = T> + use<'_, T> {
        self.iter_after(&mut |other| if *other < low { Ordering::Less } else { Ordering::Greater })
    }
}

impl<T: Copy> Default for Sorted<T> {
    fn default() -> Self {
        Self::new()
    }
}
