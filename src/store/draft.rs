//! A group of change sets as one batch, before it is written.
//!
//! It reads through to the tree: what a set finds is what the sets before it in the group left. Drafting changes
//! nothing; a draft that is refused is dropped.

use std::collections::HashMap;

use crate::domain::{Change, ChangeSet, Revision};

use super::commit::CommitError;
use super::fault::{Damage, Fault};
use super::log::{request_revision, request_value};
use super::part::RECORD_BYTES_MAX;
use super::record::{self, ChangeHead, RecordError};
use super::state::State;
use super::tree::Tree;
use super::{Retention, key, part};

/// The batch of a group.
pub(super) struct Draft<'a> {
    tree: &'a Tree,
    /// What each key is to hold; none where it is to be removed.
    writes: HashMap<Vec<u8>, Option<sled::IVec>>,
    state: State,
}

/// A record and where its parts are.
struct Stored {
    bytes: Vec<u8>,
    last_part: u16,
}

impl<'a> Draft<'a> {
    /// An empty draft upon a state.
    pub(super) fn new(tree: &'a Tree, state: State) -> Self {
        Self { tree, writes: HashMap::new(), state }
    }

    /// Lets go of the oldest changes that are not to be kept once `newest` is the newest, at most `count_max`.
    ///
    /// Looks at changes in the tree only, so it comes before the sets of the group.
    pub(super) fn trim(
        &mut self,
        retention: &Retention,
        newest: &ChangeSet,
        count_max: usize,
    ) -> Result<(), Fault> {
        for _ in 0..count_max {
            let oldest = self.state.oldest_kept.next();
            if oldest > self.state.revision {
                break;
            }
            let (head, last_part) = self.change_head(oldest)?;
            if retention.keeps(oldest, head.committed_at_ms, newest) {
                break;
            }
            self.remove_change(oldest, &head, last_part)?;
            self.state.oldest_kept = oldest;
        }
        Ok(())
    }

    /// Takes a set in.
    pub(super) fn apply(&mut self, set: &ChangeSet) -> Result<(), CommitError> {
        let expected = self.state.revision.next();
        if set.revision != expected {
            return Err(CommitError::Order { expected, found: set.revision });
        }
        for change in &set.changes {
            self.apply_change(change)?;
        }
        let record = record::encode_change(set);
        if self.put(&key::change(set.revision), &record).is_none() {
            return Err(too_large(format!("the change of revision {}", set.revision)));
        }
        if let Some(request_id) = &set.request_id {
            self.writes.insert(key::request(request_id), Some(request_value(set.revision).into()));
        }
        self.state.revision = set.revision;
        Ok(())
    }

    /// The batch, and the state that it leaves.
    pub(super) fn finish(self) -> (sled::Batch, State) {
        let mut batch = sled::Batch::default();
        for (key, value) in self.writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        batch.insert(key::state(), self.state.value());
        (batch, self.state)
    }

    fn apply_change(&mut self, change: &Change) -> Result<(), CommitError> {
        let base = key::object(&change.key);
        let before = self.stored(&base)?;
        if before.is_some() != change.before.is_some() {
            return Err(CommitError::Unlike { key: change.key.clone() });
        }
        if let Some(before) = before {
            // What is stored is taken out of the sum as it is, however the change tells it.
            self.state.summary.remove(&base, &before.bytes);
            self.remove(&base, before.last_part);
        }
        if let Some(after) = &change.after {
            let record = record::encode(after);
            self.state.summary.add(&base, &record);
            self.put(&base, &record).ok_or_else(|| too_large(change.key.to_string()))?;
        }
        Ok(())
    }

    fn change_head(&self, revision: Revision) -> Result<(ChangeHead, u16), Fault> {
        let base = key::change(revision);
        let value = self.value(&key::part(&base, 0))?.ok_or(Fault::Damage(Damage::NoChange { revision }))?;
        let parsed = part::parse(&value)
            .and_then(|(last_part, record)| Ok((record::decode_change_head(record)?, last_part)));
        parsed.map_err(|source| Fault::record(&base, source))
    }

    fn remove_change(&mut self, revision: Revision, head: &ChangeHead, last_part: u16) -> Result<(), Fault> {
        self.remove(&key::change(revision), last_part);
        if let Some(request_id) = &head.request_id
            && request_revision(self.tree, request_id)? == Some(revision)
        {
            self.writes.insert(key::request(request_id), None);
        }
        Ok(())
    }

    fn value(&self, key: &[u8]) -> Result<Option<sled::IVec>, Fault> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.tree.get(key),
        }
    }

    fn stored(&self, base: &[u8]) -> Result<Option<Stored>, Fault> {
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

    /// None if the record is too large.
    fn put(&mut self, base: &[u8], record: &[u8]) -> Option<()> {
        for (number, value) in (0..=u16::MAX).zip(part::split(record)?) {
            self.writes.insert(key::part(base, number), Some(value.into()));
        }
        Some(())
    }

    fn remove(&mut self, base: &[u8], last_part: u16) {
        for number in 0..=last_part {
            self.writes.insert(key::part(base, number), None);
        }
    }
}

fn too_large(record: String) -> CommitError {
    CommitError::TooLarge { record, bytes_max: RECORD_BYTES_MAX }
}
