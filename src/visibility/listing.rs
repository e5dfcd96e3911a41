//! A list of visible resources in an order, drawn chunk by chunk from one revision.
//!
//! A list that is dense in the order is walked to, row by row. Of a sparse one a page is merged from the lists of those
//! in reach, and the whole is gathered from them and sorted. Which it is, the total tells; should a walk find less than
//! the total promised, it is given up for those lists.

use std::cmp::Ordering;

use arrayvec::ArrayVec;

use super::filter::Filter;
use super::index::{ROWS_AT_ONCE, ResourceIndex};
use super::mark::CertainMarks;
use super::merge::merge;
use super::order::{Order, Position};
use super::row::ResourceRow;
use super::selection::{Certainty, Facets, Selection, Tally};
use super::sift::{SLOTS_AT_ONCE, sift};
use crate::directory::Directory;
use crate::domain::{Id, LIST_CHUNK_IDS_MAX};
use crate::rights::{Act, EffectiveRights};

/// Whose list of what it is, and the state that it is drawn from.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The organisation.
    pub directory: &'a Directory,
    /// The subject's rights.
    pub rights: &'a EffectiveRights,
    /// The action, one on existing resources.
    pub act: Act<'a>,
    /// The resources of the type.
    pub index: &'a ResourceIndex,
}

/// Which part of a list is wanted, and what of the whole.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The order.
    pub order: Order,
    /// Where it begins; at the first if none is given.
    pub after: Option<Position>,
    /// How many ids are likely to be taken; all of them if none is given.
    pub wanted: Option<u64>,
    /// How the whole list is counted, wherever the part begins; not at all if none is given.
    pub facets: Option<Facets>,
}

/// A list of at most one in so many of all rows is sparse: sorting `c` slots costs about `c log c` steps, marking and
/// walking a table a fiftieth of that each.
const SPARSE: usize = 128;
/// Fewer are always sparse.
const SPARSE_LEAST: usize = 16;
/// A walk to a page that is expected to be as short as this is not compared with a merge.
const SHORT_WALK: usize = 1_024;
/// To find a place in a list takes some ten rows to be read.
const MERGE_STEPS: usize = 12;
/// A walk is given up when it has met so many times the rows that it should have, and so many more.
const PATIENCE: usize = 8;
const PATIENCE_LEAST: usize = 2_048;

/// How the rows are met in order.
enum Method {
    /// All rows; after so many more another method is tried.
    Walk { left: usize },
    /// The lists of those in reach, merged afresh for each part.
    Merged,
    /// The rows that are marked.
    Marked(CertainMarks),
    /// These alone.
    Picked(Picked),
}

/// A list in the making. It holds no lock and no reference: the state that it is drawn from is given to every call
/// and must be the same each time.
pub struct Listing {
    selection: Selection,
    order: Order,
    /// Behind the last row that was met.
    position: Option<Position>,
    method: Method,
    /// How many ids are likely to be taken, if not all of them.
    wanted: Option<u64>,
    /// How many there are on the whole list: where it was asked for, and where counts can tell.
    tally: Option<Tally>,
}

impl Listing {
    /// Starts a list, and counts it if that is asked for.
    #[must_use]
    pub fn new(view: View<'_>, filter: Filter, part: Part) -> Self {
        let selection = Selection::compile(view, filter);
        let facets = part.facets.or_else(|| selection.is_counted().then(Facets::default));
        let tally = facets.map(|facets| selection.tally(view, facets));
        let method = Method::Walk { left: 0 };
        let mut listing =
            Self { selection, order: part.order, position: part.after, method, wanted: part.wanted, tally };
        listing.method = listing.first_method(view);
        listing
    }

    fn first_method(&self, view: View<'_>) -> Method {
        let (len, total) = (view.index.len(), self.tally.as_ref().map(|tally| tally.total));
        let walk = Method::Walk { left: patience(len, total, self.wanted.unwrap_or(u64::MAX)) };
        let (Some(total), true) = (total, self.is_mergeable(view)) else { return walk };
        let steps = expected(len, total, self.wanted.unwrap_or(u64::MAX));
        if steps > SHORT_WALK && self.selection.lists(view).len() * MERGE_STEPS < steps {
            return Method::Merged;
        }
        walk
    }

    /// Whether it is a page, and of lists.
    fn is_mergeable(&self, view: View<'_>) -> bool {
        self.wanted.is_some_and(|count| count <= LIST_CHUNK_IDS_MAX as u64)
            && self.selection.is_made_of_lists(view)
    }

