//! The store on disk: the source of truth, and the only user of sled.
//!
//! It keeps every object, a log of the latest changes and the names of their requests. Serving is not its work:
//! everything is loaded into memory at start. It promises that a commit is whole or absent, that it is on disk
//! before [`Store::commit`] returns, and that it refuses to open rather than show less than was acknowledged.
//! It lacks queries, snapshots and waiting for changes.
//!
//! Format 2 on disk: `layout` has the directory, `label` the file STORE, `key` and `part` the entries of the tree,
//! `record` and `page` their contents.

pub mod backup;
mod closing;
mod code;
mod commit;
mod creation;
mod draft;
mod fault;
mod key;
mod label;
mod layout;
mod load;
mod log;
mod open;
mod overlay;
mod page;
mod pages;
mod part;
#[cfg(feature = "testing")]
pub mod probe;
mod read;
mod record;
mod records;
mod restore;
mod retention;
#[cfg(test)]
mod sample;
mod space;
mod state;
mod summary;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::Revision;

pub use self::commit::CommitError;
pub use self::fault::Damage;
use self::fault::Fault;
use self::label::Label;
pub use self::label::StoreId;
use self::layout::Lock;
pub use self::load::{LoadError, LoadSummary};
pub use self::log::LogError;
pub use self::open::OpenError;
use self::open::Opened;
pub use self::record::RecordError;
pub use self::restore::{RestoreError, Restored, restore};
use self::retention::Opening;
pub use self::retention::Retention;
use self::space::Ballast;
pub use self::space::Room;
use self::state::State;
use self::tree::Tree;

/// The memory for pages of the tree, if nothing else is said. The tree takes two to five times as much.
const CACHE_BYTES_DEFAULT: u64 = 128 << 20;

/// How a store is to be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The bytes of the tree's pages that are held in memory.
    pub cache_bytes: u64,
    /// How long changes are kept in the log.
    pub retention: Retention,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_bytes: CACHE_BYTES_DEFAULT, retention: Retention::default() }
    }
}

/// One open store. Closed when it is dropped; [`Store::close`] tells errors too.
///
/// INVARIANT: the fields are dropped in this order, so the lock is given back when nothing is open any more, but for a
/// tree that could not be closed: that keeps a lock of its own.
pub struct Store {
    tree: Tree,
    id: StoreId,
    retention: Retention,
    opening: Opening,
    /// The newest revision that is on disk.
    revision: AtomicU64,
    oldest_kept: AtomicU64,
    tail: Mutex<Tail>,
    /// Whether no more is taken, whatever the tail's health; set by those who don't wait for it.
    is_stopped: AtomicBool,
    _lock: Lock,
}

/// Where the next commit begins. Whoever holds it is the one who commits.
struct Tail {
    health: Health,
    state: State,
    label: Label,
    ballast: Ballast,
}

/// Whether more can be committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Health {
    Sound,
    /// A commit began and did not end well.
    Stopped,
}

/// Whether commits are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writing {
    /// They are.
    Open,
    /// Not while the volume has so little room.
    NoRoom(Room),
    /// Not until the store is opened again: writing failed half-way.
    Stopped,
}

impl Store {
    /// Opens the store of a directory, or makes one in an absent or empty one.
    ///
    /// Takes about a second for a million objects after a crash, less after [`Store::close`].
    ///
    /// # Errors
    /// Says why the store is not opened. Only what finds damage in the tree itself may have touched the data: the
    /// tree tidies up after a crash before it is read.
    pub fn open(path: &Path, settings: &Settings) -> Result<Self, OpenError> {
        let Opened { tree, label, ballast, state, lock } = open::open(path, settings.cache_bytes)?;
        Ok(Self {
            tree,
            id: label.id,
            retention: settings.retention,
            opening: Opening::now(),
            revision: AtomicU64::new(state.revision.get()),
            oldest_kept: AtomicU64::new(state.oldest_kept.get()),
            tail: Mutex::new(Tail { health: Health::Sound, state, label, ballast }),
            is_stopped: AtomicBool::new(false),
            _lock: lock,
        })
    }

    /// The store's name among all stores.
    #[must_use]
    pub const fn id(&self) -> StoreId {
        self.id
    }

    /// The newest revision that is on disk.
    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision::new(self.revision.load(Ordering::Acquire))
    }

    /// The smallest revision that [`Store::changes_after`] takes.
    #[must_use]
    pub fn oldest_kept(&self) -> Revision {
        Revision::new(self.oldest_kept.load(Ordering::Acquire))
    }

    /// Whether commits are taken at the moment. Costs about a microsecond on a local disk.
    #[must_use]
    pub fn writing(&self) -> Writing {
        if self.is_stopped.load(Ordering::Acquire) || self.tree.has_failed() {
            return Writing::Stopped;
        }
        match self.tree.room(0) {
            Ok(room) if !room.is_enough() => Writing::NoRoom(room),
            Ok(_) | Err(_) => Writing::Open,
        }
    }

    /// Takes no more commits until the store is opened again. Waits for nobody.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
    }

    /// Whether the tree is known to have failed. A commit that is under way then ends soon, or never: the tree can miss
    /// to wake whoever waits for its disk.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.tree.has_failed()
    }

    /// Gives up a commit that doesn't end: takes no more of them, and refuses all reading too, which could wait for the
    /// same. Whether it was written shows when the store is opened again.
    pub fn give_up(&self) {
        self.stop();
        self.tree.give_up();
    }

    /// The bytes that the tree takes on disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn size_bytes(&self) -> io::Result<u64> {
        self.tree.size_bytes().map_err(Fault::into_io)
    }

    /// Writes out what is not yet on disk and closes the store.
    ///
    /// Every commit that returned is on disk anyway; this makes the next opening faster.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn close(self) -> io::Result<()> {
        self.tree.sync().map_err(Fault::into_io)?;
        self.tail().label.sync()
    }

    /// Keeps commits from going on for as long as what it gives is there.
    #[cfg(test)]
    pub(crate) fn hold(&self) -> impl Sized {
        self.tail()
    }

    fn health(&self, tail: &Tail) -> Health {
        if self.is_stopped.load(Ordering::Acquire) { Health::Stopped } else { tail.health }
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        // INVARIANT: whoever breaks off a commit leaves `Stopped`, so a poisoned tail is as good as any.
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("id", &self.id)
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}
