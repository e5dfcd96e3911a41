//! The keys of the one tree.
//!
//! ```text
//! key     = tag u8, tenant u16, body          numbers are big-endian, the tenant is always 0
//! 0x01    state     body = "state"
//! 0x10..  object    body = name, part u16     a tag for each kind but resources, in the order of Kind::EACH
//! 0x17    page      body = type, bound, part u16
//! 0x20    change    body = revision u64, part u16
//! 0x30    request   body = request id
//! ```
//!
//! An id in a name ends with 0x00, which no id contains: so names are unambiguous, none is the beginning of
//! another, and bytewise order is the order of [`Key`]. So does a page's bound, which is an id or empty: a resource's
//! name lies where its page is. Resources are in pages and have no keys of their own; their names stand in changes
//! and backups.

use std::ops::{Range, RangeInclusive};

use crate::domain::{BindingSubject, Id, Key, Kind, MemberRole, Revision, RoleBinding};

use super::code::Code as _;
use super::record::RecordError;

const STATE: u8 = 0x01;
const CHANGE: u8 = 0x20;
const REQUEST: u8 = 0x30;
/// One past the last tag of a kind of object.
const OBJECTS_END: u8 = 0x18;
const TENANT: [u8; 2] = [0, 0];
const END: u8 = 0;

/// The key of the state record.
pub(super) fn state() -> Vec<u8> {
    let mut key = start(STATE);
    key.extend_from_slice(b"state");
    key
}

/// The name of an object: its key without the number of a part, if it has one.
pub(super) fn object(key: &Key) -> Vec<u8> {
    let mut bytes = start(kind_tag(key.kind()));
    match key {
        Key::EntityType(id)
        | Key::Department(id)
        | Key::User(id)
        | Key::Workgroup(id)
        | Key::SupportGroup(id)
        | Key::Role(id) => push_id(&mut bytes, id),
        Key::RoleBinding(binding) => push_binding(&mut bytes, binding),
        Key::Resource { entity_type, id } => {
            push_id(&mut bytes, entity_type);
            push_id(&mut bytes, id);
        }
    }
    bytes
}

/// Reads back what [`object`] made.
pub(super) fn parse_object(bytes: &[u8]) -> Result<Key, RecordError> {
    let mut body = Body::after_start(bytes)?;
    let key = match body.kind {
        Kind::EntityType => Key::EntityType(body.id()?),
        Kind::Department => Key::Department(body.id()?),
        Kind::User => Key::User(body.id()?),
        Kind::Workgroup => Key::Workgroup(body.id()?),
        Kind::SupportGroup => Key::SupportGroup(body.id()?),
        Kind::Role => Key::Role(body.id()?),
        Kind::RoleBinding => Key::RoleBinding(body.binding()?),
        Kind::Resource => Key::Resource { entity_type: body.id()?, id: body.id()? },
    };
    if body.rest.is_empty() { Ok(key) } else { Err(RecordError::Key) }
}

/// The key of the page that has no page of its type before it, without the number of a part.
pub(super) fn first_page(entity_type: &Id) -> Vec<u8> {
    let mut bytes = start(kind_tag(Kind::Resource));
    push_id(&mut bytes, entity_type);
    bytes.push(END);
    bytes
}

/// Where the pages of a type are, up to the one that an id belongs to.
pub(super) fn pages_up_to(entity_type: &Id, id: &Id) -> RangeInclusive<Vec<u8>> {
    let mut bound = start(kind_tag(Kind::Resource));
    push_id(&mut bound, entity_type);
    push_id(&mut bound, id);
    first_page(entity_type)..=part(&bound, u16::MAX)
}

/// The key of another page of the type of a page.
pub(super) fn with_bound(page: &[u8], bound: &[u8]) -> Vec<u8> {
    // A bound has no zero: the one before it ends the type.
    let body = page.strip_suffix(&[END]).unwrap_or(page);
    let start = body.iter().rposition(|byte| *byte == END).map_or(0, |end| end + 1);
    [body.get(..start).unwrap_or_default(), bound, &[END]].concat()
}

