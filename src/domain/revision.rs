//! Revisions: the numbers of the states that the store went through.

use std::fmt;

/// The number of a state of the store. 0 is the empty store; every committed write makes the next one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The empty store.
    pub const ZERO: Self = Self(0);

    /// One that no store comes to.
    pub const LAST: Self = Self(u64::MAX);

    /// The revision of a number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
