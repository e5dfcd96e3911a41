//! What a caller has called lately, in two words of memory: when its next call is due, and how many are under way.
//!
//! The rate is held by the generic cell rate algorithm: every call moves a time on by one interval, and a call is
//! refused while that time is further ahead than a burst. Nothing is locked and nothing runs in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::quota::Rate;

/// What a caller has called lately.
#[derive(Debug)]
pub struct Meter {
    start: Instant,
    /// Nanoseconds from the start on.
    due: AtomicU64,
    under_way: AtomicU32,
}

/// A call that counts as under way until this goes out of scope.
#[derive(Debug)]
pub struct UnderWay(Arc<Meter>);

impl Meter {
    /// A meter of a caller who has called nothing yet.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { start: now, due: AtomicU64::new(0), under_way: AtomicU32::new(0) }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// It comes too soon; says how long to wait.
    pub fn count(&self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let now = nanoseconds(now.saturating_duration_since(self.start));
        let (interval, ahead_max) = (rate.interval_ns(), rate.ahead_ns_max());
        let counted = self.due.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due| {
            let next = due.max(now).saturating_add(interval);
            (next - now <= ahead_max).then_some(next)
        });
        let wait = |due: u64| (due.max(now) + interval).saturating_sub(now + ahead_max);
        counted.map(|_| ()).map_err(|due| Duration::from_nanos(wait(due)))
    }

    /// Counts a call as under way; none if there are as many as may be.
    #[must_use]
    pub fn begin(self: &Arc<Self>, most: u32) -> Option<UnderWay> {
        let one_more = |count: u32| (count < most).then_some(count + 1);
        let begun = self.under_way.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        begun.is_ok().then(|| UnderWay(Arc::clone(self)))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn rate(per_second: u32, burst: u32) -> Rate {
        Rate::new(NonZeroU32::new(per_second).unwrap(), NonZeroU32::new(burst).unwrap())
    }

    #[test]
    fn a_burst_is_let_in_and_then_one_an_interval() {
        let start = Instant::now();
        let meter = Meter::new(start);
        let rate = rate(10, 3);
        for _ in 0..3 {
            assert_eq!(meter.count(rate, start), Ok(()));
        }
        assert_eq!(meter.count(rate, start), Err(Duration::from_millis(100)));
        assert_eq!(meter.count(rate, start + Duration::from_millis(99)), Err(Duration::from_millis(1)));
        assert_eq!(meter.count(rate, start + Duration::from_millis(100)), Ok(()));
        assert!(meter.count(rate, start + Duration::from_millis(100)).is_err());
        let later = start + Duration::from_hours(1);
        assert_eq!((0..9).filter(|_| meter.count(rate, later).is_ok()).count(), 3, "no more than a burst");
    }

    #[test]
    fn refused_calls_use_nothing_up() {
        let start = Instant::now();
        let meter = Meter::new(start);
        let rate = rate(1, 1);
        assert!(meter.count(rate, start).is_ok());
        assert!((0..1_000).all(|_| meter.count(rate, start).is_err()));
        assert!(meter.count(rate, start + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn a_call_that_ends_makes_room() {
        let meter = Arc::new(Meter::new(Instant::now()));
        let first = meter.begin(2).unwrap();
        let second = meter.begin(2).unwrap();
        assert!(meter.begin(2).is_none());
        drop(first);
        assert!(meter.begin(2).is_some());
        drop(second);
    }
}
