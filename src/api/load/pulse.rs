//! The pulse: how long a task waits until the async threads come round to it, and the share of light calls that are
//! refused where that stays too long.
//!
//! It is felt by a task of its own now and then. A call looks at one number, which is zero as long as all is well.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often it is felt.
const BEAT: Duration = Duration::from_millis(50);
/// The same where something was late.
const QUICK_BEAT: Duration = Duration::from_millis(10);
/// After so many late beats in a row, a tenth of a second, it is no hiccup: a busy machine stops a process for less.
const LATE_BEATS: u32 = 10;
/// The share is of so many calls.
const WHOLE: u32 = 256;
/// How the share grows with a late beat, and shrinks with one in time: quickly up, slowly down.
const STEP_UP: u32 = 16;
const STEP_DOWN: u32 = 4;
/// Spreads the calls that are refused evenly over all: it has no divisor in common with [`WHOLE`].
const STRIDE: u32 = 167;

/// How far the threads lag behind.
pub(super) struct Pulse {
    /// A task that waits longer is late. A call waits about twice as long: in the socket, and then as a task.
    late_after: Duration,
    late_beats: AtomicU32,
    /// So many of [`WHOLE`] calls are refused.
    share: AtomicU32,
    calls: AtomicU32,
    refused: AtomicU64,
}

impl Pulse {
    pub(super) fn new(wait_max: Duration) -> Self {
        Self {
            late_after: wait_max / 2,
            late_beats: AtomicU32::new(0),
            share: AtomicU32::new(0),
            calls: AtomicU32::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Whether the next call is among those refused.
    pub(super) fn refuses(&self) -> bool {
        let share = self.share.load(Ordering::Relaxed);
        if share == 0 {
            return false;
        }
        let is_refused = self.calls.fetch_add(STRIDE, Ordering::Relaxed) % WHOLE < share;
        if is_refused {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        is_refused
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Feels it, again and again.
    pub(super) async fn beat(&self) {
        loop {
            let is_quick =
                self.late_beats.load(Ordering::Relaxed) > 0 || self.share.load(Ordering::Relaxed) > 0;
            tokio::time::sleep(if is_quick { QUICK_BEAT } else { BEAT }).await;
            let since = Instant::now();
            // Comes back when every task that was ready before has had its turn.
            tokio::task::yield_now().await;
            self.note(since.elapsed());
        }
    }

    fn note(&self, wait: Duration) {
        let share = self.share.load(Ordering::Relaxed);
        if wait <= self.late_after {
            self.late_beats.store(0, Ordering::Relaxed);
            self.share.store(share.saturating_sub(STEP_DOWN), Ordering::Relaxed);
            return;
        }
        let late_beats = self.late_beats.fetch_add(1, Ordering::Relaxed) + 1;
        if late_beats >= LATE_BEATS || share > 0 {
            self.share.store((share + STEP_UP).min(WHOLE - 1), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);
    const LATE: Duration = Duration::from_millis(6);

    fn refused_of_a_thousand(pulse: &Pulse) -> usize {
        (0..1_000).filter(|_| pulse.refuses()).count()
    }

    #[test]
    fn nothing_is_refused_for_a_hiccup() {
        let pulse = Pulse::new(Duration::from_millis(10));
        for _ in 0..100 {
            (1..LATE_BEATS).for_each(|_| pulse.note(LATE));
            pulse.note(SOON);
        }
        assert_eq!((refused_of_a_thousand(&pulse), pulse.refused()), (0, 0));
    }

    #[test]
    fn more_is_refused_while_the_threads_lag_and_less_when_they_come_round() {
        let pulse = Pulse::new(Duration::from_millis(10));
        (0..LATE_BEATS).for_each(|_| pulse.note(LATE));
        let first = refused_of_a_thousand(&pulse);
        pulse.note(LATE);
        let second = refused_of_a_thousand(&pulse);
        assert!(first > 0 && second > first, "{first}, {second}");
        (0..1_000).for_each(|_| pulse.note(LATE));
        let most = refused_of_a_thousand(&pulse);
        assert!(most > 900 && most < 1_000, "{most}: somebody always tells that it is well again");
        (0..1_000).for_each(|_| pulse.note(SOON));
        assert_eq!(refused_of_a_thousand(&pulse), 0);
    }
}
