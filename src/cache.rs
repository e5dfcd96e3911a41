//! Effective rights by user: precomputed once, kept until a change touches them, bounded in number.
//!
//! The only user of `DashMap`. Knows of revisions and of nothing else that could tell it what is current.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use dashmap::{DashMap, Entry};
use foldhash::fast::RandomState;
use std::hash::BuildHasher as _;

use crate::domain::{Affected, Id, Revision};
use crate::rights::EffectiveRights;

/// How many shards there are: readers of different users seldom meet at one lock.
const SHARDS: usize = 256;
/// How many drop stamps there are. Users who share one only cost each other an insertion now and then: 512 KiB.
const STAMPS: usize = 1 << 16;

/// However short memory is, so many users' rights are kept: less than 10 MiB.
const SHRUNK_MIN: usize = 1_024;

/// What the cache has for a reader at some revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Rights that are right at the reader's revision.
    Hit(Arc<EffectiveRights>),
    /// Rights of a newer revision than the reader's: of no use to him, and not to be replaced by his.
    Newer,
    /// Nothing.
    Nothing,
}

struct Kept {
    rights: Arc<EffectiveRights>,
    /// The revision of the snapshot that they were compiled from.
    revision: Revision,
    /// Whether they were asked for since the last sweep.
    is_used: AtomicBool,
}

/// Effective rights by user.
///
/// INVARIANT: an entry of revision `e` that a reader of snapshot `s ≥ e` finds is right at `s`. The argument:
///
/// 1. Whoever commits revision `r` first stamps the users that it touches with `r`, then removes their entries, and
///    only then publishes the snapshot `r` (the order is kept in one place, `engine::write`).
/// 2. An insertion of rights compiled at `e` looks at the user's stamp while it holds the lock of the entry's shard,
///    and is refused if the stamp is greater than `e`. The removal takes the same lock after the stamp was set. So
///    either the insertion came before the removal, which then took it out, or it sees the stamp and is refused.
///    No entry older than the last drop that concerns it stays.
/// 3. A reader has its snapshot `s` before it looks here. Every drop for revisions up to `s` was done before `s` was
///    published, so an entry that is still here was touched by none of the revisions in `(e, s]`.
///
/// A drop of everyone is the same with one stamp for all and every shard's lock in turn.
pub struct Cache {
    entries: DashMap<Id, Kept, RandomState>,
    /// By the hash of the user; a collision refuses an insertion that would have been right, and no more.
    stamps: Box<[AtomicU64]>,
    stamp_of_all: AtomicU64,
    hasher: RandomState,
    count: AtomicUsize,
    count_max: usize,
    /// As many as may be kept now: fewer where memory is short.
    bound: AtomicUsize,
    misses: AtomicU64,
    dropped: AtomicU64,
}

