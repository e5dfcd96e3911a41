//! A sorted sequence of small items whose copies share structure, in blocks of up to some 2,000.
//!
//! Copying a block is one move of some kilobytes; copying a pointer to one is a visit to it, which is mostly far away. So
//! blocks are large and spans, which hold the pointers, are small; and what fits in one block has neither span nor tree.
//!
//! The order is the caller's. Asking how an item stands mostly costs a visit to what it stands for, so an item that is to
//! go is looked for by blocks, and in its block by itself.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::iter::repeat_n;
use std::slice;
use std::sync::Arc;

/// The most items of a block, and the most blocks of a span. A block of slots is 8 KiB with its reference counts; what is
/// larger takes the allocator 10.
const BLOCK_MAX: usize = 2_044;
const SPAN_MAX: usize = 24;
/// How many items are asked together how they stand.
const ASKED_AT_ONCE: usize = 7;

type Block<T> = Arc<[T]>;
type Span<T> = Arc<[Block<T>]>;

/// A sorted sequence; the order is the caller's and must be the same in every call.
#[derive(Clone)]
pub struct Sorted<T>(Shape<T>);

#[derive(Clone)]
enum Shape<T> {
    One(Block<T>),
    Many(Arc<Tree<T>>),
}

/// INVARIANT: no span and no block is empty, and there is more than one block.
#[derive(Clone)]
struct Tree<T> {
    spans: Vec<Span<T>>,
    len: usize,
}

/// A block by its span and its place there, and a place in it.
type Place = (usize, usize, usize);

/// Where an item goes that is no longer where it belongs.
pub struct Move {
    from: Place,
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
    pub fn from_ordered(items: &[T]) -> Self {
        if items.len() <= BLOCK_MAX {
            return Self(Shape::One(items.into()));
        }
        let blocks: Vec<Block<T>> = items.chunks(BLOCK_MAX).map(Arc::from).collect();
        let spans = blocks.chunks(SPAN_MAX).map(Arc::from).collect();
        Self(Shape::Many(Arc::new(Tree { spans, len: items.len() })))
    }

    /// Puts an item in. `compare` says how an item of the sequence stands to it; none may be equal.
    pub fn insert_by(&mut self, item: T, mut compare: impl FnMut(&T) -> Ordering) {
        // Mostly it comes behind the last.
        let is_last = self.last().is_none_or(|last| compare(&last).is_lt());
        let (span_at, block_at, at) = if is_last { self.end() } else { self.place_of(&mut compare) };
        let block = with(self.block(span_at, block_at), at, item);
        let blocks: Vec<Block<T>> = if block.len() <= BLOCK_MAX {
            vec![block]
        } else {
            // What only grows at its end stays full.
            let (lower, upper) = block.split_at(if is_last { BLOCK_MAX } else { BLOCK_MAX / 2 });
            vec![lower.into(), upper.into()]
        };
        self.replace((span_at, block_at), blocks);
    }

    /// The last item.
    #[must_use]
    pub fn last(&self) -> Option<T> {
        let (first, spans) = self.parts();
        first.last().or_else(|| spans.last()?.last())?.last().copied()
    }

    /// Takes an item out, if it is there. `compare` says how another stands to it.
    pub fn remove(&mut self, item: T, mut compare: impl FnMut(&T) -> Ordering) {
        if let Some(from) = self.find(item, &mut compare) {
            self.cut(from);
        }
    }

    /// What is to be done for an item that has been changed: nothing where it still is where it belongs. `before` says how
    /// others stand to it as it was, `after` how they do as it is.
    #[must_use]
    pub fn move_of(
        &self,
        item: T,
        mut before: impl FnMut(&T) -> Ordering,
        mut after: impl FnMut(&T) -> Ordering,
    ) -> Option<Move> {
        let from = self.find(item, &mut before)?;
        let to = self.place_nearby(from, &mut after);
        (to != Some(from.2)).then_some(Move { from, to })
    }

