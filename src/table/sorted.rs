//! A sorted sequence of small items whose copies share structure, in blocks of up to some 2,000.
//!
//! Copying a block is one move of some kilobytes; copying a pointer to one is a visit to it. So blocks are large and
//! spans, which hold the pointers, are small.

use std::cmp::Ordering;
use std::sync::Arc;

/// The most items of a block, and the most blocks of a span. A block of slots is 8 KiB with its reference counts; what is
/// larger takes the allocator 10.
const BLOCK_MAX: usize = 2_044;
const SPAN_MAX: usize = 64;

type Block<T> = Arc<[T]>;
type Span<T> = Arc<[Block<T>]>;

/// A sorted sequence; the order is the caller's and must be the same in every call.
///
/// INVARIANT: no span and no block is empty.
#[derive(Clone)]
pub struct Sorted<T> {
    spans: Arc<[Span<T>]>,
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
        let blocks: Vec<Block<T>> = items.chunks(BLOCK_MAX).map(Arc::from).collect();
        Self { spans: blocks.chunks(SPAN_MAX).map(Arc::from).collect(), len: items.len() }
    }

    /// Puts an item in. `compare` says how an item of the sequence stands to it; none may be equal.
    pub fn insert_by(&mut self, item: T, mut compare: impl FnMut(&T) -> Ordering) {
        // Mostly it comes behind the last.
        let is_last = self.last().is_none_or(|last| compare(&last).is_lt());
        let (span_at, block_at, at) = if is_last { self.end() } else { self.place_of(&mut compare) };
        let block = with(self.block(span_at, block_at), at, item);
        self.len += 1;
        let blocks: Vec<Block<T>> = if block.len() <= BLOCK_MAX {
            vec![block]
        } else {
            // What only grows at its end stays full.
            let (lower, upper) = block.split_at(if is_last { BLOCK_MAX } else { BLOCK_MAX / 2 });
            vec![lower.into(), upper.into()]
        };
        self.replace(span_at, block_at, blocks);
    }

    /// The last item.
    #[must_use]
    pub fn last(&self) -> Option<T> {
        self.spans.last()?.last()?.last().copied()
    }

    /// Takes the item out that `compare` says is equal, if there is one.
    pub fn remove_by(&mut self, mut compare: impl FnMut(&T) -> Ordering) {
        let (span_at, block_at, at) = self.place_of(&mut compare);
        let block = self.block(span_at, block_at);
        if block.get(at).is_none_or(|item| compare(item).is_ne()) {
            return;
        }
        let (before, behind) = block.split_at(at);
        let block: Block<T> = [before, behind.split_first().map_or(&[], |(_, rest)| rest)].concat().into();
        self.len -= 1;
        self.replace(span_at, block_at, if block.is_empty() { Vec::new() } else { vec![block] });
    }

    /// The item that `compare` says is equal, if there is exactly one where it belongs.
    #[must_use]
    pub fn only_by(&self, mut compare: impl FnMut(&T) -> Ordering) -> Option<T> {
        let (span_at, block_at, at) = self.place_of(&mut compare);
        let block = self.block(span_at, block_at);
        let found = block.get(at).filter(|item| compare(item).is_eq())?;
        let is_only = block.get(at + 1).is_none_or(|next| compare(next).is_ne());
        is_only.then_some(*found)
    }

    /// Puts blocks, at most two, in the place of one that may not be there yet.
    fn replace(&mut self, span_at: usize, block_at: usize, blocks: Vec<Block<T>>) {
        let Some(span) = self.spans.get(span_at) else {
            self.spans = with(&self.spans, span_at, blocks.into());
            return;
        };
        if let ([_], [block]) = (span.get(block_at..=block_at).unwrap_or_default(), blocks.as_slice()) {
            let span = Arc::make_mut(&mut self.spans).get_mut(span_at).map(Arc::make_mut);
            if let Some(place) = span.and_then(|span| span.get_mut(block_at)) {
                *place = Arc::clone(block);
            }
            return;
        }
        let mut span = span.to_vec();
        span.splice(block_at..(block_at + 1).min(span.len()), blocks);
        let halves = span.chunks(if span.len() > SPAN_MAX { SPAN_MAX / 2 + 1 } else { SPAN_MAX });
        let halves: Vec<Span<T>> = halves.map(Arc::from).collect();
        let mut spans = self.spans.to_vec();
        spans.splice(span_at..=span_at, halves);
        self.spans = spans.into();
    }

    /// The last block and the place behind its end.
    fn end(&self) -> (usize, usize, usize) {
        let span_at = self.spans.len().saturating_sub(1);
        let block_at = self.spans.last().map_or(0, |span| span.len() - 1);
        (span_at, block_at, self.block(span_at, block_at).len())
    }

    /// The block and the place in it of the item that is equal, or would be.
    fn place_of(&self, compare: &mut dyn FnMut(&T) -> Ordering) -> (usize, usize, usize) {
        let (span_at, block_at) = self.locate(compare);
        let block = self.block(span_at, block_at);
        (span_at, block_at, block.partition_point(|item| compare(item) == Ordering::Less))
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
        let block = self.block(span_at, block_at);
        let at = block.partition_point(|item| compare(item) != Ordering::Greater);
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
        let (span_at, block_at, at) = self.place_of(compare);
        let spans = self.spans.get(..=span_at).unwrap_or_default();
        let blocks = spans.iter().rev().enumerate().flat_map(move |(i, span)| {
            let blocks = if i == 0 { span.get(..=block_at) } else { Some(&**span) };
            blocks.unwrap_or_default().iter().rev()
        });
        blocks
            .enumerate()
            .flat_map(move |(i, block)| {
                let items = if i == 0 { block.get(..at) } else { Some(&**block) };
                items.unwrap_or_default().iter().rev()
            })
            .copied()
    }

    fn block(&self, span_at: usize, block_at: usize) -> &[T] {
        self.spans.get(span_at).and_then(|span| span.get(block_at)).map_or(&[], |block| block)
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

/// A copy with one more item.
fn with<T: Clone>(items: &[T], at: usize, item: T) -> Arc<[T]> {
    let (before, behind) = items.split_at(at.min(items.len()));
    [before, &[item], behind].concat().into()
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
                    sorted.insert_by(item, |other| other.cmp(&item));
                } else if !stays {
                    model.remove(&item);
                    sorted.remove_by(|other| other.cmp(&item));
                }
            }
            prop_assert_eq!(sorted.len(), model.len());
            let only = sorted.only_by(|item| item.cmp(&from));
            prop_assert_eq!(only, model.get(&from).copied());
            let after: Vec<u32> = sorted.iter_after(&mut |item| item.cmp(&from)).collect();
            prop_assert_eq!(after, model.range(from + 1..).copied().collect::<Vec<_>>());
            let before: Vec<u32> = sorted.iter_before(&mut |item| item.cmp(&from)).collect();
            prop_assert_eq!(before, model.range(..from).rev().copied().collect::<Vec<_>>());
        }
    }
}
