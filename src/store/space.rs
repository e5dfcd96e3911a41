//! Room on the volume of a store, which is never used up: the tree doesn't get over a full one.
//!
//! A group is written only where it leaves a reserve, and its room is taken before it is written, so that nobody else can
//! take it meanwhile. BALLAST is room that is kept for the next opening, since the tree writes while it opens: where
//! there is no other, it is given up for that, and taken again when there is. Some file systems keep no room for a file;
//! there the reserve alone stands between others and the tree.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use rustix::fs::{FallocateFlags, fallocate, fstatvfs};
use rustix::io::Errno;

/// The room that is left free, and of a small volume a share of it.
const RESERVE_BYTES_MAX: u64 = 256 << 20;
const RESERVE_SHARE: u64 = 16;
/// What the tree may take for each byte of a batch until it is on disk. Small records take 3.3; it writes pages again.
const TAKEN_BY_BYTE: u64 = 8;
/// The room that is taken at once, so that it need not be for every write, and the most that is taken for a large one.
const AHEAD_BYTES: u64 = 4 << 20;
const AHEAD_BYTES_MAX: u64 = 64 << 20;
/// The unit in which the blocks of a file are counted.
const BLOCK_BYTES: u64 = 512;
/// The ballast, and the share of the tree's file that is enough: opening writes some tens of bytes for each page.
const BALLAST_BYTES_MIN: u64 = 4 << 20;
const BALLAST_BYTES_MAX: u64 = 64 << 20;
const BALLAST_SHARE: u64 = 8;

/// The room on a volume, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// What is free.
    pub available: u64,
    /// What must be free for a write.
    pub needed: u64,
}

impl Room {
    /// The room on the volume of an open file, beside what a batch of so many bytes needs. Costs less than a
    /// microsecond on a local disk.
    pub(super) fn of(file: &File, batch_bytes: u64) -> io::Result<Self> {
        let volume = fstatvfs(file)?;
        let total = volume.f_blocks.saturating_mul(volume.f_frsize);
        Ok(Self {
            available: volume.f_bavail.saturating_mul(volume.f_frsize),
            needed: reserve(total).saturating_add(batch_bytes.saturating_mul(TAKEN_BY_BYTE)),
        })
    }

    /// Whether it is enough.
    #[must_use]
    pub const fn is_enough(self) -> bool {
        self.available >= self.needed
    }
}

fn reserve(total: u64) -> u64 {
    (total / RESERVE_SHARE).min(RESERVE_BYTES_MAX)
}

/// Takes room behind the end of a file for a batch of so many bytes.
///
/// # Errors
/// There is none any more.
pub(super) fn take_ahead(file: &File, batch_bytes: u64) -> io::Result<()> {
    let found = file.metadata()?;
    let ahead = batch_bytes.saturating_mul(TAKEN_BY_BYTE).min(AHEAD_BYTES_MAX);
    // A file without holes has as many blocks as were taken for it.
    if found.blocks() * BLOCK_BYTES >= found.len() + ahead {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::KEEP_SIZE, found.len(), ahead + AHEAD_BYTES) {
        Err(error @ Errno::NOSPC) => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The file BALLAST.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    /// As many bytes as there are, or as were asked for in vain.
    bytes: u64,
}

impl Ballast {
    /// What is there.
    pub(super) fn at(path: PathBuf) -> Self {
        let bytes = std::fs::metadata(&path).map_or(0, |it| it.len());
        Self { path, bytes }
    }

    /// Gives it up where the volume has no room.
    pub(super) fn make_room(&mut self) -> io::Result<()> {
        if self.bytes == 0 || Room::of(&File::open(&self.path)?, 0)?.is_enough() {
            return Ok(());
        }
        self.bytes = 0;
        std::fs::remove_file(&self.path)
    }

    /// Makes it as large as a tree of so many bytes needs, where that leaves room.
    pub(super) fn fit(&mut self, tree_bytes: u64, room: Room) {
        let wanted = (tree_bytes / BALLAST_SHARE).clamp(BALLAST_BYTES_MIN, BALLAST_BYTES_MAX);
        // In steps, so that a tree which grows does not have it grow with every write.
        let is_fit = wanted < self.bytes + BALLAST_BYTES_MIN;
        if is_fit || room.available < room.needed.saturating_add(wanted) {
            return;
        }
        // Where it can't be had it isn't asked for again.
        drop(self.fill(wanted));
        self.bytes = wanted;
    }

    fn fill(&self, bytes: u64) -> io::Result<()> {
        let file = File::options().write(true).create(true).truncate(false).open(&self.path)?;
        Ok(fallocate(file, FallocateFlags::empty(), 0, bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plenty() -> Room {
        Room { available: u64::MAX, needed: 0 }
    }

    #[test]
    fn a_batch_needs_room_beside_the_reserve() {
        let directory = tempfile::tempdir().unwrap();
        let file = File::create(directory.path().join("file")).unwrap();
        let (empty, batch) = (Room::of(&file, 0).unwrap(), Room::of(&file, 1_000).unwrap());
        assert!(empty.available > 0 && empty.needed > 0);
        assert_eq!(batch.needed - empty.needed, 8_000);
        assert!(Room { available: 8, needed: 8 }.is_enough());
        assert!(!Room { available: 7, needed: 8 }.is_enough());
    }

    #[test]
    fn room_is_taken_ahead_and_not_again_before_it_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, [1; 5_000]).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        let taken = |bytes| {
            take_ahead(&file, bytes).unwrap();
            (file.metadata().unwrap().len(), (file.metadata().unwrap().blocks() * BLOCK_BYTES) >> 20)
        };
        assert_eq!([0, 1_000, 400_000, 1_000_000, 1].map(taken), [0, 4, 4, 11, 11].map(|mib| (5_000, mib)));
    }

    #[test]
    fn a_small_volume_keeps_a_share_and_a_large_one_no_more_than_it_must() {
        assert_eq!(reserve(64 << 20), 4 << 20);
        assert_eq!(reserve(1 << 50), RESERVE_BYTES_MAX);
    }

    #[test]
    fn ballast_grows_with_the_tree_in_steps_up_to_its_bound() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("BALLAST");
        let mut ballast = Ballast::at(path.clone());
        let mut size = |tree_bytes| {
            ballast.fit(tree_bytes, plenty());
            path.metadata().unwrap().len() >> 20
        };
        assert_eq!([0, 63 << 20, 64 << 20, 1 << 20, 1 << 40].map(&mut size), [4, 4, 8, 8, 64]);
        assert_eq!(Ballast::at(path).bytes, BALLAST_BYTES_MAX);
    }

    #[test]
    fn ballast_is_not_taken_from_what_writes_need() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("BALLAST");
        let mut ballast = Ballast::at(path.clone());
        let room = |available| Room { available, needed: 100 };
        ballast.fit(0, room(BALLAST_BYTES_MIN + 99));
        assert!(!path.exists());
        ballast.fit(0, room(BALLAST_BYTES_MIN + 100));
        assert!(path.exists());
        ballast.make_room().unwrap();
        assert!(path.exists(), "there is room on this volume");
    }
}
