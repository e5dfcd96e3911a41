//! A table whose copies share structure: rows in dense slots, found by key, and in the order of keys.
//!
//! A copy costs a few reference counts whatever its size, and a change of one row copies a few kilobytes of what
//! is shared with other copies and nothing else. That is what makes a whole state of the service a value: it can
//! be kept while newer ones are made, and a change can be tried on a copy and thrown away.

mod hash_index;
mod rows;
mod sorted;

use std::hash::BuildHasher as _;
use std::hint::black_box;

use arrayvec::ArrayVec;
use foldhash::fast::RandomState;

use hash_index::HashIndex;
pub use rows::Rows;
pub use sorted::{Direction, Items, Keys, Prefix, Search, Sorted, count_before_each, prefix_of_text};

/// A row that carries its own key.
pub trait Row: Clone {
    /// The key, unique in the table.
    fn key(&self) -> &str;
}

/// Rows by slot, by key, and in bytewise order of keys.
///
/// INVARIANT: `index` and `order` hold exactly the slots whose row is present, and a present row's slot never
/// changes. Slots of removed rows are used again.
#[derive(Clone)]
pub struct Table<R> {
    rows: Rows<Option<R>>,
    index: HashIndex,
    order: Sorted<u32>,
    free: imbl::Vector<u32>,
    hasher: RandomState,
}

