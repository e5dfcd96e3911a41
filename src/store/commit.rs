//! Committing: a group of change sets becomes one batch on disk, or nothing.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::domain::{ChangeSet, Key, Revision};

use super::draft::{Draft, Drafted};
use super::fault::{Damage, Fault};
use super::space::Room;
use super::{Health, Store, Tail};

/// How many changes a commit lets go of besides two for each that it adds: the log shrinks while it grows, and
/// no commit waits long for it.
const TRIMMED_EXTRA_MAX: usize = 16;

/// Why a group is not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A set's revision is not the one after the newest. Nothing was written.
    #[error("revision {found} was to be committed where {expected} is next")]
    Order {
        /// The revision that is next.
        expected: Revision,
        /// The revision that was given.
        found: Revision,
    },
    /// A change's state before it is not the store's. Nothing was written.
    #[error("{key} is there and a change says it was not, or the other way round")]
    Unlike {
        /// The key of the object.
        key: Key,
    },
    /// A record has too many bytes. Nothing was written.
    #[error("{record} has more than {bytes_max} bytes")]
    TooLarge {
        /// Which one.
        record: String,
        /// The most bytes of a record.
        bytes_max: usize,
    },
    /// The volume has too little room. Nothing was written; there may be room later.
    #[error("{} bytes are free on the volume, {} are needed", .0.available, .0.needed)]
    NoRoom(Room),
    /// The disk cannot be read. Nothing was written.
    #[error("the store cannot be read")]
    Disk(#[source] io::Error),
    /// The data are not those that were written. Nothing was written.
    #[error("the store is damaged and must be restored from a backup")]
    Damaged(#[source] Damage),
    /// Writing failed half-way. Whether the group was written shows when the store is opened again.
    #[error("the store cannot be written; it takes no more until it is opened again")]
    Unsettled(#[source] io::Error),
    /// An earlier commit failed half-way. Nothing was written.
    #[error("an earlier commit failed; the store takes no more until it is opened again")]
    Stopped,
}

impl From<Fault> for CommitError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Disk(error) => Self::Disk(error),
            Fault::Damage(damage) => Self::Damaged(damage),
        }
    }
}

impl Store {
    /// Commits change sets as one batch; returns when it is on disk.
    ///
    /// The sets carry the revisions right after the newest, in order. One thread commits at a time; a second one
    /// waits. Lets go of old changes, a bounded number.
    ///
    /// # Errors
    /// After `Unsettled` nothing more is taken: every later commit says `Stopped`. After the other errors the store
    /// goes on as if the group had not been given.
    pub fn commit(&self, sets: &[Arc<ChangeSet>]) -> Result<(), CommitError> {
        let Some(newest) = sets.last() else { return Ok(()) };
        let mut tail = self.tail();
        match self.health(&tail) {
            Health::Sound => {}
            Health::Stopped => return Err(CommitError::Stopped),
        }
        let mut draft = Draft::new(&self.tree, tail.state);
        let retention = self.opening.hold(self.retention, newest.committed_at_ms);
        draft.trim(&retention, newest, 2 * sets.len() + TRIMMED_EXTRA_MAX)?;
        for set in sets {
            draft.apply(set)?;
        }
        self.write(&mut tail, draft)
    }

    fn write(&self, tail: &mut Tail, draft: Draft<'_>) -> Result<(), CommitError> {
        let Drafted { batch, bytes, state } = draft.finish()?;
        self.make_sure_of_room(tail, bytes)?;
        // Until the batch is on disk it is unknown whether it will be; nothing may build upon it.
        tail.health = Health::Stopped;
        // Before the changes go: a reader who finds them gone must find this too.
        self.oldest_kept.store(state.oldest_kept.get(), Ordering::Release);
        let written = self.tree.write(batch).map_err(Fault::into_io);
        let marked = written.and_then(|()| tail.label.mark(state.revision));
        marked.and_then(|()| self.refuse_late()).map_err(|error| {
            self.stop();
            CommitError::Unsettled(error)
        })?;
        tail.state = state;
        tail.health = Health::Sound;
        // INVARIANT: only what is on disk is published.
        self.revision.store(state.revision.get(), Ordering::Release);
        Ok(())
    }

