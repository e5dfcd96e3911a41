//! Records to be written, over those in the tree.
//!
//! It reads through: who reads finds what was put before. Nothing is written until it becomes a batch.

use std::collections::HashMap;

use super::fault::Fault;
use super::record::RecordError;
use super::tree::Tree;
use super::{key, part};

/// What is to be written, over a tree.
pub(super) struct Overlay<'a> {
    tree: &'a Tree,
    /// What each key is to hold; none where it is to be removed.
    writes: HashMap<Vec<u8>, Option<sled::IVec>>,
}

/// A record and where its parts are.
pub(super) struct Stored {
    pub(super) bytes: Vec<u8>,
    pub(super) last_part: u16,
}

impl<'a> Overlay<'a> {
    /// Nothing, over a tree.
    pub(super) fn new(tree: &'a Tree) -> Self {
        Self { tree, writes: HashMap::new() }
    }

    /// The tree below.
    pub(super) const fn tree(&self) -> &'a Tree {
        self.tree
    }

    /// The value of a key.
    pub(super) fn value(&self, key: &[u8]) -> Result<Option<sled::IVec>, Fault> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.tree.get(key),
        }
    }

    /// The record of a key without the number of a part.
    pub(super) fn stored(&self, base: &[u8]) -> Result<Option<Stored>, Fault> {
        let broken = |source| Fault::record(base, source);
        let Some(first) = self.value(&key::part(base, 0))? else { return Ok(None) };
        let (last_part, chunk) = part::parse(&first).map_err(broken)?;
        let mut bytes = chunk.to_vec();
        for number in 1..=last_part {
            let value = self.value(&key::part(base, number))?.ok_or_else(|| broken(RecordError::Parts))?;
            let (_, chunk) = part::parse(&value).map_err(broken)?;
            bytes.extend_from_slice(chunk);
        }
        Ok(Some(Stored { bytes, last_part }))
    }

    /// Puts one value.
    pub(super) fn put_value(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(value.into()));
    }

    /// Removes one value.
    pub(super) fn remove_value(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// Puts a record; none if it is too large.
    pub(super) fn put(&mut self, base: &[u8], record: &[u8]) -> Option<()> {
        for (number, value) in (0..=u16::MAX).zip(part::split(record)?) {
            self.put_value(key::part(base, number), value);
        }
        Some(())
    }

    /// Removes a record that has parts up to a last one.
    pub(super) fn remove(&mut self, base: &[u8], last_part: u16) {
        for number in 0..=last_part {
            self.remove_value(key::part(base, number));
        }
    }

    /// The bytes of all keys and values to be written.
    pub(super) fn bytes(&self) -> u64 {
        let bytes = |(key, value): (&Vec<u8>, &Option<sled::IVec>)| {
            key.len() + value.as_ref().map_or(0, |it| it.len())
        };
        self.writes.iter().map(|write| bytes(write) as u64).sum()
    }

    /// All of it as one batch.
    pub(super) fn into_batch(self) -> sled::Batch {
        let mut batch = sled::Batch::default();
        for (key, value) in self.writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        batch
    }
}
