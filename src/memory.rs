//! The memory of this process: how much it takes, how much it may take, and how near the one is to the other.
//!
//! Measured now and then by whoever is in charge, away from all calls, which look at one byte. What to give up when it
//! gets short is not known here.

mod cgroup;

use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

pub use cgroup::cgroup_limit;

/// From this share of the limit on, in percent, memory is short. What the kernel counts besides, such as the buffers of
/// sockets, has the rest.
const SHORT_PERCENT: u64 = 80;
/// From this one on it is all but gone.
const CRITICAL_PERCENT: u64 = 90;
/// It is short until it falls below the mark by so much: else it would be so every other moment.
const EASED_PERCENT: u64 = 3;

/// How near memory is to its limit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Strain {
    /// There is enough.
    #[default]
    Ample,
    /// Caches are given up, and nothing that needs much is begun.
    Short,
    /// Only what needs next to nothing is done.
    Critical,
}

/// A limit on memory, and how it stands.
#[derive(Debug, Default)]
pub struct Budget {
    limit: Option<u64>,
    resident: AtomicU64,
    strain: AtomicU8,
}

impl Budget {
    /// A limit in bytes, or none.
    #[must_use]
    pub const fn new(limit: Option<u64>) -> Self {
        Self { limit, resident: AtomicU64::new(0), strain: AtomicU8::new(Strain::Ample as u8) }
    }

    /// The limit, in bytes.
    #[must_use]
    pub const fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// The resident memory when it was last measured, in bytes; measured only where there is a limit.
    #[must_use]
    pub fn resident(&self) -> u64 {
        self.resident.load(Ordering::Relaxed)
    }

    /// How near it is to the limit.
    #[must_use]
    pub fn strain(&self) -> Strain {
        match self.strain.load(Ordering::Relaxed) {
            0 => Strain::Ample,
            1 => Strain::Short,
            _ => Strain::Critical,
        }
    }

    /// Measures, and says how near it is now. Costs some microseconds; memory that can't be measured is as it was.
    pub fn measure(&self) -> Strain {
        if self.limit.is_some()
            && let Ok(resident) = resident_bytes()
        {
            self.note(resident);
        }
        self.strain()
    }

    fn note(&self, resident: u64) {
        self.resident.store(resident, Ordering::Relaxed);
        let Some(limit) = self.limit else { return };
        let before = self.strain();
        let is_over = |percent: u64, strain: Strain| {
            let mark = if before >= strain { percent - EASED_PERCENT } else { percent };
            resident >= limit / 100 * mark
        };
        let strain = if is_over(CRITICAL_PERCENT, Strain::Critical) {
            Strain::Critical
        } else if is_over(SHORT_PERCENT, Strain::Short) {
            Strain::Short
        } else {
            Strain::Ample
        };
        self.strain.store(strain as u8, Ordering::Relaxed);
    }
}

/// The memory that this process has now, in bytes.
///
/// # Errors
/// The system doesn't say.
pub fn resident_bytes() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = kib.and_then(|it| it.trim().trim_end_matches("kB").trim_end().parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strain_at(budget: &Budget, resident: u64) -> Strain {
        budget.note(resident);
        budget.strain()
    }

    #[test]
    fn memory_is_short_near_its_limit_and_critical_nearer() {
        let budget = Budget::new(Some(1_000));
        assert_eq!(strain_at(&budget, 799), Strain::Ample);
        assert_eq!(strain_at(&budget, 800), Strain::Short);
        assert_eq!(strain_at(&budget, 900), Strain::Critical);
        assert_eq!(strain_at(&budget, 100), Strain::Ample);
        assert_eq!(budget.resident(), 100);
    }

    #[test]
    fn what_is_short_stays_so_until_it_is_well_below_the_mark() {
        let budget = Budget::new(Some(1_000));
        assert_eq!(strain_at(&budget, 900), Strain::Critical);
        assert_eq!(strain_at(&budget, 880), Strain::Critical);
        assert_eq!(strain_at(&budget, 869), Strain::Short);
        assert_eq!(strain_at(&budget, 780), Strain::Short);
        assert_eq!(strain_at(&budget, 769), Strain::Ample);
    }

    #[test]
    fn without_a_limit_there_is_always_enough() {
        let budget = Budget::new(None);
        assert_eq!(strain_at(&budget, u64::MAX), Strain::Ample);
        assert_eq!(budget.measure(), Strain::Ample);
    }

    #[test]
    fn this_process_has_some_memory() {
        let budget = Budget::new(Some(1 << 20));
        assert_eq!(budget.measure(), Strain::Critical, "{} bytes are more than 1 MiB", budget.resident());
    }
}