impl<R: Row> Table<R> {
    /// A table without rows.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rows: Rows::new(),
            index: HashIndex::new(),
            order: Sorted::new(),
            free: imbl::Vector::new(),
            hasher: RandomState::default(),
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One more than the largest slot that was ever taken.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.rows.len()
    }

    /// The row in a slot.
    #[must_use]
    pub fn row(&self, slot: u32) -> Option<&R> {
        self.rows.get(slot as usize)?.as_ref()
    }

    /// Where the row of a slot is; it is not read yet.
    #[must_use]
    pub fn place(&self, slot: u32) -> Place<'_, R> {
        self.rows.get(slot as usize)
    }

    /// The rows of the next slots, at most `N`; those that have none are left out.
    pub fn rows_at<const N: usize>(&self, slots: impl Iterator<Item = u32>) -> ArrayVec<&R, N> {
        let places: ArrayVec<&Option<R>, N> =
            slots.take(N).filter_map(|slot| self.rows.get(slot as usize)).collect();
        // Read in a loop of nothing else, before any is looked at: the processor waits for many at once.
        black_box(places.iter().filter(|place| place.is_some()).count());
        places.into_iter().filter_map(Option::as_ref).collect()
    }

    /// The slot of a key.
    #[must_use]
    pub fn slot_of(&self, key: &str) -> Option<u32> {
        self.find(key).map(|(slot, _)| slot)
    }

    /// The slot and the row of a key. Two reads that depend on one another miss the processor's cache, whatever the size.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<(u32, &R)> {
        let mut found = None;
        self.index.find(hash(&self.hasher, key), |slot| {
            found = self.row(slot).filter(|row| row.key() == key).map(|row| (slot, row));
            found.is_some()
        });
        found
    }

    /// Puts a row in a slot that has one with the same key.
    pub fn replace(&mut self, slot: u32, row: R) {
        if let Some(place) = self.rows.get_mut(slot as usize) {
            *place = Some(row);
        }
    }

    /// Puts a row in, replacing the one with its key, and gives its slot.
    pub fn put(&mut self, row: R) -> u32 {
        // Rows that come in the order of their keys need not be looked for.
        let last = self.order.last().and_then(|slot| self.row(slot));
        let is_last = last.is_some_and(|last| last.key() < row.key());
        let present = if is_last { None } else { self.slot_of(row.key()) };
        match present {
            Some(slot) => {
                self.replace(slot, row);
                slot
            }
            None => self.insert(row),
        }
    }

    /// Puts a row in whose key none has, and gives its slot.
    pub fn insert(&mut self, row: R) -> u32 {
        let at = self.order.search(&Ids(&self.rows), row.key()).end();
        self.insert_at(at, row)
    }

    /// Puts a row in whose key none has, at its place in the order, and gives its slot.
    pub fn insert_at(&mut self, at: usize, row: R) -> u32 {
        let slot = self.free.pop_back().unwrap_or_else(|| {
            self.rows.push(None);
            u32::try_from(self.rows.len() - 1).unwrap_or(u32::MAX)
        });
        self.replace(slot, row);
        // Both may ask for the key of any slot that they hold, this one too.
        let ids = Ids(&self.rows);
        let key = ids.key_of(&slot);
        self.order.insert_at(at, slot, &ids, key);
        let hash_of = |slot| hash(&self.hasher, ids.key_of(&slot));
        self.index.insert(hash_of(slot), slot, hash_of);
        slot
    }

    /// The table of rows, each with a key of its own; much faster than one by one, and in less memory. Their slots are
    /// their positions.
    #[must_use]
    pub fn of(rows: Rows<Option<R>>) -> Self {
        let hasher = RandomState::default();
        let present = (0u32..).zip(rows.iter()).filter_map(|(slot, row)| Some((row.as_ref()?.key(), slot)));
        let mut keyed: Vec<(&str, u32)> = present.collect();
        let mut entries: Vec<(u32, u32)> =
            keyed.iter().map(|(key, slot)| (hash(&hasher, key), *slot)).collect();
        let index = HashIndex::of(&mut entries);
        let free = (0u32..).zip(rows.iter()).filter(|(_, row)| row.is_none()).map(|(slot, _)| slot).collect();
        drop(entries);
        // Mostly they are in order already, which the sort finds out first.
        keyed.sort_unstable();
        let slots: Vec<u32> = keyed.into_iter().map(|(_, slot)| slot).collect();
        Self { order: Sorted::from_ordered(&slots, &Ids(&rows)), index, free, rows, hasher }
    }

    /// The same rows in the same slots, found and ordered anew.
    #[must_use]
    pub fn rebuilt(&self) -> Self {
        Self::of(self.rows.clone())
    }

    /// Gives its parts up one after the other and names each when it is gone.
    #[cfg(feature = "testing")]
    pub fn take_apart(self, tell: &mut impl FnMut(&'static str)) {
        drop(self.order);
        tell("order of ids");
        drop(self.index);
        tell("slots by hash of the id");
        drop((self.rows, self.free));
        tell("rows");
    }

    /// Takes the row of a key out.
    pub fn remove(&mut self, key: &str) -> Option<R> {
        let slot = self.slot_of(key)?;
        self.order.remove(slot, &Ids(&self.rows), key);
        self.index.remove(hash(&self.hasher, key), slot);
        self.free.push_back(slot);
        self.rows.get_mut(slot as usize)?.take()
    }

    /// The slots in order of keys.
    #[must_use]
    pub fn order(&self) -> &Sorted<u32> {
        &self.order
    }

    /// The slots in order of keys, from the first one behind a key, or all of them.
    #[must_use]
    pub fn slots_after(&self, key: Option<&str>) -> Items<'_, u32> {
        self.order.iter_behind(Direction::Ascending, &Ids(&self.rows), key)
    }

    /// The rows in order of keys.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        self.order.iter().filter_map(|slot| self.row(slot))
    }
}

fn hash(hasher: &RandomState, key: &str) -> u32 {
    // The upper half: foldhash mixes well into either, and an index goes by 32 bits.
    (hasher.hash_one(key) >> 32) as u32
}

