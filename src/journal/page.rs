//! What waits for the writer: rows of one size, and all their texts one behind the other in a buffer.
//!
//! Taking a decision in costs some copying and no allocation once the buffers have grown. A page is bounded, and what no
//! longer fits is not taken.

use std::time::{Duration, Instant};

use super::decision::{Mask, Ticket};
use super::entry::{About, Answer, Entry, Origin};

/// The most rows of a page: 4 MiB.
const ROWS_MAX: usize = 32_768;
/// The most bytes of texts of a page.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// How full a page is when its writer is called before its time.
const ROWS_URGENT: usize = ROWS_MAX / 2;
/// The same by bytes of texts.
const TEXT_BYTES_URGENT: usize = TEXT_BYTES_MAX / 2;

/// The texts of a row, in the order in which they stand in the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Text {
    Caller,
    TraceId,
    RequestId,
    Revision,
    Subject,
    Action,
    EntityType,
    /// The id of the resource.
    Resource,
    /// The facts, as JSON.
    Facts,
}

const TEXTS: usize = 9;
/// The length of a text that isn't there.
const ABSENT: u32 = u32::MAX;

/// What has one size of a decision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The call.
    pub(super) ticket: Ticket,
    /// The place in a batch.
    pub(super) index: Option<u32>,
    /// What was answered.
    pub(super) answer: Answer,
    /// How long that took.
    pub(super) took: Duration,
    lengths: [u32; TEXTS],
}

/// Rows and their texts.
#[derive(Debug, Default)]
pub(super) struct Page {
    rows: Vec<Row>,
    texts: Vec<u8>,
}

impl Page {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether it should be written before its time.
    pub(super) fn is_urgent(&self) -> bool {
        self.rows.len() >= ROWS_URGENT || self.texts.len() >= TEXT_BYTES_URGENT
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.texts.clear();
    }

    /// Takes a decision in, without what is masked; false, with nothing taken, where there is no room.
    pub(super) fn push(
        &mut self,
        ticket: Ticket,
        origin: &Origin<'_>,
        entry: &Entry<'_>,
        mask: Mask,
    ) -> bool {
        if self.rows.len() >= ROWS_MAX {
            return false;
        }
        let start = self.texts.len();
        let shown = |text, is_masked: bool| if is_masked { None } else { text };
        let (resource, facts) = match entry.about {
            About::Every => (None, None),
            About::Resource(id) => (shown(Some(id), mask.resource), None),
            About::Facts(facts) => (None, Some(facts).filter(|_| !mask.facts)),
        };
        let mut lengths = [
            self.put(origin.caller),
            self.put(origin.trace_id),
            self.put(origin.request_id),
            self.put(Some(entry.revision)),
            self.put(shown(entry.subject, mask.subject)),
            self.put(entry.action),
            self.put(Some(entry.entity_type)),
            self.put(resource),
            ABSENT,
        ];
        if let (Some(facts), Some(length)) = (facts, lengths.last_mut()) {
            let before = self.texts.len();
            // Writing to memory doesn't fail, and texts are JSON.
            drop(serde_json::to_writer(&mut self.texts, &facts));
            *length = length_of(self.texts.len() - before);
        }
        if self.texts.len() > TEXT_BYTES_MAX {
            self.texts.truncate(start);
            return false;
        }
        let index = entry.index.and_then(|index| u32::try_from(index).ok());
        self.rows.push(Row { ticket, index, answer: entry.answer, took: entry.took, lengths });
        true
    }

    fn put(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return ABSENT };
        self.texts.extend_from_slice(text.as_bytes());
        length_of(text.len())
    }

    /// The rows with their texts, in their order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Row, Texts<'_>)> {
        let mut rest = self.texts.as_slice();
        self.rows.iter().map(move |row| (row, Texts::take(&row.lengths, &mut rest)))
    }
}

/// A text of a page that is larger than this is never taken.
fn length_of(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(ABSENT - 1)
}

/// The texts of a row.
#[derive(Debug)]
pub(super) struct Texts<'a>([Option<&'a str>; TEXTS]);

impl<'a> Texts<'a> {
    fn take(lengths: &[u32; TEXTS], rest: &mut &'a [u8]) -> Self {
        Self(lengths.map(|length| {
            if length == ABSENT {
                return None;
            }
            let (text, behind) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            *rest = behind;
            // What was put in was text.
            std::str::from_utf8(text).ok()
        }))
    }

    pub(super) fn get(&self, text: Text) -> Option<&'a str> {
        self.0.get(text as usize).copied().flatten()
    }
}

impl Row {
    /// When the answer was there.
    pub(super) fn ended(&self) -> Instant {
        self.ticket.begun + self.took
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Decision, Reason};
    use crate::journal::Facts;

    const CHECK: Answer = Answer::Decision(Decision::allow(Reason::Team));

    fn entry<'a>(subject: &'a str, about: About<'a>) -> Entry<'a> {
        Entry {
            index: None,
            subject: Some(subject),
            action: None,
            entity_type: "t",
            about,
            answer: CHECK,
            revision: "s.1",
            took: Duration::ZERO,
        }
    }

    fn ticket() -> Ticket {
        Ticket { number: 1, call: "Check", begun: Instant::now() }
    }

    #[test]
    fn texts_come_back_as_they_were_put_in() {
        let mut page = Page::default();
        let origin = Origin { caller: Some("app"), ..Origin::default() };
        let departments = ["d".to_owned()];
        let facts = Facts {
            author: Some("ä\"b"),
            responsible: None,
            departments: &departments,
            stage: None,
            open: false,
            observers: &[],
        };
        assert!(page.push(ticket(), &origin, &entry("u", About::Resource("7")), Mask::default()));
        assert!(page.push(ticket(), &Origin::default(), &entry("", About::Facts(facts)), Mask::default()));
        let rows: Vec<_> = page.rows().map(|(_, texts)| texts).collect();
        let all = [Text::Caller, Text::Subject, Text::Action, Text::Resource, Text::Facts];
        assert_eq!(all.map(|text| rows[0].get(text)), [Some("app"), Some("u"), None, Some("7"), None]);
        let facts = r#"{"author":"ä\"b","departments":["d"],"open":false}"#;
        assert_eq!(all.map(|text| rows[1].get(text)), [None, Some(""), None, None, Some(facts)]);
    }

    #[test]
    fn what_is_masked_is_not_even_taken_in() {
        let mut page = Page::default();
        let mask = Mask { subject: true, resource: true, facts: true };
        assert!(page.push(ticket(), &Origin::default(), &entry("secret", About::Resource("secret")), mask));
        assert_eq!(page.texts, b"s.1t");
    }

    #[test]
    fn a_page_is_bounded_by_rows_and_by_bytes() {
        let (mut page, origin) = (Page::default(), Origin::default());
        let long = "x".repeat(TEXT_BYTES_MAX);
        assert!(!page.push(ticket(), &origin, &entry(&long, About::Every), Mask::default()));
        assert!(page.is_empty() && page.texts.is_empty(), "nothing of it was taken");
        for at in 0..=ROWS_MAX {
            assert_eq!(page.is_urgent(), at >= ROWS_URGENT);
            let is_taken = page.push(ticket(), &origin, &entry("u", About::Every), Mask::default());
            assert_eq!(is_taken, at < ROWS_MAX);
        }
    }
}
