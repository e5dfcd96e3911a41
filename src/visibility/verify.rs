//! An index held against its rows: each row is where its facts put it and nowhere else, and is counted.
//!
//! It is gone through piece by piece, each on whatever state is the newest then. From the rows' side nothing may be
//! missing, from the lists' side nothing too much.

use super::index::ResourceIndex;
use super::order::Key;
use crate::domain::Id;

/// Rows that are looked at in one go, some 2 microseconds each.
const ROWS_AT_ONCE: u32 = 256;
/// Owners whose lists are looked at in one go, and after how many entries it ends sooner.
const OWNERS_AT_ONCE: u32 = 64;
const ENTRIES_AT_ONCE: u64 = 4_096;

/// What is wrong in an index.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Flaw {
    /// A row that its id doesn't lead to.
    #[error("resource {0} is not found by its id")]
    Unfound(Id),
    /// A row that is not once where it belongs in an order.
    #[error("resource {id} is not once in the order of {order}")]
    Unordered {
        /// The resource.
        id: Id,
        /// What the order goes by.
        order: &'static str,
    },
    /// A row that is kept under another stage or flag than it has.
    #[error("resource {0} is kept under another stage or flag")]
    Class(Id),
    /// A row that is not once in a list.
    #[error("resource {id} is not once in the list by {list}")]
    Unlisted {
        /// The resource.
        id: Id,
        /// By what the list is.
        list: &'static str,
    },
    /// A list with what doesn't belong there, or out of order.
    #[error("a list by {list}, of owner {owner}, is not his resources in order")]
    List {
        /// By what the list is.
        list: &'static str,
        /// The index of the owner.
        owner: u32,
    },
    /// Counts of other resources than are on the list.
    #[error("the counts by {list}, of owner {owner}, are not those of the list")]
    Counts {
        /// By what the list is.
        list: &'static str,
        /// The index of the owner.
        owner: u32,
    },
    /// Sums that are remembered and that counts don't add up to.
    #[error("remembered sums over departments are not those of the counts")]
    Sums,
    /// Counts of the type that its rows don't add up to.
    #[error("the counts of the type are not those of its resources")]
    Totals,
}

/// Where to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// From a row.
    Rows(u32),
    /// From the lists of an owner.
    Owners(u32),
    /// With the counts of the type, and remembered sums of counts.
    Totals,
}

impl Place {
    /// Where to begin.
    pub const START: Self = Self::Rows(0);
}

/// What was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked {
    /// How many rows, entries of lists and counts.
    pub verified: u64,
    /// What is wrong.
    pub flaws: Vec<Flaw>,
    /// Where to go on; none at the end.
    pub next: Option<Place>,
}

impl ResourceIndex {
    /// Looks at a piece of the index. Costs about a millisecond, at its end some nanoseconds for each row and up to a
    /// millisecond for each remembered sum.
    #[must_use]
    pub fn verify(&self, place: Place) -> Looked {
        match place {
            Place::Rows(from) => self.verify_rows(from),
            Place::Owners(from) => self.verify_owners(from),
            Place::Totals => {
                let checks =
                    [(self.is_total(), Flaw::Totals), (self.lists().sets().remembers_right(), Flaw::Sums)];
                let flaws = checks.into_iter().filter(|(is_right, _)| !is_right).map(|(_, flaw)| flaw);
                Looked { verified: 2, flaws: flaws.collect(), next: None }
            }
        }
    }

    fn verify_rows(&self, from: u32) -> Looked {
        let mut looked = Looked { verified: 0, flaws: Vec::new(), next: None };
        let slots = from..from.saturating_add(ROWS_AT_ONCE);
        for slot in slots.clone().filter(|slot| self.row(*slot).is_some()) {
            looked.verified += 1;
            looked.flaws.extend(self.flaw_of_row(slot));
        }
        let has_more = (slots.end as usize) < self.slot_count();
        looked.next = Some(if has_more { Place::Rows(slots.end) } else { Place::Owners(0) });
        looked
    }

    fn flaw_of_row(&self, slot: u32) -> Option<Flaw> {
        let row = self.row(slot)?;
        let id = || row.id().clone();
        if self.slot_of(row.id().as_str()) != Some(slot) {
            return Some(Flaw::Unfound(id()));
        }
        if !self.is_ordered(slot, Key::Id) {
            return Some(Flaw::Unordered { id: id(), order: "ids" });
        }
        if !self.is_ordered(slot, Key::SortKey) {
            return Some(Flaw::Unordered { id: id(), order: "sort keys" });
        }
        if self.class(slot) != Some(row.class()) {
            return Some(Flaw::Class(id()));
        }
        self.missing_list(slot).map(|list| Flaw::Unlisted { id: id(), list })
    }

    fn verify_owners(&self, from: u32) -> Looked {
        let (mut looked, mut entries) = (Looked { verified: 0, flaws: Vec::new(), next: None }, 0);
        let end = self.lists().owner_count().min(from.saturating_add(OWNERS_AT_ONCE));
        let mut owner = from;
        while owner < end && entries < ENTRIES_AT_ONCE {
            entries += self.look_at_owner(owner, &mut looked.flaws);
            owner += 1;
        }
        looked.verified = entries;
        let has_more = owner < self.lists().owner_count();
        looked.next = Some(if has_more { Place::Owners(owner) } else { Place::Totals });
        looked
    }

    /// Whether as many are in the orders, and of each class in the counts, as there are rows.
    fn is_total(&self) -> bool {
        let mut left: Vec<u64> = Vec::new();
        for (class, count) in self.counts().iter() {
            left.resize(left.len().max(class.number() + 1), 0);
            left.iter_mut().skip(class.number()).take(1).for_each(|place| *place = count);
        }
        let slots = 0..u32::try_from(self.slot_count()).unwrap_or(u32::MAX);
        let mut classes = slots.filter_map(|slot| self.class(slot));
        let is_each_counted = classes.all(|class| {
            let count = left.get_mut(class.number()).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        });
        is_each_counted && left.iter().all(|count| *count == 0) && self.has_all_in_order()
    }
}

/// A part of an index that a test makes wrong.
#[cfg(feature = "testing")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spoilt {
    /// It is in none of its lists.
    Unlisted,
    /// It isn't in the order of sort keys.
    Unordered,
    /// It is kept under another class.
    Class,
    /// The type's counts count it twice.
    Counts,
    /// Those who have it are counted to have it twice.
    OwnerCounts,
    /// A remembered sum counts it where nobody stands to it.
    Sums,
}