/// Finds the rows of many keys, each in a table of its own: first all hashes, then all slots, then all rows, so that the
/// processor waits for many of them at once. Some three times as fast as one by one where the tables are large.
#[must_use]
pub fn find_each<'a, R: Row>(wanted: &[(&'a Table<R>, &str)]) -> Vec<Option<&'a R>> {
    let hashes: Vec<u32> = wanted.iter().map(|(table, key)| hash(&table.hasher, key)).collect();
    let slots: Vec<Option<u32>> =
        wanted.iter().zip(hashes).map(|((table, _), hash)| table.index.first(hash)).collect();
    let rows = wanted.iter().zip(slots).map(|((table, key), slot)| {
        let row = table.row(slot?)?;
        // The first slot that may have the hash is mostly the key's; where it isn't, the whole search finds it.
        if row.key() == *key { Some(row) } else { table.find(key).map(|(_, row)| row) }
    });
    rows.collect()
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the row of a slot is.
pub type Place<'a, R> = Option<&'a Option<R>>;

/// The keys of rows; those of slots that have none come first.
struct Ids<'a, R>(&'a Rows<Option<R>>);

impl<'a, R: Row> Keys<u32> for Ids<'a, R> {
    type Key = &'a str;
    type Place = Place<'a, R>;

    fn place_of(&self, slot: &u32) -> Place<'a, R> {
        self.0.get(*slot as usize)
    }

    fn key_at(&self, place: Place<'a, R>) -> &'a str {
        place.and_then(Option::as_ref).map_or("", Row::key)
    }

    fn prefix_of(&self, key: &'a str) -> Prefix {
        prefix_of_text(key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Pair(String, u32);

    impl Row for Pair {
        fn key(&self) -> &str {
            &self.0
        }
    }

    fn contents(table: &Table<Pair>) -> Vec<(String, u32)> {
        table.iter().map(|pair| (pair.0.clone(), pair.1)).collect()
    }

    proptest! {
        #[test]
        fn a_table_is_a_sorted_map_and_its_copies_stay_as_they_were(
            steps in prop::collection::vec((0u32..3000, any::<bool>()), 1..6000),
            copy_at in 0usize..3000,
        ) {
            let mut table = Table::new();
            let mut model = BTreeMap::new();
            let mut copy = (table.clone(), Vec::new());
            for (at, (key, keep)) in steps.into_iter().enumerate() {
                let key = key.to_string();
                if keep {
                    table.put(Pair(key.clone(), u32::try_from(at).unwrap()));
                    model.insert(key, u32::try_from(at).unwrap());
                } else {
                    let removed = table.remove(&key).map(|pair| pair.1);
                    prop_assert_eq!(removed, model.remove(&key));
                }
                if at == copy_at {
                    copy = (table.clone(), contents(&table));
                }
            }
            prop_assert_eq!(table.len(), model.len());
            for (key, value) in &model {
                prop_assert_eq!(table.find(key).map(|(_, pair)| pair.1), Some(*value));
            }
            prop_assert_eq!(contents(&table), model.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(contents(&copy.0), copy.1);
        }

        #[test]
        fn keys_that_come_between_those_that_came_in_order_are_in_order(
            between in prop::collection::btree_set(0u32..6000, 1..200),
        ) {
            let mut table = Table::new();
            let in_order = (0..6000).map(|key| format!("{key:04}"));
            let mut keys: Vec<String> = in_order.chain(between.iter().map(|key| format!("{key:04}-"))).collect();
            for key in &keys {
                table.put(Pair(key.clone(), 0));
            }
            keys.sort_unstable();
            prop_assert!(table.iter().map(|pair| &pair.0).eq(&keys));
        }

        #[test]
        fn slots_after_a_key_leave_out_what_is_before_it(
            keys in prop::collection::btree_set(0u32..5000, 0..2000),
            from in 0u32..5000,
        ) {
            let mut table = Table::new();
            for key in &keys {
                table.put(Pair(format!("{key:04}"), *key));
            }
            let from_key = format!("{from:04}");
            let after: Vec<u32> =
                table.slots_after(Some(&from_key)).filter_map(|slot| table.row(slot)).map(|pair| pair.1).collect();
            let expected: Vec<u32> = keys.into_iter().filter(|key| *key > from).collect();
            prop_assert_eq!(after, expected);
        }
    }
}
