//! How long tasks wait for an async thread to come round to them, and which calls are refused where they queue up.
//!
//! A queue is no harm; one that doesn't get shorter is. A beat is felt every hundredth of a second: the time in which a
//! thread came round to a task that had nothing to do. Where none was soon for a tenth of a second, calls queue up, be it
//! here or in their sockets, and whoever has waited longer than a moment is refused, until hardly anybody has to be.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a queue is looked at before it is judged: a busy machine stops a process for less.
const INTERVAL: Duration = Duration::from_millis(100);
const BEATS_OF_INTERVAL: u32 = 10;
/// So many beats are late before a queue is one: a single one may be late because the process was stopped.
const BEATS_LATE: u32 = 3;
/// How long calls may wait in a queue that is too long, as a part of the longest wait. A call waits about twice more:
/// in the socket before, and until its answer is written.
pub(super) const MOMENT_PART: u32 = 20;
/// Fewer than one of so many calls were refused: what came could nearly be answered, and what is left is chance.
const HARDLY: u64 = 20;

/// The calls that wait for a thread.
pub(super) struct Queue {
    /// A beat that took no longer was soon.
    soon: Duration,
    /// How long calls may wait in a queue that is too long.
    moment: Duration,
    is_crowded: AtomicBool,
    /// Calls that were let through while it was.
    passed: AtomicU64,
    refused: AtomicU64,
}

impl Queue {
    pub(super) fn new(wait_max: Duration) -> Self {
        Self {
            soon: wait_max / 2,
            moment: wait_max / MOMENT_PART,
            is_crowded: AtomicBool::new(false),
            passed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Whether a call is refused that has waited since it came.
    pub(super) fn refuses(&self, came: Instant) -> bool {
        if !self.is_crowded() {
            return false;
        }
        let is_refused = came.elapsed() > self.moment;
        let ended = if is_refused { &self.refused } else { &self.passed };
        ended.fetch_add(1, Ordering::Relaxed);
        is_refused
    }

    /// Whether calls queue up.
    pub(super) fn is_crowded(&self) -> bool {
        self.is_crowded.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Feels the beats for as long as it is polled.
    pub(super) async fn follow(&self) {
        let mut pulse = Pulse::default();
        loop {
            tokio::time::sleep(INTERVAL / BEATS_OF_INTERVAL).await;
            let begun = Instant::now();
            // The thread looks at its sockets, and goes through all who wait, before it comes back.
            tokio::task::yield_now().await;
            self.feel(&mut pulse, begun, begun.elapsed());
        }
    }

    fn feel(&self, pulse: &mut Pulse, begun: Instant, took: Duration) {
        let beat = Beat { begun, is_soon: took <= self.soon };
        let ended = Ended { passed: self.passed.load(Ordering::Relaxed), refused: self.refused() };
        pulse.feel(beat, ended);
        self.is_crowded.store(pulse.is_crowded(), Ordering::Relaxed);
    }
}

#[derive(Clone, Copy)]
struct Beat {
    begun: Instant,
    is_soon: bool,
}

/// How many calls ended in which way while they queued up, since the beginning.
#[derive(Clone, Copy, Default)]
struct Ended {
    passed: u64,
    refused: u64,
}

/// What the beats have said.
#[derive(Default)]
enum Pulse {
    #[default]
    Calm,
    /// The beats are late since then, so many.
    Late { since: Instant, beats: u32 },
    /// Calls queue up; the interval began then, when so many had ended.
    Crowded { since: Instant, before: Ended },
}

impl Pulse {
    const fn is_crowded(&self) -> bool {
        matches!(self, Self::Crowded { .. })
    }

    fn feel(&mut self, beat: Beat, ended: Ended) {
        let is_over = |since: Instant| beat.begun.saturating_duration_since(since) >= INTERVAL;
        *self = match *self {
            Self::Crowded { since, before } if !is_over(since) => Self::Crowded { since, before },
            Self::Crowded { before, .. } if !beat.is_soon || ended.is_refused_since(before) => {
                Self::Crowded { since: beat.begun, before: ended }
            }
            Self::Calm | Self::Late { .. } | Self::Crowded { .. } if beat.is_soon => Self::Calm,
            Self::Calm | Self::Crowded { .. } => Self::Late { since: beat.begun, beats: 1 },
            Self::Late { since, beats } if beats >= BEATS_LATE && is_over(since) => {
                Self::Crowded { since: beat.begun, before: ended }
            }
            Self::Late { since, beats } => Self::Late { since, beats: beats + 1 },
        };
    }
}

impl Ended {
    /// Whether more than hardly any were refused since.
    const fn is_refused_since(self, before: Self) -> bool {
        let refused = self.refused - before.refused;
        refused * HARDLY > self.passed - before.passed + refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT_MAX: Duration = Duration::from_millis(10);
    const SOON: Duration = Duration::from_millis(5);
    const LATE: Duration = Duration::from_millis(6);

    /// A queue, and the time at it.
    struct Time {
        queue: Queue,
        pulse: Pulse,
        now: Instant,
    }

    impl Time {
        fn new() -> Self {
            Self { queue: Queue::new(WAIT_MAX), pulse: Pulse::default(), now: Instant::now() }
        }

        /// So many beats that took so long.
        fn beats(&mut self, count: u32, took: Duration) {
            for _ in 0..count {
                self.now += INTERVAL / BEATS_OF_INTERVAL;
                self.queue.feel(&mut self.pulse, self.now, took);
            }
        }

        /// Whether a call is refused that has waited for so long.
        fn refuses(&self, wait: Duration) -> bool {
            self.queue.refuses(Instant::now().checked_sub(wait).unwrap())
        }

        /// So many calls, of which so many have waited too long.
        fn calls(&self, count: u32, late: u32) {
            for at in 0..count {
                assert_eq!(self.refuses(if at < late { LATE } else { Duration::ZERO }), at < late);
            }
        }
    }

    #[test]
    fn nobody_is_refused_while_a_beat_is_soon_now_and_then() {
        let mut time = Time::new();
        for _ in 0..100 {
            time.beats(10, LATE);
            assert!(!time.refuses(LATE));
            time.beats(1, SOON);
        }
    }

    #[test]
    fn a_pause_of_the_process_is_no_queue() {
        let mut time = Time::new();
        for _ in 0..100 {
            time.beats(1, LATE);
            time.now += 2 * INTERVAL;
            time.beats(1, LATE);
            assert!(!time.refuses(LATE));
            time.beats(1, SOON);
        }
    }

    #[test]
    fn who_has_waited_in_a_queue_that_does_not_get_shorter_is_refused_and_who_has_not_is_not() {
        let mut time = Time::new();
        time.beats(11, LATE);
        assert!(time.refuses(LATE) && time.refuses(SOON), "soon isn't soon enough where others are refused");
        assert!(!time.refuses(Duration::ZERO));
        assert_eq!(time.queue.refused(), 2);
    }

    #[test]
    fn the_queue_is_over_when_beats_are_soon_and_hardly_anybody_is_refused() {
        let mut time = Time::new();
        time.beats(11, LATE);
        for _ in 0..10 {
            time.calls(100, 10);
            time.beats(10, SOON);
            assert!(time.refuses(LATE), "one of ten is refused");
        }
        time.calls(100, 0);
        time.beats(10, LATE);
        assert!(time.refuses(LATE), "beats are late");
        time.calls(100, 3);
        time.beats(10, SOON);
        assert!(!time.refuses(LATE));
    }
}
