//! How much a caller may call.

use std::num::NonZeroU32;

/// How much a caller may call; none is without a bound of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quota {
    /// How often.
    pub rate: Option<Rate>,
    /// How many calls at once, streams included.
    pub at_once_max: Option<NonZeroU32>,
}

/// How often calls may come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    per_second: NonZeroU32,
    burst: NonZeroU32,
}

impl Rate {
    /// So many a second on the long run, and so many at once after a pause.
    #[must_use]
    pub const fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        Self { per_second, burst }
    }

    pub(super) const fn interval_ns(self) -> u64 {
        1_000_000_000 / self.per_second.get() as u64
    }

    pub(super) const fn ahead_ns_max(self) -> u64 {
        self.interval_ns() * self.burst.get() as u64
    }
}
