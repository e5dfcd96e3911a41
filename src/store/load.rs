//! Reading every object, and comparing them with what was committed.

use std::io;
use std::ops::ControlFlow;

use crate::domain::{Object, Revision};

use super::fault::{Damage, Fault};
use super::part;
use super::record::{self, RecordError};
use super::summary::Summary;
use super::tree::Range;
use super::{Store, key};

/// What was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadSummary {
    /// The revision whose objects they are.
    pub revision: Revision,
    /// How many objects there are.
    pub objects: u64,
}

/// Why not every object could be loaded. What was handed over until then is not to be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The receiver broke off.
    #[error("the load was broken off by its receiver")]
    BrokenOff,
    /// The data are not those that were committed.
    #[error("the store is damaged and must be restored from a backup")]
    Damaged(#[source] Damage),
    /// The disk refuses.
    #[error("the store cannot be read")]
    Disk(#[source] io::Error),
}

impl From<Fault> for LoadError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Disk(error) => Self::Disk(error),
            Fault::Damage(damage) => Self::Damaged(damage),
        }
    }
}

impl Store {
    /// Hands over every object, in the order of [`Key`](crate::domain::Key), until `each` breaks off.
    ///
    /// Commits wait until it is done, so `each` must not commit.
    ///
    /// # Errors
    /// Says why not every object could be loaded. That some objects are not those that were committed may show
    /// only after the last one.
    pub fn load(&self, each: &mut dyn FnMut(Object) -> ControlFlow<()>) -> Result<LoadSummary, LoadError> {
        let tail = self.tail();
        let mut found = Summary::default();
        for record in Records::of(self.tree.range(key::objects())) {
            let (base, bytes) = record?;
            found.add(&base, &bytes);
            let key = key::parse_object(&base).map_err(|source| Fault::record(&base, source))?;
            let object = record::decode(key, &bytes).map_err(|source| Fault::record(&base, source))?;
            if each(object).is_break() {
                return Err(LoadError::BrokenOff);
            }
        }
        let expected = tail.state.summary;
        if found != expected {
            return Err(LoadError::Damaged(Damage::Sum { found: found.objects, expected: expected.objects }));
        }
        Ok(LoadSummary { revision: tail.state.revision, objects: found.objects })
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample;

    #[test]
    fn objects_are_loaded_in_the_order_of_their_keys() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let mut objects = sample::one_of_each_kind();
        objects.extend(["t", "t 2", "a", "я", "t 10"].map(|id| sample::resource(id, 0)));
        objects.extend(["g ", "f"].map(|id| sample::large_group(id, 200)));
        objects.reverse();
        sample::commit(&store, sample::put(1, &objects));
        objects.sort_by_key(Object::key);
        assert_eq!(sample::load(&store).unwrap(), objects);
    }

    #[test]
    fn a_receiver_may_break_off() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        sample::commit(&store, sample::put(1, &sample::one_of_each_kind()));
        let mut count = 0;
        let error = store.load(&mut |_| {
            count += 1;
            if count == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(error, Err(LoadError::BrokenOff)));
        assert_eq!(count, 3);
    }
}