/// Whether a key is that of a page.
pub(super) fn is_page(bytes: &[u8]) -> bool {
    bytes.first() == Some(&kind_tag(Kind::Resource))
}

/// The type of a page and its bound.
pub(super) fn parse_page(bytes: &[u8]) -> Result<(Id, &[u8]), RecordError> {
    let mut body = Body::after_start(bytes)?;
    let entity_type = body.id()?;
    let bound = body.rest.strip_suffix(&[END]).ok_or(RecordError::Key)?;
    Ok((entity_type, bound))
}

/// Where the objects are, all kinds in their order.
pub(super) fn objects() -> Range<Vec<u8>> {
    start(kind_tag(Kind::EntityType))..start(OBJECTS_END)
}

/// The key of a change, without the number of a part.
pub(super) fn change(revision: Revision) -> Vec<u8> {
    let mut key = start(CHANGE);
    key.extend_from_slice(&revision.get().to_be_bytes());
    key
}

/// Where the changes after a revision are.
pub(super) fn changes_after(revision: Revision) -> Range<Vec<u8>> {
    change(revision.next())..start(CHANGE + 1)
}

/// The key of a request id.
pub(super) fn request(id: &Id) -> Vec<u8> {
    let mut key = start(REQUEST);
    key.extend_from_slice(id.as_str().as_bytes());
    key
}

/// The key of one part of a record.
pub(super) fn part(base: &[u8], number: u16) -> Vec<u8> {
    [base, &number.to_be_bytes()].concat()
}

/// The key of a part taken apart: the record's key and the part's number.
pub(super) fn split_part(key: &[u8]) -> Result<(&[u8], u16), RecordError> {
    let (base, number) = key.split_last_chunk().ok_or(RecordError::Key)?;
    Ok((base, u16::from_be_bytes(*number)))
}

/// What follows tag and tenant, as it is read.
struct Body<'a> {
    kind: Kind,
    rest: &'a [u8],
}

impl<'a> Body<'a> {
    fn after_start(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let (tag, rest) = bytes.split_first().ok_or(RecordError::Key)?;
        let kind = Kind::EACH.into_iter().find(|kind| kind_tag(*kind) == *tag).ok_or(RecordError::Key)?;
        let rest = rest.strip_prefix(&TENANT).ok_or(RecordError::Key)?;
        Ok(Self { kind, rest })
    }

    fn id(&mut self) -> Result<Id, RecordError> {
        let length = self.rest.iter().position(|byte| *byte == END).ok_or(RecordError::Key)?;
        let (id, end) = self.rest.split_at(length);
        self.rest = end.get(1..).ok_or(RecordError::Key)?;
        let text = std::str::from_utf8(id).map_err(|_| RecordError::Key)?;
        Id::parse(text).map_err(|source| RecordError::Id { field: "key", source })
    }