    /// Does what [`Self::move_of`] found for an item; nothing has been changed since.
    pub fn carry_out(&mut self, it: &Move, item: T, after: impl FnMut(&T) -> Ordering) {
        let Some(to) = it.to else {
            self.cut(it.from);
            return self.insert_by(item, after);
        };
        let (span_at, block_at, from) = it.from;
        let items = self.block_mut(span_at, block_at).map(Arc::make_mut).unwrap_or_default();
        match items.get_mut(from.min(to)..=from.max(to)) {
            Some(between) if from < to => between.rotate_left(1),
            Some(between) => between.rotate_right(1),
            None => {}
        }
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

    /// Where an item is, which only its block is looked for by `compare`.
    fn find(&self, item: T, compare: &mut dyn FnMut(&T) -> Ordering) -> Option<Place> {
        let mut stands = |other: &T| if *other == item { Ordering::Equal } else { compare(other) };
        let (span_at, block_at) = self.locate(&mut stands);
        let at = self.block(span_at, block_at).iter().position(|other| *other == item)?;
        Some((span_at, block_at, at))
    }

    /// Where in its block an item belongs, if it is sure to belong there.
    fn place_nearby(&self, from: Place, compare: &mut dyn FnMut(&T) -> Ordering) -> Option<usize> {
        let (span_at, block_at, at) = from;
        let (before, rest) = self.block(span_at, block_at).split_at_checked(at)?;
        let (_, behind) = rest.split_first()?;
        let is_alone = matches!(self.0, Shape::One(_));
        if before.last().is_some_and(|it| compare(it).is_gt()) {
            if before.first().is_some_and(|it| compare(it).is_lt()) {
                return Some(count_before(before, |it| compare(it).is_lt()));
            }
            return is_alone.then_some(0);
        }
        if behind.first().is_some_and(|it| compare(it).is_lt()) {
            if behind.last().is_some_and(|it| compare(it).is_gt()) {
                return Some(at + count_before(behind, |it| compare(it).is_lt()));
            }
            return is_alone.then_some(at + behind.len());
        }
        (is_alone || !before.is_empty() && !behind.is_empty()).then_some(at)
    }

    /// Takes out what is at a place.
    fn cut(&mut self, (span_at, block_at, at): Place) {
        let block = without(self.block(span_at, block_at), at);
        self.replace((span_at, block_at), if block.is_empty() { Vec::new() } else { vec![block] });
    }

    /// Puts blocks, at most two, in the place of one.
    fn replace(&mut self, place: (usize, usize), mut blocks: Vec<Block<T>>) {
        match &mut self.0 {
            Shape::One(block) if blocks.len() <= 1 => *block = blocks.pop().unwrap_or_default(),
            Shape::One(_) => {
                let len = blocks.iter().map(|block| block.len()).sum();
                self.0 = Shape::Many(Arc::new(Tree { spans: vec![blocks.into()], len }));
            }
            Shape::Many(tree) => {
                let tree = Arc::make_mut(tree);
                tree.replace(place, blocks);
                if let Some(block) = tree.only_block() {
                    self.0 = Shape::One(block);
                }
            }
        }
    }

    /// The last block and the place behind its end.
    fn end(&self) -> Place {
        let (_, spans) = self.parts();
        let span_at = spans.len().saturating_sub(1);
        let block_at = spans.last().map_or(0, |span| span.len() - 1);
        (span_at, block_at, self.block(span_at, block_at).len())
    }

    /// The block and the place in it of the item that is equal, or would be.
    fn place_of(&self, compare: &mut dyn FnMut(&T) -> Ordering) -> Place {
        let (span_at, block_at) = self.locate(compare);
        let block = self.block(span_at, block_at);
        (span_at, block_at, count_before(block, |item| compare(item) == Ordering::Less))
    }

    /// The only block and no span, or no block and the spans of all.
    fn parts(&self) -> (&[Block<T>], &[Span<T>]) {
        match &self.0 {
            Shape::One(block) => (slice::from_ref(block), &[]),
            Shape::Many(tree) => (&[], &tree.spans),
        }
    }

    /// The items in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'_, T> {
        let (first, spans) = self.parts();
        let blocks = first.iter().chain(spans.iter().flat_map(|span| span.iter()));
        blocks.flat_map(|block| block.iter()).copied()
    }

