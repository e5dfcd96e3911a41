//! The file STORE: what makes a directory a store, readable before its data are touched.
//!
//! ```text
//!  0  magic "DOPUSK-S"
//!  8  format u32         numbers are big-endian
//! 12  store id u64
//! 20  crc32 of the bytes 0..20
//! 24  unused
//! 32  mark: revision u64, crc32 of it, unused u32
//! 48  mark: the same
//! ```
//!
//! The first 24 bytes are so in every format. The two marks are written in turn, so that one is always whole;
//! the higher one is a floor below which the tree may never be found. A mark is not synced: after a crash of the
//! machine it may be an older one, never a wrong one.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::domain::Revision;

use super::part::FORMAT;

const MAGIC: &[u8; 8] = b"DOPUSK-S";
const HEAD_BYTES: usize = 24;
const MARK_BYTES: usize = 16;
const MARKS_AT: u64 = 32;
const LABEL_BYTES: usize = 64;

/// The name of one store among all: made by chance when a store is created and when a backup is restored.
///
/// Revisions of stores with different ids say nothing about one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct StoreId(u64);

impl StoreId {
    /// A new one.
    pub(super) fn random() -> Self {
        Self(rand::random())
    }

    /// The id of a number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The open file STORE.
#[derive(Debug)]
pub(super) struct Label {
    file: File,
    /// The store's id.
    pub(super) id: StoreId,
    /// The newest revision known to have been acknowledged.
    pub(super) acknowledged: Revision,
}

/// Why a file is no label that can be used.
#[derive(Debug)]
pub(super) enum LabelError {
    Disk(io::Error),
    Newer { found: u32 },
    Older { found: u32 },
    Damage,
}

impl From<io::Error> for LabelError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Label {
    /// Writes the label of a new store, synced.
    pub(super) fn create(path: &Path, id: StoreId) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        let mut bytes = Vec::with_capacity(LABEL_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&u32::from(FORMAT).to_be_bytes());
        bytes.extend_from_slice(&id.get().to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes.resize(LABEL_BYTES - 2 * MARK_BYTES, 0);
        bytes.extend_from_slice(&mark(Revision::ZERO));
        bytes.extend_from_slice(&mark(Revision::ZERO));
        file.write_all_at(&bytes, 0)?;
        file.sync_all()?;
        Ok(Self { file, id, acknowledged: Revision::ZERO })
    }

    /// Reads a label, and leaves the file as it is.
    pub(super) fn open(path: &Path) -> Result<Self, LabelError> {
        let file = File::options().read(true).write(true).open(path)?;
        let mut head = [0; HEAD_BYTES];
        read(&file, &mut head, 0)?;
        let id = parse_head(&head)?;
        let mut marks = [0; 2 * MARK_BYTES];
        read(&file, &mut marks, MARKS_AT)?;
        let (marks, _) = marks.as_chunks::<MARK_BYTES>();
        let acknowledged = marks.iter().filter_map(parse_mark).max().ok_or(LabelError::Damage)?;
        Ok(Self { file, id, acknowledged })
    }

    /// Notes that a revision is about to be acknowledged.
    pub(super) fn mark(&mut self, revision: Revision) -> io::Result<()> {
        let slot = revision.get() % 2;
        self.file.write_all_at(&mark(revision), MARKS_AT + slot * MARK_BYTES as u64)?;
        self.acknowledged = revision;
        Ok(())
    }

    /// Returns when the newest mark is on disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn read(file: &File, bytes: &mut [u8], at: u64) -> Result<(), LabelError> {
    file.read_exact_at(bytes, at).map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            LabelError::Damage
        } else {
            LabelError::Disk(error)
        }
    })
}

fn parse_head(head: &[u8; HEAD_BYTES]) -> Result<StoreId, LabelError> {
    let (bytes, crc) = head.split_last_chunk::<4>().ok_or(LabelError::Damage)?;
    let rest = bytes.strip_prefix(MAGIC).ok_or(LabelError::Damage)?;
    let (format, id) = rest.split_first_chunk::<4>().ok_or(LabelError::Damage)?;
    let id = id.first_chunk::<8>().ok_or(LabelError::Damage)?;
    if crc32fast::hash(bytes) != u32::from_be_bytes(*crc) {
        return Err(LabelError::Damage);
    }
    let found = u32::from_be_bytes(*format);
    if found > u32::from(FORMAT) {
        return Err(LabelError::Newer { found });
    }
    if found < u32::from(FORMAT) {
        return Err(LabelError::Older { found });
    }
    Ok(StoreId::new(u64::from_be_bytes(*id)))
}

fn mark(revision: Revision) -> [u8; MARK_BYTES] {
    let number = revision.get().to_be_bytes();
    let mut mark = [0; MARK_BYTES];
    let bytes = number.into_iter().chain(crc32fast::hash(&number).to_be_bytes());
    mark.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    mark
}

fn parse_mark(bytes: &[u8; MARK_BYTES]) -> Option<Revision> {
    let revision = Revision::new(u64::from_be_bytes(*bytes.first_chunk()?));
    (mark(revision) == *bytes).then_some(revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_label_says_what_it_was_made_with() {
        let directory = directory();
        let path = directory.path().join("STORE");
        let mut label = Label::create(&path, StoreId::new(0xab)).unwrap();
        label.mark(Revision::new(41)).unwrap();
        label.mark(Revision::new(42)).unwrap();
        let read = Label::open(&path).unwrap();
        assert_eq!(read.id.to_string(), "00000000000000ab");
        assert_eq!(read.acknowledged, Revision::new(42));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), LABEL_BYTES as u64);
    }

    #[test]
    fn a_torn_mark_leaves_the_one_before() {
        let directory = directory();
        let path = directory.path().join("STORE");
        let mut label = Label::create(&path, StoreId::new(1)).unwrap();
        label.mark(Revision::new(7)).unwrap();
        label.mark(Revision::new(8)).unwrap();
        label.file.write_all_at(&[9; 3], MARKS_AT + 4).unwrap();
        assert_eq!(Label::open(&path).unwrap().acknowledged, Revision::new(7));
    }

    #[test]
    fn any_flip_in_the_head_is_damage_and_another_format_is_named() {
        let directory = directory();
        let path = directory.path().join("STORE");
        let sound = Label::create(&path, StoreId::new(1)).unwrap();
        let mut head = [0; HEAD_BYTES];
        sound.file.read_exact_at(&mut head, 0).unwrap();
        for at in 0..HEAD_BYTES {
            let mut flipped = head;
            flipped[at] ^= 0x10;
            assert!(matches!(parse_head(&flipped), Err(LabelError::Damage)), "byte {at}");
        }
        let mut of_format = |format| {
            head[11] = format;
            let crc = crc32fast::hash(&head[..20]).to_be_bytes();
            head[20..].copy_from_slice(&crc);
            parse_head(&head)
        };
        assert!(matches!(of_format(FORMAT + 1), Err(LabelError::Newer { found: 3 })));
        assert!(matches!(of_format(FORMAT - 1), Err(LabelError::Older { found: 1 })));
    }

    #[test]
    fn a_label_that_ends_early_is_damage() {
        let directory = directory();
        let path = directory.path().join("STORE");
        let label = Label::create(&path, StoreId::new(1)).unwrap();
        for length in [63, 47, 33, 24, 23, 0] {
            label.file.set_len(length).unwrap();
            assert!(matches!(Label::open(&path), Err(LabelError::Damage)), "{length} bytes");
        }
    }
}
