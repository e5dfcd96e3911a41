//! Slots by the hash of their key: linear hashing over small open tables, so that growth splits one at a time.
//!
//! A look-up reads one pointer, which is near, and one place in a table, which is not; a change copies one table.

use std::sync::Arc;

use super::rows::Rows;

/// The mean number of entries of a table: its copy is a move of 2 to 4 KiB.
const LOAD: usize = 256;
/// The places of a table that was just made.
const PLACES_MIN: usize = 16;
/// No entry. The slot that it would stand for is beyond all that are given out.
const EMPTY: u64 = u64::MAX;

/// An open table with linear probing: an entry is the hash in the upper and the slot in the lower 32 bits.
///
/// INVARIANT: the number of places is a power of two, at least a quarter of them are empty, and between the place that
/// its hash points to and an entry no place is empty.
#[derive(Clone)]
struct Part {
    places: Arc<[u64]>,
    len: usize,
}

impl Part {
    fn of(entries: impl Iterator<Item = u64> + Clone) -> Self {
        let len = entries.clone().count();
        let count = (len * 4 / 3 + 1).next_power_of_two().max(PLACES_MIN);
        let mut part = Self { places: vec![EMPTY; count].into(), len };
        let places = Arc::make_mut(&mut part.places);
        for entry in entries {
            place(places, entry);
        }
        part
    }

    fn entries(&self) -> impl Iterator<Item = u64> + Clone {
        self.places.iter().copied().filter(|entry| *entry != EMPTY)
    }

    fn insert(&mut self, entry: u64) {
        if (self.len + 1) * 4 > self.places.len() * 3 {
            *self = Self::of(self.entries().chain([entry]));
        } else {
            place(Arc::make_mut(&mut self.places), entry);
            self.len += 1;
        }
    }
}

/// Where the search for a hash begins. Its low bits choose the part, so its high bits choose the place.
fn start(hash: u32, count: usize) -> usize {
    ((u64::from(hash) * count as u64) >> 32) as usize
}

fn place(places: &mut [u64], entry: u64) {
    let count = places.len();
    let mut at = start(hash_of(entry), count);
    while let Some(found) = places.get_mut(at) {
        if *found == EMPTY {
            *found = entry;
            return;
        }
        at = (at + 1) % count;
    }
}

/// Slots by hash; copies share structure.
///
/// INVARIANT: an entry is in the part that [`HashIndex::address`] gives for its hash.
#[derive(Clone)]
pub(super) struct HashIndex {
    parts: Rows<Part, 16>,
    len: usize,
}

impl HashIndex {
    pub(super) fn new() -> Self {
        let mut parts = Rows::new();
        parts.push(Part::of(std::iter::empty()));
        Self { parts, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The part of a hash among `n`: its low bits, of which the highest is left out where that part has not been
    /// split off yet.
    fn address(&self, hash: u32) -> usize {
        let n = self.parts.len();
        let bits = n.ilog2();
        let wide = hash as usize & ((1 << (bits + 1)) - 1);
        if wide < n { wide } else { wide & ((1 << bits) - 1) }
    }

    /// Offers the slots with this hash until one is taken.
    pub(super) fn find(&self, hash: u32, mut is_taken: impl FnMut(u32) -> bool) {
        let Some(part) = self.parts.get(self.address(hash)) else { return };
        let places = &*part.places;
        let count = places.len();
        let mut at = start(hash, count);
        while let Some(entry) = places.get(at).copied().filter(|entry| *entry != EMPTY) {
            if hash_of(entry) == hash && is_taken(slot_of(entry)) {
                return;
            }
            at = (at + 1) & (count - 1);
        }
    }

    /// The first slot with this hash.
    pub(super) fn first(&self, hash: u32) -> Option<u32> {
        let mut first = None;
        self.find(hash, |slot| {
            first = Some(slot);
            true
        });
        first
    }

    pub(super) fn insert(&mut self, hash: u32, slot: u32) {
        let at = self.address(hash);
        if let Some(part) = self.parts.get_mut(at) {
            part.insert(entry(hash, slot));
        }
        self.len += 1;
        if self.len > self.parts.len() * LOAD {
            self.split();
        }
    }

    pub(super) fn remove(&mut self, hash: u32, slot: u32) {
        let at = self.address(hash);
        if let Some(part) = self.parts.get_mut(at) {
            *part = Part::of(part.entries().filter(|other| *other != entry(hash, slot)));
            self.len -= 1;
        }
    }

    /// Adds the part `n` and moves to it what belongs there from its lower-bits part.
    fn split(&mut self) {
        let n = self.parts.len();
        let low = n - (1 << n.ilog2());
        self.parts.push(Part::of(std::iter::empty()));
        let Some(whole) = self.parts.get(low).cloned() else { return };
        for at in [low, n] {
            let moved = Part::of(whole.entries().filter(|entry| self.address(hash_of(*entry)) == at));
            if let Some(part) = self.parts.get_mut(at) {
                *part = moved;
            }
        }
    }
}

const fn entry(hash: u32, slot: u32) -> u64 {
    (hash as u64) << 32 | slot as u64
}

const fn hash_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the slot is the lower 32 bits")]
const fn slot_of(entry: u64) -> u32 {
    entry as u32
}
