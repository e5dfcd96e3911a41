//! Chance that is the same everywhere: `SplitMix64`, keyed by what is drawn for.
//!
//! A generator of one's own, because a library may change its numbers with any version, and a benchmark's data may
//! not.

/// What is drawn for; the draws of one stream don't depend on those of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stream {
    Department = 1,
    User,
    Workgroup,
    SupportGroup,
    Role,
    Binding,
    Resource,
    Question,
}

/// A row of numbers.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    state: u64,
}

impl Draw {
    pub(super) const fn new(seed: u64, stream: Stream, index: u64) -> Self {
        let keyed = mix(seed ^ mix(stream as u64));
        Self { state: mix(keyed ^ mix(index)) }
    }

    /// Any number.
    pub(super) const fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// A number below a bound; 0 if that is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product is uniform enough: the bias is at most bound in 2^64.
        let product = u128::from(self.number()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// A number below a bound, small ones much more often: each halving of the range has half the chance.
    pub(super) fn skewed_below(&mut self, bound: u64) -> u64 {
        const HALVINGS_MAX: u32 = 8;
        let halvings = self.number().trailing_zeros().min(HALVINGS_MAX);
        self.below((bound >> halvings).max(bound.min(1)))
    }

    /// Whether something of a chance in percent happens.
    pub(super) fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of some values.
    pub(super) fn one_of<T: Copy + Default>(&mut self, values: &[T]) -> T {
        let index = self.below(u64::try_from(values.len()).unwrap_or(0));
        usize::try_from(index).ok().and_then(|index| values.get(index)).copied().unwrap_or_default()
    }
}

const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut draw = Draw { state: 1_234_567 };
        assert_eq!([draw.number(), draw.number()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn a_bound_is_never_reached() {
        let mut draw = Draw::new(1, Stream::Role, 2);
        for bound in 0..1_000 {
            assert!(draw.below(bound) < bound.max(1));
            assert!(draw.skewed_below(bound) < bound.max(1));
        }
    }
}