    /// How many resources there are on the whole list, wherever it starts; certain if it was asked for.
    #[must_use]
    pub fn tally(&self) -> Option<&Tally> {
        self.tally.as_ref()
    }

    /// The next visible ids, at most `count_max`; fewer only at the end of the list.
    pub fn next(&mut self, view: View<'_>, count_max: usize) -> Vec<Id> {
        let mut ids = Vec::with_capacity(count_max.min(LIST_CHUNK_IDS_MAX));
        self.give_next(view, count_max, &mut |id| ids.push(id.clone()));
        ids
    }

    /// Gives the same ids where they are met; says how many there were.
    pub fn give_next(&mut self, view: View<'_>, count_max: usize, give: &mut dyn FnMut(&Id)) -> usize {
        let mut giving = Giving { left: count_max, give };
        while !self.fill(view, &mut giving) {
            self.settle(view);
        }
        count_max - giving.left
    }

    /// Where the list goes on: behind the last id that was given, or where it started.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Gives ids until there are as many as are left or no more; tells whether that came to pass.
    fn fill(&mut self, view: View<'_>, giving: &mut Giving<'_>) -> bool {
        match &mut self.method {
            Method::Picked(picked) => {
                let rows = picked.next(view, self.order, giving.left);
                self.give_all(&rows, giving)
            }
            Method::Merged => {
                let place = (self.order, self.position.as_ref());
                let rows = merge(view, &self.selection, place, giving.left);
                self.give_all(&rows, giving)
            }
            Method::Marked(marked) => {
                let marks = std::mem::take(marked);
                let mut left = usize::MAX;
                let is_done = self.walk(view, giving, (Some(&marks), &mut left));
                self.method = Method::Marked(marks);
                is_done
            }
            Method::Walk { left } => {
                let mut left = *left;
                let is_done = self.walk(view, giving, (None, &mut left));
                self.method = Method::Walk { left };
                is_done
            }
        }
    }

    /// Gives rows that are all there are.
    fn give_all(&mut self, rows: &[&ResourceRow], giving: &mut Giving<'_>) -> bool {
        if let Some(last) = rows.last() {
            self.position = Some(Position::of(last));
        }
        for row in rows {
            giving.give(row);
        }
        true
    }

    /// Walks on over the rows that are marked, or over all, some more than `left` of them at most; tells whether it came
    /// to its end.
    fn walk(
        &mut self,
        view: View<'_>,
        giving: &mut Giving<'_>,
        (marks, left): (Option<&CertainMarks>, &mut usize),
    ) -> bool {
        let certainty = |slot| marks.map_or(Some(Certainty::Likely), |marks| marks.certainty(slot));
        let behind = self.position.take();
        let mut last = None;
        let mut slots = view.index.slots_behind(self.order, behind.as_ref());
        let is_done = loop {
            if giving.left == 0 {
                break true;
            }
            if *left == 0 {
                break false;
            }
            let met = meet(&mut slots, marks);
            if met.is_empty() {
                break true;
            }
            *left = left.saturating_sub(met.len());
            last = self.give_of(view, giving, &met, certainty).or(last);
        };
        drop(slots);
        self.position = last.map(Position::of).or(behind);
        is_done
    }

    /// Gives those of the rows that it has, as far as any are left to give; says which was looked at last.
    fn give_of<'a>(
        &self,
        view: View<'a>,
        giving: &mut Giving<'_>,
        met: &[u32],
        certainty: impl Fn(u32) -> Option<Certainty>,
    ) -> Option<&'a ResourceRow> {
        let mut last = None;
        let rows_of = |slots: &[u32]| view.index.rows(slots.iter().copied());
        for (slot, row) in met.chunks(ROWS_AT_ONCE).flat_map(|slots| slots.iter().zip(rows_of(slots))) {
            if giving.left == 0 {
                break;
            }
            last = Some(row);
            if certainty(*slot) == Some(Certainty::Sure) || self.selection.has(view, row) {
                giving.give(row);
            }
        }
        last
    }

    /// Goes by the lists of those in reach from here on.
    fn settle(&mut self, view: View<'_>) {
        if self.is_mergeable(view) {
            self.method = Method::Merged;
            return;
        }
        let sparse = sparse(view.index.len());
        let is_sparse = self.tally.as_ref().is_none_or(|tally| tally.total <= sparse as u64);
        let mut slots = Vec::new();
        if is_sparse {
            self.selection.each_slot(view, |slot, _| slots.push(slot));
        }
        self.method = if is_sparse && slots.len() <= 4 * sparse {
            slots.sort_unstable();
            slots.dedup();
            Method::Picked(Picked::of(view, &self.selection, self.order, self.position.as_ref(), &slots))
        } else {
            let mut marks = CertainMarks::new(view.index);
            self.selection.mark(view, &mut marks);
            Method::Marked(marks)
        };
    }
}