impl Cache {
    /// A cache for at most so many users.
    #[must_use]
    pub fn new(count_max: usize) -> Self {
        Self {
            entries: DashMap::with_hasher_and_shard_amount(RandomState::default(), SHARDS),
            stamps: (0..STAMPS).map(|_| AtomicU64::new(0)).collect(),
            stamp_of_all: AtomicU64::new(0),
            hasher: RandomState::default(),
            count: AtomicUsize::new(0),
            count_max: count_max.max(1),
            bound: AtomicUsize::new(count_max.max(1)),
            misses: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// The rights of a user, for a reader of the snapshot of a revision.
    #[must_use]
    pub fn get(&self, user: &str, at: Revision) -> Found {
        let Some(kept) = self.entries.get(user) else { return Found::Nothing };
        if kept.revision > at {
            return Found::Newer;
        }
        // Read before writing: the line stays shared among the processors.
        if !kept.is_used.load(Ordering::Relaxed) {
            kept.is_used.store(true, Ordering::Relaxed);
        }
        Found::Hit(Arc::clone(&kept.rights))
    }

    /// The same without being taken for a use: none where there is nothing, or nothing for this reader.
    #[must_use]
    pub fn peek(&self, user: &str, at: Revision) -> Option<Arc<EffectiveRights>> {
        let kept = self.entries.get(user).filter(|kept| kept.revision <= at)?;
        Some(Arc::clone(&kept.rights))
    }

    /// Drops these rights, if it is they that are kept of the user; they are compiled anew when he is asked for.
    pub fn forget(&self, user: &str, rights: &Arc<EffectiveRights>) {
        let is_removed = self.entries.remove_if(user, |_, kept| Arc::ptr_eq(&kept.rights, rights)).is_some();
        if is_removed {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Keeps the rights of a user that were compiled from the snapshot of a revision, unless a change that concerns
    /// him has come since, or newer ones are kept.
    pub fn insert(&self, user: &Id, rights: &Arc<EffectiveRights>, revision: Revision) {
        self.misses.fetch_add(1, Ordering::Relaxed);
        let bound = self.bound.load(Ordering::Relaxed);
        if self.count.load(Ordering::Relaxed) >= bound {
            // Room for an eighth, so that not every further one sweeps.
            self.sweep(bound - bound.div_ceil(8));
        }
        let kept = Kept { rights: Arc::clone(rights), revision, is_used: AtomicBool::new(true) };
        match self.entries.entry(user.clone()) {
            // INVARIANT: the stamp is read under the shard's lock, which the entry holds.
            Entry::Occupied(_) | Entry::Vacant(_) if self.stamp(user) > revision.get() => {}
            Entry::Occupied(mut present) => {
                if present.get().revision < revision {
                    present.insert(kept);
                }
            }
            Entry::Vacant(place) => {
                place.insert(kept);
                self.count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Drops the rights of those whom the change of a revision touches. To be called before the snapshot of that
    /// revision is published.
    pub fn drop_affected(&self, affected: &Affected, revision: Revision) {
        match affected {
            Affected::Users(users) => {
                for user in users {
                    self.stamp_place(user).store(revision.get(), Ordering::Release);
                    if self.entries.remove(user.as_str()).is_some() {
                        self.count.fetch_sub(1, Ordering::Relaxed);
                        self.dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            Affected::All => {
                self.stamp_of_all.store(revision.get(), Ordering::Release);
                self.retain(|_| false);
            }
        }
    }

    /// How many users' rights are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether nobody's rights are kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most users whose rights are kept.
    #[must_use]
    pub fn count_max(&self) -> usize {
        self.count_max
    }

    /// How many insertions there were: each stands for one compilation.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    /// How many entries were dropped because a change touched them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn stamp(&self, user: &Id) -> u64 {
        let own = self.stamp_place(user).load(Ordering::Acquire);
        own.max(self.stamp_of_all.load(Ordering::Acquire))
    }

    fn stamp_place(&self, user: &Id) -> &AtomicU64 {
        let hash = self.hasher.hash_one(user.as_str());
        let at = usize::try_from(hash % STAMPS as u64).unwrap_or(0);
        self.stamps.get(at).unwrap_or(&self.stamp_of_all)
    }

    /// Keeps half as many, and goes on so until [`Cache::grow`]; always some, for those who are asked for all the time.
    pub fn shrink(&self) {
        let bound = (self.len() / 2).max(SHRUNK_MIN).min(self.count_max);
        self.bound.store(bound, Ordering::Relaxed);
        self.sweep(bound);
    }

    /// Keeps as many as may be again.
    pub fn grow(&self) {
        self.bound.store(self.count_max, Ordering::Relaxed);
    }

    /// Makes room: those who were not asked for since the last sweep go; if all were, as many as are too many.
    fn sweep(&self, target: usize) {
        self.retain(|kept| kept.is_used.swap(false, Ordering::Relaxed));
        // Read once: others may drop entries meanwhile.
        let excess = self.len().saturating_sub(target);
        if excess > 0 {
            let excess = AtomicUsize::new(excess);
            self.retain(|_| {
                excess.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_err()
            });
        }
    }

    fn retain(&self, stays: impl Fn(&Kept) -> bool) {
        self.entries.retain(|_, kept| {
            let stays = stays(kept);
            if !stays {
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use crate::domain::{Object, SupportRole, User};

    fn rights(id: &Id) -> Arc<EffectiveRights> {
        let mut directory = Directory::default();
        let user = User {
            id: id.clone(),
            name: String::new(),
            departments: vec![],
            active: true,
            admin: false,
            support_role: SupportRole::None,
        };
        directory.put(&Object::User(Arc::new(user)));
        let (index, _) = directory.find_user(id.as_str()).unwrap();
        Arc::new(EffectiveRights::compile(&directory, index).unwrap())
    }

    fn at(revision: u64) -> Revision {
        Revision::new(revision)
    }

    #[test]
    fn an_insertion_older_than_the_last_drop_is_refused() {
        let cache = Cache::new(10);
        let user = Id::parse("u").unwrap();
        cache.drop_affected(&Affected::Users(vec![user.clone()]), at(5));
        cache.insert(&user, &rights(&user), at(4));
        assert_eq!(cache.get("u", at(9)), Found::Nothing);
        cache.insert(&user, &rights(&user), at(5));
        assert!(matches!(cache.get("u", at(9)), Found::Hit(_)));
    }

    #[test]
    fn a_drop_of_all_is_a_drop_of_each() {
        let cache = Cache::new(10);
        let user = Id::parse("u").unwrap();
        cache.insert(&user, &rights(&user), at(1));
        cache.drop_affected(&Affected::All, at(5));
        cache.insert(&user, &rights(&user), at(4));
        assert_eq!(cache.get("u", at(9)), Found::Nothing);
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn a_reader_of_an_older_snapshot_is_told_that_newer_rights_are_kept() {
        let cache = Cache::new(10);
        let user = Id::parse("u").unwrap();
        cache.insert(&user, &rights(&user), at(7));
        assert_eq!(cache.get("u", at(6)), Found::Newer);
        cache.insert(&user, &rights(&user), at(3));
        assert!(matches!(cache.get("u", at(7)), Found::Hit(_)));
    }

    #[test]
    fn only_the_rights_that_are_kept_are_forgotten() {
        let cache = Cache::new(10);
        let user = Id::parse("u").unwrap();
        let (old, new) = (rights(&user), rights(&user));
        cache.insert(&user, &old, at(1));
        cache.insert(&user, &new, at(2));
        assert_eq!((cache.peek("u", at(1)), cache.peek("u", at(2))), (None, Some(Arc::clone(&new))));
        cache.forget("u", &old);
        assert_eq!(cache.len(), 1);
        cache.forget("u", &new);
        assert_eq!((cache.len(), cache.get("u", at(2))), (0, Found::Nothing));
    }

    #[test]
    fn the_number_of_entries_is_bounded_and_those_in_use_stay_longest() {
        let cache = Cache::new(80);
        let favourite = Id::parse("favourite").unwrap();
        cache.insert(&favourite, &rights(&favourite), at(1));
        let mut found = 0;
        for n in 0..1000 {
            let user = Id::parse(&n.to_string()).unwrap();
            cache.insert(&user, &rights(&user), at(1));
            assert!(cache.len() <= 81);
            if cache.get("favourite", at(1)) == Found::Nothing {
                cache.insert(&favourite, &rights(&favourite), at(1));
            } else {
                found += 1;
            }
        }
        assert!(found > 900, "found {found} times of 1000");
    }
    #[test]
    fn a_cache_that_shrinks_stays_small_until_it_may_grow() {
        let cache = Cache::new(10_000);
        let fill = || {
            for n in 0..8_000 {
                let user = Id::parse(&n.to_string()).unwrap();
                cache.insert(&user, &rights(&user), at(1));
            }
        };
        fill();
        assert_eq!(cache.len(), 8_000);
        cache.shrink();
        assert!(cache.len() <= 4_000);
        fill();
        assert!(cache.len() <= 4_001, "{}", cache.len());
        (0..9).for_each(|_| cache.shrink());
        fill();
        assert!(cache.len() <= SHRUNK_MIN + 1 && !cache.is_empty(), "{}", cache.len());
        cache.grow();
        fill();
        assert_eq!(cache.len(), 8_000);
    }
}
