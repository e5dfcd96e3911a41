//! Writes as they are asked for, and change sets as they are committed.

use super::id::Id;
use super::object::{Key, Kind, Object};
use super::revision::Revision;

/// What an operation does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Creates the object or replaces it whole.
    Put(Object),
    /// Deletes the object; deleting what isn't there changes nothing.
    Delete(Key),
}

/// A condition on the object as the operation finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Precondition {
    /// Any state will do.
    #[default]
    None,
    /// It must exist.
    MustExist,
    /// It must not exist.
    MustNotExist,
}

/// One operation of a write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// What to do.
    pub verb: Verb,
    /// On which condition.
    pub precondition: Precondition,
}

impl Operation {
    /// A put without a condition.
    #[must_use]
    pub const fn put(object: Object) -> Self {
        Self { verb: Verb::Put(object), precondition: Precondition::None }
    }

    /// A delete without a condition.
    #[must_use]
    pub const fn delete(key: Key) -> Self {
        Self { verb: Verb::Delete(key), precondition: Precondition::None }
    }

    /// The kind of object that it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.verb {
            Verb::Put(object) => object.kind(),
            Verb::Delete(key) => key.kind(),
        }
    }

    /// The key that it is about.
    #[must_use]
    pub fn key(&self) -> Key {
        match &self.verb {
            Verb::Put(object) => object.key(),
            Verb::Delete(key) => key.clone(),
        }
    }
}

/// Who asked for a write and why. Nothing is decided by it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Note {
    /// Whom the caller names as the author; not necessarily a user.
    pub author: Option<Id>,
    /// Free text of the caller; empty for none.
    pub comment: String,
    /// The caller, as the server knows it, where callers are named.
    pub caller: Option<Id>,
}

/// One atomic batch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Write {
    /// The operations in their order.
    pub operations: Vec<Operation>,
    /// The revision that must be the newest, if any.
    pub expected: Option<Revision>,
    /// Names the write, so that its repetition changes nothing.
    pub request_id: Option<Id>,
    /// Who asked for it and why.
    pub note: Note,
}

/// The change of one object by a write, from its state before to its state after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The object's key.
    pub key: Key,
    /// The object before; none when it was created.
    pub before: Option<Object>,
    /// The object after; none when it was deleted.
    pub after: Option<Object>,
}

/// Whose effective rights a change touches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Affected {
    /// These users', sorted, without repeats.
    Users(Vec<Id>),
    /// Possibly everyone's.
    All,
}

/// A committed write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeSet {
    /// The revision that it made.
    pub revision: Revision,
    /// When, in milliseconds since 1970-01-01 UTC, by the server's clock.
    pub committed_at_ms: i64,
    /// The name that the caller gave the write.
    pub request_id: Option<Id>,
    /// Who asked for it and why.
    pub note: Note,
    /// What changed, at most one entry a key; objects that ended as they began are left out.
    pub changes: Vec<Change>,
    /// Whose effective rights it touches.
    pub affected: Affected,
}
