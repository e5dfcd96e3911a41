//! Texts that lead a caller on: what they carry, bound to the question that they were an answer to.
//!
//! They grant nothing. The check sum tells a caller who mixes them up, or cuts one short, what is wrong.

use prost::Message;

/// The hexadecimal digits of a mark and of a check sum, before the payload.
const HEAD_BYTES: usize = 16;

/// What is the same in a question and whatever goes on from its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mark(u32);

impl Mark {
    /// The mark of a question, without what names a page of the answer.
    pub(super) fn of(question: &impl Message) -> Self {
        Self(crc32fast::hash(&question.encode_to_vec()))
    }

    /// The text that carries a payload on.
    pub(super) fn seal(self, payload: &str) -> String {
        format!("{:08x}{:08x}{payload}", self.0, crc32fast::hash(payload.as_bytes()))
    }

    /// The payload of a text; none if it is not one that an answer to this question carried.
    pub(super) fn open(self, text: &str) -> Option<&str> {
        let payload = text.get(HEAD_BYTES..)?;
        // One spelling alone: digits that are read as numbers may be capitals or follow a plus.
        (self.seal(payload) == text).then_some(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::pb;

    fn mark(subject: &str, action: &str) -> Mark {
        Mark::of(&pb::ListVisibleRequest {
            subject: subject.to_owned(),
            action: action.to_owned(),
            ..pb::ListVisibleRequest::default()
        })
    }

    #[test]
    fn a_payload_is_bound_to_its_question_and_not_to_be_tampered_with() {
        let own = mark("u1", "read");
        let text = own.seal("сделка 7");
        assert_eq!(own.open(&text), Some("сделка 7"));
        assert_eq!(mark("u1r", "ead").open(&text), None);
        for wrong in ["x", "é", "00000000", &text.replace('7', "8"), &text[..20]] {
            assert_eq!(own.open(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn digits_in_capitals_or_behind_a_plus_are_no_other_spelling() {
        let own = Mark(0x0000_000a);
        let text = own.seal("7");
        assert!(text.starts_with("0000000a"));
        for wrong in [text.replacen("0000000a", "0000000A", 1), text.replacen('0', "+", 1)] {
            assert_eq!(own.open(&wrong), None, "{wrong}");
        }
    }
}
