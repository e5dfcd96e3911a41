//! What the codecs of the store promise, held against bytes of anyone; under the feature `testing` alone.
//!
//! Each function says whether the bytes were taken, and panics where a promise is broken: what is read is written as the
//! same, and what can't be read is an error.

#![expect(clippy::expect_used, reason = "a promise that is broken has to stop the test")]

use super::{key, page, part, record};
use crate::domain::{
    Affected, BindingSubject, Change, ChangeSet, Id, Key, Kind, Note, Object, Revision, RoleBinding,
};

/// The name of an object: no two texts name the same one.
///
/// # Panics
/// A name is written otherwise than it was read.
#[must_use]
pub fn key(bytes: &[u8]) -> bool {
    if let Ok((base, number)) = key::split_part(bytes) {
        assert_eq!(key::part(base, number), bytes, "a part's key");
    }
    if let (true, Ok((entity_type, bound))) = (key::is_page(bytes), key::parse_page(bytes)) {
        let page = key::with_bound(&key::first_page(&entity_type), bound);
        assert!(bound.contains(&0) || page == bytes, "a page's key");
    }
    let Ok(parsed) = key::parse_object(bytes) else { return false };
    assert_eq!(key::object(&parsed), bytes, "an object's key");
    true
}

/// A value of the tree, and the record in it; the first byte says of which kind.
///
/// # Panics
/// An object is read otherwise than it was written.
#[must_use]
pub fn record(bytes: &[u8]) -> bool {
    let Some((kind, value)) = bytes.split_first() else { return false };
    let Ok((_, bytes)) = part::parse(value) else { return false };
    let key = named(Kind::EACH.into_iter().cycle().nth((*kind).into()).unwrap_or(Kind::User));
    let Ok(object) = record::decode(key, bytes) else { return false };
    assert_is_kept(&object);
    true
}

/// A page of resources.
///
/// # Panics
/// A resource is lost or changed by writing the page again.
#[must_use]
pub fn page(bytes: &[u8]) -> bool {
    let Ok(parsed) = page::Page::parse(bytes) else { return false };
    let pieces = parsed.pieces();
    assert_eq!(pieces.iter().map(|it| it.resources).sum::<u64>(), parsed.resources(), "resources of a page");
    let written: Vec<u8> = pieces.into_iter().flat_map(|it| it.bytes).collect();
    let entries =
        |bytes: &[u8]| page::Entries::of(bytes).map(|it| it.map(owned)).collect::<Result<Vec<_>, _>>();
    let read = entries(bytes).expect("it was parsed");
    assert_eq!(entries(&written).expect("it was written"), read, "entries of a page");
    for (id, record) in read {
        let id = record::id_of_bytes("id", &id);
        let read = id.and_then(|id| record::decode_resource(name("ticket"), id, &record));
        if let Ok(resource) = read {
            assert_is_kept(&Object::Resource(resource.into()));
        }
    }
    true
}

/// A change of the log.
///
/// # Panics
/// It is read otherwise than it was written, or its head otherwise than the whole.
#[must_use]
pub fn change(bytes: &[u8]) -> bool {
    let head = record::decode_change_head(bytes);
    let Ok(set) = record::decode_change(Revision::new(7), bytes) else { return false };
    let head = head.expect("the head of what can be read can be read");
    assert_eq!((head.committed_at_ms, &head.request_id), (set.committed_at_ms, &set.request_id), "a head");
    let written = record::encode_change(&set);
    assert_eq!(record::decode_change(set.revision, &written).expect("it was written"), set, "a change");
    true
}

/// The bytes of objects as the store keeps them, which the functions here take.
#[must_use]
pub fn samples(objects: &[Object]) -> Samples {
    let kind =
        |object: &Object| Kind::EACH.iter().position(|kind| *kind == object.kind()).unwrap_or_default();
    let value = |object: &Object| {
        let head = u8::try_from(kind(object)).unwrap_or_default();
        [vec![head], part::single(&record::encode(object))].concat()
    };
    let mut page = page::Page::default();
    for object in objects {
        if let Object::Resource(it) = object {
            page.replace(it.id.as_str().as_bytes(), Some(record::encode(object)));
        }
    }
    let change = |object: &Object| {
        let change = Change { key: object.key(), before: Some(object.clone()), after: None };
        let set = ChangeSet {
            revision: Revision::new(7),
            committed_at_ms: 1_000,
            request_id: Some(name("r")),
            note: Note { author: Some(name("ann")), comment: "why".to_owned(), ..Note::default() },
            changes: vec![change],
            affected: Affected::Users(vec![name("ann")]),
        };
        record::encode_change(&set)
    };
    Samples {
        keys: objects.iter().map(|object| key::object(&object.key())).collect(),
        records: objects.iter().map(value).collect(),
        pages: page.pieces().into_iter().map(|it| it.bytes).collect(),
        changes: objects.iter().map(change).collect(),
    }
}

/// Objects in bytes.
pub struct Samples {
    /// For [`key`].
    pub keys: Vec<Vec<u8>>,
    /// For [`record`].
    pub records: Vec<Vec<u8>>,
    /// For [`page`].
    pub pages: Vec<Vec<u8>>,
    /// For [`change`].
    pub changes: Vec<Vec<u8>>,
}

fn assert_is_kept(object: &Object) {
    let read = record::decode(object.key(), &record::encode(object));
    assert_eq!(&read.expect("it was written"), object, "a record");
}

fn owned((id, record): (&[u8], &[u8])) -> (Vec<u8>, Vec<u8>) {
    (id.to_vec(), record.to_vec())
}

fn name(text: &str) -> Id {
    Id::parse(text).expect("it is an id")
}

fn named(kind: Kind) -> Key {
    let id = name("x");
    match kind {
        Kind::EntityType => Key::EntityType(id),
        Kind::Department => Key::Department(id),
        Kind::User => Key::User(id),
        Kind::Workgroup => Key::Workgroup(id),
        Kind::SupportGroup => Key::SupportGroup(id),
        Kind::Role => Key::Role(id),
        Kind::RoleBinding => Key::RoleBinding(RoleBinding { role: id, subject: BindingSubject::Everyone }),
        Kind::Resource => Key::Resource { entity_type: name("ticket"), id },
    }
}
