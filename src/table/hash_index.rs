//! Slots by the hash of their key: linear hashing, whose growth splits one small bucket at a time.

use std::sync::Arc;

use super::rows::Rows;

/// The mean number of entries in a bucket. A bucket is scanned whole: 8 entries are one cache line.
const LOAD: usize = 8;

/// Slots by hash; copies share structure.
///
/// An entry is the hash in the upper and the slot in the lower 32 bits.
/// INVARIANT: an entry is in the bucket that [`HashIndex::address`] gives for its hash.
#[derive(Clone)]
pub(super) struct HashIndex {
    buckets: Rows<Arc<[u64]>, 16>,
    len: usize,
}

impl HashIndex {
    pub(super) fn new() -> Self {
        let mut buckets = Rows::new();
        buckets.push(Arc::default());
        Self { buckets, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The bucket of a hash among `n`: its low bits, of which the highest is left out where that bucket has not
    /// been split off yet.
    fn address(&self, hash: u32) -> usize {
        let n = self.buckets.len();
        let bits = n.ilog2();
        let wide = hash as usize & ((1 << (bits + 1)) - 1);
        if wide < n { wide } else { wide & ((1 << bits) - 1) }
    }

    /// Offers the slots with this hash until one is taken.
    pub(super) fn find(&self, hash: u32, mut is_taken: impl FnMut(u32) -> bool) {
        let Some(bucket) = self.buckets.get(self.address(hash)) else { return };
        for entry in bucket.iter().filter(|entry| (**entry >> 32) as u32 == hash) {
            if is_taken(slot_of(*entry)) {
                return;
            }
        }
    }

    pub(super) fn insert(&mut self, hash: u32, slot: u32) {
        let at = self.address(hash);
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket = bucket.iter().copied().chain([entry(hash, slot)]).collect();
        }
        self.len += 1;
        if self.len > self.buckets.len() * LOAD {
            self.split();
        }
    }

    pub(super) fn remove(&mut self, hash: u32, slot: u32) {
        let at = self.address(hash);
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket = bucket.iter().copied().filter(|other| *other != entry(hash, slot)).collect();
            self.len -= 1;
        }
    }

    /// Adds the bucket `n` and moves to it what belongs there from its lower-bits bucket.
    fn split(&mut self) {
        let n = self.buckets.len();
        let low = n - (1 << n.ilog2());
        self.buckets.push(Arc::default());
        let Some(whole) = self.buckets.get(low).cloned() else { return };
        let (stays, moves): (Vec<u64>, Vec<u64>) =
            whole.iter().partition(|entry| self.address((**entry >> 32) as u32) == low);
        if let Some(bucket) = self.buckets.get_mut(low) {
            *bucket = stays.into();
        }
        if let Some(bucket) = self.buckets.get_mut(n) {
            *bucket = moves.into();
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the slot is the lower 32 bits")]
const fn slot_of(entry: u64) -> u32 {
    entry as u32
}

const fn entry(hash: u32, slot: u32) -> u64 {
    (hash as u64) << 32 | slot as u64
}
