//! A small volume: a file system in memory, in a mount namespace of its own.
//!
//! Whoever is not root has the namespace in one of users, too. A shell holds it; what is mounted there is reached through
//! `/proc`, and goes away with the shell.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

use crate::tool::must;

/// A volume, gone when it goes out of scope.
pub(super) struct Volume {
    shell: Child,
    said: BufReader<ChildStdout>,
}

impl Volume {
    /// A volume of so many MiB.
    pub(super) fn of_mib(mib: u64) -> Self {
        let is_root = must(Command::new("id").arg("-u")).trim() == "0";
        let mut command = Command::new("unshare");
        command.arg("--mount").args((!is_root).then_some("--map-root-user")).arg("sh");
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(shell.stdout.take().unwrap());
        let mut volume = Self { shell, said };
        volume.run(&format!("mount -t tmpfs -o size={mib}m tmpfs /mnt"));
        volume
    }

    /// Gives it another size.
    pub(super) fn resize(&mut self, mib: u64) {
        self.run(&format!("mount -o remount,size={mib}m /mnt"));
    }

    /// Makes what is below a folder of it read-only there.
    pub(super) fn freeze(&mut self, folder: &str) {
        self.run(&format!(
            "mount --bind /mnt/{folder} /mnt/{folder} && mount -o remount,bind,ro /mnt/{folder}"
        ));
    }

    /// Undoes that.
    pub(super) fn thaw(&mut self, folder: &str) {
        self.run(&format!("umount /mnt/{folder}"));
    }

    fn run(&mut self, line: &str) {
        writeln!(self.shell.stdin.as_mut().unwrap(), "{{ {line}; }} 2>&1 && echo done || echo failed")
            .unwrap();
        let mut said = String::new();
        while !said.ends_with("done\n") {
            let more = self.said.read_line(&mut said).unwrap();
            assert!(
                more > 0 && !said.ends_with("failed\n"),
                "unshare, as root or with --map-root-user: {line}: {said}"
            );
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        Path::new("/proc").join(self.shell.id().to_string()).join("root/mnt")
    }

    pub(super) fn free_bytes(&self) -> u64 {
        let found = statvfs(self.path()).unwrap();
        found.f_bavail * found.f_frsize
    }

    /// Takes all but so many bytes.
    pub(super) fn fill(&self, but_bytes: u64) {
        let name = self.path().join(format!("filler{}", self.path().read_dir().unwrap().count()));
        let filler = File::create(name).unwrap();
        loop {
            let bytes = self.free_bytes().saturating_sub(but_bytes);
            match fallocate(&filler, FallocateFlags::empty(), 0, bytes) {
                // There is nothing to take, or somebody else has just taken some of it.
                Err(_) if bytes == 0 => return,
                Err(Errno::NOSPC) => {}
                done => return done.unwrap(),
            }
        }
    }

    /// Gives back what [`Volume::fill`] took.
    pub(super) fn empty(&self) {
        for entry in self.path().read_dir().unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_string_lossy().starts_with("filler") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        self.shell.kill().ok();
        self.shell.wait().ok();
    }
}
