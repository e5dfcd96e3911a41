//! How long something takes, counted by duration: two additions without a lock, nothing allocated.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The bounds, in microseconds: from the quickest answer to what nobody waits for any more.
const BOUNDS_US: [u64; 18] = [
    25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// Durations, counted by the first bound that each doesn't exceed.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One more than there are bounds: for what exceeds them all.
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_ns: AtomicU64,
}

/// The durations of a histogram at some time.
#[derive(Clone, PartialEq, Debug)]
pub struct Timings {
    /// How many there were.
    pub count: u64,
    /// All of them together, in seconds.
    pub sum_s: f64,
    /// Upper bounds in seconds, each with how many were above the bound before and not above this one. The last is
    /// infinite.
    pub buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// Counts a duration.
    pub fn count(&self, duration: Duration) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let at = BOUNDS_US.partition_point(|bound| bound * 1_000 < ns);
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// How many durations were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// The durations until now.
    #[must_use]
    pub fn timings(&self) -> Timings {
        let bounds = BOUNDS_US.iter().map(|bound| Duration::from_micros(*bound).as_secs_f64());
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let sum_s = Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed)).as_secs_f64();
        Timings { count: buckets.iter().map(|(_, count)| count).sum(), sum_s, buckets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_below_the_first_bound_that_it_does_not_exceed() {
        let histogram = Histogram::default();
        for us in [0, 25, 26, 10_000_000, 10_000_001, u64::MAX / 1_000_000] {
            histogram.count(Duration::from_micros(us));
        }
        let timings = histogram.timings();
        assert_eq!(timings.count, 6);
        assert_eq!(histogram.total(), 6);
        assert_eq!(timings.buckets[0], (0.000_025, 2));
        assert_eq!(timings.buckets[1], (0.000_05, 1));
        assert_eq!(timings.buckets[17], (10.0, 1));
        assert_eq!(timings.buckets[18], (f64::INFINITY, 2));
    }

    #[test]
    fn the_sum_is_in_seconds() {
        let histogram = Histogram::default();
        histogram.count(Duration::from_millis(1_500));
        histogram.count(Duration::from_millis(500));
        assert!((histogram.timings().sum_s - 2.0).abs() < 1e-9);
    }
}
