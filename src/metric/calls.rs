//! Calls, counted by method and status with their durations, and those that failed by their reason.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::telemetry::{Histogram, Timings};

/// The status codes of gRPC, by their numbers.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
/// What a method is counted as that isn't known.
const OTHER: &str = "_OTHER";
/// The most reasons that are told apart; there are some forty.
const REASONS_MAX: usize = 128;

/// Calls, counted.
#[derive(Debug)]
pub struct Calls {
    /// The known methods, and behind them the others.
    methods: Vec<Method>,
    reasons: Mutex<BTreeMap<String, u64>>,
}

#[derive(Debug)]
struct Method {
    name: &'static str,
    begun: AtomicU64,
    by_code: [Histogram; CODES.len()],
}

/// The calls of one method that ended with one status.
#[derive(Clone, PartialEq, Debug)]
pub struct Ended {
    /// The method, such as `dopusk.v1.DecisionService/Check`.
    pub method: &'static str,
    /// The status, such as `OK`.
    pub code: &'static str,
    /// How long they took.
    pub timings: Timings,
}

/// The calls until now.
#[derive(Clone, PartialEq, Debug)]
pub struct CallsFigures {
    /// Those that have ended, by method and status.
    pub ended: Vec<Ended>,
    /// How many of each method are under way.
    pub under_way: Vec<(&'static str, u64)>,
    /// How many failed, by reason.
    pub reasons: Vec<(String, u64)>,
}

impl Calls {
    /// Counts calls of these methods apart, by their paths in HTTP. The most frequent ones come first.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = &'static str>) -> Self {
        let names = paths.into_iter().map(|path| path.trim_start_matches('/'));
        let methods = names.chain([OTHER]).map(|name| Method {
            name,
            begun: AtomicU64::new(0),
            by_code: std::array::from_fn(|_| Histogram::default()),
        });
        Self { methods: methods.collect(), reasons: Mutex::default() }
    }

    /// The place of a method by its path; that of the others if it isn't known.
    #[must_use]
    pub fn place(&self, path: &str) -> usize {
        let name = path.strip_prefix('/').unwrap_or(path);
        self.methods.iter().position(|method| method.name == name).unwrap_or(self.methods.len() - 1)
    }

    /// The name of the method at a place.
    #[must_use]
    pub fn name(&self, place: usize) -> &'static str {
        self.methods.get(place).map_or(OTHER, |method| method.name)
    }

    /// Counts a call as under way.
    pub fn begin(&self, place: usize) {
        if let Some(method) = self.methods.get(place) {
            method.begun.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a call as ended, with the number of its status; gives the status's name.
    pub fn end(&self, place: usize, code: usize, duration: Duration) -> &'static str {
        if let Some(histogram) = self.methods.get(place).and_then(|method| method.by_code.get(code)) {
            histogram.count(duration);
        }
        CODES.get(code).copied().unwrap_or(OTHER)
    }

    /// Counts a failure by its reason.
    pub fn fail(&self, reason: &str) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = reasons.len() >= REASONS_MAX;
        match reasons.get_mut(reason) {
            Some(count) => *count += 1,
            None => *reasons.entry(if is_full { OTHER } else { reason }.to_owned()).or_default() += 1,
        }
    }

    /// The calls until now. A method that was never called well is told as well, so that its first call is seen as one
    /// more.
    #[must_use]
    pub fn figures(&self) -> CallsFigures {
        let each = self
            .methods
            .iter()
            .flat_map(|method| CODES.iter().zip(&method.by_code).map(move |it| (method, it)));
        let ended = each.filter(|(_, (code, histogram))| **code == "OK" || histogram.total() > 0);
        let ended = ended.map(|(method, (code, histogram))| Ended {
            method: method.name,
            code,
            timings: histogram.timings(),
        });
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        CallsFigures {
            ended: ended.collect(),
            under_way: self.methods.iter().map(|method| (method.name, method.under_way())).collect(),
            reasons: reasons.iter().map(|(reason, count)| (reason.clone(), *count)).collect(),
        }
    }
}

impl Method {
    fn under_way(&self) -> u64 {
        // Those that have ended are read first: one that ends meanwhile is then not missed.
        let ended: u64 = self.by_code.iter().map(Histogram::total).sum();
        self.begun.load(Ordering::Relaxed).saturating_sub(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_is_not_known_is_one_of_the_others() {
        let calls = Calls::new(["/a.A/One", "/a.A/Two"]);
        assert_eq!(calls.name(calls.place("/a.A/Two")), "a.A/Two");
        assert_eq!(calls.name(calls.place("/a.A/Three")), OTHER);
        assert_eq!(calls.name(calls.place("")), OTHER);
    }

    #[test]
    fn a_call_is_under_way_until_it_ends() {
        let calls = Calls::new(["/a.A/One"]);
        calls.begin(0);
        calls.begin(0);
        calls.end(0, 1, Duration::from_millis(3));
        let figures = calls.figures();
        assert_eq!(figures.under_way, [("a.A/One", 1), (OTHER, 0)]);
        let counts: Vec<_> = figures.ended.iter().map(|it| (it.method, it.code, it.timings.count)).collect();
        assert_eq!(counts, [("a.A/One", "OK", 0), ("a.A/One", "CANCELLED", 1), (OTHER, "OK", 0)]);
    }

    #[test]
    fn the_number_of_reasons_is_bounded() {
        let calls = Calls::new([]);
        for at in 0..2 * REASONS_MAX {
            calls.fail(&format!("R{at}"));
        }
        calls.fail("R0");
        let reasons = calls.figures().reasons;
        assert_eq!(reasons.len(), REASONS_MAX + 1);
        assert!(
            reasons.contains(&("R0".to_owned(), 2))
                && reasons.contains(&(OTHER.to_owned(), REASONS_MAX as u64))
        );
    }
}
