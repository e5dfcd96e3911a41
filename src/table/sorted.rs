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

    /// A sequence of items that are in order.
    #[must_use]
    pub fn from_ordered(items: &[T]) -> Self {
        let blocks: Vec<Block<T>> = items.chunks(BLOCK_MAX).map(|block| Arc::new(block.to_vec())).collect();
        let spans = blocks.chunks(SPAN_MAX).map(|span| Arc::new(span.to_vec())).collect();
        Self { spans: Arc::new(spans), len: items.len() }
    }

    /// Puts an item behind the last; it must not come before that in the order.
    pub fn push(&mut self, item: T) {
        let last = self.spans.last().and_then(|span| span.last());
        if last.is_none_or(|block| block.len() == BLOCK_MAX) {
            self.push_block(vec![item]);
        } else if let Some(block) =
            Arc::make_mut(&mut self.spans).last_mut().and_then(|span| Arc::make_mut(span).last_mut())
        {
            let block = Arc::make_mut(block);
            make_room(block);
            block.push(item);
        }
        self.len += 1;
    }

    fn push_block(&mut self, block: Vec<T>) {
        let block = Arc::new(block);
        let spans = Arc::make_mut(&mut self.spans);
        match spans.last_mut().filter(|span| span.len() < SPAN_MAX) {
            Some(span) => Arc::make_mut(span).push(block),
            None => spans.push(Arc::new(vec![block])),
        }
    }

    /// Puts an item in. `compare` says how an item of the sequence stands to it; none may be equal.
    pub fn insert_by(&mut self, item: T, mut compare: impl FnMut(&T) -> Ordering) {
        if self.last().is_none_or(|last| compare(&last).is_lt()) {
            return self.push(item);
        }
        self.len += 1;
        let (span_at, block_at) = self.locate(&mut compare);
        let spans = Arc::make_mut(&mut self.spans);
        let Some(span) = spans.get_mut(span_at).map(Arc::make_mut) else { return };
        let Some(block) = span.get_mut(block_at).map(Arc::make_mut) else { return };
        let at = block.partition_point(|other| compare(other).is_lt());
        make_room(block);
        block.insert(at, item);
        if block.len() > BLOCK_MAX {
            let upper = block.split_off(BLOCK_MAX / 2);
            span.insert(block_at + 1, Arc::new(upper));
        }
        if span.len() > SPAN_MAX {
            let upper = span.split_off(SPAN_MAX / 2);
            spans.insert(span_at + 1, Arc::new(upper));
        }
    }

    /// The last item.
    #[must_use]
    pub fn last(&self) -> Option<T> {
        self.spans.last()?.last()?.last().copied()
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

    /// The items in reverse order, from the last one that `compare` says is less.
    pub fn iter_before<'a>(
        &'a self,
        compare: &mut dyn FnMut(&T) -> Ordering,
    ) -> impl Iterator<Item = T> + use<'a, T> {
        let (span_at, block_at) = self.locate(compare);
        let at = self
            .block(span_at, block_at)
            .map_or(0, |block| block.partition_point(|item| compare(item) == Ordering::Less));
        let spans = self.spans.get(..=span_at).unwrap_or_default();
        let blocks = spans.iter().rev().enumerate().flat_map(move |(i, span)| {
            let blocks = if i == 0 { span.get(..=block_at) } else { Some(span.as_slice()) };
            blocks.unwrap_or_default().iter().rev()
        });
        blocks
            .enumerate()
            .flat_map(move |(i, block)| {
                let items = if i == 0 { block.get(..at) } else { Some(block.as_slice()) };
                items.unwrap_or_default().iter().rev()
            })
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

/// Room for one more, and an eighth: a vector left to itself takes twice what it holds.
fn make_room<T>(block: &mut Vec<T>) {
    if block.len() == block.capacity() {
        block.reserve_exact(block.len() / 8 + 1);
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
}

impl<T: Copy> Default for Sorted<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

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
                    sorted.insert(item);
                } else if !stays {
                    model.remove(&item);
                    sorted.remove(item);
                }
            }
            prop_assert_eq!(sorted.len(), model.len());
            let after: Vec<u32> = sorted.iter_after(&mut |item| item.cmp(&from)).collect();
            prop_assert_eq!(after, model.range(from + 1..).copied().collect::<Vec<_>>());
            let before: Vec<u32> = sorted.iter_before(&mut |item| item.cmp(&from)).collect();
            prop_assert_eq!(before, model.range(..from).rev().copied().collect::<Vec<_>>());
        }
    }
}
