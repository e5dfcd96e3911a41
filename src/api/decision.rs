//! `DecisionService`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::convert::ItemFault;
use super::deadline::Deadline;
use super::status::{self, Invalid, invalid};
use super::{Context, convert, pb};
use crate::domain::{BATCH_ITEMS_MAX, Id, LIST_CHUNK_IDS_MAX, PAGE_ITEMS_MAX};
use crate::engine::{Published, SubjectsQuery, VisibleList};
use crate::text::texts;

/// The first chunk of a list is small, so that it comes soon; the following ones double.
const FIRST_CHUNK_IDS: usize = 64;

/// Answers `DecisionService`.
#[derive(Clone)]
pub struct DecisionApi {
    context: Context,
}

impl DecisionApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    fn users(&self, published: &Published, query: &SubjectsQuery<'_>) -> Result<Subjects, Status> {
        let users = self.context.engine.list_subjects(published, query);
        users.map(|users| (users, Vec::new())).map_err(|error| status::question(&error))
    }

    fn subjects(&self, published: &Published, query: &SubjectsQuery<'_>) -> Result<Subjects, Status> {
        let subjects = self.context.engine.list_subjects_with_ways(published, query);
        let subjects = subjects.map_err(|error| status::question(&error))?;
        let users = subjects.iter().map(|subject| subject.user.clone()).collect();
        Ok((users, subjects.iter().map(convert::subject).collect()))
    }
}

/// Users, and for each the ways in which he may, where they are asked for.
type Subjects = (Vec<Id>, Vec<pb::Subject>);

#[tonic::async_trait]
impl pb::decision_service_server::DecisionService for DecisionApi {
    async fn check(&self, request: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        let request = request.get_ref();
        let published = self.context.at(request.consistency.as_ref())?;
        let question = convert::question(request)?;
        let decision =
            self.context.engine.check(&published, &question).map_err(|error| status::question(&error))?;
        Ok(Response::new(pb::CheckResponse {
            decision: Some(convert::decision(decision)),
            revision: published.token().to_owned(),
        }))
    }

    async fn batch_check(
        &self,
        request: Request<pb::BatchCheckRequest>,
    ) -> Result<Response<pb::BatchCheckResponse>, Status> {
        let request = request.get_ref();
        let count = request.items.len();
        if count == 0 || count > BATCH_ITEMS_MAX {
            let text = format!("{count} questions; a batch has 1 to {BATCH_ITEMS_MAX}");
            return Err(invalid(&[Invalid::new("items", text)]));
        }
        let published = self.context.at(request.consistency.as_ref())?;
        let parsed: Vec<_> = request.items.iter().map(convert::batch_question).collect();
        let questions: Vec<_> = parsed.iter().filter_map(|it| it.as_ref().ok()).copied().collect();
        let mut answers = self.context.engine.check_each(&published, &questions).into_iter();
        let results = parsed.into_iter().enumerate().filter_map(|(at, parsed)| {
            let answer = match parsed {
                Ok(_) => answers.next()?.map_err(ItemFault::Question),
                Err(fault) => Err(ItemFault::Invalid(fault)),
            };
            Some(convert::batch_result(at, answer))
        });
        Ok(Response::new(pb::BatchCheckResponse {
            results: results.collect(),
            revision: published.token().to_owned(),
        }))
    }

    type ListVisibleStream = Pin<Box<dyn Stream<Item = Result<pb::ListVisibleResponse, Status>> + Send>>;

    async fn list_visible(
        &self,
        request: Request<pb::ListVisibleRequest>,
    ) -> Result<Response<Self::ListVisibleStream>, Status> {
        let deadline = Deadline::of(&request);
        let request = request.into_inner();
        let published = self.context.at(request.consistency.as_ref())?;
        let query = (request.subject.as_str(), request.action.as_str(), request.entity_type.as_str());
        let mark = query_mark(query);
        let after = parse_cursor(&request.cursor, mark)?;
        let list = self
            .context
            .engine
            .list_visible(Arc::clone(&*published), query, after)
            .map_err(|error| status::question(&error))?;
        let left = if request.limit == 0 { u64::MAX } else { request.limit };
        let chunks = Chunks {
            list,
            mark,
            left,
            size: FIRST_CHUNK_IDS,
            deadline,
            context: self.context.clone(),
            is_over: false,
        };
        Ok(Response::new(Box::pin(Unhurried { chunks, is_rested: true })))
    }

    async fn list_subjects(
        &self,
        request: Request<pb::ListSubjectsRequest>,
    ) -> Result<Response<pb::ListSubjectsResponse>, Status> {
        let request = request.get_ref();
        let published = self.context.at(request.consistency.as_ref())?;
        let resource = convert::resource_ref(request)?;
        let mark = query_mark((&request.action, &request.entity_type, &format!("{:?}", request.resource)));
        let after = parse_page_token(&request.page_token, mark)?;
        let size = match request.page_size as usize {
            0 => PAGE_ITEMS_MAX,
            size => size.min(PAGE_ITEMS_MAX),
        };
        let query = SubjectsQuery {
            action: &request.action,
            entity_type: &request.entity_type,
            resource,
            after: after.as_ref().map(Id::as_str),
            count_max: size + 1,
        };
        let (mut users, mut subjects) = if request.with_ways {
            self.subjects(&published, &query)?
        } else {
            self.users(&published, &query)?
        };
        let has_more = users.len() > size;
        users.truncate(size);
        subjects.truncate(size);
        let last = users.last().filter(|_| has_more);
        Ok(Response::new(pb::ListSubjectsResponse {
            next_page_token: last.map(|last| cursor(mark, last)).unwrap_or_default(),
            users: users.iter().map(Id::to_string).collect(),
            subjects,
            revision: published.token().to_owned(),
        }))
    }

