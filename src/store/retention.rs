//! How long changes are kept in the log.

use std::time::Duration;

use crate::domain::{ChangeSet, Revision};

/// The bounds of the change log; whichever is hit first trims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// The most changes.
    pub revisions_max: u64,
    /// The greatest age, from one change's commit to the newest's.
    pub age_max: Duration,
}

impl Default for Retention {
    /// A million changes, 30 days.
    fn default() -> Self {
        Self { revisions_max: 1_000_000, age_max: Duration::from_hours(30 * 24) }
    }
}

impl Retention {
    /// Whether a change is kept once `newest` is the newest.
    pub(super) fn keeps(&self, revision: Revision, committed_at_ms: i64, newest: &ChangeSet) -> bool {
        let newer = newest.revision.get().saturating_sub(revision.get());
        // A clock that was set back makes no change old.
        let age_ms = u64::try_from(newest.committed_at_ms.saturating_sub(committed_at_ms)).unwrap_or(0);
        newer < self.revisions_max && u128::from(age_ms) <= self.age_max.as_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample;

    fn newest(revision: u64, committed_at_ms: i64) -> ChangeSet {
        ChangeSet { committed_at_ms, ..sample::put(revision, &[]) }
    }

    #[test]
    fn whichever_bound_is_hit_first_trims() {
        let retention = Retention { revisions_max: 10, age_max: Duration::from_secs(5) };
        let keeps =
            |revision, at_ms, newest: &ChangeSet| retention.keeps(Revision::new(revision), at_ms, newest);
        assert!(keeps(11, 1_000, &newest(20, 6_000)));
        assert!(!keeps(10, 1_000, &newest(20, 6_000)));
        assert!(!keeps(11, 999, &newest(20, 6_000)));
    }

    #[test]
    fn a_clock_set_back_makes_no_change_old() {
        let retention = Retention { revisions_max: 10, age_max: Duration::ZERO };
        assert!(retention.keeps(Revision::new(1), 50, &newest(2, 40)));
    }
}
