//! The directory of a store, and who may touch it.
//!
//! ```text
//! LOCK        locked by the process that has the store open
//! STORE       the label; without it there is no store
//! STORE.new   the label of a store that is being made
//! BALLAST     room for the next opening
//! sled/       the tree
//! ```

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::fault::Damage;
use super::label::{Label, LabelError};
use super::open::OpenError;
use super::part::FORMAT;

const LOCK: &str = "LOCK";
const LABEL: &str = "STORE";
const UNFINISHED: &str = "STORE.new";
const TREE: &str = "sled";
const BALLAST: &str = "BALLAST";
/// What a file system keeps in its own root: an empty volume has it.
const LOST_AND_FOUND: &str = "lost+found";

/// The directory of a store.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: PathBuf,
}

/// What a directory holds.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing, or there is no directory.
    Nothing,
    /// A store whose making was broken off: nothing in it was ever acknowledged.
    Unfinished,
    /// A store.
    Store(Label),
}

/// The right to touch a directory; given back when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is being started has it open too until it runs its program.
        drop(self.file.unlock());
    }
}

impl Layout {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.root.join(TREE)
    }

    pub(super) fn ballast(&self) -> PathBuf {
        self.root.join(BALLAST)
    }

    pub(super) fn unfinished_label(&self) -> PathBuf {
        self.root.join(UNFINISHED)
    }

    /// Looks at the directory and changes nothing. Refuses whatever this version must not open.
    pub(super) fn look(&self) -> Result<Found, OpenError> {
        let names = self.names().map_err(|source| self.disk(source))?;
        let has = |name: &str| names.iter().any(|found| found == name);
        if has(LABEL) {
            return self.look_at_store();
        }
        let is_foreign = |name: &&String| ![LOCK, UNFINISHED, TREE, LOST_AND_FOUND].contains(&name.as_str());
        if names.iter().any(|name| is_foreign(&name)) {
            return Err(OpenError::NotAStore { path: self.root.clone() });
        }
        match (has(UNFINISHED), has(TREE)) {
            (true, _) => Ok(Found::Unfinished),
            (false, true) => Err(OpenError::NotAStore { path: self.root.clone() }),
            (false, false) => Ok(Found::Nothing),
        }
    }

    /// Takes the directory for this process, making it if need be.
    pub(super) fn lock(&self) -> Result<Lock, OpenError> {
        create_directory(&self.root).map_err(|source| self.disk(source))?;
        let options = File::options().write(true).create(true).truncate(false).open(self.root.join(LOCK));
        let file = options.map_err(|source| self.disk(source))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: self.root.clone() }),
            Err(TryLockError::Error(source)) => Err(self.disk(source)),
        }
    }

    /// Removes a store, whole or not, and leaves the directory and its lock.
    pub(super) fn clear(&self) -> Result<(), OpenError> {
        let label = remove_file(&self.root.join(LABEL));
        let cleared = label.and_then(|()| remove_directory(&self.tree()));
        let cleared = cleared.and_then(|()| remove_file(&self.ballast()));
        let cleared = cleared.and_then(|()| remove_file(&self.unfinished_label()));
        cleared.map_err(|source| self.disk(source))
    }

    /// Makes the unfinished store a store: the last step of making one.
    pub(super) fn finish(&self) -> io::Result<()> {
        let tree = self.tree();
        File::open(tree.join("conf"))?.sync_all()?;
        sync_directory(&tree)?;
        sync_directory(&self.root)?;
        std::fs::rename(self.unfinished_label(), self.root.join(LABEL))?;
        sync_directory(&self.root)
    }

    /// The error of a disk that refuses.
    pub(super) fn disk(&self, source: io::Error) -> OpenError {
        OpenError::Disk { path: self.root.clone(), source }
    }

    /// The error of damaged data.
    pub(super) fn damaged(&self, source: Damage) -> OpenError {
        OpenError::Damaged { path: self.root.clone(), source }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        match self.root.read_dir() {
            Ok(entries) => {
                entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn look_at_store(&self) -> Result<Found, OpenError> {
        let label = Label::open(&self.root.join(LABEL)).map_err(|error| match error {
            LabelError::Disk(source) => self.disk(source),
            LabelError::Damage => self.damaged(Damage::Label),
            LabelError::Newer { found } => {
                OpenError::NewerFormat { path: self.root.clone(), found, known: FORMAT.into() }
            }
            LabelError::Older { found } => {
                OpenError::OlderFormat { path: self.root.clone(), found, known: FORMAT.into() }
            }
        })?;
        if self.tree().join("db").is_file() {
            Ok(Found::Store(label))
        } else {
            Err(self.damaged(Damage::NoData))
        }
    }
}

/// Makes a directory and those above it, so that a crash of the machine does not lose them.
fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent(path);
    create_directory(parent)?;
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        done => done?,
    }
    sync_directory(parent)
}

/// Removes a directory with all that is in it, if it is there.
pub(super) fn remove_directory(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn remove_file(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Returns when the names in a directory are on disk.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The directory that a path is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => Path::new("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_directory_is_refused_and_nothing_is_left_in_it() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("letter.txt"), "dear").unwrap();
        assert!(matches!(Layout::new(directory.path()).look(), Err(OpenError::NotAStore { .. })));
        assert_eq!(directory.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn a_tree_without_a_label_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(TREE)).unwrap();
        assert!(matches!(Layout::new(directory.path()).look(), Err(OpenError::NotAStore { .. })));
    }

    #[test]
    fn an_absent_an_empty_and_a_freshly_mounted_directory_hold_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        assert!(matches!(Layout::new(&directory.path().join("a/b")).look(), Ok(Found::Nothing)));
        assert!(matches!(layout.look(), Ok(Found::Nothing)));
        std::fs::create_dir(directory.path().join(LOST_AND_FOUND)).unwrap();
        let _lock = layout.lock().unwrap();
        assert!(matches!(layout.look(), Ok(Found::Nothing)));
    }

    #[test]
    fn a_lock_is_given_back_although_the_file_is_open_elsewhere() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let lock = layout.lock().unwrap();
        // As a process has it that was forked and does not run its program yet.
        let _elsewhere = lock.file.try_clone().unwrap();
        assert!(matches!(layout.lock(), Err(OpenError::InUse { .. })));
        drop(lock);
        assert!(layout.lock().is_ok());
    }

    #[test]
    fn a_file_is_no_directory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "").unwrap();
        assert!(matches!(Layout::new(&path).look(), Err(OpenError::Disk { .. })));
    }
}
