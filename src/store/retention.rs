//! How long changes are kept in the log.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::{ChangeSet, Revision};

/// The bounds of the change log; whichever is hit first trims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// The most changes.
    pub revisions_max: u64,
    /// The greatest age, from one change's commit to the newest's.
    pub age_max: Duration,
}

/// How much further on a commit's time may be than time has passed.
const JUMP_MAX: Duration = Duration::from_mins(1);

/// When a store was opened, by the clock that can be set and by the one that can't.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    at: Instant,
    at_ms: i64,
}

impl Opening {
    /// It is opened now.
    pub(super) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { at: Instant::now(), at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) }
    }

    /// How changes are kept at a commit. Where its clock was set forward since the opening, no change is old: the clock
    /// may be wrong, and what is let go of doesn't come back. The most changes still count.
    pub(super) fn hold(self, retention: Retention, committed_at_ms: i64) -> Retention {
        let passed = (self.at.elapsed() + JUMP_MAX).as_millis();
        let end_ms = self.at_ms.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX));
        if committed_at_ms > end_ms { Retention { age_max: Duration::MAX, ..retention } } else { retention }
    }
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
    fn a_clock_set_forward_makes_no_change_old_either() {
        let (retention, opening) = (Retention::default(), Opening::now());
        let at_ms = opening.at_ms;
        assert_eq!(opening.hold(retention, at_ms + 1_000), retention);
        let held = opening.hold(retention, at_ms + 40 * 86_400_000);
        assert_eq!(held, Retention { age_max: Duration::MAX, ..retention });
    }

    #[test]
    fn a_clock_set_back_makes_no_change_old() {
        let retention = Retention { revisions_max: 10, age_max: Duration::ZERO };
        assert!(retention.keeps(Revision::new(1), 50, &newest(2, 40)));
    }
}
