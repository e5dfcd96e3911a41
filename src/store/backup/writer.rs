//! Writing a backup, object by object.

use std::io::{self, Write};

use prost::Message as _;

use crate::domain::{Key, Object, Revision};
use crate::store::{key, record};

use super::{FORMAT, MAGIC, OBJECT_BYTES_MAX, ObjectRecord, TRAILER};

/// Why a backup cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// An object is not after the one before it.
    #[error("{key} is out of order in a backup")]
    Order {
        /// The object's key.
        key: Key,
    },
    /// An object has too many bytes.
    #[error("{key} has more than {OBJECT_BYTES_MAX} bytes")]
    TooLarge {
        /// The object's key.
        key: Key,
    },
    /// What it is written to refuses.
    #[error("the backup cannot be written")]
    Disk(#[from] io::Error),
}

/// Writes a backup to anything that takes bytes.
///
/// Writes in small pieces: give it something buffered. A backup is whole only after [`Writer::finish`].
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    crc: crc32fast::Hasher,
    last_key: Vec<u8>,
    objects: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a backup of a revision.
    ///
    /// # Errors
    /// What it is written to refuses.
    pub fn new(out: W, revision: Revision) -> Result<Self, WriteError> {
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&FORMAT.to_be_bytes());
        head.extend_from_slice(&revision.get().to_be_bytes());
        head.extend_from_slice(&crc32fast::hash(&head).to_be_bytes());
        let mut writer = Self { out, crc: crc32fast::Hasher::new(), last_key: Vec::new(), objects: 0 };
        writer.write(&head)?;
        Ok(writer)
    }

    /// Writes an object. They come in the order of [`Key`], each once.
    ///
    /// # Errors
    /// The object is out of order or too large, or what it is written to refuses.
    pub fn object(&mut self, object: &Object) -> Result<(), WriteError> {
        let object_key = object.key();
        let key = key::object(&object_key);
        if key <= self.last_key {
            return Err(WriteError::Order { key: object_key });
        }
        self.last_key.clone_from(&key);
        let message = ObjectRecord { key, record: record::encode(object) }.encode_to_vec();
        let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= OBJECT_BYTES_MAX);
        let length = length.ok_or(WriteError::TooLarge { key: object_key })?;
        self.write(&length.to_be_bytes())?;
        self.write(&crc32fast::hash(&message).to_be_bytes())?;
        self.write(&message)?;
        self.objects += 1;
        Ok(())
    }

    /// Writes the trailer, flushes and gives back what was written to.
    ///
    /// # Errors
    /// What it is written to refuses.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.write(&TRAILER.to_be_bytes())?;
        self.write(&self.objects.to_be_bytes())?;
        let crc = self.crc.clone().finalize();
        self.out.write_all(&crc.to_be_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.crc.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }
}
