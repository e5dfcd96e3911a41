//! The record of a change set: a head with its length before it, then the body.
//!
//! Trimming and the search for a time need the head alone, and find it whole in the record's first part.

use prost::Message as _;

use crate::domain::{Affected, Change, ChangeSet, Id, Key, Note, Object, Revision};
use crate::store::key;

use super::{RecordError, decode, encode, id_if_any, ids, text, texts};

/// What is known of a change without its body.
#[derive(Debug)]
pub(in crate::store) struct ChangeHead {
    /// When it was committed, in milliseconds since 1970-01-01 UTC.
    pub(in crate::store) committed_at_ms: i64,
    /// The name that the caller gave the write.
    pub(in crate::store) request_id: Option<Id>,
    /// Who asked for the write and why.
    note: Note,
}

/// The record of a change set, without the revision, which is its key.
pub(in crate::store) fn encode_change(set: &ChangeSet) -> Vec<u8> {
    let head = HeadRecord {
        committed_at_ms: set.committed_at_ms,
        request_id: text(set.request_id.as_ref()),
        author: text(set.note.author.as_ref()),
        comment: set.note.comment.clone(),
        caller: text(set.note.caller.as_ref()),
    };
    let (affects_all, affected) = match &set.affected {
        Affected::Users(users) => (false, texts(users)),
        Affected::All => (true, Vec::new()),
    };
    let body =
        BodyRecord { changes: set.changes.iter().map(ChangeRecord::from).collect(), affects_all, affected };
    let mut record = head.encode_length_delimited_to_vec();
    record.append(&mut body.encode_to_vec());
    record
}

/// The head at the beginning of a record.
pub(in crate::store) fn decode_change_head(record: &[u8]) -> Result<ChangeHead, RecordError> {
    HeadRecord::decode_length_delimited(record)?.into_head()
}

/// The change set of a revision and a record.
pub(in crate::store) fn decode_change(revision: Revision, record: &[u8]) -> Result<ChangeSet, RecordError> {
    let mut rest = record;
    let head = HeadRecord::decode_length_delimited(&mut rest)?.into_head()?;
    let body = BodyRecord::decode(rest)?;
    let changes = body.changes.into_iter().map(ChangeRecord::into_change);
    Ok(ChangeSet {
        revision,
        committed_at_ms: head.committed_at_ms,
        request_id: head.request_id,
        note: head.note,
        changes: changes.collect::<Result<_, _>>()?,
        affected: if body.affects_all {
            Affected::All
        } else {
            Affected::Users(ids("affected", &body.affected)?)
        },
    })
}

#[derive(Clone, PartialEq, prost::Message)]
struct HeadRecord {
    #[prost(sint64, tag = "1")]
    committed_at_ms: i64,
    #[prost(string, optional, tag = "2")]
    request_id: Option<String>,
    #[prost(string, optional, tag = "3")]
    author: Option<String>,
    #[prost(string, tag = "4")]
    comment: String,
    #[prost(string, optional, tag = "5")]
    caller: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct BodyRecord {
    #[prost(message, repeated, tag = "1")]
    changes: Vec<ChangeRecord>,
    #[prost(bool, tag = "2")]
    affects_all: bool,
    #[prost(string, repeated, tag = "3")]
    affected: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ChangeRecord {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", optional, tag = "2")]
    before: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "3")]
    after: Option<Vec<u8>>,
}

impl HeadRecord {
    fn into_head(self) -> Result<ChangeHead, RecordError> {
        let request_id = id_if_any("request_id", self.request_id.as_deref())?;
        let note = Note {
            author: id_if_any("author", self.author.as_deref())?,
            comment: self.comment,
            caller: id_if_any("caller", self.caller.as_deref())?,
        };
        Ok(ChangeHead { committed_at_ms: self.committed_at_ms, request_id, note })
    }
}

impl From<&Change> for ChangeRecord {
    fn from(change: &Change) -> Self {
        Self {
            key: key::object(&change.key),
            before: change.before.as_ref().map(encode),
            after: change.after.as_ref().map(encode),
        }
    }
}

impl ChangeRecord {
    fn into_change(self) -> Result<Change, RecordError> {
        let key = key::parse_object(&self.key)?;
        Ok(Change {
            before: decode_if_any(&key, self.before.as_deref())?,
            after: decode_if_any(&key, self.after.as_deref())?,
            key,
        })
    }
}

fn decode_if_any(key: &Key, record: Option<&[u8]>) -> Result<Option<Object>, RecordError> {
    record.map(|record| decode(key.clone(), record)).transpose()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::COMMENT_BYTES_MAX;
    use crate::store::{part, sample};

    proptest! {
        #[test]
        fn a_change_set_is_read_back_as_it_was(set in sample::any_change_set()) {
            let record = encode_change(&set);
            prop_assert_eq!(decode_change(set.revision, &record).unwrap(), set);
        }
    }

    #[test]
    fn the_longest_head_is_whole_in_the_first_part() {
        let mut set = sample::put(1, &sample::one_of_each_kind());
        set.committed_at_ms = i64::MIN;
        set.request_id = Some(sample::id(&"r".repeat(128)));
        let author = Some(sample::id(&"a".repeat(128)));
        let caller = Some(sample::id(&"p".repeat(128)));
        set.note = Note { author, comment: "c".repeat(COMMENT_BYTES_MAX), caller };
        let parts = part::split(&[encode_change(&set), vec![0; 1 << 20]].concat()).unwrap();
        let (_, first) = part::parse(&parts[0]).unwrap();
        let head = decode_change_head(first).unwrap();
        assert_eq!(head.committed_at_ms, i64::MIN);
        assert_eq!((head.request_id, head.note), (set.request_id, set.note));
    }

    /// The bytes that a version without notes has written.
    #[test]
    fn a_record_without_a_note_has_an_empty_one() {
        let head = [0x08, 0xd0, 0x0f, 0x12, 0x01, b'r'];
        let record = [[6].as_slice(), &head, &[0x1a, 0x01, b'u']].concat();
        let set = decode_change(Revision::new(7), &record).unwrap();
        let affected = Affected::Users(vec![sample::id("u")]);
        let (revision, request_id) = (Revision::new(7), Some(sample::id("r")));
        let (note, changes) = (Note::default(), Vec::new());
        let wanted = ChangeSet { revision, committed_at_ms: 1_000, request_id, note, changes, affected };
        assert_eq!(set, wanted);
        assert_eq!(encode_change(&wanted), record, "and none is written as nothing");
    }
}