    /// The items in their order, from the first one that `compare` says is greater.
    pub fn iter_after<'a>(
        &'a self,
        compare: &mut dyn FnMut(&T) -> Ordering,
    ) -> impl Iterator<Item = T> + use<'a, T> {
        let (span_at, block_at) = self.locate(compare);
        let block = self.block(span_at, block_at);
        let at = count_before(block, |item| compare(item) != Ordering::Greater);
        let (first, spans) = self.parts();
        let spans = spans.get(span_at..).unwrap_or_default();
        let blocks = first.iter().chain(spans.iter().enumerate().flat_map(move |(i, span)| {
            span.get(if i == 0 { block_at } else { 0 }..).unwrap_or_default().iter()
        }));
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
        let (first, spans) = self.parts();
        let spans = spans.get(..=span_at).unwrap_or_default();
        let blocks = first.iter().chain(spans.iter().rev().enumerate().flat_map(move |(i, span)| {
            let blocks = if i == 0 { span.get(..=block_at) } else { Some(&**span) };
            blocks.unwrap_or_default().iter().rev()
        }));
        blocks
            .enumerate()
            .flat_map(move |(i, block)| {
                let items = if i == 0 { block.get(..at) } else { Some(&**block) };
                items.unwrap_or_default().iter().rev()
            })
            .copied()
    }

    fn block(&self, span_at: usize, block_at: usize) -> &[T] {
        match &self.0 {
            Shape::One(block) => block,
            Shape::Many(tree) => {
                tree.spans.get(span_at).and_then(|span| span.get(block_at)).map_or(&[], |block| block)
            }
        }
    }

    fn block_mut(&mut self, span_at: usize, block_at: usize) -> Option<&mut Block<T>> {
        match &mut self.0 {
            Shape::One(block) => Some(block),
            Shape::Many(tree) => Arc::make_mut(Arc::make_mut(tree).spans.get_mut(span_at)?).get_mut(block_at),
        }
    }

    /// The last span and block whose first item is not greater: where an equal item is or would be.
    fn locate(&self, compare: &mut dyn FnMut(&T) -> Ordering) -> (usize, usize) {
        let (_, spans) = self.parts();
        let mut begins = |block: Option<&Block<T>>| {
            block.and_then(|block| block.first()).is_some_and(|item| compare(item) != Ordering::Greater)
        };
        let span_at = count_before(spans, |span| begins(span.first())).saturating_sub(1);
        let blocks: &[Block<T>] = spans.get(span_at).map_or(&[], |span| span);
        let block_at = count_before(blocks, |block| begins(Some(block))).saturating_sub(1);
        (span_at, block_at)
    }
}

impl<T: Copy> Tree<T> {
    /// Puts blocks, at most two, in the place of one.
    fn replace(&mut self, (span_at, block_at): (usize, usize), blocks: Vec<Block<T>>) {
        let Some(span) = self.spans.get_mut(span_at) else { return };
        let Some(old) = span.get(block_at) else { return };
        let new: usize = blocks.iter().map(|block| block.len()).sum();
        self.len = self.len + new - old.len();
        if let [block] = blocks.as_slice() {
            if let Some(place) = Arc::make_mut(span).get_mut(block_at) {
                *place = Arc::clone(block);
            }
            return;
        }
        let mut span = span.to_vec();
        span.splice(block_at..=block_at, blocks);
        let halves = span.chunks(if span.len() > SPAN_MAX { SPAN_MAX / 2 + 1 } else { SPAN_MAX });
        let halves: Vec<Span<T>> = halves.map(Arc::from).collect();
        self.spans.splice(span_at..=span_at, halves);
    }

    /// The block, when there are no others any more.
    fn only_block(&self) -> Option<Block<T>> {
        let [span] = self.spans.as_slice() else { return None };
        let [block] = &**span else { return None };
        Some(Arc::clone(block))
    }
}

/// How many items are before a place, all of which come first.
///
/// Some are asked at a time, whatever the others say: each mostly costs a visit to far memory, and the processor waits for
/// several at once.
fn count_before<T>(items: &[T], mut is_before: impl FnMut(&T) -> bool) -> usize {
    let (mut start, mut end) = (0, items.len());
    while start < end {
        let step = (end - start) / (ASKED_AT_ONCE + 1) + 1;
        let asked = items.get(start..end).unwrap_or_default().iter().skip(step - 1).step_by(step);
        let count: usize = asked.take(ASKED_AT_ONCE).map(|item| usize::from(is_before(item))).sum();
        end = end.min(start + (count + 1) * step - 1);
        start += count * step;
    }
    start
}

/// A copy with one more item.
fn with<T: Copy>(items: &[T], at: usize, item: T) -> Arc<[T]> {
    // Filled first and then written over: a block is made where it stays.
    let mut more: Arc<[T]> = repeat_n(item, items.len() + 1).collect();
    let (before, behind) = items.split_at(at.min(items.len()));
    fill(&mut more, before, before.len() + 1, behind);
    more
}

/// A copy without the item at a place.
fn without<T: Copy>(items: &[T], at: usize) -> Arc<[T]> {
    let Some((before, [item, behind @ ..])) = items.split_at_checked(at) else { return items.into() };
    let mut less: Arc<[T]> = repeat_n(*item, items.len() - 1).collect();
    fill(&mut less, before, before.len(), behind);
    less
}

/// Writes some items at the start and others from a place on.
fn fill<T: Copy>(items: &mut Arc<[T]>, before: &[T], from: usize, behind: &[T]) {
    let items = Arc::make_mut(items);
    if let Some(start) = items.get_mut(..before.len()) {
        start.copy_from_slice(before);
    }
    if let Some(end) = items.get_mut(from..from + behind.len()) {
        end.copy_from_slice(behind);
    }
}

impl<T: Copy + Eq> Default for Sorted<T> {
    fn default() -> Self {
        Self::new()
    }
}
