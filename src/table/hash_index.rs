//! Slots by the hash of their key: linear hashing over small open tables, so that growth splits one at a time.
//!
//! A look-up reads one pointer, which is near, and one line of memory, which is not; a change copies one table. An entry
//! takes five bytes, and tables are full to two thirds or more. They don't hold hashes, so growth asks for those of what
//! it moves.

use std::sync::Arc;

use super::rows::Rows;

/// The mean number of entries of a table. The fewer tables there are, the more of the pointers to them the cache holds; a
/// change copies one, a move of 7 KiB when it is new.
const LOAD: usize = 896;
/// The places of a line.
const PLACES: usize = 12;
/// The mean number of entries of a line when a table is made, and when it is made anew for want of room.
const FULL_LEAST: usize = 8;
const FULL_MOST: usize = 10;

/// One line of the processor's cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    slots: [u32; PLACES],
    /// Eight bits of each entry's hash.
    tags: [u8; PLACES],
    len: u8,
    /// Whether an entry that belongs here may be in the next line, for want of room.
    is_passed: bool,
}

impl Line {
    const EMPTY: Self = Self { slots: [0; PLACES], tags: [0; PLACES], len: 0, is_passed: false };

    /// The places whose entries have a tag, a bit each.
    fn places_of(&self, tag: u8) -> u32 {
        let bits = self.tags.iter().enumerate().fold(0, |bits, (at, it)| bits | u32::from(*it == tag) << at);
        bits & ((1 << self.len) - 1)
    }
}

/// An open table of lines.
///
/// INVARIANT: an entry is in the line that its hash points to, or behind it with `is_passed` set in all lines from there.
#[derive(Clone, Default)]
struct Part {
    lines: Arc<[Line]>,
}

impl Part {
    fn of(entries: &[(u32, u32)]) -> Self {
        let count = entries.len().div_ceil(FULL_LEAST).max(1);
        let mut part = Self { lines: vec![Line::EMPTY; count].into() };
        for (hash, slot) in entries {
            part.place(*hash, *slot);
        }
        part
    }

    fn slots(&self) -> impl Iterator<Item = u32> {
        self.lines.iter().flat_map(|line| line.slots.iter().take(line.len.into()).copied())
    }

    fn is_full(&self) -> bool {
        self.lines.iter().map(|line| usize::from(line.len)).sum::<usize>() >= self.lines.len() * FULL_MOST
    }

    fn place(&mut self, hash: u32, slot: u32) {
        let lines = Arc::make_mut(&mut self.lines);
        let first = first_line(hash, lines.len());
        for at in (first..lines.len()).chain(0..first) {
            let Some(line) = lines.get_mut(at) else { return };
            let len = usize::from(line.len);
            if let (Some(place), Some(tag)) = (line.slots.get_mut(len), line.tags.get_mut(len)) {
                (*place, *tag) = (slot, tag_of(hash));
                line.len += 1;
                return;
            }
            line.is_passed = true;
        }
    }

    fn remove(&mut self, slot: u32) {
        for line in Arc::make_mut(&mut self.lines) {
            let len = usize::from(line.len);
            if let Some(at) = line.slots.iter().take(len).position(|other| *other == slot) {
                line.slots.copy_within(at + 1..len, at);
                line.tags.copy_within(at + 1..len, at);
                line.len -= 1;
                return;
            }
        }
    }

    /// Offers the slots whose hash may be this one until one is taken.
    fn find(&self, hash: u32, is_taken: &mut impl FnMut(u32) -> bool) {
        let lines = &*self.lines;
        let first = first_line(hash, lines.len());
        for at in (first..lines.len()).chain(0..first) {
            let Some(line) = lines.get(at) else { return };
            let mut places = line.places_of(tag_of(hash));
            while let Some(slot) = line.slots.get(places.trailing_zeros() as usize) {
                if is_taken(*slot) {
                    return;
                }
                places &= places - 1;
            }
            if !line.is_passed {
                return;
            }
        }
    }
}

