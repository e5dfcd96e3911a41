//! What all objects add up to: their count and a checksum that does not depend on their order.

/// The sum over all records of objects and pages, kept with every commit and compared at every load.
///
/// INVARIANT: it is the sum of exactly those records of the same state of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Summary {
    /// How many objects there are.
    pub(super) objects: u64,
    /// The digests of all records, added bit by bit.
    pub(super) checksum: u64,
}

impl Summary {
    /// Takes a record of so many objects in.
    pub(super) fn add(&mut self, key: &[u8], record: &[u8], objects: u64) {
        self.objects = self.objects.wrapping_add(objects);
        self.checksum ^= digest(key, record);
    }

    /// Takes a record out that had been taken in.
    pub(super) fn remove(&mut self, key: &[u8], record: &[u8], objects: u64) {
        self.objects = self.objects.wrapping_sub(objects);
        self.checksum ^= digest(key, record);
    }

    /// Takes in what other records add up to.
    pub(super) fn join(&mut self, other: Self) {
        self.objects = self.objects.wrapping_add(other.objects);
        self.checksum ^= other.checksum;
    }
}

/// A CRC alone is linear: two records that swap their values would cancel out. The mixing afterwards is not.
fn digest(key: &[u8], record: &[u8]) -> u64 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(record);
    mix(u64::from(crc.finalize()) | ((record.len() as u64) << 32))
}

/// The finalizer of `SplitMix64`, a bijection.
const fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(records: &[(&[u8], &[u8])]) -> Summary {
        let mut summary = Summary::default();
        for (key, record) in records {
            summary.add(key, record, 1);
        }
        summary
    }

    #[test]
    fn the_order_does_not_matter_and_removal_undoes() {
        let mut all = sum(&[(b"a", b"1"), (b"b", b"2"), (b"c", b"")]);
        assert_eq!(all, sum(&[(b"c", b""), (b"a", b"1"), (b"b", b"2")]));
        all.remove(b"b", b"2", 1);
        assert_eq!(all, sum(&[(b"a", b"1"), (b"c", b"")]));
    }

    #[test]
    fn swapped_values_and_the_same_flip_in_two_records_show() {
        let sound = sum(&[(b"a", b"1111"), (b"b", b"2222")]);
        assert_ne!(sound, sum(&[(b"a", b"2222"), (b"b", b"1111")]));
        assert_ne!(sound, sum(&[(b"a", b"1110"), (b"b", b"2223")]));
    }
}
