//! How long calls wait for an async thread to come round to them, and which are refused where they queue up.
//!
//! A queue is no harm; one that doesn't get shorter is. Where nobody was soon for a tenth of a second, whoever has waited
//! longer than a moment is refused, until nobody has to be. A wait begins when a call's head has been read: what waits in
//! its socket is not seen.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a queue is looked at before it is judged: a busy machine stops a process for less.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long calls may wait in a queue that is too long, as a part of the longest wait. A call waits about twice more:
/// in the socket before, and until its answer is written.
pub(super) const MOMENT_PART: u32 = 20;

/// The calls that wait for a thread.
pub(super) struct Queue {
    begun: Instant,
    /// Whoever waits no longer was soon.
    soon: Duration,
    /// How long calls may wait where none was soon.
    moment: Duration,
    /// When the last call came, when the last was soon, and when the last was refused, in microseconds.
    last: Stamp,
    last_soon: Stamp,
    last_refused: Stamp,
    refused: AtomicU64,
}

/// A time that is noted now and then: often enough for an interval, seldom enough that threads don't fight for it.
#[derive(Default)]
struct Stamp(AtomicU64);

impl Queue {
    pub(super) fn new(wait_max: Duration) -> Self {
        Self {
            begun: Instant::now(),
            soon: wait_max / 2,
            moment: wait_max / MOMENT_PART,
            last: Stamp::default(),
            last_soon: Stamp::default(),
            last_refused: Stamp::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// Whether a call is refused that has waited since it came.
    pub(super) fn refuses(&self, came: Instant) -> bool {
        let now = Instant::now();
        let is_refused = self.judge(now, now.saturating_duration_since(came));
        if is_refused {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        is_refused
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn judge(&self, now: Instant, wait: Duration) -> bool {
        let now = now.saturating_duration_since(self.begun);
        // A pause forgives: who comes first after it finds no queue that has lasted.
        if wait <= self.soon || self.last.is_over(now) {
            self.last_soon.note(now);
        }
        self.last.note(now);
        let is_crowded = !self.last_refused.is_over(now) || self.last_soon.is_over(now);
        let is_refused = is_crowded && wait > self.moment;
        if is_refused {
            self.last_refused.note(now);
        }
        is_refused
    }
}

impl Stamp {
    /// Notes a time since the beginning.
    fn note(&self, now: Duration) {
        let now = micros(now + INTERVAL);
        if now.saturating_sub(self.0.load(Ordering::Relaxed)) > micros(INTERVAL / 50) {
            self.0.store(now, Ordering::Relaxed);
        }
    }

    /// Whether it is more than an interval ago, or was never noted.
    fn is_over(&self, now: Duration) -> bool {
        micros(now) > self.0.load(Ordering::Relaxed)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT_MAX: Duration = Duration::from_millis(10);
    const SOON: Duration = Duration::from_millis(5);
    const LATE: Duration = Duration::from_millis(6);
    const BRIEF: Duration = Duration::from_micros(500);
    const TICK: Duration = Duration::from_millis(5);

    /// A queue, and the time at it.
    struct Time {
        queue: Queue,
        now: Instant,
    }

    impl Time {
        fn new() -> Self {
            Self { queue: Queue::new(WAIT_MAX), now: Instant::now() }
        }

        /// How many of so many calls are refused that come one after the other and have waited so long.
        fn refused(&mut self, count: usize, wait: Duration) -> usize {
            let one = |_: &usize| {
                self.now += TICK;
                self.queue.judge(self.now, wait)
            };
            (0..count).filter(one).count()
        }
    }

    #[test]
    fn nobody_is_refused_while_somebody_is_soon_now_and_then() {
        let mut time = Time::new();
        for _ in 0..100 {
            assert_eq!(time.refused(19, LATE) + time.refused(1, SOON), 0);
        }
    }

    #[test]
    fn who_waits_in_a_queue_that_does_not_get_shorter_is_refused_and_who_does_not_is_not() {
        let mut time = Time::new();
        assert_eq!(time.refused(20, LATE), 0, "the queue is yet to be judged");
        let late = time.refused(100, LATE);
        assert!(late > 95, "{late}");
        assert_eq!(time.refused(10, BRIEF), 0);
        assert_eq!(time.refused(10, SOON), 10, "soon isn't soon enough where others are refused");
        assert_eq!(time.refused(21, BRIEF), 0);
        assert_eq!(time.refused(10, SOON), 0, "the queue has gone");
    }

    #[test]
    fn a_pause_forgives() {
        let mut time = Time::new();
        for _ in 0..100 {
            time.now += 2 * INTERVAL;
            assert_eq!(time.refused(19, LATE), 0);
        }
    }
}
