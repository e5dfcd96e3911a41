//! The state record: what a commit leaves besides objects and changes, written in the same batch.

use prost::Message as _;

use crate::domain::Revision;

use super::fault::{Damage, Fault};
use super::key;
use super::part;
use super::record::RecordError;
use super::summary::Summary;
use super::tree::Tree;

/// The state of a store.
///
/// INVARIANT: the tree holds a change for every revision after `oldest_kept` up to `revision`, and no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct State {
    /// The newest revision.
    pub(super) revision: Revision,
    /// The revision after which the log holds every change.
    pub(super) oldest_kept: Revision,
    /// What all objects add up to.
    pub(super) summary: Summary,
}

impl State {
    /// Reads the state of a tree.
    pub(super) fn read(tree: &Tree) -> Result<Self, Fault> {
        let key = key::state();
        let value = tree.get(&key)?.ok_or(Fault::Damage(Damage::NoState))?;
        Self::parse(&value).map_err(|source| Fault::record(&key, source))
    }

    /// The value under the key of the state.
    pub(super) fn value(&self) -> Vec<u8> {
        let record = StateRecord {
            revision: self.revision.get(),
            oldest_kept: self.oldest_kept.get(),
            objects: self.summary.objects,
            checksum: self.summary.checksum,
        };
        part::single(&record.encode_to_vec())
    }

    fn parse(value: &[u8]) -> Result<Self, RecordError> {
        let (following, record) = part::parse(value)?;
        if following != 0 {
            return Err(RecordError::Parts);
        }
        let record = StateRecord::decode(record)?;
        Ok(Self {
            revision: Revision::new(record.revision),
            oldest_kept: Revision::new(record.oldest_kept),
            summary: Summary { objects: record.objects, checksum: record.checksum },
        })
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct StateRecord {
    #[prost(uint64, tag = "1")]
    revision: u64,
    #[prost(uint64, tag = "2")]
    oldest_kept: u64,
    #[prost(uint64, tag = "3")]
    objects: u64,
    #[prost(fixed64, tag = "4")]
    checksum: u64,
}
