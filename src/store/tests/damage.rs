//! A store whose files were altered is refused with words, never shown with less in it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::domain::Revision;
use crate::store::{Damage, LoadError, OpenError, Store, sample};

/// A closed store of some megabytes.
fn filled() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = sample::open(directory.path());
    for round in 0..20 {
        let objects: Vec<_> =
            (0..500).map(|number| sample::resource(&format!("{round:02}-{number:04}"), number)).collect();
        sample::commit(&store, sample::put(round + 1, &objects));
    }
    store.close().unwrap();
    directory
}

fn data(directory: &Path) -> File {
    File::options().read(true).write(true).open(directory.join("sled/db")).unwrap()
}

fn flip(file: &File, at: u64, length: usize) {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at).unwrap();
    for byte in &mut bytes {
        *byte ^= 0xff;
    }
    file.write_all_at(&bytes, at).unwrap();
}

fn try_open(path: &Path) -> Result<Store, OpenError> {
    Store::open(path, &sample::settings())
}

/// What a start does: open, then load. The text is the whole chain of causes.
fn start(path: &Path) -> Result<usize, String> {
    let store = try_open(path).map_err(|error| chain(&error))?;
    sample::load(&store).map(|objects| objects.len()).map_err(|error| chain(&error))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

fn snapshot_of_files(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in [directory.to_path_buf(), directory.join("sled")] {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn flipped_bytes_anywhere_in_the_data_are_refused_or_did_not_matter() {
    let directory = filled();
    let length = data(directory.path()).metadata().unwrap().len();
    let whole = snapshot_of_files(directory.path());
    let mut refused = 0;
    for step in 1..16 {
        flip(&data(directory.path()), length * step / 16, 64);
        match start(directory.path()) {
            Ok(objects) => assert_eq!(objects, 10_000),
            Err(text) => {
                refused += 1;
                assert!(text.contains("is damaged and must be restored from a backup: "), "{text}");
            }
        }
        for entry in directory.path().join("sled").read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::remove_file(path).unwrap();
            }
        }
        for (path, bytes) in &whole {
            std::fs::write(path, bytes).unwrap();
        }
    }
    assert!(refused > 0);
    assert_eq!(start(directory.path()), Ok(10_000));
}

#[test]
fn cut_off_data_are_refused() {
    for eighths in 0..8 {
        let directory = filled();
        let file = data(directory.path());
        let length = file.metadata().unwrap().len();
        file.set_len(length * eighths / 8).unwrap();
        let text = start(directory.path()).unwrap_err();
        assert!(text.contains("is damaged and must be restored from a backup: "), "{text}");
    }
}

#[test]
fn a_store_that_lost_acknowledged_revisions_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = sample::open(directory.path());
    sample::commit_empty(&store, 3);
    store.tail().label.mark(Revision::new(4)).unwrap();
    drop(store);
    let error = try_open(directory.path()).unwrap_err();
    let OpenError::Damaged { source: Damage::Lost { found, acknowledged }, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!((found, acknowledged), (Revision::new(3), Revision::new(4)));
}

#[test]
fn objects_that_do_not_add_up_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = sample::open(directory.path());
    sample::commit(&store, sample::put(1, &sample::one_of_each_kind()));
    let key = crate::store::key::first_page(&sample::id("ticket"));
    let mut batch = sled::Batch::default();
    batch.remove(crate::store::key::part(&key, 0));
    store.tree.write(batch).unwrap();
    drop(store);
    let error = sample::load(&sample::open(directory.path())).unwrap_err();
    assert!(matches!(error, LoadError::Damaged(Damage::Sum { found: 7, expected: 8 })), "{error:?}");
}

/// What opening says of a store of a format, which must not touch it.
fn open_of_format(format: u8) -> OpenError {
    let directory = filled();
    let path = directory.path().join("STORE");
    let mut label = std::fs::read(&path).unwrap();
    label[11] = format;
    let crc = crc32fast::hash(&label[..20]).to_be_bytes();
    label[20..24].copy_from_slice(&crc);
    std::fs::write(&path, label).unwrap();
    let before = snapshot_of_files(directory.path());
    let error = try_open(directory.path()).unwrap_err();
    assert_eq!(snapshot_of_files(directory.path()), before);
    error
}

#[test]
fn a_newer_or_older_format_is_refused_and_no_byte_is_touched() {
    let error = open_of_format(3);
    assert!(matches!(error, OpenError::NewerFormat { found: 3, known: 2, .. }), "{error:?}");
    let error = open_of_format(1);
    assert!(matches!(error, OpenError::OlderFormat { found: 1, known: 2, .. }), "{error:?}");
}

#[test]
fn a_label_without_data_is_refused_and_nothing_is_made() {
    let directory = filled();
    std::fs::remove_dir_all(directory.path().join("sled")).unwrap();
    let error = try_open(directory.path()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { source: Damage::NoData, .. }), "{error:?}");
    assert!(!directory.path().join("sled").exists());
}

#[test]
fn an_altered_label_is_refused() {
    let directory = filled();
    let path = directory.path().join("STORE");
    flip(&File::options().read(true).write(true).open(path).unwrap(), 12, 1);
    let error = try_open(directory.path()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { source: Damage::Label, .. }), "{error:?}");
}
