//! Calls of the operating system that fail on command: a shim before libc, compiled here, and the folder that commands it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::process::Process;
use crate::tool::{must, root};

/// Errors by their numbers.
pub(super) const EIO: i64 = 5;
pub(super) const ENOSPC: i64 = 28;
pub(super) const EROFS: i64 = 30;
/// None: the call doesn't return for as long as that is commanded.
pub(super) const SILENT: i64 = -1;

fn library() -> &'static Path {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fault-shim.so");
        let source = root().join("tests/it/fault/shim.c");
        must(
            Command::new("cc")
                .args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"])
                .arg(&path)
                .arg(source)
                .arg("-ldl"),
        );
        path
    });
    &LIBRARY
}

/// A store whose server can be given faults.
pub(super) struct Faults {
    folder: TempDir,
}

impl Faults {
    pub(super) fn none() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("faults")).unwrap();
        Self { folder }
    }

    /// Starts a server on the store, which has the name that the shim knows.
    pub(super) fn spawn(&self) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.env("LD_PRELOAD", library()).env("FAULTS", self.folder.path().join("faults"));
        Process::spawn_under(command, &self.store())
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Commands from now on.
    pub(super) fn set(&self, name: &str, number: i64) {
        // Under another name first, so that half a number is never read.
        let file = self.folder.path().join("faults").join(name);
        fs::write(file.with_extension("new"), number.to_string()).unwrap();
        fs::rename(file.with_extension("new"), file).unwrap();
    }

    /// Takes every command back.
    pub(super) fn clear(&self) {
        for entry in self.folder.path().join("faults").read_dir().unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}
