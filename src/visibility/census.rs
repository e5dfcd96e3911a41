//! How many resources of each class there are to which a subject stands so before a change and so after it.
//!
//! With the openings on both sides that is all that a gain or loss depends on, so each action only looks at some sums.

use std::collections::BTreeMap;

use super::count::Class;
use super::index::ResourceIndex;
use crate::rights::Standing;

/// How a subject stands to a resource before a change, and how after it.
pub(super) type Pair = (Standing, Standing);

/// Whoever's it is: no relation on either side.
pub(super) const NO_RELATION: Pair = (Standing::NONE, Standing::NONE);

/// Resources by pair and class.
///
/// INVARIANT: the counts of a class over all pairs are together how many resources it has.
pub(super) struct Census(BTreeMap<Pair, Vec<i64>>);

impl Census {
    /// Every resource, as if he had no relation to any.
    pub(super) fn new(index: &ResourceIndex) -> Self {
        let mut census = Self(BTreeMap::new());
        for (class, count) in index.counts().iter() {
            census.add(NO_RELATION, class.number(), i64::try_from(count).unwrap_or(i64::MAX));
        }
        census
    }

    /// Moves a resource that was counted under one pair to another.
    pub(super) fn shift(&mut self, class: Class, from: Pair, to: Pair) {
        self.add(from, class.number(), -1);
        self.add(to, class.number(), 1);
    }

    /// Moves some without a relation, by class, to a pair.
    pub(super) fn relate(&mut self, counts: &[u32], to: Pair) {
        for (number, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.add(NO_RELATION, number, -i64::from(*count));
            self.add(to, number, i64::from(*count));
        }
    }

    /// How many there are of a class by pair; no count is zero.
    pub(super) fn each(&self, mut give: impl FnMut(Pair, Class, u64)) {
        for (pair, counts) in &self.0 {
            for (number, count) in (0_u32..).zip(counts) {
                if let Some(count) = u64::try_from(*count).ok().filter(|count| *count > 0) {
                    give(*pair, Class::of_number(number), count);
                }
            }
        }
    }

    fn add(&mut self, pair: Pair, number: usize, count: i64) {
        let counts = self.0.entry(pair).or_default();
        if counts.len() <= number {
            counts.resize(number + 1, 0);
        }
        if let Some(present) = counts.get_mut(number) {
            *present += count;
        }
    }
}
