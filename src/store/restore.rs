//! Making a new store from a backup.
//!
//! It is made in a directory beside the one it is to be, and renamed when it is whole and synced: a crash leaves
//! nothing under its name.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::domain::{Object, Revision};

use super::backup::{ReadError, Reader};
use super::commit::CommitError;
use super::creation::Creation;
use super::draft::{Draft, Drafted};
use super::layout::{Layout, Lock, parent, remove_directory, sync_directory};
use super::open::{OpenError, Opened};
use super::state::State;
use super::tree::Tree;
use super::{Settings, StoreId};

/// How many objects are put into the tree at once.
const BATCH_OBJECTS: usize = 1_000;

/// What was restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restored {
    /// The id that the new store was given.
    pub id: StoreId,
    /// The backup's revision, and so the store's.
    pub revision: Revision,
    /// How many objects it has.
    pub objects: u64,
}

/// Why a backup is not restored. Nothing is left under the store's name.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something is where the store is to be.
    #[error("{} is there and not empty; a backup is restored into a new directory", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// The backup cannot be read.
    #[error(transparent)]
    Backup(#[from] ReadError),
    /// The new store cannot be made.
    #[error("the new store cannot be made")]
    Open(#[from] OpenError),
    /// The disk refuses.
    #[error("the new store {} cannot be written", path.display())]
    Disk {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Makes a new store of a backup, under a new id, with the backup's revision and an empty change log.
///
/// Give it something buffered. The directory must be absent or empty.
///
/// # Errors
/// Says why not; then nothing is left under the store's name.
pub fn restore(backup: impl Read, path: &Path, settings: &Settings) -> Result<Restored, RestoreError> {
    refuse_existing(path)?;
    let mut reader = Reader::new(backup)?;
    let beside = beside(path);
    let layout = Layout::new(&beside);
    let lock = lock_beside(&layout)?;
    // What a restore left that was broken off; its maker is gone, or the lock would be his.
    layout.clear()?;
    let made = Creation::begin(layout, lock, settings.cache_bytes)
        .map_err(RestoreError::from)
        .and_then(|creation| fill(creation, &mut reader, &beside));
    let moved = made.and_then(|(restored, _lock)| {
        move_into_place(&beside, path).map_err(|source| disk(path, source))?;
        Ok(restored)
    });
    if moved.is_err() {
        // The error that led here is the one to tell; the next restore clears up too.
        let _ = remove_directory(&beside);
    }
    moved
}

fn refuse_existing(path: &Path) -> Result<(), RestoreError> {
    match path.read_dir() {
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(RestoreError::NotEmpty { path: path.to_path_buf() }),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(disk(path, source)),
    }
}

/// The directory in which the store is made: in the same file system, so that it can be renamed.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(|| OsString::from("store"), OsString::from);
    name.push(".restoring");
    parent(path).join(name)
}

/// Refuses a directory that was made by someone else, and takes any other, whatever state it is in.
fn lock_beside(layout: &Layout) -> Result<Lock, OpenError> {
    match layout.look() {
        Ok(_)
        | Err(OpenError::Damaged { .. } | OpenError::NewerFormat { .. } | OpenError::OlderFormat { .. }) => {
            layout.lock()
        }
        Err(error @ (OpenError::NotAStore { .. } | OpenError::InUse { .. } | OpenError::Disk { .. })) => {
            Err(error)
        }
    }
}

/// Fills and closes the new store; the lock is kept until it is in its place.
fn fill<R: Read>(
    creation: Creation,
    reader: &mut Reader<R>,
    path: &Path,
) -> Result<(Restored, Lock), RestoreError> {
    let mut state = State::default();
    loop {
        let objects: Vec<Object> = reader.by_ref().take(BATCH_OBJECTS).collect::<Result<_, _>>()?;
        if objects.is_empty() {
            break;
        }
        state = put(creation.tree(), state, &objects).map_err(|error| disk(path, into_io(error)))?;
    }
    let revision = reader.revision();
    let Opened { tree: _, label, ballast: _, state, lock } =
        creation.finish(State { revision, oldest_kept: revision, ..state })?;
    Ok((Restored { id: label.id, revision, objects: state.summary.objects }, lock))
}

/// Puts objects upon a state, unsynced.
fn put(tree: &Tree, state: State, objects: &[Object]) -> Result<State, CommitError> {
    let mut draft = Draft::new(tree, state);
    for object in objects {
        draft.replace(&object.key(), Some(object))?;
    }
    let Drafted { batch, state, bytes: _ } = draft.finish()?;
    tree.write_unsynced(batch)?;
    Ok(state)
}

fn into_io(error: CommitError) -> io::Error {
    match error {
        CommitError::Disk(source) | CommitError::Unsettled(source) => source,
        error @ (CommitError::Order { .. }
        | CommitError::Unlike { .. }
        | CommitError::TooLarge { .. }
        | CommitError::NoRoom(_)
        | CommitError::Damaged(_)
        | CommitError::Stopped) => io::Error::new(io::ErrorKind::InvalidData, error),
    }
}

fn move_into_place(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_directory(parent(to))
}

fn disk(path: &Path, source: io::Error) -> RestoreError {
    RestoreError::Disk { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{LogError, Store, backup, sample};

    fn saved() -> (tempfile::TempDir, Vec<u8>, StoreId) {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(&directory.path().join("old"));
        sample::commit_empty(&store, 6);
        let mut objects = sample::one_of_each_kind();
        objects.extend((0..2_500).map(|number| sample::resource(&format!("u{number:05}"), number)));
        objects.push(sample::large_group("h", 10_000));
        sample::commit(&store, sample::put(7, &objects));
        let (file, summary) = backup::save(&store, Vec::new()).unwrap();
        assert_eq!(summary.objects, objects.len() as u64);
        let id = store.id();
        (directory, file, id)
    }

    fn files(path: &Path) -> Vec<PathBuf> {
        let mut files: Vec<_> = path.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    #[test]
    fn a_restored_store_has_the_objects_the_revision_an_empty_log_and_a_new_id() {
        let (directory, file, old_id) = saved();
        let path = directory.path().join("new");
        let restored = restore(file.as_slice(), &path, &sample::settings()).unwrap();
        let store = sample::open(&path);
        assert_ne!(store.id(), old_id);
        assert_eq!((store.id(), store.revision()), (restored.id, Revision::new(7)));
        assert_eq!(restored.objects, 2_509);
        assert_eq!(store.oldest_kept(), Revision::new(7));
        assert_eq!(store.changes_after(Revision::new(7), 9).unwrap(), []);
        assert!(matches!(store.changes_after(Revision::new(6), 9), Err(LogError::NotKept { .. })));
        assert_eq!(store.revision_of_request(&sample::id("request 7")).unwrap(), None);
        assert_eq!(backup::save(&store, Vec::new()).unwrap().0, file);
        sample::commit_empty(&store, 1);
        assert_eq!(store.revision(), Revision::new(8));
    }

    #[test]
    fn a_cut_or_damaged_backup_leaves_nothing() {
        let (directory, file, _) = saved();
        let before = files(directory.path());
        let path = directory.path().join("new");
        let cut = &file[..file.len() - 1];
        let error = restore(cut, &path, &sample::settings()).unwrap_err();
        assert!(matches!(error, RestoreError::Backup(ReadError::CutShort)), "{error:?}");
        let mut damaged = file.clone();
        damaged[file.len() / 2] ^= 1;
        let error = restore(damaged.as_slice(), &path, &sample::settings()).unwrap_err();
        assert!(matches!(error, RestoreError::Backup(ReadError::Damaged { .. })), "{error:?}");
        assert_eq!(files(directory.path()), before);
    }

    #[test]
    fn nothing_is_restored_over_something() {
        let (directory, file, id) = saved();
        let path = directory.path().join("old");
        let error = restore(file.as_slice(), &path, &sample::settings()).unwrap_err();
        assert!(matches!(error, RestoreError::NotEmpty { .. }));
        assert_eq!(sample::open(&path).id(), id);
    }

    #[test]
    fn an_empty_directory_and_the_rest_of_a_broken_off_restore_are_no_hindrance() {
        let (directory, file, _) = saved();
        let path = directory.path().join("new");
        std::fs::create_dir(&path).unwrap();
        // As if the crash had come just before the renaming.
        drop(sample::open(&directory.path().join("new.restoring")));
        restore(file.as_slice(), &path, &sample::settings()).unwrap();
        assert_eq!(sample::load(&sample::open(&path)).unwrap().len(), 2_509);
        assert!(!directory.path().join("new.restoring").exists());
    }

    #[test]
    fn a_foreign_directory_beside_is_left_alone() {
        let (directory, file, _) = saved();
        let letter = directory.path().join("new.restoring/letter.txt");
        std::fs::create_dir(letter.parent().unwrap()).unwrap();
        std::fs::write(&letter, "dear").unwrap();
        let error = restore(file.as_slice(), &directory.path().join("new"), &sample::settings()).unwrap_err();
        assert!(matches!(error, RestoreError::Open(OpenError::NotAStore { .. })), "{error:?}");
        assert!(letter.exists());
    }

    #[test]
    fn two_restores_of_one_store_do_not_meet() {
        let (directory, file, _) = saved();
        let _other: Store = sample::open(&directory.path().join("new.restoring"));
        let error = restore(file.as_slice(), &directory.path().join("new"), &sample::settings()).unwrap_err();
        assert!(matches!(error, RestoreError::Open(OpenError::InUse { .. })), "{error:?}");
    }
}