    async fn list_actions(
        &self,
        request: Request<pb::ListActionsRequest>,
    ) -> Result<Response<pb::ListActionsResponse>, Status> {
        let request = request.get_ref();
        let published = self.context.at(request.consistency.as_ref())?;
        let query = (request.subject.as_str(), request.entity_type.as_str(), convert::resource_ref(request)?);
        let actions =
            self.context.engine.list_actions(&published, query).map_err(|error| status::question(&error))?;
        Ok(Response::new(pb::ListActionsResponse {
            actions: actions.iter().map(Id::to_string).collect(),
            revision: published.token().to_owned(),
        }))
    }

    async fn list_recipients(
        &self,
        request: Request<pb::ListRecipientsRequest>,
    ) -> Result<Response<pb::ListRecipientsResponse>, Status> {
        let request = request.get_ref();
        let published = self.context.at(request.consistency.as_ref())?;
        let event = convert::news_event(request.event())?;
        let query = (request.entity_type.as_str(), convert::resource_ref(request)?);
        let told = self
            .context
            .engine
            .list_recipients(&published, query, event)
            .map_err(|error| status::question(&error))?;
        let recipients =
            told.into_iter().map(|it| pb::Recipient { user: it.user.to_string(), can_read: it.can_read });
        Ok(Response::new(pb::ListRecipientsResponse {
            recipients: recipients.collect(),
            revision: published.token().to_owned(),
        }))
    }

    async fn explain(
        &self,
        request: Request<pb::ExplainRequest>,
    ) -> Result<Response<pb::ExplainResponse>, Status> {
        let request = request.get_ref();
        let published = self.context.at(request.consistency.as_ref())?;
        let (question, language) =
            (convert::explained_question(request)?, convert::language(&request.language)?);
        let explained =
            self.context.engine.explain(&published, &question).map_err(|error| status::question(&error))?;
        let texts = texts(&explained, language);
        Ok(Response::new(pb::ExplainResponse {
            decision: Some(convert::decision(explained.explanation.decision)),
            explanation: Some(convert::explanation(&explained)),
            short: texts.short,
            full: texts.full,
            revision: published.token().to_owned(),
        }))
    }
}

/// The chunks of a list, made as the caller takes them.
struct Chunks {
    list: VisibleList,
    mark: u32,
    left: u64,
    size: usize,
    deadline: Option<Deadline>,
    context: Context,
    is_over: bool,
}

impl Iterator for Chunks {
    type Item = Result<pb::ListVisibleResponse, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        if self.deadline.is_some_and(Deadline::has_passed) {
            self.is_over = true;
            return Some(Err(status::deadline_exceeded()));
        }
        if *self.context.stopping.borrow() {
            self.is_over = true;
            return Some(Err(status::shutting_down()));
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.size);
        let ids = self.list.next(wanted);
        self.left -= ids.len() as u64;
        let is_complete = ids.len() < wanted;
        self.is_over = is_complete || self.left == 0;
        self.size = (self.size * 2).min(LIST_CHUNK_IDS_MAX);
        let last = ids.last().filter(|_| !is_complete);
        Some(Ok(pb::ListVisibleResponse {
            cursor: last.map(|last| cursor(self.mark, last)).unwrap_or_default(),
            ids: ids.iter().map(Id::to_string).collect(),
            revision: self.list.token().to_owned(),
        }))
    }
}

/// A stream that lets the connection send what it has before it makes more: the first chunk would else wait until the
/// window is full.
struct Unhurried {
    chunks: Chunks,
    is_rested: bool,
}

impl Stream for Unhurried {
    type Item = Result<pb::ListVisibleResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_rested = !self.is_rested;
        if self.is_rested {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.chunks.next())
    }
}

/// What binds a cursor to its question.
fn query_mark((a, b, c): (&str, &str, &str)) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in [a, b, c] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize()
}

/// A cursor: the mark of its question in 8 hexadecimal digits, a check sum of the id in 8 more, the id.
fn cursor(mark: u32, last: &Id) -> String {
    format!("{mark:08x}{:08x}{last}", crc32fast::hash(last.as_str().as_bytes()))
}

fn parse_cursor(text: &str, mark: u32) -> Result<Option<Id>, Status> {
    parse_mark("cursor", text, mark)
}

fn parse_page_token(text: &str, mark: u32) -> Result<Option<Id>, Status> {
    parse_mark("page_token", text, mark)
}

fn parse_mark(field: &str, text: &str, mark: u32) -> Result<Option<Id>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts = text.split_at_checked(8).and_then(|(own, rest)| Some((own, rest.split_at_checked(8)?)));
    let wrong = || invalid(&[Invalid::new(field, "is not one that an answer to this question carried")]);
    let (own, (sum, id)) = parts.ok_or_else(wrong)?;
    let is_ours = u32::from_str_radix(own, 16) == Ok(mark)
        && u32::from_str_radix(sum, 16) == Ok(crc32fast::hash(id.as_bytes()));
    if is_ours { Id::parse(id).map(Some).map_err(|_| wrong()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_bound_to_its_question_and_not_to_be_tampered_with() {
        let id = Id::parse("сделка 7").unwrap();
        let mark = query_mark(("u1", "read", "deal"));
        let text = cursor(mark, &id);
        assert_eq!(parse_cursor(&text, mark).unwrap(), Some(id));
        assert!(parse_cursor(&text, query_mark(("u1", "rea", "ddeal"))).is_err());
        for wrong in ["x", "é", "00000000", &text.replace('7', "8"), &text[..20]] {
            assert!(parse_cursor(wrong, mark).is_err(), "{wrong}");
        }
    }
}