/// The next slots that are marked, or all, so many that their rows are worth reading together; none at the end.
fn meet(
    slots: &mut impl Iterator<Item = u32>,
    marks: Option<&CertainMarks>,
) -> ArrayVec<u32, { ROWS_AT_ONCE + SLOTS_AT_ONCE }> {
    let Some(marks) = marks else { return slots.take(ROWS_AT_ONCE).collect() };
    let mut met = ArrayVec::new();
    while met.len() < ROWS_AT_ONCE
        && let Some(some) = sift(slots, |slot| marks.certainty(slot).is_some())
    {
        met.extend(some);
    }
    met
}

/// To whom ids are given, and how many more may be.
struct Giving<'a> {
    left: usize,
    give: &'a mut dyn FnMut(&Id),
}

impl Giving<'_> {
    fn give(&mut self, row: &ResourceRow) {
        self.left -= 1;
        (self.give)(row.id());
    }
}

/// The rows of a sparse list, put in order as far as they are asked for.
struct Picked {
    /// In order, the next one last.
    ready: Vec<u32>,
    /// Behind those, in no order, each with its prefix.
    rest: Vec<(u64, u32)>,
}

impl Picked {
    fn of(
        view: View<'_>,
        selection: &Selection,
        order: Order,
        behind: Option<&Position>,
        slots: &[u32],
    ) -> Self {
        let mut rest = Vec::with_capacity(slots.len());
        for slots in slots.chunks(ROWS_AT_ONCE) {
            let rows = view.index.rows(slots.iter().copied());
            for (slot, row) in slots.iter().zip(rows) {
                let is_behind = behind.is_none_or(|position| order.is_behind(row, position));
                if is_behind && selection.has(view, row) {
                    rest.push((order.prefix(row), *slot));
                }
            }
        }
        Self { ready: Vec::new(), rest }
    }

    fn next<'a>(&mut self, view: View<'a>, order: Order, count: usize) -> Vec<&'a ResourceRow> {
        if self.ready.len() < count {
            self.refill(view, order, count);
        }
        let taken = self.ready.split_off(self.ready.len().saturating_sub(count));
        taken.iter().rev().filter_map(|slot| view.index.row(*slot)).collect()
    }

    /// Puts the first of the rest in order: as many as are asked for, or an eighth, so that a whole list costs no more
    /// than a few sortings and a first page none.
    fn refill(&mut self, view: View<'_>, order: Order, count: usize) {
        let compare = |a: &(u64, u32), b: &(u64, u32)| {
            a.0.cmp(&b.0).then_with(|| match (view.index.row(a.1), view.index.row(b.1)) {
                (Some(a), Some(b)) => order.compare(a, b),
                (Some(_) | None, _) => Ordering::Equal,
            })
        };
        let count = count.max(self.rest.len() / 8);
        let mut first = std::mem::take(&mut self.rest);
        if count < first.len() {
            first.select_nth_unstable_by(count, compare);
            self.rest = first.split_off(count);
        }
        first.sort_unstable_by(compare);
        let ready = first.into_iter().rev().map(|(_, slot)| slot);
        self.ready = ready.chain(std::mem::take(&mut self.ready)).collect();
    }
}

/// How many of `len` rows a walk to as many as are wanted is expected to meet.
fn expected(len: usize, total: u64, wanted: u64) -> usize {
    let (count, wanted) = (at_most(total), at_most(wanted));
    len.saturating_mul(wanted.min(count)) / count.max(1)
}

fn at_most(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How many of `len` rows are walked over before another method is tried.
fn patience(len: usize, total: Option<u64>, wanted: u64) -> usize {
    let Some(total) = total else { return PATIENCE_LEAST };
    let expected = expected(len, total, wanted);
    let (count, wanted) = (at_most(total), at_most(wanted));
    if wanted >= count && count > len / 2 {
        return usize::MAX;
    }
    if count <= sparse(len) && count <= expected {
        0
    } else if wanted >= count {
        PATIENCE_LEAST
    } else {
        expected.saturating_mul(PATIENCE).saturating_add(PATIENCE_LEAST)
    }
}

fn sparse(len: usize) -> usize {
    len / SPARSE + SPARSE_LEAST
}
