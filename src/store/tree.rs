//! The tree on disk: sled 0.34.7, and the care that it needs.
//!
//! - A write is on disk after [`Tree::write`]: the tree's own flush does not sync the file, so that is done here.
//! - A crash while it opens can leave `snap.*.generating`, which it would take for its newest snapshot and refuse.
//! - It panics on some damage: every call is guarded.
//! - It can wait for ever where the disk fails: whoever has waited too long gives it up, and [`closing`] closes it.
//! - It sees to single batches only. No transaction, no subscription, no second tree.

use std::fs::File;
use std::io;
use std::ops::RangeBounds;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise};

use super::closing;
use super::fault::{Fault, guarded};
use super::space::{self, Room};

/// How often the tree writes out by itself. Only this syncs what no commit follows, and tidies the file.
const FLUSH_EVERY_MS: u64 = 500;
/// How long the lock of a tree that was just closed is waited for: its threads end a little after it.
const UNLOCK_WAIT_MAX: Duration = Duration::from_secs(5);
const UNLOCK_POLL: Duration = Duration::from_millis(5);

/// The open tree. Closed when it is dropped.
pub(super) struct Tree {
    /// None while it is being dropped.
    db: Option<sled::Db>,
    /// The tree's data file, opened once more to sync it.
    data: File,
    /// Whether a write or a sync has failed.
    is_broken: AtomicBool,
    /// Whether one does not end.
    is_given_up: AtomicBool,
}

impl Tree {
    /// Opens the tree of a directory, or makes one where there is none.
    pub(super) fn open(directory: &Path, cache_bytes: u64) -> Result<Self, Fault> {
        remove_unfinished_snapshots(directory)?;
        let config = sled::Config::new()
            .path(directory)
            .cache_capacity(cache_bytes)
            .mode(sled::Mode::LowSpace)
            .flush_every_ms(Some(FLUSH_EVERY_MS));
        let db = open_once_unlocked(&config)?;
        let data = File::options().write(true).open(directory.join("db"))?;
        let (is_broken, is_given_up) = (AtomicBool::new(false), AtomicBool::new(false));
        let tree = Self { db: Some(db), data, is_broken, is_given_up };
        // What a crash left unsynced was read back just now and may be shown: it must not be lost later.
        tree.sync()?;
        File::open(directory)?.sync_all()?;
        Ok(tree)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, Fault> {
        let db = self.db()?;
        guarded(|| Ok(db.get(key)?))
    }

    /// The entries of a range in bytewise order; not a snapshot.
    pub(super) fn range(&self, range: impl RangeBounds<Vec<u8>>) -> Result<Range, Fault> {
        Ok(Range { entries: self.db()?.range(range) })
    }

    /// The last entry of a range.
    pub(super) fn last(
        &self,
        range: impl RangeBounds<Vec<u8>>,
    ) -> Result<Option<(sled::IVec, sled::IVec)>, Fault> {
        let db = self.db()?;
        guarded(|| Ok(db.range(range).next_back().transpose()?))
    }

    /// Applies a batch as one; returns when it is on disk.
    pub(super) fn write(&self, batch: sled::Batch) -> Result<(), Fault> {
        self.write_unsynced(batch)?;
        self.sync()
    }

    /// Applies a batch as one; it may be lost until [`Tree::sync`] has returned.
    pub(super) fn write_unsynced(&self, batch: sled::Batch) -> Result<(), Fault> {
        let db = self.db()?;
        let written = guarded(|| Ok(db.apply_batch(batch)?));
        self.is_broken.fetch_or(written.is_err(), Ordering::Release);
        written
    }

    /// Returns when everything written before is on disk.
    pub(super) fn sync(&self) -> Result<(), Fault> {
        let db = self.db()?;
        let synced = guarded(|| {
            db.flush()?;
            Ok(self.data.sync_data()?)
        });
        if synced.is_err() {
            self.is_broken.store(true, Ordering::Release);
            // The kernel now takes for clean what it could not write. Forgotten, it is read from the disk by whoever
            // opens the tree next, who would else be shown what the disk does not have.
            let _ = fadvise(&self.data, 0, None, Advice::DontNeed);
        }
        synced
    }

    /// The room on its volume, beside what a batch of so many bytes needs.
    pub(super) fn room(&self, batch_bytes: u64) -> io::Result<Room> {
        Room::of(&self.data, batch_bytes)
    }

    /// Takes room for a batch of so many bytes.
    pub(super) fn take_ahead(&self, batch_bytes: u64) -> io::Result<()> {
        space::take_ahead(&self.data, batch_bytes)
    }

    /// The bytes of its data file.
    pub(super) fn data_bytes(&self) -> io::Result<u64> {
        Ok(self.data.metadata()?.len())
    }

    /// The bytes of its files.
    pub(super) fn size_bytes(&self) -> Result<u64, Fault> {
        let db = self.db()?;
        guarded(|| Ok(db.size_on_disk()?))
    }

    /// Whether it is known that nothing more can be written. The tree's own threads may have met the disk's error where
    /// nobody waited, or forgotten to wake who does.
    pub(super) fn has_failed(&self) -> bool {
        // Hidden from the documentation of this very version, and public.
        let has_error = || self.db.as_ref().is_some_and(|db| db.context.global_error().is_err());
        self.is_broken.load(Ordering::Acquire) || has_error()
    }

    /// Refuses all reading from now on: a write that doesn't end may hold a lock that readers would wait for.
    pub(super) fn give_up(&self) {
        self.is_broken.store(true, Ordering::Release);
        self.is_given_up.store(true, Ordering::Release);
    }

    fn db(&self) -> Result<&sled::Db, Fault> {
        match &self.db {
            Some(db) if !self.is_given_up.load(Ordering::Acquire) => Ok(db),
            Some(_) | None => {
                Err(Fault::Disk(io::Error::new(io::ErrorKind::TimedOut, "the tree no longer answers")))
            }
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let has_failed = self.has_failed();
        let Some(db) = self.db.take() else { return };
        if has_failed {
            closing::leave(db);
        } else {
            closing::close(db, &self.data);
        }
    }
}

/// The entries of a range.
pub(super) struct Range {
    entries: sled::Iter,
}

impl Iterator for Range {
    type Item = Result<(sled::IVec, sled::IVec), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        guarded(|| Ok(self.entries.next().transpose()?)).transpose()
    }
}

/// Removing them is as if the crash had come a moment earlier: the snapshot before them is still there.
fn remove_unfinished_snapshots(directory: &Path) -> Result<(), Fault> {
    let entries = match directory.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Fault::Disk(error)),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(b"snap.") && name.ends_with(b".generating") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Only threads of this process can hold the tree's lock, for the store's own lock is held already.
fn open_once_unlocked(config: &sled::Config) -> Result<sled::Db, Fault> {
    let start = Instant::now();
    loop {
        match guarded(|| Ok(config.open()?)) {
            Err(Fault::Disk(error)) if is_locked(&error) && start.elapsed() < UNLOCK_WAIT_MAX => {
                thread::sleep(UNLOCK_POLL);
            }
            done => return done,
        }
    }
}

/// The tree gives no kind for it, only words.
fn is_locked(error: &io::Error) -> bool {
    error.to_string().starts_with("could not acquire lock")
}
