//! A list of visible resources in order of ids, drawn chunk by chunk from one revision.

use super::candidate::{Candidates, candidates};
use super::index::{ResourceIndex, ResourceRow};
use crate::directory::Directory;
use crate::domain::Id;
use crate::rights::{Act, EffectiveRights, decide};

/// A sparse list is sorted; a dense one is marked and met in the order of the table. Sorting `c` slots costs about
/// `c log c` comparisons of ids in memory, marking and walking a table of `n` a fiftieth of that each.
const SPARSE: usize = 128;

/// Whose list of what it is, and the state that it is drawn from.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The organisation.
    pub directory: &'a Directory,
    /// The subject's rights.
    pub rights: &'a EffectiveRights,
    /// The action.
    pub act: Act<'a>,
    /// The resources of the type.
    pub index: &'a ResourceIndex,
}

/// How the candidates are met in order of ids.
enum Order {
    /// Slots in descending order of ids: the next one is the last.
    Sorted(Vec<u32>),
    /// A bit for each slot.
    Marked(Vec<u64>),
    /// Every slot.
    All,
}

/// A list in the making. It holds no lock and no reference: the state that it is drawn from is given to every call
/// and must be the same each time.
pub struct Listing {
    order: Order,
    after: Option<Id>,
}

impl Listing {
    /// Starts a list behind an id, or at the first.
    #[must_use]
    pub fn new(view: View<'_>, after: Option<Id>) -> Self {
        let order = match candidates(view) {
            Candidates::All => Order::All,
            Candidates::Slots(slots) if slots.len() < view.index.len() / SPARSE => {
                Order::Sorted(sort(view.index, slots, after.as_ref()))
            }
            Candidates::Slots(slots) => Order::Marked(mark(view.index, &slots)),
        };
        Self { order, after }
    }

    /// The next visible ids, at most `count_max`; fewer only at the end of the list.
    pub fn next(&mut self, view: View<'_>, count_max: usize) -> Vec<Id> {
        let table = view.index.table();
        let after = self.after.clone();
        let after = after.as_ref().map(Id::as_str);
        let slots: &mut dyn Iterator<Item = u32> = match &mut self.order {
            Order::Sorted(slots) => &mut std::iter::from_fn(|| slots.pop()),
            Order::Marked(marks) => &mut table.slots_after(after).filter(|slot| is_marked(marks, *slot)),
            Order::All => &mut table.slots_after(after),
        };
        let is_visible =
            |row: &&ResourceRow| decide(view.directory, view.rights, &view.act, &row.target()).is_allow();
        let rows = slots.filter_map(|slot| table.row(slot)).filter(is_visible);
        let ids: Vec<Id> = rows.take(count_max).map(|row| row.id().clone()).collect();
        if let Some(last) = ids.last() {
            self.after = Some(last.clone());
        }
        ids
    }
}

fn sort(index: &ResourceIndex, mut slots: Vec<u32>, after: Option<&Id>) -> Vec<u32> {
    slots.sort_unstable();
    slots.dedup();
    let id = |slot: u32| index.table().row(slot).map(ResourceRow::id);
    slots.retain(|slot| after.is_none_or(|after| id(*slot) > Some(after)));
    slots.sort_unstable_by(|a, b| id(*b).cmp(&id(*a)));
    slots
}

fn mark(index: &ResourceIndex, slots: &[u32]) -> Vec<u64> {
    let mut marks = vec![0_u64; index.table().slot_count().div_ceil(64)];
    for slot in slots {
        if let Some(word) = marks.get_mut(*slot as usize / 64) {
            *word |= 1 << (slot % 64);
        }
    }
    marks
}

fn is_marked(marks: &[u64], slot: u32) -> bool {
    marks.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
}
