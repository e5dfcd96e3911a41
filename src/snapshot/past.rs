//! Earlier states, made of a later one by putting objects back as they were.
//!
//! Nothing is judged again: a state that was committed once was judged then.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Snapshot;
use crate::directory::Violation;
use crate::domain::{ChangeSet, Key, Object, Revision};

/// What changes between two states found where they began: the value of every key that they touched.
#[derive(Clone, Debug, Default)]
pub struct Found(HashMap<Key, Option<Object>, RandomState>);

impl Found {
    /// Notes what a change set found. Sets come in the order of their revisions: the first that touched a key found
    /// what it held at the start.
    pub fn note(&mut self, set: ChangeSet) {
        for change in set.changes {
            self.0.entry(change.key).or_insert(change.before);
        }
    }
}

impl Snapshot {
    /// The state of an earlier revision, from what the changes between found there.
    ///
    /// Costs a put for each key, and shares the rest with this state.
    ///
    /// # Errors
    /// A resource doesn't fit its type: then the changes are not those between the two states.
    pub fn back_to(&self, revision: Revision, found: Found) -> Result<Self, Violation> {
        let mut past = Self { revision, ..self.clone() };
        // Resources come last, so that they meet their types as they were.
        let (resources, others): (Vec<_>, Vec<_>) =
            found.0.into_iter().partition(|(key, _)| matches!(key, Key::Resource { .. }));
        for (key, before) in others.into_iter().chain(resources) {
            past.set(&key, before.as_ref())?;
        }
        Ok(past)
    }

    /// Makes a key hold an object as it was stored, or nothing, without judging it.
    ///
    /// # Errors
    /// A resource doesn't fit its type.
    pub fn set(&mut self, key: &Key, object: Option<&Object>) -> Result<(), Violation> {
        match (key, object) {
            (_, Some(object)) => self.load(object)?,
            (Key::Resource { entity_type, id }, None) => self.delete_resource(entity_type, id),
            (_, None) => self.directory.delete(key),
        }
        Ok(())
    }
}
