//! Nodes into objects and keys: which fields each kind has, of which type, with which defaults.
//!
//! What one object may hold beyond that (repeats, bounds) is judged by the domain, not here, so that an object can
//! be read in order to be refused by a write.

mod directory;
mod group;
mod resource;
mod role;

pub(super) use resource::facts;

use super::cursor::Cursor;
use super::problem::Parsed;
use super::scalar;
use crate::domain::{Id, Key, Kind, Object, item_faults};

/// Reads an object of a kind.
pub(super) fn object(kind: Kind, at: Cursor<'_>) -> Parsed<Object> {
    match kind {
        Kind::EntityType => directory::entity_type(at),
        Kind::Department => directory::department(at),
        Kind::User => directory::user(at),
        Kind::Workgroup => group::workgroup(at),
        Kind::SupportGroup => group::support_group(at),
        Kind::Role => role::role(at),
        Kind::RoleBinding => role::binding(at).map(Object::RoleBinding),
        Kind::Resource => resource::resource(at),
    }
}

/// Reads an object of a kind, and notes whatever is wrong with it by itself.
pub(super) fn sound_object(kind: Kind, at: Cursor<'_>) -> Parsed<Object> {
    let object = object(kind, at)?;
    for fault in item_faults(&object) {
        let field = format!("{}.{}", at.path, fault.field);
        let message = format!("{} (rule {})", fault.message, fault.rule);
        at.problems.add(at.node.line_of(&fault.field), field, message);
    }
    Ok(object)
}

/// Reads the key of an object of a kind.
pub(super) fn key(kind: Kind, at: Cursor<'_>) -> Parsed<Key> {
    let named = |key: fn(Id) -> Key| scalar::id(at).map(key);
    match kind {
        Kind::EntityType => named(Key::EntityType),
        Kind::Department => named(Key::Department),
        Kind::User => named(Key::User),
        Kind::Workgroup => named(Key::Workgroup),
        Kind::SupportGroup => named(Key::SupportGroup),
        Kind::Role => named(Key::Role),
        Kind::RoleBinding => role::binding(at).map(Key::RoleBinding),
        Kind::Resource => resource::key(at),
    }
}

/// The kind whose list has a name.
pub(super) fn kind_of(list: &str) -> Option<Kind> {
    Kind::EACH.into_iter().find(|kind| kind.list_name() == list)
}

/// The names of all lists.
pub(super) fn list_names() -> [&'static str; 8] {
    Kind::EACH.map(Kind::list_name)
}
