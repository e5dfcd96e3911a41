//! Reading a backup, object by object.

use std::io::{self, Read};

use prost::Message as _;

use crate::domain::{Object, Revision};
use crate::store::key;
use crate::store::record::{self, RecordError};

use super::{FORMAT, HEAD_BYTES, MAGIC, OBJECT_BYTES_MAX, ObjectRecord, TRAILER};

/// Why a backup cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It does not begin as a backup does.
    #[error("the file is no backup")]
    NotABackup,
    /// A newer version wrote it.
    #[error("the backup has format {found}; this version knows up to {known}")]
    NewerFormat {
        /// The format it has.
        found: u32,
        /// The newest that can be read.
        known: u32,
    },
    /// It ends before its trailer does.
    #[error("the backup is cut short")]
    CutShort,
    /// It is not as it was written.
    #[error("the backup is damaged {place}")]
    Damaged {
        /// Where that shows.
        place: Place,
    },
    /// An object in it cannot be read.
    #[error("object {number} of the backup cannot be read")]
    Object {
        /// Which one, counted from 1.
        number: u64,
        /// Why not.
        #[source]
        source: RecordError,
    },
    /// What it is read from refuses.
    #[error("the backup cannot be read")]
    Disk(#[source] io::Error),
}

/// Where a backup's damage shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In its head.
    Head,
    /// In an object, counted from 1.
    Object(u64),
    /// In its trailer, or in what it adds up to.
    Trailer,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Head => f.write_str("in its head"),
            Self::Object(number) => write!(f, "at its object {number}"),
            Self::Trailer => f.write_str("in its trailer"),
        }
    }
}

/// Reads a backup from anything that gives bytes: an iterator over its objects.
///
/// Reads in small pieces: give it something buffered. Only when the iterator has ended without an error was the
/// backup whole. After an error it ends.
#[derive(Debug)]
pub struct Reader<R> {
    input: Crc<R>,
    revision: Revision,
    last_key: Vec<u8>,
    objects: u64,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Progress {
    Objects,
    Ended,
}

/// What is read, and the checksum of what has been read.
#[derive(Debug)]
struct Crc<R> {
    input: R,
    crc: crc32fast::Hasher,
}

impl<R: Read> Reader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// Says why it is not a backup that can be read.
    pub fn new(input: R) -> Result<Self, ReadError> {
        let mut input = Crc { input, crc: crc32fast::Hasher::new() };
        let magic: [u8; 8] = input.array()?;
        if magic != *MAGIC {
            return Err(ReadError::NotABackup);
        }
        let rest: [u8; HEAD_BYTES - 8] = input.array()?;
        let revision = parse_head(&rest)?;
        let progress = Progress::Objects;
        Ok(Self { input, revision, last_key: Vec::new(), objects: 0, progress })
    }

    /// The revision that it is of.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    fn read(&mut self) -> Result<Option<Object>, ReadError> {
        let length = u32::from_be_bytes(self.input.array()?);
        if length == TRAILER {
            self.read_trailer()?;
            return Ok(None);
        }
        self.objects += 1;
        let place = Place::Object(self.objects);
        let crc = u32::from_be_bytes(self.input.array()?);
        let message = self.input.message(length, place)?;
        if crc32fast::hash(&message) != crc {
            return Err(ReadError::Damaged { place });
        }
        let number = self.objects;
        let message = ObjectRecord::decode(message.as_slice())
            .map_err(|error| ReadError::Object { number, source: error.into() })?;
        if message.key <= self.last_key {
            return Err(ReadError::Damaged { place });
        }
        let object = key::parse_object(&message.key).and_then(|key| record::decode(key, &message.record));
        self.last_key = message.key;
        object.map(Some).map_err(|source| ReadError::Object { number, source })
    }

    fn read_trailer(&mut self) -> Result<(), ReadError> {
        let damaged = ReadError::Damaged { place: Place::Trailer };
        let objects = u64::from_be_bytes(self.input.array()?);
        let expected = self.input.crc.clone().finalize();
        let crc = u32::from_be_bytes(self.input.array()?);
        if objects != self.objects || crc != expected || self.input.has_more()? {
            return Err(damaged);
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Object, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.progress {
            Progress::Ended => return None,
            Progress::Objects => {}
        }
        let read = self.read().transpose();
        if !matches!(read, Some(Ok(_))) {
            self.progress = Progress::Ended;
        }
        read
    }
}

impl<R: Read> Crc<R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|error| {
            let ended = error.kind() == io::ErrorKind::UnexpectedEof;
            if ended { ReadError::CutShort } else { ReadError::Disk(error) }
        })?;
        self.crc.update(&bytes);
        Ok(bytes)
    }

    /// Takes memory only for what is there, whatever the length says.
    fn message(&mut self, length: u32, place: Place) -> Result<Vec<u8>, ReadError> {
        let length = usize::try_from(length).ok().filter(|length| *length <= OBJECT_BYTES_MAX);
        let length = length.ok_or(ReadError::Damaged { place })?;
        let mut bytes = Vec::new();
        self.input.by_ref().take(length as u64).read_to_end(&mut bytes).map_err(ReadError::Disk)?;
        if bytes.len() < length {
            return Err(ReadError::CutShort);
        }
        self.crc.update(&bytes);
        Ok(bytes)
    }

    fn has_more(&mut self) -> Result<bool, ReadError> {
        let mut bytes = Vec::new();
        self.input.by_ref().take(1).read_to_end(&mut bytes).map_err(ReadError::Disk)?;
        Ok(!bytes.is_empty())
    }
}

/// The head after the magic: format, revision, checksum.
fn parse_head(rest: &[u8; HEAD_BYTES - 8]) -> Result<Revision, ReadError> {
    let damaged = || ReadError::Damaged { place: Place::Head };
    let (bytes, crc) = rest.split_last_chunk::<4>().ok_or_else(damaged)?;
    let (format, revision) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
    let revision = revision.first_chunk::<8>().ok_or_else(damaged)?;
    let mut expected = crc32fast::Hasher::new();
    expected.update(MAGIC);
    expected.update(bytes);
    if expected.finalize() != u32::from_be_bytes(*crc) {
        return Err(damaged());
    }
    let found = u32::from_be_bytes(*format);
    if found > FORMAT {
        return Err(ReadError::NewerFormat { found, known: FORMAT });
    }
    // No format was before the first.
    if found < FORMAT { Err(damaged()) } else { Ok(Revision::new(u64::from_be_bytes(*revision))) }
}
