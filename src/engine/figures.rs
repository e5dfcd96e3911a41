//! What there is and how it goes, in numbers: for whoever watches the service. Reading them costs the service nothing.

use std::sync::atomic::Ordering;

use super::{DecisionCount, Engine, Verification};
use crate::domain::{Id, Kind, Revision};
use crate::telemetry::Timings;

/// What there is and how it goes, at one time.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The revision of the newest state.
    pub revision: Revision,
    /// When it was committed, in milliseconds since 1970-01-01 UTC; 0 in a store that was never written to.
    pub committed_at_ms: i64,
    /// The objects of each kind but resources.
    pub objects: Vec<(Kind, usize)>,
    /// The resources of each entity type.
    pub resources: Vec<(Id, usize)>,
    /// Decisions made for single questions and those of batches; none where they aren't counted.
    pub decisions: Vec<DecisionCount>,
    /// The cache of effective rights.
    pub cache: CacheFigures,
    /// The store and what is written to it.
    pub store: StoreFigures,
    /// Who follows the changes.
    pub watch: WatchFigures,
    /// What the verifier has done.
    pub verification: Verification,
}

/// The cache of effective rights.
#[derive(Clone, Copy, Debug)]
pub struct CacheFigures {
    /// Users whose rights are kept.
    pub users: usize,
    /// The most of them.
    pub users_max: usize,
    /// How often rights were looked for; none where that isn't counted.
    pub lookups: Option<u64>,
    /// How often they were compiled.
    pub misses: u64,
    /// How many were dropped because a change touched them.
    pub dropped: u64,
}

/// The store and what is written to it.
#[derive(Clone, Debug)]
pub struct StoreFigures {
    /// The bytes on disk.
    pub bytes: u64,
    /// How long commits took; each holds the writes that waited together.
    pub commits: Timings,
    /// How many commits failed, but for want of room.
    pub failures: u64,
    /// How many commits found too little room on the volume.
    pub full: u64,
    /// How many writes wait.
    pub writes_waiting: usize,
}

/// Who follows the changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WatchFigures {
    /// How many.
    pub watchers: usize,
    /// How many revisions the one furthest behind has not been sent.
    pub lag: u64,
}

impl Engine {
    /// What there is and how it goes. Asks the disk for the size of files.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let shared = &self.shared;
        let published = shared.published.load();
        let (snapshot, cache, tally) = (published.snapshot(), &shared.cache, shared.tally.as_ref());
        let (watchers, lag) = shared.feed.lag();
        let kinds = Kind::EACH.into_iter().filter(|kind| *kind != Kind::Resource);
        Figures {
            revision: snapshot.revision(),
            committed_at_ms: shared.committed_at_ms.load(Ordering::Relaxed),
            objects: kinds.map(|kind| (kind, snapshot.directory().count(kind))).collect(),
            resources: snapshot.resource_counts().map(|(name, count)| (name.clone(), count)).collect(),
            decisions: tally.map(|it| it.decisions()).unwrap_or_default(),
            cache: CacheFigures {
                users: cache.len(),
                users_max: cache.count_max(),
                lookups: tally.map(|it| it.lookups()),
                misses: cache.misses(),
                dropped: cache.dropped(),
            },
            store: StoreFigures {
                bytes: self.store_bytes(),
                commits: shared.commits.durations.timings(),
                failures: shared.commits.failures.load(Ordering::Relaxed),
                full: shared.commits.full.load(Ordering::Relaxed),
                writes_waiting: self.queue.max_capacity() - self.queue.capacity(),
            },
            watch: WatchFigures { watchers, lag },
            verification: self.verification(),
        }
    }
}
