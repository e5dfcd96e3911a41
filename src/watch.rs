//! Committed changes in their order: the newest ones in memory, and a signal when there are more.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;

use crate::domain::{ChangeSet, Revision};

/// How many change sets are kept in memory. Who is further behind reads the store's log.
const KEPT: usize = 1024;
/// How many changes these may have together: a set of an import has thousands.
const KEPT_CHANGES: usize = 16_384;

/// The stream of committed changes.
///
/// INVARIANT: the kept change sets have consecutive revisions, of which the last is the signalled one, unless none is
/// kept.
pub struct Feed {
    kept: Mutex<Kept>,
    newest: watch::Sender<Revision>,
    /// Where each watcher is, for as long as there is one.
    watchers: Mutex<Vec<Weak<AtomicU64>>>,
}

/// One who follows, until it is dropped.
#[derive(Debug)]
pub struct Watcher(Arc<AtomicU64>);

impl Watcher {
    /// Notes that it was sent everything up to a revision.
    pub fn reached(&self, revision: Revision) {
        self.0.store(revision.get(), Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Kept {
    sets: VecDeque<Arc<ChangeSet>>,
    changes: usize,
}

impl Kept {
    fn push(&mut self, set: Arc<ChangeSet>) {
        self.changes += set.changes.len();
        self.sets.push_back(set);
        while self.sets.len() > KEPT || self.changes > KEPT_CHANGES {
            let Some(oldest) = self.sets.pop_front() else { return };
            self.changes -= oldest.changes.len();
        }
    }
}

impl Feed {
    /// A stream that goes on behind a revision.
    #[must_use]
    pub fn new(newest: Revision) -> Self {
        Self { kept: Mutex::default(), newest: watch::Sender::new(newest), watchers: Mutex::default() }
    }

    /// Puts committed changes behind the others, and signals. They must follow the newest without a gap.
    pub fn publish(&self, sets: Vec<Arc<ChangeSet>>) {
        let Some(newest) = sets.last().map(|set| set.revision) else { return };
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            for set in sets {
                kept.push(set);
            }
        }
        self.newest.send_replace(newest);
    }

    /// The changes behind a revision, at most `count_max`; none if they are no longer in memory.
    #[must_use]
    pub fn after(&self, revision: Revision, count_max: usize) -> Option<Vec<Arc<ChangeSet>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let first = kept.sets.front()?.revision;
        if revision.next() < first {
            return None;
        }
        let behind = usize::try_from(revision.next().get() - first.get()).ok()?;
        Some(kept.sets.iter().skip(behind).take(count_max).cloned().collect())
    }

    /// Keeps nothing in memory any more, until there are further changes.
    pub fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// Counts one who follows and has everything up to a revision.
    #[must_use]
    pub fn watcher(&self, after: Revision) -> Watcher {
        let place = Arc::new(AtomicU64::new(after.get()));
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|it| it.strong_count() > 0);
        watchers.push(Arc::downgrade(&place));
        Watcher(place)
    }

    /// How many follow, and how many revisions the one furthest behind has yet to be sent.
    #[must_use]
    pub fn lag(&self) -> (usize, u64) {
        let newest = self.newest.borrow().get();
        let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        let places = watchers.iter().filter_map(Weak::upgrade);
        places.fold((0, 0), |(count, lag), place| {
            (count + 1, lag.max(newest.saturating_sub(place.load(Ordering::Relaxed))))
        })
    }

    /// Follows the newest revision.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Revision> {
        self.newest.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Affected, Change, Id, Key, Note};

    fn set(revision: u64) -> Arc<ChangeSet> {
        Arc::new(ChangeSet {
            revision: Revision::new(revision),
            committed_at_ms: 0,
            request_id: None,
            note: Note::default(),
            changes: vec![],
            affected: Affected::Users(vec![]),
        })
    }

    fn revisions(feed: &Feed, after: u64, count_max: usize) -> Option<Vec<u64>> {
        let sets = feed.after(Revision::new(after), count_max)?;
        Some(sets.iter().map(|set| set.revision.get()).collect())
    }

    #[test]
    fn changes_come_in_order_from_any_revision_that_is_kept() {
        let feed = Feed::new(Revision::new(10));
        assert_eq!(revisions(&feed, 10, 9), None);
        feed.publish((11..=2000).map(set).collect());
        assert_eq!(*feed.follow().borrow(), Revision::new(2000));
        assert_eq!(revisions(&feed, 1997, 9), Some(vec![1998, 1999, 2000]));
        assert_eq!(revisions(&feed, 1500, 2), Some(vec![1501, 1502]));
        assert_eq!(revisions(&feed, 2000, 9), Some(vec![]));
        assert_eq!(revisions(&feed, 2000 - KEPT as u64 - 1, 9), None);
    }

    #[test]
    fn the_lag_is_that_of_the_watcher_furthest_behind() {
        let feed = Feed::new(Revision::new(10));
        assert_eq!(feed.lag(), (0, 0));
        let (slow, quick) = (feed.watcher(Revision::new(4)), feed.watcher(Revision::new(10)));
        feed.publish(vec![set(11)]);
        quick.reached(Revision::new(11));
        assert_eq!(feed.lag(), (2, 7));
        slow.reached(Revision::new(9));
        assert_eq!(feed.lag(), (2, 2));
        drop(slow);
        assert_eq!(feed.lag(), (1, 0));
    }

    #[test]
    fn large_sets_are_kept_in_smaller_numbers_and_none_when_memory_is_short() {
        let feed = Feed::new(Revision::new(0));
        let key = Key::User(Id::parse("u").unwrap());
        let change = Change { key, before: None, after: None };
        let large = |revision| {
            let set = ChangeSet::clone(&set(revision));
            Arc::new(ChangeSet { changes: vec![change.clone(); KEPT_CHANGES / 2], ..set })
        };
        feed.publish((1..=3).map(large).collect());
        assert_eq!(revisions(&feed, 0, 9), None, "it is in the log");
        assert_eq!(revisions(&feed, 1, 9), Some(vec![2, 3]));
        feed.forget();
        assert_eq!(revisions(&feed, 1, 9), None);
        feed.publish(vec![set(4)]);
        assert_eq!(revisions(&feed, 3, 9), Some(vec![4]));
    }
}
