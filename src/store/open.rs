//! How a store is opened, and on what grounds that is refused.
//!
//! Whatever is refused before its tree is opened is left as it was found: another's files, a newer format, a
//! missing tree. An empty store is never made where there was one.

use std::io;
use std::path::{Path, PathBuf};

use super::creation::Creation;
use super::fault::Damage;
use super::label::Label;
use super::layout::{Found, Layout, Lock};
use super::space::Ballast;
use super::state::State;
use super::tree::Tree;

/// Why a store is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A process has it open.
    #[error("the store {} is in use by another process", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A newer version wrote it; nothing was touched.
    #[error("the store {} has format {found}; this version knows up to {known}", path.display())]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest that can be opened.
        known: u32,
    },
    /// A version wrote it whose format is not read any more; nothing was touched.
    #[error("the store {} has format {found}; this version reads {known}: restore a backup", path.display())]
    OlderFormat {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The one that is read.
        known: u32,
    },
    /// The directory holds files, but none that makes it a store; nothing was touched.
    #[error("{} is not empty and holds no store", path.display())]
    NotAStore {
        /// The directory.
        path: PathBuf,
    },
    /// The data are not those that were written.
    #[error("the store {} is damaged and must be restored from a backup", path.display())]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Damage,
    },
    /// The disk refuses.
    #[error("the store {} cannot be read or written", path.display())]
    Disk {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What an open store consists of. The lock is last, to be given back after everything else is closed.
pub(super) struct Opened {
    pub(super) tree: Tree,
    pub(super) label: Label,
    pub(super) ballast: Ballast,
    pub(super) state: State,
    pub(super) lock: Lock,
}

/// Opens the store of a directory, or makes one in an absent or empty one.
pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<Opened, OpenError> {
    let layout = Layout::new(path);
    // Without the lock, so that a directory which is refused is not even given a lock file.
    layout.look()?;
    let lock = layout.lock()?;
    match layout.look()? {
        Found::Store(label) => open_existing(&layout, label, lock, cache_bytes),
        Found::Unfinished => {
            layout.clear()?;
            Creation::begin(layout, lock, cache_bytes)?.finish(State::default())
        }
        Found::Nothing => Creation::begin(layout, lock, cache_bytes)?.finish(State::default()),
    }
}

fn open_existing(
    layout: &Layout,
    mut label: Label,
    lock: Lock,
    cache_bytes: u64,
) -> Result<Opened, OpenError> {
    let mut ballast = Ballast::at(layout.ballast());
    ballast.make_room().map_err(|source| layout.disk(source))?;
    let tree = Tree::open(&layout.tree(), cache_bytes).map_err(|fault| OpenError::of(layout, fault))?;
    let state = State::read(&tree).map_err(|fault| OpenError::of(layout, fault))?;
    if state.revision < label.acknowledged {
        return Err(layout.damaged(Damage::Lost { found: state.revision, acknowledged: label.acknowledged }));
    }
    label.mark(state.revision).map_err(|source| layout.disk(source))?;
    Ok(Opened { tree, label, ballast, state, lock })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::domain::Revision;
    use crate::store::{Store, sample};

    fn try_open(path: &Path) -> Result<Store, OpenError> {
        Store::open(path, &sample::settings())
    }

    #[test]
    fn a_store_is_made_where_there_is_none_and_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/er");
        let store = sample::open(&path);
        let id = store.id();
        assert_eq!(store.revision(), Revision::ZERO);
        sample::commit(&store, sample::put(1, &sample::one_of_each_kind()));
        store.close().unwrap();
        let store = sample::open(&path);
        assert_eq!((store.id(), store.revision()), (id, Revision::new(1)));
        assert_eq!(sample::load(&store).unwrap(), sample::one_of_each_kind());
        assert_eq!(
            store.changes_after(Revision::ZERO, 9).unwrap(),
            [sample::put(1, &sample::one_of_each_kind())]
        );
        assert!(store.size_bytes().unwrap() > 0);
    }

    #[test]
    fn two_stores_have_different_ids() {
        let directory = tempfile::tempdir().unwrap();
        let one = sample::open(&directory.path().join("1"));
        let other = sample::open(&directory.path().join("2"));
        assert_ne!(one.id(), other.id());
    }

    #[test]
    fn a_second_opening_is_refused_until_the_first_is_closed() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let error = try_open(directory.path()).unwrap_err();
        assert!(matches!(error, OpenError::InUse { .. }));
        assert!(error.to_string().ends_with("is in use by another process"));
        drop(store);
        drop(sample::open(directory.path()));
    }

    #[test]
    fn another_process_is_refused_too() {
        const VARIABLE: &str = "DOPUSK_TEST_STORE_IN_USE";
        if let Some(path) = std::env::var_os(VARIABLE) {
            assert!(matches!(try_open(Path::new(&path)), Err(OpenError::InUse { .. })));
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let _store = sample::open(directory.path());
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::open::tests::another_process_is_refused_too"])
            .env(VARIABLE, directory.path())
            .output()
            .unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    }

    #[test]
    fn a_making_that_was_broken_off_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        drop(sample::open(directory.path()));
        // As if the crash had come just before the last step.
        std::fs::rename(directory.path().join("STORE"), directory.path().join("STORE.new")).unwrap();
        let store = sample::open(directory.path());
        sample::commit(&store, sample::put(1, &sample::one_of_each_kind()));
        assert!(!directory.path().join("STORE.new").exists());
    }

    #[test]
    fn an_unfinished_snapshot_does_not_prevent_opening() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        sample::commit(&store, sample::put(1, &sample::one_of_each_kind()));
        drop(store);
        let snapshot = directory.path().join("sled/snap.FFFFFFFFFFFFFFFF.generating");
        std::fs::write(&snapshot, "half a snapshot").unwrap();
        let store = sample::open(directory.path());
        assert_eq!(sample::load(&store).unwrap(), sample::one_of_each_kind());
        assert!(!snapshot.exists());
    }
}
