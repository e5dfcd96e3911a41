//! What an audit is made of: committed changes, which whoever keeps them hands out again, and refused writes.

use std::error::Error;
use std::sync::Arc;

use crate::domain::{ChangeSet, Id, Note, Revision, Verb, Write};

/// The most objects of a refused write that are named.
const OBJECTS_NAMED_MAX: usize = 100;
/// The most bytes of the text that says why it was refused.
const MESSAGE_BYTES_MAX: usize = 1_024;

/// The committed changes of a store, in their order, kept for a time.
pub trait Changes: Send + Sync {
    /// The name of the store.
    fn store(&self) -> String;

    /// The newest revision.
    fn newest(&self) -> Revision;

    /// The changes behind a revision, at most `count_max`.
    ///
    /// # Errors
    /// They are no longer kept, or can't be read.
    fn after(&self, revision: Revision, count_max: usize) -> Result<Vec<Arc<ChangeSet>>, ChangesError>;
}

/// Why there are no changes behind a revision.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// They are kept from behind a later revision only.
    #[error("changes are kept from after revision {oldest} only")]
    NotKept {
        /// That revision.
        oldest: Revision,
    },
    /// They can't be read.
    #[error("changes can't be read")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// A write that was refused or failed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RefusedWrite {
    /// Who asked for it and why.
    pub note: Note,
    /// The name that the caller gave it.
    pub request_id: Option<Id>,
    /// How many operations or objects it had, as far as they had come.
    pub operations: u64,
    /// The first of the objects that it was about.
    pub objects: Vec<String>,
    /// The stable reason.
    pub reason: String,
    /// Why, in words.
    pub message: String,
}

impl RefusedWrite {
    /// What is told of a write, should it be refused.
    #[must_use]
    pub fn of(write: &Write) -> Self {
        let named = write.operations.iter().take(OBJECTS_NAMED_MAX).map(|operation| match &operation.verb {
            Verb::Put(object) => object.key().to_string(),
            Verb::Delete(key) => key.to_string(),
        });
        Self {
            note: write.note.clone(),
            request_id: write.request_id.clone(),
            operations: write.operations.len() as u64,
            objects: named.collect(),
            ..Self::default()
        }
    }

    /// The same with why it was refused.
    #[must_use]
    pub fn because(mut self, reason: String, message: &str) -> Self {
        let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
        message.get(..end).unwrap_or_default().clone_into(&mut self.message);
        Self { reason, ..self }
    }
}
