//! Some of the resources of which a decision is turned, for people to look at.

use crate::domain::Id;
use crate::visibility::{Turn, Turned};

/// Resources of which a decision is turned; not all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    /// Some of those gained, in order of ids.
    pub gained: Vec<Id>,
    /// Some of those lost, in order of ids.
    pub lost: Vec<Id>,
}

/// A sample in the making.
pub(super) struct Sampling {
    sample: Sample,
    gained_max: usize,
    lost_max: usize,
}

impl Sampling {
    pub(super) fn of(turned: Turned, count_max: usize) -> Self {
        let most = |count: u64| usize::try_from(count).unwrap_or(usize::MAX).min(count_max);
        Self { sample: Sample::default(), gained_max: most(turned.gained), lost_max: most(turned.lost) }
    }

    /// Takes a resource in, if it is wanted and new; tells whether more are wanted.
    pub(super) fn add(&mut self, id: &Id, turn: Turn) -> bool {
        let Sample { gained, lost } = &mut self.sample;
        let (ids, ids_max) = match turn {
            Turn::Stays => return true,
            Turn::Gained => (gained, self.gained_max),
            Turn::Lost => (lost, self.lost_max),
        };
        if ids.len() < ids_max && !ids.contains(id) {
            ids.push(id.clone());
        }
        self.sample.gained.len() < self.gained_max || self.sample.lost.len() < self.lost_max
    }

    pub(super) fn end(mut self) -> Sample {
        self.sample.gained.sort_unstable();
        self.sample.lost.sort_unstable();
        self.sample
    }
}