    /// Whoever has given a commit up meanwhile has told that it is unknown.
    fn refuse_late(&self) -> io::Result<()> {
        if self.is_stopped.load(Ordering::Acquire) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it was given up before it ended"));
        }
        Ok(())
    }

    fn make_sure_of_room(&self, tail: &mut Tail, batch_bytes: u64) -> Result<(), CommitError> {
        let room = self.tree.room(batch_bytes).map_err(CommitError::Disk)?;
        if !room.is_enough() {
            return Err(CommitError::NoRoom(room));
        }
        self.tree.take_ahead(batch_bytes).map_err(|_| CommitError::NoRoom(room))?;
        tail.ballast.fit(self.tree.data_bytes().map_err(CommitError::Disk)?, room);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, Object};
    use crate::store::sample;

    fn replaced(before: &Object, after: &Object) -> Change {
        Change { key: after.key(), before: Some(before.clone()), after: Some(after.clone()) }
    }

    fn deleted(before: &Object) -> Change {
        Change { key: before.key(), before: Some(before.clone()), after: None }
    }

    #[test]
    fn a_group_is_committed_in_order_as_one() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let (first, second) = (sample::resource("1", 1), sample::resource("1", 2));
        let other = sample::resource("2", 1);
        let group = [
            sample::put(1, &[first.clone(), other.clone()]),
            sample::set(2, vec![replaced(&first, &second)]),
            sample::set(3, vec![deleted(&other)]),
        ];
        store.commit(&group.map(Arc::new)).unwrap();
        assert_eq!(store.revision(), Revision::new(3));
        assert_eq!(sample::load(&store).unwrap(), [second]);
    }

    #[test]
    fn a_group_with_one_bad_set_leaves_nothing_and_the_store_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let object = sample::resource("1", 1);
        let gap = [sample::put(1, std::slice::from_ref(&object)), sample::put(3, &[])].map(Arc::new);
        let error = store.commit(&gap).unwrap_err();
        assert!(matches!(error, CommitError::Order { expected, found }
            if expected == Revision::new(2) && found == Revision::new(3)));
        let absent = [sample::set(1, vec![deleted(&object)])].map(Arc::new);
        assert!(matches!(store.commit(&absent), Err(CommitError::Unlike { key }) if key == object.key()));
        assert_eq!(store.revision(), Revision::ZERO);
        assert_eq!(sample::load(&store).unwrap(), []);
        sample::commit(&store, sample::put(1, std::slice::from_ref(&object)));
        assert_eq!(sample::load(&store).unwrap(), [object]);
    }

    #[test]
    fn after_a_commit_that_failed_half_way_nothing_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        store.tail().health = Health::Stopped;
        let group = [Arc::new(sample::put(1, &[]))];
        assert!(matches!(store.commit(&group), Err(CommitError::Stopped)));
        drop(store);
        sample::open(directory.path()).commit(&group).unwrap();
    }

    #[test]
    fn an_empty_group_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        store.commit(&[]).unwrap();
        assert_eq!(store.revision(), Revision::ZERO);
    }

    #[test]
    fn a_group_of_ten_thousand_members_is_kept_shrunk_and_deleted() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let (large, small) = (sample::large_group("g", 10_000), sample::large_group("g", 3));
        sample::commit(&store, sample::put(1, std::slice::from_ref(&large)));
        assert_eq!(sample::load(&store).unwrap(), std::slice::from_ref(&large));
        sample::commit(&store, sample::set(2, vec![replaced(&large, &small)]));
        assert_eq!(sample::load(&store).unwrap(), std::slice::from_ref(&small));
        sample::commit(&store, sample::set(3, vec![deleted(&small)]));
        assert_eq!(sample::load(&store).unwrap(), []);
        let log = store.changes_after(Revision::ZERO, 9).unwrap();
        assert_eq!(log[1], sample::set(2, vec![replaced(&large, &small)]));
    }

    /// The tree never syncs the files that it makes for pages it finds too large.
    #[test]
    fn large_objects_stay_within_the_synced_file() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        for round in 0..4 {
            let groups: Vec<_> =
                (0..8).map(|number| sample::large_group(&format!("{round}-{number}"), 2_000)).collect();
            sample::commit(&store, sample::put(round + 1, &groups));
        }
        store.close().unwrap();
        let blobs = directory.path().join("sled/blobs").read_dir().unwrap();
        assert_eq!(blobs.count(), 0);
    }
}
