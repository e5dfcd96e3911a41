//! What a handler hands to the decision log: begun with its call, then what was decided, then the answer, which carries
//! the id by which its lines are found. Where there is no log, or the call isn't in its sample, nothing is done.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use tokio_stream::Stream;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Request, Response, Status};

use super::permit::Permit;
use super::visible::Chunk;
use super::{Context, pb};
use crate::domain::Decision;
use crate::engine::{InlineFacts, Question, ResourceRef};
use crate::journal::{About, Answer, DecisionLog, Entry, Facts, Origin, Ticket};

/// The header of an answer whose decision is logged.
const DECISION_ID: &str = "x-decision-id";
/// The header of a request that its caller has given a name.
const REQUEST_ID: &str = "x-request-id";
/// The header of a request that belongs to a trace, as the W3C has it.
const TRACE_PARENT: &str = "traceparent";
/// The longest name of a request that is logged.
const REQUEST_ID_BYTES_MAX: usize = 128;
/// Where the id of the trace stands in the header.
const TRACE_ID: std::ops::Range<usize> = 3..35;

/// A call and its lines of the decision log.
pub(super) struct Logging<'a>(Option<Begun<'a>>);

struct Begun<'a> {
    log: &'a Arc<DecisionLog>,
    ticket: Ticket,
    origin: Origin<'a>,
    /// Whether the answer carries the id.
    is_told: bool,
}

/// What a list is of, or a plan.
#[derive(Clone, Copy)]
pub(super) struct Topic<'a> {
    pub(super) subject: Option<&'a str>,
    pub(super) action: Option<&'a str>,
    pub(super) entity_type: &'a str,
    pub(super) resource: Option<ResourceRef<'a>>,
}

impl Context {
    /// Begins the log of a call. Costs some tens of nanoseconds where there is one.
    pub(super) fn logging<'a, T>(
        &'a self,
        call: &'static str,
        request: &'a Request<T>,
        permit: Permit<'a>,
    ) -> Logging<'a> {
        Logging(self.decision_log.as_ref().and_then(|log| {
            let ticket = log.begin(call)?;
            Some(Begun { log, ticket, origin: origin(request.metadata(), permit), is_told: false })
        }))
    }
}

fn origin<'a>(headers: &'a MetadataMap, permit: Permit<'a>) -> Origin<'a> {
    let text = |name| headers.get(name).and_then(|it: &AsciiMetadataValue| it.to_str().ok());
    Origin {
        caller: permit.caller().map(|it| it.as_str()),
        trace_id: text(TRACE_PARENT).and_then(trace_id),
        request_id: text(REQUEST_ID).filter(|it| (1..=REQUEST_ID_BYTES_MAX).contains(&it.len())),
    }
}

/// The id of a trace in `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
fn trace_id(parent: &str) -> Option<&str> {
    let is_between_dashes =
        parent.bytes().enumerate().filter(|(_, it)| *it == b'-').map(|(at, _)| at).take(2);
    let id = parent.get(TRACE_ID).filter(|_| is_between_dashes.eq([TRACE_ID.start - 1, TRACE_ID.end]))?;
    let is_id =
        id.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) && id.bytes().any(|it| it != b'0');
    is_id.then_some(id)
}

impl Logging<'_> {
    /// Logs a decision.
    pub(super) fn decision(&mut self, question: &Question<'_>, decision: Decision, revision: &str) {
        if let Some(begun) = &mut self.0 {
            let took = begun.ticket.elapsed();
            begun.add(&Entry { took, ..entry(question, decision, revision) });
        }
    }

    /// Logs the decisions of a batch; those that were not made are left out.
    pub(super) fn decisions<'a>(
        &mut self,
        decided: impl Iterator<Item = (usize, Question<'a>, Decision)>,
        revision: &str,
    ) {
        let Some(begun) = &mut self.0 else { return };
        let took = begun.ticket.elapsed();
        for (index, question, decision) in decided {
            begun.add(&Entry { index: Some(index), took, ..entry(&question, decision, revision) });
        }
    }

    /// Logs a list, or a plan.
    pub(super) fn list(&mut self, of: Topic<'_>, answer: Answer, revision: &str) {
        if let Some(begun) = &mut self.0 {
            begun.add(&listed(of, answer, (revision, begun.ticket)));
        }
    }

    /// The answer, with the id of its lines.
    pub(super) fn answer<T>(&self, message: T) -> Response<T> {
        let mut response = Response::new(message);
        if let Some(begun) = self.0.as_ref().filter(|it| it.is_told) {
            begun.tell(&mut response);
        }
        response
    }

    /// The answer of a list that is sent in parts; it is logged when it has ended, however that comes.
    pub(super) fn stream<S>(self, request: &pb::ListVisibleRequest, chunks: S) -> Response<Logged<S>> {
        let Some(begun) = self.0.filter(|it| it.log.selects(&Answer::Count(0))) else {
            return Response::new(Logged { chunks, list: None });
        };
        let Origin { caller, trace_id, request_id } = begun.origin;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let list = List {
            log: Arc::clone(begun.log),
            ticket: begun.ticket,
            origin: [caller, trace_id, request_id].map(owned),
            of: [&request.subject, &request.action, &request.entity_type].map(String::clone),
            revision: String::new(),
            count: 0,
        };
        let mut response = Response::new(Logged { chunks, list: Some(list) });
        begun.tell(&mut response);
        response
    }
}

