//! Backups: every object at one revision, in one file that can be checked by itself.
//!
//! ```text
//! head     magic "DOPUSK-B", format u32, revision u64, crc32 of the 20 bytes before
//! object   length u32, crc32 u32, then so many bytes of a message: key, record
//! ...      in the order of Key, none twice
//! trailer  0xffffffff, count of objects u64, crc32 of the whole file up to here
//! ```
//!
//! Numbers are big-endian. Keys and records are those of the store. The change log is not part of it: who follows
//! the changes starts anew after a restore.

mod reader;
mod save;
mod writer;

pub use self::reader::{Place, ReadError, Reader};
pub use self::save::{SaveError, save};
pub use self::writer::{WriteError, Writer};

/// The format of the file.
const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"DOPUSK-B";
const HEAD_BYTES: usize = 24;
/// Stands where an object's length would, and is none.
const TRAILER: u32 = u32::MAX;
/// The most bytes of an object's message: its record, and less than a KiB of key and framing.
const OBJECT_BYTES_MAX: usize = super::part::RECORD_BYTES_MAX + 1_024;

#[derive(Clone, PartialEq, prost::Message)]
struct ObjectRecord {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    record: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Object, Revision};
    use crate::store::sample;

    fn written(objects: &[Object]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), Revision::new(77)).unwrap();
        for object in objects {
            writer.object(object).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<(Revision, Vec<Object>), ReadError> {
        let reader = Reader::new(bytes)?;
        let revision = reader.revision();
        Ok((revision, reader.collect::<Result<_, _>>()?))
    }

    #[test]
    fn a_backup_is_read_back_as_it_was_written() {
        let objects = sample::one_of_each_kind();
        assert_eq!(read(&written(&objects)).unwrap(), (Revision::new(77), objects));
        assert_eq!(read(&written(&[])).unwrap(), (Revision::new(77), Vec::new()));
    }

    #[test]
    fn the_same_objects_make_the_same_bytes() {
        assert_eq!(written(&sample::one_of_each_kind()), written(&sample::one_of_each_kind()));
    }

    #[test]
    fn a_backup_cut_anywhere_is_cut_short() {
        let bytes = written(&sample::one_of_each_kind());
        for length in 0..bytes.len() {
            let error = read(&bytes[..length]).unwrap_err();
            assert!(matches!(error, ReadError::CutShort), "{length} of {} bytes: {error:?}", bytes.len());
        }
    }

    #[test]
    fn any_flip_is_found() {
        let bytes = written(&sample::one_of_each_kind());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x04;
            assert!(read(&flipped).is_err(), "byte {at}");
        }
    }

    #[test]
    fn bytes_after_the_trailer_are_damage() {
        let mut bytes = written(&[]);
        bytes.push(0);
        assert!(matches!(read(&bytes), Err(ReadError::Damaged { .. })));
    }

    #[test]
    fn another_file_and_a_newer_format_are_named() {
        assert!(matches!(read(b"PK\x03\x04 and then some more"), Err(ReadError::NotABackup)));
        let mut bytes = written(&[]);
        bytes[11] = 9;
        let crc = crc32fast::hash(&bytes[..20]).to_be_bytes();
        bytes[20..24].copy_from_slice(&crc);
        assert!(matches!(read(&bytes), Err(ReadError::NewerFormat { found: 9, known: FORMAT })));
    }

    #[test]
    fn objects_out_of_order_or_twice_are_not_written() {
        let objects = sample::one_of_each_kind();
        let mut writer = Writer::new(Vec::new(), Revision::ZERO).unwrap();
        writer.object(&objects[1]).unwrap();
        assert!(matches!(writer.object(&objects[1]), Err(WriteError::Order { .. })));
        assert!(matches!(writer.object(&objects[0]), Err(WriteError::Order { .. })));
    }

    #[test]
    fn a_group_of_ten_thousand_fits() {
        let objects = [sample::large_group("g", 10_000)];
        assert_eq!(read(&written(&objects)).unwrap().1, objects);
    }

    proptest! {
        #[test]
        fn bytes_of_anything_are_refused_without_a_panic(
            tail in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut bytes = written(&[]);
            bytes.truncate(HEAD_BYTES);
            bytes.extend(tail);
            prop_assert!(read(&bytes).is_err());
        }
    }
}
