//! Stores and backups that older builds have left, in `tests/sample-store/`, each with the same objects.
//!
//! Format 1 was never released: its stores are refused by name, and its backups are restored like any other. Format 2
//! is the one that is written. The samples have records of several parts, an object put twice and a deleted one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use dopusk::domain::Revision;
use dopusk::store::{Settings, Store};
use flate2::read::GzDecoder;
use tempfile::TempDir;

use crate::process::Process;
use crate::tool::{must, root, text};

/// What each sample has written: two imports, a put and a deletion.
const REVISIONS: u64 = 4;

fn sample(name: &str) -> PathBuf {
    root().join("tests/sample-store").join(name)
}

/// A sample store, unpacked.
fn unpacked(format: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let archive = sample(&format!("format-{format}.tar.gz"));
    must(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder.path()));
    let store = folder.path().join("store");
    (folder, store)
}

fn gunzip(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(sample(name)).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn dopusk() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dopusk"))
}

fn export(url: &str) -> String {
    must(dopusk().args(["export", "--format", "jsonl", "--server", url]))
}

fn assert_all_objects(exported: &str) {
    let wanted = String::from_utf8(gunzip("objects.jsonl.gz")).unwrap();
    assert_eq!(exported.lines().count(), 756);
    assert!(exported == wanted, "the objects are not those that were written");
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn a_store_of_format_2_opens_whole_and_takes_writes() {
    let (_folder, path) = unpacked(2);
    let server = Process::spawn(&path);
    let url = server.url();
    let before = export(&url);
    assert_all_objects(&before);
    must(dopusk().args(["delete", "resource", "ticket", "t-0008", "--server", &url]));
    drop(server);
    let server = Process::spawn(&path);
    let after = export(&server.url());
    assert_eq!(after.lines().count() + 1, before.lines().count());
}

#[test]
fn the_change_log_of_a_store_of_format_2_is_read() {
    let (_folder, path) = unpacked(2);
    let store = Store::open(&path, &Settings::default()).unwrap();
    assert_eq!(store.revision(), Revision::new(REVISIONS));
    let changes = store.changes_after(Revision::ZERO, 9).unwrap();
    assert_eq!(changes.len() as u64, REVISIONS);
}

#[test]
fn a_store_of_format_1_is_refused_by_name_and_left_as_it_was() {
    let (_folder, path) = unpacked(1);
    let before = files(&path);
    let refusal = dopusk().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&path).output().unwrap();
    let said = text(&refusal);
    assert!(!refusal.status.success() && said.contains("has format 1; this version reads 2"), "{said}");
    assert!(files(&path) == before, "something in the refused store has changed");
}

#[test]
fn a_backup_made_before_format_2_is_restored_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (backup, path) = (folder.path().join("company.backup"), folder.path().join("store"));
    fs::write(&backup, gunzip("format-1.backup.gz")).unwrap();
    must(dopusk().arg("restore").arg(backup).arg("--data").arg(&path));
    let server = Process::spawn(&path);
    assert_all_objects(&export(&server.url()));
}

#[test]
fn the_format_that_is_written_has_its_sample() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path(), &Settings::default()).unwrap().close().unwrap();
    let label = fs::read(folder.path().join("STORE")).unwrap();
    let format = u32::from_be_bytes(label[8..12].try_into().unwrap());
    let archive = sample(&format!("format-{format}.tar.gz"));
    assert!(archive.is_file(), "{} must come with the format", archive.display());
}
