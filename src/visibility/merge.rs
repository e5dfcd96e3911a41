//! The first resources of many lists, merged: a page reads as many rows as it shows, and one for each list.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::View;
use super::order::{Order, Position};
use super::row::ResourceRow;
use super::selection::{Held, Selection};

/// The visible resources behind a position, at most `count`, in order.
pub(super) fn merge<'a>(
    view: View<'a>,
    selection: &Selection,
    (order, behind): (Order, Option<&Position>),
    count: usize,
) -> Vec<&'a ResourceRow> {
    let start = |held| Head::first(view, selection, (order, behind), held);
    let mut heads: BinaryHeap<Head<'_, '_>> = selection.lists(view).into_iter().filter_map(start).collect();
    let mut rows: Vec<&ResourceRow> = Vec::new();
    let mut last = None;
    while rows.len() < count
        && let Some(mut head) = heads.peek_mut()
    {
        // What is in several lists comes at once from all of them.
        if last.replace(head.slot) != Some(head.slot) && selection.has(view, head.row) {
            rows.push(head.row);
        }
        if !head.advance(view) {
            PeekMut::pop(head);
        }
    }
    rows
}

/// A list, at the next of its resources.
struct Head<'a, 'b> {
    order: Order,
    slot: u32,
    row: &'a ResourceRow,
    rest: Box<dyn Iterator<Item = u32> + 'b>,
}

impl<'a: 'b, 'b> Head<'a, 'b> {
    fn first(
        view: View<'a>,
        selection: &'b Selection,
        (order, behind): (Order, Option<&Position>),
        Held { list, standing }: Held<'a>,
    ) -> Option<Self> {
        let slots = view.index.behind(list.by(order.key), order, behind);
        let may_have = move |class| selection.may_have(class, standing);
        let mut rest = slots.filter(move |slot| view.index.class(*slot).is_some_and(may_have));
        let slot = rest.next()?;
        Some(Self { order, slot, row: view.index.row(slot)?, rest: Box::new(rest) })
    }

    /// Goes on to the next one; tells whether there is one.
    fn advance(&mut self, view: View<'a>) -> bool {
        let next = self.rest.next().and_then(|slot| Some((slot, view.index.row(slot)?)));
        next.is_some_and(|next| {
            (self.slot, self.row) = next;
            true
        })
    }
}

impl Ord for Head<'_, '_> {
    /// The greatest is the one that comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        let prefix = |head: &Self| head.order.prefix(head.row);
        prefix(other).cmp(&prefix(self)).then_with(|| self.order.compare(other.row, self.row))
    }
}

impl PartialOrd for Head<'_, '_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head<'_, '_> {}
