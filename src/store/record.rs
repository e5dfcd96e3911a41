//! Records: how objects and changes are written as bytes.
//!
//! The bytes are Protobuf messages of the store's own, so that a field can be added without a new format; the
//! wire contract has others and may change without them. An object's record leaves out what its key says.
//! Reading checks everything: ids, closed sets, levels.

mod change;
mod directory;
mod resource;
mod role;
mod wire;

use prost::Message as _;

use crate::domain::{Id, IdError, Key, Object};

pub(super) use self::change::{ChangeHead, decode_change, decode_change_head, encode_change};
use self::directory::{DepartmentRecord, EntityTypeRecord, SupportGroupRecord, UserRecord, WorkgroupRecord};
use self::resource::ResourceRecord;
pub(super) use self::resource::decode_resource;
use self::role::RoleRecord;
pub(super) use self::wire::{push_delimited, take_delimited};

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It has another format than this version writes.
    #[error("it has format {found}")]
    Format {
        /// The format it says it has.
        found: u8,
    },
    /// It ends early.
    #[error("it is cut short")]
    Cut,
    /// One of its parts is missing, or one is too many.
    #[error("its parts do not belong together")]
    Parts,
    /// Its key is not one that the store makes.
    #[error("its key is none of the store's")]
    Key,
    /// Its entries do not ascend.
    #[error("its entries are out of order")]
    Order,
    /// A field of it is not of the form that the store writes.
    #[error("a field of it has another form")]
    Form,
    /// Its bytes are not a message.
    #[error("it is not a message")]
    Message(#[source] prost::DecodeError),
    /// A text in it is not an id.
    #[error("an id in its field {field} is not one")]
    Id {
        /// The field.
        field: &'static str,
        /// What is wrong with the text.
        #[source]
        source: IdError,
    },
    /// A number in it stands for nothing.
    #[error("no {set} has the number {found}")]
    Code {
        /// What the number should have been of.
        set: &'static str,
        /// The number.
        found: u32,
    },
}

impl From<prost::DecodeError> for RecordError {
    fn from(error: prost::DecodeError) -> Self {
        Self::Message(error)
    }
}

/// An object's record, without what its key says.
pub(super) fn encode(object: &Object) -> Vec<u8> {
    match object {
        Object::EntityType(it) => EntityTypeRecord::from(it.as_ref()).encode_to_vec(),
        Object::Department(it) => DepartmentRecord::from(it.as_ref()).encode_to_vec(),
        Object::User(it) => UserRecord::from(it.as_ref()).encode_to_vec(),
        Object::Workgroup(it) => WorkgroupRecord::from(it.as_ref()).encode_to_vec(),
        Object::SupportGroup(it) => SupportGroupRecord::from(it.as_ref()).encode_to_vec(),
        Object::Role(it) => RoleRecord::from(it.as_ref()).encode_to_vec(),
        Object::RoleBinding(_) => Vec::new(),
        Object::Resource(it) => ResourceRecord::from(it.as_ref()).encode_to_vec(),
    }
}

/// The object of a key and a record.
pub(super) fn decode(key: Key, record: &[u8]) -> Result<Object, RecordError> {
    Ok(match key {
        Key::EntityType(name) => {
            Object::EntityType(EntityTypeRecord::decode(record)?.into_entity_type(name)?.into())
        }
        Key::Department(id) => {
            Object::Department(DepartmentRecord::decode(record)?.into_department(id)?.into())
        }
        Key::User(id) => Object::User(UserRecord::decode(record)?.into_user(id)?.into()),
        Key::Workgroup(id) => Object::Workgroup(WorkgroupRecord::decode(record)?.into_workgroup(id)?.into()),
        Key::SupportGroup(id) => {
            Object::SupportGroup(SupportGroupRecord::decode(record)?.into_support_group(id)?.into())
        }
        Key::Role(id) => Object::Role(RoleRecord::decode(record)?.into_role(id)?.into()),
        Key::RoleBinding(binding) => Object::RoleBinding(binding),
        Key::Resource { entity_type, id } => {
            Object::Resource(decode_resource(entity_type, id, record)?.into())
        }
    })
}

fn texts(ids: &[Id]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn text(id: Option<&Id>) -> Option<String> {
    id.map(ToString::to_string)
}

fn id(field: &'static str, text: &str) -> Result<Id, RecordError> {
    Id::parse(text).map_err(|source| RecordError::Id { field, source })
}

/// The id of bytes that were written as one.
pub(super) fn id_of_bytes(field: &'static str, bytes: &[u8]) -> Result<Id, RecordError> {
    id(field, std::str::from_utf8(bytes).map_err(|_| RecordError::Form)?)
}

fn id_if_any(field: &'static str, text: Option<&str>) -> Result<Option<Id>, RecordError> {
    text.map(|text| id(field, text)).transpose()
}

fn ids(field: &'static str, texts: &[String]) -> Result<Vec<Id>, RecordError> {
    texts.iter().map(|text| id(field, text)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::sample;

    #[test]
    fn every_kind_is_read_back_as_it_was() {
        for object in sample::one_of_each_kind() {
            let record = encode(&object);
            assert_eq!(decode(object.key(), &record).unwrap(), object);
        }
    }

    proptest! {
        #[test]
        fn any_object_is_read_back_as_it_was(object in sample::any_object()) {
            let record = encode(&object);
            prop_assert_eq!(decode(object.key(), &record).unwrap(), object);
        }

        #[test]
        fn bytes_of_anything_are_an_object_or_an_error(
            key in sample::any_key(), record in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = decode(key, &record);
        }
    }

    #[test]
    fn a_record_with_a_bad_id_is_refused() {
        let record = UserRecord { departments: vec!["a\0b".into()], ..UserRecord::default() }.encode_to_vec();
        let error = decode(Key::User(sample::id("u")), &record).unwrap_err();
        assert!(matches!(error, RecordError::Id { field: "departments", .. }), "{error:?}");
    }
}