/// Where the search for a hash begins. Its low bits choose the part, its high bits the line.
fn first_line(hash: u32, count: usize) -> usize {
    ((u64::from(hash) * count as u64) >> 32) as usize
}

/// Bits that choose neither.
const fn tag_of(hash: u32) -> u8 {
    let [_, tag, _, _] = hash.to_be_bytes();
    tag
}

/// Slots by hash; copies share structure.
///
/// INVARIANT: an entry is in the part that [`HashIndex::address`] gives for its hash.
#[derive(Clone)]
pub(super) struct HashIndex {
    /// Each in a leaf of its own: copying a part is a visit to what it shares.
    parts: Rows<Part, 1, 16>,
    len: usize,
}

impl HashIndex {
    pub(super) fn new() -> Self {
        Self::of(&mut [])
    }

    /// The index of entries, each a hash and a slot; much faster than one by one.
    pub(super) fn of(entries: &mut [(u32, u32)]) -> Self {
        let count = entries.len().div_ceil(LOAD).max(1);
        entries.sort_unstable_by_key(|(hash, _)| address(*hash, count));
        let (mut parts, mut rest) = (Rows::new(), &*entries);
        for at in 0..count {
            let len = rest.iter().take_while(|(hash, _)| address(*hash, count) == at).count();
            let (these, others) = rest.split_at(len);
            parts.push(Part::of(these));
            rest = others;
        }
        Self { parts, len: entries.len() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn part_of(&self, hash: u32) -> usize {
        address(hash, self.parts.len())
    }

    /// Offers the slots whose hash may be this one until one is taken.
    pub(super) fn find(&self, hash: u32, mut is_taken: impl FnMut(u32) -> bool) {
        if let Some(part) = self.parts.get(self.part_of(hash)) {
            part.find(hash, &mut is_taken);
        }
    }

    /// The first slot whose hash may be this one.
    pub(super) fn first(&self, hash: u32) -> Option<u32> {
        let mut first = None;
        self.find(hash, |slot| {
            first = Some(slot);
            true
        });
        first
    }

    /// Puts an entry in; `hash_of` gives the hash of any slot that is in.
    pub(super) fn insert(&mut self, hash: u32, slot: u32, hash_of: impl Fn(u32) -> u32) {
        let at = self.part_of(hash);
        if let Some(part) = self.parts.get_mut(at) {
            if part.is_full() {
                let entries: Vec<(u32, u32)> = part.slots().map(|slot| (hash_of(slot), slot)).collect();
                *part = Part::of(&entries);
            }
            part.place(hash, slot);
        }
        self.len += 1;
        if self.len > self.parts.len() * LOAD {
            self.split(hash_of);
        }
    }

    pub(super) fn remove(&mut self, hash: u32, slot: u32) {
        let at = self.part_of(hash);
        if let Some(part) = self.parts.get_mut(at) {
            part.remove(slot);
            self.len -= 1;
        }
    }

    /// Adds the part `n` and moves to it what belongs there from its lower-bits part.
    fn split(&mut self, hash_of: impl Fn(u32) -> u32) {
        let n = self.parts.len();
        let low = n - (1 << n.ilog2());
        self.parts.push(Part::default());
        let Some(whole) = self.parts.get(low) else { return };
        let entries = whole.slots().map(|slot| (hash_of(slot), slot));
        let (moved, kept): (Vec<_>, Vec<_>) = entries.partition(|(hash, _)| address(*hash, n + 1) == n);
        for (at, entries) in [(low, kept), (n, moved)] {
            if let Some(part) = self.parts.get_mut(at) {
                *part = Part::of(&entries);
            }
        }
    }
}

/// The part of a hash among `n`: its low bits, of which the highest is left out where that part has not been split off
/// yet.
const fn address(hash: u32, n: usize) -> usize {
    let bits = n.ilog2();
    let wide = hash as usize & ((1 << (bits + 1)) - 1);
    if wide < n { wide } else { wide & ((1 << bits) - 1) }
}
