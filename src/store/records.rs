//! Records read in a range of the tree, put together from their parts.

use super::fault::Fault;
use super::record::RecordError;
use super::tree::Range;
use super::{key, part};

/// The records of a range, put together from their parts.
pub(super) struct Records {
    parts: Range,
}

impl Records {
    pub(super) fn of(parts: Range) -> Self {
        Self { parts }
    }

    /// Reads the rest of a record whose first part is read.
    fn rest(&mut self, base: &[u8], following: u16, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        let broken = || Fault::record(base, RecordError::Parts);
        for number in 1..=following {
            let (key, value) = self.parts.next().ok_or_else(broken)??;
            let (next_base, next_number) = split_key(&key)?;
            let (left, chunk) = part::parse(&value).map_err(|source| Fault::record(base, source))?;
            if next_base != base || next_number != number || left != following - number {
                return Err(broken());
            }
            bytes.extend_from_slice(chunk);
        }
        Ok(())
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let (base, number) = split_key(key)?;
        let (following, chunk) = part::parse(value).map_err(|source| Fault::record(base, source))?;
        if number != 0 {
            return Err(Fault::record(base, RecordError::Parts));
        }
        let mut bytes = chunk.to_vec();
        self.rest(base, following, &mut bytes)?;
        Ok((base.to_vec(), bytes))
    }
}

impl Iterator for Records {
    /// The key without the number of a part, and the record.
    type Item = Result<(Vec<u8>, Vec<u8>), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.parts.next()?;
        Some(first.and_then(|(key, value)| self.record(&key, &value)))
    }
}

fn split_key(key: &[u8]) -> Result<(&[u8], u16), Fault> {
    key::split_part(key).map_err(|source| Fault::record(key, source))
}