    fn byte(&mut self) -> Result<u8, RecordError> {
        let (byte, rest) = self.rest.split_first().ok_or(RecordError::Key)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn binding(&mut self) -> Result<RoleBinding, RecordError> {
        let role = self.id()?;
        let subject = match self.byte()? {
            1 => BindingSubject::User(self.id()?),
            2 => BindingSubject::UserAndManagers(self.id()?),
            3 => BindingSubject::Department(self.id()?),
            4 => BindingSubject::DepartmentTree(self.id()?),
            5 => BindingSubject::Workgroup {
                workgroup: self.id()?,
                min_role: MemberRole::from_code(self.byte()?.into())?,
            },
            6 => BindingSubject::Everyone,
            found => return Err(RecordError::Code { set: "binding subject", found: found.into() }),
        };
        Ok(RoleBinding { role, subject })
    }
}

fn start(tag: u8) -> Vec<u8> {
    // A resource's key is seldom longer: 3 bytes, a type of 8, an id of 16, two ends, a part.
    let mut key = Vec::with_capacity(32);
    key.push(tag);
    key.extend_from_slice(&TENANT);
    key
}

const fn kind_tag(kind: Kind) -> u8 {
    match kind {
        Kind::EntityType => 0x10,
        Kind::Department => 0x11,
        Kind::User => 0x12,
        Kind::Workgroup => 0x13,
        Kind::SupportGroup => 0x14,
        Kind::Role => 0x15,
        Kind::RoleBinding => 0x16,
        Kind::Resource => 0x17,
    }
}

fn push_id(bytes: &mut Vec<u8>, id: &Id) {
    bytes.extend_from_slice(id.as_str().as_bytes());
    bytes.push(END);
}

fn push_binding(bytes: &mut Vec<u8>, binding: &RoleBinding) {
    push_id(bytes, &binding.role);
    let (tag, id) = match &binding.subject {
        BindingSubject::User(id) => (1, Some(id)),
        BindingSubject::UserAndManagers(id) => (2, Some(id)),
        BindingSubject::Department(id) => (3, Some(id)),
        BindingSubject::DepartmentTree(id) => (4, Some(id)),
        BindingSubject::Workgroup { workgroup, min_role: _ } => (5, Some(workgroup)),
        BindingSubject::Everyone => (6, None),
    };
    bytes.push(tag);
    if let Some(id) = id {
        push_id(bytes, id);
    }
    if let BindingSubject::Workgroup { workgroup: _, min_role } = &binding.subject {
        bytes.push(min_role.code());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::sample;

    proptest! {
        #[test]
        fn a_key_is_read_back_as_it_was(key in sample::any_key()) {
            prop_assert_eq!(parse_object(&object(&key)).unwrap(), key);
        }

        #[test]
        fn bytewise_order_is_the_order_of_keys(one in sample::any_key(), other in sample::any_key()) {
            prop_assert_eq!(object(&one).cmp(&object(&other)), one.cmp(&other));
        }

        #[test]
        fn the_parts_of_an_object_stand_together(
            one in sample::any_key(), other in sample::any_key(), first: u16, second: u16,
        ) {
            prop_assume!(one < other);
            prop_assert!(part(&object(&one), first) < part(&object(&other), second));
        }

        #[test]
        fn a_resource_lies_in_the_pages_up_to_its_own(
            entity_type in sample::any_id(), id in sample::any_id(), bound in sample::any_id(),
        ) {
            let pages = pages_up_to(&entity_type, &id);
            let first = first_page(&entity_type);
            prop_assert!(pages.contains(&part(&first, 0)));
            let page = with_bound(&first, bound.as_str().as_bytes());
            prop_assert_eq!(pages.contains(&part(&page, u16::MAX)), bound <= id);
            prop_assert_eq!(&with_bound(&page, b""), &first);
            prop_assert_eq!(parse_page(&page).unwrap(), (entity_type, bound.as_str().as_bytes()));
        }

        #[test]
        fn whatever_is_no_key_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            if let Ok(key) = parse_object(&bytes) {
                prop_assert_eq!(object(&key), bytes);
            }
        }
    }

    #[test]
    fn every_kind_lies_between_the_ends_of_the_objects() {
        for kind in Kind::EACH {
            let key = start(kind_tag(kind));
            assert!(objects().contains(&key), "{kind:?}");
        }
        assert!(!objects().contains(&state()));
        assert!(!objects().contains(&change(Revision::ZERO)));
    }

    #[test]
    fn changes_stand_in_the_order_of_revisions() {
        let range = changes_after(Revision::new(255));
        assert!(!range.contains(&part(&change(Revision::new(255)), u16::MAX)));
        assert!(range.contains(&part(&change(Revision::new(256)), 0)));
        assert!(range.contains(&part(&change(Revision::new(u64::MAX)), u16::MAX)));
    }
}
