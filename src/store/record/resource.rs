//! The record of a resource: written as any other, read by hand.

use crate::domain::{Facts, Id, Resource, sorted_set};

use super::wire::{Fields, Value};
use super::{RecordError, id_of_bytes, text, texts};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ResourceRecord {
    #[prost(string, optional, tag = "1")]
    author: Option<String>,
    #[prost(string, optional, tag = "2")]
    responsible: Option<String>,
    #[prost(string, repeated, tag = "3")]
    departments: Vec<String>,
    #[prost(string, optional, tag = "4")]
    stage: Option<String>,
    #[prost(bool, tag = "5")]
    open: bool,
    #[prost(string, repeated, tag = "6")]
    observers: Vec<String>,
    #[prost(sint64, tag = "7")]
    sort_key: i64,
}

impl From<&Resource> for ResourceRecord {
    fn from(it: &Resource) -> Self {
        let facts = &it.facts;
        Self {
            author: text(facts.author.as_ref()),
            responsible: text(facts.responsible.as_ref()),
            departments: texts(&facts.departments),
            stage: text(facts.stage.as_ref()),
            open: facts.open,
            observers: texts(&facts.observers),
            sort_key: it.sort_key,
        }
    }
}

/// The resource of a type, an id and a record.
///
/// Reads the fields where they lie: half of the time of a start would go into texts that are copied twice.
pub(in crate::store) fn decode_resource(
    entity_type: Id,
    id: Id,
    record: &[u8],
) -> Result<Resource, RecordError> {
    let mut facts = Facts::default();
    let mut sort_key = 0;
    let mut fields = Fields::of(record);
    while let Some((tag, value)) = fields.next()? {
        match tag {
            1 => facts.author = Some(read_id("author", &value)?),
            2 => facts.responsible = Some(read_id("responsible", &value)?),
            3 => facts.departments.push(read_id("departments", &value)?),
            4 => facts.stage = Some(read_id("stage", &value)?),
            5 => facts.open = number(&value)? != 0,
            6 => facts.observers.push(read_id("observers", &value)?),
            7 => sort_key = unzigzag(number(&value)?),
            _ => {}
        }
    }
    facts.departments = sorted_set(facts.departments);
    facts.observers = sorted_set(facts.observers);
    Ok(Resource { entity_type, id, facts, sort_key })
}

fn read_id(field: &'static str, value: &Value<'_>) -> Result<Id, RecordError> {
    match value {
        Value::Bytes(bytes) => id_of_bytes(field, bytes),
        Value::Number(_) | Value::Fixed => Err(RecordError::Form),
    }
}

fn number(value: &Value<'_>) -> Result<u64, RecordError> {
    match value {
        Value::Number(number) => Ok(*number),
        Value::Bytes(_) | Value::Fixed => Err(RecordError::Form),
    }
}

/// The signed number that Protobuf writes as an unsigned one: 0, -1, 1, -2.
const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::domain::Object;
    use crate::store::sample;

    #[test]
    fn signed_numbers_are_read_at_their_ends() {
        for sort_key in [0, 1, -1, i64::MAX, i64::MIN] {
            let Object::Resource(resource) = sample::resource("r", sort_key) else { panic!() };
            let record = ResourceRecord::from(resource.as_ref()).encode_to_vec();
            let read = decode_resource(resource.entity_type.clone(), resource.id.clone(), &record);
            assert_eq!(read.unwrap(), *resource);
        }
    }

    #[test]
    fn a_field_of_a_later_version_is_passed_over() {
        let Object::Resource(resource) = sample::resource("r", 5) else { panic!() };
        let mut record = ResourceRecord::from(resource.as_ref()).encode_to_vec();
        record.extend_from_slice(&[0x42, 1, b'x', 0x48, 1, 0x55, 1, 2, 3, 4]);
        let read = decode_resource(resource.entity_type.clone(), resource.id.clone(), &record);
        assert_eq!(read.unwrap(), *resource);
    }

    #[test]
    fn a_field_of_another_form_and_a_text_that_is_no_id_are_refused() {
        let read = |record: &[u8]| decode_resource(sample::id("t"), sample::id("r"), record).unwrap_err();
        assert!(matches!(read(&[0x08, 1]), RecordError::Form));
        assert!(matches!(read(&[0x2a, 0]), RecordError::Form));
        assert!(matches!(read(&[0x0a, 1, 0xff]), RecordError::Form));
        assert!(matches!(read(&[0x0a, 1, 0]), RecordError::Id { field: "author", .. }));
    }
}
