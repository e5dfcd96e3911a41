//! Objects into the messages of an import, none of them too large for the server.

use std::iter::Peekable;

use prost::Message as _;

use crate::api::{convert, pb};
use crate::domain::{IMPORT_MESSAGE_OBJECTS_MAX, MESSAGE_BYTES_MAX, Note, Object};
use crate::engine::ImportMode;

/// No object is begun in a message of so many bytes. The largest object, a group of 10,000 members with ids of 128
/// bytes, has under 1.5 MiB, so that a message stays under the server's bound.
const MESSAGE_BYTES_FULL: usize = MESSAGE_BYTES_MAX / 2;

/// A part of an import.
#[derive(Clone, PartialEq, Debug)]
pub struct Message(pb::ImportRequest);

impl Message {
    pub(super) fn into_wire(self) -> pb::ImportRequest {
        self.0
    }
}

/// The messages of an import.
pub struct Messages<I: Iterator<Item = Object>> {
    objects: Peekable<I>,
    mode: pb::ImportMode,
    note: Note,
}

impl<I: Iterator<Item = Object>> Messages<I> {
    /// The messages that carry these objects.
    pub fn new(mode: ImportMode, objects: impl IntoIterator<Item = Object, IntoIter = I>) -> Self {
        let mode = match mode {
            ImportMode::Atomic => pb::ImportMode::Atomic,
            ImportMode::Chunked => pb::ImportMode::Chunked,
        };
        Self { objects: objects.into_iter().peekable(), mode, note: Note::default() }
    }

    /// The same messages, of which the first carries a note.
    #[must_use]
    pub fn noted(self, note: Note) -> Self {
        Self { note, ..self }
    }
}

impl<I: Iterator<Item = Object>> Iterator for Messages<I> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        self.objects.peek()?;
        let Note { author, comment, caller: _ } = std::mem::take(&mut self.note);
        let author = author.map(|it| it.to_string()).unwrap_or_default();
        let mut message = pb::ImportRequest { mode: self.mode.into(), objects: Vec::new(), author, comment };
        let mut bytes = 0;
        while message.objects.len() < IMPORT_MESSAGE_OBJECTS_MAX && bytes < MESSAGE_BYTES_FULL {
            let Some(object) = self.objects.next() else { break };
            let object = convert::object_to_wire(&object);
            bytes += object.encoded_len();
            message.objects.push(object);
        }
        Some(Message(message))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{Id, MEMBERS_MAX, MemberRole, Workgroup, WorkgroupMember};

    fn workgroup(id: &str, members: usize) -> Object {
        let members = (0..members).map(|n| WorkgroupMember {
            user: Id::parse(&format!("{n:0128}")).unwrap(),
            role: MemberRole::Owner,
        });
        let (id, name) = (Id::parse(id).unwrap(), "n".repeat(1_024));
        Object::Workgroup(Arc::new(Workgroup { id, name, members: members.collect() }))
    }

    #[test]
    fn a_message_has_no_more_objects_than_the_server_takes() {
        let objects = (0..2_001).map(|n| workgroup(&n.to_string(), 0));
        let messages = Messages::new(ImportMode::Chunked, objects);
        let counts: Vec<usize> = messages.map(|message| message.0.objects.len()).collect();
        assert_eq!(counts, [1_000, 1_000, 1]);
    }

    #[test]
    fn the_largest_objects_fit_into_messages() {
        let objects = (0..9).map(|n| workgroup(&n.to_string(), MEMBERS_MAX));
        let messages: Vec<_> = Messages::new(ImportMode::Atomic, objects).collect();
        assert!(messages.iter().all(|message| message.0.encoded_len() < MESSAGE_BYTES_MAX));
        assert_eq!(messages.iter().map(|message| message.0.objects.len()).sum::<usize>(), 9);
    }

    #[test]
    fn nothing_makes_no_message() {
        assert!(Messages::new(ImportMode::Atomic, []).next().is_none());
    }
}
