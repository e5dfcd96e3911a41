//! A group of change sets as one batch, before it is written.
//!
//! It reads through to the tree: what a set finds is what the sets before it in the group left. Drafting changes
//! nothing; a draft that is refused is dropped.

use crate::domain::{Change, ChangeSet, Key, Object, Revision};

use super::commit::CommitError;
use super::fault::{Damage, Fault};
use super::log::{request_revision, request_value};
use super::overlay::Overlay;
use super::pages::Pages;
use super::part::RECORD_BYTES_MAX;
use super::record::{self, ChangeHead};
use super::state::State;
use super::tree::Tree;
use super::{Retention, key, part};

/// The batch of a group.
pub(super) struct Draft<'a> {
    overlay: Overlay<'a>,
    pages: Pages,
    state: State,
}

/// A draft that is ready to be written.
pub(super) struct Drafted {
    pub(super) batch: sled::Batch,
    /// The bytes of the batch's keys and values.
    pub(super) bytes: u64,
    /// The state that the batch leaves.
    pub(super) state: State,
}

impl<'a> Draft<'a> {
    /// An empty draft upon a state.
    pub(super) fn new(tree: &'a Tree, state: State) -> Self {
        Self { overlay: Overlay::new(tree), pages: Pages::default(), state }
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
        if self.overlay.put(&key::change(set.revision), &record).is_none() {
            return Err(too_large(format!("the change of revision {}", set.revision)));
        }
        if let Some(request_id) = &set.request_id {
            self.overlay.put_value(key::request(request_id), request_value(set.revision));
        }
        self.state.revision = set.revision;
        Ok(())
    }

    /// Puts an object or removes it, and says whether it was there.
    pub(super) fn replace(&mut self, key: &Key, after: Option<&Object>) -> Result<bool, CommitError> {
        let record = after.map(record::encode);
        match key {
            Key::Resource { entity_type, id } => {
                Ok(self.pages.replace(&self.overlay, (entity_type, id), record)?)
            }
            Key::EntityType(_)
            | Key::Department(_)
            | Key::User(_)
            | Key::Workgroup(_)
            | Key::SupportGroup(_)
            | Key::Role(_)
            | Key::RoleBinding(_) => self.replace_record(key, record.as_deref()),
        }
    }

    /// The batch, and the state that it leaves.
    pub(super) fn finish(self) -> Result<Drafted, CommitError> {
        let Self { mut overlay, pages, mut state } = self;
        pages
            .finish(&mut overlay, &mut state.summary)
            .map_err(|page| too_large(format!("the page {}", page.escape_ascii())))?;
        overlay.put_value(key::state(), state.value());
        Ok(Drafted { bytes: overlay.bytes(), batch: overlay.into_batch(), state })
    }

    fn apply_change(&mut self, change: &Change) -> Result<(), CommitError> {
        if self.replace(&change.key, change.after.as_ref())? == change.before.is_some() {
            Ok(())
        } else {
            Err(CommitError::Unlike { key: change.key.clone() })
        }
    }

    fn replace_record(&mut self, key: &Key, after: Option<&[u8]>) -> Result<bool, CommitError> {
        let base = key::object(key);
        let before = self.overlay.stored(&base)?;
        if let Some(before) = &before {
            // What is stored is taken out of the sum as it is, however the change tells it.
            self.state.summary.remove(&base, &before.bytes, 1);
            self.overlay.remove(&base, before.last_part);
        }
        if let Some(after) = after {
            self.state.summary.add(&base, after, 1);
            self.overlay.put(&base, after).ok_or_else(|| too_large(key.to_string()))?;
        }
        Ok(before.is_some())
    }

    fn change_head(&self, revision: Revision) -> Result<(ChangeHead, u16), Fault> {
        let base = key::change(revision);
        let value =
            self.overlay.value(&key::part(&base, 0))?.ok_or(Fault::Damage(Damage::NoChange { revision }))?;
        let parsed = part::parse(&value)
            .and_then(|(last_part, record)| Ok((record::decode_change_head(record)?, last_part)));
        parsed.map_err(|source| Fault::record(&base, source))
    }

    fn remove_change(&mut self, revision: Revision, head: &ChangeHead, last_part: u16) -> Result<(), Fault> {
        self.overlay.remove(&key::change(revision), last_part);
        if let Some(request_id) = &head.request_id
            && request_revision(self.overlay.tree(), request_id)? == Some(revision)
        {
            self.overlay.remove_value(key::request(request_id));
        }
        Ok(())
    }
}

fn too_large(record: String) -> CommitError {
    CommitError::TooLarge { record, bytes_max: RECORD_BYTES_MAX }
}