impl Begun<'_> {
    fn add(&mut self, entry: &Entry<'_>) {
        if self.log.selects(&entry.answer) {
            self.log.add(self.ticket, &self.origin, entry);
            self.is_told = true;
        }
    }

    fn tell<T>(&self, response: &mut Response<T>) {
        // Digits and a dash are a header.
        if let Ok(mut id) = self.log.id(self.ticket).as_str().parse::<AsciiMetadataValue>() {
            // It is another one each time: the table of header compression, which would be searched for it in vain and
            // then filled with it, is passed by.
            id.set_sensitive(true);
            response.metadata_mut().insert(DECISION_ID, id);
        }
    }
}

fn entry<'a>(question: &Question<'a>, decision: Decision, revision: &'a str) -> Entry<'a> {
    Entry {
        index: None,
        subject: Some(question.subject),
        action: Some(question.action),
        entity_type: question.entity_type,
        about: about(question.resource),
        answer: Answer::Decision(decision),
        revision,
        took: std::time::Duration::ZERO,
    }
}

fn listed<'a>(of: Topic<'a>, answer: Answer, (revision, ticket): (&'a str, Ticket)) -> Entry<'a> {
    Entry {
        index: None,
        subject: of.subject,
        action: of.action,
        entity_type: of.entity_type,
        about: of.resource.map_or(About::Every, about),
        answer,
        revision,
        took: ticket.elapsed(),
    }
}

fn about(resource: ResourceRef<'_>) -> About<'_> {
    match resource {
        ResourceRef::Stored(id) => About::Resource(id),
        ResourceRef::Inline(InlineFacts { author, responsible, departments, stage, open, observers }) => {
            About::Facts(Facts { author, responsible, departments, stage, open, observers })
        }
    }
}

/// The chunks of a list, counted for the log.
pub(super) struct Logged<S> {
    chunks: S,
    list: Option<List>,
}

/// A list that is being sent.
struct List {
    log: Arc<DecisionLog>,
    ticket: Ticket,
    /// Caller, trace, name of the request.
    origin: [Option<String>; 3],
    /// Subject, action, entity type.
    of: [String; 3],
    revision: String,
    count: u64,
}

impl<S: Stream<Item = Result<Chunk, Status>> + Unpin> Stream for Logged<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let chunk = task::ready!(Pin::new(&mut self.chunks).poll_next(context));
        if let (Some(Ok(chunk)), Some(list)) = (&chunk, &mut self.list) {
            list.count += chunk.count();
            chunk.revision().clone_into(&mut list.revision);
        }
        Poll::Ready(chunk)
    }
}

/// Also where the caller has gone: what he was sent, he has.
impl Drop for List {
    fn drop(&mut self) {
        let [caller, trace_id, request_id] = self.origin.each_ref().map(Option::as_deref);
        let [subject, action, entity_type] = self.of.each_ref().map(String::as_str);
        let of = Topic { subject: Some(subject), action: Some(action), entity_type, resource: None };
        let entry = listed(of, Answer::Count(self.count), (&self.revision, self.ticket));
        self.log.add(self.ticket, &Origin { caller, trace_id, request_id }, &entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_known_by_its_id_if_that_is_one() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{id}-00f067aa0ba902b7-01")), Some(id));
        assert_eq!(trace_id(&format!("cc-{id}-00f067aa0ba902b7-01-more")), Some(id));
        for wrong in
            ["", "00", id, &format!("00-{}-0-01", "0".repeat(32)), &format!("00-{}-0-01", id.to_uppercase())]
        {
            assert_eq!(trace_id(wrong), None, "{wrong}");
        }
    }
}
